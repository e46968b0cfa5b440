# SPDX-License-Identifier: GPL-2.0
"""Checks of one group, by outcome, and how KTAP becomes such a group."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

# Of a check that fails, the last lines before its result: what differs comes last.
_MOST_SAID = 40


@dataclass
class Tally:
    """The names of the checks; a skipped one with its reason. What failed ones said, by name.

    A note is no check: it says what is to be put right in a table.
    """

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, ok: bool) -> None:
        (self.passed if ok else self.failed).append(name)

    def __iadd__(self, other: "Tally") -> "Tally":
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.said |= other.said
        self.notes += other.notes
        return self


class Ktap:
    """The kernel's own reader of KTAP, tools/testing/kunit."""

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, str(folder))
        # Found at run time: it comes with the kernel that was prepared.
        import kunit_parser  # pylint: disable=import-outside-toplevel
        import kunit_printer  # pylint: disable=import-outside-toplevel
        self._parser = kunit_parser
        self._silent = kunit_printer.null_printer

    def read(self, text: str, group: str) -> Tally:
        """The checks in one document; what is wrong with the document is a failed check."""
        test = self._parser.parse_run_tests(text.splitlines(keepends=True), self._silent)
        tally = Tally()
        self._walk(test, group, tally)
        if test.counts.errors and not tally.failed:
            tally.failed.append(f"{group}: {test.counts.errors} errors in its KTAP")
        return tally

    def _walk(self, test, group: str, tally: Tally) -> None:
        if test.subtests:
            for sub in test.subtests:
                self._walk(sub, group, tally)
            return
        name = f"{group}: {test.name or 'one that was planned and did not run'}"
        match test.status.name:
            case "SUCCESS":
                tally.passed.append(name)
            case "SKIPPED" if test.skip_reason.strip():
                tally.skipped.append(f"{name}: {test.skip_reason.strip()}")
            case "SKIPPED":
                tally.failed.append(f"{name}: skipped without a reason")
            case other:
                name = f"{name} ({other.lower().replace('_', ' ')})"
                tally.failed.append(name)
                tally.said[name] = [line for line in test.log if line.strip()][-_MOST_SAID:]
