//! The recipe of a guest: the C library's translation, and that the same inputs give the same bytes.

use isolator_guest_shim::crypto::{self, Crypto};
use isolator_guest_shim::metadata::Metadata;
use isolator_guest_shim::mono::methods::MethodName;
use isolator_guest_shim::mono::{ahead, compiler, methods, patches, wraps};
use isolator_guest_shim::snapshot::{BootFiles, snapshot};
use isolator_guest_shim::steps::{StepState, Steps, files_under};
use isolator_guest_shim::tools::{self, Tools};
use isolator_guest_shim::{BuildOptions, build, native, pack, recipe};
use isolator_tests::workspace;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmtime::{Config, Engine, Linker, Module, Store};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

fn c_side() -> PathBuf {
    workspace().join("crates/isolator-guest-shim/c")
}

fn clang(tools: &Tools, arguments: &[&str], files: &[&Path], out: &Path) {
    let mut clang = Command::new(&tools.clang);
    clang.args(&tools.clang_arguments).args([
        "-O2",
        "-mbulk-memory",
        "-msimd128",
        "-Wno-deprecated",
        "-Wno-unused-command-line-argument",
    ]);
    clang
        .arg(format!("-I{}", c_side().display()))
        .args(files)
        .args(arguments)
        .arg("-o")
        .arg(out);
    tools::run("compile a test program", &mut clang).unwrap();
}

/// The compatibility layer as objects.
fn layer(tools: &Tools, place: &Path) -> Vec<PathBuf> {
    let compat = c_side().join("compat");
    let sources = native::sources(&c_side(), false).unwrap();
    let sources = sources
        .iter()
        .filter(|path| path.starts_with(&compat) || path.ends_with("eh.S"));
    sources
        .map(|source| {
            let object = place.join(source.file_name().unwrap()).with_extension("o");
            let flag = if source.extension().unwrap() == "S" {
                "-mexception-handling"
            } else {
                "-std=gnu17"
            };
            clang(tools, &["-c", flag], &[source], &object);
            object
        })
        .collect()
}

/// Runs a program with an empty folder as `/t`: how it ended, and what it printed.
fn run(engine: &Engine, program: &Path) -> (wasmtime::Result<()>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (stdout, stderr) = (
        MemoryOutputPipe::new(1 << 20),
        MemoryOutputPipe::new(1 << 20),
    );
    let mut builder = WasiCtxBuilder::new();
    builder
        .stdout(stdout.clone())
        .stderr(stderr.clone())
        .preopened_dir(folder.path(), "/t", FsPerms::ReadWrite)
        .unwrap();
    let mut linker: Linker<WasiP1Ctx> = Linker::new(engine);
    p1::add_to_linker_sync(&mut linker, |state| state).unwrap();
    let module = Module::from_file(engine, program).unwrap();
    let mut store = Store::new(engine, builder.build_p1());
    let ended = linker
        .instantiate(&mut store, &module)
        .and_then(|instance| instance.get_typed_func::<(), ()>(&mut store, "_start"))
        .and_then(|start| start.call(&mut store, ()))
        .or_else(|error| {
            if matches!(error.downcast_ref::<I32Exit>(), Some(I32Exit(0))) {
                Ok(())
            } else {
                Err(error)
            }
        });
    drop(store);
    let text = |pipe: MemoryOutputPipe| String::from_utf8_lossy(&pipe.contents()).into_owned();
    (ended, text(stdout), text(stderr))
}

/// Each program checks one part of the C library as the pack's objects see it, with Emscripten's layouts and constants.
/// One whose name begins with `trap_` must end in a trap and say why.
#[test]
fn the_c_library_is_the_one_that_the_pack_was_compiled_for() {
    let tools = tools::find(&workspace()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let layer = layer(&tools, place.path());
    let wraps: Vec<String> = wraps::of_compat(&c_side())
        .unwrap()
        .iter()
        .map(|name| format!("-Wl,--wrap={name}"))
        .collect();
    let mut arguments = vec!["-std=gnu17", "--no-wasm-opt"];
    arguments.extend(native::SYSTEM_LIBRARIES);
    arguments.extend(wraps.iter().map(String::as_str));
    let mut config = Config::new();
    config.wasm_exceptions(true);
    let engine = Engine::new(&config).unwrap();

    let mut programs: Vec<PathBuf> = std::fs::read_dir(c_side().join("tests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    programs.retain(|path| path.extension().is_some_and(|e| e == "c"));
    assert!(programs.len() >= 10, "{programs:?}");
    for source in programs {
        let name = source.file_stem().unwrap().to_string_lossy().into_owned();
        let program = place.path().join(&name).with_extension("wasm");
        let mut files: Vec<&Path> = vec![&source];
        files.extend(layer.iter().map(PathBuf::as_path));
        clang(&tools, &arguments, &files, &program);
        let (ended, stdout, stderr) = run(&engine, &program);
        if name.starts_with("trap_") {
            assert!(
                ended.is_err_and(|e| e.downcast_ref::<wasmtime::Trap>().is_some()),
                "{name} ended without a trap\n{stdout}{stderr}"
            );
            assert!(
                stderr.contains("isolator:"),
                "{name} does not say why: {stderr}"
            );
        } else {
            assert!(ended.is_ok(), "{name}: {ended:?}\n{stdout}{stderr}");
            assert!(
                stdout.lines().count() > 0 && stdout.lines().all(|line| line.starts_with("ok ")),
                "{name}: {stdout}"
            );
        }
    }
}

/// The assemblies of the guest that was built.
fn assemblies() -> Vec<PathBuf> {
    let folder = recipe::assemblies(&workspace(), pack::DEFAULT_VERSION);
    files_under(&folder, &|path| {
        path.extension().is_some_and(|e| e == "dll")
    })
    .unwrap()
}

#[test]
fn the_list_of_compiled_methods_is_of_these_assemblies() {
    let all = ahead::Assemblies::read(&assemblies()).unwrap();
    let list = ahead::read(&workspace()).unwrap();
    assert!(list.len() > 5000, "the list has {} methods", list.len());
    let lost: Vec<_> = list.iter().filter(|method| !all.have(method)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let refused: Vec<_> = list
        .iter()
        .filter(|method| !all.may_be_compiled(method))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    for line in [
        "System.String\tNoSuchMethod\tvoid ()",
        "System.NoSuchType\t.ctor\tvoid ()",
        "System.String\tConcat\tstring ()",
        "System.Collections.Generic.List`1{NoSuchAssembly:T}\tClear\tvoid ()",
    ] {
        let method = MethodName::parse(methods::CORE, line).unwrap();
        assert!(!all.have(&method), "{method}");
    }
}

#[test]
fn the_same_methods_give_the_same_objects() {
    const ASSEMBLY: &str = "System.Linq";
    let tools = tools::find(&workspace()).unwrap();
    let compiler = compiler::restore(&tools, &workspace(), pack::DEFAULT_VERSION)
        .unwrap()
        .expect("a compiler for the default version");
    let folder = recipe::assemblies(&workspace(), pack::DEFAULT_VERSION);
    let all = ahead::Assemblies::read(&assemblies()).unwrap();
    let list = methods::read(&workspace().join(ahead::LIST))
        .unwrap()
        .into_iter()
        .filter(|method| method.owner.assembly == ASSEMBLY)
        .filter(|method| all.have(method))
        .collect();
    let objects = [(); 2].map(|()| {
        let out = tempfile::tempdir().unwrap();
        let run = ahead::Run {
            tools: &tools,
            compiler: &compiler,
            folder: &folder,
            all: &all,
            list: &list,
            out: &out.path().join("ahead"),
        };
        run.compile(&[ASSEMBLY.to_owned()]).unwrap();
        std::fs::read(ahead::object(run.out, ASSEMBLY)).unwrap()
    });
    assert!(
        objects[0].len() > 50_000,
        "the object has {} bytes: nothing was compiled",
        objects[0].len()
    );
    assert!(
        objects[0] == objects[1],
        "two objects of the same methods differ"
    );
}

/// The libcrypto of the ordinary guest, which is there when nothing of it has changed.
fn crypto(tools: &Tools) -> Option<Crypto> {
    let shared = workspace()
        .join("target/guest/.build")
        .join(pack::DEFAULT_VERSION);
    let steps = Steps::new(shared.join("keys"), &|_, _| {}).unwrap();
    crypto::prepare(
        tools,
        &steps,
        &shared.join("managed").join(crypto::ASSEMBLY),
        &shared.join("openssl"),
    )
    .unwrap()
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let tools = tools::find(&workspace()).unwrap();
    let pack = pack::restore(&tools, &workspace(), pack::DEFAULT_VERSION).unwrap();
    let files = BootFiles {
        assemblies: assemblies(),
        icu: pack.native.join("icudt.dat"),
        options: Default::default(),
    };
    let crypto = crypto(&tools);
    let made: Vec<(Vec<u8>, Vec<u8>)> = (0..2)
        .map(|_| {
            let out = tempfile::tempdir().unwrap();
            native::build(
                &tools,
                &pack,
                &c_side(),
                crypto.as_ref(),
                out.path(),
                native::Kind::Interpreted,
            )
            .unwrap();
            let core = out.path().join("core.wasm");
            (
                std::fs::read(&core).unwrap(),
                snapshot(&core, &files).unwrap(),
            )
        })
        .collect();
    assert!(
        made[0].0 == made[1].0,
        "two links of the same sources differ"
    );
    assert!(
        made[0].1 == made[1].1,
        "two snapshots of the same module differ"
    );
    let place = workspace().to_string_lossy().into_owned();
    let inside = |bytes: &[u8]| {
        bytes
            .windows(place.len())
            .any(|window| window == place.as_bytes())
    };
    assert!(
        !inside(&made[0].1),
        "the snapshot has the build's folder in it"
    );
}

#[test]
fn a_second_build_has_nothing_to_do() {
    let seen = RefCell::new(Vec::new());
    let options = BuildOptions::new(&workspace());
    build(&options, &|_, _| ()).unwrap();
    build(&options, &|name, state| {
        seen.borrow_mut().push((name.to_owned(), state))
    })
    .unwrap();
    let seen = seen.into_inner();
    assert!(
        seen.len() >= 4 && seen.iter().all(|(_, state)| *state == StepState::Fresh),
        "{seen:?}"
    );
}

/// The IL of a method is found in its file, whatever is cut off of it.
#[test]
fn methods_are_found_in_an_assembly() {
    let image = isolator_tests::fixture_file("Calls", "Calls.dll");
    let metadata = Metadata::read(&image).unwrap();
    let [start] = &metadata.methods("Calls.Waiting", "StartThread")[..] else {
        panic!("there is one")
    };
    let il = image[start.il.clone().unwrap()].to_vec();
    assert_eq!(il.last(), Some(&0x2a), "it ends with `ret`: {il:02x?}");
    assert_eq!(metadata.methods("Calls.Arithmetic", "Add").len(), 1);
    assert_eq!(metadata.methods("Calls.Arithmetic", "Subtract").len(), 0);
    assert_eq!(metadata.methods("Calls.Nothing", "Add").len(), 0);
    for length in (0..image.len()).step_by(61) {
        if let Some(cut) = Metadata::read(&image[..length]) {
            let found = cut.methods("Calls.Waiting", "StartThread");
            assert!(found.iter().flat_map(|m| &m.il).all(|il| il.end <= length));
        }
    }
}

/// A pack whose base class library is another one fails the build with a message that names the method.
#[test]
fn a_base_class_library_that_differs_fails_the_build() {
    let mut other = isolator_tests::fixture_file("Calls", "Calls.dll");
    let before = other.clone();
    patches::apply("Calls.dll", &mut other).unwrap();
    assert_eq!(other, before, "nothing is to be changed in it");
    let error = patches::apply("System.Console.dll", &mut other)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("0 methods System.Console.get_IsInputRedirected"),
        "{error}"
    );
    let error = patches::apply("System.Console.dll", &mut b"MZ".to_vec())
        .unwrap_err()
        .to_string();
    assert!(error.contains("not an assembly"), "{error}");
}
