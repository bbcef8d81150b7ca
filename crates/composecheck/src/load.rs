//! Files, variables and merge: from paths to a [`Project`].

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use crate::interpolate::Variables;
use crate::model::{Entry, Kind, Mode, Node, Project};
use crate::source::{Fault, FileId, Sources, Span};
use crate::{consistency, dotenv, extend, include, merge, profiles, references, schema, shape, yaml};

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

/// Why a project is not loaded; where a place in a file is to blame, with that.
#[derive(Debug)]
pub struct Refused {
    /// In one line.
    pub error: Error,
    /// The place, and the files read so far.
    pub fault: Option<(Fault, Sources)>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, fault: None }
    }
}

/// Reads, fills in and merges the files.
pub fn load(request: &Request) -> Result<Project, Error> {
    load_or_refuse(request).map_err(|refused| refused.error)
}

/// The same; what is refused can be shown in its file.
pub fn load_or_refuse(request: &Request) -> Result<Project, Box<Refused>> {
    let prepared = || -> Result<_, Error> {
        let files = if request.files.is_empty() { default_files(request)? } else { request.files.clone() };
        let variables = Variables::new(variables_of(request, &files)?);
        Ok((files, variables))
    };
    let (files, mut variables) = prepared().map_err(Refused::from)?;
    let mut loader = Loader { texts: &request.texts, sources: Sources::default(), chain: Vec::new() };
    let mut root = None;
    for path in &files {
        let text = loader.read(path).map_err(Refused::from)?;
        let laid = loader.lay(path, text, &mut variables, &mut root);
        laid.map_err(|fault| loader.refuse(fault))?;
    }
    let mut root = root.unwrap_or_default();
    if root.entries().iter().all(|entry| entry.key == "version") {
        return Err(loader.refuse(Fault::new(start_of(FileId(0)), "the file is empty")).into());
    }
    let on = profiles::on(&request.profiles, variables.get("COMPOSE_PROFILES"));
    let off = profiles::leave_out(&mut root, &on);
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("")).to_owned();
    let checked = references::check(&root, &off, &folder).and_then(|()| consistency::check(&root));
    checked.map_err(|fault| loader.refuse(with_unset(fault, &variables.unset)))?;
    let unset = std::mem::take(&mut variables.unset);
    Ok(Project { sources: loader.sources, root, unset, folder, variables: variables.into_values() })
}

/// A value may be of the wrong shape only because a variable in it has no value.
fn with_unset(mut fault: Fault, unset: &[(String, Span)]) -> Fault {
    if let Some((name, _)) = unset.iter().find(|(_, span)| *span == fault.span) {
        fault.cause = format!("{} (the variable {name} is not set)", fault.cause);
    }
    fault
}

/// Reads files, and the files that these bring in.
pub(crate) struct Loader<'a> {
    texts: &'a HashMap<PathBuf, String>,
    /// Every file that was read.
    pub(crate) sources: Sources,
    /// Files that are being included, outermost first.
    pub(crate) chain: Vec<PathBuf>,
}

impl Loader<'_> {
    fn refuse(&self, fault: Fault) -> Refused {
        Refused { error: self.sources.error(&fault), fault: Some((fault, self.sources.clone())) }
    }

    fn read(&self, path: &Path) -> Result<String, Error> {
        self.texts.get(path).map_or_else(|| read(path), |text| Ok(text.clone()))
    }

    /// Reads a file that is named in another one.
    pub(crate) fn read_named(&self, path: &Path, at: Span) -> Result<String, Fault> {
        self.read(path).map_err(|e| Fault::new(at, format!("cannot read {}: {}", path.display(), e.cause())))
    }

    /// The documents of a file, with their variables filled in, in the one shape that rules and merge see.
    pub(crate) fn documents(
        &mut self,
        path: &Path,
        text: String,
        variables: &mut Variables,
    ) -> Result<Vec<Node>, Fault> {
        let file = self.sources.add(path.display().to_string(), text);
        let text = &self.sources.get(file).text;
        refuse_nul(file, text)?;
        let mut documents = yaml::parse(file, text)?;
        if let [Node { kind: Kind::Null, .. }] = documents.as_slice() {
            documents.clear();
        }
        for document in &mut documents {
            check_shape(document)?;
            variables.fill(document)?;
            shape::unify(document)?;
        }
        Ok(documents)
    }

    /// Lays a file on those before it, with all that it includes and extends.
    pub(crate) fn lay(
        &mut self,
        path: &Path,
        text: String,
        variables: &mut Variables,
        root: &mut Option<Node>,
    ) -> Result<(), Fault> {
        for mut document in self.documents(path, text, variables)? {
            include::apply(self, &mut document, path, variables)?;
            extend::apply(self, &mut document, path, variables)?;
            let root = match root {
                Some(base) => {
                    merge::merge(base, document)?;
                    base
                }
                None => root.insert(document),
            };
            merge::drop_resets(root);
            shape::name_externals(root)?;
            schema::check(root).map_err(|fault| with_unset(fault, &variables.unset))?;
        }
        Ok(())
    }
}

/// The mistakes that leave nothing to look at; and what is not followed yet must not pass as checked.
fn check_shape(document: &Node) -> Result<(), Fault> {
    let map = |node: &Node, what: &str, at: Span| match node.kind {
        Kind::Map(_) => Ok(()),
        _ => Err(Fault::new(at, format!("{what} must be a mapping"))),
    };
    map(document, "a Compose file", document.span)?;
    let known = |entry: &Entry| {
        let key = entry.key.as_str();
        TOP_LEVEL.contains(&key) || key.starts_with("x-") || entry.value.mode == Mode::Reset
    };
    if let Some(entry) = document.entries().iter().find(|entry| !known(entry)) {
        return Err(Fault::new(entry.span, format!("unknown key '{}'", entry.key)));
    }
    for section in ["services", "volumes", "networks", "secrets", "configs"] {
        // Over another file nothing is no change, but for services.
        let says = |entry: &&Entry| section == "services" || entry.value.kind != Kind::Null;
        let Some(entry) = document.entry(section).filter(says) else { continue };
        map(&entry.value, &format!("'{section}'"), entry.span)?;
        for item in entry.value.entries() {
            // Compose looks at the names of networks only where a service uses them.
            if section != "networks" && !is_name(&item.key) {
                let cause = format!(
                    "'{}' is no name for one of the {section}: it may have letters, digits, '.', '_' and '-'",
                    item.key
                );
                return Err(Fault::new(item.span, cause));
            }
        }
    }
    for key in ["name", "version"] {
        let is_text = |entry: &&Entry| match entry.value.kind {
            Kind::Text(_) => true,
            Kind::Time(_) => key == "version",
            _ => false,
        };
        if let Some(entry) = document.entry(key).filter(|entry| !is_text(entry)) {
            return Err(Fault::new(entry.span, format!("'{key}' must be text: put it in quotes")));
        }
    }
    Ok(())
}

fn is_name(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
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
fn default_files(request: &Request) -> Result<Vec<PathBuf>, Error> {
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
fn variables_of(request: &Request, files: &[PathBuf]) -> Result<HashMap<String, String>, Error> {
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
