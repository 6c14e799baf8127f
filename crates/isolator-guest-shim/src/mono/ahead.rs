//! Compiles the listed methods ahead of time: assemblies to bitcode by Mono's compiler, bitcode to objects by clang.

use super::compiler::Compiler;
use super::methods::{self, MethodName, TypeName};
use super::profile;
use crate::error::{BuildError, Context};
use crate::metadata::Metadata;
use crate::steps::Inputs;
use crate::tools::{Tools, run};
use isolator_compile::CLANG;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Where the list is in the workspace.
pub const LIST: &str = "guest-dotnet/compiled";
/// Where the list of those is that the C# compiler of scripts uses beside these.
pub const COMPILER_LIST: &str = "guest-dotnet/compiled-scripting/base";

/// What the compiler is told, beside its profile and its output.
///
/// - `llvmonly,interp`: what is not compiled is interpreted, and each calls the other.
/// - `profile-only`: nothing but what the profile names; whole libraries are ten times as large and slower at LINQ, since the
///   versions of generic methods that value types share win over exact ones.
/// - `direct-icalls`: calls of the runtime's C functions are calls, not looked up.
/// - `deterministic,nodebug`: the same input gives the same bytes.
const OPTIONS: &str = "no-opt,static,direct-icalls,deterministic,nodebug,mattr=simd,llvmonly,interp,asmonly,profile-only";

/// Methods that only the interpreter runs rightly: a type, and a method or all of them.
const INTERPRETED: &[(&str, Option<&str>)] = &[
    // They call functions of any signature with words, which is how the interpreter itself passes arguments, and which traps in
    // compiled code.
    ("Isolator.Runtime.Entry", Some("CallScalar")),
    ("Isolator.Runtime.Entry", Some("CallWords")),
    ("Isolator.Runtime.Members.Batches", None),
    // They ask for frames by their number, counted from themselves: see frames.c.
    ("System.Diagnostics.StackFrame", None),
    ("System.Diagnostics.StackTrace", None),
    ("System.Environment", Some("get_StackTrace")),
    ("System.Exception", Some("SetCurrentStackTrace")),
    // It also throws exceptions that have a trace, which the interpreter begins anew and compiled code goes on with.
    (
        "System.Runtime.ExceptionServices.ExceptionDispatchInfo",
        None,
    ),
];

/// The assemblies of a guest, as it boots from them.
#[derive(Debug, Default)]
pub struct Assemblies {
    /// MVIDs, by assembly.
    mvids: BTreeMap<String, String>,
    /// Every method, and whether one of that name has a filter.
    methods: HashMap<Key, bool>,
    /// Structs and enums: assembly, namespace, type.
    values: HashSet<(String, String, String)>,
}

/// What the metadata tells of a method: assembly, namespace, type, name, number of parameters.
type Key = (String, String, String, String, usize);

impl Assemblies {
    /// Reads them.
    ///
    /// # Errors
    /// If one cannot be read, or is no assembly.
    pub fn read(files: &[PathBuf]) -> Result<Self, BuildError> {
        let mut all = Self::default();
        for path in files {
            let bytes = std::fs::read(path).at("read", path)?;
            let metadata = Metadata::read(&bytes);
            let (Some(metadata), Some(mvid)) =
                (&metadata, metadata.as_ref().and_then(Metadata::mvid))
            else {
                return Err(BuildError::Recipe(format!(
                    "{} is no assembly",
                    path.display()
                )));
            };
            let assembly = stem(path);
            for method in metadata.all_methods() {
                let key = (
                    assembly.clone(),
                    method.namespace.into(),
                    method.owner.into(),
                    method.name.into(),
                    method.parameters,
                );
                *all.methods.entry(key).or_default() |= method.filters;
            }
            all.values.extend(
                metadata
                    .value_types()
                    .map(|(namespace, name)| (assembly.clone(), namespace.into(), name.into())),
            );
            all.mvids.insert(assembly, mvid);
        }
        Ok(all)
    }

    /// Whether that type is a struct or an enum.
    #[must_use]
    pub fn is_value(&self, ty: &TypeName) -> bool {
        // Arrays and pointers of a struct are none.
        let (namespace, name) = split(&ty.name);
        self.values
            .contains(&(ty.assembly.clone(), namespace.to_owned(), name.to_owned()))
    }

    /// Whether that method is in them, as far as its own name tells and those of all assemblies that it names.
    #[must_use]
    pub fn have(&self, method: &MethodName) -> bool {
        method
            .assemblies()
            .iter()
            .all(|a| self.mvids.contains_key(*a))
            && self.methods.contains_key(&key(method))
    }

    /// Whether compiled code of the method is right.
    ///
    /// Filters are run by the interpreter while the frame of the method is still there; of what a compiled one has in it the
    /// interpreter sees only what was written back, and that happens where the method catches, which is later.
    #[must_use]
    pub fn may_be_compiled(&self, method: &MethodName) -> bool {
        let listed = INTERPRETED.iter().any(|(owner, name)| {
            *owner == method.owner.name && name.is_none_or(|name| name == method.name)
        });
        !listed && self.methods.get(&key(method)) != Some(&true)
    }
}

/// What the metadata would tell of the method.
fn key(method: &MethodName) -> Key {
    let (namespace, owner) = split(&method.owner.name);
    (
        method.owner.assembly.clone(),
        namespace.to_owned(),
        owner.to_owned(),
        method.name.clone(),
        method.parameters(),
    )
}

/// A type's namespace and name, as metadata have them.
fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once('/') {
        Some((_, inner)) => ("", inner),
        // The namespace ends at the last dot before the name, which itself may begin with one only if it has none.
        None => name.rsplit_once('.').unwrap_or(("", name)),
    }
}

/// An assembly's name, from its file's.
fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What both lists have.
///
/// # Errors
/// If a file of theirs cannot be read.
pub fn read(workspace: &Path) -> Result<BTreeSet<MethodName>, BuildError> {
    let mut all = methods::read(&workspace.join(LIST))?;
    let more = workspace.join(COMPILER_LIST);
    if more.is_dir() {
        all.extend(methods::read(&more)?);
    }
    Ok(all)
}

/// The list for these assemblies: what they have of it. What they lack is named in a warning.
///
/// # Errors
/// If the list or an assembly cannot be read.
pub fn list(workspace: &Path, all: &Assemblies) -> Result<BTreeSet<MethodName>, BuildError> {
    let (kept, lost): (BTreeSet<_>, BTreeSet<_>) = read(workspace)?
        .into_iter()
        .filter(|method| all.may_be_compiled(method))
        .partition(|method| all.have(method));
    if !lost.is_empty() {
        let names: Vec<String> = lost.iter().map(MethodName::to_string).collect();
        tracing::warn!(
            "{} of the {} methods in {LIST} are not in these assemblies and stay interpreted:\n  {}",
            lost.len(),
            lost.len() + kept.len(),
            names.join("\n  ")
        );
    }
    Ok(kept)
}

/// All that compiled code is made from, but for the assemblies and the list, for a step's key.
#[must_use]
pub fn inputs(tools: &Tools, compiler: &Compiler) -> Inputs {
    Inputs::default()
        .value(&tools.clang_version)
        .value(tools.clang_arguments.join(" "))
        .value(&compiler.sha512)
        .value(include_str!("ahead.rs"))
        .value(CLANG.join(" "))
        .value(isolator_compile::SOURCES.concat())
}

/// One run of the compiler over some assemblies.
#[derive(Debug)]
pub struct Run<'a> {
    /// The tools.
    pub tools: &'a Tools,
    /// The compiler.
    pub compiler: &'a Compiler,
    /// Folder with all assemblies of the guest, as it boots from them.
    pub folder: &'a Path,
    /// What is known of them.
    pub all: &'a Assemblies,
    /// Methods to compile.
    pub list: &'a BTreeSet<MethodName>,
    /// Where the objects go.
    pub out: &'a Path,
}

impl Run<'_> {
    /// Compiles the methods of these assemblies; the objects are `out/NAME.o`.
    ///
    /// # Errors
    /// If a tool fails; what it said is in the error.
    pub fn compile(&self, assemblies: &[String]) -> Result<(), BuildError> {
        // What a former list made is no part of this one's.
        let _ = std::fs::remove_dir_all(self.out);
        std::fs::create_dir_all(self.out).at("create", self.out)?;
        let profile = self.out.join("methods.aotprofile");
        let bytes = profile::encode(self.list, &self.all.mvids)?;
        std::fs::write(&profile, bytes).at("write", &profile)?;
        let mut queue = assemblies.to_vec();
        // The largest first: the last of all is then a short one.
        queue.sort_by_key(|name| std::fs::metadata(self.assembly(name)).map_or(0, |m| m.len()));
        let queue = Mutex::new(queue);
        let next = || queue.lock().ok().and_then(|mut queue| queue.pop());
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let work = || {
                while let Some(name) = next() {
                    self.one(&name, &profile)?;
                }
                Ok(())
            };
            let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })
    }

    fn assembly(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.dll"))
    }

    fn one(&self, name: &str, profile: &Path) -> Result<(), BuildError> {
        let temporary = self.out.join(format!("{name}.tmp"));
        std::fs::create_dir_all(&temporary).at("create", &temporary)?;
        let bitcode = self.out.join(format!("{name}.bc"));
        let mut compiler = Command::new(&self.compiler.program);
        compiler
            .env("LD_LIBRARY_PATH", &self.compiler.libraries)
            .env("MONO_PATH", self.folder)
            .args(["--llvm", "--wasm-exceptions"])
            .arg(format!(
                "--aot={OPTIONS},profile={},temp-path={},llvm-outfile={}",
                profile.display(),
                temporary.display(),
                bitcode.display()
            ))
            .arg(self.assembly(name));
        let said = run(&format!("compile {name} ahead"), &mut compiler)?;
        tracing::debug!(assembly = name, "{said}");
        let mut clang = Command::new(&self.tools.clang);
        clang
            .args(&self.tools.clang_arguments)
            .args(CLANG)
            .arg("-c")
            .arg(&bitcode)
            .arg("-o")
            .arg(object(self.out, name));
        run(&format!("compile the bitcode of {name}"), &mut clang)?;
        std::fs::remove_file(&bitcode).at("remove", &bitcode)?;
        let _ = std::fs::remove_dir_all(&temporary);
        Ok(())
    }
}

/// Where the object of an assembly is.
#[must_use]
pub fn object(out: &Path, name: &str) -> PathBuf {
    out.join(format!("{name}.o"))
}

/// What the compiler begins the names of an assembly's functions with.
#[must_use]
pub fn symbols(assembly: &str) -> String {
    let name = match assembly {
        methods::CORE => "corlib",
        name => name,
    };
    format!("{}_", symbol(name))
}

fn symbol(assembly: &str) -> String {
    assembly
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// The text of `driver-gen.c`, by which the pack's `runtime.c` makes compiled code known to the runtime.
#[must_use]
pub fn driver(assemblies: &[String]) -> String {
    use std::fmt::Write;
    let mut out = String::from("extern void mono_aot_register_module (void **info);\n");
    let symbol = |name: &String| format!("mono_aot_module_{}_info", symbol(name));
    for name in assemblies {
        let _ = writeln!(out, "extern void *{};", symbol(name));
    }
    out.push_str("static void register_aot_modules (void) {\n");
    for name in assemblies {
        let _ = writeln!(out, "  mono_aot_register_module ({});", symbol(name));
    }
    out.push_str("}\n");
    out
}
