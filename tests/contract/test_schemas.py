"""The files under schemas/ say exactly what the programs accept.

An upstream that checks its events against the published schema before sending them must not have them
rejected afterwards, nor may the codec let pass what the schema refuses. Python's jsonschema is the
independent judge; build/event-check is the codec. Both see every example and thousands of generated events.
"""
import datetime
import json
import pathlib
import random
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
TOPICS = SCHEMAS / "topics"
EXAMPLES = TOPICS / "examples"
CODEC = ROOT / "build" / "event-check"

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
SEED = 20260304
GENERATED = 3000


# --- reading JSON as strictly as everything from outside is read ----------------------------------------

class Malformed(ValueError):
    pass


def once(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed("a key is repeated")
    return result


def whole(text):
    if len(text) > 20 or not -2**63 <= int(text) < 2**63:
        raise Malformed("an integer beyond 64 bits")
    return int(text)


def real(text):
    """By value, with every digit that is written."""
    if float(text) in (float("inf"), float("-inf")):
        raise Malformed("a number beyond a double")
    return Decimal(text)


def no_constant(text):
    raise Malformed(text)


def check_depth(text):
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.group(), 0)
        if depth > MAX_DEPTH:
            raise Malformed("nested too deep")


def check_texts(value):
    if isinstance(value, str):
        if "\0" in value:
            raise Malformed("NUL in a text")
        value.encode()  # refuses half a surrogate pair
    elif isinstance(value, list):
        for item in value:
            check_texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_texts(key)
            check_texts(item)


def parse(data):
    """One JSON value from bytes; Malformed where an event would be `malformed`."""
    try:
        text = data.decode()
        check_depth(text)
        value = json.loads(text, object_pairs_hook=once, parse_int=whole, parse_float=real,
                           parse_constant=no_constant)
        check_texts(value)
    except ValueError as error:
        raise Malformed(str(error)) from error
    return value


def parse_event(data):
    value = parse(data)
    if not isinstance(value, dict):
        raise Malformed("not an object")
    return value


# --- the judge ------------------------------------------------------------------------------------------

def ecma_pattern(validator, pattern, instance, schema):
    """JSON Schema's patterns are ECMA-262's, where $ is the very end; Python's $ also stands before a
    closing newline."""
    if validator.is_type(instance, "string") and not re.search(re.sub(r"\$(?=\)?$)", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


def exact_multiple(validator, step, instance, schema):
    if validator.is_type(instance, "number") and (Fraction(instance) / Fraction(step)).denominator != 1:
        yield jsonschema.ValidationError(f"{instance} is not a multiple of {step}")


def whole_number(checker, instance):
    return (isinstance(instance, int) and not isinstance(instance, bool)
            or isinstance(instance, Decimal) and instance == int(instance))


Judge = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    {"pattern": ecma_pattern, "multipleOf": exact_multiple},
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", whole_number),
)
formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_date_time(value):
    return not isinstance(value, str) or bool(datetime.datetime.fromisoformat(value))


@formats.checks("date", raises=ValueError)
def is_date(value):
    return not isinstance(value, str) or bool(datetime.date.fromisoformat(value))


def load_schema(path):
    return parse(path.read_bytes())


def judge_of(schema):
    return Judge(schema, format_checker=formats)


TOPIC_NAMES = sorted(path.stem for path in TOPICS.glob("*.json"))
JUDGES = {name: judge_of(load_schema(TOPICS / f"{name}.json")) for name in TOPIC_NAMES}
REGISTRY = judge_of(load_schema(SCHEMAS / "registry.json"))
ACTIVITY = JUDGES["activity"]
TYPES = ACTIVITY.schema["properties"]["type"]["enum"]


def envelope_judge():
    """The activity schema without what depends on the type."""
    schema = dict(ACTIVITY.schema)
    del schema["oneOf"]
    schema["properties"] = dict(schema["properties"], type={"$ref": "#/$defs/name"})
    return judge_of(schema)


ENVELOPE = envelope_judge()


def judged(data):
    """What the schema, and what it says in words, make of an event's bytes: "ok" or the reason."""
    if len(data) > MAX_BYTES:
        return "too_large"
    try:
        event = parse_event(data)
    except Malformed:
        return "malformed"
    if ACTIVITY.is_valid(event):
        return "ok"
    return "unknown_type" if ENVELOPE.is_valid(event) and event["type"] not in TYPES else "schema"


# --- the codec ------------------------------------------------------------------------------------------

needs_codec = pytest.mark.skipif(not CODEC.exists(), reason="build/event-check is not built: make it first")


def codec_verdicts(paths):
    """[(reason or "ok", field)] for files, in their order."""
    run = subprocess.run([CODEC, *paths], capture_output=True, timeout=120)
    lines = [line.split("\t") for line in run.stdout.decode().splitlines()]
    assert [line[0] for line in lines] == [str(path) for path in paths], run.stderr.decode()
    return [(line[1], line[2] if len(line) > 2 else "") for line in lines]


def codec_verdict(path):
    return codec_verdicts([path])[0]


def disagreements(paths):
    """Lines for a person to read, one for each file that schema and codec judge differently."""
    result = []
    for path, (reason, field) in zip(paths, codec_verdicts(paths)):
        data = path.read_bytes()
        if judged(data) != reason:
            result.append(f"{path.name}: schema says {judged(data)}, codec {reason} {field}: {data[:400]!r}")
    return result


# --- the schemas themselves -----------------------------------------------------------------------------

KEYWORDS = {"$schema", "$ref", "$defs", "title", "description", "type", "enum", "const", "required", "properties",
            "additionalProperties", "items", "minItems", "maxItems", "uniqueItems", "contains", "minLength",
            "maxLength", "pattern", "format", "contentEncoding", "minimum", "maximum", "exclusiveMinimum",
            "exclusiveMaximum", "multipleOf", "anyOf", "oneOf", "allOf", "prefixItems", "if", "then", "else", "not"}


def subschemas(schema):
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword in ("properties", "$defs"):
        for inner in schema.get(keyword, {}).values():
            yield from subschemas(inner)
    for keyword in ("items", "contains", "additionalProperties", "if", "then", "else", "not"):
        yield from subschemas(schema.get(keyword))
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for inner in schema.get(keyword, []):
            yield from subschemas(inner)


@pytest.mark.parametrize("path", [*sorted(TOPICS.glob("*.json")), SCHEMAS / "registry.json"],
                         ids=lambda path: path.stem)
def test_schema_is_a_schema(path):
    """A misspelt keyword would be ignored, and let pass what it was to stop."""
    schema = load_schema(path)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Judge.check_schema(schema)
    assert {keyword for inner in subschemas(schema) for keyword in inner} <= KEYWORDS


# --- examples -------------------------------------------------------------------------------------------

def examples(kind, topic="*"):
    return sorted(EXAMPLES.glob(f"{topic}/{kind}/*.json"))


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: f"{path.parts[-3]}/{path.stem}")


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_every_topic_has_examples_of_both_kinds(topic):
    assert examples("valid", topic) and examples("invalid", topic)


def test_every_example_belongs_to_a_topic():
    assert sorted(path.name for path in EXAMPLES.iterdir()) == TOPIC_NAMES


@named(examples("valid"))
def test_valid_example_validates(path):
    JUDGES[path.parts[-3]].validate(parse(path.read_bytes()))


@named(examples("invalid"))
def test_invalid_example_is_refused(path):
    assert not JUDGES[path.parts[-3]].is_valid(parse(path.read_bytes()))


@named(examples("malformed"))
def test_malformed_example_is_no_event(path):
    with pytest.raises(Malformed):
        parse_event(path.read_bytes())


def test_unknown_fields_are_ignored_inside():
    """An older consumer must live with a newer producer."""
    for topic in set(TOPIC_NAMES) - {"activity"}:
        assert (EXAMPLES / topic / "valid" / "unknown_field.json").exists(), topic


@needs_codec
def test_codec_agrees_on_every_example():
    assert disagreements([path for kind in ("valid", "invalid", "malformed")
                          for path in examples(kind, "activity")]) == []


@needs_codec
@pytest.mark.parametrize("field,path", [
    ("data.value", "invalid/value_five_decimals"),
    ("data.of", "invalid/of_null"),
    ("data.receipt", "invalid/receipt_code"),
    ("data.period", "invalid/complete_period_quarter"),
    ("time", "invalid/time_month_13"),
    ("id", "invalid/id_missing"),
    ("", "malformed/truncated"),
])
def test_codec_names_the_field(field, path):
    assert codec_verdict(EXAMPLES / "activity" / f"{path}.json")[1] == field


# --- generated events -----------------------------------------------------------------------------------

class Raw(str):
    """JSON text to be written as it is: json.dumps would not write 1e400 or -0."""


def dump(value):
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{dump(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def digits(rng, n):
    return str(rng.randrange(10 ** (n - 1), 10 ** n)) if n else "0"


def number_at_the_limit(rng):
    decimals = rng.randrange(0, 6)
    before = rng.choice([0, 1, 15 - decimals - 1, 15 - decimals, 15 - decimals + 1])
    after = "".join(rng.choice("0123456789") for _ in range(decimals))
    text = digits(rng, before) + ("." + after if after else "")
    return Raw(rng.choice(["", "", "-"]) + text + rng.choice(["", "", "", "e0", "E-1", "e+1", "e-4", "e2"]))


NUMBERS = [Raw(text) for text in """0 -0 -0.0 0.0 1.0 1.00000 1e0 1e14 1e15 -1e15 1e-4 1e-5 0.00001 0.12345 0.1234
    999999999999999 1000000000000000 -999999999999999 99999999999999.9 100000000000000.5 99999999999.9999
    100000000000.0001 9999999999999.99 10000000000000.01 0.30000000000000004 0.1000000000000000055
    1.00000000000000000001 0.99999999999999999999 1.0000000000000000000000 99999999999.99990000 1e2 12345678901234567e-4
    9007199254740993 9223372036854775807 9223372036854775808 -9223372036854775809 12345678901.2345
    12345678901.23451 1e308 1e309 1e400 -1e400 1e-400 5e-324 2.2250738585072014e-308 01 1. .5 +1 NaN""".split()]

TIMES = [f"{date}T08:15:00Z" for date in """2024-02-29 2023-02-29 2000-02-29 1900-02-29 2100-02-29 2400-02-29
    2026-04-31 2026-06-30 2026-12-31 2026-12-32 2026-00-01 2026-13-01 2026-01-00 1899-12-31 1900-01-01 9999-12-31
    0000-01-01 10000-01-01 +2026-01-01 2026-1-01""".split()] + \
    [f"2026-03-04T{rest}" for rest in """00:00:00Z 23:59:59Z 24:00:00Z 23:60:00Z 23:59:60Z 8:15:00Z 08:15Z 08:15:00
    08:15:00z 08:15:00.Z 08:15:00.1Z 08:15:00.123456Z 08:15:00.1234567Z 08:15:00.123456789Z 08:15:00.999999999+07:00
    08:15:00.1234567890Z 08:15:00+00:00 08:15:00-00:00 08:15:00+23:59
    08:15:00-23:59 08:15:00+24:00 08:15:00+23:60 08:15:00+7:00 08:15:00+0700 08:15:00+07 08:15:00+07:00:00
    08:15:00Z+07:00 08:15:00,5Z 08:15:00.5""".split()] + \
    ["2026-03-04t08:15:00Z", "2026-03-04 08:15:00Z", "2026-03-04T08:15:00Z\n", " 2026-03-04T08:15:00Z",
     "2026-03-04T08:15:00 Z", "٢٠٢٦-03-04T08:15:00Z", "", "now"]

PERIODS = """2026-01 2026-12 2026-13 2026-00 2026-1 2026-001 2026 2026-Q1 1899-12 1900-01 9999-12 10000-01 26-01
    2026/01 2026-01-01""".split() + ["2026-01\n", "٢٠٢٦-01", ""]

CONTENT_TYPES = """application/json application/json;charset=utf-8 application/cloudevents+json text/x+json json
    text/json application/xml application/jsonx +json application/+json application/json+x /json APPLICATION/JSON
    Application/X+Json""".split() + \
    ["application/json\n", "application/json ; a=b", "application/vnd.a.b+json; v=1", "application/json x",
     "application/json;", " application/json", ""]

LENGTHS = [0, 1, 2, 64, 127, 128, 129, 1023, 1024, 1025]
OTHERS = [None, True, False, 0, 1, -1, Raw("1.5"), "", "x", "1", [], {}, ["x"], {"x": 1}, Raw("1e400"), "a\0b",
          Raw('"\\ud800"'), Raw('"\\ud83c\\udfe5"'), Raw('{"a":1,"a":2}'), Raw("[" * 31 + "]" * 31),
          Raw("[" * 32 + "]" * 32)]
FIELDS = ["indicator", "value", "of", "ref", "evidence_uri", "evidence_sha256", "receipt", "replaces", "reason",
          "period", "note", "Value", ""]
ATTRIBUTES = ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data", "data_base64",
              "dataschema", "traceparent", "x", "ID"]


def text_of_some_length(rng):
    return rng.choice("xé患🏥") * rng.choice(LENGTHS)


def sha256_nearly(rng):
    length = rng.choice([63, 64, 64, 65])
    return "".join(rng.choice("0123456789abcdef") for _ in range(length)) + rng.choice(["", "", "\n", "A"])


SPECIAL = {
    "time": lambda rng: rng.choice(TIMES),
    "period": lambda rng: rng.choice(PERIODS),
    "datacontenttype": lambda rng: rng.choice(CONTENT_TYPES),
    "type": lambda rng: rng.choice([*TYPES, TYPES[0].upper(), TYPES[0] + "\n", "x", "x" * 128, "x" * 129]),
    "specversion": lambda rng: rng.choice(["1.0", "1.0.2", "1", "0.3", Raw("1.0")]),
    "value": lambda rng: rng.choice([number_at_the_limit(rng), rng.choice(NUMBERS)]),
    "of": lambda rng: rng.choice([number_at_the_limit(rng), rng.choice(NUMBERS)]),
    "evidence_sha256": sha256_nearly,
    "receipt": sha256_nearly,
}


def some_value(rng, name):
    if name in SPECIAL and rng.random() < 0.75:
        return SPECIAL[name](rng)
    return text_of_some_length(rng) if rng.random() < 0.5 else rng.choice(OTHERS)


def mutate(rng, event):
    """Drops, replaces or adds one field of the envelope or of data."""
    inside = isinstance(event.get("data"), dict) and rng.random() < 0.6
    target, names = (event["data"], FIELDS) if inside else (event, ATTRIBUTES)
    action = rng.random()
    if action < 0.1 and target:
        del target[rng.choice(sorted(target))]
    elif action < 0.7 and target:
        name = rng.choice(sorted(target))
        target[name] = some_value(rng, name)
    else:
        name = rng.choice(names)
        target[name] = some_value(rng, name)


def written_out(value):
    """As `parse` reads it, but with numbers as they were written."""
    return json.loads(value, parse_int=Raw, parse_float=Raw)


def generate(rng, seeds):
    event = written_out(rng.choice(seeds))
    for _ in range(rng.choice([0, 1, 1, 1, 1, 2, 2, 3])):
        mutate(rng, event)
    data = dump(event).encode()
    if rng.random() < 0.03:  # a byte lost, added or changed on the way
        at = rng.randrange(len(data))
        data = data[:at] + rng.choice([b"", b"\0", b"\xff", b"{", b'"', b"\\"]) + data[at + rng.choice([0, 1]):]
    return data


def edges():
    """Each edge once, alone in an event that is right but for it."""
    for name, values in {"value": NUMBERS, "of": NUMBERS, "time": TIMES, "period": PERIODS,
                         "datacontenttype": CONTENT_TYPES}.items():
        kind = "complete" if name == "period" else "recorded"
        for value in values:
            event = written_out((EXAMPLES / "activity" / "valid" / f"{kind}.json").read_bytes())
            (event if name in event or name == "datacontenttype" else event["data"])[name] = value
            yield dump(event).encode()
    event = dump(written_out((EXAMPLES / "activity" / "valid" / "recorded.json").read_bytes())).encode()
    for size in (MAX_BYTES - 1, MAX_BYTES, MAX_BYTES + 1, 1024 * 1024):
        yield event.ljust(size)
        yield b"x" * size


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    rng = random.Random(SEED)
    seeds = [path.read_bytes() for path in examples("valid", "activity") if path.stem != "extension_32_deep"]
    folder = tmp_path_factory.mktemp("events")
    paths = []
    for data in [*edges(), *(generate(rng, seeds) for _ in range(GENERATED))]:
        paths.append(folder / f"{len(paths):05}.json")
        paths[-1].write_bytes(data)
    return paths


def test_generated_events_reach_both_sides(generated):
    """Else an agreement would prove little."""
    verdicts = [judged(path.read_bytes()) for path in generated]
    assert len(generated) >= GENERATED
    assert verdicts.count("ok") > GENERATED // 5 and verdicts.count("schema") > GENERATED // 3
    assert min(verdicts.count(reason) for reason in ("malformed", "unknown_type", "too_large")) >= 4


@needs_codec
def test_codec_agrees_on_generated_events(generated):
    assert disagreements(generated) == []


# --- AsyncAPI and OpenAPI -------------------------------------------------------------------------------

def load_yaml(name):
    return json.loads(json.dumps(yaml.safe_load((SCHEMAS / name).read_text())), parse_float=real)


ASYNCAPI = load_yaml("asyncapi.yaml")
MESSAGES = ASYNCAPI["components"]["messages"]


def payload_judge(message):
    """A judge for a message's payload, which is a topic's schema or one of its $defs."""
    payload = message["payload"]
    reference = payload.get("schema", payload).get("$ref")
    if not reference:
        return judge_of(payload)
    file, _, pointer = reference.partition("#")
    schema = load_schema(SCHEMAS / file)
    return judge_of({"$ref": f"#{pointer}", "$defs": schema["$defs"]} if pointer else schema)


@pytest.mark.parametrize("name", MESSAGES)
def test_asyncapi_examples_validate(name):
    for example in MESSAGES[name].get("examples", []):
        payload_judge(MESSAGES[name]).validate(example["payload"])


def test_asyncapi_has_every_topic_and_no_other():
    addresses = {channel["address"] for channel in ASYNCAPI["channels"].values()}
    internal = {f"terukur.{name}" for name in TOPIC_NAMES if name != "activity"}
    assert addresses == {"terukur.activity.{source}"} | internal
    files = {message["payload"]["schema"]["$ref"].partition("#")[0] for message in MESSAGES.values()
             if "schema" in message["payload"]}
    assert files == {f"topics/{name}.json" for name in TOPIC_NAMES}


def test_asyncapi_binary_messages_are_the_four_types():
    channel = ASYNCAPI["channels"]["activity"]["messages"]
    assert [MESSAGES[name]["name"] for name in channel if name != "structured"] == TYPES


def bundled():
    run = subprocess.run([sys.executable, SCHEMAS / "bundle.py"], capture_output=True, check=True, timeout=60)
    return run.stdout


@pytest.fixture(scope="module")
def openapi():
    return json.loads(bundled(), parse_float=real)


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def resolved(document, value):
    while isinstance(value, dict) and "$ref" in value:
        tokens, value = value["$ref"].split("/")[1:], document
        for token in tokens:
            value = value[token]
    return value


def test_bundle_is_the_same_each_time():
    assert bundled() == bundled()


def test_bundle_stands_alone(openapi):
    for reference in set(references(openapi)):
        assert reference.startswith("#/components/"), reference
        assert resolved(openapi, {"$ref": reference}) is not None, reference


def media_types(openapi):
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            bodies = [operation.get("requestBody", {"content": {}}), *operation["responses"].values()]
            for body in bodies:
                for media_type in resolved(openapi, body)["content"].values():
                    yield f"{method} {path}", media_type


def test_openapi_examples_validate(openapi):
    seen = 0
    for where, media_type in media_types(openapi):
        judge = judge_of(media_type["schema"] | {"components": openapi["components"]})
        given = [resolved(openapi, example)["value"] for example in media_type.get("examples", {}).values()]
        given += [media_type["example"]] if "example" in media_type else []
        for example in given:
            judge.validate(example)
            seen += 1
    assert seen > 20


def test_openapi_takes_the_events_that_kafka_takes(openapi):
    content = openapi["paths"]["/events"]["post"]["requestBody"]["content"]
    for name, media_type in content.items():
        judge = judge_of(media_type["schema"] | {"components": openapi["components"]})
        wrap = (lambda event: [event]) if "batch" in name else (lambda event: event)
        for path in examples("valid", "activity"):
            assert judge.is_valid(wrap(parse(path.read_bytes()))), path
        for path in examples("invalid", "activity"):
            assert not judge.is_valid(wrap(parse(path.read_bytes()))), path


def test_openapi_and_kafka_part_with_the_same_events(openapi, generated):
    """The served contract is rewritten for generators of clients, and says the same as the schema that it is made of."""
    judge = judge_of({"$ref": "#/components/schemas/activityEvent", "components": openapi["components"]})
    for path in generated:
        if (verdict := judged(path.read_bytes())) not in ("malformed", "too_large"):
            assert judge.is_valid(parse_event(path.read_bytes())) == (verdict == "ok"), path.read_bytes()[:400]


def openapi_schemas(openapi):
    """(where, schema), for every schema of the served contract."""
    def walk(value, where):
        if isinstance(value, list):
            for i, item in enumerate(value):
                yield from walk(item, f"{where}/{i}")
        if isinstance(value, dict):
            for key, item in value.items():
                if key == "schema":
                    yield from ((where, schema) for schema in subschemas(item))
                yield from walk(item, f"{where}/{key}")
    yield from walk(openapi["paths"], "")
    for name, schema in openapi["components"]["schemas"].items():
        yield from ((name, inner) for inner in subschemas(schema))


def test_openapi_is_what_generators_understand(openapi):
    """No boolean schemas; null as one of a list of types and not as a choice; a choice of objects with what tells them
    apart; every enumeration with its type; every number with the precision that it needs."""
    seen = 0
    for where, schema in openapi_schemas(openapi):
        seen += 1
        choices = [choice for keyword in ("anyOf", "oneOf", "allOf") for choice in schema.get(keyword, ())]
        inner = [*schema.get("properties", {}).values(), schema.get("items", {}), *choices]
        assert not any(isinstance(value, bool) for value in inner), where
        assert {"type": "null"} not in choices, where
        assert "oneOf" not in schema or set(schema["discriminator"]["mapping"].values()) == {
            choice["$ref"] for choice in schema["oneOf"]}, where
        assert "enum" not in schema or "type" in schema, where
        assert schema.get("type") != "number" or schema["format"] == "double", where
    assert seen > 100
    for name, schema in openapi["components"]["schemas"].items():
        assert not [key for key, value in schema.get("properties", {}).items() if value.get("type") == "null"], name


def test_openapi_has_one_name_for_each_thing(openapi):
    """What clients call their classes and functions."""
    schemas = openapi["components"]["schemas"]
    objects = [schema for schema in schemas.values() if schema.get("type") == "object" or "oneOf" in schema]
    titles = [schema["title"] for schema in objects]
    assert len(titles) == len(set(titles)) > 15
    operations = [operation["operationId"] for item in openapi["paths"].values() for operation in item.values()]
    assert len(operations) == len(set(operations)) == len(openapi["paths"])


def test_openapi_errors_are_problems(openapi):
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                types = list(resolved(openapi, response)["content"])
                answer = "text/csv" if path.endswith(".csv") else "application/json"
                wanted = "application/problem+json" if status >= "400" else answer
                assert types == [wanted], f"{method} {path} {status}"


# --- the registry file ----------------------------------------------------------------------------------

NIP = "198609262015051001"
REGISTRY_FILE = {
    "agencies": [{"code": "dinkes", "name": "Dinas Kesehatan"}],
    "units": [{"code": "pkm-kampung-dalam", "agency": "dinkes", "name": "Puskesmas Kampung Dalam"}],
    "indicators": [{"code": "home_visit", "name": {"id": "Kunjungan rumah", "en": "Home visits"},
                    "aspect": "productivity", "measure": "count", "direction": "more", "unit": "visits",
                    "min": 0, "max": 50}],
    "sources": [{"code": "simpus", "name": "Health-centre system", "indicators": ["home_visit"]}],
    "positions": [{"code": "nurse", "name": "Perawat",
                   "items": [{"indicator": "home_visit", "target": 40, "weight": 40, "kind": "MAIN"}]}],
    "people": [{"nip": NIP, "name": "Siti", "unit": "pkm-kampung-dalam", "position": "nurse", "superior": None,
                "from": "2026-01-01"}],
    "absences": [{"nip": NIP, "from": "2026-02-02", "until": "2026-02-13", "kind": "maternity"}],
    "plans": [{"nip": NIP, "year": 2026, "status": "AGREED"}],
    "rulesets": [],
}


def with_value(part, path, value):
    """A copy of the registry file with one value of a part's first row changed; no value: left out."""
    copy = json.loads(json.dumps(REGISTRY_FILE))
    if not path:
        copy[part][0] = value
        return copy
    target = copy[part][0]
    for key in path[:-1]:
        target = target[key]
    if value is ...:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return json.loads(json.dumps(copy), parse_float=Decimal)


@pytest.mark.parametrize("part", REGISTRY_FILE)
def test_registry_parts_may_be_left_out(part):
    REGISTRY.validate({name: rows for name, rows in REGISTRY_FILE.items() if name != part})
    REGISTRY.validate({part: REGISTRY_FILE[part]})


@pytest.mark.parametrize("part,path,value", [
    ("positions", ["items", 0, "target"], [20, 30.5]),
    ("positions", ["items", 0, "weight"], 12.25),
    ("positions", ["items", 0, "target"], 0),
    ("people", ["until"], "2026-06-30"),
    ("people", ["email"], "siti@example.go.id"),
    ("people", ["email"], f"{'s' * 64}@example.go.id"),
    ("people", ["name"], "O"),
    ("people", ["name"], "\u200bSiti"),
    ("people", ["superior"], ...),
    ("indicators", ["min"], ...),
    ("plans", ["items"], REGISTRY_FILE["positions"][0]["items"]),
    ("plans", ["from"], "2026-07-01"),
    ("plans", ["items"], None),
    ("plans", ["status"], "WITHDRAWN"),
    ("indicators", ["unit"], ""),
    ("indicators", ["unit"], {"id": "kunjungan", "en": "visits"}),
    ("indicators", ["result_max"], 100),
    ("indicators", ["step"], 0.25),
    ("sources", ["uris"], ["https://simpus.contoh.go.id/v2", "urn:simpus"]),
    ("units", ["from"], "2026-07-01"),
    ("positions", ["from"], None),
    ("people", ["language"], "en"),
    ("people", ["was"], "199101232015051001"),
    ("people", [], {"nip": NIP, "from": "2026-01-01", "removed": True}),
    ("people", [], {"nip": NIP, "was": "199101232015051001"}),
    ("absences", [], {"nip": NIP, "from": "2026-02-02", "removed": True, "kind": "leave"}),
    ("people", ["removed"], False),
])
def test_registry_takes(part, path, value):
    REGISTRY.validate(with_value(part, path, value))


@pytest.mark.parametrize("part,path,value", [
    ("agencies", ["code"], "Dinkes"),
    ("agencies", ["code"], ...),
    ("agencies", ["nme"], "x"),
    ("units", ["agency"], None),
    ("indicators", ["name"], "Home visits"),
    ("indicators", ["measure"], "median"),
    ("indicators", ["min"], "0"),
    ("indicators", ["max"], 0.12345),
    ("sources", ["indicators"], ["home_visit", "home_visit"]),
    ("positions", ["items"], []),
    ("positions", ["items", 0, "weight"], 0),
    ("positions", ["items", 0, "weight"], 1.005),
    ("positions", ["items", 0, "weight"], -1),
    ("positions", ["items", 0, "target"], [20]),
    ("positions", ["items", 0, "kind"], "main"),
    ("people", ["nip"], "19860926201505100"),
    ("people", ["from"], "2026-02-30"),
    ("people", ["from"], "01-02-2026"),
    ("absences", ["until"], ...),
    ("plans", ["year"], "2026"),
    ("plans", ["status"], "agreed"),
    ("plans", ["from"], None),
    ("agencies", ["name"], "  "),
    ("agencies", ["name"], "Dinas\nKesehatan"),
    ("agencies", ["name"], "x" * 201),
    ("people", ["email"], "siti"),
    ("people", ["email"], "siti@dinas@kota"),
    ("people", ["email"], "siti@example.go.id."),
    ("people", ["email"], "siti@example..go.id"),
    ("people", ["email"], "siti@dinas_kota.go.id"),
    ("people", ["email"], "sit\u00ef@example.go.id"),
    ("people", ["email"], f"{'s' * 65}@example.go.id"),
    ("people", ["email"], "siti@dinas"),
    ("people", ["email"], "siti@10.0.0.1"),
    ("people", ["name"], "\u200b \u00a0\ufeff"),
    ("indicators", ["unit"], " "),
    ("indicators", ["unit"], {"id": "kunjungan"}),
    ("indicators", ["result_max"], 0.125),
    ("indicators", ["result_max"], 0),
    ("indicators", ["result_max"], -1),
    ("indicators", ["step"], 0),
    ("sources", ["uris"], ["x y"]),
    ("sources", ["uris"], ["urn:x", "urn:x"]),
    ("units", ["from"], "July"),
    ("people", ["language"], "jv"),
    ("people", ["was"], "1"),
    ("people", [], {"nip": NIP, "from": "2026-01-01"}),
    ("people", [], {"nip": NIP, "removed": True}),
    ("people", [], {"nip": NIP, "was": None}),
    ("people", [], {"nip": NIP, "was": "199101232015051001", "name": "Siti"}),
    ("people", [], {"nip": NIP, "was": "199101232015051001", "removed": True}),
    ("absences", ["removed"], "yes"),
])
def test_registry_refuses(part, path, value):
    assert not REGISTRY.is_valid(with_value(part, path, value))
