//! dockwatch measures what Docker uses, judges how near the edge that is, and records it.
//!
//! [`sampler`] measures one engine: it asks for the lists ([`docker`]) and reads the kernel's counters ([`cgroup`]),
//! starting from what an earlier run left ([`stored`]). [`level`] judges, [`report`] shows.

pub mod cgroup;
pub mod check;
pub mod cli;
pub mod clock;
pub mod descriptors;
pub mod disk;
pub mod docker;
pub mod enforce;
pub mod enforcing;
pub mod events;
pub mod follow;
pub mod gather;
pub mod history;
pub mod level;
pub mod listing;
pub mod machine;
pub mod manual;
pub mod metrics;
pub mod model;
pub mod pacing;
pub mod page;
pub mod plot;
pub mod pools;
pub mod predict;
pub mod process;
pub mod record;
pub mod report;
pub mod run;
pub mod sampler;
pub mod scope;
pub mod scorecard;
pub mod steady;
pub mod stored;
pub mod table;
pub mod tmpfs;
pub mod top;
pub mod view;
