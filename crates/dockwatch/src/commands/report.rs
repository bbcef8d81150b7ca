//! `dockwatch report`: success figures of the recorded runs.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, files, now, print, print_json};

use crate::cli::ReportArgs;
use crate::history::scorecard::figures;
use crate::history::store::History;
use crate::model::scope::Scope;
use crate::output::scorecard::{Scorecard, html};

pub(crate) fn run(args: &ReportArgs, home: &Home) -> Result<Exit, Error> {
    let since = super::since(args.since);
    let recorded = History::open(home)?.since(since)?;
    let figures = figures(&recorded);
    let scorecard = Scorecard { at: now(), since, recorded: &recorded, figures: &figures };
    if let Some(path) = &args.html {
        files::replace(path, html::page(&scorecard, &args.budget.budget(&Scope::default())))?;
    }
    if args.json {
        print_json(&scorecard.json())?;
    } else {
        print(&scorecard.text())?;
    }
    Ok(Exit::Done)
}
