//! Listing directories: one pass over a directory, however small the guest's buffers are.

use super::super::{Errno, Trouble, errno_of, slice, write};
use super::table::Kind;
use super::{FileCall, names, status, table};
use cap_primitives::fs::{self, DirEntry, Metadata, ReadDir};

/// Where a guest is in reading a directory.
pub(super) struct Listing {
    /// None at the end: nothing of the system is held any more.
    entries: Option<ReadDir>,
    /// Device of the directory, and so of what lies in it.
    device: u64,
    /// Cookie of `next`, or of what will be read next.
    cookie: u64,
    /// Read, and not taken yet: it did not fit whole.
    next: Option<Listed>,
}

struct Listed {
    inode: u64,
    kind: u8,
    name: String,
}

const HEADER: usize = 24;

/// Fuel for each name that is read.
pub(in crate::wasi) const NAME_FUEL: u64 = 200;

/// What stands before a name in a listing: the cookie of the next entry, the file's number and type, the name's length.
pub(in crate::wasi) fn dirent(
    next: u64,
    inode: u64,
    name: &str,
    kind: u8,
) -> Result<[u8; HEADER], Errno> {
    let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    let mut header = [0; HEADER];
    header[0..8].copy_from_slice(&next.to_le_bytes());
    header[8..16].copy_from_slice(&inode.to_le_bytes());
    header[16..20].copy_from_slice(&len.to_le_bytes());
    header[20] = kind;
    Ok(header)
}

impl Listed {
    fn header(&self, next: u64) -> Result<[u8; HEADER], Errno> {
        dirent(next, self.inode, &self.name, self.kind)
    }

    fn of(entry: &DirEntry, device: u64) -> Option<Self> {
        let name = entry.file_name();
        let Some(name) = names::shown(&name) else {
            tracing::warn!(?name, "a listing leaves out a name that is no text");
            return None;
        };
        // Gone meanwhile, or a file system that does not say: whoever wants to know asks for its status.
        let known = entry.file_type().ok().map(status::kind);
        let kind = match known {
            Some(0) | None => entry
                .metadata()
                .map_or(0, |found| status::kind(found.file_type())),
            Some(kind) => kind,
        };
        Some(Self {
            inode: inode(entry, device),
            kind,
            name,
        })
    }
}

#[cfg(unix)]
fn inode(entry: &DirEntry, device: u64) -> u64 {
    status::number((device, std::os::unix::fs::DirEntryExt::ino(entry)))
}

#[cfg(not(unix))]
fn inode(entry: &DirEntry, _device: u64) -> u64 {
    entry
        .metadata()
        .map_or(0, |found| status::number(status::identity(&found)))
}

impl Listing {
    /// Whether it holds a descriptor of the system.
    pub(super) fn is_open(&self) -> bool {
        self.entries.is_some()
    }

    fn begin(directory: &std::fs::File) -> Result<Self, Errno> {
        let found = Metadata::from_file(directory).map_err(errno_of)?;
        let identity = status::identity(&found);
        Ok(Self {
            entries: Some(fs::read_base_dir(directory).map_err(errno_of)?),
            device: identity.0,
            cookie: 0,
            next: Some(Listed {
                inode: status::number(identity),
                kind: table::DIRECTORY,
                name: ".".into(),
            }),
        })
    }

    /// What comes next; none at the end.
    fn peek(&mut self) -> Result<Option<&Listed>, Errno> {
        while self.next.is_none()
            && let Some(entries) = &mut self.entries
        {
            match entries.next() {
                None => self.entries = None,
                Some(entry) => self.next = Listed::of(&entry.map_err(errno_of)?, self.device),
            }
        }
        Ok(self.next.as_ref())
    }

    /// It was taken.
    fn advance(&mut self) {
        // The directory's own name is the first, its parent's the second. What is above a granted directory is not told.
        self.next = match (self.cookie, self.next.take()) {
            (0, Some(own)) => Some(Listed {
                name: "..".into(),
                ..own
            }),
            _ => None,
        };
        self.cookie += 1;
    }
}

pub(super) fn read(
    call: &mut FileCall<'_>,
    fd: u32,
    buffer: u32,
    len: u32,
    cookie: u64,
    out: u32,
) -> Result<(), Trouble> {
    // Before anything is read.
    slice(call.memory, buffer, len)?;
    call.files.directory(fd)?;
    let Kind::Directory { listing, .. } = &mut call.files.get(fd)?.kind else {
        return Err(Errno::Notdir.into());
    };
    let kept = listing
        .take()
        .filter(|kept| cookie != 0 && kept.cookie == cookie);
    let mut listing = match kept {
        Some(kept) => kept,
        None if cookie == 0 => {
            call.files.room(call.meter)?;
            Listing::begin(&call.files.get(fd)?.file)?
        }
        // Where that was, nobody knows: a directory has no order that could be counted through again.
        None => return Err(Errno::Inval.into()),
    };
    let mut used = 0;
    let into = slice(call.memory, buffer, len)?;
    while used < into.len() {
        call.meter.step(NAME_FUEL)?;
        let next = listing.cookie + 1;
        let Some(entry) = listing.peek()? else {
            break;
        };
        let header = entry.header(next)?;
        let room = into.get_mut(used..).unwrap_or_default();
        let mut taken = 0;
        for part in [&header[..], entry.name.as_bytes()] {
            let to = room.get_mut(taken..).unwrap_or_default();
            let fits = part.len().min(to.len());
            if let (Some(to), Some(from)) = (to.get_mut(..fits), part.get(..fits)) {
                to.copy_from_slice(from);
            }
            taken += fits;
        }
        used += taken;
        // Cut off: the guest asks for it again.
        if taken < header.len() + entry.name.len() {
            break;
        }
        listing.advance();
    }
    let used = u32::try_from(used).map_err(|_| Errno::Overflow)?;
    // At the end the guest finds room left in its buffer; it may ask once more, and finds nothing then.
    if let Kind::Directory { listing: kept, .. } = &mut call.files.get(fd)?.kind {
        *kept = Some(listing);
    }
    Ok(write(call.memory, out, used.to_le_bytes())?)
}
