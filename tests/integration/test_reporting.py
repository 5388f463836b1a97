"""Units' and agencies' aggregates. What a head or a planner loses if this fails: a mean that no pocket calculator gives,
people counted in a unit they have left, or twice, or not at all."""
import json
import random
import time
from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from town import Town

SCORES = "terukur.score.changed"
MARCH = "2026-03"
ROWS = "SELECT person, period, revision, stands, results, rating, missing, unit FROM reporting.score ORDER BY person, period"


@pytest.fixture
def city(stack):
    """Four people in one unit; another unit of the agency is empty."""
    town = Town(stack, people=4, load=False)
    town.agency, town.other = f"t{town.n}-agency", f"t{town.n}-other"
    town.registry["units"].append({"code": town.other, "agency": town.agency, "name": "Puskesmas lain"})
    stack.load(town.registry)
    return town


def visits(town, n, nip, period=MARCH):
    return [town.event(subject=nip, time=f"{period}-05T08:00:00+07:00") for _ in range(n)]


def quality(town, value, nip):
    return town.event(subject=nip, indicator=town.quality, value=value, time=f"{MARCH}-05T08:00:00+07:00")


def unit(town, code=None, period=MARCH):
    """(people, mean, above, meets, below, missing), None when the unit has nobody."""
    rows = town.stack.rows("SELECT people, mean, above, meets, below, missing FROM reporting.unit_view "
                           "WHERE unit = %s AND period = %s", code or town.unit, period)
    return rows[0] if rows else None


def agency(town, code=None, period=MARCH):
    rows = town.stack.rows("SELECT people, mean, above, meets, below, missing FROM reporting.agency_view "
                           "WHERE agency = %s AND period = %s", code or town.agency, period)
    return rows[0] if rows else None


def expected(town, nips, period=MARCH):
    """The same from the scores themselves."""
    scores = [score for score in (town.score(period, nip) for nip in nips) if score]
    results = [Decimal(s["results"]["score"]) for s in scores if s["results"]]
    ratings = Counter(s["results"]["rating"] for s in scores if s["results"])
    mean = (sum(results) / len(results)).quantize(Decimal("0.01"), ROUND_HALF_UP) if results else None
    return (len(results), mean, ratings["ABOVE"], ratings["MEETS"], ratings["BELOW"],
            sum(len(s["missing"]) for s in scores))


def test_unit_and_agency_are_summed_up(city):
    a, b, c, d = city.nips
    city.settle(*visits(city, 12, a), *visits(city, 10, b), *visits(city, 7, c), quality(city, 50, b), quality(city, 33, c))
    assert unit(city)[0] == 3 and unit(city)[2:] == (1, 1, 1, 1)
    assert unit(city) == agency(city) == expected(city, city.nips)
    for period in ("2026-Q1", "2026"):
        assert unit(city, period=period) == expected(city, city.nips, period)
    city.settle(*visits(city, 3, d), *visits(city, 2, c))
    assert unit(city)[0] == 4
    assert unit(city) == agency(city) == expected(city, city.nips)
    rows = city.stack.rows("SELECT indicator, people, events, realized, mean_achievement, above, meets, below FROM "
                           "reporting.indicator_view WHERE unit = %s AND period = %s ORDER BY 1 DESC", city.unit, MARCH)
    assert rows == [(city.visits, 4, 34, Decimal("34.00"), Decimal("85.00"), 1, 2, 1),
                    (city.quality, 2, 2, Decimal("83.00"), Decimal("83.00"), 0, 1, 1)]


def test_each_persons_row(city):
    a = city.nips[0]
    city.settle(*visits(city, 9, a))
    score = city.score(nip=a)
    assert city.stack.rows("SELECT name, unit, agency, results, rating, missing, revision FROM reporting.person_score_view "
                           "WHERE person = %s AND period = %s", city.id(a), MARCH) == [
        ("Pegawai", city.unit, city.agency, Decimal(score["results"]["score"]), "MEETS", 1, score["revision"])]


def test_nothing_measured_is_nobody(city):
    """What was measured was revoked: the person counts no more, and is not zero either."""
    a, b, *_ = city.nips
    event = city.event(subject=a, time=f"{MARCH}-05T08:00:00+07:00")
    city.settle(event, *visits(city, 10, b))
    assert unit(city)[0] == 2
    city.settle(city.event("revoked", replaces=event["id"], reason="keliru", subject=a))
    assert city.score(nip=a) is None
    assert unit(city) == expected(city, city.nips) and unit(city)[:2] == (1, Decimal("100.00"))


def test_a_score_that_vanishes_is_taken_out(city):
    a, b, *_ = city.nips
    city.settle(*visits(city, 5, a), *visits(city, 10, b))
    assert unit(city)[0] == 2
    city.stack.load({"absences": [{"nip": a, "from": "2026-03-01", "until": "2026-03-31", "kind": "maternity"}]})
    city.stack.wait_idle()
    assert unit(city)[:2] == (1, Decimal("100.00"))
    city.stack.load({"absences": [{"nip": a, "from": "2026-03-01", "until": "2026-03-03", "kind": "maternity"}]})
    city.stack.wait_idle()
    assert unit(city) == expected(city, city.nips) and unit(city)[0] == 2


def test_a_transfer_moves_a_score_that_says_the_same(city):
    """The same position in another unit, with work in both."""
    a, b, *_ = city.nips
    city.settle(*visits(city, 4, a), city.event(subject=a, time="2026-03-20T08:00:00+07:00"), *visits(city, 10, b))
    before = city.score(nip=a)
    city.stack.load({"people": [city.person(a, until="2026-02-28"),
                                city.person(a, unit=city.other, **{"from": "2026-03-01"})]})
    city.stack.wait_idle()
    assert city.score(nip=a) == {**before, "revision": before["revision"] + 1}
    assert unit(city, city.other) == expected(city, [a])
    assert unit(city) == expected(city, [b])
    assert agency(city) == expected(city, [a, b])


def test_a_unit_that_moves_to_another_agency_takes_all_of_it_along(city):
    """At once, and without a row that is written anew: neither a score nor a copy of one."""
    stack, (a, b, *_) = city.stack, city.nips
    city.settle(*visits(city, 5, a), *visits(city, 10, b))
    rows = ("SELECT 'scoring', person, period, xmin::text FROM scoring.score UNION ALL "
            "SELECT 'reporting', person, period, xmin::text FROM reporting.score ORDER BY 1, 2, 3")
    before, said = stack.rows(rows), stack.ends(SCORES)
    new = f"{city.agency}-new"
    stack.load({"agencies": [{"code": new, "name": "Dinas baru"}],
                "units": [{**city.registry["units"][0], "agency": new}]})
    assert agency(city) is None and agency(city, new) == expected(city, city.nips)
    assert unit(city) == expected(city, city.nips)
    people = "SELECT DISTINCT agency FROM reporting.{} WHERE unit = %s"
    for view in ("person_score_view", "unit_view", "indicator_view"):
        assert stack.rows(people.format(view), city.unit) == [(new,)], view
    stack.wait_idle()
    assert stack.rows(rows) == before and stack.ends(SCORES) == said


def test_the_last_service_day_decides(city):
    """Who was away since before a transfer has served in the old unit alone."""
    a, b, *_ = city.nips
    city.stack.load({"people": [city.person(a, until="2026-03-15"),
                                city.person(a, unit=city.other, **{"from": "2026-03-16"})],
                     "absences": [{"nip": a, "from": "2026-03-10", "until": "2026-04-20", "kind": "sick"}]})
    city.settle(*visits(city, 5, a), *visits(city, 10, b))
    assert unit(city)[0] == 2 and unit(city, city.other) is None


def random_life(rng, units):
    """Assignments and absences, as (first day, last day or None, unit)."""
    day, assignments = date(2025, 11, 1) + timedelta(rng.randrange(120)), []
    while day < date(2026, 6, 1) and len(assignments) < 4:
        end = day + timedelta(rng.randrange(60)) if rng.random() < .8 else None
        assignments.append((day, end, rng.choice(units)))
        day = (end or date.max - timedelta(99)) + timedelta(1 + rng.randrange(3) * rng.randrange(20))
    starts = {date(2026, 1, 1) + timedelta(rng.randrange(150)) for _ in range(rng.randrange(6))}
    return assignments, [(day, day + timedelta(rng.randrange(40))) for day in starts]


def served(assignments, absences):
    """{day of 2026: unit}, a day at a time, as one would check it with a calendar."""
    days = {}
    for day in (date(2026, 1, 1) + timedelta(n) for n in range(365)):
        for start, end, name in assignments:
            if start <= day <= (end or date.max) and not any(first <= day <= last for first, last in absences):
                days[day] = name
    return days


def test_units_and_service_days_of_random_lives(city):
    """What scoring publishes of a period, and what is made of it here."""
    rng, db, lives = random.Random(7), city.stack.db, {}
    visit = city.stack.value("SELECT id FROM registry.indicator WHERE code = %s", city.visits)
    source = city.stack.value("SELECT id FROM registry.source WHERE code = %s", city.source)
    db.execute("SELECT intake.make_partition(make_date(2026, m, 1)) FROM generate_series(1, 12) m")
    for n in range(150):
        person = db.execute("INSERT INTO registry.person (nip, name) VALUES (%s, 'x') RETURNING id",
                            (f"random-{city.n}-{n}",)).fetchone()[0]
        assignments, absences = lives[person] = random_life(rng, [city.unit, city.other])
        for start, end, name in assignments:
            db.execute("INSERT INTO registry.assignment (person, from_date, until_date, unit, position) "
                       "VALUES (%s, %s, %s, %s, %s)", (person, start, end, name, city.position))
        for start, end in absences:
            db.execute("INSERT INTO registry.absence VALUES (%s, %s, %s, 'x')", (person, start, end))
        db.execute("INSERT INTO registry.plan VALUES (%s, 2026, 1, '2026-01-01', 'AGREED')", (person,))
        db.execute("INSERT INTO intake.total SELECT %s, 2026 * 12 + m, %s, 1, 1, 0, now(), 'x', 1 FROM generate_series(0, 11) m",
                   (person, visit))
        for day in {day.month: day for day in served(assignments, absences)}.values():
            db.execute('INSERT INTO intake.evidence (key, day, at, person, indicator, kind, source, topic, "partition", '
                       '"offset", received_at, value, event_id, sha256, payload) VALUES (gen_random_uuid(), %(day)s, '
                       "%(day)s, %(person)s, %(visit)s, 0, %(source)s, 0, 0, 0, now(), 1, 'x', '', '')",
                       {"day": day, "person": person, "visit": visit, "source": source})

    def look_again():
        city.stack.produce([("terukur.registry.changed", 0, str(person).encode(), [], json.dumps(
            {"kind": "person", "person": str(person), "year": 2026}).encode()) for person in lives])
        city.stack.wait_idle()

    db.execute("UPDATE registry.version SET version = version + 1")
    look_again()

    periods = {f"2026-{m:02}": {m} for m in range(1, 13)} | {f"2026-Q{q}": {3 * q - 2, 3 * q - 1, 3 * q} for q in range(1, 5)}
    periods["2026"] = {*range(1, 13)}
    want = {}
    for person, life in lives.items():
        for period, months in periods.items():
            days = {day: name for day, name in served(*life).items() if day.month in months}
            if days:
                want[person, period] = days[max(days)], sorted(days)
    got = {(person, period): (name, [span.lower + timedelta(n) for span in days for n in range((span.upper - span.lower).days)])
           for person, period, name, days in city.stack.rows(
               "SELECT person, period, unit, service_days FROM scoring.score_view WHERE person = ANY(%s)", [*lives])}
    assert len(want) > 1000 and got == want
    assert {(person, period): name for person, period, name in city.stack.rows(
        "SELECT person, period, unit FROM reporting.person_score_view WHERE person = ANY(%s)", [*lives])} == {
        key: name for key, (name, _) in want.items()}
    for table in ("intake.evidence", "intake.total"):  # nobody sent it
        db.execute(f"DELETE FROM {table} WHERE person = ANY(%s)", ([*lives],))
    look_again()


def test_means_are_rounded_half_up(city):
    for results in (["1.00", "1.01"], ["0.01", "0.02", "0.02"], ["99.99", "100.00"], ["0.00", "0.00", "0.01"],
                    ["33.33", "33.33", "33.34"]):
        city.stack.db.execute("DELETE FROM reporting.score WHERE unit = %s", (city.unit,))
        for value in results:
            city.stack.db.execute("INSERT INTO reporting.score (person, period, stands, results, rating, unit) "
                                  "VALUES (gen_random_uuid(), %s, true, %s, 'MEETS', %s)", (MARCH, value, city.unit))
        want = (sum(map(Decimal, results)) / len(results)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert unit(city)[:2] == agency(city)[:2] == (len(results), want)
    city.stack.db.execute("DELETE FROM reporting.score WHERE unit = %s", (city.unit,))


def test_all_of_it_again_and_nonsense_between(city):
    stack, (a, b, *_) = city.stack, city.nips
    city.settle(*visits(city, 5, a), *visits(city, 10, b))
    before = stack.rows(ROWS)
    stack.stop("reporting")
    person = city.id(a)
    keys = [b"", b"x", person, f"{person}/", f"{person}/2026-13", f"{person}/2026-03/", f"{person}/2026-\0003",
            b"\xff" * 44, f"{person}/{MARCH}"]
    stack.produce([(SCORES, p, key, [], value) for key in keys for p in (0, 5) for value in (b"", b"{", b"\xff", None)])
    stack.rewind("terukur-reporting", SCORES)
    stack.start("reporting")
    stack.wait_idle()
    assert stack.rows(ROWS) == before


def test_killed_again_and_again_it_agrees_with_the_scores(stack):
    towns = [Town(stack, people=20, load=False) for _ in range(3)]
    for town in towns:
        stack.load(town.registry)
    for pause in (0.3, 0.7, 0.2, 1.1, 0.5, 0.9):
        for town in towns:
            town.tell(*(event for nip in town.nips for event in visits(town, 2, nip)))
        time.sleep(pause)
        stack.kill("reporting")
        stack.start("reporting", wait=False)
    stack.start("reporting")
    stack.wait_idle()
    for town in towns:
        assert unit(town) == expected(town, town.nips)


def test_two_of_them_do_not_get_in_each_others_way(stack):
    town = Town(stack, people=40)
    stack.start("reporting-2")
    try:
        for _ in range(5):
            town.tell(*(event for nip in town.nips for event in visits(town, 1, nip)))
            stack.load({"units": [{**town.registry["units"][0], "name": f"Puskesmas {_}"}]})  # a version of the registry
        stack.wait_idle()
        assert unit(town) == expected(town, town.nips)
    finally:
        stack.stop("reporting-2")


def test_the_gateway_reads_the_views_alone(stack):
    stack.db.execute("SET ROLE terukur_gateway")
    try:
        stack.rows("SELECT * FROM reporting.person_score_view LIMIT 1")
        for other in ("score", "unit_view", "agency_view", "indicator_view"):  # which it asks for nothing, yet
            with pytest.raises(Exception, match="permission denied"):
                stack.rows(f"SELECT * FROM reporting.{other}")
    finally:
        stack.db.execute("RESET ROLE")


def test_settings(stack):
    assert stack.run("reporting", "--check").returncode == 0
    assert "KAFKA_BROKERS" in stack.run("reporting", "--help").stdout
