// SPDX-License-Identifier: GPL-2.0

//! Character devices, tried from within the kernel, and there to be tried by programs.
//!
//! Loading it runs the checks of registration once. As long as it is loaded, tests/chardev.c has
//! these to work on:
//!
//! | node | what it is |
//! |---|---|
//! | `iomem_test_mem0`, `iomem_test_mem1` | 64 bytes each, modes 0640 and 0600 |
//! | `iomem_test_places` | any position: reading gives the position, and lies about how much |
//! | `iomem_test_events` | a stream: reading waits for what is written, as a number |
//! | `iomem_test_bare` | implements nothing |
//! | `iomem_test_node` | minor 7 of a major; reading gives the minor |
//! | `iomem_test_control` | takes nodes away, and tells how many devices have been dropped |

use iomem::chardev::{
    class::{
        Class,
        Node, //
    },
    major,
    CharDevice,
    CharFile,
    OpenFile,
    Options,
    Registration, //
};
use kernel::{
    new_mutex,
    prelude::*,
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

#[path = "chardev/devices.rs"]
mod devices;

use devices::{
    Bare,
    Memory,
    Minors,
    Places,
    Source,
    DROPS, //
};

module! {
    type: Test,
    name: "iomem_test_chardev",
    authors: ["The iomem authors"],
    description: "Tries the character devices of the iomem library",
    license: "GPL",
}

/// The ioctls of `iomem_test_control`: as `_IO('i', n)`.
const REMOVE_EVENTS: u32 = 0x6900;
const REMOVE_MAJOR: u32 = 0x6901;
const REMOVE_NODE: u32 = 0x6902;
const DROPPED: u32 = 0x6903;

/// What is there until it is taken away.
struct Removable {
    events: Option<Pin<KBox<Registration<Source>>>>,
    major: Option<major::Registration<Minors>>,
    node: Option<Node>,
}

/// Takes things away. The lock protects what is left; devices are removed with it held, which is
/// right because nothing here takes it in `open`.
#[pin_data]
struct Control {
    #[pin]
    left: Mutex<Removable>,
}

#[vtable]
impl CharDevice for Control {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn ioctl(&self, _file: OpenFile<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        let mut left = self.left.lock();
        match cmd {
            REMOVE_EVENTS => {
                let events = left.events.take().ok_or(ENODEV)?;
                events.device().leave();
            }
            REMOVE_MAJOR => drop(left.major.take().ok_or(ENODEV)?),
            REMOVE_NODE => drop(left.node.take().ok_or(ENODEV)?),
            DROPPED => return Ok(DROPS.load(Acquire) as isize),
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

fn register<T: CharDevice>(
    name: &CStr,
    mode: Option<u16>,
    device: Arc<T>,
) -> Result<Pin<KBox<Registration<T>>>> {
    let mut options = Options::new(name.to_cstring()?);
    if let Some(mode) = mode {
        options = options.mode(mode)?;
    }
    KBox::pin_init(Registration::register(options, device), GFP_KERNEL)
}

fn options() -> Result {
    let bare = Arc::new(Bare, GFP_KERNEL)?;
    check!(
        "misc_name_is_not_empty",
        register(c"", None, bare.clone()).err() == Some(EINVAL)
    );
    let with_mode = |mode| Options::new(CString::try_from_fmt(fmt!("x"))?).mode(mode);
    check!(
        "misc_mode_is_permissions",
        with_mode(0o1000).err() == Some(EINVAL)
            && with_mode(u16::MAX).err() == Some(EINVAL)
            && with_mode(0).err() == Some(EINVAL)
            && with_mode(0o777).is_ok()
            && with_mode(0o001).is_ok()
    );

    let registration = register(c"iomem_test_once", None, bare.clone())?;
    check!(
        "misc_registration_knows_its_name",
        registration.name() == c"iomem_test_once"
    );
    check!(
        "misc_registration_knows_its_device",
        core::ptr::eq(&*registration.device(), &*bare)
    );
    check!("misc_minor_is_dynamic", registration.minor() > 254);
    drop(registration);
    check!(
        "misc_name_is_free_after_drop",
        register(c"iomem_test_once", None, bare).is_ok()
    );
    Ok(())
}

/// The owner of code that is built in. The library cannot carry this: it has no way to say what is not so.
// SAFETY: The kernel takes a null pointer for that.
const BUILT_IN: ThisModule = unsafe { ThisModule::from_ptr(core::ptr::null_mut()) };

/// A device that does not name the module that its code is in.
struct Foreign;

#[vtable]
impl CharDevice for Foreign {
    const OWNER: ThisModule = BUILT_IN;
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }
}

fn owners() -> Result {
    let foreign = || Arc::new(Foreign, GFP_KERNEL);
    check!(
        "misc_device_of_another_module_is_refused",
        register(c"iomem_test_foreign", None, foreign()?).err() == Some(EINVAL)
    );
    check!(
        "major_of_another_module_is_refused",
        major::Registration::register(0, c"iomem_test_foreign", foreign()?).err() == Some(EINVAL)
    );
    Ok(())
}

fn majors() -> Result {
    let before = DROPS.load(Acquire);
    let minors = || Arc::new(Minors, GFP_KERNEL);
    let taken = major::Registration::register(0, c"iomem_test_once", minors()?)?;
    let number = taken.major();
    check!("major_is_chosen", number > 0 && number < 512);
    check!(
        "major_that_is_taken_is_busy",
        major::Registration::register(number, c"iomem_test_more", minors()?).err() == Some(EBUSY)
    );
    check!(
        "major_beyond_the_last_is_refused",
        major::Registration::register(512, c"iomem_test_more", minors()?).err() == Some(EINVAL)
            && major::Registration::register(4096, c"iomem_test_more", minors()?).err()
                == Some(EINVAL)
            && major::Registration::register(4096 + number, c"iomem_test_more", minors()?).err()
                == Some(EINVAL)
            && major::Registration::register(u32::MAX, c"iomem_test_more", minors()?).err()
                == Some(EINVAL)
    );
    check!(
        "major_name_is_not_empty",
        major::Registration::register(0, c"", minors()?).err() == Some(EINVAL)
    );
    drop(taken);
    check!(
        "major_is_free_after_drop",
        major::Registration::register(number, c"iomem_test_once", minors()?)
            .is_ok_and(|again| again.major() == number)
    );
    check!(
        "major_drops_its_device",
        DROPS.load(Acquire).wrapping_sub(before) == 8
    );
    Ok(())
}

/// Everything that programs can open, in the order in which it goes.
struct Test {
    _control: Pin<KBox<Registration<Control>>>,
    _mem: [Pin<KBox<Registration<Memory>>>; 2],
    _places: Pin<KBox<Registration<Places>>>,
    _bare: Pin<KBox<Registration<Bare>>>,
}

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        check!("options_ran", options().is_ok());
        check!("majors_ran", majors().is_ok());
        check!("owners_ran", owners().is_ok());

        let class = Arc::new(Class::new(c"iomem_test")?, GFP_KERNEL)?;
        let major =
            major::Registration::register(0, c"iomem_test_major", Arc::new(Minors, GFP_KERNEL)?)?;
        check!(
            "node_of_no_minor_is_refused",
            major.node(&class, 256, c"iomem_test_node", None).err() == Some(EINVAL)
                && major.node(&class, u32::MAX, c"iomem_test_node", None).err() == Some(EINVAL)
        );
        check!(
            "node_name_is_not_empty",
            major.node(&class, 7, c"", None).err() == Some(EINVAL)
        );
        let removable = Removable {
            events: Some(register(c"iomem_test_events", Some(0o666), Source::new()?)?),
            node: Some(major.node(&class, 7, c"iomem_test_node", None)?),
            major: Some(major),
        };
        let control = Arc::pin_init(
            pin_init!(Control { left <- new_mutex!(removable) }),
            GFP_KERNEL,
        )?;

        DROPS.store(0, Relaxed);
        let test = Self {
            _mem: [
                register(c"iomem_test_mem0", Some(0o640), Memory::new()?)?,
                register(c"iomem_test_mem1", None, Memory::new()?)?,
            ],
            _places: register(c"iomem_test_places", None, Arc::new(Places, GFP_KERNEL)?)?,
            _bare: register(c"iomem_test_bare", None, Arc::new(Bare, GFP_KERNEL)?)?,
            _control: register(c"iomem_test_control", None, control)?,
        };
        pr_info!("done\n");
        Ok(test)
    }
}
