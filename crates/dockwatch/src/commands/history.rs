//! `dockwatch history`: the recorded runs.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, now, print, print_json};

use crate::cli::HistoryArgs;
use crate::history::records::RunRecord;
use crate::history::store::History;
use crate::output::runs;

pub(crate) fn run(args: &HistoryArgs, home: &Home) -> Result<Exit, Error> {
    let since = super::since(args.since);
    let is_wanted = |run: &RunRecord| {
        since.is_none_or(|since| run.at >= since) && args.category.as_ref().is_none_or(|c| *c == run.category)
    };
    let found = History::open(home)?.runs(is_wanted)?;
    if args.json {
        print_json(&runs::json(&found, now()))?;
    } else if args.csv {
        print(&runs::csv(&found.records)?)?;
    } else {
        print(&runs::text(&found))?;
    }
    Ok(Exit::Done)
}
