//! What TLS needs: which engines to trust, and the client certificate.

use std::path::PathBuf;

/// Which engines to trust, and the client certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::docker) struct Credentials {
    pub trust: Trust,
    pub identity: Option<Identity>,
}

/// Which engines are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::docker) enum Trust {
    /// One whose certificate is signed by the CA in this file.
    Ca(PathBuf),
    /// Any: TLS without verification.
    Anyone,
}

/// A client certificate and its key: PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::docker) struct Identity {
    pub cert: PathBuf,
    pub key: PathBuf,
}
