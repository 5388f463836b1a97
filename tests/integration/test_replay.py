"""`admin replay`: what was published is read once more. What everybody loses if this fails: work that counts twice, and people
who are told twice; or operators who cannot have it read again after all."""
import time
from datetime import datetime, timedelta, timezone

import pytest
from daemon import wait_until
from oracle.city import City
from told import Told, told_soon

GROUP = "terukur-intake"
STANDS = {
    "totals": "SELECT t.*::text FROM intake.total t ORDER BY 1",
    "evidence": "SELECT e.*::text FROM intake.evidence e ORDER BY 1",
    "ids": "SELECT i.*::text FROM intake.event_id i ORDER BY 1",
    "waiting": "SELECT w.*::text FROM intake.waiting w ORDER BY 1",
    "rejections": "SELECT r.*::text FROM intake.rejection r ORDER BY 1",
    "scores": "SELECT person, period, revision, body FROM scoring.score ORDER BY 1, 2",
    "inbox": "SELECT i.*::text FROM notification.inbox i ORDER BY 1",
    "mails": "SELECT e.*::text FROM notification.email e ORDER BY 1",
    "aggregates": "SELECT s.*::text FROM reporting.person_score_view s ORDER BY 1",
}


def all_told(stack):
    """Nothing of notification's is under way, nor is anything about to be: it waits for a second of quiet."""
    assert wait_until(lambda: stack.rows("SELECT * FROM notification.under_way_view") == [(0, 0, 0)] and not stack.value(
        "SELECT count(*) FROM notification.watch WHERE due_at <= now() + interval '10 seconds'") and not stack.value(
        "SELECT count(*) FROM notification.email WHERE state = 'sent' AND NOT published"), 60, 0.3)


def differs(before, after):
    """What is otherwise, with an example of each."""
    found = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    return {name: ([x for x in b if x not in a][:2], [x for x in a if x not in b][:2]) if isinstance(b, list) else (b, a)
            for name, (b, a) in found.items()}


def stands(stack):
    """All that events lead to: in the store, on the topics, and in people's mail."""
    found = {name: stack.rows(sql) for name, sql in STANDS.items()}
    for topic in ("terukur.score.changed", "terukur.notification.sent"):
        found[topic] = stack.ends(topic)
    found["letters"] = sorted(path.name for path in (stack.run_dir / "mail").rglob("*.eml"))
    return found


@pytest.fixture(scope="module")
def told(stack):
    """A small city whose second half was published a moment after the first, and that knows all about it."""
    city = City(5, people=40, events=3000)
    with told_soon(stack, city, 3):
        told = Told(stack, city)
        half = len(city.messages) // 2
        told.tell(city.messages[:half])
        time.sleep(0.05)  # Kafka's timestamps are of milliseconds
        told.middle, told.later = datetime.now(timezone.utc), len(city.messages) - half
        told.tell(city.messages[half:])
        stack.wait_idle()
        all_told(stack)
        yield told


def days_ago(n):
    return (datetime.now(timezone.utc) - timedelta(days=n)).strftime("%Y-%m-%d")


def last_line(done):
    return done.stdout.splitlines()[-1]


def handled(stack):
    return stack.value("SELECT sum(accepted + duplicates + rejected) FROM intake.tally")


def replay(stack, *args):
    stack.stop("intake")
    said = last_line(stack.admin("replay", *args))
    assert not stack.admin("status", "--wait", "1", check=False).returncode == 0, "nothing is to be read"
    stack.start("intake")
    stack.wait_idle()
    return said


def test_all_of_it_again_changes_nothing(told, stack):
    before, n = stands(stack), len(told.messages)
    assert len(before["inbox"]) > 30 and before["letters"] and before["rejections"] and before["waiting"]
    stack.stop("intake")
    assert last_line(stack.admin("replay", "--from", days_ago(2), "--dry-run")) == f"{n} messages would be read again"
    assert stack.admin("status", "--wait", "5").returncode == 0, "a dry run moves nothing"
    stack.start("intake")
    count = handled(stack)
    assert replay(stack, "--from", days_ago(2)) == f"{n} messages are to be read again"
    assert handled(stack) > count, "nothing was read"
    all_told(stack)
    assert differs(before, stands(stack)) == {}
    stack.admin("verify")
    told.check_scores()


def test_from_an_instant(told, stack):
    """What came before it is not read again, and what is killed in the midst of reading again goes on."""
    before = stands(stack)
    stack.stop("intake")
    assert last_line(stack.admin("replay", "--from", told.middle.isoformat())) == f"{told.later} messages are to be read again"
    for _ in range(3):
        stack.start("intake", wait=False)
        time.sleep(0.3)
        stack.kill("intake")
    stack.start("intake")
    stack.wait_idle()
    assert differs(before, stands(stack)) == {}
    assert stack.ready("intake")


def test_of_one_source(told, stack):
    topics = {topic: sum(t == topic for t, *_ in told.messages) for topic, *_ in told.messages}
    topic = max(topics, key=topics.get)
    said = stack.admin("replay", "--from", days_ago(2), "--source", topic.rpartition(".")[2], "--dry-run").stdout
    assert said == f"{topic}: {topics[topic]} messages\n{topics[topic]} messages would be read again\n"
    refused = stack.admin("replay", "--from", days_ago(2), "--source", "nobody", check=False)
    assert refused.returncode == 1 and "there is no topic of the source nobody" in refused.stderr


def test_never_forward(told, stack):
    """What intake has not come to yet stays to be read."""
    stack.stop("intake")
    told.tell(told.city.messages[:1])  # the same once more: a duplicate
    assert last_line(stack.admin("replay", "--from", "2030-01-01")) == "0 messages are to be read again"
    assert "is 1 messages behind" in stack.admin("status", "--wait", "1", check=False).stderr
    stack.start("intake")
    stack.wait_idle()


def test_somebody_still_reads(told, stack):
    """Offsets under a running service would be moved on by it: the command names the cure and moves none."""
    refused = stack.admin("replay", "--from", days_ago(2), check=False)
    assert refused.returncode == 1
    assert f"somebody still reads as {GROUP}" in refused.stderr and "Stop every replica of intake" in refused.stderr
    assert stack.admin("status", "--wait", "5").returncode == 0
