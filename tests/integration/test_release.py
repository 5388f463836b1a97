"""Old and new programs beside each other on one schema: expand, migrate, contract. What operators lose if this fails: an
upgrade takes away what the running version needs, and nobody sees why everything stands still."""
import json
import os
import shutil
import subprocess
import threading
import time

import pytest
from conftest import BUILD, ROOT
from daemon import StackError, wait_until
from programs import SERVICES

pytestmark = pytest.mark.skipif(BUILD != ROOT / "build", reason="it copies build/")

# The next version: its programs need 901, and nobody needs what 902 takes away.
NEXT = {"901_expand.sql": "ALTER TABLE registry.agency ADD COLUMN motto text;\n",
        "902_contract.sql": "-- contract: 901\nALTER TABLE registry.agency DROP COLUMN motto;\n"}


@pytest.fixture(scope="module")
def following(system, tmp_path_factory):
    """Where the programs of the next version are: those of this one, but for what they say of the schema."""
    folder = tmp_path_factory.mktemp("next")
    shutil.copytree(ROOT / "schemas/sql", folder / "sql")
    for name, sql in NEXT.items():
        (folder / "sql" / name).write_text(sql)
    shutil.copytree(BUILD, folder / "build", ignore=shutil.ignore_patterns("asan", "tests"))
    migrations = " ".join(map(str, sorted((folder / "sql").glob("*.sql"))))
    done = subprocess.run(["make", "-j2", f"B={folder}/build", f"MIGRATIONS={migrations}",
                           *(f"{folder}/build/{name}" for name in ("admin", *SERVICES))],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    yield folder / "build"
    system.processes.build = BUILD


@pytest.fixture(scope="module")
def level():
    """That of this version's programs, "023"."""
    return (BUILD / "schema_level").read_text().strip()


def run(stack, build, name, *args):
    env = {**os.environ, "DATABASE_URL": stack.processes.database_url(), "KAFKA_BROKERS": stack.brokers,
           "OPS_LISTEN": "127.0.0.1:0"}
    return subprocess.run([build / name, *args], env=env, capture_output=True, text=True, timeout=60)


def applied(stack):
    return {name for (name,) in stack.rows("SELECT name FROM public.schema_migration")} & set(NEXT)


def waiting_for(stack, name):
    try:
        return " ".join(json.loads(stack.get(name, "/readyz")[1])["waiting_for"])
    except OSError:
        return "it has just begun"


def of_build(stack, build, *names, wait=True):
    """Replaces services by those of another build, from which the commands are from now on, too."""
    stack.processes.build = build
    stack.stop(*names)
    stack.start(*names, wait=wait)


def test_a_new_program_waits_for_its_schema(stack, following, level):
    """In words that say the cure; nothing is read before, so that nobody has to make up for it."""
    of_build(stack, following, "reporting", wait=False)
    want = f"the schema is at {level}, and this program wants 901: admin migrate"
    assert wait_until(lambda: want in waiting_for(stack, "reporting"), 10), waiting_for(stack, "reporting")
    check = run(stack, following, "reporting", "--check")
    assert check.returncode == 111 and want in check.stderr
    status = run(stack, following, "admin", "status")
    assert status.returncode == 111 and want in status.stderr
    of_build(stack, BUILD, "reporting")


def test_what_a_running_program_needs_is_not_taken_away(stack, following, level, town):
    """Not before the last of them is replaced; all that it does not need is done, and they go on."""
    refused = run(stack, following, "admin", "migrate")
    assert refused.returncode == 1 and refused.stdout == "applied 901_expand.sql\n"
    assert "902_contract.sql is not applied" in refused.stderr
    for name in SERVICES:
        assert f"{name} {name}, built for {level}" in refused.stderr
    later = run(stack, following, "admin", "migrate", "--expand")
    assert later.returncode == 0 and later.stdout.startswith("left for later: 902_contract.sql is not applied")

    for name in SERVICES:
        of_build(stack, following, name)
        town.settle(town.event())
        if name != SERVICES[-1]:
            refused = run(stack, following, "admin", "migrate")
            assert refused.returncode == 1 and f"{name} {name}" not in refused.stderr
    assert town.realized() == (f"{len(SERVICES)}.00", len(SERVICES))
    assert applied(stack) == {"901_expand.sql"}

    done = run(stack, following, "admin", "migrate")
    assert (done.returncode, done.stdout) == (0, "applied 902_contract.sql\n")
    town.settle(town.event())
    assert stack.ready()


def test_an_old_program_does_not_begin_on_a_schema_that_is_not_for_it(stack, following, level):
    want = f"the schema is at 902, which programs older than 901 cannot read; this one was built for {level}"
    check = run(stack, BUILD, "scoring", "--check")
    assert check.returncode == 111 and want in check.stderr
    with pytest.raises(StackError, match="ended with exit code 111"):
        of_build(stack, BUILD, "scoring")
    assert want in stack.program("scoring").log.read_text()
    of_build(stack, following, "scoring")


def test_a_migration_holds_up_nobody(stack, following, tmp_path):
    """Behind a table that somebody reads for long it waits for a moment at a time, and others read meanwhile."""
    stack.execute("DELETE FROM public.schema_migration WHERE name LIKE '90%%'")
    waits = []
    with stack.session() as reader:
        reader.execute("SELECT count(*) FROM registry.agency")
        migrate = threading.Thread(target=lambda: waits.append(run(stack, following, "admin", "migrate")))
        migrate.start()
        assert wait_until(lambda: stack.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
                                              "'registry.agency'::regclass"), 10)
        began = time.monotonic()
        assert stack.value("SELECT count(*) FROM registry.agency") > 0
        assert time.monotonic() - began < 4 and migrate.is_alive()
        reader.rollback()
    migrate.join(30)
    assert waits[0].returncode == 0 and applied(stack) == set(NEXT)
