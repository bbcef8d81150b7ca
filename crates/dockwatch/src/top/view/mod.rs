//! Draws the state on any ratatui backend.

mod dialogs;
mod graph;
mod header;
mod page;
mod table;
mod text;
pub(crate) mod theme;

use ratatui::Frame;

use crate::top::layout;
use crate::top::state::State;
use theme::Theme;

/// Draws everything. Where the page of a container has been scrolled beyond its end, that is put right.
pub(crate) fn draw(state: &mut State, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    let parts = layout::parts(area);
    if let Some(opened) = &mut state.page {
        page::draw(opened, state.now, theme, frame);
    } else {
        header::draw(state, theme, &parts, frame);
        graph::draw(state, theme, parts.graph, frame);
        table::draw(state, theme, parts.table, frame);
    }
    dialogs::draw(state, theme, parts.footer, frame);
}
