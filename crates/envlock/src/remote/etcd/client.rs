//! Calls to the members of an etcd cluster, over HTTP.

use std::fmt;
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::debug;
use ureq::http::StatusCode;

use crate::model::via::StoreUrl;
use crate::remote::etcd::message::Refusal;

/// The gRPC codes of answers that another member, or the same one later, may not give: cancelled, deadline exceeded,
/// unavailable.
const PASSING: [i32; 3] = [1, 4, 14];

/// The gRPC code of an answer about a lease that does not exist.
const NOT_FOUND: i32 = 5;

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    /// No member answered, or none could: what each said.
    Unreachable(String),
    /// The lease has ended.
    LeaseEnded,
    /// A member refused the call.
    Refused(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) | Self::Refused(why) => f.write_str(why),
            Self::LeaseEnded => f.write_str("the lease has ended"),
        }
    }
}

/// The members of a cluster. A call goes to the member that answered last, then to the others.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    url: StoreUrl,
    agent: ureq::Agent,
    current: usize,
}

impl Client {
    pub(crate) fn new(url: &StoreUrl) -> Self {
        let config = ureq::Agent::config_builder()
            // The variables for proxies are meant for other traffic.
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("envlock/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { url: url.clone(), agent: config.new_agent(), current: 0 }
    }

    /// Asks one member after the other until one answers. `limit` is for each of them.
    pub(crate) fn call<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &Value,
        limit: Duration,
    ) -> Result<T, CallError> {
        let body = body.to_string();
        let mut causes = Vec::new();
        // One more than there are: an open connection to the current one may have been closed meanwhile.
        for _ in 0..=self.url.endpoints.len() {
            match self.call_one(path, &body, limit) {
                Err(CallError::Unreachable(why)) => {
                    let endpoint = &self.url.endpoints[self.current];
                    debug!(endpoint, why, "the store did not answer");
                    let cause = format!("{endpoint}: {why}");
                    if !causes.contains(&cause) {
                        causes.push(cause);
                    }
                    self.next();
                }
                other => return other,
            }
        }
        Err(CallError::Unreachable(causes.join("; ")))
    }

    /// Goes on with the next member.
    pub(in crate::remote) fn next(&mut self) {
        self.current = (self.current + 1) % self.url.endpoints.len();
    }

    fn call_one<T: DeserializeOwned>(&self, path: &str, body: &str, limit: Duration) -> Result<T, CallError> {
        let unreachable = |e: ureq::Error| CallError::Unreachable(e.to_string());
        let mut response = self.send(path, body, limit).map_err(unreachable)?;
        let text = response.body_mut().read_to_vec().map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(refusal(response.status(), &text));
        }
        serde_json::from_slice(&text)
            .map_err(|e| CallError::Refused(format!("its answer is not etcd's ({e}): {}", excerpt(&text))))
    }

    /// Sends a request to the current member. Answer and body have to come within the limit.
    pub(in crate::remote) fn send(
        &self,
        path: &str,
        body: &str,
        limit: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let url = format!("http://{}/v3/{path}", self.url.endpoints[self.current]);
        let request = self.agent.post(&url).config().timeout_global(Some(limit)).build();
        request.content_type("application/json").send(body)
    }

    /// The error that ends envlock.
    pub(crate) fn fatal(&self, cause: &CallError) -> Error {
        match cause {
            CallError::Unreachable(why) => Error::new(Exit::Wrapper, format!("reach the store {}", self.url), why)
                .hint("see whether etcd runs there and most of its members are up: etcdctl endpoint health; no command is run without the lock"),
            other => Error::new(Exit::Wrapper, format!("use the store {}", self.url), other)
                .hint("see whether this is the address of etcd's clients, and whether envlock may use it"),
        }
    }
}

/// Repeats a call while no member can answer it, as while a cluster chooses a leader.
pub(in crate::remote) fn retry<T>(
    until: Instant,
    mut call: impl FnMut() -> Result<T, CallError>,
) -> Result<T, CallError> {
    loop {
        match call() {
            Err(CallError::Unreachable(_)) if Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(100));
            }
            other => return other,
        }
    }
}

fn refusal(status: StatusCode, text: &[u8]) -> CallError {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(text) else {
        let why = format!("HTTP status {}: {}", status.as_u16(), excerpt(text));
        // Without etcd's own words this is a proxy, or a server that does not know the path.
        return if status.is_server_error() { CallError::Unreachable(why) } else { CallError::Refused(why) };
    };
    let why = if refusal.message.is_empty() { refusal.error } else { refusal.message };
    match refusal.code {
        NOT_FOUND if why.contains("lease not found") => CallError::LeaseEnded,
        code if PASSING.contains(&code) => CallError::Unreachable(why),
        _ if why.contains("user name is empty") || why.contains("invalid auth token") => {
            CallError::Refused(format!("{why}: the store wants a user, which envlock cannot give it yet"))
        }
        _ => CallError::Refused(why),
    }
}

/// The beginning of an answer that was not understood.
fn excerpt(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(100)]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_passes_from_what_does_not() {
        let of = |status: u16, text: &str| refusal(StatusCode::from_u16(status).unwrap(), text.as_bytes());
        let unavailable =
            of(503, r#"{"error":"etcdserver: no leader","code":14,"message":"etcdserver: no leader"}"#);
        assert_eq!(unavailable, CallError::Unreachable("etcdserver: no leader".into()));
        let lease = of(404, r#"{"error":"etcdserver: requested lease not found","code":5}"#);
        assert_eq!(lease, CallError::LeaseEnded);
        let full = of(429, r#"{"error":"etcdserver: mvcc: database space exceeded","code":8}"#);
        assert_eq!(full, CallError::Refused("etcdserver: mvcc: database space exceeded".into()));
        assert_eq!(
            of(404, "404 page not found\n"),
            CallError::Refused("HTTP status 404: 404 page not found".into())
        );
        assert!(matches!(of(502, "<html>"), CallError::Unreachable(_)));
    }
}
