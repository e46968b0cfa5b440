// SPDX-License-Identifier: GPL-2.0

//! The file operations of `/dev/iomem<N>`, and the ioctls that tell what there is.

use iomem::{
    chardev::{
        poll::{
            Events,
            PollTable, //
        },
        transfer::Seek,
        CharDevice,
        CharFile,
        OpenFile, //
    },
    uapi::{
        name,
        Argument,
        RegionInfo,
        WindowInfo,
        IOC_BATCH,
        IOC_IRQ_EVENTFD,
        IOC_IRQ_INFO,
        IOC_IRQ_MASK,
        IOC_IRQ_UNMASK,
        IOC_IRQ_WAIT,
        IOC_REGION_INFO,
        IOC_WINDOW_INFO, //
    },
    vma::{
        AddressSpace,
        Mapped,
        NewVma, //
    },
};
use kernel::{
    io::PhysAddr,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*,
    seq_file::SeqFile,
    transmute::AsBytes,
    ThisModule, //
};

use crate::{
    batch,
    fdinfo,
    file::File,
    irq_ioctl,
    mmap,
    read_write,
    window::Window, //
};

#[vtable]
impl CharDevice for Window {
    const OWNER: ThisModule = iomem::this_module!();
    type State = File;

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<File, Error> {
        File::open(self)
    }

    fn release(&self, _state: &File) {
        self.count_file(-1);
    }

    /// All files of the device, by whatever node they were opened, so that none is forgotten when
    /// mappings are taken back.
    fn address_space(&self) -> Option<&AddressSpace> {
        Some(self.lease().address_space())
    }

    /// Positions are offsets: see [`offset`](crate::offset).
    fn llseek(&self, _file: OpenFile<'_, Self>, seek: Seek<'_>) -> Result<u64> {
        let _alive = self.resources()?;
        let (end, last) = self.layout().ends();
        seek.between(end, last)
    }

    /// Reads registers: see [`read_write`](crate::read_write).
    fn read(
        &self,
        file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        read_write::read(self, file.state(), position, buffer)
    }

    /// Writes registers: see [`read_write`](crate::read_write).
    fn write(
        &self,
        file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        read_write::write(self, file.state(), position, buffer)
    }

    /// Which window it is, and how that is used: see [`fdinfo`](crate::fdinfo).
    fn show_fdinfo(&self, _state: &Self::State, seq: &SeqFile) {
        fdinfo::show(self, seq);
    }

    /// Maps registers: see [`mmap`](crate::mmap).
    fn mmap<'a>(&'a self, file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        mmap::mmap(self, file, vma)
    }

    fn physical_address(&self, page_offset: usize, _length: usize) -> Option<PhysAddr> {
        mmap::physical_address(self, page_offset)
    }

    /// Waits for interrupts: see [`irq_ioctl`](crate::irq_ioctl).
    fn poll<'a>(&'a self, file: OpenFile<'a, Self>, table: PollTable<'a>) -> Events {
        irq_ioctl::poll(self, file, table)
    }

    fn ioctl(&self, file: OpenFile<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        // Asked first, so that a device that is gone has one answer to everything. It is not kept:
        // what follows accesses memory of the program.
        drop(self.resources()?);
        match cmd {
            IOC_WINDOW_INFO => window_info(self, arg),
            IOC_REGION_INFO => region_info(self, arg),
            IOC_BATCH => batch::run(self, file, arg),
            IOC_IRQ_INFO => irq_ioctl::info(self, arg),
            IOC_IRQ_WAIT => irq_ioctl::wait(self, file, arg),
            IOC_IRQ_UNMASK => irq_ioctl::unmask(self, arg),
            IOC_IRQ_EVENTFD => irq_ioctl::eventfd(self, file, arg),
            IOC_IRQ_MASK => irq_ioctl::mask(self, file, arg),
            _ => Err(ENOTTY),
        }
    }
}

/// `IOMEM_IOC_WINDOW_INFO`: tells what there is.
fn window_info(window: &Window, arg: usize) -> Result<isize> {
    let argument = Argument::<WindowInfo>::take(arg)?;
    let asked = WindowInfo {
        size: argument.value.size,
        ..Default::default()
    };
    if argument.value.as_bytes() != asked.as_bytes() {
        return Err(EINVAL);
    }
    let regions = window.resources()?.regions().len();
    argument.answer(WindowInfo {
        regions: u32::try_from(regions)?,
        irqs: u32::try_from(window.interrupts().len())?,
        batch_max: batch::MAX,
        name: name(Some(window.label())),
        ..asked
    })?;
    Ok(0)
}

/// `IOMEM_IOC_REGION_INFO`: tells where a region is and what can be done with it.
fn region_info(window: &Window, arg: usize) -> Result<isize> {
    let argument = Argument::<RegionInfo>::take(arg)?;
    let asked = RegionInfo {
        size: argument.value.size,
        region: argument.value.region,
        ..Default::default()
    };
    if argument.value.as_bytes() != asked.as_bytes() {
        return Err(EINVAL);
    }
    let mut info = window.region_info(asked.region as usize)?;
    info.region = asked.region;
    argument.answer(info)?;
    Ok(0)
}
