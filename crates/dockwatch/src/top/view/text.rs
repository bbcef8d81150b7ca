//! Pieces of text: bars, ages, sizes.

use evenkeel_common::Timestamp;
use ratatui::style::Style;
use ratatui::text::Span;

use crate::top::view::theme::Theme;

/// Eighths of a character, from the left.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A bar of so many characters, of which a share is filled.
pub(super) fn bar(share: f64, width: u16, style: Style, theme: Theme) -> [Span<'static>; 2] {
    let (full, part) = eighths(share, width);
    let filled = "█".repeat(full.into()) + EIGHTHS[part];
    let rest = width - full - u16::from(part > 0);
    [Span::styled(filled, style), Span::styled("·".repeat(rest.into()), theme.dim())]
}

/// Whole characters and eighths of one more; at least one eighth of anything above 0.
fn eighths(share: f64, width: u16) -> (u16, usize) {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let least = u16::from(share > 0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 8 * width")]
    let eighths = ((share * f64::from(width) * 8.0).round() as u16).max(least).min(width.saturating_mul(8));
    (eighths / 8, usize::from(eighths % 8))
}

/// Time since a moment, with its largest unit: `5s`, `41m`, `3h`, `12d`.
pub(super) fn age(now: Timestamp, since_s: i64) -> String {
    let seconds = now.as_second().saturating_sub(since_s).max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

/// The figure, or a dash where it is unknown.
pub(super) fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_their_width() {
        for width in [0, 1, 8, 300] {
            for share in [f64::NAN, -1.0, 0.0, 0.001, 0.49, 0.999, 1.0, 7.0, f64::INFINITY] {
                let spans = bar(share, width, Style::new(), Theme::Plain);
                let count: usize = spans.iter().map(|span| span.content.chars().count()).sum();
                assert_eq!(count, usize::from(width), "{share} of {width}");
            }
        }
        let shown = |share| bar(share, 4, Style::new(), Theme::Plain).map(|span| span.content.into_owned());
        assert_eq!(shown(0.0), ["", "····"]);
        assert_eq!(shown(0.001), ["▏", "···"]);
        assert_eq!(shown(0.625), ["██▌", "·"]);
        assert_eq!(shown(2.0), ["████", ""]);
    }

    #[test]
    fn ages_have_one_unit() {
        let now = Timestamp::from_second(10_000_000).unwrap();
        for (ago, shown) in [
            (-5, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3599, "59m"),
            (3600, "1h"),
            (86_399, "23h"),
            (86_400, "1d"),
        ] {
            assert_eq!(age(now, 10_000_000 - ago), shown);
        }
    }
}
