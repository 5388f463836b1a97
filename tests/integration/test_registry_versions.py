"""The registry as it changes over time, by files as offices send them. What people lose if this fails: a result that they
had, because somebody began to amend a plan, changed a post's template, moved a leave or mended a number."""
import json
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest

from test_admin import as_people_write, database, load, nip, office  # noqa: F401: fixtures
from town import Town

CHANGED = "terukur.registry.changed"
TODAY = datetime.now(timezone(timedelta(hours=7))).date()  # the system's
MONTH = f"{TODAY:%Y-%m}"
LAST_MONTH = f"{TODAY.replace(day=1) - timedelta(1):%Y-%m}"


@pytest.fixture
def town(stack):
    return Town(stack)


def line(town, period="2026-03", **where):
    return town.score(period, **where)["items"][0]


# --- a corrected number


def test_a_corrected_number_is_one_person(stack):
    """Events under either number count, also those that were under way; files with the old number still mean them."""
    town = Town(stack, people=2)
    old, new = town.nips[0], town.new_nip(7)
    town.settle(town.event())
    person = town.id()
    said = stack.load({"people": [town.person(new, was=old)]})
    assert "people's numbers: 0 added, 1 changed" in said.stdout
    assert town.id(new) == person and not stack.rows("SELECT FROM registry.person WHERE nip = %s", old)
    town.settle(town.event(subject=new), town.event(subject=old))
    assert town.realized(nip=new) == ("3.00", 3) and town.rejections() == {}
    listed = [row.split(",")[0] for row in stack.admin("people", "list").stdout.splitlines()]
    assert listed.count(new) == 1 and old not in listed
    stack.load({"absences": [{"nip": old, "from": "2026-03-16", "until": "2026-03-31", "kind": "leave"}]})
    stack.wait_idle()
    assert line(town, nip=new)["target"] == "4.84"
    for again in ({"people": [town.person(new, was=old)]}, town.registry):
        assert stack.load(again).stdout == "nothing changed\n"
    stack.admin("recompute", "--person", old, "--wait", 60)
    stack.admin("verify")


def test_a_number_of_somebody_else_is_refused_and_named(stack, load):
    town = Town(stack, people=2)
    done = load({"people": [town.person(town.nips[1], was=town.nips[0])]})
    assert done.returncode == 1
    assert f"people[0].was: {town.nips[0]} and {town.nips[1]} are two people already" in done.stderr
    assert town.id(town.nips[0]) != town.id(town.nips[1])


# --- leaves


def test_a_leave_moved_then_called_off(stack, load):
    town = Town(stack, load=False)
    town.registry["absences"] = [{"nip": town.nips[0], "from": "2026-02-02", "until": "2026-02-13", "kind": "cuti"}]
    stack.load(town.registry)
    town.settle(*[town.event(time=f"2026-02-{day}T08:00:00+07:00") for day in (20, 21, 22, 23, 24)])
    moved = {"nip": town.nips[0], "from": "2026-02-05", "until": "2026-02-13", "kind": "cuti"}
    back = {"nip": town.nips[0], "from": "2026-02-02", "removed": True}

    def shown():
        stack.wait_idle()
        return line(town, "2026-02")["target"], line(town, "2026-02")["achievement"]

    assert shown() == ("5.71", "87.57")
    done = load({"absences": [moved]})
    assert done.returncode == 1 and ("absences[0]: absent from 2026-02-05 until 2026-02-13 (cuti) overlaps one in the "
                                     "registry, from 2026-02-02 until 2026-02-13 (cuti)") in done.stderr
    assert shown() == ("5.71", "87.57")
    done = load({"absences": [moved, back]})
    assert done.returncode == 0 and "absences: 1 added, 0 changed, 1 taken back" in done.stdout
    assert shown() == ("6.79", "73.64")
    assert load({"absences": [{**back, "from": "2026-02-05"}]}).returncode == 0
    assert shown() == ("10.00", "50.00")
    done = load({"absences": [{**back, "from": "2026-02-05"}]})
    assert done.returncode == 0 and done.stdout == "nothing changed\n"
    assert done.stderr.startswith("warning: absences[0]: no absence from 2026-02-05 is in the registry")


# --- plans and positions


def test_a_draft_beside_what_is_agreed_tells_nobody_anything(town, stack):
    """Somebody begins to amend a plan; then it is agreed, from November. October stays what people were told."""
    town.settle(*[town.event(time="2026-10-20T08:00:00+07:00") for _ in range(9)])
    before, said = town.score("2026-10"), stack.ends("terukur.score.changed")
    inbox = stack.value("SELECT count(*) FROM notification.inbox")
    items = [town.item(town.visits, 60)]
    for status in ("DRAFT", "SUBMITTED"):
        done = stack.load({"plans": [town.plan(town.nips[0], status=status, items=items)]})
        assert "plans: 1 added" in done.stdout and "targets" not in done.stdout
    stack.wait_idle()
    assert town.score("2026-10") == before and stack.ends("terukur.score.changed") == said
    assert stack.value("SELECT count(*) FROM notification.inbox") == inbox
    stack.load({"plans": [town.plan(town.nips[0], items=items, **{"from": "2026-11-01"})]})
    stack.wait_idle()
    assert town.score("2026-10") == before
    assert town.score("2026-Q4")["items"][0]["target"] == "130.00"


def test_a_template_rewrites_no_past(stack, load):
    """From now on half as many: what has ended stays, unless the operator names the day."""
    town = Town(stack, load=False)
    year, ended = TODAY.year, f"{TODAY.year}-01"
    town.registry["plans"] = [town.plan(town.nips[0], year=year)]
    stack.load(town.registry)
    town.settle(town.event(time=f"{ended}-20T08:00:00+07:00"))
    half = {"code": town.position, "name": "Petugas", "items": [town.item(town.visits, 5)]}
    dry = load({"positions": [half]}, "--dry-run").stdout
    said = stack.load({"positions": [half]}).stdout
    assert f"targets of 1 person change from {MONTH}\n" in said and "ended" not in said
    assert dry == said + "nothing is stored: this was a dry run\n"
    stack.wait_idle()
    if TODAY.month > 1:
        assert line(town, ended)["target"] == "10.00"
    assert stack.load({"positions": [half]}).stdout == "nothing changed\n"
    said = stack.load({"positions": [{**half, "from": None}]}).stdout
    ended_months = TODAY.month - 1
    if ended_months > 1:
        assert f"{ended_months} ended months change for 1 person\n" in said and "targets of" not in said
    stack.wait_idle()
    assert line(town, ended)["target"] == "5.00"


def test_templates_of_every_night_rewrite_nothing(stack, office, load, database):
    """The day after a dated change the whole of what is in force is sent without days, as every night."""
    env, db = database
    stack.run("admin", "migrate", env=env)
    start, tomorrow = f"{TODAY}", f"{TODAY + timedelta(1)}"

    def versions():
        return db.execute("SELECT nullif(from_date, '-infinity')::text, (items->0->>'target')::int FROM "
                          "registry.position_version ORDER BY from_date").fetchall()

    assert load(office.registry(), env=env).returncode == 0
    for target, day in (70, start), (80, tomorrow):
        assert load({"positions": [{**office.position(target), "from": day}]}, env=env).returncode == 0
    before = [(None, 40), (start, 70), (tomorrow, 80)]
    done = load({"positions": [office.position(70)]}, env=env)
    assert (done.stdout, done.stderr) == ("nothing changed\n", "") and versions() == before
    done = load({"positions": [office.position(55)]}, env=env)
    first = f"{MONTH}-01"
    left = [(None, 40), (first, 55), *(row for row in before[1:] if row[0] != first)]
    later = left[2][0]
    assert done.stderr == (f"warning: positions[0]: holds from {first} until another version, which stays in force from "
                           f'{later}; to replace that one, give the row again with "from":"{later}"\n')
    assert versions() == left


def test_tiny_weights_round_half_up(stack):
    town, want = Town(stack, load=False), [(0.75, 80), (0.75, 92), (98.5, 87)]
    codes = [f"{town.visits}-{n}" for n in range(3)]
    town.registry |= {
        "indicators": [town.indicator(code, "sum") for code in codes],
        "sources": [{"code": town.source, "name": "x", "indicators": codes}],
        "positions": [{"code": town.position, "name": "P", "items": [
            town.item(code, 100, weight) for code, (weight, _) in zip(codes, want)]}]}
    stack.load(town.registry)
    town.settle(*[town.event(indicator=code, value=value) for code, (_, value) in zip(codes, want)])
    score = town.score()
    assert [item["contribution"] for item in score["items"]] == ["0.60", "0.69", "85.70"]
    assert (score["results"]["score"], score["results"]["rating"]) == ("86.99", "BELOW")


def test_items_of_ones_own_outlive_a_transfer_and_loading_says_so(stack, office, load):
    own = [{"indicator": f"{office.name}-visit", "target": 5, "weight": 1, "kind": "MAIN"}]
    file = office.registry(people=1)
    file["positions"].append({**office.position(), "code": f"{office.name}-clerk"})
    file["plans"][0]["items"] = own
    assert load(file).stderr == ""
    move = {"people": [office.person(0, position=f"{office.name}-clerk", **{"from": "2026-07-01"})]}
    done = load(move)
    assert done.returncode == 0
    assert done.stderr.startswith("warning: people[0]: the plan from 2026-01-01 has items of its own, which outlive the "
                                  f"transfer to {office.name}-clerk on 2026-07-01")
    assert load(move).stderr == ""


# --- sources


def test_a_source_by_its_uris(stack, load):
    """An event is the same under either name of its source, by Kafka and by HTTP; another's name is refused."""
    town, other = Town.several(stack, 2)
    uri = f"https://{town.source}.example/v2"
    named = {**town.registry["sources"][0], "uris": [uri, f"urn:{town.source}"]}
    stack.load({"sources": [named]})
    first, again = town.event(id="a"), {**town.event(id="a"), "source": uri}
    foreign = {**town.event(), "source": other.source}
    town.settle(first, again, {**town.event(), "source": f"urn:{town.source}"},
                {**town.event("corrected", replaces="a", value=2), "source": uri}, foreign)
    assert town.realized() == ("2.00", 2)
    assert set(town.rejections().values()) == {"source_mismatch"}
    stack.produce([other.message({**other.event(), "source": uri})])
    token = stack.admin("token", "add", "--role", "upstream", "--source", town.source).stdout.strip()
    request = urllib.request.Request(
        f"{stack.processes.addresses()['GATEWAY_URL']}/api/v1/events", method="POST",
        data=json.dumps({**town.event(), "source": uri}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"})
    assert urllib.request.urlopen(request, timeout=20).status == 202
    stack.wait_idle()
    assert town.realized() == ("3.00", 3) and set(other.rejections().values()) == {"source_mismatch"}
    stack.admin("verify")
    done = load({"sources": [{**other.registry["sources"][0], "uris": [uri]}]})
    assert done.returncode == 1 and f"sources[0].uris[0]: names the source {town.source} already" in done.stderr
    stack.load({"sources": [town.registry["sources"][0]]})  # a row is meant whole: it has none any more
    late, = town.settle({**town.event(), "source": uri})
    assert town.rejections()[late] == "unknown_source"
    stack.admin("verify")  # what came under it before still is what it was


# --- units


def test_a_unit_moves_to_another_agency(stack, load):
    town, other = Town.several(stack, 2)
    unit, agency = town.registry["units"][0], other.registry["agencies"][0]["code"]
    ahead = f"{TODAY + timedelta(40)}"

    def now():
        return stack.value("SELECT agency FROM registry.unit_view WHERE code = %s", town.unit)

    stack.load({"units": [{**unit, "agency": agency, "from": ahead}]})
    assert now() == unit["agency"]
    stack.load({"units": [{**unit, "agency": agency, "from": "2026-07-01"}]})
    assert now() == agency
    assert stack.load({"units": [{**unit, "agency": agency, "from": "2026-07-01"}]}).stdout == "nothing changed\n"
    done = load({"units": [{**unit, "agency": "nowhere", "from": "2026-08-01"}]})
    assert done.returncode == 1 and 'units[0].agency: there is no "nowhere" among the agencies' in done.stderr


# --- what is refused: nothing is changed


def bad_input(town):
    a, b = town.nips
    row, item = town.person, town.item(town.visits, 5)
    position = {"code": town.position, "name": "P", "items": [item]}
    absence = {"nip": a, "from": "2026-02-02", "until": "2026-02-13", "kind": "x"}
    return {
        "a transfer before employment": ({"people": [row(a, **{"from": "2024-03-01"})]},
                                         "people[0].from: is before the person's employment, which begins on 2025-01-01"),
        "two assignments on one day": ({"people": [row(a), row(a)]}, "people[1]: the same nip and from as people[0]"),
        "each other's superiors": ({"people": [row(a, superior=b), row(b, superior=a)]},
                                   f"would be each other's superiors: {a}, {b}; give one of them another, or null"),
        "absent twice": ({"absences": [absence, {**absence, "from": "2026-02-13", "kind": "y"}]},
                         "absences[1]: absent from 2026-02-13 until 2026-02-13 (y) overlaps absences[0], from 2026-02-02"),
        "a plan version outside its year": ({"plans": [town.plan(a, **{"from": "2025-12-31"})]},
                                            "plans[0].from: is not in the plan's year"),
        "versions that go back": ({"positions": [{**position, "from": "2026-05-01"}, {**position, "from": "2026-04-01"}]},
                                  f"positions[1].from: goes back behind the row of {town.position} before it"),
        "a target of 0": ({"positions": [{**position, "items": [{**item, "target": 0}]}]},
                          "positions[0].items[0].target: a target of 0 is for indicators of which less is better"),
        "a weight of three decimals": ({"positions": [{**position, "items": [{**item, "weight": 0.125}]}]},
                                       "positions[0].items[0].weight: must be a number with at most 2 decimals"),
        "weights that weigh nothing": ({"positions": [{**position, "items": [{**item, "weight": 0}]}]},
                                       "positions[0].items: the sum of the weights must be above 0"),
        "a name of another source": ({"sources": [{"code": f"{town.source}2", "name": "x", "indicators": [],
                                                   "uris": [town.source]}]},
                                     f"sources[0].uris[0]: names the source {town.source} already"),
    }


@pytest.fixture(scope="module")
def quiet(stack):
    return Town(stack, people=2)


@pytest.mark.parametrize("what", bad_input(Town(None, people=2, load=False)))
def test_bad_input_changes_nothing(stack, quiet, load, what):
    file, told = bad_input(quiet)[what]
    before = stack.value("SELECT version FROM registry.version"), stack.ends(CHANGED)
    done = load({**file, "agencies": [{"code": quiet.registry["agencies"][0]["code"], "name": "Another"}]})
    assert done.returncode == 1 and told in done.stderr and not done.stdout
    assert (stack.value("SELECT version FROM registry.version"), stack.ends(CHANGED)) == before


# --- export


def whole(office):
    """A registry in which everything that can be has versions."""
    file = office.registry(people=4)
    a, b, c, d = office.nips[:4]
    visit = file["indicators"][0]["code"]
    file["agencies"].append({"code": f"{office.name}-2", "name": "Dua"})
    file["units"].append({**file["units"][0], "agency": f"{office.name}-2", "from": "2026-05-01"})
    file["indicators"].append({**file["indicators"][0], "code": f"{visit}s", "measure": "ratio", "min": -0.5, "max": 100,
                               "result_max": 100, "step": 0.25, "unit": {"id": "kali", "en": "times"}})
    file["sources"][0]["uris"] = ["urn:x:1", "urn:x:2"]
    file["positions"] += [{**office.position(60), "from": "2026-06-16"},
                          {**office.position(1.25), "code": f"{office.name}-late", "from": "2026-02-01"}]
    file["people"] += [office.person(0, **{"from": "2026-08-01"}, language="en", email="a@example.org"),
                       office.person(1, superior=a, **{"from": "2026-03-01"}),
                       office.person(2, until="2026-06-30"), ]
    file["people"][2]["until"] = "2026-12-31"
    del file["people"][6]
    file["absences"] = [{"nip": b, "from": "2026-02-02", "until": "2026-02-13", "kind": "leave"}]
    own = [{"indicator": visit, "target": [1.5, 2], "weight": 0.25, "kind": "ADDITIONAL"}]
    file["plans"] += [{"nip": a, "year": 2026, "status": status, "from": since, "items": items}
                      for status, since, items in (("DRAFT", "2026-01-01", own), ("WITHDRAWN", "2026-04-01", None),
                                                   ("AGREED", "2026-04-01", own), ("SUBMITTED", "2026-01-01", None))]
    return file


@pytest.fixture
def empty(stack, database):
    """Another database beside the test's own, migrated and empty."""
    env, db = database
    name = f"{db.info.dbname}_2"
    stack.db.execute(f"CREATE DATABASE {name}")
    other = {"DATABASE_URL": env["DATABASE_URL"].rpartition("/")[0] + f"/{name}"}
    try:
        for each in env, other:
            stack.run("admin", "migrate", env=each)
        yield other
    finally:
        stack.db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def exported(stack, env):
    return stack.run("admin", "registry", "export", env=env).stdout


def assert_loads_to_the_same(stack, load, env, empty):
    """Where it came from it changes nothing; in an empty system it makes all that there is, and again nothing."""
    text = exported(stack, env)
    done = load(text, env=env)
    assert (done.returncode, done.stdout) == (0, "nothing changed\n"), done.stderr
    done = load(text, env=empty)
    assert done.returncode == 0 and "warning" not in done.stderr, done.stderr
    assert exported(stack, empty) == text
    assert load(text, env=empty).stdout == "nothing changed\n"
    return json.loads(text)


def test_what_is_exported_loads_to_the_same(stack, office, load, database, empty):
    env, _ = database
    assert load(whole(office), env=env).returncode == 0
    new = nip(office.number * 20 + 19)
    assert load({"people": [office.person(3, nip=new, was=office.nips[3])]}, env=env).returncode == 0
    file = assert_loads_to_the_same(stack, load, env, empty)
    assert list(file) == ["agencies", "units", "indicators", "sources", "positions", "people", "absences", "plans",
                          "rulesets"]


def test_an_export_has_nothing_of_whom_nothing_is_in_force(stack, office, load, database, empty):
    """Somebody was never employed after all: their leave and plan name nobody, and nobody reports to them."""
    env, _ = database
    file = whole(office)
    gone, below = office.nips[0], office.nips[1]
    assert load(file, env=env).returncode == 0
    removals = [{"nip": gone, "from": day, "removed": True} for day in ("2026-01-01", "2026-08-01")]
    done = load({"people": removals, "absences": [
        {"nip": gone, "from": "2026-03-02", "until": "2026-03-13", "kind": "leave"}]}, env=env)
    assert "assignments: 0 added, 0 changed, 2 taken back" in done.stdout, done.stderr
    assert gone not in exported(stack, env)
    said = load(exported(stack, env), env=env).stdout
    assert said.startswith("assignments: 0 added, 1 changed"), "the superior who is none"
    file = assert_loads_to_the_same(stack, load, env, empty)
    assert [row.get("superior") for row in file["people"] if row["nip"] == below] == [None, None]
    assert len(file["plans"]) == 3
    again = load({"people": [office.person(0)]}, env=env)
    assert "assignments: 1 added" in again.stdout and gone in exported(stack, env)


def test_an_export_has_every_number_of_before(stack, office, load, database, empty):
    """Of one assignment and three corrections, whatever their order; events under any of them go on to count."""
    env, db = database
    file = office.registry(people=1)
    last, *former = office.nips[0], *(nip(office.number * 20 + i) for i in (15, 16, 17))
    a, b, c = former
    assert load({**file, "people": [office.person(0, nip=a)], "plans": []}, env=env).returncode == 0
    corrections = [{"nip": last, "was": c}, {"nip": b, "was": a}, {"nip": c, "was": b}]
    for _ in range(2):
        done = load({"people": corrections}, env=env)
        assert done.returncode == 0, done.stderr
    assert done.stdout == "nothing changed\n"
    file = assert_loads_to_the_same(stack, load, env, empty)
    assert [row["nip"] for row in file["people"]] == [last] * 3
    assert sorted(row["was"] for row in file["people"]) == sorted(former)
    assert [set(row) for row in file["people"][1:]] == [{"nip", "was"}] * 2
    for number in (last, *former, as_people_write(b)):
        for each in env, empty:
            found = stack.run("admin", "people", "list", number, env=each).stdout.splitlines()
            assert len(found) == 2 and found[1].startswith(f"{last},")


# --- what a load says


def test_a_load_says_for_whom_and_from_when(stack, office, load):
    """People whom the registry has not known are added, and nothing changes for them."""
    year = TODAY.year
    file = office.registry(people=3, plans=[{"nip": n, "year": year, "status": "AGREED"} for n in office.nips[:3]])
    for row in file["people"]:
        row["from"] = f"{year}-01-01"
    said = load(file).stdout
    assert "people: 3 added" in said and "targets of" not in said and "ended" not in said
    assert "years of people to be looked at again: 3\n" in said
    said = load({"positions": [office.position(50)]}).stdout
    assert f"targets of 3 people change from {MONTH}\n" in said and "ended" not in said
    if LAST_MONTH >= f"{year}-01":
        day = f"{LAST_MONTH}-02"
        said = load({"absences": [{"nip": n, "from": day, "until": day, "kind": "sick"} for n in office.nips[:2]]}).stdout
        assert "1 ended month changes for 2 people\n" in said and "targets of" not in said
    said = load({"indicators": [{**file["indicators"][0], "direction": "less"}]}).stdout
    assert f"scores of 3 people are reckoned otherwise from {MONTH}\n" in said and "targets of" not in said
    said = load({"people": [{**file["people"][0], "name": "Another"}]}).stdout
    assert said == "people: 0 added, 1 changed\nyears of people to be looked at again: 0\n"
