//! Connections: a name is looked up once, each address is checked, and that address is connected to.

use super::fault::{HttpFault, HttpFaultKind};
use super::grant::Addresses;
use super::line::{Counted, Line, Lines};
use super::lookup::LOOKUPS;
use super::transport::HttpResolver;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io::{ErrorKind, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

/// How long one address is tried.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most addresses of one name that are tried.
const MOST: usize = 8;

tokio::task_local! {
    /// The places to look names up of the runtime whose request is being made.
    pub(crate) static OWN_LOOKUPS: Arc<Semaphore>;
}

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Connector {
    pub addresses: Addresses,
    pub resolver: Option<Arc<dyn HttpResolver>>,
    pub tls: Arc<Tls>,
    /// The connections that it made.
    pub lines: Arc<Lines>,
    /// The protocols that are offered to a server with which the connection is encrypted, the preferred first.
    pub protocols: &'static [&'static [u8]],
}

/// The variables by which somebody chooses the system's roots.
const CHOICES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

fn is_chosen() -> bool {
    let mut choices = CHOICES.iter();
    choices.any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// How connections are encrypted. The system's roots are read when they are first needed, once; and what servers gave for coming back is kept,
/// by their names, so that the next handshake is a short one.
pub(crate) struct Tls {
    roots: Vec<Vec<u8>>,
    config: OnceLock<Result<ClientConfig, String>>,
}

impl Tls {
    pub(crate) fn new(roots: Vec<Vec<u8>>) -> Self {
        Self {
            roots,
            config: OnceLock::new(),
        }
    }

    /// The roots: the system's, where it has some; else those of Mozilla that come along, unless somebody chose the system's. And those that the host gave.
    fn store(
        &self,
        system: Vec<CertificateDer<'static>>,
        chosen: bool,
    ) -> Result<RootCertStore, String> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(system);
        if store.is_empty() && !chosen {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        for root in &self.roots {
            store
                .add(CertificateDer::from(root.clone()))
                .map_err(|error| {
                    format!("a root certificate that the host gave cannot be read: {error}")
                })?;
        }
        if store.is_empty() {
            return Err(format!(
                "the host has no root certificates, with which servers' are checked: nothing that can be read is where {} says",
                CHOICES.join(" or ")
            ));
        }
        Ok(store)
    }

    fn make(&self) -> Result<ClientConfig, String> {
        let system = rustls_native_certs::load_native_certs().certs;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        Ok(config
            .with_root_certificates(self.store(system, is_chosen())?)
            .with_no_client_auth())
    }

    /// The copies share what they check certificates with, and what they keep.
    fn config(&self, protocols: &[&[u8]]) -> Result<ClientConfig, HttpFault> {
        let made = self.config.get_or_init(|| self.make()).as_ref();
        let mut config = made
            .map_err(|why| HttpFault::new(HttpFaultKind::Tls, why.as_str()))?
            .clone();
        config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
        Ok(config)
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection.
pub(crate) struct Stream {
    io: TokioIo<Box<dyn Io>>,
    line: Arc<Line>,
    speaks_2: bool,
}

impl Connector {
    async fn connect(self, uri: Uri, lookups: Option<Arc<Semaphore>>) -> Result<Stream, HttpFault> {
        let encrypted = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let stream = self.reach(&host, port, lookups).await?;
        // A request is written at once.
        let _ = stream.set_nodelay(true);
        let line = self.lines.add();
        let stream = Counted {
            io: stream,
            line: line.clone(),
        };
        if !encrypted {
            return Ok(Stream {
                io: TokioIo::new(Box::new(stream)),
                line,
                speaks_2: false,
            });
        }
        let tls = |why: String| {
            HttpFault::new(
                HttpFaultKind::Tls,
                format!("The SSL connection to {host} could not be established: {why}"),
            )
        };
        let config = self.tls.config(self.protocols)?;
        let name = ServerName::try_from(host.clone()).map_err(|error| tls(error.to_string()))?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let stream = tokio::time::timeout(PATIENCE, stream)
            .await
            .map_err(|_| tls("the server did not answer".into()))?
            .map_err(|error| tls(error.to_string()))?;
        let speaks_2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        if !speaks_2 && self.protocols.iter().all(|offered| *offered == b"h2") {
            return Err(HttpFault::new(
                HttpFaultKind::Version,
                format!(
                    "The server {host} does not speak HTTP/2, and the request takes no lower version: ask with HttpVersionPolicy.RequestVersionOrLower."
                ),
            ));
        }
        Ok(Stream {
            io: TokioIo::new(Box::new(stream)),
            line,
            speaks_2,
        })
    }

    /// Connects to the first address of a host that may be and can be connected to.
    async fn reach(
        &self,
        host: &str,
        port: u16,
        lookups: Option<Arc<Semaphore>>,
    ) -> Result<TcpStream, HttpFault> {
        let found = self.find(host, lookups).await?;
        let allowed: Vec<IpAddr> = found
            .iter()
            .copied()
            .filter(|address| self.addresses.allow(*address))
            .take(MOST)
            .collect();
        if allowed.is_empty() && !found.is_empty() {
            return Err(not_public(host));
        }
        let mut why = (HttpFaultKind::Name, "it has no address".to_owned());
        for address in allowed {
            let connecting = TcpStream::connect(SocketAddr::new(address, port));
            why = match tokio::time::timeout(PATIENCE, connecting).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => (unconnected(error.kind()), error.kind().to_string()),
                Err(_) => (HttpFaultKind::Unanswered, "it does not answer".into()),
            };
        }
        let (kind, why) = why;
        Err(HttpFault::new(
            kind,
            format!("No connection to {host}:{port} could be made: {why}."),
        ))
    }

    async fn find(
        &self,
        host: &str,
        lookups: Option<Arc<Semaphore>>,
    ) -> Result<Vec<IpAddr>, HttpFault> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        if let Some(resolver) = &self.resolver {
            return resolver.resolve(host).await;
        }
        LOOKUPS.find(host, lookups).await
    }
}

/// What kind of fault it is where a connection to an address did not come about.
fn unconnected(error: ErrorKind) -> HttpFaultKind {
    match error {
        ErrorKind::TimedOut => HttpFaultKind::Unanswered,
        ErrorKind::HostUnreachable => HttpFaultKind::HostUnreachable,
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => HttpFaultKind::NetworkUnreachable,
        _ => HttpFaultKind::Connection,
    }
}

/// The fault of a host that may not be reached, whatever its name. It does not tell the address: a guest could look around with it.
pub(crate) fn not_public(host: &str) -> HttpFault {
    HttpFault::new(
        HttpFaultKind::Refused,
        format!(
            "HTTP to {host} was not granted: its address is not one of the public network, and the host allows no other address like it."
        ),
    )
}

impl tower_service::Service<Uri> for Connector {
    type Response = Stream;
    type Error = HttpFault;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, HttpFault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), HttpFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // This is asked within the request; the connection may be made elsewhere, if another one is free before.
        let lookups = OWN_LOOKUPS.try_with(Arc::clone).ok();
        Box::pin(self.clone().connect(uri, lookups))
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.line.clone());
        match self.speaks_2 {
            true => connected.negotiated_h2(),
            false => connected,
        }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, to)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate that signs itself: `openssl req -x509 -newkey ed25519 -subj "/CN=root of tests" -outform DER`.
    const ROOT: &str = "\
        308201463081f9a0030201020214591e1d7ede717db4ce638498491e83a3347c169e300506032b657030183116301406035504030c0d\
        726f6f74206f662074657374733020170d3236313230313134323135305a180f32313236313130373134323135305a30183116301406\
        035504030c0d726f6f74206f66207465737473302a300506032b657003210082489c93157354e313ccbc135cd42a3f5517e543e57df4\
        3b4217ae761f211dd3a3533051301d0603551d0e04160414f75b3ff039cc782e9e5ba1b6bc35118b4f223fb9301f0603551d23041830\
        168014f75b3ff039cc782e9e5ba1b6bc35118b4f223fb9300f0603551d130101ff040530030101ff300506032b6570034100c361cee9\
        5099991848c2600ddcb774bdb7040a567bded633082cb2ed03f397bec4c0e0788cf77702f0eec5d9e5e4b7ea4ee001fb838cc4490405\
        3f2e6f9e5f0d";

    fn root() -> Vec<u8> {
        let digits = ROOT.as_bytes().chunks(2);
        let bytes = digits.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap());
        bytes.collect()
    }

    #[test]
    fn where_the_system_has_no_roots_there_are_those_that_come_along() {
        let bundled = webpki_roots::TLS_SERVER_ROOTS.len();
        assert!(bundled > 50, "{bundled}");
        let roots = |own: Vec<Vec<u8>>, system: Vec<Vec<u8>>| {
            let system = system.into_iter().map(CertificateDer::from).collect();
            let tls = Tls::new(own);
            // Whoever chooses the system's gets no others.
            let chosen = tls.store(Vec::clone(&system), true);
            let found = tls.store(system, false).map(|store| store.len());
            (chosen.map(|store| store.len()).unwrap_or_default(), found)
        };
        assert_eq!(roots(vec![], vec![]), (0, Ok(bundled)));
        // What cannot be read is none.
        assert_eq!(roots(vec![], vec![vec![0; 10]]), (0, Ok(bundled)));
        assert_eq!(roots(vec![], vec![root()]), (1, Ok(1)));
        assert_eq!(roots(vec![root()], vec![]), (1, Ok(bundled + 1)));
        assert_eq!(roots(vec![root()], vec![root()]), (2, Ok(2)));
        let error = roots(vec![vec![0; 10]], vec![]).1.unwrap_err();
        assert!(error.contains("cannot be read"), "{error}");
        let error = Tls::new(Vec::new()).store(Vec::new(), true).unwrap_err();
        assert!(error.contains("SSL_CERT_FILE"), "{error}");
    }

    #[test]
    fn why_there_is_no_connection_is_told_apart() {
        for (error, kind) in [
            (ErrorKind::ConnectionRefused, HttpFaultKind::Connection),
            (ErrorKind::PermissionDenied, HttpFaultKind::Connection),
            (ErrorKind::TimedOut, HttpFaultKind::Unanswered),
            (ErrorKind::HostUnreachable, HttpFaultKind::HostUnreachable),
            (
                ErrorKind::NetworkUnreachable,
                HttpFaultKind::NetworkUnreachable,
            ),
            (ErrorKind::NetworkDown, HttpFaultKind::NetworkUnreachable),
        ] {
            assert_eq!(unconnected(error), kind, "{error}");
        }
    }
}
