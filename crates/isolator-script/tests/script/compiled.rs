//! The compiler itself compiled ahead: it says and makes what the interpreted one does, to the byte.

use crate::scripts;
use isolator_host::{Compiled, IsolatedRuntimeHost};
use isolator_script::{Compiler, Error, Globals, Options, ScriptHost, Source};
use std::path::{Path, PathBuf};

const ASSEMBLIES: [&str; 3] = [
    "Isolator.Scripting",
    "Microsoft.CodeAnalysis",
    "Microsoft.CodeAnalysis.CSharp",
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    std::env::var_os("ISOLATOR_SCRIPTING")
        .map_or_else(|| workspace().join("target/scripting"), Into::into)
}

/// Whether there is compiled code, which a build without the tools for it leaves out.
pub(crate) fn has_compiled_code() -> bool {
    ASSEMBLIES
        .iter()
        .all(|name| folder().join(format!("{name}.isolated.wasm")).is_file())
}

/// The same, with a word if there is none.
fn is_compiled() -> bool {
    let there = has_compiled_code();
    if !there {
        eprintln!("skipped: the compiler was built without compiled code");
    }
    there
}

/// Which of its assemblies run compiled, by name.
fn compiled_in(compiler: &Compiler) -> Vec<String> {
    let mut names = compiler.stats().compiled;
    names.sort();
    names
}

/// The scripts that it was trained with, and some that it was not.
fn sources() -> Vec<Source> {
    let mut all = vec![
        Source::new("empty.cs", ""),
        Source::new(
            "generic.cs",
            "class A<T, U> where T : struct, System.Enum where U : unmanaged { U[,] _all = new U[2, 3]; public (T, U) this[int i] => (default, _all[i, ^1]); }",
        ),
        Source::new(
            "dynamic.cs",
            "dynamic x = 1; Console.WriteLine(x + 1); System.Linq.Expressions.Expression<Func<int, int>> e = n => n * 2; var y = e.Compile()(3);",
        ),
        Source::new(
            "numbers.cs",
            "const double d = 1e308 * 10; const float f = 0.1f; const decimal m = 79228162514264337593543950335m; Console.WriteLine(d + f); Console.WriteLine(m); Console.WriteLine(1.0 / 3); ulong u = unchecked((ulong)-1); char c = (char)65; var q = (byte)200 + (sbyte)-1; Console.WriteLine((long)1e18f);",
        ),
        Source::new(
            "deep.cs",
            &*format!("int x = {}1{};", "(".repeat(60), ")".repeat(60)),
        ),
        Source::new(
            "names.cs",
            "void Ä(int ö) { int 变量 = ö; string s = \"\\U0001F600\\x41\" + @\"\"\"\" + $\"{变量:x}{{}}\"; } Ä(1);",
        ),
    ];
    let folder = workspace().join("guest-dotnet/training-scripts");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cs"))
        .collect();
    files.sort();
    assert!(files.len() >= 7, "{files:?}");
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        all.push(Source::new(name, std::fs::read_to_string(&path).unwrap()));
    }
    all
}

#[test]
fn it_says_and_makes_what_the_interpreted_one_does() {
    if !is_compiled() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let host = IsolatedRuntimeHost::builder()
        .compiled(Compiled::Off)
        .build()
        .unwrap();
    let interpreted = ScriptHost::builder()
        .host(&host)
        .cache_directory(cache.path())
        .build()
        .unwrap();
    let options = Options::default().allow_unsafe(true);
    let hosts = [scripts(), &interpreted].map(|host| host.with_options(options.clone()));
    let mut compilers = hosts.each_ref().map(|host| host.compiler().unwrap());
    let mut compiled = 0;
    for source in sources() {
        let [ahead, plain] = compilers.each_mut().map(|compiler| {
            let source = std::slice::from_ref(&source);
            match compiler.compile(source) {
                Ok(made) => Ok((
                    made.assembly().to_vec(),
                    made.symbols().map(|symbols| symbols.to_vec()),
                    made.diagnostics().clone(),
                )),
                Err(Error::Compile(diagnostics)) => Err(diagnostics),
                Err(error) => panic!("{error}"),
            }
        });
        compiled += usize::from(ahead.is_ok());
        assert!(
            ahead == plain,
            "{}: {:?} and {:?}",
            source.name,
            ahead.map(|(.., diagnostics)| diagnostics),
            plain.map(|(.., diagnostics)| diagnostics)
        );
    }
    assert!(compiled >= 8, "{compiled}");
    let globals = Globals::new().set("names", ["a", "b"]).unwrap();
    for expression in ["names.Select(n => n + 1).ToArray()", "names.Nope()", "1 +"] {
        let [ahead, plain] = compilers.each_mut().map(|compiler| {
            match compiler.compile_expression(expression, &globals) {
                Ok(made) => Ok(made.assembly().to_vec()),
                Err(Error::Compile(diagnostics)) => Err(diagnostics),
                Err(error) => panic!("{error}"),
            }
        });
        assert!(ahead == plain, "{expression}");
    }
    let [ahead, plain] = compilers.each_ref().map(compiled_in);
    assert_eq!(ahead, ASSEMBLIES);
    assert_eq!(plain, [] as [&str; 0]);
}

#[test]
fn compiled_code_of_another_assembly_is_left_alone() {
    if !is_compiled() {
        return;
    }
    let changed = tempfile::tempdir().unwrap();
    for name in ASSEMBLIES {
        for suffix in ["dll", "isolated.wasm"] {
            let file = format!("{name}.{suffix}");
            std::fs::copy(folder().join(&file), changed.path().join(&file)).unwrap();
        }
    }
    // As it is where an assembly was built again, and its compiled code was not.
    std::fs::copy(
        folder().join("Microsoft.CodeAnalysis.isolated.wasm"),
        changed.path().join("Isolator.Scripting.isolated.wasm"),
    )
    .unwrap();
    let cache = tempfile::tempdir().unwrap();
    let host = ScriptHost::builder()
        .host(scripts().host())
        .compiler(changed.path())
        .cache_directory(cache.path())
        .build()
        .unwrap();
    let mut compiler = host.compiler().unwrap();
    let found = compiler
        .check(&[Source::new("a.cs", "int x = \"\";")])
        .unwrap();
    assert_eq!(
        found.to_string(),
        "a.cs(1,9): error CS0029: Cannot implicitly convert type 'string' to 'int'"
    );
    assert_eq!(compiled_in(&compiler), ASSEMBLIES[1..]);
}
