"""Feedback to people. What a person loses if this fails: a word in time that an indicator falls behind, the ratings of a
month that has ended; or they get the same message again and again, or somebody else's, and stop reading them."""
import email
import email.policy
import json
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from datetime import datetime, timedelta, timezone

import jsonschema
import pytest
from conftest import ROOT
from daemon import wait_until
from town import Town

ZONE = timezone(timedelta(hours=7))
TODAY = datetime.now(ZONE).date()
THIS = f"{TODAY:%Y-%m}"
LAST_DAY = TODAY.replace(day=1) - timedelta(1)
LAST = f"{LAST_DAY:%Y-%m}"
SCORES = "terukur.score.changed"
HURRY = {"QUIET_SECONDS": "1", "DIGEST_QUIET_SECONDS": "1", "PACE_AFTER_DAYS": "1"}
YEAR = TODAY.year if TODAY.month > 2 else TODAY.year - 1  # some of it has ended
ENDS = {**{f"{YEAR}-{m:02}": (m, 1) for m in range(1, 13)}, **{f"{YEAR}-Q{q}": (3 * q, 3) for q in range(1, 5)},
        f"{YEAR}": (12, 12)}  # a period's last month, and how many it has
ENDED = [name for name, (month, _) in ENDS.items() if (YEAR, month) < (TODAY.year, TODAY.month)]
MONTHS = [name for name in ENDED if ENDS[name][1] == 1]
needs_an_open_quarter = pytest.mark.skipif(LAST_DAY.month % 3 == 0, reason="a quarter ended with the month: both are told of")
needs_yesterday = pytest.mark.skipif(TODAY.day == 1, reason="on a month's first day no service day has passed")


class SmtpServer:
    """A mail server with a mind of its own. `answer(verb, n)` gives the reply to the n-th command of that verb: None for the
    usual one, "hang" or "drop" for none; the verb of the dot that ends a mail is ".". What it accepted is in `mails`."""

    def __init__(self, answer=lambda verb, n: None, tls=None):
        self.answer, self.tls, self.mails, self.seen = answer, tls, [], Counter()
        self.reached = threading.Event()  # something hangs
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _reply(self, connection, verb, usual):
        self.seen[verb] += 1
        reply = self.answer(verb, self.seen[verb]) or usual
        if reply in ("hang", "drop"):
            if reply == "hang":
                self.reached.set()
                connection.recv(1)
            raise OSError("enough of this client")
        connection.sendall(reply.encode() + b"\r\n")
        return reply == usual

    def _serve(self, connection):
        with connection, connection.makefile("rb") as lines:
            try:
                connection.sendall(b"220 here\r\n")
                self._talk(connection, lines)
            except OSError:
                pass

    def _talk(self, connection, lines):
        for line in lines:
            verb = line[:4].decode().upper().strip()
            if verb == "EHLO" and self.tls and not isinstance(connection, ssl.SSLSocket):
                connection.sendall(b"250-here\r\n250 STARTTLS\r\n")
                continue
            if verb == "STAR":
                connection.sendall(b"220 go on\r\n")
                connection = self.tls.wrap_socket(connection, server_side=True)
                with connection, connection.makefile("rb") as lines:
                    self.seen["TLS"] += 1
                    return self._talk(connection, lines)
            going = self._reply(connection, verb, "354 go on" if verb == "DATA" else "250 fine")
            if verb == "DATA" and going:
                text = b""
                while (line := lines.readline()) != b".\r\n":
                    if not line:
                        return
                    text += line
                if self._reply(connection, ".", "250 kept"):
                    self.mails.append(email.message_from_bytes(text, policy=email.policy.default))
            if verb == "QUIT":
                return

    def close(self):
        self.listener.close()


@pytest.fixture(scope="module", autouse=True)
def hurry(stack):
    overrides = stack.processes.overrides["notification"]
    overrides.update(HURRY)
    stack.restart("notification")
    yield
    overrides.clear()
    stack.restart("notification")


@pytest.fixture
def smtp(stack):
    """smtp(answer, tls, settings): a mail server that notification talks to, with these settings, until the test ends."""
    servers, overrides = [], stack.processes.overrides["notification"]
    before = dict(overrides)

    def serve(answer=lambda verb, n: None, tls=None, **settings):
        servers.append(SmtpServer(answer, tls))
        overrides.update({"SMTP_URL": servers[-1].url, **settings})
        stack.restart("notification")
        return servers[-1]

    yield serve
    overrides.clear()
    overrides.update(before)
    for server in servers:
        server.close()
    stack.restart("notification")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """What a mail server at 127.0.0.1 shows, and its own authority: the file of both, and a context for it."""
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", path.with_suffix(".crt")],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path.with_suffix(".crt"), path)
    return str(path.with_suffix(".crt")), context


def new_town(stack, people=1, mail=False, load=True, heard=True, **changes):
    """People who have had a plan since before last month. `heard`: their scores of it were heard of before it ended."""
    town = Town(stack, people=people, load=False, **changes)
    town.registry["plans"] = [town.plan(nip, year=year) for nip in town.nips for year in {LAST_DAY.year, TODAY.year}]
    if mail:
        for i, row in enumerate(town.registry["people"]):
            row["email"] = f"{town.source}.{i}@kota.example"
    if load:
        stack.load(town.registry)
    if load and heard:
        heard_in_time(town)
    return town


def heard_in_time(town):
    """As if the scores of last month had been there before it ended."""
    periods = [LAST, f"{LAST_DAY.year}-Q{(LAST_DAY.month + 2) // 3}", f"{LAST_DAY.year}"]
    town.stack.db.execute("INSERT INTO notification.watch (person, period) SELECT id, unnest(%s::text[]) FROM "
                          "registry.person WHERE nip = ANY(%s)", (periods, town.nips))


def history(town, nip=None, **data):
    """The same work in each month of a year that has ended."""
    return [town.event(subject=nip, time=f"{month}-10T08:00:00+07:00", **data)
            for month in MONTHS]


def messages(town, nip=None):
    """(kind, period, title and body in English) of all that a person was told."""
    return town.stack.rows("SELECT kind, period, title ->> 'en', body ->> 'en' FROM notification.inbox WHERE person = %s "
                           "ORDER BY id", town.id(nip))


def next_day(town):
    """As if the last digests had been given yesterday, and what waits for the morning had its time."""
    people = [town.id(nip) for nip in town.nips]
    day = "interval '2 days'"  # six in the morning may be still to come
    town.stack.db.execute(f"UPDATE notification.inbox SET at = at - {day}, occasion = occasion || '-before' "
                          "WHERE person = ANY(%s::uuid[])", (people,))
    town.stack.db.execute(f"UPDATE notification.watch SET digest_at = digest_at - {day}, due_at = least(due_at, now()) "
                          "WHERE person = ANY(%s::uuid[]) AND late", (people,))


def visits(town, n, nip=None, day=LAST_DAY, indicator=None, value=1):
    return [town.event(subject=nip, time=f"{day}T00:00:00+07:00", indicator=indicator or town.visits, value=value)
            for _ in range(n)]


def inbox(town, period=LAST, nip=None, kind="%"):
    """(id, kind, indicator, occasion, title, body in English) of one's messages, oldest first."""
    return town.stack.rows(
        "SELECT id, kind, indicator, occasion, title ->> 'en', body ->> 'en' FROM notification.inbox "
        "WHERE person = %s AND period = %s AND kind LIKE %s ORDER BY id", town.id(nip), period, kind)


def wait_inbox(town, n, seconds=20, **which):
    assert wait_until(lambda: len(inbox(town, **which)) >= n, seconds), inbox(town, **which)
    return inbox(town, **which)


def settled(town):
    """Everything that is due has been looked at, and a little more has passed."""
    stack = town.stack
    stack.wait_idle()
    left = ("SELECT count(*) FROM notification.watch WHERE due_at < now() + interval '5 seconds'", )
    assert wait_until(lambda: stack.value(*left) == 0, 30)
    assert wait_until(lambda: stack.value("SELECT unpublished FROM notification.under_way_view") == 0, 10)


def said(stack, person):
    """What notification.sent says of a person."""
    return [(m.headers["ce_id"].decode(), json.loads(m.value)) for m in stack.read("terukur.notification.sent")
            if m.key == person.encode()]


def emails(town, state="%"):
    return town.stack.rows(
        "SELECT e.inbox, e.state, e.attempts, e.last_error, e.due_at FROM notification.email e JOIN notification.inbox i "
        "ON i.id = e.inbox JOIN registry.person p ON p.id = i.person WHERE p.nip = ANY(%s) AND e.state LIKE %s "
        "ORDER BY e.inbox", town.nips, state)


def wait_emails(town, n, state, seconds=20):
    assert wait_until(lambda: len(emails(town, state)) == n, seconds), emails(town)
    return emails(town, state)


def due_now(town, **also):
    """As if the time had come for these mails."""
    sets = "".join(f", {name} = {value}" for name, value in also.items())
    town.stack.db.execute(
        f"UPDATE notification.email e SET due_at = now(){sets} FROM notification.inbox i JOIN registry.person p "
        "ON p.id = i.person WHERE i.id = e.inbox AND p.nip = ANY(%s) AND e.state <> 'sent'", (town.nips,))


def caught(stack, domain):
    """The mails that the mail catcher has for one domain or address; as they came, too, in `raw`."""
    mails = []
    for path in sorted((stack.run_dir / "mail").glob("[!.]*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        mail.raw = path.read_bytes()
        if domain in mail["X-Envelope-To"]:
            mails.append(mail)
    return mails


# --- an ended period


def test_the_ratings_of_an_ended_month_come_once(stack):
    town = new_town(stack)
    town.settle(*visits(town, 9), *visits(town, 1, indicator=town.quality, value=80))
    [message] = wait_inbox(town, 1)
    _, kind, indicator, occasion, title, body = message
    score = town.score(LAST)
    assert (kind, indicator, occasion) == ("closed", None, str(score["revision"]))
    assert title.startswith("Results for ") and title.endswith("meets expectations")
    assert f"your results: meets expectations. The score, {score['results']['score']}, does not decide this." in body
    assert f"- {town.visits}: 9 against a target of 10 x, achievement 90.00 %: meets expectations. With 2 more" in body
    settled(town)
    town.settle(*visits(town, 1))  # another figure, the same ratings
    assert town.realized(LAST) == ("10.00", 10)
    settled(town)
    assert len(inbox(town)) == 1


def test_missing_is_said_not_to_be_zero(stack):
    town = new_town(stack)
    town.settle(*visits(town, 1))
    [message] = wait_inbox(town, 1)
    assert f"- Not measured, and for that not counted as zero: {town.quality}.\n" in message[5]


@needs_an_open_quarter
def test_a_changed_rating_is_told_again(stack):
    town = new_town(stack)
    town.settle(*visits(town, 5))
    wait_inbox(town, 1)
    town.settle(*visits(town, 5))
    _, changed = wait_inbox(town, 2)
    assert changed[1] == "closed" and changed[3] == str(town.score(LAST)["revision"])
    assert changed[4].endswith("updated")
    assert f"- {town.visits}: below expectations → meets expectations\n" in changed[5]
    settled(town)
    assert len(inbox(town)) == 2


def test_a_burst_is_told_of_once(stack):
    """Half of it would be a wrong message, and another one to put it right."""
    town = new_town(stack)
    for event in visits(town, 12):
        town.tell(event)
        time.sleep(0.15)
    wait_inbox(town, 1)
    settled(town)
    assert [row[4].split(": ")[1] for row in inbox(town)] == ["above expectations"]


@needs_an_open_quarter
def test_a_score_that_vanishes_is_told_of(stack):
    """All of the month was an absence: what was said of it is taken back."""
    town = new_town(stack)
    town.settle(*visits(town, 10))
    [first] = wait_inbox(town, 1)
    stack.load({"absences": [{"nip": town.nips[0], "from": f"{LAST}-01", "until": f"{LAST_DAY}", "kind": "maternity"}]})
    stack.wait_idle()
    assert town.score(LAST) is None
    _, gone = wait_inbox(town, 2)
    assert gone[3] == f"{first[3]}-none"
    assert "- Results as a whole: meets expectations → not rated\n" in gone[5]
    settled(town)
    assert len(inbox(town)) == 2


def test_a_month_ends_without_any_event(stack):
    """The time alone brings the message."""
    town = new_town(stack)
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    settled(town)
    stack.db.execute("DELETE FROM notification.inbox WHERE person = %s", (town.id(),))
    stack.db.execute("UPDATE notification.watch SET told = NULL, late = false, due_at = now() WHERE person = %s AND period = %s",
                     (town.id(), LAST))
    wait_inbox(town, 1)


def test_an_open_quarter_and_year_wait_for_their_end(stack):
    town = new_town(stack)
    town.settle(*visits(town, 1, day=TODAY))
    settled(town)
    quarter = f"{TODAY.year}-Q{(TODAY.month + 2) // 3}"
    due = dict(stack.rows("SELECT period, due_at FROM notification.watch WHERE person = %s", town.id()))
    morning = timedelta(hours=6)
    start = datetime(TODAY.year + 1, 1, 1, tzinfo=ZONE)
    assert due[f"{TODAY.year}"] == start + morning
    assert due[quarter] > datetime.now(ZONE) and due[quarter].astimezone(ZONE).hour == 6
    assert inbox(town, f"{TODAY.year}") == inbox(town, quarter) == []


def test_the_message_is_in_both_languages_and_for_the_gateway(stack):
    town = new_town(stack)
    town.settle(*visits(town, 10))
    [message] = wait_inbox(town, 1)
    row = stack.rows("SELECT id, person::text, period, kind, indicator, title_id, title_en, body_id, body_en "
                     "FROM notification.inbox_view WHERE person = %s AND period = %s", town.id(), LAST)
    assert row[0][:5] == (message[0], town.id(), LAST, "closed", None)
    assert row[0][5].startswith("Hasil kerja ") and row[0][5].endswith(": sesuai ekspektasi")
    assert "Hasil kerja Anda: sesuai ekspektasi. Nilai 100,00" in row[0][7] and "The score, 100.00," in row[0][8]
    stack.db.execute("SET ROLE terukur_gateway")
    try:
        assert stack.value("SELECT count(*) FROM notification.inbox_view") > 0
        with pytest.raises(Exception, match="permission denied"):
            stack.rows("SELECT * FROM notification.inbox")
    finally:
        stack.db.execute("RESET ROLE")


def test_a_mail_is_in_the_language_that_a_person_reads(stack):
    """In Indonesian when nobody said."""
    town = new_town(stack, people=3, mail=True, load=False)
    for row, language in zip(town.registry["people"], ("id", "en", None)):
        row.update({"language": language} if language else {})
    stack.load(town.registry)
    heard_in_time(town)
    town.settle(*(event for nip in town.nips for event in visits(town, 10, nip)))
    wait_emails(town, 3, "sent")
    for i, language in enumerate(("id", "en", "id")):
        [mail] = caught(stack, f"{town.source}.{i}@")
        text = mail.get_body(("plain",)).get_content()
        assert mail["Content-Language"] == language
        assert ("Hasil kerja Anda" in text, "your results" in text) == (language == "id", language == "en")


def test_what_nobody_sees_is_not_told(stack):
    """Another version of the plan, the same targets: the score's revision grows."""
    town = new_town(stack)
    town.settle(*visits(town, 10))
    [message] = wait_inbox(town, 1)
    before = town.score(LAST)
    stack.load({"plans": [town.plan(town.nips[0], year=LAST_DAY.year, items=[
        town.item(town.visits, 10, 70), town.item(town.quality, 50, 30)])]})
    stack.wait_idle()
    assert town.score(LAST)["revision"] > before["revision"] == int(message[3])
    settled(town)
    assert len(inbox(town)) == 1


# --- what is late


def test_a_year_of_old_data_is_one_message_and_one_mail(stack):
    town = new_town(stack, mail=True, heard=False)
    town.settle(*history(town, value=1), *history(town, indicator=town.quality, value=60))
    settled(town)
    [(kind, period, title, body)] = messages(town)
    assert (kind, period) == ("digest", max(ENDED, key=ENDS.get))
    assert title == f"Results for {len(ENDED)} periods that have ended" and len(ENDED) > 2
    assert body.count("\n- ") == len(ENDED)
    assert {f"{town.score(p)['results']['score']}, " in body for p in ENDED} == {True}
    wait_emails(town, 1, "sent")
    assert len(caught(stack, f"{town.source}.0@")) == 1
    assert wait_until(lambda: len(said(stack, town.id())) == 2, 10)
    [said_inbox, said_mail] = [m for _, m in said(stack, town.id())]
    assert (said_inbox["kind"], said_inbox["period"], said_mail["channel"]) == ("digest", period, "email")


def test_batches_over_some_time_are_one_message(stack):
    """Though the first periods have been quiet for long when the last ones come, and the program is killed meanwhile."""
    overrides = stack.processes.overrides["notification"]
    overrides["DIGEST_QUIET_SECONDS"] = "10"
    stack.restart("notification")
    try:
        town = new_town(stack, people=5, heard=False)
        for n, batch in enumerate(zip(*(history(town, nip) for nip in town.nips))):
            town.tell(*batch)
            time.sleep(1)
            if n in (2, 5):
                stack.kill("notification")
                stack.start("notification")
        assert [messages(town, nip) for nip in town.nips] == [[]] * 5
        stack.wait_idle()
        assert wait_until(lambda: all(messages(town, nip) for nip in town.nips), 30)
        settled(town)
        assert [[row[:3] for row in messages(town, nip)] for nip in town.nips] == [
            [("digest", messages(town)[0][1], f"Results for {len(ENDED)} periods that have ended")]] * 5
    finally:
        overrides["DIGEST_QUIET_SECONDS"] = HURRY["DIGEST_QUIET_SECONDS"]
        stack.restart("notification")


def test_another_load_waits_for_the_morning_and_tells_what_changed(stack):
    town = new_town(stack, heard=False)
    town.settle(*history(town))
    settled(town)
    assert [row[0] for row in messages(town)] == ["digest"]
    town.settle(*history(town, indicator=town.quality, value=60)[:-1])
    settled(town)
    assert len(messages(town)) == 1
    morning = datetime.combine(TODAY + timedelta(1), datetime.min.time(), ZONE) + timedelta(hours=6)
    waiting = stack.rows("SELECT period, due_at FROM notification.watch WHERE person = %s AND late AND due_at IS NOT NULL",
                         town.id())
    assert {due.astimezone(ZONE) for _, due in waiting} == {morning} and len(waiting) < len(ENDED)
    next_day(town)
    assert wait_until(lambda: len(messages(town)) == 2, 20)
    kind, _, _, body = messages(town)[1]
    assert kind == "digest" and body.count(f"Ratings that changed: {town.quality}.") == len(waiting) == body.count("\n- ")
    next_day(town)
    town.settle(*(event for month in MONTHS[:2] for event in visits(town, 9, day=f"{month}-12")))
    settled(town)
    assert len(messages(town)) == 3
    next_day(town)
    town.settle(town.event(time=f"{ENDED[0]}-11T08:00:00+07:00", indicator=town.quality, value=60))  # no rating moves
    settled(town)
    assert len(messages(town)) == 3


def test_old_data_all_over_again(stack):
    """From the first offset on, after a restart: the digest has been told."""
    town = new_town(stack, heard=False)
    town.settle(*history(town))
    settled(town)
    assert len(messages(town)) == 1
    next_day(town)
    again(stack)
    settled(town)
    assert len(messages(town)) == 1


@needs_an_open_quarter
def test_one_late_period_is_told_as_itself(stack):
    town = new_town(stack, heard=False)
    town.settle(*visits(town, 10))
    settled(town)
    [(kind, period, title, _)] = messages(town)
    assert (kind, period) == ("closed", LAST) and title.endswith("meets expectations")


# --- pace


@needs_yesterday
def test_falling_behind_is_told_once_a_week(stack):
    town = new_town(stack)
    stack.load({"plans": [town.plan(town.nips[0], year=TODAY.year, items=[town.item(town.visits, 310), town.item(
        town.quality, 50)])]})
    town.settle(*visits(town, 1, day=TODAY))
    [message] = wait_inbox(town, 1, period=THIS)
    _, kind, indicator, occasion, title, body = message
    assert (kind, indicator) == ("pace", town.visits)
    assert occasion == "{}-W{:02}".format(*TODAY.isocalendar())
    assert title == f"{town.visits}: behind the pace of the target"
    days = (TODAY.replace(day=28) + timedelta(4)).replace(day=1) - TODAY.replace(day=1)
    assert body.startswith("So far 1 of the target of 310 x for ")
    assert f"{TODAY.day - 1} of {days.days} service days have passed" in body
    assert f"309 more in the {days.days - TODAY.day + 1} service days that are left" in body
    town.settle(*visits(town, 1, day=TODAY))
    settled(town)
    assert len(inbox(town, THIS)) == 1

    # six days later it is still too soon, though another ISO week may have begun
    age = "UPDATE notification.inbox SET at = at - interval '{} days', occasion = '{}' WHERE id = {}"
    stack.db.execute(age.format(6, "earlier", message[0]))
    town.settle(*visits(town, 1, day=TODAY))
    settled(town)
    assert len(inbox(town, THIS)) == 1

    stack.db.execute(age.format(1, "earlier", message[0]))
    town.settle(*visits(town, 1, day=TODAY))
    wait_inbox(town, 2, period=THIS)
    settled(town)
    assert len(inbox(town, THIS)) == 2


@needs_yesterday
def test_who_keeps_the_pace_hears_nothing_and_what_is_missing_is_not_spoken_of(stack):
    town = new_town(stack)
    town.settle(*visits(town, 10, day=TODAY))
    settled(town)
    assert town.score(THIS)["missing"] == [town.quality]
    assert inbox(town, THIS) == []


@needs_yesterday
def test_a_value_below_its_target_is_told(stack):
    town = new_town(stack)
    town.settle(*visits(town, 1, day=TODAY, indicator=town.quality, value=20))
    [message] = wait_inbox(town, 1, period=THIS)
    assert (message[1], message[2], message[4]) == ("pace", town.quality, f"{town.quality}: not yet at the target")
    assert "stands at 20.00 against a target of 50.00 x" in message[5]
    assert "With 25.00 more: meets expectations." in message[5]


@needs_yesterday
def test_absence_is_no_service(stack):
    """Who was away until yesterday has not fallen behind."""
    town = new_town(stack)
    stack.load({"absences": [{"nip": town.nips[0], "from": f"{THIS}-01", "until": f"{TODAY - timedelta(1)}", "kind": "sick"}]})
    town.settle(*visits(town, 1, day=TODAY, indicator=town.quality, value=20))
    settled(town)
    assert town.score(THIS)["items"][0]["rating"] == "BELOW"
    assert inbox(town, THIS) == []


# --- what it says on Kafka, and what it hears there


def test_what_was_sent_is_said(stack):
    schema = json.loads((ROOT / "schemas/topics/notification.sent.json").read_text())
    town = new_town(stack, mail=True)
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    wait_emails(town, len(emails(town)), "sent")
    assert wait_until(lambda: {m["channel"] for _, m in said(stack, town.id()) if m["period"] == LAST} ==
                      {"inbox", "email"}, 10)
    messages = said(stack, town.id())
    for _, message in messages:
        jsonschema.validate(message, schema, format_checker=jsonschema.FormatChecker())
    assert len({id for id, _ in messages}) == len(messages)


def test_said_again_it_has_the_same_id(stack):
    """What a crash between the acknowledgement and the commit leaves behind."""
    town = new_town(stack)
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    settled(town)
    before = said(stack, town.id())
    stack.db.execute("UPDATE notification.inbox SET published = false WHERE person = %s", (town.id(),))
    assert wait_until(lambda: len(said(stack, town.id())) == 2 * len(before), 10)
    assert {json.dumps(m) for m in said(stack, town.id())} == {json.dumps(m) for m in before}


def test_nonsense_stops_nothing(stack):
    town = new_town(stack)
    person, nobody = town.id(), "00000000-0000-4000-8000-000000000000"
    keys = [b"", b"x", person, f"{person}/", f"{person}/2026-13", f"{person}/2026-03/x", f"{person}x2026-03",
            f"{person.upper()}/2026-03", f"{nobody}/2026-03", b"\xff" * 44, b"a" * 5000, f"{person}/2026-\0003"]
    for value in (b"", b"{", b"null", b"\xff", b'{"items":1}', None):
        stack.produce([(SCORES, 0, key, [], value) for key in keys])
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    settled(town)
    assert stack.get("notification", "/readyz")[0] == 200
    assert stack.rows("SELECT * FROM notification.inbox WHERE person = %s", nobody) == []


def again(stack):
    """notification reads all scores once more."""
    stack.stop("notification")
    stack.rewind("terukur-notification", SCORES)
    stack.start("notification")


def test_all_of_it_again(stack):
    """From the first offset on: everything has been told."""
    town = new_town(stack)
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    settled(town)
    count = "SELECT count(*) FROM notification.inbox"
    before = stack.value(count)
    again(stack)
    settled(town)
    assert stack.value(count) == before


def test_two_of_them_tell_everything_once(stack):
    towns = [new_town(stack, people=30, mail=True, load=False) for _ in range(2)]
    for town in towns:
        stack.load(town.registry)
    stack.start("notification-2")
    try:
        town, old = towns
        town.tell(*(event for nip in town.nips for event in visits(town, 1, nip)))
        old.tell(*(event for nip in old.nips for event in history(old, nip)))
        for town in towns:
            settled(town)
            mails = len(emails(town))
            assert mails >= 30
            wait_emails(town, mails, "sent", 60)
            ids = [mail["Message-ID"] for mail in caught(stack, f"{town.source}.")]
            assert len(ids) == len(set(ids)) == mails
        assert {len(messages(old, nip)) for nip in old.nips} == {1}, "one digest each, whoever makes it"
    finally:
        stack.stop("notification-2")
        stack.processes.overrides.pop("notification-2", None)


# --- mail


def test_a_mail_says_what_the_inbox_says(stack):
    town = new_town(stack, mail=True)
    town.settle(*visits(town, 10))
    [message] = wait_inbox(town, 1)
    assert wait_until(lambda: any("Hasil kerja" in mail["Subject"] for mail in caught(stack, f"{town.source}.0@")), 20)
    [(title, body)] = stack.rows("SELECT title ->> 'id', body ->> 'id' FROM notification.inbox WHERE id = %s", message[0])
    mail, text = next((m, m.get_body().get_content()) for m in caught(stack, f"{town.source}.0@") if m["Subject"] == title)
    assert mail["To"] == f"{town.source}.0@kota.example" and mail["From"] == "Terukur <terukur@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated" and not mail.defects
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/mixed", "text/plain"]
    assert mail.get_body().get_content_charset() == "utf-8" and not mail.get_body().defects
    assert title in text and body in text and "Nilai 100,00 tidak menentukan" in text
    assert stack.env["GATEWAY_URL"] in text
    assert mail.raw.isascii() and max(map(len, mail.raw.splitlines())) <= 100, "for any server that the mail passes"


def test_who_has_no_address_gets_none(stack):
    town = new_town(stack)
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    assert emails(town) == []


def test_an_address_that_is_none_is_given_up(stack):
    """And it makes no command and no header of its own."""
    town = new_town(stack, mail=True)
    stack.db.execute("UPDATE registry.person SET email = %s WHERE nip = %s",
                     ("a@b.example>\r\nRCPT TO:<evil@kota.example", town.nips[0]))
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    assert {row[3] for row in wait_emails(town, len(emails(town)), "given_up")} == {"no usable address"}
    assert caught(stack, "evil@") == []


def test_mails_wait_while_the_server_is_away(stack):
    """And a long weekend without it costs no mail its attempts."""
    town = new_town(stack, mail=True)
    stack.stop("mail")
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    assert wait_until(lambda: emails(town) and emails(town)[0][3], 20)
    assert {(row[1], row[2]) for row in emails(town)} == {("waiting", 0)}
    assert stack.get("notification", "/readyz")[0] == 200
    stack.start("mail")
    wait_emails(town, len(emails(town)), "sent", 75)


def test_a_refused_mail_is_tried_again_later_and_given_up_in_the_end(stack, smtp):
    server = smtp(lambda verb, n: "451 not now" if verb == "." else None)
    town = new_town(stack, mail=True)
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    assert wait_until(lambda: all(row[2] == 1 and row[1] == "waiting" for row in emails(town)), 20)
    assert all("451" in row[3] and timedelta(seconds=30) < row[4] - datetime.now(ZONE) < timedelta(seconds=61)
               for row in emails(town))
    due_now(town)
    assert wait_until(lambda: all(row[2] == 2 and row[1] == "waiting" for row in emails(town)), 20)
    assert all(row[4] - datetime.now(ZONE) > timedelta(minutes=4) for row in emails(town))
    due_now(town, attempts=7)
    wait_emails(town, len(emails(town)), "given_up")
    assert server.mails == []
    assert wait_until(lambda: 'terukur_notification_mails{state="given_up"} 0' not in stack.get(
        "notification", "/metrics")[1], 15)


def test_one_bad_recipient_holds_up_nobody(stack, smtp):
    town = new_town(stack, mail=True, people=3)
    server = smtp(lambda verb, n: "450 not now" if verb == "RCPT" and n == 1 else None)
    town.settle(*(event for nip in town.nips for event in visits(town, 10, nip)))
    for nip in town.nips:
        wait_inbox(town, 1, nip=nip)
    all_of_them = len(emails(town))
    wait_emails(town, all_of_them - 1, "sent")
    [(_, state, attempts, error, _)] = [row for row in emails(town) if row[1] != "sent"]
    assert (state, attempts) == ("waiting", 1) and "450" in error
    due_now(town)
    wait_emails(town, all_of_them, "sent")
    ids = [mail["Message-ID"] for mail in server.mails]
    assert len(set(ids)) == len(ids) == all_of_them


def unreachable(stack):
    """Whom `admin status` names, and what the metric says."""
    status = json.loads(stack.admin("status", "--json").stdout)["unreachable"]
    return {row["person"]: row["reply"] for row in status}


def one_more_message(town, value):
    """Another rating of the quality of last month, and the mail about it: (state, attempts, error)."""
    known = {row[0] for row in emails(town)}
    next_day(town)
    town.settle(*visits(town, 1, indicator=town.quality, value=value))
    assert wait_until(lambda: any(row[0] not in known and row[1] not in ("waiting", "sending", "handed")
                                  for row in emails(town)), 25), emails(town)
    return {row[1:4] for row in emails(town) if row[0] not in known}


def test_a_mailbox_that_does_not_exist_is_given_up(stack, smtp):
    """Operators see whose it is, by person. It is tried again when there is another address, or when a week has passed."""
    town = new_town(stack, mail=True)
    server = smtp(lambda verb, n: "550 5.1.1 no such user here" if verb == "RCPT" and n < 3 else None)
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    wait_emails(town, len(emails(town)), "given_up")
    settled(town)
    tried = [row for row in emails(town) if row[2]]
    assert [row[1:3] for row in tried] == [("given_up", 1)] and "last reply 550" in tried[0][3]
    assert server.seen["RCPT"] == 1 and unreachable(stack) == {town.id(): 550}
    shown = stack.admin("status").stdout
    assert "people whose mailbox does not exist: 1\n" in shown and town.id() in shown
    assert f"{town.source}.0@" not in shown + (stack.run_dir / "log/notification.log").read_text()
    assert wait_until(lambda: "\nterukur_notification_unreachable_people 1\n" in stack.get("notification", "/metrics")[1], 15)

    assert {row[:2] for row in one_more_message(town, 50)} == {("given_up", 0)}
    assert server.seen["RCPT"] == 1

    stack.db.execute("UPDATE notification.unreachable SET since = since - interval '8 days'")
    [(state, attempts, error)] = one_more_message(town, 0)
    assert (state, attempts) == ("given_up", 1) and "550" in error and server.seen["RCPT"] == 2

    town.registry["people"][0]["email"] = f"{town.source}.new@kota.example"
    stack.load({"people": town.registry["people"]})
    assert unreachable(stack) == {}
    assert {row[0] for row in one_more_message(town, 100)} == {"sent"}
    assert stack.rows("SELECT * FROM notification.unreachable") == []


@pytest.mark.parametrize("reply", ["554 5.7.1 relay access denied", "452 4.2.2 mailbox full"])
def test_a_reply_that_is_not_about_the_mailbox_makes_nobody_unreachable(stack, smtp, reply):
    town = new_town(stack, mail=True)
    smtp(lambda verb, n: reply if verb == "RCPT" and n == 1 else None)
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    assert wait_until(lambda: any(reply[:3] in (row[3] or "") for row in emails(town)), 20)
    assert {row[1] for row in emails(town)} <= {"waiting", "sent"} and unreachable(stack) == {}
    due_now(town)
    wait_emails(town, len(emails(town)), "sent")


@pytest.mark.parametrize("where, state", [("DATA", "sending"), (".", "handed")])
def test_killed_in_the_middle_of_a_mail(stack, smtp, where, state):
    """Before the dot that ends it, the server has nothing: sent again. After it nobody can know: not sent again."""
    town = new_town(stack, mail=True)
    server = smtp(lambda verb, n: "hang" if verb == where and n == 1 else None)
    town.settle(*visits(town, 10))
    assert server.reached.wait(30)
    assert wait_until(lambda: len(emails(town, state)) == 1, 5), emails(town)
    [(unclear, *_)] = emails(town, state)
    stack.kill("notification")
    stack.db.execute("UPDATE notification.email SET due_at = now() WHERE inbox = %s", (unclear,))  # the claim runs out
    stack.start("notification")
    wait_inbox(town, 1)
    settled(town)
    left = len(emails(town)) - (state == "handed")
    wait_emails(town, left, "sent", 40)
    ids = [mail["Message-ID"] for mail in server.mails]
    assert len(set(ids)) == len(ids) == left
    if state == "handed":
        [(inbox_id, *_)] = wait_emails(town, 1, "doubtful", 20)
        assert inbox_id == unclear


def test_no_answer_to_a_whole_mail(stack, smtp):
    """Nobody knows what became of it: later again, as any mail server would, and recognisable as the same."""
    town = new_town(stack, mail=True)
    server = smtp(lambda verb, n: "drop" if verb == "." and n == 1 else None)
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    settled(town)
    assert wait_until(lambda: len(emails(town, "sent")) == len(emails(town)) - 1 and
                      any(row[1:3] == ("waiting", 1) for row in emails(town)), 20), emails(town)
    [(unclear, *_)] = emails(town, "waiting")
    assert len(server.mails) == len(emails(town, "sent"))
    due_now(town)
    wait_emails(town, len(emails(town)), "sent")
    id = stack.value("SELECT message_id::text FROM notification.email WHERE inbox = %s", unclear)
    assert [mail["Message-ID"] for mail in server.mails].count(f"<{id}@localhost>") == 1


def test_a_password_never_goes_in_the_clear(stack, smtp):
    """A server that offers no TLS gets neither the password nor the mail."""
    overrides = stack.processes.overrides["notification"]
    overrides.update(SMTP_USER="terukur", SMTP_PASSWORD="rahasia")
    try:
        server = smtp(lambda verb, n: "250-here\r\n250 AUTH PLAIN LOGIN" if verb == "EHLO" else None)
        town = new_town(stack, mail=True)
        town.settle(*visits(town, 10))
        wait_inbox(town, 1)
        assert wait_until(lambda: server.seen["EHLO"] > 0 and emails(town) and emails(town)[0][3], 20)
        assert {row[1] for row in emails(town)} == {"waiting"}
        assert not {"AUTH", "MAIL", "DATA"} & {*server.seen} and server.mails == []
        assert "rahasia" not in (stack.run_dir / "log/notification.log").read_text()
    finally:
        del overrides["SMTP_USER"], overrides["SMTP_PASSWORD"]


def no_mail_without(town, server, *words):
    """Nothing of a mail has gone to this server, and what is noted names these."""
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    assert wait_until(lambda: emails(town) and emails(town)[0][3], 60)
    assert {row[1] for row in emails(town)} == {"waiting"} and server.mails == [] and not {"MAIL", "DATA"} & {*server.seen}
    assert all(word in emails(town)[0][3] for word in words), emails(town)


def test_mail_to_another_machine_needs_tls(stack, smtp):
    """0.0.0.0 is no address of this machine that anybody promised."""
    server = smtp()
    stack.processes.overrides["notification"]["SMTP_URL"] = server.url.replace("127.0.0.1", "0.0.0.0")
    stack.restart("notification")
    no_mail_without(new_town(stack, mail=True), server, "SMTP_TLS")


def test_tls_can_be_required_of_this_machine(stack, smtp):
    server = smtp(SMTP_TLS="require")
    no_mail_without(new_town(stack, mail=True), server, "SMTP_TLS")


@pytest.mark.parametrize("tls", ["require", ""])
def test_a_certificate_that_nobody_vouches_for(stack, smtp, certificate, tls):
    server = smtp(tls=certificate[1], SMTP_TLS=tls)
    no_mail_without(new_town(stack, mail=True), server, "certificate", "SMTP_CA")


@pytest.mark.parametrize("tls", ["require", "opportunistic"])
def test_mail_over_tls(stack, smtp, certificate, tls):
    town = new_town(stack, mail=True)
    server = smtp(tls=certificate[1], SMTP_TLS=tls, SMTP_CA=certificate[0])
    town.settle(*visits(town, 10))
    wait_inbox(town, 1)
    wait_emails(town, len(emails(town)), "sent")
    assert server.seen["TLS"] >= 1
    assert len([mail for mail in server.mails if mail["To"] == f"{town.source}.0@kota.example"]) == len(emails(town))


def test_stopped_in_the_middle_of_a_mail(stack, smtp):
    """It lets go of it at once, and the next start sends it."""
    town = new_town(stack, mail=True)
    server = smtp(lambda verb, n: "hang" if verb == "RCPT" and n == 1 else None)
    town.settle(*visits(town, 10))
    assert server.reached.wait(30)
    began = time.monotonic()
    stack.stop("notification")
    assert time.monotonic() - began < 5
    assert emails(town, "sending") == []
    stack.start("notification")
    wait_inbox(town, 1)
    settled(town)
    wait_emails(town, len(emails(town)), "sent")


def test_killed_again_and_again_it_tells_everything_once(stack):
    """No message twice, no mail twice, nothing left unsaid."""
    town = new_town(stack, people=60, mail=True)
    town.tell(*(event for nip in town.nips for event in visits(town, 10, nip)))
    for pause in (0.4, 1.2, 0.2, 1.7, 0.9, 1.4, 0.6, 1.1, 2.0, 0.7):
        time.sleep(pause)
        stack.kill("notification")
        stack.start("notification", wait=False)
    stack.start("notification")
    settled(town)
    for nip in town.nips:
        assert len(inbox(town, nip=nip)) == 1
    due_now(town)
    assert wait_until(lambda: all(row[1] in ("sent", "doubtful") for row in emails(town)), 60), emails(town)
    mails = caught(stack, f"{town.source}.")
    ids = [mail["Message-ID"] for mail in mails]
    assert len(ids) == len(set(ids))
    sent = len(emails(town, "sent"))
    assert sent <= len(ids) <= sent + len(emails(town, "doubtful"))
    assert len(emails(town, "doubtful")) <= 10
    settled(town)
    people = {town.id(nip) for nip in town.nips}
    told = stack.value("SELECT count(*) FROM notification.inbox WHERE person = ANY(%s::uuid[])", list(people))
    assert wait_until(lambda: len({m.headers["ce_id"] for m in stack.read("terukur.notification.sent")
                                   if m.key.decode() in people}) == told + sent, 10)


def test_postgres_goes_away_and_comes_back(stack):
    town = new_town(stack, people=10, mail=True)
    town.tell(*(event for nip in town.nips for event in visits(town, 10, nip)))
    time.sleep(1.5)
    stack.processes.restart_postgres(hard=True)
    settled(town)
    for nip in town.nips:
        wait_inbox(town, 1, nip=nip)
    assert wait_until(lambda: all(row[1] == "sent" for row in emails(town)), 100), emails(town)
    ids = [mail["Message-ID"] for mail in caught(stack, f"{town.source}.")]
    assert len(ids) == len(set(ids)) == len(emails(town))


# --- the program


def test_settings(stack):
    assert stack.run("notification", "--check").returncode == 0
    text = stack.run("notification", "--help").stdout
    for name in ("QUIET_SECONDS", "DIGEST_QUIET_SECONDS", "PACE_TOLERANCE", "PACE_AFTER_DAYS", "EMAIL", "SMTP_URL", "SMTP_TLS", "SMTP_CA", "SMTP_USER",
                 "SMTP_PASSWORD", "MAIL_FROM", "PUBLIC_URL"):
        assert name in text
    for wrong in ({"MAIL_FROM": "Terukur <a@b>"}, {"MAIL_FROM": "a@b\nBcc: c@d"}, {"EMAIL": "yes"}, {"PACE_TOLERANCE": "101"},
                  {"SMTP_TLS": "yes"}, {"SMTP_TLS": "off", "SMTP_USER": "terukur"}):
        done = stack.run("notification", env={**wrong, "OPS_LISTEN": "127.0.0.1:0"}, check=False)
        assert done.returncode == 100 and next(iter(wrong)) in done.stderr, done.stderr


def test_no_mail_when_it_is_switched_off(stack):
    overrides = stack.processes.overrides["notification"]
    overrides["EMAIL"] = "false"
    stack.restart("notification")
    try:
        town = new_town(stack, mail=True)
        town.settle(*visits(town, 10))
        wait_inbox(town, 1)
        assert emails(town) == []
    finally:
        del overrides["EMAIL"]
        stack.restart("notification")
