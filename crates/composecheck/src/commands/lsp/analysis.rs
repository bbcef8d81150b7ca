//! What is known about an open file: the project that it belongs to, and the findings.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use lsp_types::{CodeActionKind, Diagnostic, DiagnosticSeverity, Hover, Position, Range};

use crate::cli::LspArgs;
use crate::commands::settings::{add_configuration, config_relative_paths, environment, policy};
use crate::compose::Project;
use crate::editor::actions::{self, Change};
use crate::editor::cursor::Cursor;
use crate::editor::definition::{self, Place};
use crate::editor::{diagnostics, hover, text};
use crate::finding::Finding;
use crate::fix::fix;
use crate::lint::config::{self, LoadedConfig};
use crate::lint::{LintSettings, Outcome, lint};
use crate::load::files::projects_with;
use crate::load::{LoadError, Missing, Request, load};
use crate::rules::cc000_not_loaded;
use crate::source::{FileId, Sources};
use crate::yaml::{self, Node};

/// The texts of the open files.
pub(super) type Texts = HashMap<PathBuf, String>;

/// What is known about an open file.
#[derive(Debug)]
pub(super) struct Analysis {
    path: PathBuf,
    text: String,
    request: Request,
    configured: LoadedConfig,
    checked: Checked,
}

/// A project that could be loaded, or why it could not.
#[derive(Debug, Default)]
struct Checked {
    project: Option<Project>,
    sources: Sources,
    findings: Vec<Finding>,
    /// An error that is in no file that can be shown.
    error: Option<String>,
}

impl Analysis {
    /// Analyses an open file: alone, or with the file that it overrides, whichever can be loaded.
    pub(super) fn of(path: &Path, texts: &Texts, args: &LspArgs) -> Self {
        let text = texts.get(path).cloned().unwrap_or_default();
        let (configured, error) = match config::load(args.config.config.as_deref(), Some(path)) {
            Ok(configured) => (configured, None),
            Err(error) => (LoadedConfig::default(), Some(error.to_string())),
        };
        let mut analysis = Self {
            path: path.to_owned(),
            text,
            request: Request {
                environment: environment(),
                texts: texts.clone(),
                missing: Missing::Noted,
                ..Request::default()
            },
            configured,
            checked: Checked::default(),
        };
        analysis.check(args);
        analysis.checked.error = error.or(analysis.checked.error.take());
        analysis
    }

    /// Checks the first project that can be loaded; else shows the error that is in this file, else the first one.
    fn check(&mut self, args: &LspArgs) {
        let mut failed: Option<Checked> = None;
        for files in projects_with(&self.path) {
            self.request.files = files;
            match load(&self.request) {
                Ok(project) => {
                    self.checked = self.lint(project, args);
                    return;
                }
                Err(error) => {
                    let checked = Checked::failed(*error);
                    let is_here = |checked: &Checked| {
                        let file = file_of(&checked.sources, &self.path);
                        checked.findings.iter().any(|finding| Some(finding.primary.file) == file)
                    };
                    if failed.as_ref().is_none_or(|earlier| !is_here(earlier) && is_here(&checked)) {
                        failed = Some(checked);
                    }
                }
            }
        }
        self.checked = failed.unwrap_or_default();
    }

    fn lint(&self, project: Project, args: &LspArgs) -> Checked {
        let (sources, outcome) = self.outcome(&project, args);
        Checked { project: Some(project), sources, findings: outcome.findings, error: None }
    }

    fn outcome(&self, project: &Project, args: &LspArgs) -> (Sources, Outcome) {
        let config = &self.configured.config;
        let policy = policy(&args.policy, config, project);
        let names = config_relative_paths(&project.sources, self.configured.path.as_deref());
        let mut sources = project.sources.clone();
        let config_file = add_configuration(&mut sources, &self.configured);
        let settings = LintSettings { policy: &policy, config, config_file, names: &names };
        let outcome = lint(project, &sources, &settings, None);
        (sources, outcome)
    }

    fn file(&self) -> Option<FileId> {
        file_of(&self.checked.sources, &self.path)
    }

    /// The file as it is written. Only what is asked for needs it, not each key.
    fn documents(&self) -> Vec<Node> {
        yaml::parse(FileId(0), &self.text).unwrap_or_default()
    }

    /// The findings in this file.
    fn here(&self) -> impl Iterator<Item = &Finding> {
        let file = self.file();
        self.checked.findings.iter().filter(move |finding| Some(finding.primary.file) == file)
    }

    /// What is shown in the file. What is wrong elsewhere, and keeps it from being checked, is shown at its start.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut shown: Vec<Diagnostic> = self
            .file()
            .map(|file| diagnostics::of_file(&self.checked.sources, file, &self.checked.findings))
            .unwrap_or_default();
        let elsewhere = self.checked.project.is_none() && shown.is_empty();
        let findings = self.checked.findings.iter().filter(|_| elsewhere);
        let messages = findings.map(|finding| {
            format!("{}: {}", self.checked.sources.location(finding.primary), finding.message)
        });
        shown.extend(messages.chain(self.checked.error.clone()).map(at_start));
        shown
    }

    pub(super) fn hover(&self, at: Position) -> Option<Hover> {
        let offset = text::offset(&self.text, at);
        let file = self.file()?;
        let source = self.checked.sources.get(file);
        let documents = self.documents();
        let cursor = Cursor::at(&documents, offset);
        let Checked { findings, project, .. } = &self.checked;
        hover::hover(source, file, findings, project.as_ref(), cursor.as_ref(), offset)
    }

    /// Where what is at a position is defined.
    pub(super) fn definition(&self, at: Position) -> Option<Place> {
        let offset = text::offset(&self.text, at);
        if let Some((start, end)) = definition::of_alias(&self.text, offset) {
            return Some(Place { path: self.path.clone(), start, end });
        }
        let documents = self.documents();
        let cursor = Cursor::at(&documents, offset)?;
        let project = self.checked.project.as_ref();
        definition::of_cursor(&cursor, &self.path, &documents, project, &|path| self.read(path))
    }

    /// The text of a file, as the editor or the disk has it.
    pub(super) fn read(&self, path: &Path) -> Option<String> {
        let open = self.request.texts.get(path).cloned();
        open.or_else(|| std::fs::read_to_string(path).ok())
    }

    /// The changes that are offered for a range of lines. Each was tried: the project can still be loaded, and the finding
    /// is gone.
    pub(super) fn changes(&self, range: Range, args: &LspArgs) -> Vec<Change> {
        let Some(file) = self.file() else { return Vec::new() };
        let lines = range.start.line as usize + 1..=range.end.line as usize + 1;
        let in_range =
            self.here().filter(|f| f.primary.line <= *lines.end() && *lines.start() <= f.primary.end_line);
        let changes = in_range.flat_map(|finding| {
            let all = actions::of_finding(file, &self.text, finding).into_iter();
            all.filter(move |change| self.is_gone(&change.after, finding, args))
        });
        changes.collect()
    }

    /// The change that makes every safe repair of the file, where it is the last one of its project.
    pub(super) fn fix_all(&self, args: &LspArgs) -> Option<Change> {
        if self.request.files.last() != Some(&self.path) {
            return None;
        }
        let fixed = fix(&self.request, |project| self.outcome(project, args).1).ok()??;
        let kind = CodeActionKind::new("source.fixAll.composecheck");
        Some(Change { title: "Fix what can be fixed safely".into(), kind, after: fixed.after })
    }

    /// Whether a text of this file can be loaded, has fewer findings, and no longer this one.
    fn is_gone(&self, after: &str, finding: &Finding, args: &LspArgs) -> bool {
        let mut request = self.request.clone();
        request.texts.insert(self.path.clone(), after.to_owned());
        let Ok(project) = load(&request) else { return false };
        let left = self.outcome(&project, args).1.findings;
        let same = |other: &&Finding| other.code == finding.code && other.subject == finding.subject;
        let count = |all: &[Finding]| all.iter().filter(same).count();
        left.len() < self.checked.findings.len() && count(&left) < count(&self.checked.findings)
    }
}

impl Checked {
    fn failed(failure: LoadError) -> Self {
        match failure.located {
            Some((error, sources)) => {
                Self { sources, findings: vec![cc000_not_loaded::finding(&error)], ..Self::default() }
            }
            None => Self { error: Some(failure.error.to_string()), ..Self::default() },
        }
    }
}

fn file_of(sources: &Sources, path: &Path) -> Option<FileId> {
    sources.all().iter().position(|source| Path::new(&source.path) == path).map(FileId)
}

/// An error that has no place in the file.
fn at_start(message: String) -> Diagnostic {
    Diagnostic {
        severity: Some(DiagnosticSeverity::ERROR),
        source: Some("composecheck".to_owned()),
        message,
        ..Diagnostic::default()
    }
}
