//! A check: of one project, or of several that are each checked by themselves.

use std::io::Write;
use std::path::{Path, PathBuf};

use evenkeel_common::{Error, Exit, now, print, print_json};

use super::settings::{add_configuration, configuration, names, paint, policy, request, threshold};
use crate::cli::{CheckArgs, Format, Inputs};
use crate::compose::Project;
use crate::fix::{self, Mended, mend};
use crate::lint::baseline::Baseline;
use crate::lint::verdict::{self, Verdict};
use crate::lint::{Law, Outcome, config, judge};
use crate::load::{Refused, Request, load_or_refuse};
use crate::output::human::words;
use crate::output::json::Report;
use crate::output::{github, sarif};
use crate::rules::cc000_not_loaded::finding as not_loaded;
use crate::source::Sources;

/// What was found, and the files it was found in.
#[derive(Debug, Default)]
struct Checked {
    sources: Sources,
    /// Paths of the Compose files.
    files: Vec<String>,
    outcome: Outcome,
    fails: bool,
}

impl Checked {
    /// What there is to show of a project that cannot be loaded.
    fn of(refused: &Refused) -> Self {
        let Some((fault, sources)) = &refused.fault else { return Self::default() };
        let files = sources.all().iter().map(|source| source.path.clone()).collect();
        let outcome = Outcome { findings: vec![not_loaded(fault)], ..Outcome::default() };
        Self { sources: sources.clone(), files, outcome, fails: true }
    }

    /// Takes in what was found in another project.
    fn absorb(&mut self, mut other: Self) {
        let by = self.sources.all().len();
        for source in other.sources.all() {
            self.sources.add(source.path.clone(), source.text.clone());
        }
        let findings = other.outcome.findings.iter_mut();
        let suppressed = other.outcome.suppressed.iter_mut().map(|one| &mut one.finding);
        findings.chain(suppressed).for_each(|finding| finding.shift(by));
        self.files.append(&mut other.files);
        self.outcome.findings.append(&mut other.outcome.findings);
        self.outcome.suppressed.append(&mut other.outcome.suppressed);
        self.outcome.known += other.outcome.known;
        self.fails |= other.fails;
    }
}

/// Checks what the command line names. A project that cannot be loaded does not keep the others from it.
pub(crate) fn check(args: &CheckArgs) -> Result<Exit, Error> {
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    if args.dry_run {
        return dry_run(args, baseline.as_ref());
    }
    let mut checked = Checked::default();
    let mut error = None;
    for inputs in projects(args) {
        match check_one(args, &inputs, baseline.as_ref()) {
            Ok(one) => checked.absorb(one),
            Err(refused) => {
                if args.write_baseline.is_none() {
                    checked.absorb(Checked::of(&refused));
                }
                tell(error.replace(refused.error));
            }
        }
    }
    // With nothing read there is nothing to report on.
    if checked.files.is_empty()
        && let Some(error) = error
    {
        return Err(error);
    }
    if let Some(path) = &args.write_baseline {
        write_baseline(path, &Baseline::of(&checked.sources, &checked.outcome.findings))?;
        return error.map_or(Ok(Exit::Done), Err);
    }
    let verdict = if checked.fails { Verdict::Fail } else { Verdict::Pass };
    show(args, &checked, verdict)?;
    error.map_or(Ok(verdict.exit()), Err)
}

/// All but the last error are told here; the last one ends the tool.
fn tell(error: Option<Error>) {
    if let Some(error) = error {
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "composecheck: {error}");
    }
}

/// The projects: one of all files given with -f, or one of each that is given without.
fn projects(args: &CheckArgs) -> Vec<Inputs> {
    if args.projects.is_empty() {
        return vec![args.inputs.clone()];
    }
    let alone = |file: &PathBuf| Inputs { files: vec![file.clone()], ..args.inputs.clone() };
    args.projects.iter().map(alone).collect()
}

fn check_one(
    args: &CheckArgs,
    inputs: &Inputs,
    baseline: Option<&Baseline>,
) -> Result<Checked, Box<Refused>> {
    let configured = configuration(&args.configured, inputs).map_err(Refused::from)?;
    let request = request(inputs);
    let project = load_or_refuse(&request)?;
    let project = if args.fix {
        let mended = mended(args, &request, &configured, baseline);
        mended.and_then(|mended| write_mended(mended.as_ref())).map_err(Refused::from)?;
        load_or_refuse(&request)?
    } else {
        project
    };
    let (sources, outcome) = judge_one(args, &configured, baseline, &project);
    let threshold = threshold(args.fail_on, &configured.config);
    let fails = verdict::of_findings(&outcome.findings, threshold) == Verdict::Fail;
    let files = project.sources.all().iter().map(|source| source.path.clone()).collect();
    Ok(Checked { sources, files, outcome, fails })
}

/// The outcome, and the files that its places are in.
fn judge_one(
    args: &CheckArgs,
    configured: &config::Loaded,
    baseline: Option<&Baseline>,
    project: &Project,
) -> (Sources, Outcome) {
    let names = names(&project.sources, configured.path.as_deref());
    let policy = policy(&args.expected, &configured.config, project);
    let mut sources = project.sources.clone();
    let config_file = add_configuration(&mut sources, configured);
    let law = Law { policy: &policy, config: &configured.config, config_file, names: &names };
    let outcome = judge(project, &sources, &law, baseline.cloned());
    (sources, outcome)
}

fn show(args: &CheckArgs, checked: &Checked, verdict: Verdict) -> Result<(), Error> {
    let Checked { sources, files, outcome, .. } = checked;
    match if args.json { Format::Json } else { args.format } {
        Format::Human => print(&words(sources, outcome, paint())),
        Format::Json => print_json(&Report::new(sources, files, outcome, verdict, now())),
        Format::Sarif => print_json(&sarif::log(sources, outcome)),
        Format::Github => print(&github::annotations(sources, &outcome.findings)),
    }
}

fn mended(
    args: &CheckArgs,
    request: &Request,
    configured: &config::Loaded,
    baseline: Option<&Baseline>,
) -> Result<Option<Mended>, Error> {
    mend(request, |project| judge_one(args, configured, baseline, project).1)
}

/// Shows what `--fix` would write.
fn dry_run(args: &CheckArgs, baseline: Option<&Baseline>) -> Result<Exit, Error> {
    let mut text = String::new();
    for inputs in projects(args) {
        let configured = configuration(&args.configured, &inputs)?;
        let mended = mended(args, &request(&inputs), &configured, baseline)?;
        text += &mended.as_ref().map(fix::diff).unwrap_or_default();
    }
    print(&text)?;
    Ok(if text.is_empty() { Exit::Done } else { Exit::No })
}

fn write_mended(mended: Option<&Mended>) -> Result<(), Error> {
    let Some(mended) = mended else { return Ok(()) };
    fix::write(mended)?;
    let (count, plural) = (mended.count, if mended.count == 1 { "" } else { "s" });
    let path = mended.path.display();
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "composecheck: mended {count} finding{plural} in {path}");
    Ok(())
}

fn write_baseline(path: &Path, baseline: &Baseline) -> Result<(), Error> {
    std::fs::write(path, baseline.to_text()?)
        .map_err(|e| Error::failed(format!("write {}", path.display()), e))?;
    let (count, plural) = (baseline.len(), if baseline.len() == 1 { " is" } else { "s are" });
    print(&format!("{count} finding{plural} known from now on\n"))
}
