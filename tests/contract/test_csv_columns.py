"""Offices write their files by admin's README and --help. If this fails, they do as they are told and are refused."""
import re
import subprocess

import pytest
from test_tables import BUILD, ROOT


def in_code():
    """{part: {column: [what it is called besides]}}, from the tables."""
    text = (ROOT / "services/admin/csv_columns.c").read_text()
    macros = dict(re.findall(r'^#define (\w+) "(.*)"$', text, re.MULTILINE))
    parts = {}
    for part, rows in re.findall(r"static const struct csv_column (\w+)\[\] = \{\n(.*?)\n\};", text, re.DOTALL):
        parts[part] = {}
        for name, also in re.findall(r'\{"(\w+)",.*?\.also = ("[^"]*"|\w+)', rows, re.DOTALL):
            also = macros[also] if also in macros else also.strip('"')
            parts[part][name] = also.split(", ") if also else []
    return parts


def test_columns_in_admins_readme():
    told = {}
    for part, name, also in re.findall(r"^\| (\w+) \| `(\w+)` \| (.*?) ?\|", (ROOT / "services/admin/README.md").read_text(),
                                       re.MULTILINE):
        told.setdefault(part, {})[name] = re.findall(r"`([^`]+)`", also)
    assert len(told) == 3 and told == in_code()


@pytest.mark.parametrize("part", ["people", "absences", "plans"])
def test_columns_in_the_help(part):
    text = subprocess.run([BUILD / "admin", part, "import", "--help"], capture_output=True, text=True, check=True).stdout
    words = re.sub(r"\s+", " ", text)
    for name, also in in_code()[part].items():
        assert re.search(rf"\b{name}\b", words) and all(re.search(rf"\b{word}\b", words) for word in also), (name, also)
