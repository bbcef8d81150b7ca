//! What a script has measured: lines of fields that tabs separate.
//!
//! ```text
//! about   TOOL  TEXT                              what was measured, on what, when
//! row     ID TITLE OURS PEER UNIT BAR             a comparison, or a figure without a peer
//! sample  ID ours|peer TURN VALUE                 one of its samples
//! growth  ID TITLE UNIT BAR                       how a figure grows with what is handled; BAR is an exponent
//! grown   ID SIZE VALUE                           that figure for one size; size 0 is the start-up, which is taken off
//! ```

use std::collections::BTreeMap;
use std::io;

/// The most that a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bar {
    /// Of the peer's.
    Ratio(f64),
    /// In the row's unit.
    Figure(f64),
    /// Shown for comparison only.
    None,
}

impl Bar {
    /// `0.9x` and `1/150` are ratios, `200` is a figure, `-` is no bar.
    fn parse(word: &str) -> Option<Self> {
        if word == "-" {
            return Some(Self::None);
        }
        if let Some(part) = word.strip_prefix("1/") {
            return Some(Self::Ratio(1.0 / positive(part)?));
        }
        if let Some(ratio) = word.strip_suffix('x') {
            return Some(Self::Ratio(positive(ratio)?));
        }
        number(word).map(Self::Figure)
    }
}

/// Samples of one side, by turn.
pub(crate) type Turns = BTreeMap<u32, Vec<f64>>;

/// A comparison with its samples.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) title: String,
    /// What ours is, where it is not the tool itself; may be empty.
    pub(crate) ours_name: String,
    /// May be empty: the row is a figure of its own.
    pub(crate) peer_name: String,
    pub(crate) unit: String,
    /// As it is written.
    pub(crate) bar_text: String,
    pub(crate) bar: Bar,
    pub(crate) ours: Turns,
    pub(crate) peer: Turns,
}

/// How a figure grows.
#[derive(Debug)]
pub(crate) struct Growth {
    pub(crate) title: String,
    pub(crate) unit: String,
    /// The largest exponent.
    pub(crate) bar: f64,
    pub(crate) by_size: BTreeMap<u64, f64>,
}

/// All of one script, in the order in which it declares its rows.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) tool: String,
    pub(crate) about: String,
    pub(crate) rows: Vec<(String, Row)>,
    pub(crate) growths: Vec<(String, Growth)>,
}

impl Measured {
    /// Fails with the number of the first line that is not as above.
    pub(crate) fn parse(text: &str) -> io::Result<Self> {
        let mut measured = Self::default();
        for (index, line) in text.lines().enumerate() {
            let fields: Vec<&str> = line.split('\t').collect();
            measured.add(&fields).ok_or_else(|| wrong(index + 1, line))?;
        }
        Ok(measured)
    }

    fn add(&mut self, fields: &[&str]) -> Option<()> {
        match fields {
            ["about", tool, about] => {
                (self.tool, self.about) = ((*tool).to_owned(), (*about).to_owned());
            }
            ["row", id, rest @ ..] => self.rows.push(((*id).to_owned(), row(rest)?)),
            ["growth", id, rest @ ..] => self.growths.push(((*id).to_owned(), growth(rest)?)),
            ["sample", id, side, turn, value] => self.add_sample(id, side, turn, value)?,
            ["grown", id, size, value] => {
                let (_, growth) = self.growths.iter_mut().find(|(known, _)| known == id)?;
                growth.by_size.insert(size.parse().ok()?, number(value)?);
            }
            _ => return None,
        }
        Some(())
    }

    fn add_sample(&mut self, id: &str, side: &str, turn: &str, value: &str) -> Option<()> {
        let (_, row) = self.rows.iter_mut().find(|(known, _)| known == id)?;
        let turns = match side {
            "ours" => &mut row.ours,
            "peer" => &mut row.peer,
            _ => return None,
        };
        turns.entry(turn.parse().ok()?).or_default().push(number(value)?);
        Some(())
    }
}

fn row(fields: &[&str]) -> Option<Row> {
    let [title, ours, peer, unit, bar] = fields else { return None };
    Some(Row {
        title: (*title).to_owned(),
        ours_name: (*ours).to_owned(),
        peer_name: (*peer).to_owned(),
        unit: (*unit).to_owned(),
        bar_text: (*bar).to_owned(),
        bar: Bar::parse(bar)?,
        ours: Turns::new(),
        peer: Turns::new(),
    })
}

fn growth(fields: &[&str]) -> Option<Growth> {
    let [title, unit, bar] = fields else { return None };
    Some(Growth {
        title: (*title).to_owned(),
        unit: (*unit).to_owned(),
        bar: positive(bar)?,
        by_size: BTreeMap::new(),
    })
}

fn number(word: &str) -> Option<f64> {
    word.parse().ok().filter(|value: &f64| value.is_finite())
}

fn positive(word: &str) -> Option<f64> {
    number(word).filter(|value| *value > 0.0)
}

fn wrong(line: usize, text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not understood: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_ratios_figures_or_none() {
        assert_eq!(Bar::parse("0.9x"), Some(Bar::Ratio(0.9)));
        assert_eq!(Bar::parse("1/4"), Some(Bar::Ratio(0.25)));
        assert_eq!(Bar::parse("200"), Some(Bar::Figure(200.0)));
        assert_eq!(Bar::parse("0"), Some(Bar::Figure(0.0)));
        assert_eq!(Bar::parse("-"), Some(Bar::None));
        for wrong in ["", "x", "0x", "1/0", "1/", "fast", "NaN"] {
            assert_eq!(Bar::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn samples_belong_to_declared_rows() {
        let text = "about\tenvlock\there\nrow\ta\taround true\t\tflock\tms\t0.9x\nsample\ta\tours\t3\t1.5\n";
        let measured = Measured::parse(text).expect("it is understood");
        assert_eq!(measured.rows[0].1.ours[&3], [1.5]);
        for wrong in ["sample\tb\tours\t3\t1.5", "sample\ta\tmine\t3\t1.5", "sample\ta\tours\t3\tinf", "what"]
        {
            let error = Measured::parse(&format!("{text}{wrong}\n")).expect_err(wrong);
            assert!(error.to_string().starts_with("line 4 "), "{error}");
        }
    }
}
