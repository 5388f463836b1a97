"""What Kafka does at its corners: transactions of an upstream, partitions that are taken away in the midst of work, retention
that overtakes a reader, topics made anew under a name of before. And a store that was restored from a backup. What everybody
loses if this fails: work that is done twice or not at all, and operators who wait for a lag that is none."""
import json
import re
import subprocess
import time

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from conftest import BUILD
from daemon import wait_until
from programs import SERVICES


def group_member(stack, group):
    return Consumer({"bootstrap.servers": stack.brokers, "group.id": group, "enable.auto.commit": False})


def committed(stack, group, topic):
    """{partition: offset}, as KEDA reads it."""
    consumer = group_member(stack, group)
    try:
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        found = consumer.committed([TopicPartition(topic, p) for p in partitions], 10)
        return {p.partition: p.offset for p in found}
    finally:
        consumer.close()


def lag(stack, group, topic):
    ends = stack.ends(topic)
    return sum(ends[p] - max(offset, 0) for p, offset in committed(stack, group, topic).items())


def figure(stack, name, metric, **labels):
    """The sum of a metric's series that have these labels."""
    total = 0
    for line in stack.get(name, "/metrics")[1].splitlines():
        if re.match(rf"{metric}[ {{]", line) and all(f'{k}="{v}"' in line for k, v in labels.items()):
            total += float(line.split()[-1])
    return total


def status(stack):
    return json.loads(stack.admin("status", "--json").stdout)


# --- transactions

def transact(stack, town, events, end="commit", partition=0):
    producer = Producer({"bootstrap.servers": stack.brokers, "transactional.id": f"{town.source}-{end}"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for event in events:
        topic, _, key, headers, value = town.message(event)
        producer.produce(topic, value, key, partition)
    producer.flush(30)
    producer.commit_transaction(30) if end == "commit" else producer.abort_transaction(30)


def test_markers_are_no_lag(town, stack):
    """An upstream that commits one transaction and aborts another: nothing is behind, by committed offsets as well."""
    transact(stack, town, [town.event() for _ in range(3)])
    transact(stack, town, [town.event()], end="abort", partition=1)
    stack.admin("status", "--wait", 30)
    assert wait_until(lambda: lag(stack, "terukur-intake", town.topic) == 0, 10), committed(
        stack, "terukur-intake", town.topic)
    assert town.realized() == ("3.00", 3), "what was aborted is never seen"
    assert wait_until(lambda: figure(stack, "intake", "terukur_lag_messages", topic=town.topic) == 0, 10)
    stack.restart("intake")
    stack.admin("status", "--wait", 30)
    assert town.realized() == ("3.00", 3)


def test_what_an_open_transaction_holds_is_told_and_not_waited_for(towns, stack):
    """An upstream begins a transaction and hangs. What others send into its partition after that cannot be read: status says
    how much and where, and waits for what can be read alone; the figures agree. It ends, and all of it counts."""
    town = next(towns)
    town.settle(town.event())
    producer = Producer({"bootstrap.servers": stack.brokers, "transactional.id": f"{town.source}-hangs"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for _ in range(3):
        topic, partition, key, headers, value = town.message(town.event())
        producer.produce(topic, value, key, 2)
    producer.flush(30)
    town.tell(town.event(), town.event(), partition=2)
    town.tell(town.event(), partition=4)
    assert stack.admin("status", "--wait", 30).returncode == 0
    assert town.realized() == ("2.00", 2)
    [row] = [row for row in status(stack)["lag"] if row["topic"] == town.topic]
    assert (row["lag"], row["held"], row["held_on"]) == (0, 5, "2")
    told = f"5 messages wait behind an upstream's open transaction on {town.topic}, partition 2\n"
    assert told in stack.admin("status").stdout
    assert wait_until(lambda: figure(stack, "intake", "terukur_held_messages", topic=town.topic) == 5, 20)
    assert figure(stack, "intake", "terukur_lag_messages", topic=town.topic) == 0
    assert figure(stack, "intake", "terukur_lag_seconds", topic=town.topic) == 0
    producer.commit_transaction(30)
    stack.wait_idle()
    assert town.realized() == ("7.00", 7)
    assert "open transaction" not in stack.admin("status").stdout
    assert wait_until(lambda: figure(stack, "intake", "terukur_held_messages", topic=town.topic) == 0, 20)
    assert wait_until(lambda: figure(stack, "intake", "terukur_lag_messages", topic=town.topic) == 0, 20)


# --- partitions taken away

class Worker:
    def __init__(self, stack, group, instance, topic):
        self.process = subprocess.Popen([BUILD / "bus-check", stack.brokers, group, instance, topic], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self):
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(20) == 0


def test_a_late_commit_moves_nobody_back(stack):
    """A batch is gathered while the group shares its partitions out anew, and takes long: by its end another worker is
    ahead in some of them, and stays there."""
    topic, group = "late-commits", "late-commits"
    stack.create_topic(topic, 4)
    stack.produce([(topic, p, None, (), b"x") for p in range(4) for _ in range(10)])
    slow, quick = Worker(stack, group, "a", topic), None
    try:
        slow.ask("consume 10000 12000")
        time.sleep(4)  # it has them all, and still gathers
        quick = Worker(stack, group, "b", topic)
        quick.ask("consume 10000 12000")
        assert int(slow.answer()) > 0
        assert int(quick.answer()) > 0
        quick.ask("commit")
        assert quick.answer() == "done"
        stack.produce([(topic, p, None, (), b"y") for p in range(4) for _ in range(10)])
        quick.ask("consume 10000 3000")
        assert int(quick.answer()) == 20
        quick.ask("commit")
        assert quick.answer() == "done"
        ahead = committed(stack, group, topic)
        slow.ask("commit")
        assert slow.answer() == "done"
        after = committed(stack, group, topic)
        assert [p for p in ahead if after[p] < ahead[p]] == [], (ahead, after)
        assert sorted(after.values()) == [10, 10, 20, 20]
    finally:
        for worker in filter(None, (slow, quick)):
            worker.end()


# --- retention

def delete_before(stack, topic, offset, partition=0):
    kafka = AdminClient({"bootstrap.servers": stack.brokers})
    for future in kafka.delete_records([TopicPartition(topic, partition, offset)]).values():
        future.result(10)


def lost_of(stack, topic):
    return sum(row["lost"] for row in status(stack)["lag"] if row["topic"] == topic)


def test_what_retention_took_is_told(town, stack):
    """Twenty events that nobody had read are gone: a figure, a line of `status`, an error in the log, and work goes on."""
    town.settle(*[town.event() for _ in range(5)])
    stack.stop("intake")
    town.tell(*[town.event() for _ in range(30)])
    delete_before(stack, town.topic, 25)
    assert lost_of(stack, town.topic) == 20, "status tells before anybody reads on"
    stack.start("intake")
    stack.wait_idle()
    assert town.realized() == ("15.00", 15)
    assert figure(stack, "intake", "terukur_lost_messages_total", topic=town.topic) == 20
    log = [json.loads(line) for line in stack.program("intake").log.read_text().splitlines()]
    told = [line for line in log if line["message"] == "messages are lost" and line["topic"] == town.topic]
    assert [line["messages"] for line in told] == [20] and told[0]["level"] == "error"
    stack.restart("intake")
    stack.wait_idle()
    assert lost_of(stack, town.topic) == 20, "it is not forgotten"
    assert re.search(rf"{re.escape(town.topic)} +\S+ +20\b", stack.admin("status").stdout)


# --- topics made anew

def make_anew(stack, topic, partitions=6):
    kafka = AdminClient({"bootstrap.servers": stack.brokers})
    kafka.delete_topics([topic])[topic].result(10)
    assert wait_until(lambda: topic not in kafka.list_topics(timeout=10).topics, 10)
    stack.create_topic(topic, partitions)
    assert wait_until(lambda: len(stack.ends(topic)) == partitions, 10)


@pytest.mark.parametrize("more", [3, 40], ids=["shorter", "longer"])
def test_a_topic_made_anew_is_read_from_its_beginning(towns, stack, more):
    """Deleted and created again while nobody reads, with offsets of before that lie beyond its end, or within it."""
    town = next(towns)
    town.settle(*[town.event() for _ in range(20)])
    stack.stop("intake")
    before = remember_offset(stack, "terukur-intake", town.topic)
    make_anew(stack, town.topic)
    town.tell(*[town.event() for _ in range(more)])
    put_back(stack, "terukur-intake", before)
    stack.start("intake")
    stack.wait_idle()
    assert town.realized() == (f"{20 + more}.00", 20 + more)
    stack.restart("intake")
    stack.wait_idle()
    assert lag(stack, "terukur-intake", town.topic) == 0


def remember_offset(stack, group, topic):
    consumer = group_member(stack, group)
    try:
        return consumer.committed([TopicPartition(topic, 0)], 10)[0]
    finally:
        consumer.close()


def put_back(stack, group, offset):
    """As if what the group had committed had outlived the topic: a restored broker's, or a commit that was under way."""
    consumer = group_member(stack, group)

    def put():
        try:
            consumer.commit(offsets=[offset], asynchronous=False)
            return True
        except KafkaException:  # the group still waits for its members to come back
            return False

    try:
        assert wait_until(put, 20, 0.5)
    finally:
        consumer.close()


def test_a_topic_made_anew_under_running_services(towns, stack):
    town = next(towns)
    town.settle(*[town.event() for _ in range(20)])
    make_anew(stack, town.topic)
    time.sleep(3)  # a topic that is full again within a second is not told from the one before
    town.tell(*[town.event() for _ in range(30)])
    stack.wait_idle()
    assert town.realized() == ("50.00", 50)


# --- a store from a backup

def dump(stack):
    postgres = stack.program("postgres")
    path = stack.run_dir / "backup.sql"
    done = subprocess.run([postgres.binaries / "pg_dump", "--clean", "--if-exists", stack.env["DATABASE_URL"]],
                          capture_output=True, check=True)
    path.write_bytes(done.stdout)
    return path


def restore(stack, path):
    """As an operator would: the database is made anew, while everything runs."""
    with stack._connect("postgres") as db:
        db.execute("DROP DATABASE terukur WITH (FORCE)")
        db.execute("CREATE DATABASE terukur")
    subprocess.run([stack.program("postgres").binaries / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", path,
                    stack.env["DATABASE_URL"]], check=True, capture_output=True)


def waits_for(stack, name):
    return " ".join(json.loads(stack.get(name, "/readyz")[1])["waiting_for"])


def test_a_restored_store_is_noticed_and_mended(towns, stack):
    """A backup is restored under running services. They say so, with the cure, whether or not something comes; after a
    restart everything of since then is read again."""
    town, other = next(towns), next(towns)
    town.settle(*[town.event() for _ in range(10)])
    backup = dump(stack)
    town.settle(*[town.event() for _ in range(10)], *[town.event(time="2026-08-04T08:15:00+07:00") for _ in range(2)])
    other.settle(*[other.event() for _ in range(4)], partition=3)
    restore(stack, backup)
    for name in ("intake", "scoring", "notification", "reporting"):
        assert wait_until(lambda: "restored from a backup" in waits_for(stack, name), 30), (name, waits_for(stack, name))
        assert "Restart" in waits_for(stack, name)
    other.tell(other.event(time="2026-08-04T08:15:00+07:00"))
    time.sleep(2)
    assert town.realized() == ("10.00", 10), "nothing is written before the restart"
    stack.restart(*SERVICES)
    stack.wait_idle()
    assert town.realized() == ("20.00", 20) and town.realized("2026-08") == ("2.00", 2)
    assert other.realized() == ("4.00", 4) and other.realized("2026-08") == ("1.00", 1)
    assert town.rejections() == {} == other.rejections()
    stack.admin("verify")


def test_a_crash_is_no_restored_store(towns, stack):
    """PostgreSQL that is killed, and services that are, go on by themselves."""
    town = next(towns)
    for _ in range(3):
        town.tell(*[town.event() for _ in range(200)])
        stack.kill("postgres")
        stack.start("postgres")
        stack.kill("intake")
        stack.start("intake")
    stack.wait_idle()
    assert town.realized() == ("600.00", 600)
    assert stack.ready()
    log = stack.program("intake").log.read_text()
    assert "was restored from a backup" not in log[-20000:].split("partitions assigned")[-1]
