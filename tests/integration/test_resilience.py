"""What must not stop or skew anybody else's scores: absurd figures, batches that nobody can unpack, a new month, a registry
that changes all the time, evidence of years ago, a database that hangs. What people lose if this fails: their scores stand
still because of one event that has nothing to do with them."""
import contextlib
import json
import os
import re
import signal
import time

import pytest
from confluent_kafka import Producer
from daemon import children, wait_until
from programs import SERVICES
from town import Town


def test_a_transaction_whose_connection_is_cut(stack):
    """Before each of its statements in turn: nothing of it is ever stored in part. (build/db-check names what broke.)"""
    done = stack.run("db-check", check=False)
    assert done.returncode == 0 and re.search(r"^[1-9]\d* passed, 0 failed$", done.stdout, re.MULTILINE), done


def verified(stack):
    return stack.admin("verify", check=False)


@pytest.mark.parametrize("value", [-999999999999999, 999999999999999])
def test_absurd_figures_of_one(towns, stack, value):
    """An indicator without bounds and a tiny target make a result of twenty digits: it is that person's alone."""
    absurd, other = next(towns), next(towns)
    code = f"{absurd.visits}-sum"
    absurd.registry["indicators"].append(absurd.indicator(code, "sum"))
    absurd.registry["sources"][0]["indicators"].append(code)
    absurd.registry["positions"][0].update({"from": None, "items": [absurd.item(code, 0.05, 100)]})
    stack.load(absurd.registry)
    absurd.tell(absurd.event(indicator=code, value=value))
    other.settle(other.event())
    assert other.realized() == ("1.00", 1)
    assert absurd.realized(indicator=code) == (f"{value}.00", 1)
    assert verified(stack).returncode == 0


def test_a_batch_that_cannot_be_unpacked(town, stack):
    """Forty million letters in a few kilobytes: one rejection, and its partition goes on."""
    bomb = Producer({"bootstrap.servers": stack.brokers, "compression.type": "zstd", "message.max.bytes": 10**9})
    bomb.produce(town.topic, b"a" * 40_000_000, partition=0)
    assert bomb.flush(30) == 0
    town.settle(town.event())
    assert town.realized() == ("1.00", 1)
    assert list(town.rejections().values()) == ["malformed"]
    assert "unpacked" in stack.value("SELECT detail FROM intake.rejection WHERE source = %s", town.source)


def test_evidence_of_years_ago_counts_once(towns, stack):
    """Also when intake was killed before it could say that it has it, and has forgotten the ids of old years since."""
    town = next(towns)
    town.registry["people"] = [town.person(nip, **{"from": day}) for nip in town.nips for day in ("2015-01-01", "2025-01-01")]
    stack.load(town.registry)
    old = town.event(time="2022-05-05T08:00:00+07:00")
    town.settle(old)
    stack.kill("intake")
    stack.start("intake")
    time.sleep(1)  # the daily round is at its start
    town.settle(old)
    assert stack.rows("SELECT n FROM intake.total WHERE person = %s", town.id()) == [(1,)]


def test_a_new_month_while_evidence_is_read(towns, stack):
    """The first event of a month waits for nobody who reads, and nobody waits for it."""
    town, other = next(towns), next(towns)
    town.settle(town.event())
    with stack.session() as reader:
        reader.execute("SELECT count(*) FROM intake.evidence")
        town.tell(town.event(time="2025-02-04T08:15:00+07:00"))
        other.settle(other.event())
        assert other.realized() == ("1.00", 1)
        assert stack.value("SELECT count(*) FROM intake.evidence WHERE day = '2025-02-04'") == 1
        reader.rollback()
    assert stack.value("SELECT to_regclass('intake.evidence_' || to_char(now() + interval '31 days', 'YYYY_MM'))")


def test_marks_that_are_committed_late(towns, stack):
    """Another intake's marks of resolved corrections can have lower numbers and be seen later: none is lost."""
    town = next(towns)
    town.settle(town.event())
    mark = "INSERT INTO intake.outbox (person, month) VALUES (%s, %s)"
    with stack.session() as late:
        late.execute(mark, (town.id(), 2026 * 12 + 2))
        stack.execute(mark, town.id(), 2026 * 12 + 3)
        assert wait_until(lambda: stack.value("SELECT count(*) FROM intake.outbox") == 0, 10)
        stack.execute("UPDATE scoring.score SET content = gen_random_uuid() WHERE person = %s", town.id())
        before = stack.value("SELECT revision FROM scoring.score WHERE person = %s AND period = '2026-03'", town.id())
    stack.wait_idle()
    assert stack.value("SELECT revision FROM scoring.score WHERE person = %s AND period = '2026-03'",
                       town.id()) == before + 1


def test_a_score_without_totals_is_recomputed(towns, stack):
    """Nothing was done and all of it was reported: a score from completeness alone. It is mended like any other."""
    town = next(towns)
    town.settle(town.event("complete", subject=town.unit, period="2026-05", indicator=town.visits))
    assert town.realized("2026-05") == ("0.00", 0)
    good = town.score("2026-05")
    stack.execute("UPDATE scoring.score SET body = replace(body, '\"0.00\"', '\"9.00\"'), content = gen_random_uuid() "
                  "WHERE person = %s", town.id())
    assert verified(stack).returncode != 0
    stack.admin("recompute", "--wait", 30)
    assert {**town.score("2026-05"), "revision": 0} == {**good, "revision": 0}
    assert verified(stack).returncode == 0


def test_a_registry_that_changes_all_the_time(towns, stack):
    """New positions with new indicators, again and again, while events come: scoring reads each as it was at one moment."""
    town = next(towns)
    pids = {name: stack.program(name).pid for name in SERVICES}
    for _ in range(15):
        Town(stack, people=40)
        town.tell(town.event())
    stack.wait_idle()
    assert town.realized() == ("15.00", 15)
    assert pids == {name: stack.program(name).pid for name in SERVICES}


def tell(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # one of PostgreSQL's helpers that had done its work
            os.kill(pid, number)


def test_a_database_that_hangs(towns, stack):
    """A frozen machine holds its connections and says nothing. Services say so, stop when told to, and go on afterwards."""
    town = next(towns)
    town.settle(town.event())
    main = stack.program("postgres").pid
    frozen = [main, *children(main)]
    try:
        tell(frozen, signal.SIGSTOP)
        assert wait_until(lambda: all(stack.get(name, "/readyz")[0] == 503 for name in SERVICES), 15)
        began = time.monotonic()
        pids = [stack.program(name).pid for name in SERVICES]
        tell(pids, signal.SIGTERM)
        assert wait_until(lambda: not any(stack.program(name).pid for name in SERVICES), 12)
        assert time.monotonic() - began < 10
    finally:
        tell(frozen, signal.SIGCONT)
    stack.start(*SERVICES)
    town.settle(town.event())
    assert town.realized() == ("2.00", 2)


def test_hostile_notices_of_the_registry(town, stack):
    """Only operators' commands write that topic. Whatever it holds, nobody falls over it."""
    person = town.id()
    for notice in ({"kind": "person", "person": person, "year": 99999999999}, {"kind": "person", "person": person, "year": -1},
                   {"kind": "person", "person": person, "year": 10000}, {"kind": "person", "person": person},
                   {"kind": "recompute", "person": person, "period": "2026-13"}, {"kind": "recompute", "person": person},
                   {"kind": 7}, [], None):
        stack.produce([("terukur.registry.changed", None, person.encode(), [], json.dumps(notice).encode())])
    pid = stack.program("scoring").pid
    town.settle(town.event())
    assert town.realized() == ("1.00", 1)
    assert stack.program("scoring").pid == pid
