"""What somebody loses if this fails: an upstream system its events or the reason why they were refused, a person the
score or who else has looked at it, and everybody the certainty that others see only what they may."""
import base64
import calendar
import csv
import hashlib
import io
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from html.parser import HTMLParser

import psycopg
import pytest
from daemon import wait_until
from town import Town
from web import ask, cookie_of, problem, sign_in, token

API = "/api/v1"


def get(stack, path, token=None, **headers):
    return ask(stack, "GET", API + path, token, **headers)


@pytest.fixture(scope="module")
def city(stack):
    """Two towns: a head with a person, each with a score; and somebody else's."""
    ours, theirs = Town(stack, people=2, load=False), Town(stack)
    head, person = ours.nips
    ours.registry["people"] = [ours.person(head), ours.person(person, superior=head, name="Siti <b>Aminah</b> & co")]
    stack.load(ours.registry)
    ours.head, ours.person_nip = head, person
    ours.settle(ours.event(subject=person, ref="visit/1"), ours.event(subject=person, time="2026-03-05T00:30:00+07:00"),
                ours.event(subject=head), ours.event(subject=person, indicator=ours.quality, value=51.5))
    theirs.settle(theirs.event())
    ours.tokens = {
        "person": token(stack, "person", "--nip", person),
        "head": token(stack, "head", "--nip", head),
        "auditor": token(stack, "auditor"),
        "operator": token(stack, "operator"),
        "upstream": token(stack, "upstream", "--source", ours.source),
    }
    ours.theirs, ours.person_id, ours.head_id = theirs, ours.id(person), ours.id(head)
    return ours


# --- events


def post(stack, city, body, kind="application/cloudevents+json", token="upstream", **headers):
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return ask(stack, "POST", API + "/events", city.tokens.get(token, token), data, Content_Type=kind, **headers)


BATCH = "application/cloudevents-batch+json"


def test_an_event_reaches_kafka_as_the_bytes_that_came(stack, city):
    before = stack.ends(city.topic)
    event = city.event(subject=city.person_nip)
    sent = json.dumps(event, indent=3).replace('"value": 1', '"value": 1.0')
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = post(stack, city, sent, traceparent=trace)
    assert (answer.status, answer.json) == (202, {"accepted": 1})
    [message] = stack.read(city.topic, before)
    assert message.value == sent.encode() and message.key == city.person_nip.encode()
    assert message.headers["content-type"] == b"application/cloudevents+json; charset=UTF-8"
    assert message.headers["traceparent"].split(b"-")[1] == b"0af7651916cd43dd8448eb211c80319c"
    assert message.headers["traceparent"] != trace.encode()


def test_a_batch_is_taken_whole_and_in_order(stack, city):
    before = stack.ends(city.topic)
    events = [city.event(subject=city.person_nip) for _ in range(1000)]
    answer = post(stack, city, events, BATCH + "; charset=utf-8")
    assert (answer.status, answer.json) == (202, {"accepted": 1000})
    found = stack.read(city.topic, before)
    assert [json.loads(m.value) for m in found] == events
    assert len({m.headers["traceparent"] for m in found}) == 1


def test_a_batch_with_one_wrong_event_takes_nothing(stack, city):
    before = stack.ends(city.topic)
    wrong = city.event(value="many")
    answer = post(stack, city, [city.event(), wrong, 5, {**city.event(), "id": ""}], BATCH)
    errors = problem(answer, 400, "invalid_events")["errors"]
    assert [(e["index"], e["field"], e["code"]) for e in errors] == [
        (1, "data.value", "schema"), (2, "", "malformed"), (3, "id", "schema")]
    answer = post(stack, city, [city.event(), {**city.event(), "source": city.theirs.source}], BATCH)
    errors = problem(answer, 403, "source_mismatch")["errors"]
    assert [(e["index"], e["field"]) for e in errors] == [(1, "source")]
    for body in ("{}", "", "[", "[1", json.dumps([city.event()]) + "]", json.dumps([city.event()] * 1001)):
        problem(post(stack, city, body, BATCH), 400, "invalid_events")
    assert stack.ends(city.topic) == before


def test_a_single_event_that_is_wrong(stack, city):
    before = stack.ends(city.topic)
    one = json.dumps(city.event())
    for body in ("", "null", "[]", f"[{one}]", one[:-1], one + one, one.replace('"value": 1', '"value": 1e400'),
                 one.replace('"id"', '"id": "a", "id"'), "{" * 2000, one.encode().replace(b"e", b"\xff", 1)):
        errors = problem(post(stack, city, body), 400, "invalid_events")["errors"]
        assert len(errors) == 1 and "index" not in errors[0]
    problem(post(stack, city, city.event(ref="x" * 65536)), 413, "too_large")
    problem(post(stack, city, [city.event(ref="x" * 65536)], BATCH), 413, "too_large")
    problem(post(stack, city, " " * (1024 * 1024 + 1)), 413, "too_large")
    problem(post(stack, city, city.event(), "text/plain"), 415, "unsupported_media_type")
    problem(ask(stack, "POST", API + "/events", city.tokens["upstream"], b"{}"), 415, "unsupported_media_type")
    problem(ask(stack, "POST", API + "/events?x=1", city.tokens["upstream"], one, Content_Type="application/json"),
            400, "invalid_parameter")
    assert stack.ends(city.topic) == before


def test_only_upstream_systems_post_events(stack, city):
    for role in ("person", "head", "auditor", "operator"):
        problem(post(stack, city, city.event(), token=role), 403, "forbidden")
        problem(get(stack, "/events/rejections", city.tokens[role]), 403, "forbidden")


def test_kafka_away_is_said_and_mended(stack, city):
    stack.stop("kafka")
    try:
        answer = post(stack, city, city.event())
        problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert get(stack, "/public/agencies").status == 200
    finally:
        stack.start("kafka")
    assert post(stack, city, city.event(subject=city.person_nip)).status == 202
    stack.wait_idle()


def test_postgres_away_is_said_and_mended(stack, city):
    stack.stop("postgres")
    try:
        problem(get(stack, "/public/agencies"), 503, "unavailable")
        assert get(stack, "/openapi.json").status == 200
    finally:
        stack.start("postgres")
    time.sleep(1.5)
    for _ in range(20):
        assert get(stack, "/public/agencies").status == 200
    stack.wait_idle()


def test_rejections_are_one_s_own(stack, city):
    for _ in range(3):
        city.settle(city.event(subject="123"))
    city.theirs.settle(city.theirs.event(subject="123"))
    places = [place for place, reason in city.rejections().items() if reason == "invalid_nip"]
    answer = get(stack, "/events/rejections", city.tokens["upstream"])
    found = [item for item in answer.json["items"] if item["reason"] == "invalid_nip"]
    assert {(i["topic"], i["partition"], i["offset"]) for i in found} == set(places)
    assert all(re.fullmatch("[0-9a-f]{64}", i["sha256"]) and i["redriven_at"] is None for i in found)


# --- people


def test_a_score_is_given_as_it_was_published(stack, city):
    answer = get(stack, f"/people/{city.person_id}/scores/2026-03", city.tokens["person"])
    assert answer.status == 200 and answer.json == city.score("2026-03", city.person_nip)
    problem(get(stack, f"/people/{city.person_id}/scores/1999", city.tokens["person"]), 404, "not_found")
    for period in ("2026-13", "2026-Q5", "march"):
        problem(get(stack, f"/people/{city.person_id}/scores/{period}", city.tokens["person"]), 400, "invalid_parameter")
    problem(get(stack, f"/people/{city.person_nip}/scores/2026", city.tokens["auditor"]), 400, "invalid_parameter")
    problem(get(stack, f"/people/{city.person_id}/scores/2026?x=1", city.tokens["person"]), 400, "invalid_parameter")
    assert ask(stack, "HEAD", f"{API}/people/{city.person_id}/scores/2026-03", city.tokens["person"]).status == 200


@pytest.mark.parametrize("what", ["scores/2026-03", "evidence", "inbox"])
def test_who_may_see_whom(stack, city, what):
    """One's own; a head's people, but not the other way round; an auditor everybody; nobody else anybody."""
    stranger = city.theirs.id()
    sees = {
        "person": {city.person_id},
        "head": {city.person_id, city.head_id},
        "auditor": {city.person_id, city.head_id, stranger},
        "operator": set(),
        "upstream": set(),
    }
    for role, allowed in sees.items():
        for person in (city.person_id, city.head_id, stranger):
            answer = get(stack, f"/people/{person}/{what}", city.tokens[role])
            if person in allowed:
                assert answer.status == 200, (role, answer.body)
            else:
                problem(answer, 403, "forbidden")
    nobody = "00000000-0000-4000-8000-00000000ffff"
    problem(get(stack, f"/people/{nobody}/{what}", city.tokens["auditor"]), 404, "not_found")
    problem(get(stack, f"/people/{nobody}/{what}", city.tokens["head"]), 403, "forbidden")


def test_a_head_sees_only_those_of_today(stack, city):
    town = Town(stack, people=2, load=False)
    head, person = town.nips
    town.registry["people"] = [town.person(head), town.person(person, superior=head, until="2026-01-31"),
                               {**town.person(person), "from": "2026-02-01"}]
    stack.load(town.registry)
    problem(get(stack, f"/people/{town.id(person)}/inbox", token(stack, "head", "--nip", head)), 403, "forbidden")


def test_a_head_s_agency_is_that_of_today_unless_the_token_names_one(stack, city):
    """Transferred, a head sees the new agency and no more the old; who has left sees none."""
    old, new = Town(stack, people=1, load=False), Town(stack, people=1)
    head = old.nips[0]
    stack.load(old.registry)
    agencies = [town.registry["agencies"][0]["code"] for town in (old, new)]
    bearer, named = token(stack, "head", "--nip", head), token(stack, "head", "--nip", head, "--agency", agencies[0])
    cookie = cookie_of(stack, bearer)

    def sees(by=bearer):
        return [get(stack, f"/agencies/{agency}/scores?period=2026-03", by).status == 200 for agency in agencies]

    assert sees() == [True, False] and sees(named) == [True, False]
    moved = new.person(head, **{"from": "2025-07-01"})
    stack.load({"people": [old.person(head, until="2025-06-30"), moved]})
    assert wait_until(lambda: sees() == [False, True], 5) and sees(named) == [True, False]
    stack.load({"people": [{**moved, "until": "2025-12-31"}]})
    assert wait_until(lambda: sees() == [False, False], 5) and sees(named) == [True, False]
    assert page(stack, "/", cookie).status == 200


def test_without_a_good_token(stack, city):
    path = f"/people/{city.person_id}/scores/2026-03"
    assert "Bearer" in get(stack, path).headers["WWW-Authenticate"]
    for bad in ("", "x", city.tokens["person"][:-1], city.tokens["person"] + " x", "Basic x"):
        problem(get(stack, path, Authorization=f"Bearer {bad}"), 401, "unauthenticated")
    problem(get(stack, path, Authorization=f"Basic {city.tokens['person']}"), 401, "unauthenticated")
    assert get(stack, path, Authorization=f"bearer {city.tokens['person']}").status == 200


def ends_soon(ask_again, status):
    """Within the five seconds for which the gateway may believe what it knew, however often it is asked meanwhile."""
    began = time.monotonic()
    while (answer := ask_again()).status != status:
        assert answer.status == 200 and time.monotonic() - began < 5, "still believed"
        time.sleep(0.05)


def test_a_token_ends_when_it_is_revoked_or_expires(stack, city):
    path = f"/people/{city.person_id}/inbox"
    mine = token(stack, "person", "--nip", city.person_nip)
    assert get(stack, path, mine).status == 200
    stack.admin("token", "revoke", "-", input=mine)
    ends_soon(lambda: get(stack, path, mine), 401)
    short = token(stack, "person", "--nip", city.person_nip, "--days", "1")
    assert get(stack, path, short).status == 200
    stack.rows("UPDATE registry.token SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL "
               "RETURNING id")
    ends_soon(lambda: get(stack, path, short), 401)


def test_evidence_leads_to_the_upstream_event(stack, city):
    town = Town(stack)
    mine = token(stack, "person", "--nip", town.nips[0])
    events = [town.event(time=f"2026-03-{day:02}T08:00:00.5+07:00", value=1.25, ref=f"v/{day}") for day in range(1, 29)]
    events += [town.event("corrected", time="2026-04-01T08:00:00+07:00", replaces=events[0]["id"]),
               town.event(time="2026-05-01T08:00:00+07:00", indicator=town.quality, value=-0)]
    places = town.settle(*events)
    found = get(stack, f"/people/{town.id()}/evidence", mine).json
    assert [item["id"] for item in found["items"]] == [event["id"] for event in events] and found["next"] is None
    first, second = found["items"][:2]
    assert (first["counts"], second["counts"], second["replaced_by"]) == (False, True, None)
    assert first["replaced_by"]
    assert (second["topic"], second["partition"], second["offset"]) == places[1]
    assert (second["time"], second["value"], second["of"], second["ref"]) == (
        "2026-03-02T01:00:00.500000Z", "1.25", None, "v/2")
    stored = stack.value("SELECT payload FROM intake.evidence WHERE event_id = %s", second["id"])
    payload = base64.b64decode(second["payload"])
    assert payload == stored and hashlib.sha256(payload).hexdigest() == second["sha256"]
    march = get(stack, f"/people/{town.id()}/evidence?period=2026-03", mine).json["items"]
    assert len(march) == 28
    quality = get(stack, f"/people/{town.id()}/evidence?period=2026-Q2&indicator={town.quality}", mine).json["items"]
    assert [item["id"] for item in quality] == [events[-1]["id"]]
    assert get(stack, f"/people/{town.id()}/evidence?indicator=nothing", mine).json == {"items": [], "next": None}


def test_the_original_is_for_the_person_and_auditors(stack, city):
    """It holds the person's NIP, which is not the superior's to know; the rest is. A head's own is a person's."""
    path = f"/people/{city.person_id}/evidence"
    seen = {role: get(stack, path, city.tokens[role]).json["items"] for role in ("person", "head", "auditor")}
    assert seen["person"] == seen["auditor"]
    for full, shown in zip(seen["person"], seen["head"], strict=True):
        assert city.person_nip.encode() in base64.b64decode(full["payload"]) and full["headers"] is not None
        assert shown == {**full, "headers": None, "payload": None}
    assert get(stack, f"/people/{city.head_id}/evidence", city.tokens["head"]).json["items"][0]["payload"]
    for role in seen:
        answer = page(stack, path, cookie_of(stack, city.tokens[role]), Accept_Language="en")
        assert answer.status == 200 and seen["head"][0]["sha256"] in answer.text
        assert (city.person_nip in answer.text, "<pre" in answer.text, "to this person and auditors alone" in answer.text) == (
            (False, False, True) if role == "head" else (True, True, False)), role


@pytest.fixture(scope="module")
def uncounted(stack):
    """A town whose person has an event for each reason not to count, by that reason, and one that counts."""
    town = Town(stack, load=False)
    nip = town.nips[0]
    quality = [town.item(town.quality, 50, weight=100)]
    stack.load({**town.registry, "plans": [town.plan(nip, **{"from": "2026-02-01"}),
                                           town.plan(nip, items=quality, **{"from": "2026-04-01"})],
                "absences": [{"nip": nip, "from": "2026-03-16", "until": "2026-03-17", "kind": "sick"}]})
    at = {"nothing_asked": "2026-01-31T23:59:59", None: "2026-02-01T00:00:00", "replaced": "2026-03-15T08:00:00",
          "absent": "2026-03-16T00:00:00", "not_asked": "2026-04-01T00:00:00", "not_employed": "2026-05-01T00:00:00"}
    town.events = {why: town.event(time=f"{time}+07:00") for why, time in at.items()}
    fix = town.event("corrected", time="2026-03-17T23:59:59+07:00", replaces=town.events["replaced"]["id"])
    town.settle(*town.events.values(), fix)
    stack.load({"people": [town.person(nip, until="2026-04-30")]})
    stack.wait_idle()
    town.said = {**{event["id"]: why for why, event in town.events.items()}, fix["id"]: "absent"}
    return town


def test_evidence_that_does_not_count_says_why(stack, uncounted):
    """And the score counts what the evidence says that it counts."""
    found = get(stack, f"/people/{uncounted.id()}/evidence", token(stack, "auditor")).json["items"]
    assert {item["id"]: item["uncounted"] for item in found} == uncounted.said
    assert [item["id"] for item in found if item["counts"]] == [uncounted.events[None]["id"]]
    assert uncounted.realized("2026") == uncounted.realized("2026-02") == ("1.00", 1)


def test_the_page_of_evidence_says_why(stack, uncounted):
    cookie = cookie_of(stack, token(stack, "auditor"))
    says = {"en": ("no plan is agreed for that day", "a day of leave or other absence", "it was replaced", "not employed on that day",
                   "does not have this indicator"),
            "id": ("belum ada rencana (SKP) yang disepakati", "pada hari itu cuti", "sudah diganti", "tidak lagi bertugas",
                   "tidak memuat indikator ini")}
    for language, sentences in says.items():
        found = Page(page(stack, f"/people/{uncounted.id()}/evidence?lang={language}", cookie).text)
        marked = [row.get("class") for row in found.all("li")]
        assert marked.count("uncounted") == len(uncounted.said) - 1 == len(marked) - 1
        for sentence in sentences:
            assert sentence in found.text, sentence
    april = page(stack, f"/people/{uncounted.id()}/evidence?period=2026-04&lang=en", cookie).text
    assert "does not have this indicator" in april and "absence" not in april


def pages(stack, path, token, most=20):
    """All items of a list, page by page."""
    items, cursor = [], None
    for _ in range(most):
        sign = "&" if "?" in path else "?"
        page = get(stack, path + (f"{sign}cursor={cursor}" if cursor else ""), token)
        assert page.status == 200, page.body
        assert 0 < len(page.json["items"]) <= 100
        items += page.json["items"]
        cursor = page.json["next"]
        if cursor is None:
            return items
    raise AssertionError("no end")


def test_lists_come_in_pages(stack, city):
    town = Town(stack)
    mine = token(stack, "person", "--nip", town.nips[0])
    events = [town.event(time="2026-03-04T08:15:00+07:00") for _ in range(205)]
    town.settle(*events, *[town.event(subject="no NIP") for _ in range(201)])
    path = f"/people/{town.id()}/evidence"
    assert sorted(i["id"] for i in pages(stack, path, mine)) == sorted(e["id"] for e in events)
    assert len(pages(stack, "/events/rejections", token(stack, "upstream", "--source", town.source))) == 201
    cursor = get(stack, path, mine).json["next"]
    for other in (f"{path}?period=2026-03&cursor={cursor}", f"{path}?cursor={cursor[:-1]}0x", f"{path}?cursor=",
                  f"{path}?cursor={'0' * len(cursor)}", f"/people/{town.id()}/inbox?cursor={cursor}"):
        problem(get(stack, other, mine), 400, "invalid_parameter")


def test_a_page_of_large_events_stays_small(stack, city):
    town = Town(stack)
    mine = token(stack, "person", "--nip", town.nips[0])
    events = [{**town.event(), "note": "x" * 60000} for _ in range(40)]
    town.settle(*events)
    path = f"/people/{town.id()}/evidence"
    first = get(stack, path, mine)
    assert len(first.json["items"]) < 40 and len(first.body) < 3 * 1024 * 1024
    assert sorted(i["id"] for i in pages(stack, path, mine)) == sorted(e["id"] for e in events)


# --- agencies


def test_an_agency_s_scores_are_for_its_heads_and_auditors(stack, city):
    agency = city.registry["agencies"][0]["code"]
    path = f"/agencies/{agency}/scores?period=2026-03"
    expected = sorted([city.score("2026-03", city.head), city.score("2026-03", city.person_nip)],
                      key=lambda score: score["person"])
    for role in ("head", "auditor"):
        answer = get(stack, path, city.tokens[role])
        assert answer.status == 200 and answer.json == {"items": expected, "next": None}
    for role in ("person", "operator", "upstream"):
        problem(get(stack, path, city.tokens[role]), 403, "forbidden")
    other = city.theirs.registry["agencies"][0]["code"]
    problem(get(stack, f"/agencies/{other}/scores?period=2026-03", city.tokens["head"]), 403, "forbidden")
    assert len(get(stack, f"/agencies/{other}/scores?period=2026-03", city.tokens["auditor"]).json["items"]) == 1
    problem(get(stack, "/agencies/none/scores?period=2026-03", city.tokens["auditor"]), 404, "not_found")
    for query in ("", "?period=", "?period=x", "?period=2026&x=y"):
        problem(get(stack, f"/agencies/{agency}/scores{query}", city.tokens["head"]), 400, "invalid_parameter")


def test_an_agency_s_report_is_a_table_without_formulas_or_nips(stack, city):
    code = stack.rows("SELECT agency FROM registry.assignment_view WHERE person = %s", city.head_id)[0][0]
    path = f"/reports/agency.csv?agency={code}&period=2026-03"
    for _ in range(100):  # reporting follows a moment behind
        answer = get(stack, path, city.tokens["head"])
        if len(answer.body.splitlines()) == 3:
            break
        time.sleep(0.1)
    assert answer.body.startswith(b"\xef\xbb\xbf")
    rows = answer.body.decode("utf-8-sig").splitlines()
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (200, "text/csv")
    assert rows[0] == "person,name,unit,results,rating,missing,revision"
    assert {row.split(",")[0] for row in rows[1:]} == {str(city.head_id), str(city.person_id)}
    assert not any(nip in answer.body.decode() for nip in city.nips)
    problem(get(stack, path, city.tokens["person"]), 403, "forbidden")
    problem(get(stack, path), 401, "unauthenticated")
    problem(get(stack, f"/reports/agency.csv?agency={code}", city.tokens["head"]), 400, "invalid_parameter")
    problem(get(stack, "/reports/agency.csv?agency=none&period=2026-03", city.tokens["auditor"]), 404, "not_found")


def test_an_agency_s_report_opens_in_a_spreadsheet(stack, city):
    """With its letters as they are, in columns, its figures as figures, and nothing that a name says is done."""
    town = Town(stack, people=2, load=False)
    names = {town.nips[0]: "Nur’aini, S.Kep.", town.nips[1]: "Budi;=1+1"}
    town.registry["people"] = [town.person(nip, name=name) for nip, name in names.items()]
    stack.load(town.registry)
    town.settle(*[town.event() for _ in range(9)], town.event(subject=town.nips[1]))
    path = f"/reports/agency.csv?agency={town.registry['agencies'][0]['code']}&period=2026-03"
    assert wait_until(lambda: len(get(stack, path, city.tokens["auditor"]).body.splitlines()) == 3, 20)
    for query, separator, results in (("", ",", "90.00"), ("&locale=en", ",", "90.00"), ("&locale=id", ";", "90,00")):
        body = get(stack, path + query, city.tokens["auditor"]).body
        assert body.startswith(b"\xef\xbb\xbfperson" + separator.encode()) and body.count(b"\xef\xbb\xbf") == 1
        rows = [*csv.reader(io.StringIO(body[3:].decode(), newline=""), delimiter=separator)]
        assert {len(row) for row in rows} == {7}
        by_name = {row[1]: row for row in rows[1:]}
        assert set(by_name) == {"Nur’aini, S.Kep.", "Budi;'=1+1"}
        assert by_name["Nur’aini, S.Kep."][3:5] == [results, "MEETS"]
        for other in ",;\t":  # whatever separates, no cell is a formula
            cells = [cell for row in csv.reader(io.StringIO(body[3:].decode(), newline=""), delimiter=other) for cell in row]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    problem(get(stack, path + "&locale=de", city.tokens["auditor"]), 400, "invalid_parameter")


def test_a_unit_that_moved_belongs_to_its_agency_of_today(stack):
    """Its people's scores are for the new agency's heads at once."""
    town = Town(stack)
    town.settle(town.event())
    old, new = town.registry["agencies"][0]["code"], f"t{town.n}-new"
    bearer = token(stack, "auditor")
    stack.load({"agencies": [{"code": new, "name": "Dinas baru"}],
                "units": [{**town.registry["units"][0], "agency": new}]})
    assert [len(get(stack, f"/agencies/{code}/scores?period=2026-03", bearer).json["items"]) for code in (old, new)] == [0, 1]


def test_who_moved_belongs_to_the_agency_of_the_last_service_day(stack, city):
    """Transferred on 16 March, absent from 25 March on: March is the new agency's, February the old one's."""
    old, new = Town(stack, load=False), Town(stack)
    nip = old.nips[0]
    old.registry["people"] = [old.person(nip, until="2026-03-15"), {**new.person(nip), "from": "2026-03-16"}]
    old.registry["absences"] = [{"nip": nip, "from": "2026-03-25", "until": "2026-04-30", "kind": "leave"}]
    stack.load(old.registry)
    new.settle(old.event(subject=nip, time="2026-02-04T08:00:00+07:00"),
               new.event(subject=nip, time="2026-03-04T08:00:00+07:00"))
    old.settle(old.event(subject=nip, time="2026-02-04T08:00:00+07:00"))

    def people(town, period):
        code = town.registry["agencies"][0]["code"]
        items = get(stack, f"/agencies/{code}/scores?period={period}", city.tokens["auditor"]).json["items"]
        return old.id(nip) in [item["person"] for item in items]

    for period, town in (("2026-02", old), ("2026-03", new), ("2026-Q1", new)):
        if old.score(period, nip):
            assert people(town, period)
            assert not people(new if town is old else old, period)


def test_what_is_public(stack, city):
    answer = get(stack, "/public/agencies")
    assert answer.status == 200
    assert {"code": city.registry["agencies"][0]["code"], "name": "Dinas", "n": 0, "index": None,
            "grade": None} in answer.json["agencies"]
    contract = get(stack, "/openapi.json")
    assert contract.json["openapi"].startswith("3.1")
    problem(get(stack, "/public/agencies?x=1"), 400, "invalid_parameter")
    problem(get(stack, "/openapi.json?x=1"), 400, "invalid_parameter")


def test_every_look_is_written_down(stack, city):
    def looks():
        return stack.value("SELECT count(*) FROM gateway.access WHERE person = %s", city.person_id)

    before = looks()
    for path in ("scores/2026-03", "evidence", "inbox"):
        assert get(stack, f"/people/{city.person_id}/{path}", city.tokens["head"]).status == 200
    get(stack, f"/people/{city.person_id}/inbox", city.tokens["upstream"])
    code = city.registry["agencies"][0]["code"]
    answer = get(stack, f"/agencies/{code}/scores?period=2026-03", city.tokens["auditor"])
    assert looks() == before + 4
    [(what, period, person)] = stack.rows(
        "SELECT what, period, t.role FROM gateway.access a JOIN registry.token t ON t.id = a.token "
        "WHERE request = %s AND a.person = %s", answer.headers["X-Request-Id"], city.person_id)
    assert (what, period, person) == ("score", "2026-03", "auditor")


def test_the_log_of_looks_cannot_be_changed(stack, city):
    db = stack.db
    for change in ("UPDATE gateway.access SET token = 0", "DELETE FROM gateway.access", "TRUNCATE gateway.access"):
        with pytest.raises(psycopg.errors.RaiseException):
            db.execute(change)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction():
            db.execute("SET LOCAL ROLE terukur_gateway")
            db.execute(change)
    for change in ("ALTER TABLE gateway.access DISABLE TRIGGER ALL", "DROP TABLE gateway.access",
                   "DROP TRIGGER access_appended_only ON gateway.access", "DROP SCHEMA gateway CASCADE",
                   "DROP FUNCTION gateway.refuse_change() CASCADE", "ALTER TABLE gateway.access RENAME TO other",
                   "CREATE OR REPLACE FUNCTION gateway.refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
                   "'BEGIN RETURN NULL; END'", "CREATE TABLE gateway.other ()",
                   "ALTER TABLE gateway.access OWNER TO terukur_gateway", "SELECT FROM gateway.access"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction():
            db.execute("SET LOCAL ROLE terukur_gateway")
            db.execute(change)
            pytest.fail(change)


# --- pages


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def page(stack, path, cookie=None, **headers):
    if cookie:
        headers["Cookie"] = f"other=1; {cookie}"
    return ask(stack, "GET", path, **headers)


def test_the_page_counts_the_service_days_of_an_open_period(stack):
    """An absent day is none; what was ended has no days left."""
    today = datetime.now(timezone(timedelta(hours=7))).date()
    town = Town(stack, load=False)
    town.registry["plans"] = [town.plan(town.nips[0], year=year) for year in {2026, today.year}]
    absent = 1 if today.day > 1 else 2  # not today, of which there is an event
    town.registry["absences"] = [{"nip": town.nips[0], "from": f"{today:%Y-%m}-0{absent}", "until": f"{today:%Y-%m}-0{absent}",
                                  "kind": "sick"}]
    stack.load(town.registry)
    town.settle(town.event(time=f"{today}T00:00:00+07:00"), town.event(time="2026-03-04T08:00:00+07:00"))
    cookie = cookie_of(stack, token(stack, "auditor"))
    days = calendar.monthrange(today.year, today.month)[1]
    text = page(stack, f"/people/{town.id()}/scores/{today:%Y-%m}?lang=en", cookie).text
    passed = today.day - 1 - (absent < today.day)
    assert "Provisional, the period still runs" in text and f"{passed} of {days - 1} days have passed" in text
    about = (passed * 10 + (days - 1) // 2) // (days - 1)  # half-up
    assert f"Should be about {about} x by now; it is {'1' if about > 1 else 'already 1'}" in text
    ended = page(stack, f"/people/{town.id()}/scores/2026-03?lang=en", cookie).text
    assert "Provisional" not in ended and "by now" not in ended


def test_the_page_explains_a_score(stack, city):
    stack.wait_idle()
    answer = page(stack, f"/people/{city.person_id}/scores/2026-03?lang=en", cookie_of(stack, city.tokens["person"]))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    found, score = Page(answer.text), city.score("2026-03", city.person_nip)
    assert "Siti <b>Aminah</b> & co" in found.text and "<b>Aminah" not in answer.text
    assert score["results"]["score"] in found.text
    for item in score["items"]:
        for key in ("achievement", "capped", "weight", "contribution"):
            assert f"{Decimal(item[key]):,.2f}" in found.text
        realized, target = (f"{Decimal(item[key]):,.2f}".removesuffix(".00") for key in ("realized", "target"))
        assert f"{realized} of {target} x" in found.text
        assert f"{item['weight']} of the 100.00 that were measured" in found.text and "Reported by Sistem." in found.text
    assert len(found.all("svg")) == len(score["items"])
    assert {"width=device-width, initial-scale=1"} == {m["content"] for m in found.all("meta") if "content" in m}
    links = [a["href"] for a in found.all("a")]
    assert f"/people/{city.person_id}/evidence?period=2026-03&indicator={city.visits}" in links
    assert city.person_nip not in answer.text


def test_the_page_of_evidence_begins_with_the_total_and_ends_with_what_was_rejected(stack):
    """Whoever misses a visit in the score sees whether it ever came, and why it is no evidence; nobody sees another's."""
    town = Town(stack, load=False, people=3)
    (first, second, head), month = town.nips, datetime.now(timezone(timedelta(hours=7))).strftime("%Y-%m")
    town.registry["people"] = [town.person(first, superior=head), town.person(second, superior=head), town.person(head)]
    stack.load(town.registry)
    events = [town.event(value=999, id="too-much"), town.event(indicator="nothing", time="2026-02-04T08:00:00+07:00"),
              {**town.event(), "source": "somebody-else"}]
    broken = town.message(b"{", key=first.encode())
    town.settle(town.event(), *events, town.event(subject=second, value=999, id="another-s"))
    stack.produce([broken])
    assert wait_until(lambda: len(town.rejections()) == 5, 30)
    path = f"/people/{town.id(first)}/evidence"
    found = {who: page(stack, f"{path}?period=2026-03&lang=en", cookie_of(stack, token(stack, who, *owner))).text
             for who, owner in {"person": ("--nip", first), "head": ("--nip", head), "auditor": ()}.items()}
    for who, html in found.items():
        text = Page(html).text
        assert f"{town.visits}: 1 of 10 x" in " ".join(text.split()), who
        below = text.partition("Rejected, so not evidence")[2]
        assert "outside what is possible" in below and "its upstream system is not registered" in below and "too-much" in below, who
        assert "another-s" not in text and "its indicator" not in text and "damaged" not in text, who
        assert first not in below and (who != "head" or first not in html), who
    cookie = cookie_of(stack, token(stack, "auditor"))
    for query, says in {f"period={month}": "cannot be read", "period=2026-02": "its indicator is not registered",
                        f"indicator={town.visits}": "outside what is possible"}.items():
        text = page(stack, f"{path}?{query}&lang=en", cookie).text
        assert says in text and text.count("received") == 1, query
    assert "Ditolak" not in page(stack, f"{path}?period=2026-01&lang=id", cookie).text


@pytest.mark.parametrize("path, headers, status, says", [
    ("/?lang=xx", {}, 400, "Alamat halaman tidak benar"),
    ("/", {"Cookie": "terukur_lang=<xx>"}, 200, "Beranda"),
    ("/people/{person}/scores/2026-13", {}, 400, "Alamat halaman tidak benar"),
    ("/people/{person}/scores/0000", {}, 400, "Alamat halaman tidak benar"),
    ("/people/{other}/scores/2026-03", {}, 403, "tidak berwenang"),
    ("/people/{other}/evidence", {"Accept-Language": "en"}, 403, "not allowed"),
    ("/people/{person}/scores/1999", {}, 404, "Belum ada nilai untuk periode ini"),
    ("/people/{person}/evidence?period=1999", {}, 200, "Tidak ada bukti"),
    ("/people/{person}/evidence?indicator=none", {}, 200, "Tidak ada bukti"),
    ("/people/{person}/inbox/999999999", {}, 404, "Tidak ada pesan"),
    ("/?unit=none", {}, 200, "Keadaan 0 pegawai"),
    ("/?sort=none", {}, 400, "Alamat halaman tidak benar")])
def test_a_page_for_what_is_not_there_says_so_and_leads_on(stack, city, path, headers, status, says):
    session = cookie_of(stack, city.tokens["head"])
    headers = {**headers, "Cookie": "; ".join([session, *[headers[name] for name in headers if name == "Cookie"]])}
    answer = ask(stack, "GET", path.format(person=city.person_id, other=city.theirs.id()), **headers)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert says in Page(answer.text).text and "/" in [a["href"] for a in Page(answer.text).all("a")]


def test_an_indicator_has_a_name_in_each_language(stack):
    """No page has to do without: the registry does not take one that has not."""
    town = Town(stack, load=False)
    for name in ({"id": "Kunjungan"}, {"id": "Kunjungan", "en": ""}):
        town.registry["indicators"][0]["name"] = name
        with pytest.raises(AssertionError, match=r"indicators\[0\]\.name\.en: "):
            stack.load(town.registry)


def test_a_name_turns_nothing_around_it(stack):
    """One that is written from right to left, or pretends to be, is isolated wherever a page shows it."""
    town = Town(stack, load=False)
    name, unit, agency = "\u202eSiti", "Puskesmas \u05d0\u05d1", "Dinas \u2066\u0627"
    town.registry["people"][0]["name"] = name
    town.registry["units"][0]["name"], town.registry["agencies"][0]["name"] = unit, agency
    town.registry["people"] += [town.person(town.nips[0], name=name, **{"from": "2026-02-01"})]
    town.registry["people"][0]["unit"], town.registry["units"] = f"{town.unit}-b", [
        town.registry["units"][0], {**town.registry["units"][0], "code": f"{town.unit}-b", "name": unit + "b"}]
    stack.load(town.registry)
    ref = "\u202evisit"
    first = town.event(ref=ref)
    town.settle(first, town.event("corrected", id="\u202e" + first["id"], replaces=first["id"], ref=ref))
    auditor = token(stack, "auditor")
    cookie, people, shown = cookie_of(stack, auditor), "/people", ""
    while name not in shown and people:  # everybody, page by page
        shown = page(stack, people, cookie).text
        people = next((a["href"] for a in Page(shown).all("a") if a["href"].startswith("/people?cursor=")), None)
    texts = {"people": (shown, (name, unit)),
             "score": (page(stack, f"/people/{town.id()}/scores/2026-Q1", cookie).text, (name, unit, agency, unit + "b")),
             "evidence": (page(stack, f"/people/{town.id()}/evidence", cookie).text, (ref, "\u202e" + first["id"]))}
    for where, (text, named) in texts.items():
        for one in named:
            assert f"<bdi>{one}</bdi>" in text, (where, one)


def test_the_page_says_what_is_out_of_the_ordinary(stack):
    """A unit that was silent, what was held for some days alone, and where the results rating comes from."""
    here, there = (Town(stack, load=False) for _ in range(2))
    here.registry["people"] += [here.person(here.nips[0], unit=there.unit, **{"from": "2026-03-01"}), here.person(
        here.nips[0], unit=there.unit, position=there.position, **{"from": "2026-03-28"})]
    there.registry["units"] = [{**there.registry["units"][0], "name": "Puskesmas <Seberang>"}]
    here.registry["sources"][0]["indicators"] += [there.visits]
    stack.load(there.registry)
    stack.load(here.registry)
    here.settle(here.event(time="2026-01-04T08:00:00+07:00"), here.event(time="2026-03-29T08:00:00+07:00", indicator=there.visits))
    score = here.score("2026-Q1")
    assert [(item.get("brief"), item.get("left")) for item in score["items"]] == [(True, None), (None, [there.unit])]
    cookie = cookie_of(stack, token(stack, "auditor"))
    for language, sentences in {"en": ("No evidence from Puskesmas <Seberang>", "Held only briefly", "0 above, 0 meeting, 1 below"),
                                "id": ("Belum ada bukti dari Puskesmas <Seberang>", "Hanya sebentar menjadi tugas",
                                       "0 di atas, 0 sesuai, 1 di bawah")}.items():
        text = Page(page(stack, f"/people/{here.id()}/scores/2026-Q1?lang={language}", cookie).text).text
        for says in sentences:
            assert text.count(says) == 1, says


def test_the_page_leads_to_the_evidence(stack, city):
    cookie = cookie_of(stack, city.tokens["person"])
    answer = page(stack, f"/people/{city.person_id}/evidence?period=2026-03&indicator={city.quality}", cookie)
    found = Page(answer.text)
    assert answer.status == 200 and "51,5" in found.text and city.topic in found.text
    assert page(stack, f"/people/{city.person_id}/evidence?period=x", cookie).status == 400


def test_signing_in_and_out(stack, city):
    path = f"/people/{city.person_id}/scores/2026-03"
    turned_away = page(stack, path)
    assert turned_away.status == 303
    form = Page(page(stack, turned_away.headers["Location"]).text)
    assert {"type": "hidden", "name": "to", "value": path} in form.all("input")
    answer = sign_in(stack, city.tokens["person"], path)
    assert (answer.status, answer.headers["Location"]) == (303, path)
    sent = answer.headers["Set-Cookie"]
    assert "HttpOnly" in sent and "SameSite=Strict" in sent
    cookie = sent.split(";")[0]
    assert page(stack, path, cookie).status == 200
    stored = stack.rows("SELECT encode(hash, 'hex') FROM gateway.session")
    assert cookie not in str(stored)
    out = ask(stack, "POST", "/sign-out", None, b"", Cookie=cookie)
    assert out.status == 303 and "Max-Age=0" in out.headers["Set-Cookie"]
    assert page(stack, path, cookie).status == 303


def test_nobody_is_sent_elsewhere_after_signing_in(stack, city):
    for to in ("https://elsewhere.example/", "//elsewhere.example/", "/people/\\elsewhere", "/people/a b", "javascript:x"):
        assert sign_in(stack, city.tokens["person"], to).headers["Location"] == "/"


def test_what_does_not_sign_in(stack, city):
    for bad in ("", "x", city.tokens["upstream"], city.tokens["operator"]):
        answer = sign_in(stack, bad)
        assert answer.status == 403 and "Set-Cookie" not in answer.headers
    for foreign in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
                    {"Origin": "https://evil.example", "Sec_Fetch_Site": "same-origin"}):
        answer = sign_in(stack, city.tokens["person"], **foreign)
        assert answer.status == 403 and "Set-Cookie" not in answer.headers, foreign
    ours = {"Origin": stack.env["GATEWAY_URL"], "Sec_Fetch_Site": "same-origin"}
    assert sign_in(stack, city.tokens["person"], **ours).status == 303
    answer = ask(stack, "POST", "/session", None, json.dumps({"token": city.tokens["person"]}),
                 Content_Type="application/json")
    assert answer.status == 403


def test_a_session_ends_with_its_token(stack, city):
    mine = token(stack, "person", "--nip", city.person_nip)
    cookie, path = cookie_of(stack, mine), f"/people/{city.person_id}/scores/2026-03"
    assert page(stack, path, cookie).status == 200
    stack.admin("token", "revoke", "-", input=mine)
    ends_soon(lambda: page(stack, path, cookie), 303)


def test_a_session_opens_no_api_and_a_token_no_page(stack, city):
    cookie = cookie_of(stack, city.tokens["person"])
    problem(get(stack, f"/people/{city.person_id}/inbox", Cookie=cookie), 401, "unauthenticated")
    path = f"/people/{city.person_id}/scores/2026-03"
    assert ask(stack, "GET", path, city.tokens["person"]).status == 303


def test_pages_show_only_what_one_may_see(stack, city):
    stranger = city.theirs.id()
    for role, status in (("person", 403), ("head", 403), ("auditor", 200)):
        cookie = cookie_of(stack, city.tokens[role])
        for path in ("scores/2026-03", "evidence"):
            assert page(stack, f"/people/{stranger}/{path}", cookie).status == status
    assert page(stack, f"/people/{city.person_id}/scores/1999", cookie_of(stack, city.tokens["person"])).status == 404


def test_an_auditor_s_pages(stack, city):
    """Who is sought is found by a part of the name, the unit's or the agency's; what was rejected is counted; looks are told,
    a request's in one line, and looking at them is one more; what is sought in vain leads on."""
    town = Town(stack, people=2, load=False)
    town.registry["people"][0]["name"], town.registry["units"][0]["name"] = "Zulaikha 100%", "Posko Zebra"
    town.registry["agencies"][0]["name"] = "Dinas Zamrud"
    town.registry["people"][1] |= {"name": "Zainal yang pensiun", "until": "2026-03-31"}
    stack.load(town.registry)
    town.tell(town.event(subject="123"), town.event(subject="123"))
    stack.wait_idle()
    cookie = cookie_of(stack, token(stack, "auditor"))
    for sought in ("zulaikha", "100%25", "ZEBRA", "zamrud"):
        text = Page(page(stack, f"/people?q={sought}", cookie).text).text
        assert "Zulaikha 100%" in text and "Posko Zebra" in text and "Pegawai," not in text, sought
    assert "Zainal yang pensiun" in page(stack, "/people?q=pensiun", cookie).text
    for sought in ("Zulaikha_", "x" * 200, "%E2%80%AEx", "';--"):
        answer = page(stack, f"/people?q={sought}", cookie)
        assert answer.status == 200 and "Tidak ada pegawai yang cocok" in answer.text, sought
    for path in ("/people?q=" + "x" * 801, "/people?cursor=x", "/access?cursor=x", "/rejections?lang=xx"):
        answer = page(stack, path, cookie)
        assert answer.status == 400 and 'href="/"' in answer.text, path
    text = Page(page(stack, "/rejections", cookie).text).text
    assert f"{town.source}: 2 kejadian" in text and "NIP-nya tidak benar (invalid_nip)" in text and "123" not in text.split(town.source)[1][:90]
    assert page(stack, f"/people/{town.id()}/evidence", cookie).status == 200
    text = page(stack, "/access", cookie).text
    assert ": bukti dukung, <bdi>Zulaikha 100%</bdi>" in text
    again = page(stack, "/access", cookie)
    assert again.text.count("<li>") <= text.count("<li>") + 1
    shown = stack.value("SELECT count(*) FROM gateway.access WHERE request = %s", again.headers["X-Request-Id"])
    assert shown == stack.value("SELECT count(DISTINCT person) FROM gateway.access WHERE request = %s", again.headers["X-Request-Id"]) > 0


def test_what_an_auditor_sees_is_there_as_a_file(stack):
    """A link away from its page, with the same rows, in columns and separators of the reader's spreadsheet."""
    town = Town(stack, load=False)
    name = town.registry["people"][0]["name"] = f"Zainab {town.source};=1+1"
    stack.load(town.registry)
    town.settle(town.event(), town.event(subject="123"))
    cookie = cookie_of(stack, token(stack, "auditor"))
    rows = {}
    for path in (f"/people?q={town.source}", "/rejections", "/access"):
        file = next(a["href"] for a in Page(page(stack, path, cookie).text).all("a") if ".csv" in a["href"])
        assert file.startswith(path.partition("?")[0] + ".csv?") and file.endswith("locale=id")
        answer = page(stack, file, cookie)
        assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/csv") and answer.body.startswith(b"\xef\xbb\xbf")
        rows[path] = [*csv.reader(io.StringIO(answer.body[3:].decode(), newline=""), delimiter=";")]
    people, refused, looks = rows.values()
    assert people[0] == ["person", "name", "unit", "last_month"] and len(people) == 2
    assert people[1] == [town.id(), name.replace(";=", ";'="), town.registry["units"][0]["name"], "2026-03"]
    assert [row[:3] for row in refused if row[0] == town.source] == [[town.source, "invalid_nip", "1"]]
    assert looks[0] == ["at", "role", "by", "key", "what", "people", "person"] and "name" in [row[4] for row in looks[1:]]
    for query in ("", "&cursor=x"):
        assert page(stack, "/people.csv?locale=de" + query, cookie).status == 400


def test_an_auditor_sees_the_last_verification(stack, city):
    cookie = cookie_of(stack, city.tokens["auditor"])
    for findings, says in ((0, "Semuanya cocok"), (1250, "Yang tidak cocok: 1.250")):
        [(row,)] = stack.rows("INSERT INTO registry.verification (began_at, originals, scores, findings) VALUES (now(), 7, 8, %s) "
                              "RETURNING id", findings)
        assert says in page(stack, "/", cookie).text
        stack.execute("DELETE FROM registry.verification WHERE id = %s", row)


def test_the_log_of_looks_goes_on_page_by_page(stack, city):
    """Nothing is told twice, and nothing left out, however many looked at one moment."""
    stack.execute("INSERT INTO gateway.access (at, token, what, person, request) SELECT now() - interval '1 hour' - (n / 3) * "
                  "interval '1 second', 987654, 'score', %s, 'page-' || n FROM generate_series(1, 250) n", city.person_id)
    cookie, path, found = cookie_of(stack, city.tokens["auditor"]), "/access", 0
    while path and found < 250:
        shown = page(stack, path, cookie).text
        found += shown.count("987654")
        path = next((a["href"] for a in Page(shown).all("a") if "cursor=" in a["href"] and "lang=" not in a["href"]), None)
    assert found == 250


def test_home_lists_what_one_may_see(stack, city):
    def home(role):
        return [a["href"] for a in Page(page(stack, "/", cookie_of(stack, city.tokens[role])).text).all("a")]

    assert f"/people/{city.person_id}/scores/2026-03" in home("person")
    assert not any(city.head_id in link for link in home("person"))
    head = home("head")
    assert any(city.person_id in link for link in head) and any(city.head_id in link for link in head)
    assert not any(city.theirs.id() in link for link in head)


def test_a_link_from_another_site_finds_the_session(stack, city):
    """The strict cookie does not come with it: the page asks once more by itself."""
    path = f"/people/{city.person_id}/scores/2026-03"
    answer = page(stack, path, Sec_Fetch_Site="cross-site")
    assert (answer.status, answer.headers["Refresh"]) == (200, "0")


def test_the_gateway_stops_in_order(stack, city):
    stack.restart("gateway")
    assert stack.program("gateway").exit_code in (None, 0)
    assert get(stack, "/public/agencies").status == 200


# --- asks nobody twice


def test_who_asked_lately_is_known_without_postgresql(stack, city):
    """Nobody may read tokens for a moment; events go on."""
    assert post(stack, city, city.event(subject=city.person_nip)).status == 202
    with stack.session() as held:
        held.execute("LOCK TABLE registry.token IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        answers = [post(stack, city, city.event(subject=city.person_nip)).status for _ in range(5)]
        assert answers == [202] * 5 and time.monotonic() - began < 3
        held.rollback()
    status, metrics = stack.get("gateway", "/metrics")
    assert status == 200 and float(re.search(r'cache_hits_total\{cache="who"\} (\S+)', metrics)[1]) >= 5


def test_scores_asked_for_at_once_are_each_written_down_before_the_answer(stack, city):
    path = f"/people/{city.person_id}/scores/2026-03"
    with ThreadPoolExecutor(30) as threads:
        def look(_):
            answer = get(stack, path, city.tokens["auditor"])
            rows = stack_rows(stack, answer.headers["X-Request-Id"])
            return answer.status, rows
        found = list(threads.map(look, range(90)))
    assert found == [(200, [("score", city.person_id, "2026-03")])] * 90
    before = stack.value("SELECT count(*) FROM gateway.access")
    assert get(stack, f"/people/{city.person_id}/scores/2025-03", city.tokens["auditor"]).status == 404
    assert stack.value("SELECT count(*) FROM gateway.access") == before


def stack_rows(stack, request):
    with psycopg.connect(stack.env["DATABASE_URL"]) as db:
        return db.execute("SELECT what, person::text, period FROM gateway.access WHERE request = %s", (request,)).fetchall()


def test_a_public_answer_has_a_tag_and_follows_the_registry(stack, city):
    path = "/public/agencies"
    first = get(stack, path)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "public, max-age=60"
    for named in (tag, f'"x", W/{tag}', "*"):
        again = get(stack, path, If_None_Match=named)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert get(stack, path, If_None_Match='"x"').status == 200
    new = Town(stack)
    assert wait_until(lambda: new.registry["agencies"][0]["code"] in {a["code"] for a in get(stack, path).json["agencies"]}, 5)
    assert get(stack, path, If_None_Match=tag).status == 200


def test_evidence_is_read_from_the_months_in_which_there_is_some(stack, city):
    """Forty years of partitions, of which somebody holds one: who has nothing there does not notice."""
    town = Town(stack)
    mine = token(stack, "person", "--nip", town.nips[0])
    town.settle(town.event(ref="first"), town.event(time="2026-04-02T08:00:00+07:00", ref="second"))
    path = f"/people/{town.id()}/evidence"
    stack.rows("SELECT intake.make_partition((date '1986-01-01' + make_interval(months => m))::date) "
               "FROM generate_series(0, 479) m")
    for _ in range(8):  # PostgreSQL weighs a plan for whatever days once, which looks at all of them
        assert get(stack, path, mine).status == 200
    with stack.session() as held:
        held.execute("LOCK TABLE intake.evidence_1990_01 IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        for _ in range(8):
            assert [item["ref"] for item in get(stack, path, mine).json["items"]] == ["first", "second"]
        assert time.monotonic() - began < 5
        held.rollback()


def test_evidence_of_many_years_is_whole_page_by_page(stack, city):
    town = Town(stack)
    mine = token(stack, "person", "--nip", town.nips[0])
    town.settle(*(town.event(time=f"2026-{month:02}-02T08:00:00+07:00", ref=str(month)) for month in (1, 5, 7)))
    stack.rows("SELECT intake.make_partition(date '2024-01-01'), intake.make_partition(date '2019-07-01'), intake.make_partition(date '2024-05-01')")
    for ref, years in (("7", 7), ("5", 2)):  # as they lie when somebody has served for long
        stack.execute("UPDATE intake.evidence SET at = at - make_interval(years => %s), day = (day - make_interval(years => "
                      "%s))::date WHERE ref = %s AND person = %s", years, years, ref, town.id())
    stack.execute("INSERT INTO intake.total (person, month, indicator, n, sum, sum_of) SELECT DISTINCT person, (extract(year "
                  "FROM day) * 12 + extract(month FROM day) - 1)::int, indicator, 1, 1, 0 FROM intake.evidence WHERE person "
                  "= %s ON CONFLICT DO NOTHING", town.id())
    refs, path = [], f"/people/{town.id()}/evidence"
    page_ = get(stack, path, mine).json
    while True:
        refs += [item["ref"] for item in page_["items"]]
        if not page_["next"]:
            break
        assert page_["items"]
        page_ = get(stack, f"{path}?cursor={page_['next']}", mine).json
    assert refs == ["7", "5", "1"]
