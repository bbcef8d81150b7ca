//! `--via` and `ENVLOCK_VIA`: `etcd://HOST:PORT[,HOST:PORT]/PREFIX`, or `etcds://` with TLS.

use std::fmt;
use std::str::FromStr;

use crate::model::access::{Access, PASSWORD_FILE_VAR, USER_VAR};

/// Name of the variable.
pub(crate) const VIA_VAR: &str = "ENVLOCK_VIA";

const EXAMPLE: &str = "write etcd://HOST:PORT[,HOST:PORT]/PREFIX, or etcds:// for TLS";

/// How the members of a store are spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Plain,
    Tls,
}

impl Transport {
    const ALL: [Self; 2] = [Self::Plain, Self::Tls];

    /// How the address of a store begins.
    const fn scheme(self) -> &'static str {
        match self {
            Self::Plain => "etcd://",
            Self::Tls => "etcds://",
        }
    }

    /// The scheme of its JSON gateway.
    #[cfg(target_os = "linux")]
    pub(crate) const fn http_scheme(self) -> &'static str {
        match self {
            Self::Plain => "http",
            Self::Tls => "https",
        }
    }
}

/// Where the locks are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreUrl {
    pub(crate) transport: Transport,
    /// `HOST:PORT` of each member, at least one.
    pub(crate) endpoints: Vec<String>,
    /// Where the keys begin; without a slash at either end. May be empty.
    pub(crate) prefix: String,
    /// Not a part of the address: it comes from options and variables.
    pub(crate) access: Access,
}

/// Where locks are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// In files of this machine.
    Local,
    Store(StoreUrl),
}

impl FromStr for Via {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() || text == "local" {
            return Ok(Self::Local);
        }
        StoreUrl::parse(text).map(Self::Store)
    }
}

impl StoreUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let found = Transport::ALL.into_iter().find_map(|transport| {
            let rest = text.strip_prefix(transport.scheme())?;
            Some((transport, rest))
        });
        let (transport, rest) = found.ok_or_else(|| format!("no etcd address; {EXAMPLE}, or local"))?;
        let (hosts, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let endpoints: Vec<String> = hosts.split(',').map(endpoint).collect::<Result<_, _>>()?;
        let prefix = prefix.trim_matches('/');
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
        match prefix.chars().find(|c| !is_allowed(*c)) {
            Some(other) => {
                Err(format!("the prefix contains {other:?}; letters, digits and . _ - / are allowed"))
            }
            None => Ok(Self { transport, endpoints, prefix: prefix.to_owned(), access: Access::default() }),
        }
    }

    /// The same store, reached by one of its members alone.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn by(&self, endpoint: &str) -> Self {
        Self { endpoints: vec![endpoint.to_owned()], ..self.clone() }
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    if text.contains('@') {
        // ps(1) shows it to everybody.
        return Err(format!(
            "a user and a password never belong in an address; set {USER_VAR} and {PASSWORD_FILE_VAR}"
        ));
    }
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    match text.rsplit_once(':') {
        Some((host, port))
            if !host.is_empty() && host.chars().all(is_host) && port.parse::<u16>().is_ok() =>
        {
            Ok(text.to_owned())
        }
        _ => Err(format!("'{text}' is not HOST:PORT; {EXAMPLE}")),
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/{}", self.transport.scheme(), self.endpoints.join(","), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_and_says_what_is_wrong_with_others() {
        let url = StoreUrl::parse("etcd://a:2379,[::1]:2380/ci/main/").unwrap();
        assert_eq!(url.endpoints, ["a:2379", "[::1]:2380"]);
        assert_eq!(url.to_string(), "etcd://a:2379,[::1]:2380/ci/main");
        let tls = StoreUrl::parse("etcds://a:1,b:2/x").unwrap();
        assert_eq!(tls.transport, Transport::Tls);
        assert_eq!(tls.by("b:2").to_string(), "etcds://b:2/x");
        assert_eq!(StoreUrl::parse("etcd://a:1").unwrap().prefix, "");
        assert_eq!("local".parse(), Ok(Via::Local));
        assert_eq!("".parse(), Ok(Via::Local));
        for (text, says) in [
            ("http://a:1/x", "no etcd address"),
            ("etcd:///x", "'' is not HOST:PORT"),
            ("etcd://a/x", "'a' is not HOST:PORT"),
            ("etcd://a:99999/x", "is not HOST:PORT"),
            ("etcd://u:p@a:1/x", USER_VAR),
            ("etcd://a:1,/x", "'' is not"),
            ("etcd://a:1/x y", "' '"),
        ] {
            let said = text.parse::<Via>().unwrap_err();
            assert!(said.contains(says), "{text}: {said}");
        }
    }
}
