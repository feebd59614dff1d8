"""`python3 -m local skips REPORT`: fails when a journey, race or fault test did not run.

REPORT is what `pytest --junitxml` wrote.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

KINDS = ("journeys", "races", "faults")


def skipped(report: Path) -> list[str]:
    """What should have run and did not; a kind of which nothing ran at all is named, too."""
    cases = list(ET.parse(report).getroot().iter("testcase"))
    wrong = []
    for kind in KINDS:
        mine = [case for case in cases if f"tests.{kind}" in case.get("classname", "")]
        if not mine:
            wrong.append(f"no test of tests/{kind} ran")
        wrong += [
            f"{case.get('classname')}::{case.get('name')}: {reason.get('message')}"
            for case in mine
            if (reason := case.find("skipped")) is not None
        ]
    return wrong


def main(arguments: list[str]) -> int:
    wrong = skipped(Path(arguments[0]))
    for line in wrong:
        sys.stderr.write(f"skipped: {line}\n")
    return 1 if wrong else 0
