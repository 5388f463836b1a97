"""What becomes of an activity event: accepted, duplicate, waiting, or rejected and why.

The first part of the oracle; registry.py has what it asks, oracle.py the scores.
"""
import json
import math
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

SECOND = 1_000_000
DAY = 86400 * SECOND
EPOCH = date(1970, 1, 1).toordinal()
PONTIANAK = 7 * 3600 * SECOND
LIMIT = 64 * 1024
MOST_HEADERS = 256
ACTIVITY = "terukur.activity."
RECORDED, CORRECTED, REVOKED, COMPLETE = (
    f"{ACTIVITY}{kind}.v1" for kind in ("recorded", "corrected", "revoked", "complete"))


def exact(value):
    return Decimal(str(value))


def day_of(time):
    return date.fromordinal(max(1, (time + PONTIANAK) // DAY + EPOCH))


def month_of(time):
    return day_of(time).isoformat()[:7]


class Rejected(Exception):
    """Carries the reason code."""


@dataclass(frozen=True)
class Message:
    topic: str
    partition: int
    key: bytes | None
    headers: list  # of (name, bytes or None)
    value: bytes | None
    now: int  # microseconds since 1970, when it was received


@dataclass
class Verdict:
    status: str  # accepted, duplicate, waiting, rejected
    reason: str | None = None


@dataclass
class Event:
    source: str
    id: str
    type: str
    subject: str
    time: int
    data: dict
    received: int = 0
    verdict: Verdict = None

    @property
    def name(self):
        return self.source, self.id

    @property
    def original(self):
        return (self.source, self.data["replaces"]) if "replaces" in self.data else None

    @property
    def content(self):
        return self.subject, self.type, self.time, self.data

    @property
    def day(self):
        return day_of(self.time)

    @property
    def month(self):
        return month_of(self.time)


# --- decoding: too_large, malformed, schema, unknown_type -------------------------------------

def number(text):
    """A real, as far as a double holds it; exact."""
    if math.isinf(float(text)):
        raise ValueError("real overflow")
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond even Decimal: nothing, or next to nothing
        return Decimal("1e-9999") if re.search("[1-9]", text.lower().split("e")[0]) else Decimal(0)


def integer(text):
    if not -2**63 <= int(text) < 2**63:
        raise ValueError("integer overflow")
    return Decimal(text)


def unrepeated(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("repeated key")
    return dict(pairs)


def not_json(word):
    raise ValueError(word)  # NaN, Infinity: Python would take them


def check_tree(value, depth=1):
    if isinstance(value, str):
        value.encode()  # a lone surrogate is no character
        if "\0" in value:
            raise ValueError("NUL")
    elif isinstance(value, (dict, list)):
        if depth > 32:
            raise ValueError("too deep")
        for child in ([*value.keys(), *value.values()] if isinstance(value, dict) else value):
            check_tree(child, depth + 1)


def read_object(raw):
    try:
        value = json.loads(raw.decode(), parse_float=number, parse_int=integer,
                           parse_constant=not_json, object_pairs_hook=unrepeated)
        check_tree(value)
    except (ValueError, RecursionError):
        raise Rejected("malformed") from None
    if not isinstance(value, dict):
        raise Rejected("malformed")
    return value


def instant(text):
    """Microseconds since 1970 of an RFC 3339 time in the years from 1900 on, or None. What is finer is cut."""
    m = re.fullmatch(r"((?:19|[2-9]\d)\d\d-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?"
                     r"(?:(Z)|([+-])(\d\d):(\d\d))", text, re.ASCII)
    if not m:
        return None
    h, mi, s, oh, om = (int(m[i] or 0) for i in (2, 3, 4, 8, 9))
    if h > 23 or mi > 59 or s > 59 or oh > 23 or om > 59:
        return None
    try:
        days = date.fromisoformat(m[1]).toordinal() - EPOCH
    except ValueError:
        return None
    offset = (oh * 3600 + om * 60) * (-1 if m[7] == "-" else 1)
    seconds = days * 86400 + h * 3600 + mi * 60 + s - offset
    return seconds * SECOND + int((m[5] or "")[:6].ljust(6, "0"))


def says_json(text):
    return re.fullmatch(r"application/(json|[^\s/;]+\+json)\s*(;.*)?", text, re.IGNORECASE)


def fits(value):
    """At most 4 decimals and 15 digits in all; |v| < 10^(15-d) with d decimals, by value."""
    if not isinstance(value, Decimal):
        return False
    _, digits, exponent = value.as_tuple()
    digits = list(digits)
    while len(digits) > 1 and digits[-1] == 0:
        digits.pop()
        exponent += 1
    decimals = max(0, -exponent)
    return value == 0 or (decimals <= 4 and len(digits) + exponent <= 15 - decimals)


def text(most):
    return lambda v: isinstance(v, str) and 1 <= len(v) <= most


def matches(pattern):
    return lambda v: isinstance(v, str) and re.fullmatch(pattern, v, re.ASCII)


WORK = {"indicator": (True, text(128)), "value": (True, fits), "of": (False, fits),
        "ref": (False, text(1024)), "evidence_uri": (False, text(1024)),
        "evidence_sha256": (False, matches("[0-9a-f]{64}")), "receipt": (False, matches("[0-9a-f]{64}"))}
DATA = {
    RECORDED: WORK,
    CORRECTED: {**WORK, "replaces": (True, text(128))},
    REVOKED: {"replaces": (True, text(128)), "reason": (True, text(1024))},
    COMPLETE: {"period": (True, matches(r"(19|[2-9]\d)\d\d-(0[1-9]|1[0-2])")),
               "indicator": (True, text(128))},
}
BINARY = ("specversion", "id", "source", "type", "subject", "time", "datacontenttype")


def media(kind):
    """What a content type says of JSON, which is in UTF-8 in any case."""
    kind, *parameters = kind.lower().split(";")
    return kind.strip(), {p.replace('"', "").strip() for p in parameters} - {"", "charset=utf-8"}


def attributes(message):
    """The envelope with its data, from either mode."""
    headers = dict(message.headers)
    kind = (headers.get("content-type") or b"").decode("latin-1")
    if (kind.lower().startswith("application/cloudevents")
            or not any(name.startswith("ce_") for name in headers)):
        return read_object(message.value)
    envelope = {"data": read_object(message.value)}
    for name in BINARY:
        if headers.get("ce_" + name) is not None:
            try:
                envelope[name] = headers["ce_" + name].decode()
            except UnicodeDecodeError:
                raise Rejected("schema") from None
            if "\0" in envelope[name]:
                raise Rejected("schema")
    if headers.get("content-type") is not None:
        if media(envelope.setdefault("datacontenttype", kind)) != media(kind):
            raise Rejected("schema")
    return envelope


def around(message):
    """Bytes of key and headers."""
    return len(message.key or b"") + sum(len(k.encode()) + len(v or b"") for k, v in message.headers or ())


def decode(message):
    if len(message.value or b"") > LIMIT or around(message) > LIMIT or len(message.headers or ()) > MOST_HEADERS:
        raise Rejected("too_large")
    if not message.value:
        raise Rejected("malformed")
    envelope = {name: value for name, value in attributes(message).items() if value is not None}
    names = [envelope.get(name) for name in ("source", "id", "type", "subject")]
    data, when = envelope.get("data"), envelope.get("time")
    json_type = envelope.get("datacontenttype", "application/json")
    if not (envelope.get("specversion") == "1.0" and all(map(text(128), names))
            and isinstance(when, str) and instant(when) is not None and isinstance(data, dict)
            and isinstance(json_type, str) and says_json(json_type)
            and "data_base64" not in envelope):
        raise Rejected("schema")
    event = Event(*names, instant(when), data, message.now)
    if event.type not in DATA:
        raise Rejected("unknown_type")
    fields = DATA[event.type]
    if any(name not in fields or not fields[name][1](value) for name, value in data.items()) or \
            any(required and name not in data for name, (required, _) in fields.items()):
        raise Rejected("schema")
    return event


def valid_nip(nip):
    if not re.fullmatch(r"\d{18}", nip, re.ASCII) or nip[14] not in "12" or nip[15:] == "000":
        return False
    try:
        date.fromisoformat(f"{nip[:4]}-{nip[4:6]}-{nip[6:8]}")
    except ValueError:
        return False
    return 1 <= int(nip[12:14]) <= 12 or 21 <= int(nip[12:14]) <= 29


# --- intake: unknown_source and after ---------------------------------------------------------

class Intake:
    def __init__(self):
        self.accepted, self.waiting = {}, {}  # (source, id): Event; only these hold an id
        self.replaced = set()
        self.verdicts = []

    def receive(self, registry, message):
        verdict = Verdict("rejected")
        self.verdicts.append(verdict)
        try:
            event = decode(message)
            event.verdict = verdict
            self.judge(registry, event, message)
        except Rejected as rejected:
            verdict.reason = str(rejected)
        return verdict

    def judge(self, registry, event, message):
        source = registry.source(event.source)
        if not source:
            raise Rejected("unknown_source")
        event.source = source  # from here on it is the code, however it was named
        if message.topic != ACTIVITY + event.source:
            raise Rejected("source_mismatch")
        held = self.accepted.get(event.name) or self.waiting.get(event.name)
        if held:
            if held.content != event.content:
                raise Rejected("conflicting_duplicate")
            event.verdict.status = "duplicate"
            return
        check_subject(registry, event)
        if event.type != REVOKED:
            check_indicator(registry, event)
        soon = message.now + 5 * 60 * SECOND
        if event.time > soon or event.type == COMPLETE and event.data["period"] > month_of(soon):
            raise Rejected("time_in_future")
        if "value" in event.data and not registry.assignment(
                registry.person(event.subject), event.day):
            raise Rejected("not_employed")
        self.settle(event)

    def settle(self, event):
        """Accept it, or let it wait; then see to those that waited for it, first come first."""
        if event.original and event.original not in self.accepted:
            self.waiting[event.name] = event
            event.verdict.status = "waiting"
            return
        if event.original in self.replaced:
            raise Rejected("already_replaced")
        if event.original:
            self.replaced.add(event.original)
        self.accepted[event.name] = event
        event.verdict.status = "accepted"
        for waiter in [w for w in self.waiting.values() if w.original == event.name]:
            del self.waiting[waiter.name]
            try:
                self.settle(waiter)
            except Rejected as rejected:
                waiter.verdict.status, waiter.verdict.reason = "rejected", str(rejected)

    def expire(self, now):
        """Give up those whose original has not come in 7 days."""
        for event in list(self.waiting.values()):
            if event.received + 7 * DAY <= now:
                del self.waiting[event.name]
                event.verdict.status, event.verdict.reason = "rejected", "unknown_original"

    def counting(self):
        return [e for name, e in self.accepted.items() if name not in self.replaced]


def check_subject(registry, event):
    if event.type == COMPLETE:
        if event.subject not in registry.units:
            raise Rejected("unknown_unit")
    elif event.type != REVOKED or event.subject not in registry.units:
        if not valid_nip(event.subject):
            raise Rejected("invalid_nip")
        if not registry.person(event.subject):
            raise Rejected("unknown_person")


def check_indicator(registry, event):
    indicator = registry.indicators.get(event.data["indicator"])
    if not indicator:
        raise Rejected("unknown_indicator")
    if indicator["code"] not in registry.sources[event.source]["indicators"]:
        raise Rejected("indicator_not_allowed")
    if event.type == COMPLETE:
        return
    value, of = event.data["value"], event.data.get("of")
    low, high = indicator.get("min"), indicator.get("max")
    if (low is not None and value < exact(low)) or (high is not None and value > exact(high)) or \
            (indicator["measure"] == "ratio" and (of is None or of <= 0)):
        raise Rejected("value_out_of_range")
