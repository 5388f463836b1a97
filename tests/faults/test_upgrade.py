"""From the version before the newest migration to this one, while events come by Kafka and by HTTP and people look at scores:
the schema first, then every program, one after the other. What everybody loses if this fails: each upgrade is a night's work
with the doors closed."""
import http.client
import itertools
import json
import subprocess
import threading
import time
from collections import Counter

import pytest
from conftest import BUILD, ROOT
from daemon import wait_until
from oracle.city import City
from programs import SERVICES
from stack import random_port
from told import Told
from town import Town

SEED, EVENTS, SECONDS = 10, 12000, 15
GATEWAYS = ("gateway", "gateway-2")


def git(*args):
    done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True)
    return done.stdout if done.returncode == 0 else None


def version_before():
    """The last commit without the newest migration."""
    newest = sorted((ROOT / "schemas/sql").glob("*.sql"))[-1].relative_to(ROOT)
    if git("rev-parse", "HEAD") is None:
        pytest.skip("no history is here: this is no clone")
    added = git("log", "-1", "-m", "--first-parent", "--diff-filter=A", "--format=%H", "--", str(newest))
    before = git("rev-parse", "--verify", "--quiet", f"{added.decode().strip()}^" if added else "HEAD")
    if not before:
        pytest.skip(f"the history does not reach behind {newest}: the clone is shallow")
    return before.decode().strip()


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """Its programs, and the directory that they were built in."""
    folder = tmp_path_factory.mktemp("before")
    subprocess.run(["tar", "x", "-C", folder], input=git("archive", version_before()), check=True)
    done = subprocess.run(["make", "-j2", "OPT=-O0", "LINK=", *(f"build/{name}" for name in ("admin", *SERVICES))],
                          cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "build"


@pytest.fixture
def stack(system, before):
    """All of the version before, empty, with a second gateway."""
    processes = system.processes
    processes.overrides["gateway-2"]["LISTEN"] = f"127.0.0.1:{random_port()}"
    processes.build = before
    try:
        system.reset()
        system.start("gateway-2")
        yield system
    finally:
        processes.build = BUILD
        system.stop("gateway-2")
        del processes.overrides["gateway-2"]


class Clients(threading.Thread):
    """Upstream systems and people, sent to the gateways that are in turn, as by whatever stands before them."""

    def __init__(self, town):
        super().__init__(daemon=True)
        stack, self.town, self.over = town.stack, town, threading.Event()
        processes = stack.processes
        self.ports = {"gateway": processes.ports["web"],
                      "gateway-2": int(processes.overrides["gateway-2"]["LISTEN"].rpartition(":")[2])}
        self.upstream = processes.token("upstream", "--source", town.source)
        self.auditor, self.person = processes.secret("AUDITOR_TOKEN"), town.id()
        self.turn, self.answers, self.told = list(GATEWAYS), Counter(), 0
        self.lock = threading.Lock()  # a request is under way

    def ask(self, port, method, path, token, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {token}",
                                                    "Content-Type": "application/cloudevents+json"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except OSError as e:
            return repr(e)
        finally:
            connection.close()

    def run(self):
        api, month = "/api/v1", "2026-03"
        looks = itertools.cycle([f"{api}/public/agencies", f"{api}/people/{self.person}/scores/{month}",
                                 f"{api}/people/{self.person}/evidence?period={month}",
                                 f"{api}/agencies/{self.town.registry['agencies'][0]['code']}/scores?period={month}"])
        for number in itertools.count():
            with self.lock:
                port = self.ports[self.turn[number % len(self.turn)]]
                event = json.dumps(self.town.event())
                self.answers["told", self.ask(port, "POST", f"{api}/events", self.upstream, event)] += 1
                self.told += 1
                self.answers["asked", self.ask(port, "GET", next(looks), self.auditor)] += 1
            if self.over.wait(0.01):
                return

    def only(self, *gateways):
        """From when this returns, nobody is sent to another, and nobody waits for one."""
        with self.lock:
            self.turn = list(gateways)


class Pace:
    """The messages in SECONDS; the last tenth of them not before everything is replaced."""

    def __init__(self):
        self.replaced = threading.Event()

    def __call__(self, messages):
        began = time.monotonic()
        for n, message in enumerate(messages):
            if n % 50 == 0:
                time.sleep(max(0, began + SECONDS * n / len(messages) - time.monotonic()))
            if n == len(messages) * 9 // 10:
                self.replaced.wait()
            yield message


def replace(stack, clients, name):
    """As Kubernetes does: out of the turn, another program in its place, into the turn again when it is ready."""
    if name in GATEWAYS:
        clients.only(*{*GATEWAYS} - {name})
    stack.restart(name)
    clients.only(*GATEWAYS)


def test_an_upgrade_under_load_is_seen_by_nobody(stack, before):
    town = Town(stack, people=1)
    told = Told(stack, City(SEED, people=60, events=EVENTS))
    town.settle(town.event())  # so that there is a score to look at
    clients, pace = Clients(town), Pace()
    telling = threading.Thread(target=told.tell, args=(told.city.messages, pace), daemon=True)
    clients.start()
    telling.start()
    try:
        assert wait_until(lambda: clients.told > 20, 30)
        stack.processes.build = BUILD
        migrated = stack.admin("migrate", "--expand").stdout
        assert migrated.startswith("applied ")
        for name in (*SERVICES, "gateway-2"):
            told_before = clients.told
            replace(stack, clients, name)
            assert wait_until(lambda: clients.told > told_before + 5, 30)
        stack.admin("migrate")
    finally:
        pace.replaced.set()
        telling.join(120)
        clients.over.set()
        clients.join(60)
    print(dict(clients.answers), migrated.split())
    assert {*clients.answers} == {("told", 202), ("asked", 200)}
    stack.wait_idle(60)
    told.check_scores()
    told.check_rejections()
    assert town.realized() == (f"{clients.told + 1}.00", clients.told + 1)
    stack.admin("verify")
