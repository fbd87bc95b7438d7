#!/usr/bin/env python3
"""Fails if something was skipped that this machine could run.

    skipcheck.py reports [--since FILE] ROOT    the Surefire and Failsafe reports below ROOT
    skipcheck.py log FILE                       the output of deploy/test/compose-test

Prints every skip. The exit code is 1 if one of them is not in ALLOWED, or if a test class has no
report or a report without tests: it was excluded, or an assumption failed in @BeforeAll, which
Surefire does not report as a skip.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

PROCESS_STATUS = Path("/proc/self/status")
CAP_SYS_ADMIN = 21
TESTS_NAMED = 3


class Skip(NamedTuple):
    """Something that was skipped. Relative paths in the reason start from the folder."""

    what: str
    reason: str
    folder: Path


class Allowed(NamedTuple):
    """Allows skips whose reason matches, on a machine that lacks what they need."""

    needed: str
    reason: str
    is_lacking: Callable[[re.Match, Path], bool] = lambda match, folder: True


def is_missing(match: re.Match, folder: Path) -> bool:
    return not (folder / match.group("file")).exists()


def has_one_core(match: re.Match, folder: Path) -> bool:
    return len(os.sched_getaffinity(0)) == 1


def may_not_mount(match: re.Match, folder: Path) -> bool:
    status = PROCESS_STATUS.read_text(encoding="ascii", errors="replace")
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return effective is None or not int(effective.group(1), 16) >> CAP_SYS_ADMIN & 1


def has_no_apt(match: re.Match, folder: Path) -> bool:
    return shutil.which("apt-get") is None


# The known impossibilities. A reason that is not here fails the build.
ALLOWED = [
    Allowed("GPU", r"^(SKIPPED|NOT EXERCISED): .*\bGPU\b"),
    Allowed("registry of images", r"^NOT EXERCISED: .*\b(published images|registry)\b"),
    Allowed("package of Grafana or Jaeger", r"^NOT EXERCISED: .*\b(Grafana|Jaeger)\b"),
    Allowed(
        "data from outside the repository",
        r"^SKIPPED: no (.* )?(?P<file>\S+); set MILLRACE_(DATA|GOLDEN)\b",
        is_missing,
    ),
    Allowed("second core", r"^assumption was not met due to: \[cores\]", has_one_core),
    Allowed("right to mount", r"^SKIPPED: .*(needs root|cannot be started)", may_not_mount),
    Allowed("apt", r"^SKIPPED: .*there is no apt-get", has_no_apt),
]


def allowed_for(skip: Skip) -> Allowed | None:
    for allowed in ALLOWED:
        match = re.search(allowed.reason, skip.reason)
        if match and allowed.is_lacking(match, skip.folder):
            return allowed
    return None


def reason_of(skipped: ElementTree.Element) -> str:
    """Returns a <skipped> element's reason on one line, without exception class and stack trace."""
    text = skipped.get("message") or skipped.text or ""
    text = re.split(r"\n\s+at |\nCaused by: ", text, maxsplit=1)[0]
    text = re.sub(r"^\s*[\w.$]+(Exception|Error):", "", text)
    text = re.sub(r"^\s*Assumption failed:", "", text)
    return " ".join(text.split()) or "no reason is given"


class Reports:
    """The skips in the reports below a folder, and the test classes that ran no test."""

    def __init__(self, root: Path, since: float):
        self.skips: list[Skip] = []
        self.classes: list[str] = []
        self.without_tests: list[str] = []
        for sources in sorted(root.glob("**/src/test/java")):
            module = sources.parents[2]
            if "target" not in module.relative_to(root).parts:
                self._read(module, sources, since)

    def _read(self, module: Path, sources: Path, since: float) -> None:
        reported: set[str] = set()
        for report in sorted(module.glob("target/*-reports/TEST-*.xml")):
            if report.stat().st_mtime >= since:
                reported |= self._read_report(report, module)
        classes = list(test_classes(sources))
        self.classes += classes
        self.without_tests += [name for name in classes if name not in reported]

    def _read_report(self, report: Path, module: Path) -> set[str]:
        """Returns the top-level classes with a test in the report, skipped or not."""
        classes = set()
        for test in ElementTree.parse(report).getroot().iter("testcase"):
            name = test.get("classname", "")
            classes.add(name.split("$")[0])
            skipped = test.find("skipped")
            if skipped is not None:
                what = f"{name}.{test.get('name', '')}"
                self.skips.append(Skip(what, reason_of(skipped), module))
        return classes


def test_classes(sources: Path) -> Iterator[str]:
    """Names the classes that Surefire and Failsafe look for, without the abstract ones."""
    for file in sorted(sources.rglob("*.java")):
        if re.search(r"(Test|Tests|IT)$", file.stem):
            code = file.read_text(encoding="utf-8")
            if not re.search(rf"\babstract\s+class\s+{re.escape(file.stem)}\b", code):
                yield ".".join(file.relative_to(sources).with_suffix("").parts)


def skips_in_log(log: Path) -> list[Skip]:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        Skip("compose-test", line.strip(), log.parent)
        for line in lines
        if re.match(r"\s*(SKIPPED|NOT EXERCISED):", line)
    ]


def judge(skips: list[Skip], without_tests: list[str]) -> int:
    """Prints the skips and returns the exit code."""
    allowed: dict[str, list[Skip]] = defaultdict(list)
    refused: dict[str, list[Skip]] = defaultdict(list)
    for skip in skips:
        found = allowed_for(skip)
        if found is None:
            refused[skip.reason].append(skip)
        else:
            allowed[f"there is no {found.needed} here: {skip.reason}"].append(skip)
    for text, of_it in sorted(allowed.items()):
        print(f"skipped ({len(of_it)}), {text}")
    for reason, of_it in sorted(refused.items()):
        names = ", ".join(sorted({skip.what for skip in of_it})[:TESTS_NAMED])
        more = ", ..." if len(of_it) > TESTS_NAMED else ""
        print(f"NOT ALLOWED ({len(of_it)}): {reason} [{names}{more}]")
    for name in without_tests:
        print(f"NOT ALLOWED: {name} ran no test; it was excluded, or skipped in @BeforeAll")
    if refused or without_tests:
        print(f"Install what is missing, or add a true impossibility to ALLOWED in {__file__}.")
        return 1
    if not allowed:
        print("Nothing was skipped.")
    return 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Fails if something was skipped without need.")
    commands = parser.add_subparsers(dest="command", required=True)
    reports = commands.add_parser("reports")
    reports.add_argument("--since", type=Path, help="ignore reports that are older than this file")
    reports.add_argument("root", type=Path)
    log = commands.add_parser("log")
    log.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    if options.command == "log":
        return judge(skips_in_log(options.file), [])
    since = options.since.stat().st_mtime if options.since else 0.0
    found = Reports(options.root.resolve(), since)
    if not found.classes:
        parser.error(f"there are no tests below {options.root}")
    return judge(found.skips, found.without_tests)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
