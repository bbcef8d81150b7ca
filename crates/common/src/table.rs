//! Tables for people: no frame, two blanks between columns.

use std::fmt;

use comfy_table::{CellAlignment, presets};

use crate::terminal::one_line;

/// A table of `N` columns under a header. Shown with a line break after each row.
#[derive(Debug)]
pub struct Table<const N: usize>(comfy_table::Table);

impl<const N: usize> Table<N> {
    /// A table without rows.
    pub fn new(header: [&str; N]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING).set_header(header);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Self(table)
    }

    /// Aligns the columns from this one on (counted from 0) to the right.
    #[must_use]
    pub fn right_from(mut self, first: usize) -> Self {
        for column in self.0.column_iter_mut().skip(first) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        self
    }

    /// Adds a row; control characters are removed from its cells.
    pub fn add_row(&mut self, cells: [String; N]) {
        self.0.add_row(cells.map(|cell| one_line(&cell)));
    }

    /// Adds a row whose cells may hold colours; untrusted text in them must have gone through
    /// [`one_line`](crate::terminal::one_line).
    pub fn add_coloured_row(&mut self, cells: [String; N]) {
        self.0.add_row(cells);
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_cells_are_safe() {
        let mut table = Table::new(["NAME", "SIZE"]).right_from(1);
        assert!(table.is_empty());
        table.add_row(["a\x1b[2J\nb".into(), "1".into()]);
        table.add_coloured_row(["c".into(), "\x1b[31m10\x1b[0m".into()]);
        let expected = "NAME     SIZE\na [2J b     1\nc          \x1b[31m10\x1b[0m\n";
        assert_eq!(table.to_string(), expected);
    }
}
