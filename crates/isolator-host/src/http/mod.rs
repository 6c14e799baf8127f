//! HTTP for guests, through the host: what is allowed is looked at here, for each request, and secrets are put in here.
//!
//! A guest asks by calls of reserved names (`isolator.http.…`), which `HttpClient` inside makes and anybody inside may: the
//! same rules hold. An exchange has a number of the guest's; its body crosses in pieces. What waits runs on threads of this
//! module, so a guest that waits holds none.

mod address;
mod background;
mod client;
mod connect;
mod fault;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod grant;
mod headers;
mod line;
mod lookup;
mod mask;
mod method;
mod pattern;
mod session;
#[cfg(test)]
mod session_tests;
mod transport;
mod upload;

pub use address::AddressRange;
pub use fault::{HttpFault, HttpFaultKind};
pub use grant::HttpGrant;
pub use method::known_method;
pub use pattern::HttpPattern;
pub use transport::{HttpBody, HttpFuture, HttpResolver, HttpTransport};

pub(crate) use session::{Operation, Session};

pub use ::http::Method;

/// What the names of this module's calls begin with. An embedder's callback of such a name is never called.
pub(crate) const RESERVED: &str = "isolator.http.";
