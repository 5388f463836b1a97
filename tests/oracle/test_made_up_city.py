"""The generated city: that it is as dirty and as restless as it says, and that what must come of it does not depend on
how its partitions and the changes of its registry interleave."""
import json
import random

import pytest

from .city import City
from .hands import NOW
from .oracle import Intake, Message, merge, same, scores

REASONS = ("too_large malformed schema unknown_type unknown_source source_mismatch conflicting_duplicate invalid_nip "
           "unknown_person unknown_unit unknown_indicator indicator_not_allowed value_out_of_range time_in_future "
           "not_employed already_replaced").split()


def plain(value):
    return json.loads(json.dumps(value))


def told(city):
    """Each message with the number of its act, and the registry as it stands in each."""
    registries, messages = [], []
    for act, (_, file, said) in enumerate(city.acts()):
        registries.append(merge(registries[-1] if registries else None, plain(file)))
        messages += [(act, message) for message in said]
    return registries, messages


def interleaved(messages, rng):
    """Every partition at its own pace."""
    heaps, order = {}, []
    for n, (_, m) in enumerate(messages):
        heaps.setdefault(m[:2], []).append(n)
    for heap in heaps.values():
        at = 0
        for n in heap:
            at += rng.expovariate(1) * rng.choice((0, 1, 20))
            order.append((at, n))
    return [n for _, n in sorted(order)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_city_is_dirty_and_does_not_depend_on_partitions_and_pace(seed):
    city = City(seed, people=30, events=2500)
    assert City(seed, people=30, events=2500).acts() == city.acts()
    registries, messages = told(city)
    assert [m for _, m in messages] == city.messages and all(said for _, _, said in city.acts())
    one, two, rng = Intake(), Intake(), random.Random(seed)
    for act, m in messages:
        one.receive(registries[act], Message(*m, NOW))
    verdicts, latest = {}, 0
    for n in interleaved(messages, rng):  # never with an older registry than when it was told, often with a newer one
        latest = max(latest, messages[n][0])
        act = rng.randint(messages[n][0], latest)
        verdicts[n] = two.receive(registries[act], Message(*messages[n][1], NOW))
    ok = {"accepted", "duplicate"}
    assert all(v == verdicts[n] or {v.status, verdicts[n].status} == ok for n, v in enumerate(one.verdicts))
    for reason in REASONS:
        assert sum(v.reason == reason for v in one.verdicts) >= 3, reason
    assert sum(v.status == "waiting" for v in one.verdicts) >= 3
    assert scores(registries[-1], one, {}) == scores(registries[-1], two, {})


def test_city_has_every_kind_of_change():
    city = City(20260304, people=40, events=4000)
    registries, messages = told(city)
    intake, r = Intake(), registries[-1]
    for act, m in messages:
        intake.receive(registries[act], Message(*m, NOW))
    before = scores(r, intake, {})
    found = [score for score in before.values() if score]
    lines = [line for score in found for line in score["items"]]
    kinds = {
        "a declared nothing": lambda line: line["events"] == 0,
        "a unit that left": lambda line: "left" in line,
        "a brief post": lambda line: "brief" in line,
        "a range": lambda line: isinstance(line["target"], list),
        "against 0": lambda line: line["target"] == "0.00",
        "no weight": lambda line: line["weight"] == "0.00",
        "a cap": lambda line: line["capped"] != line["achievement"],
        "a shared weight": lambda line: line["weight"] not in {f"{w:.2f}" for w in range(101)}}
    for kind, is_it in kinds.items():
        assert sum(map(is_it, lines)) >= 5, kind
    assert any(not score["results"] for score in found)
    assert {score["plan"] for score in found} >= {1, 2, 3}
    assert len({hint["indicator"] for score in found for hint in score["hints"]}) >= 12
    shared = [nip for nip in r.people if any(len(r.stretches(nip, month)) > 2 for month in ("2026-02", "2026-04",
                                                                                      "2026-05", "2026-06", "2026-08"))]
    assert len(shared) >= 3  # of some months nearly every day is another
    for what, change in city.registry_changes():
        r = merge(r, plain(change))
        after = scores(r, intake, {})
        assert (before == after) == (what in city.STILL), what
        before = after


def test_numbers_are_corrected_while_events_flow():
    """Some of one person's work came under each number, and one corrects the other's."""
    city = City(1, people=30, events=2500)
    registries, messages = told(city)
    r, intake = registries[-1], Intake()
    for act, m in messages:
        intake.receive(registries[act], Message(*m, NOW))
    assert len(r.former) == len({row["was"] for row in city.renamed}) >= 3
    for old, new in r.former.items():
        assert (r.person(old), r.person(new)) == (new, new)
        assert {e.subject for e in intake.counting()} >= {old, new}
        replaced = {e.data.get("replaces") for e in intake.counting() if e.subject == new}
        assert any(e.id in replaced for e in intake.accepted.values() if e.subject == old)


def test_same_knows_right_from_wrong():
    line = {"indicator": "x", "realized": "1.00"}
    want = {"period": "2026-03", "items": [{**line, "left": ["a", "b"]}, {**line, "indicator": "y"}]}
    assert same(want, {**want, "revision": 3}) and same(None, None)
    assert same(want, {**want, "items": [{**line, "left": ["b", "a"]}, want["items"][1]]})
    for wrong in (None, {**want, "items": want["items"][::-1]}, {**want, "items": want["items"][:1]},
                  {**want, "items": [{**line}, want["items"][1]]}, {**want, "period": "2026-04"}):
        assert not same(want, wrong) and not same(wrong, want)
