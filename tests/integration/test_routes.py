"""Every route by everybody. What somebody loses if this fails: a route shows or takes what it should not, or keeps from
somebody what is theirs. The table below is written from design.md, not from the program's own."""
import json
import re
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit

import pytest
from daemon import wait_until
from oracle.survey import ELEMENTS
from town import Town
from web import ask, cookie_of, problem, sign_in, token

ROOT = Path(__file__).resolve().parents[2]
API = "/api/v1"

# Who asks. The superior is a head of another agency than the person's, the head of the person's agency nobody's superior.
UNKNOWN = ("nobody", "wrong token", "revoked token")
SYSTEMS = ("upstream", "another upstream")
PEOPLE = ("person", "superior", "another person", "head", "another head", "auditor")
EVERYBODY = (*UNKNOWN, *SYSTEMS, *PEOPLE, "operator")

THEIRS = ("person", "superior", "auditor")  # one's own; a superior's people; auditors
AGENCYS = ("head", "auditor")
PERIOD = {"period": "2026-03"}
NEVER = {"period": "2026-13", "cursor": "never-handed-out", "reason": "none", "since": "yesterday",
         "locale": "xx", "lang": "xx", "sort": "xx"}  # of forms that a parameter cannot have
FORM = "application/x-www-form-urlencoded"


@dataclass
class Row:
    may: tuple
    status: int = 200
    needs: dict = field(default_factory=dict)  # query parameters that must be there
    takes: tuple = ()  # others that may
    by_role: bool = False  # whoever may not hears so before hearing of parameters
    lenient: tuple = ()  # to whom nothing is said of the query
    logs: dict = field(default_factory=dict)  # {who: what}: the looks written down
    body: str = None  # what it takes
    otherwise: dict = field(default_factory=dict)  # {who: (status, code)}


def seen(what, by=THEIRS):
    return {who: what for who in by}


ROUTES = {
    "POST /api/v1/events": Row(
        SYSTEMS[:1], 202, by_role=True, body="event", otherwise={"another upstream": (403, "source_mismatch")}),
    "GET /api/v1/events/rejections": Row(SYSTEMS, by_role=True, takes=("cursor", "reason", "since", "event")),
    "GET /api/v1/events/{id}": Row(SYSTEMS[:1], by_role=True, otherwise={"another upstream": (404, "not_found")}),
    "GET /api/v1/people/{person}/scores/{period}": Row(THEIRS, logs=seen("score")),
    "GET /api/v1/people/{person}/evidence": Row(THEIRS, takes=("period", "indicator", "cursor"), logs=seen("evidence")),
    "GET /api/v1/people/{person}/inbox": Row(THEIRS, takes=("cursor",), logs=seen("inbox")),
    "GET /api/v1/agencies/{code}/scores": Row(AGENCYS, needs=PERIOD, takes=("cursor",), logs=seen("score", AGENCYS)),
    "GET /api/v1/reports/agency.csv": Row(AGENCYS, needs={"agency": "{code}", **PERIOD}, takes=("locale",),
                                          logs=seen("score", AGENCYS)),
    "POST /api/v1/feedback": Row(EVERYBODY, 202, body="feedback"),
    "GET /api/v1/feedback/{tracking}": Row(EVERYBODY),
    "GET /api/v1/public/agencies": Row(EVERYBODY),
    "GET /api/v1/public/agencies/{code}": Row(EVERYBODY, takes=("period",)),
    "GET /api/v1/openapi.json": Row(EVERYBODY),
    "GET /": Row(EVERYBODY, takes=("to", "unit", "sort", "lang"), lenient=(*UNKNOWN, *SYSTEMS, "operator"),
                 logs=seen("score", ("person", "superior"))),
    "POST /session": Row(PEOPLE, 303, body="sign-in", lenient=EVERYBODY),
    "POST /sign-out": Row(EVERYBODY, 303, body="nothing", lenient=EVERYBODY),
    "GET /people/{person}/scores/{period}": Row(THEIRS, takes=("lang",), logs=seen("score")),
    "GET /people/{person}/evidence": Row(THEIRS, takes=("period", "indicator", "cursor", "lang"), logs=seen("evidence")),
    "GET /people/{person}/inbox": Row(THEIRS, takes=("cursor", "lang"), logs=seen("inbox")),
    "GET /people/{person}/inbox/{message}": Row(THEIRS, takes=("lang",), logs=seen("inbox")),
    "GET /people": Row(("auditor",), takes=("q", "cursor", "lang"), by_role=True, logs=seen("name", ("auditor",))),
    "GET /rejections": Row(("auditor",), takes=("lang",), by_role=True),
    "GET /access": Row(("auditor",), takes=("cursor", "lang"), by_role=True, logs=seen("name", ("auditor",))),
    "GET /people.csv": Row(("auditor",), takes=("q", "cursor", "locale"), by_role=True, logs=seen("name", ("auditor",))),
    "GET /rejections.csv": Row(("auditor",), takes=("locale",), by_role=True),
    "GET /access.csv": Row(("auditor",), takes=("cursor", "locale"), by_role=True, logs=seen("name", ("auditor",))),
    "GET /agencies": Row(EVERYBODY, takes=("lang",)),
    "GET /style.css": Row(EVERYBODY, lenient=EVERYBODY),
}
every_route = pytest.mark.parametrize("name", ROUTES)


@pytest.fixture(scope="module")
def city(stack):
    ours, theirs = Town(stack, people=3, load=False), Town(stack, people=2, load=False)
    person, another, head = ours.nips
    superior, other_head = theirs.nips
    ours.registry["people"] = [ours.person(person, superior=superior), ours.person(another), ours.person(head)]
    stack.load({part: [*ours.registry[part], *theirs.registry[part]] for part in ours.registry})
    event = ours.event()
    ours.settle(event, ours.event(subject="123"))
    tokens = {
        "nobody": None,
        "wrong token": "A" * 43,
        "revoked token": token(stack, "person", "--nip", person),
        "upstream": token(stack, "upstream", "--source", ours.source),
        "another upstream": token(stack, "upstream", "--source", theirs.source),
        "person": token(stack, "person", "--nip", person),
        "superior": token(stack, "head", "--nip", superior),
        "another person": token(stack, "person", "--nip", another),
        "head": token(stack, "head", "--nip", head),
        "another head": token(stack, "head", "--nip", other_head),
        "auditor": token(stack, "auditor"),
        "operator": token(stack, "operator"),
    }
    assert {*tokens} == {*EVERYBODY}
    cookies = {who: cookie_of(stack, tokens[who]) for who in (*PEOPLE, "revoked token")}
    cookies["wrong token"] = "terukur=" + "A" * 43
    stack.admin("token", "revoke", "-", input=tokens["revoked token"])
    time.sleep(5)  # whose session was opened just now
    agency = ours.registry["agencies"][0]["code"]
    assert wait_until(lambda: stack.rows("SELECT FROM reporting.person_score_view WHERE agency = %s", agency), 20)
    message = stack.value("INSERT INTO notification.inbox (person, period, kind, occasion, at, title, body, published) VALUES "
                          "(%s, '2026-03', 'closed', 'x', now(), '{\"id\":\"a\",\"en\":\"b\"}', "
                          "'{\"id\":\"c\",\"en\":\"d\"}', true) RETURNING id", ours.id(person))
    answer = {"agency": agency, "unit": ours.unit, "kind": "survey", "survey": dict.fromkeys(ELEMENTS, 4)}
    tracking = ask(stack, "POST", f"{API}/feedback", tokens["upstream"], json.dumps(answer),
                   Content_Type="application/json").json["tracking"]
    return SimpleNamespace(stack=stack, town=ours, tokens=tokens, cookies=cookies, answer=answer,
                           parts={"tracking": tracking, "person": ours.id(person), "period": "2026-03", "code": agency, "id": event["id"],
                                  "message": message})


class Route:
    """A route as a client asks it."""

    def __init__(self, city, name):
        self.city, self.row, self.name = city, ROUTES[name], name
        self.method, self.path = name.split()
        self.api = self.path.startswith(API)

    def query(self, **changes):
        """What must be there, and `changes`; a None leaves one out."""
        asked = {key: value.format(**self.city.parts) for key, value in self.row.needs.items()} | changes
        return {key: value for key, value in asked.items() if value is not None}

    def target(self, query=None, **parts):
        query = self.query() if query is None else query
        return self.path.format(**{**self.city.parts, **parts}) + (f"?{urlencode(query)}" if query else "")

    def headers(self, who):
        if self.api:
            return {"Authorization": f"Bearer {self.city.tokens[who]}"} if self.city.tokens[who] else {}
        if self.path == "/sign-out" and who in PEOPLE:  # of a session that the others need no more
            return {"Cookie": cookie_of(self.city.stack, self.city.tokens[who])}
        return {"Cookie": self.city.cookies[who]} if who in self.city.cookies else {}

    def body(self, who):
        """The body that it takes, and its type."""
        if self.row.body == "event":
            return json.dumps(self.city.town.event()), {"Content_Type": "application/json"}
        if self.row.body == "feedback":
            return json.dumps(self.city.answer), {"Content_Type": "application/json"}
        if self.row.body == "sign-in":
            return urlencode({"token": self.city.tokens[who] or ""}), {"Content_Type": FORM}
        return (b"", {}) if self.row.body else (None, {})

    def ask(self, who, query=None, **parts):
        body, headers = self.body(who)
        return ask(self.city.stack, self.method, self.target(query, **parts), None, body, **self.headers(who), **headers)

    def known(self, who):
        """Whether it knows who asks; systems and operators have no way into the pages."""
        return who not in UNKNOWN and (self.api or who in PEOPLE)

    def refused(self, answer, who):
        """Asserts that this is how it turns somebody away."""
        if self.api:
            problem(answer, *(403, "forbidden") if self.known(who) else (401, "unauthenticated"))
        elif self.known(who) or self.row.body:
            assert (answer.status, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
        else:
            assert answer.status == 303 and answer.headers["Location"].startswith("/?to=")

    def wrong(self, answer, *fields):
        """Asserts that these parameters were refused."""
        if not self.api:
            assert (answer.status, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
            return
        errors = problem(answer, 400, "invalid_parameter")["errors"]
        assert [error["field"] for error in errors] == [*fields]

    def wrong_for(self, who, answer, *fields):
        """The same for anybody, most of whom hear something else first."""
        if who in self.row.lenient:
            assert answer.status == (self.row.status if who in self.row.may else 403)
        elif self.known(who) or self.row.may == EVERYBODY:
            self.refused(answer, who) if self.row.by_role and who not in (*self.row.may, *self.row.otherwise) else self.wrong(answer, *fields)
        else:
            self.refused(answer, who)

    def looks(self, answer):
        """What the answer left in the log of looks."""
        rows = self.city.stack.rows("SELECT DISTINCT what FROM gateway.access WHERE request = %s",
                                    answer.headers["X-Request-Id"])
        return [what for what, in rows]


@pytest.fixture
def route(city, name):
    return Route(city, name)


def test_every_route_stands_in_the_table_above():
    rows = re.findall(r'\{"([A-Z]+)",\s*"(/[^"]*)",', (ROOT / "services/gateway/routes.c").read_text())
    assert len(rows) > 10 and sorted(map(" ".join, rows)) == sorted(ROUTES)


@every_route
def test_who_may(route, name):
    """Each is answered or turned away, and the looks of those who were answered are written down."""
    for who in EVERYBODY:
        answer = route.ask(who)
        if who in route.row.may:
            assert answer.status == route.row.status, (who, answer.body)
        elif who in route.row.otherwise:
            problem(answer, *route.row.otherwise[who])
        else:
            route.refused(answer, who)
        assert route.looks(answer) == ([route.row.logs[who]] if who in route.row.logs else []), who


def test_the_home_page_knows_who_is_signed_in(city):
    for who in EVERYBODY:
        answer = Route(city, "GET /").ask(who)
        assert ('"/sign-out"' in answer.text, '"/session"' in answer.text) == (who in PEOPLE, who not in PEOPLE), who


@every_route
def test_a_parameter_that_is_unknown(route, name):
    """It is refused, and nothing else is: who may not ask at all does not hear of it."""
    for who in EVERYBODY:
        answer = route.ask(who, route.query(x="1"))
        route.wrong_for(who, answer, "x")
        assert who in route.row.lenient or route.looks(answer) == []


@every_route
def test_a_parameter_that_is_malformed_or_missing(route, name):
    for who in EVERYBODY:
        for wrong in {*NEVER} & {*route.row.needs, *route.row.takes}:
            route.wrong_for(who, route.ask(who, route.query(**{wrong: NEVER[wrong]})), wrong)
        for left_out in route.row.needs:
            route.wrong_for(who, route.ask(who, route.query(**{left_out: None})), left_out)
        if "{person}" in name:
            route.wrong_for(who, route.ask(who, person=route.city.town.nips[0]), "person")
        if "{period}" in name:
            route.wrong_for(who, route.ask(who, period=NEVER["period"]), "period")


@every_route
def test_a_parameter_that_is_not_of_this_route(route, name):
    """What other routes know is unknown here."""
    everywhere = {key for row in ROUTES.values() for key in (*row.needs, *row.takes)}
    who = route.row.may[-1]
    for other in sorted(everywhere - {*route.row.needs, *route.row.takes}):
        route.wrong_for(who, route.ask(who, route.query(**{other: "2026-03"})), other)


@every_route
def test_a_parameter_that_may_be_there(route, name):
    good = {"period": "2026-03", "indicator": route.city.town.visits, "to": "/people/x", "reason": "invalid_nip",
            "since": "2026-03-04T08:15:00+07:00", "event": "x", "locale": "id", "lang": "en", "unit": "x", "sort": "name", "q": "x"}
    asked = {key: good[key] for key in route.row.takes if key in good}
    who = route.row.may[-1]
    assert route.ask(who, route.query(**asked)).status == route.row.status


@every_route
def test_a_body_that_nobody_asked_for(route, name):
    """However it is framed. Where one is taken it may be too long; and then nobody is asked who it comes from."""
    stack, large = route.city.stack, b" " * (1024 * 1024 + 1)
    for who in (*route.row.may[:1], "nobody"):
        body = large if route.row.body else b"x"
        problem(ask(stack, route.method, route.target(), None, body, **route.headers(who)), 413, "too_large")
        if not route.row.body:
            problem(ask(stack, route.method, route.target(), None, iter([b"x"]), **route.headers(who)), 413, "too_large")


def head_of(route, who, length, kind="application/json"):
    """A socket on which a request's head was sent, and what the gateway said of it."""
    url = urlsplit(route.city.stack.env["GATEWAY_URL"])
    fields = {"Host": "a", "Content-Type": kind, "Content-Length": length, "Expect": "100-continue", "Connection": "close",
              **route.headers(who)}
    sock = socket.create_connection((url.hostname, url.port), timeout=20)
    lines = [f"{route.method} {route.target()} HTTP/1.1", *(f"{key}: {value}" for key, value in fields.items()), "", ""]
    sock.sendall("\r\n".join(lines).encode())
    return sock, int(sock.recv(4096).split()[1])


def test_whose_events_are_not_wanted_need_not_send_them(city):
    """The head decides: who may, and what the body is called; a stranger's megabyte is never read."""
    route = Route(city, "POST /api/v1/events")
    for who in EVERYBODY:
        sock, status = head_of(route, who, 1000)
        sock.close()
        assert status == (100 if who in SYSTEMS else 401 if who in UNKNOWN else 403), who
    sock, status = head_of(route, "upstream", 1000, "text/plain")
    sock.close()
    assert status == 415


def test_who_was_let_in_is_not_asked_again(city):
    """A second look at the token would wait for this lock."""
    route = Route(city, "POST /api/v1/events")
    body, _ = route.body("upstream")
    sock, status = head_of(route, "upstream", len(body))
    assert status == 100
    session = city.stack.session()
    try:
        session.execute("LOCK TABLE registry.token IN ACCESS EXCLUSIVE MODE")
        sock.sendall(body.encode())
        assert int(sock.recv(4096).split()[1]) == 202
    finally:
        session.rollback()
        session.close()
        sock.close()


def test_a_form_of_another_site_signs_nobody_out(city):
    cookie = cookie_of(city.stack, city.tokens["person"])
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 303)):
        answer = ask(city.stack, "POST", "/sign-out", None, b"", Cookie=cookie, Sec_Fetch_Site=site)
        assert answer.status == status and ("Set-Cookie" in answer.headers) == (status == 303)
        if status == 403:
            assert ask(city.stack, "GET", "/", Cookie=cookie).text.count('"/sign-out"') == 1
    for origin, status in (("https://evil.example", 403), ("null", 403), (city.stack.env["GATEWAY_URL"], 303)):
        answer = ask(city.stack, "POST", "/sign-out", None, b"", Cookie=cookie_of(city.stack, city.tokens["person"]),
                     Origin=origin)
        assert answer.status == status and ("Set-Cookie" in answer.headers) == (status == 303)
    assert sign_in(city.stack, city.tokens["person"], Sec_Fetch_Site="same-site").status == 403
