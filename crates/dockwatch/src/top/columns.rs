//! The columns of the table: which fit, how wide they are, and how they sort.

use std::cmp::Ordering;

use crate::model::container::{Container, ContainerState};

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Project,
    Image,
    State,
    Cpu,
    Memory,
    Restarts,
    Age,
}

/// In the order in which `<` and `>` go through them.
const ALL: [Column; 8] = [
    Column::Name,
    Column::Project,
    Column::Image,
    Column::State,
    Column::Cpu,
    Column::Memory,
    Column::Restarts,
    Column::Age,
];

impl Column {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Project => "PROJECT",
            Self::Image => "IMAGE",
            Self::State => "STATE",
            Self::Cpu => "CPU",
            Self::Memory => "MEMORY",
            Self::Restarts => "RESTARTS",
            Self::Age => "AGE",
        }
    }

    /// The column so many places to the right; to the left where negative.
    fn neighbour(self, places: i32) -> Self {
        let place = ALL.iter().position(|column| *column == self).unwrap_or(0);
        let count = i32::try_from(ALL.len()).unwrap_or(1);
        let new = (i32::try_from(place).unwrap_or(0) + places).rem_euclid(count);
        ALL[usize::try_from(new).unwrap_or(0)]
    }

    /// The direction in which people look first: the largest figures, names from A.
    const fn first_direction(self) -> Direction {
        match self {
            Self::Name | Self::Project | Self::Image => Direction::Ascending,
            _ => Direction::Descending,
        }
    }

    fn compare(self, a: &Container, b: &Container) -> Ordering {
        let restarts = |c: &Container| c.details.as_ref().and_then(|details| details.restarts);
        match self {
            Self::Name => a.summary.name.cmp(&b.summary.name),
            Self::Project => a.summary.project().cmp(&b.summary.project()),
            Self::Image => a.summary.image.cmp(&b.summary.image),
            Self::State => trouble(a).cmp(&trouble(b)),
            Self::Cpu => a.cpu_pct.partial_cmp(&b.cpu_pct).unwrap_or(Ordering::Equal),
            Self::Memory => a.working_set().cmp(&b.working_set()),
            Self::Restarts => restarts(a).cmp(&restarts(b)),
            // The older, the larger.
            Self::Age => b.summary.created_at.cmp(&a.summary.created_at),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) column: Column,
    pub(super) direction: Direction,
}

impl Order {
    /// By a column, in the direction in which people look first.
    pub(super) const fn by(column: Column) -> Self {
        Self { column, direction: column.first_direction() }
    }

    /// By a column; the other way round where it was sorted by that already.
    pub(super) fn select(self, column: Column) -> Self {
        if self.column == column { self.reversed() } else { Self::by(column) }
    }

    /// By the column so many places to the right.
    pub(super) fn moved(self, places: i32) -> Self {
        Self::by(self.column.neighbour(places))
    }

    pub(super) const fn reversed(self) -> Self {
        let direction = match self.direction {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        };
        Self { column: self.column, direction }
    }

    /// Compares two containers of a list that is sorted by name.
    pub(super) fn compare(self, a: &Container, b: &Container) -> Ordering {
        match self.direction {
            Direction::Ascending => self.column.compare(a, b),
            Direction::Descending => self.column.compare(b, a),
        }
    }
}

/// How unwell a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// It has ended with code 0, or was never started.
    Ended,
    Well,
    /// It may become well by itself.
    Maybe,
    Unwell,
}

/// Judges the state of a container.
pub(super) fn trouble(container: &Container) -> Trouble {
    use crate::model::container::Health;
    let summary = &container.summary;
    if container.oom_killed() == Some(true) || summary.health == Some(Health::Unhealthy) && summary.is_live()
    {
        return Trouble::Unwell;
    }
    match &summary.state {
        ContainerState::Restarting | ContainerState::Dead => Trouble::Unwell,
        ContainerState::Exited | ContainerState::Stopped if summary.exit_code.unwrap_or(0) != 0 => {
            Trouble::Unwell
        }
        ContainerState::Paused | ContainerState::Stopping | ContainerState::Removing => Trouble::Maybe,
        _ if !summary.is_live() => Trouble::Ended,
        _ if summary.health == Some(Health::Starting) => Trouble::Maybe,
        _ => Trouble::Well,
    }
}

/// A column in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) column: Column,
    /// Columns of the terminal.
    pub(super) width: u16,
    /// Those of them that are a bar.
    pub(super) bar: u16,
}

const fn place(column: Column, width: u16) -> Place {
    Place { column, width, bar: 0 }
}

const fn with_bar(column: Column, text: u16, bar: u16) -> Place {
    Place { column, width: text + 1 + bar, bar }
}

/// The columns beside the name, each with the width of the table from which on they fit; the widest first.
const SETS: [(u16, &[Place]); 6] = [
    (
        176,
        &[
            place(Column::Project, 20),
            place(Column::Image, 30),
            place(Column::State, 12),
            with_bar(Column::Cpu, 7, 14),
            with_bar(Column::Memory, 23, 16),
            place(Column::Restarts, 9),
            place(Column::Age, 5),
        ],
    ),
    (
        120,
        &[
            place(Column::Project, 16),
            place(Column::State, 11),
            with_bar(Column::Cpu, 7, 8),
            with_bar(Column::Memory, 23, 8),
            place(Column::Restarts, 9),
            place(Column::Age, 5),
        ],
    ),
    (
        74,
        &[
            place(Column::State, 10),
            with_bar(Column::Cpu, 6, 6),
            with_bar(Column::Memory, 9, 8),
            place(Column::Restarts, 9),
            place(Column::Age, 4),
        ],
    ),
    (40, &[place(Column::State, 10), place(Column::Cpu, 6), place(Column::Memory, 9)]),
    (22, &[place(Column::Memory, 9)]),
    (0, &[]),
];

/// Blank columns between two columns.
pub(super) const SPACING: u16 = 1;

/// The columns of a table of this width, the name first.
pub(super) fn fit(width: u16) -> Vec<Place> {
    let others = SETS.iter().find(|(from, _)| width >= *from).map_or(&[][..], |(_, places)| *places);
    let taken: u16 = others.iter().map(|place| place.width + SPACING).sum();
    let name = place(Column::Name, width.saturating_sub(taken));
    std::iter::once(name).chain(others.iter().copied()).collect()
}

/// The column at this place of the table, counted from its left.
pub(super) fn at(width: u16, x: u16) -> Option<Column> {
    let mut end = 0;
    fit(width).into_iter().find_map(|place| {
        end += place.width + SPACING;
        (x < end).then_some(place.column)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::Health;

    #[test]
    fn every_width_is_filled_and_leaves_room_for_the_name() {
        for width in 1..=300 {
            let places = fit(width);
            let used: u16 = places.iter().map(|place| place.width + SPACING).sum();
            assert_eq!(used, width + SPACING, "{width}");
            assert!(places[0].width >= width.min(12), "{width}: {places:?}");
        }
        assert_eq!(fit(200).len(), 8);
    }

    #[test]
    fn finds_the_column_under_the_mouse() {
        assert_eq!((at(80, 0), at(80, 79)), (Some(Column::Name), Some(Column::Age)));
        let name = fit(80)[0].width;
        assert_eq!((at(80, name), at(80, name + 1)), (Some(Column::Name), Some(Column::State)));
        assert_eq!(at(80, 300), None);
    }

    #[test]
    fn a_second_click_turns_the_order_round() {
        let order = Order::by(Column::Memory);
        assert_eq!(order.direction, Direction::Descending);
        assert_eq!(order.select(Column::Memory).direction, Direction::Ascending);
        assert_eq!(order.select(Column::Name), Order::by(Column::Name));
        assert_eq!((order.moved(1).column, order.moved(-1).column), (Column::Restarts, Column::Cpu));
        assert_eq!(Order::by(Column::Name).moved(-1).column, Column::Age);
    }

    #[test]
    fn trouble_comes_first() {
        let container = |state: &str, health, exit_code| {
            let mut container = Container::running("a", 1, 2);
            container.summary.state = ContainerState::parse(state);
            (container.summary.health, container.summary.exit_code) = (health, exit_code);
            trouble(&container)
        };
        assert_eq!(container("running", None, None), Trouble::Well);
        assert_eq!(container("running", Some(Health::Starting), None), Trouble::Maybe);
        assert_eq!(container("running", Some(Health::Unhealthy), None), Trouble::Unwell);
        assert_eq!(container("restarting", None, Some(1)), Trouble::Unwell);
        assert_eq!(container("exited", None, Some(3)), Trouble::Unwell);
        assert_eq!(container("exited", Some(Health::Unhealthy), Some(0)), Trouble::Ended);
        assert_eq!(container("created", None, None), Trouble::Ended);
    }
}
