//! What would happen to each device, as the API tells it before anything is sent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connector_core::model::{ActionDanger, DeviceId};
use sics_client::contract::{DryRunResult, GuardView, PendingAction, ReceiptView, ShownDevice};

use super::effects::EffectWords;
use super::selection::Selection;
use crate::clock_text::TimeText;
use crate::failure::PageFailure;
use crate::page::PageContext;
use crate::pages::jobs::words::{explain, explain_alternative};
use crate::render::Markup;

/// Rows of what does not destroy; what destroys shows every device.
const ROWS_SHOWN: usize = 200;

/// The devices, and what is known of the job as a whole.
#[derive(Default)]
pub(super) struct Preview {
    pub(super) instance: String,
    /// As paths have it.
    pub(super) link_instance: String,
    pub(super) rows: Vec<PreviewRow>,
    /// Devices that are not in the rows.
    pub(super) more: u64,
    pub(super) count: u64,
    /// Devices on which it would not be carried out.
    pub(super) refused: u64,
    /// What would happen, and to how many.
    pub(super) effects: Vec<(Markup, String)>,
    /// Devices that the filter could not judge.
    pub(super) unjudged: Option<(String, Vec<(String, Markup)>)>,
    /// Named devices that the instance does not have.
    pub(super) missing: Vec<String>,
    pub(super) expected_differs: bool,
    pub(super) needs_approval: bool,
    pub(super) rules: Vec<String>,
    /// Until when it would be sent.
    pub(super) expires_at: Option<DateTime<Utc>>,
    /// Why nothing can be said.
    pub(super) failure: Option<PageFailure>,
}

/// A device, and what would happen to it.
pub(super) struct PreviewRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) serial: String,
    pub(super) user: String,
    pub(super) last_check_in: Option<TimeText>,
    pub(super) platform: String,
    pub(super) outcome: Option<RowOutcome>,
}

pub(super) struct RowOutcome {
    pub(super) would: bool,
    pub(super) effect: Markup,
    pub(super) reason: Option<Markup>,
    pub(super) instead: Option<Markup>,
    pub(super) pending: Vec<PendingRow>,
    pub(super) is_fresh: bool,
}

pub(super) struct PendingRow {
    pub(super) action: String,
    pub(super) since: Option<TimeText>,
    pub(super) shown_by: String,
}

impl PreviewRow {
    fn new(ctx: &PageContext, words: &EffectWords, (id, shown): (DeviceId, &ShownDevice)) -> PreviewRow {
        let text = |value: &Option<String>| ctx.plain(value.as_deref().unwrap_or_default());
        PreviewRow {
            id: id.to_string(),
            name: match &shown.device_name {
                Some(name) => ctx.plain(name),
                None => id.to_string(),
            },
            serial: text(&shown.serial_number),
            user: text(&shown.user_principal_name),
            last_check_in: shown.last_sync_date_time.as_ref().map(|at| ctx.time(at)),
            platform: words.show_platform(ctx, shown.platform.as_deref().unwrap_or_default()),
            outcome: None,
        }
    }

    fn with_outcome(self, ctx: &PageContext, words: &EffectWords, result: &DryRunResult) -> PreviewRow {
        let effect = if result.pending.is_empty() {
            words.show_effect(ctx, &result.effect)
        } else {
            words.show_effect_behind_pending(ctx, &result.effect)
        };
        let outcome = RowOutcome {
            would: result.would,
            effect,
            reason: explain(ctx, result.rule.as_deref(), result.reason.as_deref()),
            instead: explain_alternative(ctx, result.instead.as_deref()),
            pending: result.pending.iter().map(|pending| pending_row(ctx, pending)).collect(),
            is_fresh: result.fresh,
        };
        PreviewRow {
            outcome: Some(outcome),
            ..self
        }
    }
}

fn pending_row(ctx: &PageContext, pending: &PendingAction) -> PendingRow {
    PendingRow {
        action: ctx.plain(ctx.word("action-", &pending.action)),
        since: pending.since.as_ref().map(|at| ctx.time(at)),
        shown_by: ctx.plain(&pending.shown_by),
    }
}

/// Whom a job of this danger needs, and how many devices it may have, by what holds now.
fn describe_rules(ctx: &PageContext, danger: ActionDanger, guard: Option<&GuardView>) -> Vec<String> {
    let Some(guard) = guard else {
        return Vec::new();
    };
    let (limits, approval) = (&guard.limits, &guard.approval);
    let numbers = |key: &str, numbers: &[(&'static str, u64)]| {
        ctx.t_with(key, numbers.iter().map(|(name, number)| (*name, ctx.number(*number))))
    };
    let needed = match danger {
        ActionDanger::Harmless => return Vec::new(),
        _ if !approval.needed => ctx.t("actions-approval-never"),
        ActionDanger::Destructive if approval.always => ctx.t("actions-approval-always"),
        ActionDanger::Destructive => numbers(
            "actions-approval-above",
            &[
                ("job", approval.above),
                ("hour", approval.per_hour),
                ("day", approval.per_day),
            ],
        ),
        ActionDanger::Disruptive => numbers(
            "actions-approval-disruptive",
            &[("job", limits.disruptive_per_job), ("hour", limits.disruptive_per_hour)],
        ),
    };
    let mut rules = vec![needed];
    if danger == ActionDanger::Destructive {
        rules.push(numbers(
            "actions-limits",
            &[
                ("job", limits.per_job),
                ("hour", limits.per_hour),
                ("day", limits.per_day),
                ("ownHour", limits.operator_per_hour),
                ("ownDay", limits.operator_per_day),
            ],
        ));
    }
    rules
}

/// What the page of a job knows before it is sent.
pub(super) struct PreviewFacts<'a> {
    pub(super) selection: &'a Selection,
    pub(super) danger: ActionDanger,
    pub(super) guard: Option<&'a GuardView>,
    /// How many devices the page that led here has shown.
    pub(super) expected: Option<u64>,
    /// `None`: they are too many to look at each.
    pub(super) receipt: Option<Result<ReceiptView, PageFailure>>,
}

pub(super) fn build_preview(ctx: &PageContext, words: &EffectWords, facts: PreviewFacts<'_>) -> Preview {
    let selection = facts.selection;
    let mut preview = Preview {
        instance: ctx.plain(selection.instance.as_str()),
        link_instance: selection.instance.to_string(),
        count: selection.count,
        missing: selection.missing.iter().map(ToString::to_string).collect(),
        expected_differs: facts.expected.is_some_and(|expected| expected != selection.count),
        rules: describe_rules(ctx, facts.danger, facts.guard),
        ..Preview::default()
    };
    let most = match facts.danger {
        ActionDanger::Destructive => usize::MAX,
        ActionDanger::Harmless | ActionDanger::Disruptive => ROWS_SHOWN,
    };
    let named = selection.devices.iter().take(most);
    let named = named.map(|device| PreviewRow {
        platform: ctx.word("platform-", &device.platform),
        ..PreviewRow::new(ctx, words, (device.id, &device.shown))
    });
    match facts.receipt {
        Some(Ok(receipt)) => add_receipt(ctx, words, (&mut preview, &receipt, most)),
        Some(Err(failure)) => {
            preview.rows = named.collect();
            preview.failure = Some(failure);
        }
        None => preview.rows = named.collect(),
    }
    preview.more = preview.count.saturating_sub(preview.rows.len() as u64);
    preview
}

fn add_receipt(ctx: &PageContext, words: &EffectWords, (preview, receipt, most): (&mut Preview, &ReceiptView, usize)) {
    let results = receipt.dry_run.as_deref().unwrap_or_default();
    let rows = results.iter().take(most);
    let rows = rows
        .map(|result| PreviewRow::new(ctx, words, (result.device_id, &result.device)).with_outcome(ctx, words, result));
    preview.rows = rows.collect();
    preview.instance = ctx.plain(&receipt.title);
    preview.count = receipt.devices;
    preview.refused = results.iter().filter(|result| !result.would).count() as u64;
    preview.needs_approval = receipt.needs_approval;
    preview.expires_at = Some(receipt.expires_at);
    preview.effects = count_effects(results)
        .into_iter()
        .map(|(effect, count)| (words.show_effect(ctx, effect), ctx.count("jobs-devices", count)))
        .collect();
    preview.unjudged = receipt.unjudged.as_ref().map(|unjudged| {
        let shown = unjudged.devices.iter().map(|device| {
            let id = device.device_id.map(|id| id.to_string()).unwrap_or_default();
            (id, ctx.said(&device.problem))
        });
        (ctx.count("actions-unjudged", unjudged.count), shown.collect())
    });
}

/// What would happen to how many devices; to the most first. Of one device alone its row says it.
fn count_effects(results: &[DryRunResult]) -> Vec<(&str, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for result in results.iter().filter(|result| result.would) {
        *counts.entry(result.effect.as_str()).or_default() += 1;
    }
    if results.len() < 2 {
        return Vec::new();
    }
    let mut sorted: Vec<(&str, u64)> = counts.into_iter().collect();
    sorted.sort_by_key(|(effect, count)| (std::cmp::Reverse(*count), *effect));
    sorted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(effect: &str, would: bool) -> DryRunResult {
        serde_json::from_value(json!({
            "deviceId": "7809c88c-0000-4000-8000-000000000001", "device": {}, "would": would, "effect": effect,
            "pending": [], "fresh": false, "rule": null, "reason": null, "instead": null,
        }))
        .unwrap()
    }

    #[test]
    fn effects_are_counted_where_there_are_several_devices() {
        let results = [
            result("restarts", true),
            result("locks", true),
            result("restarts", true),
            result("nothing", false),
        ];
        assert_eq!(count_effects(&results), [("restarts", 2), ("locks", 1)]);
        assert!(count_effects(&results[..1]).is_empty());
    }
}
