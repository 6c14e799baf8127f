//! Whom to tell what came of a call or of the wish for a turn, each exactly once.

use crate::error::CError;
use crate::isolator_error;
use crate::types::isolator_buffer;
use std::ffi::c_void;
use std::ptr;

/// Somebody, and what to tell. It is told without the runtime, which the embedder's function may want.
pub(super) enum Told {
    Call(Done, Result<Vec<u8>, CError>),
    Turn(Turn, CError),
}

impl Told {
    pub(super) fn tell(self) {
        match self {
            Self::Call(done, outcome) => done.tell(outcome),
            Self::Turn(turn, error) => turn.refuse(error),
        }
    }
}

/// A function that wants the runtime for itself. Called once, also if this is dropped.
pub(super) struct Turn(
    Option<(
        unsafe extern "C" fn(*mut c_void, *mut isolator_error),
        *mut c_void,
    )>,
);

// SAFETY: the interface says that function pointers are called, with their values, on any thread.
unsafe impl Send for Turn {}

impl Turn {
    /// A function, and the value that it gets.
    pub(super) fn new(
        function: unsafe extern "C" fn(*mut c_void, *mut isolator_error),
        value: *mut c_void,
    ) -> Self {
        Self(Some((function, value)))
    }

    /// Nobody is to be told: the caller gets an error.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// The runtime is free for it.
    pub(super) fn take(mut self) {
        self.call(ptr::null_mut());
    }

    fn refuse(mut self, error: CError) {
        self.call(error.into_raw());
    }

    fn call(&mut self, error: *mut isolator_error) {
        if let Some((function, value)) = self.0.take() {
            // SAFETY: the embedder gave both together, and this is the only time; an error belongs to the callee.
            unsafe { function(value, error) };
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.0.is_some() {
            self.call(freed().into_raw());
        }
    }
}

/// Whom to tell. Told once, also if it is dropped.
pub(super) struct Done(
    Option<(
        unsafe extern "C" fn(*mut c_void, *mut isolator_buffer, *mut isolator_error),
        *mut c_void,
    )>,
);

// SAFETY: the interface says that function pointers are called, with their values, on any thread.
unsafe impl Send for Done {}

impl Done {
    /// A function, and the value that it gets.
    pub(super) fn new(
        function: unsafe extern "C" fn(*mut c_void, *mut isolator_buffer, *mut isolator_error),
        value: *mut c_void,
    ) -> Self {
        Self(Some((function, value)))
    }

    /// Nobody is to be told: the caller gets an error.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    fn tell(mut self, outcome: Result<Vec<u8>, CError>) {
        self.tell_once(outcome);
    }

    fn tell_once(&mut self, outcome: Result<Vec<u8>, CError>) {
        let Some((function, value)) = self.0.take() else {
            return;
        };
        let (mut buffer, error) = match outcome {
            Ok(bytes) => (bytes.into(), ptr::null_mut()),
            Err(error) => (isolator_buffer::EMPTY, error.into_raw()),
        };
        // SAFETY: the embedder gave both together, and this is the only time; what the pointers name belongs to the callee.
        unsafe { function(value, &raw mut buffer, error) };
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        self.tell_once(Err(freed()));
    }
}

/// Why nothing comes of a call whose runtime is gone.
pub(super) fn freed() -> CError {
    CError::dead("the runtime was freed before the call was done")
}
