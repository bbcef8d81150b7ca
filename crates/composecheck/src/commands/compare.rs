//! `compare`: what differs between two environments.

use std::path::Path;

use evenkeel_common::{Error, Exit, now, print, print_json};

use super::settings::{configuration, names, paint, request, threshold};
use crate::cli::{CompareArgs, Inputs};
use crate::lint::{Law, judge_pair, verdict};
use crate::load::load;
use crate::output::{comparison, human};
use crate::rules::policy::Policy;
use crate::rules::rule::Pair;

/// Shows what differs between two environments.
pub(crate) fn compare(args: &CompareArgs) -> Result<Exit, Error> {
    let side = |file: &Path| {
        let files = args.files.iter().cloned().chain([file.to_owned()]).collect();
        Inputs { files, env_files: args.env_files.clone(), profiles: args.profiles.clone() }
    };
    let (first, second) = (side(&args.first), side(&args.second));
    let configured = configuration(&args.configured, &second)?;
    let (first, second) = crate::compare::join(load(&request(&first))?, load(&request(&second))?);
    let pair = Pair { first: &first, second: &second };
    let names = names(&second.sources, configured.path.as_deref());
    let policy = Policy::default();
    let law = Law { policy: &policy, config: &configured.config, config_file: None, names: &names };
    let outcome = judge_pair(&pair, &law);
    let verdict = verdict::of_findings(&outcome.findings, threshold(args.fail_on, &configured.config));
    let differences = crate::compare::differences(&first, &second);
    let (one, two) = (args.first.display().to_string(), args.second.display().to_string());
    if args.json {
        let report =
            comparison::Report::new([&one, &two], &second.sources, &differences, &outcome, verdict, now());
        print_json(&report)?;
    } else {
        let table = comparison::words([&one, &two], &differences);
        print(&(table + &human::words(&second.sources, &outcome, paint())))?;
    }
    Ok(verdict.exit())
}
