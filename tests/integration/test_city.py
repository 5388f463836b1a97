"""A whole city, with every measure, all dirt, corrections out of order, and a registry that changes while events flow
(transfers, amendments within months, drafts, withdrawals, leaves taken back, corrected numbers), against the oracle: what
the people of a city lose if this fails is that their scores are right."""
import hashlib
import json
import time
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import jsonschema
import pytest
from conftest import ROOT
from oracle.city import City
from oracle.events import LIMIT
from oracle.oracle import months_of
from reckon import Reckoned
from told import MICRO, Told, unpack
from web import ask, cookie_of
SCHEMAS = ROOT / "schemas/topics"


def validator(topic):
    schema = json.loads((SCHEMAS / f"{topic}.json").read_text())
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.fixture(scope="module")
def told(stack):
    told = Told(stack, City(seed=20260304, people=70, events=7000))
    told.perform()
    stack.wait_idle()
    return told


def test_every_score_is_the_oracles(told):
    got = told.check_scores()
    assert sum(score is not None for score in got.values()) > 500
    lines = [line for score in got.values() if score for line in score["items"]]
    for kind, is_it in {
            "a declared nothing": lambda line: line["events"] == 0, "a unit that left": lambda line: line.get("left"),
            "a brief post": lambda line: line.get("brief"), "a range": lambda line: isinstance(line["target"], list),
            "a kind that changed": lambda line: line["kind"] == "ADDITIONAL"}.items():
        assert sum(bool(is_it(line)) for line in lines) >= 5, kind


def test_a_page_alone_says_how_each_figure_came(told):
    """Whoever has fifty people's pages and a pocket calculator finds every figure and every rating on them."""
    cookie = cookie_of(told.stack, told.stack.env["AUDITOR_TOKEN"])
    scores = {which: score for which, score in told.check_scores().items() if score}
    months = 0
    for nip, period in Random(11).sample(sorted(scores), 50):
        page = ask(told.stack, "GET", f"/people/{told.ids[nip]}/scores/{period}?lang=en", Cookie=cookie)
        assert page.status == 200, page.body
        found, score = Reckoned(page.text), scores[nip, period]
        for key in ("realized", "achievement", "capped", "weight", "contribution"):
            assert [f"{item[key]:.2f}" for item in found.items] == [str(item[key]) for item in score["items"]], (period, key)
        months += check_months(period, found, {key[1]: other for key, other in scores.items() if key[0] == nip})
        results = score["results"] or {"score": None, "rating": None}
        assert (str(found.score), str(found.rating).upper()) == (str(results["score"]), str(results["rating"]).upper())
    assert months > 300


def check_months(period, found, of_person):
    """Each month that a page shows is as that month's own score has it; how many it shows."""
    n = 0
    for item, line in zip(found.items, of_person[period]["items"], strict=True):
        want = {other: again for other in months_of(period if "-Q" in period else period[:4]) if other in of_person
                for again in of_person[other]["items"] if again["indicator"] == line["indicator"]}
        got = {f"{period[:4]}-{month:02}": figures for month, figures in item["months"].items()}
        assert got == ({month: (Decimal(again["realized"]), [*map(Decimal, bounds(again["target"]))]) for month, again in want.items()}
                       if len(want) > 1 else {}), (period, line["indicator"])
        n += len(got)
    return n


def bounds(target):
    return target if isinstance(target, list) else [target]


def test_what_counts_is_in_the_score(told):
    """What the evidence says of itself is what the scores say: whoever adds up a list of events finds the score's count."""
    says, wrong = Counter(), []
    for nip, person in told.ids.items():
        counts = Counter()
        for event in evidence(told.stack, person):
            says[event["uncounted"]] += 1
            counts[event["time"], event["indicator"]] += event["counts"]
        for period in ("2026", *months_of("2026")):
            score = told.before.get((nip, period))
            want = {item["indicator"]: item["events"] for item in score["items"] if item["events"]} if score else {}
            got = Counter()
            for (time, indicator), n in counts.items():
                got[indicator] += n if local_day(time).startswith(period) else 0
            wrong += [(nip, period, want, +got)] if want != +got else []
    assert not wrong, f"{len(wrong)}, such as {wrong[0]}"
    assert all(says[why] > 10 for why in (None, "replaced", "absent", "nothing_asked", "not_asked")), says


def evidence(stack, person):
    cursor = ""
    while cursor is not None:
        page = ask(stack, "GET", f"/api/v1/people/{person}/evidence{cursor and '?cursor='}{cursor}", stack.env["AUDITOR_TOKEN"]).json
        yield from page["items"]
        cursor = page["next"]


def local_day(time):
    return str((datetime.fromisoformat(time) + timedelta(hours=7)).date())


def test_every_rejection_is_the_oracles(told):
    told.check_rejections()
    assert len(set(told.rejected().values())) >= 16


def test_details_quote_no_value(told):
    """Who may see why something was rejected may not see personal data by that."""
    for _, _, _, reason, detail, _, headers, payload, _ in told.stored_rejections():
        said, _, example = detail.partition(" such as ")
        assert said and not any(word in said for word in texts_of(payload, headers)), (reason, detail)
        assert example in ("", "2026-03-04T08:15:00+07:00, with at most 9 decimals", "2026-03"), detail


def texts_of(payload, headers):
    """The texts of an event."""
    try:
        event = json.loads(payload)
    except (TypeError, ValueError, RecursionError):
        event = {}
    data = event.get("data") if isinstance(event, dict) else None
    values = [*(event.values() if isinstance(event, dict) else ()), *(data.values() if isinstance(data, dict) else ())]
    values += [(value or b"").decode(errors="replace") for value in unpack(json.loads(headers or "{}")).values()]
    return {value for value in values if isinstance(value, str) and len(value) > 5}


def test_rejections_are_published(told):
    check, published = validator("evidence.rejected"), {}
    for message in told.stack.read("terukur.evidence.rejected"):
        said = json.loads(message.value)
        check.validate(said)
        place = said["topic"], said["partition"], said["offset"]
        assert place not in published, place
        published[place] = said["reason"]
        topic, _, key, headers, value = told.messages[place]
        assert message.key.decode() == topic.removeprefix("terukur.activity.")
        assert said["sha256"] == hashlib.sha256(value or b"").hexdigest()
        assert unpack(dict(said["headers"])) == dict(headers)
        assert unpack({"key": said["key"], "payload": said["payload"]}) == {
            "key": key, "payload": value and value[:LIMIT]}
    assert published == told.rejected()


def test_published_scores_are_those_that_stand(told):
    """Whoever follows score.changed knows what the database knows."""
    check, last, revisions = validator("score.changed"), {}, {}
    for message in told.stack.read("terukur.score.changed"):
        key = message.key.decode()
        last[key] = message.value
        assert message.headers["ce_type"] == b"terukur.score.changed.v1"
        assert message.headers["ce_specversion"] == b"1.0" and message.headers["ce_source"] == b"/terukur/scoring"
        if message.value is not None:
            score = json.loads(message.value)
            check.validate(score)
            assert key == f"{score['person']}/{score['period']}"
            assert score["revision"] > revisions.get(key, 0), key
            revisions[key] = score["revision"]
    stand = {f"{person}/{period}": body and body.encode() for person, period, body in
             told.stack.rows("SELECT person, period, body FROM scoring.score")}
    assert last == stand


def test_nothing_internal_names_a_nip(told):
    nips = [nip.encode() for nip in told.city.everybody()]
    for topic in ("terukur.evidence.accepted", "terukur.score.changed", "terukur.registry.changed"):
        for message in told.stack.read(topic):
            assert not any(nip in (message.key or b"") + (message.value or b"") for nip in nips), topic


def test_verify_finds_nothing(told):
    told.stack.admin("verify")


def test_sent_again_nothing_changes(told):
    """An upstream that sends everything twice harms nobody: every event is a duplicate, every rejection a new one."""
    ends = told.stack.ends("terukur.score.changed")
    told.tell(told.city.messages[::7])
    told.stack.wait_idle()
    told.check_rejections()
    told.check_scores()
    assert told.stack.ends("terukur.score.changed") == ends


def test_corrections_whose_original_never_comes(told):
    """After seven days they are rejected, and say so."""
    ends = told.stack.ends("terukur.evidence.rejected")
    waiting = [place for place, verdict in told.verdicts.items() if verdict.status == "waiting"]
    assert told.stack.value("SELECT count(*) FROM intake.waiting") == len(waiting) > 10
    told.stack.db.execute("UPDATE intake.waiting SET received_at = received_at - interval '7 days'")
    told.stack.restart("intake")  # it looks when it starts, then every minute
    told.stack.wait_idle()
    told.oracle.expire(int(time.time() + 8 * 86400) * MICRO)
    told.check_rejections()
    told.check_scores()
    said = [json.loads(m.value) for m in told.stack.read("terukur.evidence.rejected", ends)]
    assert sorted((s["topic"], s["partition"], s["offset"]) for s in said) == sorted(waiting)
    assert {s["reason"] for s in said} == {"unknown_original"}
    assert told.stack.value("SELECT count(*) FROM intake.event_id WHERE waiting") == 0


@pytest.mark.timeout(600)
def test_registry_changes_reach_every_score(told):
    """Targets, an `until`, leaves moved and called off, a rule set, weights, plans, transfers made and taken back, a step:
    every score follows, with the facts beside it, and no other moves; a draft moves none."""
    for what, file in told.city.registry_changes():
        asked, changed = (told.stack.ends(f"terukur.{topic}") for topic in ("registry.changed", "score.changed"))
        before, facts = told.before, told.facts()
        told.change(file)
        told.stack.wait_idle()
        after, facts_after = told.check_scores(), told.facts()
        moved = {key for key in {*before, *after}
                 if (before.get(key), facts.get(key)) != (after.get(key), facts_after.get(key))}
        keys = [tuple(m.key.decode().split("/")) for m in told.stack.read("terukur.score.changed", changed)]
        nips = {person: nip for nip, person in told.ids.items()}
        assert Counter((nips[person], period) for person, period in keys) == Counter(moved), what
        assert bool(moved) == (what not in told.city.STILL), what
        if what in ("nothing", "the last again"):
            assert told.stack.ends("terukur.registry.changed") == asked


def test_recompute_from_raw_evidence_changes_nothing(told):
    standing = told.stack.rows("SELECT * FROM scoring.score ORDER BY person, period")
    totals = told.stack.rows("SELECT * FROM intake.total ORDER BY person, month, indicator")
    asked, changed = (told.stack.ends(f"terukur.{topic}") for topic in ("registry.changed", "score.changed"))
    told.stack.admin("recompute")
    told.stack.wait_idle()
    assert told.stack.ends("terukur.registry.changed") != asked
    assert told.stack.ends("terukur.score.changed") == changed
    assert told.stack.rows("SELECT * FROM scoring.score ORDER BY person, period") == standing
    assert told.stack.rows("SELECT * FROM intake.total ORDER BY person, month, indicator") == totals
    told.stack.admin("verify")


TAMPERED = {  # what somebody with the database's password changes: SQL, what verify names
    "a byte of an original": (
        "UPDATE intake.evidence SET payload = set_byte(payload, 40, get_byte(payload, 40) # 1) WHERE key = %s",
        "{place}: the original is not what its sha256 says"),
    "an original with its sha256": (
        "UPDATE intake.evidence SET payload = changed.bytes, sha256 = sha256(changed.bytes) FROM (SELECT convert_to("
        "replace(convert_from(payload, 'UTF8'), '\"value\"', '\"valuf\"'), 'UTF8') AS bytes FROM intake.evidence "
        "WHERE key = %s) changed WHERE key = %s", "{place}: the original cannot be read again: schema"),
    "a value": ("UPDATE intake.evidence SET value = value + 1 WHERE key = %s", "{place}: the stored value"),
    "a person": ("UPDATE intake.evidence SET person = (SELECT id FROM registry.person WHERE id <> person LIMIT 1) "
                 "WHERE key = %s", "{place}: the stored person"),
    "a reference": ("UPDATE intake.evidence SET ref = 'another' WHERE key = %s", "{place}: the stored reference"),
    "a time": ("UPDATE intake.evidence SET at = at + interval '1 microsecond' WHERE key = %s",
               "{place}: the stored time"),
    **{f"the {column} that it came from": (f'UPDATE intake.evidence SET "{column}" = {value} WHERE key = %s',
                                           "{month}: the evidence is not what was added, or not from where")
       for column, value in (("partition", '"partition" + 1'), ("offset", '"offset" + 1'),
                             ("received_at", "received_at - interval '1 day'"), ("headers", "'{}'"))},
    "an event with its id": ("WITH id AS (DELETE FROM intake.event_id WHERE key = %s) DELETE FROM intake.evidence WHERE key = %s",
                             "{month}: the evidence is not what was added"),
    "what was rejected": ("UPDATE intake.rejection SET payload = payload || ' ' WHERE payload IS NOT NULL AND %s IS NOT NULL",
                          "the rejected message is not what its sha256 says"),
    "an event less": ("DELETE FROM intake.evidence WHERE key = %s", "{key}: an id that is held, but"),
    "an id less": ("DELETE FROM intake.event_id WHERE key = %s", "{place}: its id is not held"),
    "a replacement more": ("INSERT INTO intake.replacement VALUES (%s, gen_random_uuid(), 'x')",
                           "a replacement without the event that replaces"),
    "by what it was replaced": ("UPDATE intake.replacement SET by_event = by_event || 'x' WHERE original <> %s",
                                "a replacement that names another event than the one that replaces"),
    "a total": ("UPDATE intake.total SET sum = sum + 1 WHERE (person, month, indicator) IN (SELECT person, "
                "extract(year FROM day) * 12 + extract(month FROM day) - 1, indicator FROM intake.evidence "
                "WHERE key = %s)", "{person}/{month}/{indicator}: the total"),
    "a score": ("UPDATE scoring.score SET body = replace(body, '\"events\":', '\"events\":1') WHERE body LIKE "
                "'%%\"events\":%%' AND (person, period) IN (SELECT person, to_char(day, 'YYYY-MM') FROM intake.evidence "
                "WHERE key = %s)", "{person}/{month}: the score's text"),
    **{f"the {column} beside a score": (
        f"UPDATE scoring.score SET {column} = {value} WHERE (person, period) IN (SELECT person, to_char(day, 'YYYY-MM') "
        "FROM intake.evidence WHERE key = %s)", "{person}/{month}: what stands beside the score")
       for column, value in (("unit", "unit || 'x'"), ("service_days", "service_days - datemultirange(daterange(NULL, lower("
                              "service_days) + 1))"), ("results", "coalesce(results, 0) + 0.01"), ("rating", "'x'"),
                             ("missing", "missing + 1"))},
    "a score less": ("DELETE FROM scoring.score WHERE (person, period) IN (SELECT person, to_char(day, 'YYYY-MM') "
                     "FROM intake.evidence WHERE key = %s)", "{person}/{month}: a score is missing"),
    "a completeness more": ("INSERT INTO intake.completeness SELECT gen_random_uuid(), 'mpp', 24315, indicator "
                            "FROM intake.evidence WHERE key = %s", "a completeness that nobody declared"),
}


@pytest.fixture(scope="module")
def victim(told):
    """An event that counts in a score that stands, as a plain message."""
    key, topic, partition, offset, person, month, indicator = told.stack.rows(
        'SELECT e.key, t.name, e."partition", e."offset", e.person, to_char(e.day, \'YYYY-MM\'), n.code '
        "FROM intake.evidence e JOIN intake.topic t ON t.id = e.topic JOIN registry.indicator n ON n.id = e.indicator "
        "JOIN scoring.score s ON s.person = e.person AND s.period = to_char(e.day, 'YYYY-MM') AND s.body LIKE "
        "'%%\"events\":%%' WHERE e.kind = 0 AND e.headers IS NULL AND NOT EXISTS (SELECT FROM intake.replacement r "
        "WHERE r.original = e.key) AND convert_from(e.payload, 'UTF8') LIKE '%%\"value\"%%' ORDER BY e.key LIMIT 1")[0]
    return {"key": key, "place": f"{topic}/{partition}/{offset}", "person": person, "month": month,
            "indicator": indicator}


@pytest.mark.parametrize("what", TAMPERED)
def test_verify_finds(told, victim, what):
    """Whoever alters what is stored is found out, and the place is named."""
    sql, named = TAMPERED[what]
    tables = ("intake.evidence", "intake.event_id", "intake.replacement", "intake.total", "intake.completeness",
              "scoring.score", "intake.rejection")
    for table in tables:
        told.stack.db.execute(f"CREATE TABLE IF NOT EXISTS public.kept_{table.split('.')[1]} AS TABLE {table}")
    try:
        assert told.stack.db.execute(sql, [victim["key"]] * sql.count("key = %s") or [victim["key"]]).rowcount > 0
        found = told.stack.admin("verify", check=False)
        assert found.returncode == 1
        assert named.format(**victim) in found.stdout
    finally:
        for table in tables:
            told.stack.db.execute(f"TRUNCATE {table}")
            told.stack.db.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM public.kept_{table.split('.')[1]}")
    told.stack.admin("verify")
