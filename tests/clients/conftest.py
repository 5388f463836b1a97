"""Towns whose plans are this year's, since a client says that the work was done now; and the table at the end of a run."""
from datetime import datetime

import pytest
from town import Town
from upstream import PONTIANAK, Client

TABLE = "test_table.py::test_every_event_counts["


def pytest_configure(config):
    config.addinivalue_line("markers", "toolchain: needs Go, Java or Node, which `make clients` brings")


@pytest.fixture(scope="module")
def towns(stack):
    year = datetime.now(PONTIANAK).year
    towns = [Town(stack, load=False) for _ in range(30)]
    for town in towns:
        town.registry["plans"] = [town.plan(nip, year=year) for nip in town.nips]
    stack.load({part: [row for town in towns for row in town.registry[part]] for part in towns[0].registry})
    return iter(towns)


@pytest.fixture
def client(town):
    return Client(town)


def outcome(report):
    """`works`, or the first line of what went wrong."""
    if report.passed:
        return "works"
    crash = getattr(report.longrepr, "reprcrash", None)
    return (crash.message if crash else str(report.longrepr)).splitlines()[0].removeprefix("Failed: ")


def pytest_terminal_summary(terminalreporter):
    reports = [report for kind in ("passed", "failed", "error") for report in terminalreporter.stats.get(kind, ())]
    cells = {report.nodeid.partition(TABLE)[2].rstrip("]"): outcome(report) for report in reports
             if TABLE in report.nodeid and (report.when == "call" or report.failed)}
    if cells:
        terminalreporter.section("official SDKs, in their default settings")
        for cell, what in cells.items():
            terminalreporter.write_line(f"{cell:24} {what}")
