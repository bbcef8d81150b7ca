//! The engine, with a deadline on every call.
//!
//! Answering `/_ping` proves nothing: an engine was seen that answered it for an hour while `GET /networks` and
//! every start hung. bollard's own time-out covers the response headers only, so each call is wrapped here.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};

use crate::Error;
use crate::units::parse_duration;

/// Labels that name the environment a resource belongs to, and so the lock that guards it, the strongest first.
///
/// `drydock.*` is what the suite was called before; it is read until version 0.3.
pub const ENV_LABELS: [&str; 3] = ["netra.env", "evenkeel.env", "drydock.env"];
/// Labels that, with the value `true`, keep evenkeel from removing or stopping the resource.
pub const PROTECT_LABELS: [&str; 2] = ["evenkeel.protect", "drydock.protect"];
/// Label that Compose sets: the project.
pub const LABEL_PROJECT: &str = "com.docker.compose.project";
/// Label that Compose sets: the service.
pub const LABEL_SERVICE: &str = "com.docker.compose.service";

/// Every environment that these labels name, the strongest first.
pub fn environments(labels: &BTreeMap<String, String>) -> impl Iterator<Item = &String> {
    ENV_LABELS.into_iter().filter_map(|label| labels.get(label))
}

/// Whether these labels protect a resource from being removed or stopped.
pub fn is_protected(labels: &BTreeMap<String, String>) -> bool {
    PROTECT_LABELS.into_iter().any(|label| labels.get(label).is_some_and(|value| value == "true"))
}

/// How to reach the engine: shared flags.
#[derive(Clone, Debug, clap::Args)]
pub struct DockerArgs {
    /// Engine to talk to, such as unix:///run/docker.sock [default: $DOCKER_HOST, then the current context]
    #[arg(short = 'H', long, value_name = "URL")]
    pub host: Option<String>,
    /// Longest wait for one answer of the engine
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = parse_call_timeout)]
    pub call_timeout: Duration,
}

/// Parses the longest wait for one answer; for clap: a value parser.
pub fn parse_call_timeout(text: &str) -> Result<Duration, String> {
    let timeout = parse_duration(text)?;
    if timeout.is_zero() { Err("it must be longer than 0s".into()) } else { Ok(timeout) }
}

/// Parses a label in scope, `KEY=VALUE`; for clap: a value parser. Both parts are needed: an empty one, often from an
/// unset variable, would widen the scope.
pub fn parse_label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a label is KEY=VALUE, and neither may be empty".into()),
    }
}

impl DockerArgs {
    /// The engine's URL: as given, else from the environment and the current context.
    pub fn host(&self) -> Result<String, Error> {
        self.host.clone().map_or_else(host_from_env, Ok)
    }
}

/// A connection to one engine.
#[derive(Clone, Debug)]
pub struct Engine {
    /// bollard's client; pass its futures to [`Engine::call`].
    pub docker: Docker,
    /// Where it is, as a URL.
    pub host: String,
    /// Longest wait for one answer.
    pub call_timeout: Duration,
}

/// Why a call to the engine failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The engine answered with an HTTP error.
    Status {
        /// Status code of the HTTP response.
        code: u16,
        /// The engine's own message.
        message: String,
    },
    /// No answer within this time.
    TimedOut(Duration),
    /// No connection, or one that broke.
    Unreachable(String),
    /// The answer could not be understood.
    Protocol(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { code, message } => write!(f, "{message} (HTTP {code})"),
            Self::TimedOut(limit) => write!(f, "no answer within {}", humantime::format_duration(*limit)),
            Self::Unreachable(cause) | Self::Protocol(cause) => f.write_str(cause),
        }
    }
}

impl CallError {
    /// The HTTP status, where the engine gave one.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Status { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Turns it into the tool's error: 4 where the engine is gone or hangs, 3 otherwise.
    pub fn into_error(self, action: impl Into<String>) -> Error {
        match self {
            Self::TimedOut(_) => Error::unavailable(action, self)
                .hint("the engine hangs: try 'docker ps' and 'docker network ls', then restart it"),
            Self::Unreachable(_) => Error::unavailable(action, self)
                .hint("start Docker, or name another engine with --host or DOCKER_HOST"),
            Self::Status { .. } | Self::Protocol(_) => Error::failed(action, self),
        }
    }
}

impl From<bollard::errors::Error> for CallError {
    fn from(error: bollard::errors::Error) -> Self {
        use bollard::errors::Error as E;
        match error {
            E::DockerResponseServerError { status_code, message } => {
                Self::Status { code: status_code, message }
            }
            E::RequestTimeoutError => Self::TimedOut(Duration::ZERO),
            E::JsonDataError { .. } | E::JsonSerdeError { .. } | E::StrParseError { .. } => {
                Self::Protocol(root_cause(&error))
            }
            _ => Self::Unreachable(root_cause(&error)),
        }
    }
}

/// The innermost cause: each message of the chain repeats, or hides, the one below it.
fn root_cause(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.last().map(ToString::to_string).unwrap_or_default()
}

impl Engine {
    /// Connects to the engine the arguments name and makes sure that it answers.
    pub async fn connect(args: &DockerArgs) -> Result<Self, Error> {
        let engine = Self::open(args)?;
        engine.call(engine.docker.ping()).await.map_err(|e| e.into_error(reaching(&engine.host)))?;
        Ok(engine)
    }

    /// Prepares a connection without talking to the engine yet.
    pub fn open(args: &DockerArgs) -> Result<Self, Error> {
        let host = args.host()?;
        let docker = client(&host)?;
        Ok(Self { docker, host, call_timeout: args.call_timeout })
    }

    /// Awaits one answer of the engine, no longer than `call_timeout`.
    pub async fn call<T>(
        &self,
        answer: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, CallError> {
        self.call_within(self.call_timeout, answer).await
    }

    /// Awaits one answer that may take longer than others, such as a stop with a grace period.
    pub async fn call_within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, CallError> {
        match tokio::time::timeout(limit, answer).await {
            Err(_) => Err(CallError::TimedOut(limit)),
            Ok(result) => result.map_err(|e| match CallError::from(e) {
                CallError::TimedOut(_) => CallError::TimedOut(limit),
                other => other,
            }),
        }
    }
}

/// bollard's time-out must exceed every deadline of ours: it is a backstop (seconds).
const CLIENT_TIMEOUT_S: u64 = 3600;

fn client(host: &str) -> Result<Docker, Error> {
    let bad = |cause: &str| {
        Error::usage(format!("use the engine '{host}'"), cause)
            .hint("a host looks like unix:///run/docker.sock or tcp://127.0.0.1:2375")
    };
    let (scheme, address) = host.split_once("://").ok_or_else(|| bad("it has no scheme"))?;
    let docker = match scheme {
        #[cfg(unix)]
        "unix" => Docker::connect_with_unix(address, CLIENT_TIMEOUT_S, API_DEFAULT_VERSION),
        #[cfg(windows)]
        "npipe" => Docker::connect_with_named_pipe(host, CLIENT_TIMEOUT_S, API_DEFAULT_VERSION),
        "tcp" | "http" => Docker::connect_with_http(address, CLIENT_TIMEOUT_S, API_DEFAULT_VERSION),
        other => return Err(bad(&format!("the scheme '{other}' is not supported"))),
    };
    docker.map_err(|error| match error {
        #[cfg(unix)]
        bollard::errors::Error::SocketNotFoundError(path) => {
            CallError::Unreachable(format!("there is no socket at {path}")).into_error(reaching(host))
        }
        other => bad(&root_cause(&other)),
    })
}

fn reaching(host: &str) -> String {
    format!("reach Docker at {host}")
}

fn host_from_env() -> Result<String, Error> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(host) = set("DOCKER_HOST") {
        return Ok(host);
    }
    let config = std::env::var_os("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".docker")))
        .unwrap_or_default();
    let chosen = set("DOCKER_CONTEXT").or_else(|| {
        let current = json_file(&config.join("config.json"))?;
        Some(current.get("currentContext")?.as_str()?.to_owned())
    });
    match chosen.as_deref() {
        None | Some("" | "default") => Ok(default_host()),
        // Falling back to the local engine here would act on the wrong machine.
        Some(name) => host_of_context(&config, name).ok_or_else(|| {
            Error::usage(format!("use the Docker context '{name}'"), "it is not found, or names no engine")
                .hint("see 'docker context ls', or name the engine with --host")
        }),
    }
}

/// The engine of a `docker context`, which bollard does not read.
fn host_of_context(config: &Path, name: &str) -> Option<String> {
    // Each context is a directory named by the SHA-256 of its name; reading them all spares a hash function.
    std::fs::read_dir(config.join("contexts/meta")).ok()?.flatten().find_map(|entry| {
        let meta = json_file(&entry.path().join("meta.json"))?;
        let host = meta.pointer("/Endpoints/docker/Host")?.as_str()?.to_owned();
        (meta.get("Name")?.as_str()? == name).then_some(host)
    })
}

fn json_file(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

fn default_host() -> String {
    if cfg!(windows) { "npipe:////./pipe/docker_engine".into() } else { "unix:///var/run/docker.sock".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_in_scope_has_a_key_and_a_value() {
        assert_eq!(parse_label("a=b=c"), Ok(("a".into(), "b=c".into())));
        for bad in ["", "a", "a=", "=b", "="] {
            assert!(parse_label(bad).is_err(), "{bad} was accepted");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_dead_host_is_reported_once() {
        // Nothing listens on a port that was just given back.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let host = format!("tcp://{free}");
        let args = DockerArgs { host: Some(host.clone()), call_timeout: Duration::from_secs(5) };
        let error = Engine::connect(&args).await.unwrap_err();
        assert_eq!(error.exit(), crate::Exit::Unavailable);
        let text = error.to_string();
        let line = text.lines().next().unwrap();
        assert!(line.starts_with(&format!("cannot reach Docker at {host}: Connection refused")), "{line}");
        assert_eq!(line.matches(": ").count(), 1, "{line}");
    }

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn labels_of_the_former_name_still_count() {
        assert!(is_protected(&labels(&[("drydock.protect", "true")])));
        assert!(is_protected(&labels(&[("evenkeel.protect", "true")])));
        assert!(!is_protected(&labels(&[("evenkeel.protect", "false"), ("drydock.other", "true")])));
        let all = labels(&[("drydock.env", "c"), ("evenkeel.env", "b"), ("netra.env", "a")]);
        assert_eq!(environments(&all).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(environments(&labels(&[("drydock.env", "old")])).collect::<Vec<_>>(), ["old"]);
    }
}
