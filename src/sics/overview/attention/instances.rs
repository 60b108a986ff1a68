//! What is the matter with an instance: its settings, its scans, what the brake withholds, what Microsoft refused, the ends
//! of its credentials. Pure.

use chrono::TimeDelta;

use super::super::known_world::FactVisibility;
use super::fault_origin::{FaultOrigin, find_origin, is_refused_sign_in};
use super::item::{BoardItem, to_sentence};
use crate::contract::{
    AttentionSeverity, AttentionSubject, InstanceState, InstanceStatus, MemberStatus, RefusalView, UnreadRecord,
};
use crate::model::{InstanceName, RejectionReason, Timestamp, UnprovenReason, choose_form, format_count, format_time};
use crate::sics::{CredentialEnd, InstanceDetail};

/// Scans of the schedule that may be missed before somebody looks.
const MISSED_SCANS: i32 = 3;
/// However often scans come: a full one of a large fleet takes its time, and a short budget makes them slower.
const OVERDUE_LEAST: TimeDelta = TimeDelta::minutes(45);
/// Days before the end of a credential from which on somebody has to act, and from which on it is told.
pub(super) const ACT_DAYS: i64 = 7;
pub(super) const TOLD_DAYS: i64 = 30;
/// Clocks are corrected by less than this all the time.
const CLOCK_STEP: TimeDelta = TimeDelta::minutes(5);
/// The right that shows the status of an instance, and the one that shows its brake.
const READS: &str = "Instances_Read";
const READS_BRAKE: &str = "Scans_Read";

/// What the rooms know of one instance.
pub(super) struct InstanceFacts<'a> {
    pub status: &'a InstanceStatus,
    /// `None`: the engine says nothing.
    pub detail: Option<&'a InstanceDetail>,
    /// As the supervisor sees it, where one runs.
    pub member: Option<&'a MemberStatus>,
}

pub(super) fn decide_instance(facts: &InstanceFacts<'_>, now: Timestamp) -> Vec<BoardItem> {
    let status = facts.status;
    let mut items = Vec::new();
    items.extend(misconfigured_item(facts));
    items.extend(failing_item(facts));
    items.extend(brake_item(status));
    items.extend(condition_item(status));
    items.extend(unread_item(status));
    items.extend(snapshot_item(status));
    items.extend(overdue_item(facts, now));
    items.extend(paused_items(status));
    items.extend(clock_item(status, now));
    let credentials = facts.detail.into_iter().flat_map(|detail| &detail.credentials);
    items.extend(credentials.filter_map(|end| credential_item(&status.name, end)));
    items
}

/// Of one instance; `page`: below that of the microservice.
fn new_item(code: &str, severity: AttentionSeverity, name: &InstanceName, page: &str) -> BoardItem {
    let fix = format!("/microservices/{name}{page}");
    let visibility = FactVisibility::Instance(READS, name.clone());
    BoardItem::new(code, severity, (AttentionSubject::Instance, name), fix, visibility).argument("instance", name)
}

fn misconfigured_item(facts: &InstanceFacts<'_>) -> Option<BoardItem> {
    let status = facts.status;
    (status.state == InstanceState::Misconfigured).then(|| {
        new_item(
            "instanceMisconfigured",
            AttentionSeverity::Act,
            &status.name,
            "/settings",
        )
        .since(facts.member.map(|member| member.since))
        .argument("cause", status.cause.as_deref().unwrap_or_default())
        .argument("detail", status.detail.as_deref().unwrap_or_default())
        .texts(
            "{instance} cannot start: {detail}",
            "Correct the settings; the instance then starts again.",
        )
    })
}

/// One item: its code says where it is to be mended.
fn failing_item(facts: &InstanceFacts<'_>) -> Option<BoardItem> {
    let status = facts.status;
    let cause = status
        .cause
        .as_deref()
        .filter(|_| status.state == InstanceState::Failing)?;
    let (code, severity, page, usual_advice) = match find_origin(cause) {
        FaultOrigin::Microsoft => (
            "microsoftOutage",
            AttentionSeverity::Watch,
            "",
            "No action needed: requests are retried, and nothing is lost. Microsoft's service health shows outages.",
        ),
        FaultOrigin::Network => (
            "noConnection",
            AttentionSeverity::Act,
            "/settings",
            "Check network, proxy and firewall of this machine; the connection check of the instance shows which step fails.",
        ),
        FaultOrigin::Machine => (
            "storeFailedScan",
            AttentionSeverity::Act,
            "",
            "Check the disk of this machine; the scan is repeated by itself.",
        ),
        FaultOrigin::Settings if is_refused_sign_in(cause) => (
            "signInRefused",
            AttentionSeverity::Act,
            "/settings",
            "Check credential, application and tenant; the connection check of the instance shows which step fails.",
        ),
        FaultOrigin::Settings => (
            "instanceFailing",
            AttentionSeverity::Act,
            "/settings",
            "The connection check of the instance shows which step fails, and what to do.",
        ),
    };
    let own_advice = refusal_advice(status, cause).filter(|_| severity == AttentionSeverity::Act);
    let advice = own_advice.unwrap_or_else(|| usual_advice.to_owned());
    let item = new_item(code, severity, &status.name, page)
        .since(facts.detail.and_then(|detail| detail.failing_since))
        .argument("cause", cause)
        .argument("detail", status.detail.as_deref().unwrap_or(cause))
        .argument("advice", advice);
    Some(item.texts("{instance} cannot read its tenant: {detail}", "{advice}"))
}

/// What the refusal that made it fail says to do.
fn refusal_advice(status: &InstanceStatus, cause: &str) -> Option<String> {
    let refusal = status.refused.iter().find(|refusal| refusal.code == cause)?;
    Some(to_sentence(&refusal.advice)).filter(|advice| !advice.is_empty())
}

fn brake_item(status: &InstanceStatus) -> Option<BoardItem> {
    let count = status.waiting_confirmation;
    (count > 0).then(|| {
        let found_by = status.last_full.as_ref().filter(|scan| scan.braked);
        let item = new_item("brakeOn", AttentionSeverity::Act, &status.name, "/brake")
            .since(found_by.and_then(|scan| scan.ended_at))
            .argument("count", count)
            .argument("devices", format_count(count, "device"));
        BoardItem {
            visibility: FactVisibility::Instance(READS_BRAKE, status.name.clone()),
            ..item.texts(
                "The deletion brake of {instance} withholds {devices}.",
                "Check whether the devices have really gone, then confirm; otherwise find out why Intune does not list them.",
            )
        }
    })
}

fn is_unjudged(record: &UnreadRecord) -> bool {
    record.reason == RejectionReason::Condition
}

/// Devices on which a condition of the instance fails. Of more than are listed, all are taken to be like those.
fn count_unjudged(status: &InstanceStatus) -> u64 {
    let listed = &status.unread.records;
    let unjudged = listed.iter().filter(|record| is_unjudged(record)).count();
    if unjudged == listed.len() && unjudged > 0 {
        status.unread.count
    } else {
        unjudged as u64
    }
}

/// The condition is at fault, and not what Intune says of a device.
fn condition_item(status: &InstanceStatus) -> Option<BoardItem> {
    let unjudged = || status.unread.records.iter().filter(|record| is_unjudged(record));
    let first = unjudged().next()?;
    let count = count_unjudged(status);
    let item = new_item("conditionFails", AttentionSeverity::Act, &status.name, "/settings")
        .since(unjudged().map(|record| record.since).min())
        .argument("count", count)
        .argument("devices", format_count(count, "device"))
        .argument("detail", &first.problem);
    Some(item.texts(
        "A condition of {instance} fails on {devices}, which stay as they were: {detail}",
        "Correct the condition in the settings of the instance; see them with intune-connector instances show {instance}.",
    ))
}

fn unread_item(status: &InstanceStatus) -> Option<BoardItem> {
    let count = status.unread.count.saturating_sub(count_unjudged(status));
    (count > 0).then(|| {
        let unread = status.unread.records.iter().filter(|record| !is_unjudged(record));
        new_item("recordsSetAside", AttentionSeverity::Watch, &status.name, "")
            .since(unread.map(|record| record.since).min())
            .argument("count", count)
            .argument(
                "records",
                choose_form(count, "record or property", "records or properties"),
            )
            .texts(
                "{instance} could not read {count} {records} of its devices.",
                "The page of the instance names each with its reason; correct it in Intune, or report it to Microsoft.",
            )
    })
}

/// Before the first full scan it is no news that nothing is proven yet.
fn snapshot_item(status: &InstanceStatus) -> Option<BoardItem> {
    let reasons = &status.fleet.open_because;
    let ended = status.last_full.as_ref().and_then(|scan| scan.ended_at)?;
    let is_open = !status.fleet.proven && reasons.iter().any(|reason| reason.code != UnprovenReason::NotScanned);
    is_open.then(|| {
        let heals = reasons.iter().all(|reason| heals_by_itself(reason.code));
        let severity = if heals {
            AttentionSeverity::Watch
        } else {
            AttentionSeverity::Act
        };
        let details: Vec<&str> = reasons.iter().map(|reason| reason.detail.as_str()).collect();
        new_item("snapshotOpen", severity, &status.name, "")
            .since(ended)
            .argument("detail", details.join("; "))
            .texts(
                "Snapshots of {instance} stay open, because its fleet is not proven complete: {detail}.",
                "Full scans try again by themselves. If the last list is complete, confirm it.",
            )
    })
}

/// Another full scan may prove the fleet whole; what cannot be proven by repetition needs somebody.
fn heals_by_itself(reason: UnprovenReason) -> bool {
    match reason {
        UnprovenReason::NotScanned
        | UnprovenReason::OtherCount
        | UnprovenReason::NoCount
        | UnprovenReason::ListsDiffer
        | UnprovenReason::SecondScan => true,
        UnprovenReason::EmptyList
        | UnprovenReason::ShortList
        | UnprovenReason::Missing
        | UnprovenReason::Unlisted
        | UnprovenReason::RecordsWithoutId
        | UnprovenReason::TooManySetAside => false,
    }
}

/// Of an instance that runs, and has been running for so long.
fn overdue_item(facts: &InstanceFacts<'_>, now: Timestamp) -> Option<BoardItem> {
    let status = facts.status;
    let interval = facts.detail?.scan_interval?;
    let running_since = facts.member.filter(|member| member.is_up())?.since;
    let ends = [&status.last_full, &status.last_incremental].map(|scan| scan.as_ref().and_then(|scan| scan.ended_at));
    let last = ends.into_iter().flatten().max();
    let waiting_since = last.map_or(running_since, |last| last.max(running_since));
    let overdue_after = (interval * MISSED_SCANS).max(OVERDUE_LEAST);
    (now - waiting_since > overdue_after).then(|| {
        let is_outage = status
            .cause
            .as_deref()
            .is_some_and(|cause| find_origin(cause) == FaultOrigin::Microsoft);
        let severity = if is_outage {
            AttentionSeverity::Watch
        } else {
            AttentionSeverity::Act
        };
        let item = new_item("scansOverdue", severity, &status.name, "")
            .since(last)
            .argument("minutes", interval.num_minutes())
            .argument("last", last.map_or("never".to_owned(), format_time));
        item.texts(
            "No scan of {instance} has succeeded for three intervals; the last one: {last}.",
            "See why the scans fail or do not start: the page of the instance shows its scans and its schedule.",
        )
    })
}

/// Requests that are paused beside what makes the scans fail, one item for each kind.
fn paused_items(status: &InstanceStatus) -> impl Iterator<Item = BoardItem> {
    let is_failing = status.state == InstanceState::Failing;
    let others = status
        .refused
        .iter()
        .filter(move |refusal| !(is_failing && status.cause.as_ref() == Some(&refusal.code)));
    others.map(move |refusal| paused_item(&status.name, refusal))
}

fn paused_item(name: &InstanceName, refusal: &RefusalView) -> BoardItem {
    let passes = matches!(
        find_origin(&refusal.code),
        FaultOrigin::Microsoft | FaultOrigin::Network
    );
    let (code, severity) = if passes {
        ("requestsPaused", AttentionSeverity::Watch)
    } else {
        ("requestsRefused", AttentionSeverity::Act)
    };
    let page = if passes { "" } else { "/settings" };
    new_item(code, severity, name, page)
        .argument("what", &refusal.what)
        .argument("cause", &refusal.code)
        .argument("until", format_time(refusal.until))
        .argument("detail", &refusal.reason)
        .argument("advice", to_sentence(&refusal.advice))
        .texts(
            "{instance} sends no requests of the kind {what} until {until}: {detail}",
            "{advice}",
        )
}

/// A scan that ended in what is the future now: the clock was set back since.
fn clock_item(status: &InstanceStatus, now: Timestamp) -> Option<BoardItem> {
    let ends = [&status.last_full, &status.last_incremental].map(|scan| scan.as_ref().and_then(|scan| scan.ended_at));
    let last = ends
        .into_iter()
        .flatten()
        .max()
        .filter(|last| *last > now + CLOCK_STEP)?;
    let item = new_item("clockWrong", AttentionSeverity::Act, &status.name, "/settings");
    Some(
        item.argument("last", format_time(last))
            .argument("now", format_time(now))
            .texts(
                "The clock of this machine was set back: a scan of {instance} ended at {last}, and now it is {now}.",
                "Synchronise the clock of this machine (NTP).",
            ),
    )
}

fn credential_item(name: &InstanceName, end: &CredentialEnd) -> Option<BoardItem> {
    if end.days_left > TOLD_DAYS {
        return None;
    }
    let (has_expired, days) = (end.days_left < 0, end.days_left.unsigned_abs());
    let code = if has_expired {
        "credentialExpired"
    } else {
        "credentialEnding"
    };
    let severity = if end.days_left <= ACT_DAYS {
        AttentionSeverity::Act
    } else {
        AttentionSeverity::Watch
    };
    let fix = format!("/microservices/{name}/settings");
    let visibility = FactVisibility::Instance(READS, name.clone());
    let item = BoardItem::new(code, severity, (AttentionSubject::Credential, name), fix, visibility)
        .since(has_expired.then_some(end.ends_at))
        .argument("instance", name)
        .argument("purpose", end.purpose)
        .argument("endsAt", format_time(end.ends_at))
        .argument("days", days)
        .argument("left", format!("{days} {}", choose_form(days, "day", "days")));
    let advice =
        "Create a new credential and enter it as the next one: the instance changes over without interruption.";
    let message = if has_expired {
        "The credential ({purpose}) of {instance} expired on {endsAt}."
    } else {
        "The credential ({purpose}) of {instance} expires in {left}, on {endsAt}."
    };
    Some(item.texts(message, advice))
}

#[cfg(test)]
#[path = "instances_tests.rs"]
mod tests;
