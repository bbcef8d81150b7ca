//! Files, variables and merge: from paths to a [`Project`].

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use drydock_common::Error;

use crate::interpolate::Variables;
use crate::model::{Kind, Node, Project};
use crate::source::{Fault, FileId, Sources, Span};
use crate::{dotenv, merge, yaml};

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

/// Keys of a Compose file; `x-…` is free.
const TOP_LEVEL: [&str; 9] =
    ["configs", "include", "models", "name", "networks", "secrets", "services", "version", "volumes"];

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Compose files in order; none means the default names in the current directory.
    pub files: Vec<PathBuf>,
    /// Files of variables; none means `.env` beside the first file.
    pub env_files: Vec<PathBuf>,
    /// The environment, which wins over the files.
    pub environment: HashMap<String, String>,
    /// Texts that stand in for what is in the files.
    pub texts: HashMap<PathBuf, String>,
}

/// Reads, fills in and merges the files.
pub fn load(request: &Request) -> Result<Project, Error> {
    let files = if request.files.is_empty() { default_files()? } else { request.files.clone() };
    let mut variables = Variables::new(variables_of(request, &files)?);
    let mut sources = Sources::default();
    let mut root: Option<Node> = None;
    for path in &files {
        let text = request.texts.get(path).map_or_else(|| read(path), |text| Ok(text.clone()))?;
        let file = sources.add(path.display().to_string(), text);
        lay_file(&sources, file, &mut variables, &mut root).map_err(|fault| sources.error(&fault))?;
    }
    let mut root = root.unwrap_or_default();
    merge::drop_resets(&mut root);
    Ok(Project { sources, root, unset: variables.unset })
}

fn lay_file(
    sources: &Sources,
    file: FileId,
    variables: &mut Variables,
    root: &mut Option<Node>,
) -> Result<(), Fault> {
    let text = &sources.get(file).text;
    refuse_nul(file, text)?;
    let documents = yaml::parse(file, text)?;
    if documents.iter().all(|document| document.kind == Kind::Null) {
        return Err(Fault::new(start_of(file), "the file is empty"));
    }
    for mut document in documents {
        if document.kind == Kind::Null {
            continue;
        }
        check_shape(&document)?;
        variables.fill(&mut document)?;
        merge::canonical(&mut document);
        match root {
            Some(base) => merge::merge(base, document),
            None => *root = Some(document),
        }
    }
    Ok(())
}

/// The mistakes that leave nothing to look at; and what is not followed yet must not pass as checked.
fn check_shape(document: &Node) -> Result<(), Fault> {
    let map = |node: &Node, what: &str| match node.kind {
        Kind::Map(_) | Kind::Null => Ok(()),
        _ => Err(Fault::new(node.span, format!("{what} must be a mapping"))),
    };
    map(document, "a Compose file")?;
    let known = |key: &str| TOP_LEVEL.contains(&key) || key.starts_with("x-");
    if let Some(entry) = document.entries().iter().find(|entry| !known(&entry.key)) {
        return Err(Fault::new(entry.span, format!("unknown key '{}'", entry.key)));
    }
    if let Some(include) = document.entry("include") {
        return Err(Fault::new(include.span, "'include' is not supported yet"));
    }
    for section in ["services", "volumes", "networks"] {
        let Some(entry) = document.entry(section) else { continue };
        map(&entry.value, &format!("'{section}'"))?;
        for item in entry.value.entries() {
            map(&item.value, &format!("'{section}.{}'", item.key))?;
            if let Some(extends) = item.value.entry("extends").filter(|_| section == "services") {
                return Err(Fault::new(extends.span, "'extends' is not supported yet"));
            }
        }
    }
    Ok(())
}

fn start_of(file: FileId) -> Span {
    Span { file, line: 1, column: 1, end_line: 1, end_column: 1, ..Span::default() }
}

fn refuse_nul(file: FileId, text: &str) -> Result<(), Fault> {
    let Some(at) = text.find('\0') else { return Ok(()) };
    let (line, column) = position(&text[..at]);
    Err(Fault::new(Span { line, column, start: at, end: at, ..start_of(file) }, "it holds a NUL byte"))
}

/// Line and column of what follows this text.
pub(crate) fn position(before: &str) -> (usize, usize) {
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

fn read(path: &Path) -> Result<String, Error> {
    let name = path.display();
    let cannot = |cause: String| Error::failed(format!("read {name}"), cause);
    let file = File::open(path).map_err(|e| cannot(e.to_string()).hint("check the path given with -f"))?;
    if file.metadata().is_ok_and(|facts| facts.is_dir()) {
        return Err(cannot("it is a directory".into()).hint("name the file: -f DIR/compose.yml"));
    }
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

fn default_files() -> Result<Vec<PathBuf>, Error> {
    let first = |names: [&str; 4]| names.into_iter().map(PathBuf::from).find(|path| path.exists());
    let base = first(DEFAULT_NAMES).ok_or_else(|| {
        Error::failed("find a Compose file", "there is no compose.yml here").hint("name one with -f FILE")
    })?;
    Ok([Some(base), first(OVERRIDE_NAMES)].into_iter().flatten().collect())
}

fn variables_of(request: &Request, files: &[PathBuf]) -> Result<HashMap<String, String>, Error> {
    let beside = files.first().map(|file| file.with_file_name(".env")).filter(|path| path.is_file());
    let env_files =
        if request.env_files.is_empty() { Vec::from_iter(beside) } else { request.env_files.clone() };
    let mut values = HashMap::new();
    for path in env_files {
        let pairs = dotenv::parse(&read(&path)?)
            .map_err(|cause| Error::failed(format!("read {}", path.display()), cause))?;
        values.extend(pairs);
    }
    values.extend(request.environment.clone());
    Ok(values)
}
