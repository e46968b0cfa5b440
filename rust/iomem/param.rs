// SPDX-License-Identifier: GPL-2.0

//! Module parameters that are strings, which the kernel crate's `module!` does not have.
//!
//! C header: [`include/linux/moduleparam.h`](srctree/include/linux/moduleparam.h)

use kernel::{
    prelude::*,
    sync::SetOnce, //
};

use crate::bindings;

/// How much room a parameter can have: a value is on the kernel's stack while it is taken. C's `charp` has
/// no longer values either (`param_set_charp()`).
const LARGEST: usize = 1024;

/// The value of a parameter that is a string: less than `ROOM` bytes, and whatever they are. `ROOM` is
/// 1,024 at most: with more, it does not compile. It is made by [`string_param!`](crate::string_param).
///
/// # Examples
///
/// ```no_run
/// use iomem::param::StringParam;
///
/// fn show<const ROOM: usize>(name: &'static StringParam<ROOM>) {
///     if let Some(name) = name.value() {
///         pr_info!("{name}\n");
///     }
/// }
/// ```
///
/// # Invariants
///
/// `value`, once it is set, has a zero in it.
pub struct StringParam<const ROOM: usize> {
    value: SetOnce<[u8; ROOM]>,
}

impl<const ROOM: usize> StringParam<ROOM> {
    /// Makes one that was not given.
    pub const fn new() -> Self {
        const {
            assert!(
                ROOM <= LARGEST,
                "a parameter that is a string has more room than 1024 bytes"
            )
        };
        Self {
            value: SetOnce::new(),
        }
    }

    /// Returns the value, if the parameter was given. Context: any.
    pub fn value(&self) -> Option<&CStr> {
        CStr::from_bytes_until_nul(self.value.as_ref()?).ok()
    }

    /// Takes a value.
    ///
    /// # Errors
    ///
    /// - `ENOSPC`: it is too long; the kernel says so in its log.
    /// - `EEXIST`: the parameter was given before.
    fn take(&self, value: &CStr) -> Result {
        let mut text = [0; ROOM];
        // INVARIANT: The zero at the end is copied, too.
        text.get_mut(..value.to_bytes_with_nul().len())
            .ok_or(ENOSPC)?
            .copy_from_slice(value.to_bytes_with_nul());
        self.value.populate(text).then_some(()).ok_or(EEXIST)
    }

    /// What the kernel calls when the parameter is given.
    #[doc(hidden)]
    pub const OPS: bindings::kernel_param_ops = bindings::kernel_param_ops {
        flags: 0,
        set: Some(Self::set),
        get: None,
        free: None,
    };

    /// Returns what the kernel is to pass to [`Self::OPS`], for [`string_param!`](crate::string_param): of
    /// a parameter of this type, so that nothing else can be taken for one.
    #[doc(hidden)]
    pub const fn argument(&'static self) -> *mut c_void {
        core::ptr::from_ref(self).cast_mut().cast()
    }

    /// # Safety
    ///
    /// `param` is one that [`string_param!`](crate::string_param) made for a parameter of this type,
    /// and `value` a string.
    unsafe extern "C" fn set(value: *const c_char, param: *const bindings::kernel_param) -> c_int {
        // Only parameters that say so can come without a value.
        if value.is_null() {
            return EINVAL.to_errno();
        }
        // SAFETY: By the requirements. What is pointed to is a static.
        let (value, param) = unsafe {
            (
                CStr::from_char_ptr(value),
                &*(*param).__bindgen_anon_1.arg.cast::<Self>(),
            )
        };
        param.take(value).map_or_else(crate::error::for_c, |()| 0)
    }
}

impl<const ROOM: usize> Default for StringParam<ROOM> {
    fn default() -> Self {
        Self::new()
    }
}

/// Declares a parameter of a module that is a string, beside those of `module!`: the name of a
/// static, the room for the value with the zero at its end, which is 1,024 bytes at most, the parameter's name, and what it is.
///
/// It is given when the module is loaded and cannot be seen in sysfs. One that is too long, or given
/// twice, makes loading fail with `ENOSPC` or `EEXIST`.
///
/// # Examples
///
/// ```ignore
/// iomem::string_param!(NAME: 32, name, "what the device is called");
///
/// if let Some(name) = NAME.value() {
///     pr_info!("it is called {name}\n");
/// }
/// ```
#[macro_export]
macro_rules! string_param {
    ($static:ident: $room:literal, $name:ident, $what:literal) => {
        static $static: $crate::param::StringParam<$room> = $crate::param::StringParam::new();

        const _: () = {
            static OPS: $crate::__private::kernel::bindings::kernel_param_ops =
                $crate::param::StringParam::<$room>::OPS;

            #[link_section = "__param"]
            #[used(compiler)]
            static PARAM: $crate::__private::kernel::module_param::KernelParam =
                $crate::__private::kernel::module_param::KernelParam::new(
                    $crate::__private::kernel::bindings::kernel_param {
                        name: $crate::__private::kernel::str::as_char_ptr_in_const_context(
                            // The module's own name would be before it if it were built in.
                            match $crate::__private::core::ffi::CStr::from_bytes_with_nul(
                                concat!(stringify!($name), "\0").as_bytes(),
                            ) {
                                Ok(name) => name,
                                Err(_) => panic!("an identifier has no zero in it"),
                            },
                        ),
                        // SAFETY: `__this_module` is there as long as the module is.
                        mod_: unsafe {
                            $crate::__private::core::ptr::from_ref(
                                &$crate::__private::kernel::bindings::__this_module,
                            )
                            .cast_mut()
                        },
                        ops: &raw const OPS,
                        perm: 0,
                        level: -1,
                        flags: 0,
                        __bindgen_anon_1:
                            $crate::__private::kernel::bindings::kernel_param__bindgen_ty_1 {
                                // Items of this block hide a static of their name: then this does not compile.
                                arg: $crate::param::StringParam::<$room>::argument(&$static),
                            },
                    },
                );

            const TYPE: &str = concat!("parmtype=", stringify!($name), ":string\0");
            const WHAT: &str = concat!("parm=", stringify!($name), ":", $what, "\0");

            #[link_section = ".modinfo"]
            #[used(compiler)]
            static PARAM_TYPE: [u8; TYPE.len()] = *TYPE.as_bytes().first_chunk().unwrap();
            #[link_section = ".modinfo"]
            #[used(compiler)]
            static PARAM_WHAT: [u8; WHAT.len()] = *WHAT.as_bytes().first_chunk().unwrap();
        };
    };
}
