"""A registry of its own for one test, small enough to score in one's head, and events for it.

    town = Town(stack, people=2)           loaded; codes and NIPs that no other test uses
    a, b, c = Town.several(stack, 3)       with one file, which is quicker
    town.tell(town.event(value=3))         one recorded visit; where it lies in Kafka
    town.score("2026-03")["items"][0]["realized"]

Plans are agreed for 2026 and ask for 10 visits (a count) and a mean of 50 `quality`, half and half.
"""
import itertools
import json
from datetime import date, timedelta

RECORDED, CORRECTED, REVOKED, COMPLETE = (
    f"terukur.activity.{kind}.v1" for kind in ("recorded", "corrected", "revoked", "complete"))
KINDS = {"recorded": RECORDED, "corrected": CORRECTED, "revoked": REVOKED, "complete": COMPLETE}
serial = itertools.count(1)


class Town:
    def __init__(self, stack, people=1, load=True, **changes):
        self.stack, self.n = stack, next(serial)
        code = f"t{self.n}"
        self.source, self.unit, self.position = f"{code}-source", f"{code}-unit", f"{code}-officer"
        self.visits, self.quality = f"{code}-visits", f"{code}-quality"
        self.topic = f"terukur.activity.{self.source}"
        self.nips = [self.new_nip(i) for i in range(people)]
        self.registry = {
            "agencies": [{"code": f"{code}-agency", "name": "Dinas"}],
            "units": [{"code": self.unit, "agency": f"{code}-agency", "name": "Puskesmas"}],
            "indicators": [self.indicator(self.visits, "count", min=0, max=100),
                           self.indicator(self.quality, "mean", min=0, max=100)],
            "sources": [{"code": self.source, "name": "Sistem", "indicators": [self.visits, self.quality]}],
            "positions": [{"code": self.position, "name": "Petugas", "items": [
                self.item(self.visits, 10), self.item(self.quality, 50)]}],
            "people": [self.person(nip) for nip in self.nips],
            "plans": [self.plan(nip) for nip in self.nips], **changes}
        if load:
            stack.load(self.registry)

    @classmethod
    def several(cls, stack, n, **changes):
        towns = [cls(stack, load=False, **changes) for _ in range(n)]
        stack.load({part: [row for town in towns for row in town.registry[part]] for part in towns[0].registry})
        return towns

    # --- rows of the registry

    def new_nip(self, i):
        """The person's number i: of a birth date that only this town has."""
        return f"{date(1970, 1, 1) + timedelta(self.n):%Y%m%d}2015051{i + 1:03}"

    @staticmethod
    def indicator(code, measure, direction="more", aspect="productivity", **bounds):
        return {"code": code, "name": {"id": code, "en": code}, "aspect": aspect, "measure": measure,
                "direction": direction, "unit": "x", **bounds}

    @staticmethod
    def item(indicator, target, weight=50, kind="MAIN"):
        return {"indicator": indicator, "target": target, "weight": weight, "kind": kind}

    def person(self, nip, **changes):
        return {"nip": nip, "name": "Pegawai", "unit": self.unit, "position": self.position, "superior": None,
                "from": "2025-01-01", **changes}

    @staticmethod
    def plan(nip, **changes):
        return {"nip": nip, "year": 2026, "status": "AGREED", **changes}

    # --- events

    def event(self, kind="recorded", id=None, subject=None, time="2026-03-04T08:15:00+07:00", **data):
        """Of the first person, a visit, unless told otherwise; a `...` leaves a field out."""
        if kind in ("recorded", "corrected"):
            data = {"indicator": self.visits, "value": 1, **data}
        data = {name: value for name, value in data.items() if value is not ...}
        return {"specversion": "1.0", "id": id or f"e{next(serial)}", "source": self.source, "type": KINDS[kind],
                "subject": subject or self.nips[0], "time": time, "data": data}

    def message(self, event, partition=0, headers=(), key=None):
        value = json.dumps(event, ensure_ascii=False).encode() if isinstance(event, dict) else event
        return self.topic, partition, key, list(headers), value

    def tell(self, *events, partition=0, headers=()):
        """Publishes them, in one partition in this order; where each lies."""
        return self.stack.produce([self.message(event, partition, headers) for event in events])

    def settle(self, *events, **where):
        """Tells them and waits until they are scored."""
        places = self.tell(*events, **where)
        self.stack.wait_idle()
        return places

    # --- what became of them

    def id(self, nip=None):
        return str(self.stack.value("SELECT id FROM registry.person WHERE nip = %s", nip or self.nips[0]))

    def score(self, period="2026-03", nip=None):
        """The score that stands; None when there is none."""
        rows = self.stack.rows("SELECT s.body FROM scoring.score s JOIN registry.person p ON p.id = s.person "
                               "WHERE p.nip = %s AND s.period = %s", nip or self.nips[0], period)
        return json.loads(rows[0][0]) if rows and rows[0][0] else None

    def realized(self, period="2026-03", nip=None, indicator=None):
        """{indicator: (realized, events)}, or that of one; None when it is missing."""
        score = self.score(period, nip)
        lines = {line["indicator"]: (line["realized"], line["events"]) for line in (score or {}).get("items", ())}
        return lines.get(indicator or self.visits)

    def rejections(self):
        """{(topic, partition, offset): reason} of this town's source."""
        rows = self.stack.rows('SELECT topic, "partition", "offset", reason FROM intake.rejection WHERE source = %s',
                               self.source)
        return {(topic, partition, offset): reason for topic, partition, offset, reason in rows}

    def published(self, nip=None, after=None):
        """This person's messages on score.changed, oldest first: (period, score or None)."""
        person = self.id(nip)
        return [(m.key.decode().split("/")[1], m.value and json.loads(m.value))
                for m in self.stack.read("terukur.score.changed", after)
                if m.key.decode().startswith(person)]
