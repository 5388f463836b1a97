"""What kubectl makes of the overlays, judged by others' tools. What an operator loses if this fails: a manifest that their
cluster refuses, or that their own linter would not let in.

`make kubernetes` brings the tools but for kubectl (1.30 or newer). CRDS names a folder with the CRDs of Strimzi, CloudNativePG,
KEDA and External Secrets, as each project's release has them; without it those resources are not judged."""
import copy
import json
import os
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".run/kubernetes/bin"
OVERLAYS = ("dev", "production")
LABELS = {f"app.kubernetes.io/{name}" for name in ("name", "instance", "version", "component", "part-of", "managed-by")}

# What a linter asks for and does not get, and why.
KUBE_SCORE = {
    "container-image-tag": "`latest` is what a build here is called; a city's overlay names its releases",
    "container-image-pull-policy": "in dev images are loaded onto the node, and pulled from nowhere",
    "container-security-context-user-group-id": "no number is fixed: some platforms give each namespace its own",
    "deployment-has-host-podantiaffinity": "pods are spread by topologySpreadConstraints",
    "statefulset-has-host-podantiaffinity": "likewise",
    "statefulset-has-servicename": "in dev the one broker and the one server are behind a Service that refuses at once when they are gone",
    "deployment-replicas": "in dev there is one of each",
    "networkpolicy-targets-pod": "in production some are for pods that Strimzi and CloudNativePG make",
}
CHECKOV = {
    "CKV_K8S_14": "`latest`, as above", "CKV_K8S_43": "likewise, by digest", "CKV_K8S_15": "in dev nothing is pulled",
    "CKV_K8S_40": "no number is fixed, as above",
    "CKV_K8S_8": "the toolbox only waits for operators", "CKV_K8S_9": "likewise",
    "CKV_K8S_35": "in dev the name of the data's folder is in the Secret, and a path needs it as a variable; passwords are files",
}


def render(overlay):
    done = subprocess.run(["kubectl", "kustomize", ROOT / "k8s/overlays" / overlay], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=OVERLAYS)
def rendered(request, tmp_path_factory):
    if not shutil.which("kubectl"):
        pytest.exit("kubectl, 1.30 or newer, must be on PATH", 2)
    path = tmp_path_factory.mktemp(request.param) / "all.yaml"
    path.write_text(render(request.param))
    return path


def documents(path):
    return list(yaml.safe_load_all(path.read_text()))


def test_few_exceptions():
    assert len(KUBE_SCORE) <= 10 and len(CHECKOV) <= 10


@pytest.mark.parametrize("version", ("1.34", "1.37"))
def test_kubernetes_takes_it(rendered, version):
    done = subprocess.run([TOOLS / "kubernetes-validate", "--strict", "--no-warn", "--quiet", "-k", version, rendered],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout + done.stderr and "ERROR" not in done.stdout + done.stderr


def test_kube_score(rendered):
    ignore = [part for name in KUBE_SCORE for part in ("--ignore-test", name)]
    done = subprocess.run([TOOLS / "kube-score", "score", "-o", "json", "--kubernetes-version", "v1.34", *ignore, rendered],
                          capture_output=True, text=True)
    judged = json.loads(done.stdout)
    assert len(judged) > 10
    bad = [(thing["object_name"], check["check"]["id"], check["comments"]) for thing in judged
           for check in thing["checks"] if not check["skipped"] and check["grade"] < 10]
    assert bad == []


def test_checkov(rendered):
    done = subprocess.run([TOOLS / "checkov", "-f", rendered, "--framework", "kubernetes", "-o", "json", "--quiet",
                           "--skip-check", ",".join(CHECKOV)], capture_output=True, text=True,
                          env={**os.environ, "LOG_LEVEL": "ERROR"})
    said = json.loads(done.stdout)
    assert said["summary"]["passed"] > 300 or said["summary"]["failed"] == 0, said["summary"]
    assert [(c["check_id"], c["resource"]) for c in said["results"]["failed_checks"]] == []


def test_hadolint():
    for path in (ROOT / "Dockerfile", *sorted(ROOT.glob("docker/*/Dockerfile"))):
        done = subprocess.run([TOOLS / "hadolint", path], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stdout, done.stdout


# --- every pod, as it is applied

def pods(path):
    return {d["metadata"]["name"]: (d, d["spec"]["template"]) for d in documents(path)
            if d["kind"] in ("Deployment", "StatefulSet", "Job")}


def test_every_pod_is_restricted(rendered):
    for name, (_, template) in pods(rendered).items():
        spec, labels = template["spec"], template["metadata"]["labels"]
        assert {*labels} >= LABELS, name
        assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False, name
        assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}, name
        for container in spec["containers"]:
            assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                    "capabilities": {"drop": ["ALL"]}}, name


def test_a_service_is_asked_what_it_should_be(rendered):
    found = 0
    for name, (workload, template) in pods(rendered).items():
        if template["metadata"]["labels"]["app.kubernetes.io/component"] != "service":
            continue
        found += 1
        container = template["spec"]["containers"][0]
        assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "ops"}, name
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "ops"}, name
        spread = template["spec"]["topologySpreadConstraints"]
        assert {s["topologyKey"] for s in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}, name
        assert all(s["matchLabelKeys"] == ["app.kubernetes.io/name"] for s in spread), name
    assert found >= 5


def test_production_has_no_toolbox_until_it_is_asked_for():
    workloads = {d["metadata"]["name"]: d for d in yaml.safe_load_all(render("production"))
                 if d["kind"] in ("Deployment", "StatefulSet")}
    assert workloads["toolbox"]["spec"]["replicas"] == 0 and workloads["gateway"]["spec"]["replicas"] >= 2
    assert not {"kafka", "postgres"} & {*workloads}
    assert all("replicas" not in workloads[name]["spec"] for name in ("intake", "scoring"))  # KEDA's to say


def test_dev_pulls_nothing_it_has():
    for d in yaml.safe_load_all(render("dev")):
        if d["kind"] in ("Deployment", "StatefulSet", "Job"):
            assert d["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"


# --- others' resources

def closed(schema):
    """A field that a CRD does not name is dropped by the cluster without a word: here it is an error."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: closed(part) for key, part in schema.items()}
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    if schema.pop("x-kubernetes-int-or-string", None):
        schema["type"] = ["integer", "string"]
    return schema


def schemas():
    """{(apiVersion, kind): schema} of the CRDs that are here."""
    if not os.environ.get("CRDS"):
        pytest.skip("CRDS names no folder of CRDs")
    found = {}
    for path in Path(os.environ["CRDS"]).rglob("*.y*ml"):
        for crd in yaml.safe_load_all(path.read_text()):
            if not crd or crd.get("kind") != "CustomResourceDefinition":
                continue
            for version in crd["spec"]["versions"]:
                schema = copy.deepcopy(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {}
                found[f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]] = closed(schema)
    return found


def test_operators_resources_are_of_their_schemas():
    known, judged = schemas(), 0
    for d in yaml.safe_load_all(render("production")):
        kind = d["apiVersion"], d["kind"]
        group = d["apiVersion"].partition("/")[0]
        if "." not in group or group.endswith("k8s.io"):
            continue
        assert kind in known, f"{kind} is in none of the CRDs"
        errors = [f"{'.'.join(map(str, e.path))}: {e.message}" for e in
                  jsonschema.Draft202012Validator(known[kind]).iter_errors(d)]
        assert not errors, (kind, d["metadata"]["name"], errors)
        judged += 1
    assert judged > 15
