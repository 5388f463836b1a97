"""What a client loses if this fails: with a proxy in front that reads a request's end elsewhere than the gateway
does, one client's bytes become another client's request; and a handful of slow clients shut everybody out."""
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from daemon import wait_until
from town import Town

GET = "/api/v1/openapi.json"
POST = "/api/v1/events"
DEADLINE = 3  # seconds
SLACK = 10  # more that a busy machine may take


@contextmanager
def gateway_with(stack, **settings):
    """The gateway under other settings, and as it was afterwards."""
    overrides = stack.processes.overrides["gateway"]
    kept = dict(overrides)
    overrides.update(settings)
    stack.restart("gateway")
    try:
        yield stack
    finally:
        overrides.clear()
        overrides.update(kept)
        stack.restart("gateway")


@pytest.fixture(scope="module")
def gateway(stack):
    with gateway_with(stack, REQUEST_DEADLINE_MS=str(DEADLINE * 1000)):
        yield stack


def connect(stack, address=None):
    url = urlsplit(stack.env["GATEWAY_URL"])
    return socket.create_connection((url.hostname, url.port), timeout=60, source_address=address and (address, 0))


def read_all(sock):
    """Everything until the server closes, or stops talking for two seconds."""
    got = b""
    sock.settimeout(2)
    try:
        while chunk := sock.recv(65536):
            got += chunk
        return got, True
    except ConnectionResetError:
        return got, True
    except socket.timeout:
        return got, False


def ask(stack, *parts):
    with connect(stack) as sock:
        for part in parts:
            sock.sendall(part)
        return read_all(sock)


def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def get(*fields, target=GET, method="GET", version="HTTP/1.1"):
    lines = [f"{method} {target} {version}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def post(*fields, body=b""):
    return get("Host: a", "Content-Type: application/json", *fields, target=POST, method="POST") + body


SMUGGLED = get("Host: a", target="/smuggled")

REFUSED = {
    "repeated content-length": post("Content-Length: 2", "Content-Length: 3", body=b"{}x"),
    "the same content-length twice": post("Content-Length: 2", "Content-Length: 2", body=b"{}"),
    "a list of lengths": post("Content-Length: 2, 2", body=b"{}"),
    "a signed length": post("Content-Length: +2", body=b"{}"),
    "a hexadecimal length": post("Content-Length: 0x2", body=b"{}"),
    "an overlong length": post("Content-Length: 99999999999999999999", body=b"{}"),
    "an empty length": post("Content-Length:", body=b""),
    "length and chunks": post("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "chunks and length": post("Transfer-Encoding: chunked", "Content-Length: 5", body=b"0\r\n\r\n" + SMUGGLED),
    "gzip, chunked": post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "chunked, chunked": post("Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "chunked twice": post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "identity": post("Transfer-Encoding: identity", body=SMUGGLED),
    "xchunked": post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "chunked in quotes": post('Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"),
    "chunked with a vertical tab": post("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "chunked with a parameter": post("Transfer-Encoding: chunked;q=1", body=b"0\r\n\r\n"),
    "chunks in HTTP/1.0": get("Host: a", "Transfer-Encoding: chunked", target=POST, method="POST",
                              version="HTTP/1.0") + b"0\r\n\r\n",
    "a space before the colon": post("Content-Length : 2", body=b"{}"),
    "a tab before the colon": post("Transfer-Encoding\t: chunked", body=b"0\r\n\r\n"),
    "a space in a name": post("Content Length: 2", body=b"{}"),
    "a folded field": post("X-A: b", " Content-Length: 2", body=b"{}"),
    "a folded encoding": post("Transfer-Encoding:", " chunked", body=b"0\r\n\r\n"),
    "a line without a colon": get("Host: a", "nonsense"),
    "an empty name": get("Host: a", ": x"),
    "a first line that begins with a space": get(" Host: a"),
    "a bare line feed after a field": b"GET %s HTTP/1.1\r\nHost: a\nX-B: c\r\n\r\n" % GET.encode(),
    "a bare line feed after the request line": b"GET %s HTTP/1.1\nHost: a\r\n\r\n" % GET.encode(),
    "bare line feeds throughout": b"GET %s HTTP/1.1\nHost: a\n\n" % GET.encode(),
    "a bare line feed at the end": b"GET %s HTTP/1.1\r\nHost: a\r\n\n" % GET.encode(),
    "a bare carriage return": b"GET %s HTTP/1.1\r\nHost: a\r\nX-B: c\rTransfer-Encoding: chunked\r\n\r\n" % GET.encode(),
    "a NUL in a value": get("Host: a", "X-B: c\0d"),
    "a NUL in a name": get("Host: a", "X-B\0: c"),
    "a control character in a value": get("Host: a", "X-B: c\x01d"),
    "no host": get("X-A: b"),
    "two hosts": get("Host: a", "Host: b"),
    "the same host twice": get("Host: a", "host: a"),
    "an empty host": get("Host:"),
    "a host with a path": get("Host: a/b"),
    "a space in the target": get("Host: a", target=GET + " x"),
    "a tab in the target": get("Host: a", target=GET + "\t"),
    "two spaces": b"GET  %s HTTP/1.1\r\nHost: a\r\n\r\n" % GET.encode(),
    "an absolute target": get("Host: a", target="http://b" + GET),
    "an asterisk": get("Host: a", target="*", method="OPTIONS"),
    "a fragment": get("Host: a", target=GET + "#x"),
    "an odd method": get("Host: a", method="G(T"),
    "HTTP/1.2": get("Host: a", version="HTTP/1.2"),
    "lower-case http": get("Host: a", version="http/1.1"),
    "a NUL in the path": get("Host: a", target="/api/v1/people/%00/inbox"),
    "a bad escape": get("Host: a", target="/api/v1/people/%zz/inbox"),
    "a cut escape": get("Host: a", target=GET + "?a=%4"),
    "no UTF-8": get("Host: a", target=GET + "?a=%ff"),
    "a repeated parameter": get("Host: a", target=GET + "?a=1&a=2"),
}
# The framing of these is sound: only what they say is wrong, and the connection may live on.
SOUND = {"a NUL in the path", "a bad escape", "a cut escape", "no UTF-8", "a repeated parameter"}


@pytest.mark.parametrize("name", REFUSED)
def test_an_ambiguous_request_is_refused_and_nothing_after_it_is_read(gateway, name):
    answer, closed = ask(gateway, REFUSED[name] + SMUGGLED)
    if name in SOUND:
        assert statuses(answer)[0] == 400
        return
    assert statuses(answer) in ([], [400], [413]), answer
    assert closed
    assert b"/smuggled" not in answer


def test_versions_that_are_not_spoken(gateway):
    for version in ("HTTP/2.0", "HTTP/0.9", "HTTP/9.9"):
        answer, closed = ask(gateway, get("Host: a", version=version))
        assert statuses(answer) in ([400], [505]) and closed


def test_what_follows_a_chunked_body_is_not_read(gateway):
    """Chunks may be framed with bare line feeds, which differ between servers; so nothing follows them."""
    for body in (b"2\r\n{}\r\n0\r\n\r\n", b"2\n{}\n0\n\n", b"2;a=b\r\n{}\r\n0\r\n\r\n", b"0\r\nX: y\r\n\r\n"):
        answer, closed = ask(gateway, post("Transfer-Encoding: chunked", body=body + SMUGGLED))
        assert len(statuses(answer)) == 1 and closed
        assert b"connection: close" in answer.lower()


def test_malformed_chunks_are_refused(gateway):
    for body in (b"zz\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}xx0\r\n\r\n", b"ffffffffffffffffff\r\n"):
        answer, closed = ask(gateway, post("Transfer-Encoding: chunked", body=body + SMUGGLED))
        assert all(status >= 400 for status in statuses(answer)) and closed


def test_requests_may_follow_each_other_on_one_connection(gateway):
    answer, _ = ask(gateway, get("Host: a") + get("Host: a", target="/nothing") + get("Host: a", "Connection: close"))
    assert statuses(answer) == [200, 404, 200]
    byte_by_byte = [bytes([b]) for b in get("Host: a", "Connection: close")]
    answer, closed = ask(gateway, *byte_by_byte)
    assert statuses(answer) == [200] and closed


def test_blanks_around_a_value_are_no_part_of_it(gateway):
    answer, closed = ask(gateway, get("Host: \t a", "X-B: c \t ", "X-C: ", "Connection: close"))
    assert statuses(answer) == [200] and closed


def test_every_answer_carries_the_security_headers(gateway):
    for request in (get("Host: a"), get("Host: a", target="/nothing"), get("Host: a/b"), get("Host: a", method="PUT")):
        head = ask(gateway, request)[0].split(b"\r\n\r\n")[0].lower()
        for field in (b"x-content-type-options: nosniff", b"content-security-policy: default-src 'none'",
                      b"referrer-policy: same-origin", b"x-request-id: ", b"cache-control: "):
            assert field in head
        assert b"microhttpd" not in head


def test_refusals_are_problem_documents(gateway):
    head, body = ask(gateway, get("Host: a/b"))[0].split(b"\r\n\r\n", 1)
    problem = json.loads(body)
    assert b"application/problem+json" in head
    assert problem["status"] == 400 and problem["code"] == "bad_request" and problem["title"] == "Bad Request"


def test_a_large_head_is_refused(gateway):
    for fields in (["X-A: " + "b" * 20000], [f"X-{i}: y" for i in range(100)], ["X-A: " + "b" * 200000]):
        answer, closed = ask(gateway, get("Host: a", *fields))
        assert statuses(answer) == [431] and closed
    answer, closed = ask(gateway, get("Host: a", target="/" + "a" * 200000))
    assert statuses(answer) in ([414], [431]) and closed


def upstream(stack):
    """The field of a system that may post events."""
    added = stack.admin("token", "add", "--role", "upstream", "--source", Town(stack).source)
    return "Authorization: Bearer " + added.stdout.split()[-1]


def test_a_large_body_is_refused(gateway):
    body = b" " * (1024 * 1024 + 1)
    answer, closed = ask(gateway, post(f"Content-Length: {len(body)}", body=body))
    assert statuses(answer) == [413] and closed
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    answer, closed = ask(gateway, post("Transfer-Encoding: chunked", body=chunked))
    assert statuses(answer) == [401] and closed
    answer, closed = ask(gateway, post("Transfer-Encoding: chunked", upstream(gateway), body=chunked))
    assert statuses(answer) == [413] and closed
    answer, closed = ask(gateway, post("Content-Length: 999999999"))
    assert statuses(answer) == [413] and closed
    answer, closed = ask(gateway, post(f"Content-Length: {len(body)}", "Expect: 100-continue"))
    assert statuses(answer) == [413] and closed


def dribble(sock, data, every, until):
    """Sends a byte at a time until the server closes; returns how long that took, and what it said."""
    began, got = time.monotonic(), b""
    try:
        for byte in data:
            sock.sendall(bytes([byte]))
            sock.settimeout(every)
            try:
                chunk = sock.recv(4096)
                got += chunk
                if not chunk:
                    break
            except socket.timeout:
                pass
            assert time.monotonic() - began < until, "still open"
    except (ConnectionResetError, BrokenPipeError):
        pass
    return time.monotonic() - began, got


def problem_of(answer, status, code):
    """The one answer there is, which is a problem document, and whole."""
    head, _, body = answer.partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert statuses(answer) == [status] == [problem["status"]] and problem["code"] == code, answer
    assert b"content-type: application/problem+json" in head.lower() and b"\r\ndate: " in head.lower()
    assert int(re.search(rb"content-length: (\d+)", head.lower())[1]) == len(body)
    return problem


@pytest.mark.parametrize("slow", ["head", "request line", "body"])
def test_a_slow_request_ends_at_the_deadline(gateway, slow):
    """A byte now and then keeps the library's own timeout from ever coming. Whose request line came hears why."""
    begun, rest = {
        "head": (b"", get("Host: a", "X-Slow: " + "s" * 4000)),
        "request line": (b"", b"G" * 4000),
        "body": (post("Content-Length: 4000", upstream(gateway)), b" " * 4000),
    }[slow]
    with connect(gateway) as sock:
        sock.sendall(begun)
        took, answer = dribble(sock, rest, 0.05 if slow == "head" else 0.2, DEADLINE + SLACK)
    assert took >= DEADLINE - 1
    if slow == "request line":
        assert answer == b""
    else:
        problem_of(answer, 408, "request_timeout")


def test_a_silent_connection_ends_at_the_deadline(gateway):
    with connect(gateway) as sock:
        sock.settimeout(DEADLINE + SLACK)
        assert sock.recv(1) == b""


def test_others_are_served_while_slow_clients_dribble(gateway):
    slow = [connect(gateway) for _ in range(20)]
    try:
        for sock in slow:
            sock.sendall(b"GET / HT")
        assert statuses(ask(gateway, get("Host: a", "Connection: close"))[0]) == [200]
    finally:
        for sock in slow:
            sock.close()


def served(stack, *fields):
    return statuses(ask(stack, get("Host: a", "Connection: close", *fields))[0])


def test_one_address_takes_only_its_share_of_connections(stack):
    """While all that it has are worked for, the next is refused; not once one of them lets the gateway wait."""
    town = Town(stack)
    with gateway_with(stack, MAX_PER_ADDRESS="4"):
        with slow_inboxes(stack, bearer_of(stack, "person", "--nip", town.nips[0]), town.id(town.nips[0]), 4) as found:
            assert ask(stack, get("Host: a")) == (b"", True)
        assert found == [[200]] * 4
        assert wait_until(lambda: served(stack) == [200], SLACK), "a closed connection still counts"


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n", get("Host: a"), "body"],
                         ids=["silent", "half a line", "half a head", "answered", "no body"])
def test_who_asks_nothing_shuts_nobody_out_of_its_own_address(stack, begun):
    """The oldest of that address makes room, others of it stay; whose request line came hears why."""
    with gateway_with(stack, REQUEST_DEADLINE_MS="600000", MAX_PER_ADDRESS="4"):
        begun = post("Content-Length: 9", upstream(stack)) if begun == "body" else begun
        other, held = connect(stack, "127.0.0.7"), []
        for _ in range(4):
            held.append(connect(stack))
            held[-1].sendall(begun)
            time.sleep(0.2)  # so that their order is known, and that they are there
        assert served(stack) == [200]
        first, closed = read_all(held[0])
        assert closed
        if b"Host" not in begun:
            assert first == b""
        elif not begun.startswith(b"GET " + GET.encode()):
            problem_of(first, 503, "busy")
        assert not any(read_all(sock)[1] for sock in held[1:])
        other.sendall(get("Host: a", "Connection: close"))
        assert statuses(read_all(other)[0]) == [200]
        for sock in held:
            sock.close()


def test_clients_behind_a_proxy_share_its_address_but_not_their_limit(stack):
    """Four requests of one client are under way: the next is served if one of them still lets the gateway wait, and
    that one goes; another client of the same proxy is served in any case."""
    town = Town(stack)
    ours, theirs = (f"X-Forwarded-For: 192.0.2.9, 198.51.100.{n}" for n in (1, 2))

    def begin(*fields):
        sock = connect(stack)
        sock.sendall(post("Content-Length: 2", "Connection: close", *fields))
        time.sleep(0.2)
        return sock

    def end(sock):
        sock.sendall(b"{}")
        return statuses(read_all(sock)[0])

    with gateway_with(stack, MAX_PER_ADDRESS="4", TRUSTED_PROXIES="127.0.0.0/8,::1"):
        bearer = upstream(stack)
        held = [begin(bearer, ours) for _ in range(4)]
        assert served(stack, theirs) == [200] and served(stack, ours) == [200]
        problem_of(read_all(held.pop(0))[0], 503, "busy")
        assert [end(sock) for sock in held] == [[400]] * 3
        person = bearer_of(stack, "person", "--nip", town.nips[0])
        with slow_inboxes(stack, person, town.id(town.nips[0]), 4, ours):
            assert served(stack, ours) == [429] and served(stack, theirs) == [200]


def pairs(n):
    return "&".join(f"a{i}=1" for i in range(n))


@pytest.mark.parametrize("query, header", [
    ("&" * 3000, 0), ("&" * 300, 14000), ("&" * 500, 0), ("&" * 64, 0), (pairs(65), 0), (pairs(500), 0), (pairs(3000), 0),
    (pairs(300), 14000)], ids=range(8))
def test_a_query_beyond_all_memory_hurts_nobody(stack, query, header):
    """The library would refuse it in the middle of reading it; or read it, and have no memory left for our answer."""
    for _ in range(2):
        sock = connect(stack)
        sock.sendall(f"GET /x?{query[:15000]} HTTP/1.1\r\nHost: x\r\nX-A: {'b' * header}\r\n\r\n".encode())
        answer, closed = read_all(sock)
        assert closed and "64 parameters" in problem_of(answer, 400, "bad_request")["detail"]
    assert stack.get("gateway", "/readyz")[0] == 200
    sock = connect(stack)
    sock.sendall(b"GET /api/v1/public/agencies HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert statuses(read_all(sock)[0]) == [200]


def test_parameters_that_there_are_not_are_named_up_to_as_many_as_may_be(stack):
    """With a head as large as it may be, the library still has the memory for all of them and for the answer."""
    fill = [f"X-{n}: y" for n in range(61)] + ["X-A: " + "b" * 14000]
    for n in (1, 17, 64):
        problem = problem_of(ask(stack, get("Host: a", *fill, "Connection: close", target=f"{GET}?{pairs(n)}"))[0],
                             400, "invalid_parameter")
        assert [error["field"] for error in problem["errors"]] == [f"a{i}" for i in range(n)]


def test_a_request_under_way_is_answered_when_the_gateway_stops(stack):
    with gateway_with(stack):
        sock = connect(stack)
        sock.sendall(post("Content-Length: 2", upstream(stack)))
        time.sleep(0.5)
        with ThreadPoolExecutor() as pool:
            stopping = pool.submit(stack.stop, "gateway")
            time.sleep(2)  # it waits 5 s for whoever has begun
            sock.sendall(b"{}")
            answer, closed = read_all(sock)
            stopping.result()
        assert statuses(answer) == [400] and closed and b"connection: close" in answer.lower()


def test_strangers_bodies_and_one_address_s_shut_nobody_out(stack):
    """Unfinished large bodies: without a token they hold nothing, with one only their address's share."""
    def unfinished(*fields):
        sock = connect(stack, "127.0.0.7")
        sock.sendall(post("Content-Length: 1048576", *fields, body=b" " * 1048575))
        return sock

    def sign_in():
        form = get("Host: a", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 7",
                   "Connection: close", target="/session", method="POST") + b"token=x"
        return statuses(ask(stack, form)[0])

    def large(*fields):
        return statuses(ask(stack, post("Content-Length: 65536", "Connection: close", *fields, body=b" " * 65536))[0])

    def from_there():
        with connect(stack, "127.0.0.7") as sock:
            sock.sendall(post("Content-Length: 65536", "Connection: close", bearer, body=b" " * 65536))
            return statuses(read_all(sock)[0])

    bearer = upstream(stack)
    strangers = [unfinished() for _ in range(9)]
    time.sleep(1)
    assert sign_in() == [403] and large(bearer) == [400] and from_there() == [400]
    ours = []
    # Which of several bodies that arrive together is refused is not settled: more come until the share is taken.
    assert wait_until(lambda: ours.append(unfinished(bearer)) or from_there() == [503], SLACK, pause=0.2)
    assert sign_in() == [403] and large(bearer) == [400]
    for sock in strangers + ours:
        sock.close()
    assert wait_until(lambda: from_there() == [400], SLACK), "bodies of closed connections still count"


# --- one answer, one head


@pytest.mark.parametrize("name", [*sorted(REFUSED), "a large head", "a long target", "another version", "malformed chunks"])
def test_a_refusal_is_one_problem_document_whoever_refuses(gateway, name):
    """The library's own refusals came with two heads, the second as the body of the first."""
    request = {
        "a large head": get("Host: a", "X-A: " + "b" * 20000),
        "a long target": get("Host: a", target="/" + "a" * 40000),
        "another version": get("Host: a", version="HTTP/2.0"),
        "malformed chunks": post("Transfer-Encoding: chunked", upstream(gateway), body=b"zz\r\n{}\r\n0\r\n\r\n"),
    }.get(name) or REFUSED[name]
    answer = ask(gateway, request)[0]
    [status] = statuses(answer)
    problem = problem_of(answer, status, json.loads(answer.partition(b"\r\n\r\n")[2])["code"])
    assert status >= 400 and problem["detail"] and b"\r\nx-request-id: " in answer.lower()


@pytest.mark.parametrize("status, fields", [
    (401, ("Content-Type: application/json",)),
    (403, ("Content-Type: application/json", "auditor")),
    (413, ("Content-Length: 9999999", "Content-Type: application/json", "upstream")),
    (415, ("Content-Type: text/plain", "upstream")),
    (415, ("Content-Type: application/json", "Content-Encoding: gzip", "upstream")),
    (400, ("Content-Type: application/json", "?x=1", "upstream")),
    (401, ("Transfer-Encoding: chunked", "Content-Type: application/json")),
    (404, ("/nothing",)),
    (405, ("/api/v1/openapi.json",)),
], ids=str)
def test_what_the_head_alone_refuses_is_answered_at_once(gateway, status, fields):
    """Its body never comes; the answer does, long before the deadline, and ends the connection."""
    tokens = {"auditor": lambda: bearer_of(gateway, "auditor"), "upstream": lambda: upstream(gateway)}
    targets = [f for f in fields if f[0] in "/?"]
    fields = ["Host: a"] + [tokens[f]() if f in tokens else f for f in fields if f not in targets]
    if not any(f.startswith(("Content-Length", "Transfer")) for f in fields):
        fields.append("Content-Length: 900")
    target = "".join(targets) if targets and targets[0][0] == "/" else POST + "".join(targets)
    with connect(gateway) as sock:
        began = time.monotonic()
        sock.sendall(get(*fields, target=target, method="POST"))
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
        assert time.monotonic() - began < DEADLINE / 2
    problem_of(answer, status, json.loads(answer.partition(b"\r\n\r\n")[2])["code"])
    assert b"\r\nconnection: close" in answer.lower()


def test_a_refused_body_is_read_so_that_the_client_reads_why(gateway):
    """A client that sends all of its body before it reads is not reset under the answer."""
    for fields in ((), (upstream(gateway),)):
        with connect(gateway) as sock:
            sock.sendall(post("Content-Length: 3000000", *fields))
            for _ in range(300):
                sock.sendall(b" " * 10000)
                time.sleep(0.001)
            answer, closed = read_all(sock)
        assert statuses(answer) == [413] and closed


def test_two_authorizations_are_none(gateway):
    bearer = upstream(gateway)
    answer, closed = ask(gateway, post("Content-Length: 2", bearer, "Authorization: Bearer other", body=b"{}"))
    assert statuses(answer) == [400] and closed and b"one Authorization" in answer


# --- it holds


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n", post("Content-Length: 9")],
                         ids=["silent", "half a line", "half a head", "no body"])
def test_clients_that_ask_nothing_shut_nobody_out(stack, begun):
    """As many as there is room for and more; they would go at their deadline, in a quarter of an hour."""
    with gateway_with(stack, REQUEST_DEADLINE_MS="600000", MAX_PER_ADDRESS="1000"):
        silent = []
        try:
            for _ in range(300):
                silent.append(connect(stack))
                silent[-1].sendall(begun)
            for _ in range(3):
                assert statuses(ask(stack, get("Host: a", "Connection: close"))[0]) == [200]
        finally:
            for sock in silent:
                sock.close()


def bearer_of(stack, *who):
    return "Authorization: Bearer " + stack.admin("token", "add", "--role", *who).stdout.split()[-1]


def connect_all(stack, town, *bearers, least=8):
    """All connections of the gateway to PostgreSQL are made: a new one would wait for any lock."""
    people = [town.id(nip) for nip in town.nips]
    with ThreadPoolExecutor(40) as threads:
        def one(i):
            ask(stack, get("Host: a", bearers[i % 2], "Connection: close",
                           target=f"/api/v1/people/{people[i % 2]}/evidence"))

        def connected():
            list(threads.map(one, range(40)))
            return stack.value("SELECT count(*) FROM pg_stat_activity WHERE starts_with(application_name, 'gateway@')") >= least

        assert wait_until(connected, 60)


@contextmanager
def slow_inboxes(stack, bearer, person, n, *fields):
    """So many requests of one token that PostgreSQL does not answer, until the end; then their statuses."""
    found, threads = [], ThreadPoolExecutor(n)
    inbox = get("Host: a", bearer, "Connection: close", *fields, target=f"/api/v1/people/{person}/inbox")

    def one():
        with connect(stack) as sock:
            sock.sendall(inbox)
            answer = b""
            while chunk := sock.recv(65536):
                answer += chunk
            return statuses(answer)

    with stack.session() as held:
        held.execute("LOCK TABLE notification.inbox IN ACCESS EXCLUSIVE MODE")
        waiting = [threads.submit(one) for _ in range(n)]
        waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND starts_with(application_name, 'gateway@')"
        assert wait_until(lambda: stack.rows(waits), SLACK)
        time.sleep(1)
        yield found
        held.rollback()
    found.extend(x.result(60) for x in waiting)


def test_one_token_does_not_take_all_that_there_is(stack):
    """Forty of its requests wait for PostgreSQL; others are served as if nothing were."""
    town = Town(stack, people=2)
    mine, others = (bearer_of(stack, "person", "--nip", nip) for nip in town.nips)
    connect_all(stack, town, mine, others)
    with slow_inboxes(stack, mine, town.id(town.nips[0]), 40) as found:
        for _ in range(3):
            began = time.monotonic()
            answer, _ = ask(stack, get("Host: a", others, "Connection: close",
                                       target=f"/api/v1/people/{town.id(town.nips[1])}/evidence"))
            assert statuses(answer) == [200] and time.monotonic() - began < 3
    assert set(map(tuple, found)) <= {(200,), (503,)} and [200] in found


def test_one_token_has_its_share_of_requests_under_way(stack):
    town = Town(stack, people=2)
    mine, others = (bearer_of(stack, "person", "--nip", nip) for nip in town.nips)
    with gateway_with(stack, MAX_PER_TOKEN="2"):
        connect_all(stack, town, mine, others, least=4)
        share(stack, town, mine, others)


def share(stack, town, mine, others):
    with slow_inboxes(stack, mine, town.id(town.nips[0]), 2):
        def evidence(bearer):
            return ask(stack, get("Host: a", bearer, "Connection: close",
                                  target=f"/api/v1/people/{town.id(town.nips[1])}/evidence"))[0]

        refused = evidence(mine)
        assert statuses(refused) == [429] and b"retry-after: 1" in refused.lower()
        assert statuses(evidence(others)) == [200]
