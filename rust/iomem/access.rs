// SPDX-License-Identifier: GPL-2.0

//! Access to registers: what the kernel crate's [`Io`](kernel::io::Io) lacks.
//!
//! # The life of a window
//!
//! A [`Window`] is a view of registers: where they begin, how many bytes there are, and of which
//! [`Kind`] its accesses are. It is had from what owns the registers, a
//! [`Mapping`](crate::mapping::Mapping), [`Ports`](crate::port::Ports) or an
//! [`IoMap`](crate::iomap::IoMap), borrows from it, and is copied freely:
//!
//! | from a mapping `m` | kind | C |
//! |---|---|---|
//! | `m.window()`, and `m` itself | [`Ordered`] | `readl()`, `ioread32()`, … |
//! | `m.relaxed()` | [`Relaxed`] | `readl_relaxed()`, … |
//! | `m.big_endian()` | [`BigEndian`] | `ioread32be()`, … |
//! | `m.relaxed().big_endian()` | [`RelaxedBigEndian`] | |
//!
//! Every window is an [`Io`](kernel::io::Io), so that the kernel crate's accessors, and the
//! registers that its [`register!`](kernel::io::register!) declares, work on all of them. To those
//! it adds what is below. Offsets are in bytes from the beginning of the window.
//!
//! # Bounds and alignment
//!
//! A window whose `SIZE` is not 0 has at least that many bytes, and the compiler checks an offset
//! against it: what does not fit, or is not a multiple of the access's width, does not build. For
//! others, and for offsets that are not known when this is compiled, the `try_` forms check when
//! the access is made, and fail with `EINVAL`.
//!
//! # Cost
//!
//! On x86-64 and arm64 an access compiles to what C's does, with no call and no check where the
//! offset is a constant (`access/raw.rs` says how). The repeated and bulk forms are one call for
//! the whole slice.
//!
//! C headers: [`include/linux/io.h`](srctree/include/linux/io.h),
//! [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h)

mod bulk;
mod class;
mod kind;
pub(crate) mod raw;
mod wait;
mod width;
mod window;

pub(crate) use bulk::repeat;
pub use bulk::{
    Memory,
    Repeat, //
};
pub use class::{
    Class,
    Effect,
    Pure,
    ReadEffect,
    ReadPure,
    ReadPureWrite,
    ReadWrite,
    Reg,
    Write,
    WriteOnly, //
};
pub(crate) use kind::private;
pub use kind::{
    Access,
    BigEndian,
    Kind,
    Ordered,
    Relaxed,
    RelaxedBigEndian, //
};
pub use width::Width;
pub(crate) use window::assert_offset;
pub use window::Window;
