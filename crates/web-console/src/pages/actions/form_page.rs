//! The form of a job. Above stands what decides on its effect (parameters, what to do where something is pending): it is
//! in the address, and each change shows anew what would happen. Below stands what is sent: exactly what was shown.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use connector_core::model::{ActionDanger, PendingActionPolicy};
use http::StatusCode;
use sics_client::contract::{ActionView, ReceiptView};

use super::catalogue::{describe_action, read_guard, show_choice};
use super::draft::{JobDraft, PARAMETER};
use super::effects::EffectWords;
use super::field_views::{FormFieldViews, sort_fields, tell_at_field};
use super::fields::{FieldFault, list_fields, read_values};
use super::preview::{Preview, PreviewFacts, build_preview};
use super::selection::{Selection, read_selection};
use super::{form_link, read_address, read_form};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::pages::device::fitting::action_label;
use crate::pages::jobs::words::{danger_light, danger_word};
use crate::render::show_page_as;

/// Devices of a filter that are looked at one by one.
const LOOKED_AT: u64 = 1_000;
/// Devices that an address has room for on its way through any proxy.
const IN_ADDRESS: usize = 100;

#[derive(Template)]
#[template(path = "pages/action_form.html")]
struct ActionFormPage<'a> {
    ctx: &'a PageContext,
    action: String,
    label: String,
    does: String,
    danger: String,
    danger_light: &'static str,
    is_destructive: bool,
    is_disruptive: bool,
    /// `get` or `post`.
    method: &'static str,
    fields: FormFieldViews,
    /// What the upper form carries along.
    carried: Vec<(String, String)>,
    other_action: String,
    /// The devices are still to be chosen.
    asks_devices: bool,
    asks_instance: bool,
    instances: Vec<String>,
    instance: String,
    filter: String,
    /// A job for each instance.
    splits: Vec<(String, String)>,
    unreadable: Vec<String>,
    policies: Vec<(&'static str, String, bool)>,
    urgent: bool,
    failure: Option<PageFailure>,
    preview: Option<Preview>,
    send: Option<SendForm>,
    /// Why it was not sent.
    problem: Option<&'a PageFailure>,
}

/// The form that sends.
struct SendForm {
    hidden: Vec<(String, String)>,
    count: u64,
    reason: String,
    requested_by: String,
    expiries: Vec<(String, String, bool)>,
    /// What its button waits for.
    needs: String,
}

pub(super) async fn show_form(ctx: PageContext) -> PageResult {
    let draft = read_address(&ctx);
    render_form(&ctx, draft, None).await
}

pub(super) async fn show_long_form(ctx: PageContext, form: FormFields) -> PageResult {
    render_form(&ctx, read_form(&form), None).await
}

/// `failure`: why what was sent was refused.
pub(super) async fn render_form(ctx: &PageContext, draft: JobDraft, failure: Option<&PageFailure>) -> PageResult {
    let Some(name) = draft.action else {
        return show_choice(ctx, &draft).await;
    };
    let (actions, guard) = tokio::join!(ctx.client().list_actions(), read_guard(ctx));
    let action = actions?.actions.into_iter().find(|action| action.name == name);
    let action = action.ok_or_else(PageFailure::not_found)?;
    let fields = list_fields(&action.parameters);
    let (values, faults) = read_values(&fields, &draft.typed);
    let mut page = begin_page(ctx, &draft, &action, failure);
    let mut told: BTreeMap<String, String> = faults
        .iter()
        .filter(|(name, fault)| draft.typed.contains_key(*name) || **fault != FieldFault::Missing)
        .map(|(name, fault)| (name.clone(), ctx.t(fault.text_key())))
        .collect();
    // Secrets are asked for when it is sent.
    let is_complete = !fields
        .iter()
        .any(|field| !field.secret && faults.contains_key(&field.name));
    if draft.has_selection() && is_complete {
        match read_selection(ctx, &draft, action.danger).await {
            Ok(selection) => {
                let receipt = dry_run(ctx, &draft, &action, (&selection, values)).await;
                let refusal = receipt.as_ref().and_then(|receipt| receipt.as_ref().err());
                tell_at_field(ctx, &fields, (refusal.or(failure), &mut told));
                let words = EffectWords::read(ctx);
                let facts = PreviewFacts {
                    selection: &selection,
                    danger: action.danger,
                    guard: guard.as_ref(),
                    expected: draft.expected,
                    receipt,
                };
                let preview = build_preview(ctx, &words, facts);
                page.send = build_send_form(ctx, &draft, &action, (&selection, &preview));
                page.preview = Some(preview);
            }
            Err(failure) => page.failure = Some(failure),
        }
    }
    choose_questions(&draft, &mut page);
    page.fields = sort_fields(ctx, &fields, (&draft, &told));
    let status = failure.or(page.failure.as_ref()).map_or(StatusCode::OK, form_status);
    show_page_as(status, &page)
}

/// Everything that the draft and the action alone say.
fn begin_page<'a>(
    ctx: &'a PageContext,
    draft: &JobDraft,
    action: &ActionView,
    failure: Option<&'a PageFailure>,
) -> ActionFormPage<'a> {
    let policies = PendingActionPolicy::ALL.iter().map(|policy| {
        let word = ctx.word("actions-pending-", policy.name());
        (policy.name(), word, *policy == draft.when_pending)
    });
    ActionFormPage {
        ctx,
        action: action.name.to_string(),
        label: action_label(ctx, action.name),
        does: describe_action(ctx, action),
        danger: danger_word(ctx, action.danger),
        danger_light: danger_light(action.danger),
        is_destructive: action.danger == ActionDanger::Destructive,
        is_disruptive: action.danger == ActionDanger::Disruptive,
        method: if draft.targets.len() > IN_ADDRESS {
            "post"
        } else {
            "get"
        },
        fields: FormFieldViews::default(),
        carried: Vec::new(),
        other_action: form_link(ctx, &draft.selection_pairs()),
        asks_devices: false,
        asks_instance: false,
        instances: ctx
            .account()
            .map(|account| account.instances.clone())
            .unwrap_or_default(),
        instance: draft.instances.first().cloned().unwrap_or_default(),
        filter: draft.filter.clone(),
        splits: list_splits(ctx, draft, action),
        unreadable: draft.unreadable.iter().map(|text| ctx.plain(text)).collect(),
        policies: policies.collect(),
        urgent: draft.urgent,
        failure: None,
        preview: None,
        send: None,
        problem: failure,
    }
}

/// Which questions about the devices are asked, and what goes along hidden.
fn choose_questions(draft: &JobDraft, page: &mut ActionFormPage<'_>) {
    let code = page.failure.as_ref().map(|failure| failure.code.as_str());
    // What selects them is missing, or selects nothing.
    page.asks_devices = !draft.has_selection() || (draft.targets.is_empty() && code.is_some());
    page.asks_instance = page.asks_devices || code == Some("actions-which-instance");
    let asked = |name: &str| match name {
        "instance" => page.asks_instance,
        "filter" | "expect" => page.asks_devices,
        _ => false,
    };
    page.carried = draft
        .selection_pairs()
        .into_iter()
        .filter(|(name, _)| !asked(name))
        .collect();
}

/// Where devices of several instances were chosen: the form for those of each.
fn list_splits(ctx: &PageContext, draft: &JobDraft, action: &ActionView) -> Vec<(String, String)> {
    if draft.instances.len() < 2 {
        return Vec::new();
    }
    let link = |instance: &String| {
        let mut pairs = vec![("action".to_owned(), action.name.to_string())];
        pairs.extend(draft.split_off(instance).selection_pairs());
        (ctx.plain(instance), form_link(ctx, &pairs))
    };
    draft.instances.iter().map(link).collect()
}

/// What the API says would happen; `None`: nothing was asked.
async fn dry_run(
    ctx: &PageContext,
    draft: &JobDraft,
    action: &ActionView,
    (selection, values): (&Selection, serde_json::Map<String, serde_json::Value>),
) -> Option<Result<ReceiptView, PageFailure>> {
    let is_by_filter = selection.filter.is_some();
    if selection.count == 0 || (is_by_filter && selection.count > LOOKED_AT) {
        return None;
    }
    let shown = JobDraft {
        targets: selection.targets(),
        id: String::new(),
        ..draft.clone()
    };
    let mut job = shown.build_job(action.name, &selection.instance, (values, None));
    job.dry_run = true;
    Some(ctx.client().send_own_job(&job).await.map_err(PageFailure::from))
}

/// `None`: there is nothing to be sent.
fn build_send_form(
    ctx: &PageContext,
    draft: &JobDraft,
    action: &ActionView,
    (selection, preview): (&Selection, &Preview),
) -> Option<SendForm> {
    if preview.failure.is_some() || preview.count == 0 {
        return None;
    }
    let id = if draft.id.is_empty() {
        random_id()?
    } else {
        draft.id.clone()
    };
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut hidden = vec![
        pair("id", id),
        pair("action", action.name.to_string()),
        pair("instance", selection.instance.to_string()),
        pair("whenPending", draft.when_pending.name().to_owned()),
        pair("expect", preview.count.to_string()),
    ];
    hidden.extend(draft.urgent.then(|| pair("urgent", "1".to_owned())));
    hidden.extend(selection.filter.as_ref().map(|filter| pair("filter", filter.clone())));
    let targets = selection.devices.iter();
    hidden.extend(targets.map(|device| pair("target", format!("{}:{}", device.id, device.seq))));
    let secret = list_fields(&action.parameters).into_iter().filter(|field| field.secret);
    let secret: Vec<String> = secret.map(|field| field.name).collect();
    let open = draft.typed.iter().filter(|(name, _)| !secret.contains(name));
    hidden.extend(open.map(|(name, value)| pair(&format!("{PARAMETER}{name}"), value.clone())));
    Some(SendForm {
        hidden,
        count: preview.count,
        reason: draft.reason.clone(),
        requested_by: draft.requested_by.clone(),
        expiries: list_expiries(ctx, action.danger, (draft.expires_at, preview.expires_at)),
        needs: match action.danger {
            ActionDanger::Harmless => "fresh".to_owned(),
            ActionDanger::Disruptive => "fresh agree".to_owned(),
            ActionDanger::Destructive => format!("fresh agree number={}", preview.count),
        },
    })
}

/// The same each time the same form is sent, so that a double click is one job. `None`: the machine has no randomness.
fn random_id() -> Option<String> {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes).ok()?;
    Some(format!("console-{}", hex::encode(bytes)))
}

/// Until when it may be sent. The times are fixed when the form is shown: the same form is the same job. `usual`: what the
/// API says where nothing is chosen.
fn list_expiries(
    ctx: &PageContext,
    danger: ActionDanger,
    (chosen, usual): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
) -> Vec<(String, String, bool)> {
    let hours: &[i64] = match danger {
        ActionDanger::Destructive => &[1, 8, 72, 168],
        ActionDanger::Harmless | ActionDanger::Disruptive => &[1, 8, 24, 720],
    };
    let usual = usual.filter(|_| chosen.is_none()).map(|usual| {
        let hours = (usual - ctx.now()).num_minutes().saturating_add(30) / 60;
        ctx.t1("actions-expires-usual-time", "time", describe_hours(ctx, hours))
    });
    let usual = usual.unwrap_or_else(|| ctx.t("actions-expires-usual"));
    let mut options = vec![(String::new(), usual, chosen.is_none())];
    for hours in hours {
        let at = ctx.now() + TimeDelta::hours(*hours);
        let is_chosen = chosen.is_some_and(|chosen| (chosen - at).abs() < TimeDelta::minutes(30));
        let value = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        options.push((value, describe_hours(ctx, *hours), is_chosen));
    }
    options
}

fn describe_hours(ctx: &PageContext, hours: i64) -> String {
    match hours % 24 {
        0 => ctx.count("actions-expires-days", hours / 24),
        _ => ctx.count("actions-expires-hours", hours),
    }
}
