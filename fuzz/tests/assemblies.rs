//! Assemblies that were written by hand, as a stranger might: what is read of a good one, and that the others have an end.
//!
//! `program.dll` is a program and, behind it, the library that it refers to. Each of the others has a library's few types and one thing that is wrong; the
//! tests say which. The corpus of the target `assembly` begins with them.

use isolator_fuzz::TARGETS;
use std::path::Path;

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assemblies");
    std::fs::read(folder.join(name).with_extension("dll")).unwrap()
}

/// The methods that would be compiled, and those that would not, in the order of their names.
fn read(name: &str) -> (Vec<String>, Vec<String>) {
    let (mut compiled, interpreted) = isolator_compile::fuzz_assembly(&file(name)).unwrap();
    compiled.sort();
    (compiled, interpreted)
}

#[test]
fn what_is_compiled_of_a_program_is_its_own_and_instances_over_its_structs() {
    let (compiled, interpreted) = read("program");
    assert_eq!(
        compiled,
        [
            "[App]App.Calls::Main void()",
            "[App]App.Calls::Make{App:App.Point} App.Point(App.Point)",
            "[App]App.Calls::Make{System.Object} object(object)",
            "[App]App.Calls::Narrow byte(double)",
            "[App]App.Calls::Round single(ulong)",
            "[System.Private.CoreLib]Lib.Box`1{App:App.Point}::.ctor void()",
            "[System.Private.CoreLib]Lib.Box`1{App:App.Point}::Get App.Point()",
            "[System.Private.CoreLib]Lib.Box`1{App:App.Point}::Inner void()",
            "[System.Private.CoreLib]Lib.Box`1{App:App.Point}::Use void()",
        ]
    );
    // A filter, a struct that is larger than its field, a call of a pointer.
    assert_eq!(
        interpreted,
        [
            "App.Calls.Filtered",
            "App.Calls.Passes",
            "App.Calls.Pointed"
        ]
    );
}

/// A base class over more than what is derived from it, which is again a base: a stack had no room for them.
#[test]
fn bases_without_an_end_are_followed_to_a_depth() {
    let (compiled, interpreted) = read("endless-bases");
    assert_eq!(compiled.len(), 6, "{compiled:?}");
    assert_eq!(interpreted, [] as [&str; 0]);
}

/// A method that calls itself with its argument twenty times in a struct: three steps make sixty-four million types.
#[test]
fn arguments_that_multiply_are_followed_to_a_size() {
    let (compiled, _) = read("endless-arguments");
    assert!(compiled.len() > 3 && compiled.len() < 1000, "{compiled:?}");
    let longest = compiled.iter().map(String::len).max();
    assert!(longest.unwrap() < 32 << 10, "{longest:?}");
    // The same with arrays, which share their code.
    let (compiled, _) = read("endless-types");
    assert!(compiled.len() > 3 && compiled.len() < 1000, "{compiled:?}");
}

/// Structs that hold two instances of themselves over more: what is not known to be right is interpreted.
#[test]
fn structs_without_an_end_are_interpreted() {
    let (compiled, interpreted) = read("endless-structs");
    assert_eq!(compiled, [] as [&str; 0]);
    assert_eq!(interpreted, ["A.C.Takes"]);
}

/// Signatures that say half a billion type parameters, each of which would have an argument.
#[test]
fn parameters_that_nobody_has_are_not_made() {
    let (compiled, interpreted) = read("many-parameters");
    assert_eq!(compiled, ["[System.Private.CoreLib]A.C::Good void()"]);
    assert_eq!(interpreted, ["A.C.M0", "A.C.M1", "A.C.M2"]);
}

/// Types of which each has all methods are no assembly; methods that share a body are, and a name that is longer than .NET's is none.
#[test]
fn what_is_shared_and_what_is_too_long() {
    assert_eq!(
        isolator_compile::fuzz_assembly(&file("shared-members")),
        None
    );
    let (compiled, _) = read("shared-bodies");
    assert_eq!(compiled.len(), 60);
    let (compiled, interpreted) = read("long-names");
    let name = "F".repeat(1023);
    assert_eq!(
        compiled,
        [format!("[System.Private.CoreLib]A.C::{name} void()")]
    );
    assert_eq!(interpreted, [] as [&str; 0]);
}

#[test]
fn each_of_them_cut_off_anywhere_is_an_error() {
    let target = TARGETS.iter().find(|target| target.name == "assembly");
    let target = target.unwrap();
    for name in ["program", "endless-structs", "many-parameters"] {
        let whole = file(name);
        for end in 0..whole.len() {
            (target.run)(&whole[..end]);
        }
    }
}
