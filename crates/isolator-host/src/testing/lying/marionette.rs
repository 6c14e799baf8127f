//! A guest that does, in each export, what the test wrote into its memory.

use crate::border::contract::{Core, EXPORTS, HOST_INTERFACE, IMPORTS, Spec, WASI_MODULE};
use crate::testing::test_guest::{TestGuest, import_name};
use crate::wasi::WASI_IMPORTS;
use crate::{IsolatedRuntime, IsolatedRuntimeHost};
use std::time::Duration;

/// Where exports find what they return, and what they do before.
const ANSWER: usize = 600;
const LONG_ANSWER: usize = 608;
const EXPORT: usize = 604;
/// What the allocator does, and gives.
const ALLOCATOR: usize = 616;
const ALLOCATED: usize = 620;
/// What a function does that takes results back.
const POST: usize = 624;
/// Which import `collect` calls, and with what.
const IMPORT: usize = 640;
const ARGUMENTS: usize = 648;

/// What a function does besides what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mischief {
    None,
    Trap,
    Loop,
    Recurse,
    Exit,
    /// Calls its host, under a name that does not exist.
    CallHost,
    /// Calls its host under the name of a callback that calls in again.
    CallBack,
    Grow,
    /// Asks the host for an assembly.
    Resolve,
}

pub(super) const MISCHIEFS: [Mischief; 9] = [
    Mischief::None,
    Mischief::Trap,
    Mischief::Loop,
    Mischief::Recurse,
    Mischief::Exit,
    Mischief::CallHost,
    Mischief::CallBack,
    Mischief::Grow,
    Mischief::Resolve,
];

/// Instructions that do the mischief whose number is at `place`.
fn mischief(place: usize) -> String {
    let done = |number: Mischief, what: &str| {
        format!(
            "(if (i32.eq (i32.load (i32.const {place})) (i32.const {})) (then {what}))\n",
            number as u32
        )
    };
    let call = |name: u32, len: u32| {
        format!(
            "(call $host_call (i32.const {name}) (i32.const {len}) (i32.const 256) (i32.const 3) (i32.const 2048))"
        )
    };
    [
        done(Mischief::Trap, "unreachable"),
        done(Mischief::Loop, "(loop $again (br $again))"),
        done(Mischief::Recurse, "(drop (call $recurse (i32.const 1)))"),
        done(Mischief::Exit, "(call $exit (i32.const 9))"),
        done(Mischief::CallHost, &call(256, 3)),
        done(Mischief::CallBack, &call(257, 2)),
        done(Mischief::Grow, "(drop (memory.grow (i32.const 3)))"),
        done(
            Mischief::Resolve,
            "(call $host_resolve_assembly (i32.const 256) (i32.const 3) (i32.const 256) (i32.const 0) (i32.const 2048))",
        ),
    ]
    .concat()
}

/// All that a guest can import.
pub(super) fn all_imports() -> impl Iterator<Item = (&'static str, &'static Spec)> {
    IMPORTS
        .iter()
        .map(|spec| (HOST_INTERFACE, spec))
        .chain(WASI_IMPORTS.iter().map(|spec| (WASI_MODULE, spec)))
}

/// Calls the import whose number is in memory, with the arguments there.
fn call_import() -> String {
    let mut body = String::new();
    for (number, (interface, spec)) in all_imports().enumerate() {
        let mut call = format!("(call ${}", import_name(interface, spec));
        for (index, core) in spec.params.iter().enumerate() {
            let ty = if *core == Core::I32 { "i32" } else { "i64" };
            call += &format!(" ({ty}.load (i32.const {}))", ARGUMENTS + 8 * index);
        }
        call += ")";
        if !spec.results.is_empty() {
            call = format!("(drop {call})");
        }
        body += &format!(
            "(if (i32.eq (i32.load (i32.const {IMPORT})) (i32.const {})) (then {call}))\n",
            number + 1
        );
    }
    body
}

/// The guest's host. Its runtimes have short deadlines.
pub(super) fn host() -> (tempfile::TempDir, IsolatedRuntimeHost) {
    let export = mischief(EXPORT);
    let mut bodies: Vec<(&'static str, String)> = Vec::new();
    for spec in EXPORTS {
        let answer = match (spec.name, spec.results) {
            ("start", _) => continue,
            (_, []) => String::new(),
            (_, [Core::I32, ..]) => format!("(i32.load (i32.const {ANSWER}))"),
            (_, [Core::I64, ..]) => format!("(i64.load (i32.const {LONG_ANSWER}))"),
        };
        let calls = if spec.name == "collect" {
            call_import()
        } else {
            String::new()
        };
        bodies.push((spec.name, format!("{export}{calls}{answer}")));
    }
    bodies.push((
        "cabi_realloc",
        format!(
            "(local $at i32) {} (if (i32.load (i32.const {ALLOCATED})) (then (return (i32.load (i32.const {ALLOCATED}))))) \
             (local.set $at (global.get $next)) (global.set $next (i32.add (global.get $next) (local.get 3))) (local.get $at)",
            mischief(ALLOCATOR)
        ),
    ));
    bodies.push(("post", mischief(POST)));
    let bodies: Vec<(&'static str, &str)> = bodies
        .iter()
        .map(|(name, body)| (*name, body.as_str()))
        .collect();
    TestGuest::with(&bodies).host_with(|builder| {
        builder
            .limits(crate::Limits::default().call_timeout(Duration::from_millis(60)))
            .assembly_loader(|_: &crate::AssemblyRequest| {
                Some(crate::AssemblyImage::new(vec![7u8; 100]))
            })
            .callback("ii", |context: &mut crate::CallContext<'_>| {
                // `collect` does the export's mischief again, which may call this again.
                drop(context.collect(0));
                drop(context.statistics());
                1
            })
            .callback("iii!", || 1)
    })
}

/// What the guest is to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Orders {
    pub export: Mischief,
    pub allocator: Mischief,
    pub post: Mischief,
    /// Where results lie.
    pub answer: u32,
    /// Where allocated memory lies; 0: where it should.
    pub allocated: u32,
    /// Which import `collect` calls, counted from 1; 0 for none.
    pub import: u32,
    pub arguments: [u64; 9],
}

impl Orders {
    pub(super) const GOOD: Self = Self {
        export: Mischief::None,
        allocator: Mischief::None,
        post: Mischief::None,
        answer: 1024,
        allocated: 0,
        import: 0,
        arguments: [0; 9],
    };

    /// Writes them, and what lies at the place of the answer, into a fresh runtime's memory.
    pub(super) fn give(&self, runtime: &mut IsolatedRuntime, area: &[u8]) {
        runtime
            .enter(|entry| {
                let memory = entry.instance.memory.data_mut(&mut entry.store);
                let mut put =
                    |at: usize, word: u32| memory[at..at + 4].copy_from_slice(&word.to_le_bytes());
                put(ANSWER, self.answer);
                put(LONG_ANSWER, self.answer);
                put(EXPORT, self.export as u32);
                put(ALLOCATOR, self.allocator as u32);
                put(ALLOCATED, self.allocated);
                put(POST, self.post as u32);
                put(IMPORT, self.import);
                for (index, argument) in self.arguments.iter().enumerate() {
                    let at = ARGUMENTS + 8 * index;
                    memory[at..at + 8].copy_from_slice(&argument.to_le_bytes());
                }
                memory[1024..1024 + area.len()].copy_from_slice(area);
                Ok(())
            })
            .unwrap();
    }
}
