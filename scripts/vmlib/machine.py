# SPDX-License-Identifier: GPL-2.0
"""The machine: which QEMU, which devices, and the device tree that describes them.

The devices are hardware that this project did not write; each is there for a
witness on the host's side: `ivshmem` is a file, `fw_cfg` hands out a string that
the host chose, `bochs-display` can be photographed, and the access trace sees
every register access.
"""

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import Broken

IVSHMEM_BYTES = 1 << 20
LARGE_BYTES = 1 << 30

FLASH_BYTES = 64 << 20

# What QEMU is to call the display.
DISPLAY = "display"

# And the port that a device can be plugged into, where there is one.
HOTPLUG = "pluggable"

# The socket of the port for calls, in the run's folder.
CALLS = "calls.sock"

# Nodes that QEMU gives devices on arm64, which under our name are windows. New
# nodes come first: the clock, which is made anew, is the first window of all.
_WINDOW = "iomem,window"
_CLOCK, _FW_CFG, _FLASH = "/pl031@9010000", "/fw-cfg@9020000", "/flash@0"
# And one that no device is behind: registers that several drivers share, on the bus for more devices.
_SYSCON = "/syscon@c100000"
_WINDOWS = (
    # The kernel's own driver would claim it. An interrupt of the processors' controller: shared
    # (0), the second of those, high (4).
    ("-r", _CLOCK),
    ("-c", _CLOCK),
    ("-t", "s", _CLOCK, "compatible", _WINDOW),
    ("-t", "x", _CLOCK, "reg", "0", "9010000", "0", "1000"),
    ("-t", "s", _CLOCK, "reg-names", "rtc"),
    ("-t", "i", _CLOCK, "reg-io-width", "4"),
    ("-t", "x", _CLOCK, "interrupts", "0", "2", "4"),
    ("-t", "s", _CLOCK, "interrupt-names", "alarm"),
    ("-t", "s", _CLOCK, "label", "clock"),
    # Its registers are big-endian, and of all widths. Nothing else is said of it.
    ("-t", "s", _FW_CFG, "compatible", _WINDOW),
    (_FW_CFG, "big-endian"),
    (_FW_CFG, "map-whole-pages"),
    ("-d", _FW_CFG, "dma-coherent"),
    # Two regions, not to be written to.
    ("-t", "s", _FLASH, "compatible", _WINDOW),
    ("-t", "s", _FLASH, "reg-names", "firmware", "variables"),
    (_FLASH, "read-only"),
    ("-d", _FLASH, "bank-width"),
    ("-c", _SYSCON),
    ("-t", "s", _SYSCON, "compatible", "syscon"),
    ("-t", "x", _SYSCON, "reg", "0", "c100000", "0", "1000"),
)


@dataclass(frozen=True)
class Model:
    """What differs between the architectures."""

    qemu: str
    machine: str
    cpu: str
    console: str
    kernel: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


MODELS = {
    "x86_64": Model("qemu-system-x86_64", "q35", "max", "ttyS0",
                    # Early on the kernel waits for a tick of its timer, by a delay that it has not measured
                    # yet, and panics without one: so it would on a busy host.
                    ("no_timer_check",),
                    ("-chardev", "file,id=debugcon,path=debugcon",
                     "-device", "isa-debugcon,iobase=0xe9,readback=0xe9,chardev=debugcon")),
    "arm64": Model("qemu-system-aarch64", "virt,gic-version=3", "cortex-a57", "ttyAMA0"),
}


def _processors(cpu: str, icount: bool, cpus: int) -> list[str]:
    """Software emulation of `cpu`, unless IOMEM_ACCEL asks for KVM.

    A /dev/kvm that opens can still hang the guest, so it is never taken unasked. With `icount`
    the guest's clock counts instructions, which takes a single processor, whatever `cpus` says.
    """
    wanted = os.environ.get("IOMEM_ACCEL", "tcg")
    if wanted == "tcg" and icount:
        return ["-accel", "tcg,thread=single", "-cpu", cpu, "-smp", "1",
                "-icount", "shift=0,sleep=off"]
    if wanted == "tcg":
        return ["-accel", "tcg,thread=multi", "-cpu", cpu, "-smp", str(cpus)]
    if wanted == "kvm" and icount:
        raise Broken("KVM cannot count instructions: leave IOMEM_ACCEL unset")
    if wanted == "kvm":
        return ["-accel", "kvm", "-cpu", "host", "-smp", str(cpus)]
    raise Broken(f"IOMEM_ACCEL is '{wanted}': use tcg (the default) or kvm")


def _run(folder: Path, *command: str) -> None:
    """Runs a helper program in `folder`; its complaint is ours."""
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        raise Broken(f"'{command[0]}' is not in the build root; run scripts/prepare again") from None
    except subprocess.TimeoutExpired:
        raise Broken(f"{command[0]} did not end within 60 seconds") from None
    except subprocess.CalledProcessError as error:
        raise Broken(f"{command[0]} failed: {error.stderr.strip() or error}") from None


def _device_tree(base: list[str], model: Model, out: Path) -> list[str]:
    """QEMU's own device tree, with some of its devices turned into our windows."""
    tree = "virt.dtb"
    _run(out, model.qemu, *base, "-machine", f"{model.machine},dumpdtb={tree}")
    for words in _WINDOWS:
        # Options come before the tree's name, what they are about after it.
        node = next(n for n, word in enumerate(words) if word.startswith("/"))
        _run(out, "fdtput", *words[:node], tree, *words[node:])
    return ["-dtb", tree]


def _flash(out: Path) -> list[str]:
    """The second bank of flash memory: a file, with a string at its start that differs in every run."""
    with (out / "flash").open("wb") as file:
        file.write(f"flash of the host, {secrets.token_hex(8)}".encode())
        file.truncate(FLASH_BYTES)
    return ["-drive", "if=pflash,unit=1,format=raw,readonly=on,file=flash"]


def _acpi_table(out: Path) -> list[str]:
    """A table of our own among the firmware's, which describes our windows."""
    table = "windows.aml"
    _run(out, "iasl", "-p", table, str(Path(__file__).with_name("windows.asl")))
    return ["-acpitable", f"file={table}"]


def _ivshmem(out: Path) -> list[str]:
    """Shared memory, BAR 2 of its device: made unless the caller has put it there."""
    path = out / "ivshmem"
    if not path.exists():
        with path.open("wb") as file:
            file.truncate(IVSHMEM_BYTES)
    size = path.stat().st_size
    if size < 4096 or size & (size - 1):
        raise Broken(f"'{path}' has {size} bytes: a PCI device wants a power of two, 4096 or more")
    return ["-object", f"memory-backend-file,id=shared,share=on,mem-path=ivshmem,size={size}",
            "-device", "ivshmem-plain,memdev=shared"]


def _large() -> list[str]:
    """A second shared memory, of 1 GiB, for huge pages; only what is touched takes room.

    It comes after all others, so that who looks for the first one finds that file.
    """
    return ["-object", f"memory-backend-ram,id=large,size={LARGE_BYTES}",
            "-device", "ivshmem-plain,memdev=large"]


def _stamped(out: Path) -> list[str]:
    """A third one, after the others, if the caller has put a file there: tests/stamp.py."""
    path = out / "stamped"
    if not path.exists():
        return []
    return ["-object", "memory-backend-file,id=stamped,share=on,mem-path=stamped,"
            f"size={path.stat().st_size}", "-device", "ivshmem-plain,memdev=stamped"]


def _greeting(out: Path) -> list[str]:
    """A string that differs in every run: reading it proves that hardware was read."""
    greeting = f"hello from the host, {secrets.token_hex(8)}"
    (out / "greeting").write_text(greeting, encoding="ascii")
    # QEMU's option parser wants a comma doubled.
    return ["-fw_cfg", f"name=opt/iomem/greeting,string={greeting.replace(',', ',,')}"]


def command(arch: str, *, out: Path, image: Path, initramfs: Path, shell: bool, channel: int,
            requests: int, monitor: int, trace: bool, hotplug: bool, calls: bool, icount: bool, cpu: str | None,
            cpus: int, memory: str, firmware: Path | None, append: list[str]) -> list[str]:
    """The QEMU command line. QEMU runs in `out`, so that no path needs escaping.

    `channel`, `requests` and `monitor` are the numbers of connected sockets: the
    script's output, or the shell's terminal; what the guest asks of us; and what
    we ask of QEMU. `firmware` is EFI's, for arm64, which otherwise has none: it describes the
    machine by ACPI, as what QEMU makes it, so that none of its devices is a window.
    """
    model = MODELS[arch]
    if not shutil.which(model.qemu):
        raise Broken(f"{model.qemu} is not in the build root; run scripts/prepare again")
    if not image.is_file():
        raise Broken(f"the kernel image '{image}' is missing; run scripts/prepare {arch} again")
    base = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            *_processors(cpu or model.cpu, icount, cpus), "-m", memory]
    port = "virtconsole" if shell else "virtserialport"
    # With the level of each record in front of it: the console's judge needs it.
    kernel = [f"console={model.console}", "console_msg_format=syslog", "ignore_loglevel", "printk.devkmsg=on",
              "log_buf_len=4M", "panic=-1", "rdinit=/init", *model.kernel, *append]
    if firmware:
        described = ["-bios", str(firmware)]
    elif arch == "arm64":
        described = _device_tree(base, model, out) + _flash(out)
    else:
        described = _acpi_table(out)
    return [
        model.qemu, *base, "-machine", model.machine, *described,
        "-kernel", str(image), "-initrd", str(initramfs), "-append", " ".join(kernel),
        "-chardev", "file,id=console,path=console.log", "-serial", "chardev:console",
        "-chardev", f"socket,id=channel,fd={channel}",
        "-device", "virtio-serial-pci", "-device", f"{port},chardev=channel,name=iomem.out",
        "-chardev", f"socket,id=requests,fd={requests}",
        "-device", "virtserialport,chardev=requests,name=iomem.host",
        "-chardev", f"socket,id=monitor,fd={monitor}", "-mon", "chardev=monitor,mode=control",
        "-qmp", "unix:qmp.sock,server=on,wait=off",
        *(["-chardev", f"socket,id=calls,path={CALLS},server=on,wait=off",
           "-device", "virtserialport,chardev=calls,name=iomem.calls"] if calls else []),
        "-device", "edu", "-device", "pci-testdev", *_ivshmem(out),
        "-device", f"bochs-display,id={DISPLAY}", *_large(),
        *_stamped(out), *_greeting(out), *model.devices,
        # The other one is to have virtual functions.
        *(["-device", f"pcie-root-port,id={HOTPLUG},chassis=1,slot=1", "-device", "igb,romfile="]
          if hotplug else []),
        *(["-trace", "memory_region_ops_read", "-trace", "memory_region_ops_write",
           "-D", "trace.log"] if trace else []),
    ]
