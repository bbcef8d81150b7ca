//! Users: etcd gives them a token, which ends after some minutes and with each restart.

use std::fmt;
use std::time::Duration;

use serde_json::json;

use crate::model::access::User;
use crate::remote::etcd::client::{CallError, Client};
use crate::remote::etcd::message::Login;

/// How long one member may take: it computes a hash that is slow on purpose.
const LIMIT: Duration = Duration::from_secs(3);

/// A token. It does not belong in a log.
#[derive(Clone)]
pub(super) struct Token(pub(super) String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Client {
    /// Asks for a token where the store has a user and there is none yet.
    pub(super) fn log_in(&mut self) -> Result<(), CallError> {
        let Some(User { name, password }) = self.url.access.user.as_ref().filter(|_| self.token.is_none())
        else {
            return Ok(());
        };
        let body = json!({"name": name, "password": password}).to_string();
        let login: Login = self.ask("auth/authenticate", &body, LIMIT)?;
        self.token = Some(Token(login.token));
        Ok(())
    }
}
