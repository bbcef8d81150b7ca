//! `dockwatch predict`: what a run of a category needs.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, now, print, print_json};

use crate::cli::PredictArgs;
use crate::history::predict::MIN_RUNS;
use crate::history::store::History;
use crate::output::prediction;

pub(crate) fn run(args: &PredictArgs, home: &Home) -> Result<Exit, Error> {
    let category = &args.category;
    let found = History::open(home)?.predict(category)?.ok_or_else(|| {
        let cause = format!("fewer than {MIN_RUNS} runs are recorded, and it has no base value");
        Error::failed(format!("predict '{category}'"), cause)
            .hint(format!("record runs with: dockwatch record --category {category} -- CMD"))
    })?;
    if args.json {
        print_json(&prediction::json(category, &found, now()))?;
    } else {
        print(&prediction::text(category, &found))?;
    }
    Ok(Exit::Done)
}
