//! Handles that are kept by name, in the runtime that is prepared for a snapshot and in all that start from it.

use crate::error::{Error, Result};
use crate::values::handle::sealed::Sealed;
use crate::values::handle::{HandleKind, Releases};
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Raw handles by name.
pub(crate) type Names = BTreeMap<String, (HandleKind, u64)>;

/// Those of a live runtime.
#[derive(Default)]
pub(crate) struct Kept {
    /// What its snapshot has.
    frozen: Option<Arc<Names>>,
    /// What was kept here, or asked for.
    alive: BTreeMap<String, Alive>,
    /// Handles that the memory had before this runtime began: each has one owner here, who gives it back when the runtime is over.
    found: HashMap<u64, Box<dyn Any + Send + Sync>>,
}

struct Alive {
    kind: HandleKind,
    raw: u64,
    /// A clone of the handle, by which the guest keeps what it names.
    handle: Box<dyn Any + Send + Sync>,
}

impl Kept {
    pub(crate) fn of(frozen: Arc<Names>) -> Self {
        Self {
            frozen: Some(frozen),
            ..Self::default()
        }
    }

    /// A handle that the memory had before this runtime began.
    pub(crate) fn found<H: Sealed>(&mut self, raw: u64, releases: &Arc<Releases>) -> H {
        let found = self.found.get(&raw);
        if let Some(handle) = found.and_then(|found| found.downcast_ref::<H>()) {
            return handle.clone();
        }
        let handle = H::of(raw, releases);
        self.found.insert(raw, Box::new(handle.clone()));
        handle
    }

    /// All names, with the raw handles.
    pub(crate) fn names(&self) -> Names {
        let mut all = self.frozen.as_deref().cloned().unwrap_or_default();
        let own = self.alive.iter();
        all.extend(own.map(|(name, alive)| (name.clone(), (alive.kind, alive.raw))));
        all
    }

    pub(crate) fn insert<H: Sealed>(&mut self, name: String, raw: u64, handle: &H) {
        let alive = Alive {
            kind: H::KIND,
            raw,
            handle: Box::new(handle.clone()),
        };
        self.alive.insert(name, alive);
    }

    /// What was kept under a name.
    ///
    /// # Errors
    /// [`Error::BadHandle`] if there is nothing of that name, or of another kind.
    pub(crate) fn get<H: Sealed>(&mut self, name: &str, releases: &Arc<Releases>) -> Result<H> {
        let of_snapshot = || self.frozen.as_ref()?.get(name).copied();
        let found = self.alive.get(name).map(|alive| (alive.kind, alive.raw));
        let Some((kind, raw)) = found.or_else(of_snapshot) else {
            let known: Vec<String> = self
                .names()
                .keys()
                .map(|name| format!("`{name}`"))
                .collect();
            let known = match known.is_empty() {
                true => "nothing was kept at all".into(),
                false => format!("there is {}", known.join(", ")),
            };
            return Err(Error::BadHandle {
                message: format!("nothing was kept as `{name}`: {known}"),
            });
        };
        if kind != H::KIND {
            let (is, wanted) = (kind.words(), H::KIND.words());
            return Err(Error::BadHandle {
                message: format!("what was kept as `{name}` is {is}, and {wanted} was asked for"),
            });
        }
        let alive = self.alive.get(name);
        if let Some(handle) = alive.and_then(|alive| alive.handle.downcast_ref::<H>()) {
            return Ok(handle.clone());
        }
        let handle: H = self.found(raw, releases);
        self.insert(name.into(), raw, &handle);
        Ok(handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::handle::{IsolatedMethod, IsolatedObject};

    #[test]
    fn what_is_kept_is_found_again_and_lives_as_long_as_its_name() {
        let releases = Releases::new(1);
        let mut kept = Kept::default();
        let object = IsolatedObject::new(42, &releases);
        kept.insert("one".into(), 42, &object);
        drop(object);
        assert!(!releases.waiting());
        let again: IsolatedObject = kept.get("one", &releases).unwrap();
        assert_eq!(again.raw(1).unwrap(), 42);

        // In a runtime that starts from it.
        let others = Releases::new(2);
        let mut copy = Kept::of(Arc::new(kept.names()));
        let first: IsolatedObject = copy.get("one", &others).unwrap();
        let second: IsolatedObject = copy.get("one", &others).unwrap();
        assert_eq!((first.raw(2).unwrap(), second.raw(2).unwrap()), (42, 42));
        drop((first, second));
        assert!(
            !others.waiting(),
            "it was given back while its name holds it"
        );
        // Another of that name takes its place. What the memory had before stays as long as the runtime.
        copy.insert("one".into(), 7, &IsolatedMethod::new(7, &others));
        copy.insert("one".into(), 8, &IsolatedMethod::new(8, &others));
        assert_eq!(others.take(), [7]);
        assert_eq!(copy.names()["one"], (HandleKind::Method, 8));
        let again: IsolatedObject = copy.found(42, &others);
        assert_eq!(again.raw(2).unwrap(), 42);
        drop((again, copy));
        assert_eq!(others.take(), [8, 42]);
        assert_eq!(kept.names()["one"], (HandleKind::Object, 42));
    }

    #[test]
    fn another_name_or_kind_is_an_error_that_says_so() {
        let releases = Releases::new(1);
        let mut kept = Kept::default();
        let error = kept.get::<IsolatedObject>("one", &releases).unwrap_err();
        assert!(
            error.to_string().contains("nothing was kept at all"),
            "{error}"
        );
        kept.insert("one".into(), 1, &IsolatedObject::new(1, &releases));
        let error = kept.get::<IsolatedObject>("two", &releases).unwrap_err();
        assert!(error.to_string().contains("there is `one`"), "{error}");
        let error = kept.get::<IsolatedMethod>("one", &releases).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("is an object, and a method was asked for"),
            "{error}"
        );
    }
}
