"""A made-up city's registry: who works where, under which plans, and how all that changes.

The first half of a City; city.py has the other, its messages.
"""
from datetime import date, timedelta

from .events import valid_nip

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
    "archive_done": ("productivity", "latest", "more", None, None, "perizinan simpus absensi"),
    "stock_ready": ("service_quality", "latest", "more", 0, 100, "simpus dapodik"),
    "balance": ("productivity", "sum", "more", None, None, "perizinan"),
    "waste": ("innovation", "latest", "less", 0, None, "perizinan absensi"),
    "drill": ("innovation", "count", "more", 0, 50, "absensi"),
    "innovation_accepted": ("innovation", "count", "more", 0, 10, "simpus dapodik perizinan"),
}
MORE = {  # what some of them say besides
    "home_visit": {"unit": {"id": "kunjungan", "en": "visits"}},
    "vaccine_doses": {"step": 1, "unit": {"id": "dosis", "en": "doses"}},
    "referral_followed": {"result_max": 100}, "pupils_pass": {"result_max": 100, "unit": "%"},
    "classroom": {"result_max": 100}, "stock_ready": {"result_max": 100, "step": 0.5},
    "lessons_taught": {"step": 1}, "absence_hours": {"step": 0.5}, "cold_chain": {"step": 0.1},
    "permit_error": {"result_max": 100, "step": 0.25},
}
URIS = {"simpus": ["https://simpus.contoh.go.id/v2", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66"],
        "absensi": ["zz:absensi"]}  # which sorts after every code
# position: indicator, target (of a count: per expected event), weight; the last is ADDITIONAL
POSITIONS = {
    "nurse": [("home_visit", 1, 40), ("vaccine_doses", 120, 30), ("waiting_minutes", 30, 20.5),
              ("innovation_accepted", 0.6, 9.5)],
    "midwife": [("vaccine_doses", [80, 110], 33.33), ("referral_followed", 90, 33.33),
                ("cold_chain", [2, 8], 33.34), ("stock_ready", 95, 12.5), ("complaint_upheld", 0, 10)],
    "teacher": [("lessons_taught", [0.8, 1.2], 50), ("pupils_pass", 75, 25),
                ("classroom", [70, 85], 15), ("innovation_accepted", 0.3, 10)],
    "clerk": [("permit_error", 5, 25), ("permit_late", 1.1, 25), ("archive_done", 98.5, 50),
              ("balance", [10, 20.25], 0)],
    "registrar": [("absence_hours", 12, 60), ("waste", 0, 20), ("permit_late", [0.5, 1], 20),
                  ("balance", 40, 20), ("drill", 0.01, 5)],
}
UNITS = {"pkm-kampung-dalam": "dinkes", "pkm-alianyang": "dinkes", "sdn-12": "disdik",
         "smpn-3": "disdik", "mpp": "dpmptsp"}
SOURCES = {source: [code for code, row in INDICATORS.items() if source in row[5].split()]
           for source in ("simpus", "dapodik", "absensi", "perizinan")}
RULES = {"version": "2025.1", "from": "2025-01-01", "cap": 110.5, "below_under": 85, "above_from": 104.5,
         "most": 0.4, "minimum_group": 5, "survey": {"prior": 3.00, "prior_weight": 10}}


def indicator(code, **changes):
    aspect, measure, direction, low, high, _ = INDICATORS[code]
    bounds = {k: v for k, v in (("min", low), ("max", high)) if v is not None}
    return {"code": code, "name": {"id": code.replace("_", " "), "en": code.replace("_", " ")},
            "aspect": aspect, "measure": measure, "direction": direction, "unit": "x", **bounds,
            **MORE.get(code, {}), **changes}


def widened(items):
    """Numbers become ranges, ranges numbers; the first and the last change their kinds."""
    def other(target):
        return target[0] if isinstance(target, list) else [target, round(target * 1.2, 2)]
    return [{**item, "target": other(item["target"]) if item["target"] else 0,
             "kind": "ADDITIONAL" if number == 0 else "MAIN"} for number, item in enumerate(items)]


def weighed(items, *weights):
    return [{**item, "weight": weights[min(n, len(weights) - 1)]} for n, item in enumerate(items)]


class Books:
    STILL = ("nothing", "drafts", "the last again")  # the changes that move no score

    def make_books(self, people):
        nips = self.make_nips(people + 11 + people // 9)
        self.nips, self.strangers, nips = nips[:people], nips[people:people + 5], nips[people + 5:]
        self.newcomers, self.numbers = nips[:5], nips[5:]  # known, and known by, from a later act on
        self.sources = SOURCES
        self.items = {position: self.position_items(position) for position in POSITIONS}
        self.people, absences, plans = [], [], []
        for i, nip in enumerate(self.nips):
            self.people += self.careers(i)
            absences += [self.absence(i, *span) for span in self.absences_of(i)]
            plans += self.plans_of(i)
        self.stay = [i for i in range(people) if i % 12 < 3]  # one assignment since 2025
        self.free = [i for i in self.stay if i % 9 not in (1, 2, 3, 4, 5)]  # and no absence
        self.plain = [i for i in self.stay if i % 13 in (0, 1, 2, 10)]  # and plans without items of their own
        self.registry = {
            "agencies": [{"code": a, "name": a.upper()} for a in ("dinkes", "disdik", "dpmptsp")],
            "units": [{"code": u, "agency": a, "name": u} for u, a in UNITS.items()],
            "indicators": [indicator(code) for code in INDICATORS],
            "sources": [{"code": s, "name": s, "indicators": i, "uris": URIS.get(s, [])}
                        for s, i in SOURCES.items()],
            "positions": self.position_versions(),
            "people": self.people, "absences": absences, "plans": plans, "rulesets": [RULES],
        }
        self.loads = self.make_loads()

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

    # --- rows

    def position_items(self, position, scale=1.0):
        def target(code, value):
            if isinstance(value, list):
                return [target(code, v) for v in value]
            count = INDICATORS[code][1] == "count" and value >= 0.1
            return round(value * scale * (self.each if count else 1), 2)
        kinds = ["MAIN"] * (len(POSITIONS[position]) - 1) + ["ADDITIONAL"]
        return [{"indicator": code, "target": target(code, value), "weight": weight, "kind": kind}
                for (code, value, weight), kind in zip(POSITIONS[position], kinds)]

    @staticmethod
    def position(code, items, **since):
        return {"code": code, "name": code, "items": items, **since}

    def position_versions(self):
        """Targets raised within a month and on its first day, ranges instead of numbers, items that
        come and go; the registrar's first version does not say from when."""
        late = [item for item in widened(self.items["registrar"]) if item["indicator"] != "waste"]
        return [
            self.position("nurse", self.items["nurse"], **{"from": None}),
            self.position("nurse", self.position_items("nurse", 1.5), **{"from": "2026-06-16"}),
            self.position("midwife", self.items["midwife"]),
            self.position("teacher", self.items["teacher"], **{"from": None}),
            self.position("teacher", widened(self.items["teacher"]), **{"from": "2026-03-01"}),
            self.position("clerk", self.items["clerk"], **{"from": None}),
            self.position("clerk", weighed(self.position_items("clerk", 0.8), 250, 250, 500, 0),
                          **{"from": "2026-05-20"}),
            self.position("registrar", self.items["registrar"]),
            self.position("registrar", late, **{"from": "2026-08-11"}),
        ]

    def assignment(self, i, first, last=None, move=0, places=None, **more):
        """Of person i: `move` counts positions onwards, `places` units (by default twice as far)."""
        position = list(POSITIONS)[(i + move) % len(POSITIONS)]
        places = 2 * move if places is None else places
        unit = list(UNITS)[(i + places + i // 5) % len(UNITS)]
        superior = None if i % 6 == 0 else self.nips[i - i % 6]
        return {"nip": self.nips[i], "name": f"Pegawai {i}", "unit": unit, "position": position,
                "superior": superior, "from": first, **({"until": last} if last else {}),
                **({"language": "en"} if i % 10 == 0 else {}), **more}

    def careers(self, i):
        """The assignments of person i: some stay; others join, leave, come back, or move: within a month, on the
        first, twice in a quarter, there and back again, for a few days, or to other units at the same post."""
        def row(*dates, **more):
            return self.assignment(i, *dates, **more)
        few = "2026-09-28" if i % 24 == 10 else "2026-09-29"  # a tenth of the month, and less
        return {
            3: [row("2026-03-17")],
            4: [row("2025-01-01", "2026-06-20")],
            5: [row("2025-01-01"), row("2026-04-16", move=1)],
            6: [row("2025-06-15", "2026-02-10"), row("2026-05-05", "2026-08-01", move=1),
                row("2026-08-02")],
            7: [row("2025-01-01"), row("2026-07-01", move=2)],
            8: [row("2025-01-01"), row("2026-04-11", move=1, places=0), row("2026-05-21", move=2)],
            9: [row("2025-01-01"), row("2026-08-05", move=1), row("2026-08-20")],
            10: [row("2025-01-01"), row(few, move=3), row("2026-10-01")],
            11: [row("2025-01-01"), row("2026-02-16", places=1), row("2026-05-01", places=2),
                 row("2026-06-10", places=1)],
        }.get(i % 12, [row("2025-01-01")])

    def absence(self, i, first, last, kind):
        return {"nip": self.nips[i], "from": first, "until": last, "kind": kind}

    def no_absence(self, i, first):
        return {"nip": self.nips[i], "from": first, "removed": True}

    @staticmethod
    def absences_of(i):
        return {1: [("2026-02-02", "2026-02-13", "maternity"), ("2026-02-14", "2026-02-16", "sick")],
                2: [("2026-05-01", "2026-05-31", "hajj")],
                3: [("2026-03-20", "2026-04-10", "study")],
                4: [("2026-06-30", "2026-06-30", "sick"), ("2025-12-24", "2026-01-04", "leave")],
                5: [("2026-07-01", "2026-09-30", "study"), ("2026-04-14", "2026-04-30", "sick")],
                }.get(i % 9, [])

    def plan(self, i, year=2026, status="AGREED", since=None, items=None):
        return {"nip": self.nips[i], "year": year, "status": status, **({"from": since} if since else {}),
                **({"items": items} if items else {})}

    def own(self, i, scale=1.15):
        """Items of one's own, heavier and in another order than those of the post."""
        items = self.position_items(list(POSITIONS)[i % len(POSITIONS)], scale)
        return [{**item, "weight": round(item["weight"] + 7.25, 2)} for item in items][::-1]

    def plans_of(self, i):
        """Most agreed, without items of their own; some draft, some absent, some changed, some withdrawn."""
        def plan(*what, **more):
            return self.plan(i, *what, **more)
        usual = [plan(2025), plan()]
        return {
            3: [plan(2025), plan(items=self.own(i))],
            4: [*usual, plan(since="2026-05-15", items=self.own(i))],
            5: [*usual, plan(since="2026-02-10", items=self.own(i, 1.4)),  # raised, and lowered again
                plan(since="2026-02-20", items=self.own(i, 0.7)), plan(since="2026-07-01", items=self.own(i, 2))],
            6: [*usual, plan(status="WITHDRAWN", since="2026-08-01"), plan(since="2026-09-10")],
            7: [plan(2025), plan(items=self.own(i)[1:])],
            8: [plan(2025, "SUBMITTED"), plan(status="DRAFT")],
            9: [plan(2025)],
            11: [*usual, plan(since="2026-03-16", items=weighed(widened(self.own(i)), 0.01, 0.02)),
                 plan(since="2026-06-01", items=weighed(self.own(i), 0.01, 1000))],
            12: [plan(2025), plan(), plan(status="DRAFT", items=self.own(i)),  # of one day the later row holds
                 plan(status="SUBMITTED", items=self.own(i)), plan(status="WITHDRAWN", since="2026-04-20"),
                 plan(since="2026-04-20", items=self.own(i)), plan(since="2026-10-05"),
                 plan(status="WITHDRAWN", since="2026-10-05")],
        }.get(i % 13, usual)

    # --- what the registry says while the city works

    def make_loads(self):
        """(what, file) of each act. They change no verdict on what was told before: nobody's employment shrinks."""
        moved, swapped, away = self.stay[5::9], self.stay[7::9], self.free[3::4]
        renamed = list(zip((i for i in range(len(self.nips)) if i % 9 == 6), self.numbers))
        newcomers = [{**self.assignment(n, "2026-01-12"), "nip": nip, "superior": None, "name": f"Baru {n}"}
                     for n, nip in enumerate(self.newcomers)]
        plans = [{"nip": nip, "year": 2026, "status": "AGREED"} for nip in self.newcomers]
        self.taken_back = [self.assignment(i, "2026-05-18", move=1) for i in moved]
        self.new_posts = [self.assignment(i, "2026-08-01", move=1) for i in swapped]
        self.renamed = [{**row, "nip": new, "was": row["nip"]} for i, new in renamed for row in self.careers(i)]
        drafted = [i for i in range(len(self.nips)) if i % 5 == 0 and i % 13 != 8]
        return [
            ("nothing", self.registry),
            ("transfers and newcomers", {
                "people": self.taken_back + self.new_posts + newcomers, "plans": plans[:3],
                "absences": [self.absence(i, "2026-06-08", "2026-06-19", "leave") for i in away]
                + [self.absence(i, "2026-07-27", "2026-08-07", "sick") for i in swapped if i in self.free]}),
            ("positions and a unit", {
                "units": [{"code": "mpp", "agency": "dinkes", "name": "mpp", "from": "2026-07-01"}],
                "positions": [
                    self.position("nurse", self.position_items("nurse", 0.8), **{"from": "2026-04-11"}),
                    self.position("midwife", widened(self.items["midwife"]), **{"from": "2026-07-15"}),
                    self.position("teacher", self.position_items("teacher", 1.1), **{"from": "2026-03-01"}),
                    self.position("driver", self.items["nurse"][:1])]}),
            ("numbers", {"people": self.renamed}),
            ("leaves and a transfer taken back", {
                "people": [{"nip": row["nip"], "from": row["from"], "removed": True} for row in self.taken_back],
                "absences": [self.no_absence(i, "2026-06-08") for i in away]
                + [self.absence(i, "2026-06-15", "2026-06-26", "leave") for i in away]
                + [self.no_absence(i, "2026-05-01") for i in range(2, len(self.nips), 18)]
                + [self.absence(i, "2026-03-20", "2026-03-31", "study") for i in range(3, len(self.nips), 18)]
                + [self.no_absence(self.free[0], "2026-01-31")]}),
            ("drafts", {"plans": [self.plan(i, status=status, since=since, items=self.own(i, 3)) for i in drafted
                                  for status, since in (("DRAFT", None), ("SUBMITTED", "2026-05-01"))]}),
            ("amendments", {"plans": plans[3:] + [
                plan for i in range(len(self.nips)) for plan in {
                    1: [self.plan(i, since="2026-10-12", items=self.own(i, 0.9))],
                    2: [self.plan(i, status="WITHDRAWN", since="2026-06-10"), self.plan(i, since="2026-07-20")],
                    4: [self.plan(i, since="2026-05-15", items=self.own(i, 1.3))],
                }.get(i % 13, [])]}),
        ]

    # --- what it says later

    def registry_changes(self):
        stay, plain = self.stay, self.plain
        draft = next((i for i in range(len(self.nips)) if i % 13 == 8), 0)
        harder = self.position_items("nurse", 1.3)
        heavier = weighed(self.items["teacher"], 10, 20, 30, 40)
        rules = {**RULES, "version": "2026.2", "from": "2026-06-01", "cap": 130, "below_under": 80,
                 "above_from": 120.5, "most": 0.3, "brief": 0.25}
        transfer = self.assignment(plain[4], "2026-08-17", move=1)
        last = {"positions": [self.position("nurse", harder, **{"from": "2026-09-21"}),
                              self.position("nurse", self.items["nurse"], **{"from": "2026-10-05"})]}
        return [
            ("nothing", self.loads[-1][1]),
            ("a target", {"positions": [self.position("nurse", harder, **{"from": "2026-08-03"})]}),
            ("an until", {"people": [self.assignment(stay[1], "2025-01-01", "2026-07-14")]}),
            ("absences", {"absences": [self.absence(stay[0], "2026-01-05", "2026-01-20", "sick"),
                                       self.absence(stay[2], "2026-03-01", "2026-03-31", "sick")]}),
            ("a leave moved", {"absences": [self.absence(stay[0], "2026-01-12", "2026-01-20", "sick"),
                                            self.no_absence(stay[0], "2026-01-05")]}),
            ("a leave called off", {"absences": [self.no_absence(stay[2], "2026-03-01")]}),
            ("a rule set", {"rulesets": [rules]}),
            ("weights from the beginning", {"positions": [self.position("teacher", heavier, **{"from": None})]}),
            ("plans agreed later", {"plans": [self.plan(draft), self.plan(draft, 2025, items=harder)]}),
            ("a plan withdrawn", {"plans": [self.plan(plain[3], status="WITHDRAWN", since="2026-09-01")]}),
            ("drafts", {"plans": [self.plan(plain[3], status="DRAFT", since="2026-09-01"),
                                  self.plan(plain[0], status="SUBMITTED", items=self.own(plain[0]))]}),
            ("a plan amended within a month", {"plans": [
                self.plan(plain[0], since="2026-04-13", items=self.own(plain[0], 1.25))]}),
            ("a transfer", {"people": [transfer]}),
            ("a transfer taken back", {"people": [
                {"nip": transfer["nip"], "from": transfer["from"], "removed": True}]}),
            ("a transfer before a contract's end", {"people": [
                self.assignment(4, "2026-05-11", "2026-06-20", move=1)]}),
            ("a step", {"indicators": [indicator("vaccine_doses", step=10)]}),
            ("a target for some weeks", last),
            ("the last again", last),
        ]
