//! A row of bars below the plot of memory, with the same axis of time.

use std::fmt::Write as _;

use super::markup::{count, escape};
use super::time_axis::TimeAxis;

/// Width of the drawing in its own units.
const WIDTH: f64 = 1000.0;

/// The least width of a bar, so that it can be seen.
const MIN_BAR: f64 = 1.6;

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) name: String,
    /// The number of the category, for rows of runs.
    pub(super) category: Option<usize>,
    /// In order of their ends.
    pub(super) bars: Vec<Bar>,
}

/// Something that took a time.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    /// Seconds since the Unix epoch.
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) look: Look,
    /// What it was, for people.
    pub(super) text: String,
}

/// How a bar looks; later ones are drawn above earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Waiting,
    Good,
    Refused,
    Bad,
}

impl Look {
    const ALL: [Self; 4] = [Self::Waiting, Self::Good, Self::Refused, Self::Bad];

    /// Its class in the style sheet.
    const fn class(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Good => "good",
            Self::Refused => "refused",
            Self::Bad => "bad",
        }
    }

    /// Top and height, of a row that is ten units high. They differ for those who do not see the colours, and who waits is
    /// below who held the lock meanwhile.
    const fn place(self) -> (u8, u8) {
        match self {
            Self::Waiting => (7, 3),
            Self::Good => (0, 6),
            Self::Refused => (2, 4),
            Self::Bad => (0, 10),
        }
    }
}

impl Lane {
    /// The row as HTML; empty where nothing of it is on the axis.
    pub(super) fn html(&self, axis: TimeAxis) -> String {
        let shown = self.bars.iter().filter(|bar| axis.shows(bar.from, bar.to)).count();
        if shown == 0 {
            return String::new();
        }
        let name = escape(&self.name);
        let category = self.category.map_or_else(String::new, |number| format!(" data-c=\"{number}\""));
        let shapes: String = Look::ALL.into_iter().map(|look| self.shape(look, axis)).collect();
        let summary = count(shown, "bar");
        format!(
            "<div class=\"lane\"{category}><div class=\"name\" title=\"{name}\">{name}</div><svg class=\"canvas\" \
             viewBox=\"0 0 {WIDTH} 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{name}: {summary}\">\
             {}{shapes}<path class=\"cursor\"/></svg></div>",
            grid(axis)
        )
    }

    fn shape(&self, look: Look, axis: TimeAxis) -> String {
        let places = joined(self.bars.iter().filter(|bar| bar.look == look), axis);
        if places.is_empty() {
            return String::new();
        }
        let (top, height) = look.place();
        let mut path = String::new();
        for (from, to) in places {
            let width = to - from;
            let _ = write!(path, "M{from:.1} {top}h{width:.1}v{height}h-{width:.1}z");
        }
        format!("<path class=\"{}\" d=\"{path}\"/>", look.class())
    }
}

/// Where bars are; those that touch are one, so that there are never more than fit.
fn joined<'a>(bars: impl Iterator<Item = &'a Bar>, axis: TimeAxis) -> Vec<(f64, f64)> {
    let place = |bar: &Bar| {
        let at = |time| (axis.share(time) * WIDTH).clamp(0.0, WIDTH);
        let (from, to) = (at(bar.from), at(bar.to));
        let missing = (MIN_BAR - (to - from)).max(0.0) / 2.0;
        (from - missing, to + missing)
    };
    let on_axis = bars.filter(|bar| axis.shows(bar.from, bar.to));
    let mut places: Vec<(f64, f64)> = on_axis.map(place).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    places.dedup_by(|next, last| {
        let touches = next.0 <= last.1 + 0.2;
        if touches {
            last.1 = last.1.max(next.1);
        }
        touches
    });
    places
}

fn grid(axis: TimeAxis) -> String {
    let mut lines = String::new();
    for tick in axis.ticks() {
        let _ = write!(lines, "M{:.1} 0v10", tick.share * WIDTH);
    }
    format!("<path class=\"grid\" d=\"{lines}\"/>")
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIS: TimeAxis = TimeAxis { from: 0.0, to: 1000.0 };

    fn lane(spans: &[(f64, f64)]) -> Lane {
        let bar =
            |(from, to): &(f64, f64)| Bar { from: *from, to: *to, look: Look::Good, text: String::new() };
        Lane { name: "a <b>".into(), category: None, bars: spans.iter().map(bar).collect() }
    }

    #[test]
    fn bars_that_touch_are_one_and_short_ones_can_be_seen() {
        let bars = lane(&[(10.0, 20.0), (15.0, 30.0), (100.0, 100.0), (-50.0, -20.0), (990.0, 2000.0)]).bars;
        assert_eq!(joined(bars.iter(), AXIS), [(10.0, 30.0), (99.2, 100.8), (990.0, 1000.0)]);
        let many: Vec<(f64, f64)> =
            (0..100_000).map(|n| (f64::from(n) * 0.01, f64::from(n) * 0.01)).collect();
        assert!(lane(&many).html(AXIS).len() < 1000);
    }

    #[test]
    fn what_is_not_on_the_axis_has_no_row() {
        assert_eq!(lane(&[(-50.0, -20.0)]).html(AXIS), "");
        assert!(lane(&[(1.0, 2.0)]).html(AXIS).contains("a &lt;b&gt;: 1 bar"));
    }
}
