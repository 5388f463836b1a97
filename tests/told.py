"""A city from the oracle's hand, told to the real system, and what must come of it."""
import base64
import csv
import hashlib
import io
import json
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

from oracle.oracle import Intake, Message, merge, months_of, same, scores

MICRO = 1_000_000


def paced(seconds):
    """For tell(): all messages within so many seconds."""
    def pace(messages):
        began = time.monotonic()
        for n, message in enumerate(messages):
            if n % 200 == 0:
                time.sleep(max(0, began + seconds * n / len(messages) - time.monotonic()))
            yield message
    return pace


@contextmanager
def told_soon(stack, city, every):
    """Every so many-th person has a mailbox, and notification waits for a second of quiet alone."""
    for number, person in enumerate(city.registry["people"]):
        if number % every == 0:
            person["email"] = f"pegawai{number}@contoh.id"
    hurry = {"QUIET_SECONDS": "1", "DIGEST_QUIET_SECONDS": "1"}
    stack.processes.overrides["notification"].update(hurry)
    stack.restart("notification")
    try:
        yield
    finally:
        for name in hurry:
            del stack.processes.overrides["notification"][name]


class Told:
    """A city, what the system was told of it, and what the oracle makes of the same."""

    def __init__(self, stack, city):
        self.stack, self.city, self.oracle = stack, city, Intake()
        self.registry = merge(None, json.loads(json.dumps(city.registry)))
        self.messages, self.verdicts, self.before = {}, {}, {}
        stack.load(city.registry)

    def perform(self):
        """All acts of the city, without a pause: its registry changes while its events flow."""
        for what, file, messages in self.city.acts():
            asked = self.stack.ends("terukur.registry.changed")
            self.change(file)
            assert what != "nothing" or self.stack.ends("terukur.registry.changed") == asked
            self.tell(messages)

    def tell(self, messages, pace=lambda messages: messages):
        """Publishes them, as fast as `pace` hands them out, and tells the oracle the same."""
        places, now = self.stack.produce(pace(messages)), int(time.time() * MICRO)
        for place, message in zip(places, messages, strict=True):
            self.messages[place] = message
            self.verdicts[place] = self.oracle.receive(self.registry, Message(*message, now))

    def change(self, file):
        self.registry = merge(self.registry, json.loads(json.dumps(file)))
        self.stack.load(file)

    def rejected(self):
        return {place: verdict.reason for place, verdict in self.verdicts.items() if verdict.status == "rejected"}

    def stored_rejections(self):
        topics = list({topic for topic, *_ in self.messages})
        return self.stack.rows('SELECT topic, "partition", "offset", reason, detail, key, headers, payload, sha256 '
                               "FROM intake.rejection WHERE topic = ANY(%s)", topics)

    def scores(self):
        """{(nip, period): score or None} as they stand; the NIP is today's."""
        listed = [(row["person"], row["nip"]) for row in csv.DictReader(io.StringIO(
            self.stack.admin("people", "list").stdout))]
        ids = {person: nip for person, nip in listed if nip in self.registry.people}
        self.ids = {nip: person for person, nip in ids.items()}
        assert len(self.ids) == len(ids) == len(self.registry.people), "not one row for each person"
        return {(ids[str(person)], period): body and json.loads(body) for person, period, body in
                self.stack.rows("SELECT person, period, body FROM scoring.score") if str(person) in ids}

    def check_scores(self):
        """Every score of every person and period is the oracle's."""
        got = self.scores()
        want = scores(self.registry, self.oracle, self.ids)
        wrong = [(key, want.get(key), got.get(key)) for key in {*want, *got}
                 if not same(want.get(key), got.get(key))]
        assert not wrong, f"{len(wrong)} of {len(want)} scores, such as {wrong[0]}"
        self.before = got
        self.check_facts({key for key, score in got.items() if score})
        return got

    def facts(self):
        """{(nip, period): (unit, agency, service days)} beside the scores that stand."""
        nips = {person: nip for nip, person in self.ids.items()}
        return {(nips[str(person)], period): (unit, agency, [
            span.lower + timedelta(n) for span in days for n in range((span.upper - span.lower).days)])
            for person, period, unit, agency, days in self.stack.rows(
                "SELECT person, period, unit, agency, service_days FROM scoring.score_view")
            if str(person) in nips}

    def check_facts(self, stand):
        """They are the registry's: of each score that stands, and of no other."""
        want = {}
        for nip, period in stand:
            days = [day for month in months_of(period) for stretch in self.registry.stretches(nip, month)
                    for day in stretch.days]
            unit = self.registry.assignment(nip, max(days))["unit"]
            want[nip, period] = unit, self.registry.units[unit]["agency"], sorted(days)
        assert self.facts() == want

    def check_rejections(self):
        """Each rejected message is in the store once, for the oracle's reason, with its bytes as they came."""
        stored = {(topic, partition, offset): rest for topic, partition, offset, *rest in self.stored_rejections()}
        want = self.rejected()
        reasons = {place: reason for place, (reason, *_) in stored.items()}
        wrong = {place: (want.get(place), reasons.get(place)) for place in {*want, *reasons}
                 if want.get(place) != reasons.get(place)}
        assert not wrong, f"{len(wrong)} of {len(want)}: (oracle, intake) {Counter(wrong.values())}, such as {wrong}"
        for place, (_, _, key, headers, payload, sha256) in stored.items():
            _, _, sent_key, sent_headers, value = self.messages[place]
            assert (key, payload) == (sent_key, value), place
            assert sha256 == hashlib.sha256(value or b"").digest(), place
            assert unpack(json.loads(headers) if headers else {}) == dict(sent_headers), place


def unpack(headers):
    """As they are stored, [[name, value], ...] with both in base64, or {name: value} with the values alone."""
    def decoded(value):
        return None if value is None else base64.b64decode(value, validate=True)
    if isinstance(headers, list):
        return {decoded(name).decode(): decoded(value) for name, value in headers}
    return {name: decoded(value) for name, value in headers.items()}
