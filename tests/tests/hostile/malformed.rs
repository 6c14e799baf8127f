//! Assemblies that were damaged, at random and with knowledge of their format: the runtime may die of one, the host may not.
//!
//! Each damage is made from a number, so that a failure can be repeated. `ISOLATOR_MUTATIONS` says how many there are.

use crate::aftermath::host_works;
use isolator_host::values::Value;
use isolator_host::{IsolatedRuntimeHost, Limits};
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

/// What came of a damaged assembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// It was not loaded, or could not even be looked through.
    Refused,
    /// It was used, whatever its code did.
    Used,
    /// It cost its runtime.
    Died,
}

/// Everything that one does with an assembly.
fn use_it(host: &IsolatedRuntimeHost, image: &[u8]) -> End {
    let limits = Limits::default()
        .call_timeout(Duration::from_millis(300))
        .memory(64 << 20);
    let mut runtime = host.runtime().limits(limits).create().unwrap();
    let assembly = runtime.load_image(image, None);
    let types = assembly
        .as_ref()
        .ok()
        .and_then(|assembly| runtime.inspect(assembly).ok());
    if let (Ok(assembly), Some(types)) = (&assembly, types) {
        for of_type in types.members.iter().take(60) {
            let Ok(handle) = runtime.find_type_in(assembly, &of_type.name) else {
                continue;
            };
            drop(runtime.inspect(&handle));
            drop(runtime.create_object_of(&handle, ()));
            drop(runtime.get_field::<Value>(&handle, None, "s_count"));
        }
        drop(runtime.call::<Value>("Calls", "Calls.Arithmetic", "Add", (1, 2)));
        drop(runtime.call::<Value>("Calls", "Calls.Order", "ToString", ()));
        drop(runtime.call::<Value>("Calls", "Calls.State", "Get", ()));
        drop(runtime.call::<Value>("Calls", "Calls.WireForms", "Everything", ()));
        drop(runtime.run_main(assembly, &["one", "two"]));
        return if runtime.is_alive() {
            End::Used
        } else {
            End::Died
        };
    }
    if runtime.is_alive() {
        End::Refused
    } else {
        End::Died
    }
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
    let ends: Mutex<BTreeMap<End, u32>> = Mutex::default();
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
                    let end = use_it(&host, &damaged);
                    *ends.lock().unwrap().entry(end).or_default() += 1;
                    if seed.is_multiple_of(100) {
                        host_works(&host);
                    }
                }
            });
        }
    });
    host_works(&host);
    assert_eq!(host.live_runtimes(), 0);
    let ends = ends.into_inner().unwrap();
    eprintln!("{count} damaged assemblies: {ends:?}");
    // The damage does damage, and not only such that nothing is tried.
    for end in [End::Refused, End::Used, End::Died] {
        let times = ends.get(&end).copied().unwrap_or_default() as usize;
        assert!(times >= count / 50, "{end:?} is rare: {ends:?}");
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
