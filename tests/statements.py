"""Every SQL statement that a service runs, out of its sources as the compiler sees them: [(name, sql, [types])].

    statements("gateway")       those of its store and of what it knows of the registry
"""
import ast
import functools
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STRING = r'"(?:[^"\\]|\\.)*"'
STRINGS = rf"{STRING}(?:\s*{STRING})*"
ROW = re.compile(rf"=\s*\{{\s*({STRINGS})\s*,\s*({STRINGS})\s*,\s*({STRINGS})\s*,?\s*\}}")


def text_of(literals):
    return "".join(ast.literal_eval(f"b{one}").decode() for one in re.findall(STRING, literals))


@functools.cache
def preprocessed(path):
    return subprocess.run(["gcc", "-E", "-P", "-D_GNU_SOURCE", f"-I{ROOT}/shared", path], check=True, capture_output=True,
                          text=True).stdout


def files(service):
    folder = ROOT / "services" / service
    found = [*folder.glob("store*.c"), *folder.glob("*_load.c")]
    if any("&roster_snapshot" in path.read_text() for path in folder.glob("*.c")):
        found.append(ROOT / "shared/appraisal/roster_load.c")
    return found


def copies(text):
    """A COPY needs what an INSERT does, and has no plan to look at."""
    for table, columns in re.findall(r"COPY ([\w.]+) \((.*?)\) FROM STDIN", text):
        places = ", ".join("NULL" for _ in columns.split(","))
        yield f"copy {table}", f"INSERT INTO {table} ({columns}) VALUES ({places})", []


def statements(service):
    found = []
    for path in files(service):
        text = preprocessed(path)
        found += [(text_of(name), text_of(sql), [t for t in text_of(types).replace(" ", "").split(",") if t])
                  for name, sql, types in ROW.findall(text)]
        found += copies(" ".join(map(text_of, re.findall(STRINGS, text))))
    return found
