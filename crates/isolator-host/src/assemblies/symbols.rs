//! Symbols of assemblies that were handed over to a guest, until it asks for them.

use std::collections::HashMap;
use std::sync::Arc;

/// Most bytes that wait: symbols are the tenant's, and a guest need not ask for any.
const MOST_BYTES: usize = 64 << 20;

/// Symbols that wait, by the name that was asked for. Clones share them until one of them changes: each runtime of a snapshot begins with a clone.
#[derive(Default, Clone)]
pub(crate) struct Symbols {
    waiting: Arc<HashMap<String, Arc<[u8]>>>,
    /// Their bytes, one that waits under two names counted twice.
    bytes: usize,
}

impl Symbols {
    /// How many assemblies' symbols wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Keeps symbols, if there is room for them in so many bytes, and never more than 64 MiB; without them stack traces have no file names
    /// and line numbers.
    pub(crate) fn insert(&mut self, name: String, symbols: Arc<[u8]>, most: usize) {
        self.remove(&name);
        let bytes = self.bytes.saturating_add(symbols.len());
        if bytes <= most.min(MOST_BYTES) {
            self.bytes = bytes;
            Arc::make_mut(&mut self.waiting).insert(name, symbols);
        }
    }

    /// Hands symbols over.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Arc<[u8]>> {
        if !self.waiting.contains_key(name) {
            return None;
        }
        let symbols = Arc::make_mut(&mut self.waiting).remove(name)?;
        self.bytes = self.bytes.saturating_sub(symbols.len());
        Some(symbols)
    }

    /// All that wait, with the names that they wait under.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        self.waiting.iter().map(|(name, bytes)| (&**name, bytes))
    }

    /// What waits under a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<[u8]>> {
        self.waiting.get(name)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_until_one_of_them_changes() {
        let mut one = Symbols::default();
        one.insert("App".into(), Arc::from(*b"pdb"), usize::MAX);
        let (kept, mut two) = (one.clone(), one.clone());
        assert!(two.remove("Other").is_none());
        assert!(Arc::ptr_eq(&one.waiting, &two.waiting), "nothing changed");
        assert_eq!(two.remove("App").as_deref(), Some(&b"pdb"[..]));
        one.insert("Lib".into(), Arc::from(*b"lib"), usize::MAX);
        let seen = |symbols: &Symbols| (symbols.len(), symbols.bytes);
        assert_eq!(
            (seen(&kept), seen(&one), seen(&two)),
            ((1, 3), (2, 6), (0, 0))
        );
        assert!(two.get("App").is_none() && kept.get("Lib").is_none());
    }

    #[test]
    fn there_is_room_for_so_many_bytes() {
        let mut symbols = Symbols::default();
        let half: Arc<[u8]> = vec![0; MOST_BYTES / 2].into();
        for name in ["App", "APP", "aPP", "ApP"] {
            symbols.insert(name.into(), half.clone(), usize::MAX);
        }
        assert_eq!((symbols.len(), symbols.bytes), (2, MOST_BYTES));
        // The same again takes no more room, and what is taken out makes some.
        symbols.insert("App".into(), half.clone(), usize::MAX);
        assert_eq!((symbols.len(), symbols.bytes), (2, MOST_BYTES));
        assert!(symbols.remove("aPP").is_none());
        assert!(symbols.remove("APP").is_some());
        symbols.insert("aPP".into(), half, usize::MAX);
        assert!(symbols.remove("aPP").is_some() && symbols.remove("App").is_some());
        assert_eq!((symbols.len(), symbols.bytes), (0, 0));
        symbols.insert("Giant".into(), vec![0; MOST_BYTES + 1].into(), usize::MAX);
        assert_eq!(symbols.len(), 0);
        symbols.insert("Small".into(), vec![0; 11].into(), 10);
        assert_eq!(symbols.len(), 0);
    }
}
