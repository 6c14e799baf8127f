//! What an embedder's function pointers come with.

use std::ffi::c_void;

/// Called once, when the function that the value was given with will not be called any more.
pub type isolator_drop_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// A value of the embedder and how to let go of it.
pub(crate) struct UserData {
    value: *mut c_void,
    drop: isolator_drop_fn,
}

// SAFETY: the interface says that function pointers are called, and their values dropped, on any thread.
unsafe impl Send for UserData {}
// SAFETY: as above; the library itself never looks behind the pointer.
unsafe impl Sync for UserData {}

impl UserData {
    pub(crate) fn new(value: *mut c_void, drop: isolator_drop_fn) -> Self {
        Self { value, drop }
    }

    pub(crate) fn value(&self) -> *mut c_void {
        self.value
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            // SAFETY: the embedder gave both together, and this is the only time.
            unsafe { drop(self.value) };
        }
    }
}
