//! Whether the bus takes work, and what of it does not.

use askama::Template;
use sics_client::contract::{DecisionHealth, InstanceHealth, InstanceState};

use super::compliance::{health_light, health_word};
use super::{SettingsTab, TabLink, list_tabs, wire_name};
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::{Markup, show_page};

struct InstanceRow {
    name: String,
    state: String,
    light: &'static str,
    cause: String,
    complete: bool,
    open_because: Vec<Markup>,
    unread: u64,
}

struct NodeRow {
    instance: String,
    name: String,
    health: String,
    light: &'static str,
}

#[derive(Template)]
#[template(path = "pages/settings/readiness.html")]
struct ReadinessPage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    ready: bool,
    writable: bool,
    /// What prevents work, and what to do; empty: nothing.
    cause: String,
    cure: String,
    damage: Markup,
    went_back: Markup,
    went_back_at: Option<TimeText>,
    instances: Vec<InstanceRow>,
    nodes: Vec<NodeRow>,
}

pub(super) async fn show_readiness(ctx: &PageContext) -> PageResult {
    let view = ctx.client().fetch_readiness().await?;
    let store = &view.store;
    let (cause, cure) = describe_cause(ctx, store.cause.as_deref());
    let text = |text: Option<&String>| text.map(|text| ctx.said(text)).unwrap_or_default();
    show_page(&ReadinessPage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::Readiness),
        ready: view.ready,
        writable: store.writable,
        cause,
        cure,
        damage: text(store.damage.as_ref()),
        went_back: text(store.went_back.as_ref()),
        went_back_at: store.went_back_at.as_ref().map(|at| ctx.time(at)),
        instances: view.instances.iter().map(|row| show_instance(ctx, row)).collect(),
        nodes: view.decisions.iter().map(|row| show_node(ctx, row)).collect(),
    })
}

/// What prevents work in words, and what to do about it.
fn describe_cause(ctx: &PageContext, cause: Option<&str>) -> (String, String) {
    let Some(code) = cause else {
        return (String::new(), String::new());
    };
    let key = format!("settings-cause-{}-cure", code.to_ascii_lowercase());
    let cure = if ctx.has_text(&key) {
        ctx.t(&key)
    } else {
        ctx.t("settings-cause-cure")
    };
    (ctx.word("settings-cause-", code), cure)
}

fn show_instance(ctx: &PageContext, row: &InstanceHealth) -> InstanceRow {
    InstanceRow {
        name: row.instance.to_string(),
        state: ctx.word("settings-instance-", &wire_name(&row.state)),
        light: state_light(row.state),
        cause: row.cause.clone().unwrap_or_default(),
        complete: row.complete,
        open_because: row.open_because.iter().map(|reason| ctx.said(&reason.detail)).collect(),
        unread: row.unread,
    }
}

fn state_light(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Idle | InstanceState::Scanning => "good",
        InstanceState::Failing | InstanceState::Misconfigured => "bad",
        InstanceState::Braked => "warning",
        InstanceState::Stopped | InstanceState::Disabled => "",
    }
}

fn show_node(ctx: &PageContext, row: &DecisionHealth) -> NodeRow {
    NodeRow {
        instance: row.instance.to_string(),
        name: ctx.plain(&row.node),
        health: health_word(ctx, row.standing),
        light: health_light(row.standing),
    }
}
