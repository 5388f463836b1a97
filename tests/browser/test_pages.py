"""The pages as people use them: Debian's Chromium, a telephone and a desk, without JavaScript, with the keyboard alone. What
somebody loses if this fails: a page that cannot be read, reached or understood, by whoever needs it most."""
import importlib.util
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from browser import Driver
from daemon import wait_until
from town import Town
from web import ask, cookie_of, token

AXE = Path(importlib.util.find_spec("axe_playwright_python").submodule_search_locations[0], "axe.min.js").read_text()
NAMES = "return [...document.querySelectorAll('table.rows tbody th')].map(e => e.innerText)"
SIZES = {"telephone": (360, 740), "desk": (1280, 800)}
LONG = "M" * 200  # what a name may be
NOTHING = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def city(stack):
    """A head with a person who has a closed month, a running one, a message, and something of each kind to see."""
    today = datetime.now(timezone(timedelta(hours=7))).date()
    town = Town(stack, people=3, load=False)
    head, person, long = town.nips
    late, kept, latest = (f"{town.unit}-{what}" for what in ("late", "kept", "latest"))
    town.registry["indicators"] = [
        {**town.indicator(town.visits, "count", min=0, max=100), "name": {"id": "Kunjungan rumah", "en": "Home visits"},
         "unit": {"id": "kunjungan", "en": "visits"}},
        {**town.indicator(town.quality, "mean", min=0, max=100), "name": {"id": "Mutu catatan", "en": "Records"},
         "unit": {"id": "poin", "en": "points"}},
        {**town.indicator(late, "mean", "less", "service_quality", min=0, max=999), "name": {"id": "Waktu tunggu", "en": "Waiting"},
         "unit": {"id": "menit", "en": "minutes"}},
        {**town.indicator(kept, "count", "less", min=0, max=99), "name": {"id": "Keluhan", "en": "Complaints"}},
        {**town.indicator(latest, "latest", min=0, max=99), "name": {"id": "Kelengkapan", "en": "Completeness"}}]
    town.registry["indicators"] += [
        {**town.indicator(f"{town.unit}-long", "count", min=0, max=9), "name": {"id": LONG, "en": LONG}, "unit": LONG}]
    town.registry["positions"] += [{"code": f"{town.unit}-long", "name": LONG, "items": [town.item(f"{town.unit}-long", 2)]}]
    town.registry["sources"][0]["indicators"] = [row["code"] for row in town.registry["indicators"]]
    town.registry["positions"][0]["name"] = "Perawat"
    town.registry["positions"][0]["items"] = [
        town.item(town.visits, 10, 40), town.item(town.quality, [40, 60], 20), town.item(late, 20, 20), town.item(kept, 5, 10),
        town.item(latest, 90, 10, "ADDITIONAL")]
    town.registry["people"] = [town.person(head, name="Siti Kepala"),
                               town.person(person, superior=head, name="Budi Perawat, S.Kep."),
                               town.person(long, superior=head, position=f"{town.unit}-long", name=LONG)]
    town.registry["plans"] = [town.plan(nip, year=year) for nip in town.nips for year in {2026, today.year}]
    stack.load(town.registry)
    events = [town.event(subject=person, time=f"2026-{month:02}-{day:02}T08:15:00+07:00", ref=f"catatan/{day}")
              for month in (2, 3) for day in range(2, 10)]
    events += [town.event(subject=person, time="2026-03-04T08:15:00+07:00", indicator=indicator, value=value)
               for indicator, value in ((town.quality, 70), (late, 25.5), (kept, 1))]
    events += [town.event("corrected", subject=person, time="2026-03-05T08:15:00+07:00", replaces=events[8]["id"]),
               town.event(subject=person, time=f"{today}T00:00:00+07:00"), town.event(subject=head),
               town.event(subject=person, time="2026-03-04T08:15:00+07:00", value=999, id=LONG[:128]),
               town.event(subject=long, indicator=f"{town.unit}-long")]
    town.settle(*events)
    town.person_id, town.head_id, town.long_id, town.month = town.id(person), town.id(head), town.id(long), f"{today:%Y-%m}"
    town.message = stack.value(
        "INSERT INTO notification.inbox (person, period, kind, occasion, at, title, body, published) VALUES "
        "(%s, '2026-03', 'closed', 'browser', now(), %s, %s, true) RETURNING id", town.person_id,
        json.dumps({"id": "Hasil kerja Maret 2026", "en": "Results for March 2026"}),
        json.dumps({"id": "Periode sudah berakhir.\n\n- Kunjungan rumah: 8\n", "en": "It is over.\n\n- Home visits: 8\n"}))
    town.url = stack.env["GATEWAY_URL"]
    town.tokens = {"person": token(stack, "person", "--nip", person), "head": token(stack, "head", "--nip", head),
                   "auditor": token(stack, "auditor")}
    return town


@pytest.fixture(scope="module")
def driver():
    with Driver() as driver:
        yield driver


def pages(city):
    """{path: who may see it} of every kind of page, wrong ones among them."""
    person, long = f"/people/{city.person_id}", f"/people/{city.long_id}"
    return {"/": ("person", "head", "auditor"), f"{person}/scores/2026-03": ("person", "head", "auditor"),
            f"{person}/scores/{city.month}": ("person",), f"{person}/scores/2026-Q1": ("person",), f"{person}/scores/2026": ("person",),
            f"{person}/evidence?period=2026-03": ("person", "head"), f"{person}/evidence?period=2026-03&indicator=none": ("person",),
            f"{person}/inbox": ("person", "head"), f"{person}/inbox/{city.message}": ("person",),
            f"{person}/scores/1999": ("person",), f"{person}/scores/2026-13": ("person",), f"{person}/inbox/999999999": ("person",),
            f"{long}/scores/2026-03": ("head",), f"{long}/evidence?period=2026-03": ("head",),
            f"/people/{NOTHING}/inbox": ("auditor",), f"/people/{NOTHING}/scores/2026": ("person",), "/?lang=xx": ("person",),
            "/people": ("auditor",), "/people?q=budi": ("auditor",), "/people?q=nobody": ("auditor",), "/rejections": ("auditor",), "/access": ("auditor",),
            "/agencies": ("auditor",), "/people?cursor=x": ("auditor",)}


def sign_in(browser, city, who, path="/"):
    browser.go(city.url + path)
    browser.tab_to("token")
    browser.type(city.tokens[who])
    browser.enter()


# --- whoever looks

@pytest.mark.parametrize("language", ["id", "en"])
def test_axe_finds_nothing(driver, city, language):
    with driver.browser(*SIZES["telephone"], language, javascript=True) as browser:
        browser.go(city.url)
        found = {"sign-in": axe(browser)}
        for who in city.tokens:
            sign_in(browser, city, who)
            for path in [path for path, by in pages(city).items() if who in by]:
                browser.go(city.url + path)
                assert browser.run("return document.documentElement.lang") == language
                found[who, path] = axe(browser)
            browser.go(city.url).follow("Keluar" if language == "id" else "Sign out")
    assert {where: wrong for where, wrong in found.items() if wrong} == {}


def axe(browser):
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = browser.driver.ask("POST", f"{browser.path}/execute/async", {"args": [], "script": AXE + (
        "; const done = arguments[arguments.length - 1]; axe.run().then(r => done(r.violations.map("
        "v => v.id + ': ' + v.nodes.map(n => n.html).slice(0, 3).join(' | '))))")})
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("who", ["person", "head", "auditor"])
def test_nothing_runs_over_the_edge(driver, city, size, who):
    """No page has to be pushed sideways, folded or unfolded, in either language."""
    wide = {}
    for language in ("id", "en"):
        with driver.browser(*SIZES[size], language) as browser:
            sign_in(browser, city, who)
            for path in [path for path, by in pages(city).items() if who in by]:
                browser.go(city.url + path)
                browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
                over = browser.run("return document.documentElement.scrollWidth - window.innerWidth")
                if over > 0:
                    wide[language, path] = over
    assert wide == {}


def test_a_month_at_a_glance(driver, city):
    """On a telephone no more than three screens before anything is unfolded; each page small, with its styles."""
    with driver.browser(*SIZES["telephone"]) as browser:
        sign_in(browser, city, "person")
        for month in ("2026-03", city.month):
            browser.go(f"{city.url}/people/{city.person_id}/scores/{month}")
            assert browser.run("return document.querySelectorAll('details.item').length") >= (4 if month == "2026-03" else 1)
            assert browser.height() <= 3 * SIZES["telephone"][1], month
        cookies = {who: cookie_of(city.stack, city.tokens[who]) for who in city.tokens}
    style = len(ask(city.stack, "GET", "/style.css").body)
    sizes = {(path, who): len(ask(city.stack, "GET", path, Cookie=cookies[who]).body) + style
             for path, by in pages(city).items() for who in by}
    assert max(sizes.values()) < 50_000, sizes


def test_a_score_is_printed_on_one_page(driver, city):
    with driver.browser(*SIZES["desk"]) as browser:
        sign_in(browser, city, "person")
        browser.go(f"{city.url}/people/{city.person_id}/scores/2026-03")
        assert len(re.findall(rb"/Type\s*/Page\b", browser.pdf())) == 1


# --- whoever has a keyboard

@pytest.mark.parametrize("size", SIZES)
def test_a_person_s_way(driver, city, size):
    """Sign in, home, score, an indicator unfolded, evidence and back, the message of a mail's link, the language, sign out."""
    with driver.browser(*SIZES[size]) as browser:
        message = f"/people/{city.person_id}/inbox/{city.message}"
        sign_in(browser, city, "person", message)  # a mail's link
        assert browser.url == city.url + message and "Periode sudah berakhir." in browser.text()
        assert city.stack.value("SELECT read_at IS NOT NULL FROM notification.inbox WHERE id = %s", city.message)
        browser.follow("Kembali ke kotak masuk")
        assert "Hasil kerja Maret 2026\n" in browser.text()  # and not "baru"
        browser.follow("Beranda").follow("Mar")
        text = browser.text()
        assert "Budi Perawat" in text and "Siti Kepala" in text and "7" in text and "Capaian" not in text
        browser.unfold("Kunjungan rumah")
        text = browser.text()
        assert "8 dari 10 kunjungan" in text and "8 ÷ 10 × 100 = 80,00" in text
        browser.follow("8 bukti dukung")
        text = browser.text()
        assert "Kunjungan rumah: 8 dari 10 kunjungan" in text and "di luar batas" in text.partition("Ditolak")[2]
        assert "5 Maret 2026" in text and "sudah diganti" in text
        browser.follow("Kembali ke nilai").follow("English")
        assert "Performance, March 2026" in browser.text() and "8 of 10 visits" in browser.text()
        browser.follow("Terukur")
        assert "Inbox" in browser.text()
        browser.follow("Sign out")
        assert "Sign in to Terukur" in browser.text()
        browser.go(f"{city.url}/people/{city.person_id}/scores/2026-03")
        assert "Sign in to Terukur" in browser.text()


@pytest.mark.parametrize("size", SIZES)
def test_a_wrong_key(driver, city, size):
    with driver.browser(*SIZES[size]) as browser:
        browser.go(city.url).tab_to("token").type("wrong")
        browser.enter()
        assert "Kunci tidak dikenal" in browser.text() and browser.run("return document.title").startswith("Gagal:")
        browser.unfold("Kunci tidak dikenal")
        assert wait_until(lambda: browser.focused() == "token", 10)


@pytest.mark.parametrize("who", ["head", "auditor"])
def test_who_looks_at_others(driver, city, who):
    with driver.browser(*SIZES["telephone"]) as browser:
        sign_in(browser, city, who)
        if who == "head":
            assert "Keadaan 2 pegawai" in browser.text()
            browser.follow("Nama")
            assert [row[:4] for row in browser.run(NAMES)] == ["Budi", LONG[:4]]
            browser.follow("Bukti terakhir")
            assert [row[:4] for row in browser.run(NAMES)] == [LONG[:4], "Budi"]
        if who == "auditor":
            browser.tab_to("q").type("budi")
            browser.enter()
        browser.follow("Budi Perawat")
        assert "Budi Perawat" in browser.text()
        browser.follow("Semua bukti dukung")
        assert ("hanya diperlihatkan" in browser.text()) == (who == "head")


@pytest.mark.parametrize("size", SIZES)
def test_an_auditor_s_way(driver, city, size):
    """Sign in, search, score, evidence and back, what was rejected, who looked, the language, sign out."""
    with driver.browser(*SIZES[size]) as browser:
        sign_in(browser, city, "auditor", "/people")
        assert browser.url == city.url + "/people"
        browser.tab_to("q").type("budi perawat")
        browser.enter().follow("Budi Perawat").follow("Semua bukti dukung").follow("Kembali ke nilai")
        browser.follow("Terukur")
        assert "Pemeriksaan terakhir" in browser.text()
        browser.follow("Penolakan")
        assert "30 hari terakhir" in browser.text()
        browser.follow("Catatan akses")
        assert "bukti dukung, Budi Perawat" in browser.text()
        browser.follow("English")
        assert "evidence, Budi Perawat" in browser.text()
        browser.follow("Sign out").follow("Agencies in this city")
        assert "Dinas" in browser.text()


def test_the_keyboard_sees_where_it_is(driver, city):
    """What has the focus has an outline, and the first key leads past the head."""
    with driver.browser(*SIZES["telephone"]) as browser:
        sign_in(browser, city, "person")
        browser.press("Tab")
        assert browser.focused() == "Langsung ke isi"
        browser.press("Tab")
        assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
