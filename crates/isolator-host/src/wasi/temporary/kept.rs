//! What is kept of `/tmp` where its runtime is written down: all that is in it, with content, times and links.
//!
//! Whoever writes it chooses what is read, so it is looked at before anything is made of it: what it would take is counted first.

use super::content::{BLOCK, BLOCK_TAKES, Blocks, LONGEST};
use super::tree::{Content, Id, LONGEST_NAME, NODE_TAKES, Node, ROOT, Tree};
use super::{LONGEST_PATH, MOST};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::{BTreeMap, HashMap};

/// Numbers are below this one: what is made later gets higher ones, without end.
const NUMBERS: Id = 1 << 60;

/// All that is in it, by number, the directory itself among it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptFiles(BTreeMap<Id, KeptNode>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptNode {
    times: [u64; 3],
    content: KeptContent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum KeptContent {
    File {
        len: u64,
        /// By number, each without the zeros at its end.
        blocks: BTreeMap<u64, ByteBuf>,
    },
    Directory(BTreeMap<String, Id>),
    Link(String),
}

impl KeptContent {
    fn of(content: &Content) -> Self {
        match content {
            Content::File(blocks) => Self::File {
                len: blocks.len(),
                blocks: blocks
                    .all()
                    .map(|(number, block)| (number, ByteBuf::from(block)))
                    .collect(),
            },
            Content::Directory { entries, .. } => Self::Directory(entries.clone()),
            Content::Link(target) => Self::Link(target.clone()),
        }
    }

    fn content(&self, parent: Id) -> Content {
        match self {
            Self::File { len, blocks } => {
                let blocks = blocks.iter();
                Content::File(Blocks::of(
                    *len,
                    blocks.map(|(number, block)| (*number, block.as_slice())),
                ))
            }
            Self::Directory(entries) => Content::Directory {
                entries: entries.clone(),
                parent,
            },
            Self::Link(target) => Content::Link(target.clone()),
        }
    }

    /// What it takes of a runtime's memory, but for the names in a directory. An error says why it cannot be.
    fn takes(&self) -> Result<u64, &'static str> {
        match self {
            Self::File { len, .. } if *len > LONGEST => Err("a file is too long"),
            Self::File { len, blocks } => {
                let ends = len.div_ceil(BLOCK as u64);
                let fits =
                    |(number, block): (&u64, &ByteBuf)| *number < ends && block.len() <= BLOCK;
                if !blocks.iter().all(fits) {
                    return Err("a part of a file lies beyond its end");
                }
                Ok((blocks.len() as u64).saturating_mul(BLOCK_TAKES))
            }
            Self::Directory(_) => Ok(0),
            Self::Link(target) => {
                let fits = !target.is_empty() && target.len() <= LONGEST_PATH as usize;
                if !fits || target.contains('\0') {
                    return Err("a link leads to what is no path");
                }
                Ok(target.len() as u64)
            }
        }
    }
}

/// Whether something can have this name.
fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && name.len() <= LONGEST_NAME && !name.contains(['/', '\0'])
}

impl KeptFiles {
    pub(super) fn of(tree: &Tree) -> Self {
        let named = tree.all().filter(|(_, node)| node.names > 0);
        let kept = named.map(|(id, node)| {
            let kept = KeptNode {
                times: node.times,
                content: KeptContent::of(&node.content),
            };
            (id, kept)
        });
        Self(kept.collect())
    }

    /// What they take of a runtime's memory, and nothing is made of them for that.
    ///
    /// # Errors
    /// Why they can be no runtime's, for people.
    pub(crate) fn takes(&self) -> Result<u64, String> {
        let takes = self
            .counted()
            .map_err(|problem| format!("its files in `/tmp` cannot be: {problem}"))?;
        if takes > MOST {
            return Err(format!(
                "its files in `/tmp` take {takes} bytes of memory, and no runtime may have more than {MOST} there"
            ));
        }
        Ok(takes)
    }

    /// These, with what they take.
    ///
    /// # Errors
    /// As [`takes`](Self::takes).
    pub(crate) fn with_takes(self) -> Result<(Self, u64), String> {
        let takes = self.takes()?;
        Ok((self, takes))
    }

    fn counted(&self) -> Result<u64, &'static str> {
        let mut takes = 0_u64;
        for (id, node) in &self.0 {
            if !(ROOT..NUMBERS).contains(id) {
                return Err("one has a number that none has");
            }
            takes = takes.saturating_add(node.content.takes()?);
            if *id != ROOT {
                takes = takes.saturating_add(NODE_TAKES);
            }
            if let KeptContent::Directory(entries) = &node.content {
                for name in entries.keys() {
                    if !is_name(name) {
                        return Err("one has a name that none can have");
                    }
                    takes = takes.saturating_add(Tree::takes(name, false));
                }
            }
        }
        self.check_tree()?;
        Ok(takes)
    }

    /// Looks whether all can be reached from the directory itself, and each directory on one way.
    fn check_tree(&self) -> Result<(), &'static str> {
        let stands = self.stands();
        for (id, node) in &self.0 {
            let names = stands.get(id).map_or(0, |(names, _)| *names);
            let fits = match node.content {
                _ if *id == ROOT => names == 0,
                KeptContent::Directory(_) => names == 1,
                KeptContent::File { .. } | KeptContent::Link(_) => names > 0,
            };
            if !fits {
                return Err("one has no name, or a directory has two");
            }
        }
        if stands.keys().any(|id| !self.0.contains_key(id)) {
            return Err("a name stands for nothing");
        }
        // Where each has one name, and the directory itself none, nothing is come to twice.
        let (mut next, mut reached) = (vec![ROOT], 0_usize);
        while let Some(id) = next.pop() {
            if let Some(entries) = self.entries(id) {
                reached += 1;
                let directories = entries.values().filter(|id| self.entries(**id).is_some());
                next.extend(directories.copied());
            }
        }
        let all = self.0.keys().filter(|id| self.entries(**id).is_some());
        if reached == 0 || reached != all.count() {
            return Err("a directory lies in none");
        }
        Ok(())
    }

    fn entries(&self, id: Id) -> Option<&BTreeMap<String, Id>> {
        match &self.0.get(&id)?.content {
            KeptContent::Directory(entries) => Some(entries),
            _ => None,
        }
    }

    /// How many names stand for each, and in which directory one of them is.
    fn stands(&self) -> HashMap<Id, (u64, Id)> {
        let mut stands = HashMap::new();
        for (directory, node) in &self.0 {
            if let KeptContent::Directory(entries) = &node.content {
                for id in entries.values() {
                    let (names, parent) = stands.entry(*id).or_insert((0, *directory));
                    *names += 1;
                    *parent = *directory;
                }
            }
        }
        stands
    }

    /// The tree of them, of which nothing is open.
    pub(super) fn tree(&self) -> Tree {
        let stands = self.stands();
        let nodes = self.0.iter().map(|(id, kept)| {
            let (names, parent) = match *id {
                ROOT => (1, ROOT),
                _ => stands.get(id).copied().unwrap_or((0, ROOT)),
            };
            let node = Node {
                content: kept.content.content(parent),
                names,
                opened: 0,
                times: kept.times,
            };
            (*id, node)
        });
        let last = self.0.keys().next_back().copied().unwrap_or(ROOT);
        Tree::of(nodes.collect(), last + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(content: KeptContent) -> KeptNode {
        KeptNode {
            times: [1, 2, 3],
            content,
        }
    }

    fn directory(entries: &[(&str, Id)]) -> KeptNode {
        let entries = entries.iter().map(|(name, id)| ((*name).to_owned(), *id));
        node(KeptContent::Directory(entries.collect()))
    }

    fn file(len: u64, blocks: &[(u64, usize)]) -> KeptNode {
        let blocks = blocks.iter();
        node(KeptContent::File {
            len,
            blocks: blocks
                .map(|(number, len)| (*number, ByteBuf::from(vec![7; *len])))
                .collect(),
        })
    }

    fn link(target: &str) -> KeptNode {
        node(KeptContent::Link(target.to_owned()))
    }

    fn files<const N: usize>(nodes: [(Id, KeptNode); N]) -> KeptFiles {
        KeptFiles(nodes.into_iter().collect())
    }

    #[test]
    fn what_they_take_is_known_before_they_are_there() {
        let kept = files([
            (ROOT, directory(&[("a", 2), ("d", 5), ("l", 9)])),
            (2, file(2 * BLOCK as u64, &[(1, 5)])),
            (5, directory(&[("b", 2)])),
            (9, link("d/b")),
        ]);
        let names = 3 * Tree::takes("a", true) + Tree::takes("b", false);
        assert_eq!(kept.takes(), Ok(names + BLOCK_TAKES + 3));
        let tree = kept.tree();
        assert_eq!(tree.existing(ROOT, "l", true), Ok(2));
        assert_eq!(tree.existing(5, "../d/b", true), Ok(2));
        let found = tree.get(2).unwrap();
        assert_eq!((found.names, found.opened), (2, 0));
        assert_eq!(found.times, [1, 2, 3]);
        let Content::File(blocks) = &found.content else {
            panic!("no file")
        };
        let mut read = [1; 10];
        assert_eq!(blocks.read(BLOCK as u64, &mut read), 10);
        assert_eq!(read, [7, 7, 7, 7, 7, 0, 0, 0, 0, 0]);
        assert_eq!(blocks.len(), 2 * BLOCK as u64);
        // And back: what is made next has another number.
        assert_eq!(KeptFiles::of(&tree), kept);
        let mut tree = tree;
        let made = tree.make(ROOT, "new".into(), Content::Link("x".into()));
        assert_eq!(made, Ok(10));
    }

    #[test]
    fn what_can_be_no_runtimes_is_refused_with_the_reason() {
        let in_root =
            |name: &str, found: KeptNode| files([(ROOT, directory(&[(name, 2)])), (2, found)]);
        assert!(in_root("a", file(0, &[])).takes().is_ok());
        let name = "one has a name that none can have";
        let ways = "one has no name, or a directory has two";
        let nowhere = "a directory lies in none";
        let long = "x".repeat(LONGEST_NAME + 1);
        let blocks: Vec<(u64, usize)> = (0..300_000).map(|number| (number, 0)).collect();
        for (kept, words) in [
            (files([]), nowhere),
            (files([(ROOT, file(0, &[]))]), nowhere),
            (
                files([
                    (ROOT, directory(&[])),
                    (2, directory(&[("x", 3)])),
                    (3, directory(&[("y", 2)])),
                ]),
                nowhere,
            ),
            (
                files([
                    (ROOT, directory(&[("x", 2), ("y", 3)])),
                    (2, directory(&[("z", 3)])),
                    (3, directory(&[])),
                ]),
                ways,
            ),
            (files([(ROOT, directory(&[("x", ROOT)]))]), ways),
            (files([(ROOT, directory(&[])), (2, file(0, &[]))]), ways),
            (
                files([(ROOT, directory(&[("x", 2)]))]),
                "a name stands for nothing",
            ),
            (in_root("", file(0, &[])), name),
            (in_root(".", file(0, &[])), name),
            (in_root("..", file(0, &[])), name),
            (in_root("a/b", file(0, &[])), name),
            (in_root("a\0", file(0, &[])), name),
            (in_root(&long, file(0, &[])), name),
            (
                files([(ROOT, directory(&[("x", 0)])), (0, file(0, &[]))]),
                "one has a number that none has",
            ),
            (
                files([
                    (ROOT, directory(&[("x", NUMBERS)])),
                    (NUMBERS, file(0, &[])),
                ]),
                "one has a number that none has",
            ),
            (in_root("a", file(LONGEST + 1, &[])), "a file is too long"),
            (
                in_root("a", file(BLOCK as u64, &[(1, 1)])),
                "a part of a file lies beyond its end",
            ),
            (
                in_root("a", file(BLOCK as u64, &[(0, BLOCK + 1)])),
                "a part of a file lies beyond its end",
            ),
            (in_root("a", link("")), "a link leads to what is no path"),
            (in_root("a", link("a\0")), "a link leads to what is no path"),
            (
                in_root("a", link(&"x".repeat(LONGEST_PATH as usize + 1))),
                "a link leads to what is no path",
            ),
            // Some bytes for each, and more than a gibibyte.
            (
                in_root("a", file(LONGEST, &blocks)),
                "and no runtime may have more than 1073741824 there",
            ),
        ] {
            let problem = kept.takes().unwrap_err();
            assert!(problem.contains(words), "{problem}: {words}");
            assert!(problem.starts_with("its files in `/tmp`"), "{problem}");
        }
    }
}
