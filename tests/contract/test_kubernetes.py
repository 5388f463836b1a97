"""The manifests beside the tables in the code: services, ports, settings, topics and rights at Kafka; and what every pod
must be. What an operator loses if this fails: a cluster that differs from what the programs do. Only files are read here; what
kubectl makes of them, and what others' tools say of that, is `make kubernetes`."""
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from services import NUMBERS, PROGRAMS, ROWS, SERVICES, topic_names

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
DEV, PRODUCTION = K8S / "overlays/dev", K8S / "overlays/production"
TOPICS = topic_names()
WORKLOADS = ("Deployment", "StatefulSet", "Job")


def documents(path):
    return [d for d in yaml.safe_load_all(path.read_text()) if isinstance(d, dict)]


def one(path, *kinds):
    found = [d for d in documents(path) if d["kind"] in kinds]
    assert len(found) == 1, (path, kinds)
    return found[0]


def container(workload):
    return workload["spec"]["template"]["spec"]["containers"][0]


def environment(workload):
    return {e["name"]: e.get("value") for e in container(workload).get("env", ())}


def everything(folder):
    """Every resource that lies in a folder and below, with its file; patches are lists or have no apiVersion."""
    return [(path, d) for path in sorted(folder.rglob("*.yaml")) for d in documents(path)
            if d.get("apiVersion") and d["kind"] not in ("Kustomization", "Component")]


PODS = [(path, d) for path, d in everything(K8S) if d["kind"] in WORKLOADS and path.name != "pod.yaml"]


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_one_manifest(name):
    """With its port, its own secret, and what a drained node asks for."""
    path = K8S / f"base/{name}.yaml"
    workload = one(path, "StatefulSet", "Deployment")
    ports = {port["name"]: port["containerPort"] for port in container(workload)["ports"]}
    assert ports["ops"] == NUMBERS[name] and environment(workload)["OPS_LISTEN"] == f":{NUMBERS[name]}"
    assert container(workload)["command"] == [name] and container(workload)["image"] == "terukur:latest"
    keys = [item["key"] for source in workload["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"]
            for item in source["secret"]["items"] if source["secret"]["name"] == "database"]
    assert keys == [f"terukur_{name}.url"]
    budget = one(path, "PodDisruptionBudget")["spec"]
    assert budget["maxUnavailable"] == 1 and budget["selector"] == workload["spec"]["selector"]
    assert path.name in yaml.safe_load((K8S / "base/kustomization.yaml").read_text())["resources"]


@pytest.mark.parametrize("name", [row.name for row in ROWS if row.reads])
def test_who_reads_kafka_has_a_name_that_stays(name):
    """Static membership: a pod that comes back is given its partitions again at once."""
    assert one(K8S / f"base/{name}.yaml", "StatefulSet")["spec"]["serviceName"] == name
    patch = yaml.safe_load((K8S / "base/services.yaml").read_text())
    assert {"name": "INSTANCE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}} in [p["value"] for p in patch]


@pytest.mark.parametrize("name", SERVICES)
def test_settings_are_known_to_the_program(name):
    """A name that it does not know would be ignored without a word."""
    said = subprocess.run([ROOT / "build" / name, "--help"], env={}, capture_output=True, text=True, check=True).stdout
    known = {*re.findall(r"^  ([A-Z][A-Z_]+) ", said, re.MULTILINE)}
    given = {*environment(one(K8S / f"base/{name}.yaml", "StatefulSet", "Deployment"))}
    for overlay in (DEV, PRODUCTION):
        text = (overlay / "kustomization.yaml").read_text()
        given |= {*re.findall(r"\{name: (SMTP_\w+|MAIL_FROM),", text)} if name == "notification" else set()
    assert {setting.removesuffix("_FILE") for setting in given} <= known


@pytest.mark.parametrize("path, workload", PODS, ids=lambda x: x.name if isinstance(x, Path) else x["metadata"]["name"])
def test_every_pod(path, workload):
    """Of a name and a component; with resources; of the user that its image names, on whatever number a platform insists."""
    labels = workload["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == workload["metadata"]["name"] and labels == workload["metadata"]["labels"]
    assert {"cpu", "memory"} <= {*container(workload)["resources"]["requests"]} & {*container(workload)["resources"]["limits"]}
    assert len(workload["spec"]["template"]["spec"]["containers"]) == 1  # which component `restricted` looks after
    assert "runAsUser" not in path.read_text() and "initContainers" not in path.read_text()
    if workload["kind"] == "Job":
        assert "selector" not in workload["spec"]
    else:
        assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_grace_is_drain_and_stop_and_a_margin():
    stop = int(re.search(r"STOP_SECONDS = (\d+)", (ROOT / "shared/service/service.c").read_text())[1]) + 1
    for name in SERVICES:
        workload = one(K8S / f"base/{name}.yaml", "StatefulSet", "Deployment")
        drain = int(environment(workload).get("DRAIN_SECONDS", 0))
        assert workload["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= drain + stop + 5, name


def test_no_secret_is_here():
    kinds = {d["kind"] for _, d in everything(K8S)}
    assert "Secret" not in kinds and {"ExternalSecret", "Job"} <= kinds
    assert "secretGenerator" not in "".join(path.read_text() for path in K8S.rglob("*.yaml"))


def test_roles_have_their_passwords():
    """Whom the migration gives one, whom dev makes one for, and whom the city's store has one for."""
    roles = {f"terukur_{name}" for name in PROGRAMS}
    items = container_secret_items(one(K8S / "base/migrate.yaml", "Job"))
    assert {key.removesuffix(".password") for key in items if key.endswith(".password")} == roles
    assert {*container(one(DEV / "secrets.yaml", "Job"))["command"][2:]} == roles | {"postgres"}
    made = documents(PRODUCTION / "secrets.yaml")[0]["spec"]["target"]["template"]["data"]
    assert {*made} == {f"{role}.{what}" for role in roles for what in ("url", "password")} | {"postgres.url"}


def container_secret_items(workload):
    return [item["key"] for source in workload["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"]
            for item in source["secret"]["items"] if source["secret"]["name"] == "database"]


# --- Kafka

def test_topics_are_those_of_the_code():
    text, day = (ROOT / "shared/messages/topics.c").read_text(), 86400000
    rows = re.findall(r"\{TOPIC_(\w+), (\d+), (\w+), (-?\d+)( \* DAY_MS)?\}", text)
    made = {TOPICS[name]: (int(partitions), compacted == "true", int(retention) * (day if unit else 1))
            for name, partitions, compacted, retention, unit in rows}
    made[TOPICS["ACTIVITY"] + "simpus"] = made.pop(TOPICS["ACTIVITY"])
    said = {d["metadata"]["name"]: (d["spec"]["partitions"], d["spec"]["config"].get("cleanup.policy") == "compact",
                                    d["spec"]["config"]["retention.ms"])
            for _, d in everything(PRODUCTION) if d["kind"] == "KafkaTopic"}
    assert said == made


def rights(user):
    return {(operation, acl["resource"]["type"], acl["resource"].get("patternType", "literal"), acl["resource"].get("name"))
            for acl in user["spec"]["authorization"]["acls"] for operation in acl["operations"]}


def topic_right(operation, topic):
    return operation, "topic", "prefix" if topic.endswith(".") else "literal", topic


# What the operators' command does beyond its row: topics create and registry load; status; redrive.
ADMIN = {topic_right("Create", "terukur."), topic_right("Describe", "terukur."), ("Describe", "group", "prefix", "terukur-"),
         topic_right("Read", "terukur.evidence.accepted"), topic_right("Write", "terukur.activity."),
         topic_right("Read", "terukur.activity."), ("Read", "group", "literal", "terukur-intake"),
         ("Describe", "cluster", "literal", None)}


def test_rights_follow_the_table_of_services():
    """Nobody may what its row does not name; a source writes its own topic; KEDA looks, and reads nothing."""
    users = {d["metadata"]["name"]: rights(d) for _, d in everything(PRODUCTION) if d["kind"] == "KafkaUser"}
    want = {f"terukur-{row.name}": {("Read", "group", "literal", group) for group, _ in row.reads}
            | {topic_right("Read", topic) for _, topic in row.reads} | {topic_right("Write", topic) for topic in row.writes}
            | (ADMIN if row.name == "admin" else set()) for row in ROWS}
    want["terukur-source-simpus"] = {topic_right("Write", "terukur.activity.simpus")}
    want["terukur-keda"] = {("Describe", "group", "prefix", "terukur-"), topic_right("Describe", "terukur.")}
    assert users == want


def test_scaling_watches_what_the_table_says():
    """By named topic, one replica always, and no more than there are partitions."""
    reads = {name: {*row.reads} for row in ROWS for name in [row.name]}
    for _, scaled in everything(PRODUCTION):
        if scaled["kind"] != "ScaledObject":
            continue
        name = scaled["spec"]["scaleTargetRef"]["name"]
        assert scaled["spec"]["minReplicaCount"] == 1 and scaled["spec"]["maxReplicaCount"] <= 6
        for trigger in scaled["spec"]["triggers"]:
            group, topic = trigger["metadata"]["consumerGroup"], trigger["metadata"]["topic"]
            assert any(g == group and (topic == t or t.endswith(".") and topic.startswith(t)) for g, t in reads[name])


# --- the network

def test_only_the_gateway_is_seen_from_outside():
    for folder in (K8S / "base", DEV, PRODUCTION):
        for path, d in everything(folder):
            if d["kind"] == "Service":
                assert d["spec"].get("type", "ClusterIP") == "ClusterIP", path
            if d["kind"] == "Ingress":
                assert d["spec"]["tls"] and {p["backend"]["service"]["name"] for rule in d["spec"]["rules"]
                                             for p in rule["http"]["paths"]} == {"gateway"}
    assert [port["port"] for port in documents(K8S / "base/gateway.yaml")[0]["spec"]["ports"]] == [80]


def test_nobody_speaks_with_anybody_by_default():
    denied = documents(K8S / "base/network.yaml")[0]["spec"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_documents_arrows_are_the_tests():
    """k8s/README.md shows the table that `make cluster` tries."""
    from k8s.arrows import ARROWS
    text = (K8S / "README.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `([\w-]+)` \| (\d+) \|", text, re.MULTILINE)
    assert {(a, b, int(port)) for a, b, port in rows} == {(a, b, port) for a, b, port in ARROWS}
