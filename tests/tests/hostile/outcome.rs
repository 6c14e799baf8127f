//! How an attack ended, in a word.

use isolator_host::Error;

/// The name of an outcome: `value`, `exception:TYPE`, `trap:KIND`, `limit:KIND`, `exit:CODE`, `bad-guest`, `cancelled`, `error:KIND`.
pub fn name<T>(result: &Result<T, Error>) -> String {
    match result {
        Ok(_) => "value".into(),
        Err(Error::GuestException(exception)) => format!("exception:{}", exception.type_name),
        Err(Error::Trap { kind, .. }) => format!("trap:{kind:?}"),
        Err(Error::Limit { limit, .. }) => format!("limit:{limit:?}"),
        Err(Error::Exit { code }) => format!("exit:{code}"),
        Err(Error::BadGuestBehavior { .. }) => "bad-guest".into(),
        Err(Error::Cancelled) => "cancelled".into(),
        Err(other) => {
            let text = format!("{other:?}");
            let kind = text.split([' ', '(', '{']).next().unwrap_or_default();
            format!("error:{kind}")
        }
    }
}
