//! Which records of the build cache go: the least recently used ones, until the rest is small enough.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_common::Timestamp;
use evenkeel_common::units::show_size;

use super::age::show_age;
use super::rule::{Decisions, Rule};
use crate::model::known_time::KnownTime;
use crate::model::resource::Resource;

/// A record and its index in the facts.
type Indexed<'a> = (usize, &'a Resource);

/// Decides about all records. `stays` says why a record stays whatever the size.
pub(super) fn select(
    records: &[Indexed<'_>],
    keep_bytes: u64,
    stays: impl Fn(&Resource) -> Option<(Rule, String)>,
    now: Timestamp,
) -> Decisions {
    let mut decisions: Decisions =
        records.iter().filter_map(|(index, record)| Some((*index, stays(record)?.into()))).collect();
    let candidates: Vec<Indexed<'_>> =
        records.iter().filter(|(index, _)| !decisions.contains_key(index)).copied().collect();
    let total: u64 = records.iter().map(|(_, record)| own_size(record)).sum();
    let mut size = total;
    for (index, record) in removal_order(records, &candidates) {
        let decision = if size > keep_bytes {
            size = size.saturating_sub(own_size(record));
            (Rule::LeastUsed, least_used(record, total, now))
        } else {
            (Rule::WithinSize, format!("within the {} that may stay", show_size(keep_bytes)))
        };
        decisions.insert(index, decision.into());
    }
    for (index, _) in candidates {
        let in_use = || (Rule::InUse, "another record that stays is made from it".to_owned()).into();
        decisions.entry(index).or_insert_with(in_use);
    }
    decisions
}

fn least_used(record: &Resource, total: u64, now: Timestamp) -> String {
    let (size, total) = (show_size(own_size(record)), show_size(total));
    format!("{size}, last used {} ago; the cache has {total}", show_age(record, now))
}

/// The candidates in the order in which they would go: always the one that was not used for the longest time, of those
/// that nothing is made from any more. Those from which something is made that stays are left out.
fn removal_order<'a>(records: &[Indexed<'a>], candidates: &[Indexed<'a>]) -> Vec<Indexed<'a>> {
    let mut children = children(records);
    let by_id: BTreeMap<&str, Indexed<'a>> =
        candidates.iter().map(|found| (found.1.id.as_str(), *found)).collect();
    let entry = |(index, record): &Indexed<'a>| (last_used(record), record.id.as_str(), *index);
    let has_no_child = |(_, record): &&Indexed<'a>| !children.contains_key(&*record.id);
    let mut free: BTreeSet<_> = candidates.iter().filter(has_no_child).map(entry).collect();
    let mut order = Vec::new();
    while let Some((_, id, _)) = free.pop_first() {
        let found = by_id[id];
        order.push(found);
        for parent in parents(found.1) {
            let Some(count) = children.get_mut(&**parent) else { continue };
            *count -= 1;
            if *count == 0 {
                free.extend(by_id.get(&**parent).map(entry));
            }
        }
    }
    order
}

/// How many records are made from each.
fn children<'a>(records: &[(usize, &'a Resource)]) -> BTreeMap<&'a str, usize> {
    let mut children = BTreeMap::new();
    for id in records.iter().flat_map(|(_, record)| parents(record)) {
        *children.entry(id.as_str()).or_default() += 1;
    }
    children
}

fn parents(record: &Resource) -> &[String] {
    record.cache_record().map_or(&[], |record| &record.parents)
}

/// What its removal frees.
fn own_size(record: &Resource) -> u64 {
    record.cache_record().filter(|record| !record.shared).map_or(0, |record| record.size_bytes)
}

/// When it was last used; made and never used is as old as it is.
fn last_used(record: &Resource) -> Option<Timestamp> {
    [&record.created, &record.active].into_iter().filter_map(KnownTime::exact).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::select::select;
    use crate::model::policy::{Policy, Scope};
    use crate::model::resource::{CacheRecord, Detail};
    use crate::testing::{hours_ago, now, policy, volume};

    /// A record of so many MiB that was used so many hours ago.
    fn record(id: &str, hours: u64, size: u64, parents: &[&str]) -> Resource {
        let detail = CacheRecord {
            size_bytes: size << 20,
            in_use: false,
            shared: false,
            parents: parents.iter().map(|id| (*id).to_owned()).collect(),
        };
        Resource {
            created: hours_ago(99),
            active: hours_ago(hours),
            detail: Detail::BuildCache(detail),
            ..volume(id, &[])
        }
    }

    fn with(mut record: Resource, change: impl Fn(&mut CacheRecord)) -> Resource {
        if let Detail::BuildCache(detail) = &mut record.detail {
            change(detail);
        }
        record
    }

    /// The rules with which 1 MiB times `keep` stays of these.
    fn rules(records: &[Resource], keep: u64) -> Vec<Rule> {
        let policy = Policy { scope: Scope::BuildCache { keep_bytes: keep << 20 }, ..policy() };
        select(records, &policy, now()).into_values().map(|decision| decision.rule).collect()
    }

    #[test]
    fn the_least_recently_used_go_until_the_rest_is_small_enough() {
        use Rule::{LeastUsed as Gone, WithinSize as Kept};
        let records = [record("a", 2, 4, &[]), record("b", 9, 3, &[]), record("c", 5, 2, &[])];
        for (keep, wanted) in [
            (9, [Kept, Kept, Kept]),
            (8, [Kept, Gone, Kept]),
            (6, [Kept, Gone, Kept]),
            (5, [Kept, Gone, Gone]),
            (4, [Kept, Gone, Gone]),
            (3, [Gone, Gone, Gone]),
            (0, [Gone, Gone, Gone]),
        ] {
            assert_eq!(rules(&records, keep), wanted, "{keep}");
        }
    }

    #[test]
    fn what_something_is_made_from_goes_after_it_and_stays_with_it() {
        use Rule::{InUse, LeastUsed as Gone, WithinSize as Kept, Young};
        let chain = |hours: u64| {
            [
                record("base", 9, 1, &[]),
                record("step", 8, 1, &["base"]),
                record("last", hours, 1, &["step", "base"]),
            ]
        };
        assert_eq!(rules(&chain(2), 2), [Kept, Kept, Gone], "although it was used last");
        assert_eq!(rules(&chain(2), 1), [Kept, Gone, Gone]);
        assert_eq!(rules(&chain(2), 0), [Gone, Gone, Gone]);
        assert_eq!(rules(&chain(0), 0), [InUse, InUse, Young]);
        let foreign = [record("a", 5, 1, &["not listed"])];
        assert_eq!(rules(&foreign, 0), [Gone]);
    }

    #[test]
    fn what_builds_and_images_need_stays_and_shared_data_does_not_count() {
        let records = [
            with(record("built", 9, 5, &[]), |record| record.in_use = true),
            with(record("image", 9, 50, &[]), |record| record.shared = true),
            record("own", 9, 5, &[]),
        ];
        assert_eq!(rules(&records, 9), [Rule::InUse, Rule::Shared, Rule::LeastUsed]);
        assert_eq!(rules(&records, 10), [Rule::InUse, Rule::Shared, Rule::WithinSize]);
        let mut kept = policy();
        kept.scope = Scope::BuildCache { keep_bytes: 0 };
        kept.keep.push("own".into());
        assert_eq!(select(&records, &kept, now())[&2].rule, Rule::KeepPattern);
        assert_eq!(select(&records, &policy(), now()).len(), 0, "in no other scope");
    }
}
