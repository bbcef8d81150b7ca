//! Output formats.

pub mod prometheus;
pub mod runs;
pub mod scorecard;
pub mod snapshot_json;
pub mod snapshot_text;
pub mod svg_plot;
pub mod top_view;
