//! `isolator snapshot`.

use crate::app::{BASE_NOTE, NAME_NOTE, PROGRAM, Purpose};
use crate::args::SnapshotArgs;
use crate::call::make_all;
use crate::compile::{Assembly, for_image};
use crate::error::{CliError, Result};
use crate::info::megabytes;
use crate::output;
use crate::program::{Finder, Program};
use isolator_host::{
    AppSnapshot, AssemblyImage, AssemblyLoader, AssemblyRequest, Error, IsolatedRuntime,
    IsolatedRuntimeHost, Stdin, Stdio, printable,
};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What its name ends with, unless the command line says another.
pub const SUFFIX: &str = "isolate";

/// Prepares a program and writes it down.
///
/// # Errors
/// What keeps it from being loaded, a call that fails, what cannot come along, a file that cannot be written.
pub fn snapshot(command: &SnapshotArgs) -> Result<i32> {
    let began = Instant::now();
    let program = Program::open(&command.app, Purpose::Snapshot)?;
    let named = named(command);
    let output = output(&named, &command.app)?;
    let name = isolator_compile::name(program.image())?;
    for name in &command.preload {
        check_preload(name)?;
    }
    let surroundings = &command.surroundings;
    let finder = program.finder(&surroundings.load_from)?;
    let host = program.host(finder.clone(), surroundings)?;
    let mut image = program.with_what_lies_beside(surroundings);
    let mut code = HashMap::new();
    if command.compile {
        let wanted = (&*name, &image);
        code = compiled(command, &program, wanted, &finder, &host)?;
        image.compiled = code.remove(&name);
    }
    let builder = program
        .builder(&host, surroundings)?
        // What is read cannot come along.
        .stdin(Stdin::Empty)
        .stdout(Stdio::writer(std::io::stderr()))
        .stderr(Stdio::Inherit)
        .assembly_loader(move |request: &AssemblyRequest| {
            let code = code
                .get(&request.name)
                .filter(|_| request.culture.is_none())?;
            let mut image = finder.load(request)?;
            image.compiled = Some(code.clone());
            Some(image)
        });
    let mut failed = None;
    let made = builder.snapshot(|runtime| {
        let prepared = prepare(command, runtime, &image);
        let limits = &surroundings.limits;
        limits.conclude(runtime, prepared).map_err(|error| {
            failed = Some(error);
            // Dropped for the one above.
            Error::Deadlock
        })
    });
    let mut made = match (made, failed) {
        (_, Some(error)) => return Err(error),
        (Err(error @ Error::NotFrozen { .. }), None) => {
            return Err(CliError::from(error).noted(
                "No snapshot was made: have the calls that prepare it close and delete what they open",
            ));
        }
        (made, None) => made?,
    };
    made = made.with_note(NAME_NOTE, &name);
    if let Some(inside) = program.base_directory(surroundings) {
        made = made.with_note(BASE_NOTE, inside);
    }
    made.save(&output)?;
    report(command, &named, &name, &made, began.elapsed());
    // The engine's form of it goes into the cache, so that the first run finds it there. Without, that run makes it.
    if let Err(error) = host.load_snapshot(&output) {
        tracing::debug!(%error, "the snapshot was not read again");
    }
    Ok(0)
}

/// The file, as people know it.
fn named(command: &SnapshotArgs) -> PathBuf {
    match &command.output {
        Some(path) => path.clone(),
        None => {
            let name = command.app.file_name().unwrap_or_default();
            PathBuf::from(name).with_extension(SUFFIX)
        }
    }
}

/// Where the file goes. What could never be written is told before anything runs.
fn output(path: &Path, app: &Path) -> Result<PathBuf> {
    let cannot = |why: String| {
        CliError::new(format!(
            "cannot write the snapshot `{}`: {why}",
            path.display()
        ))
    };
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(cannot(
            "it is a directory. Name the file, such as app.isolate in it".into(),
        )),
        Ok(found) if !found.is_file() => Err(cannot(
            "it is no file, and only files are written. Name one, such as app.isolate".into(),
        )),
        // A link to a file stays one.
        Ok(_) => match path.canonicalize() {
            Ok(real) if is_same(&real, app) => Err(cannot(
                "it is the assembly that the snapshot is made of".into(),
            )),
            Ok(real) => Ok(real),
            Err(error) => Err(cannot(error.to_string())),
        },
        Err(_) => {
            if path.file_name().is_none() || path.to_string_lossy().ends_with(['/', '\\']) {
                return Err(cannot("it names no file".into()));
            }
            match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => Err(cannot(
                    format!("there is no folder `{}`. Make it first", folder.display()),
                )),
                _ => Ok(path.into()),
            }
        }
    }
}

fn is_same(real: &Path, other: &Path) -> bool {
    other.canonicalize().is_ok_and(|other| other == real)
}

fn check_preload(name: &str) -> Result<()> {
    let is_file = name.to_ascii_lowercase().ends_with(".dll") || name.contains(['/', '\\']);
    match name.rsplit(['/', '\\']).next() {
        Some(last) if is_file => Err(CliError::new(format!(
            "`--preload {name}` does not name an assembly: it takes its name, as in `--preload {}`, and finds it as the program would. \
             --load-from names more folders",
            last.strip_suffix(".dll").unwrap_or(last)
        ))),
        _ => Ok(()),
    }
}

/// Compiled code of the program and of what is preloaded, by name: what fits beside them, or what is compiled now. What is not found where the program's own
/// assemblies are is the base library's.
fn compiled(
    command: &SnapshotArgs,
    program: &Program,
    (name, image): (&str, &AssemblyImage),
    finder: &Finder,
    host: &IsolatedRuntimeHost,
) -> Result<HashMap<String, Arc<[u8]>>> {
    let mut images = vec![(name.to_owned(), image.clone())];
    for name in &command.preload {
        let known = images.iter().any(|(known, _)| known == name);
        if let Some(mut image) = finder.load(&AssemblyRequest::new(name)).filter(|_| !known) {
            image.compiled = program.compiled_of(name);
            images.push((name.clone(), image));
        }
    }
    let (fit, left): (Vec<_>, Vec<_>) = images
        .into_iter()
        .partition(|(_, image)| host.prepare_compiled(image).is_ok());
    let mut code: HashMap<String, Arc<[u8]>> = fit
        .into_iter()
        .filter_map(|(name, image)| Some((name, image.compiled?)))
        .collect();
    if left.is_empty() {
        return Ok(code);
    }
    let assemblies = left.iter().map(|(name, image)| Assembly {
        name: name.clone(),
        bytes: image.image.clone(),
    });
    let made = for_image(host.image(), program.folder(), assemblies.collect())?;
    for ((name, mut image), made) in left.into_iter().zip(made) {
        tracing::info!(
            assembly = &*printable::line(&name),
            own = made.own,
            instances = made.methods - made.own,
            interpreted = made.interpreted.len(),
            "compiled"
        );
        let wasm: Arc<[u8]> = made.wasm.into();
        image.compiled = Some(wasm.clone());
        host.prepare_compiled(&image)?;
        code.insert(name, wasm);
    }
    Ok(code)
}

/// What is done before the runtime is frozen.
fn prepare(
    command: &SnapshotArgs,
    runtime: &mut IsolatedRuntime,
    image: &AssemblyImage,
) -> Result<()> {
    let allowed = command.surroundings.limits.max_output;
    output::count(runtime.output_account(), allowed);
    let program = runtime.load_assembly_image(image)?;
    if command.compile && runtime.stats().compiled.is_empty() {
        return Err(CliError::new(
            "the program's compiled code was not taken: the log says why",
        ));
    }
    for name in &command.preload {
        runtime.load_assembly(name).map_err(|error| {
            CliError::from(error).noted(format!(
                "No snapshot was made: `{name}` was to be preloaded"
            ))
        })?;
    }
    let note = "No snapshot was made: this was the call";
    make_all(&command.calls, runtime, &program, note)?;
    Ok(runtime.keep(PROGRAM, &program)?)
}

/// Says what was made.
fn report(command: &SnapshotArgs, path: &Path, name: &str, made: &AppSnapshot, took: Duration) {
    let mut text = format!("{}: {name}", path.display());
    // Writing to a `String` cannot fail.
    if !command.preload.is_empty() {
        let _ = write!(text, " with {}", command.preload.join(", "));
    }
    match command.calls.len() {
        0 => {}
        1 => text.push_str(", after one call"),
        calls => {
            let _ = write!(text, ", after {calls} calls");
        }
    }
    if let Ok(file) = std::fs::metadata(path) {
        let _ = write!(text, "; a file of {}", megabytes(file.len()));
    }
    let _ = write!(
        text,
        ", a memory of {}, in {} ms",
        megabytes(made.memory_size()),
        took.as_millis()
    );
    let compiled: Vec<&str> = made.compiled().collect();
    if !compiled.is_empty() {
        let _ = write!(text, "; compiled: {}", compiled.join(", "));
    }
    // Where even standard error is gone, nobody can be told.
    let _ = writeln!(std::io::stderr(), "{}", printable::line(&text));
}
