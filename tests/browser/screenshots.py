#!/usr/bin/env python3
"""Pictures of the pages of the demo city that `make up` runs: what a person and a head see, on a telephone and on a desk.

    screenshots.py FOLDER
"""
import csv
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "scripts"), str(Path(__file__).resolve().parent)]
from browser import Driver  # noqa: E402
from stack import Stack  # noqa: E402

TELEPHONE, DESK = (360, 740), (1280, 800)


def addresses(stack):
    """The pages worth showing: {name: (who looks, path, size, all of it or its first screen)}."""
    demo = stack.run_dir / "demo"
    cast = json.loads((demo / "cast.json").read_text())
    ids = {row["nip"]: row["person"] for row in csv.DictReader(stack.admin("people", "list").splitlines())}
    person, period = f"/people/{ids[cast['person']]}", cast["period"]
    evidence = f"{person}/evidence?period={period}&indicator=home_visit"
    return {"home": ("person", "/", TELEPHONE, False), "score": ("person", f"{person}/scores/{period}", TELEPHONE, True),
            "score-explained": ("person", f"{person}/scores/{period}", DESK, True),
            "evidence": ("person", evidence, TELEPHONE, False), "head": ("head", "/", DESK, True)}


def take(driver, url, token, path, size, whole, file):
    with driver.browser(*size) as browser:
        browser.go(url).tab_to("token").type(token)
        browser.enter().go(url + path)
        if size == DESK and "/scores/" in path:
            browser.run("document.querySelector('details.item').open = true")
        browser.screenshot(file, whole)
    print(f"{file}  {file.stat().st_size // 1024} kB")


def main():
    folder, stack = Path(sys.argv[1]), Stack()
    folder.mkdir(exist_ok=True)
    tokens = json.loads((stack.run_dir / "demo/tokens.json").read_text())
    with Driver() as driver:
        for name, (who, path, size, whole) in addresses(stack).items():
            take(driver, stack.addresses()["GATEWAY_URL"], tokens[who], path, size, whole, folder / f"{name}.png")


if __name__ == "__main__":
    main()
