#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether what Documentation/c-to-rust.rst names exists. Prints KTAP, a result for each row.

usage: c_to_rust.py --kunit FOLDER OUTPUT build/test/ARCH…

OUTPUT is the folder of a build, and each build/test/ARCH what a run of the tests left:
rustdoc's JSON has the items of the library, and the logs the names of the checks. Items
of the kernel crate are asked of the compiler. A cell with a dash is a gap, and a row with
gaps is skipped once what it does name was found.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TREE / "tests"), str(TREE / "scripts")]

import docs  # noqa: E402
import verdict  # noqa: E402
import witness  # noqa: E402
from ktap import Results  # noqa: E402
from savedcmd import SavedCommand  # noqa: E402
from tally import Ktap  # noqa: E402

TABLE = TREE / "Documentation/c-to-rust.rst"
COLUMNS = ("Row", "C", "Rust", "Used in", "Tested by")
ROWS = [f"R{number}" for number in range(1, 20)] + [f"F{number}" for number in range(1, 10)]
GAP = "\N{EM DASH}"
LITERAL = re.compile(r"``(.+?)``", re.S)
ITEM = re.compile(r"^(iomem|kernel)(::\w+)+$")


def rows() -> dict[str, dict[str, str]]:
    """The rows of the tables, by their first cell."""
    found = {}
    for table in re.split(r"^\.\. list-table::$", TABLE.read_text(encoding="utf-8"), flags=re.M)[1:]:
        for row in re.split(r"^   \* - ", table, flags=re.M)[1:]:
            cells = [" ".join(cell.split()) for cell in re.split(r"^     - ", row, flags=re.M)]
            # The heading of what comes after the table is no part of its last cell.
            cells[-1] = re.split(r" \w+ =+$", cells[-1])[0]
            if len(cells) != len(COLUMNS):
                raise ValueError(f"the row {cells[0]} has {len(cells)} cells")
            if cells[0] != COLUMNS[0]:
                found[cells[0]] = dict(zip(COLUMNS, cells))
    return found


def library(folder: Path) -> set[str]:
    """The public items of the library."""
    crate = json.loads((folder / "docs/iomem.json").read_text(encoding="utf-8"))
    items: list[docs.Item] = []
    docs.walk(crate["index"], crate["root"], "", None, items)
    return {item.path for item in items}


def unknown_to_kernel(output: Path, names: list[str]) -> set[str]:
    """Those of the names that the kernel crate does not have."""
    command = SavedCommand(output, "tests/kmod/mapping.o")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "names.rs"
        source.write_text("".join(f"#[allow(unused_imports)] use {name} as _;\n" for name in names),
                          encoding="utf-8")
        done = command.run(os.environ.get("RUSTC", "rustc"), "--crate-name", "names", "--crate-type",
                           "rlib", f"--emit=metadata={folder}/names.rmeta", "--error-format=json",
                           str(source), capture_output=True)
    unknown = set()
    for line in done.stderr.splitlines():
        message = json.loads(line)
        if message["level"] == "error":
            unknown |= {names[span["line_start"] - 1] for span in message["spans"]}
    if done.returncode and not unknown:
        raise ValueError(f"the compiler fails, and says {done.stderr}")
    return unknown


def checks(ktap: Ktap, folder: Path, whole: bool) -> set[str]:
    """The checks that passed, and the programs and groups that they are of.

    What failed proves nothing, and neither does what was skipped, if all architectures were run.
    """
    tallies = [tally for _, tally in verdict.programs(ktap, folder)] + [witness.look(folder)]
    tallies += [verdict.host(ktap, folder, group.name)
                for group in verdict.on_host(folder.name, first=False)]
    names = {name for tally in tallies for name in tally.passed}
    if not whole:
        # The reason comes after the name, and each may have a colon in it.
        names |= {name.rsplit(": ", count)[0] for tally in tallies for name in tally.skipped
                  for count in range(1, name.count(": "))}
    return {name.split(": ")[0] for name in names} | names


def look(row: dict[str, str], items: set[str], tests: set[str], whole: bool) -> tuple[list[str], list[str]]:
    """What a row names that does not exist, and what cannot be said because not all was run."""
    problems, unsure = [], []
    for name in LITERAL.findall(row["Rust"]):
        if ITEM.match(name) and name not in items:
            problems.append(f"there is no item {name}")
    if row["Rust"] != GAP and not any(map(ITEM.match, LITERAL.findall(row["Rust"]))):
        problems.append("it names no item")
    for name in LITERAL.findall(row["Used in"]):
        if not (TREE / name).is_file():
            problems.append(f"there is no file {name}")
    for name in LITERAL.findall(row["Tested by"]):
        if name not in tests:
            (problems if whole else unsure).append(f"no test '{name}' passed")
    for column in COLUMNS[1:]:
        if row[column] != GAP and not LITERAL.search(row[column]):
            problems.append(f"'{column}' is neither a dash nor names anything")
    return problems, unsure


def main() -> int:
    args = argparse.ArgumentParser(description="checks Documentation/c-to-rust.rst")
    args.add_argument("--kunit", required=True, type=Path)
    args.add_argument("output", type=Path)
    args.add_argument("folders", nargs="+", type=Path)
    options = args.parse_args()
    output = options.output.resolve()
    table = rows()
    results = Results(len(ROWS) + 1)
    results.check("rows", [f"no row {row}" for row in ROWS if row not in table]
                  + [f"a row {row}, which was not asked for" for row in table if row not in ROWS])

    ktap = Ktap(options.kunit)
    items = set().union(*(library(folder) for folder in options.folders))
    whole = len(options.folders) > 1
    tests = set().union(*(checks(ktap, folder, whole) for folder in options.folders))
    kernels = sorted({name for row in table.values() for name in LITERAL.findall(row["Rust"])
                      if name.startswith("kernel::") and ITEM.match(name)})
    items |= set(kernels) - unknown_to_kernel(output, kernels)

    for name in ROWS:
        row = table.get(name, dict.fromkeys(COLUMNS, ""))
        problems, unsure = look(row, items, tests, whole)
        gaps = [column for column in COLUMNS if row[column] == GAP]
        if not problems and (gaps or unsure):
            reasons = unsure + [f"nothing yet in {' and '.join(map(repr, gaps))}"] * bool(gaps)
            results.skip(name, "; ".join(reasons))
        else:
            results.check(name, problems)
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
