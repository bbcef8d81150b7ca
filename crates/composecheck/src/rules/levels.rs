//! The levels of rules by what a project says about itself.

use super::policy::{Environment, Policy};
use crate::finding::Level;

/// Levels for a project that does not say what it is for; none is off. Other rules keep their level: what they find is wrong
/// or dangerous whatever the project is for.
const GENERAL: [(&str, Option<Level>); 19] = [
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
    ("CC304", Some(Level::Info)),
    ("CC601", Some(Level::Info)),
    ("CC602", Some(Level::Info)),
    // Most projects keep it out of their repository.
    ("CC006", Some(Level::Warning)),
    // Slows an engine down where many run at once.
    ("CC202", Some(Level::Warning)),
];
/// Levels of the rules on security: code, then the level where the purpose is unknown, in test, dev and prod; none is off. In
/// an environment for tests they matter little, and where people depend on it, much.
const SECURITY: [(&str, [Option<Level>; 4]); 15] = [
    ("CC911", [WARNING, INFO, INFO, WARNING]),
    ("CC912", [WARNING, INFO, INFO, ERROR]),
    ("CC913", [INFO, INFO, INFO, ERROR]),
    ("CC914", [INFO, INFO, INFO, WARNING]),
    ("CC915", [WARNING, INFO, INFO, WARNING]),
    ("CC916", [INFO, INFO, INFO, WARNING]),
    ("CC917", [WARNING, INFO, INFO, WARNING]),
    ("CC918", [WARNING, INFO, INFO, ERROR]),
    ("CC919", [WARNING, INFO, INFO, ERROR]),
    ("CC920", [INFO, INFO, INFO, WARNING]),
    ("CC921", [None, None, None, WARNING]),
    ("CC922", [None, None, None, INFO]),
    ("CC923", [None, None, None, INFO]),
    ("CC924", [None, None, None, WARNING]),
    ("CC925", [None, None, None, INFO]),
];
const INFO: Option<Level> = Some(Level::Info);
const WARNING: Option<Level> = Some(Level::Warning);
const ERROR: Option<Level> = Some(Level::Error);
/// Rules that need a budget, and apply wherever one is declared.
const OF_BUDGET: [&str; 3] = ["CC101", "CC105", "CC106"];

/// The level of a finding, from the level that its rule gave it; none if the rule is off.
pub(crate) fn level(code: &str, own: Level, policy: &Policy) -> Option<Level> {
    if let Some((_, levels)) = SECURITY.iter().find(|(known, _)| *known == code) {
        let at = match policy.environment {
            None => 0,
            Some(Environment::Test) => 1,
            Some(Environment::Dev) => 2,
            Some(Environment::Prod) => 3,
        };
        return levels[at].map(|level| level.min(own));
    }
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
            ("CC912", error, &unknown, Some(warning)),
            ("CC912", error, &test, Some(Level::Info)),
            ("CC912", error, &prod, Some(error)),
            ("CC919", Level::Info, &prod, Some(Level::Info)),
            ("CC921", warning, &test, None),
            ("CC921", warning, &prod, Some(warning)),
        ] {
            assert_eq!(level(code, own, policy), wanted, "{code} {policy:?}");
        }
    }

    #[test]
    fn every_code_is_that_of_a_rule() {
        let codes = GENERAL.iter().map(|(code, _)| *code).chain(OF_BUDGET);
        let codes = codes.chain(SECURITY.iter().map(|(code, _)| *code));
        assert_eq!(codes.filter(|code| super::super::by_code(code).is_none()).count(), 0);
    }
}
