"""What is wrong in real feeds, and what only looks so: tables, and how a city tells of them."""
import json
import re
from datetime import date

from .books import URIS
from .events import LIMIT, RECORDED


def dumps(value):
    """JSON; a string "@@…@@" in it is written as it is, to write a number in one's own way."""
    return re.sub('"@@([^"]*)@@"', r"\1", json.dumps(value, ensure_ascii=False)).encode()


def swap(old, new):
    """The event's JSON with a part replaced."""
    def spoil(event):
        raw = dumps({**event, "note": "HERE"})
        assert old in raw
        return raw.replace(old, new, 1)
    return spoil


def whole(value):
    return lambda event: value


def padded(size):
    return lambda event: dumps(event).ljust(size)


def nested(depth):
    return swap(b'"HERE"', b"[" * depth + b"]" * depth)


def finer(time):
    """The same, with three decimals more, to be cut."""
    return re.sub(r"(?:\.(\d*))?(?=Z$|[+-]\d\d:\d\d$)", lambda m: "." + (m[1] or "").ljust(6, "0") + "999", time, 1)


# value of a whole structured message -> malformed, or too_large
MALFORMED = [
    whole(None), whole(b""), whole(b" "), whole(b"not json"), whole(b"42"), whole(b"null"),
    whole(b'"text"'), whole(b"[]"), whole(b"{"), whole(b"\xff\xfe{\0}\0"), whole(b"[" * 2000),
    whole(b"{}{}"),
    padded(LIMIT + 1), padded(1_000_000), whole(b"x" * (LIMIT + 1)),
    lambda event: dumps(event)[:-9],
    lambda event: dumps(event) + b"}",
    lambda event: b"[" + dumps(event) + b"]",
    lambda event: b"\xef\xbb\xbf" + dumps(event),
    lambda event: dumps(event) + b"\0",
    lambda event: dumps(event).replace(b'"', b"'"),
    nested(40), nested(2000), nested(31 + 1),
    swap(b'"data": {', b'"data": {"value": 1, '), swap(b'{"spec', b'{"id": "twice", "spec'),
    swap(b'"HERE"', b'1, "\\u0069d": "twice"'), swap(b'"HERE"', b'{"a": 1, "a": 1}'),
    swap(b"HERE", b"\0"), swap(b"HERE", b"\\u0000"), swap(b'"note"', b'"no\\u0000te"'),
    swap(b"HERE", b"\x01"), swap(b"HERE", b"\t"), swap(b"HERE", b"\\x41"),
    swap(b"HERE", b"\xff"), swap(b"HERE", b"\xc0\xaf"), swap(b"HERE", b"\xed\xa0\x80"),
    swap(b"HERE", b"\xf4\x90\x80\x80"), swap(b"HERE", b"\\ud800"), swap(b"HERE", b"\\udc00\\ud800"),
    swap(b'"HERE"', b"1e400"), swap(b'"HERE"', b"-1e400"), swap(b'"HERE"', b"9223372036854775808"),
    swap(b'"HERE"', b"-9223372036854775809"), swap(b'"HERE"', b"NaN"),
    swap(b'"HERE"', b"-Infinity"), swap(b'"HERE"', b"01"), swap(b'"HERE"', b"+1"),
    swap(b'"HERE"', b".5"), swap(b'"HERE"', b"1."),
    swap(b'"HERE"', b"0x10"), swap(b'"HERE"', b"True"), swap(b'"HERE"', b'"a",'),
]

# the same, and yet nothing is wrong
ODD_BUT_RIGHT = [
    padded(LIMIT), lambda event: b"\r\n\t " + dumps(event),
    swap(b'"HERE"', b"9223372036854775807"), swap(b'"HERE"', b"-1.5e-3"), swap(b'"HERE"', b"1e300"),
    swap(b'"HERE"', b"true"), swap(b'"HERE"', b"-0"), swap(b"HERE", b"\\ud83d\\ude00"),
    swap(b'"id"', b'"\\u0069d"'),
    lambda event: dumps({**event, "datacontenttype": None, "dataschema": None, "data_base64": None, "x": None}),
    lambda event: dumps({**event, "time": finer(event["time"])}),
    lambda event: dumps({**event, "datacontenttype": "application/json; charset=utf-8"}),
    lambda event: dumps({**event, "datacontenttype": "application/vnd.simpus+json"}),
    lambda event: dumps({**event, "dataschema": "https://contoh.id/skema", "partitionkey": "7"}),
    lambda event: dumps({**event, "data": {
        **event["data"], "ref": "\U0001f3e5" * 1024, "receipt": "1b" * 32, "evidence_sha256": "0a" * 32,
        "evidence_uri": "https://contoh.id/bukti"}}),
]


def without(name):
    return lambda event: {k: v for k, v in event.items() if k != name}


def but(**changes):
    return lambda event: {**event, **changes}


# envelope -> schema
ENVELOPE_FAULTS = (
    [without(name) for name in ("specversion", "id", "source", "type", "subject", "time", "data")]
    + [but(**{name: value}) for name in ("id", "source", "type", "subject", "time", "specversion")
       for value in (None, 5, "", True, ["x"])]
    + [but(**{name: "y" * 129}) for name in ("id", "source", "type", "subject")]
    + [but(specversion="0.3"), but(specversion="@@1.0@@"), but(data_base64="e30=")]
    + [but(data=value) for value in (None, [], "{}", 1)]
    + [but(datacontenttype=value) for value in (5, "", "text/plain", "application/xml", "text/x+json")]
    + [but(time=value) for value in (
        "2026-03-04", "2026-03-04T08:15:00", "2026-03-04 08:15:00+07:00", "2026-02-29T08:15:00Z",
        "2026-13-01T08:15:00Z", "2026-00-10T08:15:00Z", "2026-03-04T24:00:00Z",
        "2026-03-04T08:60:00Z", "2026-03-04T08:15Z", "2026-03-04T08:15:00.1234567890Z",
        "2026-03-04T08:15:00.Z", "2026-03-04T08:15:00+0700", "2026-03-04T08:15:00+24:00",
        "2026-3-4T08:15:00Z", "2026-03-04T08:15:00+07:00 ", "1772588100",
        "\u0662026-03-04T08:15:00Z", "1899-12-31T23:59:59Z", "2026-03-04t08:15:00Z", "2026-03-04T08:15:00z")]
    + [lambda e: {**e, "type": "terukur.activity.unheard.v1", "data": "none"},
       lambda e: {**e, "source": "unknown", "subject": "", "data": {}}]
)

# data of a recorded event -> schema
DATA_FAULTS = (
    [without("value"), without("indicator"), lambda data: {}]
    + [but(value=value) for value in (
        None, "1", True, [1], {}, "@@0.12345@@", "@@1e15@@", "@@12345678901234.56@@",
        "@@1000000000000000@@", "@@-100000000000.0001@@", "@@1e-5@@", "@@1.5e200@@",
        "@@1.00000000000000000001@@", "@@1e-400@@")]
    + [but(indicator=value) for value in (None, "", 7, "i" * 129)]
    + [but(of=value) for value in (None, "2", False, "@@0.00001@@")]
    + [but(**{name: value}) for name in ("ref", "evidence_uri")
       for value in (None, "", 5, "r" * 1025)]
    + [but(**{name: value}) for name in ("evidence_sha256", "receipt")
       for value in (None, "", "0A" * 32, "0a" * 31, "0a" * 33, "0g" * 32, 1)]
    + [but(replaces="e-1"), but(reason="why"), but(Value=1), but(extra=None)]
)
# data of the other types -> schema
OTHER_FAULTS = {
    "corrected": [without("replaces"), without("value"), but(replaces=None), but(replaces=""),
                  but(replaces="r" * 129), but(reason="why"), but(value="@@0.00005@@")],
    "revoked": [without("replaces"), without("reason"), but(reason=""), but(reason="r" * 1025),
                but(reason=None), but(indicator="home_visit"), but(replaces=["x"])],
    "complete": [without("period"), without("indicator"), but(period="2026-13"), but(value=1),
                 but(period="2026-3"), but(period="2026-Q1"), but(period="2026"),
                 but(period=202603), but(period="1899-12"), but(period="2026-03-01"),
                 but(indicator="")],
}
NOT_NIPS = ["20001231202412100", "2000123120241210011", "200013312024121001", "200012312024123001",
            "200102292024121001", "200012312024121000", "200012312024131001", "200012312024201001",
            "200012312024301001", "200012312024001001", "20001231202412100a", " 00012312024121001",
            "\u0662\u0660\u0660\u0660123120241210", "00000101202412100\u0661", "mpp2"]


def throw_dirt(city, rounds):
    def data(event, change):
        city.tell({**event, "data": change(event["data"])})

    def structured(event, spoil):
        city.stories.append([city.message(spoil(event), event["source"])])

    for _ in range(rounds):
        for spoil in MALFORMED:
            structured(city.take(), spoil)
        for fault in ENVELOPE_FAULTS:
            structured(city.take(), lambda event, fault=fault: dumps(fault(event)))
        for change in DATA_FAULTS:
            data(city.take(), change)
        for change in OTHER_FAULTS["corrected"]:
            data(city.correction(city.take()), change)
        for change in OTHER_FAULTS["revoked"]:
            data(city.revocation(city.take()), change)
        for change in OTHER_FAULTS["complete"]:
            data(city.declare("mpp", "waste", "2026-03"), change)
        binary(city)
        for _ in range(3):
            untrue(city)


def binary(city):
    """Faults of the headers, and of the data beside good ones."""
    changes = [
        lambda headers: [h for h in headers if h[0] != "ce_id"],
        lambda headers: [h for h in headers if h[0] != "ce_specversion"],
        lambda headers: [(k, None if k == "ce_subject" else v) for k, v in headers],
        lambda headers: [(k, b"2026-02-30T00:00:00Z" if k == "ce_time" else v) for k, v in headers],
        lambda headers: [("ce_x", b"1")],
    ]
    for change in changes:
        topic, partition, key, headers, value = city.say(city.take(), mode="binary")
        city.stories.append([(topic, partition, key, change(headers), value)])
    topic, partition, key, headers, _ = city.say(city.take(), mode="binary")
    city.stories.append([(topic, partition, key, headers, value)
                         for value in (None, b"", b"[]", b'{"a":1,"a":1}', b"{}", b"x" * 70000)])


def untrue(city):
    """Well formed, and not so: every code from unknown_type on, often with a later fault too."""
    rng = city.rng
    work = city.take()
    source, data, code = work["source"], work["data"], work["data"]["indicator"]
    other = next(s for s in city.sources if s != source)
    foreign = next(c for c in city.sources[other] if c not in city.sources[source])
    stranger = rng.choice(city.strangers)

    def wrong(event, topic=None, **changes):
        city.stories.append([city.say({**event, **changes}, source=topic)])

    for kind in ("terukur.activity.recorded.v2", "terukur.activity", "x"):
        wrong(work, topic=other, type=kind, data={"any": [1, {"thing": None}]}, subject="not a nip")
    for subject in (work["subject"], "bad"):
        wrong(work, topic=source, source="sipus", subject=subject)
        wrong(work, topic=other, subject=subject)
    for uri in URIS.get(source, ()):
        wrong(work, topic=other, source=uri)
        wrong(work, topic=source, source=uri.upper())
    for nip in NOT_NIPS:
        wrong(work, subject=nip, data={**data, "indicator": "nothing"})
    wrong(work, subject="mpp")
    wrong(work, subject=stranger, data={**data, "indicator": "nothing"})
    wrong(city.correction(work), subject=stranger)
    wrong(city.revocation(work, stranger))
    wrong(city.revocation(work, "pkm-nowhere"))
    wrong(city.revocation(work), time="2099-01-01T00:00:00Z")
    said = {**city.declare("pkm-alianyang", code, "2026-03"), "source": source}
    wrong(said, subject=rng.choice(("pkm-nowhere", city.nips[0])), time="2099-01-01T00:00:00Z")
    wrong(said, time="2099-01-01T00:00:00Z")
    wrong(said, data={"period": "2099-01", "indicator": code})
    wrong(said, data={"period": "2026-03", "indicator": foreign})
    wrong(said, data={"period": "2026-03", "indicator": "nothing"})
    wrong(work, data={**data, "indicator": "nothing", "value": -5})
    wrong(work, data={**data, "indicator": foreign, "value": -5000})
    visit = city.event("simpus", RECORDED, city.nips[0], city.moment(date(2026, 3, 3)), {})
    for value in (-1, 51, "@@50.0001@@"):
        wrong(visit, data={"indicator": "home_visit", "value": value})
    for of in ({}, {"of": 0}, {"of": "@@-0.0@@"}, {"of": -4}):
        wrong(visit, data={"indicator": "referral_followed", "value": 3, **of},
              time="2099-01-01T00:00:00+07:00")
    wrong(work, time="2099-12-31T23:59:59.999999-12:00")
    wrong(work, time="2024-12-31T23:59:59.999999+07:00")
    wrong(city.correction(work), time="1900-01-01T00:00:00+14:00")
    gone = next((p["nip"] for p in city.people if p.get("until") == "2026-06-20"), city.nips[0])
    wrong(work, subject=gone, time="2026-06-20T17:00:00Z")
    wrong(city.remake(work), subject=gone, time="2026-06-20T16:59:59.999999Z")
