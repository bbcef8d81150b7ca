//! What is printed, as JSON and as text.

pub(crate) mod heal_json;
pub(crate) mod place_json;
pub(crate) mod queries_json;
pub(crate) mod report_json;
pub(crate) mod status_json;
pub(crate) mod wait_json;
