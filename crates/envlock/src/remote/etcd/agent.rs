//! The HTTP client, with or without TLS.

use std::time::Duration;

use crate::model::via::{StoreUrl, Transport};
use crate::remote::etcd::error::CallError;

/// How long a connection that is not used is kept: longer than the longest time between two renewals.
const IDLE: Duration = Duration::from_mins(5);

/// Two pools of connections.
#[derive(Debug)]
pub(super) struct Agents {
    pub(super) calls: ureq::Agent,
    /// A connection that was used for a watch is closed after it. So that calls find one that is open, they have others.
    pub(super) watches: ureq::Agent,
}

impl Agents {
    /// Reads the files that the store's access names.
    pub(super) fn new(url: &StoreUrl) -> Result<Self, CallError> {
        let config = ureq::Agent::config_builder()
            // The variables for proxies are meant for other traffic.
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .max_idle_age(IDLE)
            .user_agent(concat!("envlock/", env!("CARGO_PKG_VERSION")));
        let config = match url.transport {
            Transport::Plain => config.build(),
            #[cfg(feature = "tls")]
            Transport::Tls => {
                let tls = super::tls::config(&url.access).map_err(CallError::Files)?;
                config.https_only(true).tls_config(tls).build()
            }
            #[cfg(not(feature = "tls"))]
            Transport::Tls => return Err(CallError::Files("this envlock was built without TLS".to_owned())),
        };
        Ok(Self::of(&config))
    }

    fn of(config: &ureq::config::Config) -> Self {
        Self {
            calls: ureq::Agent::new_with_config(config.clone()),
            watches: ureq::Agent::new_with_config(config.clone()),
        }
    }
}

impl Clone for Agents {
    /// With connections of its own: a clone may be used by another thread, or by another process.
    fn clone(&self) -> Self {
        Self::of(self.calls.config())
    }
}

/// Why a request could not be sent, or its answer not be read.
pub(super) fn failure(error: &ureq::Error, url: &StoreUrl) -> CallError {
    #[cfg(feature = "tls")]
    if let Some(why) = super::tls::explain(error, &url.access) {
        return CallError::Untrusted(why);
    }
    let guess = match (url.transport, &url.access.identity) {
        _ if !was_cut(error) => None,
        (Transport::Plain, _) => Some("it may use TLS, then write etcds://".to_owned()),
        // With TLS 1.3 a member looks at the client's certificate after the client has begun to speak.
        (Transport::Tls, None) => {
            Some("it may not use TLS, or require a client certificate (--via-cert)".to_owned())
        }
        (Transport::Tls, Some(identity)) => Some(format!(
            "it may not use TLS, or not accept the client certificate {}",
            identity.cert.display()
        )),
    };
    // A member that ends says the same, so this passes.
    CallError::Unreachable(guess.map_or(error.to_string(), |guess| format!("{error}; {guess}")))
}

/// Whether the other side ended a connection that it had accepted.
fn was_cut(error: &ureq::Error) -> bool {
    use std::io::ErrorKind as Kind;
    let cut = [Kind::BrokenPipe, Kind::ConnectionReset, Kind::ConnectionAborted, Kind::UnexpectedEof];
    matches!(error, ureq::Error::Io(error) if cut.contains(&error.kind()))
}
