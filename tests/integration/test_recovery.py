"""What `make up` mends by itself on a running stack. What operators lose if this fails: all that was scored, because of an empty
file; or an evening, because PostgreSQL's package was upgraded while it ran."""
import os
import shutil
from pathlib import Path

import programs
import pytest
from conftest import BUILD
from stack import Stack


def again(stack, empty=True):
    """`make up` once more, by a program that knows only what is in the directory."""
    other = Stack(stack.run_dir, ports=stack.processes.preferred, build=BUILD, quiet=True)
    try:
        other.up(empty=empty)
    finally:
        stack.processes = other
        stack._producer = None


def pids(stack):
    return {name: program.pid for name, program in stack.processes.programs.items()}


def is_whole(stack, town, n):
    """It works, and what was there is there."""
    town.settle(town.event())
    assert town.realized() == (f"{n}.00", n)
    assert all(pids(stack).values())
    assert stack.admin("verify").returncode == 0


@pytest.mark.parametrize("torn", [
    ["ports.json"], ["secrets"], ["env", "lock"], ["pid/postgres", "pid/kafka", "pid/mail", "pid/intake", "pid/gateway"],
    ["ports.json", "secrets", "env", "pid/postgres", "pid/kafka", "pid/scoring", "kafka/server.properties"],
], ids=" ".join)
def test_torn_files_of_a_running_stack(town, stack, torn):
    town.settle(town.event())
    before = pids(stack)
    for name in torn:
        (stack.run_dir / name).write_text("" if name != "ports.json" else '{"postgres": 154')
    again(stack)
    after = pids(stack)
    if not {"ports.json", "secrets"} & {*torn}:
        assert after == before  # found again, and left alone
    for name in torn:
        assert (stack.run_dir / name).read_text() or name in ("lock", "kafka/server.properties")
    is_whole(stack, town, 2)


def test_torn_files_of_a_stack_that_stands_still(town, stack):
    """As after a power cut: among them who the cluster is, and whose the database's files are."""
    town.settle(town.event())
    stack.processes.down()
    run = stack.run_dir
    for path in (run / "ports.json", run / "secrets", run / "kafka/data/meta.properties", run / "pg/data/PG_VERSION",
                 run / "pid/postgres", run / "pid/kafka"):
        path.write_text("")
    again(stack)
    is_whole(stack, town, 2)


@pytest.fixture
def own_postgres(stack, monkeypatch):
    """A copy of PostgreSQL's programs, which can be upgraded without asking the machine."""
    real = stack.program("postgres").binaries
    version = real.parent.name
    tree = stack.run_dir / "usr"
    (tree / f"lib/postgresql/{version}").mkdir(parents=True)
    shutil.copytree(real, tree / f"lib/postgresql/{version}/bin", symlinks=True)
    (tree / f"lib/postgresql/{version}/lib").symlink_to(real.parent / "lib")
    (tree / "share").symlink_to("/usr/share")
    for path in (tree, *tree.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)  # for the user that it runs as
    monkeypatch.setattr(programs, "POSTGRES_VERSIONS", tree / "lib/postgresql")
    stack.restart("postgres")
    yield stack.program("postgres").binaries
    monkeypatch.undo()
    stack.restart("postgres")
    shutil.rmtree(tree)


def test_postgresql_upgraded_while_it_ran(town, stack, own_postgres):
    """Its old processes go on and its new ones load libraries of another version: it has to be started again."""
    town.settle(town.event())
    before = pids(stack)
    assert Path(os.readlink(f"/proc/{before['postgres']}/exe")) == own_postgres / "postgres"
    fresh = own_postgres / "postgres.dpkg-new"
    shutil.copy(own_postgres / "postgres", fresh)
    fresh.rename(own_postgres / "postgres")  # as dpkg does it
    again(stack)
    after = pids(stack)
    assert after.pop("postgres") != before.pop("postgres") and after == before
    is_whole(stack, town, 2)
    again(stack)
    assert {**after, "postgres": pids(stack)["postgres"]} == pids(stack)  # once
