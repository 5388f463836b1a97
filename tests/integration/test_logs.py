"""What services log, at the level that says the most: each line about a message or a request has its trace, and none has a
NIP or what somebody wrote. What people lose if this fails: their number or their words in files that many may read; what
operators lose: the way from a request to the score that came of it."""
import contextlib
import copy
import json
import re
import socket
from urllib.parse import quote, urlsplit

import pytest
from daemon import wait_until
from oracle.oracle import valid_nip
from programs import SERVICES
from town import KINDS, Town
from web import ask, token

WORD = "kata-rahasia"  # in everything that is said here; with a number behind it, so that it is known which
NIP_SHAPE = re.compile(r"(?<!\d)\d{18}(?!\d)")


@pytest.fixture(scope="module", autouse=True)
def debug(stack):
    """Every line that there is."""
    for name in SERVICES:
        stack.processes.overrides[name]["LOG_LEVEL"] = "debug"
    stack.restart(*SERVICES)
    yield
    for name in SERVICES:
        del stack.processes.overrides[name]["LOG_LEVEL"]
    stack.restart(*SERVICES)


def lines(stack, name, **fields):
    """What a service said with these fields."""
    said = map(json.loads, stack.program(name).log.read_text().splitlines())
    return [line for line in said if all(line.get(key) == value for key, value in fields.items())]


def parent(trace):
    return f"00-{trace}-b7ad6b7169203331-01"


# --- traces

def test_an_event_is_followed_from_its_request_to_its_score(town, stack):
    """Each service that had to do with it says so under its trace; so does score.changed itself."""
    trace, before = "5ee1" * 8, stack.ends("terukur.score.changed")
    upstream = token(stack, "upstream", "--source", town.source)
    answer = ask(stack, "POST", "/api/v1/events", upstream, json.dumps(town.event()), traceparent=parent(trace),
                 Content_Type="application/cloudevents+json")
    assert answer.status == 202, answer.body
    stack.wait_idle()
    assert wait_until(lambda: all(lines(stack, name, trace=trace) for name in SERVICES), 10), {
        name: len(lines(stack, name, trace=trace)) for name in SERVICES}
    outcomes = [line["outcome"] for line in lines(stack, "intake", trace=trace, message="event judged")]
    assert "accepted" in outcomes and {*outcomes} <= {"accepted", "duplicate"}, "a batch that is repeated finds it there"
    assert [line["person"] for line in lines(stack, "scoring", trace=trace, message="score said")][:1] == [town.id()]
    request = lines(stack, "gateway", trace=trace, message="request answered")
    assert [(line["route"], line["status"]) for line in request] == [("POST /api/v1/events", 202)]
    assert request[0]["request"] == answer.headers["X-Request-Id"]
    said = [m.headers["traceparent"] for m in stack.read("terukur.score.changed", before)]
    assert said and all(parent.split(b"-")[1] == trace.encode() for parent in said)


def test_each_score_goes_on_in_its_own_trace(towns, stack):
    """Also when the events of several people come at once."""
    town, traces = next(towns), ["a1" * 16, "b2" * 16]
    before = stack.ends("terukur.score.changed")
    stack.stop("scoring")
    stack.produce([town.message(town.event(subject=nip), headers=[("traceparent", parent(trace).encode())])
                   for nip, trace in zip(town.nips, traces, strict=True)])
    assert wait_until(lambda: stack.value("SELECT count(*) FROM intake.total WHERE person = ANY(%s::uuid[])",
                                          [town.id(nip) for nip in town.nips]) == 2, 20)
    stack.start("scoring")
    stack.wait_idle()
    found = {(m.key.decode().split("/")[0], m.headers["traceparent"].decode().split("-")[1])
             for m in stack.read("terukur.score.changed", before)}
    assert found == {(town.id(nip), trace) for nip, trace in zip(town.nips, traces, strict=True)}


@pytest.mark.parametrize("how", ["header", "extension"])
def test_what_is_refused_is_found_by_its_trace(towns, stack, how):
    """Whichever way the trace came."""
    town, trace = next(towns), {"header": "c3" * 16, "extension": "d4" * 16}[how]
    event = town.event(indicator="nobody-knows")
    headers = [("traceparent", parent(trace).encode())] if how == "header" else []
    town.settle({**event, "traceparent": parent(trace)} if how == "extension" else event, headers=headers)
    line = lines(stack, "intake", trace=trace, message="event judged")[0]
    assert (line["outcome"], line["reason"], line["topic"]) == ("rejected", "unknown_indicator", town.topic)


def test_what_nobody_can_read_is_found_by_its_trace(stack):
    """On a topic of Terukur's own: passed over, with a warning."""
    trace = "e5" * 16
    stack.produce([("terukur.score.changed", 0, b"rubbish", [("traceparent", parent(trace).encode())], b"{}")])
    for name in ("notification", "reporting"):
        assert wait_until(lambda name=name: lines(stack, name, trace=trace, message="message passed over", level="warn"), 10)


def test_a_failed_request_is_found_by_its_trace(town, stack):
    """A client that says which trace, and one that does not: the answer's request id leads to the line, and that to a trace."""
    auditor, path, trace = token(stack, "auditor"), f"/api/v1/people/{town.id()}/scores/2026-03", "f6" * 16
    stack.execute("REVOKE SELECT ON scoring.score_view FROM terukur_gateway")
    try:
        answers = [ask(stack, "GET", path, auditor, traceparent=parent(trace)), ask(stack, "GET", path, auditor)]
    finally:
        stack.execute("GRANT SELECT ON scoring.score_view TO terukur_gateway")
    assert [answer.status for answer in answers] == [503, 503]
    failed = [lines(stack, "gateway", message="request failed", request=answer.headers["X-Request-Id"]) for answer in answers]
    assert [len(said) for said in failed] == [1, 1]
    assert failed[0][0]["trace"] == trace and re.fullmatch(r"[0-9a-f]{32}", failed[1][0]["trace"])


# --- nobody's words

class Words:
    def __init__(self):
        self.n = 0

    def __call__(self, nip=""):
        """A text that nobody may log; with a number in it where one is given."""
        self.n += 1
        return f"{WORD}-{self.n} {nip}".strip()


def places(value, at=()):
    """The way to every text and every object of a JSON value."""
    if isinstance(value, dict):
        yield at, value
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, str):
        yield at, value


def altered(event, at, text):
    """The event with that text there; in an object, as a field's name and value."""
    event = copy.deepcopy(event)
    holder = event
    for key in at[:-1]:
        holder = holder[key]
    if not at:
        event[text] = text
    elif isinstance(holder[at[-1]], dict):
        holder[at[-1]][text] = text
    else:
        holder[at[-1]] = text
    return event


def events(town, say):
    """Ordinary ones, and each with somebody's words or number in one place, of every kind."""
    nip, more = town.nips[0], {"corrected": {"replaces": "x"}, "revoked": {"replaces": "x"},
                               "complete": {"period": "2026-03", "indicator": town.visits}}
    for kind in KINDS:
        event = town.event(kind, subject=town.unit if kind == "complete" else nip, **more.get(kind, {}))
        event |= {"dataschema": "https://example/x", "traceparent": parent("a" * 32)}
        if kind in ("recorded", "corrected"):
            event["data"] |= {"ref": say(nip), "of": 2}
        yield from [json.dumps(event).encode()] * 2
        for at, _ in places(event):
            for text in (say(nip), nip):
                yield json.dumps(altered({**event, "id": f"{kind}-{say.n}-{len(text)}"}, at, text)).encode()
    yield from (f"{say(nip)}".encode(), f'{{"{say(nip)}": '.encode(), f'"{say(nip)}"'.encode(), b"\xff" + say(nip).encode(),
                b"{" * 3000 + say(nip).encode(), json.dumps({**town.event(), "data": say(nip)}).encode(),
                json.dumps({**town.event(), "x": say(nip) * 6000}).encode(), b"")


def messages(town, say):
    """As values, keys and headers, in both modes."""
    nip = town.nips[0]
    for value in events(town, say):
        yield town.topic, None, nip.encode(), (), value
    attributes = {"ce_specversion": "1.0", "ce_id": say(nip), "ce_source": town.source, "ce_subject": nip,
                  "ce_type": KINDS["recorded"], "ce_time": "2026-03-04T08:15:00+07:00"}
    body = json.dumps({"indicator": town.visits, "value": 1, "ref": say()}).encode()
    for name in attributes:
        yield town.topic, None, say(nip).encode(), [*({**attributes, name: say(nip)}.items())], body
    for name in ("traceparent", "ce_traceparent", "content-type", say(nip), f"ce_{WORD}"):
        yield town.topic, None, None, [*attributes.items(), (name, say(nip).encode())], body
    for topic in ("terukur.evidence.accepted", "terukur.score.changed", "terukur.registry.changed"):
        yield topic, None, say(nip).encode(), [("traceparent", say(nip).encode())], json.dumps({say(): nip}).encode()


def requests(town, say, upstream):
    """(method, path, token, body, headers): wherever a client can write something."""
    nip, person = town.nips[0], town.id()
    structured = {"Content_Type": "application/cloudevents+json"}
    for value in events(town, say):
        yield "POST", "/api/v1/events", upstream, value, structured
    for name in ("User_Agent", "Cookie", "Referer", "X_Forwarded_For", "traceparent", "Idempotency_Key", "Origin", "Accept",
                 "X_Request_Id", "Accept_Language", "Content_Type"):
        yield "POST", "/api/v1/events", upstream, json.dumps(town.event()), structured | {name: say(nip)}
    for path in (f"/{quote(say(nip))}", f"/api/v1/people/{nip}/scores/2026-03", f"/api/v1/people/{person}/scores/{quote(say())}",
                 f"/api/v1/events/{quote(say(nip))}", f"/api/v1/events/{nip}", f"/api/v1/people/{person}/evidence?period=2026-03"
                 f"&indicator={quote(say(nip))}", f"/?{quote(say())}={nip}", f"/api/v1/events/rejections?after={quote(say(nip))}",
                 f"/api/v1/reports/agency.csv?agency={quote(say(nip))}&period=2026-03", f"/%ff{quote(say(nip))}"):
        for who in (upstream, town.auditor, say(nip), None):
            yield "GET", path, who, None, {}
    for path in ("/session", "/sign-out"):
        yield "POST", path, None, f"token={quote(say(nip))}", {"Content_Type": "application/x-www-form-urlencoded"}
    for method in (WORD, "DELETE"):
        yield method, f"/api/v1/events/{quote(say(nip))}", upstream, say(nip), {}


def raw_requests(town, say):
    """What no client's library sends."""
    for head in (f"{say(town.nips[0])}\r\n\r\n", f"GET /{say()} HTTP/1.1\r\nHost: x\r\nHost: {say()}\r\n\r\n",
                 f"GET / HTTP/1.1\r\nHost: {say()}\r\n{WORD} : {say()}\r\n\r\n",
                 f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {say()}\r\n\r\n", f"GET / {WORD}/9.9\r\n\r\n"):
        yield head.encode()


def test_no_log_has_a_number_or_a_word_of_anybody(towns, stack):
    """Whatever is sent, in whatever place, to whomever."""
    town, say = next(towns), Words()
    town.auditor, upstream = token(stack, "auditor"), token(stack, "upstream", "--source", town.source)
    named = Town(stack, load=False, people=1)
    named.registry["people"][0] |= {"name": say(), "email": f"{WORD}@kota.example"}
    stack.load(named.registry)
    stack.produce(messages(town, say))
    statuses = set()
    for method, path, who, body, headers in requests(town, say, upstream):
        with contextlib.suppress(OSError):
            statuses.add(ask(stack, method, path, who, body, **headers).status)
    assert {202, 200, 400, 401, 404} <= statuses, statuses
    web = urlsplit(stack.env["GATEWAY_URL"])
    for head in raw_requests(town, say):
        with socket.create_connection((web.hostname, web.port), timeout=10) as s:
            s.sendall(head)
            with contextlib.suppress(OSError):
                s.recv(100)
    named.settle(named.event(ref=say()))
    judged = lines(stack, "intake", message="event judged", topic=town.topic)
    assert len(judged) > 150 and {"accepted", "rejected", "waiting", "duplicate"} <= {line["outcome"] for line in judged}
    assert len({line["reason"] for line in judged}) >= 8, "all kinds of things were wrong with them"
    assert say.n > 150
    found = {}
    for log in (stack.run_dir / "log").glob("*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if WORD in line or any(map(valid_nip, NIP_SHAPE.findall(line))):
                found.setdefault(log.name, line)
    assert found == {}
