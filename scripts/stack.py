#!/usr/bin/env python3
"""The whole system on one machine, without containers.

    stack.py up [--empty]     start what is not running; without --empty, load the demo city once
    stack.py down             stop everything, in order
    stack.py clean            stop everything and forget its data
    stack.py status           what runs where; exit code 0 when all of it is ready
    stack.py restart NAME…    stop and start single processes
    stack.py env              print the settings of a client, also in .run/env while the stack is up

As a module it is what tests run against, each in a directory and on ports of its own:

    with Stack(directory, ports=random_ports()) as stack:
        stack.overrides["intake"]["LOG_LEVEL"] = "debug"
        stack.up(empty=True)
        stack.kill("intake"); stack.start("intake", "intake-2"); stack.restart_kafka(hard=True)

Everything that a stack knows is in its directory, `.run` by default, which is its owner's alone: processes are found again
by their pid files, ports and secrets stay the same. PostgreSQL refuses to run as root: root runs it as the user `postgres`,
whose group may pass through the directory. A file that is empty or torn is made anew; nothing in the stores depends on one.
"""
import argparse
import contextlib
import errno
import fcntl
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from daemon import ROOT, StackError, can_listen, close_to_others, read_json, run, write_private
from programs import FOUNDATION, KINDS, SERVICES, inherited_env
from services import NUMBERS

ROLES = ("postgres", "terukur_registry", *(f"terukur_{service}" for service in SERVICES))

# What listens: its process, and where, unless somebody else is there already.
PORTS = {
    "postgres": ("postgres", 15432),
    "kafka": ("kafka", 19092),
    "controller": ("kafka", 19093),
    "mail": ("mail", 1025),
    "web": ("gateway", 8080),
    **{service: (service, NUMBERS[service]) for service in SERVICES},
}

# What `clean` removes. Downloads stay.
STATE = ("pg", "kafka/data", "kafka/data.new", "kafka/server.properties", "kafka/meta.properties", "mail", "demo", "log", "pid", "env",
         "secrets", "ports.json")
FOLDERS = ("kafka", "mail", "demo", "log", "pid")
ROOM = 512 << 20  # bytes that must be free to begin with


BLOCK = 20  # ports of a stack beside others
claims = []


def random_ports():
    """Ports for a stack beside others, below those that the kernel gives to clients, and with some to spare for replicas. As long
    as this process lives they are nobody else's: it holds the last one."""
    while True:
        block = range(first := random.randrange(20000, 32000, BLOCK), first + BLOCK)
        claim = socket.socket()
        try:
            claim.bind(("127.0.0.1", block[-1]))
        except OSError:
            claim.close()
            continue
        claims.append(claim)
        if all(map(can_listen, block[:-1])):
            return dict(zip((*PORTS, "replicas"), block))


def random_port():
    """A single one, that nobody is given meanwhile."""
    return random_ports()["web"]


class Stack:
    """One running system and its directory. `ports` overrides the preferred ones by name; `overrides[service]` are
    environment variables for that service's next start; `build` is where the programs are."""

    def __init__(self, run_dir=ROOT / ".run", ports=None, build=ROOT / "build", quiet=False):
        self.run_dir = Path(run_dir).resolve()
        self.build = Path(build).resolve()
        self.overrides = defaultdict(dict)
        self.preferred = {name: port for name, (_, port) in PORTS.items()} | (ports or {})
        self.ports = read_json(self.run_dir / "ports.json")
        self.lost_secrets = False  # the databases know passwords that nobody does any more
        self.quiet, self.began = quiet, time.monotonic()
        self._lock = threading.RLock()  # tests start things from several threads
        self.programs = {name: KINDS[name](name, self) for name in (*FOUNDATION, *SERVICES)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    def say(self, text):
        if not self.quiet:
            print(f"[{time.monotonic() - self.began:5.1f} s] {text}", flush=True)

    def program(self, name):
        """The process of that name: pid, log, exit_code, kill, tail… `intake-2` is made when first asked for."""
        if name not in self.programs:
            if (base := name.partition("-")[0]) not in SERVICES:
                raise StackError(f"{name}? There are: {', '.join(self.programs)}")
            self.programs[name] = KINDS[base](name, self)
        return self.programs[name]

    # Starting and stopping

    def up(self, empty=False):
        """Everything, ready. With the demo city unless `empty`."""
        self.start(*FOUNDATION)
        if any(self.program(name).pid is None for name in SERVICES):
            self.prepare_stores()
            self.lost_secrets = False
        self.start(*SERVICES)
        self.write_env()
        if empty:
            print(f"\nTerukur: {self.addresses()['GATEWAY_URL']}\nSettings and tokens for clients: {self.run_dir}/env\n", flush=True)
        else:
            self.load_demo()

    def start(self, *names, wait=True):
        """Starts those that are not running, all at once, and waits until all are ready."""
        with self._lock:
            self._settle(names)
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(lambda name: self._start(name, wait), names))

    def _start(self, name, wait):
        program = self.program(name)
        began, running = time.monotonic(), program.pid or program.find()
        if not running:
            program.launch()
        if not wait:
            return
        program.await_ready()
        took = "already running" if running else f"ready after {time.monotonic() - began:.1f} s"
        self.say(f"{name:12} 127.0.0.1:{program.port:<5} {took}")

    def stop(self, *names):
        """Asks them all to end and waits; those that do not end in their time are killed."""
        running = [p for p in map(self.program, names) if p.pid or p.find()]
        with ThreadPoolExecutor(len(running) or 1) as pool:
            ended = pool.map(lambda p: p.stop(p.stop_signal, p.patience), running)
        for program, by_itself in zip(running, ended):
            how = "stopped" if by_itself else f"killed, it was still there after {program.patience} s"
            self.say(f"{program.name:12} {how}")

    def kill(self, name, number=signal.SIGKILL):
        self.program(name).kill(number)

    def restart(self, *names):
        for name in names:
            self.stop(name)
            self.start(name)

    def restart_kafka(self, hard=False):
        self._restart("kafka", hard)

    def restart_postgres(self, hard=False):
        self._restart("postgres", hard)

    def _restart(self, name, hard):
        self.kill(name) if hard else self.stop(name)
        self.start(name)

    def down(self):
        """Services first, together; then what they lean on."""
        replicas = [p.name for p in (self.run_dir / "pid").glob("*-*") if not p.name.startswith(".")]
        self.stop(*SERVICES, *replicas)
        for name in reversed(FOUNDATION):
            self.stop(name)
        (self.run_dir / "env").unlink(missing_ok=True)

    def clean(self):
        self.down()
        for path in map(self.run_dir.joinpath, STATE):
            if path.is_symlink():
                shutil.rmtree(path.resolve(), ignore_errors=True)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        self.ports = {}
        self.lost_secrets = False

    def status(self):
        """A line for each process; True when all are ready."""
        states = []
        for name, program in self.programs.items():
            states.append("down" if program.pid is None else "ready" if program.ready() else "not ready")
            where = f"127.0.0.1:{program.port:<5} pid {program.pid}" if program.pid else ""
            print(f"{name:12} {states[-1]:9} {where}")
        return set(states) == {"ready"}

    # What a stack remembers

    def claim(self):
        """The directory exists, is ours, and nobody else's."""
        self.run_dir.mkdir(0o700, parents=True, exist_ok=True)
        if self.run_dir.stat().st_uid != os.geteuid():
            owner = pwd.getpwuid(self.run_dir.stat().st_uid).pw_name
            raise StackError(f"{self.run_dir} belongs to {owner}: go on as {owner}, or remove it as {owner} first")
        if os.geteuid() == 0:
            with contextlib.suppress(KeyError):  # not installed yet
                os.chown(self.run_dir, -1, pwd.getpwnam("postgres").pw_gid)
            self.run_dir.chmod(0o710)
        else:
            self.run_dir.chmod(0o700)

    def _close(self):
        """What was made with wider rights before. (PostgreSQL sees to its own.)"""
        for folder in map(self.run_dir.joinpath, FOLDERS):
            folder.mkdir(0o700, exist_ok=True)
            close_to_others(folder)
            for parent, folders, files in os.walk(folder):
                folders[:] = [name for name in folders if name != "libs"]  # a download, also of other stacks
                for name in (*folders, *files):
                    close_to_others(Path(parent, name))
        for file in self.run_dir.glob("*"):
            if file.is_file():
                close_to_others(file)

    def _settle(self, names):
        """The directory, its secrets, and ports for those about to start."""
        self.claim()
        self._close()
        self._check_room()
        self._mend()
        for role in ROLES:
            self.secret(role)
        self._choose_ports(names)

    def _check_room(self):
        free = shutil.disk_usage(self.run_dir).free
        if free < ROOM:
            raise StackError(f"the disk of {self.run_dir} is full: {free >> 20} MB are free, {ROOM >> 20} MB are needed. Make "
                             "room and begin again; nothing is lost")

    def _mend(self):
        """After files were lost or torn: who runs by what they said is stopped, and started anew by what is made instead."""
        known = read_json(self.run_dir / "secrets")
        made_before = any(self.run_dir.joinpath(name).exists() for name in ("pg/data", "secrets"))
        if made_before and "postgres" not in known:
            self.say("secrets are lost: new ones for all")
            self.lost_secrets = True
            self.stop(*SERVICES, "postgres")
        lost = [name for name, (owner, _) in PORTS.items() if name not in self.ports and self.program(owner).pid]
        if lost:
            self.say(f"ports of {', '.join(lost)} are lost: they are started again")
            self.stop(*SERVICES, *{PORTS[name][0] for name in lost} - {*SERVICES})
        if self.program("postgres").replaced:
            self.say("PostgreSQL was upgraded while it ran: it is started again")
            self.stop("postgres")

    def _choose_ports(self, names):
        """Ports stay what they were, unless somebody else took one while its process was not running."""
        for port_name in {name: None for name in (*PORTS, *names)}:
            owner = PORTS.get(port_name, (port_name,))[0]
            known = self.ports.get(port_name) or self.preferred.get(port_name)
            port = wanted = known or self.preferred.get("replicas", 9200)
            if self.program(owner).pid is None:
                others = {p for name, p in self.ports.items() if name != port_name}
                port = next(p for p in range(wanted, 65536, 50 if known else 1) if p not in others and can_listen(p))
            if known and port != wanted:
                self.say(f"{port_name:12} port {wanted} is taken by somebody else: {port} instead")
                if owner in FOUNDATION:
                    self.stop(*SERVICES)  # those that run know it by the old one
            self.ports[port_name] = port
        write_private(self.run_dir / "ports.json", json.dumps(self.ports, indent=1))

    def secret(self, name, make=lambda: secrets.token_hex(24)):
        """Made when first asked for, then kept."""
        path = self.run_dir / "secrets"
        known = read_json(path)
        if name not in known:
            known[name] = make()
            write_private(path, json.dumps(known, indent=1))
        return known[name]

    def forget_tokens(self):
        """A new database knows none of them, nor the demo city."""
        write_private(self.run_dir / "secrets", json.dumps({role: self.secret(role) for role in ROLES}, indent=1))
        for path in (self.run_dir / "demo").glob("*"):
            if path.is_file():
                path.unlink()

    def database_url(self, role="postgres"):
        return f"postgresql://{role}:{self.secret(role)}@127.0.0.1:{self.ports['postgres']}/terukur"

    def addresses(self):
        ops = {f"{name.upper()}_OPS_URL": f"http://127.0.0.1:{self.ports[name]}" for name in SERVICES}
        return {"KAFKA_BROKERS": f"127.0.0.1:{self.ports['kafka']}", "DATABASE_URL": self.database_url(),
                "GATEWAY_URL": f"http://127.0.0.1:{self.ports['web']}",
                "SMTP_URL": f"smtp://127.0.0.1:{self.ports['mail']}", **ops}

    def env(self):
        """What a client needs, as in <run_dir>/env."""
        auditor = self.secret("AUDITOR_TOKEN", lambda: self.token("auditor"))
        upstream = read_json(self.run_dir / "demo/tokens.json").get("upstream")
        demo = {"UPSTREAM_API_KEY": upstream} if upstream else {}
        return {**self.addresses(), "AUDITOR_TOKEN": auditor, **demo}

    def write_env(self):
        write_private(self.run_dir / "env", "".join(f"{name}='{value}'\n" for name, value in self.env().items()))

    def print_env(self):
        try:
            print((self.run_dir / "env").read_text(), end="")
        except FileNotFoundError:
            raise StackError("it is not up") from None

    # The operators' command and the demo

    def admin(self, *args, **options):
        """Runs build/admin as the database's superuser and returns what it printed."""
        env = {**inherited_env(), **{name: self.addresses()[name] for name in ("KAFKA_BROKERS", "DATABASE_URL")}}
        command = [str(arg) for arg in args]
        return run([self.build / "admin", *command], f"admin {' '.join(command[:2])}", env=env, **options)

    def token(self, role, *more):
        return self.admin("token", "add", "--role", role, *more).strip()

    def prepare_stores(self):
        """Tables, topics, and a password for each role. Harmless when all is there."""
        self.admin("migrate")
        self.admin("topics", "create")
        self.admin("registry", "publish")  # what a migration asks to be looked at again
        for role in ROLES[1:]:
            self.admin("role", "password", role, input=self.secret(role))
        self.say("tables and topics are there")

    def load_demo(self):
        """Invents the demo city, publishes its events as an upstream would, and shows what comes of them."""
        demo = self.run_dir / "demo"
        loaded = demo / "loaded"
        if not loaded.exists() or not read_json(demo / "cast.json") or not read_json(demo / "registry.json"):
            run([sys.executable, "demo/city.py", "--out", demo], "demo/city.py")
            for file in [demo / "registry.json", *sorted(demo.glob("changes/*.json"))]:
                self.admin("registry", "load", file)
            self.say("the demo city is registered; publishing its events with kcat")
            run([sys.executable, "demo/publish.py", "--dir", demo, "--brokers", self.addresses()["KAFKA_BROKERS"]],
                "demo/publish.py", capture_output=False)
            loaded.touch()
        self.say("waiting until every event is scored")
        self.admin("status", "--wait", 120)
        tokens = self._demo_tokens(demo)
        self.write_env()
        self.say("done")
        run([sys.executable, "demo/show.py", "--dir", demo], "demo/show.py", capture_output=False,
            env={**os.environ, **self.env()})
        print(f"\nSettings for clients: {self.run_dir}/env   mails: {self.run_dir}/mail\nWorth opening, and the key to sign in with:")
        for who, path in self._demo_pages(demo).items():
            print(f"  {who:8} {self.addresses()['GATEWAY_URL']}{path}   {tokens[who]}")
        print(end="", flush=True)

    def _demo_pages(self, demo):
        """Where each part of the demo's cast begins."""
        cast = read_json(demo / "cast.json")
        ids = dict(line.split(",")[:2] for line in self.admin("people", "list").splitlines())
        return {"person": f"/people/{ids[cast['person']]}/scores/{cast['period']}", "head": "/", "auditor": "/"}

    def _demo_tokens(self, demo):
        """A sign-in for each part of the demo's cast, made once."""
        path = demo / "tokens.json"
        if not read_json(path):
            cast = read_json(demo / "cast.json")
            tokens = {who: self.token(who, "--nip", cast[who]) for who in ("person", "head")}
            tokens["upstream"] = self.token("upstream", "--source", cast["source"])
            write_private(path, json.dumps(tokens, indent=1))
        return read_json(path) | {"auditor": self.secret("AUDITOR_TOKEN")}


# --- the command ---

def locked(run_dir, command):
    """Holds the directory's lock until the program ends: of two that start or stop, one waits for the other."""
    Stack(run_dir).claim()
    lock = open(run_dir / "lock", "a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        print(f"stack: waiting for {lock.read().strip() or 'another one'}", file=sys.stderr, flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    lock.truncate(0)
    lock.write(f"`stack.py {command}`, process {os.getpid()}, since {time.strftime('%H:%M:%S')}\n")
    lock.flush()
    return lock


def interrupted(*_):
    print("\nstack: interrupted; the same again goes on from here", file=sys.stderr)
    os._exit(130)  # a KeyboardInterrupt would wait for the threads that wait for a process to be ready


def main():
    signal.signal(signal.SIGINT, interrupted)
    os.umask(0o077)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, default=ROOT / ".run", metavar="DIR")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up").add_argument("--empty", action="store_true", help="without the demo city")
    for name in ("down", "clean", "status", "env"):
        commands.add_parser(name)
    commands.add_parser("restart").add_argument("names", nargs="+", metavar="NAME")
    args = parser.parse_args()
    actions = {
        "up": lambda stack: stack.up(args.empty),
        "down": Stack.down,
        "clean": Stack.clean,
        "restart": lambda stack: stack.restart(*args.names),
        "status": lambda stack: sys.exit(0 if stack.status() else 3),
        "env": Stack.print_env,
    }
    try:
        lock = None if args.command in ("status", "env") else locked(args.run_dir, args.command)
        actions[args.command](Stack(args.run_dir))
    except StackError as e:
        sys.exit(f"stack: {e}")
    except OSError as e:
        if e.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        sys.exit(f"stack: {e}")


if __name__ == "__main__":
    main()
