//! The levels of rules by what a project says about itself.

use super::policy::{Environment, Policy};
use crate::finding::Level;

/// Levels for a project that does not say what it is for; none is off. Other rules keep their level: what they find is wrong
/// or dangerous whatever the project is for.
const GENERAL: [(&str, Option<Level>); 17] = [
    // Habits of one house: labels, names, port ranges, one health check for all.
    ("CC203", None),
    ("CC301", None),
    ("CC305", None),
    ("CC402", None),
    ("CC902", None),
    // What a test environment must not do is right elsewhere.
    ("CC403", None),
    ("CC501", None),
    // A limit that nobody has set cannot be exceeded.
    ("CC104", None),
    ("CC105", None),
    ("CC106", None),
    // Good advice that nothing breaks without.
    ("CC102", Some(Level::Info)),
    ("CC201", Some(Level::Info)),
    ("CC302", Some(Level::Info)),
    ("CC303", Some(Level::Info)),
    ("CC601", Some(Level::Info)),
    ("CC602", Some(Level::Info)),
    // Slows an engine down where many run at once.
    ("CC202", Some(Level::Warning)),
];
/// Rules that need a budget, and apply wherever one is declared.
const OF_BUDGET: [&str; 3] = ["CC101", "CC105", "CC106"];

/// The level of a finding, from the level that its rule gave it; none if the rule is off.
pub(crate) fn level(code: &str, own: Level, policy: &Policy) -> Option<Level> {
    if policy.budget.is_some() && OF_BUDGET.contains(&code) {
        return Some(own);
    }
    match (code, policy.environment) {
        ("CC101", Some(Environment::Test)) => Some(own),
        // Without a budget, it is a risk and no mistake.
        ("CC101", _) => Some(Level::Warning),
        (_, Some(_)) => Some(own),
        (_, None) => GENERAL
            .iter()
            .find(|(known, _)| *known == code)
            .map_or(Some(own), |(_, level)| level.map(|level| level.min(own))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_what_the_project_says() {
        let unknown = Policy::default();
        let budget = Policy { budget: Some(1 << 30), ..Policy::default() };
        let [test, prod] = [Environment::Test, Environment::Prod].map(Policy::from);
        let (error, warning) = (Level::Error, Level::Warning);
        for (code, own, policy, wanted) in [
            ("CC101", error, &unknown, Some(warning)),
            ("CC101", error, &budget, Some(error)),
            ("CC101", error, &test, Some(error)),
            ("CC101", error, &prod, Some(warning)),
            ("CC105", error, &unknown, None),
            ("CC105", error, &budget, Some(error)),
            ("CC301", error, &unknown, None),
            ("CC301", error, &prod, Some(error)),
            ("CC102", warning, &unknown, Some(Level::Info)),
            ("CC202", error, &unknown, Some(warning)),
            ("CC401", error, &unknown, Some(error)),
        ] {
            assert_eq!(level(code, own, policy), wanted, "{code} {policy:?}");
        }
    }

    #[test]
    fn every_code_is_that_of_a_rule() {
        let codes = GENERAL.iter().map(|(code, _)| *code).chain(OF_BUDGET);
        assert_eq!(codes.filter(|code| super::super::by_code(code).is_none()).count(), 0);
    }
}
