// SPDX-License-Identifier: GPL-2.0

//! A program that drives a device through `/dev/iomem<N>`, without a driver of its own.
//!
//! The device is QEMU's `edu`: it identifies itself, inverts a number, and computes factorials.
//! The program maps its registers and does all three, checking each answer.
//!
//! ```sh
//! edu /dev/iomem0
//! ```

use std::{
    env,
    error::Error,
    fs::{File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io,
    os::{fd::AsRawFd, raw::c_void},
    process::ExitCode,
    time::{Duration, Instant},
};

/// Offsets of the registers in bytes, and what their values mean.
mod reg {
    /// Reads 0xMMmm00ed: major and minor version.
    pub const ID: usize = 0x00;
    /// Reads back the inverse of what was written.
    pub const INVERT: usize = 0x04;
    /// Write n; when the device is no longer busy, it reads n!.
    pub const FACTORIAL: usize = 0x08;
    /// Bit 0: computing.
    pub const STATUS: usize = 0x20;
    pub const STATUS_BUSY: u32 = 1;
}

/// The registers of the device, mapped into this program. Unmapped when dropped.
struct Registers {
    base: *mut c_void,
    length: usize,
}

impl Registers {
    /// Maps `length` bytes of a window from its start.
    fn map(window: &File, length: usize) -> io::Result<Self> {
        // SAFETY: A new mapping, at an address that the kernel chooses, replaces nothing.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                window.as_raw_fd(),
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { base, length })
    }

    /// The address of a register.
    fn at(&self, offset: usize) -> *mut u32 {
        assert!(offset % 4 == 0 && offset + 4 <= self.length);
        self.base.cast::<u32>().wrapping_byte_add(offset)
    }

    fn read(&self, offset: usize) -> u32 {
        // SAFETY: The address is aligned and within the mapping. Volatile, so that each call is one
        // access of the device.
        unsafe { self.at(offset).read_volatile() }
    }

    fn write(&self, offset: usize, value: u32) {
        // SAFETY: As in `read`.
        unsafe { self.at(offset).write_volatile(value) }
    }
}

impl Drop for Registers {
    fn drop(&mut self) {
        // SAFETY: This is the mapping that `map` made, and it is not used any more.
        unsafe { libc::munmap(self.base, self.length) };
    }
}

/// What the C library offers and std does not.
mod libc {
    use std::os::raw::{c_int, c_void};

    pub const PROT_READ: c_int = 1;
    pub const PROT_WRITE: c_int = 2;
    pub const MAP_SHARED: c_int = 1;
    pub const MAP_FAILED: *mut c_void = !0_usize as *mut c_void;

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
    }
}

/// A number that could not have been prepared.
fn random() -> u32 {
    RandomState::new().hash_one(0) as u32
}

fn run(node: &str) -> Result<(), Box<dyn Error>> {
    let window = OpenOptions::new().read(true).write(true).open(node)?;
    let regs = Registers::map(&window, 0x1000)?;
    println!("  mapped {node}: one page of registers");

    let id = regs.read(reg::ID);
    println!("  identification register (0x00): {id:#010x}");
    if id & 0xffff != 0x00ed {
        return Err(format!("{id:#010x} does not end in 00ed: this is no edu device").into());
    }

    for _ in 0..3 {
        let value = random();
        regs.write(reg::INVERT, value);
        let inverse = regs.read(reg::INVERT);
        println!("  inversion register (0x04): wrote {value:#010x}, read {inverse:#010x}");
        if inverse != !value {
            return Err(format!("the inverse of {value:#010x} is {:#010x}", !value).into());
        }
    }

    let n = 1 + random() % 12;
    regs.write(reg::FACTORIAL, n);
    let limit = Instant::now() + Duration::from_secs(10);
    while regs.read(reg::STATUS) & reg::STATUS_BUSY != 0 {
        if Instant::now() > limit {
            return Err("the device has been computing for ten seconds".into());
        }
    }
    let factorial = regs.read(reg::FACTORIAL);
    println!("  factorial register (0x08): the device says that {n}! is {factorial}");
    if factorial != (1..=n).product::<u32>() {
        return Err(format!("it is {}", (1..=n).product::<u32>()).into());
    }
    Ok(())
}

fn main() -> ExitCode {
    let Some(node) = env::args().nth(1) else {
        eprintln!("usage: edu /dev/iomem<N>");
        return ExitCode::from(2);
    };
    match run(&node) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("edu: {node}: {e}");
            ExitCode::FAILURE
        }
    }
}
