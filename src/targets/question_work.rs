//! What a target may write without a question, what it asks, and when a question is over.
//!
//! ```text
//! another mapping or filter → canary: 20 records → waiting → consent → open
//! open: more than an ordinary day → waiting, for these; the rest goes on → consent → open
//! store put back, run reverted → waiting, for everything → consent → open
//! ```
//!
//! What is written by is known by one digest, of the mapping and of what the management server is limited to. A consent holds
//! for that digest alone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use openssl::sha::sha256;
use serde_json::json;

use super::feed_reader::FeedView;
use super::page_work::OpenRuns;
use super::target_context::TargetContext;
use super::work_error::WorkError;
use super::write_gate::WriteGate;
use super::{DeviceKey, QuestionItem, RecordId, daily_allowance, question_digest};
use crate::contract::{TargetPhase, WriteClass, WriteCounts};
use crate::store::{NewTargetQuestion, ServerRow, StoreError, TargetQuestionItem, TargetStateChange, TargetStateRow};

/// Days that show what is ordinary.
const HISTORY_DAYS: usize = 14;
/// What follows the digest of the mapping where the server is limited.
const LIMIT_MARK: char = '+';

/// What people consent to: the mapping, and the fields and the filter of the management server.
pub(super) fn policy_digest(mapping: &str, server: &ServerRow) -> String {
    if server.fields.is_none() && server.filter.is_none() {
        return mapping.to_owned();
    }
    let limits = json!({"fields": server.fields, "filter": server.filter}).to_string();
    format!("{mapping}{LIMIT_MARK}{}", &hex::encode(sha256(limits.as_bytes()))[..16])
}

/// The digest of the mapping within the digest that people consented to.
pub fn mapping_of_policy(digest: &str) -> &str {
    digest.split(LIMIT_MARK).next().unwrap_or(digest)
}

/// The day where the target is.
pub(super) fn local_day(context: &TargetContext) -> NaiveDate {
    context.clock.now().with_timezone(&context.settings.zone).date_naive()
}

/// Whether the target may write at this time of the day.
pub(super) fn is_window_open(context: &TargetContext) -> bool {
    let local = context.clock.now().with_timezone(&context.settings.zone);
    context
        .settings
        .write_window
        .is_none_or(|window| window.is_open(local.time()))
}

/// When the target may write again, by its own clock: `2026-03-01 22:00 (Europe/Berlin)`. `None`: it may now.
pub(super) fn find_next_opening(context: &TargetContext) -> Option<String> {
    if is_window_open(context) {
        return None;
    }
    let (window, zone) = (context.settings.write_window?, context.settings.zone);
    let opens = window.next_opening(context.clock.now().with_timezone(&zone));
    Some(format!("{} ({zone})", opens.format("%Y-%m-%d %H:%M")))
}

/// How a target stands before a pass.
pub(super) struct PassStanding {
    pub state: TargetStateRow,
    /// Nothing goes out but what people agreed to, or decided.
    pub holds_all: bool,
}

/// Finds out what the target writes by, and begins anew where that is something else than before.
pub(super) async fn prepare_standing(
    context: &TargetContext,
    view: &FeedView,
    runs: &mut OpenRuns,
    policy: &str,
) -> Result<PassStanding, WorkError> {
    let store = &context.store;
    runs.load_open(context).await?;
    runs.set_digest(policy);
    let mut state = store.load_target_state(context.target).await?;
    let is_consented = state.mapping_digest.as_deref() == Some(policy) && state.phase != TargetPhase::Canary;
    if is_consented {
        match state.phase {
            TargetPhase::Open if runs.has_canary() => runs.end_run(context).await?,
            // The store was put back, or a run: a canary run stands for it that everything waits.
            TargetPhase::Waiting if !runs.has_canary() => {
                if store.find_waiting_question(context.target).await?.is_none() {
                    // Unless somebody has agreed a moment ago.
                    state = store.load_target_state(context.target).await?;
                    if state.phase == TargetPhase::Waiting {
                        runs.begin_canary(context).await?;
                    }
                }
            }
            TargetPhase::Canary | TargetPhase::Waiting | TargetPhase::Open => {}
        }
    } else if !runs.is_canary(policy) || state.phase == TargetPhase::Open {
        let is_begun = state.phase == TargetPhase::Canary && state.canary_written == 0;
        if !is_begun && !waits_for_all(context, &state, policy).await? {
            // What was asked by another mapping or filter can't be answered any more.
            store.restart_target_canary(context.target).await?;
            state = store.load_target_state(context.target).await?;
        }
        tracing::info!(instance.name = %context.name, "the target writes by another mapping or filter: it begins with its first records");
        view.restart_feed(context).await?;
        // Last: without it, all of this is done again.
        runs.begin_canary(context).await?;
    }
    let holds_all = state.phase == TargetPhase::Waiting && runs.has_canary();
    Ok(PassStanding { state, holds_all })
}

/// Whether everything waits because the store, or a run, was put back: then nothing is written for a look either. A target
/// that only asks something of its own begins anew with another mapping or filter.
async fn waits_for_all(context: &TargetContext, state: &TargetStateRow, policy: &str) -> Result<bool, StoreError> {
    if state.phase != TargetPhase::Waiting {
        return Ok(false);
    }
    let asked = context.store.find_waiting_question(context.target).await?;
    Ok(asked.is_none_or(|question| question.mapping_digest == policy))
}

/// What may go out in this pass.
pub(super) async fn load_gate(
    context: &TargetContext,
    view: &FeedView,
    runs: &mut OpenRuns,
    standing: &PassStanding,
) -> Result<WriteGate, WorkError> {
    let (store, target) = (&context.store, context.target);
    let allowances = store.list_target_allowances(target).await?;
    let allowances: BTreeSet<(DeviceKey, WriteClass)> = allowances
        .into_iter()
        .map(|((instance, device), class)| (DeviceKey { instance, device }, class))
        .collect();
    if standing.state.phase == TargetPhase::Open {
        runs.separate_consented(context, !allowances.is_empty()).await?;
    }
    let phase = match standing.state.phase {
        TargetPhase::Waiting if !standing.holds_all => TargetPhase::Open,
        phase => phase,
    };
    let written = standing.state.canary_written;
    let day_left = load_day_left(context, view).await?;
    Ok(WriteGate::new(phase, written, day_left, allowances))
}

/// Of each class, what this day still has.
async fn load_day_left(context: &TargetContext, view: &FeedView) -> Result<BTreeMap<WriteClass, u64>, StoreError> {
    let (store, target, today) = (&context.store, context.target, local_day(context));
    let written = store.count_target_day(target, today).await?;
    let fleet = count_fleet(context, view).await?;
    let mut left = BTreeMap::new();
    for class in WriteClass::ALL {
        let days = store.list_target_days(target, *class, HISTORY_DAYS + 1).await?;
        let earlier = days.into_iter().filter(|(day, _)| *day < today);
        let history: Vec<u64> = earlier.map(|(_, count)| count).take(HISTORY_DAYS).collect();
        let allowance = daily_allowance(fleet, &history);
        left.insert(*class, allowance.saturating_sub(written.count_ordinary(*class)));
    }
    Ok(left)
}

/// Devices that the target keeps records of; of one that is fresh, those that it would.
async fn count_fleet(context: &TargetContext, view: &FeedView) -> Result<u64, StoreError> {
    let linked = context.store.count_target(context.target).await?.linked;
    if linked > 0 {
        return Ok(linked);
    }
    let mut devices = 0;
    for instance in view.visible() {
        devices += context.store.count_devices(instance.id).await?;
    }
    Ok(devices)
}

/// At the head: what waits is one question.
pub(super) async fn ask_question(
    context: &TargetContext,
    runs: &OpenRuns,
    standing: &PassStanding,
    policy: &str,
    held: &BTreeMap<(DeviceKey, WriteClass), Option<RecordId>>,
) -> Result<(), WorkError> {
    let items: Vec<QuestionItem> = held
        .iter()
        .map(|((key, class), record)| QuestionItem {
            key: *key,
            class: *class,
            record: record.clone(),
        })
        .collect();
    let digest = question_digest(policy, &items);
    let waiting = context.store.find_waiting_question(context.target).await?;
    if waiting.as_ref().is_some_and(|question| question.digest == digest) {
        return Ok(());
    }
    let is_agreed = standing.state.mapping_digest.as_deref() == Some(policy);
    let mut counts = WriteCounts::default();
    for item in &items {
        counts.add_writes(item.class, 1);
    }
    tracing::info!(instance.name = %context.name, writes = counts.total(), "writes wait for consent: intune-connector targets question");
    let question = NewTargetQuestion {
        target: context.target,
        mapping_digest: policy.to_owned(),
        digest,
        canary: standing.state.phase == TargetPhase::Canary || (runs.has_canary() && !is_agreed),
        counts,
        items: items.into_iter().map(stored_item).collect(),
    };
    context.store.ask_target_question(question).await?;
    Ok(())
}

fn stored_item(item: QuestionItem) -> TargetQuestionItem {
    TargetQuestionItem {
        instance: item.key.instance,
        device: item.key.device,
        class: item.class,
        record: item.record.map(|record| record.0),
    }
}

/// At the head, with nothing that waits: what was asked is not asked any more, and what was agreed to and is not wanted any
/// more is not allowed on another day. Where everything is to wait, the next write asks again.
pub(super) async fn close_question(
    context: &TargetContext,
    standing: &PassStanding,
    has_allowances: bool,
) -> Result<(), WorkError> {
    let (store, target) = (&context.store, context.target);
    if store.find_waiting_question(target).await?.is_some() {
        store.supersede_target_questions(target).await?;
    }
    if standing.state.phase == TargetPhase::Waiting && !standing.holds_all {
        let change = TargetStateChange {
            phase: Some((TargetPhase::Waiting, TargetPhase::Open)),
            ..TargetStateChange::default()
        };
        store.save_target_state(target, change).await?;
    }
    if standing.state.phase == TargetPhase::Open && has_allowances {
        store.drop_target_allowances(target).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FeedPositions, OperatorId, Timestamp};

    fn server(fields: Option<Vec<String>>, filter: Option<&str>) -> ServerRow {
        ServerRow {
            id: "IntuneTargetOcs_3".parse().unwrap(),
            display_name: "OCS".to_owned(),
            accepts: json!({}),
            owner: OperatorId(1),
            generation: 1,
            since_generation: 1,
            accepted: true,
            announced_at: Timestamp::UNIX_EPOCH,
            accepted_at: None,
            last_seen_at: None,
            acknowledged_at: None,
            ranges: Vec::new(),
            fields,
            filter: filter.map(str::to_owned),
            sends_jobs: false,
            positions: FeedPositions::new(),
        }
    }

    #[test]
    fn consent_is_to_the_mapping_and_to_what_the_server_is_limited_to() {
        let plain = policy_digest("m", &server(None, None));
        assert_eq!(plain, "m");
        let filtered = policy_digest("m", &server(None, Some("operatingSystem == \"iOS\"")));
        let narrow = policy_digest("m", &server(Some(vec!["model".to_owned()]), None));
        assert!(filtered != plain && narrow != plain && narrow != filtered);
        for digest in [plain, filtered, narrow] {
            assert_eq!(mapping_of_policy(&digest), "m");
        }
    }
}
