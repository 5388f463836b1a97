#!/usr/bin/env python3
"""Prints one score, explained, in one language and in the words of its page: from the gateway, by HTTP alone.

    show.py --gateway URL --token T --person UUID --period 2026-10 [--indicator CODE] [--language en]
    show.py --dir DIR [--who transferred]    one of DIR/cast.json, the example person unless it is named
    show.py --pick --dir DIR                 only says who they are

Defaults: GATEWAY_URL and AUDITOR_TOKEN from the environment, and Indonesian. `build/admin people list` tells the example
person's id, so DATABASE_URL has to be set where --person is not given.
"""
import argparse
import csv
import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[1]
ADMIN = ROOT / "build" / "admin"
ZONE = timezone(timedelta(hours=7))


class Words:
    """The sentences of the pages, in one language, with their places filled; and figures as that language writes them."""

    def __init__(self, language):
        self.language = language
        text = (ROOT / f"services/gateway/web/words.{language}").read_text(encoding="utf-8").replace("\n\t", " ")
        self.sentences = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line and not line.startswith("#"))

    def say(self, key, **values):
        text = re.sub(r"\{\{#(\w+)\}\}(.*?)\{\{/\1\}\}", lambda m: m[2] if values.get(m[1]) else "", self.sentences[key])
        return re.sub(r"<[^>]*>", "", re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), text))

    def figure(self, shown, whole=False):
        text = f"{Decimal(shown):,.2f}"
        if whole and text.endswith(".00"):
            text = text[:-3]
        return text if self.language == "en" else text.translate({44: ".", 46: ","})


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


STORIES = {
    "person": "the example",
    "head": "her head",
    "transferred": "another unit and post within a month",
    "amended": "the plan amended within a month",
    "renumbered": "the number corrected",
    "leave_taken_back": "a leave called off, a day's work on another",
}


def capital(text):
    return text[:1].upper() + text[1:]


class Explained:
    """A score as its page explains it."""

    def __init__(self, words, score, indicators):
        self.words, self.score, self.indicators = words, score, indicators

    def about(self, code):
        known = self.indicators.get(code, {})
        unit = known.get("unit", "")
        return {"name": known.get("name", {}).get(self.words.language, code), "less": known.get("direction") == "less",
                "measure": known.get("measure"), "unit": unit if isinstance(unit, str) else unit[self.words.language]}

    def figures(self, item):
        """Realised, of how much, in which unit."""
        say, figure, about = self.words.say, self.words.figure, self.about(item["indicator"])
        low, high = item["target"] if isinstance(item["target"], list) else ("", item["target"])
        which = "item.of_range" if low else "item.of_most" if about["less"] else "item.of"
        return say(which, realized=figure(item["realized"], True), target=figure(high, True), unit=about["unit"],
                   low=low and figure(low, True))

    def sum(self, item):
        """The way to the achievement, with its numbers put in."""
        say, figure = self.words.say, lambda shown: self.words.figure(shown, True)
        realized, less = Decimal(item["realized"]), self.about(item["indicator"])["less"]
        low, high = map(Decimal, item["target"] if isinstance(item["target"], list) else [item["target"]] * 2)
        values = {"realized": figure(realized), "achievement": self.words.figure(item["achievement"])}
        if low < high and low <= realized <= high:
            return say("sum.inside", **values, low=figure(low), target=figure(high))
        against = high if realized > high else low
        if not against:
            return say("sum.zero", **values)
        which = "sum.more" if not less else "sum.floor" if realized > 2 * against else "sum.less"
        return say(which, **values, against=figure(against))

    def show_results(self):
        say, results = self.words.say, self.score["results"]
        if not results:
            return print(say("summary.nothing"))
        print(capital(say(f"rating.{results['rating']}")))
        print(say("summary.from", **results))
        print(say("summary.score", score=self.words.figure(results["score"])))

    def show_items(self):
        say, figure, items = self.words.say, self.words.figure, self.score["items"]
        weights = figure(sum(Decimal(item["weight"]) for item in items))
        wide = max(len(say(key)) for key in ("item.achievement", "item.counts", "item.contribution"))
        for item in items:
            capped = figure(item["capped"])
            rows = [("item.achievement", self.sum(item)), ("item.contribution", say(
                "sum.contribution", capped=capped, weight=figure(item["weight"]), weights=weights,
                contribution=figure(item["contribution"])))]
            if item["capped"] != item["achievement"]:
                rows.insert(1, ("item.counts", say("sum.capped", capped=capped)))
            print(f"\n{self.about(item['indicator'])['name']}: {self.figures(item)}; {say('rating.' + item['rating'])}")
            for key, text in rows:
                print(f"  {say(key):{wide}}  {text}")
            print(f"  {say('item.evidence', events=item['events'])}")

    def show_rest(self):
        say, score = self.words.say, self.score
        if score["missing"]:
            print(f"\n{say('score.missing')}: {', '.join(self.about(code)['name'] for code in score['missing'])}")
            print(say("score.missing_why"))
        print()
        if score["grade"]:
            print(say("grade_is.signed", signed=say(f"grade.{score['grade']}")))
        else:
            print(say("grade_is.none"))
        for hint in score["hints"]:
            about, down = self.about(hint["indicator"]), hint["need"].startswith("-")
            change = ("take" if down else "add") if about["measure"] in ("count", "sum") else "fall" if down else "rise"
            print(f"{about['name']}: " + say(
                f"step.closed_{change}", need=self.words.figure(hint["need"].lstrip("-"), True), unit=about["unit"],
                to=say(f"rating.{hint['to']}"), measure=say(f"measure.{about['measure'] or 'count'}")))

    def show_evidence(self, entries, indicator):
        say, figure = self.words.say, self.words.figure
        print(f"\n{say('evidence.title')}: {self.about(indicator)['name']}")
        latest = [entry for entry in entries if not entry["counts"]][-3:] + entries[-3:]
        for entry in sorted({entry["id"]: entry for entry in latest}.values(), key=lambda entry: entry["time"]):
            when = datetime.fromisoformat(entry["time"]).astimezone(ZONE)
            value = figure(entry["value"], True) + (f" {say('evidence.of', of=figure(entry['of'], True))}" if entry["of"] else "")
            why = "" if entry["counts"] else f"  {say('uncounted.' + entry['uncounted'])}"
            print(f"  {when:%Y-%m-%d %H:%M}  {value}  {entry['ref'] or ''}{why}")
            place = say("evidence.place_in", partition=entry["partition"], offset=entry["offset"])
            same = sha256(b64decode(entry["payload"])).hexdigest() == entry["sha256"]
            print(f"    {entry['topic']}, {place}; sha256 {entry['sha256'][:16]}… {'✓' if same else '✗'}")


def show(gateway, words, person, period, indicator, indicators):
    score = gateway.score(person, period)
    shown = Explained(words, score, indicators)
    print(f"{words.say('score.title', period=score['period'])}: {gateway.url}/people/{person}/scores/{period}\n")
    shown.show_results()
    shown.show_items()
    shown.show_rest()
    indicator = indicator or (score["hints"] + score["items"])[0]["indicator"]
    shown.show_evidence(gateway.evidence(person, period, indicator), indicator)


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
    parser.add_argument("--language", choices=("id", "en"), default="id", help="in which it is said")
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
    try:
        show(Gateway(args.gateway, args.token), Words(args.language), args.person or person_id(cast[args.who]),
             args.period or best.get("period") or cast["period"], args.indicator or best.get("indicator"),
             {row["code"]: row for row in indicators})
    except HTTPError as why:
        sys.exit(f"show: {why.code} {why.reason}: {why.read(2000).decode(errors='replace')}")
    except URLError as why:
        sys.exit(f"show: {args.gateway}: {why.reason}")


if __name__ == "__main__":
    main()
