//! Decides whether a completed full scan proves that the fleet is whole (F4). Pure: it judges numbers, [`super::scan`]
//! has them counted and the store keeps what comes of it.
//!
//! *Why it matters.* The end mark of a snapshot takes away what a server held and was not told. A store that is new, or
//! was restored, does not know which devices a server still holds, so it can't ask for them by id: only the list speaks
//! for them. A list that lacks devices, and ends a snapshot all the same, takes them from every inventory.
//!
//! *Proven at once*: the list has as many devices as the tenant says it has (and at least one), nothing is missing without
//! proof, no device answers that the list does not have, and every record has a readable id.
//!
//! *Proven by the second list*: numbers that differ by a few for ever, or can't be had, are normal. There a second full
//! scan, at least ten minutes later, has to find the same, but for what enrolled since and what is proven gone by 404. How
//! many are a few is the brake's question (S2), and has its answer: what may not go at once without a human must not be
//! lacking either. So a list that is far shorter than the number of devices ends no snapshot however often it comes, and
//! neither does an empty one, unless the tenant says twice that it has no device.
//!
//! *Never by repetition*: devices that are missing without proof, devices that answer and do not stand in the list (which
//! shows that it lacks some), and records without a readable id. There the list has to heal, or an operator decides
//! ([`super::fleet_confirmation`]).
//!
//! *Decided*: where list and number agree, both are believed, though a server may hold more. That is what S1 asks for, and
//! nothing here could tell it from a tenant of which devices were deleted.
//!
//! A device that filter or rules leave out, or that the brake holds for that, stands in the list: it is no reason here.

use chrono::TimeDelta;

use super::missing_devices::{BrakeLimits, is_braked};
use crate::model::{Epoch, FleetDoubt, FleetProof, ScanSummary, Timestamp, UnprovenReason, choose_form, format_count};
use crate::schedule::{Trigger, TriggerDue, trigger_due};

/// Between the first list and the second.
pub const APART: TimeDelta = TimeDelta::minutes(10);
/// The pause after full scans that prove nothing doubles up to this.
const APART_MOST: TimeDelta = TimeDelta::hours(4);
/// Devices that the end mark of a snapshot can name as set aside.
const NAMED_MAX: u64 = 10_000;

/// What a completed full scan found, and when.
#[derive(Debug, Clone, Copy)]
pub struct CompletedScan<'a> {
    pub summary: &'a ScanSummary,
    /// By our own clock.
    pub began: Timestamp,
    pub ended: Timestamp,
    /// Devices by which its list differs from that of the scan before, where there was one.
    pub differing: u64,
}

impl CompletedScan<'_> {
    /// Devices in the list, those set aside included.
    fn listed_devices(&self) -> u64 {
        self.summary.seen + self.summary.strangers
    }
}

/// What is known of the fleet behind this scan. `before`: what an earlier full scan of this epoch left open.
pub fn assess_fleet(
    found: CompletedScan<'_>,
    before: Option<&FleetDoubt>,
    epoch: Epoch,
    limits: BrakeLimits,
) -> FleetProof {
    let second_list = before.map(|doubt| SecondList {
        comes_in_time: found.began - doubt.ended >= APART,
        differing: found.differing,
    });
    let reasons = open_reasons(found, second_list, limits);
    if reasons.is_empty() {
        return FleetProof::Proven;
    }
    let scan = found.summary;
    let newest = FleetDoubt {
        epoch,
        scan: scan.id,
        began: found.began,
        ended: found.ended,
        tries: 1,
        reasons,
        listed: found.listed_devices(),
        expected: scan.expected,
        missing: scan.missing,
        unlisted: scan.unlisted,
        without_id: scan.without_id,
        differing: found.differing,
    };
    let Some(doubt) = before else {
        return FleetProof::Open(Some(newest));
    };
    // A clock that was set back tells nothing of how far they are apart.
    let is_early = (TimeDelta::zero()..APART).contains(&(found.began - doubt.ended));
    let next = if is_early && found.differing == 0 {
        // Too early to be a second list: the first one stays the first.
        FleetDoubt {
            scan: doubt.scan,
            began: doubt.began,
            ended: doubt.ended,
            tries: doubt.tries,
            ..newest
        }
    } else {
        FleetDoubt {
            tries: doubt.tries.saturating_add(1),
            ..newest
        }
    };
    FleetProof::Open(Some(next))
}

#[derive(Debug, Clone, Copy)]
struct SecondList {
    comes_in_time: bool,
    differing: u64,
}

/// Why the list is no proof; none: it is.
fn open_reasons(found: CompletedScan<'_>, second: Option<SecondList>, limits: BrakeLimits) -> Vec<UnprovenReason> {
    let (scan, listed) = (found.summary, found.listed_devices());
    let named = scan.set_aside.saturating_sub(scan.without_id);
    let mut reasons = Vec::new();
    let mut add = |holds: bool, reason: UnprovenReason| {
        if holds {
            reasons.push(reason);
        }
    };
    add(scan.missing > 0, UnprovenReason::Missing);
    add(scan.unlisted > 0, UnprovenReason::Unlisted);
    add(scan.without_id > 0, UnprovenReason::RecordsWithoutId);
    add(named > NAMED_MAX, UnprovenReason::TooManySetAside);
    if scan.expected == Some(listed) && listed > 0 {
        return reasons;
    }
    let lacking = scan.expected.map_or(0, |expected| expected.saturating_sub(listed));
    let is_empty = listed == 0 && scan.expected != Some(0);
    let is_short = !is_empty && is_braked(lacking, listed + lacking, limits);
    add(is_empty, UnprovenReason::EmptyList);
    add(is_short, UnprovenReason::ShortList);
    let agrees = match second {
        Some(second) if second.differing > 0 => {
            add(true, UnprovenReason::ListsDiffer);
            false
        }
        Some(second) => second.comes_in_time,
        None => false,
    };
    if agrees || is_empty || is_short {
        return reasons;
    }
    add(scan.expected.is_none(), UnprovenReason::NoCount);
    add(
        scan.expected.is_some_and(|expected| expected != listed),
        UnprovenReason::OtherCount,
    );
    add(
        second.is_none_or(|second| second.differing == 0),
        UnprovenReason::SecondScan,
    );
    reasons
}

/// How long after the scan that proved nothing the next one comes by itself.
pub fn retry_pause(doubt: &FleetDoubt) -> TimeDelta {
    let doublings = doubt.tries.saturating_sub(1).min(5);
    (APART * 2_i32.pow(doublings)).min(APART_MOST)
}

/// Whether it is time for the scan that may prove what an earlier one did not. The store knows when that one ended, so a
/// restart changes nothing.
pub fn is_proof_due(doubt: &FleetDoubt, now: Timestamp) -> bool {
    let pause = Trigger::EverySeconds(retry_pause(doubt).num_seconds().unsigned_abs());
    trigger_due(&pause, chrono_tz::UTC, Some(doubt.ended), now) == TriggerDue::Now
}

/// In one sentence, for people.
pub fn describe_reason(reason: UnprovenReason, doubt: Option<&FleetDoubt>) -> String {
    let Some(doubt) = doubt else {
        return "no full scan has completed since the store was created or restored".to_owned();
    };
    let expected = doubt.expected.map_or("?".to_owned(), |count| count.to_string());
    let listed = format_count(doubt.listed, "device");
    match reason {
        UnprovenReason::NotScanned => "no full scan has completed since the store was created or restored".to_owned(),
        UnprovenReason::EmptyList => format!(
            "the list is empty, but the tenant reports {}",
            doubt
                .expected
                .map_or("? devices".to_owned(), |count| format_count(count, "device"))
        ),
        UnprovenReason::ShortList => {
            format!("the list has {listed}, but the tenant reports {expected}: too many are missing")
        }
        UnprovenReason::OtherCount => format!("the list has {listed}, but the tenant reports {expected}"),
        UnprovenReason::NoCount => "the tenant does not report how many devices it has".to_owned(),
        UnprovenReason::Missing => format!(
            "{} {} missing from the list without proof of having gone",
            format_count(doubt.missing, "device"),
            choose_form(doubt.missing, "is", "are")
        ),
        UnprovenReason::Unlisted => format!(
            "{} not in the list although Intune has {}",
            format_count(doubt.unlisted, "device"),
            choose_form(doubt.unlisted, "it", "them")
        ),
        UnprovenReason::RecordsWithoutId => {
            format!("{} without a readable id", format_count(doubt.without_id, "record"))
        }
        UnprovenReason::TooManySetAside => format!("more than {NAMED_MAX} records could not be read"),
        UnprovenReason::ListsDiffer => format!(
            "the last two lists differ by {} neither enrolled since nor proven gone",
            format_count(doubt.differing, "device")
        ),
        UnprovenReason::SecondScan => "a second full scan must find the same; it starts automatically".to_owned(),
    }
}

#[cfg(test)]
#[path = "proven_tests.rs"]
mod tests;
