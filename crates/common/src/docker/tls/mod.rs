//! TLS to an engine: rustls with ring, certificates from PEM files as docker(1) has them.

pub(super) mod credentials;
pub(super) mod explain;

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use self::credentials::{Credentials, Identity, Trust};
use self::explain::CHECK_FILES;
use super::unreachable::Unreachable;

/// What a handshake needs.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    /// Reads the files for an engine at this host.
    pub(super) fn new(host: &str, credentials: &Credentials) -> Result<Self, Unreachable> {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|_| {
            Unreachable::new("the host name cannot be verified by a certificate", CHECK_FILES)
        })?;
        let connector = TlsConnector::from(Arc::new(config(credentials)?));
        Ok(Self { connector, name })
    }

    /// Encrypts a connection, and verifies the engine as far as the credentials ask for it. Fails with a [`rustls::Error`] inside.
    pub(super) async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

fn config(credentials: &Credentials) -> Result<ClientConfig, Unreachable> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| Unreachable::new(e, CHECK_FILES))?;
    let builder = match &credentials.trust {
        Trust::Ca(path) => builder.with_root_certificates(authorities(path)?),
        Trust::Anyone => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(NoVerification(provider)))
        }
    };
    let Some(identity) = &credentials.identity else { return Ok(builder.with_no_client_auth()) };
    let (certs, key) = read(identity)?;
    builder.with_client_auth_cert(certs, key).map_err(|error| {
        let (cert, key) = (identity.cert.display(), identity.key.display());
        Unreachable::new(format!("cannot use the client certificate {cert} with {key}: {error}"), CHECK_FILES)
    })
}

fn authorities(path: &Path) -> Result<RootCertStore, Unreachable> {
    let mut store = RootCertStore::empty();
    // A bundle of the system may hold what rustls cannot read; it then trusts the others.
    let (added, _) = store.add_parsable_certificates(certificates("CA certificate", path)?);
    match added {
        0 => Err(Unreachable::new(format!("{} contains no CA certificate", path.display()), CHECK_FILES)),
        _ => Ok(store),
    }
}

fn read(identity: &Identity) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Unreachable> {
    let certs = certificates("client certificate", &identity.cert)?;
    let path = identity.key.display();
    let key = PrivateKeyDer::from_pem_file(&identity.key).map_err(|error| {
        let cause = match error {
            pem::Error::NoItemsFound => format!("{path} contains no unencrypted private key"),
            other => format!("cannot read the private key {path}: {}", plain(&other)),
        };
        Unreachable::new(cause, CHECK_FILES)
    })?;
    Ok((certs, key))
}

fn certificates(what: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Unreachable> {
    let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    found.map_err(|error| {
        let cause = format!("cannot read the {what} {}: {}", path.display(), plain(&error));
        Unreachable::new(cause, CHECK_FILES)
    })
}

/// The error of the system alone, where it is one.
fn plain(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Takes any certificate. That the other side has its key is still proved.
#[derive(Debug)]
struct NoVerification(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerification {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
