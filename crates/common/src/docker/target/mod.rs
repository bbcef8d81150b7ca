//! Which engine is meant: flags, environment and contexts, in the order of docker(1).

pub(super) mod address;
pub(super) mod args;
mod context;

use std::ffi::OsString;
use std::path::PathBuf;

use self::address::{Address, DEFAULT_SOCKET, DEFAULT_TLS_HOST};
use self::args::{DockerArgs, TlsArgs};
use crate::docker::tls::credentials::{Credentials, Identity, Trust};
use crate::error::Error;

/// The engine that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its URL, in full.
    pub url: String,
    /// Where it listens.
    pub address: Address,
    /// What TLS needs; never for a socket or ssh, which have their own protection.
    pub tls: Option<Credentials>,
}

/// What the environment says about the engine.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    /// `DOCKER_HOST`.
    pub host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub context: Option<String>,
    /// Whether `DOCKER_TLS` is set.
    pub tls: bool,
    /// Whether `DOCKER_TLS_VERIFY` is set.
    pub tls_verify: bool,
    /// Where docker(1) keeps its settings: `DOCKER_CONFIG`, else `~/.docker`.
    pub config: PathBuf,
    /// Where certificates are: `DOCKER_CERT_PATH`, else the same.
    pub certs: PathBuf,
}

impl Environment {
    /// Reads it. What is set to nothing counts as not set.
    pub(super) fn read() -> Self {
        let set = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let text = |name| set(name).map(|value| value.to_string_lossy().into_owned());
        let home = || std::env::home_dir().map(|home| home.join(".docker"));
        let config = set("DOCKER_CONFIG").map(PathBuf::from).or_else(home).unwrap_or_default();
        Self {
            host: text("DOCKER_HOST"),
            context: text("DOCKER_CONTEXT"),
            tls: set("DOCKER_TLS").is_some(),
            tls_verify: set("DOCKER_TLS_VERIFY").is_some(),
            certs: set("DOCKER_CERT_PATH").map_or_else(|| config.clone(), PathBuf::from),
            config,
        }
    }
}

/// What names the engine.
enum Named {
    Url(String),
    Context(String),
    Nothing,
}

impl DockerArgs {
    /// The engine's URL: as given, else from the environment and the current context.
    pub fn host(&self) -> Result<String, Error> {
        Ok(self.target()?.url)
    }

    pub(super) fn target(&self) -> Result<Target, Error> {
        Target::choose(self, &Environment::read())
    }
}

impl Target {
    /// Finds the engine that is meant. Fails with exit 2 for a URL that cannot be one and for an unknown context.
    pub(super) fn choose(args: &DockerArgs, environment: &Environment) -> Result<Self, Error> {
        let tls = wanted(&args.tls, environment);
        let (url, tls) = match named(args, environment) {
            Named::Url(url) => (url, tls),
            Named::Context(name) => {
                let context = context::read(&environment.config, &name)?;
                // Flags are stronger than the context, variables are not; without TLS of its own they are not ignored.
                let tls = if args.tls == TlsArgs::default() { context.tls.or(tls) } else { tls };
                (context.host, tls)
            }
            Named::Nothing if tls.is_some() => (DEFAULT_TLS_HOST.into(), tls),
            Named::Nothing => (DEFAULT_SOCKET.into(), None),
        };
        let (url, address) = Address::parse(&url).map_err(|cause| {
            Error::usage(format!("use the engine '{url}'"), cause)
                .hint("a host looks like unix:///run/docker.sock, tcp://127.0.0.1:2375 or ssh://user@host")
        })?;
        let tls = match address {
            Address::Tcp(_) if url.starts_with("https://") => {
                tls.or_else(|| Some(verified(&args.tls, environment)))
            }
            Address::Tcp(_) => tls,
            Address::Local(_) | Address::Ssh(_) => None,
        };
        Ok(Self { url, address, tls })
    }
}

fn named(args: &DockerArgs, environment: &Environment) -> Named {
    if let Some(url) = &args.host {
        return Named::Url(url.clone());
    }
    let context = match (&args.context, &environment.host) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(_)) => None,
        (None, None) => environment.context.clone().or_else(|| context::current(&environment.config)),
    };
    // The name "default" stands for what there is without contexts.
    match (context, &environment.host) {
        (Some(name), _) if !name.is_empty() && name != "default" => Named::Context(name),
        (_, Some(url)) => Named::Url(url.clone()),
        (_, None) => Named::Nothing,
    }
}

/// What TLS needs where flags or variables ask for it. A named file asks for TLS with verification, too.
fn wanted(args: &TlsArgs, environment: &Environment) -> Option<Credentials> {
    if args.tlsverify || environment.tls_verify {
        return Some(verified(args, environment));
    }
    if args.tls || environment.tls {
        return Some(Credentials { trust: Trust::Anyone, identity: identity(args, environment) });
    }
    (*args != TlsArgs::default()).then(|| verified(args, environment))
}

fn verified(args: &TlsArgs, environment: &Environment) -> Credentials {
    let ca = args.tlscacert.clone().unwrap_or_else(|| environment.certs.join("ca.pem"));
    Credentials { trust: Trust::Ca(ca), identity: identity(args, environment) }
}

/// The client certificate, unless neither it nor its key is named or lies in the default place.
fn identity(args: &TlsArgs, environment: &Environment) -> Option<Identity> {
    let file = |named: &Option<PathBuf>, default| {
        let path = named.clone().unwrap_or_else(|| environment.certs.join(default));
        (named.is_some() || path.exists(), path)
    };
    let (has_cert, cert) = file(&args.tlscert, "cert.pem");
    let (has_key, key) = file(&args.tlskey, "key.pem");
    (has_cert || has_key).then_some(Identity { cert, key })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::Path;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Cli {
        #[command(flatten)]
        docker: DockerArgs,
    }

    fn parse(flags: &[&str]) -> Result<DockerArgs, clap::Error> {
        <Cli as clap::Parser>::try_parse_from([&["tool"], flags].concat()).map(|cli| cli.docker)
    }

    fn args(flags: &[&str]) -> DockerArgs {
        parse(flags).unwrap()
    }

    fn url(flags: &[&str], environment: &Environment) -> String {
        Target::choose(&args(flags), environment).map_or_else(|e| e.to_string(), |target| target.url)
    }

    /// A context as 'docker context create' writes it.
    fn write_context(config: &Path, name: &str, endpoints: &str) {
        let meta = config.join("contexts/meta").join(format!("id-of-{name}"));
        std::fs::create_dir_all(&meta).unwrap();
        let text = format!(r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{endpoints}}}"#);
        std::fs::write(meta.join("meta.json"), text).unwrap();
    }

    /// A directory of settings with the contexts `plain`, which is the current one, `skip`, `full` and `other`.
    fn config() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path();
        std::fs::write(config.join("config.json"), r#"{"currentContext": "plain"}"#).unwrap();
        write_context(config, "plain", r#"{"docker":{"Host":"tcp://plain:1","SkipTLSVerify":false}}"#);
        write_context(config, "skip", r#"{"docker":{"Host":"tcp://skip:1","SkipTLSVerify":true}}"#);
        write_context(config, "full", r#"{"docker":{"Host":"tcp://full:1","SkipTLSVerify":false}}"#);
        write_context(config, "other", r#"{"kubernetes":{}}"#);
        let files = config.join("contexts/tls/id-of-full/docker");
        std::fs::create_dir_all(&files).unwrap();
        for name in ["ca.pem", "cert.pem", "key.pem"] {
            std::fs::write(files.join(name), "").unwrap();
        }
        dir
    }

    fn environment(config: &Path) -> Environment {
        Environment { config: config.into(), certs: config.into(), ..Environment::default() }
    }

    #[test]
    fn the_order_is_dockers() {
        let config = config();
        let current = environment(config.path());
        assert_eq!(url(&[], &Environment::default()), DEFAULT_SOCKET);
        assert_eq!(url(&[], &current), "tcp://plain:1");
        let context = Environment { context: Some("full".into()), ..current.clone() };
        assert_eq!(url(&[], &context), "tcp://full:1");
        let host = Environment { host: Some("tcp://env:1".into()), ..context };
        assert_eq!(url(&[], &host), "tcp://env:1");
        assert_eq!(url(&["--context", "skip"], &host), "tcp://skip:1");
        assert_eq!(url(&["--context", "default"], &host), "tcp://env:1");
        assert_eq!(url(&["--context", "default"], &current), DEFAULT_SOCKET);
        assert_eq!(url(&["-H", "unix:///x"], &host), "unix:///x");
    }

    #[test]
    fn a_context_that_leads_nowhere_is_an_error() {
        let config = config();
        let environment = environment(config.path());
        for (name, cause) in [("nope", "it is not found"), ("other", "it names no engine")] {
            let error = Target::choose(&args(&["--context", name]), &environment).unwrap_err();
            assert_eq!((error.exit(), error.cause()), (crate::Exit::Usage, cause));
        }
    }

    fn tls(flags: &[&str], environment: &Environment) -> Option<Credentials> {
        Target::choose(&args(flags), environment).unwrap().tls
    }

    fn trust(flags: &[&str], environment: &Environment) -> Option<Trust> {
        tls(flags, environment).map(|credentials| credentials.trust)
    }

    #[test]
    fn tls_is_used_where_anything_asks_for_it() {
        let host =
            Environment { host: Some("tcp://h:1".into()), certs: "/c".into(), ..Environment::default() };
        let ca = |path: &str| Some(Trust::Ca(path.into()));
        assert_eq!(trust(&[], &host), None);
        assert_eq!(trust(&["--tls"], &host), Some(Trust::Anyone));
        assert_eq!(trust(&["--tlsverify"], &host), ca("/c/ca.pem"));
        assert_eq!(trust(&["--tls", "--tlsverify"], &host), ca("/c/ca.pem"));
        assert_eq!(trust(&["--tlscacert", "/own.pem"], &host), ca("/own.pem"));
        assert_eq!(trust(&["-H", "https://h"], &host), ca("/c/ca.pem"));
        let any = Environment { tls: true, ..host.clone() };
        assert_eq!(trust(&[], &any), Some(Trust::Anyone));
        assert_eq!(trust(&["-H", "http://h"], &any), Some(Trust::Anyone));
        assert_eq!(trust(&["-H", "unix:///x"], &any), None);
        assert_eq!(trust(&["-H", "ssh://h"], &any), None);
        let verify = Environment { tls_verify: true, ..any };
        assert_eq!(trust(&["--tls"], &verify), ca("/c/ca.pem"));
        let nowhere = Environment { host: None, ..verify };
        assert_eq!((url(&[], &nowhere).as_str(), trust(&[], &nowhere)), (DEFAULT_TLS_HOST, ca("/c/ca.pem")));
    }

    #[test]
    fn a_contexts_tls_is_stronger_than_variables_and_weaker_than_flags() {
        let config = config();
        let files = config.path().join("contexts/tls/id-of-full/docker");
        let environment = Environment { tls_verify: true, certs: "/c".into(), ..environment(config.path()) };
        let own = Credentials {
            trust: Trust::Ca(files.join("ca.pem")),
            identity: Some(Identity { cert: files.join("cert.pem"), key: files.join("key.pem") }),
        };
        assert_eq!(tls(&["--context", "full"], &environment), Some(own));
        assert_eq!(trust(&["--context", "skip"], &environment), Some(Trust::Anyone));
        let flags = ["--context", "full", "--tlscacert", "/own.pem"];
        assert_eq!(trust(&flags, &environment), Some(Trust::Ca("/own.pem".into())));
        // Plaintext is no way out where the environment asks for TLS.
        assert_eq!(trust(&["--context", "plain"], &environment), Some(Trust::Ca("/c/ca.pem".into())));
    }

    #[test]
    fn a_client_certificate_is_shown_where_there_is_one() {
        let certs = tempfile::tempdir().unwrap();
        let path = |name: &str| certs.path().join(name);
        let environment = Environment { certs: certs.path().into(), ..Environment::default() };
        let identity =
            |flags: &[&str]| tls(&[&["-H", "tcp://h:1", "--tls"], flags].concat(), &environment).unwrap();
        assert_eq!(identity(&[]).identity, None);
        let own = Identity { cert: "/own.pem".into(), key: path("key.pem") };
        assert_eq!(identity(&["--tlscert", "/own.pem"]).identity, Some(own));
        std::fs::write(path("cert.pem"), "").unwrap();
        let default = Identity { cert: path("cert.pem"), key: path("key.pem") };
        assert_eq!(identity(&[]).identity, Some(default));
    }

    #[test]
    fn host_and_context_exclude_each_other() {
        let error = parse(&["--host", "tcp://h", "--context", "x"]).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::ArgumentConflict);
    }
}
