//! Opening by handles, one component at a time.

use super::door::{Opened, Refusal};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What tells a directory from all others, whatever path leads to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

/// The identity of what a path leads to.
pub(crate) fn identity(path: &Path) -> io::Result<Identity> {
    let found = std::fs::metadata(path)?;
    Ok(Identity {
        device: found.dev(),
        inode: found.ino(),
    })
}

/// A directory that was opened.
#[derive(Debug)]
pub(crate) struct Directory {
    handle: File,
    /// For messages.
    path: PathBuf,
}

/// Only to be walked through, where the system has a word for that: such a handle needs no right to list it.
const DIRECTORY: OFlags = {
    let flags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let flags = flags.union(OFlags::PATH);
    flags
};

impl Directory {
    /// Opens one that the user named: links are followed.
    pub(crate) fn named(path: &Path) -> io::Result<Self> {
        Ok(Self {
            handle: rustix::fs::open(path, DIRECTORY, Mode::empty())?.into(),
            path: path.to_path_buf(),
        })
    }

    /// Opens one that somebody else named: no link is followed from the root of the file system on. `..` leads nowhere.
    pub(crate) fn without_links(path: &Path) -> Result<Self, Refusal> {
        use std::path::Component;
        let mut at = Self::named(Path::new("/"))?;
        for component in std::path::absolute(path)?.components() {
            match component {
                Component::Normal(name) => at = at.below(name)?,
                Component::RootDir | Component::CurDir => {}
                Component::ParentDir | Component::Prefix(_) => return Err(Refusal::Missing),
            }
        }
        Ok(at)
    }

    /// A directory in this one, which is no link.
    pub(crate) fn directory(&self, name: &str) -> Result<Self, Refusal> {
        self.below(name.as_ref())
    }

    fn below(&self, name: &std::ffi::OsStr) -> Result<Self, Refusal> {
        let path = self.path.join(name);
        match rustix::fs::openat(
            &self.handle,
            name,
            DIRECTORY | OFlags::NOFOLLOW,
            Mode::empty(),
        ) {
            Ok(handle) => Ok(Self {
                handle: handle.into(),
                path,
            }),
            // A link is one of these, by the system.
            Err(error @ (rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP)) => {
                match self.file_type(name) {
                    Ok(FileType::Symlink) => Err(Refusal::Link(path)),
                    _ => Err(io::Error::from(error).into()),
                }
            }
            Err(error) => Err(io::Error::from(error).into()),
        }
    }

    fn file_type(&self, name: &std::ffi::OsStr) -> io::Result<FileType> {
        let found = rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(FileType::from_raw_mode(found.st_mode))
    }

    /// Whether there is a regular file of this name, without opening it.
    pub(crate) fn look(&self, name: &str) -> Result<(), Refusal> {
        match self.file_type(name.as_ref())? {
            FileType::RegularFile => Ok(()),
            FileType::Symlink => Err(Refusal::Link(self.path.join(name))),
            FileType::Directory => Err(Refusal::NotAFile("a directory")),
            FileType::Fifo => Err(Refusal::NotAFile("a pipe")),
            FileType::Socket => Err(Refusal::NotAFile("a socket")),
            FileType::CharacterDevice | FileType::BlockDevice => Err(Refusal::NotAFile("a device")),
            _ => Err(Refusal::NotAFile("neither a file nor a directory")),
        }
    }

    /// A regular file in this one. Nothing else is opened, and nothing waits.
    pub(crate) fn file(&self, name: &str) -> Result<Opened, Refusal> {
        // Opening a device may do something, so the look comes first. What is exchanged after it is found by the check of what was
        // opened, and opening a pipe does not wait.
        self.look(name)?;
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => Opened::check(file.into()),
            Err(rustix::io::Errno::LOOP) => Err(Refusal::Link(self.path.join(name))),
            Err(error) => Err(io::Error::from(error).into()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn identity(&self) -> io::Result<Identity> {
        identity_of(&self.handle)
    }

    /// The directories that this one is in, up to the root.
    pub(crate) fn above(&self) -> io::Result<Vec<Identity>> {
        let mut above = Vec::new();
        let mut last = self.identity()?;
        let up = |from: &File| -> io::Result<File> {
            Ok(rustix::fs::openat(from, "..", DIRECTORY, Mode::empty())?.into())
        };
        let mut at = up(&self.handle)?;
        loop {
            let this = identity_of(&at)?;
            if this == last {
                return Ok(above);
            }
            above.push(this.clone());
            last = this;
            at = up(&at)?;
        }
    }
}

fn identity_of(handle: &File) -> io::Result<Identity> {
    let found = handle.metadata()?;
    Ok(Identity {
        device: found.dev(),
        inode: found.ino(),
    })
}

/// Opens a file that the user named. A pipe that it was exchanged for does not wait.
pub(crate) fn open_named(path: &Path) -> Result<File, Refusal> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    Ok(File::options()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)?)
}
