"""kill -9 of a random service every second while forty thousand events flow, and hard restarts of Kafka and PostgreSQL
in the midst of it. What everybody loses if this fails: nothing accepted is lost, and nothing counts twice."""
import email
import json
import os
import random
import threading
from collections import Counter

import pytest
from daemon import wait_until
from oracle.city import City
from programs import SERVICES
from told import Told, paced, told_soon

SEED, EVENTS, SECONDS = int(os.environ.get("SEED", 8)), 40000, 30
CHAOS = {SECONDS // 3: "kafka", 2 * SECONDS // 3: "postgres"}  # at which second which one dies


class Chaos(threading.Thread):
    """Kills until it is told to end; then everything runs again."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack, self.rng, self.over = stack, random.Random(SEED), threading.Event()
        self.killed, self.ended, self.error = Counter(), Counter(), None

    def run(self):
        try:
            for second in range(SECONDS * 3):
                if self.over.wait(1):
                    return
                self.kill(CHAOS.get(second) or self.rng.choice(SERVICES))
        except Exception as e:
            self.error = e

    def kill(self, name):
        self.ended.update(name for name in SERVICES if not self.stack.program(name).pid)
        self.killed[name] += 1
        self.stack.kill(name)
        self.stack.start(name, wait=name not in SERVICES)

    def end(self):
        self.over.set()
        self.join(60)
        assert self.error is None and not self.is_alive(), self.error
        assert not self.ended, "ended by themselves, and make up would not start them again"
        self.stack.start(*SERVICES)


def heard_in_time(stack):
    """As if the scores of every second person had been there before their periods ended: those are told of one by one, the
    others by digests."""
    periods = ["2026", *(f"2026-Q{q}" for q in range(1, 5)), *(f"2026-{m:02}" for m in range(1, 13))]
    stack.db.execute("INSERT INTO notification.watch (person, period) SELECT id, unnest(%s::text[]) FROM "
                     "(SELECT id, row_number() OVER (ORDER BY nip) AS n FROM registry.person) p WHERE n %% 2 = 0", (periods,))


@pytest.fixture(scope="module")
def told(stack):
    city = City(SEED, people=200, events=44000)
    assert len(city.messages) >= EVENTS
    with told_soon(stack, city, 9):
        told = Told(stack, city)
        heard_in_time(stack)
        chaos = Chaos(stack)
        chaos.start()
        told.tell(city.messages, paced(SECONDS))
        chaos.end()
        assert all(chaos.killed[name] for name in ("kafka", "postgres", "intake", "scoring")), chaos.killed
        stack.wait_idle(60)
        yield told


def test_every_score_is_the_oracles(told):
    told.check_scores()


def test_every_rejection_is_there_once(told):
    told.check_rejections()


def test_every_rejection_is_published(told):
    """At least once, and never for another reason than the store's."""
    said = Counter()
    for message in told.stack.read("terukur.evidence.rejected"):
        rejected = json.loads(message.value)
        said[rejected["topic"], rejected["partition"], rejected["offset"], rejected["reason"]] += 1
    assert set(said) == {(*place, reason) for place, reason in told.rejected().items()}


def test_followers_know_what_stands(told):
    last = {m.key.decode(): m.value for m in told.stack.read("terukur.score.changed")}
    stand = {f"{person}/{period}": body and body.encode() for person, period, body in
             told.stack.rows("SELECT person, period, body FROM scoring.score")}
    assert last == stand


def test_verify_finds_nothing(told):
    told.stack.admin("verify")


def test_recompute_changes_nothing(told):
    ends = told.stack.ends("terukur.score.changed")
    told.stack.admin("recompute", "--period", "2026-Q1", "--wait", "60")
    assert told.stack.ends("terukur.score.changed") == ends


def test_no_notification_twice(told):
    """In the inbox, on the topic, and by mail."""
    assert wait_until(lambda: told.stack.rows("SELECT * FROM notification.under_way_view") == [(0, 0, 0)], 30, 0.3)
    inbox = told.stack.rows("SELECT person::text, period, kind, indicator, title, body FROM notification.inbox")
    assert len(inbox) > 500 and {kind for _, _, kind, *_ in inbox} >= {"closed", "digest"}
    again = [row for row, n in Counter(json.dumps(row) for row in inbox).items() if n > 1]
    assert not again, f"{len(again)} of {len(inbox)}, such as {again[0]}"
    sent = {tuple(said[name] for name in ("person", "period", "kind", "indicator", "at", "channel"))
            for said in (json.loads(m.value) for m in told.stack.read("terukur.notification.sent"))}
    mailed = told.stack.value("SELECT count(*) FROM notification.email WHERE state = 'sent'")
    assert Counter(channel for *_, channel in sent) == Counter(inbox=len(inbox), email=mailed)


def test_no_mail_twice(told):
    mails = [email.message_from_bytes(path.read_bytes()) for path in (told.stack.run_dir / "mail").rglob("*.eml")]
    assert len(mails) > 50
    again = {id: n for id, n in Counter(mail["Message-ID"] for mail in mails).items() if n > 1}
    assert not again
    lost = told.stack.rows("SELECT state, count(*) FROM notification.email WHERE state <> 'sent' GROUP BY state")
    assert set(dict(lost)) <= {"doubtful"}
