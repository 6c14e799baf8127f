//! What is taken for a side module and what is not.

use super::*;
use isolator_abi::side::{SIDE_ABI, SIDE_SECTION, SideStamp};

const ASSEMBLY: &[u8] = b"the assembly";

fn stamp() -> SideStamp {
    SideStamp {
        abi: SIDE_ABI,
        assembly: "App".into(),
        mvid: "00".into(),
        assembly_blake3: blake3::hash(ASSEMBLY).to_string(),
        image: "image".into(),
        methods: 1,
    }
}

/// A side module with these parts beside those that each has.
fn side(imports: &str, others: &str) -> Vec<u8> {
    with(
        &stamp(),
        "(memory 64 4) (table 2 0)",
        imports,
        others,
        TABLES,
    )
}

const TABLES: &str = r#"(global (export "mono_aot_module_App_info") i32 (i32.const 4))"#;

fn with(stamp: &SideStamp, reserved: &str, imports: &str, others: &str, tables: &str) -> Vec<u8> {
    let stamp = String::from_utf8(stamp.to_bytes())
        .unwrap()
        .replace('"', "\\\"");
    let text = format!(
        r#"(module
            (@dylink.0 (mem-info {reserved}))
            (type $nothing (func))
            (type $one (func (param i32)))
            (import "env" "memory" (memory 1))
            (import "env" "__indirect_function_table" (table 0 funcref))
            (import "env" "__memory_base" (global $base i32))
            (import "env" "__table_base" (global $table i32))
            {imports}
            {tables}
            {others}
            (@custom "{SIDE_SECTION}" "{stamp}"))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn modules() -> SideModules {
    SideModules::new(&engine_for_tests(), "image", u64::MAX, Box::new(InMemory))
}

/// The assembly with this beside it.
fn given(wasm: &[u8]) -> AssemblyImage {
    AssemblyImage::new(ASSEMBLY).with_compiled(wasm)
}

/// Why it is refused.
fn refused(wasm: &[u8]) -> String {
    match modules().get(&given(wasm)) {
        Ok(_) => panic!("it was taken"),
        Err(why) => why.to_string(),
    }
}

#[test]
fn a_good_one_is_taken_and_compiled_once() {
    let wasm = side(
        r#"(import "env" "__stack_pointer" (global (mut i32)))
           (import "env" "__cpp_exception" (tag (param i32)))
           (import "env" "aot_wrapper_icall_x" (func (param i32)))
           (import "env" "fmod" (func (param f64 f64) (result f64)))
           (import "GOT.mem" "mono_polling_required" (global (mut i32)))"#,
        r#"(func $f) (func (export "__wasm_apply_data_relocs")) (func (export "__wasm_call_ctors")) (export "isolator_compute_globals" (func $f))
           (data (global.get $base) "abcd") (data (i32.add (global.get $base) (i32.const 60)) "abcd") (elem (global.get $table) func $f $f)"#,
    );
    let modules = modules();
    let first = modules
        .get(&given(&wasm))
        .unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(
        (first.plan.memory, first.plan.alignment, first.plan.elements),
        (64, 16, 2)
    );
    assert_eq!(first.plan.tables, "mono_aot_module_App_info");
    assert_eq!(
        first.plan.begin,
        [
            "isolator_compute_globals",
            "__wasm_apply_data_relocs",
            "__wasm_call_ctors"
        ]
    );
    assert_eq!(first.plan.imports.len(), first.module.imports().len());
    let second = modules
        .get(&given(&wasm))
        .unwrap_or_else(|why| panic!("{why}"));
    assert!(Arc::ptr_eq(&first, &second));
}

#[test]
fn what_does_not_fit_says_what() {
    let refused_with = |change: fn(&mut SideStamp)| {
        let mut stamp = stamp();
        change(&mut stamp);
        refused(&with(&stamp, "(memory 0 0) (table 0 0)", "", "", TABLES))
    };
    for (change, expected) in [
        ((|stamp| stamp.abi = 99) as fn(&mut SideStamp), "version 99"),
        (
            |stamp| stamp.image = "other".into(),
            "the guest image other",
        ),
        (
            |stamp| stamp.assembly_blake3 = "00".into(),
            "the assembly with BLAKE3 00",
        ),
    ] {
        let why = refused_with(change);
        assert!(why.contains(expected), "{why}");
    }
    let unstamped = wat::parse_str("(module)").unwrap();
    assert!(refused(&unstamped).contains("not made by `isolator compile`"));
    assert!(refused(b"MZ").contains("no valid WebAssembly"));
    assert!(refused(&wat::parse_str("(component)").unwrap()).contains("component"));
    let good = side("", "");
    let small = SideModules::new(&Engine::default(), "image", 10, Box::new(InMemory));
    assert!(
        small
            .get(&given(&good))
            .err()
            .unwrap()
            .contains("10 are the most")
    );
    for end in 0..good.len() {
        // Whatever it is, it is no panic; the last sections are the stamp's.
        let _ = modules().get(&given(&good[..end]));
    }
}

#[test]
fn what_it_may_not_have_is_refused() {
    for (imports, others, expected) in [
        ("", "(func $f) (start $f)", "start function"),
        ("", "(memory 1)", "memory of its own"),
        ("", "(table 1 funcref)", "table of its own"),
        ("", "(tag (param i32))", "tag of its own"),
        (r#"(import "env" "memory" (memory 1))"#, "", "memory twice"),
        (
            r#"(import "wasi_snapshot_preview1" "fd_write" (func))"#,
            "",
            "may have",
        ),
        (
            r#"(import "isolator:runtime/host@0.1.0" "call" (func))"#,
            "",
            "may have",
        ),
        (r#"(import "env" "cabi_realloc" (func))"#, "", "may have"),
        (
            r#"(import "env" "isolator_register_compiled" (func (param i32)))"#,
            "",
            "may have",
        ),
        (
            r#"(import "GOT.mem" "__heap_base" (global (mut i32)))"#,
            "",
            "may have",
        ),
        (
            r#"(import "GOT.func" "malloc" (global (mut i32)))"#,
            "",
            "may have",
        ),
        (r#"(import "env" "fmod" (global i32))"#, "", "another type"),
        (
            r#"(import "env" "__stack_pointer" (global i32))"#,
            "",
            "another type",
        ),
        (
            r#"(import "env" "__cpp_exception" (tag (param i64)))"#,
            "",
            "another type",
        ),
        (
            r#"(import "GOT.mem" "mono_polling_required" (global i32))"#,
            "",
            "another type",
        ),
        (
            "",
            r#"(data (i32.const 0) "x")"#,
            "not in the memory that it reserves",
        ),
        (
            "",
            r#"(data (global.get $table) "x")"#,
            "not in the memory that it reserves",
        ),
        (
            "",
            r#"(data (i32.add (global.get $base) (i32.const 61)) "abcd")"#,
            "not in the memory",
        ),
        (
            "",
            r#"(data (i32.add (global.get $base) (i32.const -1)) "abcd")"#,
            "not in the memory",
        ),
        ("", r#"(data "passive")"#, "not written when it is linked"),
        (
            "",
            "(func $f) (elem (i32.const 0) func $f)",
            "not in the table space",
        ),
        (
            "",
            "(func $f) (elem (i32.add (global.get $table) (i32.const 1)) func $f $f)",
            "not in the table space",
        ),
        (
            "",
            r#"(func (export "__wasm_call_ctors") (param i32))"#,
            "without parameters",
        ),
        (
            "",
            r#"(global (export "__wasm_call_ctors") i32 (i32.const 0))"#,
            "without parameters",
        ),
        (
            "",
            r#"(global (export "mono_aot_module_B_info") i32 (i32.const 0))"#,
            "more than one place",
        ),
        ("", "(type (struct))", "not of functions"),
    ] {
        let why = refused(&side(imports, others));
        assert!(why.contains(expected), "{imports} {others}: {why}");
    }
    for (reserved, tables, expected) in [
        (
            "(memory 100000000 4) (table 2 0)",
            TABLES,
            "100000000 bytes of memory",
        ),
        ("(memory 64 31) (table 2 0)", TABLES, "bits of alignment"),
        ("(memory 64 4) (table 200000 0)", TABLES, "200000 elements"),
        ("(memory 64 4) (table 2 5)", TABLES, "table's alignment"),
        (
            "(memory 64 4) (table 2 0)",
            "",
            "does not export where its tables are",
        ),
        (
            "(memory 64 4) (table 2 0)",
            r#"(global (export "mono_aot_module_App_info") (mut i32) (i32.const 4))"#,
            "is no constant",
        ),
        (
            "(memory 64 4) (table 2 0)",
            r#"(func (export "mono_aot_module_App_info"))"#,
            "is no constant",
        ),
    ] {
        let why = refused(&with(&stamp(), reserved, "", "", tables));
        assert!(why.contains(expected), "{reserved} {tables}: {why}");
    }
}

#[test]
fn what_no_data_are_for_is_zero() {
    let data = |at: u32, text: &str| {
        format!(r#"(data (i32.add (global.get $base) (i32.const {at})) "{text}")"#)
    };
    let zeros = |count: usize| "\0".repeat(count);
    for (others, expected) in [
        (String::new(), zeros(64)),
        (
            data(0, "abcd") + &data(60, "efgh"),
            format!("abcd{}efgh", zeros(56)),
        ),
        // Over one another, not in their order, and the last one counts.
        (
            data(8, "abcd") + &data(2, "12345678") + &data(4, ""),
            format!("{}12345678cd{}", zeros(2), zeros(52)),
        ),
    ] {
        let plan = check(&side("", &others)).unwrap();
        let mut memory = vec![0xff; 64];
        assert!(plan.fill(&mut memory));
        assert_eq!(memory, expected.as_bytes());
        assert!(!plan.fill(&mut memory[..63]), "it is too small");
    }
}

#[test]
fn what_is_invalid_is_the_engines_to_refuse() {
    let mut wasm = side("", "(func (drop (i32.add (i32.const 1) (i32.const 2))))");
    let add = wasm.iter().rposition(|byte| *byte == 0x6a).unwrap();
    // `i32.add` becomes `i64.add`.
    wasm[add] = 0x7c;
    assert!(refused(&wasm).contains("type mismatch"));
}

#[test]
fn those_that_were_not_used_for_long_make_room() {
    let mut known = Known::default();
    let key = |number: usize| blake3::hash(&number.to_le_bytes());
    let first = known.get_or(key(0), || 0);
    for number in 1..KEPT {
        known.get_or(key(number), || number);
    }
    assert!(Arc::ptr_eq(&first, &known.get_or(key(0), || 1)));
    known.get_or(key(KEPT), || KEPT);
    assert_eq!(known.entries.len(), KEPT);
    assert_eq!(known.get(&key(0)).as_deref(), Some(&0), "it was used");
    assert_eq!(known.get(&key(1)), None, "it was not");
}

#[test]
fn what_was_found_out_of_a_content_holds_for_that_content_alone() {
    let modules = modules();
    let good = given(&side("", ""));
    let misfit = AssemblyImage {
        image: Arc::from(*b"another assembly"),
        ..given(&side("", ""))
    };
    let broken = given(&side("", "(memory 1)"));
    // Whatever was asked before.
    for _ in 0..3 {
        assert!(modules.get(&good).is_ok());
        let why = modules.get(&misfit).err().unwrap();
        let (found, expected) = (blake3::hash(ASSEMBLY), blake3::hash(b"another assembly"));
        assert_eq!(
            *why,
            *format!(
                "it was compiled for the assembly with BLAKE3 {found}, and this is {expected}"
            )
        );
        assert_eq!(
            modules.get(&broken).err().as_deref(),
            Some("it has a memory of its own")
        );
        let without = modules.get(&AssemblyImage::new(ASSEMBLY)).err();
        assert_eq!(
            without.as_deref(),
            Some("there is no compiled code beside it")
        );
    }
    assert_eq!(lock(&modules.misfits).entries.len(), 1);
    assert_eq!(lock(&modules.known).entries.len(), 2);
    // The code of an assembly that is exchanged is looked at as any other.
    let mut exchanged = good.clone();
    exchanged.image = misfit.image.clone();
    assert_eq!(modules.get(&exchanged).err(), modules.get(&misfit).err());
    exchanged.image = good.image.clone();
    exchanged.compiled = broken.compiled.clone();
    assert_eq!(
        modules.get(&exchanged).err().as_deref(),
        Some("it has a memory of its own")
    );
    assert!(modules.get(&good).is_ok());
    // A reason that is as long as the module is not kept.
    let long = SideStamp {
        assembly_blake3: "0".repeat(2 * LONGEST_REASON),
        ..stamp()
    };
    let long = given(&with(&long, "(memory 0 0) (table 0 0)", "", "", TABLES));
    for _ in 0..2 {
        let why = modules.get(&long).err().unwrap();
        assert!(why.contains("the assembly with BLAKE3 0000"), "{why}");
    }
    assert_eq!(lock(&modules.misfits).entries.len(), 1);
}
