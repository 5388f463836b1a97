"""Two of each service, as in production: one dies and nobody starts it again. What everybody loses if this fails: the half
of the city whose partitions it had waits until somebody notices."""
import threading
import time
from collections import Counter, defaultdict

import pytest
from confluent_kafka.admin import AdminClient
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


def test_each_has_as_many_partitions(town, stack, pairs):
    """Of every source's topic: else two do not do twice what one does. The names of Kafka's members begin with the thread."""
    kafka = AdminClient({"bootstrap.servers": stack.brokers})

    def dealt():
        members = kafka.describe_consumer_groups(["terukur-intake"])["terukur-intake"].result(10).members
        return Counter(member.group_instance_id.partition("-")[2] for member in members
                       for partition in member.assignment.topic_partitions if partition.topic == town.topic)

    assert wait_until(lambda: dealt() == {"intake": 3, "intake-2": 3}, 20, 0.3), dealt()


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


class Watch(threading.Thread):
    """Tells events in every partition without pause, and sees when what intake has done with each of them last grew."""

    def __init__(self, town):
        super().__init__(daemon=True)
        self.town, self.told, self.over = town, 0, threading.Event()
        self.grew = defaultdict(lambda: time.monotonic())
        self.next, self.longest = {}, defaultdict(float)

    def run(self):
        with self.town.stack._connect() as db:
            while not self.over.wait(0.05):
                work(self.town, 6)
                self.told += 6
                now = time.monotonic()
                for partition, at in db.execute('SELECT "partition", next FROM intake.reading WHERE topic = %s '
                                                "AND reader = 'terukur-intake'", (self.town.topic,)):
                    if self.next.get(partition) != at:
                        self.longest[partition] = max(self.longest[partition], now - self.grew[partition])
                        self.next[partition], self.grew[partition] = at, now

    def gap(self):
        """The longest time for which nothing came of any partition since this was asked last; all of them move now."""
        asked = time.monotonic()
        assert wait_until(lambda: len(self.grew) == 6 and min(self.grew.values()) > asked, 20)
        longest = max(self.longest.values())
        self.longest.clear()
        return longest


def test_partitions_are_handed_over_in_seconds(town, stack, pairs):
    """One after the other is replaced: a static member comes back to its partitions. One dies and nobody replaces it: the other
    has them after the session's 6 s."""
    work(town, 6)
    stack.wait_idle()
    watch = Watch(town)
    watch.start()
    try:
        watch.gap()
        gaps = {}
        for name in ("intake", "intake-2"):
            stack.restart(name)
            gaps[f"{name} replaced"] = watch.gap()
        stack.kill("intake-2")
        gaps["intake-2 killed"] = watch.gap()
    finally:
        watch.over.set()
        watch.join(30)
    print({what: f"{seconds:.1f} s" for what, seconds in gaps.items()})
    assert all(seconds < (10 if "killed" in what else 5) for what, seconds in gaps.items()), gaps
    stack.wait_idle()
    n = 6 + watch.told
    assert town.realized() == (f"{n}.00", n)
