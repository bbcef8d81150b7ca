//! `budget`: what a project may take of the machine's memory.

use evenkeel_common::{Error, Exit, now, print, print_json};

use super::settings::{allowed, configuration, request};
use crate::cli::BudgetArgs;
use crate::facts::budget::Budget;
use crate::lint::verdict;
use crate::load::load;
use crate::output::budget::{Report, words};

/// Shows what the project may take of the machine's memory.
pub(crate) fn budget(args: &BudgetArgs) -> Result<Exit, Error> {
    let configured = configuration(&args.configured, &args.inputs)?;
    let project = load(&request(&args.inputs))?;
    let allowed = allowed(args.budget, &configured.config);
    let budget = Budget::of(&project);
    let verdict = verdict::of_budget(&budget, allowed);
    if args.json {
        print_json(&Report::new(&budget, allowed, verdict, now()))?;
    } else {
        print(&words(&budget, allowed))?;
    }
    Ok(verdict.exit())
}
