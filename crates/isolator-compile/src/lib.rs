//! Compiles .NET assemblies ahead of time into side modules, which a guest links with itself when it loads the assembly.
//!
//! What is compiled is read from the assembly's metadata ([`instances`]); what these do not tell, a [`Training`] shows. .NET's own compiler for WebAssembly makes LLVM's
//! bitcode of it, clang an object, wasm-ld a module that can be put anywhere in a memory. They run as child processes, with nothing of this
//! process's environment, within [`ToolLimits`], and on Linux in reach of nothing but their inputs, the system's programs and a folder that they write in.
//!
//! With the feature `host`, `HostCompiler` does it for services that take plug-ins in: bytes in, images with their compiled code out.

mod confine;
mod conversions;
pub mod error;
#[cfg(feature = "host")]
mod host;
mod il;
pub mod instances;
mod large;
mod layout;
mod link;
pub mod metadata;
pub mod methods;
pub mod profile;
mod relocations;
mod resolve;
mod selection;
pub mod state;
mod tools;
mod training;
mod types;
mod universe;

pub use error::{BuildError, MissingTool};
#[cfg(feature = "host")]
pub use host::{HostCompiler, Prepared, Summary};
pub use link::stamped_for;
pub use selection::Selection;
pub use tools::{COMPILER_VARIABLE, ToolLimits, Tools, package, pinned};
pub use training::Training;

use confine::Reach;
use error::Context;
use isolator_abi::manifest::GuestManifest;
use isolator_abi::side::{LARGEST_SIDE_FUNCTION, SIDE_ABI, SideStamp};
use link::Offer;
use metadata::{ASSEMBLY_REF, Metadata};
use methods::MethodName;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use universe::{Bounds, Universe};

/// What the compiler is told, beside its profile and its output.
///
/// As for the base library, with one difference: calls of the runtime's C functions go through the guest's wrappers, so that a module needs
/// few names.
const OPTIONS: &str = "no-opt,static,deterministic,nodebug,mattr=simd,llvmonly,interp,asmonly,profile-only,print-skipped";

/// What clang is told of the bitcode that Mono's compiler writes: exceptions in the standard encoding.
pub const CLANG: [&str; 11] = [
    "-O2",
    "-mbulk-memory",
    "-msimd128",
    "-mexception-handling",
    "-fwasm-exceptions",
    "-mllvm",
    "-wasm-enable-eh",
    "-mllvm",
    "-wasm-use-legacy-eh=false",
    "-Wno-override-module",
    "-fno-strict-aliasing",
];

/// What it is told beside: code that can be put anywhere.
const ANYWHERE: [&str; 2] = ["--target=wasm32-wasip1", "-fPIC"];

/// The sources that decide what a guest's own compiled code looks like, for whoever keeps it by its inputs.
pub const SOURCES: [&str; 2] = [include_str!("methods.rs"), include_str!("profile.rs")];

/// The sources that decide what a side module looks like, likewise.
pub const SIDE_SOURCES: [&str; 18] = [
    include_str!("conversions.rs"),
    include_str!("il.rs"),
    include_str!("instances.rs"),
    include_str!("large.rs"),
    include_str!("layout.rs"),
    include_str!("lib.rs"),
    include_str!("link.rs"),
    include_str!("metadata.rs"),
    include_str!("methods.rs"),
    include_str!("profile.rs"),
    include_str!("relocations.rs"),
    include_str!("resolve.rs"),
    include_str!("selection.rs"),
    include_str!("side.S"),
    include_str!("side.c"),
    include_str!("state.rs"),
    include_str!("types.rs"),
    include_str!("universe.rs"),
];

/// A guest image, as far as programs are compiled for it.
#[derive(Debug)]
pub struct Guest {
    digest: String,
    offer: Offer,
    /// Its assemblies, written into a folder.
    folder: tempfile::TempDir,
    assemblies: Vec<(String, Vec<u8>)>,
}

impl Guest {
    /// Reads an image: its manifest, its code and its state.
    ///
    /// # Errors
    /// If it has no compiled code, by which it could run others', or cannot be read.
    pub fn new(manifest: &GuestManifest, code: &[u8], state: &[u8]) -> Result<Self, BuildError> {
        let offer = link::offer(code)?;
        if offer.functions.is_empty() {
            return Err(BuildError::Recipe(
                "the guest image runs no compiled programs: it was built without compiled code itself (`--interpreted`)".into(),
            ));
        }
        let memory = state::memory(state)?;
        let assemblies: Vec<(String, Vec<u8>)> = state::assemblies(&memory)
            .into_iter()
            .filter(|(name, _)| is_plain(name))
            .map(|(name, bytes)| (name, bytes.to_vec()))
            .collect();
        if !assemblies.iter().any(|(name, _)| name == methods::CORE) {
            return Err(BuildError::Recipe(
                "the guest image's snapshot holds no base class library where this tool looks for it".into(),
            ));
        }
        let folder = tempfile::tempdir().at("make a folder in", &std::env::temp_dir())?;
        for (name, bytes) in &assemblies {
            write(folder.path(), name, bytes)?;
        }
        Ok(Self {
            digest: manifest.digest.clone(),
            offer,
            folder,
            assemblies,
        })
    }

    /// A digest of all that decides what is compiled for it. Images that differ in their state alone have the same, and each other's side modules,
    /// once these are stamped anew ([`stamped_for`]).
    #[must_use]
    pub fn key(&self) -> String {
        let mut key = blake3::Hasher::new();
        let mut add = |bytes: &[u8]| {
            key.update(&(bytes.len() as u64).to_le_bytes());
            key.update(bytes);
        };
        for (name, bytes) in &self.assemblies {
            add(name.as_bytes());
            add(bytes);
        }
        for name in &self.offer.functions {
            add(name.as_bytes());
        }
        for method in &self.offer.compiled {
            add(&method.to_le_bytes());
        }
        key.finalize().to_string()
    }

    /// Its assemblies' names and bytes.
    pub fn assemblies(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.assemblies
            .iter()
            .map(|(name, bytes)| (&**name, &**bytes))
    }
}

impl Guest {
    /// The methods of one of its assemblies that can be named in a profile, as the compiler would be told of them: for tests of the names.
    #[doc(hidden)]
    #[must_use]
    pub fn methods(&self, assembly: &str) -> Vec<methods::MethodName> {
        let mut universe = Universe::default();
        for (_, bytes) in &self.assemblies {
            if let Some(metadata) = Metadata::read(bytes) {
                universe.add(metadata);
            }
        }
        universe
            .assembly(assembly)
            .map(|number| instances::own(&universe, number).methods)
            .unwrap_or_default()
    }
}

/// What came of an assembly.
#[derive(Debug)]
pub struct Compiled {
    /// The assembly's name.
    pub assembly: String,
    /// The side module.
    pub wasm: Vec<u8>,
    /// Methods that are compiled: the assembly's own, and all with instances of generic ones.
    pub own: usize,
    /// See `own`.
    pub methods: usize,
    /// Own methods that stay interpreted, and why.
    pub interpreted: Vec<(String, String)>,
    /// What a selection names, and the assembly does not have.
    pub lost: Vec<String>,
    /// Of `methods`, those that a training showed beside what metadata tell: its instances, and what these lead to.
    pub trained: usize,
    /// How long the compiler, clang and the linker took.
    pub times: [Duration; 3],
}

/// The simple name of an assembly.
///
/// # Errors
/// If it is none.
pub fn name(assembly: &[u8]) -> Result<String, BuildError> {
    let metadata = read(assembly, "the file")?;
    Ok(metadata.name().unwrap_or_default().to_owned())
}

/// The simple names of the assemblies that an assembly refers to.
///
/// # Errors
/// If it is none.
pub fn references(assembly: &[u8]) -> Result<Vec<String>, BuildError> {
    let metadata = read(assembly, "the file")?;
    Ok((0..metadata.rows(ASSEMBLY_REF))
        .filter_map(|row| metadata.text(ASSEMBLY_REF, row, 3).map(str::to_owned))
        .collect())
}

fn read<'a>(assembly: &'a [u8], what: &str) -> Result<Metadata<'a>, BuildError> {
    Metadata::read(assembly)
        .filter(|metadata| metadata.name().is_some())
        .ok_or_else(|| BuildError::Recipe(format!("{what} is no .NET assembly")))
}

/// Whether a name is a file's name and nothing else.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.starts_with('.')
        && !name
            .contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | ',' | ';' | '='))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, BuildError> {
    let path = folder.join(format!("{name}.dll"));
    std::fs::write(&path, bytes).at("write", &path)?;
    Ok(path)
}

/// Reads an assembly as [`Compiler::compile`] does before any tool runs, and looks at all that came of it: for the fuzz targets. A second assembly behind it is what it
/// refers to. The result is the names of the methods that would be compiled, and of those that would not.
#[doc(hidden)]
#[must_use]
pub fn fuzz_assembly(input: &[u8]) -> Option<(Vec<String>, Vec<String>)> {
    let metadata = Metadata::read(input)?;
    drop((references(input), metadata.mvid(), metadata.never_inlined()));
    let other = Metadata::length(input)
        .and_then(|length| input.get(length..))
        .and_then(Metadata::read);
    // Little: what is kept may be no more than a multiple of what came in.
    let mut universe = Universe::within(Bounds {
        parts: 4000,
        text: 1 << 20,
        until: Instant::now().checked_add(Duration::from_secs(1)),
    });
    let number = universe.add(metadata)?;
    let library = 1..1 + usize::from(other.is_some_and(|other| universe.add(other) == Some(1)));
    if let Ok(Some(changed)) = conversions::changed(&universe, number) {
        drop(name(&changed));
    }
    let training = Training::default();
    let choice = instances::choose(&universe, number, &[], library, None, &training);
    for method in choice.methods.iter().take(200) {
        drop(universe.methods_named(method));
    }
    drop(profile::encode(&choice.methods, &universe.mvids()));
    Some((
        choice.methods.iter().map(ToString::to_string).collect(),
        choice.interpreted.into_keys().collect(),
    ))
}

/// Compiles assemblies for one guest image.
#[derive(Debug)]
pub struct Compiler<'a> {
    /// The guest.
    pub guest: &'a Guest,
    /// The tools.
    pub tools: &'a Tools,
    /// What each of them may use up.
    pub limits: ToolLimits,
}

impl Compiler<'_> {
    /// Compiles an assembly. `others` are what it refers to beside the base class library; what is missing there makes methods that need it
    /// interpreted.
    ///
    /// # Errors
    /// If it is no assembly, is one of the guest's own, or a tool fails.
    pub fn compile(&self, assembly: &[u8], others: &[&[u8]]) -> Result<Compiled, BuildError> {
        self.make(assembly, others, None, &Training::default())
    }

    /// Compiles an assembly as [`compile`](Self::compile) does, with what a training showed beside: instances of its own generic methods, and of anybody's over its own
    /// structs.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_trained(
        &self,
        assembly: &[u8],
        others: &[&[u8]],
        training: &Training,
    ) -> Result<Compiled, BuildError> {
        self.make(assembly, others, None, training)
    }

    /// Compiles these methods of an assembly, and the instances of generic ones that they lead to: of a library that is too large to be compiled whole, and of
    /// which is known what is used.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_selected(
        &self,
        assembly: &[u8],
        others: &[&[u8]],
        selection: &Selection,
    ) -> Result<Compiled, BuildError> {
        self.make(assembly, others, Some(selection), &Training::default())
    }

    fn make(
        &self,
        assembly: &[u8],
        others: &[&[u8]],
        selection: Option<&Selection>,
        training: &Training,
    ) -> Result<Compiled, BuildError> {
        let metadata = read(assembly, "the file")?;
        let name = metadata.name().unwrap_or_default().to_owned();
        if !is_plain(&name) {
            return Err(BuildError::Recipe(
                "the assembly has a name that is no file's".into(),
            ));
        }
        if self
            .guest
            .assemblies
            .iter()
            .any(|(known, _)| *known == name)
        {
            return Err(BuildError::Recipe(format!(
                "{name} is part of the guest image, and compiled with it"
            )));
        }
        let mvid = metadata
            .mvid()
            .ok_or_else(|| BuildError::Recipe("the assembly has no module version id".into()))?;
        // What is read here is a stranger's, as what the tools read: it has their time.
        let mut universe = Universe::within(Bounds {
            until: Instant::now().checked_add(self.limits.time),
            ..Bounds::default()
        });
        let number = universe.add(metadata);
        for (_, bytes) in &self.guest.assemblies {
            universe.add(read(bytes, "an assembly of the guest's")?);
        }
        let place = tempfile::tempdir().at("make a folder in", &std::env::temp_dir())?;
        let [folder, made] = [INPUTS, "out"].map(|name| place.path().join(name));
        for folder in [&folder, &made] {
            std::fs::create_dir(folder).at("create", folder)?;
        }
        for other in others {
            let metadata = read(other, "one of the assemblies that it refers to")?;
            let other_name = metadata.name().unwrap_or_default().to_owned();
            if is_plain(&other_name) && universe.assembly(&other_name).is_none() {
                write(&folder, &other_name, &metadata.never_inlined())?;
                universe.add(metadata);
            }
        }
        let number = number.unwrap_or_default();
        let changed = conversions::changed(&universe, number)?;
        let path = write(&folder, &name, changed.as_deref().unwrap_or(assembly))?;
        let library = 1..1 + self.guest.assemblies.len();
        let there = &self.guest.offer.compiled;
        let mut choice = instances::choose(&universe, number, there, library, selection, training);
        if universe.is_late() {
            return Err(BuildError::late());
        }
        let mut interpreted: Vec<(String, String)> = std::mem::take(&mut choice.interpreted)
            .into_iter()
            .map(|(name, reason)| (name, reason.words().to_owned()))
            .collect();
        let work = Work {
            compiler: self,
            inputs: &folder,
            made: &made,
            name: &name,
            input: &path,
        };
        let mut times = [Duration::ZERO; 3];
        let wasm = loop {
            let profile = profile::encode(&choice.methods, &universe.mvids())?;
            let built = work.build(&profile)?;
            for (all, time) in times.iter_mut().zip(built.times) {
                *all += time;
            }
            let left = leave_large(&universe, &built.wasm, &mut choice.methods)?;
            if left.is_empty() {
                interpreted.extend(skipped(&built.said));
                break built.wasm;
            }
            interpreted.extend(left);
        };
        let stamp = SideStamp {
            abi: SIDE_ABI,
            assembly: name.clone(),
            mvid,
            assembly_blake3: blake3::hash(assembly).to_string(),
            image: self.guest.digest.clone(),
            methods: u32::try_from(choice.methods.len()).unwrap_or(u32::MAX),
        };
        Ok(Compiled {
            assembly: name,
            wasm: link::finish(&wasm, &self.guest.offer.functions, &stamp)?,
            own: choice.own,
            methods: choice.methods.len(),
            interpreted,
            lost: choice.lost,
            trained: choice.trained,
            times,
        })
    }
}

/// Takes the methods out whose code is too large, with why each stays interpreted. What is too large and none of them is found when the module is finished.
fn leave_large(
    universe: &Universe<'_>,
    wasm: &[u8],
    methods: &mut Vec<MethodName>,
) -> Result<Vec<(String, String)>, BuildError> {
    let broken = |error| BuildError::Recipe(format!("the linker made no module: {error}"));
    let mut left = Vec::new();
    for function in large::functions(wasm).map_err(broken)? {
        if let Some(number) = large::method(universe, &function.name, methods) {
            left.push((
                large::printed(&methods.remove(number)),
                format!(
                    "its code has {} bytes, and {LARGEST_SIDE_FUNCTION} are the most that a host takes",
                    function.bytes
                ),
            ));
        }
    }
    Ok(left)
}

/// The methods that the compiler says it left out: `Skip (reason): method (why)`.
fn skipped(said: &str) -> impl Iterator<Item = (String, String)> + '_ {
    said.lines().filter_map(|line| {
        let (reason, rest) = line.strip_prefix("Skip (")?.split_once("): ")?;
        // Code that all structs share is tried for each generic method, and given up for most: exact code is there instead.
        if rest.contains("_GSHAREDVT") {
            return None;
        }
        Some((
            rest.to_owned(),
            format!("the compiler left it out ({reason})"),
        ))
    })
}

/// What the tools made.
struct Built {
    /// The module, with its names.
    wasm: Vec<u8>,
    /// What the compiler said.
    said: String,
    times: [Duration; 3],
}

/// The folder of a compilation that the tools read in.
const INPUTS: &str = "in";

struct Work<'a> {
    compiler: &'a Compiler<'a>,
    /// What the tools read. What this process writes it writes here, where they cannot: a link that a tool left would lead it elsewhere.
    inputs: &'a Path,
    /// What they make, and where they work. It lies beside.
    made: &'a Path,
    name: &'a str,
    input: &'a Path,
}

impl Work<'_> {
    /// All steps, for a profile.
    fn build(&self, profile: &[u8]) -> Result<Built, BuildError> {
        let (bitcode, said, first) = self.bitcode(profile)?;
        let (objects, second) = self.objects(&bitcode)?;
        let (wasm, third) = self.link(&objects)?;
        let wasm = relocations::split(&wasm)
            .map_err(|error| BuildError::Recipe(format!("the linker made no module: {error}")))?;
        Ok(Built {
            wasm,
            said,
            times: [first, second, third],
        })
    }

    fn run(&self, step: &str, command: &mut Command) -> Result<(String, Duration), BuildError> {
        let began = Instant::now();
        let said = tools::run(
            &format!("{step} {}", self.name),
            command,
            self.compiler.limits,
            &self.reach(),
        )?;
        Ok((said, began.elapsed()))
    }

    fn reach(&self) -> Reach {
        Reach {
            reads: vec![
                self.compiler.guest.folder.path().to_owned(),
                self.compiler.tools.libraries.clone(),
                self.inputs.to_owned(),
            ],
            writes: self.made.to_owned(),
        }
    }

    /// Where an input lies, seen from where the tools work: no name of a folder for temporary files is part of it, whatever characters that has.
    fn from_beside(name: &str) -> PathBuf {
        Path::new("..").join(INPUTS).join(name)
    }

    /// A tool that sees nothing of this process's environment, and works in this place.
    fn tool(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("TMPDIR", self.made)
            .env("TMP", self.made)
            .current_dir(self.made);
        command
    }

    fn bitcode(&self, profile: &[u8]) -> Result<(PathBuf, String, Duration), BuildError> {
        const PROFILE: &str = "methods.aotprofile";
        let at = self.inputs.join(PROFILE);
        std::fs::write(&at, profile).at("write", &at)?;
        let bitcode = self.made.join("code.bc");
        let tools = self.compiler.tools;
        let folders = [self.compiler.guest.folder.path(), self.inputs];
        let path = std::env::join_paths(folders).map_err(|error| {
            BuildError::Recipe(format!(
                "the folder for temporary files cannot be used: {error}"
            ))
        })?;
        let mut command = self.tool(&tools.compiler);
        command
            .env("LD_LIBRARY_PATH", &tools.libraries)
            .env("MONO_PATH", path)
            .args(["--llvm", "--wasm-exceptions", "-O=-gsharedvt"])
            .arg(format!(
                "--aot={OPTIONS},profile={},temp-path=.,llvm-outfile=code.bc",
                Self::from_beside(PROFILE).display()
            ))
            .arg(self.input);
        let (said, time) = self.run("compile", &mut command)?;
        Ok((bitcode, said, time))
    }

    /// The object of the bitcode, and of what all modules have.
    fn objects(&self, bitcode: &Path) -> Result<(Vec<PathBuf>, Duration), BuildError> {
        let mut all = Duration::ZERO;
        let mut objects = Vec::new();
        let own = [
            ("side.c", include_str!("side.c")),
            ("side.S", include_str!("side.S")),
        ];
        for (name, text) in own {
            let path = self.inputs.join(name);
            std::fs::write(&path, text).at("write", &path)?;
        }
        let own = own.map(|(name, _)| Self::from_beside(name));
        for source in std::iter::once(bitcode).chain(own.iter().map(PathBuf::as_path)) {
            let object = self
                .made
                .join(source.file_name().unwrap_or_default())
                .with_added_extension("o");
            let mut clang = self.tool(&self.compiler.tools.clang);
            clang
                .args(CLANG)
                .args(ANYWHERE)
                .arg("-Wno-unused-command-line-argument")
                .arg("-c")
                .arg(source)
                .arg("-o")
                .arg(&object);
            all += self.run("compile the bitcode of", &mut clang)?.1;
            objects.push(object);
        }
        Ok((objects, all))
    }

    fn link(&self, objects: &[PathBuf]) -> Result<(Vec<u8>, Duration), BuildError> {
        let out = self.made.join("side.wasm");
        let mut linker = self.tool(&self.compiler.tools.linker);
        linker
            .args(["--experimental-pic", "-shared", "--no-entry", "-Bsymbolic"])
            .arg("--unresolved-symbols=import-dynamic")
            .arg(format!("--export={}", link::tables(self.name)))
            .args(objects)
            .arg("-o")
            .arg(&out);
        let (_, time) = self.run("link", &mut linker)?;
        let wasm = confine::read(&out).at("read", &out)?;
        Ok((wasm, time))
    }
}
