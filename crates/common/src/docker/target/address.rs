//! What the URL of an engine says.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

/// Port of an engine that listens in plaintext, as docker(1) assumes it where none is given.
const PORT: u16 = 2375;
/// Port of an engine that listens with TLS.
const TLS_PORT: u16 = 2376;

/// An engine on this machine, where nothing names one.
pub(in crate::docker) const DEFAULT_SOCKET: &str =
    if cfg!(windows) { "npipe:////./pipe/docker_engine" } else { "unix:///var/run/docker.sock" };
/// The engine where nothing but TLS was asked for, as docker(1) has it.
pub(in crate::docker) const DEFAULT_TLS_HOST: &str = "tcp://localhost:2376";

/// Where an engine listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::docker) enum Address {
    /// A Unix socket, or a named pipe of Windows.
    Local(PathBuf),
    /// TCP, with or without TLS.
    Tcp(Tcp),
    /// The engine of a host that ssh reaches.
    Ssh(Ssh),
}

/// An engine behind TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::docker) struct Tcp {
    /// Name or IP address, IPv6 in brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What each request's path begins with, mostly nothing.
    pub base_path: String,
}

/// An engine behind ssh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::docker) struct Ssh {
    /// User, where the URL names one.
    pub user: Option<String>,
    /// Name, alias of ssh's configuration or IP address, IPv6 without brackets.
    pub host: String,
    /// Port, where the URL names one.
    pub port: Option<u16>,
    /// The engine's socket on that host, where it is not the default one.
    pub socket: Option<String>,
}

impl Address {
    /// Reads a URL; one without a scheme is `HOST:PORT`. Gives it back in full, and says in words what is wrong with it.
    pub(in crate::docker) fn parse(url: &str) -> Result<(String, Self), String> {
        let url = url.trim();
        let (scheme, rest) = match url.split_once("://") {
            Some(parts) => parts,
            None if url.contains(':') => ("tcp", url),
            // docker(1) takes any word for a host; it is rather a context, a path or a mistake.
            None => return Err("it has neither a scheme nor a port".into()),
        };
        match scheme {
            "unix" if cfg!(unix) => Ok(local(url, rest)),
            "npipe" if cfg!(windows) => Ok(local(url, rest)),
            "tcp" | "http" => Self::tcp(scheme, rest, PORT),
            "https" => Self::tcp(scheme, rest, TLS_PORT),
            "ssh" => ssh(url).map(|ssh| (url.to_owned(), Self::Ssh(ssh))),
            other => Err(format!("the scheme '{other}' is not supported")),
        }
    }

    fn tcp(scheme: &str, rest: &str, default_port: u16) -> Result<(String, Self), String> {
        // As docker(1) has it: without a host it is this one.
        let rest =
            if rest.is_empty() || rest.starts_with(':') { format!("localhost{rest}") } else { rest.into() };
        let url = Url::parse(&format!("tcp://{rest}")).map_err(|e| e.to_string())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("it names no host")?.to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the engine takes no user and password".into());
        }
        let port = url.port().unwrap_or(default_port);
        let base_path = url.path().trim_end_matches('/').to_owned();
        Ok((format!("{scheme}://{host}:{port}{base_path}"), Self::Tcp(Tcp { host, port, base_path })))
    }
}

fn local(url: &str, path: &str) -> (String, Address) {
    if path.is_empty() {
        let path = DEFAULT_SOCKET.split_once("://").map_or(DEFAULT_SOCKET, |(_, path)| path);
        return (DEFAULT_SOCKET.into(), Address::Local(path.into()));
    }
    (url.to_owned(), Address::Local(path.into()))
}

fn ssh(url: &str) -> Result<Ssh, String> {
    let url = Url::parse(url).map_err(|e| e.to_string())?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let given = |text: &str| (!text.is_empty()).then(|| decoded(text));
    if url.password().is_some() {
        return Err("a password in it would be seen by others; ssh takes keys".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("what follows the path means nothing to ssh".into());
    }
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Ok(Ssh {
        user: given(url.username()),
        host: given(host).ok_or("it names no host")?,
        port: url.port(),
        socket: given(url.path().trim_end_matches('/')),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16, base_path: &str) -> Address {
        Address::Tcp(Tcp { host: host.into(), port, base_path: base_path.into() })
    }

    #[test]
    fn urls_are_read_as_docker_reads_them() {
        for (text, url, address) in [
            ("tcp://127.0.0.1:99", "tcp://127.0.0.1:99", tcp("127.0.0.1", 99, "")),
            ("tcp://127.0.0.1", "tcp://127.0.0.1:2375", tcp("127.0.0.1", 2375, "")),
            ("build.example:99", "tcp://build.example:99", tcp("build.example", 99, "")),
            (":99", "tcp://localhost:99", tcp("localhost", 99, "")),
            ("tcp://", "tcp://localhost:2375", tcp("localhost", 2375, "")),
            (" tcp://h:99/pre/ ", "tcp://h:99/pre", tcp("h", 99, "/pre")),
            ("tcp://[::1]:99", "tcp://[::1]:99", tcp("[::1]", 99, "")),
            ("http://h", "http://h:2375", tcp("h", 2375, "")),
            ("https://h", "https://h:2376", tcp("h", 2376, "")),
        ] {
            assert_eq!(Address::parse(text), Ok((url.into(), address)), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_is_named_by_its_path() {
        let default = Address::Local("/var/run/docker.sock".into());
        assert_eq!(Address::parse("unix://"), Ok((DEFAULT_SOCKET.into(), default)));
        let own = Address::Local("/tmp/a b.sock".into());
        assert_eq!(Address::parse("unix:///tmp/a b.sock"), Ok(("unix:///tmp/a b.sock".into(), own)));
    }

    fn ssh(text: &str) -> Ssh {
        match Address::parse(text) {
            Ok((url, Address::Ssh(ssh))) if url == text => ssh,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_ssh_url_names_user_host_port_and_socket() {
        let plain = Ssh { user: None, host: "h".into(), port: None, socket: None };
        assert_eq!(ssh("ssh://h"), plain);
        assert_eq!(ssh("ssh://h/"), plain);
        let full = Ssh {
            user: Some("u@d".into()),
            host: "::1".into(),
            port: Some(2222),
            socket: Some("/r/x y".into()),
        };
        assert_eq!(ssh("ssh://u%40d@[::1]:2222/r/x%20y"), full);
    }

    #[test]
    fn what_cannot_be_an_engine_is_refused() {
        for bad in [
            "",
            "nonsense",
            "ftp://h",
            "fd://",
            "/var/run/docker.sock",
            "tcp://h:port",
            "tcp://h:99999",
            "tcp://u:p@h:1",
            "ssh://",
            "ssh://u:p@h",
            "ssh://h?x",
            "ssh://h#x",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad} was accepted");
        }
        assert!(!Address::parse("ssh://u:secret@h").unwrap_err().contains("secret"));
    }
}
