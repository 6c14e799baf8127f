//! The server: a port of loopback, and connections that are bounded in number and in patience.

use crate::Playground;
use crate::check::Compilers;
use crate::door::Token;
use crate::routes::Site;
use crate::run::Runs;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// The port, where none is named and it is free. Links to sources name it, so that they lead to whoever opens them to a playground of theirs.
pub const DEFAULT_PORT: u16 = 7247;
/// Connections at once. One more waits.
const CONNECTIONS: usize = 64;
/// So long a request's head may take to come, and so long a connection stays open without one.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 16 << 10;
/// How often it is looked for compilers that nobody asks.
const SWEEP: Duration = Duration::from_secs(20);
/// So long what was stopped may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// A playground that has its address.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    site: Arc<Site>,
    ending: Shutdown,
}

/// Ends a [`Server`].
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Shutdown {
    /// Stops what runs, and has [`Server::serve`] return.
    pub fn shut_down(&self) {
        self.0.send_replace(true);
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token is nobody's business.
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Playground {
    /// Takes a port of 127.0.0.1: this one, or without one [`DEFAULT_PORT`], or any other if that is taken.
    ///
    /// # Errors
    /// A port that cannot be had; a system without random numbers.
    pub fn bind(self, port: Option<u16>) -> io::Result<Server> {
        let on = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = match port {
            Some(port) => on(port)?,
            None => on(DEFAULT_PORT).or_else(|_| on(0))?,
        };
        listener.set_nonblocking(true)?;
        Ok(Server {
            address: listener.local_addr()?,
            listener,
            site: Arc::new(Site {
                token: Token::fresh()?,
                compilers: Compilers::new(&self.scripts),
                runs: Runs::new(),
                playground: self,
            }),
            ending: Shutdown(Arc::new(watch::Sender::new(false))),
        })
    }
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The page's address, with the token: whoever knows it can run code here.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.site.token.text())
    }

    /// Ends it from any thread.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        self.ending.clone()
    }

    /// Serves, until [`Shutdown::shut_down`] is called.
    ///
    /// # Errors
    /// A system that gives no threads or does not wait for connections.
    pub fn serve(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("playground")
            .enable_all()
            .build()?;
        let runs = self.site.runs.clone();
        let served = runtime.block_on(self.accept());
        runs.stop_all();
        runtime.shutdown_timeout(GRACE);
        served
    }

    async fn accept(self) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let mut ending = self.ending.0.subscribe();
        let compilers = self.site.compilers.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                compilers.end_idle();
            }
        });
        loop {
            let accepted = tokio::select! {
                _ = ending.wait_for(|ended| *ended) => return Ok(()),
                accepted = accept_one(&listener, &room) => accepted,
            };
            let (stream, permit) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Such as one that is gone already, or too many open files: others may still come.
                    tracing::debug!(%error, "no connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            // Output is shown as it comes, in small pieces.
            let _ = stream.set_nodelay(true);
            let site = self.site.clone();
            let answer = service_fn(move |request| site.clone().answer(request));
            tokio::spawn(async move {
                let served = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_TIME)
                    .max_buf_size(HEAD_BYTES)
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended");
                }
                drop(permit);
            });
        }
    }
}

async fn accept_one(
    listener: &tokio::net::TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = room
        .clone()
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}
