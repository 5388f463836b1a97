"""What becomes of an event: the oracle's verdicts against those that the rules name."""
import json
from dataclasses import replace

import pytest

from . import dirt
from .events import DAY
from .hands import NIP, NOW, OTHER, books, event, judge, message, score
from .oracle import Message, instant, merge, valid_nip


def test_the_same_twice_and_conflicts():
    again = json.dumps(event("a", time="2026-03-04T01:15:00.000Z"))
    again = again.replace('"value": 1', '"value": 1.0')
    codes, _ = judge(event("a", subject=OTHER), event("a"), again.encode(), event("a", value=2),
                     event("a", ref="x"), event("a", time="2026-03-04T01:15:00.000001Z"))
    assert codes == ["unknown_person", "accepted", "duplicate"] + ["conflicting_duplicate"] * 3


def test_replacing():
    late = event("b", "corrected", replaces="a", value=2)
    codes, intake = judge(
        late, event("c", "revoked", replaces="b", reason="x"), late, event("a"), event("a"),
        event("d", "corrected", replaces="a"), event("e", "revoked", replaces="c", reason="x"),
        event("f", "corrected", replaces="f"), event("g", "revoked", replaces="h", reason="x"))
    assert codes == ["accepted", "accepted", "duplicate", "accepted", "duplicate",
                     "already_replaced", "accepted", "waiting", "waiting"]
    assert [e.id for e in intake.counting()] == ["e"]
    intake.expire(NOW + 7 * DAY)
    assert [v.reason for v in intake.verdicts[-2:]] == ["unknown_original"] * 2


def test_a_source_by_its_code_or_one_of_its_uris():
    """However it is named, it is one source: one id, one topic, one order."""
    uris = ["https://simpus.contoh.go.id", "urn:simpus"]
    r = books(sources=[{"code": "simpus", "name": "x", "indicators": ["visits"], "uris": uris},
                       {"code": "other", "name": "x", "indicators": ["visits"]}])
    codes, intake = judge(
        event("a", source=uris[0]), event("a"), event("a", source=uris[1]), event("a", source=uris[1], value=2),
        event("b", source="URN:simpus"), message(event("c", source=uris[0]), topic="other"),
        event("d", "revoked", source=uris[1], replaces="a", reason="x"), r=r)
    assert codes == ["accepted", "duplicate", "duplicate", "conflicting_duplicate", "unknown_source",
                     "source_mismatch", "accepted"]
    assert intake.counting()[0].name == ("simpus", "d")
    assert judge(event("a", source=uris[0]), r=books())[0] == ["unknown_source"]


def test_a_corrected_nip_is_known_by_either_number():
    r = merge(books(), {"people": [{**books().people[NIP]["2026-01-01"], "nip": OTHER, "was": NIP}]})
    codes, _ = judge(event("a"), event("b", subject=OTHER), event("c", "corrected", replaces="a", subject=OTHER),
                     event("d", "revoked", replaces="b", subject=NIP, reason="x"), r=r)
    assert codes == ["accepted"] * 4
    assert judge(event("b", subject=OTHER))[0] == ["unknown_person"]


@pytest.mark.parametrize("time, month", [
    ("2026-03-31T23:59:59.999999+07:00", "2026-03"), ("2026-03-31T17:00:00Z", "2026-04"),
    ("2026-03-31T16:59:59.999999Z", "2026-03"), ("2026-03-31T16:59:59.999999999Z", "2026-03"), ("2026-04-01T01:00:00+09:30", "2026-03")])
def test_months_end_in_pontianak(time, month):
    assert score(books(), judge(event("a", time=time))[1], month)["items"][0]["events"] == 1


@pytest.mark.parametrize("number, code", [
    ("-0", "accepted"), ("1e0", "accepted"), ("50.0000", "accepted"), ("0.12345", "schema"),
    ("1e400", "malformed"), ("9223372036854775808", "malformed"), ("1e15", "schema"),
    ("999999999999999", "value_out_of_range"), ("12345678901.2345", "value_out_of_range"),
    ("123456789012.1234", "schema"), ("1e-400", "schema"), ("1.00000000000000000001", "schema"), ("1e-99999999999999999999", "schema"),
    ("true", "schema"), ("null", "schema"), ('"1"', "schema"), ("NaN", "malformed")])
def test_numbers(number, code):
    raw = json.dumps(event("a")).replace('"value": 1', f'"value": {number}')
    assert judge(raw.encode())[0] == [code]


def test_order_of_reasons():
    """Each mends one fault of the one before."""
    bad = event("a", subject="bad", time="2099-01-01T00:00:00Z", source="x")
    data = {"indicator": "y", "value": 99}
    steps = [{"type": "new", "data": {}}, {"type": "terukur.activity.recorded.v1", "data": data},
             {"source": "other"}, {"source": "simpus"}, {"subject": OTHER}, {"subject": NIP},
             {"data": {"indicator": "secret", "value": 99}},
             {"data": {"indicator": "visits", "value": 99}},
             {"data": {"indicator": "visits", "value": 1}},
             {"time": "2025-01-01T00:00:00Z"}, {"time": "2026-01-01T00:00:00Z"}]
    said = []
    for step in steps:
        bad = {**bad, **step}
        said.append(bad)
    assert judge(*said)[0] == [
        "unknown_type", "unknown_source", "source_mismatch", "invalid_nip", "unknown_person",
        "unknown_indicator", "indicator_not_allowed", "value_out_of_range", "time_in_future",
        "not_employed", "accepted"]


def test_modes():
    e = event("a")
    ce = [("ce_" + k, v.encode()) for k, v in e.items() if k != "data"]
    data = json.dumps(e["data"]).encode()
    twice = [("content-type", b"application/json"), ("ce_datacontenttype", b'Application/JSON; charset="UTF-8"')]
    assert judge(message(data, ce + twice + [("ce_x", b"\xff"), ("ce_y", None)]),
                 message(data, ce + twice[:1] + [("ce_datacontenttype", b"application/xml")]),
                 message({**e, "dataschema": None, "datacontenttype": None}))[0] == ["accepted", "schema", "duplicate"]
    codes, _ = judge(message(data, ce), message(e, [("content-type", b"application/json")]),
                     message(e, [("content-type", b"Application/CloudEvents+json")] + ce[:1]),
                     message(data, ce + [("content-type", b"text/plain")]), message(data, ce[:1]),
                     message(b"", ce), message(None), message(data + b"}", ce), message(data))
    assert codes == ["accepted", "duplicate", "duplicate", "schema", "schema",
                     "malformed", "malformed", "malformed", "schema"]


def test_key_and_headers():
    value = json.dumps(event("a")).encode()
    for key, headers, code in [
            (None, [("x", b"1" * 65535)], "accepted"), (None, [("x", b"1" * 65536)], "too_large"),
            (b"k" * 65536, [], "accepted"), (b"k" * 65536, [("x", None)], "too_large"),
            (None, [("x", None)] * 256, "accepted"), (None, [("x", None)] * 257, "too_large"),
            (None, [("\u00e9", b"1" * 65534)], "accepted"), (None, [("\u00e9", b"1" * 65535)], "too_large")]:
        assert judge(Message("terukur.activity.simpus", 0, key, headers, value, NOW))[0] == [code]


@pytest.mark.parametrize("month, now, code", [
    ("2026-11", "2026-11-30T23:54:59+07:00", "accepted"), ("2026-12", "2026-11-30T23:54:59+07:00", "time_in_future"),
    ("2026-12", "2026-11-30T23:55:00+07:00", "accepted"), ("9999-12", "2026-11-30T23:55:00+07:00", "time_in_future")])
def test_no_month_is_complete_before_it_begins(month, now, code):
    said = message(event("c", "complete", subject="a", period=month, indicator="doses"))
    assert judge(replace(said, now=instant(now)))[0] == [code]


def test_dirt_is_what_its_tables_say():
    good = event("a")
    for spoil in dirt.MALFORMED:
        spoilt = message(spoil(good))
        want = "too_large" if len(spoilt.value or b"") > 65536 else "malformed"
        assert judge(spoilt)[0] == [want], spoilt.value
    bad = [fault(good) for fault in dirt.ENVELOPE_FAULTS]
    bad += [{**good, "data": change(good["data"])} for change in dirt.DATA_FAULTS]
    others = {
        "corrected": event("a", "corrected", replaces="b"),
        "revoked": event("a", "revoked", replaces="b", reason="x"),
        "complete": event("a", "complete", subject="a", period="2026-03", indicator="doses")}
    for kind, changes in dirt.OTHER_FAULTS.items():
        assert judge(others[kind])[0][0] in ("waiting", "accepted")
        bad += [{**others[kind], "data": change(others[kind]["data"])} for change in changes]
    for value in bad:
        assert judge(dirt.dumps(value))[0] == ["schema"], value
    for change in dirt.ODD_BUT_RIGHT:
        assert judge(change(good))[0] == ["accepted"], change(good)
    assert not any(map(valid_nip, dirt.NOT_NIPS))
