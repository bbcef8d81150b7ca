//! The check of one project, or of several that are independent of each other.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use evenkeel_common::terminal::{lines, one_line};
use evenkeel_common::{Error, Exit, files, now, print, print_json};

use super::settings::{
    add_configuration, config_relative_paths, configuration, lenient_request, policy, style, threshold,
};
use crate::cli::{CheckArgs, Format, InputArgs};
use crate::compose::Project;
use crate::fix::{FixedFile, fix, keep_possible_repairs};
use crate::lint::baseline::Baseline;
use crate::lint::config::LoadedConfig;
use crate::lint::verdict::{self, Verdict};
use crate::lint::{LintSettings, Outcome, lint};
use crate::load::{LoadError, load};
use crate::output::human::to_text;
use crate::output::json::ReportJson;
use crate::output::{github, gitlab, junit, sarif};
use crate::rules::cc000_not_loaded;
use crate::source::Sources;

/// The result of checking projects.
#[derive(Debug, Default)]
struct Checked {
    sources: Sources,
    /// Paths of the files that were read for the projects.
    files: Vec<String>,
    outcome: Outcome,
    verdict: Verdict,
}

impl Checked {
    /// The result for a project that cannot be loaded; empty if the mistake is not in a file.
    fn not_loaded(failure: &LoadError) -> Self {
        let Some((error, sources)) = &failure.located else { return Self::default() };
        let outcome = Outcome { findings: vec![cc000_not_loaded::finding(error)], ..Outcome::default() };
        Self { sources: sources.clone(), files: paths(sources), outcome, verdict: Verdict::Fail }
    }

    /// Adds the result for another project.
    fn append(&mut self, mut other: Self) {
        let offset = self.sources.all().len();
        for source in other.sources.all() {
            self.sources.add(source.path.clone(), source.text.clone());
        }
        let findings = other.outcome.findings.iter_mut();
        let suppressed = other.outcome.suppressed.iter_mut().map(|one| &mut one.finding);
        findings.chain(suppressed).for_each(|finding| finding.offset_files(offset));
        self.files.append(&mut other.files);
        self.outcome.findings.append(&mut other.outcome.findings);
        self.outcome.suppressed.append(&mut other.outcome.suppressed);
        self.outcome.known += other.outcome.known;
        self.verdict = self.verdict.max(other.verdict);
    }
}

fn paths(sources: &Sources) -> Vec<String> {
    sources.all().iter().map(|source| source.path.clone()).collect()
}

/// The errors of projects that could not be checked. All but the last one are shown at once; the last one ends the tool.
#[derive(Debug, Default)]
struct Errors(Option<Error>);

impl Errors {
    fn add(&mut self, error: Error) {
        if let Some(earlier) = self.0.replace(error) {
            // If stderr is closed, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "composecheck: {earlier}");
        }
    }

    fn or(self, exit: Exit) -> Result<Exit, Error> {
        self.0.map_or(Ok(exit), Err)
    }
}

/// Checks the projects. One that cannot be loaded does not prevent the check of the others.
pub(crate) fn check(args: &CheckArgs) -> Result<Exit, Error> {
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    if args.dry_run {
        return dry_run(args, baseline.as_ref());
    }
    let (mut checked, mut errors) = (Checked::default(), Errors::default());
    for inputs in projects(args) {
        match check_project(args, &inputs, baseline.as_ref()) {
            Ok(one) => checked.append(one),
            Err(failure) => {
                if args.write_baseline.is_none() {
                    checked.append(Checked::not_loaded(&failure));
                }
                errors.add(failure.error);
            }
        }
    }
    // Without any file there is nothing to report on.
    if checked.files.is_empty() && errors.0.is_some() {
        return errors.or(Exit::Failed);
    }
    if let Some(path) = &args.write_baseline {
        write_baseline(path, &Baseline::of(&checked.sources, &checked.outcome.findings))?;
        return errors.or(Exit::Done);
    }
    show(args, &checked)?;
    errors.or(checked.verdict.exit())
}

/// The inputs of each project: one for all files given with `-f`, or one for each file given without.
fn projects(args: &CheckArgs) -> Vec<InputArgs> {
    if args.projects.is_empty() {
        return vec![args.inputs.clone()];
    }
    let project = |file: &PathBuf| InputArgs { files: vec![file.clone()], ..args.inputs.clone() };
    args.projects.iter().map(project).collect()
}

fn check_project(
    args: &CheckArgs,
    inputs: &InputArgs,
    baseline: Option<&Baseline>,
) -> Result<Checked, Box<LoadError>> {
    let configured = configuration(&args.config, inputs)?;
    let request = lenient_request(inputs);
    let mut project = load(&request)?;
    if args.fix
        && let Some(fixed) = fix_project(args, inputs, &configured, baseline)?
    {
        write_fixed(&fixed)?;
        project = load(&request)?;
    }
    let (sources, mut outcome) = lint_project(args, &configured, baseline, &project);
    if format(args) == Format::Json {
        keep_possible_repairs(&request, &project.sources, &mut outcome.findings);
    }
    let verdict = verdict::of_findings(&outcome.findings, threshold(args.fail_on, &configured.config));
    Ok(Checked { sources, files: paths(&project.sources), outcome, verdict })
}

/// Lints a project. Returns the outcome with the sources that its spans refer to.
fn lint_project(
    args: &CheckArgs,
    configured: &LoadedConfig,
    baseline: Option<&Baseline>,
    project: &Project,
) -> (Sources, Outcome) {
    let names = config_relative_paths(&project.sources, configured.path.as_deref());
    let policy = policy(&args.policy, &configured.config, project);
    let mut sources = project.sources.clone();
    let config_file = add_configuration(&mut sources, configured);
    let settings = LintSettings { policy: &policy, config: &configured.config, config_file, names: &names };
    let outcome = lint(project, &sources, &settings, baseline.cloned());
    (sources, outcome)
}

fn format(args: &CheckArgs) -> Format {
    if args.json { Format::Json } else { args.format }
}

fn show(args: &CheckArgs, checked: &Checked) -> Result<(), Error> {
    let Checked { sources, files, outcome, verdict } = checked;
    match format(args) {
        Format::Human => print(&to_text(sources, outcome, style())),
        Format::Json => print_json(&ReportJson::new(sources, files, outcome, *verdict, now())),
        Format::Sarif => print_json(&sarif::log(sources, outcome)),
        Format::Github => print(&github::annotations(sources, &outcome.findings)),
        Format::Gitlab => print_json(&gitlab::issues(sources, &outcome.findings)),
        Format::Junit => print(&junit::report(sources, files, outcome)),
    }
}

fn fix_project(
    args: &CheckArgs,
    inputs: &InputArgs,
    configured: &LoadedConfig,
    baseline: Option<&Baseline>,
) -> Result<Option<FixedFile>, Error> {
    fix(&lenient_request(inputs), |project| lint_project(args, configured, baseline, project).1)
}

/// Shows what `--fix` would change. A project that cannot be loaded does not hide the changes of the others.
fn dry_run(args: &CheckArgs, baseline: Option<&Baseline>) -> Result<Exit, Error> {
    let (mut diffs, mut errors) = (String::new(), Errors::default());
    for inputs in projects(args) {
        let fixed = configuration(&args.config, &inputs)
            .and_then(|configured| fix_project(args, &inputs, &configured, baseline));
        match fixed {
            Ok(fixed) => diffs += &fixed.map(|fixed| fixed.diff()).unwrap_or_default(),
            Err(error) => errors.add(error),
        }
    }
    // A program that reads the diff needs it exact.
    print(&if std::io::stdout().is_terminal() { lines(&diffs) } else { diffs.clone() })?;
    errors.or(if diffs.is_empty() { Exit::Done } else { Exit::No })
}

fn write_fixed(fixed: &FixedFile) -> Result<(), Error> {
    fixed.write()?;
    let (count, plural) = (fixed.fixed, if fixed.fixed == 1 { "" } else { "s" });
    let path = one_line(&fixed.path.display().to_string());
    // If stderr is closed, the report still tells.
    let _ = writeln!(std::io::stderr(), "composecheck: fixed {count} finding{plural} in {path}");
    Ok(())
}

fn write_baseline(path: &Path, baseline: &Baseline) -> Result<(), Error> {
    files::replace(path, baseline.to_text()?)?;
    let (count, plural) = (baseline.len(), if baseline.len() == 1 { "" } else { "s" });
    print(&format!("wrote {count} finding{plural} to the baseline\n"))
}
