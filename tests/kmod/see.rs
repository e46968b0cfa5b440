// SPDX-License-Identifier: GPL-2.0

//! What is told of a device: attributes, `fdinfo`, tables in debugfs, tracepoints.
//!
//! Loading it runs the checks of what is refused once. As long as it is loaded, tests/shown.c has
//! these to work on:
//!
//! | what | |
//! |---|---|
//! | `/dev/iomem_test_see` | a node with attributes, and with folders of them; it can be removed |
//! | `/dev/iomem_test_see_control` | removes the node and makes it, traces, tells counts |
//! | debugfs `iomem_test_see/` | tables: `table`, `failing`, `wide` |

use iomem::{
    access::Width,
    chardev::{
        CharDevice,
        CharFile,
        OpenFile,
        Options,
        Registration, //
    },
    debugfs::{
        Dir,
        File,
        ROW_MAX, //
    },
    sysfs::Groups,
    trace, //
};
use kernel::{
    new_mutex,
    prelude::*,
    seq_file::SeqFile,
    seq_print,
    str::CString,
    sync::{
        atomic::{
            Acquire,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};

#[macro_use]
mod check;

#[path = "see/shown.rs"]
mod shown;

use shown::{
    Device,
    Part,
    Rows,
    Twin,
    ROWS_MADE,
    SLOW_BEGUN,
    SLOW_ENDED, //
};

module! {
    type: Test,
    name: "iomem_test_see",
    authors: ["The iomem authors"],
    description: "Tries what the iomem library shows of a device",
    license: "GPL",
}

/// The ioctls of `iomem_test_see_control`: as `_IO('i', n)`.
const REMOVE: u32 = 0x6900;
const MAKE: u32 = 0x6901;
const TRACE: u32 = 0x6902;
const MADE: u32 = 0x6903;
const BEGUN: u32 = 0x6904;

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = u32;

    fn open(&self, file: CharFile<'_>) -> impl PinInit<u32, Error> {
        Ok(file.flags())
    }

    fn show_fdinfo(&self, flags: &u32, seq: &SeqFile) {
        seq_print!(seq, "iomem-test-flags:\t{flags:#o}\n");
    }
}

type Node = Pin<KBox<Registration<Device>>>;

fn make() -> Result<Node> {
    let device = Arc::new(Device, GFP_KERNEL)?;
    let mut groups = Groups::new();
    groups.device(device.clone())?;
    for number in 0..3 {
        let name = CString::try_from_fmt(fmt!("part{number}"))?;
        groups.folder(name, Arc::new(Part(number), GFP_KERNEL)?)?;
    }
    let options = Options::new(c"iomem_test_see".to_cstring()?).groups(groups);
    KBox::pin_init(Registration::register(options, device), GFP_KERNEL)
}

/// Removes and makes the node. The lock protects which it is; the node is made and removed with it
/// held, which is right because nothing of the node takes it.
#[pin_data]
struct Control {
    #[pin]
    node: Mutex<Option<Node>>,
}

#[vtable]
impl CharDevice for Control {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn ioctl(&self, _file: OpenFile<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        match cmd {
            // Tells how many calls of a function that takes its time have come to their end.
            REMOVE => {
                drop(self.node.lock().take().ok_or(ENODEV)?);
                Ok(SLOW_ENDED.load(Acquire) as isize)
            }
            MAKE => {
                *self.node.lock() = Some(make()?);
                Ok(0)
            }
            TRACE => {
                traced(0x1234_5678_9abc_def0);
                Ok(0)
            }
            BEGUN => Ok(SLOW_BEGUN.load(Acquire) as isize),
            MADE => Ok(ROWS_MADE.xchg(0, Relaxed) as isize),
            _ => Err(ENOTTY),
        }
    }
}

/// One of each.
fn traced(value: u64) {
    trace::read(c"iomem_test_see", 3, 0xf_ffff_fff0, Width::W64, value);
    trace::write(c"iomem_test_see", u32::MAX, u64::MAX, Width::W8, 0x1a5);
    trace::mmap(c"iomem_test_see", 0x1000, 0x7f00_0000_0000, 0x2000);
    trace::munmap(c"iomem_test_see", 0x2000, 0x7f00_0000_1000, 0x1000);
    trace::revoke(c"iomem_test_see", 2, u64::MAX);
}

/// What a single tracepoint is in object code: see tests/tracepoint.py.
#[no_mangle]
#[inline(never)]
pub extern "C" fn iomem_test_see_traced(value: u64) {
    trace::read(c"iomem_test_see", 0, 0, Width::W32, value);
}

fn part() -> Result<Arc<Part>> {
    Ok(Arc::new(Part(0), GFP_KERNEL)?)
}

fn refusals() -> Result {
    let folder = |name: &CStr| Groups::new().folder(name.to_cstring()?, part()?);
    check!("sysfs_folder_name_is_not_empty", folder(c"") == Err(EINVAL));
    check!(
        "sysfs_folder_name_is_one_of_a_file",
        folder(c"a/b") == Err(EINVAL)
            && folder(c"/") == Err(EINVAL)
            && folder(c".") == Err(EINVAL)
            && folder(c"..") == Err(EINVAL)
            && folder(c"...") == Ok(())
    );

    let mut groups = Groups::new();
    groups.folder(c"part".to_cstring()?, part()?)?;
    check!(
        "sysfs_folder_is_there_once",
        groups.folder(c"part".to_cstring()?, part()?) == Err(EEXIST)
    );
    groups.device(part()?)?;
    check!(
        "sysfs_file_is_there_once",
        groups.device(part()?) == Err(EEXIST)
    );
    check!(
        "sysfs_folder_is_called_like_no_file",
        groups.folder(c"number".to_cstring()?, part()?) == Err(EEXIST)
    );
    let mut groups = Groups::new();
    groups.folder(c"number".to_cstring()?, part()?)?;
    check!(
        "sysfs_file_is_called_like_no_folder",
        groups.device(part()?) == Err(EEXIST)
    );
    check!(
        "sysfs_files_of_two_are_together",
        groups.device(Arc::new(Twin, GFP_KERNEL)?) == Ok(())
    );

    let dir = Dir::new(c"iomem_test_refused", None)?;
    let rows = |length| File::new(&dir, c"rows", Rows::new(length, 1)?).map(|_| ());
    check!(
        "debugfs_row_has_a_length",
        rows(0) == Err(EINVAL)
            && rows(ROW_MAX + 1) == Err(EINVAL)
            && rows(usize::MAX) == Err(EINVAL)
            && rows(1) == Ok(())
            && rows(ROW_MAX) == Ok(())
    );
    Ok(())
}

/// Everything that programs can see, in the order in which it goes.
struct Test {
    _control: Pin<KBox<Registration<Control>>>,
    _tables: [File<Rows>; 3],
}

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        check!("refusals_ran", refusals().is_ok());

        let dir = Dir::new(c"iomem_test_see", None)?;
        let control = Arc::pin_init(
            try_pin_init!(Control { node <- new_mutex!(Some(make()?)) }),
            GFP_KERNEL,
        )?;
        let options = Options::new(c"iomem_test_see_control".to_cstring()?);
        let test = Self {
            _control: KBox::pin_init(Registration::register(options, control), GFP_KERNEL)?,
            _tables: [
                File::new(&dir, c"table", Rows::new(shown::ROW, shown::ROWS)?)?,
                File::new(&dir, c"failing", Rows::new(shown::ROW, 0)?)?,
                File::new(&dir, c"wide", Rows::new(shown::ROW - 1, shown::ROWS)?)?,
            ],
        };
        iomem_test_see_traced(0);
        pr_info!("done\n");
        Ok(test)
    }
}
