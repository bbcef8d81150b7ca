//! `compare`: the differences between two environments.

use std::path::Path;

use evenkeel_common::{Error, Exit, now, print, print_json};

use super::settings::{config_relative_paths, configuration, lenient_request, policy, style, threshold};
use crate::cli::{CompareArgs, InputArgs, PolicyArgs};
use crate::compare::{differences, share_sources};
use crate::lint::{LintSettings, lint_pair, verdict};
use crate::load::load;
use crate::output::{comparison, human};
use crate::rules::rule::Pair;

/// Prints the differences, and the findings of the rules that compare.
pub(crate) fn compare(args: &CompareArgs) -> Result<Exit, Error> {
    let (first, second) = (inputs(args, &args.first), inputs(args, &args.second));
    let configured = configuration(&args.config, &second)?;
    let (first, second) = share_sources(load(&lenient_request(&first))?, load(&lenient_request(&second))?);
    let names = config_relative_paths(&second.sources, configured.path.as_deref());
    let unset = PolicyArgs { environment: None, budget: None, profile: None };
    let policy = policy(&unset, &configured.config, &second);
    let settings =
        LintSettings { policy: &policy, config: &configured.config, config_file: None, names: &names };
    let outcome = lint_pair(&Pair { first: &first, second: &second }, &settings);
    let verdict = verdict::of_findings(&outcome.findings, threshold(args.fail_on, &configured.config));
    let differences = differences(&first, &second);
    let (one, two) = (args.first.display().to_string(), args.second.display().to_string());
    if args.json {
        let sources = &second.sources;
        print_json(&comparison::CompareJson::new(
            [&one, &two],
            sources,
            &differences,
            &outcome,
            verdict,
            now(),
        ))?;
    } else {
        let table = comparison::to_text([&one, &two], &differences);
        print(&(table + &human::to_text(&second.sources, &outcome, style())))?;
    }
    Ok(verdict.exit())
}

/// The files of one environment: the common ones, and its own.
fn inputs(args: &CompareArgs, file: &Path) -> InputArgs {
    let files = args.files.iter().cloned().chain([file.to_owned()]).collect();
    InputArgs { files, env_files: args.env_files.clone(), profiles: args.profiles.clone() }
}
