//! `--via` and `ENVLOCK_VIA`: `etcd://HOST:PORT[,HOST:PORT]/PREFIX`.

use std::fmt;
use std::str::FromStr;

/// Name of the variable.
pub(crate) const VIA_VAR: &str = "ENVLOCK_VIA";

const SCHEME: &str = "etcd://";
const EXAMPLE: &str = "write etcd://HOST:PORT[,HOST:PORT]/PREFIX";

/// Where the locks are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreUrl {
    /// `HOST:PORT` of each member, at least one.
    pub(crate) endpoints: Vec<String>,
    /// Where the keys begin; without a slash at either end. May be empty.
    pub(crate) prefix: String,
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
        if text.starts_with("etcds://") {
            return Err("TLS is not available yet; write etcd:// and use a network that you trust".to_owned());
        }
        let rest =
            text.strip_prefix(SCHEME).ok_or_else(|| format!("no etcd address; {EXAMPLE}, or local"))?;
        let (hosts, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let endpoints: Vec<String> = hosts.split(',').map(endpoint).collect::<Result<_, _>>()?;
        let prefix = prefix.trim_matches('/');
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
        match prefix.chars().find(|c| !is_allowed(*c)) {
            Some(other) => {
                Err(format!("the prefix contains {other:?}; letters, digits and . _ - / are allowed"))
            }
            None => Ok(Self { endpoints, prefix: prefix.to_owned() }),
        }
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    if text.contains('@') {
        return Err(
            "a user and a password are not available yet, and never belong on a command line".to_owned()
        );
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
        write!(f, "{SCHEME}{}/{}", self.endpoints.join(","), self.prefix)
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
        assert_eq!(StoreUrl::parse("etcd://a:1").unwrap().prefix, "");
        assert_eq!("local".parse(), Ok(Via::Local));
        assert_eq!("".parse(), Ok(Via::Local));
        for (text, says) in [
            ("http://a:1/x", "no etcd address"),
            ("etcds://a:1/x", "TLS"),
            ("etcd:///x", "'' is not HOST:PORT"),
            ("etcd://a/x", "'a' is not HOST:PORT"),
            ("etcd://a:99999/x", "is not HOST:PORT"),
            ("etcd://u:p@a:1/x", "a password"),
            ("etcd://a:1,/x", "'' is not"),
            ("etcd://a:1/x y", "' '"),
        ] {
            let said = text.parse::<Via>().unwrap_err();
            assert!(said.contains(says), "{text}: {said}");
        }
    }
}
