//! The table of containers.

use evenkeel_common::terminal::one_line;
use evenkeel_common::units::show_size;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row as TableRow, Table};

use crate::model::container::{Container, ContainerState};
use crate::model::level::Level;
use crate::model::numbers::to_f64;
use crate::top::columns::{Column, Direction, Place, SPACING, Trouble, fit, trouble};
use crate::top::list::{Fold, Group, Row};
use crate::top::state::State;
use crate::top::view::text::{age, bar, or_dash};
use crate::top::view::theme::Theme;

pub(super) fn draw(state: &State, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let places = fit(area.width);
    let rows = state.list.rows(&state.facts);
    let height = usize::from(area.height.saturating_sub(1));
    let shown = rows.iter().enumerate().skip(state.list.first).take(height);
    let shown = shown.map(|(place, row)| {
        let cells = places.iter().map(|place| cell(row, *place, state, theme));
        let drawn = TableRow::new(cells.collect::<Vec<_>>());
        if place == state.list.cursor { drawn.style(theme.selected()) } else { drawn }
    });
    let widths = places.iter().map(|place| Constraint::Length(place.width));
    let titles = places.iter().map(|place| title(*place, state));
    let header = TableRow::new(titles.collect::<Vec<_>>()).style(theme.title());
    let table = Table::new(shown.collect::<Vec<_>>(), widths.collect::<Vec<_>>());
    frame.render_widget(table.header(header).column_spacing(SPACING), area);
    if rows.is_empty() && area.height > 1 {
        let place = Rect { y: area.y + 1, height: 1, ..area };
        frame.render_widget(Paragraph::new(nothing(state)).style(theme.dim()), place);
    }
}

/// Why there are no rows.
fn nothing(state: &State) -> String {
    if !state.facts.containers_known {
        "what containers there are is not known".into()
    } else if state.facts.containers.is_empty() {
        "there are no containers".into()
    } else if state.list.filter.is_empty() {
        "no container runs (a shows the stopped ones)".into()
    } else {
        format!("no container has '{}' in its name, project or image", one_line(&state.list.filter))
    }
}

fn title(place: Place, state: &State) -> String {
    let order = state.list.order;
    let mark = match order.direction {
        _ if order.column != place.column => "",
        Direction::Ascending => "▲",
        Direction::Descending => "▼",
    };
    format!("{}{mark}", place.column.title())
}

fn cell(row: &Row<'_>, place: Place, state: &State, theme: Theme) -> Cell<'static> {
    match row {
        Row::Container(container) => container_cell(container, place, state, theme),
        Row::Project(group) => group_cell(group, place, state, theme),
    }
}

fn container_cell(container: &Container, place: Place, state: &State, theme: Theme) -> Cell<'static> {
    let summary = &container.summary;
    match place.column {
        Column::Name => {
            let indent = if state.is_grouped() { "  " } else { "" };
            Cell::from(format!("{indent}{}", one_line(&summary.name)))
        }
        Column::Project => Cell::from(or_dash(summary.project().map(one_line))),
        Column::Image => Cell::from(one_line(&summary.image)),
        Column::State => Cell::from(state_text(container, theme)),
        Column::Cpu => Cell::from(cpu(container.cpu_pct, place, theme)),
        Column::Memory => Cell::from(memory(container, state.budget.memory_bytes, place, theme)),
        Column::Restarts => {
            let restarts = container.details.as_ref().and_then(|details| details.restarts);
            Cell::from(format!("{:>width$}", or_dash(restarts.map(|n| n.to_string())), width = 8))
        }
        Column::Age => Cell::from(or_dash(summary.created_at.map(|at| age(state.now, at)))),
    }
}

fn state_text(container: &Container, theme: Theme) -> Span<'static> {
    let summary = &container.summary;
    let text = if container.oom_killed() == Some(true) {
        "OOM".to_owned()
    } else if summary.state == ContainerState::Exited {
        summary.exit_code.map_or_else(|| "exited".to_owned(), |code| format!("exited {code}"))
    } else if summary.state == ContainerState::Running {
        summary.health_or_state().to_owned()
    } else {
        one_line(summary.state.name())
    };
    match trouble(container) {
        Trouble::Unwell => Span::styled(text, theme.alarm()),
        Trouble::Ended => Span::styled(text, theme.dim()),
        Trouble::Maybe | Trouble::Well => Span::raw(text),
    }
}

/// CPU use, and a bar that one core fills.
fn cpu(pct: Option<f64>, place: Place, theme: Theme) -> Line<'static> {
    let shown = pct.map(|pct| if pct < 1000.0 { format!("{pct:.1}%") } else { format!("{pct:.0}%") });
    let text = usize::from(place.width - place.bar) - usize::from(place.bar > 0);
    let mut spans = vec![Span::raw(format!("{:>text$}", or_dash(shown)))];
    if let (Some(pct), 1..) = (pct, place.bar) {
        spans.push(Span::raw(" "));
        spans.extend(bar(pct / 100.0, place.bar, theme.cpu(), theme));
    }
    Line::from(spans)
}

/// Memory, its limit where there is room, and its share of the limit, or, without one, of the budget.
fn memory(container: &Container, budget: u64, place: Place, theme: Theme) -> Line<'static> {
    let used = container.working_set();
    let limit = container.memory_limit();
    let level = container.level().unwrap_or(Level::Safe);
    memory_line(used, limit, limit.unwrap_or(budget), level, place, theme)
}

fn memory_line(
    used: Option<u64>,
    limit: Option<u64>,
    whole: u64,
    level: Level,
    place: Place,
    theme: Theme,
) -> Line<'static> {
    let text = usize::from(place.width - place.bar) - usize::from(place.bar > 0);
    let amount = or_dash(used.map(show_size));
    let shown = match limit.filter(|_| used.is_some() && text >= 21) {
        Some(limit) => format!("{amount:>9} of {}", show_size(limit)),
        None => format!("{amount:>9}"),
    };
    let mut spans = vec![Span::raw(format!("{shown:<text$}"))];
    if let (Some(used), 1..) = (used, place.bar) {
        spans.push(Span::raw(" "));
        spans.extend(bar(to_f64(used) / to_f64(whole.max(1)), place.bar, theme.bar(level), theme));
    }
    Line::from(spans)
}

fn group_cell(group: &Group<'_>, place: Place, state: &State, theme: Theme) -> Cell<'static> {
    match place.column {
        Column::Name => {
            let mark = if group.fold == Fold::Open { "▾" } else { "▸" };
            let name = if group.project.is_empty() { "(no project)".into() } else { one_line(group.project) };
            Cell::from(Span::styled(format!("{mark} {name} ({})", group.members.len()), theme.title()))
        }
        Column::State if group.unwell() > 0 => {
            Cell::from(Span::styled(format!("{} unwell", group.unwell()), theme.alarm()))
        }
        Column::Cpu => Cell::from(cpu(group.cpu_pct(), place, theme)),
        Column::Memory => {
            let (used, budget) = (group.memory(), state.budget.memory_bytes);
            let level = Level::of(used.unwrap_or(0), budget);
            Cell::from(memory_line(used, None, budget, level, place, theme))
        }
        // Not Cell::default(), which spans no column.
        _ => Cell::from(""),
    }
}
