#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether rust/mmio/templates.py makes of C what it should, and refuses the rest. Prints KTAP.

It is given accessors as kernels have them, or might come to have them. What it makes of those of
a real kernel is compared with the C compiler's object code by tests/bench.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from ktap import Results

GENERATOR = Path(__file__).resolve().parent.parent / "rust/mmio/templates.py"

# As the preprocessor leaves them: attributes, empty macros and all.
HEADERS = """
static inline __attribute__((__unused__)) __attribute__((__always_inline__)) u32
__raw_readl(const volatile void *addr)
{
 u32 val;
 asm volatile("661:\\n\\t" "ldr %w0, [%1]" "\\n" ".hword " "115" "\\n"
       : "=r" (val) : "r" (addr));
 return val;
}
static inline void __raw_writel(u32 val, volatile void *addr)
{
 volatile u32 *ptr = addr;
 asm volatile("str %w0, %1" : : "rZ" (val), "Qo" (*ptr));
}
static inline u32 readl(const volatile void *addr)
{
 u32 val;
 if (false)
  log_read_mmio(32, addr, ({ unsigned long __ip; asm volatile("adr %0, ." : "=r" (__ip)); __ip; }));
 ;
 val = (( __u32)(__le32)(__raw_readl(addr)));
 ({ unsigned long tmp; do { asm volatile("dmb " "oshld" : : : "memory"); } while (0);
    asm volatile("eor %0, %1, %1\\n" "cbnz %0, ." : "=r" (tmp) : "r" ((unsigned long)(val)) : "memory"); });
 return val;
}
static inline void writel(u32 value, volatile void *addr)
{
 asm volatile("dmb " "oshst" : : : "memory");
 __raw_writel((u32)(( __le32)(__u32)(value)), addr);
}
"""
WANTED = "iomem_accessors_begin\nread32 = readl(addr);\nwrite32 = writel(val, addr);\n"


def run(text: str) -> tuple[int, str, str]:
    """The generator's exit status, and what it said."""
    with tempfile.NamedTemporaryFile("w", suffix=".i") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([sys.executable, "-B", str(GENERATOR), file.name], check=False,
                              text=True, capture_output=True)
    return done.returncode, done.stdout, done.stderr


def has(text: str, *parts: str) -> list[str]:
    """What is missing of `parts`, which have to be there in that order."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return [f"{part!r} is not there, or not in its place"]
        at = found + len(part)
    return []


def main() -> int:
    refusals = {
        "tracing_that_is_on_is_refused": (HEADERS.replace("if (false)", "if (mmio_traced)") + WANTED,
                                          "a condition is not understood"),
        "a_call_of_a_function_is_refused": (
            HEADERS.replace("return val;\n}\nstatic inline void writel",
                            "note_it(val); return val;\n}\nstatic inline void writel") + WANTED,
            "'note_it' is called"),
        "an_operand_without_expression_is_refused": (
            HEADERS.replace('"r" (addr)', '[a] "r" (addr)') + WANTED, "an operand is not understood"),
        "another_operand_modifier_is_refused": (HEADERS.replace("ldr %w0", "ldr %q0") + WANTED,
                                                "a template is not understood"),
        "an_accessor_that_is_missing_is_refused": (HEADERS.replace("u32 readl(", "u32 readl_old(")
                                                   + WANTED, "'readl' is called"),
        "an_access_behind_its_barrier_is_refused": (
            HEADERS.replace('asm volatile("dmb " "oshst" : : : "memory");\n __raw_writel('
                            '(u32)(( __le32)(__u32)(value)), addr);',
                            '__raw_writel(value, addr); asm volatile("dmb " "oshst" : : : "memory");')
            + WANTED, "its access elsewhere"),
        "headers_without_the_mark_are_refused": (HEADERS, "the mark is missing"),
    }
    results = Results(5 + len(refusals))

    status, made, said = run(HEADERS + WANTED)
    results.check("accessors_are_understood", said if status else "")
    read, _, write = made.partition("unsafe fn write32")
    results.check("a_read_has_load_barrier_and_dependency",
                  has(read, "unsafe fn read32(p: Place) -> u32", '"661:"', '"ldr {v:w}, [{a}]"',
                      '".hword 115"', '"dmb oshld"', '"eor {t:x}, {v:x}, {v:x}"', '"cbnz {t:x}, ."',
                      "v = lateout(reg) v", "a = in(reg) a", "t = out(reg) _"))
    results.check("a_write_has_its_barrier_first",
                  has(write, '"dmb oshst"', '"str {v:w}, [{a}, {o}]"', "v = in(reg) value"))
    results.check("a_write_has_an_instruction_for_each_offset",
                  has(write, "0 => unsafe", "o = const 0,", "1020 => unsafe", "o = const 1020,",
                      "_ => {", '"str {v:w}, [{a}]"'))
    results.check("only_what_c_says_is_nomem",
                  ["an ordered access says nomem"] if "nomem" in made else [])
    for name, (text, words) in refusals.items():
        status, made, said = run(text)
        results.check(name, [] if status and words in said and "IOMEM_MMIO_HELPERS=1" in said
                      else [f"status {status}, said {said.strip()!r}"])
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
