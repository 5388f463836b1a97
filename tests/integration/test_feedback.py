"""Citizens' answers from HTTP to scores and public figures. What citizens lose if this fails: that their answer counts, once;
civil servants, that it counts as the rules say; and everybody, that nobody can tell who gave it."""
import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from daemon import wait_until
from oracle.survey import ELEMENTS, half_up, interval, shrunk, value
from oracle.test_survey import TWENTY_NINE
from town import Town
from web import ask, problem, token

FEEDBACK = "/api/v1/feedback"
GOOD = dict(zip(ELEMENTS, (4, 4, 3, 4, 4, 4, 4, 3, 3)))
LOCAL = timezone(timedelta(hours=7))


def post(stack, body, bearer=None, **headers):
    headers = {"Content_Type": "application/json", **headers}
    return ask(stack, "POST", FEEDBACK, bearer, body if isinstance(body, bytes) else json.dumps(body), **headers)


@pytest.fixture(scope="module")
def place(stack):
    """A town whose people are measured by what citizens answer about their unit."""
    town = Town(stack, people=2, load=False)
    satisfaction, procedure = f"{town.source}-satisfaction", f"{town.source}-procedure"
    survey = [{**Town.indicator(code, "survey", aspect="service_quality"), "element": element}
              for code, element in ((satisfaction, "overall"), (procedure, "procedure"))]
    town.registry["indicators"] += survey
    town.registry["positions"][0]["items"] = [town.item(satisfaction, 3.2), town.item(procedure, 3.5)]
    town.registry["units"] += [{**town.registry["units"][0], "code": f"{town.unit}-{n}"} for n in (2, 3)]
    year = datetime.now(LOCAL).year
    town.registry["plans"] = [town.plan(nip, year=year) for nip in town.nips]
    stack.load(town.registry)
    agency = town.registry["agencies"][0]["code"]
    return SimpleNamespace(town=town, agency=agency, satisfaction=satisfaction, procedure=procedure,
                           month=f"{datetime.now(LOCAL):%Y-%m}", counter=token(stack, "counter", "--agency", agency))


def answer(place, survey=GOOD, unit=None, **more):
    return {"agency": place.agency, "unit": unit or place.town.unit, "kind": "survey", "survey": survey, **more}


def public(stack, place):
    return ask(stack, "GET", f"/api/v1/public/agencies/{place.agency}?period={place.month}").json


def tracked(stack, code):
    answer = ask(stack, "GET", f"{FEEDBACK}/{code}")
    return answer.json if answer.status == 200 else answer.status


def test_answers_become_index_and_score(stack, place):
    """One by one over HTTP: the law's own example is 91.48, A; and scores stand on the same answers."""
    codes = [post(stack, answer(place, a)).json["tracking"] for a in TWENTY_NINE]
    assert len({*codes}) == 29
    assert wait_until(lambda: all(tracked(stack, code)["state"] == "COUNTED" for code in codes), 10)
    assert wait_until(lambda: public(stack, place)["survey"]["n"] == 29, 10)
    survey = public(stack, place)["survey"]
    assert (survey["index"], survey["grade"], survey["suppressed"]) == ("91.48", "A", False)
    assert survey["interval"] == interval(TWENTY_NINE)
    assert [row["element"] for row in survey["elements"]] == [*ELEMENTS]
    assert [row["mean"] for row in survey["elements"]] == [
        half_up(sum(value(a, e) for a in TWENTY_NINE) / 29) for e in ELEMENTS]
    stack.wait_idle()
    for nip in place.town.nips:  # whoever works there
        items = {item["indicator"]: item for item in place.town.score(place.month, nip)["items"]}
        for code, element in ((place.satisfaction, "overall"), (place.procedure, "procedure")):
            want = half_up(shrunk([value(a, element) for a in TWENTY_NINE], 3, 10))
            assert (items[code]["realized"], items[code]["events"]) == (want, 29), element
    stack.admin("verify")
    assert tracked(stack, codes[0]) == {"kind": "survey", "received_on": f"{datetime.now(LOCAL):%Y-%m-%d}",
                                        "state": "COUNTED", "receipt": "NONE", "case": None}
    assert tracked(stack, codes[0].lower()[:5] + "-" + codes[0][5:]) == tracked(stack, codes[0])


def test_the_same_again_counts_once(stack, place):
    """Across a restart of the gateway, too; and another body under the key is told."""
    def send(**changes):
        return post(stack, answer(place, unit=f"{place.town.unit}-2", **changes), place.counter, Idempotency_Key="k-1")
    first = send()
    assert first.status == 202
    stack.restart("gateway")
    assert (again := send()).status == 202 and again.json == first.json
    problem(send(language="id"), 422, "key_reused")
    code = first.json["tracking"]
    assert wait_until(lambda: tracked(stack, code)["state"] == "COUNTED", 10)
    stack.wait_idle()
    assert stack.value("SELECT n FROM intake.answers WHERE unit = %s", f"{place.town.unit}-2") == 1


def test_a_code_of_nobody_and_one_of_a_moment_ago(stack, place):
    """What intake has not stored yet is told as received; what was made up is nobody's."""
    assert tracked(stack, "A" * 25) == tracked(stack, "x") == 404
    stack.stop("intake")
    try:
        code = post(stack, answer(place, unit=f"{place.town.unit}-2"), place.counter).json["tracking"]
        assert tracked(stack, code) == {"kind": "survey", "received_on": None, "state": "RECEIVED", "receipt": "NONE",
                                        "case": None}
        assert tracked(stack, code[:-1] + ("0" if code[-1] != "0" else "1")) == 404
    finally:
        stack.start("intake")
    assert wait_until(lambda: tracked(stack, code)["state"] == "COUNTED", 20)


def test_small_groups_are_not_shown(stack, place):
    """Nor what would be left of the whole when all others are subtracted."""
    for survey in 5 * [GOOD]:
        assert post(stack, answer(place, survey, unit=f"{place.town.unit}-3"), place.counter).status == 202

    def units():
        return {row["code"]: row["survey"] for row in public(stack, place)["units"]}
    assert wait_until(lambda: units()[f"{place.town.unit}-3"]["n"] == 5, 10)
    few, five, many = (units()[place.town.unit + tail] for tail in ("-2", "-3", ""))
    assert few == {"n": 2, "index": None, "grade": None, "interval": None, "suppressed": True}
    assert five == {"n": 5, "index": None, "grade": None, "interval": None, "suppressed": True}
    assert (many["index"], many["suppressed"]) == ("91.48", False)


def without(name):
    return {e: 4 for e in ELEMENTS if e != name}


WRONG = {  # what is sent: the field that is named
    "no agency": (lambda p: {"kind": "survey", "survey": GOOD}, "agency"),
    "unknown agency": (lambda p: answer(p) | {"agency": "none", "unit": None}, "unit"),
    "an agency that is none": (lambda p: {"agency": "none", "kind": "survey", "survey": GOOD}, "agency"),
    "a unit of another": (lambda p: answer(p, unit="none"), "unit"),
    "no kind": (lambda p: {"agency": p.agency, "survey": GOOD}, "kind"),
    "a complaint": (lambda p: {"agency": p.agency, "kind": "complaint", "text": "x"}, "kind"),
    "no survey": (lambda p: {"agency": p.agency, "kind": "survey"}, "survey"),
    "an element missing": (lambda p: answer(p, without("cost")), "survey.cost"),
    "an element unknown": (lambda p: answer(p, GOOD | {"speed": 4}), "survey.speed"),
    "a 0": (lambda p: answer(p, GOOD | {"cost": 0}), "survey.cost"),
    "a 5": (lambda p: answer(p, GOOD | {"behaviour": 5}), "survey.behaviour"),
    "a half": (lambda p: answer(p, GOOD | {"product": 3.5}), "survey.product"),
    "a text for a number": (lambda p: answer(p, GOOD | {"product": "4"}), "survey.product"),
    "null for a number": (lambda p: answer(p, GOOD | {"product": None}), "survey.product"),
    "a receipt": (lambda p: answer(p, receipt="K7QF2M9XTR4C8WDPH3ZB"), "receipt"),
    "words": (lambda p: answer(p, text="<script>alert(1)</script>"), "text"),
    "a contact": (lambda p: answer(p, contact={"email": "a@example.org"}), "contact"),
    "a respondent": (lambda p: answer(p, respondent={"sex": "F"}), "respondent"),
    "a name": (lambda p: answer(p, visibility="NAMED"), "visibility"),
    "an attachment": (lambda p: answer(p, attachment="AAAA"), "attachment"),
    "no JSON": (lambda p: b"{", ""),
    "a list": (lambda p: b"[]", ""),
    "a key twice": (lambda p: b'{"agency":"a","agency":"b"}', ""),
    "control characters": (lambda p: {"agency": "a\u0007", "kind": "survey", "survey": GOOD}, "agency"),
    "right to left": (lambda p: {"agency": "\u202edinkes", "kind": "survey", "survey": GOOD}, "agency"),
    "long": (lambda p: answer(p) | {"agency": "a" * 9000}, "agency"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(stack, place, case):
    made, field = WRONG[case]
    before = stack.ends("terukur.feedback.submitted")
    told = problem(post(stack, made(place), place.counter), 400, "invalid_feedback")
    assert field in [error["field"] for error in told["errors"]], told
    assert stack.ends("terukur.feedback.submitted") == before


def test_what_is_no_feedback_at_all(stack, place):
    problem(post(stack, answer(place), place.counter, Content_Type="text/plain"), 415, "unsupported_media_type")
    assert post(stack, b"x" * 100_000, place.counter).status == 413
    problem(post(stack, answer(place), place.counter, Idempotency_Key="k" * 129), 400, "invalid_feedback")
    other = Town(stack)
    problem(post(stack, {"agency": other.registry["agencies"][0]["code"], "kind": "survey", "survey": GOOD}, place.counter),
            403, "forbidden")


def test_strangers_are_limited_and_counters_are_not(stack, place):
    """By network and unit: what one telephone sends about one unit shuts nobody else out."""
    unit = f"{place.town.unit}-3"
    seen = [post(stack, answer(place, unit=unit)) for _ in range(31)]
    assert [answer.status for answer in seen] == 30 * [202] + [429]
    assert 0 < int(seen[-1].headers["Retry-After"]) <= 120
    assert post(stack, answer(place, unit=unit), place.counter).status == 202
    assert post(stack, answer(place, unit=f"{place.town.unit}-2")).status == 202


def test_nothing_says_who_it_was(stack, place):
    """On the topic: no trace, no key but the answer's own, no time of the day; in the store: a day."""
    messages = stack.read("terukur.feedback.submitted")
    assert messages
    for m in messages:
        said = json.loads(m.value)
        assert {*said} <= {"id", "kind", "agency", "unit", "on", "survey"} and m.key.decode() == said["id"]
        assert "traceparent" not in m.headers and m.headers["ce_time"].endswith(b"T17:00:00Z")
    columns = {name for (name,) in stack.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'intake' AND table_name = 'answer'")}
    assert columns == {"key", "agency", "unit", "day", *ELEMENTS}


def test_sums_that_somebody_altered_are_found_and_mended(stack, place):
    stack.wait_idle()
    stack.execute("UPDATE intake.answers SET cost = cost - 7 WHERE unit = %s", place.town.unit)
    found = stack.admin("verify", check=False)
    assert found.returncode == 1 and "the sums are not those of the answers" in found.stdout
    stack.admin("recompute", "--wait", "60")
    stack.admin("verify")
