//! Runs one target for a time, guided by coverage: `isolator-fuzz TARGET [--seconds N] [--seed N] [--save] [--minimize]`.
//!
//! `cargo xtask fuzz` builds this with the compiler's coverage counters in the library part. This file has none, so that what it
//! does between runs is not taken for what the target does. Built without them it runs, too, but blindly, and says so.

#[allow(
    dead_code,
    reason = "the library has it too, for the test; here it is not counted"
)]
mod mutate;

use isolator_fuzz::{TARGETS, Target, corpus, read_corpus};
use mutate::{Mutator, Random};
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Counts what a run allocates.
struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator, and counting touches nothing of what it gives.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's own promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's own promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Where the compiler's counters are: pairs of first and one past the last, one for each object file.
const MOST_AREAS: usize = 4096;
static AREAS: [[AtomicUsize; 2]; MOST_AREAS] =
    [const { [const { AtomicUsize::new(0) }; 2] }; MOST_AREAS];
static AREA_COUNT: AtomicUsize = AtomicUsize::new(0);

/// Called by each instrumented object file before `main`.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, end: *mut u8) {
    let known = AREAS.iter().take(AREA_COUNT.load(Ordering::Relaxed));
    if start >= end
        || known
            .clone()
            .any(|[first, _]| first.load(Ordering::Relaxed) == start as usize)
    {
        return;
    }
    let index = AREA_COUNT.fetch_add(1, Ordering::Relaxed);
    if let Some([first, last]) = AREAS.get(index) {
        first.store(start as usize, Ordering::Relaxed);
        last.store(end as usize, Ordering::Relaxed);
    }
}

/// The counters, one slice for each object file.
fn counters() -> impl Iterator<Item = &'static [AtomicU8Cell]> {
    let count = AREA_COUNT.load(Ordering::Relaxed).min(MOST_AREAS);
    AREAS.iter().take(count).map(|[first, last]| {
        let (first, last) = (first.load(Ordering::Relaxed), last.load(Ordering::Relaxed));
        // SAFETY: the compiler's runtime said that its counters, bytes that live as long as the program, lie there.
        unsafe { std::slice::from_raw_parts(first as *const AtomicU8Cell, last - first) }
    })
}

type AtomicU8Cell = std::sync::atomic::AtomicU8;

/// What was ever covered: for each counter, the ranges of counts that were seen.
struct Seen(Vec<Vec<u8>>);

impl Seen {
    fn new() -> Self {
        Self(counters().map(|area| vec![0; area.len()]).collect())
    }

    /// Takes the counters of the run that ended, and sets them to zero. True: something new was covered.
    fn take(&mut self) -> bool {
        let mut new = false;
        for (area, seen) in counters().zip(&mut self.0) {
            for (eight, seen) in area.chunks(8).zip(seen.chunks_mut(8)) {
                // Nearly all are zero.
                if eight
                    .iter()
                    .fold(0, |all, one| all | one.load(Ordering::Relaxed))
                    == 0
                {
                    continue;
                }
                for (counter, seen) in eight.iter().zip(seen) {
                    let range = match counter.swap(0, Ordering::Relaxed) {
                        0 => 0,
                        1 => 1,
                        2 => 2,
                        3 => 4,
                        4..=7 => 8,
                        8..=15 => 16,
                        16..=31 => 32,
                        32..=127 => 64,
                        _ => 128,
                    };
                    new |= range & !*seen != 0;
                    *seen |= range;
                }
            }
        }
        new
    }

    fn covered(&self) -> usize {
        self.0
            .iter()
            .flatten()
            .filter(|ranges| **ranges != 0)
            .count()
    }
}

/// Longest time that one input may take.
const SLOWEST: Duration = Duration::from_secs(2);

/// Runs one input. The error says what is wrong with it.
fn run(target: &Target, input: &[u8]) -> Result<(), String> {
    PEAK.store(ALLOCATED.load(Ordering::Relaxed), Ordering::Relaxed);
    let (before, began) = (ALLOCATED.load(Ordering::Relaxed), Instant::now());
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let grown = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    match outcome {
        Err(_) => Err("it panicked".into()),
        Ok(()) if began.elapsed() > SLOWEST => Err(format!("it took {:?}", began.elapsed())),
        Ok(()) if grown > (16 << 20) + target.amplification * input.len() => Err(format!(
            "it allocated {grown} bytes for {} bytes of input",
            input.len()
        )),
        Ok(()) => Ok(()),
    }
}

fn failed(target: &Target, input: &[u8], problem: &str) -> ExitCode {
    let path =
        std::env::temp_dir().join(format!("isolator-fuzz-{}-{:x}", target.name, hash(input)));
    let kept = std::fs::write(&path, input).map_or_else(
        |error| format!("(it cannot be kept: {error}) {input:x?}"),
        |()| path.display().to_string(),
    );
    eprintln!(
        "{}: an input of {} bytes: {problem}\nIt is kept in {kept}. Once mended, put it into fuzz/corpus/{}",
        target.name,
        input.len(),
        target.name
    );
    ExitCode::FAILURE
}

/// A number for a file's name.
fn hash(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Takes the inputs out of the corpus that cover no place which others do not cover. Those that were written by hand, which have
/// names, stay. How many are left.
fn minimize(target: &Target, inputs: &[Vec<u8>]) -> std::io::Result<usize> {
    let mut seen = Seen::new();
    seen.take();
    let mut by_coverage: Vec<(usize, &Vec<u8>)> = inputs
        .iter()
        .map(|input| {
            let mut alone = Seen::new();
            if run(target, input).is_ok() {
                alone.take();
            }
            (alone.covered(), input)
        })
        .collect();
    // Few that cover much, instead of many that each cover a little more.
    by_coverage.sort_by_key(|(covered, input)| (std::cmp::Reverse(*covered), input.len()));
    let mut kept = HashSet::new();
    for (_, input) in by_coverage {
        let before = seen.covered();
        if run(target, input).is_ok() {
            seen.take();
        }
        if seen.covered() > before {
            kept.insert(format!("{:016x}", hash(input)));
        }
    }
    let mut left = 0;
    for entry in std::fs::read_dir(corpus(target.name))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let found_by_us = name.len() == 16 && name.chars().all(|c| c.is_ascii_hexdigit());
        if found_by_us && !kept.contains(&name) {
            std::fs::remove_file(&path)?;
        } else {
            left += 1;
        }
    }
    Ok(left)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut name, mut seconds, mut seed) = (String::new(), 10u64, 1u64);
    let (mut save, mut smaller) = (false, false);
    while let Some(argument) = arguments.next() {
        let mut number = |what: &str| {
            arguments
                .next()
                .and_then(|text| text.parse().ok())
                .unwrap_or_else(|| panic!("{what} takes a number"))
        };
        match argument.as_str() {
            "--seconds" => seconds = number("--seconds"),
            "--seed" => seed = number("--seed"),
            "--save" => save = true,
            "--minimize" => smaller = true,
            _ => name = argument,
        }
    }
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!(
            "usage: isolator-fuzz TARGET [--seconds N] [--seed N] [--save] [--minimize]\nTargets: {}",
            names.join(", ")
        );
        return ExitCode::from(2);
    };
    let instrumented: usize = counters().map(<[_]>::len).sum();
    let mut inputs = match read_corpus(target.name) {
        Ok(inputs) => inputs,
        Err(error) => {
            eprintln!("the corpus of {} cannot be read: {error}", target.name);
            return ExitCode::FAILURE;
        }
    };
    inputs.push(Vec::new());
    let mut seen = Seen::new();
    for input in &inputs {
        seen.take();
        if let Err(problem) = run(target, input) {
            return failed(target, input, &problem);
        }
        seen.take();
    }
    let mut mutator = Mutator {
        random: Random(seed),
        dictionary: target.dictionary,
        longest: 4096,
    };
    let (began, mut runs, known) = (Instant::now(), inputs.len() as u64, inputs.len());
    while began.elapsed() < Duration::from_secs(seconds) {
        let mut input = inputs[mutator.random.below(inputs.len())].clone();
        let other = mutator.random.below(inputs.len());
        mutator.mutate(&mut input, &inputs[other]);
        let outcome = run(target, &input);
        runs += 1;
        if let Err(problem) = outcome {
            return failed(target, &input, &problem);
        }
        if seen.take() {
            if save {
                let directory = corpus(target.name);
                let written = std::fs::create_dir_all(&directory).and_then(|()| {
                    std::fs::write(directory.join(format!("{:016x}", hash(&input))), &input)
                });
                if let Err(error) = written {
                    eprintln!("the input cannot be kept: {error}");
                }
            }
            inputs.push(input);
        }
    }
    println!(
        "{}: {runs} inputs in {seconds} s; {} of {instrumented} places covered; {} inputs in the corpus, {} new",
        target.name,
        seen.covered(),
        inputs.len(),
        inputs.len() - known
    );
    if smaller {
        if instrumented == 0 {
            eprintln!("without coverage nobody knows which inputs are needed");
            return ExitCode::FAILURE;
        }
        match minimize(target, &inputs) {
            Ok(left) => println!("{}: {left} inputs are left in the corpus", target.name),
            Err(error) => {
                eprintln!(
                    "the corpus of {} cannot be made smaller: {error}",
                    target.name
                );
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
