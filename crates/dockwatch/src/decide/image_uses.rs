//! What one more look at an engine says about the uses of its images, and whether any use can have been missed.

use std::collections::BTreeMap;

use crate::model::image_uses::{ImageLook, ImageUses};

/// Adds a look to what is known. An image counts as used as long as any container of it is there, running or not, and
/// when it is seen first.
///
/// No use was missed since the look before if the engine still keeps an event from before that, and with it all later
/// ones, and if the image of every container that came and went in between is known. Else the watch begins anew.
pub(crate) fn update(known: Option<ImageUses>, host: &str, look: &ImageLook) -> ImageUses {
    let known = known.filter(|known| known.is_of(host)).unwrap_or_else(|| ImageUses::new(host, look.at));
    let new_gone = || look.gone.iter().filter(|gone| gone.started_at > known.at);
    let keeps_all = look.oldest_event.is_some_and(|oldest| oldest <= known.at);
    let knows_all = new_gone().all(|gone| gone.image.is_some() || known.containers.contains_key(&gone.id));
    let used = || {
        let gone = new_gone().filter_map(|gone| gone.image.as_ref());
        known.containers.values().chain(look.containers.values()).chain(gone)
    };
    let last_use = |id: &String| {
        let is_used = used().any(|used| used == id);
        known.images.get(id).copied().filter(|_| !is_used).unwrap_or(look.at)
    };
    let images: BTreeMap<_, _> = look.images.iter().map(|id| (id.clone(), last_use(id))).collect();
    let is_watched = keeps_all && knows_all;
    ImageUses {
        at: look.at,
        watched_since: if is_watched { known.watched_since } else { look.at },
        containers: look.containers.clone(),
        images,
        ..known
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_common::Timestamp;

    use super::*;
    use crate::model::image_uses::GoneContainer;

    const HOST: &str = "unix:///x";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn look(second: i64, oldest: Option<i64>, containers: &[(&str, &str)]) -> ImageLook {
        ImageLook {
            at: at(second),
            oldest_event: oldest.map(at),
            images: ["used", "idle"].map(str::to_owned).into(),
            containers: containers.iter().map(|(id, image)| ((*id).into(), (*image).into())).collect(),
            gone: Vec::new(),
        }
    }

    fn gone(id: &str, second: i64, image: Option<&str>) -> GoneContainer {
        GoneContainer { id: id.into(), started_at: at(second), image: image.map(str::to_owned) }
    }

    #[test]
    fn an_image_is_used_while_it_has_a_container_and_when_it_is_first_seen() {
        let first = update(None, HOST, &look(100, None, &[("c", "used")]));
        assert_eq!(
            (first.watched_since, first.images["used"], first.images["idle"]),
            (at(100), at(100), at(100))
        );
        let second = update(Some(first), HOST, &look(200, Some(50), &[]));
        assert_eq!(second.images["used"], at(200), "its container went after the look before");
        assert_eq!((second.images["idle"], second.watched_since), (at(100), at(100)));
        let third = update(Some(second), HOST, &look(300, Some(200), &[]));
        assert_eq!((third.images["used"], third.images["idle"]), (at(200), at(100)));
        let new = ImageLook { images: vec!["new".into()], ..look(400, Some(200), &[]) };
        let fourth = update(Some(third), HOST, &new);
        assert_eq!(fourth.images, [("new".to_owned(), at(400))].into(), "what is removed is forgotten");
    }

    #[test]
    fn a_container_that_came_and_went_between_two_looks_counts() {
        let first = update(None, HOST, &look(100, None, &[("old", "used")]));
        let mut second = look(200, Some(50), &[]);
        second.gone = vec![gone("run", 150, Some("idle")), gone("before", 90, None), gone("old", 120, None)];
        let found = update(Some(first), HOST, &second);
        assert_eq!((found.images["idle"], found.watched_since), (at(200), at(100)));
    }

    #[test]
    fn where_a_use_may_have_been_missed_the_watch_begins_anew() {
        let first = || update(None, HOST, &look(100, None, &[]));
        let since = |look: &ImageLook| update(Some(first()), HOST, look).watched_since;
        for (oldest, wanted) in [(None, 200), (Some(101), 200), (Some(100), 100), (Some(1), 100)] {
            assert_eq!(since(&look(200, oldest, &[])), at(wanted), "{oldest:?}");
        }
        let unknown = ImageLook { gone: vec![gone("run", 150, None)], ..look(200, Some(1), &[]) };
        assert_eq!(since(&unknown), at(200), "nobody knows which image that was");
        let other = update(Some(first()), "unix:///y", &look(200, Some(1), &[]));
        assert_eq!((other.watched_since, other.images["idle"]), (at(200), at(200)), "another engine");
    }
}
