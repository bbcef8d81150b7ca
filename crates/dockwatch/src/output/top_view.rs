//! The live view: what it shows, and what a key does to it. Independent of the terminal; drawn on any ratatui backend.

use std::cmp::{Ordering, Reverse};
use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;

use evenkeel_common::terminal::one_line;
use evenkeel_common::units::show_size;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Sparkline, Table};

use crate::model::container::Container;
use crate::model::facts::Facts;
use crate::model::level::{Assessment, Budget, Level, assess};

/// Samples of the total that are kept, one a column of a wide terminal.
const TOTAL_HISTORY: usize = 300;
/// Samples of each container that are kept, one a column of its history.
const CONTAINER_HISTORY: usize = 8;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const HELP: &str = "q quit  m memory  c CPU  n name  / filter  ↑↓ PgUp PgDn scroll";

/// A key that the view knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    Enter,
    Escape,
    Backspace,
    /// Rows to scroll down; up where negative.
    Scroll(i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortBy {
    /// Largest working set first.
    Memory,
    /// Highest CPU use first.
    Cpu,
    Name,
}

/// The state of the view.
#[derive(Debug)]
pub(crate) struct TopView {
    budget: Budget,
    facts: Facts,
    /// Memory of all containers, newest last.
    total_history: VecDeque<u64>,
    /// Memory by container id, newest last.
    histories: HashMap<String, VecDeque<u64>>,
    sort: SortBy,
    filter: String,
    is_typing_filter: bool,
    first_row: usize,
}

impl TopView {
    /// A view without a sample.
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            facts: Facts::default(),
            total_history: VecDeque::new(),
            histories: HashMap::new(),
            sort: SortBy::Memory,
            filter: String::new(),
            is_typing_filter: false,
            first_row: 0,
        }
    }

    /// Takes a new sample.
    pub(crate) fn update(&mut self, facts: Facts) {
        push(&mut self.total_history, facts.usage().memory_bytes, TOTAL_HISTORY);
        for container in facts.live() {
            let history = self.histories.entry(container.summary.id.clone()).or_default();
            push(history, container.working_set(), CONTAINER_HISTORY);
        }
        self.histories.retain(|id, _| facts.live().any(|container| container.summary.id == *id));
        self.facts = facts;
    }

    /// Handles a key. Breaks where the user quits.
    pub(crate) fn press(&mut self, key: Key) -> ControlFlow<()> {
        match (self.is_typing_filter, key) {
            (false, Key::Char('q') | Key::Escape) => return ControlFlow::Break(()),
            (false, Key::Char('m')) => self.sort = SortBy::Memory,
            (false, Key::Char('c')) => self.sort = SortBy::Cpu,
            (false, Key::Char('n')) => self.sort = SortBy::Name,
            (false, Key::Char('/')) => self.is_typing_filter = true,
            (true, Key::Char(c)) => self.filter.push(c),
            (true, Key::Backspace) => drop(self.filter.pop()),
            (true, Key::Enter) => self.is_typing_filter = false,
            (true, Key::Escape) => {
                self.filter.clear();
                self.is_typing_filter = false;
            }
            (_, Key::Scroll(rows)) => self.scroll(rows),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn scroll(&mut self, rows: i32) {
        let last = i64::try_from(self.rows().len().saturating_sub(1)).unwrap_or(0);
        let first = i64::try_from(self.first_row).unwrap_or(0) + i64::from(rows);
        self.first_row = usize::try_from(first.clamp(0, last)).unwrap_or(0);
    }

    /// The containers that pass the filter, sorted.
    fn rows(&self) -> Vec<&Container> {
        let mut rows: Vec<&Container> =
            self.facts.live().filter(|container| container.summary.name.contains(&self.filter)).collect();
        // The sort is stable, and the facts are sorted by name.
        match self.sort {
            SortBy::Memory => rows.sort_by_key(|container| Reverse(container.working_set())),
            SortBy::Cpu => rows.sort_by(|a, b| b.cpu_pct.partial_cmp(&a.cpu_pct).unwrap_or(Ordering::Equal)),
            SortBy::Name => {}
        }
        rows
    }

    pub(crate) fn draw(&self, frame: &mut Frame<'_>) {
        let parts = Layout::vertical([
            Constraint::Length(2),
            Constraint::Length(3),
            Constraint::Min(2),
            Constraint::Length(1),
        ]);
        let [header, history, list, footer] = parts.areas(frame.area());
        frame.render_widget(Paragraph::new(vec![self.verdict_line(), self.machine_line()]), header);
        frame.render_widget(self.sparkline(history.width.into()), history);
        frame.render_widget(self.table(), list);
        let dim = Style::new().add_modifier(Modifier::DIM);
        frame.render_widget(Paragraph::new(self.footer()).style(dim), footer);
    }

    fn assessment(&self) -> Assessment {
        assess(&self.facts.usage(), &self.budget)
    }

    fn sparkline(&self, width: usize) -> Sparkline<'static> {
        let skipped = self.total_history.len().saturating_sub(width);
        let newest: Vec<u64> = self.total_history.iter().skip(skipped).copied().collect();
        Sparkline::default()
            .data(newest)
            .style(style(self.assessment().level).remove_modifier(Modifier::BOLD))
    }

    fn verdict_line(&self) -> Line<'static> {
        let verdict = self.facts.verdict(&self.assessment());
        let usage = self.facts.usage();
        let share = |used: Option<u64>, budget: Option<u64>| {
            let used = used.map_or_else(|| "?".into(), |used| used.to_string());
            budget.map_or_else(|| used.clone(), |budget| format!("{used}/{budget}"))
        };
        let resources = format!(
            "  mem {}/{}  containers {}  networks {}  volumes {}",
            usage.memory_bytes.map_or_else(|| "?".into(), show_size),
            show_size(self.budget.memory_bytes),
            share(usage.containers, Some(self.budget.containers)),
            share(usage.networks, self.budget.networks),
            share(usage.volumes, self.budget.volumes),
        );
        let name = Span::styled(verdict.name().to_uppercase(), style(verdict.severity()));
        Line::from(vec![name, Span::raw(resources)])
    }

    fn machine_line(&self) -> Line<'static> {
        let problems = self.facts.problems();
        if !problems.is_empty() {
            return Line::styled(one_line(&problems.join("; ")), style(Level::Critical));
        }
        let available = self.facts.mem_available().map_or_else(|| "?".into(), show_size);
        let cpu = self.facts.cpu_pct().map_or_else(|| "?".into(), |pct| format!("{pct:.1} %"));
        let disk = self.facts.disk_space().map_or_else(String::new, |space| {
            format!(", disk {} of {} free", show_size(space.free), show_size(space.total))
        });
        Line::raw(format!("CPU {cpu}, {available} available on the machine{disk}"))
    }

    fn table(&self) -> Table<'static> {
        let rows = self.rows().into_iter().skip(self.first_row);
        let rows = rows.map(|container| self.row(container)).collect::<Vec<_>>();
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
            mark("NAME", SortBy::Name),
            "STATE".into(),
            mark("MEMORY", SortBy::Memory),
            "LIMIT".into(),
            "%".into(),
            mark("CPU %", SortBy::Cpu),
            "HISTORY".into(),
        ];
        Table::new(rows, widths).header(Row::new(header).style(Style::new().add_modifier(Modifier::BOLD)))
    }

    fn row(&self, container: &Container) -> Row<'static> {
        let dash = || "-".to_owned();
        let summary = &container.summary;
        let state = one_line(summary.health_or_state());
        let row = Row::new([
            Cell::from(one_line(&summary.name)),
            Cell::from(if container.oom_killed() == Some(true) { "OOM".into() } else { state }),
            Cell::from(container.working_set().map_or_else(dash, show_size)),
            Cell::from(container.memory_limit().map_or_else(dash, show_size)),
            Cell::from(container.memory_pct().map_or_else(dash, |pct| format!("{pct:.1}"))),
            Cell::from(container.cpu_pct.map_or_else(dash, |pct| format!("{pct:.1}"))),
            Cell::from(self.histories.get(&summary.id).map(bars).unwrap_or_default()),
        ]);
        match container.level() {
            Some(level) if level > Level::Safe => row.style(style(level)),
            _ => row,
        }
    }

    fn footer(&self) -> String {
        if self.is_typing_filter {
            format!("filter: {}_  (Enter applies it, Esc clears it)", self.filter)
        } else if self.filter.is_empty() {
            HELP.to_owned()
        } else {
            format!("{HELP}  filter: {}", self.filter)
        }
    }
}

fn push(history: &mut VecDeque<u64>, value: Option<u64>, max_len: usize) {
    if history.len() == max_len {
        history.pop_front();
    }
    history.push_back(value.unwrap_or(0));
}

/// A history as a line of bars, scaled to its own largest value.
fn bars(history: &VecDeque<u64>) -> String {
    let highest = history.iter().copied().max().unwrap_or(0).max(1);
    let bar = |value: &u64| {
        let height = u128::from(*value) * 7 / u128::from(highest);
        BARS[usize::try_from(height).unwrap_or(0).min(7)]
    };
    history.iter().map(bar).collect()
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
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    const BUDGET: Budget = Budget::OF_A_TEAM;

    fn container(name: &str, mebibytes: u64, cpu: f64) -> Container {
        Container { cpu_pct: Some(cpu), ..Container::running(name, mebibytes << 20, 100 << 20) }
    }

    fn view(containers: Vec<Container>) -> TopView {
        let mut view = TopView::new(BUDGET);
        view.update(Facts { containers, containers_known: true, ..Facts::default() });
        view
    }

    fn screen(view: &TopView, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view.draw(frame)).unwrap();
        terminal.backend().to_string()
    }

    fn names(view: &TopView) -> Vec<&str> {
        view.rows().iter().map(|container| container.summary.name.as_str()).collect()
    }

    #[test]
    fn sorts_filters_and_leaves() {
        let mut view =
            view(vec![container("api", 10, 9.0), container("db", 95, 1.0), container("web", 20, 3.0)]);
        assert_eq!(names(&view), ["db", "web", "api"]);
        assert_eq!(view.press(Key::Char('c')), ControlFlow::Continue(()));
        assert_eq!(names(&view), ["api", "web", "db"]);
        assert_eq!(view.press(Key::Char('n')), ControlFlow::Continue(()));
        assert_eq!(names(&view), ["api", "db", "web"]);
        for key in [Key::Char('/'), Key::Char('q'), Key::Backspace, Key::Char('b'), Key::Enter] {
            assert_eq!(view.press(key), ControlFlow::Continue(()));
        }
        assert_eq!(names(&view), ["db", "web"]);
        for key in [Key::Char('/'), Key::Escape] {
            assert_eq!(view.press(key), ControlFlow::Continue(()));
        }
        assert_eq!(names(&view).len(), 3);
        assert_eq!(view.press(Key::Scroll(99)), ControlFlow::Continue(()));
        assert_eq!(view.first_row, 2);
        assert_eq!(view.press(Key::Scroll(-99)), ControlFlow::Continue(()));
        assert_eq!((view.first_row, view.press(Key::Char('q'))), (0, ControlFlow::Break(())));
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
        assert_eq!((view.total_history.len(), view.histories["a"].len()), (TOTAL_HISTORY, CONTAINER_HISTORY));
        view.update(Facts::default());
        assert!(view.histories.is_empty());
    }

    #[test]
    fn text_of_others_cannot_control_the_terminal() {
        let shown = screen(&view(vec![container("a\x1b[2J\u{202e}b", 1, 0.0)]), 80, 24);
        assert!(shown.contains("a [2J b"), "{shown}");
    }
}
