//! How a figure grows: the exponent of the size.

use crate::judge::Verdict;
use crate::samples::Growth;

/// Below this size the start-up hides what an object costs.
const SMALLEST: u64 = 100;

/// A figure's growth with its verdict.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) growth: &'a Growth,
    /// Of the straight line through the logarithms from size 100 up.
    pub(crate) exponent: f64,
    /// Between the two largest sizes, where what grows faster than the rest shows first.
    pub(crate) last: f64,
    pub(crate) verdict: Verdict,
}

/// `None` where fewer than two sizes were measured.
pub(crate) fn judge(growth: &Growth) -> Option<Judged<'_>> {
    let start_up = growth.by_size.get(&0).copied().unwrap_or(0.0);
    let points: Vec<(f64, f64)> = growth
        .by_size
        .range(SMALLEST..)
        // What does not grow at all counts as one unit at every size.
        .map(|(size, value)| (logarithm(*size), (value - start_up).max(1.0).ln()))
        .collect();
    let [.., before, end] = points[..] else { return None };
    let (exponent, last) = (slope(&points), slope(&[before, end]));
    let verdict = if exponent.max(last) > growth.bar { Verdict::Missed } else { Verdict::Met };
    Some(Judged { growth, exponent, last, verdict })
}

/// By least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let mean = |part: fn(&(f64, f64)) -> f64| points.iter().map(part).sum::<f64>() / count(points);
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let both: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    both / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

#[expect(clippy::cast_precision_loss, reason = "a handful of sizes")]
fn count(points: &[(f64, f64)]) -> f64 {
    points.len() as f64
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn logarithm(size: u64) -> f64 {
    (size as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growing(figure: fn(f64) -> f64) -> Growth {
        let by_size = [(0, 0.0), (10, 10.0), (100, 100.0), (1000, 1000.0), (10_000, 10_000.0)]
            .map(|(size, number)| (size, 5e6 + figure(number)));
        Growth { title: String::new(), unit: "instructions".into(), bar: 1.1, by_size: by_size.into() }
    }

    #[test]
    fn the_exponent_is_that_of_what_comes_beside_the_start_up() {
        for (figure, exponent) in [
            ((|n| 700.0 * n) as fn(f64) -> f64, 1.0),
            (|n| 3.0 * n * n, 2.0),
            (|_| 0.0, 0.0),
            (|n| n.sqrt() * 1e4, 0.5),
        ] {
            let growth = growing(figure);
            let judged = judge(&growth).expect("there are sizes enough");
            assert!((judged.exponent - exponent).abs() < 1e-3, "{judged:?}");
            assert_eq!(judged.verdict == Verdict::Missed, exponent > 1.1, "{judged:?}");
        }
    }

    #[test]
    fn what_turns_quadratic_at_the_end_is_found() {
        // Linear up to a thousand, as seen from afar.
        let growth = growing(|n| 1000.0 * n + 0.1 * n * n);
        let judged = judge(&growth).expect("there are sizes enough");
        assert!(judged.exponent < 1.2 && judged.last > 1.2, "{judged:?}");
        assert_eq!(judged.verdict, Verdict::Missed);
    }

    #[test]
    fn one_size_tells_nothing() {
        let mut growth = growing(|n| n);
        growth.by_size.retain(|size, _| *size <= 100);
        assert!(judge(&growth).is_none());
    }
}
