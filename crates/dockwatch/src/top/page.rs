//! The page of one container that was opened.

use crate::model::inspection::Opened;
use crate::top::action::ContainerId;

/// What the page of a container shows.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) container: ContainerId,
    pub(super) name: String,
    /// `None` until the engine has answered.
    pub(super) opened: Option<Opened>,
    /// Why the page is not up to date.
    pub(super) problem: Option<String>,
    /// Lines above the first one that is shown.
    pub(super) scroll: u16,
}

/// Why a container could not be opened, or looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    /// It was removed.
    Gone,
    Failed(String),
}

impl Page {
    pub(super) const fn new(container: ContainerId, name: String) -> Self {
        Self { container, name, opened: None, problem: None, scroll: 0 }
    }

    /// Takes the engine's answer. What was known before stays on the page where it is an error.
    pub(super) fn update(&mut self, answer: Result<Opened, PageError>) {
        match answer {
            Ok(opened) => {
                self.opened = Some(opened);
                self.problem = None;
            }
            Err(PageError::Gone) => self.problem = Some("the container was removed".into()),
            Err(PageError::Failed(cause)) => self.problem = Some(cause),
        }
    }

    /// Scrolls down; up where negative.
    pub(super) fn scroll_by(&mut self, lines: i64) {
        let new = i64::from(self.scroll).saturating_add(lines).clamp(0, i64::from(u16::MAX));
        self.scroll = u16::try_from(new).unwrap_or(0);
    }
}
