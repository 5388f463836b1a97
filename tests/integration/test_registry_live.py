"""The registry changes while events flow. What a person loses if this fails: a plan agreed late, a transfer or an absence
that the score does not know of."""
import json
import time

import pytest
from town import Town


def seen_within(seconds, condition):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.05)


def test_new_sources_topic_is_seen_within_5_seconds(stack):
    """A system that starts to publish need not ask anybody to restart anything."""
    town = Town(stack, load=False)
    assert stack.ends(town.topic) == {}
    stack.load(town.registry)
    assert list(stack.ends(town.topic)) == [0, 1, 2, 3, 4, 5]
    town.tell(town.event(), partition=4)
    seen_within(5, lambda: town.realized() == ("1.00", 1))


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_new_source_while_intake_is_down(stack, kill):
    """Back within the time in which Kafka still holds its place for it, it must not go on with the topics of before."""
    town = Town(stack, load=False)
    (stack.kill if kill else stack.stop)("intake")
    stack.load(town.registry)
    town.tell(town.event())
    stack.start("intake")
    seen_within(5, lambda: town.realized() == ("1.00", 1))


def test_topic_that_nobody_registered(stack):
    """Somebody publishes before the operators have loaded the registry: kept as rejected, and redriven afterwards."""
    town = Town(stack, load=False)
    stack.create_topic(town.topic, 6)
    town.tell(town.event())
    seen_within(5, lambda: list(town.rejections().values()) == ["unknown_source"])
    stack.load(town.registry)
    stack.admin("redrive", "--reason", "unknown_source")
    stack.wait_idle()
    assert town.realized() == ("1.00", 1)


def test_person_loaded_just_before_the_event(town, stack):
    """The registry is read again before `unknown_person` is final: no waiting between load and publish."""
    for i in range(5, 15):
        nip = town.new_nip(i)
        stack.load({"people": [town.person(nip)], "plans": [town.plan(nip)]})
        town.tell(town.event(subject=nip), partition=i % 6)
    stack.wait_idle()
    assert town.rejections() == {}
    assert all(town.realized(nip=town.new_nip(i)) == ("1.00", 1) for i in range(5, 15))


def test_person_loaded_after_the_event(town, stack):
    nip = town.new_nip(5)
    town.settle(town.event(subject=nip))
    stack.load({"people": [town.person(nip)], "plans": [town.plan(nip)]})
    stack.wait_idle()
    assert town.score(nip=nip) is None
    stack.admin("redrive", "--reason", "unknown_person")
    stack.wait_idle()
    assert town.realized(nip=nip) == ("1.00", 1)


def test_plan_agreed_later_scores_what_was_kept(stack):
    """Nobody waits for a missing superior: the evidence is kept, and scores when the plan is agreed."""
    town = Town(stack, plans=[])
    town.settle(town.event(), town.event())
    assert town.score() is None
    stack.load({"plans": [town.plan(town.nips[0], status="DRAFT")]})
    stack.wait_idle()
    assert town.score() is None
    stack.load({"plans": [town.plan(town.nips[0])]})
    stack.wait_idle()
    assert town.realized() == ("2.00", 2) and town.score()["plan"] == 2
    assert town.realized("2026-Q1") == town.realized("2026") == ("2.00", 2)


def test_plan_withdrawn(town, stack):
    """The score that stood is replaced by one that measures nothing."""
    town.settle(town.event())
    stack.load({"plans": [town.plan(town.nips[0], status="DRAFT")]})
    stack.wait_idle()
    score = town.score()
    assert (score["plan"], score["items"], score["missing"], score["results"]) == (None, [], [], None)


def test_transfer(town, towns, stack):
    """The assignment on the last service day decides the items; the work before goes with the person."""
    to = next(towns)
    stack.load({"sources": [{"code": town.source, "name": "x", "indicators": [
        town.visits, town.quality, to.visits, to.quality]}]})
    town.settle(town.event(time="2026-03-04T08:00:00+07:00"),
                town.event(time="2026-03-20T08:00:00+07:00", indicator=to.visits))
    assert town.realized() == ("1.00", 1)
    stack.load({"people": [town.person(town.nips[0], unit=to.unit, position=to.position, **{"from": "2026-03-16"})]})
    stack.wait_idle()
    assert town.realized() is None and town.realized(indicator=to.visits) == ("1.00", 1)
    assert town.score("2026-02") is None


def test_absence_moves_the_target(town, stack):
    """Half of a month away is half of the target."""
    town.settle(town.event(time="2026-04-04T08:00:00+07:00"))
    assert town.score("2026-04")["items"][0]["target"] == "10.00"
    stack.load({"absences": [{"nip": town.nips[0], "from": "2026-04-16", "until": "2026-04-30", "kind": "sick"}]})
    stack.wait_idle()
    assert town.score("2026-04")["items"][0]["target"] == "5.00"


def test_no_service_day_left_is_a_tombstone(town, stack):
    """Who turns out to have been away all month has no score of it; followers are told by a null value."""
    town.settle(town.event(), town.event(time="2026-01-04T08:00:00+07:00"))
    assert town.score() and town.score("2026-Q1")["items"][0]["events"] == 2
    after = stack.ends("terukur.score.changed")
    stack.load({"absences": [{"nip": town.nips[0], "from": "2026-03-01", "until": "2026-03-31", "kind": "hajj"}]})
    stack.wait_idle()
    assert town.score() is None
    assert dict(town.published(after=after))["2026-03"] is None
    assert town.realized("2026-Q1") == ("1.00", 1)
    stack.load({"absences": [{"nip": town.nips[0], "from": "2026-03-01", "until": "2026-03-01", "kind": "hajj"}]})
    stack.wait_idle()
    assert town.realized() == ("1.00", 1)
    assert dict(town.published(after=after))["2026-03"] == town.score()
    stack.admin("verify")


def test_until_ends_the_period_earlier(town, stack):
    """Events after the last day are refused from then on; those before stay."""
    town.settle(town.event(time="2026-03-04T08:00:00+07:00"))
    stack.load({"people": [town.person(town.nips[0], until="2026-03-10")]})
    late, = town.settle(town.event(time="2026-03-11T00:00:00+07:00"))
    assert town.rejections() == {late: "not_employed"}
    assert town.score()["items"][0]["target"] == "3.23"


def test_indicator_taken_from_a_source(town, stack):
    """What was accepted stays; what comes is refused."""
    town.settle(town.event())
    stack.load({"sources": [{"code": town.source, "name": "x", "indicators": [town.quality]}]})
    late, = town.settle(town.event())
    assert town.rejections() == {late: "indicator_not_allowed"}
    assert town.realized() == ("1.00", 1)


def test_indicators_direction_changes(town, stack):
    town.settle(*[town.event()] * 1, *[town.event() for _ in range(19)])
    assert town.score()["items"][0]["achievement"] == "200.00"
    stack.load({"indicators": [town.indicator(town.visits, "count", "less", min=0, max=100)]})
    stack.wait_idle()
    assert town.score()["items"][0]["achievement"] == "0.00"


def test_the_same_file_again_publishes_nothing(town, stack):
    town.settle(town.event())
    topics = ("terukur.registry.changed", "terukur.evidence.accepted", "terukur.score.changed")
    before = [stack.ends(topic) for topic in topics]
    stack.load(town.registry)
    stack.wait_idle()
    assert [stack.ends(topic) for topic in topics] == before


def test_a_change_that_moves_no_score_publishes_none(town, stack):
    """A name is not a figure."""
    town.settle(town.event())
    before = stack.ends("terukur.score.changed")
    stack.load({"people": [town.person(town.nips[0], name="Nama Baru")], "positions": [
        {**town.registry["positions"][0], "name": "Jabatan Baru"}]})
    stack.wait_idle()
    assert stack.ends("terukur.score.changed") == before


def test_recompute_that_changes_nothing_publishes_nothing(town, stack):
    town.settle(town.event(), town.event(subject=town.nips[1]))
    before, score = stack.ends("terukur.score.changed"), town.score()
    stack.admin("recompute", "--person", town.id(), "--period", "2026-Q1", "--wait", "30")
    stack.admin("recompute", "--wait", "30")
    assert stack.ends("terukur.score.changed") == before
    assert town.score() == score


def test_facts_beside_a_score_are_told_though_it_says_the_same(town, stack):
    """Half of a month away, and nothing measured that depends on it: whoever counts the days that are left is told."""
    town.settle(town.event(indicator=town.quality, value=40))
    before, said = town.score(), stack.ends("terukur.score.changed")
    facts = "SELECT unit, agency, service_days::text FROM scoring.score_view WHERE person = %s AND period = '2026-03'"
    agency = town.registry["agencies"][0]["code"]
    assert stack.rows(facts, town.id()) == [(town.unit, agency, "{[2026-03-01,2026-04-01)}")]
    stack.load({"absences": [{"nip": town.nips[0], "from": "2026-03-16", "until": "2026-03-31", "kind": "sick"}]})
    stack.wait_idle()
    assert stack.rows(facts, town.id()) == [(town.unit, agency, "{[2026-03-01,2026-03-16)}")]
    assert town.score() == {**before, "revision": before["revision"] + 1}
    assert sorted(period for period, _ in town.published(after=said)) == ["2026", "2026-03", "2026-Q1"]
    said = stack.ends("terukur.score.changed")
    stack.admin("recompute", "--person", town.id(), "--wait", "30")
    assert stack.ends("terukur.score.changed") == said
    stack.admin("verify")


def test_recompute_mends_what_was_altered(town, stack):
    """A total or a score that somebody changed by hand comes right again from the raw evidence."""
    town.settle(town.event(), town.event())
    right = town.score()
    stack.execute("UPDATE intake.total SET n = 7 WHERE person = %s", town.id())
    stack.execute("UPDATE scoring.score SET content = gen_random_uuid(), body = replace(body, '2.00', '9.00') "
                  "WHERE person = %s", town.id())
    assert stack.admin("verify", check=False).returncode == 1
    stack.admin("recompute", "--person", town.id(), "--period", "2026-03", "--wait", "30")
    assert {**town.score(), "revision": 0} == {**right, "revision": 0}
    assert town.score()["revision"] > right["revision"]
    stack.admin("verify")


def test_registry_and_events_at_the_same_time(town, stack):
    """Loads in the midst of a stream: whatever came first, the score is that of the last registry and all events."""
    for n in range(15):
        target = 10 + n
        stack.produce([town.message(town.event(), n % 6) for _ in range(20)])
        stack.load({"positions": [{"code": town.position, "name": "x", "items": [
            town.item(town.visits, target), town.item(town.quality, 50)]}]})
    stack.wait_idle()
    line = town.score()["items"][0]
    assert (line["target"], line["realized"]) == ("24.00", "300.00")
    last = dict(town.published())
    assert last["2026-03"] == json.loads(json.dumps(town.score()))
    stack.admin("verify")
