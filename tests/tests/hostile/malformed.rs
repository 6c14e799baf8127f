//! Assemblies that were damaged, at random and with knowledge of their format: the runtime may die of one, the host may not.
//!
//! Each damage is made from a number, so that a failure can be repeated. `ISOLATOR_MUTATIONS` says how many there are.

use crate::aftermath::host_works;
use crate::outcome::name;
use isolator_host::values::Value;
use isolator_host::{IsolatedRuntimeHost, Limits, Result};
use isolator_tests::fixture_file;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const MUTATIONS: &str = "ISOLATOR_MUTATIONS";

/// Numbers that are never the same for two seeds, and always for one (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn within(&mut self, range: &Range<usize>) -> usize {
        range.start + self.below(range.len())
    }
}

/// Parts of an image, by what they hold.
struct Parts {
    /// PE headers and the CLI header.
    headers: Range<usize>,
    /// Method bodies, between the headers and the metadata.
    code: Range<usize>,
    /// Stream headers of the metadata.
    root: Range<usize>,
    /// Streams: tables, strings, blobs (signatures), and so on.
    streams: Vec<Range<usize>>,
}

fn word(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

fn parts(image: &[u8]) -> Parts {
    let root = image
        .windows(4)
        .position(|four| four == b"BSJB")
        .expect("metadata");
    // Signature, versions, reserved, length of the version text, the text, flags, number of streams.
    let text = word(image, root + 12);
    let mut at = root + 16 + text;
    let count = usize::from(image[at + 2]);
    at += 4;
    let mut streams = Vec::new();
    for _ in 0..count {
        let (offset, size) = (word(image, at), word(image, at + 4));
        streams.push(root + offset..(root + offset + size).min(image.len()));
        let name = image[at + 8..].iter().position(|byte| *byte == 0).unwrap();
        at += 8 + (name / 4 + 1) * 4;
    }
    Parts {
        headers: 0..0x280,
        code: 0x280..root,
        root: root..at,
        streams,
    }
}

/// Damages a copy of an image; the same number does the same damage.
fn damage(image: &[u8], parts: &Parts, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut bytes = image.to_vec();
    let whole = 0..image.len();
    for _ in 0..1 + random.below(4) {
        let area = match random.below(12) {
            0 => &whole,
            1 => &parts.headers,
            2 => &parts.root,
            3..=5 => &parts.code,
            6..=8 => &parts.streams[0],
            _ => &parts.streams[random.below(parts.streams.len())],
        };
        if area.is_empty() {
            continue;
        }
        let at = random.within(area);
        match random.below(8) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            // An index or a length that is one too many, negative, or huge.
            3 => {
                let value =
                    [0, 1, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff_u32][random.below(6)];
                let end = (at + 4).min(bytes.len());
                bytes[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
            }
            4 => bytes[at] = bytes[at].wrapping_add(1),
            // A piece from elsewhere in the same part.
            5 => {
                let (from, len) = (random.within(area), 1 + random.below(24));
                let end = (from + len).min(bytes.len());
                let piece = bytes[from..end].to_vec();
                let end = (at + piece.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&piece[..end - at]);
            }
            6 => {
                let end = (at + 1 + random.below(40)).min(bytes.len());
                bytes[at..end].fill(random.next() as u8);
            }
            _ => bytes[at] = bytes[at].wrapping_sub(1),
        }
    }
    if random.below(20) == 0 {
        bytes.truncate(random.below(image.len()));
    }
    bytes
}

/// Everything that one does with an assembly.
fn use_it(host: &IsolatedRuntimeHost, image: &[u8], seed: u64) -> Result<()> {
    let limits = Limits::default()
        .call_timeout(Duration::from_millis(300))
        .memory(64 << 20);
    let mut runtime = host.runtime().limits(limits).create()?;
    let assembly = runtime.load_image(image, None)?;
    // What fails in one way may still be tried in another, while the runtime lives.
    let mut first = Ok(());
    let mut note = |result: Result<()>| {
        if first.is_ok() {
            first = result;
        }
    };
    let types = runtime.inspect(&assembly).map(|found| found.members);
    let mut types = match types {
        Ok(types) => types,
        Err(error) => {
            note(Err(error));
            Vec::new()
        }
    };
    types.truncate(60);
    for (number, of_type) in types.iter().enumerate() {
        if !runtime.is_alive() {
            break;
        }
        let found = runtime.find_type_in(&assembly, &of_type.name);
        let Ok(handle) = found else {
            note(found.map(drop));
            continue;
        };
        note(runtime.inspect(&handle).map(drop));
        note(runtime.create_object_of(&handle, ()).map(drop));
        if number as u64 % 4 == seed % 4 {
            note(
                runtime
                    .get_field::<Value>(&handle, None, "s_count")
                    .map(drop),
            );
        }
    }
    for (of_type, method, arguments) in [
        ("Calls.Arithmetic", "Add", 2),
        ("Calls.Order", "ToString", 0),
        ("Calls.State", "Get", 0),
        ("Calls.WireForms", "Everything", 0),
    ] {
        if runtime.is_alive() {
            note(match arguments {
                0 => runtime
                    .call::<Value>("Calls", of_type, method, ())
                    .map(drop),
                _ => runtime
                    .call::<Value>("Calls", of_type, method, (1, 2))
                    .map(drop),
            });
        }
    }
    if runtime.is_alive() {
        note(runtime.run_main(&assembly, &["one", "two"]).map(drop));
    }
    first
}

#[test]
fn damaged_assemblies_harm_no_host() {
    let count: usize =
        std::env::var(MUTATIONS).map_or(1500, |count| count.parse().expect(MUTATIONS));
    // The damaged assembly is not also there to be loaded by its name.
    let host = isolator_host::IsolatedRuntimeHost::builder()
        .max_runtimes(16)
        .build()
        .unwrap();
    let images: Vec<Vec<u8>> = [
        ("Calls", "Calls.dll"),
        ("CliHello", "CliHello.dll"),
        ("CliLibrary", "CliLibrary.dll"),
    ]
    .iter()
    .map(|(fixture, file)| fixture_file(fixture, file))
    .collect();
    let images: Vec<_> = images
        .into_iter()
        .map(|image| (parts(&image), image))
        .collect();
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<BTreeMap<String, u32>> = Mutex::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        break;
                    }
                    let (parts, image) = &images[seed % images.len()];
                    let damaged = damage(image, parts, seed as u64);
                    let outcome = name(&use_it(&host, &damaged, seed as u64));
                    let kind = outcome.split(':').next().unwrap_or_default().to_owned();
                    *outcomes.lock().unwrap().entry(kind).or_default() += 1;
                    if seed % 100 == 0 {
                        host_works(&host);
                    }
                }
            });
        }
    });
    host_works(&host);
    assert_eq!(host.live_runtimes(), 0);
    let outcomes = outcomes.into_inner().unwrap();
    eprintln!("{count} damaged assemblies: {outcomes:?}");
    // The damage does damage, and not only such that nothing is tried.
    for kind in ["value", "error", "exception"] {
        assert!(outcomes.contains_key(kind), "{outcomes:?}");
    }
}

#[test]
fn the_same_number_does_the_same_damage() {
    let image = fixture_file("Calls", "Calls.dll");
    let parts = parts(&image);
    assert!(parts.streams.len() >= 4 && parts.code.len() > 1000);
    for seed in 0..50 {
        assert_eq!(damage(&image, &parts, seed), damage(&image, &parts, seed));
    }
    let different = (0..50)
        .filter(|seed| damage(&image, &parts, *seed) != image)
        .count();
    assert!(different > 45, "{different} of 50 are damaged");
}
