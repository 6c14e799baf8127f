//! Compiled code that means harm: real side modules that were changed, and ones that were written by hand. Each is left alone, ends its own runtime
//! or breaks what is inside it; the host and other runtimes go on.

use crate::aftermath::{every_call, host_works, runtime_answers};
use isolator_abi::side::{COMPUTE, CONSTRUCT, RELOCATE, SIDE_SECTION, SideStamp, TABLES};
use isolator_host::{
    AssemblyImage, Compiled, Error, IsolatedAssembly, IsolatedRuntime, LimitKind, Limits,
};
use isolator_tests::compiled::{compiled, runs_compiled, stamp_text};
use isolator_tests::{fixture_file, host};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasm_encoder::{CustomSection, ExportKind, ExportSection, Module, RawSection};
use wasmparser::{ExternalKind, Parser, Payload};

const NAME: &str = "Compiled";
const OTHER: &str = "CliHello";
/// Numbers of wasm's sections.
const EXPORTS: u8 = 7;
const CODE: u8 = 10;
const DATA: u8 = 11;

fn assembly() -> Vec<u8> {
    fixture_file(NAME, "Compiled.dll")
}

fn limits() -> Limits {
    Limits::none()
        .call_timeout(Duration::from_millis(500))
        .memory(256 << 20)
}

/// What came of it.
struct Outcome {
    runtime: IsolatedRuntime,
    loaded: Result<IsolatedAssembly, Error>,
    /// Assemblies that run compiled, or say that they do.
    linked: usize,
}

/// Loads the assembly with this code, uses what there is of it, and sees that nobody else notices.
fn attack(what: &str, wasm: &[u8]) -> Outcome {
    let since = Instant::now();
    let mut runtime = host()
        .runtime()
        .limits(limits())
        .compiled(Compiled::Auto)
        .create()
        .unwrap();
    let image = AssemblyImage::new(assembly()).with_compiled(wasm);
    let loaded = runtime.load_assembly_image(&image);
    let linked = runtime.stats().compiled.len();
    if let Ok(loaded) = &loaded {
        use_all(&mut runtime, loaded);
    }
    runtime_answers(&mut runtime, what);
    if runtime.is_alive() {
        every_call(&mut runtime);
    }
    assert!(
        since.elapsed() < Duration::from_secs(60),
        "{what}: {:?}",
        since.elapsed()
    );
    neighbours_work(what);
    Outcome {
        runtime,
        loaded,
        linked,
    }
}

/// Every result is a good one.
fn use_all(runtime: &mut IsolatedRuntime, assembly: &IsolatedAssembly) {
    let Ok(called) = runtime.find_type_in(assembly, "Compiled.Called") else {
        return;
    };
    for name in ["Version", "Add", "Sum", "Deep", "Throw"] {
        let Ok(method) = runtime.find_method_of(&called, name, &Default::default()) else {
            continue;
        };
        let _ = match name {
            "Version" => runtime.invoke::<i32>(&method, ()).map(drop),
            "Add" => runtime.invoke::<i32>(&method, (1, 2)).map(drop),
            "Sum" => runtime.invoke::<i64>(&method, (1000,)).map(drop),
            "Deep" => runtime.invoke::<i32>(&method, (100,)).map(drop),
            _ => runtime.invoke::<()>(&method, ("why",)),
        };
    }
    for piece in ["structs", "async"] {
        let _ = runtime.run_main(assembly, &[piece]);
    }
}

fn neighbours_work(what: &str) {
    host_works(host());
    let mut runtime = host()
        .runtime()
        .compiled(Compiled::Require)
        .create()
        .unwrap();
    let image = AssemblyImage::new(assembly()).with_compiled(compiled(NAME));
    let loaded = runtime
        .load_assembly_image(&image)
        .unwrap_or_else(|error| panic!("after {what}: {error}"));
    let called = runtime.find_type_in(&loaded, "Compiled.Called").unwrap();
    let add = runtime
        .find_method_of(&called, "Add", &Default::default())
        .unwrap();
    assert_eq!(
        runtime.invoke::<i32>(&add, (1, 2)).unwrap(),
        3,
        "after {what}"
    );
    assert_eq!(runtime.stats().compiled, [NAME], "after {what}");
}

fn place(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// The sections of a module, and where they are.
fn sections(wasm: &[u8]) -> Vec<(u8, Range<usize>)> {
    Parser::new(0)
        .parse_all(wasm)
        .filter_map(|payload| payload.unwrap().as_section())
        .map(|(id, range)| (id, place(range)))
        .collect()
}

fn place_of(wasm: &[u8], wanted: u8) -> Range<usize> {
    let mut all = sections(wasm).into_iter();
    all.find(|(id, _)| *id == wanted).unwrap().1
}

/// The module with other exports, or another stamp.
fn changed(
    wasm: &[u8],
    mut exports: impl FnMut(&str) -> Option<String>,
    stamp: impl FnOnce(&mut SideStamp),
) -> Vec<u8> {
    let mut module = Module::new();
    let mut stamp = Some(stamp);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::CustomSection(section) if section.name() == SIDE_SECTION => {
                let mut said = SideStamp::parse(section.data()).unwrap();
                stamp.take().unwrap()(&mut said);
                module.section(&CustomSection {
                    name: SIDE_SECTION.into(),
                    data: said.to_bytes().into(),
                });
            }
            Payload::ExportSection(section) => {
                let mut kept = ExportSection::new();
                for export in section {
                    let export = export.unwrap();
                    let kind = match export.kind {
                        ExternalKind::Func => ExportKind::Func,
                        ExternalKind::Global => ExportKind::Global,
                        other => panic!("{other:?}"),
                    };
                    if let Some(name) = exports(export.name) {
                        kept.export(&name, kind, export.index);
                    }
                }
                module.section(&kept);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection {
                        id,
                        data: &wasm[place(range)],
                    });
                }
            }
        }
    }
    module.finish()
}

#[test]
fn without_what_it_runs_at_first() {
    if !runs_compiled() {
        return;
    }
    let whole = compiled(NAME);
    for missing in [COMPUTE, RELOCATE, CONSTRUCT] {
        let mut found = false;
        let wasm = changed(
            &whole,
            |name| {
                found |= name == missing;
                (name != missing).then(|| name.into())
            },
            |_| {},
        );
        // Relocations are what no real one does without: then its addresses are those of a module at 0.
        assert!(found || missing != RELOCATE, "{missing}");
        let Outcome {
            runtime, linked, ..
        } = attack(&format!("a module without {missing}"), &wasm);
        if missing == RELOCATE {
            assert!(linked == 0 || !runtime.is_alive());
        }
    }
}

#[test]
fn that_of_another_assembly() {
    if !runs_compiled() {
        return;
    }
    let hash = blake3::hash(&assembly()).to_string();
    let other = compiled(OTHER);
    // As it is.
    let Outcome { loaded, linked, .. } = attack("another's", &other);
    assert!(loaded.is_ok() && linked == 0);
    // It says that it is for this one, under its own name, under this one's, and with this one's tables, too.
    let tables = |name: &str| format!("{}{name}{}", TABLES.0, TABLES.1);
    for (name, export) in [(OTHER, OTHER), (NAME, OTHER), (NAME, NAME)] {
        let wasm = changed(
            &other,
            |found| {
                let renamed = found == tables(OTHER);
                Some(if renamed {
                    tables(export)
                } else {
                    found.into()
                })
            },
            |stamp| {
                stamp.assembly = name.into();
                stamp.assembly_blake3.clone_from(&hash);
            },
        );
        let what = format!("another's, as {name} with the tables of {export}");
        let Outcome { loaded, linked, .. } = attack(&what, &wasm);
        // Its tables say their own name: it is no code of this assembly's, whatever it says of itself.
        if name == NAME {
            assert!(loaded.is_ok() && linked == 0, "{what}: {loaded:?}");
        }
    }
}

#[test]
fn one_that_was_cut() {
    if !runs_compiled() {
        return;
    }
    let whole = compiled(NAME);
    let mut ends: Vec<usize> = sections(&whole)
        .iter()
        .flat_map(|(_, range)| [range.start, range.end - 1, range.end])
        .collect();
    ends.extend((1..20).map(|part| whole.len() * part / 20));
    ends.retain(|end| *end < whole.len());
    for end in ends {
        let mut runtime = host().runtime().compiled(Compiled::Auto).create().unwrap();
        let image = AssemblyImage::new(assembly()).with_compiled(&whole[..end]);
        runtime.load_assembly_image(&image).unwrap();
        assert!(runtime.stats().compiled.is_empty(), "{end}");
    }
    neighbours_work("modules that were cut");
}

#[test]
fn one_with_other_bits() {
    if !runs_compiled() {
        return;
    }
    let whole = compiled(NAME);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |most: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % most as u64) as usize
    };
    let mut linked_ones = 0;
    // Code that is not valid any more is seen by the engine; data is the guest's to believe.
    for (section, rounds, bytes) in [(CODE, 3, 1), (DATA, 4, 1), (DATA, 4, 64), (EXPORTS, 2, 1)] {
        let range = place_of(&whole, section);
        for round in 0..rounds {
            let mut wasm = whole.to_vec();
            for _ in 0..bytes {
                let at = range.start + below(range.len());
                wasm[at] ^= 1 << below(8);
            }
            let what = format!("section {section} with other bits, {round}");
            linked_ones += attack(&what, &wasm).linked;
        }
    }
    assert!(linked_ones > 0, "no changed module was ever linked");
}

/// A module by hand for the fixture's assembly.
fn crafted(reserved: &str, imports: &str, others: &str) -> Vec<u8> {
    let stamp = stamp_text(NAME, &assembly());
    let tables = match others.contains(TABLES.0) {
        true => String::new(),
        false => format!(
            r#"(global (export "{}{NAME}{}") i32 (i32.const 0))"#,
            TABLES.0, TABLES.1
        ),
    };
    wat::parse_str(format!(
        r#"(module
            (@dylink.0 (mem-info {reserved}))
            (type $nothing (func))
            (import "env" "memory" (memory 1))
            (import "env" "__indirect_function_table" (table $all 0 funcref))
            (import "env" "__memory_base" (global $base i32))
            (import "env" "__table_base" (global $table i32))
            (import "env" "__stack_pointer" (global $stack (mut i32)))
            (import "env" "__cpp_exception" (tag $thrown (param i32)))
            {imports}
            {tables}
            {others}
            (@custom "{SIDE_SECTION}" "{stamp}"))"#
    ))
    .unwrap()
}

const SMALL: &str = "(memory 1024 4) (table 2 0)";

#[test]
fn what_each_beginning_does() {
    if !runs_compiled() {
        return;
    }
    for beginning in [COMPUTE, RELOCATE, CONSTRUCT] {
        for (kind, body) in [
            ("endless", "(loop (br 0))"),
            (
                "takes all memory",
                "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))",
            ),
            (
                "takes all memory, then never ends",
                "(loop (drop (memory.grow (i32.const 1))) (br 0))",
            ),
            ("throws", "(throw $thrown (i32.const 0))"),
            ("throws what is nowhere", "(throw $thrown (i32.const -4))"),
            ("calls itself", "(call $itself)"),
            (
                "calls what is of another type",
                "(loop (call_indirect $all (type $nothing) (i32.const 1)) (br 0))",
            ),
            (
                "writes over the image",
                "(memory.fill (i32.const 1024) (i32.const 0x41) (i32.const 0x1000000))",
            ),
            (
                "puts itself in place of the guest's functions",
                "(local $at i32) (loop
                    (table.set $all (local.get $at) (ref.func $itself))
                    (local.set $at (i32.add (local.get $at) (i32.const 1)))
                    (br_if 0 (i32.lt_u (local.get $at) (table.size $all))))",
            ),
        ] {
            let what = format!("{beginning} that {kind}");
            let wasm = crafted(
                SMALL,
                "",
                &format!(
                    r#"(func $itself (export "{beginning}") {body}) (elem declare func $itself)"#
                ),
            );
            let Outcome {
                runtime, loaded, ..
            } = attack(&what, &wasm);
            match kind {
                "endless" | "takes all memory, then never ends" => {
                    let stopped = matches!(
                        loaded,
                        Err(Error::Limit {
                            limit: LimitKind::CallTimeout,
                            ..
                        })
                    );
                    assert!(stopped, "{what}: {loaded:?}");
                }
                "calls itself" | "calls what is of another type" | "throws" => {
                    assert!(loaded.is_err() && !runtime.is_alive(), "{what}: {loaded:?}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn places_that_are_none() {
    if !runs_compiled() {
        return;
    }
    let tables = |value: &str, others: &str| {
        crafted(
            SMALL,
            "",
            &format!(
                r#"(global (export "{}{NAME}{}") i32 {value}) {others}"#,
                TABLES.0, TABLES.1
            ),
        )
    };
    let modules: Vec<(&str, Vec<u8>)> = vec![
        (
            "tables beyond the memory",
            tables("(i32.const 0x7fffffff)", ""),
        ),
        ("tables before the memory", tables("(i32.const -1)", "")),
        (
            "tables at the base, which points at itself",
            tables(
                "(i32.const 0)",
                r#"(func (export "__wasm_apply_data_relocs") (i32.store (global.get $base) (global.get $base)))"#,
            ),
        ),
        (
            "tables that are the top of the table of functions",
            tables("(global.get $table)", ""),
        ),
        (
            "data from the wrong base",
            crafted(SMALL, "", r#"(data (global.get $table) "abcd")"#),
        ),
        (
            "data beyond what it reserved",
            crafted(
                SMALL,
                "",
                r#"(data (i32.add (global.get $base) (i32.const 1022)) "abcd")"#,
            ),
        ),
        (
            "data at a place of its choice",
            crafted(SMALL, "", r#"(data (i32.const 1024) "abcd")"#),
        ),
        (
            "elements from the wrong base",
            crafted(SMALL, "", "(func $f) (elem (global.get $base) func $f)"),
        ),
        (
            "elements beyond what it reserved",
            crafted(
                SMALL,
                "",
                "(func $f) (elem (i32.add (global.get $table) (i32.const 1)) func $f $f)",
            ),
        ),
        (
            "a start function",
            crafted(SMALL, "", "(func $f unreachable) (start $f)"),
        ),
        (
            "more memory than there may be",
            crafted("(memory 2147483647 4) (table 0 0)", "", ""),
        ),
        (
            "more elements than there may be",
            crafted("(memory 16 4) (table 2147483647 0)", "", ""),
        ),
    ];
    for (what, wasm) in &modules {
        let Outcome { loaded, linked, .. } = attack(what, wasm);
        // Nothing of them runs, so the assembly is interpreted as without.
        assert!(loaded.is_ok() && linked == 0, "{what}: {loaded:?}");
    }
}

#[test]
fn many_and_large_ones() {
    if !runs_compiled() {
        return;
    }
    let runtime = |limits: Limits| {
        host()
            .runtime()
            .limits(limits)
            .compiled(Compiled::Auto)
            .create()
            .unwrap()
    };
    // Memory that is reserved is the runtime's own, and so is the limit. One that is refused keeps what it took.
    let large = crafted("(memory 16000000 4) (table 0 0)", "", "");
    let image = AssemblyImage::new(assembly()).with_compiled(&*large);
    let mut small = runtime(limits().memory(64 << 20));
    let mut outcomes = Vec::new();
    for _ in 0..20 {
        outcomes.push(small.load_assembly_image(&image).map(drop));
        if !small.is_alive() {
            break;
        }
    }
    let last = outcomes.last();
    assert!(
        matches!(
            last,
            Some(Err(Error::Limit {
                limit: LimitKind::Memory,
                ..
            }))
        ),
        "{outcomes:?}"
    );
    assert!(small.stats().peak_memory <= 64 << 20, "{:?}", small.stats());
    runtime_answers(&mut small, "large modules");
    drop(small);
    neighbours_work("large modules");

    // Places in the table.
    let wide = crafted("(memory 16 4) (table 100000 0)", "", "");
    let image = AssemblyImage::new(assembly()).with_compiled(&*wide);
    let mut many = runtime(limits());
    let mut alive = true;
    for _ in 0..10 {
        let _ = many.load_assembly_image(&image);
        alive &= many.is_alive();
    }
    assert!(alive, "places are counted, and no more are given");

    // The same good one again and again.
    let image = AssemblyImage::new(assembly()).with_compiled(compiled(NAME));
    let mut many = runtime(Limits::none());
    for _ in 0..40 {
        many.load_assembly_image(&image).unwrap();
    }
    assert!(many.stats().compiled.len() <= 32, "{:?}", many.stats());
    assert!(many.is_alive());
    drop(many);
    neighbours_work("many modules");
}

/// Code that does not fit is an instance, too, until its runtime ends: else a guest that asks again and again would take the room of others.
#[test]
fn one_that_is_refused_again_and_again() {
    if !runs_compiled() {
        return;
    }
    let image = AssemblyImage::new(assembly()).with_compiled(crafted(SMALL, "", ""));
    let mut runtime = host()
        .runtime()
        .limits(limits())
        .compiled(Compiled::Require)
        .create()
        .unwrap();
    let mut said = Vec::new();
    for _ in 0..100 {
        said.push(runtime.load_assembly_image(&image).unwrap_err().to_string());
    }
    let linked = said
        .iter()
        .take_while(|said| said.contains("its tables are not those"))
        .count();
    assert_eq!(linked, 32, "{}", said[linked.min(99)]);
    assert!(said[32..].iter().all(|said| said.contains("is the most")));
    assert!(runtime.is_alive() && runtime.stats().compiled.is_empty());
    neighbours_work("code that is refused again and again");
}

#[test]
fn several_runtimes_attack_at_once() {
    if !runs_compiled() {
        return;
    }
    let modules: Vec<Arc<[u8]>> = [
        "(loop (br 0))",
        "unreachable",
        "(memory.fill (i32.const 0) (i32.const 255) (i32.const 0x100000))",
        "(table.fill $all (i32.const 0) (ref.null func) (table.size $all))",
    ]
    .iter()
    .map(|body| {
        crafted(
            SMALL,
            "",
            &format!(r#"(func (export "{CONSTRUCT}") {body})"#),
        )
        .into()
    })
    .collect();
    std::thread::scope(|scope| {
        for wasm in &modules {
            scope.spawn(|| {
                for round in 0..3 {
                    attack(&format!("one of several, {round}"), wasm);
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..20 {
                neighbours_work("while others attack");
            }
        });
    });
}
