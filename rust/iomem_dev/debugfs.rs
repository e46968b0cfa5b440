// SPDX-License-Identifier: GPL-2.0

//! The registers of a region, for who looks for mistakes: `region<M>` in debugfs.
//!
//! A line for each register, `offset: value`, both hexadecimal and of one length throughout. The
//! registers are of the width that the device says, or else of the largest up to 4 bytes that the
//! region is a multiple of: then opening the file takes `CAP_SYS_RAWIO`, as reading by call does. Each is
//! read by one access, when its line is read, and only then: reading can have effects on the device, which
//! is why the file is root's, of mode 0400.
//!
//! Nothing is left out: what is no register of that width, such as the end of a region that is no
//! multiple of it, has a line with `X` for digits.

use iomem::{
    access::Width,
    debugfs::{
        Dir,
        File,
        Table, //
    },
    security::{
        capable_noaudit,
        Capability, //
    },
    text::Text, //
};
use kernel::{
    fmt::Write,
    prelude::*,
    str::CString,
    sync::Arc,
    ThisModule, //
};

use crate::{
    region::Region,
    window::Window, //
};

kernel::sync::global_lock! {
    // SAFETY: `Root::new` initializes it when the module is loaded, before a device is bound.
    unsafe(uninit) static ROOT: Mutex<Option<Dir>> = None;
}

/// The folder `iomem` in debugfs, for the windows of this module.
///
/// It is found by probing, which the kernel gives nothing of the module's: hence the static. The lock
/// protects it; nothing else is locked while it is held.
pub(crate) struct Root(());

impl Root {
    /// Makes it.
    ///
    /// # Safety
    ///
    /// To be called once, before a device is bound.
    pub(crate) unsafe fn new() -> Result<Self> {
        // SAFETY: It is called once. The library cannot carry this: the lock belongs to a static,
        // which is this module's.
        unsafe { ROOT.init() };
        *ROOT.lock() = Some(Dir::new(c"iomem", None)?);
        Ok(Self(()))
    }

    /// Makes a folder in it.
    fn folder(name: &CStr) -> Result<Dir> {
        let root = ROOT.lock().clone();
        Dir::new(name, root.as_ref())
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        drop(ROOT.lock().take());
    }
}

/// What is between the offset and the value.
const BETWEEN: &str = ": ";

/// A region, a line for each register.
pub(crate) struct Dump {
    window: Arc<Window>,
    region: usize,
    width: Width,
    lines: u64,
    /// How many digits an offset has.
    digits: usize,
}

/// Makes the files of a window.
pub(crate) fn files(window: &Arc<Window>) -> Result<KVec<File<Dump>>> {
    let folder = Root::folder(window.node())?;
    let mut files = KVec::with_capacity(window.regions(), GFP_KERNEL)?;
    for number in 0..window.regions() {
        let dump = {
            let resources = window.resources()?;
            Dump::new(window, number, resources.region(number).ok_or(ENODEV)?)
        };
        let name = CString::try_from_fmt(fmt!("region{number}"))?;
        files.push(
            File::new(&folder, &name, Arc::new(dump, GFP_KERNEL)?)?,
            GFP_KERNEL,
        )?;
    }
    Ok(files)
}

/// The largest width, of those that may be, that a region begins and ends at a multiple of.
fn width(region: &Region) -> Width {
    let fits = |width: &Width| {
        let bytes = width.bytes() as u64;
        region.range().start() % bytes == 0 && region.length() % bytes == 0
    };
    [Width::W32, Width::W16]
        .into_iter()
        .find(fits)
        .unwrap_or(Width::W8)
}

impl Dump {
    fn new(window: &Arc<Window>, number: usize, region: &Region) -> Self {
        let width = region.format().width.unwrap_or_else(|| width(region));
        let last = region.length().saturating_sub(1);
        let bits = u64::BITS.saturating_sub(last.leading_zeros());
        Self {
            window: window.clone(),
            region: number,
            width,
            lines: region.length().div_ceil(width.bytes() as u64),
            digits: bits.div_ceil(4).max(1) as usize,
        }
    }

    fn value_digits(&self) -> usize {
        2 * self.width.bytes()
    }
}

impl Table for Dump {
    const OWNER: ThisModule = iomem::this_module!();

    fn open(&self) -> Result {
        let resources = self.window.resources()?;
        let region = resources.region(self.region).ok_or(ENODEV)?;
        region.check_access(capable_noaudit(Capability::SysRawio))
    }

    fn row_length(&self) -> usize {
        self.digits + BETWEEN.len() + self.value_digits() + 1
    }

    fn rows(&self) -> Result<u64> {
        let _alive = self.window.resources()?;
        Ok(self.lines)
    }

    fn row(&self, number: u64, text: &mut Text<'_>) -> Result {
        let offset = number.wrapping_mul(self.width.bytes() as u64);
        let value = {
            let resources = self.window.resources()?;
            let region = resources.region(self.region).ok_or(ENODEV)?;
            region.read(self.width, offset)
        };
        write!(text, "{offset:0n$x}{BETWEEN}", n = self.digits)?;
        match value {
            Ok(value) => write!(text, "{value:0n$x}", n = self.value_digits())?,
            // There is no such register.
            Err(e) if e == EINVAL => {
                (0..self.value_digits()).try_for_each(|_| text.write_char('X'))?;
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }
}
