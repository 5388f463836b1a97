"""Alert rules, their tests and their runbook, and the dashboards, beside the figures that services really expose. What an
operator loses if this fails: an alert that can never fire, a panel that stays empty, a page at night that says nothing."""
import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from observability import ALERTS, DASHBOARDS, FOLDER, panels, queries, tool

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
TARGET = {"job", "instance", "service"}  # what Prometheus says of where a figure comes from


def figures():
    """{series: its labels}, from docs/metrics.md, which test_tables.py compares with the code."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE)
    found = {"up": TARGET}
    for name, kind, labels in rows:
        labels = {*re.findall(r"`(\w+)`", labels)} | TARGET
        if kind == "histogram":
            found |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            found[name] = labels
    return found


FIGURES = figures()
WORDS = {"unless", "and", "or", "bool"}
GROUPED = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
SELECTOR = re.compile(r"([a-zA-Z_:]\w*)\s*(\{[^}]*\})?(?!\w|\s*\()")


def selectors(expr):
    """[(series, labels that it is chosen by)], and the labels that are summed by. Strings and durations hold no names."""
    bare = re.sub(r"\[[^]]*\]|\boffset \w+", "", re.sub(r'"[^"]*"', '""', expr))
    by = {label for labels in GROUPED.findall(bare) for label in re.findall(r"\w+", labels)}
    bare = GROUPED.sub("", bare)
    chosen = [(name, {*re.findall(r"(\w+)\s*[=!~]", labels)}) for name, labels in SELECTOR.findall(bare) if name not in WORDS]
    return chosen, by


@pytest.mark.parametrize("where,expr", queries(), ids=lambda value: value if "/" in value else "")
def test_a_query_names_what_is_exposed(where, expr):
    chosen, by = selectors(expr)
    assert chosen, expr
    for name, labels in chosen:
        assert name in FIGURES, f"{name}: no service has that"
        assert labels <= FIGURES[name], f"{name} has no {labels - FIGURES[name]}"
    assert by <= set.union(*(FIGURES[name] for name, _ in chosen)), f"nothing has {by}"


def test_the_reader_of_queries():
    """It would not pass over a name in any of the places where one can be."""
    chosen, by = selectors('sum by (a, le) (rate(b_bucket{c="d e", f=~"g"}[5m] offset 1d)) / on (x) max(h) unless i{j!=""} > 2 * 60')
    assert chosen == [("b_bucket", {"c", "f"}), ("h", set()), ("i", {"j"})] and by == {"a", "le", "x"}


# --- alerts

@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_what_to_do(alert):
    """In words, with a way to its entry in the runbook."""
    name, said = alert["alert"], alert["annotations"]
    assert re.fullmatch(r"Terukur[A-Z]\w+", name)
    assert alert["labels"] == {"severity": alert["labels"]["severity"]} and alert["labels"]["severity"] in ("critical", "warning")
    assert said["summary"] and said["description"].endswith(".") and len(said["description"]) > len(said["summary"])
    assert said["runbook"] == f"docs/runbook.md#{name.lower()}"
    entry = RUNBOOK.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\*\*(\w+)", entry, re.MULTILINE) == ["People", "Look", "Do", "Clears"]


def test_the_runbook_has_no_other_entries():
    names = [alert["alert"] for alert in ALERTS]
    assert re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE) == names and len({*names}) == len(names) > 20
    anchors = {*re.findall(r"\]\(#(\w+)\)", RUNBOOK)}
    assert anchors <= {name.lower() for name in names}


def test_rules_and_settings_are_prometheus_own():
    for what, file in (("rules", "alerts.yml"), ("config", "prometheus.yml")):
        judged = subprocess.run([tool("promtool"), "check", what, FOLDER / file], capture_output=True, text=True)
        assert judged.returncode == 0, judged.stdout + judged.stderr


def test_each_alert_fires_and_clears():
    """By its expression, on figures made up; tests/integration/test_alerts.py has the faults themselves."""
    judged = subprocess.run([tool("promtool"), "test", "rules", FOLDER / "alerts_test.yml"], capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    tried = set()
    for case in yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]:
        seen = [{sample["labels"] for sample in look["exp_samples"]} for look in case["promql_expr_test"]]
        assert seen[0] == seen[-1] == set() and any(seen), case["name"]  # quiet, then not, then quiet again
        tried |= {name for labels in set.union(*seen) for name in re.findall(r'alertname="(\w+)"', labels)}
    assert tried == {alert["alert"] for alert in ALERTS}


# --- dashboards

@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_can_be_imported(path):
    """One source of data, which Grafana asks for; panels with a title and a unit that do not lie upon each other."""
    board = json.loads(path.read_text())
    assert board["uid"] and board["title"] and "id" not in board
    assert [v["type"] for v in board["templating"]["list"]] == ["datasource"]
    ids, taken = [p["id"] for p in board["panels"]], set()
    assert len({*ids}) == len(ids)
    for panel in panels(path):
        assert panel["title"] and panel["fieldConfig"]["defaults"]["unit"] and panel["targets"]
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells


def test_every_figure_has_its_picture():
    """Or an alert: what nobody looks at need not be measured."""
    used = {name for _, expr in queries() for name, _ in selectors(expr)[0]}
    unused = {name for name in FIGURES if not name.endswith(("_sum", "_count"))} - used
    assert unused == set()
