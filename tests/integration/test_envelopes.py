"""Events as clients send them in their default settings. What an upstream loses if this fails: its official SDK, which it
cannot change, and with it every event."""
import json
from itertools import count

import pytest
from town import RECORDED, Town

TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER = "4bf92f3577b34da6a3ce929d0e0e4736"
JSON, UTF8 = "application/json", "application/json; charset=utf-8"


def parent(trace):
    return f"00-{trace}-b7ad6b7169203331-01".encode()


def structured(**changes):
    """A `...` leaves an attribute out."""
    def message(town, id):
        event = {**town.event(id=id), **changes}
        return (), json.dumps({name: value for name, value in event.items() if value is not ...}).encode()
    return message


def binary(*more, body=b'{"indicator":"%s","value":1}', **changes):
    def message(town, id):
        headers = {"ce_specversion": "1.0", "ce_id": id, "ce_source": town.source, "ce_type": RECORDED,
                   "ce_subject": town.nips[0], "ce_time": "2026-03-04T08:15:00+07:00", **changes}
        return [*headers.items(), *more], body % town.visits.encode()
    return message


def number(text):
    return binary(body=b'{"indicator":"%s","value":' + text + b"}")


SENT = {  # what: (message, what becomes of it: None is accepted)
    "Quarkus, the type twice": (binary(("content-type", JSON), ("ce_datacontenttype", JSON)), None),
    "Spring, only ce_": (binary(("ce_datacontenttype", JSON)), None),
    "with parameters": (binary(("content-type", UTF8), ("ce_datacontenttype", UTF8)), None),
    "in other letters": (binary(("content-type", "Application/JSON;Charset=UTF-8"), ("ce_datacontenttype", UTF8)), None),
    "two types": (binary(("content-type", JSON), ("ce_datacontenttype", "application/xml")), "schema"),
    "null attributes": (structured(datacontenttype=None, dataschema=None, data_base64=None, traceparent=None), None),
    "a null subject": (structured(subject=None), "schema"),
    "null in data": (structured(data={"indicator": "x", "value": 1, "ref": None}), "schema"),
    "extensions of any value": (structured(a=None, b=[1, {"c": 1e9}], d=True, comexampleid="x"), None),
    "an extension without a value": (binary(("ce_traceparent", None)), None),
    "an extension of bytes": (binary(("ce_key", b"\0\0\1\x86cH5314")), None),
    "an extension twice": (binary(("ce_x", "1"), ("ce_x", "2")), None),
    "headers of others": (binary(("spring_json_header_types", None), ("x-trace", b"\xff\0"), ("x-\u00e9", b"")), None),
    "ce_subject without a value": (binary(ce_subject=None), "schema"),
    "ce_datacontenttype without a value": (binary(("content-type", JSON), ("ce_datacontenttype", None)), None),
    "ce_id of bytes": (binary(("ce_source", b"\xff"), ce_source=None), "schema"),
    "nine decimals": (structured(time="2026-03-31T23:59:59.999999999+07:00"), None),
    "seven decimals": (binary(ce_time="2026-03-04T01:15:00.1234567Z"), None),
    "ten decimals": (structured(time="2026-03-04T01:15:00.1234567890Z"), "schema"),
    "Java without seconds": (structured(time="2026-03-04T08:15+07:00"), "schema"),
    "Java with a zone": (structured(time="2026-03-04T08:15:00+07:00[Asia/Pontianak]"), "schema"),
    "GMT": (structured(time="2026-03-04T08:15:00.370582GMT"), "schema"),
    "an exponent": (number(b"1e1"), None),
    "zeros": (number(b"1.00000000000000000000"), None),
    "digits beyond a double": (number(b"1.00000000000000000001"), "schema"),
}


@pytest.fixture(scope="module")
def told(stack):
    town = Town(stack)
    town.id_of = {what: f"{what} {n}" for n, what in enumerate(SENT)}
    messages = [(what, *message(town, town.id_of[what])) for what, (message, _) in SENT.items()]
    places = stack.produce([(town.topic, 0, None, headers, value) for _, headers, value in messages])
    stack.wait_idle()
    reasons = town.rejections()
    town.reason = {what: reasons.get(place) for what, place in zip(SENT, places)}
    return town


@pytest.mark.parametrize("what", SENT)
def test_what_becomes_of_it(told, what):
    assert told.reason[what] == SENT[what][1]


def test_all_that_were_accepted_count(told):
    n = sum(reason is None for _, reason in SENT.values())
    assert told.realized() == (f"{n}.00", n)


def test_times_are_cut_and_never_rounded(told, stack):
    """The last nanosecond of a month is in that month."""
    times = dict(stack.rows("SELECT event_id, at::text FROM intake.evidence WHERE event_id = ANY(%s)",
                            [told.id_of[what] for what in ("nine decimals", "seven decimals")]))
    assert times[told.id_of["nine decimals"]].startswith("2026-03-31 16:59:59.999999")
    assert times[told.id_of["seven decimals"]].startswith("2026-03-04 01:15:00.123456")


def test_the_rejected_are_found_by_their_id(told, stack):
    wanted = {told.id_of[what] for what, (_, reason) in SENT.items() if reason}
    assert {id for id, in stack.rows("SELECT event FROM intake.rejection WHERE source = %s", told.source)} == wanted


def test_verify_reads_them_again(told, stack):
    stack.admin("verify")


TRACED = {
    "the header": (binary(("traceparent", parent(TRACE))), TRACE),
    "ce_traceparent": (binary(("ce_traceparent", parent(TRACE))), TRACE),
    "the structured extension": (structured(traceparent=parent(TRACE).decode()), TRACE),
    "Kafka's header first": (binary(("ce_traceparent", parent(OTHER)), ("traceparent", parent(TRACE))), TRACE),
    "the header before the extension": (lambda town, id: (
        [("traceparent", parent(TRACE))], structured(traceparent=parent(OTHER).decode())(town, id)[1]), TRACE),
    "a header that is none": (binary(("traceparent", b"\xff"), ("ce_traceparent", parent(TRACE))), TRACE),
}
days = count(1)


@pytest.mark.parametrize("what", TRACED)
def test_a_trace_goes_all_the_way(told, stack, what):
    """From the upstream's span to the score that came of it, whichever way its client says it."""
    message, trace = TRACED[what]
    topics = "terukur.evidence.accepted", "terukur.score.changed"
    ends = {topic: stack.ends(topic) for topic in topics}
    headers, value = message(told, f"traced {next(days)}")
    stack.produce([(told.topic, 0, None, list(headers), value)])
    stack.wait_idle()
    for topic in topics:
        found = {m.headers["traceparent"].split(b"-")[1].decode() for m in stack.read(topic, ends[topic])}
        assert found == {trace}, topic
