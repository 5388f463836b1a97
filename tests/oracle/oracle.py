"""Terukur's rules written a second time, slowly and obviously, to compare the services with.

Pure: registry and messages in; verdicts and scores out. Nothing here was taken from the C code.

    registry = merge(None, file)                # and merge(registry, next_file), as `registry load`
    intake = Intake()
    verdict = intake.receive(registry, Message(topic, partition, key, headers, value, now))
    scores(registry, intake, {nip: person_id})  # {(nip, period): score or None for 404}

A Verdict changes in place when a waiting event's original comes, or `intake.expire` gives it up.
Figures are fractions, exact; each that the text rounds is rounded by `round2`, and nothing else is.
"""
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from .events import COMPLETE, REVOKED, Intake, Message, Verdict, instant, valid_nip
from .registry import RULES_2026, Refused, Registry, Stretch, merge, month_days

__all__ = ["Evidence", "Intake", "Message", "Refused", "Registry", "RULES_2026", "Stretch", "Verdict", "instant",
           "merge", "same", "score", "scores", "valid_nip"]

HUNDRED = Fraction(100)
ADDITIVE = ("count", "sum")  # what adds up over days and months, and can be a declared nothing
GRADES = {  # results: behaviour BELOW, MEETS, ABOVE
    "ABOVE": ("POOR", "GOOD", "VERY_GOOD"),
    "MEETS": ("POOR", "GOOD", "GOOD"),
    "BELOW": ("VERY_POOR", "NEEDS_IMPROVEMENT", "NEEDS_IMPROVEMENT"),
}


# --- figures and periods ----------------------------------------------------------------------

@cache
def exact(value):
    return Fraction(str(value))


def round2(value):
    """Half-up, away from zero, to two places: ⌊100·|n/d| + ½⌋ hundredths."""
    n, d = value.numerator, value.denominator
    cents = (200 * abs(n) + d) // (2 * d)
    return Fraction(-cents if value < 0 else cents, 100)


def two(value):
    value = round2(value)
    cents = 100 * abs(value.numerator) // value.denominator
    return f"{'-' if value < 0 else ''}{cents // 100}.{cents % 100:02}"


def months_of(period):
    if "-" not in period:
        return [f"{period}-{m:02}" for m in range(1, 13)]
    year, part = period.split("-")
    if part[0] != "Q":
        return [period]
    return [f"{year}-{m:02}" for m in range(3 * int(part[1]) - 2, 3 * int(part[1]) + 1)]


def periods_of(year):
    return months_of(str(year)) + [f"{year}-Q{q}" for q in (1, 2, 3, 4)] + [str(year)]


# --- 1. What counts, and what is missing ------------------------------------------------------

class Evidence:
    """What counts of what was accepted, by whom and of what; and what was declared complete."""

    def __init__(self, registry, intake):
        self.work = defaultdict(lambda: defaultdict(list))  # (nip, indicator): {day: events}
        self.declared, self.years = set(), set()
        for event in intake.counting():
            if event.type == COMPLETE:
                self.declared.add((event.subject, event.data["indicator"], event.data["period"]))
                self.years.add(int(event.data["period"][:4]))
            elif event.type != REVOKED:
                day = event.day
                self.work[registry.person(event.subject), event.data["indicator"]][day].append(event)
                self.years.add(day.year)


@dataclass
class Part:
    """What an item asked for in one stretch, and the events that count there."""
    stretch: Stretch
    item: dict
    events: list

    @property
    def days(self):
        return len(self.stretch.days)

    @property
    def bounds(self):
        target = self.item["target"]
        return tuple(map(exact, target if isinstance(target, list) else [target]))

    @property
    def percent(self):
        """The item's share of the stretch's weights, those of the others included."""
        weights = sum(exact(item["weight"]) for item in self.stretch.items.values())
        return exact(self.item["weight"]) / weights * 100 if weights else Fraction(0)


def in_order(stretches):
    """The period's items: those of the last stretch, then what only earlier ones have, later first."""
    return list(dict.fromkeys(code for stretch in reversed(stretches) for code in stretch.items))


def parts_of(indicator, stretches, evidence, nip):
    """The item's stretches that are measured, in order, and the units of those that left."""
    code = indicator["code"]
    work = evidence.work.get((nip, code), {})
    parts = [Part(s, s.items[code], [e for day in s.days for e in work.get(day, ())])
             for s in stretches if code in s.items]
    left = []
    for unit in dict.fromkeys(part.stretch.unit for part in parts):
        there = [part for part in parts if part.stretch.unit == unit]
        declared = indicator["measure"] in ADDITIVE and all(
            (unit, code, part.stretch.month) in evidence.declared for part in there)
        if not declared and not any(part.events for part in there):
            left.append(unit)
    return [part for part in parts if part.stretch.unit not in left], left


def owes_a_fraction(indicator, target, parts):
    """Of a range it is the low bound that is owed."""
    return (indicator["measure"] == "count" and indicator["direction"] == "more"
            and target[0] < Fraction(1, 2) and not any(part.events for part in parts))


# --- 2. to 4. Realised, target, weight --------------------------------------------------------

def realize(measure, events):
    """`result_max` says what a figure cannot be, for hints: it cuts none that is."""
    values = [exact(e.data["value"]) for e in events]
    if measure == "count":
        return round2(Fraction(len(events)))
    if measure == "sum":
        return round2(sum(values, Fraction(0)))
    if measure == "mean":
        return round2(sum(values) / len(values))
    if measure == "ratio":
        return round2(sum(values) / sum(exact(e.data["of"]) for e in events) * 100)
    if measure == "latest":
        return round2(exact(max(events, key=lateness).data["value"]))
    raise ValueError(measure)  # a survey's answers are not activity


def lateness(event):
    """Bytewise; the source is its code, however the event named it."""
    return event.time, event.source.encode(), event.id.encode()


def target_of(measure, parts):
    """A tuple: the number, or low and high."""
    if measure in ADDITIVE:
        return each_bound([part.bounds for part in parts], lambda bounds: sum_of_months(parts, bounds))
    owed = [(part.bounds, event) for part in parts for event in part.events]
    if measure == "latest":
        last = max((event for _, event in owed), key=lateness)
        owed = [(bounds, event) for bounds, event in owed if event is last]
    shares = [exact(event.data["of"]) if measure == "ratio" else Fraction(1) for _, event in owed]
    return each_bound([bounds for bounds, _ in owed], lambda bounds: round2(
        sum(bound * share for bound, share in zip(bounds, shares)) / sum(shares)))


def each_bound(targets, figure):
    """The figure of each bound by itself; a number beside ranges is a range of one number. Beside
    are those that go into the figure, so a range of days without an event does not widen a mean."""
    return tuple(figure([target[bound if len(target) > 1 else 0] for target in targets])
                 for bound in range(max(map(len, targets))))


def sum_of_months(parts, bounds):
    months = defaultdict(Fraction)
    for part, bound in zip(parts, bounds):
        months[part.stretch.month] += bound * part.days / len(month_days(part.stretch.month))
    return sum(map(round2, months.values()))


def kind_of(parts):
    """That of most service days; at a tie the last."""
    days = defaultdict(int)
    for part in reversed(parts):
        days[part.item["kind"]] += part.days
    return max(days, key=days.get)  # the first of equals


# --- 5. Achievement ---------------------------------------------------------------------------

def achieve(direction, realized, target, cap):
    """target: (number,) or (low, high), rounded already."""
    low, high = target[0], target[-1]
    if len(target) > 1 and low <= realized <= high:
        return HUNDRED
    bound = low if realized < low else high
    if bound == 0:
        if realized == 0:
            return HUNDRED
        return Fraction(0) if direction == "less" else round2(cap)
    if direction == "more":
        return round2(realized / bound * 100)
    return max(Fraction(0), round2((2 - realized / bound) * 100))


def rate(achievement, rules):
    if achievement < exact(rules["below_under"]):
        return "BELOW"
    return "ABOVE" if achievement >= exact(rules["above_from"]) else "MEETS"


def rate_results(rated, rules):
    """rated: (kind, rating) of each measured item that is not brief."""
    most = exact(rules["most"]) * len(rated)
    if sum(r == "ABOVE" for _, r in rated) > most and ("MAIN", "BELOW") not in rated:
        return "ABOVE"
    return "BELOW" if sum(r == "BELOW" for _, r in rated) > most else "MEETS"


def propose(results, behaviour):
    return GRADES[results][("BELOW", "MEETS", "ABOVE").index(behaviour)]


# --- 8. Hints ---------------------------------------------------------------------------------

def hint(indicator, realized, target, rules):
    """(need, to): the fewest steps that reach the next class; None where none may be taken.

    A `less` stops at 0, below which there is nothing to do less of. Steps that jump over the next
    class reach it all the same. Leading out of a range is to end beyond its far bound."""
    more, cap = indicator["direction"] == "more", exact(rules["cap"])
    now = rate(achieve(indicator["direction"], realized, target, cap), rules)
    if now == "ABOVE":
        return None
    to, goal = ("MEETS", rules["below_under"]) if now == "BELOW" else ("ABOVE", rules["above_from"])
    step = exact(indicator.get("step") or (1 if indicator["measure"] == "count" else "0.01"))
    step = step if more else -step

    def reached(steps):
        return achieve(indicator["direction"], realized + steps * step, target, cap) >= exact(goal)

    steps = fewest(reached, 2 ** 80 if more else int(realized / -step))
    if not steps:
        return None
    need = steps * step
    end, top = realized + need, indicator.get("result_max")
    if top is not None and end > exact(top):
        return None
    if len(target) > 1 and (end > target[-1] if more else end < target[0]):
        return None
    return (str(need) if indicator["measure"] == "count" and need.denominator == 1 else two(need)), to


def fewest(reached, most):
    """The smallest number from 1 to `most` that reaches; further is never worse. None if none does."""
    least = 1
    while least <= most and not reached(min(2 * least, most)):
        least *= 2
    if least > most:
        return None
    most = min(2 * least, most)
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if reached(middle) else (middle + 1, most)
    return least


# --- 6. and 7. The score ----------------------------------------------------------------------

def score(registry, evidence, nip, period, person=None, stretches=None):
    """The score; None where there is none: no service day, no rule set, nothing measured."""
    months = months_of(period)
    if stretches is None:
        stretches = [s for month in months for s in registry.stretches(nip, month)]
    asking = [stretch for stretch in stretches if stretch.items]
    rules = registry.ruleset(month_days(months[-1])[-1])
    if not asking or not rules:
        return None
    days = sum(len(stretch.days) for stretch in asking)
    lines, missing, hints, held = [], [], [], {}
    for code in in_order(asking):
        indicator = registry.indicators[code]
        parts, left = parts_of(indicator, asking, evidence, nip)
        target = target_of(indicator["measure"], parts) if parts else None
        if not parts or owes_a_fraction(indicator, target, parts):
            missing.append(code)
            continue
        line, advice = measure_item(indicator, parts, target, days, rules)
        lines.append({**line, **({"left": left} if left else {})})
        hints += [{"indicator": code, "need": advice[0], "to": advice[1]}] if advice else []
        held[code] = Fraction(sum(part.days for part in parts), days)
    if not lines:
        return None
    mark_brief(lines, held, rules)
    return {"person": person, "period": period, "ruleset": rules["version"], "plan": asking[-1].plan,
            "items": lines, "missing": missing, "results": weigh(lines, rules), "behaviour": None,
            "proposed": None, "grade": None, "hints": hints}


def measure_item(indicator, parts, target, days, rules):
    """The item's line but for its contribution, and its hint."""
    events = [event for part in parts for event in part.events]
    realized = realize(indicator["measure"], events)
    achievement = achieve(indicator["direction"], realized, target, exact(rules["cap"]))
    line = {"indicator": indicator["code"], "aspect": indicator["aspect"], "kind": kind_of(parts),
            "target": [two(t) for t in target] if len(target) > 1 else two(target[0]),
            "realized": two(realized), "achievement": two(achievement),
            "capped": two(min(achievement, exact(rules["cap"]))),
            "rating": rate(achievement, rules),
            "weight": two(sum(part.percent * part.days for part in parts) / days),
            "contribution": "0.00", "events": len(events)}
    return line, hint(indicator, realized, target, rules)


def mark_brief(lines, held, rules):
    """held: the share of the period's days on which each was held, unrounded."""
    brief = [line for line in lines if held[line["indicator"]] < exact(rules["brief"])]
    for line in brief if len(brief) < len(lines) else ():
        line["brief"] = True


def weigh(lines, rules):
    """Fills the contributions in and says the results; None when nothing has weight."""
    weights = sum(exact(line["weight"]) for line in lines)
    if not weights:
        return None
    points = [exact(line["capped"]) * exact(line["weight"]) for line in lines]
    for line, point in zip(lines, points):
        line["contribution"] = two(point / weights)
    rated = [(line["kind"], line["rating"]) for line in lines if not line.get("brief")]
    counts = {name.lower(): sum(r == name for _, r in rated) for name in ("ABOVE", "MEETS", "BELOW")}
    return {"score": two(sum(points) / weights), "rating": rate_results(rated, rules), **counts}


def scores(registry, intake, ids, years=None):
    """{(nip, period): score or None} of every person and period of the years with data."""
    evidence, found = Evidence(registry, intake), {}
    for year in years or sorted(evidence.years):
        for nip in registry.people:
            stretches = {month: registry.stretches(nip, month) for month in months_of(str(year))}
            for period in periods_of(year):
                found[nip, period] = score(registry, evidence, nip, period, ids.get(nip), [
                    stretch for month in months_of(period) for stretch in stretches[month]])
    return found


def same(want, got):
    """Is `got` right? `want` from `scores`. The order of the units that left an item is nobody's business."""
    def plain(score):
        return score and {
            **{k: v for k, v in score.items() if k != "revision"},
            "items": [{**line, **({"left": sorted(line["left"])} if "left" in line else {})}
                      for line in score["items"]]}
    return plain(want) == plain(got)
