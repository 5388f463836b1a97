"""The oracle itself against numbers worked by hand. If one fails, nothing it says of the services
can be trusted."""
import json
import random
from dataclasses import replace
from decimal import Decimal as D

import pytest

from . import dirt, oracle
from .city import City
from .oracle import Intake, Message, instant, merge, same, scores, valid_nip

NOW = instant("2026-11-01T00:00:00+07:00")
NIP, OTHER = "198609262015051001", "196711101992031001"
RULES = oracle.RULES_2026


def registry(**changes):
    """A nurse, or with changes whatever a test needs."""
    def indicator(code, measure, direction="more", **bounds):
        return {"code": code, "name": {"id": code, "en": code}, "aspect": "productivity",
                "measure": measure, "direction": direction, "unit": "x", **bounds}
    indicators = [indicator("home_visit", "count", min=0, max=50), indicator("doses", "sum"),
                  indicator("wait", "mean", "less"), indicator("referral", "ratio"),
                  indicator("temperature", "latest", "less"), indicator("secret", "count")]
    codes = [i["code"] for i in indicators if i["code"] != "secret"]
    return merge(None, {
        "agencies": [{"code": "dinkes", "name": "Dinas"}],
        "units": [{"code": "pkm", "agency": "dinkes", "name": "Puskesmas"}],
        "indicators": indicators,
        "sources": [{"code": s, "name": s, "indicators": codes} for s in ("simpus", "other")],
        "positions": [{"code": "nurse", "name": "Perawat", "items": changes.pop("items", [
            item("home_visit", 40, 40), item("doses", 100, 40)])}],
        "people": [{"nip": NIP, "name": "A", "unit": "pkm", "position": "nurse", "superior": None,
                    "from": "2026-01-01"}],
        "plans": [{"nip": NIP, "year": 2026, "status": "AGREED"}], **changes})


def item(indicator, target, weight, kind="MAIN"):
    return {"indicator": indicator, "target": target, "weight": weight, "kind": kind}


def event(id, kind="recorded", time="2026-03-04T08:15:00+07:00", subject=NIP, source="simpus",
          **data):
    if kind in ("recorded", "corrected"):
        data = {"indicator": "home_visit", "value": 1, **data}
    return {"specversion": "1.0", "id": id, "source": source, "subject": subject, "time": time,
            "type": f"terukur.activity.{kind}.v1", "data": data}


def message(value, headers=(), topic="simpus"):
    value = json.dumps(value).encode() if isinstance(value, dict) else value
    return Message(f"terukur.activity.{topic}", 0, None, list(headers), value, NOW)


def judge(*values, r=None):
    """The codes of some messages in a row, and what stands then."""
    intake = Intake()
    for value in values:
        intake.receive(r or registry(), value if isinstance(value, Message) else message(value))
    return [v.reason or v.status for v in intake.verdicts], intake


def score(intake, period="2026-03", r=None):
    return scores(r or registry(), intake, {NIP: "p"}, [2026])[NIP, period]


def feed(count, **data):
    return [event(f"{data.get('indicator', 'v')}{n}", **data) for n in range(count)]


# --- arithmetic

def test_score_of_the_design():
    assert score(judge(*feed(38))[1]) == {
        "person": "p", "period": "2026-03", "ruleset": "2026.1", "plan": 1,
        "items": [{"indicator": "home_visit", "aspect": "productivity", "kind": "MAIN",
                   "target": "40.00", "realized": "38.00", "achievement": "95.00",
                   "capped": "95.00", "rating": "MEETS", "weight": "40.00",
                   "contribution": "95.00", "events": 38}],
        "missing": ["doses"], "results": {"score": "95.00", "rating": "MEETS"}, "behaviour": None,
        "proposed": None, "grade": None,
        "hints": [{"indicator": "home_visit", "need": "6", "to": "ABOVE"}]}


@pytest.mark.parametrize("value, want", [
    ("1.005", "1.01"), ("2.675", "2.68"), ("0.0049", "0.00"), ("-0.004", "0.00"),
    ("99.995", "100.00"), ("-1.005", "-1.01"), ("12345678901.2345", "12345678901.23")])
def test_half_up(value, want):
    assert oracle.two(D(value)) == want


@pytest.mark.parametrize("direction, realized, target, want", [
    ("more", "38", "40", "95.00"), ("more", "1", "3", "33.33"), ("more", "2", "3", "66.67"),
    ("more", "60", "40", "150.00"), ("more", "0", "40", "0.00"), ("more", "-1", "40", "-2.50"),
    ("less", "15", "30", "150.00"), ("less", "30", "30", "100.00"), ("less", "33", "30", "90.00"),
    ("less", "61", "30", "0.00"), ("less", "0", "0", "100.00"), ("less", "0.01", "0", "0.00"),
    ("more", "5", "0", "0.00"), ("more", "0", "0", "100.00"),
    ("more", "20", "20-30", "100.00"), ("more", "30", "20-30", "100.00"),
    ("more", "18", "20-30", "90.00"), ("more", "33", "20-30", "110.00"),
    ("less", "10", "2-8", "75.00"), ("less", "1", "2-8", "150.00"), ("less", "8", "2-8", "100.00"),
    ("less", "0.5", "0-0", "0.00"), ("more", "17999", "20000", "90.00")])
def test_achievement(direction, realized, target, want):
    bounds = tuple(D(t) for t in target.split("-"))
    got = oracle.achieve(direction, D(realized), bounds if len(bounds) > 1 else bounds[0])
    assert str(got) == want


def test_classes_by_lower_bounds_after_rounding():
    assert [oracle.rate(oracle.round2(D(a)), RULES) for a in (
        "89.994", "89.995", "109.99", "109.995")] == ["BELOW", "MEETS", "MEETS", "ABOVE"]


@pytest.mark.parametrize("ratings, want", [
    ("AAM", "ABOVE"), ("AM", "MEETS"), ("AAB", "MEETS"), ("AAb", "ABOVE"), ("BBA", "BELOW"),
    ("BA", "MEETS"), ("BM", "MEETS"), ("b", "BELOW"), ("AAAB", "MEETS"), ("BBAA", "MEETS")])
def test_results_rating(ratings, want):
    """Upper case: MAIN results."""
    names = {"A": "ABOVE", "M": "MEETS", "B": "BELOW"}
    rated = [("MAIN" if r.isupper() else "ADDITIONAL", names[r.upper()]) for r in ratings]
    assert oracle.rate_results(rated, RULES) == want


def test_all_nine_cells():
    table = {"ABOVE": "POOR GOOD VERY_GOOD", "MEETS": "POOR GOOD GOOD",
             "BELOW": "VERY_POOR NEEDS_IMPROVEMENT NEEDS_IMPROVEMENT"}
    for results, row in table.items():
        for behaviour, grade in zip(("BELOW", "MEETS", "ABOVE"), row.split()):
            assert oracle.propose(results, behaviour) == grade


def test_target_by_service_days():
    """2–13 February away: 16 of 28 days; each month is rounded, then summed."""
    away = {"nip": NIP, "from": "2026-02-02", "until": "2026-02-13", "kind": "maternity"}
    r = registry(absences=[away], items=[item("home_visit", 40, 1), item("doses", [20, 30], 1),
                                         item("wait", [20, 30], 1)])
    service = r.service(NIP, ["2026-01", "2026-02", "2026-03"])
    assert [len(days) for days in service.values()] == [31, 16, 31]
    assert oracle.prorate("count", 40, service) == D("102.86")
    assert oracle.prorate("mean", 40, service) == D("40.00")
    _, intake = judge(event("a", time="2026-02-01T00:00:00+07:00", indicator="doses"),
                      event("b", time="2026-02-01T00:00:00+07:00", indicator="wait", value=25))
    lines = score(intake, "2026-02", r)["items"]
    assert [line["target"] for line in lines] == [["11.43", "17.14"], ["20.00", "30.00"]]


def test_results_are_not_the_sum_of_rounded_contributions():
    r = registry(items=[item(code, 1, 1) for code in ("home_visit", "doses", "referral")])
    s = score(judge(event("a"), event("b", indicator="doses"),
                    event("c", indicator="referral", of=100), r=r)[1], r=r)
    assert [line["contribution"] for line in s["items"]] == ["33.33"] * 3
    assert s["results"] == {"score": "100.00", "rating": "MEETS"}


@pytest.mark.parametrize("measure, direction, realized, target, want", [
    ("count", "more", "38", "40", ("6", "ABOVE")),
    ("ratio", "more", "80.51", "90", ("0.49", "MEETS")),
    ("mean", "less", "31.01", "30", ("-4.01", "ABOVE")),
    ("count", "less", "5", "4", ("-1", "MEETS")),
    ("count", "less", "3", "0", ("-3", "MEETS")),
    ("latest", "less", "0.05", "0", ("-0.05", "MEETS")),
    ("count", "more", "1", "0", None), ("mean", "less", "20", "0-30", None),
    ("mean", "more", "25", "20-30", ("8.00", "ABOVE")), ("count", "more", "44", "40", None),
    ("mean", "less", "9", "2-8", ("-0.20", "MEETS")),
    ("sum", "more", "-3", "0", ("3.00", "MEETS")),
    ("mean", "less", "5", "2-8", ("-3.20", "ABOVE")),
    ("count", "more", "0", "0.01", ("1", "MEETS")),
    ("sum", "more", "-5", "10", ("14.00", "MEETS")), ("latest", "less", "0", "0", None),
    ("mean", "more", "36.66", "33.33", ("0.01", "ABOVE"))])
def test_hints(measure, direction, realized, target, want):
    bounds = tuple(D(t).quantize(D("0.01")) for t in target.split("-"))
    target = bounds if len(bounds) > 1 else bounds[0]
    assert oracle.hint(measure, direction, D(realized), target, RULES) == want


def test_hints_step_by_step():
    """What bisection finds is what walking finds."""
    rng = random.Random(5)
    for _ in range(300):
        direction, measure = rng.choice(("more", "less")), rng.choice(("count", "mean"))
        step = D(1) if measure == "count" else D("0.01")
        realized, target = rng.randint(0, 900) * step, D(rng.randint(1, 900)) / 100
        target = (target, target + 1) if rng.random() < .5 else target
        now = oracle.rate(oracle.achieve(direction, realized, target), RULES)
        at, sign = realized, step if direction == "more" else -step
        for _ in range(3000):
            at += sign
            better = oracle.rate(oracle.achieve(direction, at, target), RULES)
            if at < 0 or now == "ABOVE" or (now, better) in (
                    ("BELOW", "MEETS"), ("BELOW", "ABOVE"), ("MEETS", "ABOVE")):
                break
        got = oracle.hint(measure, direction, realized, target, RULES)
        assert (got and D(got[0])) == (None if at < 0 or now == "ABOVE" else at - realized)


@pytest.mark.parametrize("indicator, work, want", [
    ("home_visit", [{"value": 7}, {"value": 0}], "2.00"),
    ("doses", [{"value": 1.0045}, {"value": 2.0005}], "3.01"),
    ("wait", [{"value": 1}, {"value": 2}, {"value": 2}], "1.67"),
    ("referral", [{"value": 1, "of": 3}, {"value": 1, "of": 4}], "28.57"),
    ("temperature", [{"value": 5}, {"value": 9}], "9.00")])
def test_realized(indicator, work, want):
    """The last: two of the same time, the greater id counts."""
    r = registry(items=[item(indicator, 10, 1)])
    _, intake = judge(*[event(f"e{n}", indicator=indicator, **w) for n, w in enumerate(work)], r=r)
    assert score(intake, r=r)["items"][0]["realized"] == want


def test_missing_is_not_zero_unless_declared():
    said = event("c", "complete", subject="pkm", period="2026-03", indicator="doses")
    codes, intake = judge(said, event("v"))
    assert codes == ["accepted"] * 2
    line = score(intake)["items"][1]
    assert (line["indicator"], line["realized"], line["events"]) == ("doses", "0.00", 0)
    assert score(intake, "2026-Q1")["missing"] == ["doses"]  # two months are not declared
    said = event("r", "revoked", subject="pkm", replaces="c", reason="x")
    intake.receive(registry(), message(said))
    assert score(intake)["missing"] == ["doses"]


def test_nothing_measured_and_nobody_there():
    _, intake = judge(event("a"))
    assert score(intake, "2026-04") is None
    empty = scores(registry(), intake, {NIP: "p"}, [2026], empty=True)[NIP, "2026-04"]
    assert (empty["items"], empty["results"]) == ([], None)
    assert empty["missing"] == ["home_visit", "doses"]
    assert same(empty, None) and not same(empty, None, before=empty)
    assert same(empty, {**empty, "revision": 3})
    away = {"nip": NIP, "from": "2026-03-01", "until": "2026-03-31", "kind": "sick"}
    assert score(intake, r=registry(absences=[away])) is None
    assert score(intake, "2026-Q1", registry(absences=[away])) is None  # its work went with March
    draft = registry(plans=[{"nip": NIP, "year": 2026, "status": "DRAFT"}])
    assert scores(draft, intake, {}, [2026], empty=True)[NIP, "2026-03"]["plan"] is None


def test_items_without_weight():
    r = registry(items=[item("home_visit", 1, 0), item("doses", 1, 5)])
    s = score(judge(event("a"), r=r)[1], r=r)
    assert (s["results"], s["items"][0]["contribution"]) == (None, "0.00")


# --- registry

def test_registry_by_date():
    moved = {"nip": NIP, "name": "A", "unit": "pkm", "position": "nurse", "from": "2026-03-10"}
    r = merge(registry(), {"people": [moved]})
    assert [str(last) for _, last, _ in r.assignments(NIP)] == ["2026-03-09", "9999-12-31"]
    plan = {"nip": NIP, "year": 2026, "status": "AGREED"}
    other = {**plan, "items": [item("wait", 5, 1)]}
    for change in (plan, other, {**plan, "from": "2026-07-01"}, plan):
        r = merge(r, {"plans": [change]})
    assert [p["version"] for p in r.plans[NIP, 2026]] == [1, 2, 3, 4]
    r = merge(r, {"rulesets": [{**RULES, "version": "2026.2", "from": "2026-06-30", "cap": 100}]})
    _, intake = judge(event("a"), event("b", time="2026-07-01T00:00:00+07:00"))
    found = {p: score(intake, p, r) for p in ("2026-03", "2026-Q1", "2026-07", "2026")}
    assert {p: (s["plan"], s["ruleset"]) for p, s in found.items()} == {
        "2026-03": (4, "2026.1"), "2026-Q1": (4, "2026.1"), "2026-07": (3, "2026.2"),
        "2026": (3, "2026.2")}


def test_nips():
    assert all(map(valid_nip, ["200012312024121001", OTHER, NIP, "200002292024211001"]))
    assert not any(map(valid_nip, [
        "20001231202412100", "200013312024121001", "200012312024123001", "200102292024121001",
        "200012312024121000", "200012312024131001", "200012312024201001", "200012312024301001"]))


# --- what becomes of events

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
    intake.expire(NOW + 7 * oracle.timedelta(1) // oracle.timedelta(microseconds=1))
    assert [v.reason for v in intake.verdicts[-2:]] == ["unknown_original"] * 2


@pytest.mark.parametrize("time, month", [
    ("2026-03-31T23:59:59.999999+07:00", "2026-03"), ("2026-03-31T17:00:00Z", "2026-04"),
    ("2026-03-31T16:59:59.999999Z", "2026-03"), ("2026-04-01T01:00:00+09:30", "2026-03")])
def test_months_end_in_pontianak(time, month):
    assert score(judge(event("a", time=time))[1], month)["items"][0]["events"] == 1


@pytest.mark.parametrize("number, code", [
    ("-0", "accepted"), ("1e0", "accepted"), ("50.0000", "accepted"), ("0.12345", "schema"),
    ("1e400", "malformed"), ("9223372036854775808", "malformed"), ("1e15", "schema"),
    ("999999999999999", "value_out_of_range"), ("12345678901.2345", "value_out_of_range"),
    ("123456789012.1234", "schema"), ("1e-400", "schema"), ("1e-99999999999999999999", "schema"),
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
             {"data": {"indicator": "home_visit", "value": 99}},
             {"data": {"indicator": "home_visit", "value": 1}},
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
    said = message(event("c", "complete", subject="pkm", period=month, indicator="doses"))
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
        "complete": event("a", "complete", subject="pkm", period="2026-03", indicator="doses")}
    for kind, changes in dirt.OTHER_FAULTS.items():
        assert judge(others[kind])[0][0] in ("waiting", "accepted")
        bad += [{**others[kind], "data": change(others[kind]["data"])} for change in changes]
    for value in bad:
        assert judge(dirt.dumps(value))[0] == ["schema"], value
    for change in dirt.ODD_BUT_RIGHT:
        assert judge(change(good))[0] == ["accepted"], change(good)
    assert not any(map(valid_nip, dirt.NOT_NIPS))


# --- the city

@pytest.mark.parametrize("seed", [1, 2, 3])
def test_city_is_dirty_and_does_not_depend_on_partitions(seed):
    city = City(seed, people=30, events=2500)
    assert City(seed, people=30, events=2500).messages == city.messages
    r = merge(None, json.loads(json.dumps(city.registry)))
    one, two = Intake(), Intake()
    for m in city.messages:
        one.receive(r, Message(*m, NOW))
    heaps = {}
    for n, m in enumerate(city.messages):
        heaps.setdefault(m[:2], []).append((n, m))
    rng, order = random.Random(seed), []
    for heap in heaps.values():
        at = 0
        for n, m in heap:
            at += rng.expovariate(1) * rng.choice((0, 1, 20))
            order.append((at, n, m))
    order.sort(key=lambda o: o[:2])
    verdicts = {n: two.receive(r, Message(*m, NOW)) for _, n, m in order}
    ok = {"accepted", "duplicate"}
    assert all(v == verdicts[n] or {v.status, verdicts[n].status} == ok
               for n, v in enumerate(one.verdicts))
    for reason in ("too_large malformed schema unknown_type unknown_source source_mismatch "
                   "conflicting_duplicate invalid_nip unknown_person unknown_unit "
                   "unknown_indicator indicator_not_allowed value_out_of_range time_in_future "
                   "not_employed already_replaced").split():
        assert sum(v.reason == reason for v in one.verdicts) >= 3, reason
    assert sum(v.status == "waiting" for v in one.verdicts) >= 3
    before = scores(r, one, {}, empty=True)
    assert before == scores(r, two, {}, empty=True)
    lines = [line for s in before.values() if s for line in s["items"]]
    assert any(line["events"] == 0 for line in lines)
    assert any(s and s["items"] and not s["results"] for s in before.values())
    for what, change in city.registry_changes():
        r = merge(r, json.loads(json.dumps(change)))
        after = scores(r, one, {}, empty=True)
        assert (before == after) == (what == "nothing"), what
        before = after
