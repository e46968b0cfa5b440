# SPDX-License-Identifier: GPL-2.0
"""The kernel's console: what it says while it runs, and whether it is clean.

A record of warning level or worse is a failure of its own, as in the graphics drivers' CI, unless
it is in the list of those that are known, or that of the test that is running. So are words of reports
which the kernel makes at other levels. A scan that cannot see the whole log is a broken set-up,
never a pass.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from . import Broken

# What console_msg_format=syslog puts before each line: eight times the facility, and the level.
_PREFIX = re.compile(r"^<(\d{1,4})>")
# KERN_WARNING. What is worse is less.
_WARNING = 4
# Who says what from here on is expected: a script or a test program.
_SCOPE = re.compile(r"\] iomem-(?:suite|test): (?P<name>[\w.-]+)$")

# Each is something that a healthy kernel does not print, whatever the level.
_TROUBLE = re.compile("|".join((
    r"\bWARNING\b",  # WARN(), lockdep ("WARNING: possible ..."), and kin
    r"\bBUG\b",  # BUG(), KASAN, KFENCE, KCSAN, atomic sleep, soft lock-up, page state
    r"\b[Oo]ops\b",
    r"\b(KASAN|KCSAN|KMSAN|KFENCE|UBSAN):",
    r"\bkmemleak: \d+ new suspected memory leak",
    r"-+\[ cut here \]-+",
    r"\bCall [Tt]race:",
    r"\bUnable to handle (kernel|page)",
    r"\bInternal error:",
    r"\bgeneral protection fault\b",
    r"\bunchecked MSR access error\b",
    r"\bSError Interrupt\b",
    r"\bsynchronous external abort\b",
    r"\brcu: INFO:|\bRCU used illegally\b|\bdetected stalls on CPUs\b|\bself-detected stall\b",
    r"\bINFO: task .* blocked for more than\b",
    r"\bINFO: (possible|suspicious|trying to register|inconsistent|lockdep)\b",
    r"\bpossible (circular|recursive|irq) \w*lock|\binconsistent lock state\b",
    r"\bDEBUG_LOCKS_WARN_ON\b",
    r"\b(list_add|list_del) corruption\b",
    r"\brefcount_t: ",
    r"\bODEBUG: ",
    r"\bBad page (state|map)\b",
    r"\bstack-protector\b",
    r"\bpanicked at\b",  # Rust
    r"\bsysfs: cannot create duplicate\b",
    r"\bTrying to free nonexistent resource\b|\biounmap: bad address\b",  # released, unmapped twice
    r"\bhard LOCKUP\b|\bsoft lockup\b",
)))
# Reports that the kernel makes of itself where a test has memory run out: that a program, which is
# called as the one that does so, could have none of vmalloc(), or is killed for want of it. Each line
# follows the one before it; the first is no trouble, the last is what a trace of any trouble begins
# with. Where our own modules are in the trace, it is one all the same, unless the program was killed.
# What is said of memory behind the trace is in the sections of these tests.
_ON_PURPOSE = (
    (re.compile(r"\] faults: vmalloc error: size \d+, [\w ,.]+, mode:0x[0-9a-f]+\("),
     re.compile(r"\] CPU: \d+ .*\bComm: faults "), False),
    (re.compile(r"\] (revoke|charged) invoked oom-killer: gfp_mask=0x[0-9a-f]+\("),
     re.compile(r"\] CPU: \d+ .*\bComm: (revoke|charged) "), True),
)
# What else a trace has in it than functions: what a program had in its registers.
_REGISTERS = re.compile(r"\] (RIP|RSP|Code|R[A-D]X|R[SD]I|RBP|R\d\d|CR2): ?")
# What the suite has the kernel look for, and says before that some was forgotten on purpose.
_LEAKED = re.compile(r"\bkmemleak: \d+ new suspected memory leak")
_SUITE = "] iomem-suite: "
_FORGOTTEN = re.compile(r"\] iomem-suite: forgotten on purpose$")
_ALL_FORGOTTEN = re.compile(r"\] iomem-suite: all of it on purpose$")
_ON_PURPOSE_MORE = re.compile(r"\] Tainted: |\] Hardware name: ")
_ON_PURPOSE_LAST = re.compile(r"\] Call [Tt]race:$")
_TRACE = re.compile(r"^\[[ .\d]+\]  ")
_PANIC = re.compile(r"\bKernel panic - not syncing")
# Of what was said before a panic: registers and a stack.
_MOST_REPORTED = 60
# What the kernel says of a processor whose timer does not come, and where one is that waits for interrupts.
_NO_TIMER = re.compile(r"\brcu: \s*Possible timer handling issue on cpu=(?P<cpu>\d+) ")
_BACKTRACE = re.compile(r"\bNMI backtrace for cpu (?P<cpu>\d+)\b")
_WAITS = re.compile(r"\b(RIP: 0010:(pv_native_safe_halt|native_safe_halt|default_idle)|pc : (cpu_do_idle|default_idle_call))\+")
# The oops of a breakpoint, and the code around it: the instruction pointer is behind it, at what is in <>.
_BREAKPOINT = re.compile(r"\bOops: int3: ")
_CODE = re.compile(r"\bCode: .*\b(?P<before>[0-9a-f]{2}) <[0-9a-f]{2}>")
_NO_ROOM = re.compile(r"\bInitramfs unpacking failed")
# A report of KCSAN: its first line and, behind all that tells who raced, one of the last. Each stack
# comes after a line that says what it did there. The name of a module follows what is in one.
_RACE = re.compile(r"\bBUG: KCSAN: ")
_RACE_STACK = re.compile(r" (to|with) .* of \d+ bytes by (task|interrupt)\b")
_RACE_RULER = re.compile(r"={60,}$")
# What stands between the last of these and the ruler: who, and on which machine.
_RACE_MOST_REST = 5
_RACE_END = re.compile(r"\bReported by Kernel Concurrency Sanitizer on:$")
_FRAME = re.compile(r"^(?:\[[ .\d]+\])? +(?P<function>[\w.]+)\+0x[0-9a-f]+/0x[0-9a-f]+(?P<module> \[\w+\])?$")
# What works on its caller's memory, in its caller's name: the kernel's own Rust, and what that calls
# for want of C's macros.
_ON_BEHALF = re.compile(r"_R\w+|rust_helper_\w+|(__)?(memcpy|memmove|memset|memcmp)|_?copy_(from|to)_(user|iter)")
# What came in between: what is below did not call it.
_INTERRUPTED = re.compile(r"asm_\w+|el[01][ht]_\w+")
# What watched has given up.
_UNWATCHED = re.compile(r"\bkmemleak: Kernel memory leak detector disabled\b|\bODEBUG: Out of memory\b")
# A section of the allow-list.
_SECTION = re.compile(r"\[([\w.-]+(?: [\w.-]+)*)\]\s*$")
_LOST = re.compile(r"\*\* \d+ printk messages dropped \*\*")


def _is_of_modules(stacks: list[list[re.Match[str]]]) -> bool:
    """Whether a race is one of modules, by the stacks of one or both sides, innermost frame first."""
    actors = (next((frame for frame in stack
                    if frame["module"] or not _ON_BEHALF.fullmatch(frame["function"])), None)
              for stack in stacks)
    if any(actor is None or actor["module"] for actor in actors):
        return True
    return len(stacks) > 1 and all(any(frame["module"] for frame in stack) for stack in stacks)


class AllowList:
    """Lines that are known and harmless: 'REGEX # reason', one in a line.

    Those before the first section are so at any time, those of a section '[NAME...]' while one of these
    tests runs. Reports by their words, such as BUG, are let pass by the former alone.
    """

    def __init__(self, path: Path) -> None:
        self._patterns: dict[str, list[re.Pattern[str]]] = {"": []}
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Broken(f"the allow-list cannot be read: {error}") from None
        names = [""]
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            if section := _SECTION.match(line):
                names = section[1].split()
                continue
            pattern, _, reason = (part.strip() for part in line.rpartition(" # "))
            if not pattern or not reason:
                raise Broken(f"{path}:{number}: no reason; write 'REGEX # why it is harmless'")
            try:
                for name in names:
                    self._patterns.setdefault(name, []).append(re.compile(pattern))
            except re.error as error:
                raise Broken(f"{path}:{number}: not a regular expression: {error}") from None

    def __contains__(self, line: str) -> bool:
        return self.expects(line, "")

    def expects(self, line: str, name: str) -> bool:
        """Whether a line is known while the test of that name runs."""
        return any(pattern.search(line) for pattern in self._patterns.get(name, ()))

    @property
    def names(self) -> set[str]:
        """The tests that have a section."""
        return set(self._patterns) - {""}


@dataclass
class _Reports:
    """The lines of reports that are no trouble, and which of them have words of trouble."""

    lines: set[int] = field(default_factory=set)
    words: set[int] = field(default_factory=set)


class Console:
    """The log as it grows, and the two lines in it that /init writes."""

    def __init__(self, path: Path, token: str) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""
        self._said = re.compile(rf"\biomem-vm {token} (start$|exit \d+$|broken: .*|unwatched: .*)")
        self.lines: list[str] = []
        # The level of the record that each line is of; None for what is of none, such as a firmware's.
        self._levels: list[int | None] = []
        self.began = False
        self._booted = 0  # how many lines came before the script
        self._unwatched: list[str] = []
        self.status: int | None = None
        self.broken: str | None = None

    def follow(self) -> None:
        """Takes in what has been written since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:
            return
        self._offset += len(new)
        *complete, self._rest = (self._rest + new).split(b"\n")
        for raw in complete:
            self.take(raw.decode(errors="replace"))
            if said := self._said.search(self.lines[-1]):
                self._hear(said[1])

    def take(self, line: str) -> None:
        """Takes in one line, and the level that is in front of it."""
        line = line.rstrip("\r")
        prefix = _PREFIX.match(line)
        self._levels.append(int(prefix[1]) & 7 if prefix else None)
        self.lines.append(line[prefix.end():] if prefix else line)

    def _hear(self, words: str) -> None:
        verb, _, rest = words.partition(" ")
        if verb == "start":
            self.began = True
            self._booted = len(self.lines) - 1
        elif verb == "unwatched:":
            self._unwatched.append(rest)
        elif verb == "exit":
            self.status = int(rest)
        else:
            self.broken = rest

    def finish(self) -> None:
        """After QEMU's end: an unfinished last line counts too."""
        self.follow()
        if self._rest:
            self.take(self._rest.decode(errors="replace"))
            self._rest = b""

    def panic(self) -> str | None:
        """The line of a panic, if there was one."""
        return next((line for line in self.lines if _PANIC.search(line)), None)

    def stale_breakpoint(self) -> str | None:
        """The oops of a breakpoint that is no longer in memory, if there was one: QEMU's doing.

        Where the kernel writes to code it has a breakpoint meanwhile, and knows it as its own until
        every processor has seen that it is gone. One that QEMU (10.0) emulates may have translated it while
        it was being taken away, and goes on with that.
        """
        for number, line in enumerate(self.lines):
            if not _BREAKPOINT.search(line):
                continue
            report = self.lines[number:number + _MOST_REPORTED]
            code = next(filter(None, map(_CODE.search, report)), None)
            if code and code["before"] != "cc":
                return line
        return None

    def lost_timer(self) -> str | None:
        """The report of a processor that waits for interrupts, and whose timer's does not come: QEMU's doing."""
        for number, line in enumerate(self.lines):
            late = _NO_TIMER.search(line)
            if not late:
                continue
            report = self.lines[max(0, number - _MOST_REPORTED):number]
            begins = [n for n, other in enumerate(report)
                      if (of := _BACKTRACE.search(other)) and of["cpu"] == late["cpu"]]
            if begins and any(map(_WAITS.search, report[begins[-1]:])):
                return line
        return None

    def last_report(self) -> list[str]:
        """What the kernel said on its way to a panic: who did what, where."""
        end = next((n for n, line in enumerate(self.lines) if _PANIC.search(line)), None)
        if end is None:
            return []
        begin = next((n for n in range(max(0, end - _MOST_REPORTED), end) if _TROUBLE.search(self.lines[n])), end)
        return self.lines[begin:max(end + 1, begin + _MOST_REPORTED)]

    def trouble(self, allowed: AllowList, by_level: bool = True) -> list[str]:
        """Every line that a healthy kernel does not print; without the levels, by its words alone."""
        return [self.lines[number] for number in self._trouble(allowed, by_level)]

    def trouble_at_boot(self, allowed: AllowList) -> list[str]:
        """The reports among what came before the script."""
        return [self.lines[number] for number in self._trouble(allowed, False) if number < self._booted]

    def _trouble(self, allowed: AllowList, by_level: bool) -> list[int]:
        """Where that is."""
        others = self._races_of_others()
        on_purpose = self._reports_on_purpose()
        in_others = {number for begin, end in others.items() for number in range(begin - 1, end)}
        found = []
        name = ""
        for number, line in enumerate(self.lines):
            if scope := _SCOPE.search(line):
                name = scope["name"]
            level = self._levels[number]
            if _TROUBLE.search(line):
                is_ours = (number not in others and number not in on_purpose.words
                           and not self._is_forgotten(number))
            elif by_level and level is not None and level <= _WARNING:
                is_ours = (number not in in_others and number not in on_purpose.lines
                           and not allowed.expects(line, name))
            else:
                continue
            if is_ours and line not in allowed:
                found.append(number)
        return found

    def races_of_others(self) -> list[str]:
        """What heads the reports of data races that are not trouble, each once."""
        return list(dict.fromkeys(_RACE.split(self.lines[number], 1)[1]
                                  for number in sorted(self._races_of_others())))

    def _races_of_others(self) -> dict[int, int]:
        """Where the reports of data races begin that are the kernel's own affair, and where they end.

        It has many that do no harm, and which calls of ours bring about as those of others do: a function
        of C sees to its own memory. A race is ours if a module raced, or if modules were
        at work on both sides. A kernel that has KCSAN has no modules but ours. A report that is
        not whole cannot be told, and counts.
        """
        others: dict[int, int] = {}
        begin = None
        stacks: list[list[re.Match[str]]] = []
        for number, line in enumerate(self.lines):
            if _RACE.search(line):
                begin, stacks = number, []
            elif begin is None:
                continue
            elif _RACE_STACK.search(line):
                stacks.append([])
            elif stacks and (frame := _FRAME.match(line)):
                if not any(_INTERRUPTED.fullmatch(above["function"]) for above in stacks[-1]):
                    stacks[-1].append(frame)
            elif _RACE_END.search(line):
                if all(stacks) and stacks and not _is_of_modules(stacks):
                    rest = self.lines[number + 1:number + 1 + _RACE_MOST_REST]
                    ruler = next((n for n, last in enumerate(rest, 1) if _RACE_RULER.search(last)), 0)
                    others[begin] = number + 1 + ruler
                begin = None
        return others

    def _is_forgotten(self, number: int) -> bool:
        """Whether a line says of memory that it is leaked which a test has forgotten on purpose."""
        if not _LEAKED.search(self.lines[number]):
            return False
        said = (line for line in reversed(self.lines[:number]) if _SUITE in line)
        says = (line for line in self.lines[number:] if _SUITE in line)
        return bool(_FORGOTTEN.search(next(said, "")) or _ALL_FORGOTTEN.search(next(says, "")))

    def _reports_on_purpose(self) -> _Reports:
        """The reports of what was made to happen."""
        reports = _Reports()
        for number, line in enumerate(self.lines):
            for first, processor, of_modules in _ON_PURPOSE:
                if first.search(line) and (trace := self._trace_of(number, processor)):
                    if of_modules or not self._has_modules(trace + 1):
                        reports.words.add(trace)
                        reports.lines.update(range(number, self._end_of(trace)))
        return reports

    def _trace_of(self, number: int, processor: re.Pattern[str]) -> int | None:
        """Where the trace of the report begins that begins at `number`, if that is what it is."""
        line = number + 1
        if line >= len(self.lines) or not processor.search(self.lines[line]):
            return None
        line += 1
        while line < len(self.lines) and _ON_PURPOSE_MORE.search(self.lines[line]):
            line += 1
        return line if line < len(self.lines) and _ON_PURPOSE_LAST.search(self.lines[line]) else None

    def _end_of(self, trace: int) -> int:
        """Where a trace ends."""
        end = trace + 1
        while end < len(self.lines) and (_TRACE.search(self.lines[end]) or _REGISTERS.search(self.lines[end])):
            end += 1
        return end

    def _has_modules(self, number: int) -> bool:
        """Whether one of ours is in the trace that begins there."""
        for line in self.lines[number:]:
            if not _TRACE.search(line):
                break
            if "[iomem" in line:
                return True
        return False

    def check_levels(self, first: int = 0) -> None:
        """Stops if a line of the log has no level: then what is not found means nothing."""
        bare = next((line for line, level in zip(self.lines[first:], self._levels[first:])
                     if level is None and line.strip() and not _LOST.search(line)), None)
        if bare is not None:
            raise Broken(f"a line of the log has no level, so that it cannot be judged: {bare}")

    def check_room(self) -> None:
        """Stops if the guest has not all of its files: then what it does not find means nothing."""
        if any(_NO_ROOM.search(line) for line in self.lines):
            raise Broken("what was added does not fit into the guest's memory")

    def check_watched(self) -> None:
        """Stops if the kernel was to watch itself and has stopped to: then finding nothing means nothing."""
        given_up = self._unwatched + [line for line in self.lines if _UNWATCHED.search(line)]
        if given_up:
            raise Broken(f"the kernel did not watch itself to the end: {given_up[0]}")

    def check_whole(self) -> None:
        """Stops if the log is not all of the log: then finding nothing means nothing."""
        first = next((number for number, line in enumerate(self.lines) if "Linux version" in line), None)
        if first is None:
            raise Broken("the log does not begin with the kernel's first line: it cannot be judged")
        self.check_levels(first)
        if any(_LOST.search(line) for line in self.lines):
            raise Broken("the kernel dropped log messages: the rest cannot be judged")
