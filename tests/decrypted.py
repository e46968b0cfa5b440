#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether no page of a device is taken for encrypted memory. Prints KTAP.

usage: decrypted.py OUTPUT ARCH

Where memory is encrypted (SME, SEV, TDX, realms of arm64), a page of a device has to be mapped as
one that is not, as io_remap_pfn_range() does. No machine here encrypts, so this looks at object
code: each function that inserts a page at fault time asks what pgprot_decrypted() asks, and no
module inserts one but by those functions.
"""

import re
import subprocess
import sys
from pathlib import Path

from ktap import Results

# What pgprot_decrypted() makes of its argument comes from here.
ASKED = {"x86_64": "cc_mkdec", "arm64": "prot_ns_shared"}
PREFIX = {"x86_64": "", "arm64": "aarch64-linux-gnu-"}
INSERTS = re.compile(r"vmf_insert_pfn\w*")
# How many of them there are: one for small pages, two for huge ones.
FEWEST = 3


def run(*command: str | Path) -> str:
    """What a program prints."""
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def functions(module: Path, prefix: str) -> dict[str, set[str]]:
    """The functions of a module, and what of other files each refers to."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in run(f"{prefix}objdump", "-dr", "--no-show-raw-insn", module).splitlines():
        if start := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            name = start[1]
            found[name] = set()
        elif there := re.search(r"\tR_\w+\s+([\w.]+)", line) or re.search(r": R_\w+\t([\w.]+)", line):
            found[name].add(there[1])
    return found


def main() -> int:
    output, arch = Path(sys.argv[1]), sys.argv[2]
    library = functions(output / "iomem.ko", PREFIX[arch])
    inserting = {name: seen for name, seen in library.items()
                 if any(INSERTS.fullmatch(other) for other in seen)}
    results = Results(2)
    bad = [f"{name} does not look at {ASKED[arch]}" for name, seen in inserting.items()
           if ASKED[arch] not in seen]
    if len(inserting) < FEWEST:
        bad.append(f"only {sorted(inserting)} insert pages: has something been renamed?")
    results.check("what_inserts_a_page_decrypts_it", bad)
    others = [f"{module.name} inserts pages by itself: {symbol}"
              for module in sorted(output.rglob("*.ko")) if module.name != "iomem.ko"
              for symbol in run(f"{PREFIX[arch]}nm", "-u", module).split()
              if INSERTS.fullmatch(symbol)]
    # In C, for comparison: tests/bench.
    others = [line for line in others if not line.startswith("iomem_bench_plain")]
    results.check("nothing_else_inserts_pages", others)
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
