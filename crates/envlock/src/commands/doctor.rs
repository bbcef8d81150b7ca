//! `envlock doctor`: whether the locks in a store can be used.

use evenkeel_common::{Error, Exit, print, print_json};

use crate::cli::DoctorArgs;
use crate::model::store_health::{Level, judge};
use crate::model::via::StoreUrl;
use crate::output::doctor::{DoctorJson, Report, text};
use crate::remote::examine::{examine, try_lock};

pub(super) fn doctor(args: &DoctorArgs, url: &StoreUrl) -> Result<Exit, Error> {
    let members: Vec<_> = url.endpoints.iter().map(|endpoint| examine(url, endpoint)).collect();
    let trial = members.iter().any(|member| member.outcome.is_ok()).then(|| try_lock(url));
    let findings = judge(&members, trial.as_ref());
    let report = Report { store: url.to_string(), members, trial, findings };
    let exit = if report.worst() == Some(Level::Failure) { Exit::No } else { Exit::Done };
    if args.json {
        print_json(&DoctorJson::new(report))?;
    } else {
        print(&text(&report))?;
    }
    Ok(exit)
}
