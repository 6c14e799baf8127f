//! `cargo xtask train --compiler`: has the C# compiler of scripts compile this and that in a guest that notes which methods run, and writes the
//! list of those that `build-guest` compiles ahead of time.

use crate::guest::BuildGuest;
use crate::managed::Sdk;
use crate::scripting::{self, ROSLYN};
use crate::train;
use anyhow::{Context, Result, ensure};
use isolator_compile::Selection;
use isolator_guest_shim::mono::ahead::{self, Assemblies};
use isolator_guest_shim::mono::methods::{self, MethodName};
use isolator_guest_shim::{pack, recipe, steps};
use isolator_host::{AssemblyImage, IsolatedRuntimeHost};
use isolator_script::{Compiler, Error, Globals, Options, Source, training};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The scripts that it compiles: those called `mistakes` and `unfinished` have errors.
const SCRIPTS: &str = "guest-dotnet/training-scripts";
const WRONG: [&str; 2] = ["mistakes", "unfinished"];
/// Expressions, a line each, of which some are wrong.
const EXPRESSIONS: &str = "expressions.txt";
/// The training programs of the base library: each file by itself lacks what the others have, so that there is much to say.
const PROGRAMS: &str = "guest-dotnet/training";
/// What stands between exception filters and their callers, and cannot be compiled.
const INTERPRETED: &str = "Isolator.Runtime.Hosting.Filters";

/// Trains, and writes the list.
pub fn run(workspace: &Path, add: bool) -> Result<()> {
    // Without inlining, since no profile shows what the interpreter inlines.
    let guest = BuildGuest::profiling().without_inlining().run(workspace)?;
    let sdk = Sdk::find(workspace)?;
    let program = workspace.join("target/training");
    eprintln!("compiling the training programs");
    sdk.build(
        &workspace.join("guest-dotnet/training/Training.csproj"),
        Some(&program),
    )?;
    let compiler = scripting::folder(workspace);
    let host = IsolatedRuntimeHost::builder()
        .guest(&guest.folder)
        .assembly_directory(&compiler)?
        .assembly_directory(&program)?
        .build()?;
    eprintln!("compiling scripts");
    let libraries = libraries(&program)?;
    let met = train::profiled(&host, |runtime| {
        let mut compiler = training::compiler(&host, runtime, &libraries, Options::default())?;
        for options in options() {
            compiler = training::with_options(compiler, options);
            scripts(workspace, &mut compiler)?;
        }
        compiler = training::with_options(compiler, Options::default().allow_unsafe(true));
        programs(workspace, &mut compiler)?;
        sessions(workspace, &mut compiler)?;
        let mut runtime = training::runtime(compiler);
        train::finish(&mut runtime)?;
        Ok(runtime)
    })?;
    write_base(workspace, &met)?;
    write(workspace, &met, add)
}

/// What the training programs refer to beside the base library.
fn libraries(folder: &Path) -> Result<Vec<AssemblyImage>> {
    let files = steps::files_under(folder, &|path| {
        let own = path.file_stem().is_some_and(|stem| stem == train::PROGRAM);
        !own && path.extension().is_some_and(|e| e == "dll")
    })?;
    files
        .iter()
        .map(|path| {
            let bytes = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
            Ok(AssemblyImage::new(bytes))
        })
        .collect()
}

/// As scripts are compiled, and in other ways.
fn options() -> Vec<Options> {
    let usual = Options::default();
    vec![
        usual.clone().allow_unsafe(true),
        usual
            .clone()
            .symbols(false)
            .optimize(false)
            .allow_unsafe(true),
        usual
            .nullable(false)
            .implicit_usings(false)
            .using("System.Numerics")
            .language_version("13")
            .allow_unsafe(true),
    ]
}

fn scripts(workspace: &Path, compiler: &mut Compiler) -> Result<()> {
    let folder = workspace.join(SCRIPTS);
    for path in sources(&folder)? {
        let source = source(&path)?;
        let is_wrong = WRONG
            .iter()
            .any(|wrong| path.file_stem().is_some_and(|stem| stem == *wrong));
        let found = compiler.check(std::slice::from_ref(&source))?;
        eprintln!("  {}: {} diagnostics", source.name, found.len());
        ensure!(
            found.has_errors() || !is_wrong,
            "{} has no errors",
            source.name
        );
        if !is_wrong {
            let _ = allow_errors(compiler.compile(std::slice::from_ref(&source)))?;
            for broken in broken(&source.text) {
                compiler.check(&[Source::new(&*source.name, broken)])?;
            }
        }
    }
    let path = folder.join(EXPRESSIONS);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let globals = Globals::new()
        .set("names", ["a", "bc"])?
        .set("count", 3)?
        .typed("price", "decimal", "9.95")?;
    for line in text.lines() {
        let _ = allow_errors(compiler.compile_expression(line, &globals))?;
    }
    Ok(())
}

/// The programs in one, and each file by itself.
fn programs(workspace: &Path, compiler: &mut Compiler) -> Result<()> {
    let mut all = Vec::new();
    for path in sources(&workspace.join(PROGRAMS))? {
        let source = source(&path)?;
        let found = compiler.check(std::slice::from_ref(&source))?;
        eprintln!("  {}: {} diagnostics", source.name, found.len());
        all.push(source);
    }
    let _ = allow_errors(compiler.compile(&all))?;
    Ok(())
}

/// The scripts as submissions of sessions, with the expressions behind each; and what an editor asks for in them.
fn sessions(workspace: &Path, compiler: &mut Compiler) -> Result<()> {
    let folder = workspace.join(SCRIPTS);
    let path = folder.join(EXPRESSIONS);
    let expressions =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    for path in sources(&folder)? {
        let source = source(&path)?;
        let mut submissions = vec![
            "using System.Text; string[] names = [\"a\", \"bc\"]; int count = 3; decimal price = 9.95m;",
            &*source.text,
        ];
        submissions.extend(expressions.lines());
        training::session(compiler, &submissions)?;
        let text = &*source.text;
        let points = text.match_indices('.').map(|(at, _)| at + 1);
        let places: Vec<usize> = points.step_by(7).chain([0, text.len()]).collect();
        for place in places {
            compiler.complete(std::slice::from_ref(&source), 0, place)?;
        }
        eprintln!("  {}: a session", source.name);
    }
    Ok(())
}

/// The same text with something missing, in a dozen places.
fn broken(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    (1..12)
        .map(|part| {
            let at = lines.len() * part / 12;
            let mut left = lines.clone();
            let line = left[at];
            // By turns without its last character, its first half, or all of it.
            left[at] = match part % 3 {
                0 => "",
                1 => line.get(..line.len().saturating_sub(1)).unwrap_or(""),
                _ => line.get(line.len() / 2..).unwrap_or(""),
            };
            left.join("\n")
        })
        .collect()
}

fn allow_errors<T>(outcome: isolator_script::Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(made) => Ok(Some(made)),
        Err(Error::Compile(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(steps::files_under(folder, &|path| {
        path.extension().is_some_and(|e| e == "cs")
    })?)
}

fn source(path: &Path) -> Result<Source> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Source::new(name, text))
}

fn write(workspace: &Path, met: &BTreeSet<MethodName>, add: bool) -> Result<()> {
    let assemblies = assemblies(workspace, &ROSLYN)?;
    let is_value = |ty: &methods::TypeName| assemblies.is_value(ty);
    // What all have: which of them an instance is for decides where it is used. Of the compiler's own methods over references names are enough.
    let mut instances = Selection::default();
    for method in met.iter().filter(|method| assemblies.have(method)) {
        let mut arguments = method.owner.arguments.iter().chain(&method.arguments);
        let is_generic = arguments.clone().next().is_some();
        let is_base = is_generic && !ROSLYN.contains(&&*method.owner.assembly);
        if is_base || arguments.any(is_value) {
            instances.add_instance(method.key(&is_value));
        }
    }
    std::fs::create_dir_all(workspace.join(scripting::LIST))?;
    for name in ROSLYN {
        let path = scripting::list(workspace, name);
        let mut all = instances.clone();
        if add && path.is_file() {
            all.extend(&Selection::read(&path)?);
        }
        for method in met.iter().filter(|method| method.owner.assembly == name) {
            all.add(&method.owner.name, &method.name);
        }
        std::fs::write(&path, all.text()).with_context(|| format!("write {}", path.display()))?;
        eprintln!(
            "{}: {} names of methods",
            path.display(),
            all.iter().count()
        );
    }
    Ok(())
}

/// The base library, and these assemblies of the compiler's.
pub fn assemblies(workspace: &Path, names: &[&str]) -> Result<Assemblies> {
    let mut files = steps::files_under(
        &recipe::assemblies(workspace, pack::DEFAULT_VERSION),
        &|path| path.extension().is_some_and(|e| e == "dll"),
    )?;
    let folder = scripting::folder(workspace);
    files.extend(names.iter().map(|name| folder.join(format!("{name}.dll"))));
    Ok(Assemblies::read(&files)?)
}

/// Writes the list of what the compiler uses of the base library, and the guest's own list does not have. Of generic methods the compiler's side modules have
/// the code.
fn write_base(workspace: &Path, met: &BTreeSet<MethodName>) -> Result<()> {
    let assemblies = assemblies(workspace, &[])?;
    let is_value = |ty: &methods::TypeName| assemblies.is_value(ty);
    let there: BTreeSet<u32> = methods::read(&workspace.join(ahead::LIST))?
        .iter()
        .map(|method| method.key(&is_value))
        .collect();
    let list: BTreeSet<MethodName> = met
        .iter()
        .filter(|method| method.owner.arguments.is_empty() && method.arguments.is_empty())
        .filter(|method| assemblies.have(method) && assemblies.may_be_compiled(method))
        .filter(|method| !train::is_useless(method))
        .filter(|method| method.owner.name != INTERPRETED)
        .filter(|method| !there.contains(&method.key(&is_value)))
        .cloned()
        .collect();
    let folder = workspace.join(ahead::COMPILER_LIST);
    methods::write(&folder, &list)?;
    eprintln!(
        "{}: {} methods of the base library",
        folder.display(),
        list.len()
    );
    Ok(())
}
