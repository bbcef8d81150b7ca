//! Which files are read, and reading them: Compose files and files of variables.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use super::dotenv;
use super::interpolate::Missing;
use crate::source::position;

/// Maximum size of a file: a hundred times the largest Compose file seen.
const MAX_BYTES: u64 = 8 << 20;
/// The default names of a Compose file, in the order in which Compose looks for them.
const DEFAULT_NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// The default names of the override file.
const OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];
/// The default separator of `COMPOSE_FILE`.
const PATH_SEPARATOR: &str = if cfg!(windows) { ";" } else { ":" };

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Compose files, later ones merged onto earlier ones. None means those of `COMPOSE_FILE`, or the default names in
    /// the current directory or the nearest parent that has them.
    pub files: Vec<PathBuf>,
    /// Files of variables. None means those of `COMPOSE_ENV_FILES`, or `.env` beside the first Compose file.
    pub env_files: Vec<PathBuf>,
    /// The environment, which takes precedence over the files of variables.
    pub environment: HashMap<String, String>,
    /// Enabled profiles, in addition to those of `COMPOSE_PROFILES`; `*` enables all.
    pub profiles: Vec<String>,
    /// Content of files that is used instead of what is on disk.
    pub texts: HashMap<PathBuf, String>,
    /// What to do about files and variables that are not there.
    pub missing: Missing,
}

/// Reads a file as text. The error names the position of the first byte that is not UTF-8.
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
    decode(path, bytes)
}

/// The text of a file. The error names the encoding where that is UTF-16, else the position of the first byte that is not
/// UTF-8.
pub(crate) fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    let name = path.display();
    if let Some((encoding, iconv)) = utf16(&bytes) {
        return Err(Error::failed(format!("read {name}:1:1"), format!("it is {encoding}, not UTF-8"))
            .hint(format!("convert it: iconv -f {iconv} -t UTF-8 {name} >NEW")));
    }
    String::from_utf8(bytes).map_err(|e| {
        let valid = e.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&e.as_bytes()[..valid]).into_owned();
        let (line, column) = position(&before);
        Error::failed(format!("read {name}:{line}:{column}"), "it is not UTF-8")
            .hint("convert it, for instance with iconv")
    })
}

/// The kind of UTF-16, in words and for iconv: by its byte order mark, or by the zero byte that each Latin letter has.
fn utf16(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0xff, 0xfe, ..] => Some(("UTF-16 (little-endian)", "UTF-16")),
        [0xfe, 0xff, ..] => Some(("UTF-16 (big-endian)", "UTF-16")),
        [first, 0, second, 0, ..] if *first > 0 && *second > 0 => {
            Some(("UTF-16 (little-endian, without a byte order mark)", "UTF-16LE"))
        }
        [0, first, 0, second, ..] if *first > 0 && *second > 0 => {
            Some(("UTF-16 (big-endian, without a byte order mark)", "UTF-16BE"))
        }
        _ => None,
    }
}

/// The Compose files: those of the request, else those of `COMPOSE_FILE`, else the default names.
pub(crate) fn compose_files(request: &Request) -> Result<Vec<PathBuf>, Error> {
    if !request.files.is_empty() {
        return Ok(request.files.clone());
    }
    let variables = variables(request, &[PathBuf::from("compose.yaml")])?;
    if let Some(listed) = variables.get("COMPOSE_FILE").filter(|listed| !listed.is_empty()) {
        let separator = variables.get("COMPOSE_PATH_SEPARATOR").map_or(PATH_SEPARATOR, String::as_str);
        return Ok(listed.split(separator).map(PathBuf::from).collect());
    }
    default_files().ok_or_else(|| {
        Error::failed("find a Compose file", "there is no compose.yml in this directory or a parent")
            .hint("name one with -f FILE")
    })
}

/// The names of a file that others override, besides the default ones.
const BASE_NAMES: [&str; 4] =
    ["compose.base.yml", "compose.base.yaml", "docker-compose.base.yml", "docker-compose.base.yaml"];

/// The projects that a file may be a part of, judging by its name and those beside it; the most likely one first. There is
/// always one, of the file alone.
pub(crate) fn projects_with(path: &Path) -> Vec<Vec<PathBuf>> {
    let named = |names: [&'static str; 4]| {
        let mut beside = names.into_iter().map(|name| path.with_file_name(name));
        beside.find(|other| other != path && other.is_file())
    };
    let is_named = |names: [&str; 4]| names.iter().any(|name| path.file_name() == Some(name.as_ref()));
    let alone = vec![path.to_owned()];
    let over = |base: PathBuf| vec![base, path.to_owned()];
    if is_named(DEFAULT_NAMES) {
        let overridden = named(OVERRIDE_NAMES).map(|other| vec![path.to_owned(), other]);
        return overridden.into_iter().chain([alone]).collect();
    }
    if is_named(OVERRIDE_NAMES) {
        return named(DEFAULT_NAMES).map(over).into_iter().chain([alone]).collect();
    }
    let bases = named(DEFAULT_NAMES).into_iter().chain(named(BASE_NAMES));
    [alone].into_iter().chain(bases.map(over)).collect()
}

/// The files with the default names in the current directory or the nearest parent that has one.
fn default_files() -> Option<Vec<PathBuf>> {
    let current = std::env::current_dir().ok();
    let levels = current.map_or(1, |current| current.ancestors().count());
    let directories = (0..levels).map(|level| PathBuf::from("../".repeat(level)));
    directories.into_iter().find_map(|directory| {
        let first =
            |names: [&str; 4]| names.into_iter().map(|name| directory.join(name)).find(|path| path.exists());
        let base = first(DEFAULT_NAMES)?;
        Some([Some(base), first(OVERRIDE_NAMES)].into_iter().flatten().collect())
    })
}

/// The variables for interpolation: those of the environment, then those of files. Later files win, and may use the
/// variables of earlier ones.
pub(super) fn variables(request: &Request, files: &[PathBuf]) -> Result<HashMap<String, String>, Error> {
    let mut values = request.environment.clone();
    for path in env_files(request, files) {
        let found = read_variables(&path, Format::Dotenv, &values, &HashMap::new())?;
        if found.iter().any(|(key, _)| key.is_empty()) {
            let cause = "a value has no name; write NAME=VALUE and end the last line with a line break";
            return Err(Error::failed(format!("read {}", path.display()), cause));
        }
        values.extend(found.into_iter().filter(|(key, _)| !request.environment.contains_key(key)));
    }
    Ok(values)
}

/// The files of variables: those of the request, else those of `COMPOSE_ENV_FILES`, else `.env` beside the first file.
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

/// How a file of variables is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// With quotes, comments after values, and variables.
    #[default]
    Dotenv,
    /// `format: raw`: each value is what follows the `=`.
    Raw,
}

/// The variables that a file sets, in its order. Their values may use variables of the environment, and of earlier files.
pub(crate) fn read_variables(
    path: &Path,
    format: Format,
    environment: &HashMap<String, String>,
    earlier: &HashMap<String, String>,
) -> Result<Vec<(String, String)>, Error> {
    let text = read(path)?;
    match format {
        Format::Dotenv => dotenv::parse(&text, environment, earlier),
        Format::Raw => dotenv::parse_raw(&text, environment),
    }
    .map_err(|cause| Error::failed(format!("read {}", path.display()), cause))
}
