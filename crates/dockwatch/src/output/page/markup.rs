//! Text for HTML: everything that comes from records goes through [`escape`] or, in data for the script, [`json`].

use evenkeel_common::Timestamp;
use evenkeel_common::terminal::{clip, one_line};
use serde::Serialize;

/// The longest text of a record that is shown, in characters.
const LONGEST: usize = 160;

/// Escapes text for HTML and SVG, attributes included.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text of a record on one line of limited length, without characters that could make it look like something else.
pub(super) fn plain(text: &str) -> String {
    clip(&one_line(text), LONGEST)
}

/// JSON inside a script element: nothing in it can end the element.
pub(super) fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_else(|_| "null".into());
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// A time for people, in UTC.
pub(super) fn date_and_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Seconds since the Unix epoch, for a plot.
#[expect(clippy::cast_precision_loss, reason = "a point in a plot")]
pub(super) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// A table that scrolls sideways in its own box where the page is narrow. `rows` are HTML.
pub(super) fn table(headers: &[&str], rows: &str) -> String {
    format!("<div class=\"scroll\"><table>{}<tbody>{rows}</tbody></table></div>", head(headers))
}

/// The head of a table.
pub(super) fn head(headers: &[&str]) -> String {
    let cell = |cells: String, header: &&str| cells + "<th scope=\"col\">" + *header;
    format!("<thead><tr>{}</tr></thead>", headers.iter().fold(String::new(), cell))
}

/// `1 run`, `2 runs`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_its_element() {
        assert_eq!(escape("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
        assert_eq!(json(&"</script><!--"), "\"\\u003c/script\\u003e\\u003c!--\"");
        assert_eq!(plain("a\u{202e}b\n c"), "a b c");
        assert_eq!(plain(&"x".repeat(1000)).len(), LONGEST + 3);
    }
}
