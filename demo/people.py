"""The people of the invented city: who they are, what happens to them, and the registry files that say so.

The first file is the city as it was first written down; the changes are files that were loaded later, one for each story
that somebody may want to see explained.
"""
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

SEED = "terukur-demo-1"
HOLIDAYS = {(1, 1), (5, 1), (6, 1), (8, 17), (12, 25)}

AGENCIES = {"dinas-pendidikan": "Dinas Pendidikan", "dinas-kesehatan": "Dinas Kesehatan"}

SOURCES = {
    "sekolah": "Sistem sekolah",
    "simpus": "Sistem puskesmas",
    "presensi": "Presensi",
    "perizinan": "Perizinan",
    "inovasi": "Daftar inovasi",
}


class Indicator(NamedTuple):
    id: str
    en: str
    aspect: str
    measure: str
    unit: tuple  # in Indonesian, in English
    max: float
    sources: str
    size: tuple = (1, 1)  # bounds of one entry's value; of a ratio's `of`
    pace: float = 0  # entries a day where the target does not say
    swing: float = 1  # how far a person's skill moves the values of a mean, ratio or latest
    direction: str = "more"
    min: float = 0
    step: float | None = None  # in which the figure moves, where it is not the usual one
    result_max: float | None = None  # beyond which it cannot be


INDICATORS = {
    "lesson_hours": Indicator(
        "Jam pelajaran", "Lessons taught", "productivity", "sum", ("jam pelajaran", "lesson hours"), 8, "sekolah", (2, 4),
        step=1),
    "mark_reached": Indicator(
        "Murid yang tuntas", "Pupils who reach the mark", "service_quality", "ratio", ("%", "%"), 60, "sekolah", (26, 34),
        pace=.2, swing=.8, result_max=100),
    "classroom_observation": Indicator(
        "Observasi kelas", "Classroom observation", "service_quality", "mean", ("poin", "points"), 4, "sekolah", min=1,
        pace=.12, result_max=4),
    "home_visit": Indicator(
        "Kunjungan rumah", "Home visits", "productivity", "count", ("kunjungan", "visits"), 50, "simpus"),
    "immunisation": Indicator(
        "Imunisasi", "Immunisations", "productivity", "sum", ("dosis", "doses"), 200, "simpus", (2, 10), step=1),
    "waiting_time": Indicator(
        "Waktu tunggu", "Waiting time", "service_quality", "mean", ("menit", "minutes"), 480, "simpus", direction="less",
        pace=.8),
    "referral": Indicator(
        "Rujukan", "Referrals", "productivity", "count", ("rujukan", "referrals"), 50, "simpus"),
    "permit_decided": Indicator(
        "Izin diputus", "Permits decided", "productivity", "count", ("izin", "permits"), 50, "perizinan"),
    "processing_days": Indicator(
        "Lama proses izin", "Days to a permit", "service_quality", "mean", ("hari kerja", "working days"), 90, "perizinan",
        direction="less", pace=1),
    "supervision": Indicator(
        "Supervisi", "Supervisions", "productivity", "count", ("supervisi", "supervisions"), 20, "sekolah simpus"),
    "data_complete": Indicator(
        "Kelengkapan data", "Completeness of records", "service_quality", "latest", ("%", "%"), 100, "sekolah simpus",
        pace=.2, swing=.5, step=.1, result_max=100),
    "attendance": Indicator(
        "Kehadiran", "Attendance", "service_quality", "ratio", ("%", "%"), 720, "presensi", (450, 450), pace=1, swing=.2,
        result_max=100),
    "innovation_accepted": Indicator(
        "Inovasi diterima", "Innovation accepted", "innovation", "count", ("inovasi", "innovations"), 10, "inovasi"),
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

class Post(NamedTuple):
    """One assignment, both days included; `last` None is open."""
    unit: str
    position: str
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
    skill: dict
    posts: list = field(default_factory=list)
    leaves: list = field(default_factory=list)
    called_in: set = field(default_factory=set)  # days of leave on which there was work all the same
    raised: dict = field(default_factory=dict)  # {indicator: (from this day, target)}
    mistyped: tuple | None = None  # a wrong number, and the last day on which the systems still used it

    @property
    def position(self):
        return self.posts[0].position

    def number_on(self, day):
        wrong, last = self.mistyped or (None, day - timedelta(1))
        return wrong if day <= last else self.nip

    def target_on(self, day, code, usual):
        since, target = self.raised.get(code, (date.max, usual))
        return target if since <= day else usual

    def post_on(self, day):
        return next((p for p in self.posts if p.first <= day and (p.last is None or day <= p.last)), None)

    def away_on(self, day):
        return any(a.first <= day <= a.last for a in self.leaves)


def is_working_day(day):
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS


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
    return Person(nip, f"dr. {name}" if position == "doctor" else name, sex, invent_skill(rng, items))


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
            person.posts.append(Post(unit, position, superior, start))
            people.append(person)
    tell_stories(people, head_of, start)
    return people


def tell_stories(people, head_of, start):
    """What happens to some of them: a transfer, a late start, a last day, an absence; and the example nurse."""
    by = {position: [p for p in people if p.position == position] for position in POSITIONS}
    for person, unit in ((by["teacher"][40], "sdn-tepian-jaya"), (by["teacher"][86], "sdn-parit-melati"),
                         (by["nurse"][20], "pkm-tepian-jaya"), (by["midwife"][10], "pkm-tanjung-biru")):
        before, moved = person.posts[0], start + timedelta(45)
        person.posts = [before._replace(last=moved - timedelta(1)), before._replace(unit=unit, superior=head_of[unit], first=moved)]
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


# --- the first registry file ---

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
        row = {"nip": person.nip, "name": person.name, "unit": post.unit, "position": post.position,
               "superior": post.superior, "from": f"{post.first}"}
        if reachable:
            row["email"] = f"{'.'.join(person.name.split(',')[0].lower().split()[-2:])}@kota.example"
        if post.last:
            row["until"] = f"{post.last}"
        yield row


def indicator_row(code, i):
    row = {"code": code, "name": {"id": i.id, "en": i.en}, "aspect": i.aspect, "measure": i.measure,
           "direction": i.direction, "unit": dict(zip(("id", "en"), i.unit)), "min": i.min, "max": i.max, "step": i.step,
           "result_max": i.result_max}
    return {key: value for key, value in row.items() if value is not None}


def registry(people, years, reachable):
    """`reachable` are the NIPs of those who have an e-mail address."""
    return {
        "agencies": [{"code": code, "name": name} for code, name in AGENCIES.items()],
        "units": [{"code": code, "agency": agency, "name": name} for code, (agency, name, _) in UNITS.items()],
        "indicators": [indicator_row(code, i) for code, i in INDICATORS.items()],
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
    """Well-known people: a nurse with a mixed month, her head, and two more to look at."""
    nurse = next(p for p in people if p.position == "nurse")
    return {"person": nurse.nip, "head": nurse.posts[0].superior, "agency": "dinas-kesehatan", "source": "simpus",
            "period": period, "teacher": next(p.nip for p in people if p.position == "teacher"),
            "on_leave": next(p.nip for p in people if p.leaves)}


# --- what is said later, a file each ---

def without_a_story(people):
    """Those of the example nurse's unit to whom nothing has happened so far, by position: their head sees them all."""
    nurse = next(p for p in people if p.position == "nurse")
    plain = [p for p in people if p.posts[0].unit == nurse.posts[0].unit and p is not nurse and not p.leaves
             and len(p.posts) == 1 and p.posts[0].first == nurse.posts[0].first]
    return {position: iter([p for p in plain if p.position == position]) for position in POSITIONS}


def prepare(people, months):
    """What the first file has wrong, or will not have any more; returns the people of the changes by their story."""
    by = without_a_story(people)
    cast = {"transferred": next(by["nurse"]), "amended": next(by["nurse"]), "renumbered": next(by["midwife"]),
            "leave_taken_back": next(by["midwife"])}
    person = cast["renumbered"]
    person.mistyped = f"{person.nip[:-3]}8{person.nip[-2:]}", months[1] + timedelta(40)
    cast["leave_taken_back"].leaves = [Leave(months[1] + timedelta(6), months[1] + timedelta(12), "annual"),
                                       Leave(months[2] + timedelta(6), months[2] + timedelta(12), "annual")]
    return cast


def first_written(people, years, reachable):
    """The first file, with the wrong number in it."""
    file = registry(people, years, reachable)
    wrong = {p.nip: p.mistyped[0] for p in people if p.mistyped}
    for part in ("people", "absences", "plans"):
        file[part] = [row | {"nip": wrong.get(row["nip"], row["nip"])} for row in file[part]]
    return file


def change(people, cast, months):
    """{name of the file: what it says}, in the order in which they are loaded. From here on the people are as they say."""
    chief = next(p for p in people if p.posts[0].unit == "kantor-kesehatan")
    return {"1-transfer": transfer(cast["transferred"], chief, months[1] + timedelta(14)),
            "2-amendment": amendment(cast["amended"], months[2] + timedelta(15)),
            "3-number": renumbering(cast["renumbered"]),
            "4-leave": leave_taken_back(cast["leave_taken_back"])}


def transfer(person, chief, day):
    """To another unit and another post within a month. Nobody has to say that the first one ended."""
    post = Post("kantor-kesehatan", "permit-officer", chief.nip, day)
    person.posts = [person.posts[0]._replace(last=day - timedelta(1)), post]
    return {"people": [*rows_of(person, False)][1:]}


def amendment(person, day):
    """More home visits from the middle of a month on. And a draft for less, which changes nothing."""
    person.raised = {"home_visit": (day, 40)}
    items, plan = items_of(person.position), {"nip": person.nip, "year": day.year, "from": f"{day}"}
    return {"plans": [plan | {"status": "AGREED", "items": with_target(items, "home_visit", 40)},
                      plan | {"status": "DRAFT", "items": with_target(items, "home_visit", 12)}]}


def with_target(items, code, target):
    return [item | ({"target": target} if item["indicator"] == code else {}) for item in items]


def renumbering(person):
    """One person, both numbers known: what was sent under the wrong one stays theirs."""
    return {"people": [row | {"was": person.mistyped[0]} for row in rows_of(person, False)]}


def leave_taken_back(person):
    """The first leave was called off. In the second there was a day of work, which does not count."""
    first, second = person.leaves
    person.leaves = [second]
    person.called_in = {next(d for n in range(7) if is_working_day(d := second.first + timedelta(n)))}
    return {"absences": [{"nip": person.nip, "from": f"{first.first}", "removed": True}]}
