// SPDX-License-Identifier: GPL-2.0

//! What is mapped, and the operations of the VMAs that show it.

use iomem::{
    resource::MemRegion,
    vma::{
        Access,
        Accessed,
        Area,
        Fault,
        Lease,
        PageProt,
        VmFault,
        VmaOps,
        WcReservation, //
    },
};
use kernel::{
    page::{
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    }, //
};

/// What the test wants to be counted; the numbers are the arguments of `COUNT`.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    Open,
    Close,
    Fault,
    WriteFault,
    Huge2M,
    Huge1G,
    Fallback,
    Access,
    Waited,
    Made,
    Dropped,
    Last,
}

pub(crate) struct Counters(pub(crate) [Atomic<i64>; Event::Last as usize]);

impl Counters {
    pub(crate) fn new() -> Self {
        Self([const { Atomic::new(0) }; Event::Last as usize])
    }

    fn count(&self, event: Event) {
        if let Some(counter) = self.0.get(event as usize) {
            counter.fetch_add(1, Relaxed);
        }
    }
}

/// What is to be mapped, as the page offset says: bits 0 to 19 are the page, 20 and 21 the cache
/// mode, 22 and 23 which device, 24 to 28 how.
#[derive(Clone, Copy)]
pub(crate) struct Request(pub(crate) usize);

impl Request {
    pub(crate) fn page(self) -> usize {
        self.0 & 0xf_ffff
    }

    pub(crate) fn prot(self, prot: PageProt) -> PageProt {
        match self.0 >> 20 & 3 {
            0 => prot.noncached(),
            1 => prot.writecombine(),
            _ => prot,
        }
    }

    pub(crate) fn device(self) -> usize {
        self.0 >> 22 & 3
    }

    pub(crate) fn how(self) -> usize {
        self.0 >> 24 & 0x1f
    }
}

pub(crate) const IOMAP: usize = 0;
pub(crate) const REMAP: usize = 1;
pub(crate) const IO_REMAP: usize = 2;
pub(crate) const EAGER: usize = 3;
pub(crate) const FAULT: usize = 4;
pub(crate) const FAULT_PROT: usize = 5;
pub(crate) const HUGE: usize = 6;
pub(crate) const BEYOND: usize = 7;
pub(crate) const RETRY: usize = 8;
pub(crate) const FAIL: usize = 9;
pub(crate) const DEFAULTS: usize = 10;
pub(crate) const NAMED: usize = 11;
pub(crate) const WHOLE: usize = 12;
pub(crate) const TWICE: usize = 13;
pub(crate) const ASKEW: usize = 14;
pub(crate) const STRAY: usize = 15;
pub(crate) const AROUND: usize = 16;
pub(crate) const MADE_UP: usize = 17;
pub(crate) const SHARED: usize = 18;

/// A huge page, in bytes, and how much `AROUND` fills: eight of them.
const HUGE_PAGE: usize = PAGE_SIZE / 8 * PAGE_SIZE;
const BLOCK: usize = 8 * HUGE_PAGE;

/// The devices.
pub(crate) struct Hardware {
    pub(crate) small: MemRegion,
    pub(crate) large: WcReservation<MemRegion>,
    pub(crate) edu: MemRegion,
}

impl Hardware {
    pub(crate) fn claim(&self, request: Request) -> &MemRegion {
        match request.device() {
            1 => self.large.region(),
            2 => &self.edu,
            _ => &self.small,
        }
    }
}

#[pin_data]
pub(crate) struct Shared {
    #[pin]
    pub(crate) lease: Lease<Hardware>,
    // One whose address space the files do not have.
    #[pin]
    pub(crate) stray: Lease<()>,
    pub(crate) counters: Counters,
}

/// The operations of the test's VMAs.
pub(crate) struct View {
    shared: Arc<Shared>,
    how: usize,
}

impl View {
    pub(crate) fn make(shared: &Arc<Shared>, how: usize) -> Result<Arc<Self>> {
        let view = Arc::new(
            Self {
                shared: shared.clone(),
                how,
            },
            GFP_KERNEL,
        )?;
        shared.counters.count(Event::Made);
        Ok(view)
    }

    fn count(&self, event: Event) {
        self.shared.counters.count(event);
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.count(Event::Dropped);
    }
}

impl VmaOps for View {
    fn open(&self, _vma: &Area<'_>) {
        self.count(Event::Open);
    }

    fn close(&self, _vma: &Area<'_>) {
        self.count(Event::Close);
    }

    fn may_split(&self, _vma: &Area<'_>, _address: usize) -> Result {
        if self.how == WHOLE {
            return Err(EPERM);
        }
        Ok(())
    }

    fn fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
        self.count(Event::Fault);
        if fault.is_write() {
            self.count(Event::WriteFault);
        }
        if self.how == RETRY {
            let waited = &self.shared.counters;
            // Once without the lock, once with it; the third fault finds the page.
            let Some(counter) = waited.0.get(Event::Waited as usize) else {
                return VmFault::Sigbus;
            };
            if counter.load(Relaxed) < 2 {
                return fault.wait_and_retry(|| waited.count(Event::Waited));
            }
        }

        let request = Request(fault.page_offset());
        if self.how == STRAY {
            return self.shared.stray.fault(fault, |(), _fault| {
                self.count(Event::Fallback);
                VmFault::NoPage
            });
        }
        self.shared.lease.fault(fault, |hardware, fault| {
            let claim = hardware.claim(request);
            let pages = (claim.range().length() >> PAGE_SHIFT) as usize;
            match self.how {
                FAULT_PROT => {
                    let prot = request.prot(fault.page_prot());
                    fault.insert_pfn_prot(claim, request.page(), prot)
                }
                BEYOND => fault.insert_pfn(claim, pages + request.page()),
                ASKEW => fault.insert_pfn(claim, request.page() + 1),
                _ => fault.insert_pfn(claim, request.page()),
            }
        })
    }

    fn huge_fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
        if !matches!(self.how, HUGE | ASKEW | AROUND | SHARED) {
            return VmFault::Fallback;
        }
        let request = Request(fault.page_offset());
        let askew = usize::from(self.how == ASKEW);
        let size = PAGE_SIZE << fault.order();
        let answer = self.shared.lease.fault(fault, |hardware, fault| {
            let claim = hardware.claim(request);
            if self.how == AROUND {
                return fault.insert_pfn_around(claim, request.page(), BLOCK);
            }
            fault.insert_pfn(claim, request.page() + askew)
        });
        self.count(match (answer, size) {
            (VmFault::NoPage, HUGE_PAGE) => Event::Huge2M,
            (VmFault::NoPage, 0x4000_0000) => Event::Huge1G,
            _ => Event::Fallback,
        });
        answer
    }

    fn access<'a>(&self, mut access: Access<'a>) -> Result<Accessed<'a>> {
        self.count(Event::Access);
        if self.how == MADE_UP {
            // Once, or not at all; and says that it was more.
            if access.offset() % PAGE_SIZE as u64 == 0 {
                access.give(b"8 bytes.")?;
            }
            return Ok(access.done(usize::MAX));
        }
        let offset = access.offset();
        let request = Request((offset >> PAGE_SHIFT) as usize);
        let hardware = self.shared.lease.get().ok_or(ENODEV)?;
        let offset = request.page() as u64 * PAGE_SIZE as u64 + offset % PAGE_SIZE as u64;
        access.region(hardware.claim(request), offset)
    }

    fn name(&self, _vma: &Area<'_>) -> Option<&CStr> {
        (self.how == NAMED).then_some(c"[iomem_test_vma]")
    }
}

/// Operations of which every one is as the trait has it.
pub(crate) struct Defaults;

impl VmaOps for Defaults {}
