//! How many devices there are of each kind, per instance. Counting means looking at every device, so what was counted is
//! kept until the store has moved, and for so long as counting took many times over; one count runs at a time. Whoever may
//! see several instances gets their sum.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde::Deserialize;

use super::days::DAYS;
use super::fleet_cache::{FleetCache, FleetCounts, InstanceCounts};
use super::remembered::{Freshness, Making};
use crate::contract::CountView;
use crate::model::{InstanceId, Timestamp};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{EndedTasks, Store, StoreError};

const PACE: Freshness = Freshness {
    pause: Duration::from_secs(5),
    rest: 20,
    oldest: Duration::from_secs(600),
};
/// Of a device that does not say.
const UNKNOWN: &str = "unknown";
/// Hours since the last check-in, and what that is called.
const AGES: [(i64, &str); 4] = [
    (24, "today"),
    (7 * 24, "week"),
    (30 * 24, "month"),
    (90 * 24, "quarter"),
];
const OLDER: &str = "older";

/// What is counted of a device.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CountedFields {
    operating_system: Option<String>,
    compliance_state: Option<String>,
    managed_device_owner_type: Option<String>,
}

impl FleetCounts {
    /// `json`: the device; what can't be read is counted as unknown. `last_sync_s`: seconds since 1970; 0: never.
    fn add_device(&mut self, json: &str, last_sync_s: i64, now: Timestamp) {
        let fields: CountedFields = serde_json::from_str(json).unwrap_or_default();
        self.devices += 1;
        for (counts, value) in [
            (&mut self.platforms, fields.operating_system),
            (&mut self.compliance, fields.compliance_state),
            (&mut self.ownership, fields.managed_device_owner_type),
        ] {
            let name = value.filter(|name| !name.is_empty());
            *counts.entry(name.unwrap_or_else(|| UNKNOWN.to_owned())).or_default() += 1;
        }
        *self.check_in_ages.entry(age_name(last_sync_s, now)).or_default() += 1;
    }

    pub(super) fn add_counts(&mut self, other: &FleetCounts) {
        self.devices += other.devices;
        for (sum, counts) in [
            (&mut self.platforms, &other.platforms),
            (&mut self.compliance, &other.compliance),
            (&mut self.ownership, &other.ownership),
        ] {
            for (name, count) in counts {
                *sum.entry(name.clone()).or_default() += count;
            }
        }
        for (name, count) in &other.check_in_ages {
            *self.check_in_ages.entry(*name).or_default() += count;
        }
    }

    /// Each age in its order, also those that no device has.
    pub(super) fn list_ages(&self) -> Vec<CountView> {
        let names = AGES.iter().map(|(_, name)| *name).chain([OLDER]);
        let count = |name: &str| self.check_in_ages.get(name).copied().unwrap_or_default();
        names
            .map(|name| CountView {
                name: name.to_owned(),
                count: count(name),
            })
            .collect()
    }
}

/// A check-in that lies ahead of the clock was today.
fn age_name(last_sync_s: i64, now: Timestamp) -> &'static str {
    let age = TimeDelta::seconds(
        now.timestamp()
            .saturating_sub(last_sync_s)
            .clamp(0, i64::from(i32::MAX)),
    );
    let found = AGES.iter().find(|(hours, _)| age < TimeDelta::hours(*hours));
    found.map_or(OLDER, |(_, name)| name)
}

/// The largest first.
pub(super) fn sort_counts(counts: &BTreeMap<String, u64>) -> Vec<CountView> {
    let mut sorted: Vec<CountView> = counts
        .iter()
        .map(|(name, count)| CountView {
            name: name.clone(),
            count: *count,
        })
        .collect();
    sorted.sort_by_key(|row| std::cmp::Reverse(row.count));
    sorted
}

impl FleetCache {
    /// Of these instances, and the tasks of all that ended in the last days.
    pub(super) async fn fetch_counts(
        &self,
        sics: &Sics,
        instances: &[InstanceId],
    ) -> Result<(Vec<Arc<InstanceCounts>>, Arc<Vec<EndedTasks>>), ApiProblem> {
        let mut known = self.0.lock().await;
        let (store, now) = (sics.store(), sics.now());
        let commits = store.count_commits().await?;
        let mut counts = Vec::with_capacity(instances.len());
        for id in instances {
            let fresh = known.instances.get(id).and_then(|kept| fresh_value(kept, commits));
            counts.push(match fresh {
                Some(counted) => counted,
                None => {
                    let begun = Instant::now();
                    let counted = Arc::new(count_instance(store, *id, now).await?);
                    known
                        .instances
                        .insert(*id, (finish_making(begun, commits), counted.clone()));
                    counted
                }
            });
        }
        let tasks = match known.tasks.as_ref().and_then(|kept| fresh_value(kept, commits)) {
            Some(tasks) => tasks,
            None => {
                let begun = Instant::now();
                let tasks = Arc::new(store.list_ended_tasks(now - DAYS).await?);
                known.tasks = Some((finish_making(begun, commits), tasks.clone()));
                tasks
            }
        };
        Ok((counts, tasks))
    }
}

fn fresh_value<T>((made, value): &(Making, Arc<T>), commits: i64) -> Option<Arc<T>> {
    PACE.is_fresh(*made, commits, Instant::now()).then(|| value.clone())
}

fn finish_making(begun: Instant, commits: i64) -> Making {
    Making {
        at: Instant::now(),
        took: begun.elapsed(),
        commits,
    }
}

/// The one place where a fleet is counted: by a pass over its devices.
async fn count_instance(store: &Store, id: InstanceId, now: Timestamp) -> Result<InstanceCounts, StoreError> {
    let visit = move |counts: &mut FleetCounts, json: &str, last_sync_s: i64| {
        counts.add_device(json, last_sync_s, now);
    };
    Ok(InstanceCounts {
        fleet: store.fold_devices(id, FleetCounts::default(), visit).await?,
        scans: store.list_scan_counts(id, now - DAYS).await?,
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    #[test]
    fn each_device_is_counted_once_in_each_way_whatever_it_says() {
        let mut counts = FleetCounts::default();
        let windows = r#"{"id":"1","operatingSystem":"Windows","complianceState":"compliant","other":[1]}"#;
        let now_s = now().timestamp();
        for (json, last_sync_s) in [
            (windows, now_s - 3600),
            (r#"{"operatingSystem":"iOS","managedDeviceOwnerType":"personal"}"#, 0),
            (r#"{"operatingSystem":null,"complianceState":""}"#, now_s + 3600),
            ("broken", now_s - 8 * 24 * 3600),
        ] {
            counts.add_device(json, last_sync_s, now());
        }
        let told = |counts: &BTreeMap<String, u64>| -> Vec<(String, u64)> {
            sort_counts(counts)
                .into_iter()
                .map(|row| (row.name, row.count))
                .collect()
        };
        let pair = |name: &str, count| (name.to_owned(), count);
        assert_eq!(counts.devices, 4);
        assert_eq!(
            told(&counts.platforms),
            [pair("unknown", 2), pair("Windows", 1), pair("iOS", 1)]
        );
        assert_eq!(told(&counts.compliance), [pair("unknown", 3), pair("compliant", 1)]);
        assert_eq!(told(&counts.ownership), [pair("unknown", 3), pair("personal", 1)]);
        let ages: Vec<u64> = counts.list_ages().iter().map(|row| row.count).collect();
        assert_eq!(ages, [2, 0, 1, 0, 1]);
    }

    #[test]
    fn an_age_ends_with_its_last_hour() {
        let hours = |hours: i64| age_name(now().timestamp() - hours * 3600, now());
        assert_eq!(
            [0, 23, 24, 167, 168, 719, 720, 2159, 2160].map(hours),
            [
                "today", "today", "week", "week", "month", "month", "quarter", "quarter", "older"
            ]
        );
    }

    #[test]
    fn several_instances_are_the_sum_of_each() {
        let mut one = FleetCounts::default();
        one.add_device(r#"{"operatingSystem":"iOS"}"#, 0, now());
        let mut sum = one.clone();
        sum.add_counts(&one);
        assert_eq!(
            (sum.devices, sum.platforms["iOS"], sum.check_in_ages["older"]),
            (2, 2, 2)
        );
    }
}
