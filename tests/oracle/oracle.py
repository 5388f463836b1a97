"""Terukur's rules written a second time, slowly and obviously, to compare the services with.

Pure: registry and messages in; verdicts and scores out. Nothing here was taken from the C code.

    registry = merge(None, file)                # and merge(registry, next_file), as `registry load`
    intake = Intake()
    verdict = intake.receive(registry, Message(topic, partition, key, headers, value, now))
    scores(registry, intake, {nip: person_id})  # {(nip, period): score or None for 404}

A Verdict changes in place when a waiting event's original comes, or `intake.expire` gives it up.
"""
import calendar
import copy
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from .events import COMPLETE, REVOKED, Intake, Message, Verdict, exact, instant, valid_nip

__all__ = ["Evidence", "Intake", "Message", "Registry", "Verdict", "instant", "merge", "same",
           "score", "scores", "valid_nip"]

CENT = Decimal("0.01")
RULES_2026 = {"version": "2026.1", "from": "2026-01-01", "cap": 120, "below_under": 90,
              "above_from": 110, "most": 0.5, "minimum_group": 5,
              "survey": {"prior": 3.00, "prior_weight": 10}}
GRADES = {  # results: behaviour BELOW, MEETS, ABOVE
    "ABOVE": ("POOR", "GOOD", "VERY_GOOD"),
    "MEETS": ("POOR", "GOOD", "GOOD"),
    "BELOW": ("VERY_POOR", "NEEDS_IMPROVEMENT", "NEEDS_IMPROVEMENT"),
}


# --- registry ---------------------------------------------------------------------------------

@dataclass
class Registry:
    agencies: dict = field(default_factory=dict)
    units: dict = field(default_factory=dict)
    indicators: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)
    positions: dict = field(default_factory=dict)
    people: dict = field(default_factory=lambda: defaultdict(dict))  # nip: {from: row}
    absences: dict = field(default_factory=lambda: defaultdict(dict))  # nip: {from: row}
    plans: dict = field(default_factory=lambda: defaultdict(list))  # (nip, year): versions
    rulesets: dict = field(default_factory=lambda: {"2026.1": RULES_2026})

    def assignments(self, nip):
        """(first day, last day, row), one after the other."""
        starts = sorted(self.people.get(nip, ()))
        for start, following in zip(starts, starts[1:] + [None]):
            row = self.people[nip][start]
            last = date.fromisoformat(row.get("until") or "9999-12-31")
            if following and not row.get("until"):
                last = date.fromisoformat(following) - timedelta(1)
            yield date.fromisoformat(start), last, row

    def assignment(self, nip, day):
        return next((row for first, last, row in self.assignments(nip) if first <= day <= last),
                    None)

    def absent(self, nip, day):
        return any(row["from"] <= day.isoformat() <= (row.get("until") or "9999-12-31")
                   for row in self.absences.get(nip, {}).values())

    def service(self, nip, months):
        """{month: service days}, without the months that have none."""
        days = {month: [day for day in month_days(month)
                        if self.assignment(nip, day) and not self.absent(nip, day)]
                for month in months}
        return {month: found for month, found in days.items() if found}

    def ruleset(self, day):
        begun = [r for r in self.rulesets.values() if r["from"] <= day.isoformat()]
        return max(begun, key=lambda r: (r["from"], r["version"]), default=None)

    def agreed(self, nip, day, assignment):
        """Version and items of the plan in force, or (None, [])."""
        begun = [p for p in self.plans.get((nip, day.year), ()) if p["from"] <= day.isoformat()]
        plan = max(begun, key=lambda p: (p["from"], p["version"]), default=None)
        position = self.positions.get(assignment["position"])
        if not plan or plan["status"] != "AGREED" or not position:
            return None, []
        return plan["version"], plan["items"] or position["items"]


def merge(registry, file):
    """The registry after `admin registry load FILE`."""
    r = copy.deepcopy(registry) if registry else Registry()
    for kind in ("agencies", "units", "indicators", "sources", "positions"):
        getattr(r, kind).update({row["code"]: row for row in file.get(kind, ())})
    for kind in ("people", "absences"):
        for row in file.get(kind, ()):
            getattr(r, kind)[row["nip"]][row["from"]] = row
    for row in file.get("plans", ()):
        versions = r.plans[row["nip"], row["year"]]
        plan = {"from": row.get("from") or f"{row['year']}-01-01", "status": row["status"],
                "items": row.get("items") or None}
        last = next((p for p in reversed(versions) if p["from"] == plan["from"]), None)
        if not last or plan != {k: v for k, v in last.items() if k != "version"}:
            versions.append({**plan, "version": len(versions) + 1})
    r.rulesets.update({row["version"]: row for row in file.get("rulesets", ())})
    return r


# --- arithmetic -------------------------------------------------------------------------------

def round2(value):
    rounded = value.quantize(CENT, ROUND_HALF_UP)
    return rounded if rounded else Decimal("0.00")  # never -0.00


def two(value):
    return str(round2(value))


def month_days(month):
    year, number_ = map(int, month.split("-"))
    return [date(year, number_, d + 1) for d in range(calendar.monthrange(year, number_)[1])]


def months_of(period):
    if "-" not in period:
        return [f"{period}-{m:02}" for m in range(1, 13)]
    year, part = period.split("-")
    if part[0] != "Q":
        return [period]
    return [f"{year}-{m:02}" for m in range(3 * int(part[1]) - 2, 3 * int(part[1]) + 1)]


def periods_of(year):
    return months_of(str(year)) + [f"{year}-Q{q}" for q in (1, 2, 3, 4)] + [str(year)]


def realize(measure, events, rules):
    """The realised figure of some events (at least one, but for a declared 0)."""
    values = [e.data["value"] for e in events]
    if measure == "count":
        return round2(Decimal(len(events)))
    if measure == "sum":
        return round2(sum(values, Decimal(0)))
    if measure == "mean":
        return round2(sum(values) / len(values))
    if measure == "ratio":
        return round2(sum(values) * 100 / sum(e.data["of"] for e in events))
    if measure == "latest":
        last = max(events, key=lambda e: (e.time, e.id.encode(), e.source.encode()))
        return round2(last.data["value"])
    weight, prior = (exact(rules["survey"][k]) for k in ("prior_weight", "prior"))
    return round2((weight * prior + sum(values)) / (weight + len(values)))


def prorate(measure, bound, service):
    """A number for the period; service is {month: its service days}."""
    if measure not in ("count", "sum"):
        return round2(exact(bound))
    return sum(round2(exact(bound) * len(days) / len(month_days(month)))
               for month, days in service.items())


def achieve(direction, realized, target):
    """target: a number or (low, high), rounded already."""
    if isinstance(target, tuple):
        low, high = target
        if low <= realized <= high:
            return Decimal("100.00")
        target = low if realized < low else high
    if target == 0:
        return Decimal("100.00") if realized == 0 else Decimal("0.00")
    if direction == "more":
        return round2(realized / target * 100)
    return max(Decimal("0.00"), round2((2 - realized / target) * 100))


def rate(achievement, rules):
    if achievement < exact(rules["below_under"]):
        return "BELOW"
    return "ABOVE" if achievement >= exact(rules["above_from"]) else "MEETS"


def rate_results(rated, rules):
    """rated: (kind, rating) of each measured item."""
    most = exact(rules["most"]) * len(rated)
    if sum(r == "ABOVE" for _, r in rated) > most and ("MAIN", "BELOW") not in rated:
        return "ABOVE"
    return "BELOW" if sum(r == "BELOW" for _, r in rated) > most else "MEETS"


def propose(results, behaviour):
    return GRADES[results][("BELOW", "MEETS", "ABOVE").index(behaviour)]


def hint(measure, direction, realized, target, rules):
    """(need, to) by trying: the fewest steps that reach the next class; None if none do."""
    now = rate(achieve(direction, realized, target), rules)
    if now == "ABOVE":
        return None
    to = {"BELOW": "MEETS", "MEETS": "ABOVE"}[now]
    goal = exact(rules["below_under" if now == "BELOW" else "above_from"])
    step = Decimal(1) if measure == "count" else CENT
    sign = 1 if direction == "more" else -1

    def reached(steps):
        return achieve(direction, realized + sign * steps * step, target) >= goal

    most = int(realized / step) if direction == "less" else None  # a `less` stops at 0
    highest = target[1] if isinstance(target, tuple) else target
    if highest == 0:  # hit or miss: only 0 itself can help
        steps = int(-sign * realized / step)
    else:  # further is never worse
        steps = 1
        while not reached(steps) and (most is None or steps < most):
            steps *= 2
        worse, steps = 0, steps if most is None else min(steps, most)
        while steps - worse > 1:
            middle = (worse + steps) // 2
            worse, steps = (worse, middle) if reached(middle) else (middle, steps)
    if steps < 1 or not reached(steps):
        return None
    return (str(sign * steps) if measure == "count" else two(sign * steps * step)), to


# --- scores -----------------------------------------------------------------------------------

class Evidence:
    """What counts, by whom, what and when."""

    def __init__(self, intake):
        self.work, self.declared = defaultdict(list), set()
        for event in intake.counting():
            if event.type == COMPLETE:
                self.declared.add((event.subject, event.data["indicator"], event.data["period"]))
            elif event.type != REVOKED:
                self.work[event.subject, event.data["indicator"], event.month].append(event)

    def years(self):
        return sorted({int(month[:4]) for _, _, month in [*self.work, *self.declared]})


def score(registry, evidence, nip, period, person):
    """The score; None without a service day or a rule set; with `items` empty, nothing measured."""
    with localcontext(Context(prec=200)):
        service = registry.service(nip, months_of(period))
        last_day = month_days(months_of(period)[-1])[-1]
        rules = registry.ruleset(last_day)
        if not service or not rules:
            return None
        assignment = registry.assignment(nip, service[max(service)][-1])
        plan, items = registry.agreed(nip, last_day, assignment)
        measured, missing, hints = [], [], []
        for item in items:
            indicator = registry.indicators[item["indicator"]]
            code, measure = indicator["code"], indicator["measure"]
            events = [e for month in service for e in evidence.work.get((nip, code, month), ())]
            if not events and not (measure in ("count", "sum") and all(
                    (assignment["unit"], code, month) in evidence.declared for month in service)):
                missing.append(code)
                continue
            line, advice = measure_item(item, indicator, events, service, rules)
            measured.append(line)
            hints += [{"indicator": code, "need": advice[0], "to": advice[1]}] if advice else []
        results = weigh(measured, rules)
        return {"person": person, "period": period, "ruleset": rules["version"], "plan": plan,
                "items": measured, "missing": missing, "results": results, "behaviour": None,
                "proposed": None, "grade": None, "hints": hints}


def measure_item(item, indicator, events, service, rules):
    measure, direction = indicator["measure"], indicator["direction"]
    realized = realize(measure, events, rules)
    bounds = item["target"] if isinstance(item["target"], list) else [item["target"]]
    target = tuple(prorate(measure, bound, service) for bound in bounds)
    target = target if isinstance(item["target"], list) else target[0]
    achievement = achieve(direction, realized, target)
    line = {"indicator": item["indicator"], "aspect": indicator["aspect"], "kind": item["kind"],
            "target": [two(t) for t in target] if isinstance(target, tuple) else two(target),
            "realized": two(realized), "achievement": two(achievement),
            "capped": two(min(achievement, exact(rules["cap"]))),
            "rating": rate(achievement, rules), "weight": two(exact(item["weight"])),
            "contribution": "0.00", "events": len(events)}
    return line, hint(measure, direction, realized, target, rules)


def weigh(measured, rules):
    """Fill the contributions in and say the results; None when nothing has weight."""
    weights = sum(exact(line["weight"]) for line in measured)
    if not weights:
        return None
    points = [exact(line["capped"]) * exact(line["weight"]) for line in measured]
    for line, point in zip(measured, points):
        line["contribution"] = two(point / weights)
    return {"score": two(sum(points) / weights),
            "rating": rate_results([(line["kind"], line["rating"]) for line in measured], rules)}


def scores(registry, intake, ids, years=None, empty=False):
    """{(nip, period): score or None} of every person and period of the years with data.

    A score with nothing measured is published only where it replaces one; it is None here unless
    `empty`, which gives it as it would then read.
    """
    evidence = Evidence(intake)
    found = {}
    for year in years or evidence.years():
        for period in periods_of(year):
            for nip in registry.people:
                s = score(registry, evidence, nip, period, ids.get(nip))
                found[nip, period] = s if s and (s["items"] or empty) else None
    return found


def same(want, got, before=None):
    """Is `got` right? `want` from scores(…, empty=True); `before` what stood there earlier."""
    if want is None or got is None:
        return got is None and (want is None or (not want["items"] and before is None))
    return {k: v for k, v in got.items() if k != "revision"} == want
