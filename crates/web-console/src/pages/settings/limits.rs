//! Limits and approvals: tightening works at once, loosening waits for a second person.

use askama::Template;
use connector_core::model::ActionKind;
use http::StatusCode;
use sics_client::ClientError;
use sics_client::contract::{GuardBody, GuardView, InstanceGuardView, RelaxationView};

use super::limit_fields::{FIELDS, LimitAccess, LimitField, LimitGroup, is_in_force, list_beyond_bounds, read_changes};
use super::{SettingsTab, TabLink, list_tabs};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{go_to, show_page_as};

/// A change that waits for a second person.
struct WaitingNote {
    value: String,
    asked_by: String,
    at: TimeText,
}

struct LimitRow {
    name: &'static str,
    /// Of the field in the page.
    id: String,
    label: String,
    help: String,
    /// What holds, for people.
    shown: String,
    /// What holds, as the form sends it.
    was: String,
    typed: String,
    is_flag: bool,
    max: u64,
    waiting: Vec<WaitingNote>,
    /// What is wrong with what was typed; empty: nothing.
    problem: String,
}

struct GroupRows {
    title: String,
    rows: Vec<LimitRow>,
}

struct InstanceRow {
    name: String,
    actions: Vec<String>,
    never_touch: String,
    never_touch_ids: usize,
    windows: usize,
}

#[derive(Template)]
#[template(path = "pages/settings/limits.html")]
struct LimitsPage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    groups: Vec<GroupRows>,
    instances: Vec<InstanceRow>,
    /// How much waits that is about no limit of the bus.
    other_waiting: usize,
    problem: Option<&'a PageFailure>,
}

/// What was typed and what is wrong with it.
#[derive(Default)]
struct TypedLimits<'a> {
    form: Option<&'a FormFields>,
    problem: Option<&'a PageFailure>,
    /// Fields that cannot be read, or are out of their bounds.
    unreadable: Vec<&'static str>,
    /// The field that the API names; empty: none.
    named: String,
}

pub(super) async fn show_limits(ctx: &PageContext) -> PageResult {
    render(ctx, TypedLimits::default()).await
}

async fn render(ctx: &PageContext, typed: TypedLimits<'_>) -> PageResult {
    let view = ctx.client().show_limits().await?;
    let group = |group: LimitGroup| GroupRows {
        title: ctx.t(&format!("settings-limits-{}", group.name())),
        rows: FIELDS
            .iter()
            .filter(|field| field.group == group)
            .map(|field| show_field(ctx, field, &view, &typed))
            .collect(),
    };
    let is_of_limit = |row: &&RelaxationView| FIELDS.iter().any(|field| is_about(row, field));
    let status = typed.problem.map_or(StatusCode::OK, |problem| problem.status);
    let page = LimitsPage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::Limits),
        groups: LimitGroup::ALL.into_iter().map(group).collect(),
        instances: view.instances.iter().map(|row| show_instance(ctx, row)).collect(),
        other_waiting: view.waiting.len() - view.waiting.iter().filter(is_of_limit).count(),
        problem: typed.problem,
    };
    show_page_as(status, &page)
}

/// Whether what waits would change this limit of the bus.
fn is_about(row: &RelaxationView, field: &LimitField) -> bool {
    row.scope == "bus" && row.change.get("key").and_then(|key| key.as_str()) == Some(field.name)
}

fn show_field(ctx: &PageContext, field: &LimitField, view: &GuardView, typed: &TypedLimits<'_>) -> LimitRow {
    let key = field.text_key();
    let was = field.shown_value(view);
    let waiting = view.waiting.iter().filter(|row| is_about(row, field));
    let (is_flag, max) = match &field.access {
        LimitAccess::Number { max, .. } => (false, *max),
        LimitAccess::Flag { .. } => (true, 0),
    };
    LimitRow {
        name: field.name,
        id: field.name.replace('.', "-"),
        label: ctx.t(&key),
        help: ctx.t(&format!("{key}-help")),
        shown: show_value(ctx, &was),
        typed: typed
            .form
            .map_or_else(|| was.clone(), |form| form.text(field.name).to_owned()),
        was,
        is_flag,
        max,
        waiting: waiting.map(|row| show_waiting(ctx, row)).collect(),
        problem: describe_problem(ctx, field, typed, max),
    }
}

fn describe_problem(ctx: &PageContext, field: &LimitField, typed: &TypedLimits<'_>, max: u64) -> String {
    if typed.unreadable.contains(&field.name) {
        ctx.t1("settings-limit-no-number", "max", ctx.number(max))
    } else if typed.named == field.name {
        typed.problem.map(|problem| problem.title(ctx)).unwrap_or_default()
    } else {
        String::new()
    }
}

/// A number, or yes or no.
fn show_value(ctx: &PageContext, value: &str) -> String {
    match (value, value.parse::<u64>()) {
        (_, Ok(number)) => ctx.number(number),
        ("yes" | "true", _) => ctx.t("yes"),
        ("no" | "false", _) => ctx.t("no"),
        (other, Err(_)) => ctx.plain(other),
    }
}

fn show_waiting(ctx: &PageContext, row: &RelaxationView) -> WaitingNote {
    let to = row.change.get("to").map(ToString::to_string).unwrap_or_default();
    WaitingNote {
        value: show_value(ctx, &to),
        asked_by: match &row.asked_by {
            Some(name) => ctx.plain(name),
            None => ctx.t("settings-asked-by-file"),
        },
        at: ctx.time(&row.asked_at),
    }
}

fn show_instance(ctx: &PageContext, row: &InstanceGuardView) -> InstanceRow {
    let policy = &row.policy;
    let word = |action: &ActionKind| ctx.word("action-", action.name());
    InstanceRow {
        name: row.instance.clone(),
        actions: policy.verbs.iter().map(word).collect(),
        never_touch: policy.never_touch.clone().unwrap_or_default(),
        never_touch_ids: policy.never_touch_ids.len(),
        windows: policy.windows.len(),
    }
}

pub(super) async fn change_limits(ctx: PageContext, form: FormFields) -> PageResult {
    let tab = "/settings?tab=limits";
    let body = match read_changes(&form) {
        Ok(body) => body,
        Err(unreadable) => {
            let failure = PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "settings-limits-wrong");
            let typed = TypedLimits {
                form: Some(&form),
                problem: Some(&failure),
                unreadable,
                named: String::new(),
            };
            return render(&ctx, typed).await;
        }
    };
    if body == GuardBody::default() {
        return go_to(&ctx, tab, "settings-limits-same");
    }
    match ctx.client().change_limits(&body).await {
        Ok(view) if is_in_force(&body, &view) => go_to(&ctx, tab, "settings-limits-changed"),
        Ok(_) => go_to(&ctx, tab, "settings-limits-waiting"),
        Err(error) => {
            let named = named_key(&error);
            let beyond = list_beyond_bounds(&form, &named);
            let failure = if beyond.is_empty() {
                PageFailure::from(error)
            } else {
                PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "settings-limits-wrong")
            };
            let typed = TypedLimits {
                form: Some(&form),
                problem: Some(&failure),
                unreadable: beyond,
                named,
            };
            render(&ctx, typed).await
        }
    }
}

fn named_key(error: &ClientError) -> String {
    let key = error.problem.as_ref().and_then(|problem| problem.members.get("key"));
    key.and_then(|key| key.as_str()).unwrap_or_default().to_owned()
}
