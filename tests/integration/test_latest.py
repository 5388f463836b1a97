"""Who was the latest, at one instant: the source by its code, then the id, bytewise. What a person loses if this fails: a
score that hangs on which message was quicker, and an auditor hears of tampering where there was none."""
import json
import random

import pytest
from town import Town

NOON = "2026-03-10T12:00:00+07:00"
# In the order that decides; the last one counts. In no language's order of letters, and across sources of one id.
RANKED = [("-b", "z"), (".a", "\U0001f3e5"), ("a", "A"), ("a", "Z"), ("a", "a"), ("a", "\u00e9"), ("a", "\U0001f3e5")]


def make(stack):
    town = Town(stack, load=False)
    town.stock = f"{town.visits}-stock"
    town.codes = {end: f"latest{town.n}{end}" for end in ("-b", ".a", "a")}
    town.registry["indicators"].append(town.indicator(town.stock, "latest"))
    town.registry["sources"] += [{"code": code, "name": code, "indicators": [town.stock]} for code in town.codes.values()]
    town.registry["positions"][0]["items"].append(town.item(town.stock, 5))
    stack.load(town.registry)
    return town


def message(town, n, partition):
    end, id = RANKED[n]
    event = {**town.event(id=id, time=NOON, indicator=town.stock, value=n + 1), "source": town.codes[end]}
    return f"terukur.activity.{town.codes[end]}", partition, None, [], json.dumps(event).encode()


def latest(town):
    return town.realized(indicator=town.stock)


ORDERS = {"the greatest last": lambda n: n, "the greatest first": lambda n: -n}


@pytest.mark.parametrize("order", ORDERS)
def test_one_after_the_other(stack, order):
    """Each in a batch of its own, against what stands; partitions of two workers."""
    town = make(stack)
    for n in sorted(range(len(RANKED)), key=ORDERS[order]):
        stack.produce([message(town, n, n % 6)])
        stack.wait_idle()
    assert latest(town) == ("7.00", 7)
    stack.admin("verify")


def test_at_the_same_moment(stack):
    """In one batch, in any order, from several partitions at once."""
    rng, made = random.Random(9), [make(stack) for _ in range(6)]
    messages = [message(town, n, rng.randrange(6)) for town in made for n in range(len(RANKED))]
    rng.shuffle(messages)
    stack.produce(messages)
    stack.wait_idle()
    assert {latest(town) for town in made} == {("7.00", 7)}
    stack.admin("verify")


def test_when_the_greatest_goes(stack):
    """The next one counts, whether the totals are built anew or the month's events are looked at themselves."""
    town = make(stack)
    stack.produce([message(town, n, n % 6) for n in range(len(RANKED))])
    stack.wait_idle()
    revoked = {**town.event("revoked", replaces=RANKED[-1][1], reason="no"), "source": town.codes["a"]}
    stack.produce([(f"terukur.activity.{town.codes['a']}", 0, None, [], json.dumps(revoked).encode())])
    stack.wait_idle()
    assert latest(town) == ("6.00", 6)
    items = [town.item(town.stock, 6), town.item(town.visits, 10)]
    stack.load({"positions": [{"code": town.position, "name": "P", "items": items, "from": "2026-03-05"}]})
    stack.wait_idle()
    assert latest(town) == ("6.00", 6), "by its events"
    stack.admin("recompute", "--period", "2026-03")
    stack.wait_idle()
    assert latest(town) == ("6.00", 6), "built anew"
    stack.admin("verify")
