#!/usr/bin/env python3
"""Invents a city: its registry files and the activity feeds of its systems, ready for kcat.

The same seed and --today give the same bytes. A later day of the same month only adds messages at the
end of each feed, and every id stays, so publishing again is harmless.
"""
import argparse
import json
import time
import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from random import Random
from typing import NamedTuple

from people import (INDICATORS, POSITIONS, SEED, SOURCES, UNITS, cast_of, change, first_written, invent_people,
                    is_working_day, prepare)

ZONE = timezone(timedelta(hours=7))
WORKDAYS = 21  # of a usual month: turns a monthly target into a day's work
BINARY = {"inovasi"}  # this feed's events travel as headers and data, the others as one JSON object
# What goes wrong, for each 10,000 entries. The second kind is rejected, with that reason code.
ACCEPTED_DIRT = {"duplicate": 90, "corrected": 45, "corrected_early": 15, "moved": 8, "revoked": 20}
REJECTED_DIRT = {
    "too_large": .5, "malformed": 8, "schema": 8, "unknown_type": 2, "unknown_source": 2, "source_mismatch": 2,
    "conflicting_duplicate": 4, "invalid_nip": 12, "unknown_person": 15, "unknown_indicator": 6,
    "indicator_not_allowed": 4, "value_out_of_range": 12, "time_in_future": 8, "unknown_original": 3,
    "already_replaced": 3}
KINDS = {"recorded": 10000} | ACCEPTED_DIRT | REJECTED_DIRT


class Message(NamedTuple):
    at: datetime  # when it reaches the topic
    kind: str
    source: str
    key: str
    value: bytes


# --- events ---

def new_id(rng):
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def instant(source, when):
    if source == "presensi":  # this one speaks UTC and milliseconds
        return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return when.isoformat(timespec="seconds")


def shifted(event, by):
    return event | {"time": instant(event["source"], datetime.fromisoformat(event["time"]).astimezone(ZONE) + by)}


def make_event(rng, source, kind, subject, when, data):
    return {"specversion": "1.0", "id": new_id(rng), "source": source, "type": f"terukur.activity.{kind}.v1",
            "subject": subject, "time": instant(source, when), "datacontenttype": "application/json", "data": data}


def clamp(value, low, high):
    return max(low, min(high, value))


def entries(rng, indicator, target, skill):
    """One day's data of one indicator; over a month they come to about target × skill."""
    aim = sum(target) / 2 if isinstance(target, list) else target
    counted = indicator.measure in ("count", "sum")
    pace = aim * skill / WORKDAYS / (sum(indicator.size) / 2) if counted else indicator.pace
    good = 1 + (skill - 1) * indicator.swing
    for _ in range(int(pace + rng.random())):
        if counted:
            yield {"value": rng.randint(*indicator.size)}
        elif indicator.measure == "ratio":
            of = rng.randint(*indicator.size)
            yield {"value": round(of * clamp(aim / 100 * good * rng.gauss(1, .08), 0, 1)), "of": of}
        else:
            noise = rng.gauss(1, .02 if indicator.measure == "latest" else .15)
            level = aim * (good if indicator.direction == "more" else 2 - good) * noise
            yield {"value": round(clamp(level, indicator.min, indicator.max), 1)}


def source_of(unit, indicator):
    """Schools and health centres share some indicators; each reports through its own system."""
    first, *others = indicator.sources.split()
    return others[0] if others and UNITS[unit][0] == "dinas-kesehatan" else first


def day_of(person, day):
    """What reaches the topics of one person's working day, clean or not. Later days do not change it."""
    rng = Random(f"{SEED}/{person.nip}/{day}")
    post = person.post_on(day)
    unit, position, superior, *_ = post or person.posts[-1]
    number = person.number_on(day)
    for code, (usual, _) in POSITIONS[position][2].items():
        source, target = source_of(unit, INDICATORS[code]), person.target_on(day, code, usual)
        for data in entries(rng, INDICATORS[code], target, person.skill.get(code, 1)):
            when = datetime(day.year, day.month, day.day, 7, 30, tzinfo=ZONE) + timedelta(hours=8 * rng.random())
            event = make_event(rng, source, "recorded", number, when,
                               {"indicator": code} | data | {"ref": f"{source}/{rng.randrange(10 ** 6):06}"})
            days_late = 4 * rng.random() if rng.random() < .01 else 0
            arrival = when + timedelta(days_late, minutes=rng.expovariate(.1))
            kind = "not_employed" if post is None else rng.choices([*KINDS], KINDS.values())[0]
            if source in BINARY:
                kind = "recorded"
            for at, label, sent in deliveries(rng, kind, event, arrival, superior):
                yield message(at, label, source, sent, number)


def message(at, kind, source, event, key=None):
    """As the source's system sends it; bytes are what it sends when it is broken, under `key`."""
    if isinstance(event, bytes):
        return Message(at, kind, source, key, event)
    return Message(at, kind, source, event["subject"], dump(event))


def dump(event):
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def deliveries(rng, kind, event, at, superior):
    """The messages, as (at, kind, event or bytes), that an entry becomes when this happens to it."""
    later = at + timedelta(hours=rng.uniform(1, 72))
    good = (at, "recorded", event)
    slip = mistake(event, superior if kind == "moved" else None) | {"id": new_id(rng)}
    fix = event | {"type": "terukur.activity.corrected.v1", "data": event["data"] | {"replaces": slip["id"]}}
    match kind:
        case "duplicate":
            return [good, (later, kind, event)]
        case "conflicting_duplicate":
            return [good, (later, kind, with_data(event, value=event["data"]["value"] + 1))]
        case "corrected" | "moved":
            return [(at, "recorded", slip), (later, kind, fix)]
        case "corrected_early":
            return [(at, kind, fix), (later, "recorded", slip)]
        case "already_replaced":
            return [(at, "recorded", slip), (later, "corrected", fix),
                    (later + timedelta(hours=1), kind, fix | {"id": new_id(rng)})]
        case "revoked":
            revocation = make_event(rng, event["source"], "revoked", event["subject"], later,
                                    {"replaces": slip["id"], "reason": "tercatat dua kali"})
            return [good, (at, "recorded", slip), (later + timedelta(minutes=1), kind, revocation)]
        case "unknown_original":
            return [(at, kind, fix)]
        case "recorded" | "not_employed":
            return [(at, kind, event)]
    spoilt = SPOIL[kind](event, rng)
    return [good] if spoilt == event else [(at, kind, spoilt)]


def mistake(event, superior):
    """What was first entered by mistake: under the head's name, with another value, or an hour early."""
    if superior:
        return event | {"subject": superior}
    data = event["data"]
    if INDICATORS[data["indicator"]].measure in ("sum", "ratio") and data["value"] > 1:
        return with_data(event, value=data["value"] - 1)
    return shifted(event, timedelta(hours=-1))


def with_data(event, **fields):
    return event | {"data": event["data"] | fields}


def without(event, name):
    return {key: value for key, value in event.items() if key != name}


def misvalue(event, _):
    data = event["data"]
    if INDICATORS[data["indicator"]].measure == "count":  # which ignores the value
        return event
    return with_data(event, of=0) if "of" in data else with_data(event, value=9999)


# reason: how an entry is spoilt so that it is rejected for that
SPOIL = {
    "too_large": lambda e, _: with_data(e, ref="scan:" + "A" * 70000),
    "malformed": lambda e, rng: rng.choice((dump(e)[:-40], b"", dump(e).replace(b"terukur", b"t\xe9rukur"))),
    "schema": lambda e, rng: rng.choice((without(e, "time"), without(e, "data"), with_data(e, value="satu"),
                                         with_data(e, note="pagi"), e | {"time": e["time"][:8] + "32T08:00:00Z"})),
    "unknown_type": lambda e, _: e | {"type": "terukur.activity.created.v1"},
    "unknown_source": lambda e, _: e | {"source": e["source"] + "-lama"},
    "source_mismatch": lambda e, _: e | {"source": "presensi" if e["source"] != "presensi" else "simpus"},
    "invalid_nip": lambda e, rng: e | {"subject": rng.choice((e["subject"][:-1], e["subject"][:4] + "13" +
                                                              e["subject"][6:]))},
    "unknown_person": lambda e, rng: e | {"subject": e["subject"][:-3] + f"{rng.randint(1, 899):03}"},
    "unknown_indicator": lambda e, _: with_data(e, indicator=e["data"]["indicator"].replace("i", "l", 1) + "_2"),
    "indicator_not_allowed": lambda e, _: with_data(
        e, indicator="lesson_hours" if e["source"] == "simpus" else "home_visit"),
    "value_out_of_range": misvalue,
    "time_in_future": lambda e, _: shifted(e, timedelta(366)),
}


def declarations(months):
    """In the first days of the next month units say that a month is reported in full. Some forget, some were
    too quick and take it back, some mistype their name."""
    for month, (unit, (_, _, staff)) in product(months[:-1], UNITS.items()):
        codes = {c for p in staff for c in POSITIONS[p][2] if INDICATORS[c].measure in ("count", "sum")}
        for code in sorted(codes - {"innovation_accepted"}):
            rng = Random(f"{SEED}/complete/{unit}/{code}/{month}")
            source, data = source_of(unit, INDICATORS[code]), {"period": f"{month:%Y-%m}", "indicator": code}
            said = datetime(month.year, month.month, 1, 9, tzinfo=ZONE) + timedelta(34, minutes=rng.randrange(300))
            event = make_event(rng, source, "complete", unit, said, data)
            match rng.choices(("said", "forgotten", "taken back", "mistyped"), (80, 8, 6, 6))[0]:
                case "said":
                    yield message(said, "complete", source, event)
                case "taken back":
                    later = said + timedelta(hours=2)
                    yield message(said, "complete", source, event)
                    yield message(later, "revoked", source, make_event(
                        rng, source, "revoked", unit, later,
                        {"replaces": event["id"], "reason": "masih ada yang menyusul"}))
                case "mistyped":
                    yield message(said, "unknown_unit", source, event | {"subject": f"{unit}-baru"})


def working_days(start, end):
    days = (start + timedelta(n) for n in range((end - start).days))
    return [d for d in days if is_working_day(d)]


def stream(people, months, today):
    """All that has reached the topics before today began, in that order."""
    midnight = datetime(today.year, today.month, today.day, tzinfo=ZONE)
    days = working_days(months[0], today)
    messages = list(declarations(months))
    for person in people:
        last = person.posts[-1].last
        for day in days:
            # entries go on for some days after somebody's last one, until the upstream system hears of it
            leaving = last is not None and last < day <= last + timedelta(6)
            away = person.away_on(day) and day not in person.called_in
            if leaving or (person.post_on(day) and not away):
                messages += day_of(person, day)
    return sorted(m for m in messages if m.at < midnight)


# --- files ---

def months_until(today):
    """The first days of the last three whole months and of the open one."""
    count = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(count - 3, count + 1)]


# In which month, and by which indicator, a story is seen best.
SHOWN = (("transferred", 1, "home_visit"), ("amended", 2, "home_visit"), ("renumbered", 2, "attendance"),
         ("leave_taken_back", 2, "attendance"))


def invent(today):
    """Its people, its cast, its registry files in the order of loading, and its messages."""
    months = months_until(today)
    people = invent_people(months[0])
    cast = cast_of(people, f"{months[2]:%Y-%m}")
    stories = prepare(people, months)
    first = first_written(people, sorted({m.year for m in months}), set(cast.values()))
    changes = change(people, stories, months)
    cast |= {story: person.nip for story, person in stories.items()}
    cast["shown"] = {story: {"period": f"{months[n]:%Y-%m}", "indicator": indicator} for story, n, indicator in SHOWN}
    return people, cast, {"registry": first} | {f"changes/{name}": file for name, file in changes.items()}, \
        stream(people, months, today)


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_feeds(folder, messages):
    """A message per line, key and value separated by a tab."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        name = f"{source}.binary.jsonl" if source in BINARY else f"{source}.jsonl"
        lines = [m.key.encode() + b"\t" + m.value + b"\n" for m in messages if m.source == source]
        (folder / name).write_bytes(b"".join(lines))


def print_summary(messages):
    counts = Counter((m.kind, m.source) for m in messages)
    sent = ["recorded", "complete", *ACCEPTED_DIRT]
    rejected = [*REJECTED_DIRT, "unknown_unit", "not_employed"]

    def row(title, kinds):
        cells = [sum(counts[kind, source] for kind in kinds) for source in SOURCES]
        print(f"{title:24}" + "".join(f"{n:>11,}" for n in (*cells, sum(cells))))

    print(f"{'':24}" + "".join(f"{name:>11}" for name in (*SOURCES, "all")))
    for kind in sent:
        row(kind, [kind])
    print("to be rejected:")
    for kind in rejected:
        row(f"  {kind}", [kind])
    row("all", sent + rejected)


def main():
    parser = argparse.ArgumentParser(description="Invent a city: registry.json, changes/*.json, cast.json and feed/*.jsonl.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--today", type=date.fromisoformat, default=datetime.now(ZONE).date(), metavar="DATE",
                        help="the feeds end where this day begins (default: today in UTC+7)")
    args = parser.parse_args()
    began = time.monotonic()
    people, cast, files, messages = invent(args.today)
    write_feeds(args.out / "feed", messages)
    write_json(args.out / "cast.json", cast)
    for name, file in files.items():
        write_json(args.out / f"{name}.json", file)
    print_summary(messages)
    print(f"{len(people)} people in {len(UNITS)} units, {months_until(args.today)[0]} until {args.today}: "
          f"{len(messages):,} messages in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
