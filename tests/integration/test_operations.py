"""What docs/operations.md promises of a running system, beside what other files try: more partitions. What operators lose if
this fails: an evening in which a topic that grew is read in part, or twice."""
import threading

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewPartitions
from daemon import wait_until


def grow(stack, topic, partitions):
    kafka = AdminClient({"bootstrap.servers": stack.brokers})
    kafka.create_partitions([NewPartitions(topic, partitions)])[topic].result(10)
    assert wait_until(lambda: len(kafka.list_topics(topic, timeout=10).topics[topic].partitions) == partitions, 60)


def test_more_partitions_while_it_runs(town, stack):
    """Of an activity topic and of the internal ones: keys move, and nothing stands on where they lie. What comes to a new
    partition is read within seconds, without a restart."""
    events = [town.event() for _ in range(300)]

    def tell():
        for n, event in enumerate(events):
            town.tell(event, partition=n % 6)

    load = threading.Thread(target=tell)
    load.start()
    for topic, partitions in ((town.topic, 9), ("terukur.evidence.accepted", 15), ("terukur.registry.changed", 14),
                              ("terukur.score.changed", 16), ("terukur.notification.sent", 13)):
        grow(stack, topic, partitions)
    load.join()
    upstream = Producer({"bootstrap.servers": stack.brokers})  # one that has seen the new partitions
    for partition in range(9):
        topic, _, key, _, value = town.message(town.event())
        upstream.produce(topic, value, key, partition)
    assert upstream.flush(30) == 0
    stack.wait_idle()
    assert town.realized() == ("309.00", 309)
    stack.admin("recompute", "--wait", "30")
    assert town.realized() == ("309.00", 309)
    last = max((score["revision"] for period, score in town.published() if period == "2026-03"))
    assert last == town.score()["revision"], "who follows the scores takes the greatest revision"
    stack.admin("verify")
