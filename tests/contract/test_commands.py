"""`make up`, `make test` and what they stand on, without a stack: who must wait for whom, files that are torn, rights, what is
named. What whoever tries it loses if this fails: a first impression, or the data of a second one."""
import json
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import programs
import pytest
from daemon import Daemon, StackError, close_to_others, read_json, wait_until, write_private
from stack import Stack

ROOT = Path(__file__).resolve().parents[2]


# --- two at once

@pytest.fixture
def alone(tmp_path):
    """Starts a shell command under alone.sh, in a folder of its own; all are ended at last."""
    started = []

    def start(what, command, *how):
        process = subprocess.Popen(["sh", ROOT / "scripts/alone.sh", *how, what, "sh", "-c", command], cwd=tmp_path,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.communicate()


def wait_for(path):
    assert wait_until(path.exists, 20)


def test_the_second_says_for_whom_it_waits(alone, tmp_path):
    first = alone("make up", "touch began; while [ ! -e go ]; do sleep 0.05; done; touch done")
    wait_for(tmp_path / "began")
    second = alone("make down", "[ -e done ] && echo after")
    assert re.fullmatch(rf"make down: waiting for `make up`, process {first.pid}, since [\d:]{{8}}, in this directory\n",
                        second.stderr.readline())
    assert second.poll() is None
    (tmp_path / "go").touch()
    assert second.communicate(timeout=20)[0] == "after\n" and second.returncode == 0
    assert first.wait(20) == 0


def test_who_was_killed_stops_nobody(alone, tmp_path):
    first = alone("make up", "touch began; sleep 600")
    wait_for(tmp_path / "began")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    second = alone("make up", "true")
    assert second.communicate(timeout=20)[1] == "" and second.returncode == 0


def test_what_tests_use_is_not_removed_beneath_them(alone, tmp_path):
    """But others start and stop beside them, and a second run of tests may use it as well."""
    test = alone("make test", "touch began; while [ ! -e go ]; do sleep 0.05; done", "--using")
    wait_for(tmp_path / "began")
    assert alone("make up", "true").wait(20) == 0
    assert alone("make test", "true", "--using").wait(20) == 0
    clean = alone("make clean", "true", "--removing")
    assert clean.stderr.readline().startswith("make clean: waiting for `make test`, process")
    (tmp_path / "go").touch()
    assert clean.wait(20) == 0 and test.wait(20) == 0


def test_the_exit_code_is_the_command_s(alone):
    assert alone("make up", "exit 7").wait(20) == 7


# --- a path with a space, a Python from elsewhere, nobody's sudo

@pytest.fixture
def checkout(tmp_path):
    """What make needs to begin, in a folder whose name is not kind to shells."""
    folder = tmp_path / "a b's (copy)"
    folder.mkdir()
    for name in ("Makefile", "scripts", "shared", "schemas"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    return folder


def make(folder, *args, **env):
    return subprocess.run(["make", *args], cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, timeout=120)


def test_a_path_with_spaces(checkout):
    done = make(checkout, "build/shared/base/err.o")
    assert done.returncode == 0, done.stderr
    assert str(checkout).encode() not in (checkout / "build/shared/base/err.o").read_bytes()
    done = make(checkout, "down")
    assert done.returncode == 0, done.stderr
    assert make(checkout, "clean").returncode == 0 and not (checkout / "build").exists()


def test_a_python_from_elsewhere_is_not_asked(checkout):
    """One without yaml, without venv, with a home that is not there: Debian's has what setup.sh brought."""
    elsewhere = checkout / "bin"
    elsewhere.mkdir()
    (elsewhere / "python3").write_text("#!/bin/sh\necho 'not me' >&2\nexit 9\n")
    (elsewhere / "python3").chmod(0o755)
    (elsewhere / "python").symlink_to("python3")
    path = f"{elsewhere}:{os.environ['PATH']}"
    for target in ("down", "build/openapi.json"):
        done = make(checkout, target, PATH=path, PYTHONHOME="/nowhere", PYTHONPATH="/nowhere")
        assert done.returncode == 0, done.stderr
    assert not re.search(r"(?<!/usr/bin/)\bpython3 -", (ROOT / "scripts/setup.sh").read_text())


@pytest.fixture
def bare(tmp_path):
    """A PATH with the few programs that a shell needs, none that installs; `id` says a plain user."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("dirname", "tr", "cat", "mkdir", "mktemp", "tail", "rm"):
        (folder / name).symlink_to(shutil.which(name))
    (folder / "id").write_text("#!/bin/sh\necho 1000\n")
    (folder / "id").chmod(0o755)
    return folder


@pytest.mark.parametrize("has, told", [
    ("apt-get", "as root, first: apt-get update && apt-get install --no-install-recommends gcc "),
    (None, "this needs Debian 12 or 13, or these by other means: gcc "),
])
def test_without_sudo_it_is_said_what_to_do(checkout, bare, has, told):
    if has:
        (bare / has).symlink_to("/bin/true")
    done = subprocess.run(["/bin/sh", "scripts/setup.sh", "up"], cwd=checkout, env={"PATH": str(bare)}, capture_output=True,
                          text=True)
    assert done.returncode == 1 and f"setup: {told}" in done.stderr, done


# --- files that are empty or torn

@pytest.mark.parametrize("text", ["", '{"postgres": 15', "[1]", "\0\0\0"])
def test_a_torn_file_says_nothing(tmp_path, text):
    (tmp_path / "f").write_text(text)
    assert read_json(tmp_path / "f") == {} == read_json(tmp_path / "none")


def test_a_file_appears_whole(tmp_path, monkeypatch):
    """What broke off leaves the one before; what is there has reached the disk."""
    path, synced = tmp_path / "f", []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    write_private(path, "one")
    assert synced == [str(tmp_path / ".f"), str(tmp_path)] and stat.S_IMODE(path.stat().st_mode) == 0o600

    def breaks(fd):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "fsync", breaks)
    with pytest.raises(OSError):
        write_private(path, "two")
    assert path.read_text() == "one"


@pytest.fixture
def sleeper(tmp_path):
    """A process from a program of its own, as another command would find it."""
    program = tmp_path / "sleep"
    shutil.copy("/bin/sleep", program)
    starter = Daemon("sleeper", tmp_path)
    starter.start([program, "600"], {}, "/")
    yield Daemon("sleeper", tmp_path), program
    starter.kill()


@pytest.mark.parametrize("text", ["", "17", "x y z", None])
def test_a_process_is_found_without_its_pid_file(sleeper, text):
    daemon, _ = sleeper
    pid, said = daemon.pid, daemon.pid_file.read_text()
    daemon.pid_file.write_text(text) if text is not None else daemon.pid_file.unlink()
    assert (daemon.pid if text is not None else daemon.find()) == pid
    assert daemon.pid_file.read_text() == said
    daemon.kill()
    daemon.pid_file.write_text("")
    assert daemon.pid is None and daemon.find() is None


def test_a_program_that_was_upgraded_beneath_its_process(sleeper):
    daemon, program = sleeper
    assert not daemon.replaced
    program.unlink()
    shutil.copy("/bin/sleep", program)  # as dpkg does it
    assert daemon.replaced
    daemon.kill()
    assert not daemon.replaced


IDENTITY = "version=1\ncluster.id=t123\nnode.id=1\ndirectory.id=d123\n"


@pytest.mark.parametrize("own, copy", [("", IDENTITY), (IDENTITY, ""), (IDENTITY, None), ("version=1\ncluster.i", IDENTITY)])
def test_kafka_knows_whose_data_it_is(tmp_path, own, copy):
    for name, text in (("own", own), ("copy", copy)):
        if text is not None:
            (tmp_path / name).write_text(text)
    programs.Kafka._keep_identity(tmp_path / "own", tmp_path / "copy")
    assert (tmp_path / "own").read_text() == (tmp_path / "copy").read_text() == IDENTITY


def test_kafka_s_data_of_nobody_is_named(tmp_path):
    (tmp_path / "own").touch()
    with pytest.raises(StackError, match="own is empty or torn, and so is its copy"):
        programs.Kafka._keep_identity(tmp_path / "own", tmp_path / "copy")


@pytest.fixture
def data(tmp_path):
    """What PostgreSQL 15 has made, as far as its version goes."""
    home = tmp_path / "pg/data"
    (home / "base/1").mkdir(parents=True)
    for folder in (home, home / "base/1"):
        (folder / "PG_VERSION").write_text("15\n")
    return home


def versions(tmp_path, monkeypatch, *numbers):
    for number in numbers:
        (tmp_path / f"versions/{number}/bin").mkdir(parents=True)
    monkeypatch.setattr(programs, "POSTGRES_VERSIONS", tmp_path / "versions")


def test_another_postgresql_is_named_with_the_cure(tmp_path, data, monkeypatch):
    versions(tmp_path, monkeypatch, 14, 17)
    with pytest.raises(StackError, match="was made by PostgreSQL 15, which is not installed: .* Install postgresql-15, or let"):
        Stack(tmp_path).program("postgres").binaries


def test_postgresql_s_data_keeps_its_version(tmp_path, data, monkeypatch):
    """Where several are installed, too, and where the file that says it is empty."""
    versions(tmp_path, monkeypatch, 14, 15, 17)
    (data / "PG_VERSION").write_text("")
    assert Stack(tmp_path).program("postgres").binaries.parent.name == "15"
    assert (data / "PG_VERSION").read_text() == "15\n"
    for path in (data / "PG_VERSION", data / "base/1/PG_VERSION"):
        path.write_text("")
    with pytest.raises(StackError, match="PG_VERSION is empty"):
        Stack(tmp_path).program("postgres").binaries


# --- rights, and room

def test_a_stack_s_files_are_their_owner_s_alone(tmp_path):
    """Also those that were made before with wider rights; what is downloaded, and links, are left as they are."""
    run = tmp_path / "run"
    for name in ("kafka/data/topic-0", "kafka/libs", "log", "mail", "demo"):
        (run / name).mkdir(0o755, parents=True)
    for name in ("kafka/data/topic-0/0.log", "kafka/libs/x.jar", "log/intake.log", "mail/1.eml", "env", "secrets", "ports.json"):
        (run / name).write_text("{}")
        (run / name).chmod(0o666)
    run.chmod(0o777)
    (run / "log/link").symlink_to(ROOT / "Makefile")
    before = (ROOT / "Makefile").stat().st_mode
    stack = Stack(run)
    stack.claim()
    stack._close()
    wide = [str(path.relative_to(run)) for path in run.rglob("*")
            if not path.is_symlink() and path.stat().st_mode & 0o077 and "libs" not in path.parts]
    assert wide == [] and (ROOT / "Makefile").stat().st_mode == before
    info = run.stat()
    if os.geteuid():
        assert stat.S_IMODE(info.st_mode) == 0o700
    else:  # PostgreSQL, which root runs as another user, may pass through and look at nothing
        assert (stat.S_IMODE(info.st_mode), info.st_gid) == (0o710, pwd.getpwnam("postgres").pw_gid)


def test_what_processes_write_is_their_owner_s_alone(tmp_path):
    daemon = Daemon("writer", tmp_path)
    daemon.start(["/bin/sh", "-c", f"mkdir '{tmp_path}/d'; touch '{tmp_path}/d/f'"], {}, "/")
    assert wait_until(lambda: daemon.pid is None, 20)
    for path in (tmp_path / "d", tmp_path / "d/f", daemon.log, daemon.pid_file, daemon.log.parent):
        assert path.stat().st_mode & 0o077 == 0, path


def test_closing_is_for_what_is_there(tmp_path):
    close_to_others(tmp_path / "gone")


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1 << 30, (1 << 30) - 7, 7 << 20))
    with pytest.raises(StackError, match=r"the disk of .*/run is full: 7 MB are free, 512 MB are needed"):
        Stack(tmp_path / "run").start("postgres")
    assert not (tmp_path / "run/secrets").exists()


def test_the_second_stack_py_waits_and_says_so(tmp_path):
    """Also where nobody went through make."""
    command = [sys.executable, ROOT / "scripts/stack.py", "--run-dir", tmp_path / "run", "down"]
    holder = subprocess.Popen([sys.executable, "-c", "import sys, time; sys.path.insert(0, sys.argv[1]); from stack import locked; "
                               "from pathlib import Path; lock = locked(Path(sys.argv[2]), 'up'); print('held', flush=True); "
                               "time.sleep(600)", ROOT / "scripts", tmp_path / "run"], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    second = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert f"stack: waiting for `stack.py up`, process {holder.pid}, since" in second.stderr.readline()
    time.sleep(0.1)
    assert second.poll() is None
    holder.kill()
    holder.communicate()
    assert second.wait(20) == 0
    second.stderr.close()
    assert json.loads((tmp_path / "run/ports.json").read_text() if (tmp_path / "run/ports.json").exists() else "{}") == {}
