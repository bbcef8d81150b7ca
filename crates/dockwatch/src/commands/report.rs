//! `dockwatch report`: success figures of the recorded runs.

use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, files, now, print, print_json};

use crate::cli::ReportArgs;
use crate::history::activity::Activity;
use crate::history::scorecard::figures;
use crate::history::store::History;
use crate::model::scope::Scope;
use crate::output::page::{self, Place};
use crate::output::scorecard::Scorecard;

pub(crate) fn run(args: &ReportArgs, home: &Home) -> Result<Exit, Error> {
    let scorecard = scorecard(args.since, home)?;
    if let Some(path) = &args.html {
        let activity = Activity::since(scorecard.since, home)?;
        let budget = args.budget.budget(&Scope::default());
        files::replace(path, page::page(&scorecard, &activity, &budget, Place::File))?;
    }
    if args.json {
        print_json(&scorecard.json())?;
    } else {
        print(&scorecard.text())?;
    }
    Ok(Exit::Done)
}

/// The figures of what was recorded within this time.
pub(super) fn scorecard(within: Option<Duration>, home: &Home) -> Result<Scorecard, Error> {
    let since = super::since(within);
    let recorded = History::open(home)?.since(since)?;
    let figures = figures(&recorded);
    Ok(Scorecard { at: now(), since, recorded, figures })
}
