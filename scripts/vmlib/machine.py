# SPDX-License-Identifier: GPL-2.0
"""The machine: which QEMU, which devices, and the device tree that describes them.

The devices are hardware that nobody in this project wrote; each is there for a
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

# The node that QEMU gives its real-time clock on arm64, 4 KiB at 0x9010000. The
# kernel's own driver would claim it; under our name it is a window.
_CLOCK_NODE = "/pl031@9010000"
_WINDOW_COMPATIBLE = "iomem,window"


@dataclass(frozen=True)
class Model:
    """What differs between the architectures."""

    qemu: str
    machine: str
    cpu: str
    console: str
    devices: tuple[str, ...] = ()


MODELS = {
    "x86_64": Model("qemu-system-x86_64", "q35", "max", "ttyS0",
                    ("-chardev", "file,id=debugcon,path=debugcon",
                     "-device", "isa-debugcon,iobase=0xe9,readback=0xe9,chardev=debugcon")),
    "arm64": Model("qemu-system-aarch64", "virt,gic-version=3", "cortex-a57", "ttyAMA0"),
}


def _processors(model: Model, icount: bool) -> list[str]:
    """Software emulation, unless somebody who tried it asks for KVM.

    A /dev/kvm that opens can still hang the guest, so it is never taken unasked. With `icount`
    the guest's clock counts instructions, which takes a single processor.
    """
    wanted = os.environ.get("IOMEM_ACCEL", "tcg")
    if wanted == "tcg" and icount:
        return ["-accel", "tcg,thread=single", "-cpu", model.cpu, "-smp", "1",
                "-icount", "shift=0,sleep=off"]
    if wanted == "tcg":
        return ["-accel", "tcg,thread=multi", "-cpu", model.cpu, "-smp", "2"]
    if wanted == "kvm" and icount:
        raise Broken("KVM cannot count instructions: leave IOMEM_ACCEL unset")
    if wanted == "kvm":
        return ["-accel", "kvm", "-cpu", "host", "-smp", "2"]
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
    """QEMU's own device tree, with the clock turned into one of our windows."""
    tree = "virt.dtb"
    _run(out, model.qemu, *base, "-machine", f"{model.machine},dumpdtb={tree}")
    _run(out, "fdtput", "-t", "s", tree, _CLOCK_NODE, "compatible", _WINDOW_COMPATIBLE)
    _run(out, "fdtput", "-t", "s", tree, _CLOCK_NODE, "reg-names", "rtc")
    _run(out, "fdtput", "-t", "i", tree, _CLOCK_NODE, "reg-io-width", "4")
    return ["-dtb", tree]


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


def _greeting(out: Path) -> list[str]:
    """A string that differs in every run: reading it proves that hardware was read."""
    greeting = f"hello from the host, {secrets.token_hex(8)}"
    (out / "greeting").write_text(greeting, encoding="ascii")
    # QEMU's option parser wants a comma doubled.
    return ["-fw_cfg", f"name=opt/iomem/greeting,string={greeting.replace(',', ',,')}"]


def command(arch: str, *, out: Path, image: Path, initramfs: Path, shell: bool, channel: int,
            trace: bool, icount: bool, append: list[str]) -> list[str]:
    """The QEMU command line. QEMU runs in `out`, so that no path needs escaping.

    `channel` is the number of a connected socket: the script's output, or the
    shell's terminal.
    """
    model = MODELS[arch]
    if not shutil.which(model.qemu):
        raise Broken(f"{model.qemu} is not in the build root; run scripts/prepare again")
    if not image.is_file():
        raise Broken(f"the kernel image '{image}' is missing; run scripts/prepare {arch} again")
    base = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            *_processors(model, icount), "-m", "512M"]
    port = "virtconsole" if shell else "virtserialport"
    kernel = [f"console={model.console}", "ignore_loglevel", "printk.devkmsg=on",
              "log_buf_len=4M", "panic=-1", "rdinit=/init", *append]
    return [
        model.qemu, *base, "-machine", model.machine,
        *(_device_tree(base, model, out) if arch == "arm64" else []),
        "-kernel", str(image), "-initrd", str(initramfs), "-append", " ".join(kernel),
        "-chardev", "file,id=console,path=console.log", "-serial", "chardev:console",
        "-chardev", f"socket,id=channel,fd={channel}",
        "-device", "virtio-serial-pci", "-device", f"{port},chardev=channel,name=iomem.out",
        "-qmp", "unix:qmp.sock,server=on,wait=off",
        "-device", "edu", "-device", "pci-testdev", *_ivshmem(out),
        "-device", "bochs-display", *_large(), *_greeting(out), *model.devices,
        *(["-trace", "memory_region_ops_read", "-trace", "memory_region_ops_write",
           "-D", "trace.log"] if trace else []),
    ]
