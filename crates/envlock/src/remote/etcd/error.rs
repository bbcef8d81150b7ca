//! Why a call to etcd did not succeed.

use std::fmt;

use crate::model::access::{PASSWORD_FILE_VAR, USER_VAR};

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    /// No member answered, or none could: what each said.
    Unreachable(String),
    /// No member proved who it is, or none believed who asks.
    Untrusted(String),
    /// A file that the access to the store needs cannot be used.
    Files(String),
    /// The user, or that there is none, does not suffice.
    NotAllowed(String),
    /// The user has to log in again.
    TokenEnded(String),
    /// The lease has ended.
    LeaseEnded,
    /// The store has reached its quota.
    Full(String),
    /// A member refused the call.
    Refused(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why)
            | Self::Untrusted(why)
            | Self::Files(why)
            | Self::NotAllowed(why)
            | Self::TokenEnded(why)
            | Self::Full(why)
            | Self::Refused(why) => f.write_str(why),
            Self::LeaseEnded => f.write_str("the lease has ended"),
        }
    }
}

impl CallError {
    /// What the person may do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unreachable(_) => "see whether etcd runs there and most of its members are up: etcdctl endpoint health"
                .to_owned(),
            Self::Untrusted(_) => "name the CA with --via-ca, and a client certificate with --via-cert and --via-key; etcds:// \
                                   is for members with TLS, etcd:// for those without; nothing is sent unencrypted instead"
                .to_owned(),
            Self::Files(_) => "name PEM files with --via-ca, --via-cert and --via-key".to_owned(),
            Self::NotAllowed(_) | Self::TokenEnded(_) => format!(
                "set {USER_VAR} and {PASSWORD_FILE_VAR}; the user's role has to read and write PREFIX/envlock/"
            ),
            Self::Full(_) => "compact and defragment it, or raise --quota-backend-bytes; then: etcdctl alarm disarm".to_owned(),
            Self::LeaseEnded | Self::Refused(_) => {
                "see whether this is the address of etcd's clients, and whether envlock may use it".to_owned()
            }
        }
    }
}
