//! Descriptors: what a guest has open, and what is asked of the numbers alone.

use super::super::temporary::{self, KeptFiles, Temporary};
use super::super::{Errno, Trouble, slice, write};
use super::FileCall;
use super::listing::Listing;
use crate::limits::{LimitKind, Meter};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

/// Granted directories and what is open in them, by descriptor.
#[derive(Default)]
pub(crate) struct Files {
    open: BTreeMap<u32, Descriptor>,
    /// The runtime's own temporary files, and what is open of them; none where a granted directory takes their place.
    pub(in crate::wasi) temporary: Option<Temporary>,
    /// Numbers below the highest one that are free.
    free: BTreeSet<u32>,
}

/// What a runtime was granted, as its guest found it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::wasi) struct Grants {
    /// Where the guest finds each, and whether it may change it.
    pub directories: Vec<(String, bool)>,
    pub temporary: bool,
}

impl Grants {
    /// Those of a runtime that nothing was granted: it has its own temporary directory.
    pub(in crate::wasi) fn of_nothing() -> Self {
        Self {
            directories: Vec::new(),
            temporary: true,
        }
    }
}

/// What a descriptor stands for.
pub(super) struct Descriptor {
    pub file: File,
    /// Whether the granted directory that it was opened through may be changed.
    pub writable: bool,
    pub kind: Kind,
    /// How the guest named it, for people.
    pub name: String,
}

/// Longest name of what is open that is kept, in bytes.
const LONGEST_NAME: usize = 8 << 10;

/// The name of what a guest opens by a path below a directory, for people.
pub(in crate::wasi) fn name_below(directory: &str, path: &str) -> String {
    let directory = directory.trim_end_matches('/');
    if directory.len() + path.len() < LONGEST_NAME {
        format!("{directory}/{path}")
    } else {
        format!("…/{path}")
    }
}

pub(super) enum Kind {
    Directory {
        /// Where the guest finds a granted directory.
        granted: Option<String>,
        /// Where the guest is in reading it.
        listing: Option<Listing>,
    },
    File {
        position: u64,
        rights: u64,
        /// `fdflags`, as they were given.
        flags: u16,
    },
}

/// The first descriptor that is no standard stream.
const FIRST: u32 = 3;

pub(in crate::wasi) const APPEND: u16 = 1 << 0;
pub(in crate::wasi) const DSYNC: u16 = 1 << 1;
pub(in crate::wasi) const NONBLOCK: u16 = 1 << 2;
pub(in crate::wasi) const RSYNC: u16 = 1 << 3;
pub(in crate::wasi) const SYNC: u16 = 1 << 4;

/// Rights of WASI.
pub(in crate::wasi) mod rights {
    pub const FD_READ: u64 = 1 << 1;
    pub const FD_WRITE: u64 = 1 << 6;
    const FD_SEEK: u64 = 1 << 2;
    const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    /// Every right that there is.
    pub const ALL: u64 = (1 << 30) - 1;
    /// What a directory is good for.
    pub const DIRECTORY: u64 =
        ALL & !(FD_SEEK | FD_WRITE | PATH_FILESTAT_SET_SIZE | FD_FILESTAT_SET_SIZE);
}

// File types of WASI.
pub(in crate::wasi) const DIRECTORY: u8 = 3;
pub(in crate::wasi) const REGULAR: u8 = 4;

impl Descriptor {
    /// How many it is of those that may be open at once. A listing holds a descriptor of the system, too.
    fn weight(&self) -> u64 {
        match &self.kind {
            Kind::Directory { granted, listing } => {
                u64::from(granted.is_none())
                    + u64::from(listing.as_ref().is_some_and(Listing::is_open))
            }
            Kind::File { .. } => 1,
        }
    }
}

impl Files {
    /// What is open, for people.
    pub(in crate::wasi) fn stays_behind(&self) -> Vec<String> {
        /// Most that are named.
        const MOST: usize = 5;
        let is_file = |descriptor: &&Descriptor| match &descriptor.kind {
            Kind::Directory { granted, listing } => granted.is_none() || listing.is_some(),
            Kind::File { .. } => true,
        };
        let opened = self.open.values().filter(is_file);
        let temporary = self.temporary.iter().flat_map(Temporary::open_names);
        let names: Vec<&str> = opened
            .map(|descriptor| &*descriptor.name)
            .chain(temporary)
            .collect();
        if names.is_empty() {
            return Vec::new();
        }
        let mut named: Vec<String> = names
            .iter()
            .take(MOST)
            .map(|name| format!("`{}`", crate::printable::line(name)))
            .collect();
        if names.len() > MOST {
            named.push("…".into());
        }
        vec![format!(
            "{} files or directories are open: {}",
            names.len(),
            named.join(", ")
        )]
    }

    /// The name of what is open, for people.
    pub(super) fn name(&self, number: u32) -> &str {
        let descriptor = self.open.get(&number);
        descriptor.map_or("", |descriptor| &descriptor.name)
    }

    /// What is in the temporary directory; none if nothing is, or if there is none.
    pub(in crate::wasi) fn kept_temporary(&self) -> Option<KeptFiles> {
        self.temporary.as_ref()?.kept()
    }

    /// The same for another runtime: what is open, is open there, too, at the same place. An error says what cannot be.
    pub(in crate::wasi) fn fork(&self) -> Result<Self, String> {
        let mut open = BTreeMap::new();
        for (number, descriptor) in &self.open {
            let kind = match &descriptor.kind {
                Kind::Directory { granted, listing } => {
                    if listing.is_some() {
                        return Err("a directory is being read".into());
                    }
                    Kind::Directory {
                        granted: granted.clone(),
                        listing: None,
                    }
                }
                Kind::File {
                    position,
                    rights,
                    flags,
                } => Kind::File {
                    position: *position,
                    rights: *rights,
                    flags: *flags,
                },
            };
            let file = descriptor.file.try_clone();
            let file =
                file.map_err(|error| format!("a file cannot be opened once more: {error}"))?;
            let descriptor = Descriptor {
                file,
                writable: descriptor.writable,
                kind,
                name: descriptor.name.clone(),
            };
            open.insert(*number, descriptor);
        }
        Ok(Self {
            open,
            temporary: self.temporary.clone(),
            free: self.free.clone(),
        })
    }

    /// What its temporary files take of its runtime's memory.
    pub(in crate::wasi) fn in_memory(&self) -> u64 {
        self.temporary.as_ref().map_or(0, Temporary::taken)
    }

    /// What was granted, in the order of the descriptors. None if the guest has changed that, or something else is open.
    pub(in crate::wasi) fn grants(&self) -> Option<Grants> {
        let mut grants = Grants::default();
        for (expected, (number, descriptor)) in (FIRST..).zip(&self.open) {
            match &descriptor.kind {
                Kind::Directory {
                    granted: Some(guest),
                    listing: None,
                } if *number == expected => {
                    let directory = (guest.clone(), descriptor.writable);
                    grants.directories.push(directory);
                }
                _ => return None,
            }
        }
        let next = FIRST + u32::try_from(self.open.len()).ok()?;
        if let Some(temporary) = &self.temporary {
            grants.temporary = true;
            if temporary.only_root() != Some(next) {
                return None;
            }
        }
        Some(grants)
    }

    /// Adds a granted directory.
    pub(super) fn grant(&mut self, file: File, guest: String, writable: bool) {
        self.add(Descriptor {
            file,
            writable,
            name: guest.clone(),
            kind: Kind::Directory {
                granted: Some(guest),
                listing: None,
            },
        });
    }

    /// Those of a runtime that nothing was granted.
    pub(in crate::wasi) fn only_temporary() -> Self {
        let mut files = Self::default();
        files.grant_temporary();
        files
    }

    /// Adds the temporary directory.
    pub(super) fn grant_temporary(&mut self) {
        let number = self.number();
        self.temporary.get_or_insert_default().grant(number);
    }

    /// Whether a number stands for something temporary.
    pub(in crate::wasi) fn is_temporary(&self, number: u32) -> bool {
        let temporary = self.temporary.as_ref();
        temporary.is_some_and(|temporary| temporary.has(number))
    }

    /// The lowest number that is free, which something opened gets now.
    pub(in crate::wasi) fn number(&mut self) -> u32 {
        let highest = self.open.last_key_value().map(|(number, _)| *number);
        let temporary = self.temporary.as_ref().and_then(Temporary::highest);
        let number = self.free.pop_first();
        number.unwrap_or_else(|| {
            let highest = highest.max(temporary);
            highest.map_or(FIRST, |highest| highest + 1)
        })
    }

    /// A number stands for nothing any more.
    pub(in crate::wasi) fn freed(&mut self, number: u32) {
        self.free.insert(number);
    }

    /// Gives what was opened a number.
    pub(super) fn add(&mut self, descriptor: Descriptor) -> u32 {
        let number = self.number();
        self.open.insert(number, descriptor);
        number
    }

    fn remove(&mut self, number: u32) -> Result<Descriptor, Errno> {
        let removed = self.open.remove(&number).ok_or(Errno::Badf)?;
        self.free.insert(number);
        Ok(removed)
    }

    /// Whether a number stands for anything.
    pub(in crate::wasi) fn has(&self, number: u32) -> bool {
        self.open.contains_key(&number) || self.is_temporary(number)
    }

    pub(super) fn get(&mut self, number: u32) -> Result<&mut Descriptor, Errno> {
        self.open.get_mut(&number).ok_or(Errno::Badf)
    }

    /// A directory; whether it may be changed.
    pub(super) fn directory(&self, number: u32) -> Result<(&File, bool), Errno> {
        let wrong = if number < FIRST {
            Errno::Notdir
        } else {
            Errno::Badf
        };
        // Where one of two is temporary.
        if self.is_temporary(number) {
            return Err(Errno::Xdev);
        }
        match self.open.get(&number).ok_or(wrong)? {
            Descriptor {
                kind: Kind::File { .. },
                ..
            } => Err(Errno::Notdir),
            directory => Ok((&directory.file, directory.writable)),
        }
    }

    /// A directory that may be changed.
    pub(super) fn writable(&self, number: u32) -> Result<&File, Errno> {
        match self.directory(number)? {
            (directory, true) => Ok(directory),
            (_, false) => Err(Errno::Perm),
        }
    }

    /// Whether one more may be open.
    pub(in crate::wasi) fn room(&self, meter: &mut Meter) -> Result<(), Errno> {
        let Some(most) = meter.limits.get_max_open_files() else {
            return Ok(());
        };
        let temporary = self.temporary.as_ref().map_or(0, Temporary::weight);
        if self.open.values().map(Descriptor::weight).sum::<u64>() + temporary >= most {
            meter.note_reached(LimitKind::OpenFiles);
            return Err(Errno::Mfile);
        }
        Ok(())
    }
}

pub(in crate::wasi) fn close(call: &mut FileCall<'_>, fd: u32) -> Result<(), Trouble> {
    call.files.remove(fd)?;
    Ok(())
}

pub(in crate::wasi) fn renumber(
    call: &mut FileCall<'_>,
    from: u32,
    to: u32,
) -> Result<(), Trouble> {
    if to < FIRST {
        return Err(Errno::Notsup.into());
    }
    if !call.files.has(from) || !call.files.has(to) {
        return Err(Errno::Badf.into());
    }
    if from == to {
        return Ok(());
    }
    match (call.files.is_temporary(from), call.files.is_temporary(to)) {
        (false, false) => {
            let moved = call.files.remove(from)?;
            call.files.open.insert(to, moved);
        }
        (true, true) => temporary::renumber(call, from, to)?,
        // Nothing that guests are made of wants it.
        _ => return Err(Errno::Notsup.into()),
    }
    Ok(())
}

/// What is told of a descriptor: its type, flags and rights. Of a file its rights and flags are given; without, it is a directory.
pub(in crate::wasi) fn fdstat(file: Option<(u64, u16)>) -> [u8; 24] {
    let (kind, flags, base, inheriting) = match file {
        None => (DIRECTORY, 0, rights::DIRECTORY, rights::ALL),
        Some((rights, flags)) => {
            let unless = |right: u64| if rights & right == 0 { right } else { 0 };
            let base = rights::ALL & !unless(rights::FD_READ) & !unless(rights::FD_WRITE);
            (REGULAR, flags, base, base)
        }
    };
    let mut stat = [0u8; 24];
    stat[0] = kind;
    stat[2..4].copy_from_slice(&flags.to_le_bytes());
    stat[8..16].copy_from_slice(&base.to_le_bytes());
    stat[16..24].copy_from_slice(&inheriting.to_le_bytes());
    stat
}

pub(in crate::wasi) fn flags(call: &mut FileCall<'_>, fd: u32, out: u32) -> Result<(), Trouble> {
    let file = match &call.files.get(fd)?.kind {
        Kind::Directory { .. } => None,
        Kind::File { rights, flags, .. } => Some((*rights, *flags)),
    };
    Ok(write(call.memory, out, fdstat(file))?)
}

pub(in crate::wasi) fn set_flags(
    call: &mut FileCall<'_>,
    fd: u32,
    new: u32,
) -> Result<(), Trouble> {
    let Kind::File { flags, .. } = &mut call.files.get(fd)?.kind else {
        return Err(Errno::Badf.into());
    };
    // Whether each write waits for the disk cannot be changed later.
    let kept = *flags & (DSYNC | RSYNC | SYNC);
    *flags = match u16::try_from(new) {
        Ok(new) if new & !(APPEND | NONBLOCK | kept) == 0 => new | kept,
        _ => return Err(Errno::Inval.into()),
    };
    Ok(())
}

pub(super) fn set_rights(
    call: &mut FileCall<'_>,
    fd: u32,
    _base: u64,
    _inheriting: u64,
) -> Result<(), Trouble> {
    call.files.get(fd)?;
    Err(Errno::Notsup.into())
}

fn granted<'a>(call: &'a mut FileCall<'_>, fd: u32, wrong: Errno) -> Result<&'a str, Errno> {
    match &call.files.get(fd)?.kind {
        Kind::Directory {
            granted: Some(guest),
            ..
        } => Ok(guest),
        _ => Err(wrong),
    }
}

/// What is told of a directory with this name that a guest finds open.
pub(in crate::wasi) fn prestat_of(name: &str) -> Result<[u8; 8], Errno> {
    let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    let mut stat = [0u8; 8];
    stat[4..8].copy_from_slice(&len.to_le_bytes());
    Ok(stat)
}

/// Writes such a name into a buffer of this length.
pub(in crate::wasi) fn put_name(
    memory: &mut [u8],
    at: u32,
    len: u32,
    name: &str,
) -> Result<(), Errno> {
    if name.len() > len as usize {
        return Err(Errno::Nametoolong);
    }
    let name_len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    slice(memory, at, name_len)?.copy_from_slice(name.as_bytes());
    Ok(())
}

pub(super) fn prestat(call: &mut FileCall<'_>, fd: u32, out: u32) -> Result<(), Trouble> {
    let stat = prestat_of(granted(call, fd, Errno::Badf)?)?;
    Ok(write(call.memory, out, stat)?)
}

pub(super) fn prestat_name(
    call: &mut FileCall<'_>,
    fd: u32,
    path: u32,
    len: u32,
) -> Result<(), Trouble> {
    let name = granted(call, fd, Errno::Notdir)?.to_owned();
    Ok(put_name(call.memory, path, len, &name)?)
}
