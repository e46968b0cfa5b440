// SPDX-License-Identifier: GPL-2.0

//! Mappings, tried in the kernel: registers of every width through them.
//!
//! Loading it with `start=` at BAR 0 of QEMU's `edu` runs the checks once.
//!
//! As in tests/edu.c, marks written to the inversion register tell tests/witness.py where to look
//! in QEMU's trace.

use iomem::{
    compat::param,
    mapping::Mapping,
    resource::request_mem_region, //
};
use kernel::{
    io::{
        register,
        Io, //
    },
    prelude::*,
    sync::Arc, //
};

#[macro_use]
mod check;

module! {
    type: Test,
    name: "iomem_test_mapping",
    authors: ["The iomem authors"],
    description: "Tries the mappings of the iomem library on QEMU's edu device",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
    },
}

/// The length of edu's BAR 0, in bytes.
const LENGTH: u64 = 1 << 20;

const ID: usize = 0x00;
const INVERT: usize = 0x04;
const DMA_SOURCE: usize = 0x80;

/// What tests/witness.py looks for.
const MARK_READ32: u32 = 0x10e3_1001;
const MARK_WRITE32: u32 = 0x10e3_1002;
const MARK_READ64: u32 = 0x10e3_1003;
const MARK_REFUSED: u32 = 0x10e3_1004;
const MARK_END: u32 = 0x10e3_ffff;

register! {
    /// The identification register, as the kernel crate declares registers.
    EDU_ID(u32) @ 0x00 {
        31:24 major;
        23:16 minor;
        15:0  magic;
    }
}

fn mapping(start: u64) -> Result {
    let claim = request_mem_region(start, LENGTH, c"iomem_test")?;
    check!(
        "mapping_is_no_larger_than_its_claim",
        Mapping::<_, 0x10_0001>::ioremap(&claim).err() == Some(EINVAL)
    );

    // The size is known when this is compiled.
    let sized = Mapping::<_, 0x100>::ioremap(&claim)?;
    let sized = &sized;
    check!("sized_reads", sized.read32(ID) == 0x0100_00ed);
    let id = sized.read(EDU_ID);
    check!(
        "register_blocks_work",
        (id.major().get(), id.minor().get(), id.magic().get()) == (1, 0, 0xed)
    );
    sized.write32(0x1234_5678, INVERT);
    check!("sized_writes", sized.read32(INVERT) == !0x1234_5678);

    // It is not.
    let unsized_ = Mapping::<_>::ioremap(&claim)?;
    let unsized_ = &unsized_;
    check!("unsized_reads", unsized_.try_read32(ID) == Ok(0x0100_00ed));
    check!(
        "last_register_is_within",
        unsized_.try_read32(LENGTH as usize - 4).is_ok()
    );

    sized.write32(MARK_REFUSED, INVERT);
    check!(
        "beyond_the_end_is_refused",
        unsized_.try_read32(LENGTH as usize) == Err(EINVAL)
            && unsized_.try_read32(LENGTH as usize - 2) == Err(EINVAL)
            && unsized_.try_read32(usize::MAX) == Err(EINVAL)
            && unsized_.try_write32(0, LENGTH as usize) == Err(EINVAL)
    );
    check!(
        "misaligned_is_refused",
        unsized_.try_read32(2) == Err(EINVAL) && unsized_.try_write64(0, 0x84) == Err(EINVAL)
    );
    sized.write32(MARK_END, INVERT);

    sized.write32(MARK_READ32, INVERT);
    let _ = sized.read32(ID);
    sized.write32(MARK_END, INVERT);

    sized.write32(MARK_WRITE32, INVERT);
    sized.write32(0xcafe, DMA_SOURCE);
    sized.write32(MARK_END, INVERT);

    sized.write32(MARK_READ64, INVERT);
    // A sized window of 7.3's crate has no 64-bit registers.
    let _ = unsized_.try_read64(DMA_SOURCE);
    sized.write32(MARK_END, INVERT);
    Ok(())
}

/// A mapping that owns its claim: both end together.
fn owned(start: u64) -> Result {
    let mapping = Mapping::<_, 0x1000>::ioremap(claim_again(start)?)?;
    check!("owned_reads", mapping.read32(ID) == 0x0100_00ed);
    check!("owned_keeps_its_claim", claim_again(start).is_err());
    drop(mapping);
    let shared = Arc::new(claim_again(start)?, GFP_KERNEL)?;
    let mapping = Mapping::<_>::ioremap(shared.clone())?;
    drop(shared);
    check!("shared_keeps_its_claim", claim_again(start).is_err());
    drop(mapping);
    check!(
        "claim_ends_with_the_last_mapping",
        claim_again(start).is_ok()
    );
    Ok(())
}

fn claim_again(start: u64) -> Result<iomem::resource::MemRegion> {
    Ok(request_mem_region(start, LENGTH, c"iomem_test")?)
}

struct Test;

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());

        check!("mapping_ran", mapping(start).is_ok());
        check!("owned_ran", owned(start).is_ok());
        pr_info!("done\n");
        Ok(Self)
    }
}
