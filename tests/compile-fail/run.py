#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether what must not build does not build, and for the reason that it should. Prints KTAP.

usage: run.py OUTPUT [CASE…]

Each case is a file beside this one: a small crate, compiled by the command that kbuild
used for a test module (OUTPUT is the folder of a build), twice. As it is, it has to
build; with `--cfg misuse` it must not. What is expected is said where it is expected:

    regs.read32(0x100); //~ LINK rust_build_error
    drop(claim); //~ ERROR E0505: cannot move out of `claim`
    Attribute::new(c"", show), //~ CONST an attribute has no name

ERROR: the compiler reports that error, with those words, at that line. It must report
all that is marked and nothing else. CONST: a constant of the library's, which is evaluated for
this crate, stops the compiler with those words, wherever it points. LINK: the compiler is content, but its object asks for
a symbol that does not exist, which modpost refuses by that name: so fails `build_assert!`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "scripts")]

from ktap import Results  # noqa: E402
from savedcmd import SavedCommand  # noqa: E402

# Any user of the library that is no part of it will do.
COMMAND_OF = "tests/kmod/mapping.o"
ERROR = re.compile(r"//~ ERROR (?:(E\d+): )?(.+)$")
CONST = re.compile(r"//~ CONST (.+)$")
LINK = re.compile(r"//~ LINK (\w+)$")


def compile_case(command: SavedCommand, case: Path, folder: Path, misuse: bool) -> tuple[Path, list]:
    """Compiles a case. Returns where its object would be, and the errors."""
    target = folder / f"{case.stem}-{'misuse' if misuse else 'proper'}.o"
    done = command.run(os.environ.get("RUSTC", "rustc"), "--crate-name", f"case_{case.stem}",
                       "--crate-type", "rlib", f"--emit=obj={target}", "--error-format=json",
                       *(["--cfg", "misuse"] if misuse else []), str(case), capture_output=True)
    errors = []
    for line in done.stderr.splitlines():
        message = json.loads(line) if line.startswith("{") else {"level": "error", "message": line}
        # The last one counts the others.
        if message["level"].startswith("error") and not message["message"].startswith("aborting due"):
            errors.append(message)
    if done.returncode and not errors:
        errors.append({"message": f"the compiler's exit status is {done.returncode}"})
    return target, errors


def undefined(target: Path) -> set[str]:
    """The symbols that an object asks for."""
    printed = subprocess.run(["nm", "--undefined-only", "--format=posix", str(target)],
                             check=True, text=True, capture_output=True).stdout
    return {line.split()[0] for line in printed.splitlines()}


def rendered(errors: list) -> list[str]:
    """The errors as a person reads them."""
    return [line for error in errors
            for line in error.get("rendered", error["message"]).rstrip().splitlines()]


def said(error: dict) -> str:
    """All that an error says, without the lines of source that it shows: the marks are there."""
    parts = [error, *error.get("children", ())]
    return "\n".join([part["message"] for part in parts]
                     + [span["label"] or "" for part in parts for span in part.get("spans", ())])


def lines_of(error: dict, case: Path) -> list[int]:
    """The lines of the case that an error points to as its cause."""
    lines = []
    for span in error.get("spans", ()):
        # What is wrong in a macro of the library is wrong where the case uses that.
        while span and Path(span["file_name"]).name != case.name:
            span = (span.get("expansion") or {}).get("span") and {
                **span["expansion"]["span"], "is_primary": span["is_primary"]}
        if span and span["is_primary"]:
            lines.append(span["line_start"])
    return lines


def try_case(command: SavedCommand, case: Path, folder: Path) -> list[str]:
    """Returns what is wrong with a case: nothing, if it behaves."""
    marked, constants, links = {}, {}, set()
    for number, line in enumerate(case.read_text(encoding="utf-8").splitlines(), 1):
        if match := ERROR.search(line):
            marked[number] = (match[1], match[2])
        if match := CONST.search(line):
            constants[number] = match[1]
        if match := LINK.search(line):
            links.add(match[1])
    if bool(marked or constants) == bool(links):
        return ["it has to have lines with '//~ ERROR' or '//~ CONST', or one with '//~ LINK'"]

    target, errors = compile_case(command, case, folder, misuse=False)
    if errors:
        return ["without the misuse it does not build:", *rendered(errors)]
    if stray := undefined(target) & links:
        return [f"without the misuse it asks for {', '.join(sorted(stray))} as well"]

    target, errors = compile_case(command, case, folder, misuse=True)
    if links:
        if errors:
            return ["the compiler should be content, and is not:", *rendered(errors)]
        return [f"the object does not ask for {name}: it would link"
                for name in sorted(links - undefined(target))]

    problems = []
    for number, (code, words) in marked.items():
        fitting = [error for error in errors if number in lines_of(error, case)
                   and words in said(error)
                   and code in (None, (error.get("code") or {}).get("code"))]
        if not fitting:
            problems.append(f"{case.name}:{number}: no error {code or ''} '{words}'")
        errors = [error for error in errors if error not in fitting]
    for number, words in constants.items():
        fitting = [error for error in errors if words in said(error)
                   and (error.get("code") or {}).get("code") == "E0080"]
        if not fitting:
            problems.append(f"{case.name}:{number}: no constant stops it with '{words}'")
        errors = [error for error in errors if error not in fitting]
    if errors:
        problems += ["errors that are not expected:", *rendered(errors)]
    if problems and not errors:
        problems.append("the compiler reported nothing else")
    return problems


def main() -> int:
    output = Path(sys.argv[1]).resolve()
    cases = sorted(HERE.glob("*.rs"))
    if len(sys.argv) > 2:
        cases = [case for case in cases if case.stem in sys.argv[2:]]
    command = SavedCommand(output, COMMAND_OF)
    results = Results(len(cases))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        tried = pool.map(lambda case: try_case(command, case, Path(folder)), cases)
        for case, problems in zip(cases, tried):
            results.check(case.stem, problems)
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
