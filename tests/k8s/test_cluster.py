"""The overlay `dev` on a real cluster of one node. What operators lose if this fails: a directory that they apply, and that
works; pods that may end at any time."""
import collections
import json
import os
import random
import subprocess
import threading
import time

import pytest
from oracle.city import City
from services import NUMBERS, SERVICES
from told import Told, paced
from town import Town

from k8s.arrows import ARROWS, FROM, TO
from k8s.cluster import get, kubectl
from k8s.conftest import ready

SEED, EVENTS, SECONDS = int(os.environ.get("SEED", 8)), 40000, int(os.environ.get("PACE", 120))
ELSEWHERE = "terukur-elsewhere"  # a namespace of the test's own


def pod(name, command, image="terukur-toolbox:latest"):
    """A pod as restricted as any."""
    return json.dumps({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {
            "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 1,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "main", "image": image, "imagePullPolicy": "IfNotPresent", "command": command,
                            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}]}})


@pytest.fixture(scope="module")
def elsewhere(cluster):
    kubectl("delete", "namespace", ELSEWHERE, "--ignore-not-found")
    kubectl("create", "namespace", ELSEWHERE)
    yield ELSEWHERE
    kubectl("delete", "namespace", ELSEWHERE, "--wait=false")


def test_ready_in_three_minutes(cluster):
    assert cluster.took < 180


def test_the_namespace_is_restricted_and_nothing_violates_it(cluster):
    labels = get("namespace", "terukur")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "Warning" not in cluster.applied.stderr, cluster.applied.stderr
    said = kubectl("label", "--dry-run=server", "--overwrite", "namespace", "terukur",
                   "pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/enforce-version=latest")
    assert "violat" not in said.stderr, said.stderr


def test_nobody_has_a_token_of_kubernetes(cluster):
    for name in SERVICES:
        target = "deploy/gateway" if name == "gateway" else f"{name}-0"
        assert kubectl("exec", target, "--", "test", "-e", "/var/run/secrets/kubernetes.io", check=False).returncode == 1


def test_an_event_from_a_pod_becomes_a_score_behind_the_service(cluster):
    """As in k8s/README.md: admin and kcat in the toolbox, curl at the Service."""
    town = Town(cluster)
    event = town.event(value=1)
    cluster.toolbox("kcat", "-P", "-t", town.topic, "-p", "0", input=json.dumps(event) + "\n")
    cluster.admin("status", "--wait", "60")
    token = cluster.admin("token", "add", "--role", "auditor").stdout.strip().splitlines()[-1]
    score = json.loads(cluster.toolbox(
        "curl", "-sS", "--fail-with-body", "-H", f"Authorization: Bearer {token}",
        f"http://gateway/api/v1/people/{town.id()}/scores/2026-03").stdout)
    assert [(line["indicator"], line["realized"]) for line in score["items"]] == [(town.visits, "1.00")]
    assert cluster.toolbox("psql", "-AtXc", "SELECT current_user").stdout == "terukur_admin\n"


# --- the network

REACH = """for at; do
	if timeout 2 bash -c "exec 3<>/dev/tcp/${at%:*}/${at#*:}" 2>/dev/null; then echo "$at"; fi &
done
wait"""


def test_arrows(cluster, elsewhere):
    """Each way that there is, and every one that there is not."""
    for name, namespace in (("stranger", "terukur"), ("elsewhere", elsewhere)):
        kubectl("apply", "-f", "-", input=pod(name, ["sleep", "3600"]), namespace=namespace)
        kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s", namespace=namespace)
    pods = {p["metadata"].get("labels", {}).get("app.kubernetes.io/name", p["metadata"]["name"]): p for p in get("pods")["items"]
            if p["status"]["phase"] == "Running" and "deletionTimestamp" not in p["metadata"]}
    api = get("service", "kubernetes", namespace="default")["spec"]["clusterIP"]
    places = {f"{pods[to]['status']['podIP']}:{port}": (to, port) for to, port in TO} | {f"{api}:443": ("kubernetes", 443)}
    found, want = set(), set(ARROWS)
    want.add(("elsewhere", "kubernetes", 443))  # its namespace has no policies
    for name in FROM:
        where = elsewhere if name == "elsewhere" else "terukur"
        target = name if name == "elsewhere" else pods[name]["metadata"]["name"]
        said = kubectl("exec", target, "--", "bash", "-c", REACH, "reach", *places, namespace=where).stdout
        found |= {(name, *places[at]) for at in said.split() if places[at][0] != name}
    kubectl("delete", "pod", "stranger", "--wait=false")
    assert found == {arrow for arrow in want if arrow[0] != arrow[1]}


# --- pods end

WATCH = """token=$1 person=$2; trap 'exit 0' TERM
while :; do
	for path in / /style.css /api/v1/public/agencies "/api/v1/people/$person/scores/2026-03"; do
		echo "$(date +%s) $(curl -s -o /dev/null -m 60 -w '%{http_code} %{errormsg} %{time_total}' -H "Authorization: Bearer $token" "http://gateway.terukur$path") $path"
	done
	sleep 0.05
done"""


def service_of(pod):
    return next(service for service in SERVICES if pod.startswith(service))


class Chaos(threading.Thread):
    """Deletes a pod of a service at random every few seconds, of those that are ready, and starts everything anew in the midst
    of it."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.rng, self.over = cluster, random.Random(SEED), threading.Event()
        self.deleted, self.error, self.restarted = collections.Counter(), None, False

    def run(self):
        try:
            began = time.monotonic()
            while not self.over.wait(4):
                if not self.restarted and time.monotonic() - began > SECONDS / 3:
                    self.restarted = True
                    kubectl("rollout", "restart", "deployment,statefulset")
                names = self.cluster.pods("app.kubernetes.io/component=service")
                if names:
                    name = min(names, key=lambda name: (self.deleted[service_of(name)], self.rng.random()))
                    kubectl("delete", "pod", name, "--wait=false")
                    self.deleted[service_of(name)] += 1
        except Exception as e:
            self.error = e


@pytest.fixture(scope="module")
def told(cluster, elsewhere):
    city = City(SEED, people=200, events=44000)
    assert len(city.messages) >= EVENTS
    told = Told(cluster, city)
    town = Town(cluster)
    town.settle(town.event(value=1))
    token = cluster.admin("token", "add", "--role", "auditor").stdout.strip().splitlines()[-1]
    kubectl("apply", "-f", "-", input=pod("watch", ["bash", "-c", WATCH, "watch", token, town.id()]), namespace=elsewhere)
    kubectl("wait", "--for=condition=Ready", "pod/watch", "--timeout=60s", namespace=elsewhere)
    chaos = Chaos(cluster)
    chaos.start()
    told.tell(city.messages, paced(SECONDS))
    chaos.over.set()
    chaos.join(120)
    assert chaos.error is None and chaos.restarted, chaos.error
    assert {*chaos.deleted} == {*SERVICES}, chaos.deleted
    began = time.monotonic()
    while not ready():
        assert time.monotonic() - began < 180
        time.sleep(0.5)
    cluster.wait_idle(120)
    told.answers = [line.split(maxsplit=2) for line in kubectl("logs", "watch", namespace=elsewhere).stdout.splitlines()]
    return told


@pytest.mark.timeout(600)
def test_every_score_is_the_oracles(told):
    told.check_scores()


def test_every_rejection_is_there_once(told):
    told.check_rejections()


def test_verify_finds_nothing(told):
    told.stack.admin("verify")


def test_no_request_failed(told):
    """Not even while PostgreSQL, of which there is one here, is started anew: who needs it waits for it."""
    assert len(told.answers) > 300
    print(f"{len(told.answers)} answers, the slowest after {max(float(rest.split()[-2]) for _, _, rest in told.answers):.1f} s")
    bad = [one for one in told.answers if one[1] != "200"]
    assert not bad, f"{len(bad)} of {len(told.answers)}, such as {bad[:5]}"
