"""Registries and events small enough to work out by hand, for the oracle's own tests.

    r = books(items=[item("visits", 40)])           one person, agreed for 2026, in unit "a"
    intake = done(r, ("2026-03-04", "visits", 1, 38))       38 events of value 1 on that day
    line(score(r, intake, "2026-03"), "visits")["realized"]
"""
import json

from .oracle import Intake, Message, instant, merge, scores

NOW = instant("2026-11-01T00:00:00+07:00")
NIP, OTHER = "198609262015051001", "196711101992031001"
MEASURES = {"visits": ("count", "more"), "letters": ("count", "more"), "errors": ("count", "less"),
            "doses": ("sum", "more"), "hours": ("sum", "less"), "wait": ("mean", "less"),
            "marks": ("mean", "more"), "referral": ("ratio", "more"), "stock": ("latest", "more"),
            "cold": ("latest", "less"), "secret": ("count", "more")}
CODES = [code for code in MEASURES if code != "secret"]  # which nobody reports


def indicator(code, **more):
    measure, direction = MEASURES[code]
    return {"code": code, "name": {"id": code, "en": code}, "aspect": "productivity", "measure": measure,
            "direction": direction, "unit": "x", **({"min": 0, "max": 50} if code == "visits" else {}), **more}


def item(code, target, weight=100, kind="MAIN"):
    return {"indicator": code, "target": target, "weight": weight, "kind": kind}


def position(code, *items, **since):
    return {"code": code, "name": code, "items": list(items), **since}


def person(since="2026-01-01", unit="a", position="nurse", nip=NIP, **more):
    return {"nip": nip, "name": "A", "unit": unit, "position": position, "superior": None, "from": since, **more}


def plan(since=None, *items, status="AGREED", nip=NIP, year=2026):
    return {"nip": nip, "year": year, "status": status, **({"from": since} if since else {}),
            **({"items": list(items)} if items else {})}


def absence(first, last, kind="sick", nip=NIP):
    return {"nip": nip, "from": first, "until": last, "kind": kind}


def file(items=None, **changes):
    items = items or [item("visits", 40, 40), item("doses", 100, 40)]
    return {
        "agencies": [{"code": "dinkes", "name": "Dinas"}],
        "units": [{"code": unit, "agency": "dinkes", "name": unit} for unit in ("a", "b", "c")],
        "indicators": [indicator(code) for code in MEASURES],
        "sources": [{"code": code, "name": code, "indicators": CODES} for code in ("simpus", "other")],
        "positions": [position("nurse", *items)], "people": [person()], "plans": [plan()], **changes}


def books(items=None, **changes):
    return merge(None, file(items, **changes))


def posts(*posts, **changes):
    """A registry of one who held one post after the other: (from, unit, items…)."""
    return books(
        positions=[position(f"p{n}", *items) for n, (_, _, *items) in enumerate(posts)],
        people=[person(since, unit, f"p{n}") for n, (since, unit, *_) in enumerate(posts)], **changes)


def event(id, kind="recorded", time="2026-03-04T08:15:00+07:00", subject=NIP, source="simpus", **data):
    if kind in ("recorded", "corrected"):
        data = {"indicator": "visits", "value": 1, **data}
    return {"specversion": "1.0", "id": id, "source": source, "subject": subject, "time": time,
            "type": f"terukur.activity.{kind}.v1", "data": data}


def complete(unit, code, *months):
    return [event(f"c-{unit}-{code}-{month}", "complete", subject=unit, period=month, indicator=code)
            for month in months]


def message(value, headers=(), topic="simpus"):
    value = json.dumps(value).encode() if isinstance(value, dict) else value
    return Message(f"terukur.activity.{topic}", 0, None, list(headers), value, NOW)


def judge(*values, r=None):
    """The codes of some messages in a row, and what stands then."""
    r, intake = r or books(), Intake()
    for value in values:
        intake.receive(r, value if isinstance(value, Message) else message(value))
    return [v.reason or v.status for v in intake.verdicts], intake


def work(n, day, code, value=1, times=1, **more):
    """Events of number n: on that day, or at that time."""
    time = day if "T" in day else f"{day}T08:15:00+07:00"
    return [event(f"w{n}-{i}", time=time, indicator=code, value=value, **more) for i in range(times)]


def done(r, *works, said=()):
    """Everything of it accepted: (day, code, value, times[, {more}]); and declarations."""
    events = [e for n, (*what, more) in enumerate(w if isinstance(w[-1], dict) else (*w, {})
                                                  for w in works) for e in work(n, *what, **more)]
    codes, intake = judge(*events, *said, r=r)
    assert set(codes) <= {"accepted"}, codes
    return intake


def score(r, intake, period="2026-03", nip=NIP):
    return scores(r, intake, {NIP: "p"}, [int(period[:4])])[nip, period]


def line(found, code):
    return next(line for line in found["items"] if line["indicator"] == code)


def figures(found, *names):
    """{indicator: these figures}, in the order of the items."""
    return {line["indicator"]: tuple(line.get(name) for name in names) for line in found["items"]}
