// SPDX-License-Identifier: GPL-2.0

//! A range of one's choice: tried, taken, and held until the module is unloaded.
//!
//! | C, in this order | here |
//! |---|---|
//! | `module_param(start, ...)`, `module_param(length, ...)` | `params` of `module!` |
//! | `check_mem_region()` (gone from Linux), `request_mem_region()` | [`request_mem_region`] |
//! | `register_chrdev()` | [`major::Registration::register`] |
//! | `unregister_chrdev()`, `release_mem_region()` | dropping the two |
//!
//! A module that is given a range by hand cannot know whether it is claimed. So it claims it
//! first, before it does anything else; if that fails, loading fails, and nothing is left behind.
//! In `make vm`:
//!
//! ```text
//! modprobe sample_allocate start=0xfea00000 length=0x1000
//! grep sample_allocate /proc/iomem /proc/devices
//! rmmod sample_allocate
//! modprobe sample_allocate start=0x1000 length=0x1000     # RAM
//! dmesg | tail -n 1
//! ```
//!
//! `/proc/iomem` has the claim, and `/proc/devices` the number of a character device that says
//! which range it is. Documentation/samples/allocate.rst shows it.

use iomem::{
    chardev::{
        major,
        transfer::Give,
        CharDevice,
        CharFile,
        OpenFile, //
    },
    compat::param,
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    iov::IovIterDest,
    prelude::*,
    str::CString,
    sync::Arc, //
};

module! {
    type: Sample,
    name: "sample_allocate",
    authors: ["The iomem authors"],
    description: "Sample: claims the range of I/O memory that it is given",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of the first byte",
        },
        length: u64 {
            default: 0,
            description: "how many bytes",
        },
    },
}

/// What the character device stands for. It lives until the last file is closed, and so does the
/// claim; the module cannot be unloaded before that.
struct Allocation {
    _claim: MemRegion,
    text: CString,
}

#[vtable]
impl CharDevice for Allocation {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    /// So much can be read. A file of the device has positions, since this is here.
    fn size(&self, _file: OpenFile<'_, Self>) -> u64 {
        self.text.to_bytes().len() as u64
    }

    /// Gives what is asked for, from `position` on, which is below the size.
    fn read(
        &self,
        _file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        let from = usize::try_from(position).map_err(|_| EINVAL)?;
        buffer.give(self.text.to_bytes().get(from..).ok_or(EINVAL)?)
    }
}

struct Sample {
    _major: major::Registration<Allocation>,
}

impl kernel::Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        let length = param(module_parameters::length.value());

        if length == 0 {
            pr_err!("say which range: start= and length=, in bytes\n");
            return Err(EINVAL);
        }
        let claim = request_mem_region(start, length, c"sample_allocate")
            .inspect_err(|refused| pr_err!("{refused}; try another range\n"))?;
        pr_info!("{} is ours\n", claim.range());

        // From here on the claim belongs to the device. If one of these fails, it is released.
        let text = CString::try_from_fmt(fmt!("{}\n", claim.range()))?;
        let allocation = Allocation {
            _claim: claim,
            text,
        };
        let device = Arc::new(allocation, GFP_KERNEL)?;
        let _major = major::Registration::register(0, c"sample_allocate", device)?;
        pr_info!("mknod /dev/sample_allocate c {} 0\n", _major.major());
        Ok(Self { _major })
    }
}
