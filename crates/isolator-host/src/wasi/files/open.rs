//! Opening files.
//!
//! Whatever a name stands for when it is opened, opening does not wait (`O_NONBLOCK`), and only then is it looked at what was opened:
//! pipes, sockets and devices are closed again. A name that stands for one already is not opened at all, since opening may do something.

use super::super::{Errno, Trouble, errno_of, write};
use super::status::follow;
use super::table::{Descriptor, Kind, name_below, rights};
use super::{FileCall, PATH_FUEL, names};
use crate::wasi::disk::Space;
#[cfg(unix)]
use cap_fs_ext::OpenOptionsSyncExt as _;
use cap_fs_ext::{OpenOptionsFollowExt as _, OpenOptionsMaybeDirExt as _};
use cap_primitives::fs::{self, FollowSymlinks, Metadata, OpenOptions};
use std::fs::File;
use std::path::Path;

// `oflags` of WASI.
const CREATE: u32 = 1;
const MUST_BE_DIRECTORY: u32 = 1 << 1;
const EXCLUSIVE: u32 = 1 << 2;
const TRUNCATE: u32 = 1 << 3;

/// Options with which nothing waits.
fn patient() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.maybe_dir(true);
    #[cfg(unix)]
    options.nonblock(true);
    options
}

/// Opens what a path names, if it is a file or a directory.
fn opened(directory: &File, path: &Path, options: &OpenOptions) -> Result<(File, bool), Errno> {
    let file = fs::open(directory, path, options).map_err(errno_of)?;
    let status = Metadata::from_file(&file).map_err(errno_of)?;
    match (status.is_dir(), status.is_file()) {
        (false, false) => Err(Errno::Acces),
        (is_directory, _) => Ok((file, is_directory)),
    }
}

/// Whether a name stands for something that must not be opened. It may stand for something else in the next moment.
fn is_special(directory: &File, path: &Path, follow: FollowSymlinks) -> bool {
    fs::stat(directory, path, follow).is_ok_and(|status| {
        !status.is_dir() && !status.is_file() && !status.file_type().is_symlink()
    })
}

/// Opens a file or directory to read, through links.
pub(super) fn to_read(directory: &File, path: &Path) -> Result<File, Errno> {
    through_links(directory, path, patient().read(true))
}

/// Opens a file to write, through links.
pub(super) fn to_write(directory: &File, path: &Path) -> Result<File, Errno> {
    through_links(directory, path, patient().write(true))
}

fn through_links(directory: &File, path: &Path, options: &OpenOptions) -> Result<File, Errno> {
    if is_special(directory, path, FollowSymlinks::Yes) {
        return Err(Errno::Acces);
    }
    opened(directory, path, options).map(|(file, _)| file)
}

#[expect(clippy::too_many_arguments, reason = "they are WASI's")]
pub(super) fn open(
    call: &mut FileCall<'_>,
    fd: u32,
    look: u32,
    at: u32,
    len: u32,
    wanted: u32,
    base: u64,
    _inheriting: u64,
    flags: u32,
    out: u32,
) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let path = names::path(call, at, len)?;
    call.files.room(call.meter)?;
    let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
    let has = |flag: u32| wanted & flag != 0;
    if has(MUST_BE_DIRECTORY) && has(CREATE | EXCLUSIVE | TRUNCATE) {
        return Err(Errno::Inval.into());
    }
    let (directory, writable) = call.files.directory(fd)?;
    let (reads, writes) = (base & rights::FD_READ != 0, base & rights::FD_WRITE != 0);
    if !writable && (writes || has(CREATE | TRUNCATE)) {
        return Err(Errno::Perm.into());
    }
    let follow = follow(look);
    let mut options = patient();
    options.follow(follow);
    // The system wants one of both. What the guest may do with the descriptor is up to its rights.
    options.write(writes || has(TRUNCATE));
    options.read(reads || !(writes || has(TRUNCATE)));

    let exclusive = has(CREATE) && has(EXCLUSIVE);
    if !exclusive && is_special(directory, &path, follow) {
        return Err(Errno::Acces.into());
    }
    let found = if exclusive {
        Err(Errno::Noent)
    } else {
        opened(directory, &path, &options)
    };
    let (file, is_directory) = match found {
        Err(Errno::Noent) if has(CREATE) => {
            call.disk.may_make(call.meter, Space::NAME)?;
            options.write(true);
            let made = if exclusive {
                options.create_new(true)
            } else {
                options.create(true)
            };
            let file = opened(directory, &path, made)?;
            call.disk.made(Space::NAME);
            file
        }
        found => found?,
    };
    if has(MUST_BE_DIRECTORY) && !is_directory {
        return Err(Errno::Notdir.into());
    }
    let kind = if is_directory {
        // As the system says where it is asked for that.
        if writes || has(CREATE) {
            return Err(Errno::Isdir.into());
        }
        Kind::Directory {
            granted: None,
            listing: None,
        }
    } else {
        if writes || has(TRUNCATE) {
            call.disk.sees(call.meter, &file)?;
        }
        // Only now: by opening it, whatever lies there would be made empty before anybody knew what it was.
        if has(TRUNCATE) {
            file.set_len(0).map_err(errno_of)?;
        }
        Kind::File {
            position: 0,
            rights: base,
            flags,
        }
    };
    let name = name_below(call.files.name(fd), &path.to_string_lossy());
    let number = call.files.add(Descriptor {
        file,
        writable,
        kind,
        name,
    });
    Ok(write(call.memory, out, number.to_le_bytes())?)
}
