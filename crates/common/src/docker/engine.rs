//! A connection with a deadline on every call.
//!
//! Answering `/_ping` proves nothing: an engine was seen that answered it for an hour while `GET /networks` and
//! every start hung. bollard's own time-out covers the response headers only, so each call is wrapped here.

use std::future::Future;
use std::time::Duration;

use bollard::errors::Error as BollardError;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker, body_full};
use http_body_util::{BodyDataStream, BodyExt as _};
use hyper::Uri;
use hyper::body::{Bytes, Incoming};
use serde::de::DeserializeOwned;

use crate::error::Error;

use super::connector::Connector;
use super::deadline::within;
use super::error::CallError;
use super::http::Http;
use super::target::args::DockerArgs;
use super::unreachable::{Unreachable, root_cause};

/// bollard's time-out must exceed every deadline of ours: it is a backstop (seconds).
const CLIENT_TIMEOUT_S: u64 = 3600;

/// A connection to one engine.
#[derive(Clone, Debug)]
pub struct Engine {
    /// bollard's client; pass its futures to [`Engine::call`].
    pub docker: Docker,
    /// Where it is, as a URL.
    pub host: String,
    /// Longest wait for one answer.
    pub call_timeout: Duration,
    connector: Connector,
    http: Http,
}

impl Engine {
    /// Connects to the engine the arguments name and makes sure that it answers.
    pub async fn connect(args: &DockerArgs) -> Result<Self, Error> {
        let engine = Self::open(args)?;
        engine.call(engine.docker.ping()).await.map_err(|e| e.into_error(reaching(&engine.host)))?;
        Ok(engine)
    }

    /// Prepares a connection without talking to the engine yet. Fails with exit 2 where the arguments name none, and
    /// with exit 4 where TLS lacks what it needs.
    pub fn open(args: &DockerArgs) -> Result<Self, Error> {
        let target = args.target()?;
        let failed = |why| CallError::Unreachable(why).into_error(reaching(&target.url));
        let connector = Connector::new(&target).map_err(failed)?;
        let http = Http::new(&target.address, connector.clone());
        let bollards = http.clone();
        let docker = Docker::connect_with_custom_transport(
            move |request| bollards.send(request),
            Some(http.origin()),
            CLIENT_TIMEOUT_S,
            API_DEFAULT_VERSION,
        );
        let docker = docker.map_err(|error| failed(Unreachable::general(&error)))?;
        Ok(Self { docker, host: target.url, call_timeout: args.call_timeout, connector, http })
    }

    /// Awaits one answer of the engine, no longer than `call_timeout`. Connecting over ssh may take 10 s more.
    pub async fn call<T>(
        &self,
        answer: impl Future<Output = Result<T, BollardError>>,
    ) -> Result<T, CallError> {
        self.call_within(self.call_timeout, answer).await
    }

    /// Awaits one answer that may take longer than others, such as a stop with a grace period.
    pub async fn call_within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, BollardError>>,
    ) -> Result<T, CallError> {
        match within(limit, answer).await {
            None | Some(Err(BollardError::RequestTimeoutError)) => Err(CallError::TimedOut(limit)),
            Some(result) => result.map_err(|error| self.error(&error)),
        }
    }

    /// Asks for a path that bollard has no call for, or reads too strictly, and reads the answer as JSON. Without a
    /// version in the path the engine answers in its own.
    pub async fn get<T: DeserializeOwned>(&self, limit: Duration, path: &str) -> Result<T, CallError> {
        let body = self.call_within(limit, self.get_raw(path)).await?;
        serde_json::from_slice(&body).map_err(|error| CallError::Protocol(error.to_string()))
    }

    /// Asks for a path and passes the answer on in the pieces in which it arrives. The engine stops sending when the stream
    /// is dropped. `limit` is that of the answer's beginning.
    pub async fn get_stream(
        &self,
        limit: Duration,
        path: &str,
    ) -> Result<BodyDataStream<Incoming>, CallError> {
        Ok(self.call_within(limit, self.ask(path)).await?.into_data_stream())
    }

    async fn get_raw(&self, path: &str) -> Result<Bytes, BollardError> {
        Ok(self.ask(path).await?.collect().await?.to_bytes())
    }

    async fn ask(&self, path: &str) -> Result<Incoming, BollardError> {
        let mut request = BollardRequest::new(body_full(Bytes::new()));
        *request.uri_mut() = format!("{}{path}", self.http.origin()).parse::<Uri>()?;
        let answer = self.http.send(request).await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.into_body());
        }
        let body = answer.into_body().collect().await?.to_bytes();
        Err(BollardError::DockerResponseServerError { status_code: status.as_u16(), message: message(&body) })
    }

    /// Says why a call of bollard failed that was awaited without [`Engine::call`], such as the next part of a stream.
    pub fn error(&self, error: &BollardError) -> CallError {
        use BollardError as E;
        match error {
            E::DockerResponseServerError { status_code, message } => {
                match Unreachable::requires_tls(*status_code, message) {
                    Some(why) => CallError::Unreachable(why),
                    None => CallError::Status { code: *status_code, message: message.clone() },
                }
            }
            E::JsonDataError { .. } | E::JsonSerdeError { .. } | E::StrParseError { .. } => {
                CallError::Protocol(root_cause(error))
            }
            // These pass for what they hold, which is then not among their causes.
            E::IOError { err } => CallError::Unreachable(self.connector.explain(err)),
            E::HyperResponseError { err } => CallError::Unreachable(self.connector.explain(err)),
            other => CallError::Unreachable(self.connector.explain(other)),
        }
    }
}

/// The engine's words of an HTTP error.
fn message(body: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let message = json.as_ref().and_then(|json| json.get("message")?.as_str()).map(str::to_owned);
    message.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned())
}

fn reaching(host: &str) -> String {
    format!("reach Docker at {host}")
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn args(host: &str) -> DockerArgs {
        DockerArgs {
            host: Some(host.to_owned()),
            context: None,
            tls: super::super::TlsArgs::default(),
            call_timeout: Duration::from_secs(5),
        }
    }

    #[tokio::test]
    async fn a_dead_host_is_reported_once() {
        // Nothing listens on a port that was just given back.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let host = format!("tcp://{free}");
        let error = Engine::connect(&args(&host)).await.unwrap_err();
        assert_eq!(error.exit(), crate::Exit::Unavailable);
        let text = error.to_string();
        let line = text.lines().next().unwrap();
        assert!(line.starts_with(&format!("cannot reach Docker at {host}: Connection refused")), "{line}");
        assert_eq!(line.matches(": ").count(), 1, "{line}");
    }

    /// What a raw call makes of these bytes.
    async fn get(answer: &'static [u8]) -> Result<Vec<u8>, CallError> {
        use std::io::{Read as _, Write as _};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("tcp://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        });
        let engine = Engine::open(&args(&host)).unwrap();
        let found = engine.get(Duration::from_secs(5), "/x").await;
        server.join().unwrap();
        found
    }

    #[tokio::test]
    async fn a_raw_call_reports_what_went_wrong() {
        assert_eq!(get(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n[1]").await.unwrap(), [1]);
        for body in ["no\n", r#"{"message":"no"}"#] {
            let answer = format!("HTTP/1.1 500 Error\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let error = get(answer.leak().as_bytes()).await.unwrap_err();
            assert_eq!(error, CallError::Status { code: 500, message: "no".into() });
        }
        let torn = get(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n[").await.unwrap_err();
        assert!(matches!(torn, CallError::Protocol(_)), "{torn:?}");
        for cut in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n["] {
            let error = get(cut).await.unwrap_err();
            assert!(matches!(error, CallError::Unreachable(_)), "{error:?}");
        }
    }
}
