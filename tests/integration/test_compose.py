"""What an operator loses if this fails: `docker compose up --build` on a fresh checkout no longer gives a system that
scores, or gives one that is open to others: a root container, a published port, a secret that another service reads."""
import csv
import io
import json
import os
import re
import secrets
import shutil
import subprocess

import pytest
import yaml
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from conftest import ROOT
from daemon import tail, wait_until
from programs import SERVICES
from stack import random_port
from town import Town

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS = COMPOSE["services"]
JOBS = ("secure", "secrets", "migrate")
BASE = "debian:trixie-slim"


# --- the file, which needs no Docker

@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_its_own_secret_alone(service):
    container = CONTAINERS[service]
    own = container["environment"]["OPS_LISTEN"].removeprefix(":")
    assert container["user"] == f"{own}:{own}"
    assert container["environment"]["DATABASE_URL_FILE"] == f"/run/secrets/terukur_{service}.url"
    assert container["environment"]["KAFKA_SASL_USERNAME"] == f"terukur-{service}"
    assert container["environment"]["KAFKA_SASL_PASSWORD_FILE"] == f"/run/secrets/terukur_{service}.sasl"
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
    assert all(re.match(r"(127\.0\.0\.1|\$\{KAFKA_BIND:-127\.0\.0\.1\}):", port) for port in container.get("ports", ()))
    assert not any(re.search("PASSWORD$|TOKEN$|DATABASE_URL$", setting) for setting in container.get("environment", ()))


def test_who_can_be_reached_from_outside_and_reach_out():
    """Clients of Kafka, people's browsers, operators', the mail server; nobody else has a way out."""
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    reached = {name for name, container in CONTAINERS.items() if container.get("ports")}
    assert reached == {"kafka", "gateway", "prometheus"}
    assert {name for name, c in CONTAINERS.items() if "outside" in c["networks"]} == {*reached, "notification"}


@pytest.mark.parametrize("name", [name for name, c in CONTAINERS.items() if "KAFKA_BROKERS" in c.get("environment", ())])
def test_a_client_of_kafka_shows_who_it_is(name):
    """And believes only a broker that does."""
    given = CONTAINERS[name]["environment"]
    assert given["KAFKA_SECURITY_PROTOCOL"] == "SASL_SSL" and given["KAFKA_SSL_CA_LOCATION"]
    assert given["KAFKA_SASL_USERNAME"] and given["KAFKA_SASL_PASSWORD_FILE"]


@pytest.mark.parametrize("dockerfile", ["Dockerfile", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docker/*/Dockerfile"))])
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


class Project:
    """A Compose project of its own beside whatever else runs."""

    def __init__(self):
        self.name = f"terukur-test-{secrets.token_hex(4)}"
        self.gateway, self.kafka, self.prometheus = random_port(), random_port(), random_port()
        self.env = {**os.environ, "GATEWAY_PORT": str(self.gateway), "KAFKA_PORT": str(self.kafka),
                    "PROMETHEUS_PORT": str(self.prometheus), "SMTP_URL": "", "PUBLIC_URL": "", "LOG_LEVEL": "info"}

    def compose(self, *args, input=None, timeout=120):
        done = subprocess.run(["docker", "compose", "-p", self.name, *args], env=self.env, cwd=ROOT, input=input,
                              capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, f"docker compose {' '.join(args)}: {done.returncode}{tail(done.stderr, 40)}"
        return done.stdout

    def admin(self, *args, input=None):
        return self.compose("run", "--rm", "-T", "admin", *args, input=input)

    def up(self, *profiles):
        # Building compiles the services and fetches Kafka and the packages: minutes, where nothing is cached.
        chosen = (word for profile in profiles for word in ("--profile", profile))
        self.compose(*chosen, "up", "--build", "--detach", "--wait", timeout=1500)

    @property
    def brokers(self):
        return f"127.0.0.1:{self.kafka}"

    def publish(self, topic, event):
        subprocess.run(["kcat", "-P", "-b", self.brokers, "-t", topic], input=json.dumps(event), text=True, check=True, timeout=60)

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
        project.compose("--profile", "*", "down", "--volumes", "--remove-orphans", timeout=180)


def containers(test):
    """Needs Docker; the first of them builds the images."""
    return pytest.mark.containers(pytest.mark.last(pytest.mark.timeout(1800)(test)))


@containers
def test_data_of_another_postgresql_is_named(project):
    """Whoever brings an old volume along reads what to do, not a server's last words."""
    done = subprocess.run(["docker", "run", "--rm", "--entrypoint", "sh", "terukur-postgres", "-c",
                           "cd /var/lib/postgresql && mkdir data && echo 15 >data/PG_VERSION && exec entrypoint.sh"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 100 and done.stdout == "", done
    assert re.fullmatch("the data in this volume was made by PostgreSQL 15, and this is PostgreSQL 17.* dump it .*\n", done.stderr)


def assert_all_well(states):
    for name, (state, user) in states.items():
        assert user not in ("", "0", "root"), name
        assert not state["OOMKilled"], name
        if name in JOBS:
            assert (state["Status"], state["ExitCode"]) == ("exited", 0), name
        else:
            assert state.get("Health", {"Status": "healthy"})["Status"] == "healthy", name


@containers
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
    assert set(states) == {name for name, container in CONTAINERS.items() if not container.get("profiles")}
    assert_all_well(states)

    # Stopped, removed and made again, with what the volumes remember.
    project.compose("down")
    project.up()
    assert project.score_of(path, token) == score
    project.publish(town.topic, town.event(value=1))
    assert wait_until(lambda: project.get(path, token)["items"][0]["events"] == 2, 30, 0.2)
    project.admin("status", "--wait", "30")
    project.admin("verify")


# --- its profiles secure and seeing

def takes_anybody(project):
    """Whether Kafka answers a client outside that shows nothing."""
    return subprocess.run(["kcat", "-L", "-m", "2", "-b", project.brokers], capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def secure(project, tmp_path_factory):
    """The same system, with the data that it has, which asks everybody who they are; and two sources."""
    towns = Town(None, load=False), Town(None, load=False)
    assert takes_anybody(project)
    project.compose("--profile", "secure", "run", "--rm", "secure")
    assert wait_until(lambda: not takes_anybody(project), 60, 0.5)  # one that is open already closes
    project.compose("down")
    project.up("secure", "seeing")
    for town in towns:
        project.admin("registry", "load", "-", input=json.dumps(town.registry))
    project.compose("run", "--rm", "-T", "migrate", "admin", "topics", "acl", "--apply")
    project.ca = tmp_path_factory.mktemp("secure") / "ca.pem"
    project.ca.write_text(project.compose("exec", "-T", "kafka", "cat", "/run/secrets/ca.pem"))
    project.towns = towns
    return project


def client_of(project, user, password):
    return {"bootstrap.servers": project.brokers, "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user, "sasl.password": password, "ssl.ca.location": str(project.ca)}


def refused_to_write(client, topic, value):
    """Why; None when it was acknowledged."""
    said = []
    producer = Producer({**client, "message.timeout.ms": 20000})
    producer.produce(topic, value, on_delivery=lambda error, _: said.append(error and error.code()))
    producer.flush(30)
    return said[0]


def refused_to_see(client, topic):
    """Why; who may not see a topic may not read it."""
    consumer = Consumer({**client, "group.id": "terukur-scoring", "enable.auto.commit": False})
    try:
        error = consumer.list_topics(topic, timeout=20).topics[topic].error
        return error and error.code()
    finally:
        consumer.close()


@containers
def test_a_source_writes_its_own_topic_alone(secure):
    mine, other = secure.towns
    user = f"terukur-source-{mine.source}"
    client = client_of(secure, user, secure.compose("exec", "-T", "kafka", "user.sh", user).strip())
    person = {row["nip"]: row["person"] for row in csv.DictReader(io.StringIO(secure.admin("people", "list")))}
    token = secure.admin("token", "add", "--role", "auditor").strip()
    assert refused_to_write(client, mine.topic, json.dumps(mine.event())) is None
    score = secure.score_of(f"/people/{person[mine.nips[0]]}/scores/2026-03", token)
    assert score["items"][0]["events"] == 1
    assert refused_to_write(client, other.topic, json.dumps(other.event())) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert not takes_anybody(secure)
    assert_all_well(secure.states())


@containers
def test_a_service_reads_what_its_row_names_alone(secure):
    """With the password that it has."""
    password = secure.compose("exec", "-T", "kafka", "cat", "/run/secrets/kafka/terukur-scoring").strip()
    client = client_of(secure, "terukur-scoring", password)
    assert refused_to_see(client, secure.towns[0].topic) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    with pytest.raises(KafkaException):
        Consumer({**client, "sasl.password": "guessed", "group.id": "x", "log_level": 0}).list_topics(timeout=5)


@pytest.mark.parametrize("change, told", [
    ("s/verify-full/disable/", "no encryption"),
    ("s/@postgres/@'$(getent hosts postgres | cut -d' ' -f1)'/", "does not match host name"),
    ("s,/run/secrets/ca.pem,/etc/ssl/certs/ca-certificates.crt,", "certificate verify failed"),
    ("s/x^//", None)])
@containers
def test_postgresql_is_known_by_its_name_and_over_tls_alone(secure, change, told):
    """What whoever listens in between would need: a client that does not look, or a server that lets it."""
    command = f"DATABASE_URL=$(sed '{change}' $DATABASE_URL_FILE); unset DATABASE_URL_FILE; export DATABASE_URL; admin people list 2>&1"
    said = secure.compose("run", "--rm", "-T", "--entrypoint", "sh", "admin", "-c", f"{command} || true")
    assert told in said if told else said.startswith("nip,"), said


@containers
def test_what_was_secure_stays_so(secure):
    secure.compose("--profile", "seeing", "down")
    secure.up()
    assert not takes_anybody(secure)


def asked(project, path):
    done = subprocess.run(["curl", "-sS", "--fail", f"http://127.0.0.1:{project.prometheus}/api/v1/{path}"], capture_output=True,
                          text=True, timeout=30)
    return json.loads(done.stdout)["data"] if done.returncode == 0 else {}


@containers
def test_prometheus_hears_every_service_and_knows_the_rules(secure):
    secure.up("seeing")
    def heard():
        return {target["scrapeUrl"].split("/")[2].split(":")[0] for target in asked(secure, "targets").get("activeTargets", ())
                if target["health"] == "up"}
    assert wait_until(lambda: heard() == {*SERVICES}, 60, 0.5)
    rules = yaml.safe_load((ROOT / "observability/alerts.yml").read_text())
    known = {rule["name"] for group in asked(secure, "rules")["groups"] for rule in group["rules"] if rule["type"] == "alerting"}
    assert known == {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
