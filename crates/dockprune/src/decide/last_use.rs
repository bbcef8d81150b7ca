//! Images that no container has used for a time, where dockwatch has watched all of that time.

use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::units::show_duration;

use super::age::{self, AgeVerdict, show_age};
use super::rule::Rule;
use crate::model::image_uses::ImageUses;
use crate::model::resource::Resource;

/// A container can come and go between dockwatch's last look and this run; no more time than this may lie between them.
const NEWEST: Duration = Duration::from_mins(1);

/// Decides about an image by its last use. Where that is not known it stays: it is never guessed.
pub(super) fn judge(
    image: &Resource,
    uses: Option<&ImageUses>,
    limit: Duration,
    now: Timestamp,
) -> (Rule, String) {
    let unknown = |why: String| (Rule::UnknownUse, format!("its last use is unknown: {why}"));
    let Some(uses) = uses else {
        return unknown("dockwatch has noted nothing of this engine".into());
    };
    let Some(last) = uses.images.get(&image.id) else {
        return unknown("dockwatch has not seen it yet".into());
    };
    let [noted, watched, idle] = [uses.at, uses.watched_since, *last]
        .map(|at| Duration::try_from(now.duration_since(at)).unwrap_or_default());
    if noted > NEWEST {
        return unknown(format!("dockwatch last looked {} ago", show_duration(noted)));
    }
    let limit_text = show_duration(limit);
    if idle < limit {
        return (Rule::Young, format!("used {} ago or later, limit {limit_text}", show_duration(idle)));
    }
    if watched < limit {
        return unknown(format!(
            "dockwatch watches only since {}, limit {limit_text}",
            show_duration(watched)
        ));
    }
    match age::compare(&image.created, &image.active, limit, now) {
        AgeVerdict::Old => (Rule::Unused, format!("not used for {}", show_duration(idle))),
        AgeVerdict::InvalidTime(cause) => (Rule::NoTime, cause),
        AgeVerdict::Young | AgeVerdict::NeedsInspection => {
            (Rule::Young, format!("{} old, limit {limit_text}", show_age(image, now)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::select::select;
    use crate::model::known_time::KnownTime;
    use crate::model::policy::{Policy, Scope, Times};
    use crate::model::resource::State;
    use crate::testing::{container, image, now, policy};

    const HOUR: Duration = Duration::from_hours(1);

    fn uses(noted: Duration, watched: Duration, used: Duration) -> ImageUses {
        ImageUses {
            schema: String::new(),
            host: String::new(),
            at: now() - noted,
            watched_since: now() - watched,
            images: [("app".to_owned(), now() - used)].into(),
        }
    }

    /// The rules for an image that was named two hours ago, with a limit of an hour.
    fn rule(uses: Option<ImageUses>, more: &[Resource]) -> Rule {
        let app = Resource { active: KnownTime::At(now() - 2 * HOUR), ..image("app", &[]) };
        let scope = Scope::Unused { within: Box::new(Scope::Everything), uses };
        let policy = Policy { scope, times: Times::Exact, ..policy() };
        let facts = [&[app][..], more].concat();
        select(&facts, &policy, now())[&0].rule
    }

    #[test]
    fn only_what_was_watched_for_all_the_time_and_not_used_goes() {
        let second = Duration::from_secs(1);
        let minute = Duration::from_mins(1);
        for (noted, watched, used, wanted) in [
            (second, HOUR, HOUR, Rule::Unused),
            (minute, 3 * HOUR, 2 * HOUR, Rule::Unused),
            (minute + second, 3 * HOUR, 2 * HOUR, Rule::UnknownUse),
            (second, HOUR.abs_diff(second), HOUR, Rule::UnknownUse),
            (second, 3 * HOUR, HOUR.abs_diff(second), Rule::Young),
            (second, minute, second, Rule::Young),
        ] {
            assert_eq!(rule(Some(uses(noted, watched, used)), &[]), wanted, "{noted:?} {watched:?} {used:?}");
        }
    }

    #[test]
    fn what_is_unknown_or_needed_stays() {
        assert_eq!(rule(None, &[]), Rule::UnknownUse);
        let known = || uses(Duration::ZERO, 9 * HOUR, 9 * HOUR);
        assert_eq!(rule(Some(ImageUses { images: [].into(), ..known() }), &[]), Rule::UnknownUse);
        let mut user = container("user", State::Created, &[]);
        user.container_mut().image = "app".into();
        assert_eq!(rule(Some(known()), &[user]), Rule::InUse);
        // dockwatch's clock may be ahead by a moment.
        let ahead = ImageUses { at: now() + Duration::from_secs(1), ..known() };
        assert_eq!(rule(Some(ahead), &[]), Rule::Unused);
    }
}
