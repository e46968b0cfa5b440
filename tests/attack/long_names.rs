// SPDX-License-Identifier: GPL-2.0

//! Names that are too long for what the kernel tells user space of a device, or for an event; names and
//! numbers that are taken, by the kernel or by others, at which it would warn; and lists that are too long
//! for it to copy.
//!
//! What is in the trace, and whether it warned, is looked at from without (tests/guest/suite).

#![deny(unsafe_code)]

use iomem::{
    access::Width,
    chardev::{
        class::Class,
        major,
        CharDevice,
        CharFile,
        Options,
        Registration, //
    },
    error::enametoolong,
    parent::Parent,
    platform::{
        Device as PlatformDevice,
        Id,
        Info,
        Property,
        Resource, //
    },
    sysfs::{
        Attribute,
        Attributes,
        Groups, //
    },
    text::Text,
    trace, //
};
use kernel::{
    prelude::*,
    str::CString,
    sync::Arc, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_long_names",
    authors: ["The iomem authors"],
    description: "Gives the iomem library names and lists that are too long",
    license: "GPL",
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

fn node(name: CString, parent: Option<Parent<'_>>, groups: Groups) -> Result {
    let device = Arc::new(Node, GFP_KERNEL)?;
    let mut options = Options::new(name).groups(groups);
    if let Some(parent) = parent {
        options = options.parent(parent);
    }
    KBox::pin_init(Registration::register(options, device), GFP_KERNEL).map(drop)
}

/// `length` bytes, with a slash after each `part` of them.
fn long(length: usize, part: usize) -> Result<CString> {
    let mut bytes = KVec::with_capacity(length, GFP_KERNEL)?;
    for n in 1..=length {
        let byte = if n % part == 0 { b'/' } else { b'a' };
        bytes.push(byte, GFP_KERNEL)?;
    }
    let text = core::str::from_utf8(&bytes).map_err(|_| EINVAL)?;
    CString::try_from_fmt(fmt!("{text}"))
}

fn platform_device(
    name: &CStr,
    id: Id,
    parent: Option<Parent<'_>>,
    properties: &[Property<'_>],
) -> Result<PlatformDevice> {
    let resources = [Resource::irq(i32::MAX as u32)];
    let mut info = Info::new(name, &resources).id(id).properties(properties);
    if let Some(parent) = parent {
        info = info.parent(parent);
    }
    info.register()
}

fn nodes() -> Result {
    // No part is long.
    for length in [257, 1023, 3001] {
        check!(
            "node_of_a_name_that_is_long_as_a_whole_is_refused",
            node(long(length, 100)?, None, Groups::new()) == Err(enametoolong())
        );
    }
    check!(
        "node_of_the_longest_name_is_made",
        node(long(255, 100)?, None, Groups::new()) == Ok(())
    );

    check!(
        "class_of_a_long_name_is_refused",
        Class::new(&long(256, 1000)?).err() == Some(enametoolong())
    );
    check!(
        "class_of_a_very_long_name_is_refused",
        Class::new(&long(3000, 5000)?).err() == Some(enametoolong())
    );
    let class = Arc::new(Class::new(&long(255, 1000)?)?, GFP_KERNEL)?;
    let device = Arc::new(Node, GFP_KERNEL)?;
    let minors = major::Registration::register(0, c"iomem_attack", device)?;
    check!(
        "node_of_a_major_of_a_long_name_is_refused",
        minors.node(&class, 0, &long(3001, 100)?, None).err() == Some(enametoolong())
    );
    check!(
        "node_of_a_major_of_the_longest_name_is_made",
        minors.node(&class, 0, &long(255, 100)?, None).is_ok()
    );
    Ok(())
}

fn platform_devices() -> Result {
    for name in [c".", c"..", c"a/b", c"/"] {
        check!(
            "platform_device_of_a_bad_name_is_refused",
            platform_device(name, Id::None, None, &[]).err() == Some(EINVAL)
        );
    }
    for name in [c"bind", c"unbind", c"uevent", c"module"] {
        check!(
            "platform_device_of_a_name_in_drivers_folders_is_refused",
            platform_device(name, Id::None, None, &[]).err() == Some(EEXIST)
        );
    }
    for length in [256, 3000] {
        check!(
            "platform_device_of_a_long_name_is_refused",
            platform_device(&long(length, 5000)?, Id::None, None, &[]).err()
                == Some(enametoolong())
        );
    }
    for id in [Id::Auto, Id::Number(1)] {
        check!(
            "platform_device_of_a_long_name_and_a_number_is_refused",
            platform_device(&long(255, 5000)?, id, None, &[]).err() == Some(enametoolong())
        );
    }

    // One below the other.
    let name = long(250, 5000)?;
    let mut devices: KVec<PlatformDevice> = KVec::new();
    let refused = loop {
        let n = devices.len();
        if n == 12 {
            break None;
        }
        let name = CString::try_from_fmt(fmt!("{}{n}", &*name))?;
        let parent = devices.last().map(Parent::from);
        match platform_device(&name, Id::None, parent, &[]) {
            Ok(device) => devices.push(device, GFP_KERNEL)?,
            Err(e) => break Some(e),
        }
    };
    check!(
        "platform_device_deep_below_others_is_refused",
        refused == Some(enametoolong()) && devices.len() > 1
    );
    let parent = devices.last().map(Parent::from);
    check!(
        "node_deep_below_others_is_refused",
        node(name.to_cstring()?, parent, Groups::new()) == Err(enametoolong())
    );
    let device = Arc::new(Node, GFP_KERNEL)?;
    let minors = major::Registration::register(0, c"iomem_attack", device)?;
    let class = Arc::new(Class::new(c"iomem_attack_long")?, GFP_KERNEL)?;
    check!(
        "node_of_a_major_deep_below_others_is_refused",
        minors.node(&class, 0, &name, parent).err() == Some(enametoolong())
    );
    // Children first.
    while devices.pop().is_some() {}
    Ok(())
}

fn lists() -> Result {
    let mut strings: KVVec<&CStr> = KVVec::new();
    for _ in 0..600_000 {
        strings.push(c"a", GFP_KERNEL)?;
    }
    let many = Property::strings(c"many", &strings);
    check!(
        "property_of_too_many_strings_is_refused",
        platform_device(c"iomem_attack_lists", Id::None, None, &[many]).err() == Some(E2BIG)
    );
    let some = Property::strings(c"some", strings.get(..1000).ok_or(EINVAL)?);
    check!(
        "property_of_many_strings_is_made",
        platform_device(c"iomem_attack_lists", Id::None, None, &[some]).is_ok()
    );

    // Made of what is there, since a vector as long as this would be refused to this module itself.
    static LONG: [[u8; 5 << 20]; 2] = [[b'a'; 5 << 20], [0; 5 << 20]];
    let text = CStr::from_bytes_until_nul(LONG.as_flattened()).map_err(|_| EINVAL)?;
    for property in [
        Property::string(c"text", text),
        Property::strings(c"texts", &[c"a", text]),
        Property::flag(text),
    ] {
        check!(
            "property_of_too_long_a_text_is_refused",
            platform_device(c"iomem_attack_lists", Id::None, None, &[property]).err()
                == Some(E2BIG)
        );
    }
    check!(
        "resource_of_too_long_a_name_is_refused",
        Info::new(c"iomem_attack_lists", &[Resource::irq(1).named(text)])
            .register()
            .err()
            == Some(E2BIG)
    );

    let mut properties: KVVec<Property<'_>> = KVVec::new();
    for _ in 0..200_000 {
        properties.push(Property::flag(c"flag"), GFP_KERNEL)?;
    }
    check!(
        "too_many_properties_are_refused",
        platform_device(c"iomem_attack_lists", Id::None, None, &properties).err() == Some(E2BIG)
    );
    drop(properties);
    let mut resources: KVVec<Resource<'_>> = KVVec::new();
    for n in 1..=100_000 {
        resources.push(Resource::irq(n), GFP_KERNEL)?;
    }
    check!(
        "too_many_resources_are_refused",
        Info::new(c"iomem_attack_lists", &resources)
            .register()
            .err()
            == Some(E2BIG)
    );
    Ok(())
}

/// A file of a name that the kernel has given to another one in the folder of a device.
struct Reserved<const N: usize>;

const fn reserved_name(n: usize) -> &'static CStr {
    match n {
        0 => c"uevent",
        1 => c"dev",
        2 => c"power",
        3 => c"subsystem",
        4 => c"device",
        5 => c"of_node",
        _ => c"removable",
    }
}

impl<const N: usize> Reserved<N> {
    fn show(&self, _text: &mut Text<'_>) -> Result {
        Ok(())
    }
}

impl<const N: usize> Attributes for Reserved<N> {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::new(reserved_name(N), Self::show)];
}

fn reserved<const N: usize>() -> Result {
    let mut groups = Groups::new();
    check!(
        "attribute_of_a_reserved_name_is_refused",
        groups.device(Arc::new(Reserved::<N>, GFP_KERNEL)?) == Err(EEXIST)
    );
    check!(
        "folder_of_a_reserved_name_is_refused",
        groups.folder(
            reserved_name(N).to_cstring()?,
            Arc::new(Reserved::<N>, GFP_KERNEL)?
        ) == Err(EEXIST)
    );
    check!(
        "attribute_of_such_a_name_in_a_folder_is_no_matter",
        groups.folder(
            c"folder".to_cstring()?,
            Arc::new(Reserved::<N>, GFP_KERNEL)?
        ) == Ok(())
    );
    check!(
        "folder_of_a_long_name_is_refused",
        groups.folder(long(256, 1000)?, Arc::new(Reserved::<N>, GFP_KERNEL)?)
            == Err(enametoolong())
    );
    node(c"iomem_attack_long".to_cstring()?, None, groups)
}

fn registered(name: &CStr) -> Result<Pin<KBox<Registration<Node>>>> {
    let options = Options::new(name.to_cstring()?);
    KBox::pin_init(
        Registration::register(options, Arc::new(Node, GFP_KERNEL)?),
        GFP_KERNEL,
    )
}

fn taken() -> Result {
    check!(
        "class_of_a_name_that_is_taken_is_refused",
        Class::new(c"misc").err() == Some(EEXIST)
    );
    let first = registered(c"iomem_attack/taken")?;
    check!(
        "node_of_a_name_that_is_taken_is_refused",
        registered(c"iomem_attack/taken").err() == Some(EEXIST)
            && registered(c"iomem_attack!taken").err() == Some(EEXIST)
    );
    drop(first);
    check!(
        "node_of_a_name_that_is_free_again_is_made",
        registered(c"iomem_attack/taken").is_ok()
    );

    let minors = major::Registration::register(0, c"iomem_attack", Arc::new(Node, GFP_KERNEL)?)?;
    let class = Arc::new(Class::new(c"iomem_attack_taken")?, GFP_KERNEL)?;
    let _node = minors.node(&class, 0, c"iomem_attack_taken", None)?;
    check!(
        "node_of_a_major_of_a_name_that_is_taken_is_refused",
        minors.node(&class, 1, c"iomem_attack_taken", None).err() == Some(EEXIST)
    );
    check!(
        "node_of_a_minor_that_is_taken_is_refused",
        minors.node(&class, 0, c"iomem_attack_other", None).err() == Some(EEXIST)
    );

    // The folder of a class, in that of the parent.
    let parent = platform_device(c"iomem_attack_parent", Id::None, None, &[])?;
    for name in [c"power", c"uevent", c"driver_override", c"modalias"] {
        let class = Arc::new(Class::new(name)?, GFP_KERNEL)?;
        check!(
            "node_of_a_class_that_is_called_as_a_file_of_the_parent_is_refused",
            minors
                .node(
                    &class,
                    2,
                    c"iomem_attack_third",
                    Some(Parent::from(&parent))
                )
                .err()
                == Some(EEXIST)
        );
    }
    let below = minors.node(&class, 3, c"iomem_attack_3", Some(Parent::from(&parent)));
    check!(
        "nodes_of_a_class_are_in_one_folder_of_the_parent",
        below.is_ok()
            && minors
                .node(&class, 4, c"iomem_attack_4", Some(Parent::from(&parent)))
                .is_ok()
    );
    drop(below);
    Ok(())
}

fn run() -> Result {
    trace::read(&long(9000, 10_000)?, 7, 0, Width::W32, 0);
    nodes()?;
    taken()?;
    platform_devices()?;
    lists()?;
    reserved::<0>()?;
    reserved::<1>()?;
    reserved::<2>()?;
    reserved::<3>()?;
    reserved::<4>()?;
    reserved::<5>()?;
    reserved::<6>()
}

struct Attack;

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let end = run();
        check!("attack_came_to_its_end", end == Ok(()));
        pr_info!("done\n");
        Ok(Self)
    }
}
