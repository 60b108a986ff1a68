//! What is known of each instance beside its status: ends of credentials, the budget, how its scans fare. For overviews.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::instances::{InstanceSlot, Instances};
use crate::config::{InstanceSettings, ScanSettings};
use crate::entra::credential_expiry;
use crate::inventory::scan_pace::default_full_trigger;
use crate::model::{InstanceName, Timestamp};
use crate::schedule::{Trigger, next_runs};
use crate::sics::{BudgetUse, CredentialEnd, InstanceDetail};

/// Runs of a cron expression that are looked at: more than a week of daily ones.
const RUNS: usize = 9;

/// Of all instances, in the order of their names.
pub(super) fn list_details(instances: &Instances) -> Vec<InstanceDetail> {
    let now = instances.clock.now();
    // Certificates are read from files, so nobody waits for the slots meanwhile.
    let known = instances.read_all_slots(|name, slot| (build_detail(name, slot, now), slot.settings.clone()));
    let with_credentials = known.into_iter().map(|(detail, settings)| InstanceDetail {
        credentials: settings.map_or_else(Vec::new, |settings| credential_ends(&settings, now)),
        ..detail
    });
    with_credentials.collect()
}

fn build_detail(name: &InstanceName, slot: &InstanceSlot, now: Timestamp) -> InstanceDetail {
    let status = slot.status.borrow();
    InstanceDetail {
        name: name.clone(),
        credentials: Vec::new(),
        budget: slot.graph.as_ref().map(|graph| {
            let gauge = graph.budget().read_gauge();
            BudgetUse {
                used: gauge.used,
                limit: gauge.limit,
            }
        }),
        scanning: status.running,
        failing_since: status.failing_since,
        scan_interval: slot
            .settings
            .as_ref()
            .and_then(|settings| scan_interval(&settings.scan, now)),
    }
}

fn credential_ends(settings: &InstanceSettings, now: Timestamp) -> Vec<CredentialEnd> {
    let ends = settings.all_credentials().filter_map(|(credential_use, credential)| {
        let expiry = credential_expiry(credential, now)?;
        Some(CredentialEnd {
            purpose: credential_use.name(),
            ends_at: expiry.ends_at,
            days_left: expiry.days_left,
        })
    });
    ends.collect()
}

/// The longest time between two scans: any scan that went well counts, so the denser schedule decides.
fn scan_interval(settings: &ScanSettings, now: Timestamp) -> Option<TimeDelta> {
    let full = settings.full.clone().unwrap_or_else(|| default_full_trigger(0));
    [&settings.incremental, &full]
        .into_iter()
        .filter_map(|trigger| longest_pause(trigger, settings.zone, now))
        .min()
}

fn longest_pause(trigger: &Trigger, zone: Tz, now: Timestamp) -> Option<TimeDelta> {
    let runs = next_runs(trigger, zone, now, RUNS);
    runs.windows(2).map(|pair| pair[1] - pair[0]).max()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn pause(trigger: Trigger) -> Option<TimeDelta> {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        longest_pause(&trigger, chrono_tz::UTC, now)
    }

    #[test]
    fn the_longest_pause_of_a_schedule_is_that_of_its_night_and_of_its_weekend() {
        assert_eq!(pause(Trigger::Off), None);
        assert_eq!(pause(Trigger::EverySeconds(900)), Some(TimeDelta::minutes(15)));
        assert_eq!(pause(Trigger::Cron("0 3 * * *".into())), Some(TimeDelta::hours(24)));
        assert_eq!(pause(Trigger::Cron("0 8 * * 1-5".into())), Some(TimeDelta::hours(72)));
    }
}
