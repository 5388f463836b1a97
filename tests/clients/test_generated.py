"""Clients that generators make of openapi.json, as they come and without settings, compile and work.

If one fails, whoever generates his client instead of writing it cannot send, or does not see what became of it.
"""
import json
import shutil
import sys
from datetime import datetime
from pathlib import Path

import pytest
from languages import HERE, LANGUAGES, OPENAPI, WORK, copy_dependencies, run
from upstream import PONTIANAK, client, needs, towns  # noqa: F401

MORE_THAN_A_PAGE = 103


def python():
    home = WORK / "python"
    shutil.rmtree(home / "terukur", ignore_errors=True)
    bin = Path(sys.executable).parent
    run([bin / "openapi-python-client", "generate", "--path", OPENAPI, "--output-path", home / "terukur", "--meta", "none"],
        home, {"PATH": f"{bin}:/usr/bin:/bin"})
    return LANGUAGES["python"].command("generated")


def go():
    home, generator = WORK / "go", WORK / "generator"
    if not (generator / "libs").exists():
        generator.mkdir(parents=True, exist_ok=True)
        copy_dependencies(HERE / "generator/pom.xml", generator / "libs")
    (jar,) = (generator / "libs").glob("openapi-generator-cli-*.jar")
    shutil.rmtree(home / "terukur", ignore_errors=True)
    run(["java", "-jar", jar, "generate", "-g", "go", "-i", OPENAPI, "-o", home / "terukur", "--package-name", "terukur",
         "--additional-properties=withGoMod=false", "--global-property=apiTests=false,modelTests=false"], home)
    return LANGUAGES["go"].command("generated")


def node():
    home = WORK / "node"
    run(["npx", "openapi-typescript", OPENAPI, "-o", "terukur.d.ts"], home)
    run(["npx", "tsc", "-p", "."], home)
    return "node", "generated.js"


@pytest.fixture
def history(client):
    """More of this month's events than a page holds, accepted ones and others."""
    now = f"{datetime.now(PONTIANAK):%Y-%m-%dT%H:%M:%S+07:00}"
    town = client.town
    town.settle(*(town.event(time=now, subject=subject) for subject in (town.nips[0], "199912312015051999")
                  for _ in range(MORE_THAN_A_PAGE - 1)))
    return client


@pytest.mark.parametrize("language", [needs(language) for language in ("python", "go", "node")])
def test_a_generated_client_posts_and_reads(history, language):
    assert LANGUAGES[language].ready
    program, home = {"python": python, "go": go, "node": node}[language](), WORK / language
    accepted, refused = json.loads(run([*program, "post"], home, history.env))
    assert (accepted, refused) == (1, "source_mismatch")
    history.stack.wait_idle()
    assert json.loads(run([*program, "read"], home, history.env)) == {
        "realized": f"{MORE_THAN_A_PAGE}.00", "rating": "ABOVE", "grade": None,
        "evidence": MORE_THAN_A_PAGE, "mine": ["visit/1"],
        "rejections": MORE_THAN_A_PAGE - 1, "reasons": ["unknown_person"]}
