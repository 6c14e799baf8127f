//! Why a callback gave no result.

use std::fmt;

/// Why a callback of bytes gave no result: for bindings to other languages, which log the failure themselves and know it by a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallbackFailure {
    message: String,
    number: u64,
}

impl CallbackFailure {
    /// A failure with this text, which is logged, and shown to the guest only where the host was built with
    /// [`callback_error_details`](crate::HostBuilder::callback_error_details).
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            number: 0,
        }
    }

    /// Says that whoever wrote the callback has logged the failure, under a number that is not 0. Guest code is told the number, and nothing else.
    #[must_use]
    pub fn logged_as(mut self, number: u64) -> Self {
        self.number = number;
        self
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn into_message(self) -> String {
        self.message
    }
}

/// Whatever has a text: it is logged, and kept from guests, as that of [`CallbackFailure::new`].
impl<E: fmt::Display> From<E> for CallbackFailure {
    fn from(error: E) -> Self {
        Self::new(format!("{error:#}"))
    }
}
