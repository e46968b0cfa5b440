# SPDX-License-Identifier: GPL-2.0
"""KTAP for the tests that run on the host and are written in Python."""


class Results:
    """Counts results and prints each as it comes. `planned` says how many there will be."""

    def __init__(self, planned: int) -> None:
        self.planned = planned
        self.count = 0
        self.failed = 0
        print(f"KTAP version 1\n1..{planned}", flush=True)

    def check(self, name: str, problems: list[str] | str = "") -> None:
        """One result. It passes if there are no problems, which are shown before it."""
        problems = problems.splitlines() if isinstance(problems, str) else problems
        self.count += 1
        for line in problems:
            print(f"# {line}")
        if problems:
            self.failed += 1
        print(f"{'not ok' if problems else 'ok'} {self.count} {name}", flush=True)

    def skip(self, name: str, reason: str) -> None:
        """One result that could not be had, and why."""
        self.count += 1
        print(f"ok {self.count} {name} # SKIP {reason}", flush=True)

    def finish(self) -> int:
        """Returns the exit status of the whole; fewer or more results than planned is a failure."""
        if self.count != self.planned:
            print(f"# {self.planned} results were planned, {self.count} came")
        return 1 if self.failed or self.count != self.planned or not self.count else 0
