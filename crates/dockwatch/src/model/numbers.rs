//! Rounding for display.

/// Converts a count or size to a float, which is exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "display and plots do not need more")]
pub(crate) const fn to_f64(number: u64) -> f64 {
    number as f64
}

/// Rounds to two decimals.
pub(crate) fn round2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Rounds to three decimals: seconds to milliseconds.
pub(crate) fn round3(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Percent with one decimal; `None` where the whole is 0.
pub(crate) fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (to_f64(part) * 1000.0 / to_f64(whole)).round() / 10.0)
}
