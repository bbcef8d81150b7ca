//! Memory of all containers over time, with the budget.

use evenkeel_common::units::{show_duration, show_size};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Paragraph};
use std::time::Duration;

use crate::model::level::Level;
use crate::model::numbers::to_f64;
use crate::top::history::History;
use crate::top::state::State;
use crate::top::view::theme::Theme;

/// The scale reaches the budget where the peak is at least this part of it; else nothing could be seen of the curve.
const BUDGET_FROM: u64 = 4;

/// Smallest height of the scale, bytes.
const MIN_SCALE: u64 = 16 << 20;

pub(super) fn draw(state: &State, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    if area.is_empty() {
        return;
    }
    let [title, plot] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let budget = state.budget.memory_bytes;
    let scale = Scale::of(state.history.peak().unwrap_or(0), budget);
    frame.render_widget(Paragraph::new(title_line(state, scale, theme)), title);

    let window = History::window_s(state.interval);
    let to_points =
        |piece: Vec<(f64, u64)>| piece.into_iter().map(|(x, y)| (x, to_f64(y))).collect::<Vec<_>>();
    let curves: Vec<Vec<(f64, f64)>> = state.history.pieces(state.now).into_iter().map(to_points).collect();
    let memory = state.assessment.resources.first().and_then(|memory| memory.level);
    let curve_style = theme.bar(memory.unwrap_or(Level::Safe));
    let line = [(-window, to_f64(budget)), (0.0, to_f64(budget))];
    let mut sets: Vec<Dataset<'_>> = Vec::new();
    if scale.shows_budget {
        sets.push(dataset(&line).marker(Marker::Dot).style(theme.budget()));
    }
    sets.extend(curves.iter().map(|curve| dataset(curve).marker(Marker::Braille).style(curve_style)));
    let ago = |part: f64| format!("-{}", show_duration(Duration::from_secs_f64(window * part)));
    let x =
        Axis::default().bounds([-window, 0.0]).style(theme.dim()).labels([ago(1.0), ago(0.5), "now".into()]);
    let y = Axis::default().bounds([0.0, to_f64(scale.top)]).style(theme.dim());
    let y = y.labels(["0".to_owned(), show_size(scale.top / 2), show_size(scale.top)]);
    frame.render_widget(Chart::new(sets).legend_position(None).x_axis(x).y_axis(y), plot);
    if scale.shows_budget {
        draw_label(scale, budget, theme, plot, frame);
    }
}

fn dataset(points: &[(f64, f64)]) -> Dataset<'_> {
    Dataset::default().graph_type(GraphType::Line).data(points)
}

fn title_line(state: &State, scale: Scale, theme: Theme) -> Line<'static> {
    let size = |bytes: Option<u64>| bytes.map_or_else(|| "?".to_owned(), show_size);
    let figures = format!(
        "memory of all containers: {}, peak {}",
        size(state.facts.usage().memory_bytes),
        size(state.history.peak())
    );
    let mut spans = vec![Span::styled(figures, theme.title())];
    if !scale.shows_budget {
        let text = format!("  ↑ budget {}", show_size(state.budget.memory_bytes));
        spans.push(Span::styled(text, theme.dim()));
    }
    Line::from(spans)
}

/// The line of the budget bears its name. The axis and its labels take two lines at the bottom of the plot.
fn draw_label(scale: Scale, budget: u64, theme: Theme, plot: Rect, frame: &mut Frame<'_>) {
    let label = format!(" budget {} ", show_size(budget));
    let width = u16::try_from(label.chars().count()).unwrap_or(u16::MAX);
    let heights = plot.height.saturating_sub(3);
    let share = (to_f64(budget) / to_f64(scale.top.max(1))).clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the height")]
    let down = ((1.0 - share) * f64::from(heights)).round() as u16;
    let place = Rect { x: plot.right().saturating_sub(width + 2), y: plot.y + down, width, height: 1 };
    frame.render_widget(Span::styled(label, theme.budget()), place.intersection(plot));
}

/// What the vertical axis reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    /// Bytes at its top.
    top: u64,
    shows_budget: bool,
}

impl Scale {
    fn of(peak: u64, budget: u64) -> Self {
        let shows_budget = peak >= budget / BUDGET_FROM;
        let highest = if shows_budget { peak.max(budget) } else { peak };
        // Room above the curve.
        Self { top: round_up(highest.saturating_add(highest / 10)), shows_budget }
    }
}

/// The next power of two, or the one half as large again: its half is a figure that reads well, too.
fn round_up(bytes: u64) -> u64 {
    let bytes = bytes.clamp(MIN_SCALE, 1 << 62);
    let power = bytes.next_power_of_two();
    if power / 4 * 3 >= bytes { power / 4 * 3 } else { power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_fits_the_curve_or_reaches_the_budget() {
        let of = |peak: u64, budget: u64| Scale::of(peak << 20, budget << 20);
        assert_eq!(of(0, 4096), Scale { top: 16 << 20, shows_budget: false });
        assert_eq!(of(100, 4096), Scale { top: 128 << 20, shows_budget: false });
        assert_eq!(of(1024, 4096), Scale { top: 6144 << 20, shows_budget: true });
        assert_eq!(of(8192, 4096), Scale { top: 12_288 << 20, shows_budget: true });
        assert_eq!(Scale::of(u64::MAX, 1).top, 1 << 62);
        assert_eq!(Scale::of(0, 0), Scale { top: 16 << 20, shows_budget: true });
    }
}
