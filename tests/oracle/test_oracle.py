"""The oracle's arithmetic against numbers worked by hand. If one fails, nothing it says of the services can be
trusted."""
from decimal import Decimal as D
from fractions import Fraction as F

import pytest

from . import oracle
from .hands import (NIP, absence, books, complete, done, event, figures, indicator, item, judge, line, message,
                    person, plan, position, posts, score)
from .oracle import RULES_2026, merge
from .worked import EXAMPLES

CAP = F(120)


def bounds(text):
    return tuple(F(part) for part in text.split(".."))


# --- figures, achievement, ratings

@pytest.mark.parametrize("value, want", [
    ("1.005", "1.01"), ("2.675", "2.68"), ("0.0049", "0.00"), ("-0.004", "0.00"), ("-0.005", "-0.01"),
    ("99.995", "100.00"), ("-1.005", "-1.01"), ("12345678901.2345", "12345678901.23"), ("0.075", "0.08")])
def test_half_up(value, want):
    assert oracle.two(F(value)) == want == oracle.two(oracle.exact(D(value)))


@pytest.mark.parametrize("direction, realized, target, want", [
    ("more", "38", "40", "95.00"), ("more", "1", "3", "33.33"), ("more", "2", "3", "66.67"),
    ("more", "60", "40", "150.00"), ("more", "0", "40", "0.00"), ("more", "-1", "40", "-2.50"),
    ("less", "15", "30", "150.00"), ("less", "30", "30", "100.00"), ("less", "33", "30", "90.00"),
    ("less", "61", "30", "0.00"), ("less", "0", "0", "100.00"), ("less", "0.01", "0", "0.00"),
    ("more", "5", "0", "120.00"), ("more", "0", "0", "100.00"), ("more", "-5", "0", "120.00"),
    ("more", "20", "20..30", "100.00"), ("more", "30", "20..30", "100.00"),
    ("more", "18", "20..30", "90.00"), ("more", "33", "20..30", "110.00"),
    ("less", "10", "2..8", "75.00"), ("less", "1", "2..8", "150.00"), ("less", "8", "2..8", "100.00"),
    ("less", "0.5", "0..0", "0.00"), ("less", "0", "0..0", "100.00"), ("less", "3", "0..4", "100.00"),
    ("more", "60", "60..60", "100.00"), ("more", "66", "60..60", "110.00"), ("more", "17999", "20000", "90.00")])
def test_achievement(direction, realized, target, want):
    assert oracle.two(oracle.achieve(direction, F(realized), bounds(target), CAP)) == want


def test_classes_by_lower_bounds_after_rounding():
    assert [oracle.rate(oracle.round2(F(a)), RULES_2026) for a in (
        "89.994", "89.995", "109.99", "109.995")] == ["BELOW", "MEETS", "MEETS", "ABOVE"]


@pytest.mark.parametrize("ratings, want", [
    ("AAM", "ABOVE"), ("AM", "MEETS"), ("AAB", "MEETS"), ("AAb", "ABOVE"), ("BBA", "BELOW"),
    ("BA", "MEETS"), ("BM", "MEETS"), ("b", "BELOW"), ("AAAB", "MEETS"), ("BBAA", "MEETS")])
def test_results_rating(ratings, want):
    """Upper case: MAIN results."""
    names = {"A": "ABOVE", "M": "MEETS", "B": "BELOW"}
    rated = [("MAIN" if r.isupper() else "ADDITIONAL", names[r.upper()]) for r in ratings]
    assert oracle.rate_results(rated, RULES_2026) == want


def test_all_nine_cells():
    table = {"ABOVE": "POOR GOOD VERY_GOOD", "MEETS": "POOR GOOD GOOD",
             "BELOW": "VERY_POOR NEEDS_IMPROVEMENT NEEDS_IMPROVEMENT"}
    for results, row in table.items():
        for behaviour, grade in zip(("BELOW", "MEETS", "ABOVE"), row.split()):
            assert oracle.propose(results, behaviour) == grade


# --- whole scores

@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.what)
def test_worked_examples(example):
    r = merge(None, example.registry())
    codes, intake = judge(*[message(e, topic=example.source) for e in example.events()], r=r)
    assert set(codes) == {"accepted"}
    for period, want in example.want.items():
        shown = example.shown(period, score(r, intake, period, example.nip))
        assert shown == want and list(shown[1]) == list(want[1]), period


def test_score_of_the_design():
    """Of 100 in the plan 40 are measured: they become the whole."""
    r = books([item("visits", 40, 40), item("doses", 100, 60)])
    assert score(r, done(r, ("2026-03-04", "visits", 1, 38))) == {
        "person": "p", "period": "2026-03", "ruleset": "2026.1", "plan": 1,
        "items": [{"indicator": "visits", "aspect": "productivity", "kind": "MAIN", "target": "40.00",
                   "realized": "38.00", "achievement": "95.00", "capped": "95.00", "rating": "MEETS",
                   "weight": "40.00", "contribution": "95.00", "events": 38}],
        "missing": ["doses"],
        "results": {"score": "95.00", "rating": "MEETS", "above": 0, "meets": 1, "below": 0},
        "behaviour": None, "proposed": None, "grade": None,
        "hints": [{"indicator": "visits", "need": "6", "to": "ABOVE"}]}


def test_contributions_by_weight():
    r = books([item("visits", 40, 40), item("doses", 100, 60)])
    s = score(r, done(r, ("2026-03-04", "visits", 1, 38), ("2026-03-04", "doses", 150)))
    assert figures(s, "capped", "weight", "contribution") == {
        "visits": ("95.00", "40.00", "38.00"), "doses": ("120.00", "60.00", "72.00")}
    assert s["results"] == {"score": "110.00", "rating": "MEETS", "above": 1, "meets": 1, "below": 0}


def test_results_are_not_the_sum_of_rounded_contributions():
    r = books([item(code, 1, 1) for code in ("visits", "doses", "marks")])
    s = score(r, done(r, ("2026-03-04", "visits", 1, 1), ("2026-03-04", "doses", 1), ("2026-03-04", "marks", 1)))
    assert [line["contribution"] for line in s["items"]] == ["33.33"] * 3
    assert s["results"]["score"] == "100.00"


def test_tiny_weights():
    """Weights below 1 count, and parts that do not add up are not made to."""
    r = books([item("doses", 100, 0.75), item("marks", 100, 0.75), item("stock", 100, 98.5)])
    s = score(r, done(r, ("2026-03-04", "doses", 80), ("2026-03-04", "marks", 92), ("2026-03-04", "stock", 87)))
    assert [line["contribution"] for line in s["items"]] == ["0.60", "0.69", "85.70"]
    assert s["results"] == {"score": "86.99", "rating": "BELOW", "above": 0, "meets": 1, "below": 2}


@pytest.mark.parametrize("code, works, want", [
    ("visits", [(7, 1), (0, 1)], "2.00"), ("doses", [(1.0045, 1), (2.0005, 1)], "3.01"),
    ("wait", [(1, 1), (2, 2)], "1.67"), ("stock", [(5, 1), (9, 1)], "9.00"), ("doses", [(-3, 1), (1, 1)], "-2.00")])
def test_realized(code, works, want):
    r = books([item(code, 10)])
    s = score(r, done(r, *[("2026-03-04", code, *w) for w in works]))
    assert s["items"][0]["realized"] == want


def test_ratio_of_the_sums():
    r = books([item("referral", 90)])
    s = score(r, done(r, ("2026-03-04", "referral", 1, 1, {"of": 3}), ("2026-03-04", "referral", 1, 1, {"of": 4})))
    assert s["items"][0]["realized"] == "28.57"


def test_latest_by_time_then_source_then_id():
    """Bytewise, and the source is its code whatever name of it the event bears."""
    r = books([item("stock", 10)], sources=[
        {"code": code, "name": code, "indicators": ["stock"], "uris": uris}
        for code, uris in (("beta", ["zz:beta"]), ("Gamma", []), ("alpha", ["zzz:alpha"]))])
    told = [("alpha", "\u00e9", 1, 4), ("beta", "b", 2, 4), ("beta", "B", 3, 4), ("Gamma", "zz", 4, 4),
            ("zz:beta", "\U0001f600", 5, 4), ("zzz:alpha", "\U0001f600x", 6, 4), ("alpha", "late", 7, 3)]
    best = {1: "1.00", 2: "2.00", 3: "2.00", 4: "2.00", 5: "5.00", 6: "5.00", 7: "5.00"}
    for n in best:
        events = [event(id, time=f"2026-03-0{day}T08:00:00.000001+07:00", source=source, indicator="stock", value=value)
                  for source, id, value, day in told[:n]]
        topics = [{"zz:beta": "beta", "zzz:alpha": "alpha"}.get(e["source"], e["source"]) for e in events]
        codes, intake = judge(*[message(e, topic=t) for e, t in zip(events, topics)][::-1], r=r)
        assert set(codes) == {"accepted"}
        assert score(r, intake)["items"][0]["realized"] == best[n]


# --- missing, declared, silent units

def test_missing_is_not_zero_unless_declared():
    r = books()
    intake = done(r, ("2026-03-04", "visits", 1, 1), said=complete("a", "doses", "2026-03"))
    assert figures(score(r, intake), "realized", "events")["doses"] == ("0.00", 0)
    assert score(r, intake, "2026-Q1")["missing"] == ["doses"]  # two months are not declared
    intake.receive(r, message(event("r", "revoked", subject="a", replaces="c-a-doses-2026-03", reason="x")))
    assert score(r, intake)["missing"] == ["doses"]


def test_only_what_adds_up_can_be_declared_nothing():
    r = books([item("visits", 1, 1), item("wait", 5, 1), item("referral", 5, 1), item("stock", 5, 1)])
    said = [c for code in ("wait", "referral", "stock") for c in complete("a", code, "2026-03")]
    assert score(r, done(r, ("2026-03-04", "visits"), said=said))["missing"] == ["wait", "referral", "stock"]


MOVED = [("2026-01-01", "a", item("visits", 30)), ("2026-05-01", "b", item("visits", 30, 100, "ADDITIONAL"))]


@pytest.mark.parametrize("where, said, left, target, weight", [
    ("2026-05-05", [], ["a"], "60.00", "67.03"),  # 61 of 91 days
    ("2026-05-05", complete("a", "visits", "2026-04"), None, "90.00", "100.00"),
    ("2026-05-05", complete("a", "visits", "2026-05"), ["a"], "60.00", "67.03"),  # there, but not then
    ("2026-04-05", [], ["b"], "30.00", "32.97"),
    ("2026-04-05", complete("b", "visits", "2026-05"), ["b"], "30.00", "32.97"),  # half declared
    ("2026-04-05", complete("b", "visits", "2026-05", "2026-06"), None, "90.00", "100.00")])
def test_one_of_two_units_is_silent(where, said, left, target, weight):
    """What it left is not in the target, the weight or the kind; one event measures all of a unit's stretches."""
    r = posts(*MOVED)
    s = score(r, done(r, (where, "visits", 1, 3), said=said), "2026-Q2")
    kind = "MAIN" if left == ["b"] else "ADDITIONAL"
    assert figures(s, "left", "target", "weight", "kind", "events") == {"visits": (left, target, weight, kind, 3)}


def test_silent_in_both_units_is_missing():
    r = posts(*[(since, unit, *items, item("letters", 5)) for since, unit, *items in MOVED])
    intake = done(r, ("2026-05-05", "letters"), said=complete("b", "visits", "2026-05"))
    assert score(r, intake, "2026-Q2")["missing"] == ["visits"]
    s = score(r, done(r, ("2026-05-05", "letters"), said=complete("b", "visits", "2026-05", "2026-06")), "2026-Q2")
    assert figures(s, "left", "realized", "target")["visits"] == (["a"], "0.00", "60.00")


def test_a_mean_cannot_be_declared_for_the_silent_unit():
    r = posts(("2026-01-01", "a", item("wait", 30)), ("2026-05-01", "b", item("wait", 20)))
    s = score(r, done(r, ("2026-05-05", "wait", 10), said=complete("a", "wait", "2026-04")), "2026-Q2")
    assert figures(s, "left", "target", "weight") == {"wait": (["a"], "20.00", "67.03")}


@pytest.mark.parametrize("code, target, want", [
    ("visits", 0.49, None), ("visits", 0.5, "0.00"), ("visits", [0.4, 3], None), ("visits", [0.5, 3], "0.00"),
    ("doses", 0.3, "0.00"), ("errors", 0.3, "200.00"), ("errors", 0, "100.00"), ("visits", 0.495, "0.00")])
def test_nobody_owes_a_fraction_of_one(code, target, want):
    r = books([item(code, target, 1), item("marks", 1, 1)])
    s = score(r, done(r, ("2026-03-04", "marks"), said=complete("a", code, "2026-03")))
    assert figures(s, "achievement").get(code, (None,)) == (want,)
    assert (code in s["missing"]) == (want is None)


def test_a_fraction_of_one_is_owed_with_its_event():
    r = books([item("visits", 0.01)], positions=[position("nurse", item("marks", 1)),
                                                 position("other", item("visits", 0.01), item("marks", 1))],
              people=[person(), person("2026-04-17", position="other")])
    s = score(r, done(r, ("2026-04-20", "visits"), ("2026-04-20", "marks")), "2026-04")
    assert figures(s, "target", "achievement", "capped", "rating")["visits"] == (  # 0.01·14/30
        "0.00", "120.00", "120.00", "ABOVE")


def test_nothing_measured_and_nobody_there():
    r = books()
    intake = done(r, ("2026-03-04", "visits"))
    assert score(r, intake, "2026-04") is None
    march = absence("2026-03-01", "2026-03-31")
    assert score(books(absences=[march]), intake) is None
    assert score(books(absences=[march]), intake, "2026-Q1") is None  # its work went with March
    for status in ("DRAFT", "SUBMITTED", "WITHDRAWN"):
        assert score(books(plans=[plan(status=status)]), intake) is None


def test_items_without_weight():
    r = books([item("visits", 1, 0), item("doses", 1, 5)])
    s = score(r, done(r, ("2026-03-04", "visits")))
    assert (s["results"], s["items"][0]["contribution"], s["items"][0]["achievement"]) == (None, "0.00", "100.00")
    r = books([item("visits", 1, 0.04), item("doses", 1, 1000)])  # 0.004 %
    s = score(r, done(r, ("2026-03-04", "visits")))
    assert (s["results"], s["items"][0]["weight"]) == (None, "0.00")


# --- targets over days

def amended(*versions, **changes):
    """One post, and a plan with other items from day to day: (from, items…)."""
    return books(plans=[plan(since, *items) for since, *items in versions], **changes)


@pytest.mark.parametrize("code, versions, period, want", [
    ("doses", [(None, 60), ("2026-03-01", 30)], "2026-Q1", "150.00"),
    ("doses", [(None, 10), ("2026-03-02", 20)], "2026-03", "19.68"),  # (10 + 20·30)/31, rounded once
    ("doses", [(None, 10), ("2026-03-02", 20), ("2026-03-03", 10)], "2026-03", "10.32"),  # there and back
    ("doses", [(None, 40), ("2026-04-16", [20, 30])], "2026-04", ["30.00", "35.00"]),
    ("doses", [(None, [20, 30]), ("2026-02-01", 28)], "2026-Q1", ["76.00", "86.00"]),  # 20 + 28 + 28, 30 + 28 + 28
    ("visits", [(None, 1), ("2026-04-03", 2)], "2026-04", "1.93"),  # (1·2 + 2·28)/30
    ("errors", [(None, 4), ("2026-04-16", 0)], "2026-04", "2.00")])
def test_targets_by_days(code, versions, period, want):
    r = amended(*[(since, item(code, target)) for since, target in versions])
    s = score(r, done(r, (f"{r.stretches(NIP, '2026-04')[0].days[0]}", code), ("2026-03-10", code)), period)
    assert s["items"][0]["target"] == want


def test_leap_february():
    rules = {"version": "2024.1", "from": "2024-01-01", "cap": 100, "below_under": 90, "above_from": 110, "most": 0.5}
    r = books(people=[person("2024-01-01")], rulesets=[rules], plans=[
        plan("2024-01-01", item("doses", 29), year=2024), plan("2024-02-15", item("doses", 58), year=2024)])
    s = score(r, done(r, ("2024-02-29", "doses", 44)), "2024-02")  # 14 days of 1, 15 of 2
    assert figures(s, "target", "achievement") == {"doses": ("44.00", "100.00")}
    assert s["ruleset"] == "2024.1"


def test_absent_days_ask_for_nothing():
    """2–13 February away: 16 of 28 days."""
    r = books([item("doses", 40, 1), item("visits", [20, 30], 1), item("wait", [20, 30], 1)],
              absences=[absence("2026-02-02", "2026-02-13")])
    intake = done(r, ("2026-02-01", "doses"), ("2026-02-01", "visits"), ("2026-02-01", "wait"))
    assert figures(score(r, intake, "2026-02"), "target") == {
        "doses": ("22.86",), "visits": (["11.43", "17.14"],), "wait": (["20.00", "30.00"],)}
    assert figures(score(r, intake, "2026-Q1"), "target")["doses"] == ("102.86",)


def test_each_month_is_rounded_then_summed():
    """3.33 + 10.00 + 3.33: a third of April and of June."""
    r = books([item("doses", 10)], absences=[absence("2026-04-11", "2026-04-30"), absence("2026-06-11", "2026-06-30")])
    assert figures(score(r, done(r, ("2026-05-05", "doses", 16.66)), "2026-Q2"), "target", "achievement") == {
        "doses": ("16.66", "100.00")}


@pytest.mark.parametrize("code, works, target, realized", [
    ("wait", [("2026-04-10", 20, 2), ("2026-04-20", 30, 1)], "26.67", "23.33"),  # 20 and 40 are the targets
    ("wait", [("2026-04-10", 20, 1)], "20.00", "20.00"),
    ("stock", [("2026-04-15", 7, 1), ("2026-04-16", 9, 1)], "40.00", "9.00"),
    ("stock", [("2026-04-15T23:59:59.999999+07:00", 7, 1), ("2026-04-01", 9, 1)], "20.00", "7.00"),
    ("stock", [("2026-04-15T17:00:00Z", 7, 1)], "40.00", "7.00")])  # the 16th in Pontianak
def test_targets_by_events(code, works, target, realized):
    r = amended((None, item(code, 20)), ("2026-04-16", item(code, 40)))
    s = score(r, done(r, *[(day, code, value, times) for day, value, times in works]), "2026-04")
    assert figures(s, "target", "realized") == {code: (target, realized)}


def test_target_of_a_ratio_by_what_it_is_of():
    r = amended((None, item("referral", 90)), ("2026-04-16", item("referral", 50)))
    s = score(r, done(r, ("2026-04-10", "referral", 9, 1, {"of": 10}), ("2026-04-20", "referral", 15, 1, {"of": 30})),
              "2026-04")
    assert figures(s, "target", "realized", "achievement") == {"referral": ("60.00", "60.00", "100.00")}


def test_ranges_beside_numbers_in_a_mean():
    """A range that no event met does not make a range of the number."""
    r = amended((None, item("marks", 60)), ("2026-04-16", item("marks", [20, 30])))
    first, both = ("2026-04-10", "marks", 60), ("2026-04-20", "marks", 42)
    assert figures(score(r, done(r, first), "2026-04"), "target") == {"marks": ("60.00",)}
    s = score(r, done(r, first, both), "2026-04")
    assert figures(s, "target", "realized", "achievement") == {"marks": (["40.00", "45.00"], "51.00", "113.33")}
    assert figures(score(r, done(r, both), "2026-04"), "target") == {"marks": (["20.00", "30.00"],)}


def test_less_with_nothing_allowed_in_one_stretch():
    r = amended((None, item("errors", 4)), ("2026-04-16", item("errors", 0)))
    s = score(r, done(r, ("2026-04-20", "errors")), "2026-04")
    assert figures(s, "target", "achievement") == {"errors": ("2.00", "150.00")}
    s = score(r, done(r, ("2026-05-20", "errors")), "2026-05")
    assert figures(s, "target", "achievement", "rating") == {"errors": ("0.00", "0.00", "BELOW")}


# --- posts

def test_events_count_on_days_that_have_the_item():
    """Not before it was held, not after, not on an absent day; the last moment of a day is its own."""
    r = posts(("2026-01-01", "a", item("visits", 30)), ("2026-04-16", "a", item("letters", 30)),
              absences=[absence("2026-04-10", "2026-04-10"), absence("2026-04-30", "2026-04-30")])
    intake = done(r, ("2026-04-09", "letters"), ("2026-04-15T23:59:59.999999+07:00", "letters"),
                  ("2026-04-15T17:00:00Z", "letters"), ("2026-04-30", "letters", 1, 5), ("2026-04-10", "visits", 1, 7),
                  ("2026-04-15T23:59:59.999999+07:00", "visits"), ("2026-04-16", "visits", 1, 3))
    assert figures(score(r, intake, "2026-04"), "events", "target") == {
        "letters": (1, "14.00"), "visits": (1, "14.00")}


def test_twice_in_a_quarter():
    """10, 40 and 41 of 91 days; the latest first."""
    r = posts(("2026-01-01", "a", item("visits", 30)), ("2026-04-11", "a", item("letters", 30)),
              ("2026-05-21", "a", item("doses", 30)))
    s = score(r, done(r, ("2026-04-10", "visits"), ("2026-04-11", "letters"), ("2026-05-21", "doses")), "2026-Q2")
    assert list(figures(s, "weight", "target").items()) == [
        ("doses", ("45.05", "40.65")), ("letters", ("43.96", "39.35")), ("visits", ("10.99", "10.00"))]


def test_there_and_back_again():
    r = posts(("2026-01-01", "a", item("visits", 31)), ("2026-08-05", "b", item("letters", 31)),
              ("2026-08-20", "a", item("visits", 31)))
    s = score(r, done(r, ("2026-08-04", "visits"), ("2026-08-05", "letters")), "2026-08")
    assert list(figures(s, "weight", "target").items()) == [
        ("visits", ("51.61", "16.00")), ("letters", ("48.39", "15.00"))]


def test_absent_over_a_transfer():
    r = posts(("2026-01-01", "a", item("visits", 30)), ("2026-04-16", "a", item("letters", 30)),
              absences=[absence("2026-04-10", "2026-04-20")])
    s = score(r, done(r, ("2026-04-09", "visits", 1, 9), ("2026-04-21", "letters", 1, 10)), "2026-04")
    assert figures(s, "weight", "target", "achievement") == {
        "letters": ("52.63", "10.00", "100.00"), "visits": ("47.37", "9.00", "100.00")}


def test_order_of_items():
    """That of the last stretch, then what only earlier ones have, later ones first."""
    r = posts(("2026-01-01", "a", item("marks", 1), item("errors", 1), item("stock", 1)),
              ("2026-04-10", "a", item("doses", 1), item("stock", 1), item("hours", 1)),
              ("2026-04-20", "a", item("letters", 1), item("doses", 1), item("visits", 1)))
    s = score(r, done(r, *[("2026-04-09", code) for code in ("marks", "errors", "stock")],
                      ("2026-04-19", "hours"), ("2026-04-19", "doses"), ("2026-04-21", "letters")), "2026-04")
    assert [line["indicator"] for line in s["items"]] == ["letters", "doses", "stock", "hours", "marks", "errors"]
    assert s["missing"] == ["visits"]


@pytest.mark.parametrize("day, want", [
    ("2026-04-15", "ADDITIONAL"), ("2026-04-16", "ADDITIONAL"), ("2026-04-17", "MAIN")])
def test_kind_is_that_of_most_days_at_a_tie_the_last(day, want):
    r = amended((None, item("visits", 1)), (day, item("visits", 1, 1, "ADDITIONAL")))
    assert score(r, done(r, ("2026-04-01", "visits")), "2026-04")["items"][0]["kind"] == want


def test_weights_of_different_sums():
    """25 of 100 on 31 days, 75 of 100 on 28."""
    r = amended((None, item("visits", 1, 1), item("doses", 1, 3)),
                ("2026-02-01", item("visits", 1, 300), item("doses", 1, 100)),
                ("2026-03-01", item("visits", 1, 1), item("doses", 1, 3)),
                absences=[absence("2026-03-01", "2026-03-31")])
    s = score(r, done(r, ("2026-01-01", "visits"), ("2026-01-01", "doses")), "2026-Q1")
    assert figures(s, "weight") == {"visits": ("48.73",), "doses": ("51.27",)}


def test_an_item_of_one_month_of_twelve():
    r = amended((None, item("visits", 1)), ("2026-10-01", item("visits", 1, 50), item("doses", 1, 50)),
                ("2026-11-01", item("visits", 1)))
    s = score(r, done(r, ("2026-01-01", "visits", 1, 12), ("2026-10-01", "doses")), "2026")
    assert figures(s, "weight", "brief", "target") == {  # 31 of 365 days
        "visits": ("95.75", None, "12.00"), "doses": ("4.25", True, "1.00")}


@pytest.mark.parametrize("day, period, brief", [
    ("2026-09-28", "2026-09", False), ("2026-09-28", "2026-Q3", True), ("2026-09-29", "2026-09", True)])
def test_brief_posts_weigh_and_do_not_rate(day, period, brief):
    """3 of 30 days are not less than a tenth."""
    r = posts(("2026-01-01", "a", item("visits", 1)), (day, "a", item("doses", 1000)))
    s = score(r, done(r, ("2026-07-01", "visits"), ("2026-09-01", "visits", 1, 2), ("2026-09-30", "doses")), period)
    assert (line(s, "doses")["rating"], line(s, "doses").get("brief", False)) == ("BELOW", brief)
    assert s["results"]["below"] == (not brief) and s["results"]["above"] + s["results"]["meets"] == 1
    assert F(s["results"]["score"]) < F(line(s, "visits")["capped"])


def test_all_of_them_brief_and_none_is():
    """A month each of twelve at another post; the two that did little are most of the three that are measured."""
    codes = ["visits", "letters", "doses", "marks", "stock", "referral", "secret", "errors", "hours", "wait", "cold"]
    r = posts(*[(f"2026-{n + 1:02}-01", "a", item(code, 10)) for n, code in enumerate(codes)])
    s = score(r, done(r, ("2026-01-05", "visits", 1, 10), ("2026-02-05", "letters"), ("2026-03-05", "doses")), "2026")
    assert figures(s, "brief", "rating") == {
        "doses": (None, "BELOW"), "letters": (None, "BELOW"), "visits": (None, "MEETS")}
    assert (s["results"]["rating"], s["results"]["below"], s["results"]["meets"]) == ("BELOW", 2, 1)


def test_what_left_makes_brief():
    """Held for a quarter, measured in its last five days alone."""
    r = posts(("2026-01-01", "a", item("visits", 30), item("doses", 1)),
              ("2026-06-26", "b", item("visits", 30), item("doses", 1)))
    s = score(r, done(r, ("2026-06-30", "visits"), ("2026-04-01", "doses"), ("2026-06-30", "doses")), "2026-Q2")
    assert figures(s, "brief", "left", "target")["visits"] == (True, ["a"], "5.00")
    assert figures(s, "brief", "left")["doses"] == (None, None)


def test_brief_is_the_rule_sets():
    r = books(rulesets=[{**RULES_2026, "version": "2026.2", "brief": 0.5}],
              people=[person(), person("2026-04-16", position="other")],
              positions=[position("nurse", item("visits", 1)), position("other", item("doses", 1))])
    s = score(r, done(r, ("2026-04-01", "visits"), ("2026-04-16", "doses")), "2026-04")
    assert figures(s, "brief") == {"doses": (None,), "visits": (None,)}  # half is not less than half
    s = score(r, done(r, ("2026-03-01", "visits"), ("2026-04-16", "doses")), "2026-Q2")
    assert figures(s, "brief") == {"doses": (None,)}


def test_a_plan_withdrawn():
    """What stood until then stands; days without a plan ask for nothing and are nobody's weight."""
    r = amended((None, item("visits", 31)))
    r = merge(r, {"plans": [plan("2026-03-16", status="WITHDRAWN")]})
    s = score(r, done(r, ("2026-03-15", "visits", 1, 15), ("2026-03-16", "visits", 1, 9)))
    assert figures(s, "target", "realized", "weight") == {"visits": ("15.00", "15.00", "100.00")}
    assert s["plan"] == 1
    assert score(r, done(r, ("2026-04-01", "visits")), "2026-04") is None
    quarter = score(r, done(r, ("2026-03-15", "visits")), "2026-Q1")
    assert figures(quarter, "target") == {"visits": ("77.00",)}


def test_plan_is_that_of_the_last_stretch_with_items():
    r = books(plans=[plan(), plan("2026-03-10", item("visits", 5)), plan("2026-03-20", status="WITHDRAWN")])
    intake = done(r, ("2026-03-01", "visits"), ("2026-02-01", "visits"))
    assert [score(r, intake, p)["plan"] for p in ("2026-02", "2026-03", "2026-Q1")] == [1, 2, 2]


# --- hints

@pytest.mark.parametrize("code, realized, target, more, want", [
    ("visits", "38", "40", {}, ("6", "ABOVE")), ("visits", "44", "40", {}, None),
    ("referral", "80.51", "90", {}, ("0.49", "MEETS")), ("wait", "31.01", "30", {}, ("-4.01", "ABOVE")),
    ("errors", "5", "4", {}, ("-1", "MEETS")), ("errors", "3", "0", {}, ("-3", "MEETS")),
    ("cold", "0.05", "0", {}, ("-0.05", "MEETS")), ("cold", "0.05", "0", {"step": 0.1}, None),
    ("cold", "0", "0", {}, None), ("marks", "36.66", "33.33", {}, ("0.01", "ABOVE")),
    ("visits", "0", "0.01", {}, ("1", "MEETS")), ("doses", "-5", "10", {}, ("14.00", "MEETS")),
    ("doses", "0", "0", {}, ("0.01", "ABOVE")),
    # none that leads out of a range
    ("marks", "25", "20..30", {}, None), ("marks", "15", "20..30", {}, ("3.00", "MEETS")),
    ("marks", "19", "20..30", {}, None), ("marks", "31", "20..30", {}, None),
    ("marks", "5", "6..6", {}, ("0.40", "MEETS")),
    ("wait", "40", "20..30", {}, ("-7.00", "MEETS")), ("wait", "19", "20..30", {}, None),
    ("wait", "20", "0..30", {}, None), ("visits", "0", "0.7..0.9", {}, None),
    # none beyond the greatest result
    ("referral", "97", "90", {"result_max": 100}, ("2.00", "ABOVE")),
    ("referral", "95", "97", {"result_max": 100}, None),
    ("referral", "80", "97", {"result_max": 100}, ("7.30", "MEETS")),
    ("referral", "97", "90", {"result_max": 99}, ("2.00", "ABOVE")),
    ("referral", "97", "90", {"result_max": 98.99}, None),
    # in whole steps
    ("doses", "30", "40", {"step": 1}, ("6.00", "MEETS")), ("doses", "30", "40", {"step": 10}, ("10.00", "MEETS")),
    ("cold", "33.2", "30", {"step": 0.5}, ("-0.50", "MEETS")), ("visits", "1", "40", {"step": 5}, ("35", "MEETS")),
    ("hours", "0.4", "0.3", {"step": 1}, None), ("hours", "1.4", "0.3", {"step": 1}, None)])
def test_hints(code, realized, target, more, want):
    assert oracle.hint(indicator(code, **more), F(realized), bounds(target), RULES_2026) == want


def test_hints_of_another_rule_set():
    """Where no change can reach the next class there is none."""
    low_cap = {**RULES_2026, "cap": 105}
    assert oracle.hint(indicator("doses"), F(0), (F(0),), low_cap) is None
    generous = {**RULES_2026, "above_from": 100}
    assert oracle.hint(indicator("marks"), F(19), (F(20), F(30)), generous) == ("1.00", "ABOVE")
    strict = {**RULES_2026, "above_from": 250}
    assert oracle.hint(indicator("wait"), F(1), (F(2),), strict) is None  # 0 makes 200
