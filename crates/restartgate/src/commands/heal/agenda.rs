//! What `heal` has to do later: restarts that the gate refused for now, and services that follow one that was restarted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use evenkeel_common::BootTimestamp;
use tokio::time::Instant;

use crate::decide::heal::Link;
use crate::model::record::Service;
use crate::output::report_json::{ReportJson, Verdict};

/// When a service is looked at again that could not be asked about, because of the engine or the history.
const AFTER_ERROR: Duration = Duration::from_secs(10);

/// A service that is to be restarted after the one that it follows.
#[derive(Clone, Debug)]
pub(super) struct Owed {
    pub(super) link: Link,
    /// When the restart ended that it follows: one of its own since then is enough.
    pub(super) since: BootTimestamp,
}

/// What is to be done later, and what is under way.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    not_before: BTreeMap<Service, Instant>,
    pub(super) owed: Vec<Owed>,
    /// Services that are being restarted.
    pub(super) under_way: BTreeSet<Service>,
}

impl Agenda {
    /// Whether the gate may be asked about a service now.
    pub(super) fn is_due(&self, service: &Service) -> bool {
        let waits = self.not_before.get(service).is_some_and(|at| *at > Instant::now());
        !waits && !self.under_way.contains(service)
    }

    pub(super) fn is_owed(&self, service: &Service) -> bool {
        self.owed.iter().any(|owed| owed.link.service == *service)
    }

    /// When the next one is due that has to wait.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let now = Instant::now();
        self.not_before.values().copied().filter(|at| *at > now).min()
    }

    /// Notes the answer about a service. `followers` are the services to be restarted after it.
    pub(super) fn note_answer(&mut self, service: &Service, report: &ReportJson, followers: Vec<Link>) {
        self.under_way.remove(service);
        self.not_before.remove(service);
        if report.verdict == Verdict::Refused {
            self.wait(service, Duration::from_secs(report.retry_after_s.unwrap_or(1).max(1)));
            return;
        }
        self.owed.retain(|owed| owed.link.service != *service);
        if matches!(report.verdict, Verdict::Restarted | Verdict::Failed | Verdict::Allowed) {
            self.owe(followers);
        }
    }

    fn owe(&mut self, followers: Vec<Link>) {
        let since = BootTimestamp::now();
        for link in followers {
            self.owed.retain(|owed| owed.link.service != link.service);
            self.owed.push(Owed { link, since: since.clone() });
        }
    }

    /// Notes that nothing came of asking.
    pub(super) fn note_error(&mut self, service: &Service) {
        self.under_way.remove(service);
        self.wait(service, AFTER_ERROR);
    }

    /// Asks about this service again after this time only.
    pub(super) fn wait(&mut self, service: &Service, time: Duration) {
        self.not_before.insert(service.clone(), Instant::now() + time);
    }
}
