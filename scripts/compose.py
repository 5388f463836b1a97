#!/usr/bin/env python3
"""Writes into docker-compose.yml what the table of services says: a container for each, its user, port and secret. What
a service has beyond that stands below, under `services`, by hand.

    compose.py            rewrites the part between the two marks
    compose.py --check    says whether that would change anything; exit code 1 when it would
"""
import json
import sys
from pathlib import Path

from services import NUMBERS, SERVICES

FILE = Path(__file__).resolve().parent.parent / "docker-compose.yml"
BEGIN, END = "# From the table of services, by `make compose`:\n", "# Up to here.\n"
POSTGRES, KAFKA = 5432, 9092  # the numbers of their users

SERVICE = """\
    {name}: &{name}
      <<: *service
      command: [{name}]
      user: "{number}:{number}"
      environment: &{name}-environment
        <<: *environment
        OPS_LISTEN: ":{number}"
        DATABASE_URL_FILE: /run/secrets/terukur_{name}.url
        KAFKA_SASL_USERNAME: terukur-{name}
        KAFKA_SASL_PASSWORD_FILE: /run/secrets/terukur_{name}.sasl
"""


def part():
    groups = [str(number) for number in (POSTGRES, KAFKA, *map(NUMBERS.get, SERVICES))]
    owners = {"postgres": POSTGRES, "kafka": KAFKA, **{f"terukur_{name}": number for name, number in NUMBERS.items()},
              "smtp": NUMBERS["notification"]}
    return "".join(["x-table:\n", "  services: &services\n",
                    *(SERVICE.format(name=name, number=NUMBERS[name]) for name in SERVICES),
                    "  secrets: &secrets\n", "    command:\n", "      - secrets.sh\n",
                    *(f"      - {owner}={number}\n" for owner, number in owners.items()),
                    f"    group_add: {json.dumps(groups)}\n"])


def main():
    text = FILE.read_text()
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        sys.exit(f"{FILE.name} has lost its marks: {BEGIN!r} and {END!r}")
    fresh = before + BEGIN + part() + END + after
    if sys.argv[1:] == ["--check"]:
        sys.exit(f"{FILE.name} is not what the table of services says: make compose" if fresh != text else 0)
    FILE.write_text(fresh)


if __name__ == "__main__":
    main()
