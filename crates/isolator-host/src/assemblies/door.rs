//! Opening and reading one file: what is refused, and in which steps a file is read.

use super::system::{self, Directory};
use crate::limits::Control;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Most bytes of an assembly or of its symbols that are read from a folder: 128 MiB. The largest that people publish, with resources
/// inside, have some tens of megabytes; and a guest holds an assembly three times while it loads it.
pub const LARGEST_ASSEMBLY: u64 = 128 << 20;

/// Bytes that are read before a look at the clock.
const STEP: usize = 1 << 20;

/// Why there is no content.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// There is no such file.
    Missing,
    /// The component with this path is a link.
    Link(PathBuf),
    /// It is neither a file nor missing.
    NotAFile(&'static str),
    TooLarge {
        bytes: u64,
        most: u64,
    },
    /// Runtimes may write the directory with this path.
    Writable(PathBuf),
    /// Somebody writes to it just now.
    Changed,
    /// The call that wants it is over.
    Over,
    Io(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            // A name that no file can have.
            io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => Self::Missing,
            _ => Self::Io(error),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::Link(path) => write!(
                f,
                "`{}` is a link, and links are followed only where the user named them: put the file itself there, or name the \
                 folder that it is in",
                path.display()
            ),
            Self::NotAFile(what) => write!(f, "it is {what}, and only regular files are read"),
            Self::TooLarge { bytes, most } => {
                write!(f, "it has {bytes} bytes, and {most} are the most here")
            }
            Self::Writable(path) => write!(
                f,
                "runtimes may write `{}`, and what they may write is no source of assemblies: grant it read-only, or allow \
                 it (--load-from-writable, load_from_writable(), LoadFromWritableDirectories)",
                path.display()
            ),
            Self::Changed => f.write_str("it became shorter while it was read"),
            Self::Over => f.write_str("the call that wants it is over"),
            Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                f.write_str("this user may not read it")
            }
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Io(error) if error.kind() != io::ErrorKind::PermissionDenied => error,
            Refusal::Io(ref error) => Self::new(error.kind(), refusal.to_string()),
            Refusal::Missing => Self::new(io::ErrorKind::NotFound, refusal.to_string()),
            other => Self::other(other.to_string()),
        }
    }
}

/// How long a reader may go on.
#[derive(Clone, Default)]
pub(crate) struct Patience {
    pub due: Option<Instant>,
    pub control: Option<Arc<Control>>,
}

impl Patience {
    fn is_over(&self) -> bool {
        self.control
            .as_ref()
            .is_some_and(|control| control.is_cancelled())
            || self.due.is_some_and(|due| Instant::now() >= due)
    }
}

/// A regular file that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    file: File,
    bytes: u64,
}

impl Opened {
    /// Looks at what was opened, whatever was there a moment ago.
    pub(super) fn check(file: File) -> Result<Self, Refusal> {
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(Refusal::NotAFile(kind(found.file_type())));
        }
        Ok(Self {
            bytes: found.len(),
            file,
        })
    }

    /// Opens a file that the user named: links are followed.
    pub(crate) fn named(path: &Path) -> Result<Self, Refusal> {
        // Opening a device may do something: it is not opened at all. What is exchanged for one after this is found by the check.
        let found = std::fs::metadata(path)?;
        if !found.is_file() {
            return Err(Refusal::NotAFile(kind(found.file_type())));
        }
        Self::check(system::open_named(path)?)
    }

    /// The file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Reads as much as the file had when it was opened.
    pub(crate) fn read(mut self, most: u64, patience: &Patience) -> Result<Arc<[u8]>, Refusal> {
        let too_large = Refusal::TooLarge {
            bytes: self.bytes,
            most,
        };
        let Ok(len) = usize::try_from(self.bytes) else {
            return Err(too_large);
        };
        if self.bytes > most {
            return Err(too_large);
        }
        let mut content: Arc<[u8]> = std::iter::repeat_n(0, len).collect();
        // Nobody else has it yet.
        let steps = Arc::get_mut(&mut content).unwrap_or_default();
        for step in steps.chunks_mut(STEP) {
            if patience.is_over() {
                return Err(Refusal::Over);
            }
            match self.file.read_exact(step) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(Refusal::Changed);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(content)
    }
}

/// What is said of something that is no regular file.
pub(super) fn kind(of: std::fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if of.is_fifo() {
            return "a pipe";
        }
        if of.is_socket() {
            return "a socket";
        }
        if of.is_char_device() || of.is_block_device() {
            return "a device";
        }
    }
    if of.is_dir() {
        "a directory"
    } else if of.is_symlink() {
        "a link"
    } else {
        "neither a file nor a directory"
    }
}

/// A path below a folder, taken apart; none if it would lead elsewhere or is no path of the kind.
pub(crate) fn components(relative: &str) -> Option<(Vec<&str>, &str)> {
    let plain = |part: &&str| {
        !part.is_empty() && *part != "." && *part != ".." && !part.contains(['\\', ':', '\0'])
    };
    let mut parts: Vec<&str> = relative.split('/').collect();
    if !parts.iter().all(plain) {
        return None;
    }
    let file = parts.pop()?;
    Some((parts, file))
}

/// Walks down from an opened folder. No link is followed.
pub(crate) fn descend(root: &Directory, parts: &[&str]) -> Result<Vec<Directory>, Refusal> {
    let mut passed: Vec<Directory> = Vec::with_capacity(parts.len());
    for part in parts {
        let next = passed.last().unwrap_or(root).directory(part)?;
        passed.push(next);
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_down_or_nowhere() {
        assert_eq!(components("App.dll"), Some((vec![], "App.dll")));
        assert_eq!(
            components("lib/net8.0/App.dll"),
            Some((vec!["lib", "net8.0"], "App.dll"))
        );
        for path in [
            "", "/", "/a", "a/", "a//b", "./a", "a/../b", "..", "a\\b", "c:a", "a\0",
        ] {
            assert_eq!(components(path), None, "{path:?}");
        }
    }

    #[test]
    fn a_read_ends_with_its_call() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("App.dll");
        std::fs::write(&path, vec![1; 3 << 20]).unwrap();
        let read = |patience: &Patience| Opened::named(&path).unwrap().read(u64::MAX, patience);
        assert_eq!(read(&Patience::default()).unwrap().len(), 3 << 20);
        let over = Patience {
            due: Some(Instant::now()),
            ..Patience::default()
        };
        assert!(matches!(read(&over), Err(Refusal::Over)));
    }

    #[test]
    fn a_file_that_is_cut_while_it_is_read_is_told() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("App.dll");
        std::fs::write(&path, vec![1; 1000]).unwrap();
        let opened = Opened::named(&path).unwrap();
        std::fs::write(&path, vec![1; 10]).unwrap();
        assert!(matches!(
            opened.read(1000, &Patience::default()),
            Err(Refusal::Changed)
        ));
    }

    #[test]
    fn a_file_of_any_length_costs_no_more_than_was_allowed() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("Sparse.dll");
        std::fs::File::create(&path)
            .unwrap()
            .set_len(1 << 40)
            .unwrap();
        let refused = Opened::named(&path)
            .unwrap()
            .read(LARGEST_ASSEMBLY, &Patience::default())
            .unwrap_err();
        assert!(
            matches!(
                refused,
                Refusal::TooLarge {
                    bytes: 0x100_0000_0000,
                    most: LARGEST_ASSEMBLY
                }
            ),
            "{refused}"
        );
    }
}
