#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether everything unsafe argues its case: unsafe.py FILE.rs...

clippy sees that a block has a comment. This reads it. Of each block and implementation it wants
`// SAFETY:`, of each function and trait `# Safety` in its documentation (those of a trait's
implementation have the trait's), in whole sentences of their own: words that are used twice in a
file have to be about the same call, or to name the rule that they apply, which is argued elsewhere. And
only the library holds any: another file of the kernel's side says why the library cannot carry it.

Prints how many there are in which file, and what is wrong. The status is 1 if anything is.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

# What a comment or a string may hide, each kept as long as it was, so that lines stay.
_HIDDEN = re.compile(r"""//[^\n]*|/\*.*?\*/|b?c?r(#*)".*?"\1|[bc]?"(?:\\.|[^"\\])*"|b?'(?:\\.[^']*|[^'\\])'""", re.S)
# `unsafe` and what it is about. A type of functions is no function; the name of an ABI is a string.
_UNSAFE = re.compile(r"\bunsafe\s*(\{|\(uninit\)|impl\b|trait\b|(?:extern\s*)?fn\s+\w)")
_CALL = re.compile(r"([\w:.]+!?)\s*(?:::<[^()]*>)?\(")
# What is argued once, elsewhere: an invariant, a requirement, or what a named thing does.
_RULE = re.compile(r"invariant|requirement|`[^`]+`|caller")
LIBRARY = ("rust/iomem/", "rust/bindings/")
# Programs of this machine or of user space: the library is not there.
PROGRAMS = ("samples/user/", "tests/props/")
EXCUSE = "library cannot carry"


@dataclass
class Case:
    """Something unsafe: where, of which kind, what is said for it, and what it calls."""

    line: int
    kind: str
    argument: str | None
    call: str


def hide(text: str) -> str:
    """The code alone: comments and strings are blanks."""
    return _HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def comment_above(lines: list[str], code: list[str], at: int, mark: str) -> str | None:
    """What stands behind `mark` in the comment above the statement or the item at a line."""
    while at > 0:
        at -= 1
        line = lines[at].strip()
        if line.startswith("//"):
            first = at
            while first > 0 and lines[first - 1].strip().startswith("//"):
                first -= 1
            words = [re.sub(r"^//[/!]? ?", "", each.strip()) for each in lines[first:at + 1]]
            text = "\n".join(words)
            if mark in text:
                # Up to the next heading, or the next comment of this kind.
                return re.split(r"\n(?:# |[A-Z]+: )", text.rsplit(mark, 1)[1])[0].strip()
            at = first
        # A statement ends here, so that none of its comments are ours.
        elif code[at].rstrip().endswith((";", "}")) or not line:
            return None
    return None


def in_trait_impl(code: str, end: int) -> bool:
    """Whether the braces that are open at a place are first of all those of `impl ... for ...`."""
    depth = 0
    for at in range(end - 1, -1, -1):
        if code[at] == "}":
            depth += 1
        elif code[at] == "{":
            depth -= 1
            if depth < 0:
                head = re.split(r"[;{}]", code[:at])[-1]
                return re.search(r"\bimpl\b.*\bfor\b", head, re.S) is not None
    return False


def cases(text: str) -> list[Case]:
    """All that is unsafe in a file."""
    hidden = hide(text)
    lines, code = text.split("\n"), hidden.split("\n")
    found = []
    for match in _UNSAFE.finditer(hidden):
        line = hidden.count("\n", 0, match.start())
        kind = {"{": "block", "i": "impl", "t": "trait", "(": "block"}.get(match[1][0], "fn")
        if kind == "fn" and in_trait_impl(hidden, match.start()):
            continue
        mark = "# Safety\n" if kind in ("fn", "trait") else "SAFETY:"
        argument = comment_above(lines, code, line, mark)
        call = _CALL.search(hidden, match.end())
        found.append(Case(line + 1, kind, argument, call[1].split("::")[-1] if call else ""))
    return found


def fault(case: Case) -> str:
    """What is wrong with an argument; nothing if it is one."""
    if not case.argument:
        return "does not argue its case"
    if len(case.argument.split()) < 3:
        return f"says no more than '{case.argument}'"
    if not re.match(r"[A-Z`\d-]|[a-z]+fs\b", case.argument) or not re.search(r"\.$", case.argument):
        return f"does not argue in whole sentences: '{case.argument}'"
    return ""


def faults(path: str, text: str, found: list[Case]) -> list[str]:
    """What is wrong in one file."""
    wrong = [f"{path}:{case.line}: this unsafe {case.kind} {said}" for case in found if (said := fault(case))]
    seen: dict[str, Case] = {}
    for case in found:
        if case.kind != "block" or not case.argument or _RULE.search(case.argument):
            continue
        words = " ".join(case.argument.split())
        other = seen.setdefault(words, case)
        if other.call != case.call:
            wrong.append(f"{path}:{case.line}: '{case.call}' has the argument of '{other.call}', "
                         f"in line {other.line}, word by word")
    apart = not path.startswith(LIBRARY + PROGRAMS)
    if found and apart and EXCUSE not in re.sub(r"\s*\n\s*//[/!]?\s*", " ", text):
        wrong.append(f"{path}:{found[0].line}: it does not say why the {EXCUSE} what is unsafe here")
    return wrong


def main() -> int:
    wrong: list[str] = []
    total = dict.fromkeys(("block", "impl", "fn", "trait"), 0)
    print(f"{'blocks':>6} {'impls':>6} {'fns':>6} {'traits':>6}")
    for path in sys.argv[1:]:
        text = Path(path).read_text(encoding="utf-8")
        found = cases(text)
        wrong += faults(path, text, found)
        if found:
            counts = {kind: sum(case.kind == kind for case in found) for kind in total}
            total = {kind: total[kind] + counts[kind] for kind in total}
            print("".join(f"{count or '':>6} " for count in counts.values()) + path)
    print("".join(f"{count:>6} " for count in total.values())
          + ("in all" if wrong else "in all, and each argues its case"))
    print("\n".join(wrong) if wrong else "", end="\n" if wrong else "")
    # A scan that sees nothing is no scan.
    if not total["block"] or not total["fn"]:
        print("there is nothing unsafe at all, which cannot be")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
