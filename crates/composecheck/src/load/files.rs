//! The files that are read: Compose files and files of variables.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use super::dotenv;
use crate::source::position;

/// Largest file that is read: a hundred times the largest Compose file seen.
const MAX_BYTES: u64 = 8 << 20;
/// Names that Compose looks for, in its order.
const DEFAULT_NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// Names of the file that is laid over the default one.
const OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Compose files in order; none means `COMPOSE_FILE`, or the default names in the current directory.
    pub files: Vec<PathBuf>,
    /// Files of variables; none means `.env` beside the first file.
    pub env_files: Vec<PathBuf>,
    /// The environment, which wins over the files.
    pub environment: HashMap<String, String>,
    /// Compose profiles that are on, beside those of `COMPOSE_PROFILES`; `*` is all.
    pub profiles: Vec<String>,
    /// Texts that stand in for what is in the files.
    pub texts: HashMap<PathBuf, String>,
}

pub(super) fn read(path: &Path) -> Result<String, Error> {
    let name = path.display();
    let cannot = |cause: String| Error::failed(format!("read {name}"), cause);
    if path.is_dir() {
        return Err(cannot("it is a directory".into()).hint("name the file: -f DIR/compose.yml"));
    }
    let file = File::open(path).map_err(|e| cannot(e.to_string()).hint("check the path given with -f"))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| cannot(e.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(cannot(format!("it is larger than {} MiB", MAX_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|e| {
        let valid = e.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&e.as_bytes()[..valid]).into_owned();
        let (line, column) = position(&before);
        Error::failed(format!("read {name}:{line}:{column}"), "it is not UTF-8")
            .hint("convert it, for instance with iconv")
    })
}

/// `COMPOSE_FILE`, from the environment or from `.env`, else the names that Compose looks for.
pub(super) fn default_files(request: &Request) -> Result<Vec<PathBuf>, Error> {
    let given = variables_of(request, &[PathBuf::from("compose.yaml")])?;
    if let Some(listed) = given.get("COMPOSE_FILE").filter(|listed| !listed.is_empty()) {
        let separator = given.get("COMPOSE_PATH_SEPARATOR").map_or(PATH_SEPARATOR, String::as_str);
        return Ok(listed.split(separator).map(PathBuf::from).collect());
    }
    let first = |names: [&str; 4]| names.into_iter().map(PathBuf::from).find(|path| path.exists());
    let base = first(DEFAULT_NAMES).ok_or_else(|| {
        Error::failed("find a Compose file", "there is no compose.yml here").hint("name one with -f FILE")
    })?;
    Ok([Some(base), first(OVERRIDE_NAMES)].into_iter().flatten().collect())
}

/// Between the names in `COMPOSE_FILE`.
const PATH_SEPARATOR: &str = if cfg!(windows) { ";" } else { ":" };

/// The environment, and what files say beside it: the last one wins, and may use what those before it say.
pub(super) fn variables_of(request: &Request, files: &[PathBuf]) -> Result<HashMap<String, String>, Error> {
    let mut values = request.environment.clone();
    for path in env_files(request, files) {
        let found = pairs_of(&path, &values)?;
        if found.iter().any(|(key, _)| key.is_empty()) {
            let cause = "it has a value without a name: write NAME=VALUE, and end the last line";
            return Err(Error::failed(format!("read {}", path.display()), cause));
        }
        values.extend(found.into_iter().filter(|(key, _)| !request.environment.contains_key(key)));
    }
    Ok(values)
}

/// Files of variables: those given, those of `COMPOSE_ENV_FILES`, else `.env` beside the first file.
fn env_files(request: &Request, files: &[PathBuf]) -> Vec<PathBuf> {
    if !request.env_files.is_empty() {
        return request.env_files.clone();
    }
    if let Some(listed) = request.environment.get("COMPOSE_ENV_FILES").filter(|listed| !listed.is_empty()) {
        return listed.split(',').map(PathBuf::from).collect();
    }
    let beside = files.first().map(|file| file.with_file_name(".env"));
    beside.into_iter().filter(|path| path.is_file()).collect()
}

/// The variables in a file.
pub(crate) fn pairs_of(
    path: &Path,
    environment: &HashMap<String, String>,
) -> Result<Vec<(String, String)>, Error> {
    dotenv::parse(&read(path)?, environment)
        .map_err(|cause| Error::failed(format!("read {}", path.display()), cause))
}
