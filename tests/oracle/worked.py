"""The worked examples of the arithmetic, digit by digit: for the oracle here, and for the whole system in
tests/integration/test_worked.py. Each has codes and a person of its own, so that one system holds all of them."""
from dataclasses import dataclass

INDICATORS = {"visits": ("count", "more"), "letters": ("sum", "more"), "doses": ("sum", "more"),
              "wait": ("mean", "less")}


@dataclass
class Example:
    what: str
    positions: dict  # {position: {indicator: target}}, each weighing 100
    posts: list  # (from, unit, position)
    plans: list  # (from, {indicator: target} or None for the position's)
    works: list  # (day, indicator, value, how often)
    want: dict  # {period: (score, {indicator: {figure: …}} in the items' order)}
    nip: str

    @property
    def prefix(self):
        return f"w{self.nip[-1]}-"

    @property
    def source(self):
        return f"{self.prefix}source"

    def items(self, targets):
        return [{"indicator": self.prefix + code, "target": target, "weight": 100, "kind": "MAIN"}
                for code, target in targets.items()]

    def registry(self):
        p = self.prefix
        return {
            "agencies": [{"code": f"{p}agency", "name": "Dinas"}],
            "units": [{"code": p + unit, "agency": f"{p}agency", "name": unit} for unit in ("clinic", "office")],
            "indicators": [{"code": p + code, "name": {"id": code, "en": code}, "aspect": "productivity",
                            "measure": measure, "direction": direction, "unit": "x"}
                           for code, (measure, direction) in INDICATORS.items()],
            "sources": [{"code": self.source, "name": "x", "indicators": [p + code for code in INDICATORS]}],
            "positions": [{"code": p + code, "name": code, "items": self.items(targets)}
                          for code, targets in self.positions.items()],
            "people": [{"nip": self.nip, "name": "A", "unit": p + unit, "position": p + position, "superior": None,
                        "from": since} for since, unit, position in self.posts],
            "plans": [{"nip": self.nip, "year": 2026, "status": "AGREED", "from": since,
                       **({"items": self.items(targets)} if targets else {})} for since, targets in self.plans]}

    def events(self):
        return [{"specversion": "1.0", "id": f"{self.prefix}{n}-{i}", "source": self.source, "subject": self.nip,
                 "type": "terukur.activity.recorded.v1", "time": f"{day}T08:00:00+07:00",
                 "data": {"indicator": self.prefix + code, "value": value}}
                for n, (day, code, value, times) in enumerate(self.works) for i in range(times)]

    def shown(self, period, score):
        """The same figures of a score as `want` has of that period."""
        _, lines = self.want[period]
        return score["results"]["score"], {
            line["indicator"].removeprefix(self.prefix): {
                name: line[name] for name in lines[line["indicator"].removeprefix(self.prefix)]}
            for line in score["items"]}


EXAMPLES = [
    Example(
        "a target raised within a month", {"nurse": {"visits": 40}}, [("2026-01-01", "clinic", "nurse")],
        [("2026-01-01", None), ("2026-06-16", {"visits": 60})],
        [("2026-04-10", "visits", 1, 38), ("2026-05-10", "visits", 1, 42), ("2026-06-10", "visits", 1, 25),
         ("2026-06-20", "visits", 1, 25)],
        {"2026-04": ("95.00", {"visits": {"target": "40.00", "realized": "38.00"}}),
         "2026-05": ("105.00", {"visits": {"target": "40.00", "realized": "42.00"}}),
         "2026-06": ("100.00", {"visits": {"target": "50.00", "realized": "50.00"}}),
         "2026-Q2": ("100.00", {"visits": {"target": "130.00", "realized": "130.00", "achievement": "100.00",
                                           "rating": "MEETS", "weight": "100.00", "events": 130}})},
        "198609262015051001"),
    Example(
        "another post", {"nurse": {"doses": 100}, "clerk": {"letters": 100}},
        [("2026-01-01", "clinic", "nurse"), ("2026-08-01", "office", "clerk")], [("2026-01-01", None)],
        [("2026-07-15", "doses", 100, 1), ("2026-08-15", "letters", 100, 1), ("2026-09-15", "letters", 100, 1)],
        {"2026-07": ("100.00", {"doses": {"target": "100.00", "weight": "100.00"}}),
         "2026-08": ("100.00", {"letters": {"target": "100.00", "weight": "100.00"}}),
         "2026-Q3": ("100.00", {
             "letters": {"target": "200.00", "realized": "200.00", "achievement": "100.00", "weight": "66.30"},
             "doses": {"target": "100.00", "realized": "100.00", "achievement": "100.00", "weight": "33.70"}})},
        "198609262015051002"),
    Example(
        "a mean by its events", {"nurse": {"wait": 60}}, [("2026-01-01", "clinic", "nurse")],
        [("2026-01-01", None), ("2026-03-01", {"wait": 10})],
        [("2026-01-15", "wait", 60, 400), ("2026-02-15", "wait", 60, 600), ("2026-03-15", "wait", 10, 10)],
        {"2026-03": ("100.00", {"wait": {"target": "10.00", "realized": "10.00"}}),
         "2026-Q1": ("100.00", {"wait": {"target": "59.50", "realized": "59.50", "achievement": "100.00",
                                         "events": 1010}})},
        "198609262015051003"),
]
