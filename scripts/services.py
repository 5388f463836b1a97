"""The table of services, shared/service/services.def, and the topics' names, for scripts and tests."""
import re
from collections import namedtuple
from pathlib import Path

SHARED = Path(__file__).resolve().parent.parent / "shared"
Row = namedtuple("Row", "kind name number reads writes")  # reads: [(group, topic)]; writes: [topic]


def topic_names():
    """{the word in the table: the name in Kafka; of the activity topics what theirs begin with}"""
    text = (SHARED / "messages/topics.h").read_text()
    return dict(re.findall(r'^#define TOPIC_(\w+) "(terukur\.[a-z.]+)"', text, re.MULTILINE))


def row_of(text, topics):
    kind, name, number = re.match(r"(\w+)\((\w+), (\d+),", text).groups()
    reads, writes = re.search(r"READS\((.*)\),\s*WRITES\((.*)\)\)", text, re.DOTALL).groups()
    return Row(kind, name, int(number),
               [(f"terukur-{group}", topics[topic]) for group, topic in re.findall(r"BY\(([\w-]+), (\w+)\)", reads)],
               [topics[topic] for topic in re.findall(r"TO\((\w+)\)", writes)])


def rows():
    text = re.sub(r"/\*.*?\*/", "", (SHARED / "service/services.def").read_text(), flags=re.DOTALL)
    topics = topic_names()
    return [row_of(row, topics) for row in re.split(r"^(?=\w)", text, flags=re.MULTILINE) if row.strip()]


ROWS = rows()
SERVICES = tuple(row.name for row in ROWS if row.kind == "SERVICE")
PROGRAMS = tuple(row.name for row in ROWS)
NUMBERS = {row.name: row.number for row in ROWS}
