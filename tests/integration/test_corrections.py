"""Corrections and revocations, in any order and from several partitions at once. What a person loses if this fails: a
typing error that upstream has mended still stands in the score, or a correction made it count twice."""
import json
import random
import time

import pytest
from town import Town


def chain(town, length, **first):
    """An event and corrections of it, each of the one before; what counts in the end is the last value."""
    events = [town.event(**first)]
    for n in range(length):
        events.append(town.event("corrected", replaces=events[-1]["id"], indicator=town.quality, value=n + 1))
    return events


def scattered(town, events, rng):
    """Each event in a partition of its own choosing, all at the same moment."""
    messages = [town.message(event, rng.randrange(6)) for event in events]
    rng.shuffle(messages)
    town.stack.produce(messages)
    town.stack.wait_idle()


def quality(town, **where):
    return town.realized(indicator=town.quality, **where)


def test_correction_after_its_original(town):
    town.settle(town.event(id="a", indicator=town.quality, value=10))
    assert quality(town) == ("10.00", 1)
    town.settle(town.event("corrected", replaces="a", indicator=town.quality, value=70))
    assert quality(town) == ("70.00", 1)


def test_correction_before_its_original(town, stack):
    """It waits without counting, and its own partition goes on."""
    town.settle(town.event("corrected", id="b", replaces="a", value=3), town.event())
    assert town.realized() == ("1.00", 1)
    assert stack.value("SELECT count(*) FROM intake.waiting WHERE source_code = %s", town.source) == 1
    town.settle(town.event(id="a"), partition=5)
    assert town.realized() == ("2.00", 2)
    assert stack.value("SELECT count(*) FROM intake.waiting WHERE source_code = %s", town.source) == 0


def test_verify_looks_at_what_waits_as_well(town, stack):
    """Before it is evidence, and after: then it is in the ledger as if it had come at once."""
    town.settle(town.event("corrected", id="b", replaces="a", value=3))
    alter = "UPDATE intake.waiting SET payload = %s WHERE source_code = %s"
    [(payload,)] = stack.rows("SELECT payload FROM intake.waiting WHERE source_code = %s", town.source)
    stack.execute(alter, payload + b" ", town.source)
    found = stack.admin("verify", check=False)
    assert found.returncode == 1 and "the waiting message is not what its sha256 says" in found.stdout
    stack.execute(alter, payload, town.source)
    town.settle(town.event(id="a"))
    assert town.realized() == ("1.00", 1)
    stack.admin("verify")


def test_correction_moves_person_indicator_and_month(town):
    """Both sides are scored again, and the one left without evidence has no score."""
    other = town.nips[1]
    town.settle(town.event(id="a", time="2026-02-10T08:00:00+07:00"))
    assert town.realized("2026-02") == ("1.00", 1)
    town.settle(town.event("corrected", replaces="a", subject=other, indicator=town.quality, value=50,
                           time="2026-05-10T08:00:00+07:00"))
    assert quality(town, period="2026-05", nip=other) == ("50.00", 1)
    assert town.score("2026-02") is town.score("2026-Q1") is town.score("2026") is None


def test_both_partitions_at_the_same_moment(stack):
    """Hundreds of originals and corrections race each other on two connections; whichever comes first, one counts."""
    town, rng = Town(stack, people=6), random.Random(1)
    events = []
    for n in range(300):
        events += chain(town, 1, id=f"race{n}", subject=town.nips[n % 6])
    scattered(town, events, rng)
    assert town.rejections() == {}
    assert quality(town) == ("1.00", 300)  # all of the corrections are the first person's
    assert all(town.realized(nip=nip) is None for nip in town.nips)
    stack.admin("verify")


def test_chains_in_any_order(town, stack):
    """The correction of a correction of a correction, scattered: the last one counts."""
    rng = random.Random(2)
    events = [event for _ in range(60) for event in chain(town, 4)]
    scattered(town, events, rng)
    assert town.rejections() == {}
    assert quality(town) == ("4.00", 60) and town.realized() is None
    assert stack.value("SELECT count(*) FROM intake.replacement r JOIN intake.evidence e ON e.key = r.original "
                       "JOIN registry.source s ON s.id = e.source WHERE s.code = %s", town.source) == 240


@pytest.mark.parametrize("how", ["together", "apart"])
def test_second_correction_is_already_replaced(town, stack, how):
    """One of two that name the same event wins: of one partition the first, else either, and only one."""
    events = [town.event(id="a"), town.event("corrected", id="b", replaces="a", indicator=town.quality, value=20),
              town.event("corrected", id="c", replaces="a", indicator=town.quality, value=30)]
    places = stack.produce([town.message(event, n * (how == "apart")) for n, event in enumerate(events)])
    stack.wait_idle()
    lost = town.rejections()
    assert list(lost.values()) == ["already_replaced"]
    assert how == "apart" or list(lost) == [places[2]]
    assert quality(town) == ({places[2]: "20.00", places[1]: "30.00"}[next(iter(lost))], 1)
    assert town.realized() is None


def test_the_loser_frees_its_id(town):
    """Only an accepted or waiting event holds its id: it can be used for what is right."""
    town.settle(town.event(id="a"), town.event("revoked", id="b", replaces="a", reason="x"),
                town.event("revoked", id="c", replaces="a", reason="x"))
    assert list(town.rejections().values()) == ["already_replaced"]
    town.settle(town.event(id="c"))
    assert town.realized() == ("1.00", 1)


def test_revocation(town):
    town.settle(town.event(id="a"), town.event(id="b"), town.event("revoked", replaces="a", reason="Salah orang"))
    assert town.realized() == ("1.00", 1)


def test_revocation_of_a_correction(town):
    """Nothing of it is left: the original had stopped counting."""
    town.settle(town.event(id="a"), town.event("corrected", id="b", replaces="a", value=2),
                town.event("revoked", replaces="b", reason="x"))
    assert town.realized() is None


def test_revocation_revoked(town):
    """A revocation stands: to revoke it brings nothing back."""
    town.settle(town.event(id="a"), town.event("revoked", id="b", replaces="a", reason="x"),
                town.event("revoked", id="c", replaces="b", reason="x"))
    assert town.realized() is None and town.rejections() == {}


def test_completeness_and_its_revocation(town):
    """A month declared complete makes the missing 0; when that is taken back, it is missing again."""
    town.settle(town.event(indicator=town.quality, value=50))
    assert town.realized() is None
    town.settle(town.event("complete", id="c", subject=town.unit, period="2026-03", indicator=town.visits))
    assert town.realized() == ("0.00", 0)
    assert town.score("2026-Q1")["missing"] == [town.visits]
    town.settle(town.event("revoked", subject=town.unit, replaces="c", reason="Belum lengkap"))
    assert town.realized() is None and town.score()["missing"] == [town.visits]


def test_completeness_revoked_before_it_is_declared(town):
    town.settle(town.event(indicator=town.quality, value=50),
                town.event("revoked", subject=town.unit, replaces="c", reason="x"))
    town.settle(town.event("complete", id="c", subject=town.unit, period="2026-03", indicator=town.visits),
                partition=3)
    assert town.realized() is None
    town.settle(town.event("complete", subject=town.unit, period="2026-03", indicator=town.visits), partition=2)
    assert town.realized() == ("0.00", 0)


def test_duplicates_of_what_waits(town):
    """The same correction twice is one; with other content it conflicts, though it does not count yet."""
    fix = town.event("corrected", id="b", replaces="a", value=2)
    _, _, other, _ = town.settle(fix, fix, {**fix, "time": "2026-03-05T08:15:00+07:00"}, town.event(id="a"))
    assert town.rejections() == {other: "conflicting_duplicate"}
    assert town.realized() == ("1.00", 1)


def test_original_that_was_rejected(town):
    """What was rejected holds no id: the correction goes on waiting for one that is right."""
    town.settle(town.event(id="a", value=101), town.event("corrected", replaces="a"))
    assert town.realized() is None
    town.settle(town.event(id="a"))
    assert town.realized() == ("1.00", 1)
    assert list(town.rejections().values()) == ["value_out_of_range"]


def test_another_sources_event_is_not_touched(town, towns, stack):
    """Ids are each source's own."""
    other = next(towns)
    town.settle(town.event(id="a"))
    other.settle(other.event("revoked", id="b", replaces="a", reason="x"))
    assert town.realized() == ("1.00", 1)
    assert stack.value("SELECT count(*) FROM intake.waiting WHERE source_code = %s", other.source) == 1


def test_original_that_never_comes(town, towns, stack):
    """After seven days the correction is rejected, in the store and on the topic, and its id is free again."""
    young = next(towns)
    places = town.tell(town.event("corrected", id="b", replaces="never"))
    young.settle(young.event("corrected", id="b", replaces="never"))
    ends = stack.ends("terukur.evidence.rejected")
    stack.execute("UPDATE intake.waiting SET received_at = received_at - interval '7 days' WHERE source_code = %s",
                  town.source)
    stack.restart("intake")  # it looks when it starts, then every minute
    deadline = time.monotonic() + 15
    while not town.rejections() and time.monotonic() < deadline:
        time.sleep(0.1)
    stack.wait_idle()
    assert town.rejections() == {places[0]: "unknown_original"}
    said = [json.loads(m.value) for m in stack.read("terukur.evidence.rejected", ends)]
    assert [(s["topic"], s["partition"], s["offset"], s["reason"]) for s in said] == [
        (*places[0], "unknown_original")]
    town.settle(town.event(id="b"), town.event(id="never"))
    assert town.realized() == ("2.00", 2)
    assert young.rejections() == {}


def test_late_events_give_the_same_score(towns, stack):
    """Whatever the order, whatever the batches: the same evidence is the same score, byte for byte."""
    rng, bodies = random.Random(3), []
    for turn in range(3):
        town = next(towns)
        events = [town.event(id=f"v{n}", time=f"2026-0{1 + n % 3}-1{n % 10}T08:00:00+07:00") for n in range(40)]
        events += [town.event("corrected", id=f"c{n}", replaces=f"v{n}", indicator=town.quality, value=n)
                   for n in range(0, 40, 3)]
        events += [town.event("revoked", id=f"r{n}", replaces=f"v{n}", reason="x") for n in range(1, 40, 6)]
        events += [town.event("complete", subject=town.unit, period=f"2026-0{m}", indicator=town.visits)
                   for m in (1, 2, 3)]
        rng.shuffle(events)
        for part in (events[:20], events[20:]) if turn else (events,):
            stack.produce([town.message(event, rng.randrange(6)) for event in part])
            if turn == 2:
                stack.wait_idle()
        stack.wait_idle()
        assert town.rejections() == {}
        score = json.dumps({**town.score("2026-Q1"), "person": None, "revision": None})
        bodies.append(score.replace(f"t{town.n}-", ""))
    assert len(set(bodies)) == 1
