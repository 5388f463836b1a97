"""A gateway that is about to end, one without Kafka, and one whose PostgreSQL is started anew. What people lose if this fails: at
each upgrade some of them get an error, and while Kafka is away nobody sees a score that has been there for months."""
import http.client
import itertools
import json
import signal
import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest
from daemon import wait_until
from programs import SERVICES
from stack import random_port
from web import ask, cookie_of, problem, token

API = "/api/v1"
SECONDS = 4


class Second:
    """A second gateway, as a client sees it."""

    def __init__(self, stack, port):
        self.stack, self.port = stack, port

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def get(self, path=f"{API}/public/agencies", connection=None):
        connection = connection or self.connect()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer

    def ready(self):
        try:
            return self.stack.get("gateway-2", "/readyz")[0] == 200
        except OSError:
            return False

    @property
    def program(self):
        return self.stack.program("gateway-2")


@pytest.fixture
def second(stack):
    port = random_port()
    overrides = stack.processes.overrides
    overrides["gateway-2"].update(LISTEN=f"127.0.0.1:{port}", DRAIN_SECONDS=str(SECONDS))
    stack.start("gateway-2")
    yield Second(stack, port)
    stack.stop("gateway-2")
    del overrides["gateway-2"]


def test_a_gateway_that_ends_answers_until_nobody_comes(second, stack):
    """Not ready at once, so that nobody new is sent to it; whoever comes meanwhile is answered, and told to come to another."""
    kept = second.connect()
    assert second.get(connection=kept).headers["Connection"] != "close"
    began = time.monotonic()
    second.program.kill(signal.SIGTERM)
    assert wait_until(lambda: not second.ready(), 2)
    assert json.loads(stack.get("gateway-2", "/readyz")[1])["waiting_for"] == ["stopping"]
    assert stack.get("gateway-2", "/livez")[0] == 200
    for connection in (kept, second.connect()):
        answer = second.get(connection=connection)
        assert (answer.status, answer.headers["Connection"]) == (200, "close")
    while second.program.pid and time.monotonic() - began < SECONDS - 0.5:
        assert second.get().status == 200 and not second.ready()
    assert second.program.pid
    assert wait_until(lambda: not second.program.pid, 5)
    assert second.program.exit_code == 0


def test_clients_do_not_see_a_gateway_go(second, stack):
    """They are sent to those that were ready half a second ago, as by whatever stands before them."""
    seen, over = Counter(), threading.Event()
    ready = [True]

    def watch():
        while not over.wait(0.5):
            ready[0] = second.ready()

    def client():
        while not over.is_set():
            try:
                answer = second.get() if ready[0] else ask(stack, "GET", f"{API}/public/agencies")
                seen[answer.status, ready[0]] += 1
            except OSError as e:
                seen[repr(e)] += 1

    threads = [threading.Thread(target=work) for work in (watch, client, client)]
    for thread in threads:
        thread.start()
    assert wait_until(lambda: seen[200, True] > 20, 10)
    stack.stop("gateway-2")
    assert wait_until(lambda: seen[200, False] > 20, 10)
    over.set()
    for thread in threads:
        thread.join(10)
    assert {*seen} == {(200, True), (200, False)}


def test_a_second_signal_ends_the_wait(second):
    began = time.monotonic()
    for _ in range(2):
        second.program.kill(signal.SIGTERM)
        assert wait_until(lambda: not second.program.pid or not second.ready(), 2)
    assert wait_until(lambda: not second.program.pid, SECONDS)
    assert time.monotonic() - began < SECONDS and second.program.exit_code == 0


def test_what_needs_no_kafka_stays(town, stack):
    """Scores, evidence and public pages are read, and the gateway stays ready; an event is asked to come again."""
    town.settle(town.event())
    auditor, upstream = stack.env["AUDITOR_TOKEN"], token(stack, "upstream", "--source", town.source)
    person = town.id()
    event = {"Content_Type": "application/cloudevents+json", "body": json.dumps(town.event())}
    stack.stop("kafka")
    try:
        def said(name):
            status, text = stack.get(name, "/readyz")
            return status, "Kafka" in text

        assert wait_until(lambda: all(said(name) == (200 if name == "gateway" else 503, True) for name in SERVICES), 20)
        for path in (f"{API}/public/agencies", "/"):
            assert ask(stack, "GET", path).status == 200
        for path in (f"{API}/people/{person}/scores/2026-03", f"{API}/people/{person}/evidence?period=2026-03"):
            assert ask(stack, "GET", path, auditor).status == 200
        refused = ask(stack, "POST", f"{API}/events", upstream, **event)
        problem(refused, 503, "unavailable")
        assert int(refused.headers["Retry-After"]) > 0
        assert json.loads(stack.get("gateway", "/readyz")[1])["ready"] is True
    finally:
        stack.start("kafka")
    assert wait_until(lambda: all(said(name) == (200, False) for name in SERVICES), 30)
    assert ask(stack, "POST", f"{API}/events", upstream, **event).status == 202


# --- PostgreSQL is started anew, or away

def looks(town, stack):
    """What people and systems ask for all day, each as (method, path, body, headers) that gets `want`."""
    person, auditor = town.id(), token(stack, "auditor")
    upstream = {"Authorization": f"Bearer {token(stack, 'upstream', '--source', town.source)}",
                "Content-Type": "application/cloudevents+json"}
    page, api = {"Cookie": cookie_of(stack, auditor)}, {"Authorization": f"Bearer {auditor}"}
    return [(200, "GET", f"{API}/public/agencies", None, {}),
            *((200, "GET", f"{API}/people/{person}/{what}", None, api) for what in ("scores/2026-03", "evidence?period=2026-03")),
            *((200, "GET", f"/people/{person}/{what}", None, page) for what in ("scores/2026-03", "evidence", "inbox")),
            (200, "GET", "/", None, page), (202, "POST", f"{API}/events", json.dumps(town.event()), upstream),
            (303, "POST", "/session", f"token={auditor}", {"Content-Type": "application/x-www-form-urlencoded"})]


@pytest.mark.parametrize("hard", [False, True], ids=["in order", "killed"])
def test_a_restart_of_postgresql_is_seen_by_nobody(town, stack, hard):
    """No request fails; meanwhile /readyz says at once what is waited for; and all that services print are their log's lines."""
    town.settle(town.event())
    every, seen, over = looks(town, stack), Counter(), threading.Event()
    slowest = Counter()

    def client(first):
        for want, method, path, body, headers in itertools.islice(itertools.cycle(every), first, None):
            if over.is_set():
                return
            answer = ask(stack, method, path, None, body, **{name.replace("-", "_"): said for name, said in headers.items()})
            seen["as it should be" if answer.status == want else (answer.status, method, path, answer.body)] += 1

    def probe():
        while not over.wait(0.1):
            began = time.monotonic()
            stack.get("gateway", "/readyz")
            slowest["readyz"] = max(slowest["readyz"], time.monotonic() - began)

    threads = [threading.Thread(target=client, args=(first,)) for first in range(len(every))]
    threads.append(threading.Thread(target=probe))
    for thread in threads:
        thread.start()

    def more():
        before = seen["as it should be"]
        return wait_until(lambda: seen["as it should be"] > before + 100, 20)

    try:
        assert more()
        stack.processes.restart_postgres(hard)
        assert more()
    finally:
        over.set()
        for thread in threads:
            thread.join(30)
    assert {*seen} == {"as it should be"}
    assert slowest["readyz"] < 1
    for name in SERVICES:
        assert all(line.startswith("{") for line in stack.program(name).log.read_text().splitlines())


@pytest.fixture
def hasty(stack):
    """A second gateway that waits for a second, with three of its four threads."""
    port = random_port()
    overrides = stack.processes.overrides
    overrides["gateway-2"].update(LISTEN=f"127.0.0.1:{port}", DB_WAIT_MS="1000", WORKERS="4")
    stack.start("gateway-2")
    yield Second(stack, port)
    stack.stop("gateway-2")
    del overrides["gateway-2"]


def test_a_postgresql_that_stays_away_is_said_soon(town, hasty, stack):
    """It is waited for, but not by all that answer, and not for ever."""
    town.settle(town.event())
    evidence, auditor = f"{API}/people/{town.id()}/evidence", token(stack, "auditor")
    events = "POST", f"{API}/events", token(stack, "upstream", "--source", town.source), json.dumps([town.event()])

    def send(method, path, who, body=None):
        """Its status, and how long it took."""
        began, connection = time.monotonic(), hasty.connect()
        connection.request(method, path, body, {"Authorization": f"Bearer {who}",
                                                "Content-Type": "application/cloudevents-batch+json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status != 503 or int(answer.headers["Retry-After"]) > 0
        return answer.status, time.monotonic() - began

    assert send(*events)[0] == 202
    stack.kill("postgres")
    try:
        with ThreadPoolExecutor(6) as pool:
            asked = [pool.submit(send, "GET", evidence, auditor) for _ in range(6)]
            wait(asked, return_when=FIRST_COMPLETED)  # no more may wait
            assert send(*events)[0] == 202  # whose token is known, and which needs a thread of its own
        took = sorted(seconds for status, seconds in (one.result() for one in asked) if status == 503)
        assert len(took) == 6 and took[0] < 0.5 < took[-1] < 2, took
        status, seconds = send("GET", evidence, auditor)
        assert status == 503 and seconds < 0.5  # it has been away for long enough
    finally:
        stack.start("postgres")
    assert wait_until(lambda: send("GET", evidence, auditor)[0] == 200, 10)
