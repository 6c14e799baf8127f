//! What a runtime may ask of the network.

use crate::builder::isolator_runtime_builder;
use crate::error::CError;
use crate::guard::{guard, quietly};
use crate::isolator_error;
use crate::types::isolator_bytes;
use ::isolator_host::http::{HttpGrant, Method};
use std::time::Duration;

/// What a runtime may ask of the network by `HttpClient`; without one it has none. Used by one thread at a time. It may be given to any number
/// of runtimes, which then share its connections.
pub struct isolator_http_grant(pub(crate) HttpGrant);

/// A setting of such a grant that is a number.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_http_number {
    /// Most requests of a runtime.
    ISOLATOR_HTTP_MAX_REQUESTS = 1,
    /// Most exchanges of a runtime that are under way at once; 16 without this. Others wait.
    ISOLATOR_HTTP_MAX_CONCURRENT = 2,
    /// Most bytes of a request's body; 64 MiB without this.
    ISOLATOR_HTTP_MAX_REQUEST = 3,
    /// Most bytes of a response's body, before it is decompressed; 64 MiB without this.
    ISOLATOR_HTTP_MAX_RESPONSE = 4,
    /// Nanoseconds that an exchange may take; five minutes without this.
    ISOLATOR_HTTP_TIMEOUT = 5,
    /// 1: `Set-Cookie` is shown in responses to requests that a secret was put into.
    ISOLATOR_HTTP_SHOW_COOKIES = 6,
    /// 1: the values of all secrets are covered where they come back in a response; what is compressed or a part is an error.
    ISOLATOR_HTTP_MASK_SECRETS = 7,
}

/// A setting of such a grant that has a name.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_http_pair {
    /// Allows requests to a pattern of addresses (the name), such as `https://api.example.com/v1/*`, with methods (the value), such as
    /// `GET,POST`.
    ISOLATOR_HTTP_ALLOW = 1,
    /// A secret: its name, and its value.
    ISOLATOR_HTTP_SECRET = 2,
    /// A header that the host sets in requests to the pattern that was allowed last. In the value `{NAME}` is a secret.
    ISOLATOR_HTTP_HEADER = 3,
}

/// Starts to say what a runtime may ask of the network: nothing yet. Never null.
#[unsafe(no_mangle)]
pub extern "C" fn isolator_http_grant_new() -> *mut isolator_http_grant {
    Box::into_raw(Box::new(isolator_http_grant(HttpGrant::new())))
}

/// Sets a number; `which` is an `isolator_http_number`.
///
/// # Safety
/// `grant` points to a grant of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_http_grant_set_number(
    grant: *mut isolator_http_grant,
    which: u32,
    value: u64,
) -> *mut isolator_error {
    use isolator_http_number::*;
    const MAX_REQUESTS: u32 = ISOLATOR_HTTP_MAX_REQUESTS as u32;
    const MAX_CONCURRENT: u32 = ISOLATOR_HTTP_MAX_CONCURRENT as u32;
    const MAX_REQUEST: u32 = ISOLATOR_HTTP_MAX_REQUEST as u32;
    const MAX_RESPONSE: u32 = ISOLATOR_HTTP_MAX_RESPONSE as u32;
    const TIMEOUT: u32 = ISOLATOR_HTTP_TIMEOUT as u32;
    const SHOW_COOKIES: u32 = ISOLATOR_HTTP_SHOW_COOKIES as u32;
    const MASK_SECRETS: u32 = ISOLATOR_HTTP_MASK_SECRETS as u32;
    guard(|| {
        // SAFETY: the caller says so.
        let isolator_http_grant(grant) = unsafe { &mut *grant };
        let before = grant.clone();
        *grant = match which {
            MAX_REQUESTS => before.max_requests(value),
            MAX_CONCURRENT => before.max_concurrent(u32::try_from(value).unwrap_or(u32::MAX)),
            MAX_REQUEST => before.max_request(value),
            MAX_RESPONSE => before.max_response(value),
            TIMEOUT => before.timeout(Duration::from_nanos(value)),
            SHOW_COOKIES if value != 0 => before.show_cookies(),
            MASK_SECRETS if value != 0 => before.mask_secrets(),
            SHOW_COOKIES | MASK_SECRETS => before,
            _ => {
                return Err(CError::config(format!(
                    "a grant of HTTP has no number {which}"
                )));
            }
        };
        Ok(())
    })
}

/// Sets something that has a name; `which` is an `isolator_http_pair`. What makes no sense is an error of the function that creates the
/// runtime.
///
/// # Safety
/// `grant` points to a grant of this library; `name` and `value` are text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_http_grant_set_pair(
    grant: *mut isolator_http_grant,
    which: u32,
    name: isolator_bytes,
    value: isolator_bytes,
) -> *mut isolator_error {
    use isolator_http_pair::*;
    const ALLOW: u32 = ISOLATOR_HTTP_ALLOW as u32;
    const SECRET: u32 = ISOLATOR_HTTP_SECRET as u32;
    const HEADER: u32 = ISOLATOR_HTTP_HEADER as u32;
    guard(|| {
        // SAFETY: the caller says so.
        let isolator_http_grant(grant) = unsafe { &mut *grant };
        // SAFETY: as above.
        let (name, value) = unsafe { (name.text("the name")?, value.text("the value")?) };
        let before = grant.clone();
        *grant = match which {
            ALLOW => before.allow(name, methods(value)?),
            SECRET => before.secret(name, value),
            HEADER => before.header_secret(name, value),
            _ => {
                return Err(CError::config(format!(
                    "a grant of HTTP has no pairs {which}"
                )));
            }
        };
        Ok(())
    })
}

fn methods(text: &str) -> Result<Vec<Method>, CError> {
    let all = text.split(',').map(str::trim).map(|method| {
        method
            .parse()
            .map_err(|_| CError::config(format!("`{method}` is no method of HTTP")))
    });
    all.collect()
}

/// Lets requests go to an address that is not of the public network, or a range of them: `127.0.0.1`, `10.0.0.0/8`.
///
/// # Safety
/// `grant` points to a grant of this library; `range` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_http_grant_address(
    grant: *mut isolator_http_grant,
    range: isolator_bytes,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let isolator_http_grant(grant) = unsafe { &mut *grant };
        // SAFETY: as above.
        let range = unsafe { range.text("the address")? };
        *grant = grant.clone().address(range);
        Ok(())
    })
}

/// Trusts servers whose certificates lead to this one (DER), beside the system's roots.
///
/// # Safety
/// `grant` points to a grant of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_http_grant_root_certificate(
    grant: *mut isolator_http_grant,
    der: isolator_bytes,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let isolator_http_grant(grant) = unsafe { &mut *grant };
        // SAFETY: as above.
        let der = unsafe { der.get() };
        *grant = grant.clone().root_certificate(der);
        Ok(())
    })
}

/// Grants it to a runtime. The grant stays the caller's.
///
/// # Safety
/// `builder` points to a builder of this library, `grant` to a grant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_http(
    builder: *mut isolator_runtime_builder,
    grant: *const isolator_http_grant,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (builder, isolator_http_grant(grant)) = unsafe { (&mut *builder, &*grant) };
        builder.change(|builder| Ok(builder.http(grant.clone())))
    })
}

/// Gives a grant back. Runtimes that it was given to keep it.
///
/// # Safety
/// `grant`, nullable, is a grant of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_http_grant_free(grant: *mut isolator_http_grant) {
    if !grant.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let grant = unsafe { Box::from_raw(grant) };
        quietly((), || drop(grant));
    }
}
