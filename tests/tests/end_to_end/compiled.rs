//! Programs that are compiled ahead: what is used and what is left alone, limits in them, and side modules that mean harm.

use isolator_abi::side::{SIDE_SECTION, SIDE_SUFFIX};
use isolator_host::{
    AssemblyImage, Compiled, Error, IsolatedAssembly, IsolatedRuntime, IsolatedRuntimeHost,
    LimitKind, Limits,
};
use isolator_tests::compiled::{compile, compiled, runs_compiled, stamp_text};
use isolator_tests::{fixture_file, host};
use std::time::{Duration, Instant};

pub(crate) const NAME: &str = "Compiled";

pub(crate) fn assembly() -> Vec<u8> {
    fixture_file(NAME, "Compiled.dll")
}

/// The assembly with another number in `Version`, and another version id, as if it had been built again.
pub(crate) fn other_version() -> Vec<u8> {
    let mut bytes = assembly();
    let number = 11_223_344_i32.to_le_bytes();
    let at: Vec<usize> = (0..bytes.len() - 4)
        .filter(|at| bytes[*at..*at + 4] == number)
        .collect();
    let [at] = at[..] else { panic!("{at:?}") };
    bytes[at..at + 4].copy_from_slice(&44_332_211_i32.to_le_bytes());
    let guids = bytes
        .windows(8)
        .position(|window| window == b"#GUID\0\0\0")
        .unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let root = bytes
        .windows(4)
        .position(|window| window == b"BSJB")
        .unwrap();
    let mvid = root + word(guids - 8);
    bytes[mvid] ^= 0xff;
    bytes
}

pub(crate) fn image(assembly: Vec<u8>, side: &[u8]) -> AssemblyImage {
    AssemblyImage::new(assembly).with_compiled(side)
}

fn version(runtime: &mut IsolatedRuntime, assembly: &IsolatedAssembly) -> i32 {
    let called = runtime.find_type_in(assembly, "Compiled.Called").unwrap();
    let method = runtime
        .find_method_of(&called, "Version", &Default::default())
        .unwrap();
    runtime.invoke(&method, ()).unwrap()
}

fn loaded(
    mode: Compiled,
    image: &AssemblyImage,
) -> (IsolatedRuntime, Result<IsolatedAssembly, Error>) {
    let mut runtime = host().runtime().compiled(mode).create().unwrap();
    let assembly = runtime.load_assembly_image(image);
    (runtime, assembly)
}

#[test]
fn compiled_code_is_used_where_it_fits_and_nowhere_else() {
    if !runs_compiled() {
        return;
    }
    let side = compiled(NAME);
    let fitting = image(assembly(), &side);
    for mode in [Compiled::Auto, Compiled::Require] {
        let (mut runtime, assembly) = loaded(mode, &fitting);
        assert_eq!(version(&mut runtime, &assembly.unwrap()), 11_223_344);
        assert_eq!(runtime.stats().compiled, [NAME]);
    }
    let (mut runtime, assembly) = loaded(Compiled::Off, &fitting);
    assert_eq!(version(&mut runtime, &assembly.unwrap()), 11_223_344);
    assert_eq!(runtime.stats().compiled, [] as [&str; 0]);

    let misfit = image(other_version(), &side);
    let (mut runtime, assembly) = loaded(Compiled::Auto, &misfit);
    assert_eq!(version(&mut runtime, &assembly.unwrap()), 44_332_211);
    assert_eq!(runtime.stats().compiled, [] as [&str; 0]);
    let (_, refused) = loaded(Compiled::Require, &misfit);
    let message = refused.unwrap_err().to_string();
    assert!(
        message.contains("is to run compiled") && message.contains("BLAKE3"),
        "{message}"
    );
    let (_, refused) = loaded(Compiled::Require, &AssemblyImage::new(self::assembly()));
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("no compiled code beside it"), "{message}");
}

#[test]
fn a_folder_gives_the_compiled_code_beside_an_assembly() {
    if !runs_compiled() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |extension: &str| folder.path().join(format!("{NAME}.{extension}"));
    std::fs::write(path("dll"), assembly()).unwrap();
    std::fs::write(path(SIDE_SUFFIX), &*compiled(NAME)).unwrap();
    let host = IsolatedRuntimeHost::builder()
        .assembly_directory(folder.path())
        .unwrap()
        .build()
        .unwrap();
    let run = |mode| {
        let mut runtime = host.runtime().compiled(mode).create().unwrap();
        let sum: Result<i64, _> = runtime.call(NAME, "Compiled.Called", "Sum", (1000,));
        (sum, runtime.stats().compiled.len())
    };
    let (sum, count) = run(Compiled::Auto);
    assert_eq!(count, 1);
    let (again, count) = run(Compiled::Off);
    assert_eq!((sum.unwrap(), 0), (again.unwrap(), count));
    // Built again, without being compiled again.
    std::fs::write(path("dll"), other_version()).unwrap();
    let (sum, count) = run(Compiled::Auto);
    assert!(sum.is_ok() && count == 0);
    let (refused, _) = run(Compiled::Require);
    assert!(
        matches!(refused, Err(Error::AssemblyNotFound { .. })),
        "{refused:?}"
    );
}

#[test]
fn versions_of_one_name_have_each_their_own_code() {
    if !runs_compiled() {
        return;
    }
    let (first, second) = (assembly(), other_version());
    let (first_code, second_code) = (compiled(NAME), compile(&second).wasm);
    // Code that is made known while its assembly is there already is for no other one.
    let (mut runtime, one) = loaded(Compiled::Auto, &AssemblyImage::new(first.clone()));
    runtime
        .load_assembly_image(&image(first.clone(), &first_code))
        .unwrap();
    let other = runtime.load_assembly_image(&AssemblyImage::new(second.clone()));
    assert_eq!(version(&mut runtime, &one.unwrap()), 11_223_344);
    if let Ok(other) = other {
        version(&mut runtime, &other);
    }
    assert!(runtime.is_alive());
    for (code, number, bytes) in [
        (&*first_code, 11_223_344, first),
        (&second_code, 44_332_211, second),
    ] {
        let (mut runtime, assembly) = loaded(Compiled::Require, &image(bytes, code));
        assert_eq!(version(&mut runtime, &assembly.unwrap()), number);
        assert_eq!(runtime.stats().compiled, [NAME]);
    }
}

pub(crate) fn limited(limits: Limits) -> IsolatedRuntime {
    let mut runtime = host()
        .runtime()
        .limits(limits)
        .compiled(Compiled::Auto)
        .create()
        .unwrap();
    runtime
        .load_assembly_image(&image(assembly(), &compiled(NAME)))
        .unwrap();
    assert_eq!(runtime.stats().compiled, [NAME]);
    runtime
}

#[test]
fn limits_hold_in_compiled_programs() {
    if !runs_compiled() {
        return;
    }
    for method in ["Spin", "Endless"] {
        let mut runtime = limited(Limits::none().call_timeout(Duration::from_millis(200)));
        let since = Instant::now();
        let stopped = runtime.call::<()>(NAME, "Compiled.Called", method, ());
        assert!(
            matches!(
                stopped,
                Err(Error::Limit {
                    limit: LimitKind::CallTimeout,
                    ..
                })
            ),
            "{method}: {stopped:?}"
        );
        assert!(since.elapsed() < Duration::from_secs(10));
    }
    let mut runtime = limited(Limits::none().memory(64 << 20));
    let full = runtime.call::<i32>(NAME, "Compiled.Called", "Hoard", ());
    assert!(full.is_err(), "{full:?}");
    let mut runtime = limited(Limits::none());
    let deep = runtime.call::<i32>(NAME, "Compiled.Called", "Deep", (5000,));
    assert_eq!(deep.unwrap(), 5000);
    let too_deep = runtime.call::<i32>(NAME, "Compiled.Called", "Deep", (100_000_000,));
    assert!(too_deep.is_err(), "{too_deep:?}");
    let mut runtime = limited(Limits::none());
    let thrown = runtime.call::<()>(NAME, "Compiled.Called", "Throw", ("why",));
    let Err(Error::GuestException(thrown)) = thrown else {
        panic!("{thrown:?}")
    };
    assert!(
        thrown
            .to_string()
            .contains("InvalidOperationException: why"),
        "{thrown}"
    );
    assert_eq!(
        runtime
            .call::<i32>(NAME, "Compiled.Called", "Add", (1, 2))
            .unwrap(),
        3
    );
}

#[test]
fn compiled_programs_use_fuel() {
    if !runs_compiled() {
        return;
    }
    let host = IsolatedRuntimeHost::builder().meter_fuel().build().unwrap();
    let mut runtime = host
        .runtime()
        .limits(Limits::none().fuel(200_000_000))
        .compiled(Compiled::Auto)
        .create()
        .unwrap();
    runtime
        .load_assembly_image(&image(assembly(), &compiled(NAME)))
        .unwrap();
    let mut used = |count: i32| {
        let before = runtime.stats().fuel.unwrap();
        runtime
            .call::<i64>(NAME, "Compiled.Called", "Sum", (count,))
            .unwrap();
        runtime.stats().fuel.unwrap() - before
    };
    used(10);
    let (less, more) = (used(1000), used(1_000_000));
    assert!(more > less + 1_000_000, "{less} {more}");
    let stopped = runtime.call::<()>(NAME, "Compiled.Called", "Spin", ());
    assert!(
        matches!(
            stopped,
            Err(Error::Limit {
                limit: LimitKind::Fuel,
                ..
            })
        ),
        "{stopped:?}"
    );
}

/// A side module for the fixture with this in it.
fn crafted(others: &str) -> Vec<u8> {
    importing("", others)
}

/// The same with these imports.
fn importing(imports: &str, others: &str) -> Vec<u8> {
    let stamp = stamp_text(NAME, &assembly());
    wat::parse_str(format!(
        r#"(module
            (@dylink.0 (mem-info (memory 1024 4) (table 2 0)))
            (import "env" "memory" (memory 1))
            (import "env" "__indirect_function_table" (table $all 0 funcref))
            (import "env" "__memory_base" (global $base i32))
            (import "env" "__table_base" (global $table i32))
            (import "env" "__stack_pointer" (global $stack (mut i32)))
            (import "env" "memcmp" (func $memcmp (param i32 i32 i32) (result i32)))
            {imports}
            (global (export "mono_aot_module_Compiled_info") i32 (i32.const 0))
            {others}
            (@custom "{SIDE_SECTION}" "{stamp}"))"#
    ))
    .unwrap()
}

#[test]
fn what_a_side_module_does_at_first_costs_its_own_runtime_at_most() {
    if !runs_compiled() {
        return;
    }
    let constructor =
        |body: &str| crafted(&format!(r#"(func (export "__wasm_call_ctors") {body})"#));
    let whole = "(i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1))";
    let kinds: &[(&str, Vec<u8>)] = &[
        ("endless", constructor("(loop (br 0))")),
        ("traps", constructor("unreachable")),
        (
            "takes all memory",
            constructor("(loop (br_if 0 (i32.ne (memory.grow (i32.const 100)) (i32.const -1))))"),
        ),
        (
            "takes the whole table",
            constructor(
                "(loop (br_if 0 (i32.ne (table.grow $all (ref.null func) (i32.const 1000)) (i32.const -1))))",
            ),
        ),
        (
            "wipes the memory",
            constructor(&format!(
                "(memory.fill (i32.const 0) (i32.const 255) {whole})"
            )),
        ),
        (
            "wipes the table",
            constructor("(table.fill $all (i32.const 0) (ref.null func) (table.size $all))"),
        ),
        (
            "moves the stack",
            constructor("(global.set $stack (i32.const -16))"),
        ),
        (
            "reads from nowhere",
            constructor("(drop (call $memcmp (i32.const 0) (i32.const -1) (i32.const 100)))"),
        ),
        ("has no tables", crafted("")),
        (
            "has its tables nowhere",
            crafted(r#"(data (global.get $base) "\ff\ff\ff\ff")"#),
        ),
        (
            "names itself and is nothing else",
            crafted(
                r#"(data (i32.add (global.get $base) (i32.const 512)) "Compiled\00")
                (func (export "__wasm_apply_data_relocs")
                    (i32.store (global.get $base) (i32.add (global.get $base) (i32.const 16)))
                    (i32.store (i32.add (global.get $base) (i32.const 20)) (i32.add (global.get $base) (i32.const 512))))"#,
            ),
        ),
    ];
    let limits = Limits::none()
        .call_timeout(Duration::from_millis(300))
        .memory(256 << 20);
    for (kind, wasm) in kinds {
        let mut runtime = host()
            .runtime()
            .limits(limits.clone())
            .compiled(Compiled::Auto)
            .create()
            .unwrap();
        let since = Instant::now();
        let outcome = runtime
            .load_assembly_image(&image(assembly(), wasm))
            .and_then(|assembly| runtime.find_type_in(&assembly, "Compiled.Called"));
        assert!(since.elapsed() < Duration::from_secs(20), "{kind}");
        if *kind == "endless" {
            assert!(
                matches!(
                    outcome,
                    Err(Error::Limit {
                        limit: LimitKind::CallTimeout,
                        ..
                    })
                ),
                "{outcome:?}"
            );
        }
        if kind.starts_with("has") {
            assert!(
                outcome.is_ok() && runtime.stats().compiled.is_empty(),
                "{kind}: {outcome:?}"
            );
        }
        drop(runtime);
        // Others notice nothing.
        let (mut runtime, assembly) =
            loaded(Compiled::Require, &image(self::assembly(), &compiled(NAME)));
        assert_eq!(
            version(&mut runtime, &assembly.unwrap()),
            11_223_344,
            "after {kind}"
        );
    }
}

#[test]
fn no_side_module_gets_a_function_of_the_host() {
    if !runs_compiled() {
        return;
    }
    for import in [
        r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))"#,
        r#"(import "env" "cabi_realloc" (func (param i32 i32 i32 i32) (result i32)))"#,
        // Of another type than the guest's.
        r#"(import "env" "fmod" (func (param f64) (result f64)))"#,
        // One that the guest does not have.
        r#"(import "env" "aot_wrapper_icall_nothing" (func))"#,
    ] {
        let wasm = importing(import, "");
        let (mut runtime, assembly) = loaded(Compiled::Auto, &image(self::assembly(), &wasm));
        assert_eq!(version(&mut runtime, &assembly.unwrap()), 11_223_344);
        assert_eq!(runtime.stats().compiled, [] as [&str; 0], "{import}");
    }
}

/// Code of another assembly's methods would go on as it was where only that one is built again.
#[test]
fn what_is_compiled_takes_no_code_of_other_assemblies() {
    use isolator_compile::metadata::{METHOD_DEF, Metadata};
    const FLAGS: usize = 1;
    const NO_INLINING: usize = 8;
    let file = assembly();
    let before = Metadata::read(&file).unwrap();
    let marked = before.never_inlined();
    let after = Metadata::read(&marked).unwrap();
    assert!(after.rows(METHOD_DEF) > 100);
    for row in 0..after.rows(METHOD_DEF) {
        let flags = |metadata: &Metadata<'_>| metadata.cell(METHOD_DEF, row, FLAGS).unwrap();
        assert_eq!(flags(&after), flags(&before) | NO_INLINING);
    }
    let differ = file.iter().zip(&marked).filter(|(a, b)| a != b).count();
    assert_eq!(marked.len(), file.len());
    assert!(differ <= after.rows(METHOD_DEF));
}
