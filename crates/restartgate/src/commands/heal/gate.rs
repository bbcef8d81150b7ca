//! One wish of `heal`, put to the gate as `restartgate SERVICE` and `restartgate check` do.

use std::time::Instant;

use evenkeel_common::{BootTimestamp, Error};

use crate::commands::admission::Request;
use crate::commands::check::preview;
use crate::commands::restart::{Call, Manner};
use crate::decide::gate::RestartMode;
use crate::edges::engine::{Docker, Found};
use crate::edges::history::History;
use crate::model::limits::EffectiveLimits;
use crate::output::report_json::ReportJson;

/// Whether restarts are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acts {
    Restart,
    DryRun,
}

/// All that several restarts at once share.
pub(super) struct Gate {
    pub(super) docker: Docker,
    pub(super) history: History,
    pub(super) effective: EffectiveLimits,
    pub(super) manner: Manner,
    pub(super) acts: Acts,
}

/// A restart that is wanted.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// The service, and those of its containers that are to be restarted.
    pub(super) found: Found,
    pub(super) mode: RestartMode,
    /// Why, for the history.
    pub(super) reason: String,
    /// A restart by another process since then is enough.
    pub(super) since: BootTimestamp,
}

impl Gate {
    /// Asks for a restart, and makes it where it is allowed; in a dry run only asks, and records nothing.
    pub(super) async fn ask(&self, wish: &Wish) -> Result<ReportJson, Error> {
        let started = Instant::now();
        let Self { docker, history, effective, manner, .. } = self;
        let found = &wish.found;
        let request = Request {
            service: &found.service,
            mode: wish.mode,
            reason: Some(&wish.reason),
            asked: &wish.since,
            effective,
            place: history.dir(),
        };
        let mut report = match self.acts {
            Acts::DryRun => preview(docker, history, found, &request).await?,
            Acts::Restart => {
                Call { manner: *manner, docker, found, history, request }.until_answered().await?
            }
        };
        report.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(report)
    }
}
