#!/usr/bin/env python3
"""Prints one score, explained, in Indonesian with English beside it: from the gateway, by HTTP alone.

    show.py --gateway URL --token T --person UUID --period 2026-10 [--indicator CODE]
    show.py --dir DIR [--who transferred]    one of DIR/cast.json, the example person unless it is named
    show.py --pick --dir DIR                 only says who they are

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


WHY_NOT = {
    "replaced": "diganti / replaced",
    "not_employed": "tidak bertugas pada hari itu / not employed on that day",
    "absent": "hari cuti / a day of leave",
    "nothing_asked": "belum ada rencana untuk hari itu / no plan for that day",
    "not_asked": "tidak ada dalam rencana hari itu / not in that day's plan",
}
STORIES = {
    "person": "contohnya / the example",
    "head": "kepalanya / her head",
    "transferred": "pindah unit dan jabatan di tengah bulan / another unit and post within a month",
    "amended": "rencana diubah di tengah bulan / the plan amended within a month",
    "renumbered": "NIP diperbaiki / the number corrected",
    "leave_taken_back": "satu cuti dibatalkan, satu hari kerja saat cuti / a leave called off, a day's work on another",
}


def target_of(item):
    target = item["target"]
    return target if isinstance(target, str) else "–".join(target)


def explain_items(score, name):
    wide = max(len(name(item["indicator"])) for item in score["items"])
    for language in (0, 1):
        title = ("Indikator", "Indicator")[language]
        print(f"{title:{wide}}" + "".join(f"{column[language]:>13}" for column in COLUMNS))
    for item in score["items"]:
        remarks = ["sebentar / brief"] * bool(item.get("brief")) + [f"tanpa / without {u}" for u in item.get("left", ())]
        cells = (target_of(item), item["realized"], f"{item['achievement']} %", item["capped"], item["weight"],
                 item["contribution"], str(item["events"]))
        print(f"{name(item['indicator']):{wide}}" + "".join(f"{cell:>13}" for cell in cells)
              + "   " + ", ".join([WORDS[item["rating"]], *remarks]))


def explain_results(score):
    results, items = score["results"], score["items"]
    sums = " + ".join(f"{item['weight']}×{item['capped']}" for item in items)
    weights = " + ".join(item["weight"] for item in items)
    if not results:
        return print("\nHasil kerja / Results: –")
    print(f"\nHasil kerja / Results: {results['score']}, {WORDS[results['rating']]}")
    print(f"  {results['above']} di atas / above, {results['meets']} sesuai / meets, {results['below']} di bawah / below")
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
    print(f"\nBukti terakhir, juga yang tidak dihitung / Latest evidence, also what does not count: {title}")
    latest = [entry for entry in entries if not entry["counts"]][-3:] + entries[-3:]
    for entry in sorted({entry["id"]: entry for entry in latest}.values(), key=lambda entry: entry["time"]):
        when = datetime.fromisoformat(entry["time"]).astimezone(ZONE)
        value = f"{entry['value']} / {entry['of']}" if entry["of"] else entry["value"]
        counts = "" if entry["counts"] else f"  tidak dihitung / not counted: {WHY_NOT[entry['uncounted']]}"
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
    explain_items(score, name)
    explain_results(score)
    explain_rest(score, name)
    indicator = indicator or (score["hints"] + score["items"])[0]["indicator"]
    show_evidence(gateway.evidence(person, period, indicator), name(indicator))


def read(folder, file):
    return json.loads((folder / file).read_text(encoding="utf-8"))


def pick(folder):
    cast, registry = read(folder, "cast.json"), read(folder, "registry.json")
    positions = {position["code"]: position["name"] for position in registry["positions"]}
    units = {unit["code"]: unit["name"] for unit in registry["units"]}
    files = [registry, *(json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("changes/*.json")))]
    people = {row["nip"]: row for file in files for row in file.get("people", ())}
    for who, story in STORIES.items():
        row = people[cast[who]]
        print(f"{who:16} {row['nip']}  {row['name']}: {positions[row['position']]}, {units[row['unit']]}\n{'':16} {story}")
    print(f"period           {cast['period']}")


def person_id(nip):
    try:
        listed = subprocess.run([ADMIN, "people", "list"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as why:
        sys.exit(f"show: admin people list: {getattr(why, 'stderr', '') or why}")
    for row in csv.DictReader(listed.stdout.splitlines()):
        if row["nip"] == nip:
            return row["person"]
    sys.exit("show: that person is not in the registry; load DIR/registry.json and DIR/changes/*.json first")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateway", default=os.environ.get("GATEWAY_URL"), metavar="URL")
    parser.add_argument("--token", default=os.environ.get("AUDITOR_TOKEN"), metavar="T")
    parser.add_argument("--person", metavar="UUID")
    parser.add_argument("--period", metavar="PERIOD", help="such as 2026-10, 2026-Q3 or 2026")
    parser.add_argument("--indicator", metavar="CODE", help="whose evidence to show (default: the first hint's)")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="what city.py wrote")
    parser.add_argument("--who", choices=STORIES, default="person", help="whose of the city's stories")
    parser.add_argument("--pick", action="store_true", help="print who they are")
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
    best = cast.get("shown", {}).get(args.who, {})
    indicators = read(args.dir, "registry.json")["indicators"] if args.dir else []
    names = {row["code"]: f"{row['name']['id']} / {row['name']['en']}" for row in indicators}
    try:
        show(Gateway(args.gateway, args.token), args.person or person_id(cast[args.who]),
             args.period or best.get("period") or cast["period"], args.indicator or best.get("indicator"), names)
    except HTTPError as why:
        sys.exit(f"show: {why.code} {why.reason}: {why.read(2000).decode(errors='replace')}")
    except URLError as why:
        sys.exit(f"show: {args.gateway}: {why.reason}")


if __name__ == "__main__":
    main()
