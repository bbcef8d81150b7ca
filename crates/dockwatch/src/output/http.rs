//! A small HTTP server: GET and HEAD of a few pages, with limits on everything that a client decides.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::debug;

/// Clients that are served at once; others wait.
const MAX_CONNECTIONS: usize = 32;

/// The longest time for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest time for a connection with all its requests.
const CONNECTION_TIMEOUT: Duration = Duration::from_mins(1);

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 << 10;

/// How long to wait where no connection can be accepted, for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is served.
#[derive(Debug)]
pub(crate) enum Page {
    /// The Prometheus text format.
    Metrics(String),
    Html(String),
    NotFound,
    Failed(String),
}

/// Serves for ever. `answer` gives the page of a path.
pub(crate) async fn serve<F, A>(listener: TcpListener, answer: F)
where
    F: Fn(String) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Page> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // Never closed, so there is always a permit sooner or later.
        let place = Arc::clone(&places).acquire_owned().await;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                debug!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(request, answer.clone()));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), service);
            let ended = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await;
            debug!(?ended, "a connection has ended");
            drop(place);
        });
    }
}

async fn respond<F, A>(request: Request<Incoming>, answer: F) -> Result<Response<String>, Infallible>
where
    F: Fn(String) -> A,
    A: Future<Output = Page>,
{
    let is_head = request.method() == Method::HEAD;
    if !is_head && request.method() != Method::GET {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n".into());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(response);
    }
    Ok(match answer(request.uri().path().to_owned()).await {
        Page::Metrics(body) => page("text/plain; version=0.0.4; charset=utf-8", body),
        Page::Html(body) => page("text/html; charset=utf-8", body),
        Page::NotFound => text(StatusCode::NOT_FOUND, "not found; there are / and /metrics\n".into()),
        Page::Failed(cause) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{cause}\n")),
    })
}

fn page(content_type: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The page has a policy of its own, which cannot say this.
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'none'"));
    response
}

fn text(status: StatusCode, body: String) -> Response<String> {
    let mut response = page("text/plain; charset=utf-8", body);
    *response.status_mut() = status;
    response
}
