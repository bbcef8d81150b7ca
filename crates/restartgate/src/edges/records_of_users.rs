//! Reading the records of all users. Each has a directory of his own; what stands in it may be anything.

use std::cmp::Reverse;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use evenkeel_common::state::journal::Records;
use evenkeel_common::state::shared::{self, current_user};
use evenkeel_common::{BootTimestamp, Error};

use crate::model::record::{Record, Service};

/// Longest name of a service, of its project and of its engine (bytes) in what another user recorded: Docker's names are
/// shorter, and a table is as wide as its widest name.
const LONGEST_NAME: usize = 512;
/// Longest reason (characters) that is kept of what another user recorded.
const LONGEST_REASON: usize = 1024;

/// Where the records of one kind are.
pub(super) struct Place<'a> {
    /// The directory that the users share.
    pub(super) directory: &'a Path,
    /// Name of the files.
    pub(super) name: &'a str,
    /// No file is longer than this; what is, is not read to its end.
    pub(super) max_bytes: u64,
    /// This user's file from the time before the directory was shared.
    pub(super) earlier: Option<&'a Path>,
    /// Which lines are read.
    pub(super) wanted: &'a dyn Fn(&str) -> bool,
}

/// Reads the records of all users, oldest first. What cannot be read, what lies in the future and what is too long to be
/// true is left out: it must not stop anybody.
pub(super) fn read(place: &Place<'_>) -> Result<Records<Record>, Error> {
    let users = shared::user_directories(place.directory)
        .map_err(|e| Error::failed(format!("list {}", place.directory.display()), e))?;
    let mut all = read_earlier(place);
    for (&user, directory) in &users {
        let mut found = Records { records: Vec::new(), skipped: 0 };
        for name in [&format!("{}.1", place.name), place.name] {
            if let Ok(file) = shared::open_in_user_directory(directory, user, name) {
                collect(file, place, &mut found);
            }
        }
        found.records.iter_mut().for_each(|record| record.owner = user);
        if user != current_user() {
            leave_out_the_impossible(&mut found);
        }
        all.records.append(&mut found.records);
        all.skipped += found.skipped;
    }
    let now = BootTimestamp::now();
    all.records.sort_by_cached_key(|record| Reverse(record.time.age_at(&now)));
    Ok(all)
}

fn read_earlier(place: &Place<'_>) -> Records<Record> {
    let mut found = Records { records: Vec::new(), skipped: 0 };
    let (Some(path), me) = (place.earlier, current_user()) else { return found };
    for path in [&path.with_extension("jsonl.1"), path] {
        match shared::open_foreign(path) {
            Ok((file, owner)) if owner == me => collect(file, place, &mut found),
            _ => {}
        }
    }
    found.records.iter_mut().for_each(|record| record.owner = me);
    found
}

fn collect(file: File, place: &Place<'_>, found: &mut Records<Record>) {
    if found.collect_if(file.take(place.max_bytes), place.wanted).is_err() {
        found.skipped += 1;
    }
}

fn leave_out_the_impossible(found: &mut Records<Record>) {
    let (now, before) = (BootTimestamp::now(), found.records.len());
    found.records.retain(|record| !record.time.is_after(&now) && is_plausible(&record.service));
    found.skipped += before - found.records.len();
    for reason in found.records.iter_mut().filter_map(|record| record.reason.as_mut()) {
        if let Some((end, _)) = reason.char_indices().nth(LONGEST_REASON) {
            reason.truncate(end);
        }
    }
}

fn is_plausible(service: &Service) -> bool {
    let Service { host, project, name } = service;
    [Some(host), project.as_ref(), Some(name)].into_iter().flatten().all(|text| text.len() <= LONGEST_NAME)
}
