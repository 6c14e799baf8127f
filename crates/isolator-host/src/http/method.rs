//! Methods by their names, for who says which are allowed.

use http::Method;

/// Methods that are registered (IANA's registry, without `PRI`, which no request has), and those of UPnP and of caches that programs use.
const KNOWN: &[&str] = &[
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LABEL",
    "LINK",
    "LOCK",
    "M-SEARCH",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "NOTIFY",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "SUBSCRIBE",
    "TRACE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
];

/// The method of a name in letters of any size, if it is a known one. Methods are told apart by the size of their letters: `get` would be
/// one that no server knows and that no guest sends, since .NET sends `GET` for it.
#[must_use]
pub fn known_method(name: &str) -> Option<Method> {
    let known = KNOWN
        .iter()
        .find(|known| known.eq_ignore_ascii_case(name))?;
    Method::from_bytes(known.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_methods_are_known_in_letters_of_any_size() {
        assert_eq!(known_method("get"), Some(Method::GET));
        assert_eq!(known_method("Patch"), Some(Method::PATCH));
        for known in KNOWN {
            let method = known_method(&known.to_ascii_lowercase()).unwrap();
            assert_eq!(method.as_str(), *known);
        }
        for other in ["", "GETS", "ABC", "pri", "GET "] {
            assert_eq!(known_method(other), None, "{other}");
        }
    }
}
