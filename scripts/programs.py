"""The processes of a stack: how each kind is made ready, started, asked whether it is ready, and stopped."""
import base64
import hashlib
import http.client
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from daemon import ROOT, Daemon, StackError, as_user, can_connect, run, wait_until, write_private
from services import SERVICES

SCRIPTS = ROOT / "scripts"
POSTGRES_VERSIONS = Path("/usr/lib/postgresql")  # Debian keeps each in a directory of its own
KAFKA_LIBS = ROOT / ".run" / "kafka" / "libs"  # one download serves every stack of this checkout
FOUNDATION = ("postgres", "kafka", "mail")

# What a service is told beyond the settings that all have; {} are ports and what clients are told.
SERVICE_SETTINGS = {
    "notification": {"SMTP_URL": "{SMTP_URL}", "MAIL_FROM": "terukur@localhost", "PUBLIC_URL": "{GATEWAY_URL}",
                     "DIGEST_QUIET_SECONDS": "10"},  # who tries it out does not want to wait
    "gateway": {"LISTEN": "127.0.0.1:{web}", "PUBLIC_URL": "{GATEWAY_URL}"},
}
INHERITED = ("PATH", "LANG", "LOG_LEVEL", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")


def inherited_env():
    """What processes see of the terminal's environment: no more, so that they run the same everywhere."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


class Program(Daemon):
    """What every process of a stack has; each kind says how its own differs."""
    user, cwd = None, ROOT
    stop_signal, patience = signal.SIGTERM, 10  # how it is asked to stop, and how long it may take
    deadline = 60  # seconds until it must be ready

    def __init__(self, name, stack):
        super().__init__(name, stack.run_dir)
        self.stack = stack

    @property
    def port(self):
        return self.stack.ports[self.name]

    def prepare(self):
        """What must be there before the first start. An interrupted one is done again."""

    def command(self):
        raise NotImplementedError

    def env(self):
        return inherited_env()

    def ready(self):
        return can_connect(self.port)

    def launch(self):
        self.prepare()
        self.start(self.command(), self.env(), self.cwd, self.user)

    def await_ready(self):
        if not wait_until(lambda: self.pid is None or self.ready(), self.deadline):
            raise StackError(f"{self.name} is not ready after {self.deadline} s; {self.last_words()}")
        if self.pid is None:
            raise StackError(f"{self.name} ended with exit code {self.exit_code}; {self.last_words()}")


class Postgres(Program):
    cwd = "/"
    stop_signal, patience = signal.SIGINT, 60

    @property
    def user(self):
        return "postgres" if os.geteuid() == 0 else None

    @property
    def home(self):
        """Its directory: <run_dir>/pg, a link to one elsewhere if the user `postgres` cannot come to run_dir."""
        home = self.stack.run_dir / "pg"
        if home.exists():
            return home.resolve()
        home.unlink(missing_ok=True)
        reachable = all(p.stat().st_mode & 0o001 for p in self.stack.run_dir.parents)
        if not self.user or reachable:
            home.mkdir(0o700)
        else:
            mark = hashlib.sha256(str(home).encode()).hexdigest()[:12]
            elsewhere = Path(pwd.getpwnam(self.user).pw_dir) / f"terukur-{mark}"
            shutil.rmtree(elsewhere, ignore_errors=True)  # left by a directory that was removed by hand
            elsewhere.mkdir(0o700)
            home.symlink_to(elsewhere)
        return home.resolve()

    @property
    def binaries(self):
        """Those of the data's version, or of the newest."""
        wanted = self._version() or "*"
        found = sorted(POSTGRES_VERSIONS.glob(f"{wanted}/bin"), key=lambda p: int(p.parent.name))
        if not found:
            if wanted == "*":
                raise StackError("PostgreSQL is not installed: run scripts/setup.sh up")
            raise StackError(f"{self.home}/data was made by PostgreSQL {wanted}, which is not installed: no other can read "
                             f"it. Install postgresql-{wanted}, or let `make clean` forget the data")
        return found[-1]

    def _version(self):
        """Whose data it is, None before there is any. Each database says it again, should the first file be empty."""
        data = self.home / "data"
        if not data.exists():
            return None
        for path in (data / "PG_VERSION", data / "base/1/PG_VERSION"):
            if path.exists() and (version := path.read_text().strip()).isdigit():
                if not (data / "PG_VERSION").read_text().strip():
                    (data / "PG_VERSION").write_text(f"{version}\n")
                return version
        raise StackError(f"{data} is no PostgreSQL's data any more: PG_VERSION is empty. Bring it back from a backup, or let "
                         "`make clean` forget the data")

    def _single(self, data, statement, what):
        """One statement, with nobody else there and no password asked."""
        run([self.binaries / "postgres", "--single", "-D", data, "postgres"], what, input=f"{statement}\n", cwd=self.home,
            **as_user(self.user))

    def prepare(self):
        home, data, fresh, password = (self.home / name for name in ("", "data", "data.new", "password"))
        if data.exists():
            self._forget_dead_server(data / "postmaster.pid")
            if self.stack.lost_secrets:
                self._single(data, f"ALTER ROLE postgres PASSWORD '{self.stack.secret('postgres')}'", "set a new password")
            return
        shutil.rmtree(fresh, ignore_errors=True)
        write_private(password, self.stack.secret("postgres"))
        if self.user:
            for path in (home, password):
                shutil.chown(path, self.user, self.user)
        run([self.binaries / "initdb", "-D", fresh, "-U", "postgres", "--auth=scram-sha-256", "--pwfile", password,
             "--encoding=UTF8", "--locale=C.UTF-8", "--lc-collate=C"], "initdb", cwd=home, **as_user(self.user))
        self._single(fresh, "CREATE DATABASE terukur", "create database")
        password.unlink()
        self.stack.forget_tokens()
        fresh.rename(data)

    @staticmethod
    def _forget_dead_server(lock):
        """After a crash the pid in its lock may belong to another program by now, and it would refuse to start."""
        try:
            comm = Path("/proc", lock.read_text().split()[0], "comm")
            if not comm.exists() or comm.read_text().strip() != "postgres":
                lock.unlink()
        except (FileNotFoundError, IndexError):
            pass

    def command(self):
        lines = (SCRIPTS / "postgresql.conf").read_text().splitlines()
        settings = [line.split(" = ", 1) for line in lines if line and not line.startswith("#")]
        socket_path = self.home / f".s.PGSQL.{self.port}"
        settings += [("port", self.port),
                     ("unix_socket_directories", f'"{self.home}"' if len(str(socket_path)) < 108 else "")]
        flags = [f"--{name}={str(value).strip(chr(39))}" for name, value in settings]
        return [self.binaries / "postgres", "-D", self.home / "data", *flags]

    def ready(self):
        probe = [self.binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(probe).returncode == 0


class Kafka(Program):
    patience = 30
    java = ("java", "-cp", f"{KAFKA_LIBS}/*")
    format_arguments = ()

    @property
    def home(self):
        return self.stack.run_dir / "kafka"

    cwd = home  # a dying JVM leaves its report in there

    def _write_settings(self, data):
        kafka, controller = (f"127.0.0.1:{self.stack.ports[name]}" for name in ("kafka", "controller"))
        own = {"listeners": f"PLAINTEXT://{kafka},CONTROLLER://{controller}",
               "advertised.listeners": f"PLAINTEXT://{kafka}",
               "controller.quorum.voters": f"1@{controller}",
               "log.dirs": data}
        text = (SCRIPTS / "kafka/server.properties").read_text() + "".join(f"{k}={v}\n" for k, v in own.items())
        (self.home / "server.properties").write_text(text)
        return self.home / "server.properties"

    def prepare(self):
        if not KAFKA_LIBS.exists():
            raise StackError(f"{KAFKA_LIBS} is not there: run scripts/setup.sh up")
        data, fresh = self.home / "data", self.home / "data.new"
        if not data.exists():
            shutil.rmtree(fresh, ignore_errors=True)
            cluster = "t" + base64.urlsafe_b64encode(secrets.token_bytes(16)).decode()[:21]  # an id is 22 letters
            run([*self.java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", self._write_settings(fresh),
                 *self.format_arguments],
                "format Kafka's storage")
            fresh.rename(data)
        self._keep_identity(data / "meta.properties", self.home / "meta.properties")
        self._write_settings(data)

    @staticmethod
    def _keep_identity(own, copy):
        """Which cluster the data is of, and which of its directories: without that no broker takes it."""
        said = [path.read_text() if path.exists() else "" for path in (own, copy)]
        whole = [all(f"{name}=" in text for name in ("cluster.id", "node.id", "directory.id")) for text in said]
        if not any(whole):
            raise StackError(f"{own} is empty or torn, and so is its copy, {copy}: bring one back from a backup, or let "
                             "`make clean` forget the data")
        for path, is_whole, other in ((own, whole[0], said[1]), (copy, whole[1], said[0])):
            if not is_whole:
                write_private(path, other)

    def command(self):
        # The first compiler only: on two processors the second one costs more than it gives, for minutes.
        return [self.java[0], "-Xmx512m", "-XX:TieredStopAtLevel=1",
                f"-Dlog4j2.configurationFile={(SCRIPTS / 'kafka/log4j2.properties').as_uri()}",
                *self.java[1:], "kafka.Kafka", self.home / "server.properties"]

    def ready(self):
        """A client sees the broker, and a leader for each partition."""
        if not can_connect(self.port):
            return False
        seen = subprocess.run(["kcat", "-b", f"127.0.0.1:{self.port}", "-L", "-J", "-m", "2"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        meta = json.loads(seen.stdout) if seen.returncode == 0 else {}
        partitions = (p for topic in meta.get("topics", []) for p in topic["partitions"])
        return bool(meta.get("brokers")) and all(p["leader"] >= 0 for p in partitions)


class Mail(Program):
    def command(self):
        return [sys.executable, SCRIPTS / "mailcatcher.py", str(self.port), self.stack.run_dir / "mail"]


class Service(Program):
    """build/<name>. A further replica is called `<name>-2` and so on."""

    @property
    def program(self):
        return self.name.partition("-")[0]

    def command(self):
        return [self.stack.build / self.program]

    def env(self):
        facts = self.stack.addresses() | self.stack.ports
        own = {name: value.format(**facts) for name, value in SERVICE_SETTINGS.get(self.program, {}).items()}
        return {**super().env(), "KAFKA_BROKERS": facts["KAFKA_BROKERS"], "INSTANCE": self.name,
                "DATABASE_URL": self.stack.database_url(f"terukur_{self.program}"),
                "OPS_LISTEN": f"127.0.0.1:{self.port}", **own,
                **self.stack.overrides[self.program], **self.stack.overrides[self.name]}

    def ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


KINDS = {"postgres": Postgres, "kafka": Kafka, "mail": Mail, **dict.fromkeys(SERVICES, Service)}
