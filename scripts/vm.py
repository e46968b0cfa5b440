# SPDX-License-Identifier: GPL-2.0
"""Boots the virtual machine and judges the run. Called by scripts/vm, in the build root.

Exit statuses, the first that applies:

    125   broken set-up: no QEMU, no image, the guest never came to the script, the
          allow-list is broken, a kernel that watches itself reported something before the
          script, QEMU executed what was no longer in memory or lost a timer, or the script
          passed but its output or the log is not whole, or what watched is off
    121   the kernel panicked
    124   the watchdog ended the script
    1...  what the script itself returned
    120   the script passed, but the kernel log holds a record of warning level or worse, or a report,
          which no test has announced
    0     the script passed and the log is clean

    128+N a signal (Ctrl-C is 130) ended everything
"""

import argparse
import os
import secrets
import sys
import time
import traceback
from pathlib import Path

from vmlib import Broken, console, guest, initramfs, machine

WARNED, PANIC, TIMEOUT, BROKEN = 120, 121, 124, 125
_TAIL = 15
# More would push the cause out of sight; the whole is in the file.
_MOST_WARNINGS = 40


def arguments() -> argparse.Namespace:
    """What scripts/vm has worked out; not for people."""
    parser = argparse.ArgumentParser(description="called by scripts/vm")
    parser.add_argument("--arch", required=True, choices=sorted(machine.MODELS))
    parser.add_argument("--image", required=True, type=Path)
    parser.add_argument("--release", required=True)
    parser.add_argument("--busybox", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path, help="holds stage/, lifeline")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--shown", required=True, help="what to call --out to a person")
    parser.add_argument("--modules", type=Path, help="a folder with *.ko and samples/*.ko")
    parser.add_argument("--allow", type=Path, help="the allow-list",
                        default=Path(__file__).resolve().parent / "guest/log-allow")
    parser.add_argument("--append", action="append", default=[])
    parser.add_argument("--timeout", type=float)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--hotplug", action="store_true")
    parser.add_argument("--calls", action="store_true")
    parser.add_argument("--icount", action="store_true")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--cpu", help="which processor, as QEMU has it; the default is the model's")
    parser.add_argument("--watching", action="store_true", help="the kernel is one that watches itself")
    parser.add_argument("--firmware", type=Path, help="EFI's, to boot by")
    parser.add_argument("--memory", default="768M", help="as QEMU has it")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("words", nargs="*", help="the script and its arguments; none: a shell")
    return parser.parse_args()


def say(text: str) -> None:
    """One line for a person; a terminal in raw mode needs its own carriage return."""
    sys.stderr.write(f"vm: {text}\n")
    sys.stderr.flush()


def tell(args: argparse.Namespace, token: str) -> str:
    """What /init has to know about this run."""
    size = ""
    if not args.words and os.isatty(0):
        columns, rows = os.get_terminal_size(0)
        # A terminal that does not know its size says 0.
        size = f"{rows} {columns}" if rows and columns else ""
    return initramfs.settings(
        token=token, mode="script" if args.words else "shell", size=size,
        term=os.environ.get("TERM", "linux"), now=str(int(time.time())), args=args.words)


def boot(args: argparse.Namespace, log: console.Console, token: str) -> guest.Outcome:
    """Builds what the guest needs, and runs it."""
    here = Path(__file__).resolve().parent
    # Those of the samples are in a folder of their own.
    modules = {str(path.relative_to(args.modules)): path
               for pattern in ("*.ko", "samples/*.ko") for path in sorted(args.modules.glob(pattern))
               } if args.modules else {}
    image = args.work / "initramfs"
    initramfs.build(image, busybox=args.busybox, init=here / "guest/init",
                    programs=[here / "guest/screendump", here / "guest/suspend",
                              here / "guest/hostdev"],
                    stage=args.work / "stage", modules=modules, release=args.release,
                    told=tell(args, token), work=args.work)
    shell = not args.words

    def on_start(seconds: float) -> None:
        if args.quiet:
            return
        if shell:
            say(f"a shell after {seconds:.1f} s: leave it with 'exit' or Ctrl-D\r")
        else:
            say(f"{args.words[0]} starts after {seconds:.1f} s")

    if not args.quiet:
        say(f"booting Linux {args.release} ({args.arch}) ...")
    lifeline = args.work / "lifeline"
    return guest.run(
        lambda channel, requests, monitor: machine.command(
            args.arch, out=args.out, image=args.image, initramfs=image, shell=shell,
            channel=channel, requests=requests, monitor=monitor, trace=args.trace, hotplug=args.hotplug,
            calls=args.calls, icount=args.icount, cpu=args.cpu, cpus=args.cpus, memory=args.memory, firmware=args.firmware,
            append=args.append),
        end="" if shell else f"<end of output {token}>", out=args.out, shown=args.shown,
        console=log, shell=shell, timeout=args.timeout,
        lifeline=lifeline if lifeline.exists() else None, on_start=on_start)


def judge(args: argparse.Namespace, log: console.Console, allowed: console.AllowList,
          outcome: guest.Outcome) -> int:
    """The exit status, by the table above; says why where it is not the script's own."""
    # At a shell its user makes the mistakes, and sees what the kernel says of them.
    panic, trouble = log.panic(), log.trouble(allowed, by_level=bool(args.words))
    for line in trouble[:_MOST_WARNINGS]:
        say(f"log: {line}")
    if len(trouble) > _MOST_WARNINGS:
        say(f"log: ... and {len(trouble) - _MOST_WARNINGS} more lines")
    for race in log.races_of_others():
        say(f"log: not ours: {race}")
    if outcome.end is guest.End.INTERRUPT:
        say("interrupted")
        return 128 + outcome.signal
    early = log.trouble_at_boot(allowed) if args.watching and log.began else []
    if early:
        raise Broken("the kernel reported a fault of its own before the script began, and may not"
                     f" have watched itself any more: {early[0]}")
    stale = log.stale_breakpoint()
    if stale:
        raise Broken("QEMU executed a breakpoint that was no longer in the guest's memory: what it"
                     f" translated was not up to date; run it again: {stale}")
    lost = log.lost_timer()
    if lost:
        raise Broken("a processor that QEMU emulates waits for its timer, which does not come:"
                     f" run it again: {lost}")
    log.check_room()
    if log.broken:
        raise Broken(log.broken)
    if not log.began:
        if panic:
            raise Broken(f"the kernel panicked before the script began: {panic}")
        if outcome.end is guest.End.BOOT_TIMEOUT:
            raise Broken(f"the guest did not boot within {guest.BOOT_SECONDS:.0f} seconds")
        raise Broken("QEMU ended before the guest came to the script"
                     f" (status {outcome.qemu_status}{last_words(args.out)})")
    if panic:
        for line in log.last_report():
            say(f"log: {line}")
        say(f"the kernel panicked: {panic}")
        return PANIC
    if outcome.end is guest.End.SCRIPT_TIMEOUT:
        say(f"time-out: the script did not end within {args.timeout:g} seconds")
        return TIMEOUT
    if log.status is None:
        raise Broken("the guest ended without saying how the script did"
                     f" (QEMU's status {outcome.qemu_status}{last_words(args.out)})")
    if not outcome.whole:
        problem = "the guest's channel was lost: what the script printed did not all arrive"
        if not log.status:
            raise Broken(problem)
        say(problem)
    if outcome.end is guest.End.LEAVE_TIMEOUT:
        say(f"the script returned {log.status}, then the guest did not shut down")
        return log.status or TIMEOUT
    if log.status:
        if args.words:
            own = log.status in (WARNED, PANIC, TIMEOUT, BROKEN)
            say(f"the script returned {log.status}{', which is its own status' if own else ''}")
        return log.status
    log.check_whole()
    # A report says itself why there may be no more.
    if not trouble:
        log.check_watched()
    if outcome.qemu_status:
        raise Broken(f"QEMU failed (status {outcome.qemu_status}{last_words(args.out)})")
    if trouble:
        say("the script passed, but the kernel log is not clean")
        return WARNED
    return 0


def last_words(out: Path) -> str:
    """QEMU's last complaint, as an addition to a sentence."""
    try:
        lines = (out / "qemu.log").read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f": {lines[-1]}" if lines else ""


def main() -> int:
    """Runs it all; whatever goes wrong ends in a sentence and a status."""
    args = arguments()
    for stale in ("console.log", "trace.log", "qemu.log", "qmp.sock", machine.CALLS, "debugcon"):
        (args.out / stale).unlink(missing_ok=True)
    token = secrets.token_hex(8)
    log = console.Console(args.out / "console.log", token)
    try:
        # First, so that a broken list costs no boot.
        allowed = console.AllowList(args.allow)
        status = judge(args, log, allowed, boot(args, log, token))
    except (Broken, OSError) as error:
        say(f"broken set-up: {error}")
        status = BROKEN
    except Exception:  # noqa: BLE001 - python's own status for this, 1, would be the script's
        traceback.print_exc()
        say("broken set-up: scripts/vm.py has a fault of its own")
        status = BROKEN
    # Leaving a shell means that its user has seen what went wrong; interrupting, that no more is wanted.
    told = status > 128 and log.status is None or not args.words and status == log.status
    if status and not args.quiet and log.lines and not told:
        say(f"the last lines of {args.shown}/console.log:")
        for line in log.lines[-_TAIL:]:
            sys.stderr.write(f"  {line}\n")
    elif status and log.lines and not told:
        say(f"see {args.shown}/console.log")
    # So that scripts/vm can tell this verdict from a status that something between returns.
    (args.work / "status").write_text(f"{status}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
