// SPDX-License-Identifier: GPL-2.0

//! Names and lists without a limit, and names that the kernel has given to its own files.

#![deny(unsafe_code)]

use iomem::{
    chardev::{
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
    error::enametoolong,
    irq::Lines,
    platform::{
        Device as PlatformDevice,
        Id,
        Info,
        Resource, //
    },
    resource::{
        request_mem_region,
        request_mem_region_muxed,
        request_region,
        MemRegion,
        Pages,
        Reason, //
    },
    sysfs::{
        Attribute,
        Attributes,
        Groups, //
    },
    text::Text, //
};
use kernel::{
    device::Core,
    driver,
    platform::{
        self,
        Adapter, //
    },
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_limits",
    authors: ["The iomem authors"],
    description: "Gives the iomem library names and lists without a limit",
    license: "GPL",
    params: {
        edu: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
        irq: u64 {
            default: 0,
            description: "interrupt line of QEMU's edu",
        },
    },
}

/// `length` bytes and a zero.
fn long(length: usize) -> Result<KVVec<u8>> {
    let mut bytes = KVVec::from_elem(b'a', length, GFP_KERNEL)?;
    bytes.push(0, GFP_KERNEL)?;
    Ok(bytes)
}

fn text(bytes: &[u8]) -> Result<&CStr> {
    CStr::from_bytes_with_nul(bytes).map_err(|_| EINVAL)
}

fn claims(start: u64) -> Result {
    for length in [256, 5 << 20] {
        let name = long(length)?;
        let name = text(&name)?;
        let refused = request_mem_region(start, 0x1000, name).err();
        check!(
            "claim_of_a_long_name_is_refused",
            refused.map(|refused| refused.reason()) == Some(Reason::LongName)
                && refused.map(Error::from) == Some(enametoolong())
        );
        check!(
            "claim_of_ports_of_a_long_name_is_refused",
            request_region(0x2f0, 4, name).err().map(Error::from) == Some(enametoolong())
        );
        check!(
            "muxed_claim_of_a_long_name_is_refused",
            request_mem_region_muxed(start, 0x1000, name)
                .err()
                .map(Error::from)
                == Some(enametoolong())
        );
    }
    check!(
        "claim_of_the_longest_name_is_made",
        request_mem_region(start, 0x1000, text(&long(255)?)?).is_ok()
    );

    let claim = Arc::new(
        request_mem_region(start, 0x1_0000, c"attack-limits")?,
        GFP_KERNEL,
    )?;
    for count in [1025, 600_000] {
        let claims: KVVec<&Arc<MemRegion>> = KVVec::from_elem(&claim, count, GFP_KERNEL)?;
        for refused in [
            Pages::covered_by(&claims).err(),
            Pages::around(&claims, c"attack-rest").err(),
        ] {
            check!(
                "pages_of_too_many_claims_are_refused",
                refused.map(|refused| refused.reason()) == Some(Reason::TooMany)
                    && refused.map(Error::from) == Some(E2BIG)
            );
        }
    }
    let claims: KVVec<&Arc<MemRegion>> = KVVec::from_elem(&claim, 1024, GFP_KERNEL)?;
    check!(
        "pages_of_many_claims_are_made",
        Pages::covered_by(&claims).is_ok()
    );
    Ok(())
}

struct Nothing;

impl Attributes for Nothing {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[];
}

fn groups() -> Result {
    let nothing = Arc::new(Nothing, GFP_KERNEL)?;
    let mut groups = Groups::new();
    let mut made = 0;
    let refused = loop {
        match groups.device(nothing.clone()) {
            Ok(()) if made < 10_000 => made += 1,
            end => break end,
        }
    };
    check!(
        "too_many_parts_of_a_folder_are_refused",
        refused == Err(E2BIG) && made == 1024
    );
    check!(
        "too_many_folders_are_refused",
        groups.folder(c"folder".to_cstring()?, nothing) == Err(E2BIG)
    );
    Ok(())
}

struct Rows;

impl Table for Rows {
    const OWNER: ThisModule = iomem::this_module!();

    fn row_length(&self) -> usize {
        2
    }

    fn rows(&self) -> Result<u64> {
        Ok(0)
    }

    fn row(&self, _number: u64, _text: &mut Text<'_>) -> Result {
        Ok(())
    }
}

fn debugfs() -> Result {
    let rows = Arc::new(Rows, GFP_KERNEL)?;
    let dir = Dir::new(text(&long(255)?)?, None)?;
    check!(
        "file_in_debugfs_of_the_longest_name_is_made",
        File::new(&dir, text(&long(255)?)?, rows.clone()).is_ok()
    );
    for length in [256, 5 << 20] {
        let name = long(length)?;
        let name = text(&name)?;
        check!(
            "folder_in_debugfs_of_a_long_name_is_refused",
            Dir::new(name, None).err() == Some(enametoolong())
                && Dir::new(name, Some(&dir)).err() == Some(enametoolong())
        );
        check!(
            "file_in_debugfs_of_a_long_name_is_refused",
            File::new(&dir, name, rows.clone()).err() == Some(enametoolong())
        );
    }
    for name in [c"", c".", c"..", c"a/b"] {
        check!(
            "name_in_debugfs_that_is_none_is_refused",
            Dir::new(name, None).err() == Some(EINVAL)
                && File::new(&dir, name, rows.clone()).err() == Some(EINVAL)
        );
    }
    Ok(())
}

struct Node;

#[vtable]
impl CharDevice for Node {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }
}

fn platform_device(name: &CStr, id: Id, parent: Option<&PlatformDevice>) -> Result<PlatformDevice> {
    let resources = [Resource::irq(i32::MAX as u32)];
    let mut info = Info::new(name, &resources).id(id);
    if let Some(parent) = parent {
        info = info.parent(parent);
    }
    info.register()
}

fn platform_devices() -> Result {
    for name in [c"power", c"uevent"] {
        check!(
            "platform_device_of_a_name_in_their_folder_is_refused",
            platform_device(name, Id::None, None).err() == Some(EEXIST)
        );
    }

    let parent = platform_device(c"iomem_attack_parent", Id::None, None)?;
    // Two are not there, or not yet.
    for name in [
        c"power",
        c"uevent",
        c"driver_override",
        c"modalias",
        c"subsystem",
        c"driver",
        c"of_node",
    ] {
        check!(
            "child_of_a_name_in_the_parents_folder_is_refused",
            platform_device(name, Id::None, Some(&parent)).err() == Some(EEXIST)
        );
    }
    let options = Options::new(c"iomem_attack_limits".to_cstring()?).parent(&parent);
    let node = KBox::pin_init(
        Registration::register(options, Arc::new(Node, GFP_KERNEL)?),
        GFP_KERNEL,
    )?;
    check!(
        "child_called_as_the_class_of_a_node_is_refused",
        platform_device(c"misc", Id::None, Some(&parent)).err() == Some(EEXIST)
    );
    drop(node);
    let child = platform_device(c"misc", Id::None, Some(&parent));
    check!("child_of_another_name_is_made", child.is_ok());
    let options = Options::new(c"iomem_attack_limits".to_cstring()?).parent(&parent);
    let node = KBox::pin_init(
        Registration::register(options, Arc::new(Node, GFP_KERNEL)?),
        GFP_KERNEL,
    );
    check!(
        "node_below_the_parent_of_a_child_called_as_its_class_is_refused",
        node.err() == Some(EEXIST)
    );
    drop(child);

    for name in [c"iomem_attack.3.auto", c"iomem_attack.2147483647.auto"] {
        check!(
            "platform_device_of_a_name_for_the_kernel_to_make_is_refused",
            platform_device(name, Id::None, None).err() == Some(EEXIST)
        );
    }
    for name in [
        c"iomem_attack.auto",
        c"iomem_attack.a3.auto",
        c"3.auto",
        c"iomem_attack..auto",
        c"iomem_attack.3.auto.a",
    ] {
        check!(
            "platform_device_of_a_similar_name_is_made",
            platform_device(name, Id::None, None).is_ok()
        );
    }
    Ok(())
}

/// How many names were refused with `EEXIST` where the line was requested, and whether another was not.
static REFUSED: Atomic<u32> = Atomic::new(0);
static GRANTED: Atomic<u32> = Atomic::new(0);

const FILES_OF_LINES: [&CStr; 7] = [
    c"affinity_hint",
    c"effective_affinity",
    c"effective_affinity_list",
    c"node",
    c"smp_affinity",
    c"smp_affinity_list",
    c"spurious",
];

struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let request = |label: &CStr| {
                let line = pdev.line_by_index(0)?.ok_or(ENXIO)?;
                line.request(label.to_cstring()?).map(drop)
            };
            for label in FILES_OF_LINES {
                if request(label) == Err(EEXIST) {
                    REFUSED.add(1, Relaxed);
                }
            }
            if request(c"spuriou") == Ok(()) {
                GRANTED.add(1, Relaxed);
            }
            Ok(Ok(Self))
        })
    }
}

fn lines(irq: u32) -> Result {
    let name = CString::try_from_fmt(fmt!("{}", <Attack as ModuleMetadata>::NAME))?;
    let device = Info::new(&name, &[Resource::irq(irq)]).register()?;
    check!("device_of_a_line_is_bound", device.is_bound());
    check!(
        "line_called_as_a_file_of_the_kernel_is_refused",
        REFUSED.load(Relaxed) == FILES_OF_LINES.len() as u32
    );
    check!(
        "line_of_another_name_is_granted",
        GRANTED.load(Relaxed) == 1
    );
    Ok(())
}

fn run(edu: u64, irq: u64) -> Result {
    claims(edu)?;
    groups()?;
    debugfs()?;
    platform_devices()?;
    lines(u32::try_from(irq)?)
}

#[pin_data]
struct Attack {
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Attack {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
            _: {
                let end = run(
                    param(module_parameters::edu.value()),
                    param(module_parameters::irq.value()),
                );
                check!("attack_came_to_its_end", end == Ok(()));
                pr_info!("done\n");
            },
        })
    }
}
