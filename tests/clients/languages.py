"""The languages that clients are written in: how one gets its packages, at their locked versions, and runs a program.

Each has a folder here, with its programs and its lock file, and works in a copy of it under .run/clients, where its
packages are. Setting up is done once, by the first test that needs the language.
"""
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
WORK = ROOT / ".run/clients"
OPENAPI = ROOT / "build/openapi.json"


class Failed(Exception):
    """A program's first words that matter."""


def run(command, cwd, env=None, timeout=200):
    done = subprocess.run([str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})},
                          capture_output=True, text=True, errors="replace", timeout=timeout)
    if done.returncode:
        raise Failed((done.stderr.strip() or done.stdout.strip())[-3000:])
    return done.stdout


class Language:
    """`write` puts a program's text where it can run, `program` is the command that runs it."""
    suffix = ""

    def __init__(self, name):
        self.name, self.home = name, WORK / name

    @functools.cached_property
    def ready(self):
        """Its packages are there: as the lock file says, not as the last run left them."""
        self.home.mkdir(parents=True, exist_ok=True)
        mark = self.home / "installed"
        lock = b"".join((HERE / self.name / file).read_bytes() for file in self.locks)
        shutil.copytree(HERE / self.name, self.home, dirs_exist_ok=True)
        if not mark.exists() or mark.read_bytes() != lock:
            self.install()
            mark.write_bytes(lock)
        return True

    def install(self):
        pass

    def write(self, name, text):
        path = self.home / f"{name}{self.suffix}"
        path.write_text(text)
        return path

    def run(self, name, *args, env=None):
        """Runs the program of that name to its end and returns what it printed; Failed when it fails."""
        assert self.ready
        return run([*self.command(name), *args], self.home, env)


class Python(Language):
    suffix, locks = ".py", ()

    def command(self, name):
        return sys.executable, f"{name}.py"


class Node(Language):
    suffix, locks = ".mjs", ("package.json", "package-lock.json")

    def install(self):
        run(["npm", "ci", "--no-audit", "--no-fund"], self.home, timeout=600)

    def command(self, name):
        return "node", f"{name}.mjs"


class Java(Language):
    suffix, locks = ".java", ("pom.xml",)

    def install(self):
        copy_dependencies(self.home / "pom.xml", self.home / "libs")

    def command(self, name):
        return "java", "-cp", "libs/*", f"{name}.java"


class Go(Language):
    locks = ("go.mod", "go.sum")

    def install(self):
        run(["go", "mod", "download"], self.home, timeout=600)

    def write(self, name, text):
        (self.home / name).mkdir(exist_ok=True)
        path = self.home / name / "main.go"
        path.write_text(text)
        return path

    def command(self, name):
        run(["go", "build", "-o", f"bin/{name}", f"./{name}"], self.home, timeout=600)
        return (f"bin/{name}",)


class Shell(Language):
    suffix, locks = ".sh", ()

    @property
    def ready(self):
        self.home.mkdir(parents=True, exist_ok=True)
        return True

    def command(self, name):
        return "sh", "-eu", f"{name}.sh"


def copy_dependencies(pom, libs):
    shutil.rmtree(libs, ignore_errors=True)
    run(["mvn", "-B", "-ntp", "-q", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={libs}"], libs.parent,
        timeout=600)


LANGUAGES = {"python": Python("python"), "go": Go("go"), "java": Java("java"), "node": Node("node"), "sh": Shell("sh")}
