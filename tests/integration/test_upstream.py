"""What an upstream system without Kafka loses if this fails: events as its SDK sends them, the way to hear what became of
each, or the reason why one was refused."""
import base64
import json
from urllib.parse import quote

import pytest
from town import Town
from web import ask, problem, token

API = "/api/v1"
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
TRACES = [f"00-{digit * 32}-b7ad6b7169203331-01" for digit in "abc"]


@pytest.fixture(scope="module")
def pair(stack):
    """Two towns, each with its source's token; the first source has a name of its own kind, too."""
    ours, theirs = Town(stack, load=False), Town(stack, load=False)
    ours.uri = f"https://simpus.example/{ours.source}"
    ours.registry["sources"][0]["uris"] = [ours.uri]
    stack.load({part: [*ours.registry[part], *theirs.registry[part]] for part in ours.registry})
    for town in (ours, theirs):
        town.bearer = token(stack, "upstream", "--source", town.source)
    ours.theirs = theirs
    return ours


def post(town, body, kind=STRUCTURED, **headers):
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    kind = {"Content_Type": kind} if kind else {}
    return ask(town.stack, "POST", f"{API}/events", town.bearer, data, **kind, **headers)


def attributes(event, **changes):
    """The header fields of an event in binary mode, percent-encoded as the binding says; a None leaves one out."""
    fields = {f"ce-{name}": quote(value, safe="") for name, value in event.items() if name != "data"}
    fields |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in fields.items() if value is not None}


def post_binary(town, event, body=None, kind="application/json", **changes):
    body = json.dumps(event["data"]) if body is None else body
    return post(town, body, kind, **attributes(event, **changes))


def read(town, path, bearer=None):
    return ask(town.stack, "GET", API + path, bearer or town.bearer)


def state(town, id):
    answer = read(town, f"/events/{quote(id, safe='')}")
    assert answer.status == 200 and answer.json["id"] == id, answer.body
    return answer.json


# --- binary mode


def test_an_event_in_binary_mode_is_the_same_event(pair, stack):
    """Its attributes are what they stand for, its body stays as it came, and the score counts it."""
    before, known = stack.ends(pair.topic), pair.realized()
    event = pair.event(id="kunjungan/é 100% 🙂", ref="visit/1")
    body = json.dumps(event["data"], indent=4).replace('"value": 1', '"value": 1.0')
    answer = post_binary(pair, event, body, "application/json; charset=utf-8", ce_Comexampleext="x%20y",
                         traceparent=TRACES[0])
    assert (answer.status, answer.json) == (202, {"accepted": 1})
    [message] = stack.read(pair.topic, before)
    assert message.value == body.encode() and message.key == event["subject"].encode()
    headers = {name: value.decode() for name, value in message.headers.items()}
    trace = headers.pop("traceparent")
    assert trace.split("-")[1] == "a" * 32 and trace != TRACES[0]
    assert headers == {"content-type": "application/json; charset=utf-8", "ce_comexampleext": "x y",
                       **{f"ce_{name}": event[name] for name in ("specversion", "id", "source", "type", "subject", "time")}}
    stack.wait_idle()
    assert state(pair, event["id"])["state"] == "accepted"
    assert pair.realized()[1] == (known[1] if known else 0) + 1
    [item] = [item for item in read(pair, f"/people/{pair.id()}/evidence", token(stack, "auditor")).json["items"]
              if item["id"] == event["id"]]
    assert base64.b64decode(item["payload"]) == body.encode()


@pytest.mark.parametrize("kind", [None, "application/json", "application/vnd.city.v1+json", "APPLICATION/JSON"])
def test_what_data_may_be_called(pair, kind):
    assert post_binary(pair, pair.event(), kind=kind).status == 202


def test_an_attribute_that_is_wrong_is_named_as_it_was_sent(pair, stack):
    before = stack.ends(pair.topic)
    for changes, field in (({"ce_subject": None}, "ce-subject"), ({"ce_subject": ""}, "ce-subject"),
                           ({"ce_specversion": None}, "ce-specversion"), ({"ce_id": "x" * 129}, "ce-id"),
                           ({"ce_time": "yesterday"}, "ce-time"), ({"ce_time": "2026-02-30T08:00:00Z"}, "ce-time"),
                           ({"ce_id": "%C0%A0"}, "ce-id"), ({"ce_type": "a%00b"}, "ce-type"),
                           ({"ce_": "x"}, "ce-"), ({"ce_data": "{}"}, "ce-data")):
        [error] = problem(post_binary(pair, pair.event(), **changes), 400, "invalid_events")["errors"]
        assert (error["field"], error["code"]) == (field, "schema"), changes
    for body, field, code in (('{"indicator": "x", "value": "many"}', "data.value", "schema"), ("[]", "", "malformed"),
                              ("", "", "malformed"), ("{", "", "malformed")):
        [error] = problem(post_binary(pair, pair.event(), body), 400, "invalid_events")["errors"]
        assert (error["field"], error["code"]) == (field, code)
    [error] = problem(post_binary(pair, {**pair.event(), "source": pair.theirs.source}), 403, "source_mismatch")["errors"]
    assert error["field"] == "ce-source"
    [error] = problem(post_binary(pair, {**pair.event(), "type": "unknown"}), 400, "invalid_events")["errors"]
    assert (error["field"], error["code"]) == ("ce-type", "unknown_type")
    problem(post_binary(pair, pair.event(ref="x" * 65536)), 413, "too_large")
    assert stack.ends(pair.topic) == before


def test_the_same_event_in_every_mode_counts_once(pair, stack):
    stack.wait_idle()  # what others have sent is counted
    before = pair.realized()
    event = pair.event()
    for answer in (post(pair, event), post(pair, event, "application/json"), post(pair, [event, event], BATCH),
                   post_binary(pair, event), post_binary(pair, event, ce_time="2026-03-04T01:15:00.000Z")):
        assert answer.status == 202
    stack.wait_idle()
    assert pair.realized()[1] == (before[1] if before else 0) + 1
    assert event["id"] not in str(read(pair, "/events/rejections").json)


def test_a_source_goes_by_its_uris_too(pair, stack):
    event = {**pair.event(), "source": pair.uri}
    for answer in (post(pair, event), post(pair, [event], BATCH), post_binary(pair, event)):
        assert answer.status == 202
    stack.wait_idle()
    assert state(pair, event["id"])["state"] == "accepted"


# --- batches and types


def test_nothing_to_say_is_said_well(pair, stack):
    before = stack.ends(pair.topic)
    for body in ("[]", " [ ] "):
        answer = post(pair, body, BATCH)
        assert (answer.status, answer.json) == (202, {"accepted": 0})
    assert stack.ends(pair.topic) == before


def test_what_is_no_json_in_utf_8_is_refused_by_its_head(pair, stack):
    """By name, so that nobody looks for a fault in the data."""
    before = stack.ends(pair.topic)
    for coding in ("gzip", "br", "deflate", "zstd", "GZIP"):
        answer = post(pair, b"\x1f\x8b\x08", Content_Encoding=coding)
        problem(answer, 415, "unsupported_media_type")
        assert answer.headers["Accept-Encoding"] == "identity" and "Content-Encoding" in answer.json["detail"]
    for charset in ("iso-8859-1", "utf-16", "windows-1252", '"latin1"'):
        for kind in (STRUCTURED, BATCH, "application/json"):
            answer = post(pair, pair.event(), f"{kind}; charset={charset}")
            assert "utf-8" in problem(answer, 415, "unsupported_media_type")["detail"]
            assert "Accept-Encoding" not in answer.headers
    for kind, more in (("text/plain", {}), ("application/xml", {}), ("application/cloudevents+avro", {}),
                       ("application/cloudevents", {}), (None, {}), ("application/avro", attributes(pair.event()))):
        answer = post(pair, json.dumps(pair.event()), kind, **more)
        problem(answer, 415, "unsupported_media_type")
        assert {STRUCTURED, BATCH, "application/json"} == set(answer.headers["Accept-Post"].split(", "))
        assert STRUCTURED in answer.json["detail"] and BATCH in answer.json["detail"]
    assert stack.ends(pair.topic) == before
    assert post(pair, pair.event(), f'{STRUCTURED}; charset="UTF-8"', Content_Encoding="identity").status == 202


def test_whose_trace_goes_on(pair, stack):
    """The request's, else each event's own extension; else a new one, one for a batch."""
    def traces(send):
        before = stack.ends(pair.topic)
        assert send().status == 202
        return [m.headers["traceparent"].decode().split("-")[1][0] for m in stack.read(pair.topic, before)]

    with_own = [{**pair.event(), "traceparent": trace} for trace in TRACES[:2]]
    assert traces(lambda: post(pair, with_own[0])) == ["a"]
    assert traces(lambda: post(pair, with_own[0], traceparent=TRACES[2])) == ["c"]
    assert traces(lambda: post(pair, with_own, BATCH)) == ["a", "b"]
    assert traces(lambda: post_binary(pair, with_own[1])) == ["b"]
    assert traces(lambda: post_binary(pair, with_own[1], traceparent=TRACES[2])) == ["c"]


# --- what became of it


def test_what_became_of_an_event(pair, stack):
    first, fixed, gone = pair.event(), pair.event(), pair.event()
    fix = pair.event("corrected", replaces=fixed["id"])
    revocation = pair.event("revoked", replaces=gone["id"], reason="twice")
    early = pair.event("corrected", replaces="never-came")
    wrong = pair.event(subject="123")
    assert post(pair, [first, fixed, gone, fix, revocation, early, wrong], BATCH).status == 202
    stack.wait_idle()
    assert state(pair, first["id"]) == {
        "id": first["id"], "state": "accepted", "reason": None, "detail": None, "replaced_by": None}
    assert (state(pair, fixed["id"])["state"], state(pair, fixed["id"])["replaced_by"]) == ("replaced", fix["id"])
    assert (state(pair, gone["id"])["state"], state(pair, gone["id"])["replaced_by"]) == ("replaced", revocation["id"])
    assert [state(pair, event["id"])["state"] for event in (fix, revocation, early)] == ["accepted", "accepted", "waiting"]
    refused = state(pair, wrong["id"])
    assert (refused["state"], refused["reason"], refused["replaced_by"]) == ("rejected", "invalid_nip", None)
    assert refused["detail"] and "123" not in refused["detail"]
    problem(read(pair, "/events/never-came"), 404, "not_found")
    for event in (first, wrong):
        problem(read(pair.theirs, f"/events/{event['id']}"), 404, "not_found")


def test_an_id_holds_any_characters(pair, stack):
    ids = ["a/b", "a%2Fb", "a b+c", "é🙂", "rejections", "?x=1&y", "..", '"\\', "x" * 128, "é" * 128]
    assert post(pair, [pair.event(id=id) for id in ids], BATCH).status == 202
    stack.wait_idle()
    for id in ids:
        encoded = "".join(f"%{byte:02X}" for byte in id.encode())
        answer = read(pair, f"/events/{encoded}")
        assert answer.status == 200 and (answer.json["id"], answer.json["state"]) == (id, "accepted"), id
    problem(read(pair, "/events/" + "x" * 129), 404, "not_found")
    problem(read(pair, "/events/%C3"), 400, "bad_request")
    assert "items" in read(pair, "/events/rejections").json


# --- rejections


@pytest.fixture(scope="module")
def refused(stack):
    """A town whose source did much wrong: (event, reason) in the order in which it came."""
    town = Town(stack)
    town.bearer = token(stack, "upstream", "--source", town.source)
    town.told = [(town.event(subject="123"), "invalid_nip"), (town.event(indicator="none"), "unknown_indicator"),
                 (town.event(value="many"), "schema"), (town.event(subject="124"), "invalid_nip")]
    town.settle(*[event for event, _ in town.told])
    town.settle(b"no JSON at all", b" " * 70000)
    return town


def test_rejections_say_which_event_and_what_came(refused):
    items = read(refused, "/events/rejections").json["items"]
    assert [(item["event"], item["reason"]) for item in reversed(items[2:])] == [
        (event["id"], reason) for event, reason in refused.told]
    assert [json.loads(base64.b64decode(item["payload"])) for item in reversed(items[2:])] == [
        event for event, _ in refused.told]
    by_reason = {item["reason"]: item for item in items[:2]}
    assert {(reason, item["event"]) for reason, item in by_reason.items()} == {("malformed", None), ("too_large", None)}
    assert base64.b64decode(by_reason["malformed"]["payload"]) == b"no JSON at all"
    assert base64.b64decode(by_reason["too_large"]["payload"]) == b" " * 65536


def test_rejections_are_found_by_reason_time_and_event(refused):
    def asked(query):
        answer = read(refused, f"/events/rejections?{query}")
        assert answer.status == 200 and answer.json["next"] is None, answer.body
        return answer.json["items"]

    everything = asked("")
    assert [item["reason"] for item in asked("reason=invalid_nip")] == ["invalid_nip"] * 2
    assert asked("reason=not_employed") == []
    event = refused.told[1][0]
    assert [item["event"] for item in asked(f"event={event['id']}")] == [event["id"]]
    assert asked(f"event={event['id']}&reason=schema") == asked("event=none") == asked("event=") == []
    assert len(asked(f"event={event['id']}&reason=unknown_indicator")) == 1
    since = everything[1]["at"]
    assert asked(f"since={quote(since)}") == [item for item in everything if item["at"] >= since] != everything
    assert asked(f"since={quote(since)}&reason=malformed") == [
        item for item in everything if item["at"] >= since and item["reason"] == "malformed"]
    assert asked("since=2026-01-01T00:00:00%2B07:00") == everything and asked("since=2999-01-01T00:00:00Z") == []
    for query, field in (("reason=none", "reason"), ("reason=Schema", "reason"), ("reason=", "reason"),
                         ("since=2026-01-01", "since"), ("since=2026-01-01T00:00:00+07:00", "since"), ("since=", "since")):
        [error] = problem(read(refused, f"/events/rejections?{query}"), 400, "invalid_parameter")["errors"]
        assert error["field"] == field


def test_a_page_of_large_rejections_stays_small_and_nothing_is_skipped(stack):
    town = Town(stack)
    town.bearer = token(stack, "upstream", "--source", town.source)
    events = [{**town.event(subject="123"), "note": "x" * 60000} for _ in range(40)]
    town.settle(*events)
    found, cursor = [], ""
    while cursor is not None:
        answer = read(town, "/events/rejections?reason=invalid_nip" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status == 200 and 0 < len(answer.json["items"]) < 40 and len(answer.body) < 3 * 1024 * 1024
        found += answer.json["items"]
        cursor = answer.json["next"]
        if cursor:
            problem(read(town, f"/events/rejections?cursor={cursor}"), 400, "invalid_parameter")
    assert [item["event"] for item in found] == [event["id"] for event in reversed(events)]
