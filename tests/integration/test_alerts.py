"""Each alert fires when its fault is made, and clears when it is mended: real services, real faults, and a real Prometheus
with the rules of observability/alerts.yml, whose times are made shorter. Then every query of the dashboards has data. What
operators lose if this fails: they sleep while the system does not work, or are woken for nothing and learn not to look."""
import contextlib
import itertools
import json
import signal
import threading
import time

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from daemon import wait_until
from observability import ALERTS, Prometheus, queries, quick_rules
from programs import SERVICES
from test_kafka_corners import delete_before
from test_service import can_answer
from town import Town
from web import ask, token

WINDOWS, THRESHOLDS = 1 / 120, 1 / 20  # a minute of a window is half a second; of an age, three
HOUR_AGO = "now() - interval '1 hour'"


@pytest.fixture(scope="module")
def city(stack):
    """Towns for the faults; somebody has a score, and somebody an address."""
    towns = [Town(stack, load=False) for _ in range(7)]
    towns[0].registry["people"][0]["email"] = "somebody@kota.example"
    stack.load({part: [row for town in towns for row in town.registry[part]] for part in towns[0].registry})
    towns[1].tell(towns[1].event())
    towns[0].settle(towns[0].event())
    stack.admin("verify")
    return towns


@pytest.fixture(scope="module")
def prometheus(stack, city):
    targets = [(name, f"127.0.0.1:{stack.program(name).port}") for name in SERVICES]
    port = max(stack.processes.ports.values()) + 1
    with Prometheus(stack.run_dir / "prometheus", port, quick_rules(WINDOWS, THRESHOLDS), targets) as prometheus:
        prometheus.seen, prometheus.began = {}, time.time()
        assert wait_until(lambda: len(prometheus.query("up == 1")) == len(SERVICES), 20)
        with threads(lambda: look(prometheus)):
            yield prometheus


def look(prometheus):
    """Remembers what fires: some of it is over before the last fault of a round is made."""
    for alert in prometheus.alerts():
        prometheus.seen[alert["labels"]["alertname"]] = alert
    time.sleep(0.2)


# --- faults: made on the way in, mended on the way out

@contextlib.contextmanager
def threads(work, n=1):
    """Something that goes on all the while."""
    over = threading.Event()

    def run():
        while not over.is_set():
            with contextlib.suppress(OSError, KafkaException):
                work()

    running = [threading.Thread(target=run) for _ in range(n)]
    for thread in running:
        thread.start()
        time.sleep(0.3 * (n > 1))  # not all in step
    try:
        yield
    finally:
        over.set()
        for thread in running:
            thread.join()


@contextlib.contextmanager
def retention_takes_what_was_not_read_and_a_backlog_stands(stack, city):
    """Intake was away; when it comes back, twenty events are gone, thousands of an hour ago wait, and it may not store them."""
    lost, behind = city[1], city[2]
    stack.stop("intake")
    late, hour_ago = Producer({"bootstrap.servers": stack.brokers, "linger.ms": 20}), int((time.time() - 3600) * 1000)
    for _ in range(30):  # as old as the others: a batch of these alone may be what holds a worker up
        late.produce(lost.topic, json.dumps(lost.event()), partition=0, timestamp=hour_ago)
    assert late.flush(30) == 0
    delete_before(stack, lost.topic, 20)
    event = json.dumps(behind.event())
    for n in range(24000):  # a worker that is held up keeps the others from their partitions: half of it is seen
        late.produce(behind.topic, event.replace('"id": "', f'"id": "{n}-'), partition=n % 6, timestamp=hour_ago)
        late.poll(0)
    assert late.flush(30) == 0
    stack.execute("REVOKE INSERT ON intake.evidence FROM terukur_intake")
    stack.start("intake", wait=False)
    yield
    stack.execute("GRANT INSERT ON intake.evidence TO terukur_intake")


@contextlib.contextmanager
def the_scores_are_locked(stack, city):
    """By somebody's forgotten transaction: who looks waits, nobody is told, and more come than there are connections."""
    auditor, path = token(stack, "auditor"), f"/api/v1/people/{city[0].id()}/scores/2026-03"
    with stack.session() as session:
        session.execute("LOCK TABLE scoring.score IN ACCESS EXCLUSIVE MODE")
        late = f"UPDATE notification.watch SET due_at = {HOUR_AGO} WHERE person = %s"
        assert wait_until(lambda: stack.execute(late, city[0].id()), 20)
        with threads(lambda: ask(stack, "GET", path, auditor), 12):
            assert ask(stack, "GET", "/nowhere").status == 404
            yield
            session.rollback()
    ask(stack, "GET", path, auditor)


@contextlib.contextmanager
def a_process_hangs(stack, _):
    stack.program("reporting").kill(signal.SIGSTOP)
    yield
    stack.program("reporting").kill(signal.SIGCONT)


@contextlib.contextmanager
def the_mail_server_is_away(stack, city):
    stack.stop("mail")
    stack.execute("""WITH told AS (INSERT INTO notification.inbox (person, period, kind, occasion, at, title, body)
        VALUES (%s, '2026-03', 'closed', 'alerts', now(), '{"id": "x", "en": "x"}', '{"id": "x", "en": "x"}') RETURNING id)
        INSERT INTO notification.email (inbox, due_at) SELECT id, now() FROM told""", city[0].id())
    yield
    stack.start("mail")
    stack.execute("UPDATE notification.email SET due_at = now() WHERE state = 'waiting'")


@contextlib.contextmanager
def a_source_sends_rubbish(stack, city):
    """And somebody writes to a topic that is Terukur's own. Both are over as soon as they stop."""
    town = city[3]
    town.tell(*[town.event(indicator="nobody-knows") for _ in range(130)])
    stack.produce([("terukur.score.changed", 0, b"rubbish", (), b"{}")])
    yield


@contextlib.contextmanager
def a_correction_comes_without_its_original(stack, city):
    town, original = city[4], city[4].event()
    town.tell(town.event("corrected", replaces=original["id"], value=2))
    assert wait_until(lambda: stack.execute("UPDATE intake.waiting SET received_at = now() - interval '6 days'"), 20)
    yield
    town.tell(original)


@contextlib.contextmanager
def evidence_is_altered_and_nobody_verifies(stack, city):
    key, value = stack.rows("SELECT key, value FROM intake.evidence WHERE person = %s", city[0].id())[0]
    stack.execute("UPDATE intake.evidence SET value = value + 1 WHERE key = %s", key)
    assert stack.admin("verify", check=False).returncode == 1
    stack.execute("UPDATE registry.verification SET ended_at = ended_at - interval '9 days'")
    yield
    stack.execute("UPDATE intake.evidence SET value = %s WHERE key = %s", value, key)
    stack.admin("verify", timeout=60)


@contextlib.contextmanager
def scoring_may_not_read(stack, city):
    """As after a restore without its grants. What waits for it has done so for an hour."""
    stack.execute("REVOKE SELECT ON intake.completeness_view FROM terukur_scoring")
    late = Producer({"bootstrap.servers": stack.brokers})
    late.produce("terukur.evidence.accepted", json.dumps({"person": city[0].id(), "month": "2026-03"}), city[0].id(),
                 timestamp=int((time.time() - 3600) * 1000))
    assert late.flush(30) == 0
    yield
    stack.execute("GRANT SELECT ON intake.completeness_view TO terukur_scoring")


def end_sessions(stack, role):
    """Those that stand; one that is only about to be made is not cut."""
    stack.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND query <> ''", role)
    time.sleep(0.2)


@contextlib.contextmanager
def the_store_forgets_what_was_read(stack, _):
    """As one that was restored from a backup."""
    stack.execute("UPDATE reporting.reading SET next = 0")
    yield
    stack.restart("reporting")


@contextlib.contextmanager
def a_service_dies_again_and_again(stack, _):
    def die():
        stack.kill("notification")
        stack.start("notification", wait=False)
        assert wait_until(lambda: can_answer(stack, "notification"), 20)
        time.sleep(0.6)  # Prometheus has looked

    with threads(die):
        yield
    assert wait_until(lambda: stack.get("notification", "/readyz")[0] == 200, 30)


@contextlib.contextmanager
def connections_are_cut(stack, _):
    with threads(lambda: end_sessions(stack, "terukur_intake")):
        yield


@contextlib.contextmanager
def members_come_and_go(stack, city):
    """Of a group, as replicas do that die as soon as they have their partitions."""
    def join(group, topic):
        member = Consumer({"bootstrap.servers": stack.brokers, "group.id": group, "enable.auto.commit": False,
                           "partition.assignment.strategy": "range"})
        given = threading.Event()
        member.subscribe([topic], on_assign=lambda *_: given.set())
        wait_until(lambda: member.poll(0.05) or given.is_set(), 5, 0)
        member.close()

    with (threads(lambda: join("terukur-intake-registry", "terukur.registry.changed"), 2),
          threads(lambda: join("terukur-intake", city[6].topic))):
        yield


@contextlib.contextmanager
def somebody_cannot_be_scored(stack, city):
    """Figures that no arithmetic holds. They would come out of a fault; here they are put into the totals."""
    town = city[5]
    town.settle(town.event())
    stack.execute("UPDATE intake.total SET sum = 1e60, n = 1 WHERE person = %s", town.id())
    stack.produce([("terukur.evidence.accepted", 0, town.id(), (), json.dumps({"person": town.id(), "month": "2026-03"}))])
    yield
    stack.execute("UPDATE intake.total SET sum = 1 WHERE person = %s", town.id())


@contextlib.contextmanager
def kafka_is_away(stack, city):
    """And what intake has to say stays in its store."""
    stack.stop("kafka")
    stack.execute(f"INSERT INTO intake.outbox (person, month, at) VALUES (%s, %s, {HOUR_AGO})", city[0].id(), 2026 * 12 + 2)
    yield
    stack.start("kafka")


# --- what they bring about. What is over an hour after it happened is looked for at the end.

ROUNDS = {
    "held up": {
        retention_takes_what_was_not_read_and_a_backlog_stands: ["TerukurMessagesLost", "TerukurLagGrowing", "TerukurLagOld"],
        the_scores_are_locked: ["TerukurStuck", "TerukurFeedbackLate", "TerukurPoolExhausted", "TerukurGatewayFailing",
                                "TerukurGatewaySlow"],
        a_process_hangs: ["TerukurServiceDown", "TerukurReplicaDown"],
        the_mail_server_is_away: ["TerukurMailStuck"],
    },
    "gone wrong": {
        a_source_sends_rubbish: ["TerukurRejecting", "TerukurMessagesRefused"],
        a_correction_comes_without_its_original: ["TerukurCorrectionsWaiting"],
        evidence_is_altered_and_nobody_verifies: ["TerukurVerifyFound", "TerukurVerifyMissing"],
        somebody_cannot_be_scored: ["TerukurPersonUnscored"],
        the_store_forgets_what_was_read: ["TerukurStoreRestored"],
        a_service_dies_again_and_again: ["TerukurRestarting"],
        connections_are_cut: ["TerukurReconnecting"],
        members_come_and_go: ["TerukurRebalancing"],
    },
    "cut off": {
        scoring_may_not_read: ["TerukurNotReady", "TerukurEvidenceUnscored"],
    },
    "without Kafka": {
        kafka_is_away: ["TerukurOutboxStanding"],
    },
}
LINGER = {"TerukurMessagesLost", "TerukurMessagesRefused", "TerukurPersonUnscored"}
EXPECTED = {name: [*itertools.chain(*faults.values())] for name, faults in ROUNDS.items()}


def await_quiet(prometheus, names, seconds):
    wait_until(lambda: not {*names} & {*prometheus.firing()}, seconds, 0.2)
    return {*names} & {*prometheus.firing()}


@pytest.mark.parametrize("name", ROUNDS)
def test_alerts_fire_and_clear(prometheus, stack, city, name):
    expected = EXPECTED[name]
    assert await_quiet(prometheus, expected, 20) == set(), "before anything is wrong"
    for alert in expected:
        prometheus.seen.pop(alert, None)
    with contextlib.ExitStack() as faults:
        for fault in ROUNDS[name]:
            faults.enter_context(fault(stack, city))
        wait_until(lambda: {*expected} <= {*prometheus.seen}, 40, 0.2)
    assert {*expected} - {*prometheus.seen} == set(), "made, and nobody was told"
    assert await_quiet(prometheus, {*expected} - LINGER, 40) == set(), "mended, and it still fires"


def test_all_of_it_clears(prometheus, stack):
    """Each alert fired, in words; when all is mended, none does, and nothing that people rely on was lost on the way."""
    assert {*prometheus.seen} == {alert["alert"] for alert in ALERTS} == {*itertools.chain(*EXPECTED.values())}
    for alert in [*prometheus.seen.values()]:
        said = " ".join(alert["annotations"].values())
        assert "{{" not in said and "no value" not in said and "%!" not in said and "error" not in said, said
    assert await_quiet(prometheus, prometheus.seen, 60) == set()
    stack.wait_idle()
    stack.admin("verify")


def test_each_query_has_data(prometheus):
    """Of what happened above; a panel that stays empty says nothing, also when something is wrong."""
    empty = []
    for where, expr in queries():
        expr = expr.replace("$__rate_interval", "5s")
        values = prometheus.over(expr, prometheus.began, time.time(), 1)
        if not where.startswith("alerts/") and not any(value == value for value in values):  # NaN is not
            empty.append((where, expr))
    assert empty == []
