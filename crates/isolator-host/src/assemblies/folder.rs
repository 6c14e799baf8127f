//! A folder with assemblies.

use super::door::{LARGEST_ASSEMBLY, Opened, Patience, Refusal, components, descend};
use super::system::Directory;
use super::writable;
use crate::assemblies::loader::{AssemblyImage, AssemblyLoader, AssemblyRequest};
use crate::error::{Error, Result};
use crate::limits::log::LogBudget;
use crate::printable;
use isolator_abi::side::SIDE_SUFFIX;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A folder on disk from which assemblies are read: a loader of the `.dll` files in it, of the satellites in the folders of cultures,
/// and of the `.pdb` and `.isolated.wasm` files beside them.
///
/// It is opened once, and files are opened below it, whatever becomes of its path. The folder itself may be a link, since the caller named it;
/// in it no link is followed. Only regular files are read, and of at most [`LARGEST_ASSEMBLY`] bytes. What a runtime of this process
/// may write, or could write before, is no source: see [`RuntimeBuilder::load_from_writable`](crate::RuntimeBuilder::load_from_writable).
/// Each refusal is a line in the log. A hard link cannot be told from the file that it is, and is read.
///
/// ```no_run
/// # fn main() -> isolator_host::Result<()> {
/// use isolator_host::{AssemblyFolder, AssemblyRequest, IsolatedRuntimeHost};
/// let plugins = AssemblyFolder::open("plugins")?;
/// let host = IsolatedRuntimeHost::builder()
///     .assembly_loader(move |request: &AssemblyRequest| {
///         plugins.load_file(request, &format!("{0}/{0}.dll", request.name))
///     })
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct AssemblyFolder {
    directory: Directory,
    /// Guests choose what is looked for, and so how often something is refused. For requests that no runtime made.
    log: LogBudget,
}

impl AssemblyFolder {
    /// Opens a folder that the caller, or who uses the program, named: links that lead to it are followed.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        // Of a relative path `` is the directory of the process.
        let at = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        let directory = Directory::named(at);
        Ok(Self::of(directory.map_err(Error::io(
            "open the folder of assemblies",
            path,
        ))?))
    }

    /// Opens a folder that a file named which somebody else may have written: no link may be on the way to it, and no `..`.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened so.
    pub fn open_without_links(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let directory = Directory::without_links(path).map_err(io::Error::from);
        Ok(Self::of(directory.map_err(Error::io(
            "open the folder of assemblies",
            path,
        ))?))
    }

    fn of(directory: Directory) -> Self {
        Self {
            directory,
            log: LogBudget::default(),
        }
    }

    /// The path that it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Whether there is a regular file with this path below the folder, such as `lib/net8.0/Pack.dll`. One that is refused is not, and
    /// the log says why.
    #[must_use]
    pub fn has_file(&self, relative: &str) -> bool {
        match self.find(relative) {
            Ok(_) => true,
            Err(refusal) => {
                self.say(None, relative, &refusal);
                false
            }
        }
    }

    /// Reads a file below the folder, of at most so many bytes, for the caller itself; none if there is none.
    ///
    /// # Errors
    /// [`Error::Io`] for what is no regular file or too large, or cannot be read.
    pub fn read(&self, relative: &str, most: u64) -> Result<Option<Arc<[u8]>>> {
        let content = self
            .find(relative)
            .and_then(|(_, file)| file.read(most, &Patience::default()));
        match content {
            Ok(content) => Ok(Some(content)),
            Err(Refusal::Missing) => Ok(None),
            Err(refusal) => Err(Error::io("read", self.path().join(relative))(
                refusal.into(),
            )),
        }
    }

    /// Reads an assembly below the folder for a guest, with the `.pdb` beside it; none if it is not there or refused.
    pub fn load_file(&self, request: &AssemblyRequest, relative: &str) -> Option<AssemblyImage> {
        let (passed, file) = match self.source(request, relative) {
            Ok(found) => found,
            Err(refusal) => {
                self.say(Some(request), relative, &refusal);
                return None;
            }
        };
        let directory = passed.last().unwrap_or(&self.directory);
        let most = request.largest_assembly().min(LARGEST_ASSEMBLY);
        let read = |name: &str, most: u64| {
            let opened = directory.file(name)?;
            opened.read(most, &request.circumstances.patience)
        };
        let image = match read(file, most) {
            Ok(image) => image,
            Err(refusal) => {
                self.say(Some(request), relative, &refusal);
                return None;
            }
        };
        // Satellites hold no code. More symbols than half of what the assembly may have would not be kept.
        if request.culture.is_some() {
            return Some(AssemblyImage::new(image));
        }
        let beside = |extension: &str, most: u64| {
            let of = |path: &str| {
                Some(
                    Path::new(path)
                        .with_extension(extension)
                        .to_str()?
                        .to_owned(),
                )
            };
            match read(&of(file)?, most) {
                Ok(content) => Some(content),
                Err(refusal) => {
                    self.say(Some(request), &of(relative).unwrap_or_default(), &refusal);
                    None
                }
            }
        };
        let compiled = request.circumstances.compiled;
        let mut found = AssemblyImage::new(image);
        found.symbols = beside("pdb", most / 2);
        found.compiled = compiled.and_then(|most| beside(SIDE_SUFFIX, most));
        Some(found)
    }

    /// Where the file is, if that is a source for who asks.
    fn source<'a>(
        &self,
        request: &AssemblyRequest,
        relative: &'a str,
    ) -> Result<(Vec<Directory>, &'a str), Refusal> {
        let (parts, file) = components(relative).ok_or(Refusal::Missing)?;
        let passed = descend(&self.directory, &parts)?;
        if !request.circumstances.from_writable {
            // Not for what is not there: a line for each name that is tried would say nothing.
            let directory = passed.last().unwrap_or(&self.directory);
            directory.look(file)?;
            writable::check(&self.directory, &passed)?;
        }
        Ok((passed, file))
    }

    fn find(&self, relative: &str) -> Result<(Vec<Directory>, Opened), Refusal> {
        let (parts, file) = components(relative).ok_or(Refusal::Missing)?;
        let passed = descend(&self.directory, &parts)?;
        let file = passed.last().unwrap_or(&self.directory).file(file)?;
        Ok((passed, file))
    }

    /// Writes to the log why something is not read.
    fn say(&self, request: Option<&AssemblyRequest>, relative: &str, refusal: &Refusal) {
        if matches!(refusal, Refusal::Missing) {
            return;
        }
        let log = request.and_then(|request| request.circumstances.log.as_ref());
        if log.unwrap_or(&self.log).allows() {
            // Guests choose names, and tenants what lies in a folder.
            let path = self.path().join(relative).display().to_string();
            let refusal = refusal.to_string();
            tracing::warn!(
                path = &*printable::line(&path),
                "an assembly is not read: {}",
                printable::line(&refusal)
            );
        }
    }
}

impl AssemblyLoader for AssemblyFolder {
    fn load(&self, request: &AssemblyRequest) -> Option<AssemblyImage> {
        self.load_file(request, &request.file()?)
    }
}

/// Reads a file that who uses the program named: links are followed, and nothing but a regular file of at most so many bytes is read.
///
/// # Errors
/// What keeps it from being read, in the system's words or ours.
pub fn read_named_file(path: &Path, most: u64) -> io::Result<Arc<[u8]>> {
    Ok(Opened::named(path)?.read(most, &Patience::default())?)
}

/// Reads a file below a folder that who uses the program named, by the names of the folders that lead to it and its own: the folder may be a link, in it no link is followed, no name
/// leads up, and nothing but a regular file of at most so many bytes is read.
///
/// # Errors
/// What keeps it from being read, in the system's words or ours.
pub fn read_file_below(folder: &Path, names: &[String], most: u64) -> io::Result<Arc<[u8]>> {
    let Some((file, folders)) = names.split_last() else {
        return Err(Refusal::Missing.into());
    };
    // On Windows what stands behind a colon names a stream of a file, and what stands before one a drive.
    let has_colon = |name: &str| cfg!(windows) && name.contains(':');
    let is_name = |name: &String| {
        !matches!(&**name, "" | "." | "..") && !name.contains(['/', '\\', '\0']) && !has_colon(name)
    };
    if !names.iter().all(is_name) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "its path has a name that no file below a folder can have",
        ));
    }
    let mut at = Directory::named(folder)?;
    for name in folders {
        at = at.directory(name)?;
    }
    Ok(at.file(file)?.read(most, &Patience::default())?)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
