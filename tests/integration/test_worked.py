"""The worked examples of the rules through the whole system. What a person loses if this fails: that anybody can check
their score with a pocket calculator."""
import json

import pytest
from oracle.worked import EXAMPLES


@pytest.fixture(scope="module")
def scored(stack):
    for example in EXAMPLES:
        stack.load(example.registry())
        topic = f"terukur.activity.{example.source}"
        stack.produce([(topic, n % 6, None, [], json.dumps(event).encode())
                       for n, event in enumerate(example.events())])
    stack.wait_idle()
    return {(nip, period): json.loads(body) for nip, period, body in stack.rows(
        "SELECT p.nip, s.period, s.body FROM scoring.score s JOIN registry.person p ON p.id = s.person "
        "WHERE s.body IS NOT NULL")}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.what)
def test_worked_example(scored, example):
    for period, want in example.want.items():
        shown = example.shown(period, scored[example.nip, period])
        assert shown == want and list(shown[1]) == list(want[1]), period
