//! The list of containers: what is shown of it, in which order, and which row is selected.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::container::Container;
use crate::model::facts::Facts;
use crate::top::action::ContainerId;
use crate::top::columns::{Column, Order, Trouble, trouble};

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Row<'a> {
    Project(Group<'a>),
    Container(&'a Container),
}

/// The containers of a Compose project.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group<'a> {
    /// Empty for containers without a project.
    pub(super) project: &'a str,
    pub(super) members: Vec<&'a Container>,
    pub(super) fold: Fold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    Open,
    Folded,
}

impl Group<'_> {
    /// Containers that are unwell.
    pub(super) fn unwell(&self) -> usize {
        self.members.iter().filter(|member| trouble(member) == Trouble::Unwell).count()
    }

    /// Memory of all members that have some.
    pub(super) fn memory(&self) -> Option<u64> {
        self.members.iter().filter_map(|member| member.working_set()).reduce(|a, b| a + b)
    }

    /// CPU use of all members of which it is known, percent of one core.
    pub(super) fn cpu_pct(&self) -> Option<f64> {
        self.members.iter().filter_map(|member| member.cpu_pct).reduce(|a, b| a + b)
    }
}

/// What identifies a row while the rows change.
#[derive(Clone, Debug, PartialEq, Eq)]
enum RowId {
    Project(String),
    Container(ContainerId),
}

impl RowId {
    fn of(row: &Row<'_>) -> Self {
        match row {
            Row::Project(group) => Self::Project(group.project.to_owned()),
            Row::Container(container) => Self::Container(ContainerId::of(container)),
        }
    }

    fn is(&self, row: &Row<'_>) -> bool {
        match (self, row) {
            (Self::Project(project), Row::Project(group)) => project == group.project,
            (Self::Container(id), Row::Container(container)) => id.is(container),
            _ => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    None,
    ByProject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Shown,
    Hidden,
}

/// What is shown of the containers.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) order: Order,
    /// Part of the names, projects or images that are shown.
    pub(super) filter: String,
    pub(super) grouping: Grouping,
    folded: BTreeSet<String>,
    stopped: Stopped,
    selected: Option<RowId>,
    /// The selected row, counted from the first one.
    pub(super) cursor: usize,
    /// The first row that is on the screen.
    pub(super) first: usize,
}

impl List {
    pub(super) const fn new() -> Self {
        Self {
            order: Order::by(Column::Memory),
            filter: String::new(),
            grouping: Grouping::None,
            folded: BTreeSet::new(),
            stopped: Stopped::Shown,
            selected: None,
            cursor: 0,
            first: 0,
        }
    }

    /// The rows that are shown, from the first to the last.
    pub(super) fn rows<'a>(&self, facts: &'a Facts) -> Vec<Row<'a>> {
        let mut shown: Vec<&Container> = facts.containers.iter().filter(|c| self.shows(c)).collect();
        // The sort is stable, and the facts are sorted by name.
        shown.sort_by(|a, b| self.order.compare(a, b));
        match self.grouping {
            Grouping::None => shown.into_iter().map(Row::Container).collect(),
            Grouping::ByProject => self.grouped(shown),
        }
    }

    fn shows(&self, container: &Container) -> bool {
        let summary = &container.summary;
        let is_wanted = self.stopped == Stopped::Shown || summary.is_live();
        let texts = [summary.name.as_str(), summary.project().unwrap_or_default(), summary.image.as_str()];
        is_wanted && (self.filter.is_empty() || texts.iter().any(|text| text.contains(&self.filter)))
    }

    /// Projects by name; containers without one come last.
    fn grouped<'a>(&self, shown: Vec<&'a Container>) -> Vec<Row<'a>> {
        let mut groups: BTreeMap<(bool, &str), Vec<&'a Container>> = BTreeMap::new();
        for container in shown {
            let project = container.summary.project().unwrap_or_default();
            groups.entry((project.is_empty(), project)).or_default().push(container);
        }
        let mut rows = Vec::new();
        for ((_, project), members) in groups {
            let is_folded = self.folded.contains(project);
            let fold = if is_folded { Fold::Folded } else { Fold::Open };
            rows.push(Row::Project(Group { project, members: members.clone(), fold }));
            if fold == Fold::Open {
                rows.extend(members.into_iter().map(Row::Container));
            }
        }
        rows
    }

    /// The selected row.
    pub(super) fn selected_row<'a>(&self, facts: &'a Facts) -> Option<Row<'a>> {
        self.rows(facts).into_iter().nth(self.cursor)
    }

    /// Finds the selected row again after the rows have changed, and scrolls to it. Where it is gone, the row in its place
    /// is selected.
    pub(super) fn settle(&mut self, facts: &Facts, height: usize) {
        let rows = self.rows(facts);
        let found = self.selected.as_ref().and_then(|id| rows.iter().position(|row| id.is(row)));
        self.cursor = found.unwrap_or(self.cursor).min(rows.len().saturating_sub(1));
        self.selected = rows.get(self.cursor).map(RowId::of);
        self.first = self.first.min(rows.len().saturating_sub(height)).min(self.cursor);
        self.first = self.first.max((self.cursor + 1).saturating_sub(height.max(1)));
    }

    /// Selects the row so many places below; above where negative.
    pub(super) fn move_by(&mut self, facts: &Facts, places: i64) {
        let last = i64::try_from(self.rows(facts).len()).unwrap_or(0) - 1;
        let new = i64::try_from(self.cursor).unwrap_or(0).saturating_add(places).min(last).max(0);
        self.select(facts, usize::try_from(new).unwrap_or(0));
    }

    /// Selects a row, counted from the first one, where there is one.
    pub(super) fn select(&mut self, facts: &Facts, place: usize) {
        if let Some(row) = self.rows(facts).get(place) {
            self.selected = Some(RowId::of(row));
            self.cursor = place;
        }
    }

    pub(super) fn toggle_grouping(&mut self) {
        self.grouping = match self.grouping {
            Grouping::None => Grouping::ByProject,
            Grouping::ByProject => Grouping::None,
        };
    }

    pub(super) fn toggle_stopped(&mut self) {
        self.stopped = match self.stopped {
            Stopped::Shown => Stopped::Hidden,
            Stopped::Hidden => Stopped::Shown,
        };
    }

    pub(super) const fn hides_stopped(&self) -> bool {
        matches!(self.stopped, Stopped::Hidden)
    }

    /// Folds the project of the selected row, or opens it; without groups there is none.
    pub(super) fn set_fold(&mut self, facts: &Facts, fold: Fold) {
        if self.grouping == Grouping::None {
            return;
        }
        let project = match self.selected_row(facts) {
            Some(Row::Project(group)) => group.project.to_owned(),
            Some(Row::Container(container)) => container.summary.project().unwrap_or_default().to_owned(),
            None => return,
        };
        match fold {
            Fold::Folded => self.folded.insert(project.clone()),
            Fold::Open => self.folded.remove(&project),
        };
        self.selected = Some(RowId::Project(project));
    }

    /// Folds all projects, or opens them where all are folded; groups them first.
    pub(super) fn toggle_all_folds(&mut self, facts: &Facts) {
        self.grouping = Grouping::ByProject;
        let all: BTreeSet<String> =
            facts.containers.iter().map(|c| c.summary.project().unwrap_or_default().to_owned()).collect();
        self.folded = if all.is_subset(&self.folded) { BTreeSet::new() } else { all };
    }
}
