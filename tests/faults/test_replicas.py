"""Two of each service, as in production: one dies and nobody starts it again. What everybody loses if this fails: the half
of the city whose partitions it had waits until somebody notices."""
import time

import pytest
from daemon import wait_until
from programs import SERVICES

PAIRS = [(name, f"{name}-2") for name in SERVICES if name != "gateway"]


@pytest.fixture
def pairs(stack):
    stack.start(*[second for _, second in PAIRS])
    yield
    stack.stop(*[second for _, second in PAIRS])
    stack.start(*SERVICES)


def work(town, n):
    town.stack.produce([town.message(town.event(), i % 6) for i in range(n)])


def test_the_other_takes_over(town, stack, pairs):
    """Within the session timeout, whichever of the two it was; the dead one's work is done once."""
    work(town, 1200)
    stack.wait_idle()
    work(town, 1200)
    for number, pair in enumerate(PAIRS):
        stack.kill(pair[number % 2])
    work(town, 1200)
    began = time.monotonic()
    assert wait_until(lambda: town.realized() == ("3600.00", 3600), 15, 0.2), town.realized()
    stack.wait_idle(15)
    assert time.monotonic() - began < 20
    stack.admin("verify")


def test_both_admit_the_same_ids_at_once(town, stack, pairs):
    """An upstream that sends everything twice, at the same moment, in two partitions: each event counts once."""
    events = [town.event() for _ in range(1500)]
    stack.produce([town.message(event, partition) for event in events for partition in (0, 5)])
    stack.wait_idle()
    assert town.realized() == ("1500.00", 1500)
    assert town.rejections() == {}
    stack.admin("verify")


def test_stopped_one_after_the_other(town, stack, pairs):
    """An update under load: none of the work waits for long, and none is lost or done twice."""
    for first, second in PAIRS:
        for name in (first, second):
            work(town, 100)
            stack.restart(name)
    stack.wait_idle(30)
    n = 200 * len(PAIRS)
    assert town.realized() == (f"{n}.00", n)
    stack.admin("verify")
