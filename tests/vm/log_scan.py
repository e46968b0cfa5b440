# SPDX-License-Identifier: GPL-2.0
"""The scan of the kernel log: finds what it must, lets pass what it may, and knows when it is blind."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

# The path above has to be there first.
from vmlib import Broken  # noqa: E402
from vmlib.console import AllowList, Console  # noqa: E402

# Each as some kernel prints it.
TROUBLE = (
    "WARNING: CPU: 1 PID: 77 at kernel/resource.c:1 __release_region+0x1/0x2",
    "------------[ cut here ]------------",
    "kernel BUG at mm/memory.c:1!",
    "BUG: unable to handle page fault for address: ffffc90000001000",
    "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:1",
    "BUG: KASAN: slab-use-after-free in misc_open+0x1/0x2",
    "BUG: KFENCE: out-of-bounds read in example+0x1/0x2",
    "BUG: KCSAN: data-race in one / two",
    "BUG: Bad page state in process sh  pfn:00001",
    "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [sh:1]",
    "UBSAN: shift-out-of-bounds in lib/example.c:1:2",
    "Oops: general protection fault, probably for non-canonical address 0x1: 0000 [#1] SMP",
    "Oops: 0002 [#1] SMP NOPTI",
    "Internal error: synchronous external abort: 0000000096000010 [#1] SMP",
    "Unable to handle kernel paging request at virtual address ffff800080000000",
    "SError Interrupt on CPU0, code 0x00000000be000011 -- SError",
    "Call trace:",
    " Call Trace:",
    "WARNING: possible recursive locking detected",
    "WARNING: suspicious RCU usage",
    "INFO: trying to register non-static key.",
    "inconsistent lock state",
    "DEBUG_LOCKS_WARN_ON(1)",
    "rcu: INFO: rcu_preempt self-detected stall on CPU",
    "INFO: task rmmod:12 blocked for more than 120 seconds.",
    "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
    "refcount_t: underflow; use-after-free.",
    "list_del corruption. prev->next should be ffff0000, but was ffff0001",
    "ODEBUG: free active (active state 0) object: 0 object type: work_struct",
    "sysfs: cannot create duplicate filename '/class/misc/iomem0'",
    "resource: Trying to free nonexistent resource <0x00000000fe800000-0x00000000fe800fff>",
    "iounmap: bad address 00000000deadbeef",
    "rust_kernel: panicked at rust/iomem/mapping.rs:1:2:",
    "unchecked MSR access error: RDMSR from 0x1",
)
# Each from the boot of a stock kernel.
CLEAN = (
    'PCI: Using host bridge windows from ACPI; if necessary, use "pci=nocrs" and report a bug',
    "RAS: Correctable Errors collector initialized.",
    "x86/mm: Checked W+X mappings: passed, no W+X pages found.",
    "Debug Exception Vector: OK",
    "iomem: loading out-of-tree module taints kernel.",
    "clocksource: Watchdog remote CPU 1 read timed out",
    "printk: debug: ignoring loglevel setting.",
)
# A report of KCSAN.
RULER = "=" * 66
RACE = """
write to 0xffffffff81000000 of 8 bytes by task 8 on cpu 1:
{}
 syscall+0x1/0x2

read (marked) to 0xffffffff81000000 of 8 bytes by interrupt on cpu 0:
{}
 syscall+0x1/0x2

value changed: 0x0000000000000001 -> 0x0000000000000002

Reported by Kernel Concurrency Sanitizer on:
CPU: 0 UID: 0 PID: 9 Comm: sh Tainted: G           OE       7.2.12-kcsan-amd64 #1 PREEMPT
"""
ALONE = " one+0x1/0x2"
MODULE = " _RNvCs_5iomem3run+0x1a/0x20 [iomem]"
HELPER = " rust_helper_one+0x1/0x2\n _RNvCs_6kernel3two+0x1/0x2\n" + MODULE
CALLED = ALONE + "\n" + MODULE
INTERRUPTED = ALONE + "\n asm_sysvec_apic_timer_interrupt+0x1/0x2\n" + MODULE
FIRST = "<5>[    0.000000] Linux version 7.2.12\r\n"

_results: list[tuple[bool, str]] = []


def check(name: str, passed: bool) -> None:
    """One result."""
    _results.append((passed, name))


def refuses(function: Callable[[], object]) -> bool:
    """Whether the function says that the set-up is broken."""
    try:
        function()
    except Broken:
        return True
    return False


def main() -> int:
    """Runs all; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        run(Path(name))
    print(f"KTAP version 1\n1..{len(_results)}")
    for number, (passed, name) in enumerate(_results, 1):
        # In KTAP a hash begins a directive.
        print(f"{'ok' if passed else 'not ok'} {number} {name.replace('#', '(hash)')}")
    # A floor: a list that was emptied by accident must not pass.
    return 0 if all(passed for passed, _ in _results) and len(_results) >= 50 else 1


def run(folder: Path) -> None:
    """All cases."""
    path, allow = folder / "console.log", folder / "allow"

    def log(*lines: str, token: str = "t0", level: int = 6) -> Console:
        # At the level of information, so that the words alone are judged.
        path.write_text(FIRST + "".join(f"<{level}>[    1.000000] {line}\r\n" for line in lines))
        console = Console(path, token)
        console.finish()
        return console

    def allowing(text: str) -> AllowList:
        allow.write_text(text)
        return AllowList(allow)

    none = allowing("# nothing\n\n")
    for line in TROUBLE:
        check(f"trouble: {line}", len(log(line).trouble(none)) == 1)
    for line in CLEAN:
        check(f"clean: {line}", not log(line).trouble(none))

    def race(one: str, other: str, end: int | None = None) -> tuple[str, ...]:
        return (RULER, "BUG: KCSAN: data-race in one / two",
                *RACE.format(one, other).splitlines()[:end], RULER)

    def counted(*lines: str) -> int:
        return len(log(*lines).trouble(none))

    own = race(ALONE, ALONE)
    for what, others in (("alone", own), ("that we called", race(ALONE, CALLED)),
                         ("that interrupted us", race(INTERRUPTED, INTERRUPTED))):
        check(f"a race of the kernel {what}", counted(*others) == 0)
        check(f"a race of the kernel {what} is told of, once",
              log(*others, *others).races_of_others() == ["data-race in one / two"])
    for what, ours in (("of a module", race(MODULE, ALONE)), ("with a module", race(ALONE, MODULE)),
                       ("on its behalf", race(ALONE, HELPER)), ("that two called", race(CALLED, CALLED)),
                       ("that one interrupted", race(CALLED, MODULE + "\n" + INTERRUPTED)),
                       ("whose end is not there", race(ALONE, ALONE, -2)),
                       ("without a stack", race("", ALONE, 2))):
        check(f"a race {what}", counted(*ours) == 1)
        check(f"a race {what}, behind another", counted(*own, *ours) == 1)
        check(f"a race {what}, before another", counted(*ours, *own) == 1)
    check("what comes between is still seen", counted(*own[:4], "WARNING: x", *own[4:]) == 1)

    one = allowing(r"^\[[ .\d]+\] WARNING: known \d+ # seen in every boot" "\n")
    check("what is allowed is let pass", not log("WARNING: known 12").trouble(one))
    check("and nothing else", bool(log("WARNING: unknown 12").trouble(one)))
    check("a hash may be in the expression",
          not log("BUG: CPU#1 # x").trouble(allowing("CPU#1 # x # a reason\n")))
    for text in ("BUG\n", "BUG #\n", "BUG # \n", " # a reason\n", "BUG( # a reason\n"):
        check(f"a broken allowance: {text.strip()}", refuses(lambda text=text: allowing(text)))
    check("no allow-list", refuses(lambda: AllowList(folder / "none")))

    on_purpose = [
        "faults: vmalloc error: size 612352, vm_struct allocation failed, mode:0xcc0(GFP_KERNEL), "
        "nodemask=(null)",
        "CPU: 1 UID: 0 PID: 206 Comm: faults Tainted: G           OE       7.2.12 #1 PREEMPTLAZY",
        "Tainted: [O]=OOT_MODULE, [E]=UNSIGNED_MODULE",
        "Hardware name: linux,dummy-virt (DT)",
        "Call Trace:",
        " <TASK>",
    ]
    check("what is made to fail may be reported", not log(*on_purpose).trouble(none))
    newer = on_purpose[0].replace("612352, ", "612352, align 0x1, ")
    check("with what a later kernel says", not log(newer, *on_purpose[1:]).trouble(none))
    check("and without a taint", not log(*on_purpose[:2], "Call trace:").trouble(none))
    for number, line in enumerate(on_purpose[:2]):
        check(f"not without: {line}",
              len(log(*on_purpose[:number], *on_purpose[number + 1:]).trouble(none)) == 1)
        check(f"nor of another program: {line}",
              len(log(*on_purpose[:number], line.replace("faults", "sh"),
                      *on_purpose[number + 1:]).trouble(none)) == 1)
    check("nor of anything else", len(log("BUG: KASAN: use", *on_purpose[1:]).trouble(none)) == 2)
    check("nor with something in between",
          len(log(*on_purpose[:2], "iomem: a word", *on_purpose[2:]).trouble(none)) == 1)
    on_purpose.append(" vmalloc_noprof+0xae/0xc0")
    check("nor if it is ours",
          len(log(*on_purpose, " probe+0x1/0x2 [iomem_dev]").trouble(none)) == 1)
    check("which another line does not make it",
          not log(*on_purpose, "Modules linked in:", " [iomem]").trouble(none))
    check("nor for a second trace", len(log(*on_purpose, "Call Trace:").trouble(none)) == 1)
    leaks = "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)"
    asked = "iomem-suite: forgotten"
    check("what is forgotten is trouble", len(log(asked, leaks).trouble(none)) == 1)
    check("not if it was on purpose", not log(f"{asked} on purpose", "x", leaks).trouble(none))
    check("nor if the suite has seen that it was",
          not log(asked, leaks, "iomem-suite: all of it on purpose").trouble(none))
    check("not if that comes later",
          len(log(asked, leaks, asked, "iomem-suite: all of it on purpose").trouble(none)) == 1)
    check("which does not last",
          len(log(f"{asked} on purpose", asked, leaks).trouble(none)) == 1)
    killed = ["revoke invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
              *(line.replace("Comm: faults", "Comm: revoke") for line in on_purpose[1:])]
    check("what is made to run out of memory may be reported, in ours too",
          not log(*killed, " probe+0x1/0x2 [iomem_dev]").trouble(none))
    check("with all of its trace", not log(*killed, level=4).trouble(none))
    check("but not with what follows", len(log(*killed, "x", level=4).trouble(none)) == 1)
    check("registers are of the trace", not log(*killed, "RIP: 0033:0x7f", "RAX: 1 RBX: 2", level=4).trouble(none))
    check("not where another does", len(log(killed[0].replace("revoke", "sh"), *killed[1:]).trouble(none)) == 1)
    check("nor of another program", len(log(killed[0], *on_purpose[1:]).trouble(none)) == 1)

    check("a whole log", not refuses(log("x").check_whole))
    check("lost messages", refuses(log("** 12 printk messages dropped **").check_whole))
    path.write_text("<6>[    1.000000] the middle\n")
    headless = Console(path, "t0")
    headless.finish()
    check("a log without its beginning", refuses(headless.check_whole))

    for number, kernel, user in ((0, "EMERG", 8), (3, "ERR", 11), (4, "WARNING", 12)):
        for level in (number, user):
            check(f"a record of level {level}, {kernel}", len(log("anything", level=level).trouble(none)) == 1)
    for level in (5, 6, 7, 13):
        check(f"not one of level {level}", not log("anything", level=level).trouble(none))
    check("nor where only words count", not log("anything", level=3).trouble(none, by_level=False))
    check("and a word does not count twice", len(log("BUG: x", level=3).trouble(none)) == 1)
    check("each line of a record counts", len(log("one", "two", level=4).trouble(none)) == 2)
    lists = allowing("^known # always\n[mmap info]\n\\] refused: # of these tests\n[edu]\n\\] x$ # of edu\n")
    begins = "iomem-suite: {}"
    check("the tests that have a section", lists.names == {"mmap", "info", "edu"})
    for name, how_many in (("mmap", 0), ("info", 0), ("edu", 1), ("mma", 1)):
        check(f"what one test expects, while {name} runs",
              len([line for line in log(begins.format(name), "refused: 1", level=3).trouble(lists)
                   if "refused" in line]) == how_many)
    check("not before it has begun", len(log("refused: 1", level=3).trouble(lists)) == 1)
    check("not when another one has begun",
          [line[15:] for line in log(begins.format("mmap"), begins.format("edu"), "refused: 1", level=3).trouble(lists)
           if "refused" in line] == ["refused: 1"])
    check("a report is no test's", len(log(begins.format("edu"), "WARNING: x").trouble(
        allowing("[edu]\nWARNING # not so\n"))) == 1)
    for text in ("[mmap]\nrefused\n", "[mmap\nx # y\n#\n(", "[]\n"):
        check(f"a broken section: {text.splitlines()[0]}", refuses(lambda text=text: allowing(text)))
    check("a race of the kernel's own has no other lines", not log(*own, level=3).trouble(none))
    check("what follows it counts", len(log(*own, "x", level=3).trouble(none)) == 1)
    for what, text in (("a line without a level", FIRST + "[    1.000000] x\n"),
                       ("a log without levels", FIRST[3:] + "[    1.000000] x\n")):
        path.write_text(text)
        bare = Console(path, "t0")
        bare.finish()
        check(what, refuses(bare.check_whole))
    path.write_text("the firmware's\n" + FIRST + "<6>[    1.000000] x\n\n")
    bare = Console(path, "t0")
    bare.finish()
    check("what comes before the kernel has none", not refuses(bare.check_whole))

    oops = ("Oops: int3: 0000 [#1] SMP NOPTI", "RIP: 0010:load+0x2e8/0x340 [iomem_dev]",
            "Code: 00 8b b6 98 00 00 00 eb <08> 48 89 58 08 31 c9 eb d0")
    check("a breakpoint that is not in memory", log(*oops).stale_breakpoint() is not None)
    check("not one that is", log(*oops[:2], oops[2].replace("eb <", "cc <")).stale_breakpoint() is None)
    check("nor another oops", log("Oops: 0002 [#1] SMP NOPTI", *oops[1:]).stale_breakpoint() is None)
    check("nor where the code is not known",
          log(*oops[:2], "Code: Unable to access opcode bytes at 0x1.").stale_breakpoint() is None)

    late = ("NMI backtrace for cpu 1", "RIP: 0010:pv_native_safe_halt+0xf/0x20",
            "rcu: \tPossible timer handling issue on cpu=1 timer-softirq=119")
    check("a timer that does not come", log(*late).lost_timer() is not None)
    check("not that of a processor at work",
          log(late[0], "RIP: 0010:iomem_read+0xf/0x20 [iomem_dev]", late[2]).lost_timer() is None)
    check("nor of another one", log(late[0].replace("1", "2"), *late[1:]).lost_timer() is None)
    check("nor a stall of another kind",
          log(*late[:2], "rcu: INFO: rcu_preempt self-detected stall on CPU").lost_timer() is None)

    check("a panic", log("Kernel panic - not syncing: sysrq triggered crash").panic() is not None)
    said = log("iomem-vm t0 start", "iomem-vm t0 exit 7")
    check("how the script ended", said.began and said.status == 7)
    check("another run's words", log("iomem-vm t1 exit 0").status is None)
    check("part of the words", log("iomem-vm t0 exit 7 and more").status is None)

    early = log("BUG: KASAN: x", "iomem-vm t0 start", "WARNING: x")
    check("trouble before the script is told apart", len(early.trouble_at_boot(none)) == 1)
    check("and after it is none of that", not log("iomem-vm t0 start", "BUG: KASAN: x").trouble_at_boot(none))
    check("what is allowed may be before it",
          not log("WARNING: known 12", "iomem-vm t0 start").trouble_at_boot(one))
    check("a kernel that watched to the end", not refuses(log("x").check_watched))
    for line in ("iomem-vm t0 unwatched: lock debugging is off",
                 "kmemleak: Kernel memory leak detector disabled",
                 "ODEBUG: Out of memory. ODEBUG disabled"):
        check(f"one that did not: {line}", refuses(log(line).check_watched))
    check("another run's", not refuses(log("iomem-vm t1 unwatched: lock debugging is off").check_watched))

    path.write_text(FIRST + "<13>[    1.000000] iomem-vm t0 sta")
    growing = Console(path, "t0")
    growing.follow()
    check("half a line is not yet said", not growing.began)
    with path.open("a") as file:
        file.write("rt\r\n<4>[    2.000000] BUG: cut o")
    growing.follow()
    check("the whole of it is", growing.began)
    growing.finish()
    check("an unfinished last line counts", len(growing.trouble(none)) == 1)


if __name__ == "__main__":
    sys.exit(main())
