"""An upstream system, as the programs of all languages are it, and what came of what it sent."""
import json
from datetime import datetime, timedelta, timezone

import pytest
from town import Town
from web import ask, token

PONTIANAK = timezone(timedelta(hours=7))


def needs(language):
    """A parameter of a test; `make test` passes by what needs more than Python."""
    return pytest.param(language, marks=() if language in ("python", "sh") else pytest.mark.toolchain)


class Client:
    """What an upstream's program is told in its environment, and what came of its events."""

    def __init__(self, town):
        self.town, self.stack = town, town.stack
        self.key = token(town.stack, "upstream", "--source", town.source)
        self.period = f"{datetime.now(PONTIANAK):%Y-%m}"

    @property
    def env(self):
        return {"KAFKA_BROKERS": self.stack.brokers, "GATEWAY_URL": self.stack.env["GATEWAY_URL"],
                "UPSTREAM_API_KEY": self.key, "AUDITOR_TOKEN": self.stack.env["AUDITOR_TOKEN"],
                "SOURCE": self.town.source, "TOPIC": self.town.topic, "INDICATOR": self.town.visits,
                "NIP": self.town.nips[0], "PERSON": self.town.id(), "PERIOD": self.period}

    def refused(self):
        self.stack.wait_idle()
        return [f"rejected: {reason}: {detail}" for reason, detail in self.stack.rows(
            "SELECT reason, detail FROM intake.rejection WHERE source = %s", self.town.source)]

    def events(self):
        """How many count in this month's score, read as a person's own system would."""
        answer = ask(self.stack, "GET", f"/api/v1/people/{self.town.id()}/scores/{self.period}",
                     self.stack.env["AUDITOR_TOKEN"])
        items = json.loads(answer.body)["items"] if answer.status == 200 else []
        return sum(item["events"] for item in items if item["indicator"] == self.town.visits)


@pytest.fixture(scope="module")
def towns(stack):
    """Towns whose plans are this year's, since a client says that the work was done now."""
    year = datetime.now(PONTIANAK).year
    towns = [Town(stack, load=False) for _ in range(30)]
    for town in towns:
        town.registry["plans"] = [town.plan(nip, year=year) for nip in town.nips]
    stack.load({part: [row for town in towns for row in town.registry[part]] for part in towns[0].registry})
    return iter(towns)


@pytest.fixture
def client(town):
    return Client(town)
