"""What operators see: figures of each service, what `admin status` says of the last `verify`, and how far a long command is.
What they lose if this fails: they look at a system that seems well, or at a command that seems to hang."""
import os
import pty
import re
import select
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from conftest import BUILD, ROOT
from daemon import wait_until
from programs import inherited_env
from test_kafka_corners import figure, status


def in_terminal(stack, *args):
    """What a command shows on a terminal's standard error, and its exit code."""
    ours, theirs = pty.openpty()
    env = {**inherited_env(), "KAFKA_BROKERS": stack.brokers, "DATABASE_URL": stack.processes.database_url(), "TERM": "xterm"}
    command = subprocess.Popen([BUILD / "admin", *map(str, args)], env=env, stdout=subprocess.PIPE, stderr=theirs, cwd=ROOT)
    os.close(theirs)
    shown = b""
    while True:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # nobody holds the other end any more
                break
        elif command.poll() is not None:
            break
    out = command.communicate(timeout=120)[0].decode()
    os.close(ours)
    return shown.decode(), out, command.returncode


def check_lines(shown):
    """Each is written over the one before, none is left, and none is broken."""
    assert shown.endswith("\r\x1b[K"), "the last one is taken away"
    assert "\n" not in shown
    lines = [line for line in shown.split("\r\x1b[K") if line]
    assert lines and all(len(line) < 80 for line in lines)
    return lines


# --- progress

def test_verify_shows_how_far_it_is(town, stack):
    town.settle(*[town.event() for _ in range(30)])
    shown, out, code = in_terminal(stack, "verify")
    assert code == 0 and "0 findings" in out
    assert re.search(r"originals: \d+ of \d+|scores of people: \d+ of \d+|totals", " ".join(check_lines(shown)))


def test_waiting_shows_for_what(town, stack):
    """`status --wait` and `recompute --wait`."""
    stack.stop("scoring")
    town.tell(*[town.event() for _ in range(30)])
    try:
        for args in (("status", "--wait", 3), ("recompute", "--wait", 3)):
            shown, _, code = in_terminal(stack, *args)
            assert code == 1
            lines = shown.split("\r\x1b[K")
            assert any(re.search(r"terukur-\w+ is \d+ messages behind on \S+; \d s left", line) for line in lines), lines
    finally:
        stack.start("scoring")
    shown, _, code = in_terminal(stack, "recompute", "--wait", 60)
    assert code == 0
    check_lines(shown)


def test_load_and_redrive_show_how_far_they_are(town, stack, tmp_path):
    town.settle(*[town.event(subject="199901012015051001") for _ in range(3)])
    path = stack.run_dir / "registry.json"
    shown, _, code = in_terminal(stack, "registry", "load", path)
    assert code == 0
    check_lines(shown)
    shown, out, code = in_terminal(stack, "redrive", "--reason", "unknown_person", "--source", town.source)
    assert (code, out) == (0, "3 published again\n")
    assert "3 of 3 published again" in check_lines(shown)


@pytest.mark.parametrize("args", [("verify",), ("status", "--wait", "30"), ("recompute", "--wait", "60")], ids=" ".join)
def test_nothing_is_shown_to_a_file(stack, args):
    assert stack.admin(*args).stderr == ""


# --- figures

def test_status_says_when_it_was_verified(town, stack):
    town.settle(town.event())
    stack.admin("verify")
    said = status(stack)["verified"]
    assert said["findings"] == 0 and said["originals"] > 0
    assert re.search(r"last verified: \d{4}-\d\d-\d\dT[\d:]+Z, \d+ originals, \d+ scores, 0 findings", stack.admin("status").stdout)
    kept = stack.rows("SELECT key, value FROM intake.evidence LIMIT 1")[0]
    stack.execute("UPDATE intake.evidence SET value = value + 1 WHERE key = %s", kept[0])
    stack.admin("verify", check=False)
    assert status(stack)["verified"]["findings"] > 0
    stack.execute("UPDATE intake.evidence SET value = %s WHERE key = %s", kept[1], kept[0])


def test_lag_is_seen(town, stack):
    """In messages and in seconds, while the database holds a worker up; and gone when it is done."""
    town.settle(town.event())
    with stack.session() as session:
        session.execute("LOCK TABLE intake.event_id IN ACCESS EXCLUSIVE MODE")
        town.tell(town.event())
        time.sleep(1)
        town.tell(*[town.event() for _ in range(5)])
        session.rollback()
    stack.wait_idle()
    assert wait_until(lambda: figure(stack, "intake", "terukur_lag_messages", topic=town.topic) == 0, 5)
    assert wait_until(lambda: figure(stack, "intake", "terukur_lag_seconds", topic=town.topic) == 0, 5)
    stack.stop("postgres")
    town.tell(*[town.event() for _ in range(7)])
    try:
        assert wait_until(lambda: figure(stack, "intake", "terukur_lag_messages", topic=town.topic) == 7, 20, 0.3)
        assert wait_until(lambda: figure(stack, "intake", "terukur_lag_seconds", topic=town.topic) > 2, 20, 0.3)
    finally:
        stack.start("postgres")
    stack.wait_idle()
    assert wait_until(lambda: figure(stack, "intake", "terukur_lag_messages", topic=town.topic) == 0, 5)
    assert figure(stack, "intake", "terukur_postgresql_reconnects_total") >= 2


def test_the_way_to_a_score_is_measured(town, stack):
    before = figure(stack, "scoring", "terukur_scoring_event_to_score_seconds_count")
    town.settle(*[town.event() for _ in range(3)])
    assert figure(stack, "scoring", "terukur_scoring_event_to_score_seconds_count") > before
    assert figure(stack, "scoring", "terukur_scoring_event_to_score_seconds_sum") < 600


def test_what_waits_is_seen(town, stack):
    town.settle(town.event("corrected", replaces="nobody-knows"))
    assert wait_until(lambda: figure(stack, "intake", "terukur_intake_waiting_corrections") >= 1, 20, 0.5)
    for name, outbox in (("intake", "intake"), ("scoring", "scoring"), ("notification", "notification")):
        assert f"\nterukur_{outbox}_outbox " in stack.get(name, "/metrics")[1]


def test_the_gateway_by_route(stack):
    for path in ("/api/v1/public/agencies", "/nowhere", "/nowhere/else"):
        try:
            urllib.request.urlopen(stack.env["GATEWAY_URL"] + path, timeout=10).read()
        except urllib.error.HTTPError as e:
            assert e.code == 404
    assert figure(stack, "gateway", "terukur_gateway_requests_total", route="GET /api/v1/public/agencies", status="2xx") >= 1
    assert figure(stack, "gateway", "terukur_gateway_requests_total", route="none", status="4xx") == 2
    text = stack.get("gateway", "/metrics")[1]
    assert "nowhere" not in text
    assert figure(stack, "gateway", "terukur_gateway_pool_in_use") == 0
    assert figure(stack, "gateway", "terukur_gateway_pool_connections") == 8
    assert figure(stack, "gateway", "terukur_gateway_pool_wait_seconds_count") >= 1


@pytest.mark.parametrize("name", ["intake", "gateway"])
def test_what_is_running(stack, name):
    assert re.search(r'\nterukur_build_info\{version="[^"]+",revision="[^"]+"\} 1\n', stack.get(name, "/metrics")[1])
