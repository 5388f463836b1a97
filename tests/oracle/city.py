"""A city made up from a seed: its registry, and its events with all the dirt that real feeds have.

    city = City(seed=1, people=60, events=6000)
    city.registry              a registry file (a dict)
    city.messages              [(topic, partition, key, headers, value)]: produce them in this order
    city.acts()                [(what, registry file, messages)]: the same messages with changes of
                               the registry between them, without a pause; the first is city.registry
    city.registry_changes()    [(what, registry file)]: to be loaded after all acts, one by one

Work falls in 2025-12 … 2026-10. What becomes of a message does not depend on how the partitions
interleave, nor on whether it is met before or after the next change of the registry: what competes
is in one partition, in order, and whoever is new or has a new number is told of afterwards. So a
*story* is a list of messages in order; stories are shuffled into each other.
"""
import random
import re
from datetime import date, datetime, timedelta, timezone

from .books import INDICATORS, MORE, UNITS, URIS, Books
from .dirt import ODD_BUT_RIGHT, dumps, throw_dirt
from .events import ACTIVITY, COMPLETE, CORRECTED, RECORDED, REVOKED
from .registry import month_days

PARTITIONS = 6
MONTHS = ["2025-12"] + [f"2026-{m:02}" for m in range(1, 11)]
LOCAL = timezone(timedelta(hours=7))
EVE = datetime(2026, 10, 20, 17, 30, tzinfo=LOCAL)  # when the late replacements are said


def raw(number):
    """A number as it is to be written: see dumps."""
    return f"@@{number}@@"


def iso(when, rng=None):
    """The same instant, with one offset or another."""
    shift = rng.choice((0, 7, 7, 7, 8, -3.5)) if rng else 7
    text = when.astimezone(timezone(timedelta(hours=shift))).isoformat()
    return text.replace("+00:00", "Z") if rng and rng.random() < .5 else text


class City(Books):
    def __init__(self, seed=1, people=60, events=6000):
        self.rng = random.Random(seed)
        self.serial = 0
        self.stories, self.later = [], []  # to be told at any time; (act, story) from that act on
        self.each = max(1, round(events / (people * len(MONTHS) * 4)))  # events of an item a month
        self.make_books(people)
        self.ordinary, self.spare = [], []  # events told as they are; events to make stories of
        self.make_work()
        self.make_edges()
        self.make_replacements()
        self.make_completeness()
        self.make_later()
        throw_dirt(self, rounds=max(1, people // 30))
        self.told = self.shuffled()  # a list of messages for each act
        self.messages = [message for messages in self.told for message in messages]

    def acts(self):
        return [(what, file, messages) for (what, file), messages in zip(self.loads, self.told, strict=True)]

    def everybody(self):
        """All NIPs that a file or a message of the city names as such."""
        return [*self.nips, *self.strangers, *self.newcomers, *self.numbers]

    # --- one message

    def new_id(self):
        self.serial += 1
        return f"e-{self.serial:06}"

    def event(self, source, kind, subject, when, data, **more):
        return {"specversion": "1.0", "id": self.new_id(), "source": source, "type": kind,
                "subject": subject, "time": iso(when, self.rng), "data": data, **more}

    def say(self, event, partition=None, mode=None, source=None):
        """The message of an event, in one of the modes."""
        mode = mode or self.rng.choice(("plain", "structured", "binary", "strange"))
        source = source or event.get("source")
        if event.get("source") in URIS and self.rng.random() < .15:
            event = {**event, "source": self.rng.choice(URIS[event["source"]])}
        headers, body = [], event
        if mode == "binary":
            headers = [("ce_" + k, v.encode()) for k, v in event.items()
                       if isinstance(v, str) and k not in ("data", "datacontenttype")]
            headers += [("content-type", b"application/json")] if self.rng.random() < .7 else []
            body = event["data"]
        elif mode == "structured":
            headers = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
        elif mode == "strange":
            headers = [("content-type", b"Application/CloudEvents+JSON"), ("x-\u00e9", b"\xff\0"),
                       ("ce_id", b"not-this-one"), ("x-null", None)]
        key = self.rng.choice((None, b"", str(event.get("subject")).encode()))
        return self.message(dumps(body), source, partition, headers, key)

    def message(self, value, source, partition=None, headers=(), key=None):
        partition = self.rng.randrange(PARTITIONS) if partition is None else partition
        return ACTIVITY + source, partition, key, list(headers), value

    def tell(self, *events, together=True, mode=None):
        """A story of events: in one partition, or each in any."""
        partition = self.rng.randrange(PARTITIONS) if together else None
        self.stories.append([self.say(e, partition, mode) for e in events])

    # --- work

    def moment(self, day):
        micro = self.rng.choice((0, 0, 500000, self.rng.randrange(10**6)))
        return datetime(day.year, day.month, day.day, self.rng.randrange(24),
                        self.rng.randrange(60), self.rng.randrange(60), micro, LOCAL)

    def employed(self, nip, month, rows=None):
        """(day, position, unit) of the month's days of employment, absent or not."""
        rows = sorted(rows or [p for p in self.people if p["nip"] == nip], key=lambda p: p["from"])
        for day in month_days(month):
            here = [p for p in rows if p["from"] <= day.isoformat() <= p.get("until", "9999")]
            if here:
                yield day, here[-1]["position"], here[-1]["unit"]

    def values(self, item):
        """What one event of an item says: value, and of; written in several ways."""
        code, target = item["indicator"], item["target"]
        aspect, measure, *_ = INDICATORS[code]
        middle = sum(target) / 2 if isinstance(target, list) else target
        if measure == "count":
            return {"value": raw(self.rng.choice(("1", "1.0", "1e0", "3", "-0", "0.5")))}
        share = self.rng.choice((self.rng.uniform(.5, 1.6), self.rng.gauss(1, .08)))
        if measure == "ratio":
            of = self.rng.choice((20, 30, 7, 12.5))
            value = round(of * middle / 100 * share, self.rng.randint(0, 2))
            return {"value": min(value, of) if "result_max" in MORE.get(code, {}) else value, "of": of}
        value = middle * share / (self.each if measure == "sum" else 1)
        if not middle:
            value = self.rng.choice((0, 0, 0.004, 2))
        if code in ("balance", "cold_chain") and self.rng.random() < .15:
            value = -value
        return {"value": round(value, self.rng.randint(0, 4))}

    def work_of(self, nip, days, item):
        code = item["indicator"]
        source = self.rng.choice(INDICATORS[code][5].split())
        return self.event(source, RECORDED, nip, self.moment(self.rng.choice(days)),
                          {"indicator": code, **self.values(item)})

    def work_in(self, nip, month, days):
        """A month's events of each item that was held in it; now and then none at all, or a multitude. Most lie on
        days that have the item, some on others; of two units, one is silent now and then."""
        positions = sorted({position for _, position, _ in days})
        for item in [item for p in positions for item in self.items[p]]:
            if positions == ["clerk"] and month == "2026-09" and item["weight"]:
                continue  # measured, but nothing that has weight
            held = [day for day in days if item["indicator"] in {i["indicator"] for i in self.items[day[1]]}]
            units = sorted({unit for _, _, unit in held})
            silent = self.rng.choice(units) if len(units) > 1 and self.rng.random() < .35 else None
            count = max(0, round(self.each * self.rng.uniform(.55, 1.5)))
            if INDICATORS[item["indicator"]][1] in ("mean", "ratio") and self.rng.random() < .1:
                count *= 6
            if item["target"] == 0 or self.rng.random() < .12:
                count = self.rng.choice((0, 0, 0, 1))
            if item["indicator"] == "drill":
                count = self.rng.choice((0, 1, 1, 2))
            for _ in range(count):
                among = held if self.rng.random() < .9 else days
                yield self.work_of(nip, [day for day, _, unit in among if unit != silent] or [held[0][0]], item)

    def make_work(self):
        for nip in self.nips:
            for month in MONTHS:
                days = list(self.employed(nip, month))
                for event in self.work_in(nip, month, days):
                    heap = self.ordinary if self.rng.random() < .8 else self.spare
                    heap.append(event)
        for event in self.ordinary:
            self.tell(event)

    def take(self):
        """An event that nobody has told yet; its story is for the caller to tell."""
        if not self.spare:
            self.spare = [self.remake(self.rng.choice(self.ordinary)) for _ in range(50)]
        return self.spare.pop(self.rng.randrange(len(self.spare)))

    def remake(self, event, **changes):
        return {**event, "id": self.new_id(), **changes}

    def make_edges(self):
        """The month's last microsecond and the next, ties of `latest`, right but odd events."""
        for event in [self.take() for _ in range(30)]:
            month = datetime.fromisoformat(self.rng.choice(MONTHS[2:]) + "-01T00:00:00+07:00")
            for shift in (-1, 0):
                when = month + timedelta(microseconds=shift)
                self.tell(self.remake(event, time=iso(when, self.rng)))
        for p in self.people:
            for item in self.items[p["position"]]:
                if INDICATORS[item["indicator"]][1] == "latest":
                    self.make_tie(p, item)
        clerk = next(p["nip"] for p in self.people if p["position"] == "clerk" and p["from"] == "2025-01-01"
                     and self.nips.index(p["nip"]) in self.stay)
        for month, value in (2, "999999999999999"), (7, "99999999999.9999"), (9, "-99999999999.99"):
            when = self.moment(date(2026, month, 5))
            self.tell(self.event("perizinan", RECORDED, clerk, when,
                                 {"indicator": "balance", "value": raw(value)}))
        for change in ODD_BUT_RIGHT:
            event = self.take()
            self.stories.append([self.message(change(event), event["source"])])

    def make_tie(self, row, item):
        """Of the same moment: the greater source counts, then the greater id; two have one id."""
        code, sources = item["indicator"], INDICATORS[item["indicator"]][5].split()
        when = iso(self.moment(date.fromisoformat(row["from"].replace("2025", "2026")) + timedelta(1)))
        names = [("B", 0), ("a", 1), ("\u00e9", 2), ("\U0001f600", 3), ("zz", 4), ("zz", 5)]
        for name, number in names[:2 if len(sources) == 1 else None]:
            source = sources[number % len(sources)]
            event = self.event(source, RECORDED, row["nip"], EVE, {"indicator": code, **self.values(item)})
            self.tell({**event, "id": f"{name}-{row['nip']}-{row['from']}-{code}", "time": when})

    def same_again(self, event):
        """The same content, written differently."""
        when = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
        data = dict(reversed(event["data"].items()))
        number = str(data["value"]).strip("@")
        data["value"] = raw(number + "0" if re.fullmatch(r"-?\d+\.\d", number) else number + "e0"
                            if "e" not in number else "1.00")
        return {**event, "time": iso(when, self.rng), "data": data, "traceparent": "again"}

    def correction(self, event, of=None, **data):
        data = {**event["data"], **data, "replaces": (of or event)["id"]}
        return self.remake(event, type=CORRECTED, data=data)

    def revocation(self, event, subject=None):
        return self.event(event["source"], REVOKED, subject or event["subject"], EVE,
                          {"replaces": event["id"], "reason": "Salah masuk"})

    def make_replacements(self):
        for _ in range(max(8, len(self.nips) // 4)):
            tell, take, fix, undo = self.tell, self.take, self.correction, self.revocation
            a = take()
            tell(a, fix(a, value=raw("2.50")), self.same_again(a))
            a = take()
            tell(fix(a, value=1), a, together=False)  # before its original, maybe elsewhere
            a, b = take(), self.rng.choice(self.ordinary)
            if b["source"] == a["source"]:  # another person, indicator, month
                tell(a, fix(b, of=a), together=False)
            a = take()
            chain = [a, fix(a)]
            for _ in range(self.rng.randint(1, 4)):
                chain.append(fix(chain[-1], value=self.rng.randint(0, 9)))
            self.rng.shuffle(chain)
            tell(*chain, together=False)
            a = take()
            tell(undo(a, self.rng.choice(list(UNITS))), a, self.same_again(a), together=False)
            a = take()
            b = undo(a)
            tell(b, a, undo(b), together=False)  # the first event stays revoked
            a = take()
            b = undo(a)
            tell(a, fix(a, of=b), b, together=False)  # a revocation corrected into work
            a = take()
            b = fix(a, value=2)
            tell(undo(b), b, a, together=False)  # nothing of it is left
            a = take()
            b = fix(a, value=3)
            tell(a, b, fix(a, value=4), undo(a), b)  # already_replaced, twice
            a = take()
            b = fix(a, value=3)
            tell(b, self.same_again(b), {**b, "data": {**b["data"], "value": 4}}, a)
            tell(self.remake(fix(take())))  # its original never comes
            a = take()
            bad = {**a, "subject": self.rng.choice(self.strangers)}
            tell(bad, fix(a), a)  # the rejected holds no id; the correction waits for the next
            a = take()
            other = next(s for s in self.sources if s != a["source"])
            tell(a)
            self.tell({**undo(a), "source": other})  # an id of another source: waits
            a = take()
            tell(a, self.same_again(a), {**a, "data": {**a["data"], "ref": "other"}}, a)
            a = take()
            tell(a, self.same_again(a), a, together=False)
            a = take()
            tell({**a, "id": a["id"].rjust(128, "\u00fc")})
            tell({**a, "id": f"self-{a['id']}", "type": CORRECTED,
                  "data": {**a["data"], "replaces": f"self-{a['id']}"}})  # waits for itself

    def declare(self, unit, code, month):
        source = self.rng.choice(INDICATORS[code][5].split())
        return self.event(source, COMPLETE, unit, EVE,
                          {"period": month, "indicator": code})

    def make_completeness(self):
        for unit in UNITS:
            for code in INDICATORS:
                careful = self.rng.random() < .6
                for month in MONTHS:
                    if self.rng.random() > (.97 if careful else .3) or (
                            (code, month) == ("permit_late", "2026-09")):  # see make_work
                        continue
                    said = self.declare(unit, code, month)
                    fate = self.rng.random()
                    if fate < .03:
                        self.tell(said, self.revocation(said, unit), together=False)
                    elif fate < .04:
                        work = [e for e in self.ordinary if e["source"] == said["source"]]
                        self.tell(self.correction(work[0], of=said, value=1), said, together=False)
                    elif fate < .06:
                        self.tell(said, self.declare(unit, code, month), {**said}, together=False)
                    else:
                        self.tell(said)

    def make_later(self):
        """Work of newcomers, at new posts, and under new numbers, told when the registry knows of them."""
        acts = [what for what, _ in self.loads]

        def tell(what, rows, nip, months):
            for event in [event for month in months for event in self.work_in(
                    nip, month, list(self.employed(nip, month, rows)))]:
                self.later.append((acts.index(what), [self.say(event)]))
                if self.rng.random() < .1:
                    self.later.append((acts.index(what), [self.say(self.correction(event, value=1)), self.say(event)]))
        for row in [row for row in self.loads[1][1]["people"] if row["nip"] in self.newcomers]:
            tell("transfers and newcomers", [row], row["nip"], MONTHS[1:])
        for row in self.taken_back + self.new_posts:
            tell("transfers and newcomers", [row], row["nip"], [row["from"][:7], MONTHS[-1]])
        for row in self.renamed:
            if row["from"] < MONTHS[-2] and not row.get("until"):
                tell("numbers", [row], row["nip"], MONTHS[-3:])
        for old, new in {row["was"]: row["nip"] for row in self.renamed}.items():  # one corrects the other's
            for event in [e for e in self.ordinary if e["subject"] == old][:6]:
                self.later.append((acts.index("numbers"), [self.say({**self.correction(event), "subject": new})]))

    def shuffled(self):
        """Stories told into each other, each in its own order; what was told in each act."""
        timed, acts = [], len(self.loads)
        for act, story in [(0, story) for story in self.stories] + self.later:
            at = act + self.rng.random() * (acts - act)
            for message in story:
                timed.append((at, len(timed), message))
                at += self.rng.expovariate(20 / acts)
        timed.sort(key=lambda t: t[:2])
        return [[message for at, _, message in timed if min(int(at), acts - 1) == act] for act in range(acts)]
