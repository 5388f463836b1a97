"""What is in observability/, for the tests of it, and Prometheus itself.

    with Prometheus(folder, rules, targets) as prometheus:
        prometheus.query('sum(up)')         [(labels, value)]
        prometheus.firing()                 {alert: [labels]}
"""
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

import yaml
from daemon import ROOT, wait_until

FOLDER = ROOT / "observability"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
DASHBOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def tool(name):
    """Prometheus or promtool: the system's, or what scripts/setup.sh took out of Debian's package."""
    return shutil.which(name) or ROOT / ".run/venv/bin" / name


def panels(path):
    return [panel for panel in json.loads(path.read_text())["panels"] if panel["type"] != "row"]


def queries():
    """[(where, expression)] of all rules and panels."""
    found = [(f"alerts/{rule['alert']}", rule["expr"]) for rule in ALERTS]
    for path in DASHBOARDS:
        found += [(f"{path.stem}/{panel['title']}/{target['refId']}", target["expr"])
                  for panel in panels(path) for target in panel["targets"]]
    return found


# --- time that goes faster

def shorter(duration, factor):
    number, unit = re.fullmatch(r"(\d+)(\w+)", duration).groups()
    return f"{round(int(number) * UNITS[unit] * factor * 1000)}ms"


def quicker(expr, windows, thresholds):
    """Every time in an expression: [10m], offset 1d; 10 * 60."""
    expr = re.sub(r"\[(\d+[a-z]+)\]", lambda m: f"[{shorter(m[1], windows)}]", expr)
    expr = re.sub(r"\boffset (\d+[a-z]+)", lambda m: f"offset {shorter(m[1], windows)}", expr)
    return re.sub(r"\* (60|86400)\b", lambda m: f"* {int(m[1]) * thresholds:g}", expr)


def quick_rules(windows, thresholds):
    """The rules as they are, with all their times multiplied: for how long they look back and wait, and ages."""
    def quick(rule):
        waits = {"for": shorter(rule["for"], windows)} if "for" in rule else {}
        return {**rule, "expr": quicker(rule["expr"], windows, thresholds), **waits}
    return {"groups": [{**group, "rules": [*map(quick, group["rules"])]} for group in RULES["groups"]]}


class Prometheus:
    """One that scrapes and evaluates every `every` seconds, in a folder of its own."""

    def __init__(self, folder, port, rules, targets, every=0.5):
        self.folder, self.url, self.process = Path(folder), f"http://127.0.0.1:{port}", None
        self.folder.mkdir(exist_ok=True)
        interval = f"{round(every * 1000)}ms"
        settings = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
        settings["global"] = {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval}
        settings["scrape_configs"][0]["static_configs"] = [
            {"targets": [target], "labels": {"service": service}} for service, target in targets]
        for name, content in (("prometheus.yml", settings), ("alerts.yml", rules)):
            (self.folder / name).write_text(yaml.safe_dump(content))
        self.command = [tool("prometheus"), f"--config.file={self.folder}/prometheus.yml",
                        f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{port}",
                        "--log.level=warn", "--query.lookback-delta=2s"]

    def __enter__(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command, env={"PATH": os.environ["PATH"]}, stdout=log, stderr=log)
        if not wait_until(self.ready, 20):
            self.__exit__()
            raise AssertionError((self.folder / "log").read_text())
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def _ask(self, path, **parameters):
        with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
            return answer.read()

    def ready(self):
        try:
            return bool(self._ask("/-/ready"))
        except OSError:
            return False

    def query(self, expr):
        found = json.loads(self._ask("/api/v1/query", query=expr))["data"]["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]

    def over(self, expr, start, end, step):
        """All values of a span of time."""
        found = json.loads(self._ask("/api/v1/query_range", query=expr, start=start, end=end, step=step))["data"]["result"]
        return [float(value) for one in found for _, value in one["values"]]

    def alerts(self):
        return [alert for alert in json.loads(self._ask("/api/v1/alerts"))["data"]["alerts"] if alert["state"] == "firing"]

    def firing(self):
        """{alert: [its labels]}"""
        found = {}
        for alert in self.alerts():
            found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found
