"""What an operator loses if this fails: `docker compose up --build` on a fresh checkout no longer gives a system that
scores, or gives one that is open to others: a root container, a published port, a secret that another service reads."""
import csv
import io
import json
import os
import re
import secrets
import shutil
import socket
import subprocess

import pytest
import yaml
from conftest import ROOT
from daemon import tail, wait_until
from programs import SERVICES
from town import Town

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS = COMPOSE["services"]
JOBS = ("secrets", "migrate")
BASE = "debian:trixie-slim"


# --- the file, which needs no Docker

@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_its_own_secret_alone(service):
    container = CONTAINERS[service]
    own = container["environment"]["OPS_LISTEN"].removeprefix(":")
    assert container["user"] == f"{own}:{own}"
    assert container["environment"]["DATABASE_URL_FILE"] == f"/run/secrets/terukur_{service}.url"
    assert container["volumes"] == ["secrets:/run/secrets:ro"]
    maker = CONTAINERS["secrets"]
    assert f"terukur_{service}={own}" in maker["command"]
    assert own in maker["group_add"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_can_do_little(name):
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"] and "cap_add" not in container and "privileged" not in container
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["mem_limit"] and container["pids_limit"]
    assert all(port.startswith("127.0.0.1:") for port in container.get("ports", ()))
    assert not any(re.search("PASSWORD$|TOKEN$|DATABASE_URL$", setting) for setting in container.get("environment", ()))


def test_who_can_be_reached_from_outside_and_reach_out():
    """Clients of Kafka, people's browsers, the mail server; nobody else has a way out."""
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    reached = {name for name, container in CONTAINERS.items() if container.get("ports")}
    assert reached == {"kafka", "gateway"}
    assert {name for name, c in CONTAINERS.items() if "outside" in c["networks"]} == {*reached, "notification"}


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "docker/postgres/Dockerfile", "docker/kafka/Dockerfile"])
def test_an_image_is_of_the_same_base_and_nobodys_root(dockerfile):
    text = (ROOT / dockerfile).read_text()
    of = {name or None: (base, rest) for base, name, rest in
          re.findall(r"^FROM (\S+)(?: AS (\w+))?\n(.*?)(?=^FROM |\Z)", text, re.M | re.S)}
    ends = [name for name in of if name not in ("base", "builder", "server")]
    assert ends
    for name in ends:
        base, rest = of[name]
        assert of.get(base, (base,))[0] == BASE
        assert re.search(r"^USER ([1-9]\d+):\1$", rest, re.M), name


# --- the system in containers

def why_not():
    """Why containers cannot be tried here; None when they can."""
    if not shutil.which("docker"):
        return "docker is not installed"
    for command in (["docker", "version"], ["docker", "compose", "version"]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return f"{' '.join(command)}: {done.stderr.strip()}"
    known = subprocess.run(["docker", "image", "inspect", BASE], capture_output=True).returncode == 0
    if not known and subprocess.run(["docker", "pull", "-q", BASE], capture_output=True).returncode:
        return f"the image {BASE} cannot be had"
    return None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Project:
    """A Compose project of its own beside whatever else runs."""

    def __init__(self):
        self.name = f"terukur-test-{secrets.token_hex(4)}"
        self.gateway, self.kafka = free_port(), free_port()
        self.env = {**os.environ, "GATEWAY_PORT": str(self.gateway), "KAFKA_PORT": str(self.kafka), "SMTP_URL": "",
                    "PUBLIC_URL": "", "LOG_LEVEL": "info"}

    def compose(self, *args, input=None, timeout=120):
        done = subprocess.run(["docker", "compose", "-p", self.name, *args], env=self.env, cwd=ROOT, input=input,
                              capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, f"docker compose {' '.join(args)}: {done.returncode}{tail(done.stderr, 40)}"
        return done.stdout

    def admin(self, *args, input=None):
        return self.compose("run", "--rm", "-T", "admin", *args, input=input)

    def up(self):
        # Building compiles the services and fetches Kafka and the packages: minutes, where nothing is cached.
        self.compose("up", "--build", "--detach", "--wait", timeout=1500)

    def publish(self, topic, event):
        subprocess.run(["kcat", "-P", "-b", f"127.0.0.1:{self.kafka}", "-t", topic], input=json.dumps(event), text=True,
                       check=True, timeout=60)

    def get(self, path, token):
        """The answer as curl has it; None for an error's status."""
        done = subprocess.run(["curl", "-sS", "--fail", "-H", "@-", f"http://127.0.0.1:{self.gateway}/api/v1{path}"],
                              input=f"Authorization: Bearer {token}", capture_output=True, text=True, timeout=30)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def score_of(self, path, token):
        wait_until(lambda: self.get(path, token), 30, 0.2)
        return self.get(path, token)

    def states(self):
        """{service: (what its container does, its user)}"""
        ids = self.compose("ps", "--all", "--quiet").split()
        found = subprocess.run(["docker", "inspect", *ids], capture_output=True, text=True, check=True).stdout
        return {c["Config"]["Labels"]["com.docker.compose.service"]: (c["State"], c["Config"]["User"])
                for c in json.loads(found)}


@pytest.fixture(scope="module")
def project():
    if reason := why_not():
        pytest.skip(reason)
    project = Project()
    try:
        project.up()
        yield project
    finally:
        project.compose("down", "--volumes", "--remove-orphans", timeout=180)


@pytest.mark.last
@pytest.mark.timeout(1800)
def test_data_of_another_postgresql_is_named(project):
    """Whoever brings an old volume along reads what to do, not a server's last words."""
    done = subprocess.run(["docker", "run", "--rm", "--entrypoint", "sh", "terukur-postgres", "-c",
                           "cd /var/lib/postgresql && mkdir data && echo 15 >data/PG_VERSION && exec entrypoint.sh"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 100 and done.stdout == "", done
    assert re.fullmatch("the data in this volume was made by PostgreSQL 15, and this is PostgreSQL 17.* dump it .*\n", done.stderr)


@pytest.mark.last
@pytest.mark.timeout(1800)
def test_an_event_from_outside_becomes_a_score(project):
    town = Town(None, load=False)
    project.admin("registry", "load", "-", input=json.dumps(town.registry))
    person = {row["nip"]: row["person"] for row in csv.DictReader(io.StringIO(project.admin("people", "list")))}
    token = project.admin("token", "add", "--role", "auditor").strip()
    path = f"/people/{person[town.nips[0]]}/scores/2026-03"

    project.publish(town.topic, town.event(value=1))
    score = project.score_of(path, token)
    assert score["items"][0]["realized"] == "1.00" and score["items"][0]["events"] == 1

    states = project.states()
    assert set(states) == set(CONTAINERS) - {"admin"}
    for name, (state, user) in states.items():
        assert user not in ("", "0", "root"), name
        assert not state["OOMKilled"], name
        if name in JOBS:
            assert (state["Status"], state["ExitCode"]) == ("exited", 0), name
        else:
            assert state["Health"]["Status"] == "healthy", name

    # Stopped, removed and made again, with what the volumes remember.
    project.compose("down")
    project.up()
    assert project.score_of(path, token) == score
    project.publish(town.topic, town.event(value=1))
    assert wait_until(lambda: project.get(path, token)["items"][0]["events"] == 2, 30, 0.2)
    project.admin("status", "--wait", "30")
    project.admin("verify")
