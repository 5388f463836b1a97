"""Posts an event, or reads all that came of it, with the client that openapi-python-client made."""
import json
import os
import sys
from datetime import datetime, timezone

from terukur import AuthenticatedClient
from terukur.api.events import list_rejections, post_events
from terukur.api.people import get_score, list_evidence
from terukur.models import Problem, RecordedEvent, RecordedWork
from terukur.types import UNSET

env = os.environ
upstream, auditor = (AuthenticatedClient(base_url=f"{env['GATEWAY_URL']}/api/v1", token=env[name])
                     for name in ("UPSTREAM_API_KEY", "AUDITOR_TOKEN"))


def post(source):
    event = RecordedEvent(specversion="1.0", id="generated", source=source, type_="terukur.activity.recorded.v1",
                          subject=env["NIP"], time=datetime.now(timezone.utc),
                          data=RecordedWork(indicator=env["INDICATOR"], value=1.0, ref="visit/1"))
    answer = post_events.sync(client=upstream, body=event)
    return answer.errors[0].code if isinstance(answer, Problem) else answer.accepted


def pages(ask):
    items, cursor = [], UNSET
    while cursor is not None:
        page = ask(cursor)
        items, cursor = [*items, *page.items], page.next_
    return items


def read():
    score = get_score.sync(env["PERSON"], env["PERIOD"], client=auditor)
    evidence = pages(lambda cursor: list_evidence.sync(env["PERSON"], client=auditor, period=env["PERIOD"], cursor=cursor))
    rejections = pages(lambda cursor: list_rejections.sync(client=upstream, cursor=cursor))
    return {"realized": score.items[0].realized, "rating": score.results.rating, "grade": score.grade,
            "evidence": len(evidence), "mine": [e.ref for e in evidence if e.id == "generated"],
            "rejections": len(rejections), "reasons": sorted({r.reason for r in rejections})}


if sys.argv[1] == "post":
    print(json.dumps([post(env["SOURCE"]), post("somebody-else")]))
else:
    print(json.dumps(read()))
