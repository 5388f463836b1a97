"""HACKING's recipe for a new service, followed in a copy of the tree. What a developer loses if this fails: adding a
service takes more than the recipe says, or leaves something behind when it goes."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = os.environ.get("BUILD", "build")
EXAMPLE = ROOT / "tests/example"
NOT_COPIED = shutil.ignore_patterns(".git", ".run*", "asan", "node_modules", "__pycache__", ".*_cache", ".hypothesis")


class Tree:
    """A copy, with what is built, so that only what changes is built again."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(ROOT, folder, ignore=NOT_COPIED, symlinks=True)

    def sources(self):
        return {path.relative_to(self.folder): path.read_bytes() for path in self.folder.rglob("*")
                if path.is_file() and not {"build", "__pycache__"} & {*path.relative_to(self.folder).parts}}

    def run(self, *command):
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "BUILD": "build"}
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True)

    def make(self, *targets):
        done = self.run("make", "-j2", "WERROR=-Werror", *targets)
        assert done.returncode == 0, done.stdout + done.stderr

    def failures(self):
        """What the tests of the tables complain of; and those of Compose's file, which need no Docker."""
        done = self.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contract/test_tables.py",
                        "tests/integration/test_compose.py", "-m", "not containers")
        assert " passed" in done.stdout, done.stdout + done.stderr
        return {*re.findall(r"^(?:FAILED|ERROR) \S+?::(\w+)", done.stdout, re.MULTILINE)}

    def insert(self, path, text, before):
        """The text above the first line that begins so."""
        old = (self.folder / path).read_text()
        at = re.search(rf"^{re.escape(before)}", old, re.MULTILINE).start()
        (self.folder / path).write_text(old[:at] + text + old[at:])

    def remove(self, path, text):
        old = (self.folder / path).read_text()
        assert old.count(text) == 1
        (self.folder / path).write_text(old.replace(text, ""))


def example(name):
    return (EXAMPLE / name).read_text()


# The recipe's lines: file, what is put in, above which line.
LINES = [
    ("shared/service/services.def", example("services.def"), "COMMAND(admin"),
    ("README.md", "| [example](services/example/README.md) | `terukur.score.changed` | | counts what it hears |\n",
     "| [admin](services/admin/README.md)"),
    ("observability/prometheus.yml", '      - {targets: ["example:9109"], labels: {service: example}}\n',
     '      - {targets: ["gateway:'),
    ("docs/metrics.md", "| `terukur_example_scores_total` | counter |  | Scores that it heard of. |\n",
     "| `process_cpu_seconds_total`"),
    ("schemas/asyncapi.yaml", example("asyncapi.yaml"), "  adminChangesRegistry:"),
    ("schemas/asyncapi.yaml", '    - $ref: "#/components/tags/example"\n', '    - $ref: "#/components/tags/admin"'),
    ("schemas/asyncapi.yaml", "    example: {name: example, description: Counts.}\n", "    admin: {name: admin"),
]


@pytest.mark.skipif(BUILD != "build", reason="it copies build/")
def test_a_service_comes_and_goes(tmp_path):
    tree = Tree(tmp_path / "tree")
    before = tree.sources()
    folder = tree.folder / "services/example"
    number = max(int(path.name[:3]) for path in tree.folder.glob("schemas/sql/*.sql")) + 1
    schema = tree.folder / f"schemas/sql/{number:03}_example.sql"

    tree.insert(*LINES[0])
    folder.mkdir()
    shutil.copy(EXAMPLE / "main.c", folder)
    tree.make("build/example")
    assert tree.run("build/example", "--help").stdout.startswith("example: counts what it hears")
    (folder / "README.md").touch()
    assert tree.failures() == {  # whatever is forgotten has its test
        "test_a_service_has_its_role", "test_compose_is_made_from_the_table", "test_topics_in_the_readme",
        "test_who_reads_and_writes_what", "test_metrics_in_the_services_readme", "test_metrics_in_their_document",
        "test_settings_in_compose", "test_prometheus_scrapes_every_service",
        "test_ops_ports", "test_a_service_reads_its_own_secret_alone"}

    shutil.copy(EXAMPLE / "README.md", folder)
    shutil.copy(EXAMPLE / "example.sql", schema)
    for line in LINES[1:]:
        tree.insert(*line)
    tree.make("compose", "build/admin")
    assert tree.failures() == set()
    assert "terukur_example" in tree.run("build/admin", "role", "password", "nobody").stderr

    shutil.rmtree(folder)
    schema.unlink()
    for path, text, _ in LINES:
        tree.remove(path, text)
    tree.make("compose")
    assert tree.sources() == before
