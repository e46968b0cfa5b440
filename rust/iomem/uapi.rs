// SPDX-License-Identifier: GPL-2.0

//! What a driver and its programs agree on: [`rust/uapi/iomem.h`](srctree/rust/uapi/iomem.h).
//!
//! The types and constants are bindgen's, made from that header, which is the one definition.
//! The numbers of the ioctls are computed here as the header computes them, because bindgen does
//! not see through `_IO()`; the tests call them from C.
//!
//! [`Argument`] is an ioctl's argument that can grow.

mod argument;

pub use self::argument::{
    Argument,
    Structure, //
};

use kernel::{
    ioctl::_IO,
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    },
};

use crate::bindings::uapi;

/// The size of a field, of which only its place in the structure is known.
#[allow(
    dead_code,
    reason = "the compiler does not see that checks at build time use it"
)]
const fn size_of_field<T, U>(_: fn(&T) -> &U) -> usize {
    core::mem::size_of::<U>()
}

/// Makes structures of the header known by names of ours. All fields have to be named, so that it
/// can be checked that nothing is between them.
macro_rules! structures {
    ($($(#[$doc:meta])* $c:ident as $name:ident { $($field:ident),* })*) => {
        $(
            $(#[$doc])*
            pub use crate::bindings::uapi::$c as $name;

            const _: () = assert!(
                0 $(+ size_of_field(|s: &$name| &s.$field))* == core::mem::size_of::<$name>()
            );

            // SAFETY: Every field is an integer or an array of integers, so any bytes are a value.
            unsafe impl FromBytes for $name {}

            // SAFETY: The fields are integers and arrays of integers, without padding: see above.
            unsafe impl AsBytes for $name {}
        )*
    };
}

/// Gives constants of the header, and the numbers of its calls, names of ours.
macro_rules! constants {
    ($($(#[$doc:meta])* $c:ident as $name:ident;)*) => {
        $($(#[$doc])* pub use crate::bindings::uapi::$c as $name;)*
    };
}

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident = $nr:ident;)*) => {
        $($(#[$doc])* pub const $name: u32 = _IO(uapi::IOMEM_IOC_TYPE, uapi::$nr);)*
    };
}

structures! {
    /// `struct iomem_window_info`: what there is behind a node.
    ///
    /// # Examples
    ///
    /// ```
    /// let info = iomem::uapi::WindowInfo {
    ///     regions: 2,
    ///     ..Default::default()
    /// };
    /// assert_eq!(info.irqs, 0);
    /// ```
    iomem_window_info as WindowInfo { size, flags, regions, irqs, batch_max, reserved, name }

    /// `struct iomem_region_info`: what a program needs to know of a region.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::uapi::{
    ///     RegionInfo,
    ///     REGION_MMAP, //
    /// };
    ///
    /// let info = RegionInfo {
    ///     flags: REGION_MMAP,
    ///     length: 0x100,
    ///     mmap_length: 0x1000,
    ///     first: 0x40,
    ///     ..Default::default()
    /// };
    /// assert_eq!(info.offset, 0);
    /// ```
    iomem_region_info as RegionInfo {
        size, region, flags, width, length, offset, wc_offset, mmap_length, first, reserved, name
    }

    /// `struct iomem_op`: one operation of a batch.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::uapi::{
    ///     Op,
    ///     OP_UPDATE, //
    /// };
    ///
    /// // Sets bit 0 of the 32-bit register at 0x10 and clears bit 1.
    /// let op = Op {
    ///     op: OP_UPDATE,
    ///     width: 4,
    ///     offset: 0x10,
    ///     value: 1,
    ///     mask: 3,
    ///     ..Default::default()
    /// };
    /// assert_eq!(op.value & !op.mask, 0);
    /// ```
    iomem_op as Op { op, region, width, flags, offset, value, mask, timeout_ns }

    /// `struct iomem_batch`: operations in one call.
    ///
    /// # Examples
    ///
    /// ```
    /// let batch = iomem::uapi::Batch::default();
    /// assert_eq!((batch.done, batch.failed), (0, 0));
    /// ```
    iomem_batch as Batch { size, flags, ops, count, op_size, done, failed }

    /// `struct iomem_irq_info`: an interrupt.
    ///
    /// # Examples
    ///
    /// ```
    /// let info = iomem::uapi::IrqInfo::default();
    /// assert_eq!(info.count, 0);
    /// ```
    iomem_irq_info as IrqInfo { size, irq, flags, reserved, count, name }

    /// `struct iomem_irq_wait`: wait for an interrupt.
    ///
    /// # Examples
    ///
    /// ```
    /// let wait = iomem::uapi::IrqWait::default();
    /// assert_eq!(wait.timeout_ns, 0);
    /// ```
    iomem_irq_wait as IrqWait { size, irq, flags, reserved, count, timeout_ns }

    /// `struct iomem_irq_unmask`: let an interrupt come again.
    ///
    /// # Examples
    ///
    /// ```
    /// let unmask = iomem::uapi::IrqUnmask::default();
    /// assert_eq!(unmask.irq, 0);
    /// ```
    iomem_irq_unmask as IrqUnmask { size, irq, flags, reserved }

    /// `struct iomem_irq_mask`: keep an interrupt from coming.
    ///
    /// # Examples
    ///
    /// ```
    /// let mask = iomem::uapi::IrqMask::default();
    /// assert_eq!(mask.irq, 0);
    /// ```
    iomem_irq_mask as IrqMask { size, irq, flags, reserved }

    /// `struct iomem_irq_eventfd`: have an eventfd count an interrupt.
    ///
    /// # Examples
    ///
    /// ```
    /// let eventfd = iomem::uapi::IrqEventfd {
    ///     fd: -1,
    ///     ..Default::default()
    /// };
    /// assert_eq!(eventfd.irq, 0);
    /// ```
    iomem_irq_eventfd as IrqEventfd { size, irq, flags, fd }
}

constants! {
    /// The room for a name, with the zero at its end, in bytes.
    IOMEM_NAME_BYTES as NAME_BYTES;
    /// The region can be mapped with `mmap()`.
    IOMEM_REGION_MMAP as REGION_MMAP;
    /// It can be mapped write-combining as well.
    IOMEM_REGION_MMAP_WC as REGION_MMAP_WC;
    /// It is one of I/O ports.
    IOMEM_REGION_PORTS as REGION_PORTS;
    /// It can only be read.
    IOMEM_REGION_READ_ONLY as REGION_READ_ONLY;
    /// Its registers are big-endian.
    IOMEM_REGION_BIG_ENDIAN as REGION_BIG_ENDIAN;
    /// value = register
    IOMEM_OP_READ as OP_READ;
    /// register = value
    IOMEM_OP_WRITE as OP_WRITE;
    /// register = register & ~mask | value
    IOMEM_OP_UPDATE as OP_UPDATE;
    /// until register & mask == value
    IOMEM_OP_WAIT as OP_WAIT;
    /// The line is level-triggered.
    IOMEM_IRQ_LEVEL as IRQ_LEVEL;
    /// The line is masked.
    IOMEM_IRQ_MASKED as IRQ_MASKED;
    /// Unmask the line first.
    IOMEM_IRQ_WAIT_UNMASK as IRQ_WAIT_UNMASK;
}

calls! {
    /// `IOMEM_IOC_REGION_INFO`: fills a [`RegionInfo`].
    IOC_REGION_INFO = IOMEM_IOC_NR_REGION_INFO;
    /// `IOMEM_IOC_WINDOW_INFO`: fills a [`WindowInfo`].
    IOC_WINDOW_INFO = IOMEM_IOC_NR_WINDOW_INFO;
    /// `IOMEM_IOC_BATCH`: makes the operations of a [`Batch`].
    IOC_BATCH = IOMEM_IOC_NR_BATCH;
    /// `IOMEM_IOC_IRQ_INFO`: fills an [`IrqInfo`].
    IOC_IRQ_INFO = IOMEM_IOC_NR_IRQ_INFO;
    /// `IOMEM_IOC_IRQ_WAIT`: waits as an [`IrqWait`] says.
    IOC_IRQ_WAIT = IOMEM_IOC_NR_IRQ_WAIT;
    /// `IOMEM_IOC_IRQ_UNMASK`: does what an [`IrqUnmask`] says.
    IOC_IRQ_UNMASK = IOMEM_IOC_NR_IRQ_UNMASK;
    /// `IOMEM_IOC_IRQ_EVENTFD`: does what an [`IrqEventfd`] says.
    IOC_IRQ_EVENTFD = IOMEM_IOC_NR_IRQ_EVENTFD;
    /// `IOMEM_IOC_IRQ_MASK`: does what an [`IrqMask`] says.
    IOC_IRQ_MASK = IOMEM_IOC_NR_IRQ_MASK;
}

/// `IOMEM_WAIT_FOREVER`: no limit to waiting.
pub const WAIT_FOREVER: u64 = u64::MAX;

/// Puts a name where a structure has room for one: cut off if it is longer, with a zero at its end.
///
/// # Examples
///
/// ```
/// let name = iomem::uapi::name(Some(c"control"));
/// assert_eq!(&name[..8], b"control\0");
/// ```
pub fn name(name: Option<&CStr>) -> [u8; NAME_BYTES as usize] {
    let mut room = [0; NAME_BYTES as usize];
    if let (Some(name), Some((_, most))) = (name, room.split_last_mut()) {
        for (to, from) in most.iter_mut().zip(name.to_bytes()) {
            *to = *from;
        }
    }
    room
}
