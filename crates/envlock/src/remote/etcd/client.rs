//! Calls to the members of an etcd cluster, over HTTP.

use std::fmt;
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing::debug;
use ureq::http::header::{AUTHORIZATION, DATE};
use ureq::http::{Response, StatusCode};

use crate::model::access::User;
use crate::model::via::StoreUrl;
use crate::remote::etcd::agent::{Agents, failure};
pub(crate) use crate::remote::etcd::error::CallError;
use crate::remote::etcd::message::Login;
use crate::remote::etcd::refusal::{excerpt, refusal};

/// How long a login may take at one member: it computes a hash that is slow on purpose.
const LOGIN_LIMIT: Duration = Duration::from_secs(3);

/// What a login gives; it ends after some minutes without use, and with each restart. It does not belong in a log.
#[derive(Clone)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// The members of a cluster. A call goes to the member that answered last, then to the others.
///
/// A clone has connections of its own.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    url: StoreUrl,
    agents: Result<Agents, CallError>,
    current: usize,
    /// Of the user that has logged in.
    token: Option<Token>,
    /// The time of day in the last answer, as HTTP has it.
    date: Option<String>,
}

impl Client {
    /// Files that cannot be read make each call fail.
    pub(crate) fn new(url: &StoreUrl) -> Self {
        Self { url: url.clone(), agents: Agents::new(url), current: 0, token: None, date: None }
    }

    /// Asks one member after the other until one answers. `limit` is for each of them. Logs in where that is needed.
    pub(crate) fn call<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &Value,
        limit: Duration,
    ) -> Result<T, CallError> {
        let body = body.to_string();
        self.log_in()?;
        match self.ask(path, &body, limit) {
            Err(CallError::TokenEnded(why)) => {
                debug!(why, "logging in again");
                self.log_in_again()?;
                // A member may not know of the login yet.
                self.ask(path, &body, limit).map_err(|error| match error {
                    CallError::TokenEnded(why) => CallError::Unreachable(why),
                    other => other,
                })
            }
            other => other,
        }
    }

    /// Asks for a token where the store has a user and there is none yet.
    fn log_in(&mut self) -> Result<(), CallError> {
        let user = self.url.access.user.as_ref().filter(|_| self.token.is_none());
        let Some(User { name, password }) = user else { return Ok(()) };
        let body = json!({"name": name, "password": password}).to_string();
        let login: Login = self.ask("auth/authenticate", &body, LOGIN_LIMIT)?;
        self.token = Some(Token(login.token));
        Ok(())
    }

    /// The same after the token has ended. Where the store has no users at this moment it will have them again, or takes the
    /// old token: somebody changes them. So that is no reason to give up.
    fn log_in_again(&mut self) -> Result<(), CallError> {
        let ended = self.token.take();
        self.log_in().map_err(|error| {
            self.token = ended;
            match error {
                CallError::Refused(why) => CallError::Unreachable(why),
                other => other,
            }
        })
    }

    fn ask<T: DeserializeOwned>(&mut self, path: &str, body: &str, limit: Duration) -> Result<T, CallError> {
        let mut causes: Vec<String> = Vec::new();
        let mut is_trusted = false;
        // One more than there are: an open connection to the current one may have been closed meanwhile.
        for _ in 0..=self.url.endpoints.len() {
            match self.ask_one(path, body, limit) {
                Err(error @ (CallError::Unreachable(_) | CallError::Untrusted(_))) => {
                    let endpoint = &self.url.endpoints[self.current];
                    debug!(endpoint, %error, "the store did not answer");
                    is_trusted |= matches!(error, CallError::Unreachable(_));
                    let cause = format!("{endpoint}: {error}");
                    if !causes.contains(&cause) {
                        causes.push(cause);
                    }
                    self.next();
                }
                other => return other,
            }
        }
        let causes = causes.join("; ");
        Err(if is_trusted { CallError::Unreachable(causes) } else { CallError::Untrusted(causes) })
    }

    /// Goes on with the next member.
    pub(in crate::remote) fn next(&mut self) {
        self.current = (self.current + 1) % self.url.endpoints.len();
    }

    fn ask_one<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &str,
        limit: Duration,
    ) -> Result<T, CallError> {
        let agents = self.agents.as_ref().map_err(Clone::clone)?;
        let failure = |e: ureq::Error| failure(&e, &self.url);
        let mut response = self.send(&agents.calls, path, body, limit).map_err(failure)?;
        let text = response.body_mut().read_to_vec().map_err(failure)?;
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        self.date = date.map(str::to_owned);
        if response.status() != StatusCode::OK {
            return Err(refusal(response.status(), &text));
        }
        serde_json::from_slice(&text)
            .map_err(|e| CallError::Refused(format!("its answer is not etcd's ({e}): {}", excerpt(&text))))
    }

    /// Starts a watch at the current member. What it says has to come within the limit.
    pub(in crate::remote) fn watch(
        &self,
        body: &str,
        limit: Duration,
    ) -> Result<Response<ureq::Body>, Broken> {
        let agents = self.agents.as_ref().map_err(|_| Broken::Refused)?;
        self.send(&agents.watches, "watch", body, limit).map_err(|e| match e {
            ureq::Error::Timeout(_) => Broken::TimedOut,
            _ => Broken::Refused,
        })
    }

    /// The numbers that the current member has for monitoring; none where it does not give them here.
    pub(in crate::remote) fn metrics(&self, limit: Duration) -> Option<String> {
        let agents = self.agents.as_ref().ok()?;
        let request = agents.calls.get(self.address("metrics")).config().timeout_global(Some(limit)).build();
        let mut response = request.call().ok()?;
        response.body_mut().read_to_string().ok()
    }

    fn address(&self, path: &str) -> String {
        let scheme = self.url.transport.http_scheme();
        format!("{scheme}://{}/{path}", self.url.endpoints[self.current])
    }

    /// Sends a request to the current member. Answer and body have to come within the limit.
    fn send(
        &self,
        agent: &ureq::Agent,
        path: &str,
        body: &str,
        limit: Duration,
    ) -> Result<Response<ureq::Body>, ureq::Error> {
        let url = self.address(&format!("v3/{path}"));
        let request = agent.post(&url).config().timeout_global(Some(limit)).build();
        let request = match &self.token {
            Some(Token(token)) => request.header(AUTHORIZATION, token),
            None => request,
        };
        request.content_type("application/json").send(body)
    }

    /// The time of day in the last answer, in whole seconds.
    pub(in crate::remote) fn date(&self) -> Option<&str> {
        self.date.as_deref()
    }

    /// The error that ends envlock.
    pub(crate) fn fatal(&self, cause: &CallError) -> Error {
        let action = match cause {
            CallError::Unreachable(_) | CallError::Untrusted(_) => "reach",
            _ => "use",
        };
        let hint = match cause {
            CallError::Unreachable(_) => format!("{}; no command is run without the lock", cause.hint()),
            _ => cause.hint(),
        };
        Error::new(Exit::Wrapper, format!("{action} the store {}", self.url), cause).hint(hint)
    }
}

/// Why a watch did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::remote) enum Broken {
    TimedOut,
    Refused,
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

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::model::access::Access;
    use crate::model::via::Transport;

    const NO_USERS: &str = "etcdserver: authentication is not enabled";

    /// A store that gives these answers, status and body, one after the other; then, the paths and tokens it was asked with.
    fn store(answers: Vec<(u16, Value)>) -> (Client, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = listener.local_addr().unwrap().to_string();
        let served = std::thread::spawn(move || {
            answers.into_iter().map(|(status, body)| answer(&listener, status, &body.to_string())).collect()
        });
        let user = Some(User { name: "u".into(), password: "p".into() });
        let access = Access { user, ..Access::default() };
        let (transport, prefix) = (Transport::Plain, String::new());
        (Client::new(&StoreUrl { transport, endpoints: vec![endpoint], prefix, access }), served)
    }

    fn answer(listener: &TcpListener, status: u16, body: &str) -> String {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let (mut path, mut token, mut length) = (String::new(), String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim_end();
            match line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value)) {
                Some((name, value)) if name == "content-length" => length = value.parse().unwrap(),
                Some((name, value)) if name == "authorization" => value.clone_into(&mut token),
                Some(_) => {}
                None if line.is_empty() => break,
                None => line.split(' ').nth(1).unwrap_or_default().clone_into(&mut path),
            }
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        reader.get_mut().write_all((head + body).as_bytes()).unwrap();
        format!("{} {token}", path.trim_start_matches("/v3/")).trim_end().to_owned()
    }

    fn refused(message: &str) -> Value {
        json!({"error": message, "message": message, "code": 9})
    }

    #[test]
    fn users_that_are_away_for_a_moment_do_not_end_a_call_for_good() {
        let (ended, gone) = (refused("etcdserver: invalid auth token"), refused(NO_USERS));
        let (mut client, served) = store(vec![
            (200, json!({"token": "one"})),
            (401, ended.clone()),
            (400, gone),
            (200, json!("with the old one")),
            (401, ended),
            (200, json!({"token": "two"})),
            (200, json!("with the new one")),
        ]);
        let mut call = || client.call::<Value>("kv/range", &json!({}), LOGIN_LIMIT);
        assert_eq!(call(), Err(CallError::Unreachable(NO_USERS.into())));
        assert_eq!(call(), Ok(json!("with the old one")));
        assert_eq!(call(), Ok(json!("with the new one")));
        let login = "auth/authenticate";
        let asked = [login, "kv/range one", login, "kv/range one", "kv/range one", login, "kv/range two"];
        assert_eq!(served.join().unwrap(), asked);
    }

    #[test]
    fn a_store_without_users_refuses_whoever_has_one() {
        let (mut client, served) = store(vec![(400, refused(NO_USERS))]);
        let answer = client.call::<Value>("kv/range", &json!({}), LOGIN_LIMIT);
        assert_eq!(answer, Err(CallError::Refused(NO_USERS.into())));
        served.join().unwrap();
    }
}
