//! What TLS needs: whom to trust, and what to show.

use std::path::PathBuf;

/// Whom to trust, and what to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credentials {
    pub trust: Trust,
    pub identity: Option<Identity>,
}

/// Which engines are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// One whose certificate is signed by the CA in this file.
    Ca(PathBuf),
    /// Any: TLS without verification.
    Anyone,
}

/// A client certificate and its key: PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub cert: PathBuf,
    pub key: PathBuf,
}
