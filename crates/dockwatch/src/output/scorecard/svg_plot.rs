//! A plot over time as inline SVG: a line or dots, two axes, gaps where there are no values.
//!
//! Written by hand, because a plotting crate would be the largest dependency of all.

use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;

/// Points further apart than this (seconds) are not joined, because nothing was measured between them.
const GAP_S: f64 = 900.0;

/// A plot of values over time.
#[derive(Debug)]
pub(super) struct Plot<'a> {
    /// The title, also for screen readers.
    pub(super) title: &'a str,
    /// Seconds since the Unix epoch and values, in order of time; `None` is a gap.
    pub(super) points: Vec<(f64, Option<f64>)>,
    /// A horizontal line: the budget or target.
    pub(super) limit: Option<f64>,
    /// Values labelled at the axis; if empty, five at equal distances.
    pub(super) ticks: &'a [f64],
    pub(super) shape: Shape,
    /// Formats a value for the axis.
    pub(super) label: fn(f64) -> String,
    /// Formats a time for the axis.
    pub(super) time_label: fn(f64) -> String,
}

/// How points are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Line,
    Dots,
}

/// The scale of both axes.
#[derive(Clone, Copy)]
struct Scale {
    /// Time of the first point.
    first: f64,
    /// Time of the last point.
    last: f64,
    /// Value at the top.
    top: f64,
}

impl Scale {
    fn x(self, at: f64) -> f64 {
        let share = if self.last > self.first { (at - self.first) / (self.last - self.first) } else { 0.5 };
        LEFT + (WIDTH - LEFT - RIGHT) * share
    }

    fn y(self, value: f64) -> f64 {
        TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / self.top)
    }
}

impl Plot<'_> {
    /// The SVG element; `None` without any value.
    pub(super) fn svg(&self) -> Option<String> {
        let known = || self.points.iter().filter_map(|(at, value)| Some((*at, (*value)?)));
        let highest = known().map(|(_, value)| value).fold(self.limit.unwrap_or(0.0), f64::max).max(1e-9);
        let scale = Scale { first: known().next()?.0, last: known().next_back()?.0, top: highest * 1.05 };
        let title = escape(self.title);
        let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">");
        self.draw_axes(scale, &mut svg);
        if let Some(limit) = self.limit {
            let (y, right) = (scale.y(limit), WIDTH - RIGHT);
            let _ = write!(svg, "<path class=\"limit\" d=\"M{LEFT} {y:.1}H{right:.1}\"/>");
        }
        match self.shape {
            Shape::Line => {
                let _ = write!(svg, "<path class=\"line\" d=\"{}\"/>", self.line(scale));
            }
            Shape::Dots => known().for_each(|(at, value)| {
                let (x, y) = (scale.x(at), scale.y(value));
                let _ = write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
            }),
        }
        Some(svg + "</svg>")
    }

    fn draw_axes(&self, scale: Scale, svg: &mut String) {
        let even = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| share * scale.top);
        for value in if self.ticks.is_empty() { &even } else { self.ticks } {
            let (y, text, right) = (scale.y(*value), escape(&(self.label)(*value)), WIDTH - RIGHT);
            let _ = write!(svg, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right:.1}\"/>");
            let (x, y) = (LEFT - 6.0, y + 4.0);
            let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{text}</text>");
        }
        for (at, anchor) in [(scale.first, "start"), (scale.last, "end")] {
            let (x, y, text) = (scale.x(at), HEIGHT - 6.0, escape(&(self.time_label)(at)));
            let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
        }
    }

    fn line(&self, scale: Scale) -> String {
        let mut path = String::new();
        let mut previous: Option<f64> = None;
        for (at, value) in &self.points {
            let Some(value) = value else {
                previous = None;
                continue;
            };
            let joins = previous.is_some_and(|previous| at - previous <= GAP_S);
            let command = if joins { "L" } else { "M" };
            let _ = write!(path, "{command}{:.1} {:.1}", scale.x(*at), scale.y(*value));
            if !joins {
                // A line of no length, so that a single point is drawn, too.
                path.push_str("h0");
            }
            previous = Some(*at);
        }
        path
    }
}

/// Escapes text for HTML and SVG.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: &[(f64, Option<f64>)], shape: Shape) -> Option<String> {
        let label = |value: f64| format!("{value:.0}");
        let points = points.to_vec();
        Plot { title: "a <b>", points, limit: Some(8.0), ticks: &[], shape, label, time_label: label }.svg()
    }

    #[test]
    fn without_values_nothing_is_drawn() {
        assert_eq!(plot(&[], Shape::Line), None);
        assert_eq!(plot(&[(1.0, None)], Shape::Dots), None);
    }

    #[test]
    fn gaps_are_not_bridged() {
        let points =
            [(0.0, Some(1.0)), (5.0, Some(2.0)), (10.0, None), (15.0, Some(3.0)), (5000.0, Some(4.0))];
        let svg = plot(&points, Shape::Line).unwrap();
        let path = svg.split("class=\"line\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (3, 1), "{path}");
        assert!(svg.contains("a &lt;b&gt;") && svg.contains("class=\"limit\""));
    }

    #[test]
    fn one_point_and_zeros_have_finite_coordinates() {
        for points in [vec![(7.0, Some(0.0))], vec![(7.0, Some(0.0)), (8.0, Some(0.0))]] {
            let svg = plot(&points, Shape::Dots).unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert_eq!(svg.matches("<circle").count(), points.len());
        }
    }
}
