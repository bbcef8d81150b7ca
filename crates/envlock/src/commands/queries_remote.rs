//! `envlock status`, `history` and `held` for locks in a store: they change nothing.

use evenkeel_common::state::shared::Sharing;
use evenkeel_common::{BootTimestamp, Error, Exit, print, print_json};

use crate::cli::{HeldArgs, HistoryArgs, StatusArgs};
use crate::lock::status::LockStatus;
use crate::model::environment::Facts;
use crate::model::held_entry::HELD_VAR;
use crate::model::queue::Mode;
use crate::model::record::Record;
use crate::model::via::StoreUrl;
use crate::output::json::{HistoryJson, StatusJson};
use crate::output::text;
use crate::remote::etcd::client::{CallError, Client};
use crate::remote::inherited::held_by_ancestors;
use crate::remote::look::{Look, all_names};
use crate::remote::renewal::Store;
use crate::remote::terms::{LEAST, Terms};
use crate::store::history::HistorySummary;

/// A lock of the store, to look at.
pub(super) fn store_of(url: &StoreUrl, name: &str) -> Store {
    Store::new(url, name, Mode::Exclusive, Terms::new(LEAST))
}

/// The store cannot be used: here that is a failure like others, no command is wrapped.
pub(super) fn failed(client: &Client, cause: &CallError) -> Error {
    client.fatal(cause).with_exit(Exit::Failed)
}

pub(super) fn status(args: &StatusArgs, url: &StoreUrl) -> Result<Exit, Error> {
    let mut client = Client::new(url);
    let names = match &args.name {
        Some(name) => vec![name.clone()],
        None => all_names(&mut client, &url.prefix, Terms::new(LEAST).call_limit())
            .map_err(|e| failed(&client, &e))?,
    };
    let mut locks = Vec::new();
    for name in names {
        let mut store = store_of(url, &name);
        let look = store.look().map_err(|e| failed(&store.client, &e))?;
        locks.push(status_of(&name, look));
    }
    if args.json {
        print_json(&StatusJson::new(locks, url.to_string(), Sharing::AllUsers))?;
    } else if locks.is_empty() {
        print("no environment has been locked yet\n")?;
    } else {
        print(&locks.iter().map(text::status).collect::<String>())?;
    }
    Ok(Exit::Done)
}

/// As for a lock of this machine.
pub(super) fn status_of(name: &str, look: Look) -> LockStatus {
    let Look { holders, queue, recorded, is_marked_dirty } = look;
    let is_used = holders.iter().any(Record::is_in_environment);
    let facts = Facts { recorded: &recorded, is_marked_dirty, now: &BootTimestamp::now() };
    let unused = if is_used { None } else { Some(facts.unused()) };
    LockStatus { name: name.to_owned(), holders, queue, recorded, unused, ..LockStatus::default() }
}

pub(super) fn history(args: &HistoryArgs, url: &StoreUrl) -> Result<Exit, Error> {
    let mut store = store_of(url, &args.name);
    let (past, skipped) = store.past().map_err(|e| failed(&store.client, &e))?;
    let summary = HistorySummary::new(past, skipped, args.last);
    if args.json {
        print_json(&HistoryJson::new(&args.name, summary))?;
    } else {
        print(&text::history(&args.name, &summary))?;
    }
    Ok(Exit::Done)
}

pub(super) fn held(args: &HeldArgs, url: &StoreUrl) -> Result<Exit, Error> {
    let outer = std::env::var(HELD_VAR).unwrap_or_default();
    let mut store = store_of(url, &args.name);
    let held = held_by_ancestors(&mut store, &url.prefix, &outer).map_err(|e| e.with_exit(Exit::Failed))?;
    Ok(if held.is_empty() { Exit::No } else { Exit::Done })
}
