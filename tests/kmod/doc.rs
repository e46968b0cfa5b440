// SPDX-License-Identifier: GPL-2.0

//! The examples of the library's documentation.
//!
//! All of them are compiled; loading it runs those that need no device. `scripts/doctests.py`
//! takes them out of the documentation.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

module! {
    type: Test,
    name: "iomem_test_doc",
    authors: ["The iomem authors"],
    description: "Runs the examples of the iomem library's documentation",
    license: "GPL",
}

/// How many assertions failed. The examples run one after the other.
static FAILED: Atomic<u32> = Atomic::new(0);

/// `line` is the source's, and the result that follows names the file.
fn failed(line: u32, what: &str) {
    pr_info!("# line {line}: {what}\n");
    FAILED.store(FAILED.load(Relaxed).saturating_add(1), Relaxed);
}

// In place of those of `core`, which would stop the kernel. An example goes on after it.
#[allow(unused_macros)]
macro_rules! assert {
    ($condition:expr $(, $($text:tt)*)?) => {
        if !$condition {
            crate::failed(line!(), stringify!($condition));
        }
    };
}

#[allow(unused_macros)]
macro_rules! assert_eq {
    ($left:expr, $right:expr $(, $($text:tt)*)?) => {
        if $left != $right {
            crate::failed(line!(), stringify!($left == $right));
        }
    };
}

/// What is done with an example.
#[derive(Clone, Copy)]
enum Kind {
    /// It is run.
    Run(fn() -> bool),
    /// It needs a device. That it compiles is all that is asked of it.
    Compiled(#[allow(dead_code)] fn() -> bool),
    /// The documentation says so.
    #[allow(dead_code)]
    Ignored,
}

include!(concat!(env!("IOMEM_GENERATED"), "/tests/doc/examples.rs"));

struct Test;

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mut compiled = 0u32;
        for (name, kind) in EXAMPLES {
            match kind {
                Kind::Run(example) => {
                    FAILED.store(0, Relaxed);
                    let passed = example() && FAILED.load(Relaxed) == 0;
                    pr_info!("{} {name}\n", if passed { "ok" } else { "not ok" });
                }
                Kind::Compiled(_) => compiled = compiled.saturating_add(1),
                Kind::Ignored => pr_info!("ok {name} # SKIP its documentation says 'ignore'\n"),
            }
        }
        pr_info!("# {compiled} more examples need a device, and were compiled only\n");
        pr_info!("done\n");
        Ok(Self)
    }
}
