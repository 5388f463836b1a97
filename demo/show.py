#!/usr/bin/env python3
"""Prints one score, explained, in Indonesian with English beside it: from the gateway, by HTTP alone.

    show.py --gateway URL --token T --person UUID --period 2026-10 [--indicator CODE]
    show.py --dir DIR            the example person of DIR/cast.json; DIR/registry.json names the indicators
    show.py --pick --dir DIR     only says who that is, and who the head is

Defaults: GATEWAY_URL and AUDITOR_TOKEN from the environment. `build/admin people list` tells the example
person's id, so DATABASE_URL has to be set where --person is not given.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
from base64 import b64decode
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

ADMIN = Path(__file__).resolve().parents[1] / "build" / "admin"
ZONE = timezone(timedelta(hours=7))

WORDS = {
    "ABOVE": "di atas ekspektasi / above",
    "MEETS": "sesuai ekspektasi / meets",
    "BELOW": "di bawah ekspektasi / below",
    "VERY_GOOD": "Sangat Baik / very good",
    "GOOD": "Baik / good",
    "NEEDS_IMPROVEMENT": "Butuh Perbaikan / needs improvement",
    "POOR": "Kurang / poor",
    "VERY_POOR": "Sangat Kurang / very poor",
}
COLUMNS = (("Target", "Target"), ("Realisasi", "Realised"), ("Capaian", "Achieved"), ("Dihitung", "Counted"),
           ("Bobot", "Weight"), ("Sumbangan", "Contrib."), ("Bukti", "Events"))


class Gateway:
    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token

    def get(self, path, **query):
        given = urlencode({name: value for name, value in query.items() if value})
        request = Request(f"{self.url}/api/v1{path}?{given}" if given else f"{self.url}/api/v1{path}",
                          headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json"})
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def score(self, person, period):
        return self.get(f"/people/{person}/scores/{period}")

    def evidence(self, person, period, indicator):
        """All pages of it, in the order of the work's time."""
        entries, cursor = [], None
        while True:
            page = self.get(f"/people/{person}/evidence", period=period, indicator=indicator, cursor=cursor)
            entries += page["items"]
            cursor = page["next"]
            if not cursor:
                return entries


def target_of(item):
    target = item["target"]
    return target if isinstance(target, str) else "–".join(target)


def explain_items(score, name):
    wide = max(len(name(item["indicator"])) for item in score["items"])
    for language in (0, 1):
        title = ("Indikator", "Indicator")[language]
        print(f"{title:{wide}}" + "".join(f"{column[language]:>13}" for column in COLUMNS))
    for item in score["items"]:
        cells = (target_of(item), item["realized"], f"{item['achievement']} %", item["capped"], item["weight"],
                 item["contribution"], str(item["events"]))
        print(f"{name(item['indicator']):{wide}}" + "".join(f"{cell:>13}" for cell in cells)
              + f"   {WORDS[item['rating']]}")


def explain_results(score):
    results, items = score["results"], score["items"]
    sums = " + ".join(f"{item['weight']}×{item['capped']}" for item in items)
    weights = " + ".join(item["weight"] for item in items)
    print(f"\nHasil kerja / Results: {results['score']}, {WORDS[results['rating']]}")
    print(f"  = ({sums})\n    / ({weights})")
    print("  bukan jumlah sumbangan yang sudah dibulatkan / not the sum of the rounded contributions")


def explain_rest(score, name):
    for code in score["missing"]:
        print(f"\nBelum ada bukti, tidak dihitung nol / No evidence, which is not zero: {name(code)}")
    seen = score["behaviour"]
    print("\nPerilaku / Behaviour: " + (
        f"{WORDS[seen['rating']]}, {seen['observations']} pengamatan / observations" if seen
        else "belum diamati / not observed yet"))
    for title, grade in (("Usulan predikat / Proposed grade", score["proposed"]),
                         ("Predikat yang ditandatangani / Grade signed", score["grade"])):
        print(f"{title}: {WORDS[grade] if grade else 'belum ada / none yet'}")
    if score["hints"]:
        print("\nYang akan mengubah rating / What would change a rating:")
    for hint in score["hints"]:
        need = hint["need"].lstrip("-")
        change = f"turun {need} / {need} less" if hint["need"].startswith("-") else f"tambah {need} / {need} more"
        print(f"  {name(hint['indicator'])}: {change} → {WORDS[hint['to']]}")


def show_evidence(entries, title):
    print(f"\nBukti terakhir / Latest evidence: {title}")
    for entry in entries[-3:]:
        when = datetime.fromisoformat(entry["time"]).astimezone(ZONE)
        value = f"{entry['value']} / {entry['of']}" if entry["of"] else entry["value"]
        counts = "" if entry["counts"] else f"  tidak dihitung, diganti / not counted, see {entry['replaced_by']}"
        same = sha256(b64decode(entry["payload"])).hexdigest() == entry["sha256"]
        print(f"  {when:%Y-%m-%d %H:%M}  {value}  {entry['ref'] or ''}{counts}")
        print(f"    {entry['topic']}  partition {entry['partition']}  offset {entry['offset']}")
        print(f"    sha256 {entry['sha256']} {'= aslinya / the original' if same else '≠ ASLINYA / THE ORIGINAL'}")


def show(gateway, person, period, indicator, names):
    def name(code):
        return names.get(code, code)

    score = gateway.score(person, period)
    print(f"Nilai kinerja / Performance score   {score['period']}\n"
          f"orang / person {score['person']}, aturan / rule set {score['ruleset']}, "
          f"rencana / plan {score['plan']}, revisi / revision {score['revision']}\n")
    if score["items"]:
        explain_items(score, name)
        explain_results(score)
    else:
        print("Belum ada yang terukur / Nothing measured yet")
    explain_rest(score, name)
    codes = [entry["indicator"] for entry in score["hints"] + score["items"]]
    if indicator or codes:
        indicator = indicator or codes[0]
        show_evidence(gateway.evidence(person, period, indicator), name(indicator))


def read(folder, file):
    return json.loads((folder / file).read_text(encoding="utf-8"))


def pick(folder):
    cast, registry = read(folder, "cast.json"), read(folder, "registry.json")
    positions = {position["code"]: position["name"] for position in registry["positions"]}
    units = {unit["code"]: unit["name"] for unit in registry["units"]}
    for who in ("person", "head"):
        row = next(row for row in registry["people"] if row["nip"] == cast[who])
        print(f"{who:6} {row['nip']}  {row['name']}: {positions[row['position']]}, {units[row['unit']]}")
    print(f"period {cast['period']}")


def person_id(nip):
    try:
        listed = subprocess.run([ADMIN, "people", "list"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as why:
        sys.exit(f"show: admin people list: {getattr(why, 'stderr', '') or why}")
    for row in csv.DictReader(listed.stdout.splitlines()):
        if row["nip"] == nip:
            return row["person"]
    sys.exit("show: the example person is not in the registry; load DIR/registry.json first")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateway", default=os.environ.get("GATEWAY_URL"), metavar="URL")
    parser.add_argument("--token", default=os.environ.get("AUDITOR_TOKEN"), metavar="T")
    parser.add_argument("--person", metavar="UUID")
    parser.add_argument("--period", metavar="PERIOD", help="such as 2026-10, 2026-Q3 or 2026")
    parser.add_argument("--indicator", metavar="CODE", help="whose evidence to show (default: the first hint's)")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="what city.py wrote")
    parser.add_argument("--pick", action="store_true", help="print the example person's NIP and the head's")
    args = parser.parse_args()
    if args.pick and not args.dir:
        parser.error("--pick needs --dir")
    if not args.pick and not (args.gateway and args.token):
        parser.error("--gateway and --token are needed, or GATEWAY_URL and AUDITOR_TOKEN")
    if not args.dir and not (args.person and args.period):
        parser.error("--person and --period are needed, or --dir")
    return args


def main():
    args = arguments()
    if args.pick:
        return pick(args.dir)
    cast = read(args.dir, "cast.json") if args.dir else {}
    indicators = read(args.dir, "registry.json")["indicators"] if args.dir else []
    names = {row["code"]: f"{row['name']['id']} / {row['name']['en']}" for row in indicators}
    try:
        show(Gateway(args.gateway, args.token), args.person or person_id(cast["person"]),
             args.period or cast["period"], args.indicator, names)
    except HTTPError as why:
        sys.exit(f"show: {why.code} {why.reason}: {why.read(2000).decode(errors='replace')}")
    except URLError as why:
        sys.exit(f"show: {args.gateway}: {why.reason}")


if __name__ == "__main__":
    main()
