"""Processes that outlive whoever started them and are known again by another command, and tools to handle them."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = "TERUKUR_DAEMON"  # in the environment of each process: which it is, should its pid file be lost


class StackError(Exception):
    """Something that the person at the terminal should read; no traceback needed."""


def write_private(path, text):
    """Writes a file that only its owner reads; it appears whole, also after the machine lost its power."""
    unfinished = path.with_name(f".{path.name}")
    unfinished.unlink(missing_ok=True)
    with open(unfinished, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def read_json(path):
    """What a file says; {} when it is not there, is empty or torn: whoever reads it makes it anew."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def close_to_others(path, mode=0o077):
    """Takes away what others may do with it. Links stay, and what is gone meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        info = path.lstat()
        if not path.is_symlink() and info.st_mode & mode and info.st_uid == os.geteuid():
            path.chmod(info.st_mode & 0o7777 & ~mode)


def can_connect(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def can_listen(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def tail(text, lines=15):
    """The last lines of a text, indented, to follow a message."""
    return "".join(f"\n    | {line}" for line in text.splitlines()[-lines:])


def as_user(name):
    """For subprocess: to run as that user; as oneself when there is no name."""
    return {"user": name, "group": name, "extra_groups": []} if name else {}


def run(argv, what, **options):
    """Runs a command to its end and returns what it printed; StackError with its own words when it fails."""
    options = {"capture_output": True, "text": True, "timeout": 300, "cwd": ROOT, "umask": 0o077} | options
    try:
        done = subprocess.run(argv, **options)
    except FileNotFoundError as e:
        raise StackError(f"{what}: {e.filename} is not there") from None
    except subprocess.TimeoutExpired as e:
        raise StackError(f"{what}: not finished after {e.timeout:.0f} s") from None
    if done.returncode:
        raise StackError(f"{what}: exit code {done.returncode}{tail((done.stderr or '') + (done.stdout or ''))}")
    return done.stdout


def stat_fields(pid):
    """/proc/PID/stat from the state on; None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def birth(pid):
    """When a living process began, in ticks: a pid is given again, a pid with its birth is not."""
    fields = stat_fields(pid)
    # A dead main thread does not make a dead process: the others may hold its files and ports for a moment yet.
    dead = fields is None or fields[0] in "ZX" and int(fields[17]) <= 1
    return None if dead else fields[19]


def environment(pid):
    """What a process was started with; nothing when it is gone or somebody else's."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []


def marked(mark):
    """The process that was started with this mark, not one of its children, which have it as well."""
    word = f"{MARK}={mark}".encode()
    found = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and word in environment(p.name)]
    fields = {pid: stat_fields(pid) for pid in found if birth(pid) and not is_backend(pid)}
    return next((pid for pid, said in fields.items() if said and int(said[1]) not in fields), None)


def is_backend(pid):
    """Of PostgreSQL, whose backends outlive a killed server for a moment and are named by what they do."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"postgres: ")
    except (FileNotFoundError, ProcessLookupError):
        return True  # gone


def children(pid):
    found = ((int(p.name), stat_fields(p.name)) for p in Path("/proc").iterdir() if p.name.isdigit())
    return [child for child, fields in found if fields and int(fields[1]) == pid]


def wait_until(condition, seconds, pause=0.05):
    """True as soon as the condition holds, False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


class Daemon:
    """One process in a session of its own, with a log and a pid file."""

    def __init__(self, name, run_dir):
        self.name = name
        self.log = run_dir / "log" / f"{name}.log"
        self.pid_file = run_dir / "pid" / name
        self._child = None  # when it is this program that started it

    @property
    def pid(self):
        """The pid while it lives, else None."""
        if self._child:
            self._child.poll()  # so that it does not stay as a zombie
        try:
            pid, born = self.pid_file.read_text().split()
        except FileNotFoundError:
            return None
        except ValueError:
            return self.find()  # torn
        return int(pid) if birth(pid) == born else None

    def find(self):
        """Looks for it among all processes, for a pid file that is lost, and writes that anew. The pid, or None."""
        pid = marked(self.pid_file)
        if pid:
            self._note(pid)
        return pid

    def _note(self, pid):
        self.pid_file.parent.mkdir(0o700, exist_ok=True)
        write_private(self.pid_file, f"{pid} {birth(pid)}")

    @property
    def replaced(self):
        """Whether its program was replaced beneath it, as an upgrade of its package does."""
        pid = self.pid
        try:
            return bool(pid) and os.readlink(f"/proc/{pid}/exe").endswith(" (deleted)")
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # an ordinary container's root may not see it of others
            return False

    @property
    def exit_code(self):
        """As subprocess has it; None while it lives, or when another program started it."""
        return self._child.poll() if self._child else None

    def start(self, argv, env, cwd, user=None):
        self.log.parent.mkdir(0o700, exist_ok=True)
        try:
            with open(self.log, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as log:
                self._child = subprocess.Popen(argv, env={**env, MARK: str(self.pid_file)}, cwd=cwd,
                                               stdin=subprocess.DEVNULL, stdout=log, stderr=log, umask=0o077,
                                               start_new_session=True, **as_user(user))
        except FileNotFoundError as e:
            raise StackError(f"{self.name}: {e.filename} is not there") from None
        self._note(self._child.pid)

    def kill(self, number=signal.SIGKILL):
        """Sends a signal. SIGKILL goes to its children too, and returns when all are gone."""
        pid = self.pid
        if pid is None:
            return
        family = [pid, *children(pid)] if number == signal.SIGKILL else [pid]
        for member in family:
            try:
                os.kill(member, number)
            except ProcessLookupError:
                pass
        if number == signal.SIGKILL:
            wait_until(lambda: self.pid is None and not any(map(birth, family)), 10, 0.005)

    def stop(self, number, seconds):
        """Asks it to end, and ends it when it does not. Returns whether it ended by itself."""
        self.kill(number)
        by_itself = wait_until(lambda: self.pid is None, seconds, 0.02)
        if not by_itself:
            self.kill()
        return by_itself

    def last_words(self):
        return f"{self.log} ends with{tail(self.log.read_text(errors='replace'))}"
