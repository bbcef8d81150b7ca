//! How Testcontainers marks what it makes. Its libraries differ in small things.

use super::resource::Resource;

/// Label of all that it makes, with the value `true`.
const LABEL: &str = "org.testcontainers";
/// Label of a session: as Python, Node and .NET write it, and as Java and Go do.
const SESSION_LABELS: [&str; 2] = ["org.testcontainers.session-id", "org.testcontainers.sessionId"];
/// Label of the container that cleans up, with the value `true`. Not every library sets one.
const RYUK_LABELS: [&str; 2] = ["org.testcontainers.ryuk", "org.testcontainers.reaper"];
/// What precedes the session in that container's name: in Go, and everywhere else.
const RYUK_NAMES: [&str; 2] = ["reaper_", "testcontainers-ryuk-"];

/// Whether Testcontainers made it.
pub(crate) fn is_made_by(resource: &Resource) -> bool {
    has_true(resource, LABEL)
}

/// The session that it belongs to; of a Ryuk without the label, the one that its name says.
pub(crate) fn session(resource: &Resource) -> Option<&str> {
    let labelled = SESSION_LABELS.into_iter().find_map(|label| resource.labels.get(label));
    labelled.map(String::as_str).or_else(|| session_of_name(resource)).filter(|session| !session.is_empty())
}

/// Whether it is a container that cleans up after a session.
pub(crate) fn is_ryuk(resource: &Resource) -> bool {
    let labelled = RYUK_LABELS.into_iter().any(|label| has_true(resource, label));
    resource.container().is_some()
        && (labelled || (is_made_by(resource) && session_of_name(resource).is_some()))
}

fn session_of_name(resource: &Resource) -> Option<&str> {
    resource.container()?;
    RYUK_NAMES.into_iter().find_map(|prefix| resource.name.strip_prefix(prefix))
}

fn has_true(resource: &Resource, label: &str) -> bool {
    resource.labels.get(label).is_some_and(|value| value == "true")
}
