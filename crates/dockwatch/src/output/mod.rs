//! Output formats: text, JSON, CSV, HTML and Prometheus. JSON structs are separate from the model, so that
//! the model can change without the documented keys. Names and messages from engines are made safe for a terminal.

pub(crate) mod check;
pub(crate) mod collect;
pub(crate) mod collect_summary;
pub(crate) mod enforce;
pub(crate) mod health_log;
pub(crate) mod http;
pub(crate) mod page;
pub(crate) mod prediction;
pub(crate) mod prometheus;
pub(crate) mod runs;
pub(crate) mod scorecard;
pub(crate) mod snapshot_json;
pub(crate) mod snapshot_text;
pub(crate) mod stream;

use crate::model::container::Container;

/// Which containers a snapshot shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContainerFilter {
    /// Those with processes, and those that the OOM killer ended.
    Live,
    /// Running and stopped ones.
    All,
}

impl ContainerFilter {
    fn shows(self, container: &Container) -> bool {
        self == Self::All || container.summary.is_live() || container.oom_killed() == Some(true)
    }
}
