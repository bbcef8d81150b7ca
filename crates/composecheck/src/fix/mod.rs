//! `--fix`: repairs the last file until nothing that is safe to repair is left. Earlier files may be shared with other
//! projects and are never changed.

mod edits;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use evenkeel_common::{Error, files};

use crate::compose::Project;
use crate::finding::Finding;
use crate::finding::repair::{Action, Repair};
use crate::lint::Outcome;
use crate::load::{Request, load};
use crate::source::{FileId, Sources};
use edits::{apply_repairs, safe_repairs};

/// Maximum number of rounds: a repair can reveal another finding.
const MAX_ROUNDS: usize = 5;

/// A repaired file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedFile {
    pub(crate) path: PathBuf,
    pub(crate) before: String,
    /// The repaired text.
    pub after: String,
    /// The number of findings that are gone.
    pub(crate) fixed: usize,
}

/// Repairs the last file of a request in memory; returns none if nothing can be repaired. Fails if the project cannot be
/// loaded.
pub fn fix(request: &Request, lint: impl Fn(&Project) -> Outcome) -> Result<Option<FixedFile>, Error> {
    let mut request = request.clone();
    let project = load(&request)?;
    let Some(file) = last_file(&request, &project.sources) else { return Ok(None) };
    let source = project.sources.get(file);
    let (path, before) = (PathBuf::from(&source.path), source.text.clone());
    let mut findings = lint(&project).findings;
    let (count_before, mut after) = (findings.len(), before.clone());
    for _ in 0..MAX_ROUNDS {
        let Some(new) = apply_repairs(file, &after, &repairs(file, &findings)) else { break };
        request.texts.insert(path.clone(), new.clone());
        // A text that can no longer be loaded is not a repair.
        let Ok(project) = load(&request) else { break };
        let left = lint(&project).findings;
        if left.len() >= findings.len() {
            break;
        }
        (findings, after) = (left, new);
    }
    let fixed = count_before - findings.len();
    Ok((after != before).then_some(FixedFile { path, before, after, fixed }))
}

/// The text of a file after one repair, or none if it is not safe or would change another file.
pub(crate) fn repaired(file: FileId, text: &str, repair: &Repair) -> Option<String> {
    changes_file(file, &repair.action).then(|| apply_repairs(file, text, &[repair])).flatten()
}

/// Removes the repairs that [`fix`] would not make.
pub(crate) fn keep_possible_repairs(request: &Request, sources: &Sources, findings: &mut [Finding]) {
    let possible: HashSet<Repair> = last_file(request, sources)
        .and_then(|file| safe_repairs(file, &sources.get(file).text, &repairs(file, findings)))
        .map(|(safe, _)| safe.into_iter().cloned().collect())
        .unwrap_or_default();
    for finding in findings {
        finding.repair = finding.repair.take().filter(|repair| possible.contains(repair));
    }
}

/// The last file of the request, or of the default files.
fn last_file(request: &Request, sources: &Sources) -> Option<FileId> {
    let is_last = |path: &str| match request.files.last() {
        Some(last) => Path::new(path) == last,
        None => Path::new(path).parent() == Some(Path::new("")),
    };
    sources.all().iter().rposition(|source| is_last(&source.path)).map(FileId)
}

/// The repairs that change only this file.
fn repairs(file: FileId, findings: &[Finding]) -> Vec<&Repair> {
    let in_file = findings.iter().filter(|finding| finding.primary.file == file);
    in_file
        .filter_map(|finding| finding.repair.as_ref())
        .filter(|repair| changes_file(file, &repair.action))
        .collect()
}

fn changes_file(file: FileId, action: &Action) -> bool {
    match action {
        Action::Replace { span, .. } => span.file == file,
        Action::Insert { key, .. } | Action::RemoveLine { key } => key.file == file,
        Action::ListToMap { names, .. } => names.iter().all(|name| name.file == file),
        Action::Append { .. } => true,
    }
}

impl FixedFile {
    /// Replaces the file on disk.
    pub(crate) fn write(&self) -> Result<(), Error> {
        files::replace(&self.path, &self.after)
    }

    /// The change as a unified diff.
    pub(crate) fn diff(&self) -> String {
        let path = self.path.display();
        let diff = similar::TextDiff::from_lines(&self.before, &self.after);
        diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string()
    }
}
