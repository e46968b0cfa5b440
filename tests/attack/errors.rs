// SPDX-License-Identifier: GPL-2.0

//! Error codes that are not for user space, from every function whose errors are passed on to C.
//!
//! Some codes above 511 mean something else than a failure to the code that calls a driver: at
//! `EIOCBQUEUED` it waits for a completion, or stops the kernel. tests/errors.c says which function is to
//! fail, and with what, and sees what arrives:
//!
//! | file | whose functions fail |
//! |---|---|
//! | `/dev/iomem_attack_errors` | `open`, `llseek`, `read`, `write`, `mmap`, `ioctl`, `may_split` |
//! | its attribute `value` | `show` |
//! | debugfs `iomem_attack_errors/{rows,row}` | `rows`, `row` |
//! | `/sys/bus/platform/drivers/iomem_attack_errors/file` | `write` |
//! | `/dev/iomem_attack_control` | none: an `ioctl` tells which, and the code |

#![deny(unsafe_code)]

use iomem::{
    chardev::{
        transfer::{
            Give,
            Seek, //
        },
        wait::WaitQueue,
        CharDevice,
        CharFile,
        OpenFile,
        Options,
        Registration, //
    },
    debugfs::{
        self,
        Dir,
        Table, //
    },
    eventfd::EventFd,
    new_wait_queue,
    platform::{
        AdapterWithFiles,
        File,
        Files, //
    },
    sysfs::{
        Attribute,
        Attributes,
        Groups, //
    },
    text::Text,
    vma::{
        Area,
        Mapped,
        NewVma,
        VmaOps, //
    },
};
use kernel::{
    device::Core,
    driver,
    fmt::Write,
    io::PhysAddr,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    platform,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

module! {
    type: Attack,
    name: "iomem_attack_errors",
    authors: ["The iomem authors"],
    description: "Fails with error codes that are not for user space",
    license: "GPL",
}

/// The ioctls of the control node: as `_IO('i', n)`.
const FAIL: u32 = 0x6900;
const CALLS: u32 = 0x6901;

/// The functions that can be made to fail.
#[derive(Clone, Copy, PartialEq)]
#[repr(i32)]
enum Door {
    Open = 1,
    Seek,
    Read,
    Write,
    Ioctl,
    /// A return value below 0 instead of an error.
    IoctlValue,
    Map,
    Split,
    Show,
    Rows,
    Row,
    File,
    /// As `Read`, but a signal is waited for first, and only the first call fails.
    Signal,
    /// No failure: the code is a physical address.
    Address,
}

/// Which one of them fails, and with what.
static DOOR: Atomic<i32> = Atomic::new(0);
static CODE: Atomic<i32> = Atomic::new(0);
/// How often it was called since.
static CALLED: Atomic<i32> = Atomic::new(0);

impl Door {
    fn fails(self) -> bool {
        DOOR.load(Relaxed) == self as i32
    }

    fn pass(self) -> Result {
        if !self.fails() {
            return Ok(());
        }
        CALLED.fetch_add(1, Full);
        match CODE.load(Relaxed) {
            0 => Ok(()),
            code => Err(Error::from_errno(code.wrapping_neg())),
        }
    }
}

#[pin_data]
struct Device {
    #[pin]
    queue: WaitQueue,
}

impl Device {
    fn show(&self, text: &mut Text<'_>) -> Result {
        Door::Show.pass()?;
        Ok(write!(text, "shown")?)
    }
}

impl Attributes for Device {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::new(c"value", Self::show)];
}

impl VmaOps for Device {
    fn may_split(&self, _vma: &Area<'_>, _address: usize) -> Result {
        Door::Split.pass()
    }
}

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        pin_init::pin_init_scope(|| Door::Open.pass().map(|()| Ok::<_, Error>(())))
    }

    fn llseek(&self, _file: OpenFile<'_, Self>, seek: Seek<'_>) -> Result<u64> {
        Door::Seek.pass()?;
        seek.without_end()
    }

    fn read(
        &self,
        _file: OpenFile<'_, Self>,
        _position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        Door::Read.pass()?;
        if Door::Signal.fails() && CALLED.load(Relaxed) == 0 {
            // Nothing comes but the signal.
            let _ = self.queue.wait_until(|| None::<()>);
            Door::Signal.pass()?;
        }
        buffer.give(b"read")
    }

    fn write(
        &self,
        _file: OpenFile<'_, Self>,
        _position: u64,
        buffer: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        Door::Write.pass()?;
        let all = buffer.len();
        buffer.advance(all);
        Ok(all)
    }

    fn mmap<'a>(&'a self, file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        Door::Map.pass()?;
        let prot = vma.page_prot();
        vma.map_on_fault(file.device().into(), prot)
    }

    fn physical_address(&self, _page_offset: usize, _length: usize) -> Option<PhysAddr> {
        (Door::Address.fails()).then(|| CODE.load(Relaxed) as PhysAddr)
    }

    fn ioctl(&self, _file: OpenFile<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        Door::Ioctl.pass()?;
        match Door::IoctlValue.pass() {
            Ok(()) => Ok(0),
            Err(e) => Ok(e.to_errno() as isize),
        }
    }
}

/// Takes the orders.
struct Control;

#[vtable]
impl CharDevice for Control {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    /// A program that ends with the file open has no descriptors any more.
    fn release(&self, _state: &()) {
        let _ = EventFd::from_fd(0);
    }

    fn ioctl(&self, _file: OpenFile<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            FAIL => {
                DOOR.store((arg >> 16) as i32, Relaxed);
                CODE.store((arg & 0xffff) as i32, Relaxed);
                CALLED.store(0, Relaxed);
                Ok(0)
            }
            CALLS => Ok(CALLED.load(Relaxed) as isize),
            _ => Err(ENOTTY),
        }
    }
}

/// Fails before there is a row, or as the first row is made.
struct Rows(Door);

impl Table for Rows {
    const OWNER: ThisModule = iomem::this_module!();

    fn row_length(&self) -> usize {
        8
    }

    fn rows(&self) -> Result<u64> {
        if self.0 == Door::Rows {
            self.0.pass()?;
        }
        Ok(4)
    }

    fn row(&self, number: u64, text: &mut Text<'_>) -> Result {
        if self.0 == Door::Row {
            self.0.pass()?;
        }
        Ok(write!(text, "{number}")?)
    }
}

struct State;

impl State {
    fn file(self: Pin<&Self>, _text: &[u8]) -> Result {
        Door::File.pass()
    }
}

impl Files for State {
    const FILES: &'static [File<Self>] = &[File::new(c"file", Self::file)];

    fn new() -> impl PinInit<Self, Error> {
        Ok::<_, Error>(Self)
    }
}

/// A driver that does nothing.
struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        _pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        Ok(Self)
    }
}

type Registered = driver::Registration<AdapterWithFiles<Driver, State>>;

#[pin_data]
struct Attack {
    #[pin]
    _driver: Registered,
    #[pin]
    _node: Registration<Device>,
    #[pin]
    _control: Registration<Control>,
    _rows: debugfs::File<Rows>,
    _row: debugfs::File<Rows>,
}

impl InPlaceModule for Attack {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let name = <Self as ModuleMetadata>::NAME;
        pin_init::pin_init_scope(move || {
            let queue = new_wait_queue!("iomem_attack_errors::queue");
            let device = Arc::pin_init(pin_init!(Device { queue <- queue }), GFP_KERNEL)?;
            let mut groups = Groups::new();
            groups.device(device.clone())?;
            let node = Options::new(c"iomem_attack_errors".to_cstring()?).groups(groups);
            let control = Options::new(c"iomem_attack_control".to_cstring()?);
            let orders = Arc::new(Control, GFP_KERNEL)?;
            let dir = Dir::new(c"iomem_attack_errors", None)?;
            let table = |door| Arc::new(Rows(door), GFP_KERNEL);
            let rows = debugfs::File::new(&dir, c"rows", table(Door::Rows)?)?;
            let row = debugfs::File::new(&dir, c"row", table(Door::Row)?)?;
            Ok(try_pin_init!(Self {
                _driver <- Registered::new(name, module),
                _node <- Registration::register(node, device),
                _control <- Registration::register(control, orders),
                _rows: rows,
                _row: row,
            }))
        })
    }
}
