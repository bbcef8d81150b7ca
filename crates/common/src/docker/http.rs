//! HTTP to one engine: a pool of connections that bollard's calls and raw ones share.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use bollard::BollardRequest;
use bollard::errors::Error;
use hyper::body::Incoming;
use hyper::http::uri::PathAndQuery;
use hyper::{Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::connector::Connector;
use super::target::address::Address;

/// Connections that are kept for the next call; those beyond are closed, so that many at once leave no descriptors.
const IDLE_MAX: usize = 8;

type Answer = Pin<Box<dyn Future<Output = Result<Response<Incoming>, Error>> + Send>>;

/// A client of one engine.
#[derive(Clone)]
pub(super) struct Http {
    send: Arc<dyn Fn(BollardRequest) -> Answer + Send + Sync>,
    /// Where requests go: `http://HOST`, whatever lies between.
    origin: String,
    base_path: String,
}

impl Http {
    pub(super) fn new(address: &Address, connector: Connector) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_MAX)
            // As the engine's named pipe wants them.
            .http1_title_case_headers(cfg!(windows))
            .build(connector);
        let send = move |request| -> Answer {
            let answer = client.request(request);
            Box::pin(async move { answer.await.map_err(|error| io::Error::other(error).into()) })
        };
        let (host, base_path) = match address {
            Address::Tcp(tcp) => (format!("{}:{}", tcp.host, tcp.port), tcp.base_path.clone()),
            Address::Local(_) | Address::Ssh(_) => ("docker".into(), String::new()),
        };
        Self { send: Arc::new(send), origin: format!("http://{host}"), base_path }
    }

    /// Where requests go, for bollard.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Sends a request to the path that it names below the engine's base path.
    pub(super) fn send(&self, mut request: BollardRequest) -> Answer {
        if !self.base_path.is_empty() {
            match below(&self.base_path, request.uri()) {
                Ok(uri) => *request.uri_mut() = uri,
                Err(error) => return Box::pin(std::future::ready(Err(error))),
            }
        }
        (self.send)(request)
    }
}

/// The same URI with the base path before its own path.
fn below(base_path: &str, uri: &Uri) -> Result<Uri, Error> {
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{base_path}{path}").parse()?);
    Ok(Uri::from_parts(parts)?)
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Http({}{})", self.origin, self.base_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_comes_first() {
        let uri = "http://h:1/containers/json?all=true".parse().unwrap();
        assert_eq!(below("/pre", &uri).unwrap(), "http://h:1/pre/containers/json?all=true");
    }
}
