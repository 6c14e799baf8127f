//! `isolator compile`.

use crate::args::CompileArgs;
use crate::error::{CliError, Result};
use crate::image::is_module;
use crate::train::train;
use isolator_abi::side::SIDE_SUFFIX;
use isolator_compile::{BuildError, Compiled, Compiler, Guest, ToolLimits, Tools, references};
use isolator_host::{
    AssemblyFolder, GuestImage, LARGEST_ASSEMBLY, SnapshotInfo, printable, read_named_file,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Time and memory that each tool may take, unless the command line says another: what its help says.
const TOOLS: ToolLimits = ToolLimits {
    time: Duration::from_secs(120),
    memory: 4 << 30,
};

/// Own methods that stay interpreted and are printed by name; of others there is only the number.
const SHOWN: usize = 20;

impl From<BuildError> for CliError {
    fn from(error: BuildError) -> Self {
        let hint = match &error {
            BuildError::Command { output, .. } if output.is_empty() => {
                "\nIt may have run out of memory or time: --memory and --timeout give more"
            }
            _ => "",
        };
        Self::new(format!("{error}{hint}"))
    }
}

/// An assembly, by its name.
pub struct Assembly {
    pub name: String,
    pub bytes: Arc<[u8]>,
}

/// What compiles for a guest image.
struct Workshop {
    guest: Guest,
    tools: Tools,
}

impl Workshop {
    fn new(image: &GuestImage) -> Result<Self> {
        let tools = Tools::find(&image.manifest().dotnet_version, &packages())?;
        let (code, state) = image.read_modules()?;
        let guest = Guest::new(image.manifest(), &code, &state)?;
        Ok(Self { guest, tools })
    }

    fn compiler(&self, limits: ToolLimits) -> Compiler<'_> {
        Compiler {
            guest: &self.guest,
            tools: &self.tools,
            limits,
        }
    }
}

/// All but one.
fn others(all: &[Assembly], number: usize) -> Vec<&[u8]> {
    let others = all.iter().enumerate();
    others
        .filter(|(other, _)| *other != number)
        .map(|(_, other)| &*other.bytes)
        .collect()
}

/// Compiles assemblies for a guest image, in their order, against what lies in their folder; nothing is written.
///
/// # Errors
/// What is missing or cannot be compiled.
pub fn for_image(
    image: &GuestImage,
    folder: &AssemblyFolder,
    mut all: Vec<Assembly>,
) -> Result<Vec<Compiled>> {
    let workshop = Workshop::new(image)?;
    let compiler = workshop.compiler(ToolLimits::default());
    let wanted = all.len();
    for number in 0..wanted {
        let bytes = all[number].bytes.clone();
        for more in dependencies(folder, &BTreeMap::new(), &workshop.guest, &bytes) {
            if !all.iter().any(|known| known.name == more.name) {
                all.push(more);
            }
        }
    }
    (0..wanted)
        .map(|number| Ok(compiler.compile(&all[number].bytes, &others(&all, number))?))
        .collect()
}

/// Compiles an assembly, and those beside it that it refers to if that is wanted.
///
/// # Errors
/// What is missing or cannot be compiled.
pub fn compile(command: &CompileArgs) -> Result<i32> {
    let path = &command.app;
    let surroundings = &command.surroundings;
    if surroundings.compiled.is_some() {
        return Err(CliError::new(
            "`--compiled` is for what runs a program. A training run interprets it, so that all that it needs is seen",
        ));
    }
    if is_module(path) && SnapshotInfo::read(path).is_ok() {
        return Err(CliError::new(format!(
            "`{}` is an app snapshot. What runs compiled in it was decided when it was made: name the .dll that it was made of, to `isolator snapshot \
             --compile`",
            path.display()
        )));
    }
    let bytes = read_named_file(path, LARGEST_ASSEMBLY)
        .map_err(|error| CliError::new(format!("cannot read `{}`: {error}", path.display())))?;
    // Looked at before anything is looked for.
    references(&bytes).map_err(|_| {
        CliError::new(format!(
            "`{}` is not a .NET assembly. Name the .dll that `dotnet build` made",
            path.display()
        ))
    })?;
    let image = GuestImage::find(surroundings.guest.guest.as_deref())?;
    let workshop = Workshop::new(&image)?;
    let guest = &workshop.guest;
    let compiler = workshop.compiler(ToolLimits {
        time: surroundings.limits.timeout.unwrap_or(TOOLS.time),
        memory: surroundings.limits.memory.unwrap_or(TOOLS.memory),
    });
    // Behind what finds the tools: no program runs for what cannot be compiled.
    let training = train(command)?;
    let home = path.parent().unwrap_or(Path::new(""));
    let out = command.output.as_deref().unwrap_or(home);
    if let Some(folder) = &command.output {
        std::fs::create_dir_all(folder).map_err(|error| {
            CliError::new(format!(
                "cannot make the folder `{}`: {error}",
                folder.display()
            ))
        })?;
    }
    let name = path
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
        .to_owned();
    let listed = match &command.references {
        Some(list) => listed(list)?,
        None => BTreeMap::new(),
    };
    let folder = AssemblyFolder::open(home)?;
    let mut all = vec![Assembly {
        name,
        bytes: bytes.clone(),
    }];
    all.extend(dependencies(&folder, &BTreeMap::new(), guest, &bytes));
    // What does not lie beside is compiled against, and is not this program's to compile.
    let wanted = if command.with_dependencies {
        all.len()
    } else {
        1
    };
    if !listed.is_empty() {
        let known: BTreeSet<String> = all.iter().map(|assembly| assembly.name.clone()).collect();
        let more = dependencies(&folder, &listed, guest, &bytes);
        all.extend(more.into_iter().filter(|more| !known.contains(&more.name)));
    }
    for number in 0..wanted {
        let Some(assembly) = all.get(number) else {
            break;
        };
        let others = others(&all, number);
        let compiled = compiler.compile_trained(&assembly.bytes, &others, &training)?;
        let to = out.join(format!("{}.{SIDE_SUFFIX}", assembly.name));
        write(&to, &compiled.wasm)?;
        report(&to, &compiled, command.trains());
    }
    Ok(0)
}

/// Where this repository's own build keeps packages, beside the user's.
fn packages() -> Vec<PathBuf> {
    let program = std::env::current_exe().ok();
    program
        .iter()
        .flat_map(|path| path.ancestors().skip(1).take(3))
        .map(|folder| folder.join("toolchain/nuget-packages"))
        .filter(|folder| folder.is_dir())
        .collect()
}

/// The assemblies of a list, by their names: a path a line, without those that begin with `#`.
fn listed(list: &Path) -> Result<BTreeMap<String, PathBuf>> {
    const LONGEST: u64 = 4 << 20;
    let failed =
        |error: std::io::Error| CliError::new(format!("cannot read `{}`: {error}", list.display()));
    let bytes = read_named_file(list, LONGEST).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes)
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(PathBuf::from)
        .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
        .collect())
}

/// The assemblies in the folder, or among the listed ones, that an assembly leads to, by name.
fn dependencies(
    folder: &AssemblyFolder,
    listed: &BTreeMap<String, PathBuf>,
    guest: &Guest,
    of: &[u8],
) -> Vec<Assembly> {
    let mut found: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
    let mut queue = references(of).unwrap_or_default();
    let is_own = |name: &str| guest.assemblies().any(|(own, _)| own == name);
    while let Some(name) = queue.pop() {
        if found.contains_key(&name) || is_own(&name) {
            continue;
        }
        let file = format!("{name}.dll");
        let bytes = match folder.read(&file, LARGEST_ASSEMBLY) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => match listed
                .get(&name)
                .map(|path| read_named_file(path, LARGEST_ASSEMBLY))
            {
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => {
                    tracing::warn!("the dependency {name} is left out: {error}");
                    continue;
                }
                None => continue,
            },
            Err(error) => {
                tracing::warn!("a dependency is left out: {error}");
                continue;
            }
        };
        if let Ok(more) = references(&bytes) {
            queue.extend(more);
            found.insert(name, bytes);
        }
    }
    found
        .into_iter()
        .map(|(name, bytes)| Assembly { name, bytes })
        .collect()
}

/// Writes beside and renames: a program that runs meanwhile finds the old file or the new one.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    let failed = |error: std::io::Error| {
        CliError::new(format!("cannot write `{}`: {error}", path.display()))
    };
    let part = path.with_added_extension("part");
    std::fs::write(&part, content)
        .and_then(|()| std::fs::rename(&part, path))
        .map_err(failed)
}

fn report(to: &Path, compiled: &Compiled, is_trained: bool) {
    let trained = match is_trained {
        true => format!(", of which training showed {}", compiled.trained),
        false => String::new(),
    };
    let mut out = std::io::stdout().lock();
    let [compiler, clang, linker] = compiled.times.map(|time| time.as_millis());
    let total = compiler + clang + linker;
    // Whoever closed standard output wants none of it.
    let _ = writeln!(
        out,
        "{}: {} methods of its own and {} instances of generic ones{trained}, {} KB, in {total} ms (compiler {compiler}, clang {clang}, linker {linker})",
        to.display(),
        compiled.own,
        compiled.methods - compiled.own,
        compiled.wasm.len().div_ceil(1024),
    );
    for (method, why) in compiled.interpreted.iter().take(SHOWN) {
        let _ = writeln!(
            out,
            "  interpreted: {}: {}",
            printable::line(method),
            printable::line(why)
        );
    }
    if let Some(more) = compiled
        .interpreted
        .len()
        .checked_sub(SHOWN)
        .filter(|more| *more > 0)
    {
        let _ = writeln!(out, "  interpreted: {more} more");
    }
}
