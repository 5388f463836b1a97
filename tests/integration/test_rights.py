"""Who may do what in Kafka, tried on a broker that asks everybody who they are. What people lose if this fails: a source
can write as another, a service that was broken into reads NIPs that are not its business; or a right is missing, and a
service that is told to be safe does not run at all."""
import csv
import io
import json
import shutil
import tempfile
import urllib.request
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient,
                                   ResourcePatternType, ResourceType)
from daemon import wait_until
from secured import SUPERUSER, Secured
from services import PROGRAMS, ROWS, SERVICES, topic_names
from town import Town

ACTIVITY = topic_names()["ACTIVITY"]
READ, WRITE, DESCRIBE, CREATE = (AclOperation[name] for name in ("READ", "WRITE", "DESCRIBE", "CREATE"))
HEADER = ["state", "principal", "operation", "resource", "pattern", "name", "host", "permission"]

# What admin may beyond its row.
OPERATORS = {("Create", "topic", "prefixed", "terukur."), ("Describe", "topic", "prefixed", "terukur."),
             ("Describe", "group", "prefixed", "terukur-"), ("Read", "topic", "literal", "terukur.evidence.accepted"),
             ("Write", "topic", "prefixed", "terukur.activity."), ("Read", "topic", "prefixed", "terukur.activity."),
             ("Read", "group", "literal", "terukur-intake"), ("Describe", "cluster", "literal", "kafka-cluster")}


@pytest.fixture(scope="module")
def towns():
    return Town(None, load=False), Town(None, load=False), Town(None, load=False)


@pytest.fixture(scope="module")
def secured(towns):
    """Two of the towns are registered."""
    run_dir = Path(tempfile.mkdtemp(prefix="terukur-test-"))
    run_dir.chmod(0o711)
    system = Secured(run_dir, [town.source for town in towns])
    try:
        system.processes.start("postgres", "kafka", "mail")
        system.processes.prepare_stores()
        apply(system)
        for town in towns[:2]:
            town.stack = system
            system.load(town.registry)
        apply(system)
        system.processes.up(empty=True)
        yield system
    finally:
        system.down()
        system.processes.clean()
        shutil.rmtree(run_dir)


def acl(system, *args, user=SUPERUSER, code=0):
    """The rows that `admin topics acl` prints: its state and the right."""
    done = system.run("admin", "topics", "acl", *args, env=system.processes.login(user), check=False)
    assert done.returncode == code, done
    head, *rows = csv.reader(io.StringIO(done.stdout))
    assert head == HEADER
    return [tuple(row) for row in rows]


def apply(system):
    return acl(system, "--apply")


def as_admin_client(system, user=SUPERUSER):
    return AdminClient(system.processes.client(user))


def topic_right(topic):
    return "topic", "prefixed" if topic == ACTIVITY else "literal", topic


def rights(sources):
    """{user: {(operation, resource, pattern, name)}}, as the table of services says it."""
    found = {f"terukur-source-{code}": {("Write", "topic", "literal", ACTIVITY + code)} for code in sources}
    for row in ROWS:
        found[f"terukur-{row.name}"] = {
            *(("Read", "group", "literal", group) for group, _ in row.reads),
            *(("Read", *topic_right(topic)) for _, topic in row.reads),
            *(("Write", *topic_right(topic)) for topic in row.writes),
            *(OPERATORS if row.name == "admin" else ())}
    return found


def covers(right, resource, name):
    _, kind, pattern, named = right
    return kind == resource and (name.startswith(named) if pattern == "prefixed" else name == named)


def expected(user_rights, resource, name):
    operations = {AclOperation[right[0].upper()] for right in user_rights if covers(right, resource, name)}
    return operations | ({DESCRIBE} if operations & {READ, WRITE} else set())


def test_every_right_is_printed(secured, towns):
    rows = acl(secured)
    wanted = rights(town.source for town in towns[:2])
    assert sorted(rows) == sorted(("wanted", f"User:{user}", *right, "*", "Allow") for user, own in wanted.items() for right in own)


@pytest.mark.parametrize("name", [*PROGRAMS, "source"])
def test_a_user_may_what_its_row_names_and_no_more(secured, towns, name):
    """Asked of the broker as that user: what it may do with each topic and each group there is."""
    user = f"terukur-source-{towns[0].source}" if name == "source" else f"terukur-{name}"
    own = rights([towns[0].source])[user]
    client = as_admin_client(secured, user)
    topics = [topic for topic in as_admin_client(secured).list_topics(timeout=10).topics if not topic.startswith("__")]
    assert {ACTIVITY + town.source for town in towns[:2]} < {*topics}
    assert {*client.list_topics(timeout=10).topics} == {topic for topic in topics if expected(own, "topic", topic)}
    for topic in topics:
        described = client.describe_topics(TopicCollection([topic]), include_authorized_operations=True)
        assert allowed(described) == expected(own, "topic", topic), topic
    for group, _ in (read for row in ROWS for read in row.reads):
        described = client.describe_consumer_groups([group], include_authorized_operations=True)
        assert allowed(described) == expected(own, "group", group), group


def allowed(described):
    """The operations that the broker names in its one answer; none when it refuses to describe."""
    [answer] = described.values()
    try:
        return {*answer.result(10).authorized_operations}
    except KafkaException as e:
        assert e.args[0].code() in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED), e
        return set()


def refused_to_write(system, user, topic):
    """Why; None when it was written."""
    said = []
    producer = Producer({**system.processes.client(user), "message.timeout.ms": 10000, "enable.idempotence": True})
    producer.produce(topic, b"?", on_delivery=lambda error, _: said.append(error and error.code()))
    producer.flush(15)
    return said[0]


def refused_to_read(system, user, topic, group):
    """Why; None when its messages, of which there are some, come."""
    consumer = Consumer({**system.processes.client(user), "group.id": group, "auto.offset.reset": "earliest",
                         "enable.auto.commit": False})
    try:
        if error := consumer.list_topics(topic, timeout=10).topics[topic].error:
            return error.code()
        consumer.assign([TopicPartition(topic, p, 0) for p in range(6)])
        message = consumer.poll(10)
        return message.error() and message.error().code()
    finally:
        consumer.close()


def test_an_event_becomes_a_score_with_everybody_as_themselves(secured, towns):
    """Idempotent producers, static members, patterns, what status asks: each has the rights that it needs."""
    town = towns[0]
    secured._producer = Producer({**secured.processes.client(f"terukur-source-{town.source}"), "enable.idempotence": True})
    town.tell(town.event(), town.event(indicator="nothing"))
    secured.wait_idle()
    assert town.realized() == ("1.00", 1)
    assert [*town.rejections().values()] == ["unknown_indicator"]
    assert secured.ready()
    secured.admin("redrive", "--reason", "unknown_indicator")
    secured.wait_idle()
    secured.admin("verify")
    key = secured.admin("token", "add", "--role", "upstream", "--source", town.source).stdout.strip()
    assert published_over_http(secured, key, town.event()) == 202
    secured.wait_idle()
    assert town.realized() == ("2.00", 2)
    for name in SERVICES:  # nor does who writes nothing ask for a producer's number, which it may not have
        log = secured.program(name).log.read_text()
        assert "uthorization failed" not in log and "SASL" not in log, name


def published_over_http(system, key, event):
    url = f"{system.processes.addresses()['GATEWAY_URL']}/api/v1/events"
    request = urllib.request.Request(url, json.dumps(event).encode(), {
        "Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents+json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status


def test_what_is_not_a_users_is_refused(secured, towns):
    mine, other = (f"{ACTIVITY}{town.source}" for town in towns[:2])
    source = f"terukur-source-{towns[0].source}"
    towns[0].tell(towns[0].event())
    assert refused_to_write(secured, source, other) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert refused_to_read(secured, source, mine, "terukur-intake") is not None
    assert refused_to_read(secured, "terukur-scoring", mine, "terukur-scoring") == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert refused_to_read(secured, "terukur-intake", mine, "terukur-intake") is None


def test_who_shows_nothing_or_something_wrong_is_sent_away(secured, towns):
    right = secured.processes.client(SUPERUSER)
    for wrong in ({"security.protocol": "PLAINTEXT"}, {"security.protocol": "SSL"}, {"sasl.password": "guessed"},
                  {"sasl.username": "terukur-intake"}, {"ssl.ca.location": "/etc/ssl/certs/ca-certificates.crt"}):
        client = AdminClient({**right, **wrong, "log_level": 0})
        with pytest.raises(KafkaException):
            client.list_topics(timeout=2)
    assert AdminClient(right).list_topics(timeout=5).topics


def binding(principal, topic, operation=READ, kind=ResourceType.TOPIC):
    return AclBinding(kind, topic, ResourcePatternType.LITERAL, principal, "*", operation, AclPermissionType.ALLOW)


def test_what_kafka_has_is_compared_with_the_tables(secured, towns):
    """Without a change in between, nothing is given twice; what somebody else gave is named, and left alone."""
    assert apply(secured) == []
    assert acl(secured, "--check", user="terukur-admin") == []
    client = as_admin_client(secured)
    guest = binding("User:guest", "terukur.evidence.rejected")
    elsewhere = binding("User:guest", "weather")
    missing = binding("User:terukur-reporting", "terukur.score.changed")
    for future in client.create_acls([guest, elsewhere]).values():
        future.result(10)
    for future in client.delete_acls([AclBindingFilter(missing.restype, missing.name, missing.resource_pattern_type,
                                                      missing.principal, missing.host, missing.operation,
                                                      missing.permission_type)]).values():
        future.result(10)
    right = "Read", "topic", "literal"
    found = [("missing", "User:terukur-reporting", *right, "terukur.score.changed", "*", "Allow"),
             ("extra", "User:guest", *right, "terukur.evidence.rejected", "*", "Allow")]
    assert wait_until(lambda: secured.run("admin", "topics", "acl", "--check", check=False).returncode == 1, 10)
    assert acl(secured, "--check", code=1) == found
    assert acl(secured, "--apply", user="terukur-admin", code=1) == found[1:]  # who may look may not give
    assert apply(secured) == [("given", *found[0][1:]), found[1]]
    assert apply(secured) == found[1:]


def test_a_new_source_writes_when_it_was_given_its_right(secured, towns):
    town = towns[2]
    town.stack = secured
    secured.load(town.registry)  # as terukur-admin, with the source's topic
    user = f"terukur-source-{town.source}"
    assert refused_to_write(secured, user, town.topic) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert [row[:2] for row in apply(secured)[:1]] == [("given", f"User:{user}")]
    assert wait_until(lambda: refused_to_write(secured, user, town.topic) is None, 10)
