//! The live view: what is shown, and what a key does to it. Knows no terminal; drawn on any ratatui backend.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};

use evenkeel_common::units::show_size;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Sparkline, Table};

use crate::model::container::{Container, Facts};
use crate::model::level::{Budget, Level, judge};

/// Samples that are remembered: as wide as a wide terminal.
const MEMORY: usize = 300;
/// Width of a container's history.
const NARROW: usize = 8;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const HELP: &str = "q quit  m memory  c CPU  n name  / filter  ↑↓ PgUp PgDn scroll";

/// A key, in the words of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Ends what is typed.
    Enter,
    /// Gives up what is typed.
    Escape,
    /// Takes a character back.
    Backspace,
    /// So many rows down; up where negative.
    Scroll(i32),
}

/// What containers are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Largest working set first.
    Memory,
    /// Busiest first.
    Cpu,
    /// By name.
    Name,
}

/// Whether the view goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    Stay,
    /// It was left.
    Leave,
}

/// The state of the view.
#[derive(Debug)]
pub struct View {
    budget: Budget,
    facts: Facts,
    totals: VecDeque<u64>,
    each: HashMap<String, VecDeque<u64>>,
    sort: Sort,
    filter: String,
    typing: bool,
    top: usize,
}

impl View {
    /// An empty one.
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            facts: Facts::default(),
            totals: VecDeque::new(),
            each: HashMap::new(),
            sort: Sort::Memory,
            filter: String::new(),
            typing: false,
            top: 0,
        }
    }

    /// Takes a sample in.
    pub fn update(&mut self, facts: Facts) {
        remember(&mut self.totals, facts.usage().memory_bytes, MEMORY);
        for container in facts.live() {
            remember(
                self.each.entry(container.listed.id.clone()).or_default(),
                container.working_set(),
                NARROW,
            );
        }
        self.each.retain(|id, _| facts.live().any(|container| container.listed.id == *id));
        self.facts = facts;
    }

    /// Does what a key says.
    pub fn press(&mut self, key: Key) -> Flow {
        match (self.typing, key) {
            (false, Key::Char('q') | Key::Escape) => return Flow::Leave,
            (false, Key::Char('m')) => self.sort = Sort::Memory,
            (false, Key::Char('c')) => self.sort = Sort::Cpu,
            (false, Key::Char('n')) => self.sort = Sort::Name,
            (false, Key::Char('/')) => self.typing = true,
            (true, Key::Char(c)) => self.filter.push(c),
            (true, Key::Backspace) => drop(self.filter.pop()),
            (true, Key::Enter) => self.typing = false,
            (true, Key::Escape) => {
                self.filter.clear();
                self.typing = false;
            }
            (_, Key::Scroll(rows)) => {
                let last = i64::try_from(self.rows().len().saturating_sub(1)).unwrap_or(0);
                let top = i64::try_from(self.top).unwrap_or(0) + i64::from(rows);
                self.top = usize::try_from(top.clamp(0, last)).unwrap_or(0);
            }
            _ => {}
        }
        Flow::Stay
    }

    /// The containers that are shown, in order.
    fn rows(&self) -> Vec<&Container> {
        let mut rows: Vec<&Container> =
            self.facts.live().filter(|container| container.listed.name.contains(&self.filter)).collect();
        // Sorting is stable, and the facts come sorted by name.
        match self.sort {
            Sort::Memory => rows.sort_by_key(|container| std::cmp::Reverse(container.working_set())),
            Sort::Cpu => rows.sort_by(|a, b| b.cpu_pct.partial_cmp(&a.cpu_pct).unwrap_or(Ordering::Equal)),
            Sort::Name => {}
        }
        rows
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let parts = Layout::vertical([
            Constraint::Length(2),
            Constraint::Length(3),
            Constraint::Min(2),
            Constraint::Length(1),
        ]);
        let [head, history, list, foot] = parts.areas(frame.area());
        frame.render_widget(Paragraph::new(self.head()), head);
        let width = usize::from(history.width);
        let newest: Vec<u64> =
            self.totals.iter().skip(self.totals.len().saturating_sub(width)).copied().collect();
        let level = self.level().0;
        frame.render_widget(
            Sparkline::default().data(newest).style(style(level).remove_modifier(Modifier::BOLD)),
            history,
        );
        frame.render_widget(self.table(), list);
        frame
            .render_widget(Paragraph::new(self.foot()).style(Style::new().add_modifier(Modifier::DIM)), foot);
    }

    fn level(&self) -> (Level, bool) {
        let level = judge(&self.facts.usage(), &self.budget).level;
        (level, self.facts.is_healthy())
    }

    fn head(&self) -> Vec<Line<'static>> {
        let (level, healthy) = self.level();
        let usage = self.facts.usage();
        let share = |used: Option<u64>, budget: u64| {
            used.map_or_else(|| format!("?/{budget}"), |used| format!("{used}/{budget}"))
        };
        let memory = usage.memory_bytes.map_or_else(|| "?".into(), show_size);
        let word = if healthy { level.name().to_uppercase() } else { "UNAVAILABLE".into() };
        let first = Line::from(vec![
            Span::styled(word, style(if healthy { level } else { Level::Emergency })),
            Span::raw(format!(
                "  mem {memory}/{}  containers {}  networks {}  volumes {}",
                show_size(self.budget.memory_bytes),
                share(usage.containers, self.budget.containers),
                share(usage.networks, self.budget.networks),
                share(usage.volumes, self.budget.volumes),
            )),
        ]);
        let complaints = self.facts.complaints().join("; ");
        let available = self.facts.mem_available().map_or_else(|| "?".into(), show_size);
        let cpu = self.facts.cpu_pct().map_or_else(|| "?".into(), |pct| format!("{pct:.1} %"));
        let second = if complaints.is_empty() {
            Line::raw(format!("CPU {cpu}, {available} available on the machine"))
        } else {
            Line::styled(complaints, style(Level::Critical))
        };
        vec![first, second]
    }

    fn table(&self) -> Table<'static> {
        let rows =
            self.rows().into_iter().skip(self.top).map(|container| self.row(container)).collect::<Vec<_>>();
        let widths = [
            Constraint::Min(24),
            Constraint::Length(9),
            Constraint::Length(10),
            Constraint::Length(10),
            Constraint::Length(6),
            Constraint::Length(7),
            Constraint::Length(8),
        ];
        let mark =
            |title: &str, sort| if self.sort == sort { format!("{title}▼") } else { title.to_owned() };
        let header = [
            mark("NAME", Sort::Name),
            "STATE".into(),
            mark("MEMORY", Sort::Memory),
            "LIMIT".into(),
            "%".into(),
            mark("CPU %", Sort::Cpu),
            "HISTORY".into(),
        ];
        Table::new(rows, widths).header(Row::new(header).style(Style::new().add_modifier(Modifier::BOLD)))
    }

    fn row(&self, container: &Container) -> Row<'static> {
        let dash = || "-".to_owned();
        let state = container.listed.health.clone().unwrap_or_else(|| container.listed.state.clone());
        let history = self.each.get(&container.listed.id).map(bars).unwrap_or_default();
        let row = Row::new([
            Cell::from(container.listed.name.clone()),
            Cell::from(if container.oom_killed() == Some(true) { "OOM".into() } else { state }),
            Cell::from(container.working_set().map_or_else(dash, show_size)),
            Cell::from(container.memory_limit().map_or_else(dash, show_size)),
            Cell::from(container.memory_pct().map_or_else(dash, |pct| format!("{pct:.1}"))),
            Cell::from(container.cpu_pct.map_or_else(dash, |pct| format!("{pct:.1}"))),
            Cell::from(history),
        ]);
        match container.level() {
            Some(level) if level > Level::Safe => row.style(style(level)),
            _ => row,
        }
    }

    fn foot(&self) -> String {
        if self.typing {
            return format!("filter: {}_  (Enter keeps it, Esc drops it)", self.filter);
        }
        let filter =
            if self.filter.is_empty() { String::new() } else { format!("  filter: {}", self.filter) };
        format!("{HELP}{filter}")
    }
}

fn remember(past: &mut VecDeque<u64>, value: Option<u64>, most: usize) {
    if past.len() == most {
        past.pop_front();
    }
    past.push_back(value.unwrap_or(0));
}

/// A history as one line of bars, scaled to its own largest value.
fn bars(past: &VecDeque<u64>) -> String {
    let most = past.iter().copied().max().unwrap_or(0).max(1);
    let bar = |value: &u64| {
        let height = u128::from(*value) * 7 / u128::from(most);
        BARS[usize::try_from(height).unwrap_or(0).min(7)]
    };
    past.iter().map(bar).collect()
}

fn style(level: Level) -> Style {
    let colour = match level {
        Level::Safe => Style::new().fg(Color::Green),
        Level::Warning => Style::new().fg(Color::Yellow),
        Level::Critical => Style::new().fg(Color::Red),
        Level::Emergency => Style::new().fg(Color::White).bg(Color::Red),
    };
    colour.add_modifier(Modifier::BOLD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::{Listed, Reading};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    const BUDGET: Budget = Budget { memory_bytes: 4 << 30, containers: 20, networks: 15, volumes: 10 };

    fn container(name: &str, mebibytes: u64, cpu: f64) -> Container {
        Container {
            listed: Listed {
                id: name.into(),
                name: name.into(),
                state: "running".into(),
                ..Listed::default()
            },
            reading: Some(Reading {
                memory_working_set: Some(mebibytes << 20),
                memory_limit: Some(100 << 20),
                ..Reading::default()
            }),
            cpu_pct: Some(cpu),
            ..Container::default()
        }
    }

    fn view(containers: Vec<Container>) -> View {
        let mut view = View::new(BUDGET);
        view.update(Facts { containers, containers_known: true, ..Facts::default() });
        view
    }

    fn screen(view: &View, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view.draw(frame)).unwrap();
        terminal.backend().to_string()
    }

    fn names(view: &View) -> Vec<&str> {
        view.rows().iter().map(|container| container.listed.name.as_str()).collect()
    }

    #[test]
    fn sorts_filters_and_leaves() {
        let mut view =
            view(vec![container("api", 10, 9.0), container("db", 95, 1.0), container("web", 20, 3.0)]);
        assert_eq!(names(&view), ["db", "web", "api"]);
        view.press(Key::Char('c'));
        assert_eq!(names(&view), ["api", "web", "db"]);
        view.press(Key::Char('n'));
        assert_eq!(names(&view), ["api", "db", "web"]);
        for key in [Key::Char('/'), Key::Char('q'), Key::Backspace, Key::Char('b'), Key::Enter] {
            assert_eq!(view.press(key), Flow::Stay);
        }
        assert_eq!(names(&view), ["db", "web"]);
        for key in [Key::Char('/'), Key::Escape] {
            view.press(key);
        }
        assert_eq!(names(&view).len(), 3);
        view.press(Key::Scroll(99));
        assert_eq!(view.top, 2);
        view.press(Key::Scroll(-99));
        assert_eq!((view.top, view.press(Key::Char('q'))), (0, Flow::Leave));
    }

    #[test]
    fn fits_80_by_24_and_anything_else() {
        let view = view(vec![container("shop-postgres", 95, 12.5), container("shop-redis", 20, 0.0)]);
        let shown = screen(&view, 80, 24);
        for wanted in
            ["mem 115.0 MiB/4.0 GiB", "shop-postgres", "95.0 MiB", "100.0 MiB", "12.5", "q quit", "HISTORY"]
        {
            assert!(shown.contains(wanted), "{wanted}\n{shown}");
        }
        for (width, height) in [(1, 1), (20, 5), (79, 3), (300, 100)] {
            screen(&view, width, height);
        }
    }

    #[test]
    fn histories_do_not_grow() {
        let mut view = view(vec![container("a", 1, 0.0)]);
        for size in 0..1000 {
            view.update(Facts {
                containers: vec![container("a", size, 0.0)],
                containers_known: true,
                ..Facts::default()
            });
        }
        assert_eq!((view.totals.len(), view.each["a"].len()), (MEMORY, NARROW));
        view.update(Facts::default());
        assert!(view.each.is_empty());
    }
}
