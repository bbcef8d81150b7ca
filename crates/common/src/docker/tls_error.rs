//! Why TLS to an engine failed, in words.

use std::error::Error as StdError;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription as Alert, CertificateError, Error};

use super::target::{Credentials, Trust};
use super::unreachable::{Unreachable, chain, root_cause};

pub(super) const CHECK_FILES: &str =
    "name the files with --tlscacert, --tlscert and --tlskey, or their directory with DOCKER_CERT_PATH";

const NAME_IDENTITY: &str =
    "name a client certificate with --tlscert and --tlskey, or its directory with DOCKER_CERT_PATH";

/// Says why a handshake failed, or why the engine ended the connection after it.
pub(super) fn explain(error: &(dyn StdError + 'static), credentials: &Credentials) -> Unreachable {
    match chain(error).find_map(|error| error.downcast_ref()) {
        Some(Error::InvalidMessage(_)) => Unreachable::new(
            "it does not speak TLS",
            "name the port of its TLS listener, 2376 by default; where TLS is wanted, plaintext is never used",
        ),
        Some(Error::InvalidCertificate(error)) => explain_certificate(error, credentials),
        Some(Error::AlertReceived(alert)) if is_about_the_client(*alert) => refused(*alert, credentials),
        Some(other) => Unreachable::new(format!("TLS failed: {other}"), CHECK_FILES),
        // It may have been refused in a way that the connection did not outlive.
        None if credentials.identity.is_none() && was_cut(error) => {
            Unreachable::new(root_cause(error), NAME_IDENTITY)
        }
        None => Unreachable::general(error),
    }
}

fn explain_certificate(error: &CertificateError, credentials: &Credentials) -> Unreachable {
    use CertificateError as E;
    match (error, &credentials.trust) {
        (E::UnknownIssuer | E::BadSignature, Trust::Ca(path)) => Unreachable::new(
            format!("its certificate is not signed by the CA in {}", path.display()),
            "name the right CA with --tlscacert, or its directory with DOCKER_CERT_PATH",
        ),
        (E::ExpiredContext { not_after, .. }, _) => Unreachable::new(
            format!("its certificate expired at {}", time(*not_after)),
            "renew the engine's certificate, or set this machine's clock",
        ),
        (E::NotValidYetContext { not_before, .. }, _) => Unreachable::new(
            format!("its certificate is not valid before {}", time(*not_before)),
            "set the clocks of this machine and of the engine's",
        ),
        (E::NotValidForNameContext { expected, presented }, _) => Unreachable::new(
            format!("its certificate is for {}, not for {}", presented.join(", "), expected.to_str()),
            "name the engine as its certificate does, or make a certificate for this name",
        ),
        (other, _) => Unreachable::new(format!("its certificate cannot be used: {other}"), CHECK_FILES),
    }
}

/// Whether the engine ended a connection that stood.
fn was_cut(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| error.is::<hyper::Error>())
}

/// Whether an engine that takes no client, or not this one, sends this.
const fn is_about_the_client(alert: Alert) -> bool {
    matches!(
        alert,
        Alert::AccessDenied
            | Alert::BadCertificate
            | Alert::CertificateExpired
            | Alert::CertificateRequired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::HandshakeFailure
            | Alert::UnknownCA
            | Alert::UnsupportedCertificate
    )
}

fn refused(alert: Alert, credentials: &Credentials) -> Unreachable {
    match &credentials.identity {
        None => Unreachable::new("it wants a client certificate, and there is none", NAME_IDENTITY),
        Some(identity) => Unreachable::new(
            format!("it refuses the client certificate {} ({alert:?})", identity.cert.display()),
            "take a certificate that the engine's CA signed and that has not expired",
        ),
    }
}

fn time(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "an unknown time".into(), |at| at.to_string())
}
