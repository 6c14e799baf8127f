//! Calls of the host's that were under way when their runtime was copied or written down.

use isolator_abi::wire::{self, Unread};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::limits::{DEFAULT_MAX_VALUE, LimitKind};

/// A call of one of the host's callbacks that was under way when its runtime was forked or suspended. In the copy nobody runs it: guest code waits for
/// its result until the embedder [gives](crate::Calls::answer_call) it, [fails](crate::Calls::fail_call) the call or
/// [begins it again](crate::Calls::restart_call).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PendingCall {
    /// The number by which its runtime knows it.
    pub id: u64,
    /// The callback's name, as guest code gave it.
    pub name: String,
    /// Its arguments: a MessagePack array, or, where guest code called it with `InvokeRaw`, bytes.
    #[serde(with = "serde_bytes")]
    pub args: Vec<u8>,
}

impl PendingCall {
    /// Its arguments, as the tuple of their types.
    ///
    /// # Errors
    /// [`Error::Value`] if they are of other types.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T> {
        let most = usize::try_from(DEFAULT_MAX_VALUE).unwrap_or(usize::MAX);
        wire::from_bytes_within(&self.args, most).map_err(|error| Error::Value {
            message: match error {
                Unread::Wrong(error) => format!(
                    "the arguments of the call of `{}` are not of these types: {error}",
                    crate::printable::line(&self.name)
                ),
                Unread::TooLarge => format!(
                    "the arguments of the call of `{}` would take more than {} of the host's memory",
                    crate::printable::line(&self.name),
                    LimitKind::ValueMemory.show(DEFAULT_MAX_VALUE)
                ),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_as_the_types_that_are_asked_for() {
        let call = PendingCall {
            id: 1,
            name: "pay".into(),
            args: wire::to_bytes(&("order", 12)).unwrap(),
        };
        let read: (String, i32) = call.arguments().unwrap();
        assert_eq!(read, ("order".into(), 12));
        let error = call.arguments::<(i32, i32)>().unwrap_err().to_string();
        assert!(error.contains("the call of `pay`"), "{error}");
    }
}
