//! `restartgate status`, `history`, `stats` and `explain`: what the history says. No engine is asked.

use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{BootTimestamp, Error, Exit, print, print_json};

use crate::cli::{ExplainArgs, HistoryArgs, StatsArgs, StatusArgs};
use crate::decide::breaker_state::replay;
use crate::decide::past;
use crate::decide::stats::tally;
use crate::edges::history::History;
use crate::model::record::{Action, Record, Service};
use crate::output::place_json::PlaceJson;
use crate::output::queries_json::{
    ExplainJson, HistoryJson, StatsJson, explain_text, history_text, stats_text,
};
use crate::output::status_json::{StatusJson, StatusRowJson};

fn open() -> Result<History, Error> {
    History::open(&Home::from_env()?)
}

pub(super) fn status(args: &StatusArgs) -> Result<Exit, Error> {
    let effective = args.limits.effective()?;
    let history = open()?;
    let (mut records, skipped) = history.read()?;
    let now = BootTimestamp::now();
    leave_out_running(&history, &mut records)?;
    let mut rows = Vec::new();
    for (service, own) in past::by_service(&records) {
        let Some(last) = own.last() else { continue };
        let state = replay(&past::events_of(&own, &now), &effective.limits);
        rows.push(StatusRowJson::new(service, &state, &effective.limits, last));
    }
    let status = StatusJson::new(rows, skipped, history.dir().into());
    if args.json {
        print_json(&status)?;
    } else {
        print(&status.text())?;
    }
    Ok(Exit::Done)
}

/// Leaves out the restarts that are running at this moment: how they end is not known yet.
fn leave_out_running(history: &History, records: &mut Vec<Record>) -> Result<(), Error> {
    for service in &past::services(records) {
        if history.is_busy(service)? {
            past::without_running(records, service);
        }
    }
    Ok(())
}

pub(super) fn history(args: &HistoryArgs) -> Result<Exit, Error> {
    let history = open()?;
    let (all, skipped) = history.read_all()?;
    let place = PlaceJson::from(history.dir());
    let records = matching(all, args.service.as_deref(), args.since)?;
    let last = &records[records.len().saturating_sub(args.last)..];
    if args.json {
        print_json(&HistoryJson::new(last, skipped, place))?;
    } else {
        print(&history_text(last, &place))?;
    }
    Ok(Exit::Done)
}

pub(super) fn stats(args: &StatsArgs) -> Result<Exit, Error> {
    let history = open()?;
    let (mut all, skipped) = history.read_all()?;
    leave_out_running(&history, &mut all)?;
    let place = PlaceJson::from(history.dir());
    let tallies = tally(&matching(all, args.service.as_deref(), args.since)?);
    if args.json {
        print_json(&StatsJson::new(&tallies, skipped, place))?;
    } else {
        print(&stats_text(&tallies, &place))?;
    }
    Ok(Exit::Done)
}

pub(super) fn explain(args: &ExplainArgs) -> Result<Exit, Error> {
    let history = open()?;
    let (all, _) = history.read_all()?;
    let records = matching(all, args.service.as_deref(), None)?;
    let decided = |record: &&Record| matches!(record.action, Action::Begin | Action::Refused);
    let last = records
        .iter()
        .rev()
        .filter(decided)
        .find_map(|record| record.decision.as_ref().map(|decision| (record, decision)));
    let Some((record, decision)) = last else {
        return Err(Error::usage("explain the last decision", "nothing was decided yet"));
    };
    if args.json {
        print_json(&ExplainJson::new(record, decision, history.dir().into()))?;
    } else {
        let age = record.time.age_at(&BootTimestamp::now());
        let place = PlaceJson::from(history.dir());
        print(&(explain_text(record, decision, age) + "  " + place.text()))?;
    }
    Ok(Exit::Done)
}

/// The records of one service, or of all, that are not older than asked for.
fn matching(
    mut records: Vec<Record>,
    service: Option<&str>,
    since: Option<Duration>,
) -> Result<Vec<Record>, Error> {
    if let Some(name) = service {
        let service = find(&records, name)?;
        records.retain(|record| record.service == service);
    }
    if let Some(since) = since {
        let now = BootTimestamp::now();
        records.retain(|record| record.time.age_at(&now) <= since);
    }
    Ok(records)
}

/// The recorded service of this name, given as `NAME` or `PROJECT/NAME`.
fn find(records: &[Record], name: &str) -> Result<Service, Error> {
    let known = past::services(records);
    let exact: Vec<&Service> = known.iter().filter(|service| service.shown() == name).collect();
    let loose: Vec<&Service> = known.iter().filter(|service| service.name == name).collect();
    match (exact.as_slice(), loose.as_slice()) {
        ([one], _) | ([], [one]) => Ok((*one).clone()),
        ([], []) => Err(Error::usage(format!("find {name}"), "nothing is recorded about it")
            .hint(format!("recorded services: {}", names(known.iter())))),
        _ => {
            let cause = format!("it names more than one service: {}", names(loose.into_iter()));
            Err(Error::usage(format!("find {name}"), cause).hint("write it as PROJECT/NAME"))
        }
    }
}

fn names<'a>(services: impl Iterator<Item = &'a Service>) -> String {
    services.map(Service::shown).collect::<Vec<_>>().join(", ")
}
