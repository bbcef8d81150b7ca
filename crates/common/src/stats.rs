//! Figures about a set of values.

/// The smallest value that at least `percent` percent of all values do not exceed (nearest rank); `None` without
/// values. They need not be sorted.
pub fn percentile(values: &[u64], percent: usize) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        for (values, percent, expected) in [
            (vec![], 50, None),
            (vec![7], 0, Some(7)),
            (vec![7], 95, Some(7)),
            (vec![3, 1, 2], 50, Some(2)),
            ((1..=20).rev().collect(), 95, Some(19)),
            ((1..=20).rev().collect(), 50, Some(10)),
            ((1..=20).collect(), 100, Some(20)),
        ] {
            assert_eq!(percentile(&values, percent), expected, "{percent} % of {values:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn enough_values_do_not_exceed_it(
            values in proptest::collection::vec(0..1000_u64, 1..50),
            percent in 0..=100_usize,
        ) {
            let found = percentile(&values, percent).unwrap();
            proptest::prop_assert!(values.contains(&found));
            let below = values.iter().filter(|value| **value <= found).count();
            proptest::prop_assert!(below * 100 >= percent * values.len());
        }
    }
}
