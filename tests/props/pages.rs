// SPDX-License-Identifier: GPL-2.0

//! rust/iomem/resource/pages.rs and refused.rs, with a list for a tree.

use iomem::{
    range::Range,
    resource::{
        around,
        claimed,
        MemRegion,
        Pages,
        Reason, //
    },
};
use kernel::{
    alloc::fail_after,
    prelude::*,
    sync::Arc, //
};

use crate::cases::{
    properties,
    Chance,
    Property, //
};

pub const PROPERTIES: &[Property] = properties![
    whole_pages_are_claimed_and_let_go_of,
    nothing_is_left_of_what_failed,
    refused_numbers_are_no_range,
];

const PAGE: u64 = 0x1000;

/// Claims that do not overlap, near each other.
fn some(chance: &mut Chance) -> Vec<Arc<MemRegion>> {
    let base = match chance.below(4) {
        0 => 0,
        1 => 0_u64.wrapping_sub(4 * PAGE),
        _ => chance.number() & !(PAGE - 1),
    };
    let mut claims = Vec::new();
    for _ in 0..chance.below(6) {
        let from = match chance.below(3) {
            0 => PAGE * chance.below(4) as u64,
            1 => PAGE * chance.below(4) as u64 + PAGE - 1 - chance.below(3) as u64,
            _ => chance.below(4 * PAGE as usize) as u64,
        };
        let length = *chance.of(&[1, 2, 0x10, PAGE - 1, PAGE, PAGE + 1]);
        let claim = Range::new(base.wrapping_add(from), length)
            .ok()
            .and_then(|range| MemRegion::request(range, c"claim").ok());
        claims.extend(claim.map(Arc::new));
    }
    chance.shuffle(&mut claims);
    claims
}

fn length(ranges: &[Range]) -> u128 {
    ranges.iter().map(|range| u128::from(range.length())).sum()
}

fn whole_pages_are_claimed_and_let_go_of(chance: &mut Chance, _: usize) {
    let claims = some(chance);
    let before = claimed();
    let first = claims.iter().map(|claim| claim.range().start()).min();
    let last = claims.iter().map(|claim| claim.range().last()).max();
    match (around(&claims), first, last) {
        (Ok(pages), Some(first), Some(last)) => {
            let range = pages.range();
            assert!(range.is_page_aligned());
            assert_eq!(range.start(), first / PAGE * PAGE);
            assert_eq!(range.last() / PAGE, last / PAGE);
            // No two overlap, or the list would have refused: so they are all of it if they are as
            // long.
            let all = claimed();
            assert!(all.iter().all(|one| range.contains(one)));
            assert_eq!(length(&all), range.length().into());
            assert_eq!(pages.counts().0, claims.len());
            assert_eq!(pages.counts().1, all.len() - claims.len());
            each_claim_has_its_own(&Arc::new(pages), &claims);
        }
        (Err(refused), None, None) => assert_eq!(refused.reason(), Reason::Empty),
        // From the first page that there is to the last.
        (Err(refused), Some(first), Some(last)) if first < PAGE && last > u64::MAX - PAGE => {
            assert_eq!((refused.reason(), refused.length()), (Reason::Empty, 0));
        }
        (result, ..) => panic!("{:?}", result.err()),
    }
    assert_eq!(claimed(), before);
    drop(claims);
    assert!(claimed().is_empty());
}

/// No page without a byte of the claim, and none that is not of the whole.
fn each_claim_has_its_own(pages: &Arc<Pages>, claims: &[Arc<MemRegion>]) {
    for claim in claims {
        let own = Pages::of(pages, claim)
            .expect("the pages are around it")
            .range();
        assert!(own.is_page_aligned() && own.contains(&claim.range()));
        assert!(pages.range().contains(&own));
        assert!(claim.range().start() - own.start() < PAGE);
        assert!(own.last() - claim.range().last() < PAGE);
    }
    // What begins before them, or ends behind.
    for address in [
        pages.range().start().checked_sub(1),
        pages.range().last().checked_add(1),
    ] {
        let Some(range) = address.and_then(|address| Range::new(address, 1).ok()) else {
            continue;
        };
        let outside = MemRegion::request(range, c"outside").unwrap();
        assert!(Pages::of(pages, &outside).is_none());
    }
}

fn nothing_is_left_of_what_failed(chance: &mut Chance, _: usize) {
    let claims = some(chance);
    let Some(one) = claims.first().map(|claim| claim.range()) else {
        return;
    };
    // Those fail for another reason.
    if claims
        .iter()
        .any(|claim| claim.range().start().abs_diff(one.start()) > 8 * PAGE)
    {
        return;
    }
    // Another driver has a byte nearby, or there is no memory.
    let near = one.start() / PAGE * PAGE + chance.below(PAGE as usize) as u64;
    let other = Range::new(near, 1)
        .ok()
        .filter(|_| chance.one_in(2))
        .and_then(|range| MemRegion::request(range, c"other").ok());
    let before = claimed();
    if other.is_none() {
        fail_after(chance.below(claims.len() + 1));
    }
    let result = around(&claims);
    fail_after(usize::MAX);
    match (result, &other) {
        (Err(refused), Some(other)) => {
            assert_eq!(refused.reason(), Reason::Busy(other.range()));
            assert_eq!(Error::from(refused), EBUSY);
        }
        (Err(refused), None) => {
            assert_eq!(refused.reason(), Reason::NoMemory);
            assert_eq!(Error::from(refused), ENOMEM);
        }
        (Ok(_), other) => panic!("{other:?} is shown"),
    }
    assert_eq!(claimed(), before);
}

/// Here the pages from one end of the address space to the other, which are as many as no number says.
fn refused_numbers_are_no_range(chance: &mut Chance, _: usize) {
    let length = chance.between(1, 2 * PAGE);
    let ends = [
        Range::new(0, length),
        Range::new(u64::MAX - chance.below(PAGE as usize) as u64, 1),
    ];
    let claims: Vec<_> = ends
        .into_iter()
        .map(|range| Arc::new(MemRegion::request(range.unwrap(), c"end").unwrap()))
        .collect();
    let before = claimed();
    let refused = around(&claims).map(drop).unwrap_err();
    assert!(matches!(
        refused.reason(),
        Reason::Empty | Reason::WrapsAround
    ));
    assert_eq!(claimed(), before);
    let error = Error::from(refused);
    let made = Range::new(refused.start(), refused.length()).map(drop);
    assert_eq!(made, Err(error));
    assert!(!refused.to_string().contains('\n'));
}
