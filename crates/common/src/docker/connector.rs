//! Opens streams to one engine, whatever lies between.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{fmt, io};

use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tower_service::Service;

use super::deadline::Connecting;
use super::ssh;
use super::target::Target;
use super::target::address::{Address, Ssh};
use super::tls::Tls;
use super::tls::credentials::Credentials;
use super::tls::explain::explain;
use super::unreachable::{Unreachable, chain, root_cause};

/// Most connections over ssh that are being made at a time: sshd refuses some from the tenth on (`MaxStartups`), and
/// other tools connect too.
const SSH_STARTING_MAX: usize = 4;

/// The way to one engine.
#[derive(Clone)]
pub(super) struct Connector(Arc<Way>);

enum Way {
    Local(PathBuf),
    Tcp(HttpConnector),
    Tls { tcp: HttpConnector, tls: Tls, credentials: Credentials },
    Ssh { ssh: Ssh, starting: Semaphore },
}

/// A stream to an engine.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Connection for Box<dyn Stream> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

type BoxError = Box<dyn StdError + Send + Sync>;

impl Connector {
    /// Prepares the way, without going it: only the files that TLS needs are read.
    pub(super) fn new(target: &Target) -> Result<Self, Unreachable> {
        let way = match (&target.address, &target.tls) {
            (Address::Local(path), _) => Way::Local(path.clone()),
            (Address::Tcp(_), None) => Way::Tcp(tcp()),
            (Address::Tcp(address), Some(credentials)) => {
                let tls = Tls::new(&address.host, credentials)?;
                Way::Tls { tcp: tcp(), tls, credentials: credentials.clone() }
            }
            (Address::Ssh(ssh), _) => {
                Way::Ssh { ssh: ssh.clone(), starting: Semaphore::new(SSH_STARTING_MAX) }
            }
        };
        Ok(Self(Arc::new(way)))
    }

    async fn connect(&self, uri: Uri) -> Result<Box<dyn Stream>, BoxError> {
        match &*self.0 {
            Way::Local(path) => Ok(local(path).await?),
            Way::Tcp(tcp) => Ok(Box::new(tcp.clone().call(uri).await?.into_inner())),
            Way::Tls { tcp, tls, .. } => {
                let stream = tcp.clone().call(uri).await?.into_inner();
                Ok(Box::new(tls.handshake(stream).await?))
            }
            Way::Ssh { ssh, starting } => {
                let _connecting = Connecting::begin();
                let connect = async {
                    let _permit = starting.acquire().await;
                    ssh.connect().await
                };
                let stream = tokio::time::timeout(ssh::CONNECT_TIMEOUT, connect).await;
                Ok(Box::new(stream.map_err(|_| ssh.explain_timeout())??))
            }
        }
    }

    /// Says why a call failed that got no answer.
    pub(super) fn explain(&self, error: &(dyn StdError + 'static)) -> Unreachable {
        if let Some(known) = chain(error).find_map(|error| error.downcast_ref::<Unreachable>()) {
            return known.clone();
        }
        match &*self.0 {
            Way::Local(path) => Unreachable::local(path, error),
            Way::Tcp(_) => Unreachable::plaintext(error),
            Way::Tls { credentials, .. } => explain(error, credentials),
            Way::Ssh { .. } => Unreachable::new(root_cause(error), "the ssh connection was lost; try again"),
        }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.0 {
            Way::Local(_) => "Local",
            Way::Tcp(_) => "Tcp",
            Way::Tls { .. } => "Tls",
            Way::Ssh { .. } => "Ssh",
        })
    }
}

fn tcp() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

#[cfg(unix)]
async fn local(path: &std::path::Path) -> io::Result<Box<dyn Stream>> {
    Ok(Box::new(tokio::net::UnixStream::connect(path).await?))
}

#[cfg(windows)]
async fn local(path: &std::path::Path) -> io::Result<Box<dyn Stream>> {
    use tokio::net::windows::named_pipe::ClientOptions;
    /// All instances of the pipe are taken; the engine opens the next one at once (`ERROR_PIPE_BUSY` of winerror.h).
    const PIPE_BUSY: i32 = 231;
    loop {
        match ClientOptions::new().open(path) {
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            opened => return Ok(Box::new(opened?)),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let way = self.clone();
        Box::pin(async move { way.connect(uri).await.map(TokioIo::new) })
    }
}
