//! Why TLS to an engine failed, in words.

use std::error::Error as StdError;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription as Alert, CertificateError, Error};

use super::credentials::{Credentials, Trust};
use crate::docker::unreachable::{Unreachable, chain, root_cause};

pub(super) const CHECK_FILES: &str =
    "set the files with --tlscacert, --tlscert and --tlskey, or their directory with DOCKER_CERT_PATH";

const NAME_IDENTITY: &str =
    "set a client certificate with --tlscert and --tlskey, or its directory with DOCKER_CERT_PATH";

/// Says why a handshake failed, or why the engine ended the connection after it.
pub(in crate::docker) fn explain(error: &(dyn StdError + 'static), credentials: &Credentials) -> Unreachable {
    match chain(error).find_map(|error| error.downcast_ref()) {
        Some(Error::InvalidMessage(_)) => Unreachable::new(
            "the port does not use TLS",
            "use the engine's TLS port, 2376 by default; there is no fallback to plaintext",
        ),
        Some(Error::InvalidCertificate(error)) => explain_certificate(error, credentials),
        Some(Error::AlertReceived(alert)) if is_about_the_client(*alert) => refused(*alert, credentials),
        Some(other) => Unreachable::new(format!("the TLS handshake failed: {other}"), CHECK_FILES),
        // The connection may have been reset before the alert that says so was read.
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
            format!("the engine's certificate is not signed by the CA in {}", path.display()),
            "select the right CA with --tlscacert, or its directory with DOCKER_CERT_PATH",
        ),
        (E::ExpiredContext { not_after, .. }, _) => Unreachable::new(
            format!("the engine's certificate expired at {}", time(*not_after)),
            "renew the certificate, or check this machine's clock",
        ),
        (E::NotValidYetContext { not_before, .. }, _) => Unreachable::new(
            format!("the engine's certificate is not valid before {}", time(*not_before)),
            "check the clocks of both machines",
        ),
        (E::NotValidForNameContext { expected, presented }, _) => {
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            Unreachable::new(
                format!(
                    "the engine's certificate is for {}, not for {}",
                    names.join(", "),
                    expected.to_str()
                ),
                "use a host name of the certificate, or issue one for this host",
            )
        }
        (other, _) => {
            Unreachable::new(format!("the engine's certificate cannot be used: {other}"), CHECK_FILES)
        }
    }
}

/// A name of a certificate without the type that rustls writes around it: `DnsName("localhost")`, `IpAddress(::1)`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

/// Whether an established connection ended.
fn was_cut(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(<dyn StdError>::is::<hyper::Error>)
}

/// Whether an engine sends this alert about a missing or unacceptable client certificate.
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
        None => Unreachable::new("the engine requires a client certificate", NAME_IDENTITY),
        Some(identity) => Unreachable::new(
            format!("the engine rejected the client certificate {} ({alert:?})", identity.cert.display()),
            "use a valid certificate that is signed by the engine's CA",
        ),
    }
}

fn time(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "an unknown time".into(), |at| at.to_string())
}
