// SPDX-License-Identifier: GPL-2.0

//! A program that outlives its device.
//!
//! It maps the registers of QEMU's `edu` and uses them, until the device is unbound:
//!
//! ```sh
//! unplug /dev/iomem0 &
//! echo iomem_dev.1.auto >/sys/bus/platform/drivers/iomem_dev/unbind
//! ```
//!
//! Then touching the mapping is `SIGBUS`. The program says so, waits until the device is back, maps
//! it again and goes on.

use std::{
    env,
    ffi::c_void,
    fmt,
    fs::{File, OpenOptions},
    io,
    os::{fd::AsRawFd, unix::fs::FileExt},
    process::ExitCode,
    ptr,
    sync::atomic::{AtomicBool, AtomicPtr, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

/// How much of the window the program maps, in bytes.
const LENGTH: usize = 0x1000;

/// The identification register, in bytes from the window's start: it ends in 0x00ed.
const ID: usize = 0x00;
/// Reads back the inverse of what was written.
const INVERT: usize = 0x04;

/// The mapping, for the signal handler; null while there is none.
static MAPPING: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
/// Set by the signal handler: the registers are gone, and memory has taken their place.
static GONE: AtomicBool = AtomicBool::new(false);

/// What the C library offers and std does not.
mod libc {
    use std::ffi::{c_int, c_void};

    pub const PROT_READ: c_int = 1;
    pub const PROT_WRITE: c_int = 2;
    pub const MAP_SHARED: c_int = 0x01;
    pub const MAP_PRIVATE: c_int = 0x02;
    pub const MAP_FIXED: c_int = 0x10;
    pub const MAP_ANONYMOUS: c_int = 0x20;
    pub const MAP_FAILED: *mut c_void = !0_usize as *mut c_void;
    pub const SIGBUS: c_int = 7;
    pub const ENODEV: c_int = 19;

    extern "C" {
        pub fn mmap(
            addr: *mut c_void,
            length: usize,
            prot: c_int,
            flags: c_int,
            fd: c_int,
            offset: i64,
        ) -> *mut c_void;
        pub fn munmap(addr: *mut c_void, length: usize) -> c_int;
        pub fn signal(signum: c_int, handler: extern "C" fn(c_int)) -> usize;
        pub fn _exit(status: c_int) -> !;
    }
}

/// Called for `SIGBUS`: puts memory of no meaning where the registers were, so that the access that
/// is being made comes to an end, and leaves a note for its caller.
///
/// It does nothing but a system call and stores, as behoves a signal handler.
extern "C" fn on_sigbus(_signal: i32) {
    let base = MAPPING.load(Ordering::Relaxed);
    // A second one, or one for other memory, is a fault of this program's.
    if base.is_null() || GONE.swap(true, Ordering::Relaxed) {
        // SAFETY: It can be called at any time.
        unsafe { libc::_exit(3) };
    }
    // SAFETY: It replaces the mapping that `Registers` made, which is LENGTH bytes long, and nothing
    // else.
    let memory = unsafe {
        libc::mmap(
            base,
            LENGTH,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
            -1,
            0,
        )
    };
    if memory == libc::MAP_FAILED {
        // SAFETY: It can be called at any time, in a signal handler too.
        unsafe { libc::_exit(3) };
    }
}

/// The device went while its registers were touched.
#[derive(Debug)]
struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SIGBUS: the device is gone")
    }
}

/// The registers of the device, mapped into this program. There is one at a time.
struct Registers {
    base: *mut c_void,
}

impl Registers {
    fn map(window: &File) -> io::Result<Self> {
        // SAFETY: A new mapping, at an address that the kernel chooses, replaces nothing.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                LENGTH,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                window.as_raw_fd(),
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        assert!(MAPPING.swap(base, Ordering::Relaxed).is_null());
        GONE.store(false, Ordering::Relaxed);
        Ok(Self { base })
    }

    /// The address of a register.
    fn at(&self, offset: usize) -> *mut u32 {
        assert!(offset % 4 == 0 && offset + 4 <= LENGTH);
        self.base.cast::<u32>().wrapping_byte_add(offset)
    }

    fn read(&self, offset: usize) -> Result<u32, Gone> {
        // SAFETY: The address is aligned and within the mapping. Should the device be gone, the
        // signal handler sees to it that there is something to read nevertheless.
        let value = unsafe { self.at(offset).read_volatile() };
        // The handler ran on this very thread, within the line above.
        match GONE.load(Ordering::Relaxed) {
            false => Ok(value),
            true => Err(Gone),
        }
    }

    fn write(&self, offset: usize, value: u32) -> Result<(), Gone> {
        // SAFETY: As in `read`.
        unsafe { self.at(offset).write_volatile(value) };
        match GONE.load(Ordering::Relaxed) {
            false => Ok(()),
            true => Err(Gone),
        }
    }

    /// Uses the device once: it inverts a number. Says whether that was right.
    fn works(&self, number: u32) -> Result<bool, Gone> {
        self.write(INVERT, number)?;
        Ok(self.read(INVERT)? == !number && self.read(ID)? & 0xffff == 0x00ed)
    }
}

impl Drop for Registers {
    fn drop(&mut self) {
        MAPPING.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: This is the mapping that `map` made, or what took its place, and it is not used
        // any more.
        unsafe { libc::munmap(self.base, LENGTH) };
    }
}

/// Opens the node and maps the registers, as soon as there is a node with a device behind it. While
/// that goes, the node may still be there, and opening or mapping it says that there is no device.
fn attach(node: &str) -> io::Result<(File, Registers)> {
    let limit = Instant::now() + Duration::from_secs(60);
    loop {
        let attached = OpenOptions::new()
            .read(true)
            .write(true)
            .open(node)
            .and_then(|window| Registers::map(&window).map(|regs| (window, regs)));
        match attached {
            Err(e)
                if (e.kind() == io::ErrorKind::NotFound
                    || e.raw_os_error() == Some(libc::ENODEV))
                    && Instant::now() < limit =>
            {
                sleep(Duration::from_millis(20));
            }
            attached => return attached,
        }
    }
}

/// Uses the device until it goes, and says how that was.
fn use_up(window: &File, regs: &Registers) -> Result<(), String> {
    let limit = Instant::now() + Duration::from_secs(60);
    for number in 0.. {
        match regs.works(number) {
            Ok(true) => sleep(Duration::from_millis(10)),
            Ok(false) => return Err(format!("the device did not invert {number:#x}")),
            Err(gone) => {
                println!("  {gone}, after {number} inversions; this program is not");
                break;
            }
        }
        if Instant::now() > limit {
            return Err("the device was there for a minute: it was not unbound".into());
        }
    }
    // No call gets at it either.
    match window.read_at(&mut [0; 4], 0) {
        Err(e) => println!("  a read by the same descriptor: {e}"),
        Ok(_) => return Err("the device is gone and can be read".into()),
    }
    Ok(())
}

fn run(node: &str) -> Result<(), String> {
    let words = |e: io::Error| e.to_string();

    let (window, regs) = attach(node).map_err(words)?;
    println!("  mapped {node}, and using it");
    use_up(&window, &regs)?;
    drop(regs);
    drop(window);

    println!("  waiting for {node} to come back");
    let (_window, regs) = attach(node).map_err(words)?;
    match regs.works(0x1234_5678) {
        Ok(true) => println!("  mapped {node} again, and the device works"),
        Ok(false) => return Err("the device is back, and does not work".into()),
        Err(gone) => return Err(gone.to_string()),
    }
    Ok(())
}

fn main() -> ExitCode {
    let Some(node) = env::args().nth(1) else {
        eprintln!("usage: unplug /dev/iomem<N>");
        return ExitCode::from(2);
    };
    // SAFETY: The handler does nothing that a signal handler may not.
    unsafe { libc::signal(libc::SIGBUS, on_sigbus) };
    match run(&node) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("unplug: {node}: {e}");
            ExitCode::FAILURE
        }
    }
}
