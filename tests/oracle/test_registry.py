"""The registry in versions: what files that are loaded one after the other make of a person's days, and the cases from
the field about them."""
import json
from datetime import date

import pytest

from .city import City
from .hands import (NIP, OTHER, absence, books, done, event, figures, file, item, judge, message, person, plan,
                    position, score)
from .oracle import RULES_2026, Refused, merge

MARCH = ("2026-03-04", "doses", 38)


def one(target=40, **changes):
    return books([item("doses", target)], **changes)


def targets(r, intake, *periods):
    return [figures(found, "target")["doses"][0] if found else None
            for found in (score(r, intake, period) for period in periods)]


# --- assignments

def test_the_next_ends_the_one_before_and_nothing_resumes():
    """Whether it had an end or not."""
    r = merge(books(), {"people": [person("2026-03-10"), person("2026-05-01", until="2026-05-31"),
                                   person("2026-01-15", until="2026-12-31")]})
    assert [(first, last) for first, last, _ in r.assignments(NIP)] == [
        ("2026-01-01", "2026-01-14"), ("2026-01-15", "2026-03-09"), ("2026-03-10", "2026-04-30"),
        ("2026-05-01", "2026-05-31")]
    assert r.assignment(NIP, date(2026, 6, 1)) is None


def test_an_assignment_taken_back():
    """The one before goes on as if the other had never been; taken back once more, nothing happens."""
    r = merge(books(), {"people": [person("2026-03-10", "b")]})
    back = {"people": [{"nip": NIP, "from": "2026-03-10", "removed": True}]}
    for _ in range(2):
        r = merge(r, back)
        assert r == books()
    r = merge(r, {"people": [person("2026-04-01", "b"), {"nip": NIP, "from": "2026-04-01", "removed": True}]})
    assert [row["from"] for _, _, row in r.assignments(NIP)] == ["2026-01-01", "2026-04-01"]  # removals come first


def test_stretches():
    """Cut where post, plan or the post's items change; a day away cuts nothing."""
    r = books(people=[person(), person("2026-03-10", "b")], absences=[absence("2026-03-15", "2026-03-16")],
              positions=[position("nurse", item("visits", 1), **{"from": None}),
                         position("nurse", item("doses", 1), **{"from": "2026-03-20"})],
              plans=[plan(), plan("2026-03-25", item("marks", 1)), plan("2026-03-28", status="WITHDRAWN")])
    assert [(s.unit, s.plan, list(s.items), s.days[0].day, len(s.days)) for s in r.stretches(NIP, "2026-03")] == [
        ("a", 1, ["visits"], 1, 9), ("b", 1, ["visits"], 10, 8), ("b", 1, ["doses"], 20, 5), ("b", 2, ["marks"], 25, 3),
        ("b", None, [], 28, 4)]


# --- positions

def test_position_rewrites_no_past():
    """From now on 20 a month: January stays what people were told."""
    r = one()
    intake = done(r, ("2026-01-20", "doses", 38), ("2026-07-20", "doses", 38), ("2026-08-20", "doses", 38))
    july = merge(r, {"positions": [position("nurse", item("doses", 20))]}, date(2026, 7, 14))
    assert targets(july, intake, "2026-01", "2026-07", "2026-Q1") == ["40.00", "20.00", "120.00"]
    assert figures(score(july, intake, "2026-01"), "achievement") == {"doses": ("95.00",)}
    assert merge(july, {"positions": [position("nurse", item("doses", 20))]}, date(2026, 8, 3)) == july


def test_position_versions():
    r = one()
    intake = done(r, ("2026-01-20", "doses"), ("2026-03-20", "doses"), ("2026-05-20", "doses"))
    def load(r, target, **since):
        return merge(r, {"positions": [position("nurse", item("doses", target), **since)]}, date(2026, 11, 25))
    r = load(r, 62, **{"from": "2026-03-16"})
    assert targets(r, intake, "2026-01", "2026-03", "2026-05") == ["40.00", "51.35", "62.00"]  # (40·15 + 62·16)/31
    r = load(r, 31, **{"from": "2026-03-16"})  # replaced
    assert targets(r, intake, "2026-01", "2026-03", "2026-05") == ["40.00", "35.35", "31.00"]
    r = load(r, 10, **{"from": None})  # the first
    assert targets(r, intake, "2026-01", "2026-03", "2026-05") == ["10.00", "20.84", "31.00"]


def test_a_file_of_several_versions_changes_nothing_when_loaded_again():
    rows = [position("nurse", item("doses", 40)), position("nurse", item("doses", 60), **{"from": "2026-03-16"})]
    r = one(positions=rows)
    assert merge(r, {"positions": rows}, date(2026, 11, 25)) == r
    rows[0] = position("nurse", item("doses", 50))
    r = merge(r, {"positions": rows}, date(2026, 11, 25))
    assert sorted(r.positions["nurse"]) == ["", "2026-03-16", "2026-11-01"]
    assert merge(r, {"positions": rows}, date(2026, 12, 25)) == r


# --- plans

def test_plans_from_day_to_day():
    r = one(plans=[plan(), plan("2026-03-16", item("doses", 62)), plan("2026-05-01", status="WITHDRAWN"),
                   plan("2026-06-16")])
    intake = done(r, *[(f"2026-0{m}-20", "doses") for m in (1, 3, 4, 5, 6)])
    assert targets(r, intake, "2026-01", "2026-03", "2026-04", "2026-05", "2026-06") == [
        "40.00", "51.35", "62.00", None, "20.00"]
    r = merge(r, {"plans": [plan("2026-02-01", item("doses", 5))]})  # said last, and not from the latest day
    assert targets(r, intake, "2026-01", "2026-03", "2026-04", "2026-06") == ["40.00", "34.42", "62.00", "20.00"]


def test_drafts_change_nothing():
    r = one()
    intake = done(r, MARCH)
    before = score(r, intake), score(r, intake, "2026")
    for status in ("DRAFT", "SUBMITTED"):
        for since in (None, "2026-03-01"):
            r = merge(r, {"plans": [plan(since, item("doses", 60), status=status)]})
    assert len(r.plans[NIP, 2026]) == 5  # they are kept
    assert (score(r, intake), score(r, intake, "2026")) == before
    assert targets(merge(r, {"plans": [plan("2026-11-01", item("doses", 60))]}), intake, "2026-03") == ["40.00"]
    assert merge(r, {"plans": [plan()]}) == r  # what was agreed is agreed already


def test_of_agreed_and_withdrawn_from_one_day_the_later_row_holds():
    r = one(plans=[plan(), plan("2026-03-01", status="WITHDRAWN"), plan("2026-03-01", item("doses", 5))])
    intake = done(r, MARCH)
    assert targets(r, intake, "2026-03") == ["5.00"]
    r = merge(r, {"plans": [plan("2026-03-01", status="WITHDRAWN")]})
    assert score(r, intake) is None
    assert [p["version"] for p in r.plans[NIP, 2026]] == [1, 2, 3, 4]


def test_plan_versions_and_files_loaded_twice():
    rows = [plan(), plan(None, item("doses", 5)), plan(None, item("doses", 9), status="DRAFT"), plan("2026-07-01"),
            plan()]
    r = one(plans=rows)
    assert [p["version"] for p in r.plans[NIP, 2026]] == [1, 2, 3, 4, 5]
    assert merge(r, {"plans": rows}) == r
    assert merge(r, {"plans": rows[-1:]}) == r
    assert len(merge(r, {"plans": rows[:2]}).plans[NIP, 2026]) == 6  # other content again


def test_items_of_ones_own_outlive_a_transfer():
    r = books(plans=[plan(None, item("doses", 31))], people=[person(), person("2026-03-10", "b", "clerk")],
              positions=[position("nurse", item("visits", 1)), position("clerk", item("letters", 1))])
    s = score(r, done(r, ("2026-03-09", "doses"), ("2026-03-10", "doses"), ("2026-03-10", "letters")))
    assert figures(s, "target", "weight", "events") == {"doses": ("31.00", "100.00", 2)}


def test_the_rule_set_of_the_last_day():
    r = one(rulesets=[{**RULES_2026, "version": "2026.2", "from": "2026-06-30", "cap": 100}])
    intake = done(r, MARCH, ("2026-06-01", "doses"))
    assert [score(r, intake, p)["ruleset"] for p in ("2026-03", "2026-Q1", "2026-06", "2026-Q2", "2026")] == [
        "2026.1", "2026.1", "2026.2", "2026.2", "2026.2"]
    assert score(one(people=[person("2025-01-01")], plans=[plan(year=2025)]), done(
        one(people=[person("2025-01-01")]), ("2025-12-31", "doses")), "2025-12") is None


# --- absences

def test_a_leave_moved_then_called_off():
    """Case 23: 16 of 28 days, then 19, then all."""
    r = one(absences=[absence("2026-02-02", "2026-02-13", "cuti tahunan")])
    intake = done(r, ("2026-02-20", "doses", 20))
    moved = absence("2026-02-05", "2026-02-13", "cuti tahunan")
    def shown(r):
        return figures(score(r, intake, "2026-02"), "target", "achievement")["doses"]
    assert shown(r) == ("22.86", "87.49")
    with pytest.raises(Refused, match="2026-02-02 to 2026-02-13 and 2026-02-05 to 2026-02-13"):
        merge(r, {"absences": [moved]})
    for rows in ([{"nip": NIP, "from": "2026-02-02", "removed": True}, moved],
                 [moved, {"nip": NIP, "from": "2026-02-02", "removed": True}]):
        assert shown(merge(r, {"absences": rows})) == ("27.14", "73.69")
    r = merge(r, {"absences": rows})
    r = merge(r, {"absences": [{"nip": NIP, "from": "2026-02-05", "removed": True}]})
    assert shown(r) == ("40.00", "50.00")


def test_the_same_absence_has_a_new_end():
    r = one(absences=[absence("2026-02-02", "2026-02-13"), absence("2026-02-14", "2026-02-15", "other")])
    assert len(merge(r, {"absences": [absence("2026-02-02", "2026-02-12")]}).absences[NIP]) == 2
    for row in (absence("2026-02-02", "2026-02-14"), absence("2026-02-02", "2026-02-10", "other")):
        with pytest.raises(Refused):
            merge(r, {"absences": [row]})


# --- numbers

def test_a_corrected_nip():
    """Case 22: one person, whichever number an event or a file bears."""
    r = one()
    _, intake = judge(event("a", indicator="doses"), r=r)
    row = {**person(nip=OTHER), "was": NIP}
    corrected = merge(r, {"people": [row]})
    assert list(corrected.people) == [OTHER] and corrected.person(NIP) == corrected.person(OTHER) == OTHER
    intake.receive(corrected, message(event("b", indicator="doses", subject=OTHER)))
    intake.receive(corrected, message(event("c", indicator="doses", subject=NIP)))
    assert figures(score(corrected, intake, nip=OTHER), "realized", "events") == {"doses": ("3.00", 3)}
    again = merge(corrected, {"people": [row]})
    assert again == corrected
    old = merge(corrected, file([item("doses", 40)]))  # an office's file that still has the old number
    assert (list(old.people), len(old.people[OTHER]), len(old.plans)) == ([OTHER], 1, 1)
    r = merge(corrected, {"absences": [absence("2026-03-01", "2026-03-31")]})
    assert score(r, intake, nip=OTHER) is None


def test_was_somebody_else():
    r = one(people=[person(), person(nip=OTHER)])
    with pytest.raises(Refused, match=f"{OTHER} is not {NIP}"):
        merge(r, {"people": [{**person(nip=OTHER), "was": NIP}]})


def test_a_number_corrected_twice_and_back():
    third = "199001232015051001"
    def becomes(r, nip, was):
        return merge(r, {"people": [{**person(nip=nip), "was": was}]})
    r = becomes(becomes(one(), OTHER, NIP), third, NIP)  # by the first of its names
    assert list(r.people) == [third] and {r.person(n) for n in (NIP, OTHER, third)} == {third}
    r = becomes(r, NIP, third)
    assert list(r.people) == [NIP] and {r.person(n) for n in (NIP, OTHER, third)} == {NIP}
    assert (len(r.plans), len(r.people[NIP])) == (1, 1)


# --- the city's own files

@pytest.mark.parametrize("seed", [1, 4])
def test_every_file_of_a_city_changes_nothing_when_loaded_again(seed):
    city = City(seed, people=40, events=100)
    r = merge(None, json.loads(json.dumps(city.registry)), date(2026, 11, 25))
    for what, changes in [*city.loads, *city.registry_changes()]:
        changes, before = json.loads(json.dumps(changes)), r
        r = merge(r, changes, date(2026, 11, 25))
        assert merge(r, changes, date(2027, 2, 1)) == r, what
        assert (before == r) == (what in ("nothing", "the last again")), what
