"""What must not stop what comes behind it: messages of every kind of dirt, on every topic that a service reads, the internal
ones too, each with a good one after it in the same partition. Each is refused or passed over once, with a metric. What people
lose if this fails: their evidence waits for ever behind somebody else's message."""
import json
import subprocess
import uuid

import pytest
from conftest import BUILD
from town import Town

NOBODY = str(uuid.UUID(int=1))
LONG = b"n" * 65536
READERS = {  # a topic: who reads it, how often
    "terukur.evidence.accepted": ("scoring",),
    "terukur.registry.changed": ("intake", "scoring"),
    "terukur.score.changed": ("notification", "reporting"),
}


ACCEPTED, REGISTRY, SCORES = READERS


class Kind:
    """Bytes in a message's key, headers or value; None: as in a good message. `known`: the internal topics on which it still
    says something."""
    def __init__(self, key=None, headers=(), value=None, known=()):
        self.key, self.headers, self.value, self.known = key, headers, value, known
        if value is None:
            self.known = (ACCEPTED, REGISTRY)
        if key is None:
            self.known += (SCORES,)


NULL = object()  # Kafka's own null, where None is "as in a good one"
KINDS = {
    "key that is no UTF-8": Kind(key=b"\xff\xfe"),
    "key with a NUL": Kind(key=b"a\0b"),
    "key of 64 KiB": Kind(key=b"k" * 65536),
    "empty key": Kind(key=b""),
    "no key": Kind(key=NULL),
    "header name that is no UTF-8": Kind(headers=[(b"ce_\xff", NULL)]),
    "header name of all bytes": Kind(headers=[(bytes(range(1, 256)), b"x")]),
    "header name with a NUL": Kind(headers=[(b"ce_id\0x", b"x")]),
    "header name of 64 KiB": Kind(headers=[(LONG, b"x")]),
    "empty header name": Kind(headers=[(b"", b"x")]),
    "header value that is no UTF-8": Kind(headers=[(b"traceparent", b"\xff")]),
    "header value with a NUL": Kind(headers=[(b"ce_type", b"a\0b")]),
    "header value of 64 KiB": Kind(headers=[(b"ce_id", LONG)]),
    "header without a value": Kind(headers=[(b"content-type", NULL)]),
    "a thousand headers": Kind(headers=[(b"h%d" % i, b"") for i in range(1000)]),
    "no value": Kind(value=NULL),
    "empty value": Kind(value=b""),
    "value that is no UTF-8": Kind(value=b'{"person":"\xff"}'),
    "value with a NUL": Kind(value=b'{"person":"\0"}'),
    "value with a NUL escaped": Kind(value=b'{"unit":"a\\u0000b","month":"2026-03","kind":"person","person":"a\\u0000b"}'),
    "value of 64 KiB": Kind(value=b"x" * 65536),
    "value that is no object": Kind(value=b"[1]"),
    "value of deep nesting": Kind(value=b"[" * 5000),
    "value of other fields": Kind(value=b'{"a":1}'),
    "fields of other types": Kind(value=b'{"person":1,"unit":[],"month":{},"kind":null,"year":"x"}'),
    "somebody who is nobody": Kind(value=json.dumps({
        "person": NOBODY, "unit": NOBODY, "month": "9999-12", "kind": "recompute", "period": "1900"}).encode(),
                                    known=(REGISTRY,)),
    "a year beyond all": Kind(value=json.dumps({"person": NOBODY, "kind": "person", "year": 2 ** 62}).encode()),
    "a unit that is none": Kind(value=b'{"unit":"nowhere","month":"9999-12"}', known=(ACCEPTED,)),
    "a unit of 100,000 letters": Kind(value=json.dumps({"unit": "u" * 100_000, "month": "2026-03"}).encode()),
    "a kind that is unheard of": Kind(value=json.dumps({"kind": "unheard", "person": NOBODY, "year": 2026}).encode()),
}


def hexed(data):
    return "-" if data is NULL or data is None else data.hex() or "."


def produce_raw(stack, messages):
    """(topic, partition, key, headers, value)s as any bytes, in this order."""
    lines = [" ".join([topic, str(partition), hexed(key), hexed(value),
                       *(hexed(part) for header in headers for part in header)])
             for topic, partition, key, headers, value in messages]
    subprocess.run([BUILD / "raw-produce", stack.brokers], input="\n".join(lines) + "\n", text=True, check=True, timeout=60)


def metric(stack, name, metric):
    """The sum of a metric over its labels."""
    return sum(float(line.split()[-1]) for line in stack.get(name, "/metrics")[1].splitlines()
               if line.startswith(metric) and line[len(metric)] in "{ ")


def refused(stack, *names):
    return {name: metric(stack, name, "terukur_refused_total") for name in names}


def spoilt(kind, key, headers, value):
    pick = lambda ours, theirs: theirs if ours is None else ours
    return pick(kind.key, key), list(kind.headers) or headers, pick(kind.value, value)


def test_activity(stack):
    """Every one is admitted or rejected, once, and its neighbour behind it is admitted."""
    town = Town(stack, people=len(KINDS))
    events = {name: town.event(subject=nip) for name, nip in zip(KINDS, town.nips)}
    messages = []
    for name, kind in KINDS.items():
        key, headers, value = spoilt(kind, NULL, [], json.dumps(town.event(time="2026-02-03T08:00:00+07:00")).encode())
        messages += [(town.topic, 0, key, headers, value), (town.topic, 0, NULL, [], json.dumps(events[name]).encode())]
    produce_raw(stack, messages)
    stack.wait_idle()
    for name, nip in zip(KINDS, town.nips):
        assert town.realized(nip=nip) == ("1.00", 1), name
    rejections = town.rejections()
    assert len(rejections) + town.realized("2026-02")[1] == len(KINDS)
    assert {*rejections.values()} <= {"malformed", "schema", "too_large", "unknown_type"}
    assert len(stack.read("terukur.evidence.rejected")) == len(rejections)
    for (detail,) in stack.rows("SELECT detail FROM intake.rejection WHERE source = %s", town.source):
        assert detail and detail.isprintable()
    assert stack.admin("verify").returncode == 0


@pytest.mark.parametrize("topic", READERS)
def test_internal_topics(stack, topic):
    """The good one behind it is dealt with by everybody who reads the topic; the dirt is counted by each, once."""
    town, other = Town(stack), Town(stack)
    town.settle(town.event())
    other.settle(other.event())
    good = {
        "terukur.evidence.accepted": (None, {"person": town.id(), "month": "2026-03"}),
        "terukur.registry.changed": (None, {"kind": "recompute", "person": town.id(), "period": "2026-03"}),
        "terukur.score.changed": (f"{town.id()}/2026-03", town.score()),
    }[topic]
    key, value = (good[0] or town.id()).encode(), json.dumps(good[1]).encode()
    before = refused(stack, *READERS[topic])
    # What the good ones behind the dirt have to mend, and cannot if they are not reached.
    ruin = {
        "terukur.evidence.accepted": "UPDATE scoring.score SET content = NULL WHERE person = %s",
        "terukur.registry.changed": "UPDATE intake.total SET n = 77 WHERE person = %s",
        "terukur.score.changed": "UPDATE reporting.score SET revision = 0, missing = 77 WHERE person = %s",
    }[topic]
    kept = {
        "terukur.evidence.accepted": "SELECT content IS NOT NULL FROM scoring.score WHERE person = %s AND period = '2026-03'",
        "terukur.registry.changed": "SELECT n = 1 FROM intake.total WHERE person = %s",
        "terukur.score.changed": "SELECT missing <> 77 FROM reporting.score WHERE person = %s AND period = '2026-03'",
    }[topic]
    unknown = 0
    for partition, (name, kind) in enumerate(KINDS.items()):
        if topic == SCORES and kind.key is NULL:
            continue  # Kafka itself takes none without a key on a compacted topic
        partition %= 12
        k, h, v = spoilt(kind, key, [], value)
        stack.execute(ruin, town.id())
        produce_raw(stack, [(topic, partition, k, h, v), (topic, partition, key, [], value)])
        stack.wait_idle()
        assert stack.value(kept, town.id()), name
        unknown += topic not in kind.known
    now = refused(stack, *READERS[topic])
    assert {n: now[n] - before[n] for n in now} == dict.fromkeys(READERS[topic], unknown)


LATE = {  # a service: a table that refuses somebody, and where it shows that the others are dealt with
    "scoring": ("scoring.score", "person <> '{person}'"),
    "notification": ("notification.watch", "person <> '{person}'"),
    "reporting": ("reporting.score", "person <> '{person}'"),
}


def test_what_the_store_refuses_late(stack):
    """An event that only PostgreSQL refuses is stored as rejected, with its bytes; the others of its batch are admitted."""
    town = Town(stack, people=2)
    stack.execute("ALTER TABLE intake.evidence ADD CONSTRAINT poison CHECK (left(event_id, 6) <> 'poison') NOT VALID")
    try:
        events = [town.event(id=f"poison-{i}" if i % 50 == 7 else None, subject=town.nips[i % 2]) for i in range(200)]
        before = refused(stack, "intake")["intake"]
        town.settle(*events)
        assert [*town.rejections().values()] == ["malformed"] * 4
        assert town.realized(nip=town.nips[0])[1] + town.realized(nip=town.nips[1])[1] == 196
        assert refused(stack, "intake")["intake"] - before == 4
    finally:
        stack.execute("ALTER TABLE intake.evidence DROP CONSTRAINT poison")
    stack.admin("redrive", "--reason", "malformed", "--source", town.source)
    stack.wait_idle()
    assert town.realized(nip=town.nips[0])[1] + town.realized(nip=town.nips[1])[1] == 200


@pytest.mark.parametrize("name", LATE)
def test_somebody_whom_a_store_refuses(stack, name):
    """One person's rows cannot be written: everybody else's are, and the next message is dealt with."""
    town = Town(stack, people=20)
    table, check = LATE[name]
    stack.execute(f"ALTER TABLE {table} ADD CONSTRAINT poison CHECK ({check.format(person=town.id())}) NOT VALID")
    try:
        before = refused(stack, name)[name]
        town.settle(*(town.event(subject=nip) for nip in town.nips))
        people = {str(p) for (p,) in stack.rows(f"SELECT DISTINCT person FROM {table}")}
        assert {town.id(nip) for nip in town.nips[1:]} <= people and town.id() not in people
        assert refused(stack, name)[name] > before
    finally:
        stack.execute(f"ALTER TABLE {table} DROP CONSTRAINT poison")


def test_a_unit_with_somebody_who_cannot_be_scored(stack):
    """A declaration concerns many: only the one is left out."""
    town = Town(stack, people=5)
    stack.execute(f"ALTER TABLE scoring.score ADD CONSTRAINT poison CHECK (person <> '{town.id()}') NOT VALID")
    try:
        town.settle(town.event("complete", subject=town.unit, indicator=town.visits, period="2026-02"))
        assert [town.realized("2026-02", nip) for nip in town.nips] == [None] + [("0.00", 0)] * 4
    finally:
        stack.execute("ALTER TABLE scoring.score DROP CONSTRAINT poison")


def test_declarations_do_not_multiply(stack):
    """4,000 of them for a unit of a thousand people are some scores each to look at, not four million marks."""
    town = Town(stack, people=999)
    declarations = [town.event("complete", subject=town.unit, indicator=indicator, period=f"2026-{month:02}")
                    for month in (1, 2, 3) for indicator in (town.visits, town.quality) for _ in range(667)]
    computed = metric(stack, "scoring", "terukur_scoring_computed_total")
    peak = metric(stack, "scoring", "process_resident_memory_bytes")
    town.settle(*declarations)
    assert metric(stack, "scoring", "terukur_scoring_computed_total") - computed < 50_000
    assert metric(stack, "scoring", "process_resident_memory_bytes") < max(peak, 64 << 20)
    assert stack.value("SELECT count(*) FROM scoring.score WHERE period = '2026-Q1' AND body IS NOT NULL") >= 999


TOPICS = ["terukur.activity.", "terukur.activity..", "terukur.activity.--", "terukur.activity.ABC-xyz.0_9",
          "terukur.activity." + "n" * (249 - len("terukur.activity."))]  # Kafka takes these letters, and no more of them


def test_topics_of_any_name(stack):
    """A topic that is no registered source's: what lies there is rejected, and nobody waits for it."""
    town = Town(stack)
    for name in TOPICS:
        stack.create_topic(name, 1)
    event = json.dumps(town.event()).encode()
    produce_raw(stack, [(name, 0, NULL, [(b"\xfe", b"\xff")], event) for name in TOPICS for _ in range(2)])
    town.settle(town.event())
    assert town.realized() == ("1.00", 1)
    rejected = stack.rows("SELECT topic, reason, detail FROM intake.rejection WHERE topic = ANY(%s)", TOPICS)
    assert sorted(topic for topic, _, _ in rejected) == sorted(TOPICS * 2)
    assert {reason for _, reason, _ in rejected} <= {"unknown_source", "source_mismatch"}
    assert all(detail.isprintable() for _, _, detail in rejected)
    stack.admin("status")
