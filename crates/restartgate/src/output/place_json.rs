//! Where the records are, a part of each report.

use evenkeel_common::state::StateDir;
use evenkeel_common::state::shared::Sharing;
use evenkeel_common::terminal::one_line;
use serde::Serialize;

/// Where the records are, and whose.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PlaceJson {
    state_directory: String,
    /// Whether all users of the machine share it.
    shared: bool,
    #[serde(skip)]
    text: String,
}

impl From<&StateDir> for PlaceJson {
    fn from(dir: &StateDir) -> Self {
        Self {
            state_directory: dir.home().to_string_lossy().into_owned(),
            shared: dir.sharing == Sharing::AllUsers,
            text: one_line(&format!("records in {}, {}", dir.path.display(), dir.sharing.text())) + "\n",
        }
    }
}

impl PlaceJson {
    /// The line for people.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
