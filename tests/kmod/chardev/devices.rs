// SPDX-License-Identifier: GPL-2.0

//! The devices that are tried: one for each thing that a character device can be.

use iomem::{
    chardev::{
        poll::{
            Events,
            PollTable, //
        },
        transfer::{
            Give,
            Seek,
            Take, //
        },
        wait::WaitQueue,
        CharDevice,
        CharFile,
        OpenFile, //
    },
    new_wait_queue, //
};
use kernel::{
    fs::file::flags,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        Arc,
        Mutex, //
    },
};

/// How many devices of the kinds that are taken away have been dropped.
pub(crate) static DROPS: Atomic<u32> = Atomic::new(0);

/// Some bytes.
#[pin_data]
pub(crate) struct Memory {
    #[pin]
    bytes: Mutex<[u8; 64]>,
}

impl Memory {
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(pin_init!(Self { bytes <- new_mutex!([0; 64]) }), GFP_KERNEL)
    }
}

#[vtable]
impl CharDevice for Memory {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn size(&self, _file: OpenFile<'_, Self>) -> u64 {
        64
    }

    fn read(
        &self,
        _file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        // The library asks for nothing beyond the size.
        let bytes = *self.bytes.lock();
        let some = bytes.get(position as usize..).ok_or(EIO)?;
        buffer.give(some)
    }

    fn write(
        &self,
        _file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        let mut new = [0; 64];
        let room = new.get_mut(position as usize..).ok_or(EIO)?;
        let n = buffer.take(room)?;
        let room = room.get(..n).ok_or(EIO)?;
        let mut bytes = self.bytes.lock();
        let old = bytes
            .iter_mut()
            .skip(position as usize)
            .zip(room.iter().copied());
        old.for_each(|(old, new)| *old = new);
        Ok(n)
    }
}

/// A device without an end.
pub(crate) struct Places;

#[vtable]
impl CharDevice for Places {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn llseek(&self, _file: OpenFile<'_, Self>, seek: Seek<'_>) -> Result<u64> {
        seek.without_end()
    }

    fn read(
        &self,
        _file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        buffer.give(&position.to_ne_bytes())?;
        // More than the program's buffer has.
        Ok(usize::MAX)
    }
}

/// Something that happens now and then, and can go away.
#[pin_data(PinnedDrop)]
pub(crate) struct Source {
    count: Atomic<u64>,
    gone: Atomic<bool>,
    #[pin]
    queue: WaitQueue,
}

impl Source {
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                count: Atomic::new(0),
                gone: Atomic::new(false),
                queue <- new_wait_queue!("iomem_test_chardev::queue"),
            }),
            GFP_KERNEL,
        )
    }

    pub(crate) fn leave(&self) {
        self.gone.store(true, Release);
        self.queue.wake_all();
    }

    /// What a file that has seen `seen` is to be told: how many more there are, or that no more
    /// will come.
    fn news(&self, seen: u64) -> Option<Result<u64>> {
        if self.gone.load(Acquire) {
            return Some(Err(ENODEV));
        }
        let now = self.count.load(Acquire);
        (now != seen).then_some(Ok(now))
    }
}

#[pinned_drop]
impl PinnedDrop for Source {
    fn drop(self: Pin<&mut Self>) {
        DROPS.fetch_add(1, Full);
    }
}

#[vtable]
impl CharDevice for Source {
    const OWNER: ThisModule = iomem::this_module!();
    /// How many the file has seen: what was before it was opened is no news.
    type State = Atomic<u64>;

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<Atomic<u64>, Error> {
        Ok(Atomic::new(self.count.load(Acquire)))
    }

    fn read(
        &self,
        file: OpenFile<'_, Self>,
        _position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        if buffer.len() < 8 {
            return Err(EINVAL);
        }
        let seen = file.state().load(Relaxed);
        let now = match self.news(seen) {
            Some(now) => now?,
            None if file.is_nonblocking() => return Err(EAGAIN),
            None => self.queue.wait_until(|| self.news(seen))??,
        };
        let n = buffer.give(&now.wrapping_sub(seen).to_ne_bytes())?;
        file.state().store(now, Relaxed);
        Ok(n)
    }

    fn write(
        &self,
        _file: OpenFile<'_, Self>,
        _position: u64,
        buffer: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        let mut more = [0; 8];
        if buffer.take(&mut more)? < more.len() {
            return Err(EINVAL);
        }
        self.count.fetch_add(u64::from_ne_bytes(more), Full);
        self.queue.wake_all();
        Ok(more.len())
    }

    fn poll<'a>(&'a self, file: OpenFile<'a, Self>, table: PollTable<'a>) -> Events {
        table.wait(&self.queue);
        match self.news(file.state().load(Relaxed)) {
            Some(Ok(_)) => Events::IN | Events::OUT,
            Some(Err(_)) => Events::HUP | Events::ERR,
            None => Events::OUT,
        }
    }
}

/// A device that does nothing at all.
pub(crate) struct Bare;

#[vtable]
impl CharDevice for Bare {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, file: CharFile<'_>) -> impl PinInit<(), Error> {
        // What the initializer fails with is what `open()` does.
        if file.flags() & flags::O_APPEND != 0 {
            return Err(EOVERFLOW);
        }
        Ok(())
    }
}

/// What has a major.
pub(crate) struct Minors;

impl Drop for Minors {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Full);
    }
}

#[vtable]
impl CharDevice for Minors {
    const OWNER: ThisModule = iomem::this_module!();
    type State = u32;

    fn open(&self, file: CharFile<'_>) -> impl PinInit<u32, Error> {
        Ok(file.minor())
    }

    fn read(
        &self,
        file: OpenFile<'_, Self>,
        _position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        if file.minor() != *file.state() {
            return Err(EIO);
        }
        buffer.give(&file.state().to_ne_bytes())
    }
}
