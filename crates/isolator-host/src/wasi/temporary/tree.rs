//! Names, and what they stand for: the tree below `/tmp`.

use super::content::Blocks;
use crate::wasi::errno::Errno;
use std::collections::{BTreeMap, HashMap};

/// The number of what stands in the tree.
pub(super) type Id = u64;

/// The temporary directory itself.
pub(super) const ROOT: Id = 1;

/// Where guests find it.
pub(in crate::wasi) const PLACE: &str = "/tmp";

/// Longest name.
pub(super) const LONGEST_NAME: usize = 255;

/// Links that are followed in one path.
const MOST_LINKS: u32 = 40;

/// What something in the tree takes besides its content, and a name besides its bytes.
pub(super) const NODE_TAKES: u64 = 512;
const NAME_TAKES: u64 = 128;

#[derive(Clone)]
pub(super) enum Content {
    File(Blocks),
    Directory {
        entries: BTreeMap<String, Id>,
        parent: Id,
    },
    Link(String),
}

#[derive(Clone)]
pub(super) struct Node {
    pub content: Content,
    /// Names that stand for it, and descriptors: when there is neither, it is gone.
    pub names: u64,
    pub opened: u64,
    /// Accessed, modified, made: nanoseconds since 1970.
    pub times: [u64; 3],
}

impl Node {
    fn new(content: Content) -> Self {
        Self {
            content,
            names: 0,
            opened: 0,
            times: [now(); 3],
        }
    }

    pub(super) fn is_directory(&self) -> bool {
        matches!(self.content, Content::Directory { .. })
    }
}

pub(super) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}

/// What the last part of a path stands for: a name in a directory, which may not be there; or a directory by itself (`.`, `..`).
pub(super) enum Found {
    Name(Id, String),
    Directory(Id),
}

#[derive(Clone)]
pub(super) struct Tree {
    nodes: HashMap<Id, Node>,
    next: Id,
}

impl Default for Tree {
    fn default() -> Self {
        let mut root = Node::new(Content::Directory {
            entries: BTreeMap::new(),
            parent: ROOT,
        });
        root.names = 1;
        Self {
            nodes: HashMap::from([(ROOT, root)]),
            next: ROOT + 1,
        }
    }
}

impl Tree {
    /// One of what was in another, the directory itself among it; `next` is a number that nothing has.
    pub(super) fn of(nodes: HashMap<Id, Node>, next: Id) -> Self {
        Self { nodes, next }
    }

    /// All that there is, the directory itself among it.
    pub(super) fn all(&self) -> impl Iterator<Item = (Id, &Node)> {
        self.nodes.iter().map(|(id, node)| (*id, node))
    }

    pub(super) fn get(&self, id: Id) -> Result<&Node, Errno> {
        self.nodes.get(&id).ok_or(Errno::Badf)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&id).ok_or(Errno::Badf)
    }

    pub(super) fn entries(&self, directory: Id) -> Result<&BTreeMap<String, Id>, Errno> {
        match &self.get(directory)?.content {
            Content::Directory { entries, .. } => Ok(entries),
            _ => Err(Errno::Notdir),
        }
    }

    fn entries_mut(&mut self, directory: Id) -> Result<&mut BTreeMap<String, Id>, Errno> {
        let node = self.get_mut(directory)?;
        node.times[1] = now();
        match &mut node.content {
            Content::Directory { entries, .. } => Ok(entries),
            _ => Err(Errno::Notdir),
        }
    }

    fn parent(&self, directory: Id) -> Result<Id, Errno> {
        match &self.get(directory)?.content {
            Content::Directory { parent, .. } => Ok(*parent),
            _ => Err(Errno::Notdir),
        }
    }

    /// What a name stands for, if it is there.
    pub(super) fn named(&self, directory: Id, name: &str) -> Result<Option<Id>, Errno> {
        Ok(self.entries(directory)?.get(name).copied())
    }

    /// What a path names, from a directory on. `follow`: what a link at its end leads to.
    pub(super) fn find(&self, from: Id, path: &str, follow: bool) -> Result<Found, Errno> {
        self.walk(from, path, follow, &mut 0)
    }

    fn walk(&self, from: Id, path: &str, follow: bool, links: &mut u32) -> Result<Found, Errno> {
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        // Only links of ours have one with this start; a descriptor's never has.
        let (mut at, path) = match path.strip_prefix('/') {
            None => (from, path),
            Some(_) => (ROOT, below(path).ok_or(Errno::Perm)?),
        };
        let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
        let must_be_directory = path.ends_with('/');
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            // A part that goes on is a directory.
            self.entries(at)?;
            match part {
                "." => continue,
                ".." if at == ROOT => return Err(Errno::Perm),
                ".." => {
                    at = self.parent(at)?;
                    continue;
                }
                name if name.len() > LONGEST_NAME => return Err(Errno::Nametoolong),
                name => {
                    let found = self.named(at, name)?;
                    let link = found.and_then(|id| self.link(id));
                    match (link, found) {
                        (Some(target), _) if !is_last || follow || must_be_directory => {
                            *links += 1;
                            if *links > MOST_LINKS {
                                return Err(Errno::Loop);
                            }
                            match (self.walk(at, target, true, links)?, is_last) {
                                (found, true) => return Ok(found),
                                (Found::Directory(id), false) => at = id,
                                (Found::Name(directory, name), false) => {
                                    at = self.named(directory, &name)?.ok_or(Errno::Noent)?;
                                }
                            }
                        }
                        (_, _) if is_last => return Ok(Found::Name(at, name.to_owned())),
                        (_, Some(id)) => at = id,
                        (_, None) => return Err(Errno::Noent),
                    }
                }
            }
        }
        Ok(Found::Directory(at))
    }

    fn link(&self, id: Id) -> Option<&str> {
        match &self.nodes.get(&id)?.content {
            Content::Link(target) => Some(target),
            _ => None,
        }
    }

    /// What is there: an error if nothing is.
    pub(super) fn existing(&self, from: Id, path: &str, follow: bool) -> Result<Id, Errno> {
        match self.find(from, path, follow)? {
            Found::Directory(id) => Ok(id),
            Found::Name(directory, name) => {
                let id = self.named(directory, &name)?.ok_or(Errno::Noent)?;
                if path.ends_with('/') && !self.get(id)?.is_directory() {
                    return Err(Errno::Notdir);
                }
                Ok(id)
            }
        }
    }

    /// A name that is free, in a directory that has not been removed.
    pub(super) fn free_name(&self, from: Id, path: &str) -> Result<(Id, String), Errno> {
        match self.find(from, path, false)? {
            Found::Directory(_) => Err(Errno::Exist),
            Found::Name(directory, name) if self.named(directory, &name)?.is_none() => {
                if self.get(directory)?.names == 0 {
                    return Err(Errno::Noent);
                }
                Ok((directory, name))
            }
            Found::Name(..) => Err(Errno::Exist),
        }
    }

    /// What a new name takes, with what it stands for if that is new.
    pub(super) fn takes(name: &str, node: bool) -> u64 {
        NAME_TAKES + name.len() as u64 + if node { NODE_TAKES } else { 0 }
    }

    /// Makes something with a name that is free.
    pub(super) fn make(
        &mut self,
        directory: Id,
        name: String,
        content: Content,
    ) -> Result<Id, Errno> {
        let id = self.next;
        self.entries_mut(directory)?.insert(name, id);
        self.next += 1;
        let mut node = Node::new(content);
        node.names = 1;
        self.nodes.insert(id, node);
        Ok(id)
    }

    /// Gives something another name, which is free.
    pub(super) fn add_name(&mut self, directory: Id, name: String, id: Id) -> Result<(), Errno> {
        self.entries_mut(directory)?.insert(name, id);
        self.get_mut(id)?.names += 1;
        Ok(())
    }

    /// Takes a name away. What it stood for.
    pub(super) fn take_name(&mut self, directory: Id, name: &str) -> Result<Id, Errno> {
        let id = self
            .entries_mut(directory)?
            .remove(name)
            .ok_or(Errno::Noent)?;
        let node = self.get_mut(id)?;
        node.names = node.names.saturating_sub(1);
        Ok(id)
    }

    /// Puts a directory, or a file, under another name in another directory.
    pub(super) fn move_name(&mut self, from: (Id, &str), to: (Id, String)) -> Result<(), Errno> {
        let id = self.take_name(from.0, from.1)?;
        let directory = to.0;
        self.add_name(directory, to.1, id)?;
        if let Content::Directory { parent, .. } = &mut self.get_mut(id)?.content {
            *parent = directory;
        }
        Ok(())
    }

    /// Whether one directory is another, or lies in it at any depth.
    pub(super) fn is_in(&self, mut inner: Id, outer: Id) -> Result<bool, Errno> {
        loop {
            match inner {
                same if same == outer => return Ok(true),
                ROOT => return Ok(false),
                _ => inner = self.parent(inner)?,
            }
        }
    }

    /// Forgets what has neither a name nor a descriptor. What it took.
    pub(super) fn collect(&mut self, id: Id) -> u64 {
        match self.nodes.get(&id) {
            Some(node) if node.names == 0 && node.opened == 0 => {
                let takes = NODE_TAKES + content_takes(&node.content);
                self.nodes.remove(&id);
                takes
            }
            _ => 0,
        }
    }
}

/// What a content takes, but for a directory's names.
pub(super) fn content_takes(content: &Content) -> u64 {
    match content {
        Content::File(blocks) => blocks.count().saturating_mul(super::content::BLOCK_TAKES),
        Content::Directory { .. } => 0,
        Content::Link(target) => target.len() as u64,
    }
}

/// The part of an absolute path that lies below the temporary directory.
fn below(path: &str) -> Option<&str> {
    let mut parts = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    let first = parts.next()?;
    if first != PLACE.trim_start_matches('/') {
        return None;
    }
    let at = path.find(first)? + first.len();
    path.get(at..)
}
