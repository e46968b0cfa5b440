// SPDX-License-Identifier: GPL-2.0

//! Cases that chance makes, and what is printed of them.

use std::{
    env,
    fmt::Write,
    panic,
    process,
    sync::Mutex,
    time::{
        Instant,
        SystemTime, //
    }, //
};

/// Numbers by chance: xorshift64*.
pub struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        // It never leaves 0.
        Self(seed | 1)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn of<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        &some[self.below(some.len())]
    }

    /// An address or a length: rather one at which something ends than any.
    pub fn number(&mut self) -> u64 {
        let near = self.below(5) as u64;
        match self.below(8) {
            0 => near,
            1 => 0_u64.wrapping_sub(near),
            2 | 3 => (1_u64 << self.below(64)).wrapping_add(near).wrapping_sub(2),
            4 => (self.bits() >> self.below(64)) & !0xfff,
            5 => (1_u64 << self.below(64)).wrapping_neg(),
            6 => self.bits(),
            _ => self.bits() >> self.below(64),
        }
    }

    pub fn size(&mut self) -> usize {
        self.number() as usize
    }

    /// A number from `first` to `last`, rather one of the two.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        let steps = last - first;
        match self.below(4) {
            0 => first + self.number() % 4 % steps.saturating_add(1),
            1 => last - self.number() % 4 % steps.saturating_add(1),
            _ => first + self.number() % steps.saturating_add(1),
        }
    }

    pub fn shuffle<T>(&mut self, some: &mut [T]) {
        for end in (1..some.len()).rev() {
            some.swap(end, self.below(end + 1));
        }
    }
}

/// What a property is: the name that it has in the results, and one case of it, that panics where the
/// property does not hold. A case is told its number.
pub struct Property {
    pub name: &'static str,
    pub case: fn(&mut Chance, usize),
}

/// Makes properties of functions.
macro_rules! properties {
    ($($name:ident,)*) => {
        &[$($crate::cases::Property {
            name: concat!(module_path!(), "::", stringify!($name)),
            case: $name,
        },)*]
    };
}
pub(crate) use properties;

fn setting(name: &str) -> Option<u64> {
    let text = env::var(name).ok().filter(|text| !text.is_empty())?;
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) => {
            eprintln!("{name}={text} is no number");
            process::exit(125)
        }
    }
}

/// What was said at the last panic.
static SAID: Mutex<String> = Mutex::new(String::new());

/// Tries a property. Returns what is wrong, and with which case.
fn attempt(property: &Property, seed: u64, cases: u64) -> Result<(), String> {
    // Each has its own inputs, whichever others are tried.
    let mut chance = Chance::new(property.name.bytes().fold(seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    }));
    for number in 0..cases {
        let case = panic::AssertUnwindSafe(|| (property.case)(&mut chance, number as usize));
        if panic::catch_unwind(case).is_err() {
            return Err(format!("case {number}: {}", SAID.lock().unwrap()));
        }
    }
    Ok(())
}

/// Tries properties and prints how it went, as KTAP.
pub fn run(all: &[&[Property]]) -> process::ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let chosen: Vec<&Property> = all
        .iter()
        .copied()
        .flatten()
        .filter(|one| words.is_empty() || words.iter().any(|word| one.name.contains(&**word)))
        .collect();
    let cases = setting("IOMEM_CASES").unwrap_or(100_000);
    let seed = setting("IOMEM_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.map_or(1, |now| now.as_nanos() as u64 >> 10)
    });

    panic::set_hook(Box::new(|info| {
        let mut said = SAID.lock().unwrap();
        said.clear();
        let _ = write!(said, "{info}");
    }));
    println!("KTAP version 1\n1..{}\n# IOMEM_SEED={seed}", chosen.len());
    let mut failed = chosen.is_empty() || cases == 0;
    for (number, property) in chosen.iter().enumerate() {
        let begin = Instant::now();
        let result = attempt(property, seed, cases);
        let name = property.name.trim_start_matches("props::");
        let name = name.replace("::", ".");
        let word = match result {
            Ok(()) => {
                println!("# {cases} cases, {} ms", begin.elapsed().as_millis());
                "ok"
            }
            Err(said) => {
                failed = true;
                for line in said.lines() {
                    println!("# {line}");
                }
                "not ok"
            }
        };
        println!("{word} {} {name}", number + 1);
    }
    process::ExitCode::from(u8::from(failed))
}
