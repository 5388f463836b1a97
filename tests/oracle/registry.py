"""Who works where, under which plan, on which day: what `admin registry load` makes of its files.

    registry = merge(None, file)        and merge(registry, next_file); Refused where a file is wrong
    registry.stretches(nip, "2026-03")  the month's stretches, in order
"""
import calendar
import copy
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

FOREVER, BEGINNING = "9999-12-31", ""
BINDING = ("AGREED", "WITHDRAWN")  # the other words about a plan are kept and change nothing
RULES_2026 = {"version": "2026.1", "from": "2026-01-01", "cap": 120, "below_under": 90,
              "above_from": 110, "most": 0.5, "minimum_group": 5, "brief": 0.10,
              "survey": {"prior": 3.00, "prior_weight": 10}}


class Refused(Exception):
    """The file is not loaded, nothing of it; says why."""


@dataclass
class Stretch:
    """All of a month's service days under one assignment and the same versions of plan and position."""
    month: str
    unit: str
    plan: int | None
    items: dict  # {indicator: item}, in the plan's order
    days: list = field(default_factory=list)


@dataclass
class Registry:
    agencies: dict = field(default_factory=dict)
    units: dict = field(default_factory=dict)
    indicators: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)
    positions: dict = field(default_factory=lambda: defaultdict(dict))  # code: {from: items}
    people: dict = field(default_factory=lambda: defaultdict(dict))  # nip: {from: row}
    former: dict = field(default_factory=dict)  # {an earlier nip: the nip of today}
    absences: dict = field(default_factory=lambda: defaultdict(dict))  # nip: {(from, kind): row}
    plans: dict = field(default_factory=lambda: defaultdict(list))  # (nip, year): versions
    rulesets: dict = field(default_factory=lambda: {"2026.1": RULES_2026})

    def person(self, nip):
        """The NIP by which a person is known today, of any that was ever theirs; or None."""
        nip = self.former.get(nip, nip)
        return nip if nip in self.people else None

    def source(self, name):
        """The code of a source, from its code or one of its uris; or None."""
        return name if name in self.sources else next(
            (code for code, row in self.sources.items() if name in row.get("uris", ())), None)

    def assignments(self, nip):
        """(first day, last day, row): the next ends the one before, and nothing resumes."""
        rows = sorted(self.people.get(nip, {}).items())
        for (start, row), (following, _) in zip(rows, rows[1:] + [(FOREVER, None)]):
            eve = FOREVER if following == FOREVER else before(following)
            yield start, min(row.get("until") or FOREVER, eve), row

    def assignment(self, nip, day):
        day = day.isoformat()
        return next((row for first, last, row in self.assignments(nip) if first <= day <= last), None)

    def absent(self, nip, day):
        day = day.isoformat()
        return any(row["from"] <= day <= (row.get("until") or FOREVER)
                   for row in self.absences.get(nip, {}).values())

    def plan(self, nip, day):
        """The version agreed and not withdrawn, or None."""
        begun = [p for p in self.plans.get((nip, day.year), ())
                 if p["status"] in BINDING and p["from"] <= day.isoformat()]
        last = max(begun, key=lambda p: (p["from"], p["version"]), default=None)
        return last if last and last["status"] == "AGREED" else None

    def stretches(self, nip, month):
        """In order; those without a plan in force have no items."""
        found = {}
        for day in month_days(month):
            row = self.assignment(nip, day)
            if not row or self.absent(nip, day):
                continue
            plan = self.plan(nip, day)
            since, items = in_force(self.positions.get(row["position"], {}), day.isoformat())
            items = (plan["items"] or items) if plan else []
            stretch = Stretch(month, row["unit"], plan and plan["version"],
                              {item["indicator"]: item for item in items})
            under = row["from"], stretch.plan, since
            found.setdefault(under, stretch).days.append(day)
        return list(found.values())

    def ruleset(self, day):
        """In force on that day; what it does not name is as in 2026.1."""
        begun = [r for r in self.rulesets.values() if r["from"] <= day.isoformat()]
        last = max(begun, key=lambda r: (r["from"], r["version"]), default=None)
        return last and {**RULES_2026, **last}


def before(day):
    return (date.fromisoformat(day) - timedelta(1)).isoformat()


def month_days(month):
    year, number = map(int, month.split("-"))
    return [date(year, number, d + 1) for d in range(calendar.monthrange(year, number)[1])]


def in_force(versions, day):
    """(from, items) of the last version begun on that day."""
    since = max((start for start in versions if start <= day), default=None)
    return since, versions.get(since, [])


# --- loading a file ---------------------------------------------------------------------------

def merge(registry, file, today=None):
    """The registry after `admin registry load FILE`, loaded on that day."""
    r = copy.deepcopy(registry) if registry else Registry()
    today = today or datetime.now(timezone(timedelta(hours=7))).date()
    for kind in ("agencies", "units", "indicators", "sources"):  # a unit's agency plays no part in a score
        getattr(r, kind).update({row["code"]: row for row in file.get(kind, ())})
    add_positions(r, file.get("positions", ()), today)
    correct_nips(r, file.get("people", ()))
    add_people(r, file.get("people", ()))
    add_absences(r, file.get("absences", ()))
    add_plans(r, file.get("plans", ()))
    r.rulesets.update({row["version"]: row for row in file.get("rulesets", ())})
    return r


def add_positions(r, rows, today):
    """A row without a `from` is a change if it differs from what is in force on the first of this
    month, but for versions that the same file dates: else a file of several versions would not
    change nothing when loaded again. `"from": null` is the version from the beginning."""
    dated = {(row["code"], row["from"] or BEGINNING) for row in rows if "from" in row}
    month = today.replace(day=1).isoformat()
    for row in rows:
        versions = r.positions[row["code"]]
        if "from" in row:
            start = row["from"] or BEGINNING
        elif not versions:
            start = BEGINNING
        else:
            others = {since: items for since, items in versions.items() if (row["code"], since) not in dated}
            since, items = in_force(others, month)
            start = since if items == row["items"] else month
        versions[start] = row["items"]


def correct_nips(r, rows):
    """Before all else, so that every other row finds the one person by either number."""
    for row in rows:
        nip, was = row["nip"], row.get("was")
        if not was:
            continue
        old, new = r.person(was), r.person(nip)
        if old and new and old != new:
            raise Refused(f"{nip} is not {was}: both are people already")
        held = old or new
        if held and held != nip:
            r.people[nip] = r.people.pop(held)
            if held in r.absences:
                r.absences[nip] = r.absences.pop(held)
            for name, year in [key for key in r.plans if key[0] == held]:
                r.plans[nip, year] = r.plans.pop((name, year))
        names = {was, held, *(name for name, now in r.former.items() if now == held)} - {nip, None}
        r.former.pop(nip, None)
        r.former.update(dict.fromkeys(names, nip))


def known(r, row):
    return {**row, "nip": r.former.get(row["nip"], row["nip"])}


def removals_first(r, rows):
    rows = [known(r, row) for row in rows]
    return [row for row in rows if row.get("removed")], [row for row in rows if not row.get("removed")]


def add_people(r, rows):
    removed, stay = removals_first(r, rows)
    for row in removed:
        r.people.get(row["nip"], {}).pop(row["from"], None)
    for row in stay:
        r.people[row["nip"]][row["from"]] = row


def add_absences(r, rows):
    """What overlaps is judged when the whole file is in, whatever the order of its rows."""
    removed, stay = removals_first(r, rows)
    for row in removed:
        for key in [key for key in r.absences[row["nip"]] if key[0] == row["from"]]:
            del r.absences[row["nip"]][key]
    for row in stay:
        r.absences[row["nip"]][row["from"], row["kind"]] = row
    for nip in {row["nip"] for row in stay}:
        spans = sorted((row["from"], row.get("until") or FOREVER) for row in r.absences[nip].values())
        for one, two in zip(spans, spans[1:]):
            if one[1] >= two[0]:
                raise Refused(f"{nip} is absent {one[0]} to {one[1]} and {two[0]} to {two[1]}")


def add_plans(r, rows):
    """A row makes a version unless it says again what was said last of that day. What binds and what
    does not are said in two voices: a draft between them does not make the agreed plan a new one.
    So that a file of several rows for one day changes nothing when loaded again, its rows of one
    voice are compared with the last ones together."""
    said, order = defaultdict(list), []
    for row in rows:
        row = known(r, row)
        plan = {"from": row.get("from") or f"{row['year']}-01-01", "status": row["status"],
                "items": row.get("items") or None}
        voice = row["nip"], row["year"], plan["from"], row["status"] in BINDING
        if not said[voice] or said[voice][-1] != plan:
            said[voice].append(plan)
            order.append((voice, len(said[voice]), plan))
    again = {voice: said_before(r, voice, plans) for voice, plans in said.items()}
    for voice, number, plan in order:
        if number > again[voice]:
            versions = r.plans[voice[:2]]
            versions.append({**plan, "version": len(versions) + 1})


def said_before(r, voice, plans):
    """How many of the plans, from the first, are the last ones that stand."""
    nip, year, start, binding = voice
    stand = [{k: v for k, v in p.items() if k != "version"} for p in r.plans[nip, year]
             if p["from"] == start and (p["status"] in BINDING) == binding]
    return max(n for n in range(len(plans) + 1) if stand[len(stand) - n:] == plans[:n])
