"""A gateway that is about to end, and one without Kafka. What people lose if this fails: at each upgrade some of them get an
error, and while Kafka is away nobody sees a score that has been there for months."""
import http.client
import json
import signal
import threading
import time
from collections import Counter

import pytest
from daemon import wait_until
from programs import SERVICES
from stack import random_ports
from web import ask, problem, token

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
    port = random_ports()["web"] + 19
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
