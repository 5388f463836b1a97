"""What an operator loses if this fails: a registry file that is half loaded or wrongly accepted moves everybody's scores;
a migration run twice breaks the database; a token that should have ended goes on; tampered evidence passes."""
import csv
import hashlib
import io
import json
import os
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from conftest import ROOT
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

CHANGED = "terukur.registry.changed"


def nip(number):
    """The NIP of an invented civil servant; other tests' people are younger."""
    return f"1948{number % 12 + 1:02}{number // 12 % 28 + 1:02}1975{number // 336 % 12 + 1:02}1{number // 4032 + 101:03}"


class Office:
    """An office of one test's own: codes with a prefix, people with NIPs that nobody else has."""

    made = 0

    def __init__(self):
        Office.made += 1
        self.number = Office.made
        self.name = f"adm{self.number}"
        self.nips = [nip(self.number * 20 + i) for i in range(20)]

    def registry(self, people=2, **more):
        name = self.name
        return {
            "agencies": [{"code": name, "name": f"Dinas {name}"}],
            "units": [{"code": f"{name}-unit", "agency": name, "name": "Unit"}],
            "indicators": [{"code": f"{name}-visit", "name": {"id": "Kunjungan", "en": "Visits"},
                            "aspect": "productivity", "measure": "count", "direction": "more"}],
            "sources": [{"code": f"{name}-source", "name": "Source", "indicators": [f"{name}-visit"]}],
            "positions": [self.position()],
            "people": [self.person(i) for i in range(people)],
            "plans": [{"nip": self.nips[i], "year": 2026, "status": "AGREED"} for i in range(people)],
            **more,
        }

    def position(self, target=40):
        return {"code": f"{self.name}-nurse", "name": "Perawat", "items": [
            {"indicator": f"{self.name}-visit", "target": target, "weight": 40, "kind": "MAIN"}]}

    def person(self, i, **more):
        return {"nip": self.nips[i], "name": f"Orang {i}", "unit": f"{self.name}-unit",
                "position": f"{self.name}-nurse", "superior": None, "from": "2026-01-01", **more}

    def event(self, id, value=1, indicator=None, day=4, **data):
        return json.dumps({
            "specversion": "1.0", "id": id, "source": f"{self.name}-source", "type": "terukur.activity.recorded.v1",
            "subject": self.nips[0], "time": f"2026-03-{day:02}T08:15:00+07:00",
            "data": {"indicator": indicator or f"{self.name}-visit", "value": value, **data}}).encode()


@pytest.fixture
def office():
    return Office()


@pytest.fixture
def load(stack, tmp_path):
    """Loads a file from a dict or text and returns the CompletedProcess, whatever its exit code."""
    def run(content, *options, name="registry.json", env=None):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return stack.run("admin", "registry", "load", *options, path, check=False, env=env)
    return run


@pytest.fixture
def database(stack):
    """A database of the test's own, empty: an environment for the command, and a connection."""
    name, url = f"admin_{uuid.uuid4().hex}", stack.processes.database_url()
    stack.db.execute(f"CREATE DATABASE {name}")
    url = url.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(url, autocommit=True) as db:
        yield {"DATABASE_URL": url}, db
    stack.db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def as_people_write(number):
    return f"{number[:8]} {number[8:14]}.{number[14]}-{number[15:]}"


def version(stack):
    return stack.value("SELECT version FROM registry.version")


def person_id(stack, office, i=0):
    return str(stack.value("SELECT id FROM registry.person WHERE nip = %s", office.nips[i]))


def said_about(stack, office, after):
    """(person's number, year) of each message about the office's people since."""
    people = {person: i for i, nip in enumerate(office.nips)
              for (person,) in stack.rows("SELECT id::text FROM registry.person WHERE nip = %s", nip)}
    found = []
    for message in stack.read(CHANGED, after):
        data = json.loads(message.value)
        if data["person"] in people:
            assert message.key.decode() == data["person"]
            headers = {name: value.decode() for name, value in message.headers.items()}
            assert headers["ce_type"] == f"{CHANGED}.v1" and headers["ce_source"] == "/terukur/admin"
            found.append((people[data["person"]], data.get("year") or data["period"]))
    return sorted(found)


# --- the call


@pytest.mark.parametrize("args", [
    [], ["nothing"], ["registry", "load"], ["registry", "load", "a", "b"], ["registry", "load", "--fast", "a"],
    ["token", "add"], ["token", "add", "--role", "king"], ["token", "add", "--role", "upstream"],
    ["token", "add", "--role", "person"], ["token", "add", "--role", "auditor", "--source", "x"],
    ["token", "add", "--role", "auditor", "--days", "0"], ["token", "add", "--role"], ["redrive"],
    ["redrive", "--reason", "bad"], ["redrive", "--id", "1", "--reason", "schema"], ["recompute", "--period", "2026-13"],
    ["role", "password", "postgres"], ["status", "--wait", "soon"], ["topics", "create", "--replication", "0"],
])
def test_a_wrong_call_is_exit_2(stack, args):
    done = stack.run("admin", *args, check=False)
    assert done.returncode == 2 and done.stderr and not done.stdout


def test_help_is_for_all_and_each(stack):
    listed = stack.run("admin", "--help").stdout
    for command in ("migrate", "role password", "topics create", "registry load", "people list", "people import",
                    "absences import", "plans import", "token add", "token revoke", "recompute", "redrive", "verify",
                    "status"):
        assert f"  {command}" in listed
        assert stack.run("admin", *command.split(), "--help").stdout.startswith(f"usage: admin {command}")


@pytest.mark.parametrize("group, commands", [("people", ["list", "import"]), ("registry", ["load", "export", "publish"]),
                                             ("token", ["add", "list", "revoke"]), ("absences", ["import"])])
def test_a_group_of_commands_has_help_of_its_own(stack, group, commands):
    said = stack.run("admin", group, "--help").stdout
    assert said.startswith(f"usage: admin {group} COMMAND")
    assert [line.split()[1] for line in said.splitlines() if line.startswith(f"  {group} ")] == commands
    assert "settings" not in said and "  verify" not in said
    done = stack.run("admin", group, check=False)
    assert (done.returncode, done.stderr) == (2, f"admin: no command; admin {group} --help says what there is\n")


def test_wrong_settings_and_absent_dependencies_have_their_exit_codes(stack):
    assert stack.run("admin", "--check").returncode == 0
    done = stack.run("admin", "people", "list", env={"DATABASE_URL": None}, check=False)
    assert done.returncode == 100 and "DATABASE_URL" in done.stderr
    done = stack.run("admin", "people", "list", env={"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, check=False)
    assert done.returncode == 111
    done = stack.run("admin", "topics", "create", env={"KAFKA_BROKERS": "127.0.0.1:1"}, check=False)
    assert done.returncode == 111
    done = stack.run("admin", "topics", "create", env={"KAFKA_NO_SUCH_SETTING": "1"}, check=False)
    assert done.returncode == 100 and "KAFKA_NO_SUCH_SETTING" in done.stderr


NOBODY = "postgresql://127.0.0.1:1/x"
SECRET = "s3cret"


@pytest.mark.parametrize("program", ["admin", "gateway"])
@pytest.mark.parametrize("url", [
    f"postgresql://u:{SECRET} pw@[::1/x", f"postgresql://u:{SECRET}/w@127.0.0.1:1/x",
    f"postgresql://u:7/{SECRET}@127.0.0.1:1/x", f"postgresql://u:w@{SECRET}@127.0.0.1:1/x",
    f"postgresql://u:%{SECRET}@127.0.0.1:1/x", f"postgresql://u@127.0.0.1:{SECRET}/x", f"password={SECRET} w host",
])
def test_a_password_is_in_no_message_about_a_wrong_database_url(stack, program, url):
    done = stack.run(program, "--check", env={"DATABASE_URL": url}, check=False)
    assert done.returncode == 100 and "DATABASE_URL is not a valid PostgreSQL URL" in done.stderr
    assert SECRET not in done.stderr + done.stdout


@pytest.mark.parametrize("url", [
    "postgresql://u:a%2Fb%40c@127.0.0.1:1,127.0.0.1:1/x?application_name=a@b", "host=127.0.0.1 port=1 password=a/b@c",
    "postgresql:///x?host=/nowhere", "postgres://127.0.0.1:1",
])
def test_a_right_database_url_is_taken(stack, url):
    assert stack.run("admin", "people", "list", env={"DATABASE_URL": url}, check=False).returncode == 111


def test_a_setting_s_file_is_one_that_can_be_read(stack, tmp_path):
    """Neither an empty password nor a program that waits for ever."""
    paths = {name: tmp_path / name for name in ("empty", "newline", "nul", "big", "fifo", "good", "none")}
    for name, data in (("empty", b""), ("newline", b"\n"), ("nul", b"\0x"), ("big", b"x" * 65537),
                       ("good", NOBODY.encode() + b"\r\n")):
        paths[name].write_bytes(data)
    os.mkfifo(paths["fifo"])
    for path, told in ((tmp_path, "no regular file"), (paths["fifo"], "no regular file"), ("/dev/zero", "no regular file"),
                       (paths["empty"], "it is empty"), (paths["newline"], "it is empty"), (paths["nul"], "holds a NUL"),
                       (paths["big"], "over 64 KiB"), (paths["none"], "No such file")):
        done = stack.run("admin", "people", "list", env={"DATABASE_URL": None, "DATABASE_URL_FILE": str(path)},
                         check=False, timeout=10)
        assert done.returncode == 100 and "DATABASE_URL_FILE" in done.stderr and told in done.stderr, path
        done = stack.run("admin", "topics", "create", env={"KAFKA_SASL_PASSWORD_FILE": str(path)}, check=False, timeout=10)
        assert done.returncode == 100 and "KAFKA_SASL_PASSWORD_FILE" in done.stderr and told in done.stderr, path
    done = stack.run("admin", "people", "list", env={"DATABASE_URL": None, "DATABASE_URL_FILE": str(paths["good"])},
                     check=False)
    assert done.returncode == 111
    stack.run("notification", "--check", env={"SMTP_PASSWORD_FILE": str(paths["newline"])})  # none, where none is right


@pytest.mark.parametrize("name, value", [
    ("LISTEN", "abc"), ("LISTEN", "0.0.0.0:99999"), ("OPS_LISTEN", "1"), ("TRUSTED_PROXIES", "zzz"),
    ("PUBLIC_URL", "javascript:alert(1)"), ("PUBLIC_URL", "https://"), ("KAFKA_GROUP_ID", "x"),
    ("KAFKA_GROUP_INSTANCE_ID", "x"), ("KAFKA_ENABLE_AUTO_COMMIT", "true"), ("KAFKA_ENABLE_AUTO_OFFSET_STORE", "true"),
    ("KAFKA_ACKS", "0"), ("KAFKA_REQUEST_REQUIRED_ACKS", "0"), ("KAFKA_ENABLE_IDEMPOTENCE", "false"),
    ("KAFKA_NO_SUCH_FILE", "/etc/hostname"),
])
def test_check_finds_wrong_settings(stack, name, value):
    done = stack.run("gateway", "--check", env={name: value}, check=False)
    assert done.returncode == 100 and name.removesuffix("_FILE") in done.stderr


def test_what_kubernetes_says_of_a_service_called_kafka_is_no_setting(stack, tmp_path):
    (tmp_path / "client").write_text("terukur\n")
    links = {"KAFKA_PORT": "tcp://10.0.0.9:9092", "KAFKA_SERVICE_HOST": "10.0.0.9", "KAFKA_SERVICE_PORT": "9092",
             "KAFKA_SERVICE_PORT_CLIENT": "9092", "KAFKA_PORT_9092_TCP": "tcp://10.0.0.9:9092",
             "KAFKA_PORT_9092_TCP_ADDR": "10.0.0.9", "KAFKA_UI_PORT": "tcp://10.0.0.8:80", "KAFKA_UI_SERVICE_HOST": "x",
             "KAFKA_CLIENT_ID_FILE": str(tmp_path / "client")}
    assert stack.run("gateway", "--check", env=links).returncode == 0
    done = stack.run("gateway", "--check", env={"KAFKA_PORT": "9092"}, check=False)
    assert done.returncode == 100 and "KAFKA_PORT" in done.stderr


def test_a_command_without_kafka_needs_no_brokers(stack):
    assert stack.run("admin", "people", "list", env={"KAFKA_BROKERS": None}).stdout.startswith("nip,person,name,unit,position\n")


# --- migrations and roles


def test_migrations_at_once_from_four_places_run_once_each(stack, database):
    env, db = database
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: stack.run("admin", "migrate", env=env), range(4)))
    applied = [line.split()[1] for run in runs for line in run.stdout.splitlines() if line.startswith("applied")]
    stored = [name for (name,) in db.execute("SELECT name FROM public.schema_migration ORDER BY name")]
    assert sorted(applied) == stored and "001_registry.sql" in stored
    assert stack.run("admin", "migrate", env=env).stdout == "the schemas are up to date\n"


def test_a_migration_that_was_changed_since_is_refused(stack, database):
    env, db = database
    stack.run("admin", "migrate", env=env)
    db.execute("UPDATE public.schema_migration SET sha256 = 'x' WHERE name = '002_intake.sql'")
    done = stack.run("admin", "migrate", env=env, check=False)
    assert done.returncode == 1 and "002_intake.sql" in done.stderr


def test_a_migration_that_fails_is_named_and_undone(stack, database):
    env, db = database
    db.execute("CREATE SCHEMA intake")
    done = stack.run("admin", "migrate", env=env, check=False)
    assert done.returncode == 1 and "002_intake.sql" in done.stderr and "already exists" in done.stderr
    assert [name for (name,) in db.execute("SELECT name FROM public.schema_migration")] == ["001_registry.sql"]
    db.execute("DROP SCHEMA intake")
    stack.run("admin", "migrate", env=env)


def test_the_example_of_a_migration_works(stack, database):
    """What HACKING.md tells a developer to copy gives a service its role, and a schema that it owns."""
    env, db = database
    stack.run("admin", "migrate", env=env)
    with db.transaction(force_rollback=True):
        db.execute((ROOT / "tests/example/example.sql").read_text())
        owner = "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'example'"
        assert db.execute(owner).fetchall() == [("terukur_example",)]


def test_scores_from_before_011_have_their_facts_from_the_first_moment(stack, database):
    """Unit and service days by the rule that scoring follows; and each year with a score is to be looked at again."""
    env, db = database
    db.execute("CREATE TABLE public.schema_migration (name text PRIMARY KEY, sha256 bytea NOT NULL, at timestamptz NOT NULL "
               "DEFAULT now())")
    for path in sorted((ROOT / "schemas/sql").glob("0*.sql")):
        if path.name < "011":
            db.execute(path.read_text())
            db.execute("INSERT INTO public.schema_migration VALUES (%s, %s)", (
                path.name, hashlib.sha256(path.read_bytes()).digest()))
    db.execute("INSERT INTO registry.agency VALUES ('a', 'A'); INSERT INTO registry.unit (code, agency, name) VALUES "
               "('old', 'a', 'x'), ('new', 'a', 'x'); INSERT INTO registry.position VALUES ('p', 'x', '[]')")
    person = db.execute("INSERT INTO registry.person (nip, name) VALUES ('n', 'x') RETURNING id").fetchone()[0]
    db.execute("INSERT INTO registry.assignment VALUES (%(p)s, '2025-12-20', '2026-03-15', 'old', 'p'), "
               "(%(p)s, '2026-03-18', NULL, 'new', 'p')", {"p": person})
    db.execute("INSERT INTO registry.absence VALUES (%(p)s, '2026-01-05', '2026-01-06', 'x'), "
               "(%(p)s, '2026-01-06', '2026-01-09', 'x'), (%(p)s, '2026-03-10', '2026-03-20', 'x')", {"p": person})
    db.execute("INSERT INTO scoring.person VALUES (%s)", (person,))
    want = {"2025": ("old", "{[2025-12-20,2026-01-01)}"), "2026-01": ("old", "{[2026-01-01,2026-01-05),[2026-01-10,2026-02-01)}"),
            "2026-03": ("new", "{[2026-03-01,2026-03-10),[2026-03-21,2026-04-01)}"),
            "2026-Q1": ("new", "{[2026-01-01,2026-01-05),[2026-01-10,2026-03-10),[2026-03-21,2026-04-01)}")}
    for period, body in {**dict.fromkeys(want, '{"items":[]}'), "2026-02": None}.items():
        db.execute("INSERT INTO scoring.score (person, period, revision, person_revision, body, computed_at) "
                   "VALUES (%s, %s, 1, 0, %s, now())", (person, period, body))
        db.execute("INSERT INTO reporting.score (person, period, revision, stands, unit) VALUES (%s, %s, 1, %s, 'stale')",
                   (person, period, body is not None))
    assert stack.run("admin", "migrate", env=env).stdout.split()[:2] == ["applied", "011_score_facts.sql"]
    assert {period: facts for period, *facts, in db.execute(
        "SELECT period, unit, service_days::text FROM scoring.score WHERE unit IS NOT NULL OR service_days IS NOT NULL")
            } == {period: [*facts] for period, facts in want.items()}
    assert dict(db.execute("SELECT period, unit FROM reporting.person_score_view").fetchall()) == {
        period: unit for period, (unit, _) in want.items()}
    assert [message for (message,) in db.execute("SELECT message FROM registry.outbox ORDER BY id")] == [
        {"kind": "person", "person": str(person), "year": year} for year in (2025, 2026)]


def test_the_admin_role_suffices_for_operations_and_no_more(stack, office, load):
    password = uuid.uuid4().hex
    stack.admin("role", "password", "terukur_admin", input=password + "\n")
    own = stack.processes.database_url().split("@")[1]
    env = {"DATABASE_URL": f"postgresql://terukur_admin:{password}@{own}"}
    assert load(office.registry(), env=env).returncode == 0
    for args in (["--check"], ["topics", "create"], ["people", "list"], ["status"], ["verify"],
                 ["token", "add", "--role", "auditor"], ["redrive", "--reason", "malformed", "--limit", "1"],
                 ["recompute", "--period", "2026-03", "--person", office.nips[0]]):
        stack.run("admin", *args, env=env)
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as db:
        for sql in ("DELETE FROM intake.evidence", "UPDATE scoring.score SET body = ''", "DELETE FROM intake.rejection",
                    "CREATE TABLE public.x ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(sql)
    stack.db.execute("ALTER ROLE terukur_admin NOLOGIN")


def test_a_password_comes_in_and_stays_out_of_sight(stack):
    done = stack.admin("role", "password", "terukur_admin", input="", check=False)
    assert done.returncode == 1
    done = stack.admin("role", "password", "terukur_admin", input="hidden-word\n")
    assert "hidden-word" not in done.stdout + done.stderr
    assert stack.value("SELECT rolpassword FROM pg_authid WHERE rolname = 'terukur_admin'").startswith("SCRAM-SHA-256$")
    stack.db.execute("ALTER ROLE terukur_admin NOLOGIN")


# --- registry load


def test_a_file_is_loaded_once_and_said_once(stack, office, load):
    after = stack.ends(CHANGED)
    done = load(office.registry(absences=[
        {"nip": office.nips[0], "from": "2026-02-02", "until": "2026-02-13", "kind": "maternity"}]))
    assert done.returncode == 0, done.stderr
    assert "people: 2 added, 0 changed" in done.stdout
    assert f"created topic terukur.activity.{office.name}-source" in done.stdout
    assert len(stack.ends(f"terukur.activity.{office.name}-source")) == 6
    assert said_about(stack, office, after) == [(0, 2026), (1, 2026)]

    before, after = version(stack), stack.ends(CHANGED)
    done = load(office.registry())
    assert done.returncode == 0 and done.stdout == "nothing changed\n"
    assert version(stack) == before and stack.ends(CHANGED) == after


def test_a_dry_run_tells_the_same_and_changes_nothing(stack, office, load):
    before = version(stack)
    done = load(office.registry(), "--dry-run")
    assert done.returncode == 0 and "people: 2 added" in done.stdout and "nothing is stored" in done.stdout
    assert version(stack) == before
    assert not stack.rows("SELECT FROM registry.agency WHERE code = %s", office.name)


def test_the_same_file_at_once_from_four_places(stack, office, load):
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda n: load(office.registry(), name=f"{n}.json"), range(4)))
    assert [run.returncode for run in runs] == [0] * 4
    assert sum(run.stdout == "nothing changed\n" for run in runs) == 3


def test_an_error_anywhere_changes_nothing_and_all_are_told(stack, office, load):
    before = version(stack)
    file = office.registry(people=3)
    file["people"][1]["unit"] = "nowhere"
    file["people"][2]["nip"] = "198613262015051001"
    file["plans"][0]["year"] = 26
    done = load(file)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        'people[1].unit: there is no "nowhere" among the units, neither in the file nor in the registry',
        "people[2].nip: must be a NIP, in quotes: a day of birth (YYYYMMDD), a month of appointment (YYYYMM), 1 or 2, and a "
        "number above 000",
        "plans[0].year: must be a whole number from 1900 to 9999",
        "plans[2].nip: there is no such person, neither in the file nor in the registry",
        f"admin registry load: 4 errors in {done.args[-1]}; nothing is changed",
    ]
    assert version(stack) == before
    assert not stack.rows("SELECT FROM registry.agency WHERE code = %s", office.name)


WRONG = {
    "syntax": ('{"agencies": [\n {"code": "x" "name"}]}', "line 2, column 20: not JSON"),
    "empty file": ("", "line 1, column 0: not JSON"),
    "repeated key": ('{"people": [], "people": []}', "not JSON: duplicate object key"),
    "number beyond all": ('{"indicators": [{"min": 1e400}]}', "not JSON: real number overflow"),
    "NUL": ('{"agencies": [{"code": "x", "name": "\\u0000"}]}', "not JSON"),
    "not an object": ("[]", "the file: must be one JSON object"),
    "unknown part": ('{"persons": []}', "persons: is no part of a registry file"),
    "unknown field": ('{"agencies": [{"code": "x", "name": "X", "head": 1}]}', "agencies[0].head: is no field here"),
    "missing field": ('{"agencies": [{"code": "x"}]}', "agencies[0].name: is missing"),
    "wrong type": ('{"agencies": [{"code": 1, "name": "X"}]}', "agencies[0].code: must be a code"),
    "twice": ('{"agencies": [{"code": "x", "name": "X"}, {"code": "x", "name": "Y"}]}',
              "agencies[1]: the same code as agencies[0]"),
    "no such agency": ('{"units": [{"code": "u", "agency": "none", "name": "U"}]}', "units[0].agency: there is no"),
    "topics that clash": ('{"sources": [{"code": "x.y_z", "name": "X", "indicators": []},'
                          ' {"code": "x_y.z", "name": "Y", "indicators": []}]}',
                          "sources[1].code: Kafka cannot have its topic beside that of the source x.y_z"),
    "survey": ('{"indicators": [{"code": "x", "name": {"id": "x", "en": "x"}, "aspect": "service_quality",'
               ' "measure": "survey", "direction": "more"}]}', "indicators[0].element: is missing"),
    "survey of a person": ('{"indicators": [{"code": "x", "name": {"id": "x", "en": "x"}, "aspect": "service_quality", "measure":'
                           ' "survey", "element": "cost", "scope": "person", "direction": "more"}]}', "indicators[0].scope: must be"),
    "element of a count": ('{"indicators": [{"code": "x", "name": {"id": "x", "en": "x"}, "aspect": "service_quality", "measure":'
                           ' "count", "element": "cost", "direction": "more"}]}', "indicators[0].element: goes with"),
    "rule set changed": ('{"rulesets": [{"version": "2026.1", "from": "2026-01-01", "cap": 100, "below_under": 90,'
                         ' "above_from": 110, "most": 0.5, "minimum_group": 5, "survey": {"prior": 3,'
                         ' "prior_weight": 10}}]}', "rulesets[0].version: is in the registry with other rules"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_place(stack, load, case):
    content, told = WRONG[case]
    before = version(stack)
    done = load(content)
    assert done.returncode == 1 and told in done.stderr and not done.stdout
    assert version(stack) == before


def test_a_topic_that_kafka_refuses_keeps_no_other_from_being_made(stack, office, load):
    """As stored by an earlier version: codes whose topics clash. A new one that clashes with what is stored is refused."""
    file, name = office.registry(), office.name
    file["sources"] = [{"code": f"{name}.a", "name": "A", "indicators": []}]
    assert load(file).returncode == 0
    clash = {"sources": [{"code": f"{name}_a", "name": "B", "indicators": []}]}
    done = load(clash)
    assert done.returncode == 1 and f"sources[0].code: Kafka cannot have its topic beside that of the source {name}.a" in done.stderr
    stack.execute("INSERT INTO registry.source (code, name) VALUES (%s, 'B')", f"{name}_a")
    try:
        done = load({**file, **clash, "sources": clash["sources"] + [{"code": f"{name}z", "name": "Z", "indicators": []}]})
        assert done.returncode == 1 and f"topic terukur.activity.{name}_a" in done.stderr
        assert "the registry is loaded, but not all topics are there: 1 topics could not be created" in done.stderr
        assert f"created topic terukur.activity.{name}z" in done.stdout
        assert stack.value("SELECT count(*) FROM registry.outbox") == 0
        done = stack.admin("topics", "create", check=False)
        assert done.returncode == 1 and "1 topics could not be created" in done.stderr
    finally:
        stack.execute("DELETE FROM registry.source WHERE code = %s", f"{name}_a")


def test_files_that_cannot_be_read(stack, tmp_path):
    huge = tmp_path / "huge.json"
    with huge.open("w") as file:
        file.truncate(65 << 20)
    for path, told in ((tmp_path / "none.json", "No such file"), (tmp_path, "Is a directory"), (huge, "over 64 MiB")):
        done = stack.admin("registry", "load", path, check=False)
        assert done.returncode == 1 and told in done.stderr


def test_what_a_file_omits_stays_and_references_may_be_to_what_is_stored(stack, office, load):
    assert load(office.registry()).returncode == 0
    done = load({"people": [office.person(2, superior=office.nips[0])]})
    assert done.returncode == 0, done.stderr
    assert stack.value("SELECT count(*) FROM registry.assignment a JOIN registry.person p ON p.id = a.person"
                       " WHERE p.nip = ANY (%s)", office.nips) == 3
    assert str(stack.value("SELECT superior FROM registry.assignment a JOIN registry.person p ON p.id = a.person"
                           " WHERE p.nip = %s", office.nips[2])) == person_id(stack, office, 0)


def test_targets_and_bounds_are_stored_exactly(stack, office, load):
    file = office.registry()
    file["indicators"][0] |= {"min": 0.1, "max": 12345678901.2345, "direction": "less"}
    file["positions"][0]["items"][0] |= {"target": [0.1, 99999999999.1], "weight": 0.01}
    assert load(file).returncode == 0
    assert stack.rows("SELECT min::text, max::text FROM registry.indicator WHERE code = %s",
                      f"{office.name}-visit") == [("0.1000", "12345678901.2345")]
    assert stack.value("SELECT items->0->>'target' FROM registry.position_version WHERE position = %s",
                       f"{office.name}-nurse") == "[0.1, 99999999999.1]"
    assert load(file).stdout == "nothing changed\n"


def assignments(stack, office, i=0):
    return stack.rows("SELECT from_date::text, until_date::text FROM registry.assignment a JOIN registry.person p"
                      " ON p.id = a.person WHERE p.nip = %s ORDER BY 1", office.nips[i])


def test_a_later_assignment_ends_an_open_one(stack, office, load):
    assert load(office.registry()).returncode == 0
    assert load({"people": [office.person(0, **{"from": "2026-07-01"})]}).returncode == 0
    assert assignments(stack, office) == [("2026-01-01", "2026-06-30"), ("2026-07-01", None)]
    assert load(office.registry()).stdout == "nothing changed\n"  # the open first row means the same as before
    assert load({"people": [office.person(0, **{"from": "2026-04-01"})]}).returncode == 0
    assert assignments(stack, office) == [
        ("2026-01-01", "2026-03-31"), ("2026-04-01", "2026-06-30"), ("2026-07-01", None)]


def test_a_later_assignment_ends_one_with_an_end_too_and_can_be_taken_back(stack, office, load):
    """Nothing resumes; what is taken back was never there, and the one before has its own end again."""
    assert load(office.registry(people=0) | {"people": [office.person(0, until="2026-06-30")]}).returncode == 0
    assert load({"people": [office.person(0, until="2026-05-31", **{"from": "2026-04-01"})]}).returncode == 0
    assert assignments(stack, office) == [("2026-01-01", "2026-03-31"), ("2026-04-01", "2026-05-31")]
    back = {"people": [{"nip": office.nips[0], "from": "2026-04-01", "removed": True}]}
    done = load(back)
    assert done.returncode == 0 and "assignments: 0 added, 1 changed, 1 taken back" in done.stdout
    assert assignments(stack, office) == [("2026-01-01", "2026-06-30")]
    done = load(back)
    assert done.returncode == 0 and done.stdout == "nothing changed\n"
    assert done.stderr == "warning: people[0]: no assignment from 2026-04-01 is in the registry, so none is taken back\n"


def test_an_address_that_is_left_out_stays(stack, office, load):
    def email():
        return stack.value("SELECT email FROM registry.person WHERE nip = %s", office.nips[0])
    file = office.registry(people=1)
    file["people"][0]["email"] = "a@example.org"
    assert load(file).returncode == 0
    assert load(office.registry(people=1)).stdout == "nothing changed\n" and email() == "a@example.org"
    file["people"][0]["email"] = None
    assert load(file).returncode == 0 and email() is None


def test_a_plan_gets_a_version_only_when_it_says_something_else(stack, office, load):
    items = [{"indicator": f"{office.name}-visit", "target": 50, "weight": 1, "kind": "MAIN"}]
    draft = {"nip": office.nips[0], "year": 2026, "status": "DRAFT"}
    agreed = {**draft, "status": "AGREED", "items": items}
    assert load(office.registry(people=1) | {"plans": [draft]}).returncode == 0
    for plan, versions in ((draft, 1), (agreed, 2), ({**agreed, "items": [items[0] | {"target": 50.0}]}, 2),
                           ({**agreed, "from": "2026-07-01"}, 3), (agreed, 3), (draft, 3), ({**agreed, "status": "WITHDRAWN"}, 4)):
        assert load({"plans": [plan]}).returncode == 0
        assert stack.value("SELECT max(version) FROM registry.plan WHERE person = %s",
                           person_id(stack, office)) == versions, plan


def test_changes_are_said_of_all_whom_they_touch_and_nobody_else(stack, office, load):
    file = office.registry(people=3)
    file["positions"].append({**office.position(), "code": f"{office.name}-clerk", "items": [
        {"indicator": f"{office.name}-other", "target": 1, "weight": 1, "kind": "MAIN"}]})
    file["indicators"].append({**file["indicators"][0], "code": f"{office.name}-other"})
    file["people"][2]["position"] = f"{office.name}-clerk"
    file["plans"] += [{"nip": office.nips[1], "year": 2027, "status": "AGREED"},
                      {"nip": office.nips[0], "year": 2028, "status": "DRAFT"}]
    assert load(file).returncode == 0

    def said(change):
        after = stack.ends(CHANGED)
        done = load(change)
        assert done.returncode == 0, done.stderr
        return said_about(stack, office, after)

    assert said({"positions": [office.position(target=30)]}) == [(0, 2026), (1, 2026), (1, 2027)]
    assert said({"positions": [{**office.position(target=30), "name": "Ners"}]}) == []
    assert said({"indicators": [{**file["indicators"][0], "measure": "sum"}]}) == [(0, 2026), (1, 2026), (1, 2027)]
    assert said({"indicators": [{**file["indicators"][0], "measure": "sum", "max": 9}]}) == []
    assert said({"people": [office.person(1, until="2027-03-31")]}) == [(1, 2027)]
    assert said({"people": [office.person(0, unit=f"{office.name}-unit", superior=office.nips[1])]}) == []
    assert said({"absences": [{"nip": office.nips[1], "from": "2026-12-20", "until": "2027-01-05", "kind": "leave"}]}) == [
        (1, 2026), (1, 2027)]
    assert said({"plans": [{"nip": office.nips[2], "year": 2026, "status": "WITHDRAWN"}]}) == [(2, 2026)]
    assert said({"plans": [{"nip": office.nips[0], "year": 2099, "status": "AGREED"}]}) == [(0, 2099)]
    assert said({"rulesets": [{
        "version": f"{office.name}-rules", "from": f"2098-01-{office.number % 28 + 1:02}", "cap": 120,
        "below_under": 90, "above_from": 110, "most": 0.5, "minimum_group": 5,
        "survey": {"prior": 3, "prior_weight": 10}}]}) == [(0, 2099)]
    assert said({"agencies": [{"code": office.name, "name": "Another name"}]}) == []


def test_a_direction_may_not_turn_against_a_target_of_0(stack, office, load):
    file = office.registry()
    file["indicators"][0]["direction"] = "less"
    file["positions"][0]["items"][0]["target"] = 0
    assert load(file).returncode == 0
    done = load({"indicators": [file["indicators"][0] | {"direction": "more"}]})
    assert done.returncode == 1
    assert f"indicators[0].direction: the position {office.name}-nurse has a target of 0 for it" in done.stderr
    assert load({"indicators": [file["indicators"][0] | {"direction": "more"}],
                 "positions": [office.position()]}).returncode == 0


def test_what_a_killed_command_left_unsaid_is_said_later(stack, office, load):
    assert load(office.registry()).returncode == 0
    message = {"kind": "person", "person": person_id(stack, office), "year": 2026}
    after = stack.ends(CHANGED)
    stack.db.execute("INSERT INTO registry.outbox (message) VALUES (%s)", [json.dumps(message)])
    assert stack.admin("registry", "publish").stdout == "1 notices published\n"
    assert said_about(stack, office, after) == [(0, 2026)]
    stack.db.execute("INSERT INTO registry.outbox (message) VALUES (%s)", [json.dumps(message)])
    assert load(office.registry()).stdout == "nothing changed\n"
    assert said_about(stack, office, after) == [(0, 2026)] * 2
    assert stack.value("SELECT count(*) FROM registry.outbox") == 0


def test_ten_thousand_people_in_ten_seconds(stack, database, load):
    env, _ = database
    stack.run("admin", "migrate", env=env)
    office = Office()
    everybody = [nip(i) for i in range(10000)]
    file = office.registry(people=0)
    file["people"] = [{**office.person(0), "nip": n} for n in everybody]
    file["plans"] = [{"nip": n, "year": 2026, "status": "AGREED"} for n in everybody]
    file["absences"] = [{"nip": n, "from": "2026-02-02", "until": "2026-02-03", "kind": "leave"} for n in everybody]
    began = time.monotonic()
    done = load(file, "--dry-run", env=env)
    assert done.returncode == 0 and "people: 10000 added" in done.stdout
    assert time.monotonic() - began < 10


# --- tokens


def stored_token(stack, token):
    return stack.rows("SELECT role, agency, source, note, expires_at - created_at, revoked_at IS NOT NULL"
                      " FROM registry.token WHERE hash = %s", hashlib.sha256(token.encode()).digest())


def test_tokens_are_shown_once_and_stored_hashed(stack, office, load):
    assert load(office.registry()).returncode == 0
    done = stack.admin("token", "add", "--role", "upstream", "--source", f"{office.name}-source", "--note", "a, b")
    token = done.stdout.strip()
    assert token.startswith("tkr_") and len(token) == 47 and not done.stderr
    assert stored_token(stack, token) == [("upstream", None, f"{office.name}-source", "a, b", None, False)]
    listed = stack.admin("token", "list").stdout
    assert token not in listed and hashlib.sha256(token.encode()).hexdigest() not in listed
    assert {"upstream", "a, b"} <= {v for row in csv.DictReader(io.StringIO(listed)) for v in row.values()}


def test_a_head_s_token_names_an_agency_only_when_told(stack, office, load):
    """Without, it is that of their unit on the day when the token is used: nothing is frozen when it is made."""
    other = Office()
    assert load(office.registry()).returncode == 0 and load(other.registry()).returncode == 0
    token = stack.admin("token", "add", "--role", "head", "--nip", as_people_write(office.nips[0]), "--days", 3).stdout.strip()
    role, agency, _, _, lasts, _ = stored_token(stack, token)[0]
    assert (role, agency) == ("head", None) and abs(lasts.total_seconds() - 3 * 86400) < 60
    token = stack.admin("token", "add", "--role", "head", "--nip", office.nips[0], "--agency", other.name).stdout.strip()
    assert stored_token(stack, token)[0][1] == other.name


@pytest.mark.parametrize("args, told", [
    (["--role", "person", "--nip", "199202292015051001"], "no person of this NIP"),
    (["--role", "upstream", "--source", "none"], "no source none"),
    (["--role", "head", "--nip", "GONE"], "no assignment today"),
    (["--role", "head", "--nip", "GONE", "--agency", "none"], "no agency none"),
])
def test_a_token_for_what_there_is_not_is_refused(stack, office, load, args, told):
    assert load(office.registry(people=0) | {"plans": [], "people": [
        office.person(0, until="2026-01-31")]}).returncode == 0
    done = stack.admin("token", "add", *[office.nips[0] if arg == "GONE" else arg for arg in args], check=False)
    assert done.returncode == 1 and told in done.stderr and not done.stdout


def test_tokens_end_by_id_and_by_themselves(stack):
    tokens = [stack.admin("token", "add", "--role", "auditor").stdout.strip() for _ in range(3)]
    ids = [stack.value("SELECT id FROM registry.token WHERE hash = %s", hashlib.sha256(t.encode()).digest())
           for t in tokens]
    assert stack.admin("token", "revoke", ids[0]).stdout == "1 revoked\n"
    assert stack.admin("token", "revoke", "-", input=f"{tokens[1]}\n{ids[0]}\n").stdout == "2 revoked\n"
    assert [stored_token(stack, t)[0][-1] for t in tokens] == [True, True, False]
    done = stack.admin("token", "revoke", ids[2], 10 ** 12, check=False)  # the known one ends all the same
    assert done.returncode == 1 and "number 2 of those given" in done.stderr
    assert stored_token(stack, tokens[2])[0][-1]


# --- what is done with evidence


def publish(stack, office, *events):
    return stack.produce([(f"terukur.activity.{office.name}-source", None, office.nips[0].encode(), [], e) for e in events])


def test_verify_finds_what_was_altered_and_recompute_mends_totals(stack, office, load):
    assert load(office.registry()).returncode == 0
    (place, *_) = publish(stack, office, office.event("a"), office.event("b"))
    stack.wait_idle()
    assert stack.admin("verify").returncode == 0
    person = person_id(stack, office)
    original = "/".join(map(str, place))
    tampering = {
        f"{original}: the original is not what its sha256 says":
            "UPDATE intake.evidence SET payload = payload || ' ' WHERE person = %s AND event_id = 'a'",
        f"{original}: the stored value is not the original's":
            "UPDATE intake.evidence SET value = 7 WHERE person = %s AND event_id = 'a'",
        f"{original}: the stored time or day is not the original's":
            "UPDATE intake.evidence SET at = at + interval '1 s' WHERE person = %s AND event_id = 'a'",
        f"{original}: its id is not held with this content":
            "UPDATE intake.event_id SET content = key WHERE person = %s",
        f"{person}/2026-03/{office.name}-visit: the total is not that of the evidence":
            "UPDATE intake.total SET sum = sum + 1 WHERE person = %s",
        f"{person}/2026-03: the score's text is not the one that the evidence makes":
            "UPDATE scoring.score SET body = replace(body, '\"events\":2', '\"events\":3') WHERE person = %s",
        f"{person}/2026-03: a score is missing":
            "UPDATE scoring.score SET body = NULL, content = NULL WHERE person = %s",
    }
    tables = ("intake.evidence", "intake.event_id", "intake.total", "scoring.score")
    for found, sql in tampering.items():
        with stack.db.transaction():
            for table in tables:
                stack.db.execute(f"CREATE TEMP TABLE {table.replace('.', '_')} AS SELECT * FROM {table} WHERE person = %s",
                                 [person])
            stack.db.execute(sql, [person])
        done = stack.admin("verify", check=False)
        assert done.returncode == 1 and found in done.stdout, done.stdout
        assert office.nips[0] not in done.stdout + done.stderr
        with stack.db.transaction():
            for table in tables:
                copy = table.replace(".", "_")
                stack.db.execute(f"DELETE FROM {table} WHERE person = %s", [person])
                stack.db.execute(f"INSERT INTO {table} SELECT * FROM pg_temp.{copy}")
                stack.db.execute(f"DROP TABLE pg_temp.{copy}")
    assert stack.admin("verify").returncode == 0

    stack.db.execute("UPDATE intake.total SET n = n + 5, sum = 99 WHERE person = %s", [person])
    assert stack.admin("recompute", "--person", as_people_write(office.nips[0]), "--wait", 60).stdout == "years of people to be made anew: 1\n"
    assert stack.admin("verify").returncode == 0


def test_recompute_mends_what_was_altered_of_a_score(stack, office, load):
    """Also when its hash says that nothing was."""
    assert load(office.registry()).returncode == 0
    publish(stack, office, office.event("a"), office.event("b"))
    stack.wait_idle()
    person = person_id(stack, office)
    stands = "SELECT period, content, body, results, rating, missing, unit, service_days FROM scoring.score WHERE person = %s ORDER BY 1"
    before = [(row[0], row[1], json.loads(row[2]) | {"revision": 0}, *row[3:]) for row in stack.rows(stands, person)]
    stack.db.execute("UPDATE scoring.score SET body = replace(body, '\"events\":2', '\"events\":3') WHERE person = %s AND period = '2026'", [person])
    for i, (column, value) in enumerate([("results", "99"), ("rating", "'ABOVE'"), ("missing", "7"), ("unit", "'x'"),
                                         ("service_days", "'{}'")]):
        stack.db.execute(f"UPDATE scoring.score SET {column} = {value} WHERE person = %s AND period = %s", [person, before[i % len(before)][0]])
    stack.db.execute("INSERT INTO scoring.score (person, period, revision, person_revision, body, computed_at) SELECT person, "
                     "'2026-01', 1, 0, body, computed_at FROM scoring.score WHERE person = %s AND period = '2026-03' ON CONFLICT "
                     "(person, period) DO UPDATE SET content = NULL, body = excluded.body", [person])
    assert stack.admin("verify", check=False).returncode == 1
    stack.admin("recompute", "--person", office.nips[0], "--wait", 60)
    assert stack.admin("verify").returncode == 0
    after = [(row[0], row[1], json.loads(row[2]) | {"revision": 0}, *row[3:]) for row in stack.rows(stands, person) if row[2]]
    assert after == before


def test_recompute_asks_for_whom_and_when(stack, office, load):
    assert load(office.registry()).returncode == 0
    publish(stack, office, office.event("a"))
    stack.wait_idle()

    def said(*args):
        after = stack.ends(CHANGED)
        stack.admin("recompute", *args)
        return said_about(stack, office, after)

    assert said("--person", office.nips[0]) == [(0, "2026")]
    assert said("--person", person_id(stack, office, 1), "--person", office.nips[0], "--period", "2026-Q1") == [
        (0, "2026-Q1"), (1, "2026-Q1")]
    assert {(0, "2026-03"), (1, "2026-03")} <= set(said("--period", "2026-03"))
    done = stack.admin("recompute", "--person", office.nips[0], "199202292015051001", check=False)
    assert done.returncode == 1 and "number 2 of those given" in done.stderr
    assert "199202292015051001" not in done.stderr


def test_rejected_events_are_published_again_as_they_came(stack, office, load):
    file = office.registry()
    assert load(file).returncode == 0
    source, later = f"{office.name}-source", f"{office.name}-later"
    headers = [("trace", b"\x00\xff"), ("empty", b"")]
    stack.produce([(f"terukur.activity.{source}", 3, b"key", headers, office.event(f"r{i}", indicator=later))
                   for i in range(3)])
    stack.wait_idle()
    file["indicators"].append({**file["indicators"][0], "code": later})
    file["sources"][0]["indicators"].append(later)
    assert load(file).returncode == 0
    after = stack.ends(f"terukur.activity.{source}")
    done = stack.admin("redrive", "--reason", "unknown_indicator", "--source", source, "--limit", 2)
    assert done.stdout == "2 published again\n"
    assert stack.admin("redrive", "--reason", "unknown_indicator", "--source", source).stdout == "1 published again\n"
    assert stack.admin("redrive", "--reason", "unknown_indicator", "--source", source).stdout == "0 published again\n"
    again = stack.read(f"terukur.activity.{source}", after)
    assert sorted(m.value for m in again) == [office.event(f"r{i}", indicator=later) for i in range(3)]
    assert all(m.key == b"key" and m.headers == dict(headers) for m in again)
    stack.wait_idle()
    assert stack.value("SELECT count(*) FROM intake.evidence e JOIN registry.source s ON s.id = e.source"
                       " WHERE s.code = %s", source) == 3
    (one,) = stack.rows("SELECT id FROM intake.rejection WHERE source = %s ORDER BY id LIMIT 1", source)
    assert stack.admin("redrive", "--id", *one).stdout == "1 published again\n"
    stack.wait_idle()
    assert stack.admin("redrive", "--id", 10 ** 12, check=False).returncode == 1


def test_what_kafka_refuses_is_named_and_holds_up_nothing(stack, office, load):
    """One message too large, for the topic or for the client: the others go once, however often one asks."""
    assert load(office.registry()).returncode == 0
    source = f"{office.name}-source"
    topic = f"terukur.activity.{source}"
    sent = [f"no event {i} {os.urandom(4500).hex() if i == 1 else ''}".encode() for i in range(4)]
    stack.produce([(topic, 0, b"key", [], data) for data in sent])
    stack.wait_idle()
    ids = [row[0] for row in stack.rows("SELECT id FROM intake.rejection WHERE source = %s ORDER BY id", source)]
    kafka = AdminClient({"bootstrap.servers": stack.brokers})
    change = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[
        ConfigEntry("max.message.bytes", "2000", incremental_operation=AlterConfigOpType.SET)])
    kafka.incremental_alter_configs([change])[change].result(10)
    stack.execute("UPDATE intake.rejection SET payload = convert_to(repeat('x', 5000000), 'UTF8') WHERE id = %s", ids[2])
    after = stack.ends(topic)
    stack.stop("intake")  # it would reject the others again
    for published in (2, 0):
        done = stack.admin("redrive", "--reason", "malformed", "--source", source, check=False)
        assert (done.returncode, done.stdout) == (1, f"{published} published again\n"), done.stderr
        assert "2 cannot be published" in done.stderr and "too large" in done.stderr
        for i in (1, 2):
            assert f"rejection {ids[i]} ({topic}, partition 0, offset {i}) is not published" in done.stderr
    assert [m.value for m in stack.read(topic, after)] == [sent[0], sent[3]]
    stack.execute("DELETE FROM intake.rejection WHERE id = ANY (%s)", [ids[2], ids[1]])
    stack.start("intake")
    stack.wait_idle()


def test_status_says_what_is_under_way_until_nothing_is(stack, office, load):
    assert load(office.registry()).returncode == 0
    stack.wait_idle()
    stack.stop("scoring")
    try:
        publish(stack, office, office.event("a"), b"not json")
        done = stack.admin("status", "--wait", 3, "--json", check=False)
        assert done.returncode == 1 and "terukur-scoring is" in done.stderr
        status = json.loads(done.stdout)
        lag = {(row["group"], row["topic"]): row["lag"] for row in status["lag"]}
        assert lag["terukur-scoring", "terukur.evidence.accepted"] > 0
        assert lag["terukur-intake", f"terukur.activity.{office.name}-source"] == 0
        assert status["oldest_unscored_seconds"] >= 0 and status["rejections"]["malformed"] >= 1
        assert {"source": f"{office.name}-source", "accepted": 1, "duplicates": 0, "rejected": 1} in status["sources"]
    finally:
        stack.start("scoring")
    done = stack.admin("status", "--wait", 60)
    assert "oldest unscored evidence: none" in done.stdout
    tables = [table.splitlines() for table in done.stdout.split("\n\n")[:2]]
    assert all(len({len(line) for line in table}) == 1 for table in tables), "numbers stand in columns"
    assert stack.rows("SELECT FROM scoring.score_view WHERE person = %s AND period = '2026-03'",
                      person_id(stack, office))


def test_a_reader_that_stops_early_does_no_harm(stack):
    command = f"{stack.processes.build}/admin people list | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30,
                          env={"DATABASE_URL": stack.processes.database_url(), "PATH": "/usr/bin:/bin"})
    assert done.stdout == "nip,person,name,unit,position\n"
