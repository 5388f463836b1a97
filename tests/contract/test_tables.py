"""The tables in the code beside the files that describe them: README, schemas, AsyncAPI, OpenAPI, Compose; and the table of
services, services.def, beside what cannot be made from it. What a reader loses if this fails: the documents say something that the programs do not do."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from programs import SERVICE_SETTINGS
from services import NUMBERS, PROGRAMS, ROWS, SERVICES, topic_names
from stack import PORTS

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
SOURCES = sorted([*ROOT.glob("shared/*/*.[ch]"), *ROOT.glob("services/*/*.[ch]")])
ASYNCAPI = yaml.safe_load((ROOT / "schemas/asyncapi.yaml").read_text())
OPENAPI = yaml.safe_load((ROOT / "schemas/openapi.yaml").read_text())
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
README = (ROOT / "README.md").read_text()


def source(path):
    """A C file without its comments."""
    return re.sub(r"/\*.*?\*/", "", (ROOT / path).read_text(), flags=re.DOTALL)


def own_readme(name):
    return (ROOT / f"services/{name}/README.md").read_text()


def table_after(text, heading):
    """The cells of the first table after a line, without its head."""
    rows = text[text.index(heading):].partition("\n|")[2].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def quoted(text):
    return re.findall(r"`([^`]+)`", text)


# --- reason codes

def test_reason_codes():
    """In one order everywhere: the first that applies counts."""
    enum = re.search(r"enum reason \{(.*?)\}", source("shared/messages/event.h"), re.DOTALL)[1]
    members = re.findall(r"REASON_(\w+)", enum)[1:-1]
    table = re.search(r"reason_codes\[[^]]*\] = \{(.*?)\};", source("shared/messages/event.c"), re.DOTALL)[1]
    codes = dict(re.findall(r'\[REASON_(\w+)\] = "(\w+)"', table))
    assert codes == {member: member.lower() for member in ["NONE", *members]}
    order = [member.lower() for member in members]
    schema = json.loads((ROOT / "schemas/topics/evidence.rejected.json").read_text())
    assert schema["properties"]["reason"]["enum"] == order
    readme = table_after(README, "Why an event is rejected")
    assert [code for row in readme for code in quoted(row[0])] == order


def test_why_evidence_does_not_count():
    """A client knows every code that it can meet, and how each is said on the page."""
    codes = re.findall(r' = "(\w+)"', source("services/gateway/counting.c"))
    evidence = yaml.safe_load((ROOT / "schemas/openapi.yaml").read_text())["components"]["schemas"]["evidence"]
    assert evidence["properties"]["uncounted"]["enum"] == [*codes, None]
    assert all(code in evidence["properties"]["uncounted"]["description"] for code in codes)


# --- services

def test_a_service_is_a_row_and_a_folder():
    """The images hold a program for each folder, `make` one for each row."""
    assert {path.name for path in (ROOT / "services").iterdir() if path.is_dir()} == {*PROGRAMS}
    assert len({*NUMBERS.values()}) == len(PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_service_has_its_role(name):
    """And a service a schema that its role owns: what it writes, nobody else does."""
    sql = "".join(path.read_text() for path in (ROOT / "schemas/sql").glob("*.sql"))
    assert f"'terukur_{name}'" in sql  # where it is created unless it is there
    assert name not in SERVICES or f"CREATE SCHEMA {name} AUTHORIZATION terukur_{name};" in sql


def test_compose_is_made_from_the_table():
    done = subprocess.run([sys.executable, ROOT / "scripts/compose.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {*SERVICES} <= {*COMPOSE["services"]}
    assert f"--uid {NUMBERS['admin']} " in (ROOT / "Dockerfile").read_text()  # the user of whoever has none of his own


def test_prometheus_scrapes_every_service():
    """By its name in Compose, at the port on which operators look; rules call it by the same name."""
    said = yaml.safe_load((ROOT / "observability/prometheus.yml").read_text())["scrape_configs"]
    assert [job["job_name"] for job in said] == ["terukur"]
    groups = [(*group["targets"], group["labels"]) for group in said[0]["static_configs"]]
    assert sorted(groups, key=str) == sorted(((f"{name}:{NUMBERS[name]}", {"service": name}) for name in SERVICES), key=str)


# --- topics

TOPICS = topic_names()
ACTIVITY = "terukur.activity.{source}"  # as AsyncAPI has it


def address(topic):
    return ACTIVITY if topic == TOPICS["ACTIVITY"] else topic


def channel_of(reference):
    return ASYNCAPI["channels"][reference["$ref"].rpartition("/")[2]]


def asyncapi_says():
    """{(program, its group or None when it writes, address)}, without the systems upstream."""
    found = set()
    for operation in ASYNCAPI["operations"].values():
        group = operation.get("bindings", {}).get("kafka", {}).get("groupId", {}).get("const")
        assert (operation["action"] == "receive") == bool(group)
        for tag in operation["tags"]:
            found.add((tag["$ref"].rpartition("/")[2], group, channel_of(operation["channel"])["address"]))
    return {row for row in found if row[0] != "upstream"}


def table_says():
    return {(row.name, group, address(topic))
            for row in ROWS for group, topic in [*row.reads, *((None, topic) for topic in row.writes)]}


def code_says():
    """From the subscriptions, and from the codecs that are called to say something."""
    found = set()
    for name in PROGRAMS:
        files = [source(path.relative_to(ROOT)) for path in (ROOT / f"services/{name}").glob("*.c")]
        text = "".join(files)
        lists = {array: re.findall(r"TOPIC_([A-Z_]+?)(?:_PATTERN)?\b", topics)
                 for array, topics in re.findall(r"(\w+)\[\] = \{(TOPIC_.*?), NULL\}", text, re.DOTALL)}
        for group, array in re.findall(r'\.group = "([\w-]+)",\s*\.topics = (\w+),', text):
            found |= {(name, group, address(TOPICS[topic])) for topic in lists[array]}
        found |= {(name, None, TOPICS[said.upper()]) for said in re.findall(r"\b(\w+_\w+)_emit\(", text)}
        if any("topic_of_source(" in file and "bus_produce" in file for file in files):
            found.add((name, None, ACTIVITY))
    return found


def test_who_reads_and_writes_what():
    """In the table, from which `admin status` takes whom to wait for; in the code; and in AsyncAPI."""
    assert table_says() == code_says()
    assert table_says() == asyncapi_says()


def test_topics():
    """Partitions, compaction and retention, what a message is keyed by, and which schema it has."""
    text, day = source("shared/messages/topics.c"), 86400000
    rows = re.findall(r'\{TOPIC_(\w+), (\d+), (\w+), (-?\d+)( \* DAY_MS)?\},\s*"(.*?)",\s*"(.*?)"', text)
    made = {address(TOPICS[name]): (int(partitions), compacted == "true", int(retention) * (day if unit else 1),
                                    key if name != "ACTIVITY" else None, f"topics/{schema}.json")
            for name, partitions, compacted, retention, unit, key, schema in rows}
    said = {}
    for channel in ASYNCAPI["channels"].values():
        kafka = channel["bindings"]["kafka"]
        settings = kafka["topicConfiguration"]
        message = ASYNCAPI["components"]["messages"][[*channel["messages"].values()][0]["$ref"].rpartition("/")[2]]
        key = message.get("bindings", {}).get("kafka", {}).get("key", {}).get("description", "").removesuffix(".")
        said[channel["address"]] = (
            kafka["partitions"], settings["cleanup.policy"] == ["compact"], settings.get("retention.ms", -1),
            key[:1].lower() + key[1:] or None, message["payload"]["schema"]["$ref"])
    assert made == said


def test_topics_have_their_names_in_one_place():
    found = [str(path.relative_to(ROOT)) for path in SOURCES if re.search(
        r'"\^?terukur(\\\\)?\.(?!activity\.\w+\.v1")', source(path.relative_to(ROOT)))]
    assert found == ["shared/messages/topics.h"]


def test_topics_in_the_readme():
    rows = table_after(README, "decided without a person")
    assert [re.search(r"\w+", row[0])[0] for row in rows] == list(PROGRAMS)
    said = {(re.search(r"\w+", row[0])[0], reads, topic.replace("*", "{source}").replace("<source>", "{source}"))
            for row in rows for reads, cell in ((True, row[1]), (False, row[2])) for topic in quoted(cell)}
    assert said == {(name, group is not None, topic) for name, group, topic in table_says()}


# --- settings

def settings_of(name):
    """{setting: its default, None when it is required} from --help."""
    said = subprocess.run([BUILD / name, "--help"], env={}, capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^  ([A-Z][A-Z_]+) +\S.*?(?: \[(.*)\]| \(required\))?$", said, re.MULTILINE)
    assert rows
    return {setting: default for setting, default in rows if not setting.startswith("KAFKA_…")}


COMMON = ("KAFKA_BROKERS", "DATABASE_URL", "OPS_LISTEN", "LOG_LEVEL", "INSTANCE")


@pytest.mark.parametrize("name", SERVICES)
def test_settings_in_compose(name):
    """A name that the program does not know would be ignored without a word."""
    known = {*settings_of(name)}
    given = {setting.removesuffix("_FILE") for setting in COMPOSE["services"][name].get("environment", {})}
    assert {setting for setting in given if setting == "KAFKA_BROKERS" or not setting.startswith("KAFKA_")} <= known
    assert {"KAFKA_BROKERS", "DATABASE_URL"} <= given


@pytest.mark.parametrize("name", SERVICES)
def test_settings_of_the_stack(name):
    assert {*SERVICE_SETTINGS.get(name, {})} <= {*settings_of(name)}


@pytest.mark.parametrize("name", SERVICES)
def test_settings_in_the_services_readme(name):
    """Each of its own, with its default."""
    text = own_readme(name)
    for setting, default in settings_of(name).items():
        if setting in COMMON:
            continue
        assert f"`{setting}`" in text, setting
        line = next(line for line in text.splitlines() if f"`{setting}`" in line)
        assert not default or default in line, f"{setting}: {default}"


@pytest.mark.parametrize("name", SERVICES)
def test_ops_ports(name):
    """The program's default is what Compose and `make up` use."""
    port = settings_of(name)["OPS_LISTEN"].rpartition(":")[2]
    assert int(port) == PORTS[name][1]
    compose = COMPOSE["services"][name]
    assert compose["environment"]["OPS_LISTEN"].rpartition(":")[2] == port


# --- metrics, commands, files

@pytest.mark.parametrize("name", SERVICES)
def test_metrics_in_the_services_readme(name):
    own = re.findall(rf'"(terukur_{name}_\w+)"', source(f"services/{name}/main.c"))
    text = own_readme(name)
    assert [metric for metric in own if metric not in text] == []


def test_metrics_in_their_document():
    """Who writes an alert finds each figure, its kind and its labels."""
    row = re.compile(r'\{METRIC_(\w+), "(\w+)",\s*(?:"[^"]*"\s*)+,\s*(?:NULL|"([^"]*)"),\s*\w+\}')
    made = {(name, kind.lower(), tuple(labels.split(",") if labels else ()))
            for path in SOURCES for kind, name, labels in row.findall(source(path.relative_to(ROOT)))}
    assert len(made) > 30
    process = re.findall(r'"(process_\w+)",\s*"[^"]*",\s*METRIC_(\w+)', source("shared/base/metrics.c"))
    made |= {(name, kind.lower(), ()) for name, kind in process}
    said = {(quoted(name)[0], kind, tuple(quoted(labels))) for name, kind, labels, _ in
            table_after((ROOT / "docs/metrics.md").read_text(), "# Figures")}
    assert made == said


def test_commands_in_admins_readme():
    said = subprocess.run([BUILD / "admin", "--help"], env={}, capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  ([a-z]+(?: [a-z]+)?)\b", said.partition("settings")[0], re.MULTILINE)
    assert len(commands) > 10
    text = own_readme("admin")
    assert [command for command in commands if command not in text] == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_files_in_the_services_readme(name):
    """Its tour, where it has one, names every C file, and none that is gone."""
    text, folder = own_readme(name), ROOT / f"services/{name}"
    named = {name for word in quoted(text) for name in re.findall(r"^[a-z_]+\.c$", word)}
    assert not named or named == {path.name for path in folder.glob("*.c")}


@pytest.mark.parametrize("path", sorted(p.relative_to(ROOT) for p in [
    *ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("*/*/*.md")]), ids=str)
def test_links(path):
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / path).read_text()):
        assert (ROOT / path).parent.joinpath(link).exists(), link


# --- routes

def api_routes():
    """{(method, path): the rest of its row in the gateway's table}."""
    table = source("services/gateway/routes.c")
    rows = re.findall(r'\{"([A-Z]+)", "/api/v1(/\S*)", (.*?)\},\n(?=\n|\t\{|\};)', table, re.DOTALL)
    return {(method, path): rest for method, path, rest in rows}


def api_operations():
    return {(method.upper(), path): operation for path, item in OPENAPI["paths"].items()
            for method, operation in item.items() if method in ("get", "post", "put", "delete", "patch")}


def test_routes():
    """The gateway's table and OpenAPI have the same endpoints."""
    assert {*api_routes()} == {*api_operations()}


@pytest.mark.parametrize("route", sorted(api_routes()), ids=" ".join)
def test_route_asks_for_what_openapi_says(route):
    """The same query parameters, the same ones required; a token, or none; a body, or none."""
    row, operation = api_routes()[route], api_operations()[route]
    parameters = [OPENAPI["components"]["parameters"][p["$ref"].split("/")[-1]] if "$ref" in p else p
                  for p in operation.get("parameters", ())]
    asked = re.findall(r"\[PARAM_(\w+)\] = PARAM_(OPTIONAL|REQUIRED)", row)
    assert {name.lower(): how == "REQUIRED" for name, how in asked} == {
        p["name"]: p.get("required", False) for p in parameters if p["in"] == "query"}
    assert ("FOR_ANYBODY" in row) == (operation.get("security") == [])
    assert (".body" in row) == ("requestBody" in operation)


# --- rules of the house

DOORS = {  # header: where it may be included
    "libpq-fe.h": r"shared/db/\w*\.[ch]", "librdkafka/rdkafka.h": r"shared/bus/\w*\.[ch]",
    "microhttpd.h": r"shared/http/\w*\.[ch]", "sodium.h": r"shared/base/digest\.c",
    "curl/curl.h": r"services/notification/mail\.c",
}
CALLS = {  # what is called: where it may be
    r"\b(?:secure_)?getenv\(": r"shared/base/conf\.c",
    r"(?<![\w.>])_?exit\(": r"shared/service/service\.c",
    r"\bgettimeofday\(|(?<![\w.>])time\(": r"shared/base/clock\.c",
    r"(?<!\w)(system|popen|sprintf|gets)\(": "nowhere",
}


@pytest.mark.parametrize("header", DOORS)
def test_one_door_per_library(header):
    """Whoever changes a library's version has one file to read."""
    found = [str(path.relative_to(ROOT)) for path in SOURCES if f"<{header}>" in path.read_text()]
    assert found
    assert [path for path in found if not re.fullmatch(DOORS[header], path)] == []


@pytest.mark.parametrize("call", CALLS)
def test_calls_have_their_place(call):
    found = [str(path.relative_to(ROOT)) for path in SOURCES
             if re.search(call, source(path.relative_to(ROOT)))]
    assert [path for path in found if not re.fullmatch(CALLS[call], path)] == []


SQL = r"shared/service/reading_statements\.h|services/\w+/store\w*\.[ch]|(services/\w+|shared/appraisal)/\w+_load\.c|services/admin/migrate\.c|shared/appraisal/roster_statements\.h|shared/db/db_schema\.c"


def test_sql_stays_in_the_stores():
    """All of a service's statements are in its store*.c, or in what a snapshot is loaded by; migrations are files."""
    found = [str(path.relative_to(ROOT)) for path in SOURCES if re.search(
        r'"\s*(SELECT .* FROM|INSERT INTO|UPDATE \w+\.|DELETE FROM|COPY) ', source(path.relative_to(ROOT)))]
    assert [path for path in found if not re.fullmatch(SQL, path)] == []


def test_nobody_reads_anothers_tables():
    """A schema has one writer; the others read the views that it publishes, and ask the functions that it lets them. (admin works as the owner of the registry,
    and as an operator reads intake's and scoring's evidence to verify it.)"""
    wrong = []
    migrations = "".join(path.read_text() for path in ROOT.glob("schemas/sql/*.sql"))
    for path in [*ROOT.glob("services/*/store*.[ch]"), *ROOT.glob("services/*/*_load.c")]:
        own = path.parent.name
        if own == "admin":
            continue
        code = re.sub(r"^#include .*", "", source(path.relative_to(ROOT)), flags=re.MULTILINE)
        sql = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', code))
        for schema, table in re.findall(rf"\b(registry|{'|'.join(SERVICES)})\.([a-z_]+)\b", sql):
            granted = f"GRANT EXECUTE ON FUNCTION {schema}.{table} TO terukur_{own};"
            if schema != own and not table.endswith("_view") and granted not in migrations:
                wrong.append(f"{path.relative_to(ROOT)}: {schema}.{table}")
    assert wrong == []


def test_every_view_has_a_reader():
    """A view that no program, test or document reads is a remnant: a migration drops it."""
    made = set()
    for path in sorted((ROOT / "schemas/sql").glob("*.sql")):
        for verb, names in re.findall(r"^(CREATE|CREATE OR REPLACE|DROP) VIEW ([\w., \n\t]+?)(?: AS|;)", path.read_text(), re.M):
            views = {*re.findall(r"\w+\.\w+_view", names)}
            made = made - views if verb == "DROP" else made | views
    assert len(made) > 20
    readers = "".join(path.read_text() for room in ("services", "shared", "tests") for path in (ROOT / room).rglob("*.*")
                      if path.suffix in (".c", ".h", ".py", ".md"))
    assert [view for view in sorted(made) if view not in readers] == []


ROOMS = ("base", "bus", "db", "http", "messages", "appraisal", "service")


def rooms_of(path):
    """The rooms of shared/ from which a file takes something."""
    return {*re.findall(r'#include "([a-z]+)/', path.read_text())} & {*ROOMS}


def test_rooms_of_the_library():
    """base needs nobody; a door needs base; what lies deeper needs no skeleton, and nobody in there knows a service."""
    may = {"base": {"base"}, "bus": {"base", "bus"}, "db": {"base", "db"}, "http": {"base", "http"},
           "messages": {"base", "bus", "messages"}, "appraisal": {"base", "db", "appraisal"},
           "service": {"base", "bus", "db", "http", "messages", "service"}}
    assert {path.name for path in (ROOT / "shared").iterdir()} == {*may}
    wrong = [f"{path.relative_to(ROOT)}: {room}" for path in ROOT.glob("shared/*/*.[ch]")
             for room in rooms_of(path) - may[path.parent.name]]
    assert wrong == []


def test_a_file_has_500_lines_at_most():
    assert [str(path.relative_to(ROOT)) for path in SOURCES if len(path.read_text().splitlines()) > 500] == []


# What is neither constant nor in a struct that somebody was given: one for each process, and why.
GLOBALS = {
    "shared/service/service.c": {"self", "default_instance", "default_ops"},  # the process itself
    "shared/base/log.c": {"logger"}, "shared/base/metrics.c": {"all", "n_all", "adding", "started"},  # what it says of itself
    "services/gateway/main.c": {"gateway"}, "services/notification/main.c": {"values"},  # its settings
    "services/intake/main.c": {"values"},
    "shared/http/http_peers.c": {"dismissing"},  # that it is about to end
}


def globals_of(code):
    """Names of what a file keeps that is not constant: `static int n;`, and the end of `static struct {`."""
    names, constant = set(), True
    for line in code.splitlines():
        if re.match(r"(static )?(const )?(struct|union)\b.*\{$", line):
            constant = line.startswith("static const") or not line.startswith("static")
        elif (end := re.match(r"\} (\w+)", line)) and not constant:
            names.add(end[1])
        elif re.match(r"static (?!const\b|inline\b)[^(]*[;=]", line) and "*const" not in line:
            names |= {*re.findall(r"(\w+)(?:\[\w+\])*(?=,|;| =)", line.partition(" = ")[0] + ";")}
    return names


def test_globals_are_listed():
    found = {str(path.relative_to(ROOT)): globals_of(source(path.relative_to(ROOT))) for path in SOURCES}
    assert {path: names for path, names in found.items() if names} == GLOBALS


def test_a_line_has_100_columns():
    long = [f"{path.relative_to(ROOT)}:{n}" for path in SOURCES
            for n, line in enumerate(path.read_text().splitlines(), 1) if len(line.expandtabs(8)) > 100]
    assert long == []


def test_migrations_are_numbered():
    numbers = [int(path.name[:3]) for path in sorted((ROOT / "schemas/sql").glob("*.sql"))]
    assert numbers == list(range(1, len(numbers) + 1))


# What programs of before may still need, or what makes them wait for long.
TAKES_AWAY = (r"\bDROP (TABLE|VIEW|COLUMN|FUNCTION|SCHEMA|TYPE|ROLE)\b|\bRENAME\b|\bREVOKE\b|\bALTER (COLUMN )?\w+ (SET NOT NULL|TYPE"
              r"|DROP DEFAULT|SET DATA TYPE)\b")


def test_a_migration_that_takes_away_says_for_whom():
    """HACKING: expand, migrate, contract. `admin migrate` believes the first line; a line that only looks as if it took
    something away that a program needs says `-- expand: ` and why it does not."""
    for path in sorted((ROOT / "schemas/sql").glob("*.sql")):
        number, sql = int(path.name[:3]), path.read_text()
        first = re.match(r"-- contract: (.*)", sql)
        if "-- contract:" in sql:
            assert first and re.fullmatch(r"\d{3}", first[1]) and 23 < int(first[1]) < number, path.name
            assert not re.match(r"-- contract:", next(ROOT.glob(f"schemas/sql/{first[1]}_*.sql")).read_text()), path.name
        elif number >= 23:
            now = re.sub(r"(CREATE (?:OR REPLACE )?FUNCTION [^;]*?)\$\$.*?\$\$", r"\1", sql, flags=re.S)  # what it runs itself
            now = re.sub(r"REVOKE ALL ON FUNCTION [^;]* FROM PUBLIC;", "", now)  # which all may call that are made
            wrong = [line for line in now.splitlines() if re.search(TAKES_AWAY, line.partition("--")[0], re.I)
                     and "-- expand: " not in line]
            assert wrong == [], path.name


def test_ce_types_in_the_code_are_in_the_schema():
    types = re.findall(r'\] = "(terukur\.activity\.\w+\.v1)"', source("shared/messages/event.c"))
    schema = (ROOT / "schemas/topics/activity.json").read_text()
    assert len(types) == 4 and all(f'"{name}"' in schema for name in types)
    assert quoted("".join(row[0] for row in table_after(README, "Four types"))) == types
