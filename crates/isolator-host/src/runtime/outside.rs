//! A runtime as it is entered from outside: alive, or dead with what it left.

use crate::border::entry::Entry;
use crate::border::lift;
use crate::border::resident;
use crate::engine::instance::GuestInstance;
use crate::engine::stack;
use crate::engine::state::{HostShared, State};
use crate::error::{Error, Result};
use crate::limits::{Activity, LimitKind};
use std::sync::Arc;
use wasmtime::{AsContextMut, Store, StoreContextMut};

/// A runtime.
pub(super) struct Outside {
    body: Body,
    shared: Arc<HostShared>,
    activity: Arc<Activity>,
}

/// What is there of a runtime.
enum Body {
    Live {
        store: Store<State>,
        instance: Arc<GuestInstance>,
    },
    /// Its memory and code are gone; what it wrote and why it died are left.
    Dead(Box<State>),
    /// Only while the one above is made of the one before.
    Between,
}

impl Body {
    #[inline]
    fn state(&self) -> &State {
        match self {
            Self::Live { store, .. } => store.data(),
            Self::Dead(state) => state,
            Self::Between => unreachable!("a runtime is alive or dead"),
        }
    }

    #[inline]
    fn state_mut(&mut self) -> &mut State {
        match self {
            Self::Live { store, .. } => store.data_mut(),
            Self::Dead(state) => state,
            Self::Between => unreachable!("a runtime is alive or dead"),
        }
    }

    /// Gives back what a dead runtime holds: memory, its place among the runtimes, futures of callbacks.
    #[cold]
    fn bury(&mut self) {
        *self = match std::mem::replace(self, Self::Between) {
            Self::Live { store, instance } => {
                drop(instance);
                let fuel = store.get_fuel().ok();
                let mut state = store.into_data();
                let aside = state.meter.take_reserve().unwrap_or_default();
                state.meter.fuel_left = fuel.map(|left| left.saturating_add(aside));
                state.bury();
                Self::Dead(Box::new(state))
            }
            dead => dead,
        };
    }
}

impl Outside {
    pub(super) fn new(
        store: Store<State>,
        instance: Arc<GuestInstance>,
        shared: Arc<HostShared>,
    ) -> Self {
        Self {
            body: Body::Live { store, instance },
            activity: shared.ticker.list(),
            shared,
        }
    }

    #[inline]
    pub(super) fn state(&self) -> &State {
        self.body.state()
    }

    #[inline]
    pub(super) fn state_mut(&mut self) -> &mut State {
        self.body.state_mut()
    }

    /// The guest's memory; empty once the runtime is dead.
    pub(super) fn memory(&self) -> &[u8] {
        match &self.body {
            Body::Live { store, instance } => lift::memory(store, instance),
            _ => &[],
        }
    }

    /// The store and what is in it, of a runtime that is alive.
    pub(super) fn guest(&mut self) -> Option<(StoreContextMut<'_, State>, &Arc<GuestInstance>)> {
        match &mut self.body {
            Body::Live { store, instance } => Some((store.as_context_mut(), instance)),
            _ => None,
        }
    }

    /// Fuel that is left, where it is counted.
    pub(super) fn fuel_left(&self) -> Option<u64> {
        match &self.body {
            Body::Live { store, .. } => store.get_fuel().ok(),
            _ => self.state().meter.fuel_left,
        }
    }

    /// A call ended that may have entered the guest several times: gives back what was put aside for it.
    pub(super) fn close_call(&mut self) {
        self.state_mut().meter.close();
        if let Body::Live { store, instance } = &mut self.body
            && store.data().meter.ended_with_fuel()
        {
            let mut entry = Entry {
                store: store.as_context_mut(),
                instance,
            };
            entry.unlimit_fuel();
        }
    }

    /// Enters the guest from outside.
    #[inline]
    pub(super) fn enter<T>(&mut self, f: impl FnOnce(&mut Entry<'_>) -> Result<T>) -> Result<T> {
        let Body::Live { store, instance } = &mut self.body else {
            return Err(self.why_dead());
        };
        let _running = match &self.shared.running {
            None => None,
            Some(gate) => match gate.pass() {
                Some(passed) => Some(passed),
                None => {
                    return Err(Error::Limit {
                        limit: LimitKind::RunningCalls,
                        allowed: gate.max.into(),
                        used: u64::from(gate.taken()) + 1,
                    });
                }
            },
        };
        let watched = store.data().meter.watched();
        let _ticking = watched.then(|| self.shared.ticker.run(&self.activity));
        let outcome = stack::with_enough(|| {
            let mut inside = Inside(Entry {
                store: store.as_context_mut(),
                instance,
            });
            let entry = &mut inside.0;
            entry.begin()?;
            entry.ensure_started()?;
            entry.release_dropped()?;
            f(entry)
        });
        if self.state().fatal.is_some() {
            self.body.bury();
        }
        outcome
    }

    #[cold]
    fn why_dead(&self) -> Error {
        match &self.state().fatal {
            Some(fatal) => fatal.afterwards(),
            None => Error::Dead {
                why: "it is gone".into(),
            },
        }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        if let Body::Live { store, instance } = &mut self.body {
            resident::leave(store, instance, self.shared.keep_resident);
        }
    }
}

/// An entry from outside; leaving it, in whatever way, closes the account.
struct Inside<'a>(Entry<'a>);

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        let meter = &mut self.0.store.data_mut().meter;
        meter.close();
        if meter.ended_with_fuel() {
            self.0.unlimit_fuel();
        }
    }
}
