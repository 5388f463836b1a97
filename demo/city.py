#!/usr/bin/env python3
"""Invents a city: its registry file and the activity feeds of its systems, ready for kcat.

The same seed and --today give the same bytes. A later day of the same month only adds messages at the
end of each feed, and every id stays, so publishing again is harmless.
"""
import argparse
import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from random import Random
from typing import NamedTuple

SEED = "terukur-demo-1"
ZONE = timezone(timedelta(hours=7))
WORKDAYS = 21  # of a usual month: turns a monthly target into a day's work
HOLIDAYS = {(1, 1), (5, 1), (6, 1), (8, 17), (12, 25)}
BINARY = {"inovasi"}  # this feed's events travel as headers and data, the others as one JSON object

AGENCIES = {"dinas-pendidikan": "Dinas Pendidikan", "dinas-kesehatan": "Dinas Kesehatan"}

SOURCES = {
    "sekolah": "Sistem sekolah / School system",
    "simpus": "Sistem puskesmas / Health-centre system",
    "presensi": "Presensi / Attendance",
    "perizinan": "Perizinan / Licensing",
    "inovasi": "Daftar inovasi / Register of innovations",
}


class Indicator(NamedTuple):
    id: str
    en: str
    aspect: str
    measure: str
    unit: str
    max: float
    sources: str
    size: tuple = (1, 1)  # bounds of one entry's value; of a ratio's `of`
    pace: float = 0  # entries a day where the target does not say
    swing: float = 1  # how far a person's skill moves the values of a mean, ratio or latest
    direction: str = "more"
    min: float = 0


INDICATORS = {
    "lesson_hours": Indicator(
        "Jam pelajaran", "Lessons taught", "productivity", "sum", "lesson hours", 8, "sekolah", (2, 4)),
    "mark_reached": Indicator(
        "Murid yang tuntas", "Pupils who reach the mark", "service_quality", "ratio", "%", 60, "sekolah", (26, 34),
        pace=.2, swing=.8),
    "classroom_observation": Indicator(
        "Observasi kelas", "Classroom observation", "service_quality", "mean", "points", 4, "sekolah", min=1,
        pace=.12),
    "home_visit": Indicator(
        "Kunjungan rumah", "Home visits", "productivity", "count", "visits", 50, "simpus"),
    "immunisation": Indicator(
        "Imunisasi", "Immunisations", "productivity", "sum", "doses", 200, "simpus", (2, 10)),
    "waiting_time": Indicator(
        "Waktu tunggu", "Waiting time", "service_quality", "mean", "minutes", 480, "simpus", direction="less",
        pace=.8),
    "referral": Indicator(
        "Rujukan", "Referrals", "productivity", "count", "referrals", 50, "simpus"),
    "permit_decided": Indicator(
        "Izin diputus", "Permits decided", "productivity", "count", "permits", 50, "perizinan"),
    "processing_days": Indicator(
        "Lama proses izin", "Days to a permit", "service_quality", "mean", "working days", 90, "perizinan",
        direction="less", pace=1),
    "supervision": Indicator(
        "Supervisi", "Supervisions", "productivity", "count", "supervisions", 20, "sekolah simpus"),
    "data_complete": Indicator(
        "Kelengkapan data", "Completeness of records", "service_quality", "latest", "%", 100, "sekolah simpus",
        pace=.2, swing=.5),
    "attendance": Indicator(
        "Kehadiran", "Attendance", "service_quality", "ratio", "%", 720, "presensi", (450, 450), pace=1, swing=.2),
    "innovation_accepted": Indicator(
        "Inovasi diterima", "Innovation accepted", "innovation", "count", "innovations", 10, "inovasi"),
}

# position: name, academic titles, {indicator: (target per month, weight)}
POSITIONS = {
    "office-head": ("Kepala Dinas", ("M.Si.", "M.A.P."), {
        "supervision": (6, 50), "attendance": (97, 40)}),
    "principal": ("Kepala Sekolah", ("S.Pd., M.Pd.", "M.Pd."), {
        "supervision": (10, 50), "data_complete": (90, 20), "attendance": (97, 20)}),
    "teacher": ("Guru", ("S.Pd.", "S.Pd., Gr.", "S.Si.", "M.Pd."), {
        "lesson_hours": (60, 40), "mark_reached": (72, 30), "classroom_observation": (3, 10),
        "attendance": (97, 10)}),
    "centre-head": ("Kepala Puskesmas", ("S.K.M., M.Kes.", "M.K.M."), {
        "supervision": (8, 50), "data_complete": (90, 20), "attendance": (97, 20)}),
    "doctor": ("Dokter", ("Sp.K.K.L.P.", "M.Kes."), {
        "waiting_time": (30, 50), "referral": ([10, 20], 30), "attendance": (97, 10)}),
    "nurse": ("Perawat", ("A.Md.Kep.", "S.Kep., Ns."), {
        "home_visit": (24, 30), "immunisation": (60, 20), "waiting_time": (30, 20), "referral": ([6, 12], 10),
        "attendance": (97, 10)}),
    "midwife": ("Bidan", ("A.Md.Keb.", "S.Tr.Keb."), {
        "immunisation": (110, 40), "home_visit": (16, 20), "waiting_time": (25, 20), "attendance": (97, 10)}),
    "permit-officer": ("Verifikator Perizinan", ("S.H.", "S.A.P.", "S.K.M."), {
        "permit_decided": (50, 40), "processing_days": (5, 40), "attendance": (97, 10)}),
}
for _, _, work in POSITIONS.values():
    work["innovation_accepted"] = (.2, 10)
HEADS = {"office-head", "principal", "centre-head"}

SCHOOL = {"principal": 1, "teacher": 14}
CENTRE = {"centre-head": 1, "doctor": 2, "nurse": 7, "midwife": 4}
# unit: agency, name, staff; an agency's office comes first, its head is everybody's head's head
UNITS = {
    "kantor-pendidikan": ("dinas-pendidikan", "Kantor Dinas Pendidikan", {"office-head": 1}),
    "sdn-tepian-jaya": ("dinas-pendidikan", "SD Negeri Tepian Jaya", SCHOOL),
    "sdn-muara-teduh": ("dinas-pendidikan", "SD Negeri Muara Teduh", SCHOOL),
    "sdn-kebun-seroja": ("dinas-pendidikan", "SD Negeri Kebun Seroja", SCHOOL),
    "sdn-parit-melati": ("dinas-pendidikan", "SD Negeri Parit Melati", SCHOOL),
    "smpn-bukit-pelita": ("dinas-pendidikan", "SMP Negeri Bukit Pelita", SCHOOL),
    "smpn-simpang-rambai": ("dinas-pendidikan", "SMP Negeri Simpang Rambai", SCHOOL),
    "smpn-tanjung-biru": ("dinas-pendidikan", "SMP Negeri Tanjung Biru", SCHOOL),
    "smpn-sungai-lintang": ("dinas-pendidikan", "SMP Negeri Sungai Lintang", {"teacher": 15}),  # no head now
    "kantor-kesehatan": ("dinas-kesehatan", "Kantor Dinas Kesehatan", {"office-head": 1, "permit-officer": 8}),
    "pkm-tepian-jaya": ("dinas-kesehatan", "Puskesmas Tepian Jaya", CENTRE),
    "pkm-muara-teduh": ("dinas-kesehatan", "Puskesmas Muara Teduh", CENTRE),
    "pkm-kebun-seroja": ("dinas-kesehatan", "Puskesmas Kebun Seroja", CENTRE),
    "pkm-bukit-pelita": ("dinas-kesehatan", "Puskesmas Bukit Pelita", CENTRE),
    "pkm-tanjung-biru": ("dinas-kesehatan", "Puskesmas Tanjung Biru", CENTRE),
}

FIRST = {  # by sex, as in the NIP
    1: ("Agus Ahmad Andi Bambang Budi Dedi Dwi Eko Fajar Hadi Hendra Heri Iwan Joko Lukman Marsel Rahmat Ridwan "
        "Rudi Slamet Stefanus Syarif Taufik Yohanes Yusuf").split(),
    2: ("Aisyah Anita Desi Dewi Eka Endang Fitri Hasanah Indah Kartika Lestari Lina Maria Maya Nur Nurul Putri "
        "Ratna Rina Siti Sri Theresia Wahyuni Yanti Yuliana").split(),
}
LAST = ("Anggraini Ardiansyah Firmansyah Gunawan Handayani Hartono Hidayat Iskandar Kurniawan Kusuma Lesmana "
        "Maharani Maulana Nugroho Nurhayati Permata Pratama Purnama Rahmawati Ramadhan Saputra Sari Setiawan "
        "Siregar Sitorus Suryani Susanti Utami Wibowo Wijaya").split()

# What goes wrong, for each 10,000 entries. The second kind is rejected, with that reason code.
ACCEPTED_DIRT = {"duplicate": 90, "corrected": 45, "corrected_early": 15, "moved": 8, "revoked": 20}
REJECTED_DIRT = {
    "too_large": .5, "malformed": 8, "schema": 8, "unknown_type": 2, "unknown_source": 2, "source_mismatch": 2,
    "conflicting_duplicate": 4, "invalid_nip": 12, "unknown_person": 15, "unknown_indicator": 6,
    "indicator_not_allowed": 4, "value_out_of_range": 12, "time_in_future": 8, "unknown_original": 3,
    "already_replaced": 3}
KINDS = {"recorded": 10000} | ACCEPTED_DIRT | REJECTED_DIRT


class Post(NamedTuple):
    """One assignment, both days included; `last` None is open."""
    unit: str
    superior: str | None
    first: date
    last: date | None = None


class Leave(NamedTuple):
    first: date
    last: date
    kind: str


@dataclass
class Person:
    nip: str
    name: str
    sex: int
    position: str
    skill: dict
    posts: list = field(default_factory=list)
    leaves: list = field(default_factory=list)

    def post_on(self, day):
        return next((p for p in self.posts if p.first <= day and (p.last is None or day <= p.last)), None)

    def away_on(self, day):
        return any(a.first <= day <= a.last for a in self.leaves)


class Message(NamedTuple):
    at: datetime  # when it reaches the topic
    kind: str
    source: str
    key: str
    value: bytes


# --- people ---

def invent_nip(rng, sex, senior, contract):
    """Sequence numbers from 900 on: well-formed, and hardly anybody's."""
    birth = date(rng.randint(*(1968, 1980) if senior else (1972, 1998)), 1, 1) + timedelta(rng.randrange(365))
    if contract:
        appointed = f"{rng.randint(2021, 2024)}21"
    else:
        appointed = f"{min(birth.year + rng.randint(22, 30), 2022)}{rng.randint(1, 12):02}"
    return f"{birth:%Y%m%d}{appointed}{sex}{rng.randint(900, 999)}"


def invent_skill(rng, items):
    base = rng.choices((.8, 1, 1.14), (15, 55, 30))[0]
    skill = {code: 0 if rng.random() < .01 else rng.gauss(base, .07) for code in items}
    skill["innovation_accepted"] = 2 if rng.random() < .15 else 0
    return skill


def invent_person(number, position):
    rng = Random(f"{SEED}/person/{number}")
    _, titles, items = POSITIONS[position]
    sex = 2 if position == "midwife" else rng.choice((1, 2))
    nip = invent_nip(rng, sex, position in HEADS, position not in HEADS and rng.random() < .3)
    name = f"{rng.choice(FIRST[sex])} {rng.choice(LAST)}, {rng.choice(titles)}"
    return Person(nip, f"dr. {name}" if position == "doctor" else name, sex, position, invent_skill(rng, items))


def invent_people(start):
    people, chief, head_of = [], {}, {}
    for unit, (agency, _, staff) in UNITS.items():
        for position in (p for p, n in staff.items() for _ in range(n)):
            person = invent_person(len(people), position)
            if position == "office-head":
                superior, chief[agency], head_of[unit] = None, person.nip, person.nip
            elif position in HEADS:
                superior, head_of[unit] = chief[agency], person.nip
            else:
                superior = head_of.get(unit)
            person.posts.append(Post(unit, superior, start))
            people.append(person)
    tell_stories(people, head_of, start)
    return people


def tell_stories(people, head_of, start):
    """What happens to some of them: a transfer, a late start, a last day, an absence; and the example nurse."""
    by = {position: [p for p in people if p.position == position] for position in POSITIONS}
    for person, unit in ((by["teacher"][40], "sdn-tepian-jaya"), (by["teacher"][86], "sdn-parit-melati"),
                         (by["nurse"][20], "pkm-tepian-jaya"), (by["midwife"][10], "pkm-tanjung-biru")):
        before, moved = person.posts[0], start + timedelta(45)
        person.posts = [before._replace(last=moved - timedelta(1)), Post(unit, head_of[unit], moved)]
    for person in late_starters(people):
        person.posts[0] = person.posts[0]._replace(first=start + timedelta(40))
    by["teacher"][30].posts[0] = by["teacher"][30].posts[0]._replace(last=start + timedelta(69))
    for person in [p for p in by["teacher"] + by["nurse"] + by["midwife"] if p.sex == 2][13::24]:
        person.leaves.append(Leave(start + timedelta(28), start + timedelta(117), "maternity"))
    for person in (by["teacher"][70], by["doctor"][5]):
        person.leaves.append(Leave(start + timedelta(10), start + timedelta(80), "study"))
    by["nurse"][0].skill = {"home_visit": .84, "immunisation": 1.35, "waiting_time": .95, "referral": 1.0,
                            "attendance": 1.0, "innovation_accepted": 0}


def late_starters(people):
    return [p for p in people if p.position in ("teacher", "nurse")][20:140:35]


# --- registry file ---

def items_of(position):
    return [{"indicator": code, "target": target, "weight": weight,
             "kind": "ADDITIONAL" if code == "innovation_accepted" else "MAIN"}
            for code, (target, weight) in POSITIONS[position][2].items()]


def plans_of(people, years):
    """Two late starters' plans are not agreed yet; one nurse agreed items of her own."""
    drafts = {p.nip for p in late_starters(people)[:2]}
    plans = [{"nip": p.nip, "year": year, "status": "DRAFT" if p.nip in drafts else "AGREED"}
             for p in people for year in years]
    own = next(p for p in reversed(people) if p.position == "nurse").nip
    items = [item | ({"target": 16, "weight": 20} if item["indicator"] == "home_visit" else {})
             for item in items_of("nurse")]
    return [plan | {"items": items} if plan["nip"] == own else plan for plan in plans]


def rows_of(person, reachable):
    for post in person.posts:
        row = {"nip": person.nip, "name": person.name, "unit": post.unit, "position": person.position,
               "superior": post.superior, "from": f"{post.first}"}
        if reachable:
            row["email"] = f"{'.'.join(person.name.split(',')[0].lower().split()[-2:])}@kota.example"
        if post.last:
            row["until"] = f"{post.last}"
        yield row


def registry(people, years, reachable):
    """`reachable` are the NIPs of those who have an e-mail address."""
    return {
        "agencies": [{"code": code, "name": name} for code, name in AGENCIES.items()],
        "units": [{"code": code, "agency": agency, "name": name} for code, (agency, name, _) in UNITS.items()],
        "indicators": [{"code": code, "name": {"id": i.id, "en": i.en}, "aspect": i.aspect, "measure": i.measure,
                        "direction": i.direction, "unit": i.unit, "min": i.min, "max": i.max}
                       for code, i in INDICATORS.items()],
        "sources": [{"code": source, "name": name,
                     "indicators": [code for code, i in INDICATORS.items() if source in i.sources.split()]}
                    for source, name in SOURCES.items()],
        "positions": [{"code": code, "name": name, "items": items_of(code)}
                      for code, (name, _, _) in POSITIONS.items()],
        "people": [row for p in people for row in rows_of(p, p.nip in reachable)],
        "absences": [{"nip": p.nip, "from": f"{a.first}", "until": f"{a.last}", "kind": a.kind}
                     for p in people for a in p.leaves],
        "plans": plans_of(people, years),
        "rulesets": [],
    }


def cast_of(people, period):
    """Well-known sign-ins: a nurse with a mixed month, her head, and two more to look at."""
    nurse = next(p for p in people if p.position == "nurse")
    return {"person": nurse.nip, "head": nurse.posts[0].superior, "agency": "dinas-kesehatan", "source": "simpus",
            "period": period, "teacher": next(p.nip for p in people if p.position == "teacher"),
            "on_leave": next(p.nip for p in people if p.leaves)}


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
    unit, superior, *_ = post or person.posts[-1]
    for code, (target, _) in POSITIONS[person.position][2].items():
        source = source_of(unit, INDICATORS[code])
        for data in entries(rng, INDICATORS[code], target, person.skill[code]):
            when = datetime(day.year, day.month, day.day, 7, 30, tzinfo=ZONE) + timedelta(hours=8 * rng.random())
            event = make_event(rng, source, "recorded", person.nip, when,
                               {"indicator": code} | data | {"ref": f"{source}/{rng.randrange(10 ** 6):06}"})
            days_late = 4 * rng.random() if rng.random() < .01 else 0
            arrival = when + timedelta(days_late, minutes=rng.expovariate(.1))
            kind = "not_employed" if post is None else rng.choices([*KINDS], KINDS.values())[0]
            if source in BINARY:
                kind = "recorded"
            for at, label, sent in deliveries(rng, kind, event, arrival, superior):
                yield message(at, label, source, sent, person.nip)


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
    return [d for d in days if d.weekday() < 5 and (d.month, d.day) not in HOLIDAYS]


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
            if leaving or (person.post_on(day) and not person.away_on(day)):
                messages += day_of(person, day)
    return sorted(m for m in messages if m.at < midnight)


# --- files ---

def months_until(today):
    """The first days of the last three whole months and of the open one."""
    count = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(count - 3, count + 1)]


def write_json(path, value):
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
    parser = argparse.ArgumentParser(description="Invent a city: registry.json, cast.json and feed/*.jsonl.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--today", type=date.fromisoformat, default=datetime.now(ZONE).date(), metavar="DATE",
                        help="the feeds end where this day begins (default: today in UTC+7)")
    args = parser.parse_args()
    began = time.monotonic()
    months = months_until(args.today)
    people = invent_people(months[0])
    messages = stream(people, months, args.today)
    write_feeds(args.out / "feed", messages)
    cast = cast_of(people, f"{months[2]:%Y-%m}")
    write_json(args.out / "cast.json", cast)
    write_json(args.out / "registry.json", registry(people, sorted({m.year for m in months}), set(cast.values())))
    print_summary(messages)
    print(f"{len(people)} people in {len(UNITS)} units, {months[0]} until {args.today}: "
          f"{len(messages):,} messages in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
