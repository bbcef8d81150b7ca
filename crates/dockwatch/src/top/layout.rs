//! Where the parts of the list page are. The same for drawing and for the mouse.

use ratatui::layout::{Constraint, Layout, Rect};

/// Narrowest place of one level in the header.
const LEVEL_WIDTH: u16 = 38;
/// Levels and figures of the machine in the header: memory, containers, networks, volumes, disk, machine.
const LEVELS: u16 = 6;
/// A lower terminal has no graph.
const MIN_HEIGHT_OF_GRAPH: u16 = 20;
/// A narrower one, too: there would be no room beside its axis.
const MIN_WIDTH_OF_GRAPH: u16 = 40;
/// A lower terminal has only the verdict above the table.
const MIN_HEIGHT_OF_LEVELS: u16 = 12;
/// A higher terminal has several lines of environments and projects.
const HIGH: u16 = 40;

/// The parts of the list page, from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) verdict: Rect,
    pub(super) levels: Rect,
    pub(super) environments: Rect,
    pub(super) graph: Rect,
    /// With the line of titles.
    pub(super) table: Rect,
    pub(super) footer: Rect,
}

/// How many levels stand side by side.
pub(super) fn level_columns(width: u16) -> u16 {
    (width / LEVEL_WIDTH).clamp(1, 3)
}

/// Places the parts.
pub(super) fn parts(area: Rect) -> Parts {
    let has_levels = area.height >= MIN_HEIGHT_OF_LEVELS && area.width >= LEVEL_WIDTH;
    let has_graph = area.height >= MIN_HEIGHT_OF_GRAPH && area.width >= MIN_WIDTH_OF_GRAPH;
    let levels = if has_levels { LEVELS.div_ceil(level_columns(area.width)) } else { 0 };
    let environments = if !has_levels {
        0
    } else if area.height >= HIGH {
        2
    } else {
        1
    };
    let graph = if has_graph { (area.height / 4).clamp(8, 15) } else { 0 };
    let heights = [1, levels, environments, graph];
    let heights =
        heights.map(Constraint::Length).into_iter().chain([Constraint::Min(1), Constraint::Length(1)]);
    let [verdict, levels, environments, graph, table, footer] = Layout::vertical(heights).areas(area);
    Parts { verdict, levels, environments, graph, table, footer }
}

/// How many containers fit into the table below its titles.
pub(super) fn rows(area: Rect) -> usize {
    parts(area).table.height.saturating_sub(1).into()
}
