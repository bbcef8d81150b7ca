//! How a store is accessed: the CA that is trusted, the client certificate, user and password.

use std::fmt;
use std::path::PathBuf;

/// Names of the variables.
pub(crate) const CA_VAR: &str = "ENVLOCK_VIA_CA";
pub(crate) const CERT_VAR: &str = "ENVLOCK_VIA_CERT";
pub(crate) const KEY_VAR: &str = "ENVLOCK_VIA_KEY";
pub(crate) const USER_VAR: &str = "ENVLOCK_VIA_USER";
pub(crate) const PASSWORD_VAR: &str = "ENVLOCK_VIA_PASSWORD";
pub(crate) const PASSWORD_FILE_VAR: &str = "ENVLOCK_VIA_PASSWORD_FILE";

/// What proves to a store who asks, and to whoever asks that it is the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    /// PEM file with the CAs that are trusted; none: those of the system.
    pub(crate) ca: Option<PathBuf>,
    pub(crate) identity: Option<Identity>,
    pub(crate) user: Option<User>,
}

/// A client certificate and its key: PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// A user of the store.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The password does not belong in a log.
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Access {
    /// The variables that give a command the same files, which may have been named on the command line.
    #[cfg(target_os = "linux")]
    pub(crate) fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        let identity = self.identity.as_ref();
        let files = [
            (CA_VAR, self.ca.as_ref()),
            (CERT_VAR, identity.map(|identity| &identity.cert)),
            (KEY_VAR, identity.map(|identity| &identity.key)),
        ];
        files.into_iter().filter_map(|(name, path)| Some((name, path?.clone()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let user = User { name: "ci".into(), password: "secret".into() };
        let access = Access { user: Some(user), ca: Some("/ca.pem".into()), ..Access::default() };
        assert!(!format!("{access:?}").contains("secret"), "{access:?}");
        #[cfg(target_os = "linux")]
        assert_eq!(access.variables(), [(CA_VAR, PathBuf::from("/ca.pem"))]);
    }
}
