"""The closing line of the kill tests: how many kills, of what, and what was compared."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told, total = [], Counter[str]()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, counts in report.user_properties:
                if name == "killed" and report.when == "call":
                    test = report.nodeid.rpartition("::test_")[2].replace("_", " ")
                    told.append(f"{test}: {counts['kills']}")
                    total.update(counts)
    if told:
        terminalreporter.write_line(
            f"killed {total['kills']} times ({'; '.join(sorted(told))}), "
            f"{total['deaths']} deaths with those on the way, {total['orders at work']} with orders at work, "
            f"{total['fills unheard']} with fills that were not on record yet; "
            f"started again each time: {total['orders']} orders and {total['fills']} fills "
            f"of {total['sessions']} sessions, positions and cash are the paper venue's"
        )
