//! `/tmp`, which every runtime has of its own: in memory, empty at first, and gone with the runtime.
//!
//! What it takes counts as the runtime's memory, against the limit of which it is taken before it is there. A granted directory at the
//! place, or above it, takes its place. It knows no rights, and a link leads nowhere but to what is in it.

mod content;
mod data;
mod kept;
mod paths;
mod status;
#[cfg(test)]
mod tests;
mod tree;

use super::files::FileCall;
use super::{Errno, Trouble, slice};
use crate::limits::Meter;
use std::collections::BTreeMap;
use tree::{Id, ROOT, Tree};

pub(super) use data::*;
pub(crate) use kept::KeptFiles;
pub(super) use paths::*;
pub(super) use status::*;
pub(super) use tree::PLACE;

/// The most that it takes, whatever the limit of memory.
const MOST: u64 = 1 << 30;

/// Longest path that is looked at, in bytes.
const LONGEST_PATH: u32 = 4096;

/// What a runtime has below `/tmp`, and what of it is open.
#[derive(Default, Clone)]
pub(super) struct Temporary {
    tree: Tree,
    open: BTreeMap<u32, Open>,
    taken: u64,
}

/// What a descriptor stands for.
#[derive(Clone)]
pub(super) struct Open {
    node: Id,
    kind: Kind,
    /// How the guest named it, for people.
    name: String,
}

#[derive(Clone)]
enum Kind {
    Directory {
        /// It is the one that the guest finds at [`PLACE`].
        granted: bool,
        listing: Listing,
    },
    File {
        position: u64,
        rights: u64,
        flags: u16,
    },
}

/// Where a guest is in reading a directory.
#[derive(Default, Clone)]
struct Listing {
    cookie: u64,
    /// The name before the next one.
    last: Option<String>,
}

impl Open {
    fn is_root(&self) -> bool {
        matches!(self.kind, Kind::Directory { granted: true, .. })
    }

    /// The descriptor of [`PLACE`].
    fn root() -> Self {
        Self {
            node: ROOT,
            kind: Kind::Directory {
                granted: true,
                listing: Listing::default(),
            },
            name: PLACE.to_owned(),
        }
    }
}

impl Temporary {
    /// Opens the directory itself for the guest to find.
    pub(super) fn grant(&mut self, number: u32) {
        self.put(number, Open::root());
    }

    /// Whether a descriptor is one of these.
    pub(super) fn has(&self, number: u32) -> bool {
        self.open.contains_key(&number)
    }

    /// The highest descriptor.
    pub(super) fn highest(&self) -> Option<u32> {
        self.open.last_key_value().map(|(number, _)| *number)
    }

    /// All that is in the directory, whatever of it is open; none if nothing is.
    pub(in crate::wasi) fn kept(&self) -> Option<KeptFiles> {
        let is_empty = self.tree.entries(ROOT).is_ok_and(BTreeMap::is_empty);
        (!is_empty).then(|| KeptFiles::of(&self.tree))
    }

    /// Puts what was kept into the directory, in which nothing is yet. So much was taken for it.
    pub(in crate::wasi) fn put_back(&mut self, kept: &KeptFiles, takes: u64) {
        let opened = self.tree.get(ROOT).map_or(0, |root| root.opened);
        self.tree = kept.tree();
        if let Ok(root) = self.tree.get_mut(ROOT) {
            root.opened = opened;
        }
        self.taken = takes;
    }

    /// Names of what is open beside the directory itself.
    pub(in crate::wasi) fn open_names(&self) -> impl Iterator<Item = &str> {
        let opened = self.open.values().filter(|open| !open.is_root());
        opened.map(|open| &*open.name)
    }

    /// What it takes of its runtime's memory.
    pub(in crate::wasi) fn taken(&self) -> u64 {
        self.taken
    }

    /// The number by which the guest finds the directory, if nothing else is open.
    pub(in crate::wasi) fn only_root(&self) -> Option<u32> {
        match self.open.first_key_value() {
            Some((number, _)) if self.open.len() == 1 && self.weight() == 0 => Some(*number),
            _ => None,
        }
    }

    /// How many are open of those that may be at once.
    pub(in crate::wasi) fn weight(&self) -> u64 {
        self.open_names().count() as u64
    }

    fn put(&mut self, number: u32, open: Open) {
        if let Ok(node) = self.tree.get_mut(open.node) {
            node.opened += 1;
        }
        self.open.insert(number, open);
    }

    /// Closes a descriptor. What it took that is gone with it.
    fn close(&mut self, number: u32, meter: &mut Meter) -> Result<(), Errno> {
        let open = self.open.remove(&number).ok_or(Errno::Badf)?;
        if let Ok(node) = self.tree.get_mut(open.node) {
            node.opened = node.opened.saturating_sub(1);
        }
        self.collect(open.node, meter);
        Ok(())
    }

    fn collect(&mut self, id: Id, meter: &mut Meter) {
        let takes = self.tree.collect(id);
        self.give_back(takes, meter);
    }

    fn directory(&self, number: u32) -> Result<Id, Errno> {
        match self.open.get(&number) {
            Some(Open {
                node,
                kind: Kind::Directory { .. },
                ..
            }) => Ok(*node),
            Some(_) => Err(Errno::Notdir),
            None => Err(Errno::Badf),
        }
    }

    /// Takes memory, if so much may be taken.
    fn take(&mut self, bytes: u64, meter: &mut Meter) -> Result<(), Errno> {
        let all = self.taken.saturating_add(bytes);
        if all > MOST || !meter.memory.take_beside(bytes) {
            return Err(Errno::Nospc);
        }
        self.taken = all;
        Ok(())
    }

    fn give_back(&mut self, bytes: u64, meter: &mut Meter) {
        let bytes = bytes.min(self.taken);
        self.taken -= bytes;
        meter.memory.give_back_beside(bytes);
    }
}

/// The temporary directory of a call that is about one of its descriptors.
fn temporary<'a>(call: &'a mut FileCall<'_>) -> Result<(&'a mut Temporary, &'a mut Meter), Errno> {
    let temporary = call.files.temporary.as_mut().ok_or(Errno::Badf)?;
    Ok((temporary, &mut *call.meter))
}

/// A path of the guest's.
fn path(call: &mut FileCall<'_>, at: u32, len: u32) -> Result<String, Trouble> {
    if len > LONGEST_PATH {
        return Err(Errno::Nametoolong.into());
    }
    call.meter.step(super::files::PATH_FUEL)?;
    let bytes = slice(call.memory, at, len)?;
    let text = std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
    if text.starts_with('/') {
        return Err(Errno::Perm.into());
    }
    if text.contains('\0') {
        return Err(Errno::Inval.into());
    }
    Ok(text.to_owned())
}
