"""Who may do what in the database, and for how long it keeps what. What people lose if this fails: whoever gets hold of one
service's password can change the evidence behind a score, read addresses that it never needed, or wipe out that they looked;
and NIPs lie about for ever in what was rejected years ago."""
import base64
import hashlib
import json
import re
import textwrap
import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from conftest import ROOT
from daemon import wait_until
from programs import SERVICES
from statements import statements

SCHEMAS = ["registry", *SERVICES]
MIGRATIONS = sorted((ROOT / "schemas/sql").glob("*.sql"))

# Each role beside the owners: relation, privileges, and of which columns where not of all.
PROMISED = {
    # The evidence, ids, rejections, what waits, what replaces what and who declared what are added to; the figures of totals
    # change, and what is to be published goes when it has been. UPDATE of what the table itself numbers is for locking rows.
    "terukur_intake": """
        intake.answer: INSERT SELECT
        intake.answer_mark: DELETE SELECT UPDATE(id)
        intake.completeness: INSERT SELECT
        intake.event_id: INSERT SELECT
        intake.evidence: INSERT SELECT
        intake.ledger: INSERT SELECT UPDATE(n digest)
        intake.outbox: DELETE INSERT SELECT UPDATE(id)
        intake.reading: INSERT SELECT UPDATE(next lost)
        intake.rejection: INSERT SELECT UPDATE(published)
        intake.replacement: INSERT SELECT
        intake.topic: INSERT SELECT
        intake.total: INSERT SELECT UPDATE(n sum sum_of latest_at latest_id latest_value latest_source)
        intake.under_way_view: SELECT(waiting unpublished)
        intake.waiting: INSERT SELECT UPDATE(seq)
        registry.assignment_view: SELECT(person from_date until_date)
        registry.indicator_view: SELECT(id code measure min max)
        registry.nip_view: SELECT
        registry.source_indicator_view: SELECT
        registry.source_uri_view: SELECT
        registry.source_view: SELECT(id code)
        registry.unit_view: SELECT(code)
        registry.verification_view: SELECT
        registry.version_view: SELECT
        """,
    "terukur_scoring": """
        intake.answers_view: SELECT(unit day n requirements procedure completion_time cost product competence behaviour facilities complaint_handling)
        intake.completeness_view: SELECT
        intake.counting_view: SELECT
        intake.total_view: SELECT(person month indicator n sum sum_of latest_at latest_value)
        registry.absence_view: SELECT(person from_date until_date)
        registry.assignment_view: SELECT(person from_date until_date unit position)
        registry.indicator_view: SELECT(id code aspect measure direction result_max step element scope)
        registry.plan_view: SELECT
        registry.position_version_view: SELECT
        registry.ruleset_view: SELECT
        registry.unit_view: SELECT(code agency)
        registry.version_view: SELECT
        """,
    # The only one that reads addresses.
    "terukur_notification": """
        registry.indicator_view: SELECT(code name_id name_en measure direction unit unit_id unit_en)
        registry.person_view: SELECT(person email language)
        scoring.score_view: SELECT(person period body service_days)
        """,
    "terukur_reporting": """
        registry.person_view: SELECT(person name)
        registry.unit_view: SELECT(code agency)
        scoring.score_view: SELECT(person period revision body results rating missing unit agency)
        """,
    "terukur_gateway": """
        gateway.access: INSERT
        gateway.repetition: DELETE INSERT SELECT
        gateway.secret: INSERT SELECT
        intake.answer_view: SELECT
        intake.answers_view: SELECT
        intake.evidence_view: SELECT
        intake.month_view: SELECT
        intake.rejected_view: SELECT
        intake.rejection_view: SELECT
        notification.inbox_view: SELECT(id person period kind at title_id title_en body_id body_en read_at)
        registry.absence_view: SELECT(person from_date until_date)
        registry.agency_view: SELECT
        registry.assignment_view: SELECT
        registry.indicator_view: SELECT(id code name_id name_en aspect measure direction unit unit_id unit_en result_max step element scope)
        registry.last_verification_view: SELECT
        registry.person_view: SELECT(person name)
        registry.plan_view: SELECT
        registry.position_version_view: SELECT
        registry.position_view: SELECT
        registry.ruleset_view: SELECT
        registry.source_indicator_view: SELECT
        registry.source_uri_view: SELECT(uri code)
        registry.source_view: SELECT(id code name)
        registry.token_owner_view: SELECT
        registry.token_view: SELECT
        registry.unit_view: SELECT(code agency name)
        registry.version_view: SELECT
        reporting.person_score_view: SELECT
        scoring.score_view: SELECT(person period body results rating agency service_days)
        """,
    # The operators' command: it verifies. (The registry it changes as terukur_registry.)
    "terukur_admin": """
        intake.answers_view: SELECT
        intake.archived: SELECT(month events)
        intake.completeness: SELECT
        intake.completeness_view: SELECT
        intake.counting_view: SELECT
        intake.event_id: SELECT
        intake.evidence: SELECT
        intake.ledger_view: SELECT
        intake.raw_answers_view: SELECT
        intake.raw_total_view: SELECT
        intake.reading_view: SELECT
        intake.rejection: SELECT UPDATE(redriven_at)
        intake.replacement: SELECT
        intake.tally_view: SELECT
        intake.topic: SELECT
        intake.total: SELECT
        intake.total_view: SELECT
        intake.under_way_view: SELECT
        intake.waiting: SELECT
        notification.reading_view: SELECT
        notification.unreachable_view: SELECT
        reporting.reading_view: SELECT
        scoring.person: SELECT
        scoring.reading_view: SELECT
        scoring.score: SELECT
        scoring.score_view: SELECT
        scoring.under_way_view: SELECT
        """,
    "terukur_archive": """
        registry.source_view: SELECT(id code)
        """,
    # For which programs the schema is.
    "PUBLIC": """
        release.level_view: SELECT
        """,
}

GRANTED = """
    SELECT grantee, relation, string_agg(privilege || columns, ' ' ORDER BY privilege) FROM (
        SELECT a.grantee, c.oid::regclass AS relation, a.privilege_type AS privilege, '' AS columns
        FROM pg_class c CROSS JOIN aclexplode(c.relacl) a
        WHERE c.relnamespace::regnamespace::text = ANY (%(schemas)s) AND a.grantee <> c.relowner
        UNION ALL SELECT a.grantee, c.oid::regclass, a.privilege_type, '(' || string_agg(t.attname, ' ' ORDER BY attnum) || ')'
        FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN aclexplode(t.attacl) a
        WHERE c.relnamespace::regnamespace::text = ANY (%(schemas)s) AND a.grantee <> c.relowner GROUP BY 1, 2, 3) g
    GROUP BY 1, 2 ORDER BY 1, 2::text"""


def granted(db):
    names = dict(db.execute("SELECT oid, rolname FROM pg_roles").fetchall())
    return [(names.get(role, "PUBLIC"), relation, said)
            for role, relation, said in db.execute(GRANTED, {"schemas": [*SCHEMAS, "release"]}).fetchall()]


def test_each_role_has_what_was_promised(stack):
    """A new grant is a new promise: write it here, and in SECURITY.md where it meets a NIP."""
    promised = {(role, *line.split(": ", 1)) for role, table in PROMISED.items()
                for line in textwrap.dedent(table).strip().splitlines()}
    assert {(role, relation, said) for role, relation, said in granted(stack.db)} == promised


def test_each_table_has_its_owner(stack):
    """Only an owner can alter, drop, or switch triggers off: intake and the gateway own nothing that they add evidence to."""
    owners = dict(stack.rows("SELECT nspname, nspowner::regrole::text FROM pg_namespace WHERE nspname = ANY (%s)", SCHEMAS))
    archive = "terukur_archive"
    assert owners == {schema: archive if schema in ("intake", "gateway") else f"terukur_{schema}" for schema in SCHEMAS}
    for relation, kind, owner in stack.rows(
            "SELECT oid::regclass::text, relkind::text, relowner::regrole::text FROM pg_class "
            "WHERE relnamespace::regnamespace::text = ANY (%s)", SCHEMAS):
        schema = relation.partition(".")[0]
        own = owners[schema] if not relation.startswith("gateway.session") else "terukur_gateway"
        assert owner == own, (relation, kind)
    assert stack.rows("SELECT rolcanlogin, rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = %s",
                      archive) == [(False,) * 4]
    assert stack.rows("SELECT FROM pg_auth_members WHERE roleid = %s::regrole", archive) == []


def test_functions_that_run_as_their_owner_are_pinned(stack):
    """Nobody runs one that it was not granted to, and none looks up a name where its caller could have put another."""
    functions = stack.rows(
        "SELECT p.oid::regprocedure::text, array_to_string(p.proconfig, ' '), EXISTS (SELECT FROM aclexplode("
        "coalesce(p.proacl, acldefault('f', p.proowner))) WHERE grantee = 0) FROM pg_proc p WHERE prosecdef "
        "AND pronamespace::regnamespace::text = ANY (%s)", SCHEMAS)
    assert {name.partition("(")[0] for name, *_ in functions} >= {"intake.make_partition", "gateway.forget_access"}
    for name, settings, public in functions:
        assert "search_path=pg_catalog, pg_temp" in (settings or "") and not public, name


# --- what the statements need

@contextmanager
def prepared(stack, service):
    """A session in which every statement of a service stands; what tells whether its role may run them."""
    with stack._connect() as db:
        db.prepare_threshold = None  # psycopg would forget ours with its own
        rows = statements(service)
        for i, (_, sql, types) in enumerate(rows):
            db.execute(f"PREPARE s{i}({', '.join(types)}) AS {sql}" if types else f"PREPARE s{i} AS {sql}")

        def refused(naming=""):
            """The first statement among those with a text in them that the role may not run, and why."""
            for i, (name, sql, types) in enumerate(rows):
                if not re.search(rf"{re.escape(naming)}(?!\w)", sql):
                    continue
                try:
                    with db.transaction(force_rollback=True):
                        db.execute(f"SET LOCAL ROLE terukur_{service}")
                        values = f"({', '.join(['NULL'] * len(types))})" if types else ""
                        db.execute(f"EXPLAIN EXECUTE s{i}{values}")  # what a plan may not do is known before it begins
                except psycopg.errors.InsufficientPrivilege as e:
                    return f"{name}: {e}"
            return None
        yield db, refused


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_run_its_statements(stack, service):
    with prepared(stack, service) as (_, refused):
        assert refused() is None


def behind(db, role, view):
    """Of a view of another, those of the role's own that read it."""
    return [name for (name,) in db.execute(
        "SELECT DISTINCT c.oid::regclass::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_depend d "
        "ON d.objid = r.oid WHERE d.refobjid = %s::regclass AND c.relowner = %s::regrole AND c.oid <> d.refobjid",
        (view, role)).fetchall()]


def not_read(db, role, view, columns, refused):
    """Columns without which everything still works."""
    own = behind(db, role, view)

    def goes_on():
        try:
            with db.transaction(force_rollback=True):
                db.execute(f"SET LOCAL ROLE {role}")
                for name in own:
                    db.execute(f"EXPLAIN SELECT * FROM {name}")
        except psycopg.errors.InsufficientPrivilege:
            return False
        return not refused(view)

    for column in columns:
        with db.transaction(force_rollback=True):
            db.execute(f"REVOKE SELECT ON {view} FROM {role}")
            if rest := [f'"{name}"' for name in columns if name != column]:
                db.execute(f"GRANT SELECT ({', '.join(rest)}) ON {view} TO {role}")
            if goes_on():
                yield f"{view}.{column}"


# What a program of before may still read: a migration that takes it away says since which step nobody does.
OF_BEFORE = {service: {"registry.indicator_view.unit"} for service in ("gateway", "notification")}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_no_column_that_it_does_not_use(stack, service):
    """Of others' views. Each column is taken away in turn: some statement, or a view of its own, must miss it."""
    role = f"terukur_{service}"
    with prepared(stack, service) as (db, refused):
        unused = []
        for (view,) in db.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'v' AND relowner <> %s::regrole "
                                  "AND relnamespace::regnamespace::text = ANY (%s)", (role, SCHEMAS)).fetchall():
            columns = [name for (name,) in db.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %(view)s::regclass AND attnum > 0 AND "
                "has_column_privilege(%(role)s, attrelid, attnum, 'SELECT')", {"view": view, "role": role}).fetchall()]
            unused += not_read(db, role, view, columns, refused)
        assert set(unused) == OF_BEFORE.get(service, set())


# --- whoever has intake's password

CHANGES = [
    "UPDATE intake.evidence SET value = 7", "DELETE FROM intake.evidence", "TRUNCATE intake.evidence",
    "TRUNCATE intake.evidence, intake.waiting CASCADE", "DROP TABLE intake.evidence", "DROP SCHEMA intake CASCADE",
    "ALTER TABLE intake.evidence DISABLE TRIGGER ALL", "ALTER TABLE intake.evidence OWNER TO terukur_intake",
    "ALTER TABLE intake.evidence ADD COLUMN x int", "ALTER TABLE intake.evidence RENAME TO other",
    "ALTER TABLE intake.evidence DETACH PARTITION {partition}", "CREATE INDEX ON intake.evidence (ref)",
    "UPDATE {partition} SET value = 7", "DELETE FROM {partition}", "TRUNCATE {partition}", "DROP TABLE {partition}",
    "INSERT INTO {partition} SELECT * FROM intake.evidence", "SELECT FROM {partition}",
    "CREATE TRIGGER t BEFORE INSERT ON intake.evidence FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE r AS ON INSERT TO intake.evidence DO INSTEAD NOTHING",
    "CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO intake.completeness_view DO INSTEAD SELECT '' COLLATE \"C\", 1, 1",
    "CREATE POLICY p ON intake.evidence", "CREATE TABLE intake.evidence_2031_01 ()", "CREATE TABLE public.t ()",
    "CREATE OR REPLACE FUNCTION intake.make_partition(day date) RETURNS void LANGUAGE sql AS ''",
    "ALTER FUNCTION intake.make_partition SECURITY INVOKER", "DROP FUNCTION intake.make_partition",
    "UPDATE intake.replacement SET by = original", "DELETE FROM intake.replacement", "TRUNCATE intake.replacement",
    "UPDATE intake.completeness SET month = 0", "DELETE FROM intake.completeness", "UPDATE intake.topic SET name = ''",
    "UPDATE intake.event_id SET content = key", "UPDATE intake.event_id SET waiting = true", "DELETE FROM intake.event_id",
    "DELETE FROM intake.rejection", "DELETE FROM intake.waiting", "DELETE FROM intake.ledger", "UPDATE intake.tally SET rejected = 0",
    "CREATE OR REPLACE FUNCTION intake.row_digest(uuid, int, int, bigint, timestamptz, bytea, bytea) RETURNS bigint LANGUAGE sql AS 'SELECT 0'",
    "UPDATE intake.waiting SET payload = ''", "UPDATE intake.total SET person = NULL",
    "DELETE FROM intake.total", "UPDATE intake.rejection SET payload = ''", "UPDATE intake.rejection SET redriven_at = now()",
    "SELECT FROM intake.evidence_view", "SELECT email FROM registry.person_view", "SELECT FROM registry.person",
    "SELECT FROM scoring.score_view", "INSERT INTO registry.former_nip SELECT", "SELECT gateway.forget_access(now(), 1)",
    "SELECT intake.archive_month('2026-01-01')", "SELECT intake.restore_month('2026-01-01')", "DELETE FROM intake.archived",
    "SET ROLE terukur_archive", "SET ROLE postgres", "SET session_replication_role = replica",
    "COPY intake.evidence TO PROGRAM 'true'", "CREATE ROLE other", "ALTER SCHEMA intake OWNER TO terukur_intake",
]


def test_intake_adds_evidence_and_changes_none(town, stack):
    """Signed in as its own role, not only acting as it."""
    town.settle(town.event())
    with psycopg.connect(stack.processes.database_url("terukur_intake")) as db:
        for change in CHANGES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(change.format(partition="intake.evidence_2026_03"))
                pytest.fail(change)
            db.rollback()


def test_intake_forgets_only_what_is_old(town, stack):
    """Whatever it asks for: ids of the last years stay, by which an event is added once, and the month's rejections."""
    town.settle(town.event(), town.event(subject="199001012015031001"), town.event("corrected", replaces="nothing"))
    year = datetime.now(timezone(timedelta(hours=7))).year
    ids = {n: str(uuid.uuid4()) for n in (2, 3)}
    for n, key in ids.items():
        stack.execute("INSERT INTO intake.event_id (key, content, waiting, year) VALUES (%s, %s, false, %s)", key, key, year - n)
    copy = ("INSERT INTO intake.rejection (source, reason, detail, topic, \"partition\", \"offset\", at, sha256, payload, published)"
            " SELECT source, reason, detail, topic, \"partition\", %s, %s, sha256, payload, true FROM intake.rejection WHERE "
            "source = %s LIMIT 1")
    for offset, days in ((29000, 29), (31000, 31)):
        stack.execute(copy, offset, ago(days=days), town.source)
    held = "SELECT count(*) FROM intake.event_id WHERE NOT key = ANY (%s)"
    before, rejected = stack.value(held, [*ids.values()]), rejections(stack, town)
    with psycopg.connect(stack.processes.database_url("terukur_intake"), autocommit=True) as db:
        db.execute("SELECT intake.forget_ids(32767::smallint, 0, 1000000)")
        assert db.execute("SELECT intake.forget_rejections(now(), 1000000)").fetchone()[0] >= 1
        # An event that does not wait is none that could be refused.
        assert db.execute("SELECT count(*) FROM intake.refuse_waiting((SELECT array_agg(key) FROM intake.evidence), 'schema', '', "
                          "now())").fetchone() == (0,)
    assert stack.value(held, [*ids.values()]) == before
    assert stack.rows("SELECT key::text FROM intake.event_id WHERE key = ANY (%s)", [*ids.values()]) == [(ids[2],)]
    assert rejections(stack, town) == rejected - {31000} and 29000 in rejected
    stack.execute("DELETE FROM intake.event_id WHERE key = %s", ids[2])
    stack.admin("verify")


def test_rejections_cannot_be_set_to_end_at_once(stack):
    stack.stop("intake")
    done = stack.run("intake", env={"KEEP_REJECTIONS_DAYS": "29"}, check=False)
    stack.start("intake")
    assert done.returncode == 100 and "KEEP_REJECTIONS_DAYS must be 0" in done.stderr


def test_intake_has_a_month_s_partition_made(stack):
    """By a function of the owner, whatever the caller has put in the way of its names."""
    with psycopg.connect(stack.processes.database_url("terukur_intake"), autocommit=True) as db:
        db.execute("CREATE TEMP TABLE evidence (x int)")
        db.execute("SET search_path = pg_temp, intake")
        db.execute("SELECT intake.make_partition('2031-05-17')")
        db.execute("SELECT intake.make_partition('2031-05-18')")
    assert stack.rows("SELECT c.relowner::regrole::text, pg_get_expr(c.relpartbound, c.oid) FROM pg_class c JOIN pg_inherits i "
                      "ON i.inhrelid = c.oid AND i.inhparent = 'intake.evidence'::regclass WHERE relname = 'evidence_2031_05'"
                      ) == [("terukur_archive", "FOR VALUES FROM ('2031-05-01') TO ('2031-06-01')")]


# --- where a NIP is

def as_written(nips):
    """As text, and as headers are stored: eighteen digits are a whole number of base64's threes."""
    return [*nips, *(base64.b64encode(nip.encode()).decode() for nip in nips)]


def held(stack, nips):
    """{table.column} of those that hold one of these numbers."""
    found, like = set(), "|".join(as_written(nips))
    for table, column, kind in stack.rows(
            "SELECT format('%%I.%%I', table_schema, table_name), column_name, data_type FROM information_schema.columns "
            "JOIN information_schema.tables USING (table_schema, table_name) WHERE table_type = 'BASE TABLE' AND "
            "table_schema = ANY (%s) AND data_type IN ('text', 'bytea', 'json', 'jsonb')", [*SCHEMAS, "public"]):
        text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f"\"{column}\"::text"
        if stack.rows(f"SELECT FROM {table} WHERE {text} ~ %s LIMIT 1", like):
            found.add(f"{re.sub(r'evidence_[0-9_]+$', 'evidence', table)}.{column}")
    return found


def test_where_nips_are_is_what_is_said(town, stack):
    """SECURITY.md names every table and topic that holds one: after events of each fate, in each mode."""
    text = (ROOT / "SECURITY.md").read_text()
    said = text[text.index("## Who meets a NIP"):text.index("Nowhere else:")]
    stranger, old = "199001012015031001", town.nips[1]
    town.settle(town.event(), town.event(subject=stranger), town.event("corrected", replaces="nothing"))
    for event in (town.event(), town.event(subject=stranger), town.event("corrected", replaces="nothing")):
        attributes = [(f"ce_{name}", value.encode()) for name, value in event.items() if isinstance(value, str)]
        stack.produce([(town.topic, 0, event["subject"].encode(), [*attributes, ("content-type", b"application/json")],
                        json.dumps(event["data"]).encode())])
    stack.load({"people": [{**town.person(old), "nip": town.new_nip(7), "was": old}]})
    stack.wait_idle()
    nips = [*town.nips, stranger, town.new_nip(7)]
    found = held(stack, nips)
    assert {name for name in found if name.startswith("intake.")} == {
        "intake.evidence.payload", "intake.evidence.headers", "intake.waiting.payload", "intake.waiting.headers",
        "intake.waiting.message_key", "intake.rejection.payload", "intake.rejection.headers", "intake.rejection.key"}
    tables = {name.rpartition(".")[0] for name in found}
    assert tables == {"registry.person", "registry.former_nip", "intake.evidence", "intake.waiting", "intake.rejection"}
    assert all(f"`{table}`" in said for table in tables)
    topics = set()
    for topic in ("evidence.accepted", "registry.changed", "score.changed", "notification.sent"):
        for m in stack.read(f"terukur.{topic}"):
            if any(nip.encode() in part for nip in as_written(nips) for part in (m.key or b"", m.value or b"", *map(bytes, filter(
                    None, m.headers.values())))):
                topics.add(topic)
    assert topics == set()


# --- what is kept for its time

def ago(**time):
    return datetime.now(timezone.utc) - timedelta(**time)


@contextmanager
def told(stack, service, **settings):
    """The service started again, with these settings."""
    stack.stop(service)
    stack.processes.overrides[service].update(settings)
    try:
        stack.start(service)
        yield
    finally:
        for name in settings:
            del stack.processes.overrides[service][name]
        stack.restart(service)


def rejections(stack, town):
    return {offset for (offset,) in stack.rows("SELECT \"offset\" FROM intake.rejection WHERE source = %s", town.source)}


def three_rejections(town, stack):
    """One of today, one of 399 and one of 401 days ago; more of these than go in a step; one not published yet."""
    town.tell(*(town.event(subject="199001012015031001") for _ in range(3)))
    stack.wait_idle()
    assert len(rejections(stack, town)) == 3
    copy = ("INSERT INTO intake.rejection (source, reason, detail, topic, \"partition\", \"offset\", at, sha256, payload, published)"
            " SELECT source, reason, detail, topic, \"partition\", %s + n, %s, sha256, payload, %s FROM intake.rejection"
            " CROSS JOIN generate_series(0, %s) n WHERE source = %s AND \"offset\" = (SELECT min(\"offset\") FROM"
            " intake.rejection WHERE source = %s)")
    for first, days, published, more in ((1000, 399, True, 0), (2000, 401, True, 2500), (9000, 401, False, 0)):
        stack.execute(copy, first, ago(days=days), published, more, town.source, town.source)
    return {*rejections(stack, town)}


def test_rejections_end_with_their_time(town, stack):
    """Their payloads hold NIPs. Those of 400 days ago go, by steps; the others, and what is still to be said, stay."""
    stack.stop("intake")
    stack.start("intake")
    before = three_rejections(town, stack)
    assert len(before) == 3 + 1 + 2501 + 1
    stack.restart("intake")
    wanted = {offset for offset in before if not 2000 <= offset <= 4500}
    # What waited to be published is published by now, and goes the next day.
    assert wait_until(lambda: rejections(stack, town) in (wanted, wanted - {9000}), 60), len(rejections(stack, town))


def test_rejections_stay_for_ever_where_that_is_set(town, stack):
    three_rejections(town, stack)
    with told(stack, "intake", KEEP_REJECTIONS_DAYS="0"):
        town.settle(town.event())
        assert {2000, 4500} <= rejections(stack, town)


def test_forgetting_reads_an_index(stack):
    """However much there is, a day's step looks at what goes."""
    gone = {"notification": ["forget_read"]}
    with stack._connect() as db:
        db.execute("SET enable_seqscan = off")
        db.execute("SET enable_bitmapscan = off")
        for service, names in gone.items():
            for name, sql, types in statements(service):
                if name not in names:
                    continue
                db.execute(f"PREPARE {name}({', '.join(types)}) AS {sql}")
                plan = "\n".join(line for (line,) in db.execute(f"EXPLAIN EXECUTE {name}(now(), 10)"))
                assert re.search(r"Index (Only )?Scan using inbox_read ", plan) and "Sort" not in plan, plan
        for rows, index in (("gateway.access WHERE", "access_age"), ("intake.rejection WHERE published AND", "rejection_age")):
            plan = "\n".join(line for (line,) in db.execute(f"EXPLAIN SELECT id FROM {rows} at < now() ORDER BY at LIMIT 10"))
            assert f"Index Scan using {index}" in plan


def test_counts_of_workers_that_are_gone_are_kept_under_no_name(town, stack):
    """Replicas have names of their own, new ones every day."""
    stack.execute("INSERT INTO intake.tally (worker, source, accepted, duplicates, rejected, at) SELECT 'gone-' || n, %s, 1, 2, 3,"
                  " %s FROM generate_series(1, 40) n", town.source, ago(days=31))
    stack.execute("INSERT INTO intake.tally (worker, source, accepted, duplicates, rejected, at) VALUES ('here', %s, 1, 2, 3, %s)",
                  town.source, ago(days=29))
    town.settle(town.event())
    said = "SELECT accepted, duplicates, rejected FROM intake.tally_view WHERE source = %s"
    before = stack.rows(said, town.source)
    assert before == [(42, 82, 123)]
    stack.restart("intake")
    workers = "SELECT worker FROM intake.tally WHERE source = %s AND (worker = '' OR worker ~ '^(gone|here)') ORDER BY worker"
    assert wait_until(lambda: stack.rows(workers, town.source) == [("",), ("here",)], 60)
    assert stack.rows(said, town.source) == before


LOOK = ("INSERT INTO gateway.access (at, token, what, person, request) SELECT %s, 1, 'score', %s, 'r' FROM "
        "generate_series(1, %s)")


def looks(stack, person):
    return stack.value("SELECT count(*) FROM gateway.access WHERE person = %s", person)


def test_looks_end_after_three_years_and_none_within_one(stack):
    person = uuid.uuid4()
    stack.execute(LOOK, ago(days=1097), person, 2500)
    stack.execute(LOOK, ago(days=1095), person, 3)
    stack.restart("gateway")
    assert wait_until(lambda: looks(stack, person) == 3, 60)
    with told(stack, "gateway", KEEP_ACCESS_DAYS="0"):
        stack.execute(LOOK, ago(days=9000), person, 1)
        assert looks(stack, person) == 4
    stack.execute(LOOK, ago(days=364), person, 5)
    with psycopg.connect(stack.processes.database_url("terukur_gateway"), autocommit=True) as db:
        assert db.execute("SELECT gateway.forget_access(now(), 1000000)").fetchone()[0] >= 3  # whatever it asks for
    assert looks(stack, person) == 5
    with pytest.raises(psycopg.errors.RaiseException):  # nor does an operator by a slip
        stack.execute("DELETE FROM gateway.access WHERE person = %s", person)


def test_looks_cannot_be_set_to_end_within_a_year(stack):
    stack.stop("gateway")  # it listens before it looks
    done = stack.run("gateway", env={"KEEP_ACCESS_DAYS": "364"}, check=False)
    stack.start("gateway")
    assert done.returncode == 100 and "KEEP_ACCESS_DAYS must be 0" in done.stderr


def test_what_was_read_ends_two_years_later(stack):
    """With its mail; unless that is still under way. What nobody has read stays."""
    person = uuid.uuid4()
    message = ("INSERT INTO notification.inbox (person, period, kind, occasion, at, title, body, read_at, published) VALUES "
               "(%s, '2020-01', 'closed', %s, %s, '{}', '{}', %s, %s) RETURNING id")
    ids = {}
    for name, read, published, mail in (
            ("long ago", ago(days=732), True, "sent"), ("just within", ago(days=730), True, None),
            ("unread", None, True, "sent"), ("on its way", ago(days=732), True, "waiting"),
            ("gave up", ago(days=900), True, "given_up")):
        [(ids[name],)] = stack.rows(message, person, name, ago(days=1000), read, published)
        if mail:
            stack.execute("INSERT INTO notification.email (inbox, state, due_at, published) VALUES (%s, %s, %s, true)",
                          ids[name], mail, datetime.now(timezone.utc) + timedelta(days=1))
    stack.restart("notification")
    left = "SELECT occasion FROM notification.inbox WHERE person = %s ORDER BY occasion"
    assert wait_until(lambda: stack.rows(left, person) == [("just within",), ("on its way",), ("unread",)], 60)
    assert stack.rows("SELECT inbox FROM notification.email WHERE inbox = ANY (%s) ORDER BY 1", [*ids.values()]) == sorted(
        (ids[name],) for name in ("unread", "on its way"))


# --- a store of before

@pytest.fixture
def older(stack):
    """A database as 015 left it, with evidence of two months and everything beside it."""
    name = f"older_{uuid.uuid4().hex}"
    stack.execute(f"CREATE DATABASE {name}")
    with stack._connect(name) as db:
        db.execute("CREATE TABLE public.schema_migration (name text PRIMARY KEY, sha256 bytea NOT NULL, "
                   "at timestamptz NOT NULL DEFAULT now())")
        for path in MIGRATIONS:
            if path.name < "016":
                with db.transaction():
                    db.execute(path.read_text())
                    db.execute("INSERT INTO public.schema_migration VALUES (%s, %s)",
                               (path.name, hashlib.sha256(path.read_bytes()).digest()))
        db.execute("""
            SET ROLE terukur_intake;
            SELECT intake.make_partition('2026-02-01'), intake.make_partition('2026-03-01');
            INSERT INTO intake.topic (name) VALUES ('terukur.activity.x');
            INSERT INTO intake.evidence (key, day, at, person, indicator, kind, source, topic, "partition", "offset",
                received_at, value, event_id, sha256, payload)
                SELECT gen_random_uuid(), day, day, gen_random_uuid(), 1, 0, 1, 1, 0, n, now(), n, 'e' || n, sha256('x'), 'x'
                FROM generate_series(1, 500) n, (VALUES ('2026-02-03'::date), ('2026-03-04')) d(day);
            INSERT INTO intake.replacement SELECT key, gen_random_uuid() FROM intake.evidence LIMIT 0;
            INSERT INTO intake.waiting (key, day, at, kind, source, topic, "partition", "offset", received_at, event_id, sha256,
                payload, source_code) VALUES (gen_random_uuid(), '2026-03-04', now(), 2, 1, 1, 0, 7, now(), 'w', '', '', 'x');
            INSERT INTO intake.tally VALUES ('w', 'x', 1, 2, 3);
            INSERT INTO intake.rejection (source, reason, detail, topic, "partition", "offset", at, sha256, published)
                VALUES ('x', 'schema', '', 't', 0, 0, now(), '', true);
            RESET ROLE;
            INSERT INTO gateway.access (at, token, what, person, request) VALUES (now(), 1, 'score', gen_random_uuid(), 'r');
            """)
        yield stack.processes.database_url().rpartition("/")[0] + f"/{name}", db
    stack.execute(f"DROP DATABASE {name} WITH (FORCE)")


def contents(db):
    return {table: db.execute(f"SELECT jsonb_strip_nulls(to_jsonb(t)) - ARRAY['at', 'event', 'by_event', 'trace'] FROM {table} t ORDER BY 1::text").fetchall()
            for table in ("intake.evidence", "intake.waiting", "intake.rejection", "intake.tally", "gateway.access")}


def test_a_store_of_before_goes_over(stack, older):
    """Every month's partition changes hands, nothing in it changes, and intake goes on adding to it."""
    url, db = older
    before = contents(db)
    stack.run("admin", "migrate", env={"DATABASE_URL": url})
    assert contents(db) == before
    assert db.execute("SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace = 'intake'::regnamespace"
                      ).fetchall() == [("terukur_archive",)]
    assert granted(db) == granted(stack.db)
    of_evidence = "SELECT month, n, digest FROM intake.evidence_ledger_view ORDER BY month"
    added = db.execute("SELECT month, n, digest FROM intake.ledger ORDER BY month").fetchall()
    assert [n for _, n, _ in added] == [500, 500] and added == db.execute(of_evidence).fetchall()
    assert db.execute("SELECT * FROM intake.ledger_view").fetchall() == []
    add = "INSERT INTO intake.evidence SELECT * FROM intake.evidence WHERE day = %s LIMIT 1"
    with db.transaction():
        db.execute("SET LOCAL ROLE terukur_intake")
        assert [db.execute(add, [day]).rowcount for day in ("2026-02-03", "2026-03-04")] == [1, 1]
        db.execute("SELECT intake.make_partition('2026-04-01')")
    for change in ("DELETE FROM intake.evidence", "UPDATE intake.evidence_2026_02 SET value = 0"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction():
            db.execute("SET LOCAL ROLE terukur_intake")
            db.execute(change)
    assert db.execute("SELECT added, there FROM intake.ledger_view ORDER BY month").fetchall() == [(500, 501)] * 2
    stack.run("admin", "migrate", env={"DATABASE_URL": url})  # a second time there is nothing to do
