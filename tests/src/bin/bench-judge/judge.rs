//! Medians, ratios, how sure they are, and the verdict on each bar.

use std::io;

use crate::growth;
use crate::samples::{Bar, Measured, Row, Turns};

/// Sets of turns that are drawn for an interval.
const DRAWS: usize = 2000;

/// The same draws each time: the same samples have the same interval.
const SEED: u64 = 1;

/// Of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The median is not above it.
    Met,
    /// The median is above it, the interval's lower end is not.
    WithinNoise,
    /// The whole interval is above it.
    Missed,
    /// There is no bar.
    Shown,
    /// The peer is not on this machine.
    NoPeer,
}

impl Verdict {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::WithinNoise => "within noise",
            Self::Missed => "MISSED",
            Self::Shown => "",
            Self::NoPeer => "no peer here",
        }
    }
}

/// A figure, and between what it lies: 95 % of those that other turns would have given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Estimate {
    fn verdict(self, bar: f64) -> Verdict {
        if self.value <= bar {
            Verdict::Met
        } else if self.low <= bar {
            Verdict::WithinNoise
        } else {
            Verdict::Missed
        }
    }
}

/// A row with its verdict.
#[derive(Debug)]
pub(crate) struct JudgedRow<'a> {
    pub(crate) row: &'a Row,
    pub(crate) ours: f64,
    pub(crate) peer: Option<f64>,
    /// Of the ratio, or of the figure itself where there is no peer.
    pub(crate) estimate: Estimate,
    pub(crate) verdict: Verdict,
}

/// All of one tool.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) measured: &'a Measured,
    pub(crate) rows: Vec<JudgedRow<'a>>,
    pub(crate) growths: Vec<growth::Judged<'a>>,
}

impl Judged<'_> {
    /// What each missed bar is of.
    pub(crate) fn missed(&self) -> Vec<String> {
        let rows = self.rows.iter().filter(|row| row.verdict == Verdict::Missed).map(|row| &row.row.title);
        let growths =
            self.growths.iter().filter(|one| one.verdict == Verdict::Missed).map(|one| &one.growth.title);
        rows.chain(growths).map(|title| format!("{}: {title}", self.measured.tool)).collect()
    }
}

/// Fails where a row was not measured.
pub(crate) fn judge(measured: &Measured) -> io::Result<Judged<'_>> {
    let rows = measured.rows.iter().map(|(id, row)| judge_row(row).ok_or_else(|| unmeasured(measured, id)));
    let growths = measured
        .growths
        .iter()
        .map(|(id, growth)| growth::judge(growth).ok_or_else(|| unmeasured(measured, id)));
    Ok(Judged {
        measured,
        rows: rows.collect::<io::Result<_>>()?,
        growths: growths.collect::<io::Result<_>>()?,
    })
}

fn unmeasured(measured: &Measured, id: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: too few samples of {id}", measured.tool))
}

fn judge_row(row: &Row) -> Option<JudgedRow<'_>> {
    let ours = median(pooled(&row.ours, None))?;
    let peer = median(pooled(&row.peer, None)).filter(|peer| *peer > 0.0);
    let estimate = match (row.bar, peer) {
        (Bar::Figure(_), _) | (_, None) => interval(ours, |draw| median(pooled(&row.ours, Some(draw)))),
        (_, Some(peer)) => interval(ours / peer, |draw| {
            Some(median(pooled(&row.ours, Some(draw)))? / median(pooled(&row.peer, Some(draw)))?)
        }),
    };
    let verdict = match (row.bar, peer) {
        (Bar::None, _) => Verdict::Shown,
        (Bar::Ratio(_), None) => Verdict::NoPeer,
        (Bar::Ratio(bar) | Bar::Figure(bar), _) => estimate.verdict(bar),
    };
    Some(JudgedRow { row, ours, peer, estimate, verdict })
}

/// Numbers from 0 to 1, one for each turn of a drawn set.
type Draw<'a> = &'a [f64];

fn interval(value: f64, figure: impl Fn(Draw<'_>) -> Option<f64>) -> Estimate {
    /// More turns than any script has.
    const TURNS: usize = 512;
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut figures: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let draw: Vec<f64> = (0..TURNS).map(|_| random.f64()).collect();
            figure(&draw)
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    let at = |place: usize| figures.get(place).copied().unwrap_or(value);
    // 2.5 % of the figures on either side.
    let tail = figures.len() / 40;
    Estimate { value, low: at(tail), high: at(figures.len().saturating_sub(tail + 1)) }
}

/// The samples of all turns, or of those drawn. Both sides of a row draw the same turns where they have as many of them:
/// what disturbed a turn disturbed both.
fn pooled(turns: &Turns, draw: Option<Draw<'_>>) -> Vec<f64> {
    let by_turn: Vec<&Vec<f64>> = turns.values().collect();
    match draw {
        None => by_turn.into_iter().flatten().copied().collect(),
        Some(draw) => draw
            .iter()
            .take(by_turn.len())
            .flat_map(|part| by_turn[place(*part, by_turn.len())])
            .copied()
            .collect(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a few hundred turns"
)]
fn place(part: f64, count: usize) -> usize {
    ((part * count as f64) as usize).min(count - 1)
}

/// `None` of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}
