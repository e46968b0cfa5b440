// SPDX-License-Identifier: GPL-2.0

//! Claims that take turns, on two threads.

use iomem::{
    range::Range,
    resource::{
        region_intersects,
        request_mem_region_muxed,
        request_muxed_region,
        request_region,
        Claim,
        Kind,
        Mem,
        Muxed,
        Port,
        Refused,
        Root, //
    },
};
use kernel::{
    impl_has_work, new_work,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc,
        Completion, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue::{
        self,
        Work,
        WorkItem, //
    },
};

use super::errno;

/// Claims a muxed range on another thread, and keeps it for a while.
#[pin_data]
struct Other<R: Root + 'static> {
    range: Range,
    wait: fn(Range) -> Result<Muxed<R>, Refused>,
    #[pin]
    claimed: Completion,
    /// Set just before the claim ends.
    over: Atomic<bool>,
    #[pin]
    work: Work<Self>,
}

impl_has_work! {
    impl{R: Root + 'static} HasWork<Self> for Other<R> { self.work }
}

impl<R: Root + 'static> WorkItem for Other<R> {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        let claim = (this.wait)(this.range);
        this.claimed.complete_all();
        fsleep(Delta::from_millis(100));
        // Before the claim ends: who is woken by that has to see it.
        this.over.store(true, Release);
        drop(claim);
    }
}

/// Whether a muxed claim waited for the one that another thread held.
fn waits<R: Root + 'static>(
    range: Range,
    wait: fn(Range) -> Result<Muxed<R>, Refused>,
) -> Result<(bool, bool)> {
    let other = Arc::pin_init(
        pin_init!(Other {
            range,
            wait,
            claimed <- Completion::new(),
            over: Atomic::new(false),
            work <- new_work!("Other::work"),
        }),
        GFP_KERNEL,
    )?;
    let _ = workqueue::system().enqueue(other.clone());
    other.claimed.wait_for_completion();

    let plain = errno(Claim::<R>::request(range, c"iomem_test"));
    let is_held = plain == Some(EBUSY) && !other.over.load(Acquire);
    let claim = wait(range);
    Ok((is_held, claim.is_ok() && other.over.load(Acquire)))
}

pub(crate) fn muxed(start: u64) -> Result {
    let ports = Range::new(0x2f0, 4)?;
    let memory = Range::new(start, 0x10)?;
    let of_ports = |range: Range| request_muxed_region(range.start(), range.length(), c"muxed");
    let of_memory =
        |range: Range| request_mem_region_muxed(range.start(), range.length(), c"muxed");

    let claim = of_ports(ports)?;
    check!(
        "muxed_claim_is_a_claim",
        claim.range() == ports && claim.name() == Some(c"muxed")
    );
    drop(claim);

    let (is_held, waited) = waits::<Port>(ports, of_ports)?;
    check!("plain_claim_does_not_wait_for_a_muxed_one", is_held);
    check!("muxed_claim_waits_for_a_muxed_one", waited);
    let (is_held, waited) = waits::<Mem>(memory, of_memory)?;
    check!("plain_memory_does_not_wait_for_a_muxed_claim", is_held);
    check!("muxed_memory_waits_for_a_muxed_claim", waited);

    let plain = request_region(0x2f0, 4, c"iomem_test")?;
    check!(
        "muxed_claim_does_not_wait_for_a_plain_one",
        errno(of_ports(ports)) == Some(EBUSY)
    );
    drop(plain);
    check!(
        "muxed_bad_input_is_refused",
        errno(request_muxed_region(0x2f0, 0, c"muxed")) == Some(EINVAL)
            && errno(request_muxed_region(2, u64::MAX, c"muxed")) == Some(EOVERFLOW)
            && errno(request_muxed_region(1 << 40, 1, c"muxed")) == Some(ERANGE)
            && errno(request_mem_region_muxed(start, 0, c"muxed")) == Some(EINVAL)
    );
    check!(
        "muxed_claims_leave_nothing",
        request_region(0x2f0, 4, c"iomem_test").is_ok()
            && !region_intersects(memory, Kind::BUSY).is_any()
    );
    Ok(())
}
