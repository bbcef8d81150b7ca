//! A plot over time as HTML with inline SVG.
//!
//! Lines are stretched to the width of the page, text is not: it stays readable on a phone. Colours are those of the style
//! sheet, so that they follow the theme of the reader and of paper.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::markup::escape;
use super::series::{Segment, thin};
use super::time_axis::TimeAxis;
use super::value_axis::{Measure, ValueAxis, show};

/// Width and height of the drawing in its own units.
const SIZE: f64 = 1000.0;

/// A plot.
#[derive(Debug)]
pub(super) struct Plot {
    /// Names it in the data and in the style sheet.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) measure: Measure,
    /// The budget or target.
    pub(super) limit: Option<Limit>,
    pub(super) values: Values,
}

/// A horizontal line with its label.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) name: &'static str,
    pub(super) value: f64,
}

/// The values of a plot: times in seconds since the Unix epoch, in order.
#[derive(Debug)]
pub(super) enum Values {
    /// Joined by lines; `None` is a gap.
    Line(Vec<(f64, Option<f64>)>),
    /// Each stays until the next.
    Steps(Vec<(f64, Option<f64>)>),
    /// Dots, by the number of their category.
    Dots(Vec<Dots>),
}

/// The dots of a category.
#[derive(Debug)]
pub(super) struct Dots {
    pub(super) category: usize,
    pub(super) points: Vec<(f64, f64)>,
}

impl Values {
    fn highest(&self) -> Option<f64> {
        let higher = |highest: Option<f64>, value: f64| Some(highest.map_or(value, |other| other.max(value)));
        match self {
            Self::Line(points) | Self::Steps(points) => {
                points.iter().filter_map(|(_, value)| *value).fold(None, higher)
            }
            Self::Dots(all) => {
                all.iter().flat_map(|dots| &dots.points).map(|(_, value)| *value).fold(None, higher)
            }
        }
    }
}

impl Plot {
    /// The figure; a sentence where there are no values.
    pub(super) fn html(&self, axis: TimeAxis) -> String {
        let (id, title) = (self.id, escape(self.title));
        let Some(highest) = self.values.highest() else {
            return format!(
                "<figure id=\"{id}\"><figcaption>{title}</figcaption><p class=\"none\">no data</p></figure>"
            );
        };
        let scale = ValueAxis::new(self.measure, highest, self.limit.as_ref().map(|limit| limit.value));
        let drawing = Drawing { axis, scale };
        let summary = escape(&self.summary(highest));
        format!(
            "<figure id=\"{id}\" class=\"plot\"><figcaption>{title}</figcaption><div class=\"axes\">{}\
             <div class=\"field\"><svg class=\"canvas\" viewBox=\"0 0 {SIZE} {SIZE}\" preserveAspectRatio=\"none\" \
             role=\"img\" aria-label=\"{title}: {summary}\"><title>{summary}</title>{}{}{}<path class=\"cursor\"/></svg>{}</div>{}</div></figure>",
            drawing.value_labels(),
            drawing.grid(),
            self.shapes(drawing),
            self.limit_line(scale),
            self.limit_label(scale),
            time_labels(axis),
        )
    }

    /// What the plot says, for those who do not see it.
    fn summary(&self, highest: f64) -> String {
        let highest = format!("highest {}", show(self.measure, highest));
        let limit = self.limit.as_ref();
        limit.map_or_else(|| highest.clone(), |limit| format!("{highest}, {}", self.limit_text(limit)))
    }

    fn limit_text(&self, limit: &Limit) -> String {
        format!("{} {}", limit.name, show(self.measure, limit.value))
    }

    fn shapes(&self, drawing: Drawing) -> String {
        match &self.values {
            Values::Line(points) => {
                let segments = thin(points.iter().copied(), drawing.axis);
                format!("<path class=\"line\" d=\"{}\"/>", drawing.line(&segments))
            }
            Values::Steps(points) => {
                let segments = thin(points.iter().copied(), drawing.axis);
                format!("<path class=\"line\" d=\"{}\"/>", drawing.steps(&segments))
            }
            Values::Dots(all) => all.iter().map(|dots| drawing.dots(dots)).collect(),
        }
    }

    fn limit_line(&self, scale: ValueAxis) -> String {
        let on_scale = self.limit.as_ref().filter(|limit| limit.value <= scale.top);
        on_scale.map_or_else(String::new, |limit| {
            format!("<path class=\"limit\" d=\"M0 {:.0}h{SIZE}\"/>", height(scale, limit.value))
        })
    }

    fn limit_label(&self, scale: ValueAxis) -> String {
        let Some(limit) = &self.limit else { return String::new() };
        let text = escape(&self.limit_text(limit));
        let (text, y) = if limit.value <= scale.top {
            (text, height(scale, limit.value) / 10.0)
        } else {
            (format!("{text} (above this scale)"), 0.0)
        };
        // Below the line where there is no room above it.
        let shift = if y < 12.0 { "1.1em" } else { "-.4em" };
        format!(
            "<svg class=\"labels\" aria-hidden=\"true\"><text x=\"100%\" y=\"{y:.1}%\" dy=\"{shift}\">{text}</text></svg>"
        )
    }
}

/// Where things are in a plot.
#[derive(Clone, Copy)]
struct Drawing {
    axis: TimeAxis,
    scale: ValueAxis,
}

impl Drawing {
    fn x(self, at: f64) -> f64 {
        self.axis.share(at) * SIZE
    }

    fn y(self, value: f64) -> f64 {
        height(self.scale, value)
    }

    fn line(self, segments: &[Segment]) -> String {
        let mut path = String::new();
        for segment in segments {
            for (index, (at, value)) in segment.iter().enumerate() {
                // A line of no length, so that a single point is drawn, too.
                let (command, dot) = if index == 0 { ("M", "h0") } else { ("L", "") };
                let _ = write!(path, "{command}{:.1} {:.0}{dot}", self.x(*at), self.y(*value));
            }
        }
        path
    }

    fn steps(self, segments: &[Segment]) -> String {
        let mut path = String::new();
        for segment in segments {
            for (index, (at, value)) in segment.iter().enumerate() {
                let (x, y) = (self.x(*at), self.y(*value));
                let _ = if index == 0 {
                    write!(path, "M{x:.1} {y:.0}h0")
                } else {
                    write!(path, "H{x:.1}V{y:.0}")
                };
            }
        }
        path
    }

    /// Lines of no length with round ends: unlike circles they stay round when the drawing is stretched. Those in the same
    /// place are one.
    fn dots(self, dots: &Dots) -> String {
        let places: BTreeSet<(String, String)> = dots
            .points
            .iter()
            .map(|(at, value)| (format!("{:.0}", self.x(*at)), format!("{:.0}", self.y(*value))))
            .collect();
        let path = places.iter().fold(String::new(), |path, (x, y)| path + "M" + x + " " + y + "h0");
        let category = dots.category;
        format!("<path class=\"dots c{}\" data-c=\"{category}\" d=\"{path}\"/>", category % COLOURS)
    }

    fn grid(self) -> String {
        let mut path = String::new();
        for (value, _) in self.scale.ticks() {
            let _ = write!(path, "M0 {:.0}h{SIZE}", self.y(value));
        }
        for tick in self.axis.ticks() {
            let _ = write!(path, "M{:.1} 0v{SIZE}", tick.share * SIZE);
        }
        format!("<path class=\"grid\" d=\"{path}\"/>")
    }

    fn value_labels(self) -> String {
        let text = |(value, label): (f64, String)| {
            format!("<text x=\"100%\" y=\"{:.1}%\">{}</text>", self.y(value) / 10.0, escape(&label))
        };
        let labels: String = self.scale.ticks().into_iter().map(text).collect();
        format!("<svg class=\"values\" aria-hidden=\"true\">{labels}</svg>")
    }
}

/// Colours of categories in the style sheet.
pub(super) const COLOURS: usize = 8;

fn height(scale: ValueAxis, value: f64) -> f64 {
    SIZE * (1.0 - scale.share(value).clamp(0.0, 1.0))
}

/// The labels of the axis of time. On narrow screens every second one is left out.
pub(super) fn time_labels(axis: TimeAxis) -> String {
    let text = |(index, tick): (usize, super::time_axis::Tick)| {
        let class = if index % 2 == 0 { "" } else { " class=\"second\"" };
        format!("<text{class} x=\"{:.2}%\" y=\"1.2em\">{}</text>", tick.share * 100.0, escape(&tick.label))
    };
    let labels: String = axis.ticks().into_iter().enumerate().map(text).collect();
    format!("<svg class=\"times\" aria-hidden=\"true\">{labels}</svg>")
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIS: TimeAxis = TimeAxis { from: 0.0, to: 1000.0 };

    fn plot(values: Values, limit: f64) -> String {
        let limit = Some(Limit { name: "budget", value: limit });
        Plot { id: "p", title: "a <b>", measure: Measure::Count, limit, values }.html(AXIS)
    }

    #[test]
    fn without_values_nothing_is_drawn() {
        for values in [Values::Line(vec![(1.0, None)]), Values::Dots(Vec::new())] {
            let html = plot(values, 8.0);
            assert!(
                html.contains("no data") && !html.contains("<svg") && html.contains("a &lt;b&gt;"),
                "{html}"
            );
        }
    }

    #[test]
    fn the_limit_is_labelled_on_the_scale_and_above_it() {
        let near = plot(Values::Line(vec![(1.0, Some(6.0))]), 8.0);
        assert!(near.contains("class=\"limit\"") && near.contains(">budget 8</text>"), "{near}");
        let far = plot(Values::Line(vec![(1.0, Some(6.0))]), 80.0);
        assert!(
            !far.contains("class=\"limit\"") && far.contains(">budget 80 (above this scale)</text>"),
            "{far}"
        );
        assert!(far.contains("highest 6, budget 80"), "{far}");
    }

    #[test]
    fn zeros_have_finite_coordinates() {
        for values in [vec![(7.0, Some(0.0))], vec![(7.0, Some(0.0)), (8.0, Some(0.0))]] {
            let html = plot(Values::Steps(values), 0.0);
            assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
        }
    }

    #[test]
    fn dots_in_one_place_are_one() {
        let points = vec![(500.0, 4.0), (500.1, 4.0), (700.0, 4.0)];
        let html = plot(Values::Dots(vec![Dots { category: 9, points }]), 8.0);
        let path = html.split("data-c=\"9\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(path.matches('M').count(), 2, "{path}");
        assert!(html.contains("dots c1"));
    }
}
