"""Each day on its own feet, through the whole system: the design's three worked examples, digit by digit. What a person
loses if this fails: they met every target, and fall short because one was raised, or because they changed their post."""
import json

from town import Town


def line(score, n=0):
    return {name: score["items"][n][name] for name in ("indicator", "target", "realized", "achievement", "weight")}


def months(town, counts, **data):
    """So many events on the fourth of each month."""
    return [town.event(time=f"{month}-04T08:00:00+07:00", **data) for month, n in counts.items() for _ in range(n)]


def standing(stack):
    return stack.rows("SELECT person, period, revision, content, body FROM scoring.score ORDER BY person, period")


def stands(stack):
    """What is stored is what the evidence makes, and making it anew changes nothing."""
    before, after = standing(stack), stack.ends("terukur.score.changed")
    stack.admin("verify")
    stack.admin("recompute", "--wait", "60")
    assert standing(stack) == before and stack.ends("terukur.score.changed") == after


def test_a_target_raised_within_a_month(stack):
    town = Town(stack, load=False)
    visits = [town.item(town.visits, 40, weight=100)]
    stack.load({**town.registry, "plans": [
        town.plan(town.nips[0], items=visits),
        town.plan(town.nips[0], items=[{**visits[0], "target": 60}], **{"from": "2026-06-16"})]})
    town.settle(*months(town, {"2026-04": 38, "2026-05": 42}),
                *(town.event(time=time) for time in ["2026-06-15T23:59:59+07:00"] * 20 + ["2026-06-16T00:00:00+07:00"] * 30))
    score = town.score("2026-Q2")
    assert line(score) == {"indicator": town.visits, "target": "130.00", "realized": "130.00", "achievement": "100.00",
                           "weight": "100.00"}
    assert score["results"] == {"score": "100.00", "rating": "MEETS", "above": 0, "meets": 1, "below": 0}
    assert (line(town.score("2026-06"))["target"], town.score("2026-06")["plan"]) == ("50.00", 2)
    stands(stack)


def test_a_transfer_within_a_quarter(stack):
    nurse, clerk = (Town(stack, load=False) for _ in range(2))
    for town in (nurse, clerk):
        town.registry["positions"][0]["items"] = [town.item(town.visits, 100, weight=100)]
    nurse.registry["sources"][0]["indicators"] += [clerk.visits]
    nurse.registry["people"] += [nurse.person(nurse.nips[0], unit=clerk.unit, position=clerk.position, **{"from": "2026-08-01"})]
    stack.load(clerk.registry)
    stack.load(nurse.registry)
    nurse.settle(*months(nurse, {"2026-07": 100}), *months(nurse, {"2026-08": 100, "2026-09": 100}, indicator=clerk.visits))
    score = nurse.score("2026-Q3")
    assert [line(score, n) for n in range(2)] == [
        {"indicator": clerk.visits, "target": "200.00", "realized": "200.00", "achievement": "100.00", "weight": "66.30"},
        {"indicator": nurse.visits, "target": "100.00", "realized": "100.00", "achievement": "100.00", "weight": "33.70"}]
    assert score["results"] == {"score": "100.00", "rating": "MEETS", "above": 0, "meets": 2, "below": 0}
    stands(stack)


def test_a_mean_whose_target_falls(stack):
    town = Town(stack, load=False)
    waiting = f"{town.unit}-waiting"
    town.registry["indicators"] += [town.indicator(waiting, "mean", direction="less")]
    town.registry["sources"][0]["indicators"] += [waiting]
    items = [town.item(waiting, 60, weight=100)]
    stack.load({**town.registry, "plans": [
        town.plan(town.nips[0], items=items),
        town.plan(town.nips[0], items=[{**items[0], "target": 10}], **{"from": "2026-03-01"})]})
    town.settle(*months(town, {"2026-01": 400, "2026-02": 600}, indicator=waiting, value=60),
                *months(town, {"2026-03": 10}, indicator=waiting, value=10))
    score = town.score("2026-Q1")
    assert line(score) == {"indicator": waiting, "target": "59.50", "realized": "59.50", "achievement": "100.00",
                           "weight": "100.00"}
    stands(stack)


def test_a_leave_asks_nothing_and_counts_nothing(town, stack):
    """Entered after the evidence came: what lies on the leave's days counts no more, and again when it is shorter. A
    correction that moves work out of the leave brings it back."""
    day = "2026-04-{:02}T08:00:00+07:00".format
    town.settle(*(town.event(id=f"{town.source}-{n}", time=day(n)) for n in (10, 16, 20, 30)))
    assert town.realized("2026-04") == ("4.00", 4)
    stack.load({"absences": [{"nip": town.nips[0], "from": "2026-04-16", "until": "2026-04-30", "kind": "sick"}]})
    stack.wait_idle()
    assert town.realized("2026-04") == town.realized("2026-Q2") == ("1.00", 1)
    assert line(town.score("2026-04"))["target"] == "5.00"
    town.settle(town.event("corrected", replaces=f"{town.source}-20", time=day(15)))
    assert town.realized("2026-04") == ("2.00", 2)
    town.settle(town.event("revoked", replaces=f"{town.source}-10", reason="keliru"))
    assert town.realized("2026-04") == ("1.00", 1)
    stack.load({"absences": [{"nip": town.nips[0], "from": "2026-04-16", "until": "2026-04-29", "kind": "sick"}]})
    stack.wait_idle()
    assert town.realized("2026-04") == ("2.00", 2)
    stands(stack)


def test_a_unit_that_says_nothing_leaves_the_item(stack):
    here, there = (Town(stack, load=False) for _ in range(2))
    here.registry["people"] += [here.person(here.nips[0], unit=there.unit, **{"from": "2026-03-01"})]
    here.registry["units"] += there.registry["units"]
    here.registry["agencies"] += there.registry["agencies"]
    stack.load(here.registry)
    here.settle(*months(here, {"2026-01": 10, "2026-02": 10}))
    item = here.score("2026-Q1")["items"][0]
    assert (item["target"], item["achievement"], item["weight"], item["left"]) == ("20.00", "100.00", "32.78", [there.unit])
    here.settle(here.event("complete", subject=there.unit, period="2026-03", indicator=here.visits))
    item = here.score("2026-Q1")["items"][0]
    assert (item["target"], item["achievement"], item["weight"], item.get("left")) == ("30.00", "66.67", "50.00", None)
    stands(stack)


def test_the_latest_of_two_sources_at_one_instant(stack):
    """The same id at the same instant from two systems: the greater source counts, whichever was told first, in the totals
    as in the evidence of a month with a leave."""
    town = Town(stack, people=2, load=False)
    mark, other = f"{town.unit}-mark", f"{town.source}-2"  # the greater code
    town.registry["indicators"] += [town.indicator(mark, "latest")]
    town.registry["sources"][0]["indicators"] += [mark]
    town.registry["sources"] += [{"code": other, "name": "Sistem lain", "indicators": [mark]}]
    town.registry["positions"][0]["items"] = [town.item(mark, 50)]
    town.registry["absences"] = [{"nip": town.nips[0], "from": "2026-04-30", "until": "2026-04-30", "kind": "sick"}]
    stack.load(town.registry)
    for nip, sources in zip(town.nips, ((town.source, other), (other, town.source))):
        for source in sources:
            events = [town.event(id=f"{nip}{month}", subject=nip, indicator=mark, value=40 if source == other else 60,
                                 time=f"2026-{month}-04T08:00:00+07:00") for month in ("03", "04")]
            stack.produce([(f"terukur.activity.{source}", 0, None, [], json.dumps({**event, "source": source}).encode())
                           for event in events])
            stack.wait_idle()
    for nip in town.nips:
        for period in ("2026-03", "2026-04", "2026-Q1", "2026"):
            assert town.realized(period, nip, mark) == ("40.00", 4 if period == "2026" else 2)
    stands(stack)
