//! What is done alike from outside and from a callback, and needs a word more than `Calls` has.

use crate::callback::{Foreign, ForeignAsync};
use ::isolator_host::{Calls, Inspection, IsolatedAssembly, IsolatedMethod, IsolatedType, Result};

/// Something of a runtime that can be inspected.
pub(crate) enum Subject<'a> {
    Assembly(&'a IsolatedAssembly),
    Type(&'a IsolatedType),
    Method(&'a IsolatedMethod),
}

/// Lists what it consists of.
pub(crate) fn inspect_any(calls: &mut Calls<'_>, subject: &Subject<'_>) -> Result<Inspection> {
    match subject {
        Subject::Assembly(assembly) => calls.inspect(*assembly),
        Subject::Type(of_type) => calls.inspect(*of_type),
        Subject::Method(method) => calls.inspect(*method),
    }
}

pub(crate) fn register(calls: &mut Calls<'_>, name: &str, callback: Foreign) {
    calls.register_raw_callback(name, move |context, args| callback.call(context, args));
}

pub(crate) fn register_async(calls: &mut Calls<'_>, name: &str, callback: ForeignAsync) {
    calls.register_raw_async_callback(name, move |args| callback.begin(args));
}
