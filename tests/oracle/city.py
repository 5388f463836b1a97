"""A city made up from a seed: its registry, and its events with all the dirt that real feeds have.

    city = City(seed=1, people=60, events=6000)
    city.registry              a registry file (a dict)
    city.messages              [(topic, partition, key, headers, value)]: produce them in this order
    city.registry_changes()    [(what, registry file)]: to be loaded afterwards, one by one

Work falls in 2025-12 … 2026-10. What becomes of a message does not depend on how the partitions
interleave: what competes is in one partition, in order. So a *story* is a list of messages in
order; stories are shuffled into each other.
"""
import random
import re
from datetime import date, datetime, timedelta, timezone

from .dirt import ODD_BUT_RIGHT, dumps, throw_dirt
from .events import ACTIVITY, COMPLETE, CORRECTED, RECORDED, REVOKED, valid_nip

PARTITIONS = 6
MONTHS = ["2025-12"] + [f"2026-{m:02}" for m in range(1, 11)]
LOCAL = timezone(timedelta(hours=7))
EVE = datetime(2026, 10, 20, 17, 30, tzinfo=LOCAL)  # when the late replacements are said

INDICATORS = {  # code: aspect, measure, direction, min, max, sources
    "home_visit": ("productivity", "count", "more", 0, 50, "simpus"),
    "vaccine_doses": ("productivity", "sum", "more", 0, 5000, "simpus"),
    "waiting_minutes": ("service_quality", "mean", "less", 0, 600, "simpus"),
    "referral_followed": ("service_quality", "ratio", "more", 0, 1000, "simpus"),
    "cold_chain": ("service_quality", "latest", "less", -40, 40.5, "simpus"),
    "lessons_taught": ("productivity", "count", "more", 0, 50, "dapodik"),
    "pupils_pass": ("service_quality", "ratio", "more", 0, 1000, "dapodik"),
    "classroom": ("service_quality", "mean", "more", 0, 100, "dapodik"),
    "absence_hours": ("productivity", "sum", "less", 0, 1000, "absensi"),
    "complaint_upheld": ("service_quality", "count", "less", 0, 50, "perizinan simpus"),
    "permit_error": ("service_quality", "ratio", "less", 0, 1000, "perizinan"),
    "permit_late": ("productivity", "count", "less", 0, 50, "perizinan"),
    "archive_done": ("productivity", "latest", "more", None, None, "perizinan"),
    "balance": ("productivity", "sum", "more", None, None, "perizinan"),
    "waste": ("innovation", "latest", "less", 0, None, "perizinan absensi"),
    "drill": ("innovation", "count", "more", 0, 50, "absensi"),
    "innovation_accepted": ("innovation", "count", "more", 0, 10, "simpus dapodik perizinan"),
}
# position: indicator, target (of a count: per expected event), weight; the last is ADDITIONAL
POSITIONS = {
    "nurse": [("home_visit", 1, 40), ("vaccine_doses", 120, 30), ("waiting_minutes", 30, 20.5),
              ("innovation_accepted", 0.6, 9.5)],
    "midwife": [("vaccine_doses", [80, 110], 33.33), ("referral_followed", 90, 33.33),
                ("cold_chain", [2, 8], 33.34), ("complaint_upheld", 0, 10)],
    "teacher": [("lessons_taught", [0.8, 1.2], 50), ("pupils_pass", 75, 25),
                ("classroom", [70, 85], 15), ("innovation_accepted", 0.3, 10)],
    "clerk": [("permit_error", 5, 25), ("permit_late", 1.1, 25), ("archive_done", 98.5, 50),
              ("balance", [10, 20.25], 0)],
    "registrar": [("absence_hours", 12, 60), ("waste", 0, 20), ("permit_late", [0.5, 1], 20),
                  ("balance", 40, 20), ("drill", 0.01, 5)],
}
UNITS = {"pkm-kampung-dalam": "dinkes", "pkm-alianyang": "dinkes", "sdn-12": "disdik",
         "smpn-3": "disdik", "mpp": "dpmptsp"}


def raw(number):
    """A number as it is to be written: see dumps."""
    return f"@@{number}@@"


def iso(when, rng=None):
    """The same instant, with one offset or another."""
    shift = rng.choice((0, 7, 7, 7, 8, -3.5)) if rng else 7
    text = when.astimezone(timezone(timedelta(hours=shift))).isoformat()
    return text.replace("+00:00", "Z") if rng and rng.random() < .5 else text


class City:
    def __init__(self, seed=1, people=60, events=6000):
        self.rng = random.Random(seed)
        self.serial = 0
        self.stories = []
        self.each = max(1, round(events / (people * len(MONTHS) * 4)))  # events of an item a month
        self.items = {position: self.position_items(position) for position in POSITIONS}
        self.nips = self.make_nips(people + 5)
        self.nips, self.strangers = self.nips[:people], self.nips[people:]
        self.registry = self.make_registry()
        self.ordinary, self.spare = [], []  # events told as they are; events to make stories of
        self.make_work()
        self.make_edges()
        self.make_replacements()
        self.make_completeness()
        throw_dirt(self, rounds=max(1, people // 30))
        self.messages = self.shuffled()

    # --- registry

    def position_items(self, position, scale=1.0):
        def target(code, value):
            if isinstance(value, list):
                return [target(code, v) for v in value]
            count = INDICATORS[code][1] == "count" and value >= 0.1
            return round(value * scale * (self.each if count else 1), 2)
        kinds = ["MAIN"] * (len(POSITIONS[position]) - 1) + ["ADDITIONAL"]
        return [{"indicator": code, "target": target(code, value), "weight": weight, "kind": kind}
                for (code, value, weight), kind in zip(POSITIONS[position], kinds)]

    def make_nips(self, count):
        found = []
        while len(found) < count:
            born = date(1966, 1, 1) + timedelta(self.rng.randrange(12000))
            began, sex = self.rng.randint(2005, 2024), self.rng.choice("12")
            middle = self.rng.choice(("01", "07", "12", "21", "23", "29"))
            nip = f"{born:%Y%m%d}{began}{middle}{sex}{self.rng.randint(1, 999):03}"
            if valid_nip(nip) and nip not in found:
                found.append(nip)
        return found

    def make_registry(self):
        self.people, absences, plans = [], [], []
        for i, nip in enumerate(self.nips):
            self.people += self.careers(i, nip)
            absences += [{"nip": nip, "from": first, "until": last, "kind": kind}
                         for first, last, kind in self.absences_of(i)]
            plans += self.plans_of(i, nip)
        sources = {s: [c for c, row in INDICATORS.items() if s in row[5].split()]
                   for s in ("simpus", "dapodik", "absensi", "perizinan")}
        self.sources = sources
        return {
            "agencies": [{"code": a, "name": a.upper()} for a in ("dinkes", "disdik", "dpmptsp")],
            "units": [{"code": u, "agency": a, "name": u} for u, a in UNITS.items()],
            "indicators": [indicator(code, *row) for code, row in INDICATORS.items()],
            "sources": [{"code": s, "name": s, "indicators": i} for s, i in sources.items()],
            "positions": [{"code": p, "name": p, "items": i} for p, i in self.items.items()],
            "people": self.people, "absences": absences, "plans": plans,
            "rulesets": [{"version": "2025.1", "from": "2025-01-01", "cap": 110.5,
                          "below_under": 85, "above_from": 104.5, "most": 0.4, "minimum_group": 5,
                          "survey": {"prior": 3.00, "prior_weight": 10}}],
        }

    def careers(self, i, nip):
        """The assignments of person i: most stay; some join, leave, move, or come back."""
        def row(first, last=None, move=0):
            position = list(POSITIONS)[(i + move) % len(POSITIONS)]
            unit = list(UNITS)[(i + 2 * move + i // 5) % len(UNITS)]
            superior = None if i % 6 == 0 else self.nips[i - i % 6]
            return {"nip": nip, "name": f"Pegawai {i}", "unit": unit, "position": position,
                    "superior": superior, "from": first, **({"until": last} if last else {})}
        if i % 7 == 3:
            return [row("2026-03-17")]
        if i % 7 == 4:
            return [row("2025-01-01", "2026-06-20")]
        if i % 7 == 5:
            return [row("2025-01-01"), row("2026-04-16", move=1)]
        if i % 7 == 6:
            return [row("2025-06-15", "2026-02-10"), row("2026-05-05", "2026-08-01", move=1),
                    row("2026-08-02")]
        return [row("2025-01-01")]

    def absences_of(self, i):
        return {1: [("2026-02-02", "2026-02-13", "maternity"),
                    ("2026-02-13", "2026-02-16", "sick")],
                2: [("2026-05-01", "2026-05-31", "hajj")],
                3: [("2026-03-20", "2026-04-10", "study")],
                4: [("2026-06-30", "2026-06-30", "sick"), ("2025-12-24", "2026-01-04", "leave")],
                5: [("2026-07-01", "2026-09-30", "study"), ("2026-04-14", "2026-04-30", "sick")],
                }.get(i % 9, [])

    def plans_of(self, i, nip):
        """Most agreed, without items of their own; some draft, some absent, some changed in May."""
        def plan(year, status="AGREED", **more):
            return {"nip": nip, "year": year, "status": status, **more}
        own = [{**item, "weight": round(item["weight"] + 7.25, 2)} for item in
               self.position_items(list(POSITIONS)[i % len(POSITIONS)], 1.15)][::-1]
        return {9: [plan(2025)],
                8: [plan(2025, "SUBMITTED"), plan(2026, "DRAFT")],
                3: [plan(2025), plan(2026, items=own)],
                4: [plan(2025), plan(2026), plan(2026, items=own, **{"from": "2026-05-15"})],
                6: [plan(2025), plan(2026), plan(2026, "DRAFT", **{"from": "2026-08-01"})],
                7: [plan(2025), plan(2026, items=own[1:])],
                }.get(i % 11, [plan(2025), plan(2026)])

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
        return self.message(dumps(body), source or event.get("source"), partition, headers, key)

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

    def employed(self, nip, month):
        """(day, position) of the month's days of employment."""
        rows = [p for p in self.people if p["nip"] == nip]
        for day in range(1, 29):
            here = [p for p in rows if p["from"] <= f"{month}-{day:02}" <= p.get("until", "9999")]
            if here:
                yield date.fromisoformat(f"{month}-{day:02}"), here[-1]["position"]

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
            return {"value": round(of * middle / 100 * share, self.rng.randint(0, 2)), "of": of}
        value = middle * share / (self.each if measure == "sum" else 1)
        if not middle:
            value = self.rng.choice((0, 0, 0.004, 2))
        if code in ("balance", "cold_chain") and self.rng.random() < .15:
            value = -value
        return {"value": round(value, self.rng.randint(0, 4))}

    def work_of(self, nip, month, item):
        code = item["indicator"]
        days = list(self.employed(nip, month))
        source = self.rng.choice(INDICATORS[code][5].split())
        return self.event(source, RECORDED, nip, self.moment(self.rng.choice(days)[0]),
                          {"indicator": code, **self.values(item)})

    def make_work(self):
        """Each month's events of each item, but now and then none at all."""
        for nip in self.nips:
            for month in MONTHS:
                positions = sorted({p for _, p in self.employed(nip, month)})
                for item in [item for p in positions for item in self.items[p]]:
                    if positions == ["clerk"] and month == "2026-09" and item["weight"]:
                        continue  # measured, but nothing that has weight
                    count = max(0, round(self.each * self.rng.uniform(.55, 1.5)))
                    if item["target"] == 0 or self.rng.random() < .12:
                        count = self.rng.choice((0, 0, 0, 1))
                    if item["indicator"] == "drill":
                        count = self.rng.choice((0, 1, 1, 2))
                    for _ in range(count):
                        heap = self.ordinary if self.rng.random() < .8 else self.spare
                        heap.append(self.work_of(nip, month, item))
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
        for nip in self.nips:
            for p in [p for p in self.people if p["nip"] == nip and p["position"] == "clerk"][:1]:
                when = iso(self.moment(date.fromisoformat(p["from"].replace("2025", "2026"))
                                       + timedelta(3)))
                for name in ("B", "a", "\u00e9", "\U0001f600", "zz"):
                    data = {"indicator": "archive_done", "value": self.rng.randint(80, 120)}
                    event = self.event("perizinan", RECORDED, nip, EVE, data)
                    self.tell({**event, "id": f"{name}-{nip}", "time": when})
        clerk = [p["nip"] for p in self.people if p["position"] == "clerk"][-1]
        for month, value in (2, "999999999999999"), (7, "99999999999.9999"), (9, "-99999999999.99"):
            when = self.moment(date(2026, month, 5))
            self.tell(self.event("perizinan", RECORDED, clerk, when,
                                 {"indicator": "balance", "value": raw(value)}))
        for change in ODD_BUT_RIGHT:
            event = self.take()
            self.stories.append([self.message(change(event), event["source"])])

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

    def shuffled(self):
        """Stories told into each other, each in its own order."""
        timed = []
        for story in self.stories:
            at = self.rng.random()
            for message in story:
                timed.append((at, len(timed), message))
                at += self.rng.expovariate(20)
        return [message for _, _, message in sorted(timed, key=lambda t: t[:2])]

    # --- what the registry says later

    def registry_changes(self):
        def row(i, **changes):
            return {**[p for p in self.people if p["nip"] == self.nips[i]][0], **changes}
        stay = [i for i in range(len(self.nips)) if i % 7 in (0, 1, 2)]
        draft = next((i for i in range(len(self.nips)) if i % 11 == 8), 0)
        harder = self.position_items("nurse", 1.3)
        heavier = [{**item, "weight": 10 * (n + 1)} for n, item in enumerate(self.items["teacher"])]
        rules = {**self.registry["rulesets"][0], "version": "2026.2", "from": "2026-06-01",
                 "cap": 130, "below_under": 80, "above_from": 120.5, "most": 0.3}
        away = [(0, "2026-01-05", "2026-01-20"), (2, "2026-03-01", "2026-03-31")]
        return [
            ("nothing", self.registry),
            ("a target", {"positions": [{"code": "nurse", "name": "Perawat", "items": harder}]}),
            ("an until", {"people": [row(stay[1], until="2026-07-14")]}),
            ("absences", {"absences": [{"nip": self.nips[stay[n]], "from": first, "until": last,
                                        "kind": "sick"} for n, first, last in away]}),
            ("a rule set", {"rulesets": [rules]}),
            ("weights", {"positions": [{"code": "teacher", "name": "Guru", "items": heavier}]}),
            ("plans agreed later", {"plans": [
                {"nip": self.nips[draft], "year": 2026, "status": "AGREED"},
                {"nip": self.nips[draft], "year": 2025, "status": "AGREED", "items": harder}]}),
            ("a plan withdrawn", {"plans": [
                {"nip": self.nips[stay[3]], "year": 2026, "from": "2026-09-01",
                 "status": "DRAFT"}]}),
            ("a transfer", {"people": [row(stay[4], **{"from": "2026-08-17"}, unit="smpn-3",
                                           position="teacher")]}),
        ]


def indicator(code, aspect, measure, direction, low, high, _sources):
    bounds = {k: v for k, v in (("min", low), ("max", high)) if v is not None}
    return {"code": code, "name": {"id": code.replace("_", " "), "en": code.replace("_", " ")},
            "aspect": aspect, "measure": measure, "direction": direction, "unit": "x", **bounds}
