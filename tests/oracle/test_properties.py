"""What must hold of every score, whatever the registry and the evidence: promises of the rules, on made-up lives."""
import copy
import random
from datetime import date, timedelta
from fractions import Fraction as F

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from . import oracle
from .events import CORRECTED
from .hands import (MEASURES, NIP, OTHER, absence, complete, event, file, indicator, item, judge, message, person,
                    plan, position)
from .oracle import RULES_2026, merge, scores

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
ADDITIVE = ("visits", "letters", "errors", "doses", "hours")
OTHERS = ("wait", "marks", "referral", "stock", "cold")
MONTHS = [f"2026-{m:02}" for m in range(1, 7)]
days = st.integers(0, (LAST - FIRST).days).map(lambda n: (FIRST + timedelta(n)).isoformat())


def holds(*strategies):
    """For all of these: the same tries on every run."""
    return lambda test: settings(max_examples=40, deadline=None, derandomize=True,
                                 suppress_health_check=list(HealthCheck))(given(*strategies)(test))


@st.composite
def items(draw, codes=ADDITIVE + OTHERS):
    def target(code):
        number = st.integers(1, 6000).map(lambda n: n / 100)
        if draw(st.booleans()):
            low, more = draw(number), draw(number)
            return [low, round(low + more, 2)]
        return 0 if MEASURES[code][1] == "less" and draw(st.integers(0, 9)) == 0 else draw(number)
    chosen = draw(st.lists(st.sampled_from(codes), min_size=1, max_size=4, unique=True))
    weights = [draw(st.integers(0, 50)) for _ in chosen]
    weights[0] = weights[0] or 1
    return [item(code, target(code), weight, draw(st.sampled_from(("MAIN", "ADDITIONAL"))))
            for code, weight in zip(chosen, weights)]


@st.composite
def lives(draw, codes=ADDITIVE + OTHERS):
    """A registry file of one person with some posts, plans and absences."""
    names = ["p0", "p1", "p2"]
    starts = ["2026-01-01", *sorted(draw(st.sets(days, max_size=3)) - {"2026-01-01"})]
    versions = sorted(draw(st.sets(days, max_size=2)))
    plans = [plan()]
    for since in sorted(draw(st.sets(days, max_size=2))):
        status = draw(st.sampled_from(("AGREED", "AGREED", "WITHDRAWN")))
        plans.append(plan(since, *(draw(items(codes)) if draw(st.booleans()) else ()), status=status))
    absences, free = [], FIRST
    for first in sorted(draw(st.sets(days, max_size=2))):
        first = date.fromisoformat(first)
        if first >= free:
            last = first + timedelta(draw(st.integers(0, 40)))
            absences.append(absence(first.isoformat(), last.isoformat()))
            free = last + timedelta(1)
    return file(
        positions=[position(name, *draw(items(codes)), **{"from": None}) for name in names]
        + [position("p0", *draw(items(codes)), **{"from": since}) for since in versions],
        people=[person(since, draw(st.sampled_from("ab")), draw(st.sampled_from(names))) for since in starts],
        plans=plans, absences=absences)


@st.composite
def deeds(draw, codes=ADDITIVE + OTHERS):
    """Some events of every kind, and some months declared."""
    told = []
    for n in range(draw(st.integers(1, 40))):
        code, of = draw(st.sampled_from(codes)), draw(st.integers(1, 400)) / 10
        told.append(event(f"e{n}", time=f"{draw(days)}T{draw(st.integers(0, 23)):02}:30:00+07:00", indicator=code,
                          value=draw(st.integers(0, 500)) / 10, **({"of": of} if code == "referral" else {})))
    for unit, code, month in draw(st.sets(st.tuples(st.sampled_from("ab"), st.sampled_from(codes),
                                                    st.sampled_from(MONTHS)), max_size=25)):
        told += complete(unit, code, month)
    return told


def heard(r, told):
    codes, intake = judge(*told, r=r)
    assert set(codes) <= {"accepted", "waiting"}, codes
    return intake


def said(r, intake, nip=NIP):
    found = scores(r, intake, {}, [2026])
    return {period: found[nip, period] for name, period in found if name == nip}


def without_plan(found):
    return {period: score and {**score, "plan": None} for period, score in found.items()}


@holds(lives(), deeds(), days)
def test_an_assignment_in_two_halves_is_the_same(life, told, day):
    """Same unit, same post: nothing but the row is new."""
    row = [row for row in life["people"] if row["from"] < day][-1:]
    assume(row and all(other["from"] != day for other in life["people"]))
    r = merge(None, life)
    halved = merge(r, {"people": [{**row[0], "from": day}]})
    intake = heard(r, told)
    assert said(halved, intake) == said(r, intake)


@holds(lives(), deeds(), days)
def test_the_same_items_agreed_again_change_the_version_alone(life, told, day):
    r = merge(None, life)
    held = r.plan(NIP, date.fromisoformat(day))
    assume(held and all(p["from"] != day for p in r.plans[NIP, 2026]))
    again = merge(r, {"plans": [plan(day, *(held["items"] or ()))]})
    intake = heard(r, told)
    assert without_plan(said(again, intake)) == without_plan(said(r, intake))


@holds(lives(), deeds(), st.sampled_from((2, 3, 10, 0.5)), st.integers(0, 5))
def test_weights_are_shares(life, told, factor, which):
    """All weights of one plan or post, times anything."""
    heavier = copy.deepcopy(life)
    lists = [row["items"] for row in heavier["positions"] + heavier["plans"] if row.get("items")]
    for row in lists[which % len(lists)]:
        row["weight"] *= factor
    r = merge(None, life)
    intake = heard(r, told)
    assert said(merge(None, heavier), intake) == said(r, intake)


@holds(lives(), deeds(), days, items())
def test_an_amendment_leaves_what_was_before(life, told, day, chosen):
    """No score of a period that ended before moves, whether the plan or the post changed."""
    r = merge(None, life)
    intake = heard(r, told)
    for change in ({"plans": [plan(day, *chosen)]}, {"positions": [position("p0", *chosen, **{"from": day})]},
                   {"plans": [plan(day, status="WITHDRAWN")]}, {"people": [person(day, "c", "p2")]},
                   {"people": [person(day, "c", "p2", until=day)]}):
        before, after = said(r, intake), said(merge(r, change), intake)
        for period in before:
            if max(oracle.months_of(period)) < day[:7]:
                assert after[period] == before[period], (period, change)


@holds(lives(), deeds(), days, items())
def test_drafts_change_nothing(life, told, day, chosen):
    r = merge(None, life)
    intake = heard(r, told)
    for status in ("DRAFT", "SUBMITTED"):
        drafted = merge(r, {"plans": [plan(day, *chosen, status=status), plan(None, *chosen, status=status)]})
        assert said(drafted, intake) == said(r, intake)


@holds(lives(), deeds(), st.integers(0, 2**32))
def test_order_of_events_does_not_matter(life, told, seed):
    """Corrections and revocations before their originals included."""
    rng = random.Random(seed)
    works = [e for e in told if "value" in e["data"]]
    for n, e in enumerate(rng.sample(works, len(works) // 2)):
        told = [*told, event(f"x{n}", "revoked", replaces=e["id"], reason="x") if n % 3 == 0 else
                {**e, "id": f"x{n}", "type": CORRECTED, "data": {**e["data"], "value": n, "replaces": e["id"]}}]
    r = merge(None, life)
    want = said(r, heard(r, told))
    for _ in range(3):
        rng.shuffle(told)
        assert said(r, heard(r, told)) == want


@holds(lives(), deeds())
def test_an_absent_day_counts_nothing(life, told):
    """Without the events of such days the scores are the same; the day asks nothing either, see the targets."""
    r = merge(None, life)
    present = [e for e in told if "value" not in e["data"] or not r.absent(NIP, date.fromisoformat(e["time"][:10]))]
    assert said(r, heard(r, present)) == said(r, heard(r, told))


@holds(lives(), deeds(), days, st.integers(0, 40))
def test_what_is_taken_back_never_was(life, told, day, length):
    r = merge(None, {**life, "absences": []})
    intake, before = heard(r, told), said(r, heard(r, told))
    last = (date.fromisoformat(day) + timedelta(length)).isoformat()
    changed = merge(r, {"absences": [absence(day, last)]})
    assert said(merge(changed, {"absences": [{"nip": NIP, "from": day, "removed": True}]}), intake) == before
    assume(all(row["from"] != day for row in life["people"]))
    changed = merge(r, {"people": [person(day, "c", "p2")]})
    assert said(merge(changed, {"people": [{"nip": NIP, "from": day, "removed": True}]}), intake) == before


@holds(lives(), deeds(), st.integers(0, 40))
def test_a_corrected_nip_is_one_person(life, told, when):
    r = merge(None, life)
    renamed = merge(r, {"people": [{**row, "nip": OTHER, "was": NIP} for row in life["people"]]})
    before, intake = said(r, heard(r, told)), heard(r, told[:when])
    for e in told[when:]:
        other = {**e, "subject": OTHER} if e["subject"] == NIP else e
        assert intake.receive(renamed, message(other)).status == "accepted"
    assert said(renamed, intake, OTHER) == before


@holds(lives(ADDITIVE))
def test_whoever_meets_every_months_target_has_100(life):
    """However often post and plan changed: each month's targets done, each longer period is met, too."""
    r = merge(None, life)
    told = [c for unit in "ab" for code in ADDITIVE for c in complete(unit, code, *MONTHS)]
    for month in MONTHS:
        for code in ("doses", "hours"):
            parts = [s for s in r.stretches(NIP, month) if code in s.items]
            if parts:
                owed = sum(oracle.exact(low_of(s.items[code])) * len(s.days) for s in parts) / len(
                    oracle.month_days(month))
                told.append(event(f"{month}-{code}", time=f"{parts[-1].days[-1]}T08:00:00+07:00", indicator=code,
                                  value=float(oracle.round2(owed))))
    for score in filter(None, said(r, heard(r, told)).values()):
        for line in score["items"] if {*oracle.months_of(score["period"])} <= {*MONTHS} else ():
            if line["indicator"] in ("doses", "hours"):
                assert line["achievement"] == "100.00", (score["period"], line)


@holds(lives(("wait", "marks", "referral", "stock", "cold")), st.lists(days, min_size=1, max_size=30))
def test_whoever_meets_each_days_target_has_100(life, when):
    """Each event at the target of its day: means, ratios and latest, however many events each day has."""
    r, told = merge(None, life), []
    for day in when:
        for s in r.stretches(NIP, day[:7]):
            for code in s.items if date.fromisoformat(day) in s.days else ():
                target = low_of(s.items[code])
                data = {"value": round(target * 2, 4), "of": 200} if code == "referral" else {"value": target}
                told.append(event(f"m{len(told)}", time=f"{day}T08:00:00+07:00", indicator=code, **data))
    for score in filter(None, said(r, heard(r, told)).values()):
        assert all(line["achievement"] == "100.00" for line in score["items"]), score


def low_of(row):
    return row["target"][0] if isinstance(row["target"], list) else row["target"]


@holds(lives(), deeds())
def test_weights_of_all_items_are_the_whole(life, told):
    """Where nothing is missing and nothing left."""
    r = merge(None, life)
    for score in filter(None, said(r, heard(r, told)).values()):
        if not score["missing"] and not any("left" in line for line in score["items"]):
            weights = sum(F(line["weight"]) for line in score["items"])
            assert abs(weights - 100) <= F(len(score["items"]), 200)
        if score["results"]:
            capped = [F(line["capped"]) for line in score["items"] if F(line["weight"])]
            assert min(capped) <= F(score["results"]["score"]) <= max(capped)
            counts = [score["results"][name] for name in ("above", "meets", "below")]
            assert sum(counts) == sum(not line.get("brief") for line in score["items"]) > 0


@holds(st.sampled_from(sorted(MEASURES)), st.integers(0, 900), st.integers(0, 900), st.integers(-1, 300),
       st.sampled_from((None, 0.1, 0.5, 1, 3)), st.sampled_from((None, 6, 10)))
def test_a_hint_can_be_taken(code, realized, target, width, step, top):
    """Taken, it reaches the next class; a step less does not. What it asks is a whole number of steps, and lies within
    the range and below the greatest result. Where there is none, walking finds none."""
    code = indicator(code, **({"step": step} if step else {}), **({"result_max": top} if top else {}))
    realized = F(realized // 60) if code["measure"] == "count" else F(realized, 100)
    target = (F(target, 100),) if width < 0 else (F(target, 100), F(target + width, 100))
    step = F(str(step or (1 if code["measure"] == "count" else 0.01))) * (1 if code["direction"] == "more" else -1)
    def rating(figure):
        return oracle.rate(oracle.achieve(code["direction"], figure, target, F(120)), RULES_2026)
    now, order = rating(realized), ("BELOW", "MEETS", "ABOVE")
    got = oracle.hint(code, realized, target, RULES_2026)
    walk, at = None, realized
    for _ in range(2000 if now != "ABOVE" else 0):
        at += step
        if at < 0 or (len(target) > 1 and (at > target[1] if step > 0 else at < target[0])):
            break
        if order.index(rating(at)) > order.index(now):
            walk = None if top and at > top else at
            break
    assert (got and realized + F(got[0])) == walk
    assert not got or got[1] == order[order.index(now) + 1]


@holds(lives())
def test_a_file_loaded_twice_changes_nothing(life):
    r = merge(None, life)
    assert merge(r, life) == r
