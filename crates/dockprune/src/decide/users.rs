//! Who uses what: found once for all resources, because asking every container about every resource takes minutes where there
//! are ten thousand of each.

use std::collections::HashMap;

use crate::model::resource::{Container, Detail, Resource};

/// The resources, and which of the containers among them refer to what.
#[derive(Debug)]
pub(crate) struct Users<'a> {
    pub(crate) facts: &'a [Resource],
    /// Indices of the containers that have this text as the name or the id of something that they use.
    by_text: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Users<'a> {
    pub(crate) fn new(facts: &'a [Resource]) -> Self {
        let mut by_text = HashMap::<&str, Vec<usize>>::new();
        for (index, resource) in facts.iter().enumerate() {
            for text in resource.container().into_iter().flat_map(references) {
                by_text.entry(text).or_default().push(index);
            }
        }
        Self { facts, by_text }
    }

    /// The containers that use a resource with their indices, in the order of the facts.
    pub(crate) fn of(&self, resource: &Resource) -> impl Iterator<Item = (usize, &'a Resource)> {
        let mut indices: Vec<usize> =
            texts(resource).filter_map(|text| self.by_text.get(text)).flatten().copied().collect();
        indices.sort_unstable();
        indices.dedup();
        let facts = self.facts;
        // What the texts mean is decided in one place.
        let using: Vec<usize> = indices.into_iter().filter(|index| facts[*index].uses(resource)).collect();
        using.into_iter().map(move |index| (index, &facts[index]))
    }
}

/// The texts by which a container refers to what it uses.
fn references(container: &Container) -> impl Iterator<Item = &str> {
    let Container { networks, volumes, image, .. } = container;
    networks.iter().chain(volumes).chain([image]).map(String::as_str)
}

/// The texts by which a container may refer to a resource: a network also by the beginning of its id.
fn texts(resource: &Resource) -> impl Iterator<Item = &str> {
    let id = resource.id.as_str();
    let shortest = if matches!(resource.detail, Detail::Network(_)) { 1 } else { id.len() };
    let beginnings = (shortest..=id.len()).filter_map(move |end| id.get(..end));
    std::iter::once(resource.name.as_str()).chain(beginnings)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::resource::State;
    use crate::testing::{container, image, network, volume};

    fn text() -> impl Strategy<Value = String> {
        "[ab]{0,3}"
    }

    proptest! {
        /// The same as asking each.
        #[test]
        fn every_user_is_found(
            containers in prop::collection::vec((text(), text(), text(), text()), 0..6),
            used in prop::collection::vec((text(), text()), 1..6),
        ) {
            let mut facts: Vec<Resource> = Vec::new();
            for (first, second, mounted, from) in containers {
                let mut found = container("c", State::Exited, &[]);
                let detail = found.container_mut();
                detail.networks = vec![first, second];
                detail.volumes = vec![mounted];
                detail.image = from;
                facts.push(found);
            }
            for (name, id) in used {
                for mut other in [network(&name, &[]), volume(&name, &[]), image(&name, &[])] {
                    other.id.clone_from(&id);
                    facts.push(other);
                }
            }
            let users = Users::new(&facts);
            for resource in &facts {
                let each: Vec<usize> = (0..facts.len()).filter(|index| facts[*index].uses(resource)).collect();
                prop_assert_eq!(users.of(resource).map(|(index, _)| index).collect::<Vec<_>>(), each);
            }
        }
    }
}
