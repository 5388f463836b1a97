"""The overlay `dev`, applied once for a run on the cluster of KUBECONFIG: any with one node that has the four images. The
namespace must not be there yet, for it is deleted in the end; KEEP=1 leaves it, AGAIN=1 takes one that was left."""
import os
import subprocess
import time

import pytest

from k8s.cluster import Cluster, get, kubectl

WORKLOADS = "deployment,statefulset"


def ready():
    items = get(WORKLOADS)["items"]
    return len(items) >= 8 and all(
        item["status"].get("readyReplicas", 0) >= item["spec"]["replicas"] and
        item["status"].get("observedGeneration") == item["metadata"]["generation"] and
        item["status"].get("updatedReplicas", 0) >= item["spec"]["replicas"] for item in items)


@pytest.fixture(scope="session")
def cluster():
    if not os.environ.get("KUBECONFIG"):
        pytest.exit("KUBECONFIG names no cluster: one with a single node, and the images loaded (k8s/README.md)", 2)
    there = kubectl("get", "namespace", "terukur", check=False).returncode == 0
    if there and not os.environ.get("AGAIN"):
        pytest.exit("there is a namespace terukur already, which these tests would delete", 2)
    cluster = Cluster()
    began = time.monotonic()
    cluster.applied = kubectl("apply", "-k", "k8s/overlays/dev")
    try:
        while not ready() and time.monotonic() - began < 300:
            time.sleep(0.5)
        cluster.took = time.monotonic() - began
        print(f"\nready after {cluster.took:.0f} s")
        cluster.reach()
        yield cluster
    finally:
        cluster.close()
        if not os.environ.get("KEEP"):
            subprocess.run(["kubectl", "delete", "-k", "k8s/overlays/dev", "--timeout=120s"], check=False)
