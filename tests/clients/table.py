"""The table at the end of a run: pytest -p table tests/clients."""
TABLE = "test_table.py::test_every_event_counts["


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
