//! Bytes that cross the border, borrowed and owned.

use crate::error::CError;
use std::ptr;
use std::slice;

/// What is at a pointer with a length.
///
/// # Safety
/// `list` points to so many values, which live as long as the result is used; it may be null if there are none.
pub(crate) unsafe fn list<'a, T>(list: *const T, len: usize) -> &'a [T] {
    if list.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: the caller says that so many are there.
    unsafe { slice::from_raw_parts(list, len) }
}

/// Bytes, or text in UTF-8, that belong to someone else.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct isolator_bytes {
    /// The first byte. Null only if `len` is 0.
    pub data: *const u8,
    /// How many.
    pub len: usize,
}

impl isolator_bytes {
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        Self {
            data: bytes.as_ptr(),
            len: bytes.len(),
        }
    }

    pub(crate) const fn none() -> Self {
        Self {
            data: ptr::null(),
            len: 0,
        }
    }

    /// The bytes, or null if there are none.
    pub(crate) fn or_none<T: AsRef<[u8]> + ?Sized>(bytes: Option<&T>) -> Self {
        bytes.map_or(Self::none(), |bytes| Self::of(bytes.as_ref()))
    }

    /// The bytes.
    ///
    /// # Safety
    /// `data` points to `len` bytes that nobody changes as long as the result is used; it may be null if `len` is 0.
    pub(crate) unsafe fn get<'a>(self) -> &'a [u8] {
        // SAFETY: the caller says that so many bytes are there.
        unsafe { list(self.data, self.len) }
    }

    /// The text.
    ///
    /// # Safety
    /// As [`get`](Self::get).
    pub(crate) unsafe fn text<'a>(self, what: &'static str) -> Result<&'a str, CError> {
        // SAFETY: the caller says so.
        let bytes = unsafe { self.get() };
        std::str::from_utf8(bytes)
            .map_err(|error| CError::config(format!("{what} is not UTF-8: {error}")))
    }

    /// Several texts.
    ///
    /// # Safety
    /// `list` points to `len` values, each as for [`get`](Self::get); it may be null if `len` is 0.
    pub(crate) unsafe fn texts<'a>(
        list: *const Self,
        len: usize,
        what: &'static str,
    ) -> Result<Vec<&'a str>, CError> {
        // SAFETY: the caller says that so many are there.
        let list = unsafe { self::list(list, len) };
        // SAFETY: the caller says so of each.
        list.iter().map(|text| unsafe { text.text(what) }).collect()
    }
}

/// Bytes that belong to whoever holds them, until `isolator_buffer_free`.
#[repr(C)]
#[derive(Debug)]
pub struct isolator_buffer {
    /// The first byte. Null if there was nothing to give.
    pub data: *mut u8,
    /// How many.
    pub len: usize,
    /// For the library only.
    pub capacity: usize,
}

impl isolator_buffer {
    pub(crate) const EMPTY: Self = Self {
        data: ptr::null_mut(),
        len: 0,
        capacity: 0,
    };
}

impl From<Vec<u8>> for isolator_buffer {
    fn from(bytes: Vec<u8>) -> Self {
        let mut bytes = std::mem::ManuallyDrop::new(bytes);
        Self {
            data: bytes.as_mut_ptr(),
            len: bytes.len(),
            capacity: bytes.capacity(),
        }
    }
}

/// Gives the content of a buffer back, and empties the buffer: a second time does nothing.
///
/// # Safety
/// `buffer`, nullable, points to a buffer that the library filled, or to one of zeros.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_buffer_free(buffer: *mut isolator_buffer) {
    if buffer.is_null() {
        return;
    }
    // SAFETY: it points to a buffer.
    let buffer = unsafe { ptr::replace(buffer, isolator_buffer::EMPTY) };
    if !buffer.data.is_null() {
        // SAFETY: the three values come from a `Vec`, which was forgotten.
        drop(unsafe { Vec::from_raw_parts(buffer.data, buffer.len, buffer.capacity) });
    }
}
