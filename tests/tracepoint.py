#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether a tracepoint that is off costs one instruction, which does nothing. Prints KTAP.

usage: tracepoint.py OUTPUT ARCH

Looks at the object code of a function of tests/kmod/see.rs that is nothing but a tracepoint: from
its beginning to its first return, nothing but the static branch may run.
"""

import re
import subprocess
import sys
from pathlib import Path

from ktap import Results

FUNCTION = "iomem_test_see_traced"
OBJDUMP = {"x86_64": "objdump", "arm64": "aarch64-linux-gnu-objdump"}
# What a function has wherever it is called from: a mark of where a jump may lead.
MARK = re.compile(r"endbr64$|bti\b")
# What the kernel makes a jump of, in place.
BRANCH = re.compile(r"nop|xchg +%ax,%ax$")
# The return, which x86 makes a jump to a thunk.
RETURN = re.compile(r"ret\b|jmp\b.*__x86_return_thunk")


def path(output: Path, arch: str) -> list[str]:
    """The instructions from the beginning of the function to its first return."""
    text = subprocess.run([OBJDUMP[arch], "-dr", "--no-show-raw-insn", f"--disassemble={FUNCTION}",
                           output / "iomem_test_see.ko"],
                          check=True, capture_output=True, text=True).stdout
    # A relocation is on a line of its own.
    text = re.sub(r"\n\t+[0-9a-f]+: (R_\w+)", r" \1", text)
    instructions = [re.sub(r"\s+", " ", match[1]) for match in
                    re.finditer(r"^ +[0-9a-f]+:\t(.*)$", text, re.M)]
    for number, instruction in enumerate(instructions):
        if RETURN.match(instruction):
            return instructions[:number]
    return instructions + ["and no return"]


def main() -> int:
    output, arch = Path(sys.argv[1]), sys.argv[2]
    results = Results(1)
    seen = [line for line in path(output, arch) if not MARK.match(line)]
    results.check("a_tracepoint_that_is_off_is_one_nop",
                  [] if len(seen) == 1 and BRANCH.match(seen[0]) else [f"it is {seen}"])
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
