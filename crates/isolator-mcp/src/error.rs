//! What keeps a server from serving.

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What keeps a server from serving. What a client or its code does wrong is told to the client instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Others than this machine could call, and nothing keeps them from it.
    #[error(
        "{address} can be reached from other machines, so who calls must be known: give a bearer token (`HttpSettings::token`), or serve on 127.0.0.1"
    )]
    TokenNeeded {
        /// The address.
        address: std::net::SocketAddr,
    },

    /// A token that could be guessed, or that no header can carry.
    #[error("the bearer token cannot be used: {message}")]
    Token {
        /// Why not, and what would do.
        message: String,
    },

    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why not.
        source: std::io::Error,
    },

    /// The system gives no threads or no random numbers.
    #[error("the server cannot start: {message}")]
    Start {
        /// Why not.
        message: String,
    },

    /// The client does not follow the protocol from the start.
    #[error("the client does not begin as the Model Context Protocol does: {message}")]
    Handshake {
        /// What it did.
        message: String,
    },
}
