//! The targets: each reads its input in every way in which the project would, and checks what must hold of what was read.

use crate::grants::{DirectoryGrant, VariableGrant};
use crate::http_args::{HttpRule, Secret};
use crate::json::{from_base64, parse_arguments, to_base64};
use crate::limits::{parse_size, parse_time};
use crate::method::{MethodName, split_type};
use crate::print::{measure, write};
use crate::time::Instant;
use isolator_abi::wire::{self, Failure};
use isolator_abi::{GuestManifest, stamp::GuestStamp};
use isolator_host::fuzzing;
use isolator_host::values::{
    DateOnly, DateTime, DateTimeOffset, Decimal, Extension, Guid, TimeOnly, TimeSpan, Value,
};
use isolator_snapshot::delta::{Delta, PAGE};
use isolator_snapshot::{sleep, state};

/// Something to fuzz.
#[derive(Debug)]
pub struct Target {
    /// Its name, and that of its corpus.
    pub name: &'static str,
    /// Reads an input. It panics where something is wrong.
    pub run: fn(&[u8]),
    /// Pieces of its format.
    pub dictionary: &'static [&'static [u8]],
    /// What it may allocate at once, in bytes for each byte of the input, beside 16 MiB.
    pub amplification: usize,
}

const MESSAGE_PACK: &[&[u8]] = &[
    b"\xc0",
    b"\x81",
    b"\x91",
    b"\xdd\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\xd7\xff",
    b"\xc7\x0c\xff",
    b"\xd6\xff",
    b"\xc7\x09\x51",
    b"\xd7\x50",
    b"\xa4Kind",
    b"\xa9Exception",
    b"\xa7Message",
    b"\xa5Inner",
    b"\xa8TypeName",
    b"\xaaCandidates",
    b"\xa6Member",
    b"\xaaProperties",
    b"\xa7members",
    b"\xa7Members",
    b"\xabexception",
    b"\xaabad-handle",
];

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "lifting",
        run: lifting,
        dictionary: MESSAGE_PACK,
        amplification: 40,
    },
    Target {
        name: "failure",
        run: failure,
        dictionary: MESSAGE_PACK,
        amplification: 600,
    },
    Target {
        name: "values",
        run: values,
        dictionary: MESSAGE_PACK,
        amplification: 200,
    },
    Target {
        name: "scalars",
        run: scalars,
        dictionary: &[b"vzcbBsSiIlLfd"],
        amplification: 1,
    },
    Target {
        name: "wasi",
        run: wasi,
        dictionary: &[b"\0\0\0\0", b"\x01\0\0\0", b"\xff\xff\xff\xff"],
        amplification: 300,
    },
    Target {
        name: "names",
        run: names,
        dictionary: &[
            b"..", b"/", b"\\", b":", b"%2e", b"\0", b".dll", b"con", b"de-CH",
        ],
        amplification: 100,
    },
    Target {
        name: "image",
        run: image,
        dictionary: &[
            b"\0asm\x01\0\0\0",
            b"isolator",
            b"{\"format\":",
            b"\"sha256\"",
            b"\"code\":{\"file\":",
            b"../",
            b"memory",
            b"env",
            b"cabi_realloc",
        ],
        amplification: 400,
    },
    Target {
        name: "side",
        run: side,
        dictionary: &[
            b"\0asm\x01\0\0\0",
            b"\x08dylink.0\x01\x04",
            b"\x0eisolator.side",
            b"\x03env",
            b"\x07GOT.mem",
            b"\x08GOT.func",
            b"\x06memory",
            b"\x19__indirect_function_table",
            b"\x0d__memory_base",
            b"\x0c__table_base",
            b"\x0f__stack_pointer",
            b"mono_aot_module_A_info",
            b"__wasm_call_ctors",
        ],
        amplification: 2000,
    },
    Target {
        name: "copies",
        run: copies,
        dictionary: &[
            b"\0asm\x01\0\0\0",
            b"isosleep\x01\0\0\0",
            b"isodelta\x01\0\0\0",
            b"isolator.app",
            b"\x05\x03\x01\0\x01",
            b"\xa6format\x02",
            b"\xa9temporary",
            b"\xa6blocks",
            b"\xa9Directory",
            b"\xa7pending",
            b"\xabunfinished",
            b"\0\0\x10\0\0\0\0\0",
            b"\xff\x0f",
        ],
        amplification: 400,
    },
    Target {
        name: "http",
        run: http,
        dictionary: &[
            b"https://api.example.com/v1/*\n",
            b"https://*.example.com:*/",
            b"\nhttps://api.example.com/v1/",
            b"..",
            b"%2e%2e",
            b"%2f",
            b"%5c",
            b"%25",
            b";",
            b"@",
            b"[::1]",
            b"0x7f.1",
            b"xn--",
            b"\r\n",
        ],
        amplification: 100,
    },
    Target {
        name: "cli",
        run: cli,
        dictionary: &[
            b"{\"$time\":\"",
            b"{\"$bytes\":\"",
            b"[[",
            b"{\"a\":",
            b"::/",
            b":ro",
            b":rw",
            b"<",
            b">",
            b"(",
            b")",
            b"System.Int32",
            b"`1[[",
            b"2026-01-01T00:00:00Z",
            b"+14:00",
            b"1e999",
            b"-0",
            b"\\ud800",
            b"\x81\x81\x81\x81",
            b"\x91\x91\x91\x91",
            b"\xc0\xc0\xc0\xc0",
            b"\xd4\x05\x01",
            b"\xc4\x01\x01",
        ],
        amplification: 300,
    },
    Target {
        name: "package",
        run: isolator_script::fuzz_package,
        dictionary: &[
            b"PK\x01\x02",
            b"PK\x03\x04",
            b"PK\x05\x06",
            b"PK\x06\x06",
            b"A.nuspec",
            b"lib/net8.0/",
            b"lib/netstandard2.0/A.dll",
            b"<dependency id=\"",
            b"targetFramework=\"net8.0\"",
            b"version=\"[1.0,2.0)\"",
            b"<!DOCTYPE",
        ],
        // A byte can stand for a thousand in an archive, and what is read grows by halves.
        amplification: 2600,
    },
    Target {
        name: "assembly",
        run: assembly,
        dictionary: &[
            b"MZ",
            b"BSJB",
            b"#~\0\0",
            b"System.Private.CoreLib\0",
            b"ValueType\0",
            b"\x20\0\x01",
            b"\x10\x01\0\x01",
            b"\xdf\xff\xff\xff",
            b"\x15\x11\x08\x01",
            b"\x13\0",
            b"\x1e\0",
            b"\x14\x08\x02\0\0",
            b"\x28\x01\0\0\x0a",
            b"\x28\x01\0\0\x2b",
            b"\x73\x01\0\0\x0a",
            b"\x8c\x01\0\0\x1b",
            b"\xfe\x16\x01\0\0\x1b",
            b"\x45\x02\0\0\0",
            b"\x76\x6b",
            b"\xd2",
        ],
        // Names that are written down for each method, and code before each conversion.
        amplification: 10_000,
    },
];

fn lifting(input: &[u8]) {
    fuzzing::lift(input);
}

fn failure(input: &[u8]) {
    fuzzing::failure(input);
    // What the host itself wrote it can read.
    if let Ok(failure) = wire::from_bytes::<Failure>(input)
        && let Ok(bytes) = wire::to_bytes(&failure)
    {
        assert_eq!(wire::from_bytes::<Failure>(&bytes).ok(), Some(failure));
    }
}

fn values(input: &[u8]) {
    if let Ok(value) = wire::from_bytes::<Value>(input) {
        let text = value.to_string();
        assert!(!text.is_empty() || value.as_str() == Some(""), "{value:?}");
        let bytes = wire::to_bytes(&value).unwrap_or_default();
        let again = wire::from_bytes::<Value>(&bytes)
            .map(|again| wire::to_bytes(&again).unwrap_or_default());
        assert_eq!(again.ok(), Some(bytes), "{value:?} changes on its way");
    }
    macro_rules! read {
        ($($ty:ty)*) => {$(
            if let Ok(value) = wire::from_bytes::<$ty>(input) {
                let bytes = wire::to_bytes(&value).unwrap_or_default();
                let again = wire::from_bytes::<$ty>(&bytes);
                assert!(again.is_ok(), "{value:?} cannot be read back: {again:?}");
            }
        )*};
    }
    read!(DateTime DateTimeOffset DateOnly TimeOnly TimeSpan Guid Decimal wire::GuestStatistics wire::StartConfig wire::MethodQuery);
    if wire::holds_at_most(input, 10_000) {
        read!(wire::Inspection);
    }
    drop(wire::from_bytes::<Vec<Option<String>>>(input));
    drop(wire::from_bytes::<std::collections::HashMap<String, f64>>(
        input,
    ));
    if let Ok(text) = std::str::from_utf8(input) {
        drop(text.parse::<Guid>());
    }
}

fn scalars(input: &[u8]) {
    fuzzing::scalars(input);
}

fn wasi(input: &[u8]) {
    fuzzing::wasi(input);
}

fn names(input: &[u8]) {
    fuzzing::names(input);
}

fn side(input: &[u8]) {
    fuzzing::side(input);
}

/// What is compiled, as far as it is read before any tool runs.
fn assembly(input: &[u8]) {
    drop(isolator_compile::fuzz_assembly(input));
}

/// Snapshots, and runtimes that sleep.
fn copies(input: &[u8]) {
    /// What a memory may have here.
    const MOST: u64 = 1 << 20;
    let base: Vec<u8> = (0..4_u8).flat_map(|page| [page; PAGE]).collect();
    let delta = |bytes: &[u8]| {
        let Ok((delta, rest)) = Delta::from_bytes(bytes, &base, MOST) else {
            return;
        };
        assert!(delta.length() as u64 <= MOST && rest.len() <= bytes.len());
        let mut memory = base.clone();
        memory.resize(delta.length().max(memory.len()), 0);
        assert!(delta.apply(&mut memory).is_ok(), "a page is outside");
        let written = delta.to_bytes(&base);
        let again = Delta::from_bytes(&written, &base, MOST);
        assert_eq!(again, Ok((delta, &[][..])));
    };
    delta(input);
    two_deltas(input, &base, MOST);
    if let Ok((_, rest)) = sleep::read(input) {
        delta(rest);
        two_deltas(rest, &base, MOST);
    }
    if let Ok(suspended) = isolator_host::Suspended::from_bytes(input) {
        assert_eq!(suspended.as_bytes(), input);
        for call in suspended.pending_calls() {
            drop(call.arguments::<Value>());
        }
    }
    drop(state::section(input, "isolator.app"));
    if let Ok(Ok(sections)) = state::front(&mut &*input, MOST) {
        assert!(
            sections
                .iter()
                .map(|(_, content)| content.len())
                .sum::<usize>()
                <= input.len()
        );
    }
    if let Ok(read) = state::read(input, MOST) {
        let again = state::write(&read.memory, read.maximum, &[], &[]);
        assert_eq!(state::read(&again, MOST), Ok(read));
    }
}

/// Two deltas from the same base, one behind the other: what comes of both, and what one is from the other.
fn two_deltas(input: &[u8], base: &[u8], most: u64) {
    let Ok((first, rest)) = Delta::from_bytes(input, base, most) else {
        return;
    };
    let Ok((second, _)) = Delta::from_bytes(rest, base, most) else {
        return;
    };
    let both = first.then(&second);
    let between = second.rebased(base, &first);
    assert_eq!(both.length(), second.length());
    assert_eq!(between.length(), second.length());
    let most_bytes = first.size() + second.size();
    assert!(both.size() <= most_bytes && between.size() <= most_bytes);
    // Memories do not shrink. Those that say so have pages outside, which are an error.
    if first.length() < base.len() || second.length() < first.length() {
        let mut memory = vec![0_u8; second.length()];
        drop(both.apply(&mut memory));
        drop(between.apply(&mut memory));
        return;
    }
    let memory = |start: &[u8], delta: &Delta| {
        let mut memory = start.to_vec();
        memory.resize(delta.length(), 0);
        assert!(delta.apply(&mut memory).is_ok(), "a page is outside");
        memory
    };
    let (of_first, of_second) = (memory(base, &first), memory(base, &second));
    assert!(
        memory(base, &both) == memory(&of_first, &second),
        "differences one after the other are others than both"
    );
    assert!(
        memory(&of_first, &between) == of_second
            && memory(base, &first.then(&between)) == of_second,
        "what one memory differs by from the other does not lead to it"
    );
    let written = between.to_bytes(&of_first);
    let read = Delta::from_bytes(&written, &of_first, most);
    assert_eq!(read, Ok((between, &[][..])));
}

fn http(input: &[u8]) {
    fuzzing::http(input);
}

fn image(input: &[u8]) {
    drop(GuestManifest::parse(input).map(|manifest| manifest.to_json()));
    drop(GuestStamp::parse(input).map(|stamp| stamp.check().is_ok()));
    let middle = input
        .first()
        .map_or(0, |first| usize::from(*first) * input.len() / 256);
    let (code, state) = input.split_at(middle);
    assert!(
        !isolator_host::validate_guest(input, input).is_empty()
            && !isolator_host::validate_guest(code, state).is_empty(),
        "chance made a guest"
    );
}

fn cli(input: &[u8]) {
    if let Some(bytes) = from_base64(&to_base64(input)) {
        assert_eq!(bytes, input);
    }
    // A result, as `isolator call` prints it.
    if let Ok(length) = measure(input, false) {
        let mut json = Vec::new();
        assert!(write(input, false, &mut json).is_ok());
        assert_eq!(json.len() as u64, length);
        let read = serde_json::from_slice::<serde::de::IgnoredAny>(&json);
        assert!(read.is_ok(), "no JSON: {read:?}");
        let text = String::from_utf8_lossy(&json);
        assert!(
            !text.contains(isolator_host::printable::is_hidden),
            "{text:?}"
        );
        // Six for a letter that is escaped, twelve for one in a key that is no text.
        assert!(
            length <= 64 + 32 * input.len() as u64,
            "{length} bytes of JSON from {}",
            input.len()
        );
        // Whoever builds the value instead comes to the same.
        assert!(wire::from_bytes::<Value>(input).is_ok());
    }
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    drop(from_base64(text));
    if let Ok(arguments) = parse_arguments(text) {
        let bytes = wire::to_bytes(&arguments.0).unwrap_or_default();
        assert!(wire::from_bytes::<Value>(&bytes).is_ok() || bytes.is_empty());
        drop(measure(&bytes, true));
        if let Ok(method) = MethodName::parse("Name") {
            drop(method.queries(&arguments.0));
        }
    }
    if let Ok(method) = MethodName::parse(text) {
        drop(method.queries(&[]));
    }
    let _ = split_type(text);
    drop(DirectoryGrant::parse(text));
    drop(VariableGrant::parse(text));
    drop(HttpRule::parse(text));
    drop(Secret::parse(text));
    drop(parse_size(text));
    drop(parse_time(text));
    if let Ok(time) = Instant::parse(text) {
        let value = Value::from(time);
        let Value::Extension(Extension { kind, bytes }) = value else {
            panic!("{text} is no extension value: {value:?}");
        };
        assert_eq!(Instant::from_extension(kind, &bytes), Some(time), "{text}");
        assert_eq!(Instant::parse(&time.to_string()), Ok(time), "{text}");
    }
    let middle = input.len() / 2;
    let _ = Instant::from_extension(middle as i8, input);
}
