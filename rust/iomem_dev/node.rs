// SPDX-License-Identifier: GPL-2.0

//! What programs do with `/dev/iomem<N>`.

use iomem::{
    chardev::{
        transfer::Seek,
        CharDevice,
        CharFile,
        OpenFile, //
    },
    error::eopnotsupp,
    uapi::{
        RegionInfo,
        IOC_REGION_INFO,
        REGION_MMAP, //
    },
    vma::{
        AddressSpace,
        Mapped,
        NewVma, //
    },
};
use kernel::{
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    page::PAGE_SIZE,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
    ThisModule, //
};

use crate::window::Window;

#[vtable]
impl CharDevice for Window {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    /// All files of the device, by whatever node they were opened, so that none is forgotten when
    /// mappings are taken back.
    fn address_space(&self) -> Option<&AddressSpace> {
        Some(self.lease().address_space())
    }

    /// Positions are offsets of registers, from 0 to the length of the region.
    fn llseek(&self, _file: OpenFile<'_, Self>, seek: Seek<'_>) -> Result<u64> {
        let length = self.registers()?.claim().range().length();
        seek.within(length)
    }

    /// Reads registers: see [`registers`](crate::registers).
    fn read(
        &self,
        _file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        self.read_registers(position, buffer)
    }

    /// Writes registers: see [`registers`](crate::registers).
    fn write(
        &self,
        _file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        self.write_registers(position, buffer)
    }

    /// Maps the registers: shared, uncached, never executable. Touching the mapping after the device
    /// was unbound is `SIGBUS`.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is gone.
    /// - `EOPNOTSUPP`: `MAP_PRIVATE`: a private copy of registers means nothing.
    /// - `EPERM`: `PROT_EXEC`.
    /// - `ENXIO`: the offset is beyond the registers.
    /// - `EINVAL`: the length is, from that offset.
    /// - `EACCES` (from the kernel): writing, through a descriptor that is read-only.
    fn mmap<'a>(&'a self, _file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        if !vma.is_shared() {
            return Err(eopnotsupp());
        }
        vma.forbid_exec()?;

        self.lease().mmap(vma, |registers, vma| {
            let claim = registers.claim();
            if vma.page_offset() as u64 >= claim.range().length() / PAGE_SIZE as u64 {
                return Err(ENXIO);
            }
            let prot = vma.page_prot().noncached();
            vma.vm_iomap_memory(claim, prot)
        })
    }

    fn ioctl(&self, _file: OpenFile<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        // The registers are not kept: what follows accesses memory of the program.
        let length = self.registers()?.claim().range().length();
        match cmd {
            IOC_REGION_INFO => region_info(length, arg),
            _ => Err(ENOTTY),
        }
    }
}

/// `IOMEM_IOC_REGION_INFO`: tells where region `region` is and how long.
fn region_info(length: u64, arg: usize) -> Result<isize> {
    let size = core::mem::size_of::<RegionInfo>();
    let (mut reader, mut writer) = UserSlice::new(UserPtr::from_addr(arg), size).reader_writer();

    let asked: RegionInfo = reader.read()?;
    // A caller that was built with a larger structure gets the first part of it filled.
    if (asked.size as usize) < size {
        return Err(EINVAL);
    }
    if asked.region != 0 || asked.flags != 0 || asked.regions != 0 {
        return Err(EINVAL);
    }

    writer.write(&RegionInfo {
        size: size as u32,
        region: 0,
        flags: REGION_MMAP,
        regions: 1,
        offset: 0,
        length,
    })?;
    Ok(0)
}
