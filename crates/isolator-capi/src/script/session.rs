//! Sessions: submissions whose state goes from one to the next.

use super::running::granted;
use super::{
    isolator_script_completions, isolator_script_diagnostics, isolator_script_host,
    isolator_script_result,
};
use crate::builder::isolator_runtime_builder;
use crate::error::CError;
use crate::guard::{guard, guard_out, quietly};
use crate::isolator_error;
use crate::types::isolator_bytes;
use ::isolator_host::Error as HostError;
use isolator_script::{Session, SessionCancelHandle};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// C# one submission after the other, as at a prompt: each finds the variables, methods, types and namespaces of those before it. Any thread may use it; one waits
/// for the other. Not from within functions that its submissions call.
pub struct isolator_script_session {
    session: Mutex<Session>,
    cancel: SessionCancelHandle,
}

impl isolator_script_session {
    fn lock(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a session. It lives on when the host is given back.
///
/// # Safety
/// `scripts` points to a host of this library, `builder`, nullable, to a builder that `isolator_script_host_runtime_builder` gave for this host, which is used up;
/// `out` points to a place for the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_session_new(
    scripts: *const isolator_script_host,
    builder: *mut isolator_runtime_builder,
    out: *mut *mut isolator_script_session,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let scripts = &(*scripts).0;
            let granted = granted(scripts, builder)?;
            let session = scripts.session(|_| granted)?;
            let cancel = session.cancel_handle();
            Ok(Box::into_raw(Box::new(isolator_script_session {
                session: Mutex::new(session),
                cancel,
            })))
        })
    }
}

/// Compiles a submission and runs it. Where its last expression has no semicolon, it has a value; `await` may stand anywhere in it. How it ran is in the result. After an
/// error of the call nothing has changed: of kind `ISOLATOR_ERROR_COMPILATION` for a submission that does not compile, `ISOLATOR_ERROR_DEAD` for a session that has
/// ended, `ISOLATOR_ERROR_CANCELLED`.
///
/// # Safety
/// `session` points to a session of this library; `source` is text; `out` points to a place for the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_session_execute(
    session: *const isolator_script_session,
    source: isolator_bytes,
    out: *mut *mut isolator_script_result,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let source = source.text("the submission")?;
            let submission = (*session).lock().execute(source)?;
            match submission.result {
                Err(HostError::Cancelled) => Err(HostError::Cancelled.into()),
                _ => Ok(isolator_script_result::from(submission).into_raw()),
            }
        })
    }
}

/// Says what is wrong with a submission, which does not run.
///
/// # Safety
/// `session` points to a session of this library; `source` is text; `out` points to a place for the diagnostics.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_session_check(
    session: *const isolator_script_session,
    source: isolator_bytes,
    out: *mut *mut isolator_script_diagnostics,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let source = source.text("the submission")?;
            let told = super::compiled::told((*session).lock().check(source))?;
            Ok(Box::into_raw(Box::new(told)))
        })
    }
}

/// Whether a text is a submission, and not the beginning of one that needs more lines. What is wrong in any case counts as one.
///
/// # Safety
/// `session` points to a session of this library; `source` is text; `out` points to a place for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_session_is_complete(
    session: *const isolator_script_session,
    source: isolator_bytes,
    out: *mut bool,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, false, || {
            let source = source.text("the submission")?;
            Ok((*session).lock().is_complete(source)?)
        })
    }
}

/// Says what can stand at a place in a submission: `position` bytes of its text are before it. The best come first.
///
/// # Safety
/// `session` points to a session of this library; `source` is text; `out` points to a place for the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_session_complete(
    session: *const isolator_script_session,
    source: isolator_bytes,
    position: usize,
    out: *mut *mut isolator_script_completions,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let source = source.text("the submission")?;
            let found = (*session).lock().complete(source, position)?;
            let named = found.into_iter().map(|mut found| {
                // Here there is no word for a using beside it.
                found.text = found.qualified().into_owned();
                found
            });
            let named = isolator_script_completions(named.collect());
            Ok(Box::into_raw(Box::new(named)))
        })
    }
}

/// Stops what the session does just now, from any thread: a compilation, after which it goes on, or a run, which ends it. Where it does nothing, nothing happens.
///
/// # Safety
/// `session` points to a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_session_cancel(session: *const isolator_script_session) {
    // SAFETY: the caller says so.
    let cancel = unsafe { &(*session).cancel };
    quietly((), || cancel.cancel());
}

/// Begins anew, with the same grants: nothing is left of the submissions.
///
/// # Safety
/// `session` points to a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_session_reset(
    session: *const isolator_script_session,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let mut session = unsafe { &*session }.lock();
        session.reset().map_err(CError::from)
    })
}

/// Whether submissions can run. If not, `isolator_script_session_reset` helps. Waits for what is under way.
///
/// # Safety
/// `session` points to a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_session_is_alive(
    session: *const isolator_script_session,
) -> bool {
    // SAFETY: the caller says so.
    let session = unsafe { &*session };
    quietly(false, || session.lock().is_alive())
}

/// Gives a session back, in which nothing is under way.
///
/// # Safety
/// `session`, nullable, is a session of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_session_free(session: *mut isolator_script_session) {
    if !session.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let session = unsafe { Box::from_raw(session) };
        quietly((), || drop(session));
    }
}
