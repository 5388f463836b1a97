"""What the pages say. What a reader loses if this fails: a page has an empty place, an English word in an Indonesian sentence
or the other way round, or one that nobody can translate because it stands in the HTML."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = ROOT / "services/gateway"
PAGES = {path.name: path.read_text() for path in sorted((GATEWAY / "web").glob("*.html"))}
SOURCE = "".join(path.read_text() for path in sorted(GATEWAY.glob("*.c")))


def read(language):
    """{key: sentence} as web.c reads them."""
    text = (GATEWAY / f"web/words.{language}").read_text().replace("\n\t", " ")
    rows = [line.split(" = ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    assert len(rows) == len({key for key, _ in rows}), "a key stands twice"
    return dict(rows)


WORDS = {language: read(language) for language in ("id", "en")}
BOTH = {"A", "B", "CSV", "Terukur", "auditor", "data", "target", "Target", "unit"}  # the same in both languages
ENGLISH = set("the of and is are to for this that not with by from on it be was were has have what which who you your page no "
              "score inbox evidence sign key home next back day days".split())
INDONESIAN = set("yang dan di ke dari untuk ini itu tidak dengan oleh pada adalah atau bila akan sudah belum anda halaman nilai "
                 "bukti kotak masuk kunci hari beranda kembali".split())


def said(sentence):
    """The words of a sentence, without its places and tags."""
    return set(re.findall(r"[A-Za-z]+", re.sub(r"\{\{.*?\}\}|<.*?>", " ", sentence)))


def places(sentence):
    return sorted(re.findall(r"\{\{(.*?)\}\}", sentence))


def used():
    """Keys that pages, other words and the program's code ask for; of a group's the code chooses."""
    texts = [*PAGES.values(), *WORDS["id"].values()]
    keys = {key for text in texts for key in re.findall(r"\{\{> *w\.([\w.]+)\}\}", text)}
    groups = {*re.findall(r'page_word\([^"]*"(\w+)"', SOURCE)}
    keys |= {key for key in WORDS["id"] if key.split(".")[0] in groups - {"problem"}}
    problems = re.findall(r'page_problem\(\s*v, \d+, "(\w+)"\)', SOURCE)
    table = re.search(r"refusals\[\] = \{(.*?)\n\};", SOURCE, re.DOTALL)[1]
    problems += re.findall(r'"(\w+)"\},', table)
    assert len(problems) > 10 and "problem" in groups
    return keys | {f"problem.{key}" for key in problems}


def test_both_languages_have_the_same_keys_and_places():
    assert [*WORDS["id"]] == [*WORDS["en"]]
    assert [key for key in WORDS["id"] if places(WORDS["id"][key]) != places(WORDS["en"][key])] == []


def test_every_word_that_is_used_is_there_and_the_other_way_round():
    assert used() == {*WORDS["id"]}


def test_every_piece_that_is_used_is_there_and_the_other_way_round():
    asked = {name for text in PAGES.values() for name in re.findall(r"\{\{> *([\w]+\.html)\}\}", text)}
    asked |= {*re.findall(r'"(\w+\.html)"', SOURCE)}
    assert asked == {*PAGES}


@pytest.mark.parametrize("language, other", [("id", ENGLISH), ("en", INDONESIAN)])
def test_a_sentence_is_in_one_language(language, other):
    mixed = {key: said(text) & other for key, text in WORDS[language].items() if key != "frame.switch"}
    assert {key: words for key, words in mixed.items() if words} == {}


def test_what_both_languages_say_is_no_accident():
    """A word that stands in both files is a name, or was forgotten in one."""
    every = {language: {word for key, text in words.items() if key != "frame.switch" for word in said(text)}
             for language, words in WORDS.items()}
    assert every["id"] & every["en"] == BOTH


def test_what_mails_and_make_up_share_with_the_pages_stands_once():
    """Else a rating is called one thing on a page and another in the mail about it."""
    shared = [sentence for language in WORDS.values() for key, sentence in language.items()
              if key.split(".")[0] in ("rating", "grade", "uncounted") and " " in sentence]
    show = (ROOT / "demo/show.py").read_text()
    for text in ((ROOT / "services/notification/wording.c").read_text(), show):
        assert [sentence for sentence in shared if sentence in text] == []
    keys = {*re.findall(r"""["'](\w+\.(?!json)\w+)["']""", show)}
    assert len(keys) > 15 and keys <= {*WORDS["id"]}


@pytest.mark.parametrize("name", PAGES)
def test_html_has_no_words_of_its_own(name):
    text = re.sub(r"\{\{.*?\}\}", " ", PAGES[name])
    assert re.search(r'\b(aria-label|title|alt|placeholder)="[^"{ ]', text) is None
    assert {*re.findall(r"[A-Za-z]+", re.sub(r"<.*?>", " ", text, flags=re.DOTALL))} <= {"Terukur", "SHA"}
