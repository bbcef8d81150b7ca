//! `dockwatch report`: success figures of the recorded runs.

use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, files, now, print, print_json};

use crate::cli::ReportArgs;
use crate::history::scorecard::figures;
use crate::history::store::History;
use crate::model::scope::Scope;
use crate::output::scorecard::{Scorecard, html};

pub(crate) fn run(args: &ReportArgs, home: &Home) -> Result<Exit, Error> {
    let scorecard = scorecard(args.since, home)?;
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

/// The figures of what was recorded within this time.
pub(super) fn scorecard(within: Option<Duration>, home: &Home) -> Result<Scorecard, Error> {
    let since = super::since(within);
    let recorded = History::open(home)?.since(since)?;
    let figures = figures(&recorded);
    Ok(Scorecard { at: now(), since, recorded, figures })
}
