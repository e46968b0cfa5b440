// SPDX-License-Identifier: GPL-2.0

//! Registrations that are never dropped, each kind by which the kernel calls into the module: forgotten,
//! or made in memory that is freed all the same and used for something else. What is left of them when
//! the module has been unloaded, tests/forgotten.c sees.

#![deny(unsafe_code)]

use core::mem::{
    forget,
    size_of,
    MaybeUninit, //
};

use iomem::{
    chardev::{
        major,
        CharDevice,
        CharFile,
        Options,
        Registration, //
    },
    compat::param,
    debugfs::{
        Dir,
        File,
        Table, //
    },
    sysfs::{
        Attribute,
        Attributes,
        Groups, //
    },
    text::Text, //
};
use kernel::{
    fmt::Write,
    prelude::*,
    str::CString,
    sync::Arc,
    time::{
        delay::fsleep,
        Delta, //
    },
    types::Opaque, //
};
use pin_init::Wrapper;

module! {
    type: Attack,
    name: "iomem_attack_forgotten",
    authors: ["The iomem authors"],
    description: "Forgets what it has registered",
    license: "GPL",
    params: {
        fail: u64 {
            default: 0,
            description: "1: fails after all has been registered",
        },
        pause: u64 {
            default: 0,
            description: "how long it waits before that, in ms",
        },
    },
}

struct Device;

impl Device {
    fn show(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "forgotten")?)
    }
}

impl Attributes for Device {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::new(c"value", Self::show)];
}

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }
}

impl Table for Device {
    const OWNER: ThisModule = iomem::this_module!();

    fn row_length(&self) -> usize {
        16
    }

    fn rows(&self) -> Result<u64> {
        Ok(1)
    }

    fn row(&self, _number: u64, text: &mut Text<'_>) -> Result {
        self.show(text)
    }
}

/// As large as a registration.
type Filler = [u8; size_of::<Registration<Device>>()];

/// Registers a node whose registration is in a box of `W`, and frees the box, which drops nothing.
fn free_undropped<W: Wrapper<Registration<Device>>>(name: &str, device: &Arc<Device>) -> Result {
    let mut groups = Groups::new();
    groups.device(device.clone())?;
    let options = Options::new(CString::try_from_fmt(fmt!("{name}"))?).groups(groups);
    let node = W::pin_init(Registration::register(options, device.clone()));
    KBox::pin_init(node, GFP_KERNEL).map(drop)
}

struct Attack {
    _filler: KVec<KBox<Filler>>,
}

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let device = Arc::new(Device, GFP_KERNEL)?;
        let mut groups = Groups::new();
        groups.device(device.clone())?;
        let options = Options::new(c"iomem_attack_forgotten".to_cstring()?).groups(groups);
        forget(KBox::pin_init(
            Registration::register(options, device.clone()),
            GFP_KERNEL,
        )?);
        forget(major::Registration::register(
            0,
            c"iomem_attack_forgotten",
            device.clone(),
        )?);
        let dir = Dir::new(c"iomem_attack_forgotten", None)?;
        forget(File::new(&dir, c"table", device.clone())?);
        // The folder goes when the file in it does, which does not.
        drop(dir);

        free_undropped::<MaybeUninit<_>>("iomem_attack_freed", &device)?;
        free_undropped::<Opaque<_>>("iomem_attack_opaque", &device)?;
        // What was freed is used again.
        let mut filler = KVec::new();
        for _ in 0..1000 {
            filler.push(
                KBox::new([0x41; size_of::<Filler>()], GFP_KERNEL)?,
                GFP_KERNEL,
            )?;
        }
        fsleep(Delta::from_millis(
            i64::try_from(param(module_parameters::pause.value())).map_err(|_| EINVAL)?,
        ));
        if param(module_parameters::fail.value()) != 0 {
            return Err(ENODEV);
        }
        Ok(Self { _filler: filler })
    }
}
