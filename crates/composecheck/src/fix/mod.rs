//! `--fix`: mends the last file until nothing safe is left to mend. What comes before it is shared with others.

mod edits;

use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use crate::compose::Project;
use crate::finding::Finding;
use crate::finding::repair::{Action, Repair};
use crate::lint::Outcome;
use crate::load::{Request, load};
use crate::source::{FileId, Sources};
use edits::fix;

/// Most rounds: mending one thing can show another.
const MAX_ROUNDS: usize = 5;

/// A mended file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The file.
    pub path: PathBuf,
    /// Its text before.
    pub before: String,
    /// Its text now.
    pub after: String,
    /// How many findings are gone.
    pub count: usize,
}

/// Mends the last file of a request, in memory; none where nothing can be mended.
pub fn mend(request: &Request, judge: impl Fn(&Project) -> Outcome) -> Result<Option<Mended>, Error> {
    let mut request = request.clone();
    let project = load(&request)?;
    let Some(file) = last_file(&request, &project.sources) else { return Ok(None) };
    let source = project.sources.get(file);
    let (path, before) = (PathBuf::from(&source.path), source.text.clone());
    let mut findings = judge(&project).findings;
    let (first_count, mut after) = (findings.len(), before.clone());
    for _ in 0..MAX_ROUNDS {
        let Some(new) = fix(file, &after, &repairs(file, &findings)) else { break };
        request.texts.insert(path.clone(), new.clone());
        // What no longer loads is not mended.
        let Ok(project) = load(&request) else { break };
        let left = judge(&project).findings;
        if left.len() >= findings.len() {
            break;
        }
        (findings, after) = (left, new);
    }
    let count = first_count - findings.len();
    Ok((after != before).then_some(Mended { path, before, after, count }))
}

/// The last file that was named, or the last one of those that Compose looks for.
fn last_file(request: &Request, sources: &Sources) -> Option<FileId> {
    let is_last = |path: &str| match request.files.last() {
        Some(last) => Path::new(path) == last,
        None => Path::new(path).parent() == Some(Path::new("")),
    };
    sources.all().iter().rposition(|source| is_last(&source.path)).map(FileId)
}

/// The repairs that are about this file and no other.
pub(crate) fn repairs(file: FileId, findings: &[Finding]) -> Vec<&Repair> {
    let inside = findings.iter().filter(|finding| finding.primary.file == file);
    inside
        .filter_map(|finding| finding.repair.as_ref())
        .filter(|repair| is_about(file, &repair.action))
        .collect()
}

fn is_about(file: FileId, action: &Action) -> bool {
    match action {
        Action::Replace { span, .. } => span.file == file,
        Action::Add { under: key, .. } | Action::Remove { key } => key.file == file,
        Action::Map { names, .. } => names.iter().all(|name| name.file == file),
        Action::Append { .. } => true,
    }
}

/// Puts the new text in the file's place at once, with its permissions; links are followed.
pub(crate) fn write(mended: &Mended) -> Result<(), Error> {
    let cannot = |e: std::io::Error| Error::failed(format!("write {}", mended.path.display()), e);
    let real = mended.path.canonicalize().map_err(cannot)?;
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = real.with_file_name(name);
    let put = || -> std::io::Result<()> {
        std::fs::write(&beside, &mended.after)?;
        std::fs::set_permissions(&beside, real.metadata()?.permissions())?;
        std::fs::rename(&beside, &real)
    };
    put().map_err(|e| {
        let _ = std::fs::remove_file(&beside);
        cannot(e)
    })
}

/// The change as a unified diff.
pub(crate) fn diff(mended: &Mended) -> String {
    let path = mended.path.display();
    let diff = similar::TextDiff::from_lines(&mended.before, &mended.after);
    diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}
