//! Guests that implement the contract maliciously: every export answers, and every import is called, with whatever could hurt.

mod answers;
mod imports;
mod marionette;

use crate::{Error, IsolatedRuntime};

/// What a lie may lead to: a typed error. If it is one that ends the runtime, the runtime is dead, and says why from then on.
fn assert_contained<T>(runtime: &mut IsolatedRuntime, result: Result<T, Error>, lie: &str) {
    let fatal = match &result {
        Ok(_) => false,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "{lie}");
            error.is_fatal()
        }
    };
    let error = result.err();
    assert_eq!(runtime.is_alive(), !fatal, "{lie}: {error:?}");
    if fatal {
        let after = runtime.collect(0).unwrap_err();
        assert!(matches!(after, Error::Dead { .. }), "{lie}: {after}");
    }
}
