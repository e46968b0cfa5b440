// SPDX-License-Identifier: GPL-2.0

//! The properties of a platform device that is to be made.

use core::{
    mem::{
        size_of,
        size_of_val, //
    },
    ptr::null_mut,
};

use kernel::{
    error::to_result,
    prelude::*, //
};

use super::check_size;
use crate::bindings;

/// How many properties a device can have.
const MOST: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value<'a> {
    Flag,
    U32(u32),
    String(&'a CStr),
    Strings(&'a [&'a CStr]),
}

/// A property of a device, such as a device tree or ACPI's `_DSD` would give it: a name, and a value
/// unless being there says all.
///
/// The driver reads it as it reads those, through the device's firmware node. Corresponds to a C
/// `struct property_entry` as `PROPERTY_ENTRY_BOOL()`, `PROPERTY_ENTRY_U32()`,
/// `PROPERTY_ENTRY_STRING()` and `PROPERTY_ENTRY_STRING_ARRAY()` in
/// [`include/linux/property.h`](srctree/include/linux/property.h) make it.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     platform::{
///         Info,
///         Property,
///         Resource, //
///     },
///     range::Range, //
/// };
///
/// let resources = [
///     Resource::mem(Range::new(0xfea0_0000, 0x1000)?),
///     Resource::mem(Range::new(0xfeb0_0000, 0x1000)?),
/// ];
/// let device = Info::new(c"my-driver", &resources)
///     .properties(&[
///         Property::strings(c"reg-names", &[c"control", c"buffer"]),
///         Property::u32(c"reg-io-width", 4),
///         Property::flag(c"big-endian"),
///     ])
///     .register()?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    name: &'a CStr,
    value: Value<'a>,
}

impl<'a> Property<'a> {
    /// A property that has no value, which is true by being there.
    pub const fn flag(name: &'a CStr) -> Self {
        Self {
            name,
            value: Value::Flag,
        }
    }

    /// A number.
    pub const fn u32(name: &'a CStr, value: u32) -> Self {
        Self {
            name,
            value: Value::U32(value),
        }
    }

    /// A string.
    pub const fn string(name: &'a CStr, value: &'a CStr) -> Self {
        Self {
            name,
            value: Value::String(value),
        }
    }

    /// A list of strings, at least one.
    pub const fn strings(name: &'a CStr, values: &'a [&'a CStr]) -> Self {
        Self {
            name,
            value: Value::Strings(values),
        }
    }
}

/// Properties as C takes them: a list that ends with an entry without a name.
///
/// # Invariants
///
/// Each entry of `entries` but the last points to a name, and to a value or into `lists`, which are
/// valid as long as the list is and for `'a`.
pub(super) struct List<'a> {
    entries: KVec<bindings::property_entry>,
    /// The lists of strings, as C has them.
    lists: KVec<KVec<*const c_char>>,
    _of: core::marker::PhantomData<&'a CStr>,
}

impl<'a> List<'a> {
    /// Lists properties.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: a property has no name, two have the same, or a list of strings is empty.
    /// - `E2BIG`: there are more than [`MOST`], or a list or a text is too large.
    /// - `ENOMEM`: no memory.
    pub(super) fn new(properties: &'a [Property<'a>]) -> Result<Self> {
        let mut list = Self {
            entries: KVec::new(),
            lists: KVec::new(),
            _of: core::marker::PhantomData,
        };
        if properties.len() > MOST {
            return Err(E2BIG);
        }
        for (n, property) in properties.iter().enumerate() {
            let twice = properties.iter().take(n).any(|p| p.name == property.name);
            if property.name.is_empty() || twice {
                return Err(EINVAL);
            }
            list.push(property)?;
        }
        list.entries.push(pin_init::zeroed(), GFP_KERNEL)?;
        Ok(list)
    }

    fn push(&mut self, property: &Property<'a>) -> Result {
        check_size(property.name.count_bytes())?;
        // As `PROPERTY_ENTRY_BOOL()`: no data, which by the kernel's rule is inline.
        let mut entry = bindings::property_entry {
            name: property.name.as_char_ptr(),
            is_inline: true,
            ..pin_init::zeroed()
        };
        match property.value {
            Value::Flag => (),
            Value::U32(value) => {
                entry.length = size_of::<u32>();
                entry.type_ = bindings::dev_prop_type_DEV_PROP_U32;
                entry.__bindgen_anon_1.value.u32_data = [value, 0];
            }
            Value::String(value) => {
                check_size(value.count_bytes())?;
                entry.length = size_of::<*const c_char>();
                entry.type_ = bindings::dev_prop_type_DEV_PROP_STRING;
                entry.__bindgen_anon_1.value.str_ = [value.as_char_ptr()];
            }
            Value::Strings([]) => return Err(EINVAL),
            Value::Strings(values) => {
                check_size(size_of_val(values))?;
                let mut pointers = KVec::with_capacity(values.len(), GFP_KERNEL)?;
                for value in values {
                    check_size(value.count_bytes())?;
                    pointers.push(value.as_char_ptr(), GFP_KERNEL)?;
                }
                entry.is_inline = false;
                entry.length = size_of_val(pointers.as_slice());
                entry.type_ = bindings::dev_prop_type_DEV_PROP_STRING;
                // What a vector's elements are in stays where it is, wherever the vector goes.
                entry.__bindgen_anon_1.pointer = pointers.as_ptr().cast();
                self.lists.push(pointers, GFP_KERNEL)?;
            }
        }
        // INVARIANT: The name, a string and the strings of a list are valid for `'a`; a list of
        // pointers is in `lists`, of which nothing is taken out.
        Ok(self.entries.push(entry, GFP_KERNEL)?)
    }

    /// Gives a device the properties: a software node, which goes with the device when that is
    /// removed.
    ///
    /// Corresponds to the C function `device_create_managed_software_node()` in
    /// [`include/linux/property.h`](srctree/include/linux/property.h).
    ///
    /// # Safety
    ///
    /// `dev` is initialised and not yet added, and has no software node.
    pub(super) unsafe fn add_to(&self, dev: *mut bindings::device) -> Result {
        if self.entries.len() <= 1 {
            return Ok(());
        }
        // SAFETY: The list ends with an entry without a name, and by the type invariant what its
        // other entries point to is valid; the function copies all of it. By the requirement, the
        // device is one that a node can be added to.
        to_result(unsafe {
            bindings::device_create_managed_software_node(dev, self.entries.as_ptr(), null_mut())
        })
    }
}
