"""Originals of old months that lie elsewhere, and come back: what docs/operations.md says, by its own commands. What people lose
if this fails: points without the events behind them, or an auditor who is told that all was verified when it was not."""
import os
import subprocess

import psycopg
import pytest
from town import Town
from web import ask, cookie_of, token

MONTH, PARTITION = "2026-01", "intake.evidence_2026_01"
JANUARY, MARCH = "2026-01-14T08:15:00+07:00", "2026-03-04T08:15:00+07:00"


def stands(stack):
    return [stack.rows(sql) for sql in (
        "SELECT e.*::text FROM intake.evidence e ORDER BY 1", "SELECT t.*::text FROM intake.total t ORDER BY 1",
        "SELECT person, period, revision, body FROM scoring.score ORDER BY 1, 2")]


def verified(stack, code=0):
    done = stack.admin("verify", check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout.splitlines()


def postgres(stack, program, *args):
    done = subprocess.run([stack.program("postgres").binaries / program, *args], capture_output=True, text=True, env={
        **os.environ, "PGPASSWORD": stack.processes.secret("postgres")})
    assert done.returncode == 0, done.stderr
    return done.stdout


def archive(stack, folder):
    """Its file; the month's originals are in no table any more."""
    n = stack.value("SELECT intake.archive_month('2026-01-01')")
    file = folder / "2026-01.dump"
    postgres(stack, "pg_dump", "-Fc", "-t", "intake.archived_2026_01", "-f", str(file), stack.env["DATABASE_URL"])
    stack.db.execute("DROP TABLE intake.archived_2026_01")
    return file, n


def load(stack, file):
    postgres(stack, "pg_restore", "-d", stack.env["DATABASE_URL"], str(file))


@pytest.fixture(scope="module")
def archived(stack, tmp_path_factory):
    """A town with a January that was corrected, declared complete, and is archived."""
    town = Town(stack, people=2)
    events = [town.event(time=JANUARY) for _ in range(5)]
    town.settle(*events, *[town.event(time=MARCH) for _ in range(3)],
                town.event("corrected", time=JANUARY, replaces=events[0]["id"], value=1),
                town.event("complete", subject=town.unit, time=MARCH, period=MONTH, indicator=town.quality))
    town.first, town.folder, town.before = events[1], tmp_path_factory.mktemp("archive"), stands(stack)
    town.file, town.n = archive(stack, town.folder)
    yield town


def test_nobody_is_scored_otherwise(archived, stack):
    _, totals, scores = stands(stack)
    assert archived.n == 6 and [totals, scores] == archived.before[1:]
    ends = stack.ends("terukur.score.changed")
    stack.admin("recompute", "--wait", "30")
    assert stands(stack)[1:] == [totals, scores] and stack.ends("terukur.score.changed") == ends


def test_verify_says_what_it_could_not_look_at(archived, stack):
    first, last = verified(stack)
    assert first == "1 months are archived: of 6 originals the bytes are not here to be verified"
    assert last.startswith("4 originals and ") and last.endswith(" 0 findings")


def test_the_evidence_says_so(archived, stack):
    """By API and page; what is not archived is there as before."""
    auditor = token(stack, "auditor")
    items = ask(stack, "GET", f"/api/v1/people/{archived.id()}/evidence?period=2026-Q1", auditor).json["items"]
    assert [(x["archived"], bool(x["payload"]), x["headers"] is not None) for x in items] == \
        [(True, False, False)] * 6 + [(False, True, True)] * 3
    assert sum(x["counts"] for x in items) == 8 and all(len(x["sha256"]) == 64 for x in items)
    own = token(stack, "person", "--nip", archived.nips[0])
    page = ask(stack, "GET", f"/people/{archived.id()}/evidence?period={MONTH}&lang=en", Cookie=cookie_of(stack, own)).text
    assert page.count("lies in the archive") == 6
    state = ask(stack, "GET", f"/api/v1/events/{archived.first['id']}", token(stack, "upstream", "--source", archived.source))
    assert state.json["state"] == "accepted"


def test_an_original_that_is_gone_is_found(archived, stack):
    """Whoever has the owner's rights and takes one more, in an archived month or in another."""
    with stack._connect() as db:
        for month, found in (("2026-03", "the original is gone, and its month is not archived"),
                             ("2026-01", "archive: 6 originals were archived, and 7 are not here")):
            late = archived.event(time=f"{month}-20T08:15:00+07:00")
            archived.settle(late)
            name = f"intake.evidence_{month.replace('-', '_')}"
            kept = db.execute(f"SELECT payload FROM {name} WHERE event_id = %s", (late["id"],)).fetchone()
            db.execute(f"UPDATE {name} SET payload = NULL WHERE event_id = %s", (late["id"],))
            assert any(line.endswith(found) for line in verified(stack, 1))
            db.execute(f"UPDATE {name} SET payload = %s WHERE event_id = %s", (*kept, late["id"]))
    verified(stack)


def test_a_late_correction_counts(archived, stack):
    """Of an event whose original lies in the archive, and one more event of that month; the same once more is known."""
    before = archived.realized(MONTH)[1]
    archived.settle(archived.event("revoked", time=MARCH, replaces=archived.first["id"], reason="twice"),
                    archived.event(time=JANUARY), archived.first)
    assert archived.realized(MONTH)[1] == before and archived.rejections() == {}
    verified(stack)


def test_it_comes_back(archived, stack):
    """Each original beside what came since; one that was altered in the archive is not let in."""
    with pytest.raises(psycopg.errors.RaiseException, match="is not here: load it with pg_restore first"):
        stack.value("SELECT intake.restore_month('2026-01-01')")
    load(stack, archived.file)
    stack.db.execute("UPDATE intake.archived_2026_01 SET payload = 'x' WHERE event_id = %s", (archived.first["id"],))
    with pytest.raises(psycopg.errors.RaiseException, match="holds 5 of the 6 originals that were archived; nothing is done"):
        stack.value("SELECT intake.restore_month('2026-01-01')")
    stack.db.execute("DROP TABLE intake.archived_2026_01")
    load(stack, archived.file)
    assert stack.value("SELECT intake.restore_month('2026-01-01')") == 6
    assert {*archived.before[0]} <= {*stands(stack)[0]}
    assert "archived" not in verified(stack)[0]
    assert stack.rows("SELECT * FROM intake.archived") == [] and not stack.value("SELECT to_regclass('intake.archived_2026_01')")


def test_again_after_it_came_back(archived, stack):
    """With what came meanwhile; under intake that goes on."""
    whole = stands(stack)[0]
    file, n = archive(stack, archived.folder)
    assert n > archived.n
    archived.settle(archived.event(time=JANUARY))
    load(stack, file)
    assert stack.value("SELECT intake.restore_month('2026-01-31')") == n
    assert {*whole} <= {*stands(stack)[0]}
    verified(stack)


@pytest.mark.parametrize("day, why", [
    ("2019-01-01", "there is no evidence of 2019-01"), ("2999-01-01", "2999-01 has not ended")])
def test_what_cannot_be_archived(archived, stack, day, why):
    with pytest.raises(psycopg.errors.RaiseException, match=why):
        stack.value("SELECT intake.archive_month(%s)", day)


def test_not_twice(archived, stack):
    stack.db.execute("SELECT intake.archive_month('2026-03-01')")
    with pytest.raises(psycopg.errors.RaiseException, match="2026-03 is archived: restore it"):
        stack.value("SELECT intake.archive_month('2026-03-01')")
    assert stack.value("SELECT intake.restore_month('2026-03-01')") > 0
    with pytest.raises(psycopg.errors.RaiseException, match="2026-03 is not archived"):
        stack.value("SELECT intake.restore_month('2026-03-01')")
    verified(stack)
