//! Where the locks are, a part of each report.

use evenkeel_common::state::shared::Sharing;
use evenkeel_common::state::{Home, StateDir};
use evenkeel_common::terminal::one_line;
use serde::Serialize;

/// Where the locks are, and whose; unknown where a run has no use for them.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct PlaceJson {
    /// The state directory in which the locks are.
    state_directory: Option<String>,
    /// Whether all users of the machine share it.
    shared: Option<bool>,
}

impl From<&StateDir> for PlaceJson {
    fn from(dir: &StateDir) -> Self {
        Self::new(&dir.home().to_string_lossy(), dir.sharing)
    }
}

impl From<&Home> for PlaceJson {
    fn from(home: &Home) -> Self {
        Self::new(&home.lock_home().to_string_lossy(), home.sharing())
    }
}

impl PlaceJson {
    fn new(directory: &str, sharing: Sharing) -> Self {
        Self { state_directory: Some(directory.to_owned()), shared: Some(sharing == Sharing::AllUsers) }
    }

    /// The line for people; empty where the place is unknown.
    pub(crate) fn text(&self) -> String {
        let (Some(home), Some(shared)) = (&self.state_directory, self.shared) else { return String::new() };
        let sharing = if shared { Sharing::AllUsers } else { Sharing::OneUser };
        one_line(&format!("locks in {home}/locks, {}", sharing.text())) + "\n"
    }
}
