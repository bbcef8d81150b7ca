//! Why an engine cannot be reached, and what to do about it: one cause, one hint.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::{fmt, iter};

/// Why an engine cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// What is wrong; reads after "cannot reach Docker at URL:".
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

const START_DOCKER: &str = "start Docker, or name another engine with --host, --context or DOCKER_HOST";

impl Unreachable {
    pub(super) fn new(cause: impl fmt::Display, hint: impl Into<String>) -> Self {
        Self { cause: cause.to_string(), hint: hint.into() }
    }

    /// An error without a more specific hint.
    pub(super) fn general(error: &(dyn StdError + 'static)) -> Self {
        Self::new(root_cause(error), START_DOCKER)
    }

    /// An error at the socket, or named pipe, of this path.
    pub(super) fn local(path: &Path, error: &(dyn StdError + 'static)) -> Self {
        let kind = chain(error).filter_map(|error| error.downcast_ref()).last().map(io::Error::kind);
        let (cause, hint) = match kind {
            Some(ErrorKind::NotFound) => (format!("there is no socket at {}", path.display()), START_DOCKER),
            Some(ErrorKind::PermissionDenied) => (
                format!("no permission to use the socket {}", path.display()),
                "use sudo, or join the socket's group (usually 'sudo usermod -aG docker USER') and log in again",
            ),
            Some(ErrorKind::ConnectionRefused) => (root_cause(error), START_DOCKER),
            _ => return Self::general(error),
        };
        match rootless_socket().filter(|other| other != path) {
            None => Self::new(cause, hint),
            Some(other) => {
                let other = other.display();
                Self::new(cause, format!("for the rootless engine, use --host unix://{other} or DOCKER_HOST"))
            }
        }
    }

    /// An error of plaintext over TCP: the port may require TLS.
    pub(super) fn plaintext(error: &(dyn StdError + 'static)) -> Self {
        match chain(error).find_map(|error| error.downcast_ref::<hyper::Error>()) {
            Some(broken) if broken.is_parse() => Self::new(
                "the answer is not HTTP",
                "if the port requires TLS, set DOCKER_TLS_VERIFY=1 or add --tlsverify",
            ),
            Some(_) => Self::new(
                root_cause(error),
                "check that the engine runs; if the port requires TLS, set DOCKER_TLS_VERIFY=1 or add --tlsverify",
            ),
            None => Self::general(error),
        }
    }

    /// The answer of a TLS listener to a plaintext request: Go's, and so the engine's, or nginx's.
    pub(super) fn requires_tls(status: u16, message: &str) -> Option<Self> {
        let is_so = status == 400
            && (message.contains("HTTP request to an HTTPS server")
                || message.contains("plain HTTP request"));
        is_so.then(|| {
            Self::new(
                "the port requires TLS, and the request was plaintext",
                "set DOCKER_TLS_VERIFY=1 or add --tlsverify",
            )
        })
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl StdError for Unreachable {}

/// An error and all that it comes from, the innermost last.
pub(super) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| {
        // What an I/O error was made of is not its source.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

/// The innermost cause: each message of the chain repeats, or hides, the one below it.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Where the engine of a user without root listens, if there is one.
fn rootless_socket() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?).join("docker.sock");
    path.exists().then_some(path)
}
