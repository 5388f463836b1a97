"""Files as offices have them. What they lose if this fails: a day spent on a list that the spreadsheet has spoilt unseen, a
person who is in no list, an address that never gets a mail."""
import csv
import html
import io
import json
import re
import subprocess

import pytest
from conftest import BUILD, ROOT
from test_admin import database  # noqa: F401: a fixture
from web import ask, cookie_of, token

HEADER = "nip,name,unit,position,superior,from,until,email\n"


@pytest.fixture
def send(stack, tmp_path):
    """Imports a file as it came, bytes or text; the CompletedProcess, whatever its exit code."""
    def run(content, *options, part="people"):
        path = tmp_path / f"{part}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return stack.admin(part, "import", *options, path, check=False)
    return run


def people(stack, *wanted):
    done = stack.admin("people", "list", *wanted, check=False)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def line(town, nip, name="Orang", superior="", **more):
    fields = {"from": "2026-01-01", "until": "", "email": "", **more}
    return f"{nip},{name},{town.unit},{town.position},{superior},{fields['from']},{fields['until']},{fields['email']}\n"


def official(nip, between=" "):
    return between.join((nip[:8], nip[8:14], nip[14], nip[15:]))


def names(stack, nips):
    return [row["name"] for row in people(stack) if row["nip"] in nips]


def test_nips_as_people_write_them(stack, town, send):
    """Nobody asks an office to type 18 bare digits anew. Machines have no such excuse."""
    nips = [town.new_nip(i) for i in range(3, 12)]
    written = [official(nips[0]), official(nips[1], "."), f"'{nips[2]}", f"{nips[3]} ", f"\u00a0{nips[4]}", official(nips[5], "-"),
               f'="{nips[6]}"', f"\u202a{official(nips[7], chr(0x2009))}\u202c", f'"=""{nips[8]}"""']
    done = send(HEADER + "".join(map(lambda nip: line(town, nip), written)))
    assert done.returncode == 0, done.stderr
    assert {*nips} <= {row["nip"] for row in people(stack)}
    assert send(HEADER + line(town, nips[0], superior=official(nips[1]))).stdout.startswith("assignments: 0 added, 1 changed")
    town.tell(town.event(subject=official(nips[0])))
    stack.wait_idle()
    assert list(town.rejections().values()) == ["invalid_nip"]


def test_nips_that_a_spreadsheet_cut(stack, town, send):
    """Loaded, they would be other people's, or nobody's."""
    nip = town.new_nip(5)
    done = send(HEADER + line(town, "1.99001E+17") + line(town, f"{nip[:15]}000") + line(town, '"1,99001182015051E+17"')
                + line(town, nip))
    assert done.returncode == 1 and not done.stdout
    for number, cell in (2, "1.99001E+17"), (3, f"{nip[:15]}000"), (4, "1,99001182015051E+17"):
        assert f'line {number}, column nip: "{cell}" lost its ' in done.stderr
    assert done.stderr.count("format Text") == 3 and "line 5" not in done.stderr
    assert "3 errors in" in done.stderr
    assert [row for row in people(stack) if row["nip"].startswith(nip[:8]) and row["nip"] not in town.nips] == []


def test_a_nip_in_json_is_text(stack, town):
    """As a number, JSON's readers round it just like spreadsheets."""
    row = json.dumps(town.person(town.new_nip(6))).replace(f'"{town.new_nip(6)}"', town.new_nip(6))
    done = stack.admin("registry", "load", "-", input=f'{{"people": [{row}]}}', check=False)
    assert done.returncode == 1 and "people[0].nip" in done.stderr
    assert town.new_nip(6) not in {row["nip"] for row in people(stack)}


def test_empty_rows_and_columns(stack, town, send):
    row = line(town, town.new_nip(5)).strip()
    text = "\ufeff" + HEADER.strip() + f",\r\n{row},\r\n" + ",,,,,,,,\r\n" * 3
    done = send(text)
    assert done.returncode == 0 and "people: 1 added" in done.stdout and not done.stderr
    assert send(text).stdout == "nothing changed\n"


def test_any_separator_and_end_of_line(stack, town, send):
    """One person, as five programs save it."""
    head, row = HEADER.strip(), line(town, town.new_nip(5), '"Ani, ""S.Kep"""').strip()
    semicolons = "\ufeffnip;name;unit;position;superior;from;until;email\r\n" \
        + f'{town.new_nip(5)};"Ani, ""S.Kep""";{town.unit};{town.position};;01/01/2026;;\r\n'
    assert "people: 1 added" in send(f"{head}\n{row}\n").stdout
    for same in (f"{head}\r\n{row}\r\n", f"{head}\r{row}\r", semicolons, "sep=;\r\n" + semicolons[1:],
                 semicolons.replace(";", "\t"), f"{head.upper()}\n{row}"):
        assert send(same).stdout == "nothing changed\n"
    assert names(stack, [town.new_nip(5)]) == ['Ani, "S.Kep"']
    assert stack.admin("people", "import", "-", input=f"{head}\n{row}").stdout == "nothing changed\n"


def test_dates(stack, town, send):
    def until(nip):
        return stack.rows("SELECT a.from_date::text, a.until_date::text FROM registry.assignment a JOIN registry.person p ON "
                          "p.id = a.person WHERE p.nip = %s", nip)
    first, second = town.new_nip(5), town.new_nip(6)
    assert send(HEADER + line(town, first, **{"from": "01/02/2026", "until": "31/12/2026"})
                + line(town, second, **{"from": "1/2/2026"})).returncode == 0
    assert until(first) == [("2026-02-01", "2026-12-31")] and until(second) == [("2026-02-01", None)]
    done = send(HEADER + line(town, first, **{"from": "01/02/2026", "until": "31-12-2026"}))
    assert done.returncode == 1 and 'line 2, column until: "31-12-2026" is no date; write 2026-02-01' in done.stderr
    assert "column from" not in done.stderr


def test_headers_in_indonesian(stack, town, send):
    """The sheet has a number, a grade and a note besides; nobody has to take them out."""
    nip = town.new_nip(5)
    text = "No;NIP;Nama;Unit Kerja;Jabatan;NIP Atasan;Mulai;Selesai;E-mail;Gol.\r\n" \
        f"1;{official(nip)};Siti;{town.unit};{town.position};{official(town.nips[0])};1/1/2026;;siti@contoh.go.id;III/a\r\n"
    done = send(text, "--dry-run")
    assert done.returncode == 0 and "people: 1 added" in done.stdout and "dry run" in done.stdout
    done = send(text)
    assert done.returncode == 0 and "people: 1 added" in done.stdout
    assert [line.split(" is not read")[0] for line in done.stderr.splitlines()] == [
        'warning: line 1: the column "No"', 'warning: line 1: the column "Gol."']
    assert stack.rows("SELECT p.email, s.nip FROM registry.person p JOIN registry.assignment a ON a.person = p.id JOIN "
                      "registry.person s ON s.id = a.superior WHERE p.nip = %s", nip) == [("siti@contoh.go.id", town.nips[0])]


@pytest.mark.parametrize("content, told", [
    (HEADER.encode("utf-16"), 'the file: is "Unicode text", UTF-16; save it as "CSV UTF-8"'),
    (HEADER.encode("utf-16-le"), "the file: holds NUL bytes, as UTF-16 does"),
    (b"PK\x03\x04...", "the file: is a workbook (xlsx, ods), not CSV; save it as"),
    (b"<table>", "the file: is a web page or XML"),
    (b"", "line 1: the header is missing"),
    (b"nama,unit,jabatan,mulai\n", "line 1: the column nip is missing"),
    (b"nip,nama,name,unit,jabatan,mulai\n", 'line 1: the columns "nama" and "name" are both name'),
    ("nip,nama,unit,jabatan,mulai\n1,Désirée,u,p,1/1/2026\n".encode("cp1252"),
     'line 2, column name (nama): "D\\xe9sir\\xe9e" is not UTF-8; save the file as "CSV UTF-8"'),
    (b'nip,name,unit,position,from\n1,"A,u,p,1/1/2026\n', "line 2: a quote is opened and never closed"),
    (b"nip,name,unit,position,from\n1,A,S.Pd.,u,p,1/1/2026\n", 'line 2: "1/1/2026" is field 6, where the header has 5'),
    (b"nip,name,unit,position,from\n\n\n1,A,u,p,1/1/2026\n", 'line 4, column nip: "1" has 1 digit,'),
    (b"nip,name,unit,position,from\n1,,u,p,1/1/2026\n", "line 2, column name: is missing"),
    (b"nip,name,unit,position,from,email\n1,A,u,p,1/1/2026,x@y..id\n", 'line 2, column email: "x@y..id": must be an e-mail'),
    (b"nip,name,unit,position,from\n1,A,nowhere,p,1/1/2026\n", 'line 2, column unit: "nowhere": there is no "nowhere" among'),
], ids=range(14))
def test_what_is_wrong_is_told_with_place_and_cure(stack, send, content, told):
    done = send(content)
    assert done.returncode == 1 and told in done.stderr and "nothing is changed" in done.stderr


def test_a_hundred_faults_are_told_and_all_counted(stack, town, send):
    done = send(HEADER + line(town, "2e17") * 3000)
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert len(told) == 102 and told[100] == "… and 2900 more" and "3000 errors in" in told[101]


def test_people_also_come_by_registry_load(stack, town, tmp_path):
    path = tmp_path / "people.CSV"
    path.write_text(HEADER + line(town, official(town.new_nip(5))))
    assert "people: 1 added" in stack.admin("registry", "load", path).stdout


NAMES = ["Ma'ruf", "Nur’Aini", "Suharto", "dr. Siti Aminah, Sp.A., M.Kes.", 'Budi "Boy" Santoso', "-Joko", "'Aisyah", "O",
         "Désirée Ñ", "Ayu  \n Lestari\u00a0"]
AS_SHOWN = NAMES[:-1] + ["Ayu Lestari"]


def test_names_stay_as_they_are(stack, town, send):
    """In the list, in the agency's report and on the page; an apostrophe before a dash keeps a spreadsheet from running it."""
    nips = [town.new_nip(i) for i in range(3, 3 + len(NAMES))]
    quoted = ['"{}"'.format(name.replace('"', '""')) for name in NAMES]
    assert send(HEADER + "".join(map(lambda nip, name: line(town, nip, name), nips, quoted))).returncode == 0
    assert names(stack, nips) == [f"'{name}" if name == "-Joko" else name for name in AS_SHOWN]
    stack.load({"plans": [town.plan(nip) for nip in nips]})
    town.settle(*[town.event(subject=nip) for nip in nips])
    auditor = token(stack, "auditor")
    agency = town.registry["agencies"][0]["code"]
    report = ask(stack, "GET", f"/api/v1/reports/agency.csv?agency={agency}&period=2026-03", auditor).body.decode("utf-8-sig")
    assert {f"'{name}" if name == "-Joko" else name for name in AS_SHOWN} <= {
        row["name"] for row in csv.DictReader(io.StringIO(report))}
    cookie, path = cookie_of(stack, auditor), "/people/{}/scores/2026-03"
    for nip, name in zip(nips, AS_SHOWN):
        page = ask(stack, "GET", path.format(town.id(nip)), Cookie=cookie)
        assert page.status == 200 and name in html.unescape(page.text)


def test_a_name_of_invisible_characters_is_none(stack, town, send):
    done = send(HEADER + line(town, town.new_nip(5), "\u200b\u00a0"))
    assert done.returncode == 1 and "line 2, column name: is missing" in done.stderr
    path = stack.run_dir / "invisible.json"
    path.write_text(json.dumps({"people": [town.person(town.new_nip(5), name="\u200b\ufeff")],
                                "agencies": [{"code": "invisible", "name": "\u2060"}],
                                "units": [{**town.registry["units"][0], "name": "\u202e\u3164\u2003"}]}))
    done = stack.admin("registry", "load", path, check=False)
    assert done.returncode == 1
    for place in ("people[0]", "agencies[0]", "units[0]"):
        assert f"{place}.name: shows nothing: " in done.stderr and "type it anew" in done.stderr


BAD = ["siti@contoh.go.id.", "siti@contoh..go.id", "siti@dinas_kota.go.id", "sitï@contoh.go.id", "s" * 65 + "@contoh.go.id"]


def test_an_address_that_no_mail_server_takes(stack, town, send):
    """It is refused while somebody looks, not months later when a mail is to go out."""
    nips = [town.new_nip(i) for i in range(3, 8)]
    path = stack.run_dir / "addresses.json"
    path.write_text(json.dumps({"people": [town.person(nip, email=email) for nip, email in zip(nips, BAD)]}))
    done = stack.admin("registry", "load", path, check=False)
    assert done.returncode == 1 and all(f"people[{i}].email: " in done.stderr for i in range(5))
    done = send(HEADER + "".join(line(town, nip, email=email) for nip, email in zip(nips, BAD)))
    assert done.returncode == 1 and all(f'line {i + 2}, column email: "{email}": must be' in done.stderr
                                        for i, email in enumerate(BAD))
    assert names(stack, nips) == []


def test_absences(stack, town, send):
    """A leave takes its days out of the target, whoever typed it."""
    town.settle(town.event())
    assert town.score()["items"][0]["target"] == "10.00"
    text = f"NIP;Tanggal Mulai;Tanggal Selesai;Jenis\r\n{official(town.nips[0])};05/03/2026;15/3/2026;cuti melahirkan\r\n"
    assert send(text, part="absences").stdout.startswith("absences: 1 added, 0 changed\n")
    assert send(text, part="absences").stdout == "nothing changed\n"
    stack.wait_idle()
    assert town.score()["items"][0]["target"] == "6.45"  # 10 · 20/31
    done = send(f"nip,from,until,kind\n{town.nips[0]},1/3/2026,1/2/2026,sakit\n{town.new_nip(9)},1/3/2026,,sakit\n",
                part="absences")
    assert done.returncode == 1
    assert 'line 2, column until: "1/2/2026": is before from' in done.stderr
    assert f'line 3, column nip: "{town.new_nip(9)}": there is no such person' in done.stderr
    assert "line 3, column until: is missing" in done.stderr


def test_plans(stack, town, send):
    """A plan of one's own is a line for each item; the position's a line without."""
    text = f"""nip,tahun,status,mulai,indikator,target,bobot,jenis
{official(town.nips[0])},2026,disepakati,01/07/2026,{town.visits},20,"60,5",utama
{town.nips[1]},2026,AGREED,2026-07-01,,,,
{town.nips[0]},2026,Agreed,1/7/2026,{town.quality},40..60,39.5%,tambahan
"""
    assert send(text, part="plans").stdout.startswith("plans: 2 added, 0 changed\n")
    assert send(text, part="plans").stdout == "nothing changed\n"
    town.settle(town.event(time="2026-08-04T08:15:00+07:00"),
                town.event(time="2026-08-04T08:15:00+07:00", indicator=town.quality, value=50))
    assert [(i["indicator"], i["target"], i["weight"], i["kind"]) for i in town.score("2026-08")["items"]] == [
        (town.visits, "20.00", "60.50", "MAIN"), (town.quality, ["40.00", "60.00"], "39.50", "ADDITIONAL")]
    done = send(text.replace("20,", "1.000,", 2).replace("60,5", "0").replace("39.5%", "0"), part="plans")
    assert done.returncode == 1
    assert 'line 2, column target: "1.000" may have a separator of thousands' in done.stderr
    assert 'line 2, column weight (bobot): "0": the sum of the weights must be above 0' in done.stderr


def test_a_list_of_people_says_who_and_where(stack, town):
    assert people(stack, town.nips[0]) == [
        {"nip": town.nips[0], "person": town.id(), "name": "Pegawai", "unit": town.unit, "position": town.position}]
    assert len(people(stack)) == stack.value("SELECT count(*) FROM registry.person")


def test_where_somebody_is_today(stack, towns):
    """Else where they were last, or else where they will be first."""
    town, other = next(towns), next(towns)
    left, comes, moved = (town.new_nip(i) for i in (3, 4, 5))
    day = {name: str(stack.value("SELECT (now() AT TIME ZONE 'Asia/Pontianak')::date + %s::int", n))
           for name, n in (("before", -60), ("yesterday", -1), ("today", 0), ("tomorrow", 1), ("later", 60))}
    there = {"unit": other.unit, "position": other.position}
    stack.load({"people": [
        town.person(left, **{"from": day["before"], "until": day["yesterday"]}),
        town.person(comes, **{"from": day["tomorrow"]}), town.person(comes, **{"from": day["later"]}, **there),
        town.person(moved), town.person(moved, **{"from": day["today"]}, **there),
        town.person(moved, **{"from": day["tomorrow"]})]})
    assert [people(stack, nip)[0]["unit"] for nip in (left, comes, moved)] == [town.unit, town.unit, other.unit]


def test_somebody_is_found_by_nip_or_name(stack, town, send):
    first, second = town.new_nip(3), town.new_nip(4)
    assert send(HEADER + line(town, first, "Nur’aini Désirée Kusumawardhani") + line(town, second, "Kusumawardhana")).returncode == 0

    def found(wanted):
        return [row["nip"] for row in people(stack, wanted)]
    for written in (first, official(first), official(first, "."), f" '{first}", f'="{first}"', f"\u00a0{first}\u200b"):
        assert found(written) == [first]
    assert found("KUSUMAWARDHANI") == found("nur'aini dés") == found("NURAINI DÉSIRÉE") == [first]
    assert found(" kusumawardhan ") == [first, second]
    for nobody in (town.new_nip(9), "Kusumawardhan_", "%"):
        done = stack.admin("people", "list", nobody, check=False)
        assert (done.returncode, done.stdout) == (1, "nip,person,name,unit,position\n") and "nobody" in done.stderr
    assert stack.admin("people", "list", " ", check=False).returncode == 1


def test_the_readmes_lists(stack, database, tmp_path):
    """Who learns it from the README types what is there."""
    env, _ = database
    text = (ROOT / "README.md").read_text()
    (tmp_path / "new.json").write_text(re.search(r"### A new indicator.*?```json\n(.*?)```", text, re.DOTALL)[1])
    script = re.search(r"### Offices' lists.*?```sh\n(.*?)```", text, re.DOTALL)[1]
    (tmp_path / "build").symlink_to(BUILD)
    stack.run("admin", "migrate", env=env)
    stack.run("admin", "registry", "load", tmp_path / "new.json", env=env)
    done = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, env={
        **env, "KAFKA_BROKERS": stack.brokers, "PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "people: 1 added" in done.stdout and "absences: 1 added" in done.stdout and "plans: 1 added" in done.stdout
    assert re.search(r"^199102032016032001,[0-9a-f-]{36},Contoh Staf,perpus-kota,librarian$", done.stdout, re.MULTILINE)
    assert done.stdout.endswith("nothing changed\n")
