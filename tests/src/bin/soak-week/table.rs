//! What people read: the table of both sides, and what deviated.

use crate::judge::Verdict;

/// Columns: what, before, after.
pub(crate) fn table(title: &str, before: &Verdict, after: &Verdict) -> String {
    let mut text = format!("{title:<52} {:<14} {:<14}\n", "before", "after");
    for ((name, old), (_, new)) in before.figures.iter().zip(&after.figures) {
        text += &format!("{name:<52} {old:<14} {new:<14}\n");
    }
    text
}

/// What was not as it should be with evenkeel, each with its record.
pub(crate) fn deviations(after: &Verdict) -> String {
    if after.deviations.is_empty() {
        return "no deviations\n".to_owned();
    }
    let mut text = format!("{} deviations, and the record that explains each:\n", after.deviations.len());
    for deviation in &after.deviations {
        text += &format!("  {}: {}\n", deviation.what, deviation.record.as_deref().unwrap_or("UNEXPLAINED"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Deviation;

    #[test]
    fn a_deviation_without_a_record_is_called_so() {
        let deviation = Deviation { what: "run0001 of shop ended with 3".into(), record: None };
        let verdict = Verdict { deviations: vec![deviation], ..Verdict::default() };
        assert!(deviations(&verdict).contains("run0001 of shop ended with 3: UNEXPLAINED"));
        assert_eq!(deviations(&Verdict::default()), "no deviations\n");
    }

    #[test]
    fn both_sides_stand_beside_one_another() {
        let of = |value: &str| Verdict { figures: vec![("runs", value.to_owned())], ..Verdict::default() };
        let text = table("seed 1", &of("7"), &of("8"));
        assert!(
            text.lines().nth(1).is_some_and(|line| line.split_whitespace().eq(["runs", "7", "8"])),
            "{text}"
        );
    }
}
