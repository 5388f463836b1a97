"""What every service does because the skeleton does it: settings, checks, the ops port, traces, an ordered stop, and
patience while Kafka or PostgreSQL is away. What operators lose if this fails: they cannot run it unattended."""
import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import ROOT
from daemon import stat_fields, wait_until
from observability import tool
from programs import FOUNDATION, SERVICES

NOWHERE = "127.0.0.1:9"  # nobody listens there
TRACE = "0af7651916cd43dd8448eb211c80319c"
COMMON = ("KAFKA_BROKERS", "DATABASE_URL", "OPS_LISTEN", "LOG_LEVEL", "INSTANCE")


# --- settings and checks

@pytest.mark.parametrize("name", SERVICES)
def test_help(stack, name):
    said = stack.run(name, "--help", env={"KAFKA_BROKERS": None, "DATABASE_URL": None}).stdout
    assert said.startswith(f"{name}: ")
    assert all(re.search(rf"^  {setting} ", said, re.MULTILINE) for setting in COMMON)


def test_help_of_admin(stack):
    said = stack.run("admin", "--help", env={"KAFKA_BROKERS": None, "DATABASE_URL": None}).stdout
    for command in ("migrate", "topics create", "registry load", "people list", "people import", "token add",
                    "token revoke", "recompute", "verify", "redrive", "status"):
        assert f"\n  {command}" in said


@pytest.mark.parametrize("name", [*SERVICES, "admin"])
def test_check(stack, name):
    """Every statement prepares with the role that the service has, and no more rights than that."""
    assert stack.run(name, "--check").returncode == 0


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("wrong, named", [
    ({"DATABASE_URL": None}, "DATABASE_URL is not set"), ({"KAFKA_BROKERS": ""}, "KAFKA_BROKERS is not set"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be"), ({"KAFKA_NO_SUCH_THING": "1"}, "no.such.thing"),
    ({"DATABASE_URL": None, "DATABASE_URL_FILE": "/nowhere/url"}, "DATABASE_URL_FILE"),
])
def test_wrong_settings(stack, name, wrong, named):
    """Exit code 100, and the setting's name in one line, so that a supervisor does not start it again and again."""
    for args in (["--check"], []):
        done = stack.run(name, *args, env=wrong, check=False, timeout=20)
        assert done.returncode == 100, done
        assert named in done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_unknown_argument(stack, name):
    assert stack.run(name, "--verbose", check=False, timeout=20).returncode == 100


def test_all_that_is_wrong_is_named_at_once(stack):
    done = stack.run("intake", env={"DATABASE_URL": None, "KAFKA_BROKERS": None}, check=False, timeout=20)
    assert "DATABASE_URL" in done.stderr and "KAFKA_BROKERS" in done.stderr


@pytest.mark.parametrize("away", [{"DATABASE_URL": f"postgresql://nobody:secret-word@{NOWHERE}/terukur"},
                                  {"KAFKA_BROKERS": NOWHERE}], ids=["PostgreSQL", "Kafka"])
def test_check_says_what_is_away(stack, away):
    """Exit code 111; and no password in what it says."""
    def check(name):
        done = stack.run(name, "--check", env=away, check=False, timeout=30)
        return name, done.returncode, bool(done.stderr), "secret-word" in done.stdout + done.stderr

    names = [*SERVICES, "admin"]
    with ThreadPoolExecutor(len(names)) as pool:
        assert [*pool.map(check, names)] == [(name, 111, True, False) for name in names]


@pytest.mark.parametrize("name", SERVICES)
def test_settings_from_files(stack, tmp_path, name):
    """Mounted secrets: <NAME>_FILE, with or without a newline at its end."""
    own = stack.program(name).env()
    files = {}
    for setting in ("DATABASE_URL", "KAFKA_BROKERS"):
        path = tmp_path / setting
        path.write_text(own[setting] + "\n" * (setting == "DATABASE_URL"))
        files |= {setting: None, f"{setting}_FILE": str(path)}
    assert stack.run(name, "--check", env=files).returncode == 0


# --- the ops port

@pytest.mark.parametrize("name", SERVICES)
def test_ops_port(stack, name):
    assert stack.get(name, "/livez")[0] == 200
    status, text = stack.get(name, "/readyz")
    assert status == 200 and json.loads(text) == {"ready": True, "waiting_for": []}
    assert stack.get(name, "/")[0] == 404


@pytest.mark.parametrize("name", SERVICES)
def test_metrics(town, stack, name):
    """In the form that Prometheus reads, after some work: names, types, help, units."""
    town.settle(town.event(), b"{broken")
    text = stack.get(name, "/metrics")[1]
    judged = subprocess.run([tool("promtool"), "check", "metrics"], input=text, capture_output=True, text=True)
    assert judged.returncode == 0 and not judged.stderr, judged.stderr
    assert "process_resident_memory_bytes" in text or "process_" in text
    if name == "intake":
        assert re.search(r'terukur_intake_rejected_total{source="[a-z0-9-]+",reason="malformed"} [1-9]', text)


@pytest.mark.parametrize("name", SERVICES)
def test_logs_are_json(stack, name):
    lines = stack.program(name).log.read_text().splitlines()
    assert lines
    for line in lines:
        said = json.loads(line)
        assert said["service"] == name and said["message"], line


@pytest.fixture
def warned(stack):
    """As after an upgrade of the C library, PostgreSQL warns at each new connection of its database's collation."""
    before = stack.value("SELECT datcollversion FROM pg_database WHERE datname = 'terukur'")
    change = "UPDATE pg_database SET datcollversion = %s WHERE datname = 'terukur'"
    stack.execute(change, "0")
    yield
    stack.execute(change, before)


@pytest.mark.parametrize("name", [*SERVICES, "admin"])
def test_what_postgresql_says_is_no_line_of_the_log(stack, warned, name):
    done = stack.run(name, "--check")
    assert done.stderr == "" and len(done.stdout.splitlines()) == (name != "admin")


def test_trace_goes_all_the_way(town, stack):
    """From the upstream's request to the score that came of it, in one trace."""
    ends = {topic: stack.ends(topic) for topic in ("terukur.evidence.accepted", "terukur.score.changed")}
    town.settle(town.event(), headers=[("traceparent", f"00-{TRACE}-b7ad6b7169203331-01".encode())])
    spans = {b"b7ad6b7169203331"}
    for topic, after in ends.items():
        said = [m.headers["traceparent"] for m in stack.read(topic, after)]
        assert said
        for parent in said:
            version, trace, span, flags = parent.split(b"-")
            assert (version, trace, flags) == (b"00", TRACE.encode(), b"01")
            spans.add(span)
    assert len(spans) >= 3, "each hop has a span of its own"


@pytest.mark.parametrize("parent", [b"", b"garbage", b"00-" + b"0" * 55, b"\xff\0", b"ff-" + TRACE.encode() +
                                    b"-b7ad6b7169203331-01"])
def test_odd_traceparent(town, parent):
    town.settle(town.event(), headers=[("traceparent", parent)])
    assert town.realized() == ("1.00", 1)


# --- stopping

def test_stop_in_order_under_load(towns, stack):
    """SIGTERM in the midst of thousands of events: gone within 10 s with exit code 0, and nothing half done."""
    town, most = next(towns), 12000
    events = [town.event() for _ in range(most)]
    stack.produce([town.message(event, n % 6) for n, event in enumerate(events)])
    for name in ("intake", "scoring"):
        began = time.monotonic()
        program = stack.program(name)
        pid = program.pid
        stack.stop(name)
        took, code = time.monotonic() - began, program.exit_code
        assert (code, took < 10) == (0, True), f"{name}: {took:.1f} s, exit code {code}, {pid}"
        log = [json.loads(line) for line in program.log.read_text().splitlines()]
        assert log[-1]["message"] == "stopped"
        stack.start(name)
    stack.wait_idle()
    assert town.realized() == (f"{most}.00", most)
    stack.admin("verify")


@pytest.mark.parametrize("name", SERVICES)
def test_stop_at_rest(stack, name):
    began = time.monotonic()
    stack.stop(name)
    assert stack.program(name).exit_code == 0 and time.monotonic() - began < 10
    stack.start(name)


# --- patience

def cpu_seconds(pid):
    fields = stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reasons(stack, name):
    """What it waits for; [] for nothing. Most of what the gateway does needs no Kafka: it may be ready without."""
    status, text = stack.get(name, "/readyz")
    said = json.loads(text)
    assert said["ready"] == (status == 200)
    bearable = [reason for reason in said["waiting_for"] if name == "gateway" and "Kafka" in reason]
    assert said["ready"] == (not said["waiting_for"]) or bearable
    return said["waiting_for"]


def check_patience(stack, word):
    """Each says what it misses, stays alive, and burns nothing meanwhile."""
    waiting = [name for name in SERVICES if stack.program(name).pid]
    assert wait_until(lambda: all(word in " ".join(reasons(stack, name)) for name in waiting), 20), {
        name: reasons(stack, name) for name in waiting}
    before = {name: cpu_seconds(stack.program(name).pid) for name in waiting}
    time.sleep(4)
    burnt = {name: cpu_seconds(stack.program(name).pid) - before[name] for name in waiting}
    assert all(spent < 0.6 for spent in burnt.values()), burnt
    assert all(stack.get(name, "/livez")[0] == 200 for name in waiting)


def all_ready(stack):
    return all(not reasons(stack, name) for name in SERVICES)


def test_kafka_away_and_back(towns, stack):
    town = next(towns)
    town.settle(town.event())
    pids = {name: stack.program(name).pid for name in SERVICES}
    stack.stop("kafka")
    check_patience(stack, "Kafka")
    stack.start("kafka")
    assert wait_until(lambda: all_ready(stack), 30)
    town.settle(town.event())
    assert town.realized() == ("2.00", 2)
    assert pids == {name: stack.program(name).pid for name in SERVICES}, "nobody had to start anything again"


def test_postgresql_away_and_back(towns, stack):
    """Events that come meanwhile are scored afterwards."""
    town = next(towns)
    town.settle(town.event())
    pids = {name: stack.program(name).pid for name in SERVICES}
    stack.stop("postgres")
    town.tell(town.event(), town.event())
    check_patience(stack, "PostgreSQL")
    stack.start("postgres")
    assert wait_until(lambda: all_ready(stack), 30)
    stack.wait_idle()
    assert town.realized() == ("3.00", 3)
    assert pids == {name: stack.program(name).pid for name in SERVICES}, "nobody had to start anything again"


def test_started_before_everything_else(towns, stack):
    """Whatever the order in which a machine starts its services."""
    town = next(towns)
    stack.stop(*SERVICES)
    stack.stop("kafka", "postgres")
    stack.start(*SERVICES, wait=False)
    assert wait_until(lambda: all(can_answer(stack, name) for name in SERVICES), 10)
    check_patience(stack, "")
    assert not any(stack.get(name, "/readyz")[0] == 200 for name in SERVICES)
    stack.start(*FOUNDATION)
    assert wait_until(lambda: all_ready(stack), 30)
    town.settle(town.event())
    assert town.realized() == ("1.00", 1)


def can_answer(stack, name):
    try:
        return stack.get(name, "/livez")[0] == 200
    except OSError:
        return False


def test_dropped_connections(towns, stack):
    """A database administrator ends every session: work goes on with new ones."""
    town = next(towns)
    for n in range(3):
        town.tell(*[town.event() for _ in range(200)], partition=n)
        stack.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'terukur%%'")
    assert wait_until(lambda: all_ready(stack), 30)
    stack.wait_idle()
    assert town.realized() == ("600.00", 600)


def work_off(town, stack, events):
    """Seconds for so many events in each of two partitions, that waited."""
    stack.stop("intake", "scoring")
    pad = b" " * 1500
    for partition in (0, 1):
        town.tell(*[json.dumps(town.event()).encode() + pad for _ in range(events)], partition=partition)
    stack.start("intake", "scoring")
    began = time.monotonic()
    stack.wait_idle()
    return time.monotonic() - began


def test_a_backlog(towns, stack):
    """Tens of thousands of events that waited do not make a service grow, and are read without pauses. Others who have the
    processors at that moment do not have them three times."""
    town = next(towns)
    took = [work_off(town, stack, 15000)]
    while took[-1] >= 8 and len(took) < 3:
        took.append(work_off(town, stack, 15000))
    assert took[-1] < 8, f"{took} s; it takes about 2, and 13 when the client sleeps on a full queue"
    for name in SERVICES:
        status = Path(f"/proc/{stack.program(name).pid}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
        assert peak < 64, f"{name}: {peak:.0f} MiB"
