"""What became of an event, and how often it is counted. What an upstream loses if this fails: it cannot tell an event that
was lost from one that was refused, and what operators count is not what happened."""
import json
import re

import pytest
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType)
from daemon import wait_until
from town import Town

EIGHT_DAYS = "UPDATE intake.waiting SET received_at = received_at - interval '8 days' WHERE source_code = %s"
NUMBER = r" ([0-9.e+]+)$"


def counted(stack, source, reason):
    text = stack.get("intake", "/metrics")[1]
    found = re.search(f'^terukur_intake_rejected_total{{source="{source}",reason="{reason}"}}{NUMBER}', text, re.M)
    return float(found[1]) if found else 0


def tally(town):
    return town.stack.rows("SELECT accepted, duplicates, rejected FROM intake.tally_view WHERE source = %s",
                           town.source)[0]


def state(town, id):
    """As the gateway asks; the key is that under which the id is held or was named as another's original."""
    held = town.stack.rows("SELECT key FROM (SELECT key, event_id, source FROM intake.evidence UNION ALL SELECT key, "
                           "event_id, source FROM intake.waiting) e JOIN registry.source s ON s.id = e.source WHERE "
                           "event_id = %s AND s.code = %s", id, town.source)
    key = held[0][0] if held else "00000000-0000-0000-0000-000000000000"
    rows = town.stack.rows("SELECT state, reason, detail, replaced_by FROM intake.event_state(%s, %s, %s)", key,
                           town.source, id)
    return rows[0] if rows else None


def expire(town, stack):
    """What waits has waited for 8 days; intake looks once a minute and when it starts."""
    stack.execute(EIGHT_DAYS, town.source)
    stack.restart("intake")
    assert wait_until(lambda: stack.value("SELECT count(*) FROM intake.waiting WHERE source_code = %s",
                                          town.source) == 0, 60)
    stack.wait_idle()


def test_states(town, stack):
    nothing = None, None, None
    town.settle(town.event(id="a"), town.event(id="bad", value=-1), b"{broken", town.event(id="early", value=-1))
    town.settle(town.event(id="early"), town.event(id="a", value=2))
    town.settle(town.event("corrected", id="b", replaces="a"), town.event("corrected", id="w", replaces="nothing"))
    town.settle(town.event("revoked", id="late", replaces="a", reason="no"))
    assert state(town, "a") == ("replaced", None, None, "b")
    assert state(town, "b") == state(town, "early") == ("accepted", *nothing)
    assert state(town, "w") == ("waiting", *nothing)
    assert state(town, "bad")[:2] == ("rejected", "value_out_of_range")
    assert state(town, "late")[:2] == ("rejected", "already_replaced")
    assert state(town, "nothing") is None
    town.settle(town.event(id="bad", time="2199-01-01T00:00:00Z"))
    assert state(town, "bad")[:2] == ("rejected", "time_in_future"), "the last time"


def test_one_look_up(town, stack):
    """However many events and rejections there are, by an index each."""
    plan = "\n".join(row for row, in stack.rows(
        "EXPLAIN SELECT reason FROM intake.rejection WHERE source = 'x' AND event = 'y' ORDER BY id DESC LIMIT 1"))
    assert "rejection_event" in plan or "Seq Scan" in plan  # a small table is read whole
    stack.execute("SET enable_seqscan = off")
    plan = "\n".join(row for row, in stack.rows(
        "EXPLAIN SELECT reason FROM intake.rejection WHERE source = 'x' AND event = 'y' ORDER BY id DESC LIMIT 1"))
    stack.execute("RESET enable_seqscan")
    assert "rejection_event" in plan and "Sort" not in plan


def test_late_rejections_are_counted(town, stack):
    """Those that a timer finds, by source and reason, and no longer as accepted."""
    town.settle(town.event(id="a"))
    town.settle(town.event("corrected", id="b", replaces="a"))
    town.settle(town.event("corrected", id="c", replaces="a"), town.event(value=-1))
    assert counted(stack, town.source, "already_replaced") == 1
    assert counted(stack, town.source, "value_out_of_range") == 1
    assert tally(town) == (2, 0, 2)
    town.settle(town.event("revoked", id="d", replaces="nothing", reason="no"))
    assert tally(town) == (3, 0, 2)
    expire(town, stack)
    assert counted(stack, town.source, "unknown_original") == 1
    assert tally(town) == (2, 0, 3)


def test_topics_of_nobody_are_unknown(stack):
    """Whoever may make topics cannot fill Prometheus with their names."""
    before = counted(stack, "unknown", "malformed")
    for n in range(3):
        stack.create_topic(f"terukur.activity.nobody-{n}", 1)
    stack.produce([(f"terukur.activity.nobody-{n}", 0, None, [], b"{") for n in range(3)])
    assert wait_until(lambda: counted(stack, "unknown", "malformed") == before + 3, 30)
    assert not re.search(r"^terukur_intake_rejected_total\{[^}]*nobody-", stack.get("intake", "/metrics")[1], re.M)


def replay(stack):
    """intake reads everything once more."""
    stack.stop("intake")
    messages = sum(sum(stack.ends(topic).values()) for topic, in stack.rows("SELECT name FROM intake.topic"))
    assert f"{messages} messages are to be read again" in stack.admin("replay", "--from", "2020-01-01").stdout
    stack.start("intake")
    stack.wait_idle()


KEPT = {
    "intake.evidence": "SELECT * FROM intake.evidence ORDER BY key",
    "intake.event_id": "SELECT * FROM intake.event_id ORDER BY key",
    "intake.rejection": "SELECT * FROM intake.rejection ORDER BY id",
    "intake.replacement": "SELECT * FROM intake.replacement ORDER BY original",
    "intake.waiting": "SELECT * FROM intake.waiting ORDER BY seq",
    "intake.total": "SELECT * FROM intake.total WHERE n > 0 ORDER BY person, month, indicator",
    "scoring.score": "SELECT person, period, body FROM scoring.score ORDER BY person, period",
    "the tally": "SELECT source, accepted, rejected FROM intake.tally_view ORDER BY source",
}


@pytest.mark.last
def test_a_replay_adds_nothing(stack):
    """Not even where the cause is mended by now: whoever sent it was told that it does not count."""
    town, nobody = Town(stack), "199901012024121001"
    town.settle(town.event(id="a"), town.event(id="b"), town.event(id="a", value=2), b"{broken", None,
                town.event(id="c", subject=nobody), town.event("corrected", id="d", replaces="b"))
    town.settle(town.event("revoked", id="e", replaces="b", reason="no"),
                town.event("revoked", id="f", replaces="never", reason="no"),
                town.event("revoked", id="g", replaces="b", reason="no"), partition=3)
    expire(town, stack)
    town.settle(town.event(id="never"), partition=4)
    stack.load({"people": [town.person(nobody)]})
    stack.wait_idle()
    before = {name: stack.rows(sql) for name, sql in KEPT.items()}
    counts = {reason: counted(stack, town.source, reason) for reason in set(town.rejections().values())}
    refused, (_, duplicates, _) = len(town.rejections()), tally(town)
    all_duplicates = "SELECT sum(duplicates)::int FROM intake.tally"
    everybody_s = stack.value(all_duplicates)
    replay(stack)
    assert {name: stack.rows(sql) for name, sql in KEPT.items()} == before
    assert refused > 5 and tally(town)[1] == duplicates + sum(stack.ends(town.topic).values()) - refused, (
        "what was rejected comes again as neither")
    metrics = stack.get("intake", "/metrics")[1]
    assert f'terukur_intake_events_total{{outcome="duplicate"}} {stack.value(all_duplicates) - everybody_s}\n' in metrics
    assert 'terukur_intake_events_total{outcome="rejected"} 0\n' in metrics
    assert state(town, "c")[:2] == ("rejected", "unknown_person")
    assert {reason: counted(stack, town.source, reason) for reason in counts} == dict.fromkeys(counts, 0), "a new start"
    stack.admin("redrive", "--reason", "unknown_person")
    stack.wait_idle()
    assert state(town, "c") == ("accepted", None, None, None)
    stack.admin("verify")


@pytest.mark.last
def test_what_kafka_refuses_stops_nothing_behind_it(stack):
    """A correction's rejection that is too large for its topic: the others are still told of."""
    topic = "terukur.evidence.rejected"
    kafka = AdminClient({"bootstrap.servers": stack.brokers})

    def most(bytes):
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
            ConfigEntry("max.message.bytes", str(bytes), incremental_operation=AlterConfigOpType.SET)])
        for future in kafka.incremental_alter_configs([resource]).values():
            future.result(10)

    town = Town(stack)
    town.settle(town.event(id="a"), town.event("corrected", id="b", replaces="a"))
    after, refused = stack.ends(topic), r"^terukur_refused_total" + NUMBER
    before = float(re.search(refused, stack.get("intake", "/metrics")[1], re.M)[1])
    most(5000)
    try:
        events = [town.event("revoked", id=f"late-{n}", replaces="a", reason="no") for n in range(5)]
        events[2]["note"] = "".join(f"{n:x}" for n in range(10000))
        town.settle(*events)
        assert sorted(town.rejections().values()) == ["already_replaced"] * 5
        assert wait_until(lambda: not stack.value("SELECT count(*) FROM intake.rejection WHERE NOT published"), 60)
    finally:
        most(1 << 20)
    told = {json.loads(m.value)["offset"] for m in stack.read(topic, after)}
    offsets = {offset for _, _, offset in town.rejections()}
    assert len(offsets) == 5 and len(told & offsets) == 4
    assert float(re.search(refused, stack.get("intake", "/metrics")[1], re.M)[1]) == before + 1
    log = [json.loads(line) for line in stack.program("intake").log.read_text().splitlines()]
    assert sum(line["message"] == "message given up" for line in log) == 1
