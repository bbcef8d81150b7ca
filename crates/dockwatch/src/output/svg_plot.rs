//! A plot over time as inline SVG: a line or dots, two axes, gaps where nothing is known.
//!
//! Written by hand, because it is sixty lines of polyline: a plotting crate would be the largest dependency.

use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;

/// Points further apart than this (seconds) are not joined: nothing was measured between them.
const GAP_S: f64 = 900.0;

/// What is drawn.
#[derive(Debug)]
pub struct Plot<'a> {
    /// What it shows, for those who cannot see it.
    pub title: &'a str,
    /// Seconds and values in the order of time; `None` is a gap.
    pub points: &'a [(f64, Option<f64>)],
    /// A line across: the budget or target.
    pub bound: Option<f64>,
    /// Values written at the axis; none: five at equal distances.
    pub ticks: &'a [f64],
    /// Whether points are joined or stand alone.
    pub shape: Shape,
    /// Writes a value at the axis.
    pub label: fn(f64) -> String,
    /// Writes a time at the axis.
    pub time: fn(f64) -> String,
}

/// Whether points are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// By a line: samples.
    Line,
    /// Not: runs.
    Dots,
}

impl Plot<'_> {
    /// The SVG element; `None` where nothing is known.
    pub fn svg(&self) -> Option<String> {
        let known = || self.points.iter().filter_map(|(at, value)| Some((*at, (*value)?)));
        let (first, last) = (known().next()?.0, known().next_back()?.0);
        let most = known().map(|(_, value)| value).fold(self.bound.unwrap_or(0.0), f64::max).max(1e-9) * 1.05;
        let x = |at: f64| {
            LEFT + (WIDTH - LEFT - RIGHT) * if last > first { (at - first) / (last - first) } else { 0.5 }
        };
        let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / most);
        let title = escape(self.title);
        let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">");
        let even = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| share * most);
        for value in if self.ticks.is_empty() { even.iter() } else { self.ticks.iter() } {
            let (y, text) = (y(*value), escape(&(self.label)(*value)));
            let _ = write!(svg, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/>", WIDTH - RIGHT);
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                LEFT - 6.0,
                y + 4.0
            );
        }
        for (at, anchor) in [(first, "start"), (last, "end")] {
            let text = escape(&(self.time)(at));
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{text}</text>",
                x(at),
                HEIGHT - 6.0
            );
        }
        if let Some(bound) = self.bound {
            let _ = write!(svg, "<path class=\"bound\" d=\"M{LEFT} {:.1}H{:.1}\"/>", y(bound), WIDTH - RIGHT);
        }
        match self.shape {
            Shape::Line => {
                let _ = write!(svg, "<path class=\"line\" d=\"{}\"/>", self.path(x, y));
            }
            Shape::Dots => known().for_each(|(at, value)| {
                let _ = write!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>", x(at), y(value));
            }),
        }
        Some(svg + "</svg>")
    }

    fn path(&self, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
        let mut path = String::new();
        let mut before: Option<f64> = None;
        for (at, value) in self.points {
            let Some(value) = value else {
                before = None;
                continue;
            };
            // A point alone is drawn, too: a line of no length with round ends.
            let join = before.is_some_and(|before| at - before <= GAP_S);
            let _ = write!(path, "{}{:.1} {:.1}", if join { "L" } else { "M" }, x(*at), y(*value));
            if !join {
                path.push_str("h0");
            }
            before = Some(*at);
        }
        path
    }
}

/// Makes text safe inside HTML and SVG.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: &[(f64, Option<f64>)], shape: Shape) -> Option<String> {
        let label = |value: f64| format!("{value:.0}");
        Plot { title: "a <b>", points, bound: Some(8.0), ticks: &[], shape, label, time: label }.svg()
    }

    #[test]
    fn nothing_known_draws_nothing() {
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
        assert!(svg.contains("a &lt;b&gt;") && svg.contains("class=\"bound\""));
    }

    #[test]
    fn one_point_and_zeros_have_finite_places() {
        for points in [vec![(7.0, Some(0.0))], vec![(7.0, Some(0.0)), (8.0, Some(0.0))]] {
            let svg = plot(&points, Shape::Dots).unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert_eq!(svg.matches("<circle").count(), points.len());
        }
    }
}
