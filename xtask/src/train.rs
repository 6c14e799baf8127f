//! `cargo xtask train`: runs the training programs in a guest that notes which methods run, and writes the list of those
//! that `build-guest` compiles ahead of time.

mod compiler;

use crate::guest::BuildGuest;
use crate::managed::Sdk;
use crate::record::Sample;
use anyhow::{Context, Result, ensure};
use clap::Args;
use isolator_guest_shim::mono::methods::{MethodName, TypeName};
use isolator_guest_shim::mono::{ahead, methods, profile};
use isolator_host::{Access, IsolatedRuntime, IsolatedRuntimeHost, Limits};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Name of the program, and of the assembly that its methods are in.
pub const PROGRAM: &str = "Training";
/// Environment variable by which the program is told where its profile goes.
const PROFILE: &str = "TRAINING_PROFILE";
/// The method that runs last.
const LAST: &str = "Finish";
/// The parts of the training program whose methods are compiled.
const CHOSEN: &str = "guest-dotnet/training/chosen.txt";

/// Arguments of `train`.
#[derive(Args)]
pub struct Train {
    /// Keep what the list has now, and add what is met.
    #[arg(long)]
    add: bool,
    /// Train the C# compiler of scripts instead: which of its methods are compiled ahead.
    #[arg(long, conflicts_with = "parts")]
    compiler: bool,
    /// Parts of the training program to run (`strings*`: those that begin so), instead of those in guest-dotnet/training/chosen.txt.
    parts: Vec<String>,
}

impl Train {
    /// Trains, and writes the list.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        if self.compiler {
            return compiler::run(workspace, self.add);
        }
        let guest = BuildGuest::profiling().run(workspace)?;
        let sdk = Sdk::find(workspace)?;
        let out = workspace.join("target/training");
        eprintln!("compiling the training programs");
        sdk.build(
            &workspace.join("guest-dotnet/training/Training.csproj"),
            Some(&out),
        )?;
        let host = IsolatedRuntimeHost::builder()
            .guest(&guest.folder)
            .assembly_directory(&out)?
            .build()?;
        let mut met = BTreeSet::new();
        eprintln!("running the training programs");
        let chosen = workspace.join(CHOSEN);
        let chosen = std::fs::read_to_string(&chosen)
            .with_context(|| format!("read {}", chosen.display()))?;
        let parts: Vec<&str> = if self.parts.is_empty() {
            chosen
                .lines()
                .filter(|line| !line.starts_with('#'))
                .flat_map(str::split_whitespace)
                .collect()
        } else {
            self.parts.iter().map(String::as_str).collect()
        };
        met.extend(profiled(&host, |mut runtime| {
            let program = runtime.load_assembly(PROGRAM)?;
            let code = runtime.run_main(&program, &parts)?;
            eprint!("{}", runtime.stderr_utf8());
            ensure!(
                code == 0,
                "the training program returned {code}:\n{}",
                runtime.stdout_utf8()
            );
            Ok(runtime)
        })?);
        eprintln!("calling from outside");
        met.extend(profiled(&host, |mut runtime| {
            calls(&mut runtime)?;
            finish(&mut runtime)?;
            Ok(runtime)
        })?);
        self.write(workspace, met)
    }

    fn write(&self, workspace: &Path, met: BTreeSet<MethodName>) -> Result<()> {
        let folder = workspace.join(ahead::LIST);
        let assemblies = compiler::assemblies(workspace, &[])?;
        let before = match folder.is_dir() {
            true => methods::read(&folder)?,
            false => BTreeSet::new(),
        };
        let mut list: BTreeSet<MethodName> = met
            .into_iter()
            .filter(|method| {
                assemblies.have(method)
                    && assemblies.may_be_compiled(method)
                    && is_usual(method, &assemblies)
            })
            .collect();
        list = without_copies(list, &assemblies);
        for (assembly, line) in INLINED {
            let method = MethodName::parse(assembly, line).map_err(anyhow::Error::msg)?;
            if assemblies.have(&method) {
                list.insert(method);
            }
        }
        if self.add {
            list.extend(before.iter().cloned());
        }
        methods::write(&folder, &list)?;
        eprintln!(
            "{}: {} methods, {} of them new, {} gone",
            folder.display(),
            list.len(),
            list.difference(&before).count(),
            before.difference(&list).count()
        );
        Ok(())
    }
}

/// Instances over classes share their code, so one of each kind is enough: the one whose arguments come first by name.
fn without_copies(
    list: BTreeSet<MethodName>,
    assemblies: &ahead::Assemblies,
) -> BTreeSet<MethodName> {
    fn shared(ty: &TypeName, assemblies: &ahead::Assemblies) -> TypeName {
        if !assemblies.is_value(ty) {
            return TypeName::core("System.Object");
        }
        let arguments = ty.arguments.iter().map(|ty| shared(ty, assemblies));
        TypeName {
            arguments: arguments.collect(),
            ..ty.clone()
        }
    }
    let mut kinds: BTreeMap<MethodName, Vec<MethodName>> = BTreeMap::new();
    for method in list {
        let mut kind = method.clone();
        for argument in kind.owner.arguments.iter_mut().chain(&mut kind.arguments) {
            *argument = shared(argument, assemblies);
        }
        // The signature names the arguments, too. What overloads differ in beside is the number of parameters, mostly.
        kind.signature = method.parameters().to_string();
        kinds.entry(kind).or_default().push(method);
    }
    kinds
        .into_iter()
        .flat_map(|(kind, methods)| {
            let arguments = |m: &MethodName| (m.owner.arguments.clone(), m.arguments.clone());
            let wanted = (kind.owner.arguments, kind.arguments);
            let least = methods
                .iter()
                .map(arguments)
                .min_by_key(|arguments| (*arguments != wanted, arguments.clone()));
            methods
                .into_iter()
                .filter(move |method| Some(arguments(method)) == least)
        })
        .collect()
}

/// Namespaces of which exact instances over value types are left to the interpreter: there are very many, and few programs have any.
const SELDOM: &[&str] = &[
    "System.Collections.Immutable.",
    "System.Collections.Concurrent.",
    "System.Collections.Frozen.",
];

/// Namespaces with the generic types of which programs have instances of their own choice.
const CHOSEN_BY_PROGRAMS: &[&str] = &["System.Collections.", "System.Linq.", "System.Text.Json."];

/// Value types that few programs keep in collections, query or serialize.
const RARE: &[&str] = &[
    "System.SByte",
    "System.Int16",
    "System.UInt16",
    "System.UInt32",
    "System.UInt64",
    "System.Int128",
    "System.UInt128",
    "System.Half",
    "System.Single",
    "System.DateOnly",
    "System.TimeOnly",
    "System.TimeSpan",
    "System.DateTimeOffset",
    "System.DayOfWeek",
    "System.ValueTuple`3",
    "System.ValueTuple`4",
];

/// Value types that stand for others in pairs (`Dictionary<string, int>`), which would be too many otherwise.
const IN_PAIRS: &[&str] = &[
    "System.Int32",
    "System.Int64",
    "System.Double",
    "System.Boolean",
    "System.Char",
];

/// What is left to the interpreter whole: an engine for patterns that backtracking is forbidden for, and queries on threads, which there are none of.
const LEFT_OUT: &[&str] = &[
    "System.Text.RegularExpressions.Symbolic.",
    "System.Linq.Parallel.",
];

/// Methods that no profile shows, since the interpreter inlines them, and that compiled code calls: assembly and line. They give or take structs
/// with a buffer of fixed size, and the entry from compiled into interpreted code that Mono's compiler makes for such a signature counts one
/// element only.
const INLINED: &[(&str, &str)] = &[(
    methods::CORE,
    "System.Buffers.BitVector256\tCreateInverse\tSystem.Buffers.BitVector256()",
)];

/// Vectors that WebAssembly does not have, and what is left to the interpreter whole.
fn is_useless(method: &MethodName) -> bool {
    let line = method.line();
    let wide = ["Vector256", "Vector512"];
    wide.iter().chain(LEFT_OUT).any(|name| line.contains(name))
}

/// Whether the method is worth its code.
fn is_usual(method: &MethodName, assemblies: &ahead::Assemblies) -> bool {
    fn of_references(ty: &TypeName) -> bool {
        // What reference types share is compiled for these two.
        let reference = matches!(
            &*ty.name,
            "System.Object" | "System.String" | "System.__Canon"
        );
        reference || (!ty.arguments.is_empty() && ty.arguments.iter().all(of_references))
    }
    fn is_rare(ty: &TypeName) -> bool {
        RARE.contains(&&*ty.name) || ty.arguments.iter().any(is_rare)
    }
    let rare_pair = |arguments: &[TypeName]| match arguments {
        [key, value] => {
            let usual_key = !assemblies.is_value(key) || key.name == "System.Int32";
            assemblies.is_value(value) && !(usual_key && IN_PAIRS.contains(&&*value.name))
        }
        _ => false,
    };
    let mut arguments = method.owner.arguments.iter().chain(&method.arguments);
    let owner_is_in = |names: &[&str]| names.iter().any(|name| method.owner.name.starts_with(name));
    !is_useless(method)
        && (!owner_is_in(SELDOM) || arguments.clone().all(of_references))
        && (!owner_is_in(CHOSEN_BY_PROGRAMS)
            || !(arguments.any(is_rare)
                || rare_pair(&method.owner.arguments)
                || rare_pair(&method.arguments)))
}

/// Ends the training in a runtime whose program did not.
pub fn finish(runtime: &mut IsolatedRuntime) -> Result<()> {
    Ok(runtime.call::<()>(PROGRAM, "Training.Profile", LAST, ())?)
}

/// Runs something in a runtime of its own, and reads what its profile says in the end. It gives the runtime back, if it still has it.
pub fn profiled(
    host: &IsolatedRuntimeHost,
    run: impl FnOnce(IsolatedRuntime) -> Result<IsolatedRuntime>,
) -> Result<BTreeSet<MethodName>> {
    let folder = tempfile::tempdir()?;
    let scratch = tempfile::tempdir()?;
    let runtime = host
        .runtime()
        .limits(Limits::none())
        .directory(folder.path(), "/profile", Access::ReadWrite)
        .directory(scratch.path(), "/tmp", Access::ReadWrite)
        .env(PROFILE, "/profile/methods.aotprofile")
        .create()?;
    let runtime = run(runtime)?;
    let path = folder.path().join("methods.aotprofile");
    let bytes = std::fs::read(&path).with_context(|| {
        format!(
            "the training left no profile.\n{}{}",
            runtime.stdout_utf8(),
            runtime.stderr_utf8()
        )
    })?;
    let met = profile::decode(&bytes)?;
    ensure!(
        met.iter()
            .any(|method| method.owner.assembly == PROGRAM && method.name == LAST),
        "the profile was written before the training ended: its {} methods do not have the last one that ran",
        met.len()
    );
    Ok(met)
}

/// What hosts do: calls of every kind, so that the dispatcher is on the list.
fn calls(runtime: &mut IsolatedRuntime) -> Result<()> {
    const OWN: &str = "Isolator.Runtime";
    const TYPE: &str = "Isolator.Runtime.WarmUp";
    let largest: i32 = runtime.call("System.Private.CoreLib", "System.Math", "Max", (3, 4))?;
    ensure!(largest == 4, "Max gave {largest}");
    let sample = Sample {
        stamp: 1000,
        ..Sample::new()
    };
    for _ in 0..3 {
        let echoed: Sample = runtime.call(OWN, TYPE, "Echo", (sample.clone(),))?;
        ensure!(echoed.id == 2, "Echo gave {echoed:?}");
        let greeting: String = runtime.call(OWN, TYPE, "Greet", ("you",))?;
        ensure!(greeting == "Hello, you!", "Greet gave {greeting}");
        let numbers: Vec<i32> = runtime.call(OWN, TYPE, "EchoNumbers", (vec![1, 2, 3],))?;
        ensure!(numbers == [1, 2, 3], "EchoNumbers gave {numbers:?}");
    }
    let counter = runtime.create_object(OWN, TYPE)?;
    let increment = runtime.find_method(OWN, TYPE, "Increment")?;
    let count: i32 = runtime.invoke_on(&increment, &counter, (1,))?;
    ensure!(count == 1, "Increment gave {count}");
    ensure!(
        runtime.call::<()>(OWN, TYPE, "Throw", ()).is_err(),
        "Throw returned"
    );
    Ok(())
}
