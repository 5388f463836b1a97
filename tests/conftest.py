"""The real system, started once for a whole run (with `-n 3` once for each part of it): Kafka, PostgreSQL, a mail catcher
and the programs, in a directory and on ports of their own. Nothing is mocked. When it ends, no log may hold a NIP or a
password.

    stack.admin("registry", "load", path)       the operators' command; CompletedProcess
    stack.load({"people": [...]})               the same from a dict
    stack.produce([(topic, partition, key, headers, value)])    as any client of Kafka; where each one lies
    stack.read(topic, after=stack.ends(topic))  what came on a topic since
    stack.rows("SELECT …")                      PostgreSQL as superuser
    stack.wait_idle()                           until every event is scored and said

Each file of tests begins with an empty system (`reset` takes a second); the tests of a file share it and work with codes
and people of their own: the fixture `town` is one, `next(towns)` another.

BUILD names the directory of the programs (build), KEEP=1 leaves the run's directory behind.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import namedtuple
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import (TIMESTAMP_NOT_AVAILABLE, Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer,
                             TopicPartition)
from confluent_kafka.admin import AdminClient, NewTopic
from daemon import wait_until
from oracle.oracle import valid_nip
from programs import FOUNDATION, SERVICES, inherited_env
from stack import Stack, random_ports
from town import Town

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
Message = namedtuple("Message", "topic partition offset key headers value at")


class System:
    """What tests do to a stack, and what they see of it."""

    def __init__(self, run_dir):
        self.run_dir = run_dir
        self.processes = Stack(run_dir, ports=random_ports(), build=BUILD, quiet=True)
        self._db = self._producer = None

    def up(self):
        self.processes.up(empty=True)

    def down(self):
        if self._db:
            self._db.close()
        self.processes.down()

    def reset(self):
        """Everything is forgotten but the roles and the logs; Kafka and PostgreSQL go on."""
        self.start(*FOUNDATION)
        self.stop(*SERVICES)
        with self._connect("postgres") as db:
            db.execute("DROP DATABASE terukur WITH (FORCE)")
            db.execute("CREATE DATABASE terukur")
        kafka = AdminClient({"bootstrap.servers": self.brokers})
        names = [name for name in kafka.list_topics(timeout=10).topics if name.startswith("terukur.")]
        for future in (kafka.delete_topics(names) if names else {}).values():
            future.result(10)
        assert wait_until(lambda: not {*names} & {*kafka.list_topics(timeout=10).topics}, 10)
        self.processes.forget_tokens()
        self._producer = None  # it remembers which topics there were
        self.up()

    # --- processes

    @property
    def env(self):
        """What a client is told, as in .run/env."""
        return self.processes.env()

    @property
    def brokers(self):
        return self.processes.addresses()["KAFKA_BROKERS"]

    def program(self, name):
        return self.processes.program(name)

    def start(self, *names, wait=True):
        self.processes.start(*names, wait=wait)

    def stop(self, *names):
        self.processes.stop(*names)

    def kill(self, name):
        self.processes.kill(name)

    def restart(self, *names):
        self.processes.stop(*names)
        self.processes.start(*names)

    def run(self, name, *args, env=None, input=None, check=True, timeout=120):
        """Runs the program to its end, as its own role; `env` on top, a None takes away."""
        own = self.program(name).env() if name in SERVICES else {
            **inherited_env(), "KAFKA_BROKERS": self.brokers, "DATABASE_URL": self.processes.database_url()}
        env = {key: value for key, value in {**own, **(env or {})}.items() if value is not None}
        done = subprocess.run([self.processes.build / name, *map(str, args)], env=env, input=input, capture_output=True, text=True,
                              cwd=ROOT, timeout=timeout)
        assert not check or done.returncode == 0, f"{name} {args}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def admin(self, *args, input=None, check=True, timeout=120):
        return self.run("admin", *args, input=input, check=check, timeout=timeout)

    def load(self, registry):
        path = self.run_dir / "registry.json"
        path.write_text(json.dumps(registry))
        return self.admin("registry", "load", path)

    def wait_idle(self, seconds=60):
        self.admin("status", "--wait", seconds, timeout=seconds + 30)

    def ready(self, *names):
        """Whether these, or all, say so on /readyz, which they find out a moment after it is so."""
        return wait_until(lambda: all(self.get(name, "/readyz")[0] == 200 for name in names or SERVICES), 10)

    def get(self, name, path):
        """Status and text of a service's ops port."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.program(name).port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def leaks(self):
        """{log: how many NIPs and passwords it holds}, of the logs that hold any."""
        secrets = json.loads((self.run_dir / "secrets").read_text()).values()
        found = {}
        for log in (self.run_dir / "log").glob("*.log"):
            text = log.read_text(errors="replace")
            nips = sum(map(valid_nip, re.findall(r"(?<!\d)\d{18}(?!\d)", text)))
            if count := nips + sum(secret in text for secret in secrets):
                found[log.name] = count
        return found

    def lacking(self):
        """Values that a page lacked."""
        return [line for log in (self.run_dir / "log").glob("gateway*.log") for line in log.read_text(errors="replace").splitlines()
                if "a page lacks a value" in line]

    # --- PostgreSQL

    def _connect(self, database="terukur"):
        url = self.processes.database_url().rpartition("/")[0]
        return psycopg.connect(f"{url}/{database}", autocommit=True)

    def session(self):
        """A session beside the services', whose transaction stays open until its end."""
        session = self._connect()
        session.autocommit = False
        return session

    @property
    def db(self):
        """A connection as superuser; a new one when the server has gone meanwhile."""
        try:
            self._db.execute("SELECT 1")
        except (AttributeError, psycopg.OperationalError):
            self._db = self._connect()
        return self._db

    def execute(self, sql, *values):
        """How many rows it changed."""
        return self.db.execute(sql, values).rowcount

    def rows(self, sql, *values):
        return self.db.execute(sql, values).fetchall()

    def value(self, sql, *values):
        return self.db.execute(sql, values).fetchone()[0]

    # --- Kafka

    @property
    def producer(self):
        if not self._producer:  # the first message of a new one waits for half a second
            self._producer = Producer({"bootstrap.servers": self.brokers, "enable.idempotence": True, "linger.ms": 5,
                                       "message.max.bytes": 4 << 20})
        return self._producer

    def produce(self, messages, timeout=60):
        """Publishes (topic, partition, key, headers, value)s in this order; [(topic, partition, offset)]. A partition
        None is for the client to choose."""
        producer, places = self.producer, []
        for topic, partition, key, headers, value in messages:
            at = len(places)
            places.append(None)

            def delivered(error, message, at=at):
                assert error is None, error
                places[at] = message.topic(), message.partition(), message.offset()

            while True:
                try:
                    producer.produce(topic, value, key, -1 if partition is None else partition, delivered,
                                     headers=list(headers or []))
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(timeout) == 0, "not acknowledged in time"
        return places

    def _consumer(self):
        return Consumer({"bootstrap.servers": self.brokers, "group.id": "tests", "enable.auto.commit": False,
                         "auto.offset.reset": "earliest", "fetch.wait.max.ms": 10,
                         "message.max.bytes": 8 << 20, "receive.message.max.bytes": 64 << 20})

    def create_topic(self, topic, partitions):
        kafka = AdminClient({"bootstrap.servers": self.brokers})
        kafka.create_topics([NewTopic(topic, partitions)])[topic].result(10)

    @staticmethod
    def _end(client, partition):
        """The next offset; a topic that was made just now has its leaders a moment later."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return client.get_watermark_offsets(partition, 10)[1]
            except KafkaException as e:
                if e.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def ends(self, topic, consumer=None):
        """{partition: the next offset}; {} when there is no such topic."""
        client = consumer or self._consumer()
        try:
            found = client.list_topics(topic, 10).topics[topic]
            if found.error and found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return {}
            return {p: self._end(client, TopicPartition(topic, p)) for p in found.partitions}
        finally:
            if not consumer:
                client.close()

    def rewind(self, group, topic):
        """The group is at the topic's beginning: Kafka refuses that, partition by partition, until the last member's session ends."""
        admin = AdminClient({"bootstrap.servers": self.brokers})
        start = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, p, 0) for p in self.ends(topic)])

        def taken():
            done = admin.alter_consumer_group_offsets([start])[group].result(10)
            return all(p.error is None for p in done.topic_partitions)
        assert wait_until(taken, 20, 0.5), f"{group} is not put back"

    def read(self, topic, after=None):
        """What lies on a topic, from the offsets `after` on; in order within each partition."""
        client = self._consumer()
        try:
            ends, found = self.ends(topic, client), []
            left = {p: end for p, end in ends.items() if end > (after or {}).get(p, 0)}
            client.assign([TopicPartition(topic, p, (after or {}).get(p, 0)) for p in left])
            deadline = time.monotonic() + 60
            while left and time.monotonic() < deadline:
                for m in client.consume(1000, 0.2):
                    assert m.error() is None, m.error()
                    kind, ms = m.timestamp()
                    at = None if kind == TIMESTAMP_NOT_AVAILABLE else ms / 1000
                    found.append(Message(m.topic(), m.partition(), m.offset(), m.key(), dict(m.headers() or ()),
                                         m.value(), at))
                left = {p: end for p, end in left.items()
                        if all(got.offset < end for got in client.position([TopicPartition(topic, p)]))}
            assert not left, f"{topic} could not be read to its end"
            return found
        finally:
            client.close()


@pytest.fixture(scope="session")
def system(request):
    run_dir = Path(tempfile.mkdtemp(prefix="terukur-test-"))
    run_dir.chmod(0o711)  # PostgreSQL may run as another user
    system = System(run_dir)
    try:
        system.up()
        yield system
        assert system.leaks() == {}, "after everything that was rejected, refused and broken in this run"
        assert system.lacking() == []
    finally:
        system.down()
        if os.environ.get("KEEP") or request.session.testsfailed:
            print(f"\nlogs: {run_dir}/log", file=sys.stderr)
        else:
            system.processes.clean()
            shutil.rmtree(run_dir)


@pytest.fixture(scope="module")
def stack(system):
    system.reset()
    return system


@pytest.fixture(scope="module")
def towns(stack):
    """All that a file's tests need, registered at once."""
    return iter(Town.several(stack, 25, people=2))


@pytest.fixture
def town(towns):
    return next(towns)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)
