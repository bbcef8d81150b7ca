//! `envlock status`, `history` and `held`: they change nothing.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, print, print_json};

use crate::cli::{HeldArgs, HistoryArgs, StatusArgs};
use crate::lock::inherited;
use crate::lock::status::{LockStatus, read_status};
use crate::model::held_entry::{HELD_VAR, HeldEntry};
use crate::output::json::{HistoryJson, StatusJson};
use crate::output::text;
use crate::store::env_files::{EnvFiles, all_names};
use crate::store::history::{self, HistorySummary};

pub(super) fn status(args: &StatusArgs) -> Result<Exit, Error> {
    let home = Home::from_env()?;
    let names = match &args.name {
        Some(name) => vec![name.clone()],
        None => all_names(&home)?,
    };
    let locks: Vec<LockStatus> = names.iter().map(|name| status_of(&home, name)).collect::<Result<_, _>>()?;
    if args.json {
        let place = home.lock_home().to_string_lossy().into_owned();
        print_json(&StatusJson::new(locks, place, home.sharing()))?;
    } else if locks.is_empty() {
        print(&format!("no environment has been locked yet\n{}", text::state_line(&home)))?;
    } else {
        print(&(locks.iter().map(text::status).collect::<String>() + &text::state_line(&home)))?;
    }
    Ok(Exit::Done)
}

fn status_of(home: &Home, name: &str) -> Result<LockStatus, Error> {
    match EnvFiles::existing(home, name)? {
        Some(files) => read_status(&files),
        None => Ok(LockStatus { name: name.to_owned(), ..LockStatus::default() }),
    }
}

pub(super) fn history(args: &HistoryArgs) -> Result<Exit, Error> {
    let files = EnvFiles::existing(&Home::from_env()?, &args.name)?;
    let past = files.as_ref().map(history::read).transpose()?;
    let (past, skipped) = past.map_or((Vec::new(), 0), |past| (past.records, past.skipped));
    let summary = HistorySummary::new(past, skipped, args.last);
    if args.json {
        print_json(&HistoryJson::new(&args.name, summary))?;
    } else {
        print(&text::history(&args.name, &summary))?;
    }
    Ok(Exit::Done)
}

pub(super) fn held(args: &HeldArgs) -> Result<Exit, Error> {
    let entries = HeldEntry::parse_list(&std::env::var(HELD_VAR).unwrap_or_default());
    let is_held = inherited::is_held(&entries, &Home::from_env()?, &args.name)?;
    Ok(if is_held { Exit::Done } else { Exit::No })
}
