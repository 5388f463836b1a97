"""docs/connect.md, run: each of its blocks as it stands there, by a system called simpus.

If one fails, whoever connects his system by the document is misled by it.
"""
import json
import re
from datetime import datetime

import pytest
from languages import LANGUAGES, ROOT
from town import Town
from upstream import Client, PONTIANAK, client, needs, towns  # noqa: F401
from web import ask

WORDS = {"python": "python", "go": "go", "java": "java", "js": "node", "sh": "sh"}
READS_LZ4 = "CompressionTypes.LZ4"
DOCUMENT = (ROOT / "docs/connect.md").read_text()
FENCED = [block for block in re.finditer(r"^```(\w+)\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE) if block[1] in WORDS]


def parameter(block):
    """A test of a block, named by its line in the document."""
    language, line = WORDS[block[1]], DOCUMENT.count("\n", 0, block.start()) + 1
    return pytest.param(language, block[2], marks=needs(language).marks, id=f"{language}-line-{line}")


@pytest.fixture(scope="module")
def simpus(stack):
    town, year = Town(stack, load=False), datetime.now(PONTIANAK).year
    town.registry["plans"] = [town.plan(nip, year=year) for nip in town.nips]
    text = json.dumps(town.registry).replace(town.source, "simpus").replace(town.visits, "home_visit")
    town.source, town.visits, town.topic = "simpus", "home_visit", "terukur.activity.simpus"
    stack.load(json.loads(text))
    return Client(town)


@pytest.mark.parametrize("language,text", [parameter(block) for block in FENCED])
def test_block_runs(simpus, language, text):
    name = re.search(r"public class (\w+)", text)[1] if language == "java" else "connect"
    assert LANGUAGES[language].ready
    LANGUAGES[language].write(name, text)
    if READS_LZ4 in text:
        post_many(simpus)
    said = LANGUAGES[language].run(name, env=simpus.env)
    simpus.stack.wait_idle()
    check(simpus, text, said)


def post_many(simpus):
    """By HTTP and alike, so that they lie in Kafka as one piece, compressed."""
    events = [simpus.town.event(time="2026-01-05T08:00:00+07:00", indicator="home_visit") for _ in range(50)]
    answer = ask(simpus.stack, "POST", "/api/v1/events", simpus.key, json.dumps(events),
                 Content_Type="application/cloudevents-batch+json")
    assert answer.json == {"accepted": 50}


def check(simpus, text, said):
    """What the block says of itself is so."""
    sent = re.search(r"\"?(?:id\"?: ?|ID\(|Id\()\"(visit-[\w-]+)\"", text)
    if READS_LZ4 in text:
        assert int(said.split()[0]) == len(simpus.stack.read(simpus.town.topic))
    elif not sent:
        answer = json.loads(said)
        assert answer.get("state") == "replaced" or "unknown_person" in {item["reason"] for item in answer["items"]}
    elif sent[1] == "visit-5003":
        assert any("unknown_person" in line for line in simpus.refused())
    elif "revoked" not in sent[1]:
        assert sent[1] in evidence(simpus), simpus.refused()


def evidence(simpus):
    """{event: the one that replaced it, None where it counts}."""
    answer = ask(simpus.stack, "GET", f"/api/v1/people/{simpus.town.id()}/evidence?period={simpus.period}",
                 simpus.stack.env["AUDITOR_TOKEN"])
    assert all(item["counts"] == (item["replaced_by"] is None) for item in answer.json["items"])
    return {item["id"]: item["replaced_by"] for item in answer.json["items"]}


def test_what_was_mended_counts_no_more(simpus):
    """After the blocks above."""
    became = evidence(simpus)
    assert (became["visit-5001"], became["visit-5002"]) == ("visit-5001-corrected", "visit-5002-revoked")
    assert became["visit-5001-corrected"] is None
    assert simpus.events() == sum(replaced_by is None for replaced_by in became.values())


def test_the_document_has_a_block_for_every_language():
    assert {block[1] for block in FENCED} == {*WORDS}
