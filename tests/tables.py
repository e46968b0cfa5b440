# SPDX-License-Identifier: GPL-2.0
"""Whether the tables of what runs are read as they say, and what differs from them is found. Prints KTAP."""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import programs
import table
from ktap import Results
from tally import Tally

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))

# The path above has to be there first.
# pylint: disable=wrong-import-position
from vmlib.console import AllowList  # noqa: E402

# Sections of the allow-list that are no program's: scripts of the other runs in the machine.
OTHER_TESTS = {"topology", "left_bound", "windows", "lockdown_late", "efi", "host_bridge", "out-of-tree", "tools",
               "manual", "demo", "races", "kunit", "bench"}
RUNS = ("x86_64", "arm64", "x86_64-debug", "arm64-16k")


def wrong(function: Callable[[], object]) -> str:
    """What is said of a table that is wrong."""
    try:
        function()
    except table.Wrong as problem:
        return str(problem)
    return ""


def tally(passed: int = 0, skipped: tuple[str, ...] = (), failed: int = 0) -> Tally:
    """Checks of the program mmap."""
    return Tally([f"mmap: p{n}" for n in range(passed)], [f"mmap: f{n}" for n in range(failed)], list(skipped))


def planned(made: Tally, runs: str = "all", checks: str = "3 arm64*=4") -> list[str]:
    """What is said of that many checks."""
    known = len(made.failed)
    table.plan(table.Program("mmap", "mmap.c", "edu", "-", runs, checks), "x86_64", made)
    return made.failed[known:]


def plans(results: Results) -> None:
    """How many checks there have to be."""
    def said(name: str, lines: list[str], words: str = "") -> None:
        fits = len(lines) == bool(words) and all(words in line for line in lines)
        results.check(name, [] if fits else lines or [f"nothing is said of '{words}'"])

    said("as_many_as_declared", planned(tally(3)))
    said("fewer_fail", planned(tally(2)), "made 2 checks, and tests/guest/programs.tsv declares 3 on x86_64")
    said("more_fail", planned(tally(4)), "made 4 checks")
    said("skipped_and_failed_ones_count", planned(tally(1, ("mmap: s: why",), 1)))
    said("none_fail", planned(tally()), "made 0 checks")
    said("where_all_are_skipped_one_line_will_do", planned(tally(0, ("mmap: mmap: why",)), "arm64*"))
    said("where_all_are_skipped_none_is_made", planned(tally(3), "arm64*"), "correct the column 'runs'")
    for run, count in (("x86_64", 3), ("arm64", 4), ("arm64-16k", 4), ("arm6", 3)):
        results.check(f"number_on_{run}", "" if table.number("3 arm64*=4", run) == count else "another one")
    results.check("first_pattern_counts", "" if table.number("3 arm64-16k=5 arm64*=4", "arm64-16k") == 5 else "no")
    for name, made, failed, notes in (("enough", 3, 0, 0), ("fewer", 2, 1, 0), ("more", 4, 0, 1)):
        found = tally(made)
        table.floor(table.Group("docs", "all", False, "3"), "x86_64", found)
        results.check(f"group_that_makes_{name}",
                      "" if (len(found.failed), len(found.notes)) == (failed, notes) else f"{found}")


def skips(results: Results) -> None:
    """What may be skipped."""
    rows = [["all", "mmap: one*", "it is [so], *"], ["all", "mmap: two", "why"], ["all", "info: x", "why"]]
    known = {"acpi": table.Program("acpi", "acpi.c", "-", "-", "x86_64*", "6")}

    def judged(line: str, run: str = "arm64") -> tuple[int, list[str]]:
        found, made = table.Skips(run, known, rows), tally(0, (line,))
        found.judge(made)
        return len(made.failed), found.unused({"mmap"})

    for name, line, failed in (("listed", "mmap: one.more: it is [so], now", 0),
                               ("of_another_reason", "mmap: one.more: it is not", 1),
                               ("of_another_test", "mmap: three: why", 1),
                               ("of_another_program", "edu: two: why", 1),
                               ("whose_reason_only_begins_so", "mmap: two: why not", 1),
                               ("of_a_program_that_skips_all_there", "acpi: any: why", 0)):
        results.check(f"skip_{name}", "" if judged(line)[0] == failed else f"{judged(line)}")
    results.check("skip_of_that_program_elsewhere", "" if judged("acpi: any: why", "x86_64")[0] == 1 else "no")
    unused = judged("mmap: two: why")[1]
    results.check("allowed_and_not_skipped_is_told",
                  "" if len(unused) == 1 and unused[0].startswith("mmap: one* may be skipped") else unused)
    # What decides by chance is never to be skipped.
    for run in RUNS:
        bad = [name for name in ("race", "race_irq", "race_many", "race_load", "oracle", "leak", "fuzz")
               if table.Skips.read(run).allow(f"{name}: test: why")]
        results.check(f"chance_is_not_skipped_on_{run}", [f"{name} may be skipped" for name in bad])


def mismatches(results: Results) -> None:
    """That each program is the same in table, folder and suite."""
    results.check("this_tree", programs.mismatches(table.TREE))
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        shutil.copytree(table.TREE / "tests", tree / "tests", dirs_exist_ok=True)
        listed, suite = tree / programs.TABLE, tree / programs.SUITE
        as_is, ran = listed.read_text(), suite.read_text()

        def said(name: str, *words: str) -> None:
            found = programs.mismatches(tree)
            fits = len(found) == len(words) and all(map(str.__contains__, found, words))
            results.check(name, [] if fits else found or ["nothing is said"])
            listed.write_text(as_is)
            suite.write_text(ran)

        (tree / "tests/stray.c").write_text("int main(void) { return 0; }\n")
        said("program_in_no_table", "tests/stray.c is a program that is not in the table: add it to")
        (tree / "tests/stray.c").rename(tree / "tests/attack/stray.rs")
        said("attack_in_no_table", "tests/attack/stray.rs is not in the table: add attack_stray to")
        (tree / "tests/attack/stray.rs").unlink()
        listed.write_text("".join(line for line in as_is.splitlines(True) if not line.startswith("kmod_irq\t")))
        said("program_of_the_suite_in_no_table", "tests/guest/suite runs kmod_irq, which is not in the table")
        listed.write_text(as_is + "stray\tstray.c\t-\t-\tall\t1\n")
        said("program_in_no_folder", "tests/stray.c does not exist", "tests/guest/suite does not run it")
        suite.write_text(ran.replace("IOMEM_NODE=$node run mmap\n", ""))
        said("program_that_the_suite_does_not_run", "mmap is in the table")
        listed.write_text(as_is.replace("\tedu\t", "\tshm\t", 1))
        said("section_that_is_another", "mmap is in section 'shm' of tests/guest/programs.tsv, and in section 'edu'")
        listed.write_text(as_is.replace("attack_owner\tall", "attack_other\tall", 1))
        said("beside_one_that_is_not_there", "owner runs beside attack_other")
        for name, text, words in (("row_with_too_few_columns", "stray\tstray.c\n", "a row has 6 columns"),
                                  ("row_twice", "mmap\tmmap.c\tedu\t-\tall\t1\n", "mmap has two rows"),
                                  ("checks_that_are_no_number", "stray\tstray.c\t-\t-\tall\tmany\n", "write a number")):
            listed.write_text(as_is + text)
            problem = wrong(lambda: table.read_programs(tree))
            results.check(name, "" if words in problem else problem or "nothing is said")
        listed.write_text(as_is)


def main() -> int:
    results = Results(39)
    plans(results)
    skips(results)
    mismatches(results)
    table.read_groups()
    known = {*table.read_programs(), *OTHER_TESTS}
    results.check("sections_of_the_log_are_those_of_tests", [
        f"scripts/guest/log-allow has a section of {name}, which is no test"
        for name in sorted(AllowList(SCRIPTS / "guest/log-allow").names - known)])
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
