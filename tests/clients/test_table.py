"""Whoever takes the official SDK of his language and changes nothing is understood, whichever way he sends.

If a cell fails, an upstream system of that language is turned away, or its people's work does not count.
"""
import pytest
from languages import LANGUAGES, Failed
from upstream import client, needs, towns  # noqa: F401

MODES = ("kafka-binary", "kafka-structured", "http-binary", "http-structured", "http-batch")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("language", [needs(language) for language in ("python", "go", "java", "node")])
def test_every_event_counts(client, language, mode):
    program = "Table" if language == "java" else "table"
    wrong = words(LANGUAGES[language], program, mode, client) or client.refused()
    if wrong:
        pytest.fail(wrong[0], pytrace=False)
    assert client.events() == 2


def words(language, program, mode, client):
    """What the program said when it failed, the line first that tells what went wrong; nothing if it did not fail."""
    try:
        language.run(program, mode, env=client.env)
    except Failed as e:
        lines = [line for line in str(e).splitlines() if line and not line.startswith((" ", "\t"))]
        return sorted(lines, key=lambda line: "Error" not in line and "Exception" not in line)
    return []
