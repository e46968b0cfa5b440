// SPDX-License-Identifier: GPL-2.0

//! What an access costs: through this library, in C, and through the kernel crate.
//!
//! Its object code is read by tests/bench/count.py. Loading it with `start=` at a range that may be
//! written to, of at least 8 KiB, measures time and prints it, a line for each form of access.

use iomem::{
    compat::param,
    mapping::Mapping,
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    error::to_result,
    io::register,
    prelude::*, //
};

#[path = "crate.rs"]
mod kernel_crate;
mod loops;
mod object;

module! {
    type: Bench,
    name: "iomem_bench",
    authors: ["The iomem authors"],
    description: "Measures the accesses of the iomem library",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of a range of 8 KiB that may be written to",
        },
        narrow: u64 {
            default: 1,
            description: "whether it takes accesses of less than 4 bytes (0: no)",
        },
    },
}

/// How much of the device is used, in bytes.
const SIZE: usize = 0x2000;

/// The register that is accessed, the same as in tests/bench/bench.h.
const OFFSET: usize = 0x10;

/// Where copies begin, and how much is moved at once, in bytes, as there.
const COPY_OFFSET: usize = 0x1000;
const BLOCK: usize = 4096;

/// What a driver keeps of its device.
type Regs = Mapping<MemRegion, SIZE>;

register! {
    /// A register of 32 bits, the lowest 8 a field.
    SCRATCH(u32) @ 0x10 {
        7:0 low;
    }
}

/// Where to and where from, as in tests/bench/bench.h.
#[repr(C)]
struct Buffer {
    words: [u32; BLOCK / 4],
    bytes: [u8; BLOCK],
}

extern "C" {
    /// Measures and prints: tests/bench/time.c.
    fn bench_run(
        library: *const c_void,
        kernel_crate: *const c_void,
        base: usize,
        narrow: bool,
    ) -> c_int;
}

struct Bench;

impl kernel::Module for Bench {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        let narrow = param(module_parameters::narrow.value()) != 0;

        let regs = Regs::ioremap(request_mem_region(start, SIZE as u64, c"iomem_bench")?)?;
        kernel_crate::with_mmio(&regs, |mmio, base| {
            // SAFETY: The library cannot carry this, since it is what is compared with others.
            // The function gives each pointer to the loops that take a reference to its type,
            // and all of them live until it returns; `base` is where both begin.
            to_result(unsafe {
                bench_run(
                    (&raw const regs).cast(),
                    core::ptr::from_ref(mmio).cast(),
                    base,
                    narrow,
                )
            })
        })?;
        Ok(Self)
    }
}
