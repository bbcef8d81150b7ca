//! What is printed and written: JSON and text.

pub(crate) mod log_json;
pub(crate) mod orphans_json;
pub(crate) mod place_json;
pub(crate) mod report_json;
pub(crate) mod text;
pub(crate) mod verify_json;
