//! The header: the verdict, the levels, environments and projects.

use std::collections::BTreeMap;

use evenkeel_common::terminal::one_line;
use evenkeel_common::units::{show_duration, show_size};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::model::container::Container;
use crate::model::level::{Level, Resource, ResourceLevel};
use crate::model::locks::LockUse;
use crate::top::columns::{Trouble, trouble};
use crate::top::layout::{Parts, level_columns};
use crate::top::state::State;
use crate::top::view::text::bar;
use crate::top::view::theme::Theme;

/// Characters of a level's name and of its figures; the rest is its bar.
const NAME_WIDTH: u16 = 11;
const FIGURES_WIDTH: u16 = 18;

pub(super) fn draw(state: &State, theme: Theme, parts: &Parts, frame: &mut Frame<'_>) {
    frame.render_widget(Paragraph::new(verdict(state, theme)), parts.verdict);
    draw_levels(state, theme, parts.levels, frame);
    let lines = wrap(groups(state, theme), parts.environments.width.into());
    frame.render_widget(Paragraph::new(lines), parts.environments);
}

/// The verdict, and what is wrong with the engines, or what makes the level.
fn verdict(state: &State, theme: Theme) -> Line<'static> {
    let verdict = state.facts.verdict(&state.assessment);
    let badge = Span::styled(format!(" {} ", verdict.name().to_uppercase()), theme.badge(verdict.severity()));
    let problems = state.facts.problems();
    let why = if problems.is_empty() {
        let hosts: Vec<&str> = state.facts.engines.iter().map(|engine| engine.host.as_str()).collect();
        let every = show_duration(state.interval);
        Span::raw(format!(" {}, every {every}", one_line(&hosts.join(", "))))
    } else {
        Span::styled(format!(" {}", one_line(&problems.join("; "))), theme.alarm())
    };
    Line::from(vec![badge, why])
}

fn draw_levels(state: &State, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    if area.is_empty() {
        return;
    }
    let columns = level_columns(area.width);
    let places = Layout::horizontal((0..columns).map(|_| Constraint::Fill(1))).spacing(2).split(area);
    let cells = cells(state, theme, places[0].width);
    let rows = usize::from(area.height);
    for (cells, place) in cells.chunks(rows).zip(places.iter()) {
        frame.render_widget(Paragraph::new(cells.to_vec()), *place);
    }
}

/// Memory, containers, networks, volumes, disk, machine.
fn cells(state: &State, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let judged = |wanted: &[Resource]| {
        state.assessment.resources.iter().find(|found| wanted.contains(&found.resource))
    };
    let usage = state.facts.usage();
    let bare = |name, count: Option<u64>| {
        let count = count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        Line::raw(format!("{name:<width$}{count}", width = usize::from(NAME_WIDTH)))
    };
    let cell = |name, wanted: &[Resource], count: Option<u64>| {
        judged(wanted).map_or_else(|| bare(name, count), |found| level(found, theme, width))
    };
    vec![
        cell("memory", &[Resource::Memory], None),
        cell("containers", &[Resource::Containers], usage.containers),
        cell("networks", &[Resource::Networks, Resource::Subnets], usage.networks),
        cell("volumes", &[Resource::Volumes], usage.volumes),
        cell("disk", &[Resource::Disk], None),
        machine(state),
    ]
}

fn level(found: &ResourceLevel, theme: Theme, width: u16) -> Line<'static> {
    let style = theme.bar(found.level.unwrap_or(Level::Safe));
    let share = found.pct().unwrap_or(0.0) / 100.0;
    let bar_width = width.saturating_sub(NAME_WIDTH + FIGURES_WIDTH + 1);
    let mut spans =
        vec![Span::raw(format!("{:<width$}", found.resource.name(), width = usize::from(NAME_WIDTH)))];
    spans.extend(bar(share, bar_width, style, theme));
    let is_alarm = found.level.is_some_and(|level| level >= Level::Critical);
    let figures = if is_alarm { theme.alarm() } else { theme.title() };
    spans.push(Span::styled(format!(" {}", found.figures()), figures));
    Line::from(spans)
}

fn machine(state: &State) -> Line<'static> {
    let available = state.facts.mem_available().map_or_else(|| "?".into(), show_size);
    let cpu = state.facts.cpu_pct().map_or_else(|| "?".into(), |pct| format!("{pct:.1} %"));
    Line::raw(format!("{:<width$}CPU {cpu}, {available} free", "machine", width = usize::from(NAME_WIDTH)))
}

/// What belongs together: so many containers, so many of them unwell.
#[derive(Default)]
struct Count {
    all: usize,
    unwell: usize,
}

impl Count {
    fn add(&mut self, container: &Container) {
        self.all += 1;
        self.unwell += usize::from(trouble(container) == Trouble::Unwell);
    }
}

/// Environments with their locks, then projects.
fn groups(state: &State, theme: Theme) -> Vec<Vec<Span<'static>>> {
    let (mut environments, mut projects) = (BTreeMap::new(), BTreeMap::new());
    for container in &state.facts.containers {
        if let Some(name) = container.summary.environment() {
            let key = (name.to_owned(), container.engine.clone());
            environments.entry(key).or_insert_with(Count::default).add(container);
        }
        if let Some(name) = container.summary.project() {
            projects.entry(name).or_insert_with(Count::default).add(container);
        }
    }
    let mut shown = Vec::new();
    for ((name, engine), count) in environments {
        let mut spans = group("env", &name, &count, theme);
        if let LockUse::Used(by) = state.locks.of(&engine, &name) {
            spans.push(Span::raw(format!(" ({})", one_line(&by))));
        }
        shown.push(spans);
    }
    shown.extend(projects.into_iter().map(|(name, count)| group("project", name, &count, theme)));
    shown
}

fn group(kind: &str, name: &str, count: &Count, theme: Theme) -> Vec<Span<'static>> {
    let name = Span::styled(one_line(name), theme.title());
    let mut spans =
        vec![Span::styled(format!("{kind} "), theme.dim()), name, Span::raw(format!(" {}", count.all))];
    if count.unwell > 0 {
        spans.push(Span::styled(format!(", {} unwell", count.unwell), theme.alarm()));
    }
    spans
}

/// Puts groups on lines of this width.
fn wrap(groups: Vec<Vec<Span<'static>>>, width: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for group in groups {
        let group = Line::from(group);
        match lines.last_mut() {
            Some(line) if line.width() + 2 + group.width() <= width => {
                line.spans.push(Span::raw("  "));
                line.spans.extend(group.spans);
            }
            _ => lines.push(group),
        }
    }
    lines
}
