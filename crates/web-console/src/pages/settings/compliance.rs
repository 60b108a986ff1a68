//! Nodes of compliance decisions: how each is, and what it is set to.

use askama::Template;
use sics_client::contract::{NodeHealth, NodeView};

use super::{SettingsTab, TabLink, list_tabs, wire_name};
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::{Markup, show_page};

struct NodeRow {
    instance: String,
    name: String,
    health: String,
    light: &'static str,
    trouble: Markup,
    warnings: Vec<Markup>,
    /// What it is set to: name and value.
    facts: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/settings/compliance.html")]
struct CompliancePage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    nodes: Vec<NodeRow>,
}

pub(super) async fn show_nodes(ctx: &PageContext) -> PageResult {
    let view = ctx.client().list_nodes().await?;
    show_page(&CompliancePage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::Compliance),
        nodes: view.nodes.iter().map(|node| show_node(ctx, node)).collect(),
    })
}

pub(super) fn health_word(ctx: &PageContext, health: NodeHealth) -> String {
    ctx.word("settings-node-health-", &wire_name(&health))
}

pub(super) fn health_light(health: NodeHealth) -> &'static str {
    match health {
        NodeHealth::Idle => "",
        NodeHealth::Live => "good",
        NodeHealth::Inventory => "warning",
        NodeHealth::Failing | NodeHealth::Broken => "bad",
    }
}

fn show_node(ctx: &PageContext, node: &NodeView) -> NodeRow {
    NodeRow {
        instance: node.instance.clone(),
        name: ctx.plain(&node.node),
        health: health_word(ctx, node.standing),
        light: health_light(node.standing),
        trouble: node
            .trouble
            .as_ref()
            .map(|reason| ctx.said(&reason.text))
            .unwrap_or_default(),
        warnings: node.warnings.iter().map(|text| ctx.said(text)).collect(),
        facts: list_facts(ctx, node),
    }
}

fn list_facts(ctx: &PageContext, node: &NodeView) -> Vec<(String, String)> {
    let flag = |flag: bool| ctx.t(if flag { "yes" } else { "no" });
    let several = |names: &[String]| {
        if names.is_empty() {
            ctx.t("none")
        } else {
            ctx.plain(names.join("; "))
        }
    };
    let allowed: Vec<String> = node.allowed.iter().map(wire_name).collect();
    let hours = node.max_check_in_hours;
    let facts = [
        ("header", ctx.plain(&node.header)),
        ("id-from-shared-state", flag(node.id_from_shared_state)),
        ("allowed", allowed.join(", ")),
        ("policies", several(&node.policies)),
        ("forbidden-apps", several(&node.forbidden_apps)),
        ("required-apps", several(&node.required_apps)),
        (
            "max-check-in",
            hours.map_or_else(|| ctx.t("none"), |hours| ctx.number(hours)),
        ),
        (
            "several-devices",
            ctx.word("settings-node-several-", &node.several_devices),
        ),
        ("time-budget", ctx.number(node.time_budget_ms)),
        ("cache", ctx.number(node.cache_s)),
        ("inventory-answers", flag(node.inventory_answers)),
        ("inventory-max", ctx.number(node.inventory_max_minutes)),
        ("not-found-apart", flag(node.not_found_apart)),
        ("reasons", flag(node.reasons)),
        ("apps-optional", flag(node.apps_optional)),
        ("apps-version", node.apps_version.clone()),
        ("save-properties", flag(node.save_properties)),
        ("save-apps", flag(node.save_apps)),
        ("compatible", flag(node.compatible)),
        (
            "signs-in-as",
            node.user_name
                .as_deref()
                .map_or_else(|| ctx.t("settings-node-as-app"), |name| ctx.plain(name)),
        ),
    ];
    let named = facts
        .into_iter()
        .map(|(key, value)| (ctx.t(&format!("settings-node-{key}")), value));
    named.collect()
}
