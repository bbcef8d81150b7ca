//! `budget`: the memory that a project may use.

use evenkeel_common::{Error, Exit, now, print, print_json};

use super::settings::{budget_bytes, configuration, lenient_request};
use crate::cli::BudgetArgs;
use crate::facts::budget::Budget;
use crate::lint::verdict;
use crate::load::load;
use crate::output::budget::{BudgetJson, to_text};

/// Prints the memory of each service, and fails if the sum is over the budget or unlimited.
pub(crate) fn budget(args: &BudgetArgs) -> Result<Exit, Error> {
    let configured = configuration(&args.config, &args.inputs)?;
    let project = load(&lenient_request(&args.inputs))?;
    let allowed = budget_bytes(args.budget, &configured.config);
    let budget = Budget::of(&project);
    let verdict = verdict::of_budget(&budget, allowed);
    if args.json {
        print_json(&BudgetJson::new(&budget, allowed, verdict, now()))?;
    } else {
        print(&to_text(&budget, allowed))?;
    }
    Ok(verdict.exit())
}
