// SPDX-License-Identifier: GPL-2.0

//! Windows made at run time, by writing to files of the driver in sysfs:
//!
//! ```text
//! # cd /sys/bus/platform/drivers/iomem_dev
//! # echo fpga mem=0xfea00000,0x1000,control irq=42 width=4 >new_device
//! # echo fpga >delete_device
//! ```
//!
//! A line makes a platform device, with what it says as properties, and the driver binds to that as
//! to any other. The write succeeds if it is bound; otherwise nothing is left, the errno says what
//! kind of a mistake it is, and one line in the log which one.
//!
//! Who writes needs `CAP_SYS_RAWIO`, and `new_device` a kernel that is not locked down. The windows
//! go with the module, at the latest; what a program still has of them then is as with any window
//! that goes.

use core::pin::Pin;

use iomem::{
    index::{
        Index,
        Indices, //
    },
    platform::{
        self,
        File,
        Files, //
    },
};
use kernel::{
    new_mutex,
    prelude::*,
    str::CString,
    sync::Mutex, //
};

use crate::{
    names::DRIVER,
    permission,
    probe_result,
    registry,
    window::MOST_WINDOWS, //
};

mod device;
mod error;
pub(crate) mod parse;

use self::{
    device::{
        cstring,
        make, //
    },
    error::ParseError,
    parse::{
        name,
        words,
        Line, //
    },
};

/// The `<n>` of the platform device `iomem_dev.<n>`.
static INDICES: Indices<{ MOST_WINDOWS / 64 }> = Indices::new();

/// What there is of a window.
enum State {
    /// It is being made.
    Making,
    /// Its device.
    There(RuntimeWindow),
    /// It is being taken away.
    Going,
}

/// A device that was made for a window.
// Dropped in this order: a number is free when its device is gone.
struct RuntimeWindow {
    _device: platform::Device,
    /// `iomem_dev.<n>`.
    name: CString,
    _index: Index,
}

/// A window in the list, by its name.
struct Entry {
    name: CString,
    state: State,
}

/// The windows made at run time.
#[pin_data]
pub(crate) struct RuntimeWindows {
    // Held while a device is made: one at a time, since the driver leaves its errno in one place. Taken
    // by writers of `new_device`, and of `delete_device` to wait for that, before whatever locks the driver
    // core and the driver take for a device; probing and unbinding do not take it.
    #[pin]
    making: Mutex<()>,
    // Protects the list. Not held while a device is made or removed, either of which waits for others, such
    // as the users of /dev: its name is in the list meanwhile. Taken by writers of the files only, after
    // `making`. The files are removed first when the module is unloaded, which waits for their writers.
    #[pin]
    windows: Mutex<KVec<Entry>>,
}

impl Files for RuntimeWindows {
    const FILES: &'static [File<Self>] = &[
        File::new(c"new_device", Self::new_device),
        File::new(c"delete_device", Self::delete_device),
    ];

    fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            making <- new_mutex!((), "RuntimeWindows::making"),
            windows <- new_mutex!(KVec::new(), "RuntimeWindows::windows"),
        })
    }
}

/// Says in the log what is wrong with a line.
fn refuse(file: &str, error: ParseError<'_>) -> Error {
    pr_err!("{file}: {error}\n");
    error.into()
}

impl RuntimeWindows {
    /// Makes a window.
    ///
    /// # Errors
    ///
    /// - `EPERM`: who writes may not, or the kernel is locked down.
    /// - Those of [`ParseError`], for what is wrong with the line as such.
    /// - `EEXIST`: there is a window of that name that was made at run time, or it is still being
    ///   deleted.
    /// - `EBUSY`: two of its ranges overlap, or two interrupts are one; or the driver says so.
    /// - `ERANGE`: a range is beyond the last address or port.
    /// - `ENOSPC`: there are as many windows as there can be.
    /// - Those of the driver, when it is bound.
    fn new_device(self: Pin<&Self>, text: &[u8]) -> Result {
        permission::may_choose_address("new_device")?;
        let line = Line::read(text).map_err(|error| refuse("new_device", error))?;
        let name = cstring(line.name)?;

        let _making = self.making.lock();
        self.announce(&name)?;
        let made = self.bound(&line, &name);
        let mut windows = self.windows.lock();
        let place = windows
            .iter()
            .position(|window| matches!(window.state, State::Making));
        let place = place.ok_or(ENODEV)?;
        match made {
            Ok(made) => {
                if let Some(window) = windows.get_mut(place) {
                    window.state = State::There(made);
                }
                Ok(())
            }
            Err(e) => {
                let _ = windows.remove(place);
                Err(e)
            }
        }
    }

    /// Enters a window into the list that is about to be made.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: there is one of that name.
    /// - `ENOMEM`: no memory.
    fn announce(&self, name: &CStr) -> Result {
        let mut windows = self.windows.lock();
        if let Some(window) = windows.iter().find(|window| *window.name == *name) {
            let name = name.to_str().unwrap_or_default();
            match window.state {
                State::Making | State::There(_) => {
                    pr_err!("new_device: there is a window '{name}': delete it first\n");
                }
                State::Going => {
                    pr_err!("new_device: window '{name}' is still being deleted: try again\n");
                }
            }
            return Err(EEXIST);
        }
        let window = Entry {
            name: name.to_cstring()?,
            state: State::Making,
        };
        Ok(windows.push(window, GFP_KERNEL)?)
    }

    /// Makes the device of a window, to which the driver is bound.
    ///
    /// # Errors
    ///
    /// Those of [`Self::new_device`] from `EBUSY` on.
    fn bound(&self, line: &Line<'_>, name: &CStr) -> Result<RuntimeWindow> {
        let index = INDICES.take().inspect_err(|_| {
            pr_err!(
                "new_device: there are {MOST_WINDOWS} windows, which is the limit: delete one first\n"
            );
        })?;
        let device_name = CString::try_from_fmt(fmt!("{DRIVER}.{}", index.value()))?;
        let device = probe_result::bound(fmt!("new_device: '{}'", line.name), || {
            make(line, name, &index)
        })?;
        Ok(RuntimeWindow {
            _device: device,
            name: device_name,
            _index: index,
        })
    }

    /// Takes a window away that was made at run time.
    ///
    /// # Errors
    ///
    /// - `EPERM`: who writes may not.
    /// - `EINVAL`: it is no name, or more than that.
    /// - `ENOENT`: no window of that name was made at run time, or it is being deleted already.
    fn delete_device(self: Pin<&Self>, text: &[u8]) -> Result {
        permission::may_take_away("delete_device")?;
        let refuse = |error| refuse("delete_device", error);
        let mut words = words(text).map_err(refuse)?;
        let wanted = name(words.next().ok_or(ParseError::Nothing).map_err(refuse)?);
        let wanted = wanted.map_err(refuse)?;
        if let Some(word) = words.next() {
            return Err(refuse(ParseError::OnlyName(word)));
        }

        let is_wanted = |window: &Entry| window.name.to_bytes() == wanted.as_bytes();
        let mut windows = self.windows.lock();
        // A program can have seen its node already.
        let is_making = |window: &Entry| is_wanted(window) && matches!(window.state, State::Making);
        if windows.iter().any(is_making) {
            drop(windows);
            drop(self.making.lock());
            windows = self.windows.lock();
        }
        let going = windows
            .iter_mut()
            .find(|window| is_wanted(window) && matches!(window.state, State::There(_)))
            .map(|window| core::mem::replace(&mut window.state, State::Going));
        drop(windows);
        let Some(going) = going else {
            pr_err!("delete_device: no window '{wanted}' was made by new_device\n");
            return Err(ENOENT);
        };
        // Other windows are made and removed meanwhile.
        if let State::There(made) = &going {
            registry::revoke(&made.name);
        }
        drop(going);
        let mut windows = self.windows.lock();
        if let Some(place) = windows.iter().position(is_wanted) {
            let _ = windows.remove(place);
        }
        Ok(())
    }
}
