// SPDX-License-Identifier: GPL-2.0

//! What programs do with `/dev/iomem<N>`.

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
        IOC_WINDOW_INFO,
        REGION_BIG_ENDIAN,
        REGION_MMAP,
        REGION_MMAP_WC,
        REGION_PORTS,
        REGION_READ_ONLY, //
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
    page::PAGE_SIZE,
    prelude::*,
    seq_file::SeqFile,
    transmute::AsBytes,
    ThisModule, //
};

use crate::{
    batch,
    file::File,
    offset::Mode,
    region::Region,
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
        let _alive = self.hardware()?;
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
        self.read_registers(file.state(), position, buffer)
    }

    /// Writes registers: see [`read_write`](crate::read_write).
    fn write(
        &self,
        file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        self.write_registers(file.state(), position, buffer)
    }

    /// Which window it is, and how that is used: see [`fdinfo`](crate::fdinfo).
    fn show_fdinfo(&self, _state: &Self::State, seq: &SeqFile) {
        self.show(seq);
    }

    /// Maps registers: see [`mmap`](crate::mmap).
    fn mmap<'a>(&'a self, file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        self.map(file, vma)
    }

    fn physical_address(&self, page_offset: usize, _length: usize) -> Option<PhysAddr> {
        self.physical(page_offset)
    }

    /// Waits for interrupts: see [`irq_ioctl`](crate::irq_ioctl).
    fn poll<'a>(&'a self, file: OpenFile<'a, Self>, table: PollTable<'a>) -> Events {
        self.poll_interrupts(file, table)
    }

    fn ioctl(&self, file: OpenFile<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        // Asked first, so that a device that is gone has one answer to everything. It is not kept:
        // what follows accesses memory of the program.
        drop(self.hardware()?);
        match cmd {
            IOC_WINDOW_INFO => self.window_info(arg),
            IOC_REGION_INFO => self.region_info(arg),
            IOC_BATCH => batch::run(self, file, arg),
            IOC_IRQ_INFO => self.irq_info(arg),
            IOC_IRQ_WAIT => self.irq_wait(file, arg),
            IOC_IRQ_UNMASK => self.irq_unmask(arg),
            IOC_IRQ_EVENTFD => self.irq_eventfd(file, arg),
            IOC_IRQ_MASK => self.irq_mask(file, arg),
            _ => Err(ENOTTY),
        }
    }
}

impl Window {
    /// `IOMEM_IOC_WINDOW_INFO`: tells what there is.
    fn window_info(&self, arg: usize) -> Result<isize> {
        let argument = Argument::<WindowInfo>::take(arg)?;
        let asked = WindowInfo {
            size: argument.value.size,
            ..Default::default()
        };
        if argument.value.as_bytes() != asked.as_bytes() {
            return Err(EINVAL);
        }
        let regions = self.hardware()?.regions().len();
        argument.answer(WindowInfo {
            regions: u32::try_from(regions)?,
            irqs: u32::try_from(self.interrupts().len())?,
            batch_max: batch::MAX,
            name: name(Some(self.label())),
            ..asked
        })?;
        Ok(0)
    }

    /// `IOMEM_IOC_REGION_INFO`: tells where a region is and what can be done with it.
    fn region_info(&self, arg: usize) -> Result<isize> {
        let argument = Argument::<RegionInfo>::take(arg)?;
        let asked = RegionInfo {
            size: argument.value.size,
            region: argument.value.region,
            ..Default::default()
        };
        if argument.value.as_bytes() != asked.as_bytes() {
            return Err(EINVAL);
        }
        let mut info = self.info_of(asked.region as usize)?;
        info.region = asked.region;
        argument.answer(info)?;
        Ok(0)
    }

    /// Tells what a program needs to know of a region. The number and the size are left out.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is gone.
    /// - `EINVAL`: there is no such region.
    pub(crate) fn info_of(&self, number: usize) -> Result<RegionInfo> {
        let mut info = {
            let hardware = self.hardware()?;
            describe(hardware.region(number).ok_or(EINVAL)?)
        };
        info.offset = self.layout().offset(number, Mode::Uncached);
        if info.flags & REGION_MMAP_WC != 0 {
            info.wc_offset = self.layout().offset(number, Mode::WriteCombining);
        }
        Ok(info)
    }
}

/// Fills in what a region knows of itself.
fn describe(region: &Region) -> RegionInfo {
    let traits = region.traits();
    let flag = |set: bool, flag: u32| if set { flag } else { 0 };
    RegionInfo {
        flags: flag(region.pages().is_some(), REGION_MMAP)
            | flag(region.can_combine_writes(), REGION_MMAP_WC)
            | flag(region.is_ports(), REGION_PORTS)
            | flag(traits.read_only, REGION_READ_ONLY)
            | flag(traits.big_endian, REGION_BIG_ENDIAN),
        width: traits.width.map_or(0, |width| width.bytes() as u32),
        length: region.length(),
        mmap_length: region.pages().map_or(0, |pages| pages.range().length()),
        first: region
            .pages()
            .map_or(0, |_| (region.range().start() % PAGE_SIZE as u64) as u32),
        name: name(region.name()),
        ..Default::default()
    }
}
