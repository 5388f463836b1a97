"""Bad input, one by one: each is rejected once with the right reason, and the next event is processed. What an upstream
loses if this fails: one bad record stops all that come after it, or vanishes without a word."""
import base64
import json
import random
import subprocess
from datetime import date
from urllib.request import Request, urlopen

import pytest
from conftest import ROOT
from daemon import wait_until
from town import Town

EXAMPLES = ROOT / "schemas/topics/examples/activity"


def plain(town, **changes):
    return json.dumps({**town.event(), **changes}).encode()


def number(text):
    return lambda town: plain(town).replace(b'"value": 1', b'"value": ' + text)


def without(name):
    return lambda town: json.dumps({k: v for k, v in town.event().items() if k != name}).encode()


def data(**changes):
    return lambda town: json.dumps(town.event(**changes)).encode()


def with_(**changes):
    return lambda town: plain(town, **changes)


BAD = {  # what: (value of a message, reason)
    "not JSON": (lambda town: b"kunjungan;1;2026-03-04", "malformed"),
    "truncated": (lambda town: plain(town)[:-20], "malformed"),
    "a key twice": (lambda town: plain(town).replace(b'"id"', b'"id": "first", "id"'), "malformed"),
    "a megabyte": (lambda town: plain(town, note="x" * 2**20), "too_large"),
    "four megabytes": (lambda town: plain(town, note="x" * (4 * 2**20 - 2000)), "too_large"),
    "a byte too much": (lambda town: plain(town).ljust(64 * 1024 + 1), "too_large"),
    "2000 deep": (lambda town: plain(town, note=0).replace(b'"note": 0', b'"note": ' + b"[" * 2000 + b"]" * 2000),
                  "malformed"),
    "33 deep": (lambda town: plain(town, note=0).replace(b'"note": 0', b'"note": ' + b"[" * 32 + b"]" * 32),
                "malformed"),
    "NUL": (lambda town: plain(town, note="x\0y"), "malformed"),
    "a NUL byte after": (lambda town: plain(town) + b"\0", "malformed"),
    "invalid UTF-8": (lambda town: plain(town, note="HERE").replace(b"HERE", b"\xc3\x28"), "malformed"),
    "half a surrogate pair": (lambda town: plain(town, note="HERE").replace(b"HERE", b"\\ud800"), "malformed"),
    "UTF-16": (lambda town: plain(town).decode().encode("utf-16"), "malformed"),
    "an array": (lambda town: b"[" + plain(town) + b"]", "malformed"),
    "two objects": (lambda town: plain(town) * 2, "malformed"),
    "an empty value": (lambda town: b"", "malformed"),
    "a null value": (lambda town: None, "malformed"),
    "1e400": (number(b"1e400"), "malformed"),
    "NaN": (number(b"NaN"), "malformed"),
    "2^63": (number(b"9223372036854775808"), "malformed"),
    "five decimals": (number(b"0.12345"), "schema"),
    "sixteen digits": (number(b"1000000000000000"), "schema"),
    "a number as text": (data(value="1"), "schema"),
    "a truth as number": (data(value=True), "schema"),
    "null as number": (data(value=None), "schema"),
    "no value": (data(value=...), "schema"),
    "no indicator": (data(indicator=...), "schema"),
    "no data": (without("data"), "schema"),
    "no id": (without("id"), "schema"),
    "no time": (without("time"), "schema"),
    "no type": (without("type"), "schema"),
    "no subject": (without("subject"), "schema"),
    "no source": (without("source"), "schema"),
    "no specversion": (without("specversion"), "schema"),
    "an empty id": (with_(id=""), "schema"),
    "an id of 129": (with_(id="i" * 129), "schema"),
    "an id as number": (with_(id=7), "schema"),
    "data as text": (with_(data="{}"), "schema"),
    "30 February": (with_(time="2026-02-30T08:00:00+07:00"), "schema"),
    "no offset": (with_(time="2026-03-04T08:00:00"), "schema"),
    "an unknown field": (data(values=1), "schema"),
    "an unknown type": (with_(type="terukur.activity.recorded.v2"), "unknown_type"),
    "an unknown source": (with_(source="nobody"), "unknown_source"),
    "another's source": (lambda town: plain(town, source=town.other.source), "source_mismatch"),
    "17 digits": (with_(subject="20001231202412100"), "invalid_nip"),
    "month 13": (with_(subject="200013312024121001"), "invalid_nip"),
    "sex 3": (with_(subject="200012312024123001"), "invalid_nip"),
    "sequence 000": (with_(subject="200012312024121000"), "invalid_nip"),
    "nobody's number": (with_(subject="200012312024121001"), "unknown_person"),
    "an unknown unit": (lambda town: json.dumps(town.event(
        "complete", subject="nowhere", period="2026-03", indicator=town.visits)).encode(), "unknown_unit"),
    "an unknown indicator": (data(indicator="nothing"), "unknown_indicator"),
    "another's indicator": (lambda town: json.dumps(town.event(indicator=town.other.visits)).encode(),
                            "indicator_not_allowed"),
    "too little": (number(b"-0.0001"), "value_out_of_range"),
    "too much": (number(b"100.0001"), "value_out_of_range"),
    "a ratio of nothing": (lambda town: json.dumps(town.event(indicator=town.ratio)).encode(), "value_out_of_range"),
    "a ratio of 0": (lambda town: json.dumps(town.event(indicator=town.ratio, of=0)).encode(), "value_out_of_range"),
    "tomorrow": (with_(time="2199-03-04T08:00:00+07:00"), "time_in_future"),
    "next year's month, complete": (lambda town: json.dumps(town.event(
        "complete", subject=town.unit, period=f"{date.today().year + 1}-02", indicator=town.visits)).encode(),
                                    "time_in_future"),
    "before the first day": (with_(time="2024-12-31T23:59:59+07:00"), "not_employed"),
}
GOOD = {  # what only looks wrong
    "minus nothing": number(b"-0"),
    "minus nothing, with decimals": number(b"-0.0"),
    "an exponent": number(b"1e0"),
    "64 KiB": lambda town: plain(town).ljust(64 * 1024),
    "32 deep": lambda town: plain(town, note=0).replace(b'"note": 0', b'"note": ' + b"[" * 31 + b"]" * 31),
    "an unknown extension": with_(extension="x", another={"deep": [1]}),
}
HEADERS = [("x-request-id", b"\xff\xfe"), ("x-\u00e9", b""), ("x-null", None), ("X-Request-Id", b"again"),
           ("content-type", b"application/cloudevents+json")]


@pytest.fixture(scope="module")
def told(stack):
    """All of it told at once, each bad message between good ones."""
    town, town.other = Town(stack, load=False), Town(stack)
    town.ratio = f"{town.visits}-ratio"
    town.registry["indicators"].append(town.indicator(town.ratio, "ratio"))
    town.registry["sources"][0]["indicators"].append(town.ratio)
    stack.load(town.registry)
    town.sent, town.followers = {}, {}
    messages, names = [], []
    for name, value in [*((name, value) for name, (value, _) in BAD.items()), *GOOD.items()]:
        follower = town.event(id=f"after {name}")
        messages += [town.message(value(town)), town.message(follower)]
        names += [(town.sent, name), (town.followers, name)]
    for (kept, name), place in zip(names, stack.produce(messages)):
        kept[name] = place
    stack.wait_idle()
    town.reasons, town.accepted = town.rejections(), accepted(town)
    return town


def accepted(town):
    return {tuple(row) for row in town.stack.rows(
        'SELECT t.name, e."partition", e."offset" FROM intake.evidence e JOIN intake.topic t ON t.id = e.topic '
        "WHERE t.name = %s", town.topic)}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(told, what):
    place = told.sent[what]
    assert told.reasons.get(place) == BAD[what][1]
    assert place not in told.accepted
    assert told.followers[what] in told.accepted, "the event after it was not processed"


@pytest.mark.parametrize("what", GOOD)
def test_what_only_looks_wrong(told, what):
    assert told.reasons.get(told.sent[what]) is None
    assert told.sent[what] in told.accepted


def test_one_rejection_each(told):
    """In the store and on evidence.rejected."""
    assert len(told.reasons) == len(BAD)
    said = [json.loads(m.value) for m in told.stack.read("terukur.evidence.rejected")
            if m.key.decode() == told.source]
    assert sorted((s["topic"], s["partition"], s["offset"]) for s in said) == sorted(told.reasons)


def test_only_the_good_counts(told):
    assert told.realized() == (f"{len(BAD) + 2 * len(GOOD)}.00", len(BAD) + 2 * len(GOOD))


def test_too_large_is_kept_whole_and_published_short(told):
    """64 KiB on the topic, all of it in the store."""
    place = told.sent["a megabyte"]
    stored = told.stack.value("SELECT length(payload) FROM intake.rejection WHERE topic = %s AND \"offset\" = %s",
                              told.topic, place[2])
    said = [json.loads(m.value) for m in told.stack.read("terukur.evidence.rejected")]
    payload = next(s["payload"] for s in said if (s["topic"], s["offset"]) == (told.topic, place[2]))
    assert stored > 2**20 and len(payload) == 4 * -(-64 * 1024 // 3)


# --- key and headers, which are bounded together

KIB = 1024
NOISE = random.Random(1).randbytes(4 * KIB * KIB - 100 * KIB)
TOGETHER = "key and headers together are over 64 KiB; the rest of them is only on the topic"
MANY = "has more than 256 headers; the rest of them is only on the topic"
AROUND = {  # what: (key, headers, detail, or None when it is accepted)
    "a header of 3.9 MB": (None, [("x", NOISE)], TOGETHER),
    "a key of 3.9 MB": (NOISE, [("x", b"1")], TOGETHER),
    "a name of 3.9 MB": (None, [("\1" * len(NOISE), b"")], TOGETHER),
    "names of control characters": (None, [(chr(c) * 700, b"1" * 700) for c in range(1, 32)] * 2, TOGETHER),
    "257 headers": (None, [(f"x{n}", b"") for n in range(257)], MANY),
    "30,000 headers": (None, [("x", b"1")] * 30000, MANY),
    "a byte too much": (b"k", [("first", b"1"), ("x", b"2" * (64 * KIB - 7))], TOGETHER),
    "64 KiB": (b"k", [("first", b"1"), ("x", b"2" * (64 * KIB - 8))], None),
    "256 headers": (None, [(f"x{n}", b"") for n in range(256)], None),
}


def stored(town, place, columns):
    return town.stack.rows(f'SELECT {columns} FROM intake.rejection WHERE (topic, "partition", "offset") = '
                           "(%s, %s, %s)", *place)[0]


def kept(headers):
    return [(base64.b64decode(name).decode(), base64.b64decode(value)) for name, value in json.loads(headers or "[]")]


def around(key, headers):
    return len(key or b"") + sum(len(name) + len(value) for name, value in headers)


@pytest.mark.parametrize("good", [True, False])
def test_key_and_headers_too_large(town, stack, good):
    """One such message, and no source's events would be processed any more. What does not fit is on the topic only; what
    is sent again as it was kept must not pass for the whole."""
    values = [plain(town) if good else b"x" for _ in AROUND]
    sent = dict(zip(stack.produce([town.message(value, headers=headers, key=key)
                                   for value, (key, headers, _) in zip(values, AROUND.values())]), AROUND.values()))
    [after] = town.settle(town.event())
    assert after in accepted(town), "the event after them was not processed"
    too_large = [place for place, (_, _, detail) in sent.items() if detail]
    right = [place for place in sent if place not in too_large]
    assert town.rejections() == {**dict.fromkeys(too_large, "too_large"),
                                 **({} if good else dict.fromkeys(right, "malformed"))}
    assert accepted(town) == {after, *(right if good else ())}

    said = {(s["topic"], s["partition"], s["offset"]): s for s in (
        json.loads(m.value) for m in stack.read("terukur.evidence.rejected"))}
    for place, value in zip(sent, values):
        key, headers, detail = sent[place]
        if place not in too_large:
            continue
        told, kept_key, kept_headers, payload = stored(town, place, "detail, key, headers, payload")
        kept_headers = kept(kept_headers)
        assert (told, payload) == (detail, value)
        assert around(kept_key, kept_headers) <= 64 * KIB + 1 and len(kept_headers) <= 257
        assert (key or b"").startswith(kept_key or b"")
        assert kept_headers[:-1] == headers[:len(kept_headers)][:-1]
        shown = [(name, base64.b64decode(value)) for name, value in said[place]["headers"]]
        assert said[place]["detail"] == detail and shown == headers[:len(shown)]
        assert around(base64.b64decode(said[place]["key"] or ""), shown) <= 64 * KIB

    stack.admin("redrive", "--reason", "too_large", "--source", town.source)
    stack.wait_idle()
    assert list(town.rejections().values()).count("too_large") == 2 * len(too_large)
    assert town.realized() == (("3.00", 3) if good else ("1.00", 1))
    stack.admin("verify")


def stored_headers(*headers):
    """As intake keeps them."""
    coded = [[base64.b64encode(name).decode(), value and base64.b64encode(value).decode()] for name, value in headers]
    return json.dumps(coded).encode()


def test_what_an_older_intake_let_wait_is_published(town, stack):
    """A correction that came second, stored with megabytes of headers, is said as short as any other."""
    town.settle(town.event(id="o"), town.event("corrected", id="c", replaces="o"))
    [original] = town.tell(town.event("corrected", id="late", replaces="none"))
    stack.wait_idle()
    old = stored_headers((b"x", NOISE), (b"y", b"1"), (b"z", None))
    stack.execute("UPDATE intake.waiting w SET headers = %s, replaces = r.original, message_key = %s "
                  "FROM intake.replacement r, intake.evidence e WHERE w.source_code = %s AND r.by = e.key "
                  "AND e.event_id = 'c' AND e.source = w.source", old, NOISE, town.source)
    assert wait_until(lambda: town.rejections() == {original: "already_replaced"}, 20)
    assert wait_until(lambda: stack.value("SELECT count(*) FROM intake.rejection WHERE NOT published") == 0, 20)
    [said] = [s for s in (json.loads(m.value) for m in stack.read("terukur.evidence.rejected"))
              if (s["topic"], s["partition"], s["offset"]) == original]
    assert said["headers"] == [] and base64.b64decode(said["key"]) == NOISE[:64 * KIB]


def test_what_an_older_intake_accepted_is_shown_piece_by_piece(town, stack):
    """Twenty events with megabytes of headers each would take the gateway's memory, if one answer held them all."""
    town.settle(*(town.event() for _ in range(3)))
    old = stored_headers((b"x", NOISE), (b"y", b"1"), (b"z", None))
    stack.execute("UPDATE intake.evidence SET headers = %s WHERE person = %s", old, town.id())
    with stack.db.transaction():  # as its migration did with what an older intake had accepted
        stack.execute("TRUNCATE intake.ledger")
        stack.execute("INSERT INTO intake.ledger SELECT '', month, n, digest FROM intake.evidence_ledger_view")
    shown = [["x", base64.b64encode(NOISE).decode()], ["y", "MQ=="], ["z", None]]
    bearer = stack.admin("token", "add", "--role", "person", "--nip", town.nips[0]).stdout.split()[-1]
    path = f"{stack.env['GATEWAY_URL']}/api/v1/people/{town.id()}/evidence"
    pages, cursor = [], ""
    while cursor is not None:
        with urlopen(Request(f"{path}?cursor={cursor}" if cursor else path,
                             headers={"Authorization": f"Bearer {bearer}"}), timeout=30) as answer:
            page = json.load(answer)
        pages.append(page["items"])
        cursor = page["next"]
    assert [len(items) for items in pages] == [1, 1, 1]
    assert all(items[0]["headers"] == shown for items in pages)
    stack.admin("verify")


def test_headers_are_kept_in_their_order(town, stack):
    """The last of a name that is written in two ways decides how an event is read, and verified."""
    event = town.event()
    attributes = [("ce_" + k, v.encode()) for k, v in event.items() if isinstance(v, str)]
    headers = [*attributes, ("content-type", b"application/cloudevents+json"), ("Content-Type", b"text/plain"),
               ("x-null", None), ("x-\u00e9", b""), ("content-type", b"application/cloudevents+json")]
    late = {**town.event(), "subject": town.new_nip(7)}
    good, bad = stack.produce([town.message(event, headers=headers), town.message(late, headers=headers)])
    stack.wait_idle()
    assert good in accepted(town) and town.rejections() == {bad: "unknown_person"}
    stack.admin("verify")
    stack.load({"people": [town.person(late["subject"])], "plans": [town.plan(late["subject"])]})
    stack.admin("redrive", "--reason", "unknown_person", "--source", town.source)
    stack.wait_idle()
    assert town.realized(nip=late["subject"]) == ("1.00", 1)
    stack.admin("verify")


@pytest.mark.parametrize("kind", ["valid", "invalid", "malformed"])
def test_published_examples(stack, kind):
    """The examples that upstreams read are what intake does, with Kafka between."""
    town = Town(stack, load=False)
    paths = sorted((EXAMPLES / kind).glob("*.json"))
    places = stack.produce([town.message(path.read_bytes(), partition=n % 6) for n, path in enumerate(paths)]) \
        if stack.load(town.registry) else []
    stack.wait_idle()
    got = town.rejections()
    early = {"malformed", "schema", "too_large", "unknown_type"}
    wrong = {path.name: got.get(place) for path, place in zip(paths, places)
             if (got.get(place) in early) != (kind != "valid") or kind == "malformed" and got[place] != "malformed"}
    assert not wrong


def test_unknown_headers_do_no_harm(town):
    """What proxies and tracing libraries add is kept, and read by nobody."""
    good, bad = town.settle(town.event(), {**town.event(), "id": 5}, headers=HEADERS)
    assert town.rejections() == {bad: "schema"} and good in accepted(town)


def test_header_that_is_no_utf8_in_binary_mode(town, stack):
    """An attribute in Latin-1 is the sender's mistake, not the end of intake."""
    event = town.event()
    headers = [("ce_" + k, v.encode()) for k, v in event.items() if isinstance(v, str)]
    bad = [(k, b"\xe9" if k == "ce_id" else v) for k, v in headers]
    places = stack.produce([town.message(event["data"], headers=h) for h in (bad, headers)])
    stack.wait_idle()
    assert list(town.rejections()) == places[:1]
    assert town.realized() == ("1.00", 1)


NAMES = b"ce_\xff", b"ce_\x01\n", b"ce_" + "\U0001f3e5".encode() * 30, b"\xff", b"\xff=\xff"  # some with a value


def as_told(name):
    try:
        return name.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(name).decode()}


def test_header_names_of_any_bytes(town, stack):
    """A name that is no text stops no event; where the event is rejected, it is told of with the rest."""
    for name in NAMES:
        for event in (town.event(), town.event(value=-1)):
            headers = [f"ce_{k}={v}".encode() for k, v in event.items() if isinstance(v, str)]
            flags = [part for header in [*headers, name] for part in ("-H", header)]
            subprocess.run(["kcat", "-P", "-b", stack.brokers, "-t", town.topic, "-p", "0", *flags],
                           input=json.dumps(event["data"]).encode(), check=True)
    town.settle(town.event())
    assert [*town.rejections().values()] == ["value_out_of_range"] * len(NAMES)
    assert town.realized() == (f"{len(NAMES) + 1}.00", len(NAMES) + 1)
    said = [json.loads(m.value) for m in stack.read("terukur.evidence.rejected") if m.key.decode() == town.source]
    assert [s["headers"][-1][0] for s in said] == [as_told(name.partition(b"=")[0]) for name in NAMES]


def test_a_flood_of_dirt_does_not_stop_the_good(town, stack):
    """Thousands of bad records from a broken exporter, and an honest one behind them."""
    places = town.tell(*[b"{broken"] * 5000, town.event())
    stack.wait_idle()
    reasons = town.rejections()
    assert len(reasons) == 5000 and set(reasons.values()) == {"malformed"}
    assert places[-1] in accepted(town)


# --- redrive

def test_redrive_after_the_cause_is_mended(town, stack):
    """Somebody's evidence came before the registry knew them: once it does, everything counts, and once."""
    late = town.new_nip(7)
    events = [town.event(subject=late), town.event(subject=late)]
    town.settle(*events)
    assert set(town.rejections().values()) == {"unknown_person"} and len(town.rejections()) == 2
    stack.load({"people": [town.person(late)], "plans": [town.plan(late)]})
    again = stack.admin("redrive", "--reason", "unknown_person", "--source", town.source)
    assert "2 published again" in again.stdout
    stack.wait_idle()
    assert town.realized(nip=late) == ("2.00", 2)
    assert stack.value("SELECT count(*) FROM intake.rejection WHERE source = %s AND redriven_at IS NULL",
                       town.source) == 0
    assert "0 published again" in stack.admin("redrive", "--reason", "unknown_person", "--source",
                                              town.source).stdout
    stack.execute("UPDATE intake.rejection SET redriven_at = NULL WHERE source = %s", town.source)
    stack.admin("redrive", "--reason", "unknown_person", "--source", town.source)  # as if it had been killed
    stack.wait_idle()
    assert town.realized(nip=late) == ("2.00", 2)
    stack.admin("verify")


def test_redrive_before_the_cause_is_mended(town, stack):
    """It is rejected again, and can be tried again."""
    town.settle(town.event(indicator="later"))
    stack.admin("redrive", "--reason", "unknown_indicator", "--source", town.source)
    stack.wait_idle()
    assert [*town.rejections().values()] == ["unknown_indicator"] * 2
    assert stack.value("SELECT count(*) FROM intake.rejection WHERE source = %s AND redriven_at IS NULL",
                       town.source) == 1


def test_redrive_keeps_headers_key_and_bytes(town, stack):
    """Binary mode has half of the event in its headers."""
    late = town.new_nip(7)
    event = town.event(subject=late)
    headers = [("ce_" + k, v.encode()) for k, v in event.items() if isinstance(v, str)] + [("x-null", None)]
    stack.produce([town.message(event["data"], headers=headers, key=b"\xff\0key")])
    stack.wait_idle()
    stack.load({"people": [town.person(late)], "plans": [town.plan(late)]})
    stack.admin("redrive", "--reason", "unknown_person", "--source", town.source)
    stack.wait_idle()
    assert town.realized(nip=late) == ("1.00", 1)
    first, second = stack.read(town.topic)
    assert first[3:6] == second[3:6]


def test_redrive_of_what_is_too_large(town, stack):
    town.settle(plain(town).ljust(2**20))
    stack.admin("redrive", "--reason", "too_large", "--source", town.source)
    stack.wait_idle()
    assert [*town.rejections().values()] == ["too_large"] * 2
