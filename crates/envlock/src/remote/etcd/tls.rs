//! TLS to a store: rustls with ring, certificates from PEM files.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription as Alert, CertificateError, RootCertStore};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::model::access::{Access, CA_VAR, Identity};

/// Reads the files. Fails where one cannot be used: nothing is sent to a store that cannot be verified.
pub(super) fn config(access: &Access) -> Result<TlsConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let roots = match &access.ca {
        Some(path) => certificates("CA certificate", path)?,
        None => of_the_system()?,
    };
    // What is left out here, ureq leaves out as well.
    let (usable, _) = RootCertStore::empty().add_parsable_certificates(roots.iter().cloned());
    if usable == 0 {
        let place = access.ca.as_ref().map_or("the system".into(), |path| path.display().to_string());
        return Err(format!("{place} has no CA certificate"));
    }
    let identity = access.identity.as_ref().map(|identity| client_certificate(identity, &provider));
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&for_ureq(&roots)))
        .client_cert(identity.transpose()?)
        .unversioned_rustls_crypto_provider(provider)
        .build())
}

fn for_ureq(certificates: &[CertificateDer<'_>]) -> Vec<Certificate<'static>> {
    certificates.iter().map(|one| Certificate::from_der(one).to_owned()).collect()
}

fn of_the_system() -> Result<Vec<CertificateDer<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    match found.errors.first() {
        Some(error) if found.certs.is_empty() => Err(format!("cannot read the CAs of the system: {error}")),
        _ => Ok(found.certs),
    }
}

fn client_certificate(identity: &Identity, provider: &CryptoProvider) -> Result<ClientCert, String> {
    let Identity { cert, key } = identity;
    let chain = certificates("client certificate", cert)?;
    let unreadable = |why: &dyn std::fmt::Display| format!("cannot read the key {}: {why}", key.display());
    let text = std::fs::read(key).map_err(|e| unreadable(&e))?;
    let private = PrivateKeyDer::from_pem_slice(&text).map_err(|e| match e {
        pem::Error::NoItemsFound => format!("{} has no unencrypted private key", key.display()),
        other => unreadable(&other),
    })?;
    // ureq would panic where they do not belong together.
    CertifiedKey::from_der(chain.clone(), private, provider).map_err(|e| {
        format!("cannot use the client certificate {} with {}: {e}", cert.display(), key.display())
    })?;
    let private = PrivateKey::from_pem(&text).map_err(|e| unreadable(&e))?;
    Ok(ClientCert::new_with_certs(&for_ureq(&chain), private))
}

fn certificates(what: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let found = found.map_err(|error| match error {
        pem::Error::Io(error) => format!("cannot read the {what} {}: {error}", path.display()),
        other => format!("cannot read the {what} {}: {other}", path.display()),
    })?;
    if found.is_empty() { Err(format!("{} has no {what}", path.display())) } else { Ok(found) }
}

/// What a failed handshake means; none where that is not the cause.
pub(super) fn explain(error: &ureq::Error, access: &Access) -> Option<String> {
    match error {
        ureq::Error::Rustls(error) => Some(explain_rustls(error, access)),
        ureq::Error::Io(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            inner.map(|inner| explain_rustls(inner, access))
        }
        ureq::Error::Tls(why) => Some((*why).to_owned()),
        _ => None,
    }
}

fn explain_rustls(error: &rustls::Error, access: &Access) -> String {
    use CertificateError as E;
    match error {
        rustls::Error::InvalidMessage(_) => "the port does not use TLS".to_owned(),
        rustls::Error::InvalidCertificate(E::UnknownIssuer | E::BadSignature) => match &access.ca {
            Some(path) => format!("its certificate is not signed by a CA in {}", path.display()),
            None => format!("its certificate is not signed by a CA of the system ({CA_VAR} is not set)"),
        },
        rustls::Error::InvalidCertificate(other) => format!("its certificate cannot be used: {other}"),
        rustls::Error::AlertReceived(
            alert @ (Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnknownCA
            | Alert::AccessDenied),
        ) => match &access.identity {
            None => "it requires a client certificate".to_owned(),
            Some(identity) => {
                format!("it does not accept the client certificate {} ({alert:?})", identity.cert.display())
            }
        },
        other => format!("the TLS handshake failed: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_an_error_and_no_panic() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let with_ca = |ca| config(&Access { ca: Some(ca), ..Access::default() }).unwrap_err();
        assert!(with_ca(dir.path().join("none")).contains("No such file"));
        assert!(with_ca(file("empty", "")).contains("has no CA certificate"));
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(with_ca(file("nonsense", nonsense)).contains("has no CA certificate"));
        let identity =
            |cert, key| client_certificate(&Identity { cert, key }, &ring::default_provider()).unwrap_err();
        let cert = file("cert", nonsense);
        assert!(identity(cert.clone(), file("key", "no key")).contains("has no unencrypted private key"));
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert!(identity(cert, file("key2", key)).contains("cannot use the client certificate"));
    }
}
