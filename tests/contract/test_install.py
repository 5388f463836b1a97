"""`make install`: what stands on a machine without containers afterwards, as systemd understands it. What an operator loses if
this fails: a unit that does not start, a service that may do what it never needs, settings that an upgrade wrote over."""
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
UNITS = [*(f"terukur@{name}.service" for name in SERVICES), "terukur-migrate.service", "terukur-secrets.service"]
pytestmark = pytest.mark.skipif(os.environ.get("BUILD", "build") != "build", reason="make installs from build/")
MOST_EXPOSED = 25  # of 100: what `systemd-analyze security` prints as 2.5


def install(root):
    done = subprocess.run(["make", "--no-print-directory", "install", f"DESTDIR={root}", "PREFIX=/usr"], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    install(root)
    # What ours lean on, as every machine has it.
    units = root / "usr/lib/systemd/system"
    for unit in Path("/usr/lib/systemd/system").glob("*.target"):
        shutil.copy(unit, units, follow_symlinks=True)
    return root


def analyze(root, what, *args):
    done = subprocess.run(["systemd-analyze", what, f"--root={root}", "--no-pager", *args], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("unit", [*UNITS, "terukur.target"])
def test_systemd_understands_the_units(root, unit):
    assert analyze(root, "verify", "--man=no", unit) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_a_service_may_do_what_it_needs(root, unit):
    code, said = analyze(root, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", said)
    assert found and code == 0, said
    assert float(found[1]) * 10 < MOST_EXPOSED


def test_the_target_starts_the_table(root):
    text = (root / "usr/lib/systemd/system/terukur.target").read_text()
    assert re.search(r"^Wants=(.*)$", text, re.MULTILINE)[1].split() == [f"terukur@{name}.service" for name in SERVICES]


def test_each_service_is_handed_its_own_secret(root):
    text = (root / "usr/lib/systemd/system/terukur@.service").read_text()
    assert "LoadCredential=database.url:/etc/terukur/secrets/terukur_%i.url\n" in text
    roles = (root / "usr/lib/systemd/system/terukur-secrets.service").read_text()
    assert {f"terukur_{name}" for name in (*SERVICES, "admin")} == {*re.findall(r"(terukur_\w+)=", roles)}
    for folder in root.glob("usr/lib/systemd/system/*.d"):
        assert re.fullmatch(r"terukur@(\w+)\.service\.d", folder.name)[1] in SERVICES


def test_migrating_leaves_postgresql_its_memory(root):
    """A unit that runs as PostgreSQL's user and removes what that user shares ends the server's connections."""
    text = (root / "usr/lib/systemd/system/terukur-migrate.service").read_text()
    assert "\nUser=postgres\n" in text and not re.search(r"^(RemoveIPC|DynamicUser)=", text, re.MULTILINE)


def test_nothing_is_left_to_fill_in(root):
    for path in [*root.glob("usr/lib/systemd/system/terukur*"), root / "usr/bin/terukur-admin"]:
        if path.is_file():
            assert not re.search(r"@[A-Z]+@", path.read_text()), path
    assert {path.name for path in (root / "usr/lib/terukur").iterdir()} == {*SERVICES, "admin", "migrate.sh", "secrets.sh"}


def test_settings_are_the_operators(root):
    """Not for everybody to read; an installation over them leaves them alone; and they name what the programs know."""
    settings = root / "etc/terukur"
    assert {path.name for path in settings.iterdir()} == {
        "secrets", "terukur.env", "migrate.env", *(f"{name}.env" for name in SERVICES)}
    assert stat.S_IMODE(settings.stat().st_mode) == 0o750 and stat.S_IMODE((settings / "secrets").stat().st_mode) == 0o700
    for path in settings.glob("*.env"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        if path.stem in SERVICES:
            assert "#   KAFKA_BROKERS " in path.read_text()
            known = subprocess.run([ROOT / "build" / path.stem, "--help"], capture_output=True, text=True).stdout
            given = re.findall(r"^(\w+)=", path.read_text(), re.MULTILINE)
            assert [name for name in given if f"  {name} " not in known] == []
    before = (settings / "intake.env").read_text() + "KEEP_TALLY_DAYS=31\n"
    (settings / "intake.env").write_text(before)
    install(root)
    assert (settings / "intake.env").read_text() == before
    assert stat.S_IMODE((settings / "intake.env").stat().st_mode) == 0o640
