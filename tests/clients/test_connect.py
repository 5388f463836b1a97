"""docs/connect.md, run: each of its blocks as it stands there, by a system called simpus.

If one fails, whoever connects his system by the document is misled by it.
"""
import json
import re
from datetime import datetime

import pytest
from languages import LANGUAGES, OPENAPI, ROOT, Failed
from town import Town
from upstream import PONTIANAK, Client, needs
from web import ask

# Until the gateway answers these, the document is ahead of it.
EVENT_STATE_IS_SERVED = "/events/{id}" in json.loads(OPENAPI.read_text())["paths"]
NOT_YET = () if EVENT_STATE_IS_SERVED else ("/events/visit-5001\"", "rejections?reason=")

WORDS = {"python": "python", "go": "go", "java": "java", "js": "node", "sh": "sh"}
BLOCKS = [(WORDS[word], text) for word, text in re.findall(
    r"^```(\w+)\n(.*?)^```$", (ROOT / "docs/connect.md").read_text(), re.DOTALL | re.MULTILINE) if word in WORDS]


def named(language, text):
    """A parameter with the block's event, or what it asks, as its name."""
    said = re.findall(r"visit-\d+(?:-\w+)?", text) or ["reading"]
    name = f"{language}-{said[0]}{'-asked' if '-d' not in text and language == 'sh' and 'kcat' not in text else ''}"
    return pytest.param(language, text, marks=needs(language).marks, id=name)


@pytest.fixture(scope="module")
def simpus(stack):
    town, year = Town(stack, load=False), datetime.now(PONTIANAK).year
    town.registry["plans"] = [town.plan(nip, year=year) for nip in town.nips]
    text = json.dumps(town.registry).replace(town.source, "simpus").replace(town.visits, "home_visit")
    town.source, town.visits, town.topic = "simpus", "home_visit", "terukur.activity.simpus"
    stack.load(json.loads(text))
    return Client(town)


@pytest.mark.parametrize("language,text", [named(*block) for block in BLOCKS])
def test_block_runs(simpus, language, text):
    name = re.search(r"public class (\w+)", text)[1] if language == "java" else "connect"
    assert LANGUAGES[language].ready
    LANGUAGES[language].write(name, text)
    if any(path in text for path in NOT_YET):
        with pytest.raises(Failed):
            LANGUAGES[language].run(name, env=simpus.env)
        return
    said = LANGUAGES[language].run(name, env=simpus.env)
    simpus.stack.wait_idle()
    check(simpus, text, said)


def check(simpus, text, said):
    """What the block says of itself is so."""
    sent = re.search(r"\"?(?:id\"?: ?|ID\(|Id\()\"(visit-[\w-]+)\"", text)
    if "consumer.run" in text:
        assert int(said.split()[0]) > 0
    elif not sent:
        answer = json.loads(said)
        assert answer.get("state") == "replaced" or "unknown_person" in {item["reason"] for item in answer["items"]}
    elif sent[1] == "visit-5003":
        assert any("unknown_person" in line for line in simpus.refused())
    elif "revoked" not in sent[1]:
        assert sent[1] in evidence(simpus), simpus.refused()


def evidence(simpus):
    """{event: the one that replaced it, None where it counts}."""
    answer = ask(simpus.stack, "GET", f"/api/v1/people/{simpus.town.id()}/evidence", simpus.stack.env["AUDITOR_TOKEN"])
    assert all(item["counts"] == (item["replaced_by"] is None) for item in answer.json["items"])
    return {item["id"]: item["replaced_by"] for item in answer.json["items"]}


def test_what_was_mended_counts_no_more(simpus):
    """After the blocks above."""
    became = evidence(simpus)
    assert (became["visit-5001"], became["visit-5002"]) == ("visit-5001-corrected", "visit-5002-revoked")
    assert became["visit-5001-corrected"] is None
    assert simpus.events() == sum(replaced_by is None for replaced_by in became.values())


def test_the_document_has_a_block_for_every_language():
    assert {language for language, _ in BLOCKS} == {*WORDS.values()}
