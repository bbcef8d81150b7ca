//! Contexts of docker(1), which bollard does not read.

use std::path::{Path, PathBuf};

use crate::error::Error;

use crate::docker::tls::credentials::{Credentials, Identity, Trust};

/// What a context says about its engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::docker) struct Context {
    /// The engine's URL.
    pub host: String,
    /// How it proves who it is, where the context has a setting of its own.
    pub tls: Option<Credentials>,
}

/// The context that docker(1) uses where nobody names one.
pub(in crate::docker) fn current(config: &Path) -> Option<String> {
    let current = json_file(&config.join("config.json"))?;
    Some(current.get("currentContext")?.as_str()?.to_owned())
}

/// Reads a context. Fails with exit 2 where it is not found or names no engine: another engine would be the wrong one.
pub(in crate::docker) fn read(config: &Path, name: &str) -> Result<Context, Error> {
    let bad = |cause: &str| {
        Error::usage(format!("use the Docker context '{name}'"), cause)
            .hint("see 'docker context ls', or name the engine with --host")
    };
    let (id, meta) = find(config, name).ok_or_else(|| bad("it is not found"))?;
    let endpoint = meta.pointer("/Endpoints/docker").ok_or_else(|| bad("it names no engine"))?;
    let host = endpoint
        .get("Host")
        .and_then(serde_json::Value::as_str)
        .ok_or_else(|| bad("it names no engine"))?
        .to_owned();
    let skips = endpoint.get("SkipTLSVerify").and_then(serde_json::Value::as_bool) == Some(true);
    let files = config.join("contexts/tls").join(id).join("docker");
    let tls = (skips || files.is_dir()).then(|| credentials(&files, skips));
    Ok(Context { host, tls })
}

/// The directory that a context has, and what is written there.
fn find(config: &Path, name: &str) -> Option<(PathBuf, serde_json::Value)> {
    // It is named by the SHA-256 of the context's name; reading them all spares a hash function.
    std::fs::read_dir(config.join("contexts/meta")).ok()?.flatten().find_map(|entry| {
        let meta = json_file(&entry.path().join("meta.json"))?;
        (meta.get("Name")?.as_str()? == name).then(|| (entry.file_name().into(), meta))
    })
}

fn credentials(files: &Path, skips: bool) -> Credentials {
    let (cert, key) = (files.join("cert.pem"), files.join("key.pem"));
    Credentials {
        trust: if skips { Trust::Anyone } else { Trust::Ca(files.join("ca.pem")) },
        identity: (cert.exists() || key.exists()).then_some(Identity { cert, key }),
    }
}

fn json_file(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}
