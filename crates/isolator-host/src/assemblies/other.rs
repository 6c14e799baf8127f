//! Opening by paths, where directories cannot be walked through by handles with what the standard library has.
//!
//! Each component is looked at before it is passed, and what was opened is looked at once more. Who can write the folder could exchange
//! a directory between the look and the step; a folder that a runtime may write is no source, so no guest can.

use super::door::{Opened, Refusal, kind};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// What tells a directory from all others: its path without links.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity(PathBuf);

/// The identity of what a path leads to.
pub(crate) fn identity(path: &Path) -> io::Result<Identity> {
    std::fs::canonicalize(path).map(Identity)
}

/// A directory that was found.
#[derive(Debug)]
pub(crate) struct Directory {
    real: PathBuf,
    /// For messages.
    path: PathBuf,
}

impl Directory {
    /// One that the user named: links are followed.
    pub(crate) fn named(path: &Path) -> io::Result<Self> {
        let real = std::fs::canonicalize(path)?;
        if !real.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self {
            real,
            path: path.to_path_buf(),
        })
    }

    /// One that somebody else named: no component of it may be a link.
    pub(crate) fn without_links(path: &Path) -> Result<Self, Refusal> {
        let absolute = std::path::absolute(path)?;
        for part in absolute.ancestors() {
            if std::fs::symlink_metadata(part)?.file_type().is_symlink() {
                return Err(Refusal::Link(part.to_path_buf()));
            }
        }
        Ok(Self::named(&absolute)?)
    }

    /// A directory in this one, which is no link.
    pub(crate) fn directory(&self, name: &str) -> Result<Self, Refusal> {
        let (real, path) = (self.real.join(name), self.path.join(name));
        let found = std::fs::symlink_metadata(&real)?.file_type();
        if found.is_symlink() {
            return Err(Refusal::Link(path));
        }
        if !found.is_dir() {
            return Err(Refusal::Missing);
        }
        Ok(Self { real, path })
    }

    /// Whether there is a regular file of this name, without opening it.
    pub(crate) fn look(&self, name: &str) -> Result<(), Refusal> {
        if super::is_device(name) {
            return Err(Refusal::NotAFile("a device"));
        }
        let found = std::fs::symlink_metadata(self.real.join(name))?.file_type();
        if found.is_symlink() {
            return Err(Refusal::Link(self.path.join(name)));
        }
        if !found.is_file() {
            return Err(Refusal::NotAFile(kind(found)));
        }
        Ok(())
    }

    /// A regular file in this one.
    pub(crate) fn file(&self, name: &str) -> Result<Opened, Refusal> {
        self.look(name)?;
        let mut options = File::options();
        options.read(true);
        #[cfg(windows)]
        {
            // The link itself rather than what it leads to, should it have become one.
            const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
            std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, OPEN_REPARSE_POINT);
        }
        Opened::check(options.open(self.real.join(name))?)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn identity(&self) -> io::Result<Identity> {
        Ok(Identity(self.real.clone()))
    }

    /// The directories that this one is in, up to the root.
    pub(crate) fn above(&self) -> io::Result<Vec<Identity>> {
        let above = self.real.ancestors().skip(1);
        Ok(above.map(|path| Identity(path.to_path_buf())).collect())
    }
}

/// Opens a file that the user named.
pub(crate) fn open_named(path: &Path) -> Result<File, Refusal> {
    Ok(File::open(path)?)
}
