"""A one-node cluster with the overlay `dev` in it, in the shape in which the other tests know the system: see conftest.py. What
runs in a pod is reached by kubectl exec, Kafka and PostgreSQL by port-forward, which is begun again whenever a pod that it
led to is gone."""
import base64
import json
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

import psycopg
from conftest import System
from stack import random_port

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "terukur"


def kubectl(*args, namespace=NAMESPACE, input=None, check=True, timeout=120):
    done = subprocess.run(["kubectl", "-n", namespace, *map(str, args)], input=input, capture_output=True, text=True,
                          cwd=ROOT, timeout=timeout)
    assert not check or done.returncode == 0, f"kubectl {args}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def get(*args, **options):
    return json.loads(kubectl("get", *args, "-o", "json", **options).stdout)


class Forward(threading.Thread):
    """kubectl port-forward, for as long as the test runs."""

    def __init__(self, target, here, there):
        super().__init__(daemon=True)
        self.command = ["kubectl", "-n", NAMESPACE, "port-forward", target, f"{here}:{there}"]
        self.over, self.process = False, None
        self.start()

    def run(self):
        while not self.over:
            self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.process.wait()
            time.sleep(0.3)

    def end(self):
        self.over = True
        if self.process:
            self.process.terminate()


class Cluster(System):
    brokers = None

    def __init__(self):
        self._db = self._producer = None
        self.forwards = []

    def reach(self):
        """Opens the ways from here, when there is something at their other ends."""
        kafka, self.port = random_port(), random_port()
        self.brokers = f"127.0.0.1:{kafka}"  # which it must tell its clients: its own 19092 may be somebody else's here
        kubectl("set", "env", "statefulset/kafka", f"EXTERNAL_ADDRESS={self.brokers}")
        kubectl("rollout", "status", "statefulset/kafka")
        self.forwards = [Forward("statefulset/kafka", kafka, 19092), Forward("statefulset/postgres", self.port, 5432)]
        self.password = urllib.parse.quote(base64.b64decode(get("secret", "database")["data"]["postgres.password"]).decode())
        assert self.value("SELECT 1") == 1

    def close(self):
        for forward in self.forwards:
            forward.end()
        if self._db:
            self._db.close()

    def _connect(self, database="terukur"):
        """Again and again for a while: its pod may just be another one."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return psycopg.connect(f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}",
                                       autocommit=True, connect_timeout=5)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def toolbox(self, *args, input=None, check=True, timeout=120):
        return kubectl("exec", "-i", "deploy/toolbox", "--", *args, input=input, check=check, timeout=timeout)

    def admin(self, *args, input=None, check=True, timeout=120):
        return self.toolbox("admin", *args, input=input, check=check, timeout=timeout)

    def load(self, registry):
        return self.admin("registry", "load", "-", input=json.dumps(registry))

    def pods(self, selector="app.kubernetes.io/part-of=terukur"):
        """Those that are ready."""
        return [pod["metadata"]["name"] for pod in get("pods", "-l", selector)["items"]
                if "deletionTimestamp" not in pod["metadata"] and
                any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))]
