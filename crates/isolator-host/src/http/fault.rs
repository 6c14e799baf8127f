//! Why a request or a body came to nothing, as the guest is told.

use std::fmt;

/// What kind of fault it is: .NET has a name for most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpFaultKind {
    /// The grant does not allow it.
    Refused,
    /// A limit of the grant's was reached.
    Limit,
    /// It took longer than the grant allows.
    Time,
    /// The server's name has no address.
    Name,
    /// The server's name could not be looked up now: no name server answered.
    NameLater,
    /// No connection came about: the server refused it, or for a reason that has no kind here.
    Connection,
    /// No connection came about: nobody answered in time.
    Unanswered,
    /// No connection came about: no way leads to the host.
    HostUnreachable,
    /// No connection came about: no way leads to the host's network.
    NetworkUnreachable,
    /// The server could not prove who it is, or encryption failed.
    Tls,
    /// The server does not speak the version of HTTP that was asked for.
    Version,
    /// What the server sent is not HTTP/1.1.
    Invalid,
    /// What the server sent breaks the protocol of HTTP/2, or ended the exchange by it.
    Protocol,
    /// The connection ended before all was there.
    Ended,
    /// The server broke the connection off.
    Reset,
    /// Anything else.
    Other,
}

impl HttpFaultKind {
    /// The word that the guest knows it by.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Limit => "limit",
            Self::Time => "time",
            Self::Name => "name",
            Self::NameLater => "name-later",
            Self::Connection => "connection",
            Self::Unanswered => "unanswered",
            Self::HostUnreachable => "host-unreachable",
            Self::NetworkUnreachable => "network-unreachable",
            Self::Tls => "tls",
            Self::Version => "version",
            Self::Invalid => "invalid",
            Self::Protocol => "protocol",
            Self::Ended => "ended",
            Self::Reset => "reset",
            Self::Other => "other",
        }
    }
}

/// Why a request or a body came to nothing. Guest code sees the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpFault {
    /// Its kind.
    pub kind: HttpFaultKind,
    /// What happened, for guest code to see: nothing of the host that it should not know.
    pub message: String,
}

impl HttpFault {
    /// One of these.
    pub fn new(kind: HttpFaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

impl fmt::Display for HttpFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HttpFault {}
