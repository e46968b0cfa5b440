// SPDX-License-Identifier: GPL-2.0

//! The number in a device's name.
//!
//! A driver that makes `/dev/name0`, `/dev/name1`, … keeps an [`Indices`] in a `static` and takes
//! the lowest free number for each device. The number comes back when the [`Index`] is dropped.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    },
};

/// Numbers that are in use: `64 * WORDS` of them at most.
///
/// No lock: a number is taken and given back by a compare-and-exchange on its word.
///
/// # Examples
///
/// ```
/// use iomem::index::Indices;
///
/// static INDICES: Indices<4> = Indices::new();
///
/// let first = INDICES.take()?;
/// let second = INDICES.take()?;
/// assert_eq!((first.value(), second.value()), (0, 1));
///
/// drop(first);
/// assert_eq!(INDICES.take()?.value(), 0);
/// # Ok::<(), Error>(())
/// ```
pub struct Indices<const WORDS: usize> {
    words: [Atomic<u64>; WORDS],
}

impl<const WORDS: usize> Indices<WORDS> {
    /// Makes a set of which no number is in use.
    pub const fn new() -> Self {
        Self {
            words: [const { Atomic::new(0) }; WORDS],
        }
    }

    /// Takes the lowest number that is not in use. Context: any.
    ///
    /// # Errors
    ///
    /// `ENOSPC`: all are in use.
    pub fn take(&'static self) -> Result<Index> {
        for (base, word) in (0..).step_by(64).zip(&self.words) {
            let mut used = word.load(Relaxed);
            while used != u64::MAX {
                let bit = used.trailing_ones();
                match word.cmpxchg(used, used | 1 << bit, Full) {
                    // INVARIANT: The bit was clear and this call set it.
                    Ok(_) => {
                        return Ok(Index {
                            word,
                            bit,
                            value: base + bit,
                        })
                    }
                    Err(now) => used = now,
                }
            }
        }
        Err(ENOSPC)
    }
}

impl<const WORDS: usize> Default for Indices<WORDS> {
    fn default() -> Self {
        Self::new()
    }
}

/// A number that is in use by the owner of this value alone.
///
/// Context of the drop: any.
///
/// # Invariants
///
/// `bit` of `word` is set, on behalf of this value alone.
pub struct Index {
    word: &'static Atomic<u64>,
    bit: u32,
    value: u32,
}

impl Index {
    /// Returns the number.
    #[inline]
    pub fn value(&self) -> u32 {
        self.value
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let mut used = self.word.load(Relaxed);
        while let Err(now) = self.word.cmpxchg(used, used & !(1 << self.bit), Full) {
            used = now;
        }
    }
}

#[kunit_tests(iomem_index)]
mod tests {
    use super::*;

    static FEW: Indices<1> = Indices::new();
    static MANY: Indices<3> = Indices::new();

    #[test]
    fn the_lowest_free_is_taken() -> Result {
        let (first, second, third) = (FEW.take()?, FEW.take()?, FEW.take()?);
        assert_eq!((first.value(), second.value(), third.value()), (0, 1, 2));
        drop(second);
        drop(first);
        assert_eq!(FEW.take()?.value(), 0);
        let again = FEW.take()?;
        assert_eq!((again.value(), FEW.take()?.value()), (0, 1));
        Ok(())
    }

    #[test]
    fn each_word_is_used_to_its_end() -> Result {
        let mut held = KVec::new();
        while let Ok(index) = MANY.take() {
            assert_eq!(index.value() as usize, held.len());
            held.push(index, GFP_KERNEL)?;
        }
        assert_eq!(held.len(), 3 * 64);
        assert_eq!(MANY.take().err(), Some(ENOSPC));
        // One out of the middle word comes back, and no other.
        held.remove(100).map_err(|_| EINVAL)?;
        let index = MANY.take()?;
        assert_eq!(index.value(), 100);
        assert_eq!(MANY.take().err(), Some(ENOSPC));
        Ok(())
    }
}
