"""PostgreSQL is backed up while events flow, and everything is deleted: what docs/operations.md says, by its own commands. What
everybody loses if this fails: all that was ever reported, or what came between the backup and the loss."""
import os
import shutil
import subprocess
import threading

import pytest
from daemon import wait_until
from oracle.city import City
from programs import SERVICES
from told import Told
from town import Town

SECONDS = 60  # that its events take, unless the backup is done before


def postgres(stack, program, *args, check=True):
    env = {**os.environ, "PGPASSWORD": stack.processes.secret("postgres")}
    done = subprocess.run([stack.program("postgres").binaries / program, *map(str, args)], env=env, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr


def back_up(stack, folder):
    url = stack.processes.database_url()
    postgres(stack, "pg_dumpall", "--roles-only", "-d", url, "-f", folder / "roles.sql")
    postgres(stack, "pg_dump", "-Fc", "-d", url, "-f", folder / "terukur.dump")


def restore(stack, folder):
    """Into a PostgreSQL that knows nothing; that the first of its roles is there already is no fault."""
    url = stack.processes.database_url()
    postgres(stack, "psql", "-q", url, "-f", folder / "roles.sql")
    postgres(stack, "pg_restore", "-d", url, folder / "terukur.dump")


def delete(stack, *names):
    """Their processes and all of their files."""
    for name in names:
        stack.kill(name)
        home = stack.run_dir / {"postgres": "pg", "kafka": "kafka"}[name]
        shutil.rmtree(home.resolve() / "data")
        (home / "meta.properties").unlink(missing_ok=True)
    stack.start(*names)


@pytest.fixture
def secrets(stack):
    """What a new database forgets is known again afterwards."""
    yield
    stack.reset()


def paced(done):
    """Hands messages out little by little until the backup is done, and then all that are left."""
    def pace(messages):
        for n, message in enumerate(messages):
            if n % 50 == 0:
                done.wait(SECONDS * 50 / len(messages))
            yield message
    return pace


def evidence(stack):
    return stack.value("SELECT count(*) FROM intake.evidence")


def test_postgresql_is_lost(stack, secrets, tmp_path):
    """What Kafka still holds of the time since is read again, by itself; scores are the oracle's."""
    told, done = Told(stack, City(12, people=80, events=8000)), threading.Event()
    load = threading.Thread(target=told.tell, args=(told.city.messages, paced(done)))
    load.start()
    try:
        assert wait_until(lambda: evidence(stack) > 500, 60)
        back_up(stack, tmp_path)
        assert load.is_alive(), "it was no backup under load"
    finally:
        done.set()
        load.join()
    stack.wait_idle(120)
    whole = evidence(stack)
    delete(stack, "postgres")
    restore(stack, tmp_path)
    assert 500 < evidence(stack) < whole
    stack.restart(*SERVICES)
    stack.wait_idle(120)
    assert evidence(stack) == whole
    told.check_scores()
    told.check_rejections()
    stack.admin("verify")


def test_kafka_is_lost_as_well(stack, secrets, tmp_path):
    """Topics are made anew; upstreams send the days since the backup once more, and who follows the scores hears all of them."""
    town = Town(stack, people=2)
    events = [town.event(subject=town.nips[n % 2]) for n in range(60)]
    town.settle(*events[:30])
    back_up(stack, tmp_path)
    town.settle(*events[30:45])
    stack.stop(*SERVICES)
    delete(stack, "postgres", "kafka")
    restore(stack, tmp_path)
    stack.processes.prepare_stores()
    stack.start(*SERVICES)
    assert town.realized() == ("15.00", 15)
    town.settle(*events[20:])
    assert town.realized() == ("30.00", 30) and town.realized(nip=town.nips[1]) == ("30.00", 30)
    stack.db.execute("UPDATE scoring.person SET published_revision = 0")
    stack.admin("recompute", "--wait", "30")
    heard = {m.key.decode(): m.value for m in stack.read("terukur.score.changed")}
    stand = {f"{person}/{period}": body and body.encode() for person, period, body in
             stack.rows("SELECT person, period, body FROM scoring.score")}
    assert heard == stand and len(stand) >= 6
    assert stack.ready()
    stack.admin("verify")
