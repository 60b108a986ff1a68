//! All actions in three groups by the harm that they can do; the same page chooses one for devices that are chosen already.

use std::collections::BTreeMap;

use askama::Template;
use connector_core::model::{ActionDanger, ActionKind};
use sics_client::contract::{ActionView, GuardView};

use super::draft::JobDraft;
use super::selection::{Selection, read_selection};
use super::{form_link, read_address};
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::device::fitting::{
    ActionFit, action_label, explain_unfit, judge_action, list_fitting_platforms, write_sentence,
};
use crate::render::show_page;
use crate::texts::Language;

#[derive(Template)]
#[template(path = "pages/actions.html")]
struct ActionsPage<'a> {
    ctx: &'a PageContext,
    groups: Vec<ActionGroup>,
    /// For which devices one is chosen.
    chosen: Option<String>,
    problem: Option<&'a PageFailure>,
}

struct ActionGroup {
    title: String,
    help: String,
    is_destructive: bool,
    rows: Vec<ActionRow>,
}

struct ActionRow {
    label: String,
    name: &'static str,
    does: String,
    platforms: Vec<String>,
    link: String,
    /// Why it can not be sent; the link is not shown.
    obstacle: String,
    /// What else to know of it.
    remark: String,
}

pub(super) async fn show_actions(ctx: PageContext) -> PageResult {
    let draft = read_address(&ctx);
    show_choice(&ctx, &draft).await
}

/// What the guard goes by, for whoever may see it.
pub(super) async fn read_guard(ctx: &PageContext) -> Option<GuardView> {
    if ctx.may("Limits_Read") {
        ctx.client().show_limits().await.ok()
    } else {
        None
    }
}

/// The choice of an action for the devices of the draft.
pub(super) async fn show_choice(ctx: &PageContext, draft: &JobDraft) -> PageResult {
    let selection = async {
        if draft.has_selection() {
            Some(read_selection(ctx, draft, ActionDanger::Harmless).await)
        } else {
            None
        }
    };
    let (actions, guard, selection) = tokio::join!(ctx.client().list_actions(), read_guard(ctx), selection);
    let actions = actions?.actions;
    let (selection, failure) = match selection {
        Some(Ok(selection)) => (Some(selection), None),
        Some(Err(failure)) => (None, Some(failure)),
        None => (None, None),
    };
    let facts = ChoiceFacts {
        platforms: selection.as_ref().map(count_platforms).unwrap_or_default(),
        guard: guard.as_ref(),
        selection: selection.as_ref(),
    };
    let groups = [
        ActionDanger::Harmless,
        ActionDanger::Disruptive,
        ActionDanger::Destructive,
    ];
    show_page(&ActionsPage {
        ctx,
        groups: groups
            .map(|danger| build_group(ctx, draft, &facts, (danger, &actions)))
            .into(),
        chosen: selection
            .as_ref()
            .map(|chosen| ctx.count("actions-for-devices", chosen.count)),
        problem: failure.as_ref(),
    })
}

/// By what it is told whether an action can be sent.
struct ChoiceFacts<'a> {
    /// Of the devices that are named: how many of which.
    platforms: BTreeMap<&'a str, u64>,
    guard: Option<&'a GuardView>,
    selection: Option<&'a Selection>,
}

fn count_platforms(selection: &Selection) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for device in &selection.devices {
        *counts.entry(device.platform.as_str()).or_default() += 1;
    }
    counts
}

fn build_group(
    ctx: &PageContext,
    draft: &JobDraft,
    facts: &ChoiceFacts<'_>,
    (danger, actions): (ActionDanger, &[ActionView]),
) -> ActionGroup {
    let (title, help) = match danger {
        ActionDanger::Harmless => ("actions-harmless", "actions-harmless-help"),
        ActionDanger::Disruptive => ("actions-disruptive", "actions-disruptive-help"),
        ActionDanger::Destructive => ("actions-destructive", "actions-destructive-help"),
    };
    let rows = actions.iter().filter(|action| action.danger == danger);
    ActionGroup {
        title: ctx.t(title),
        help: ctx.t(help),
        is_destructive: danger == ActionDanger::Destructive,
        rows: rows.map(|action| build_row(ctx, draft, facts, action)).collect(),
    }
}

fn build_row(ctx: &PageContext, draft: &JobDraft, facts: &ChoiceFacts<'_>, action: &ActionView) -> ActionRow {
    let mut pairs = vec![("action".to_owned(), action.name.name().to_owned())];
    pairs.extend(draft.selection_pairs());
    ActionRow {
        label: action_label(ctx, action.name),
        name: action.name.name(),
        does: describe_action(ctx, action),
        platforms: list_fitting_platforms(action)
            .map(|name| ctx.word("platform-", name))
            .collect(),
        link: form_link(ctx, &pairs),
        obstacle: find_obstacle(ctx, facts, action).unwrap_or_default(),
        remark: describe_fit(ctx, facts, action),
    }
}

/// What it does, one sentence.
pub(super) fn describe_action(ctx: &PageContext, action: &ActionView) -> String {
    let key = format!("actions-does-{}", action.name.name().to_ascii_lowercase());
    match ctx.language() {
        Language::German if ctx.has_text(&key) => ctx.t(&key),
        Language::German | Language::English => write_sentence(&action.summary),
    }
}

/// Instances whose settings leave the action off; of those that the reader may see.
fn list_switched_off(guard: &GuardView, action: ActionKind) -> Vec<&str> {
    let off = guard.instances.iter().filter(|row| !row.policy.verbs.contains(&action));
    off.map(|row| row.instance.as_str()).collect()
}

fn find_obstacle(ctx: &PageContext, facts: &ChoiceFacts<'_>, action: &ActionView) -> Option<String> {
    let lacking = ["Jobs_Send", &action.right].into_iter().find(|right| !ctx.may(right));
    if let Some(right) = lacking {
        return Some(ctx.t1("actions-right-lacking", "right", right.to_owned()));
    }
    let off = facts
        .guard
        .map(|guard| list_switched_off(guard, action.name))
        .unwrap_or_default();
    let chosen = facts.selection.map(|selection| selection.instance.as_str());
    if let Some(instance) = chosen.filter(|chosen| off.contains(chosen)) {
        return Some(ctx.t1("actions-switched-off", "instance", instance.to_owned()));
    }
    let all_off = facts
        .guard
        .is_some_and(|guard| !guard.instances.is_empty() && off.len() == guard.instances.len());
    if all_off && chosen.is_none() {
        return Some(ctx.t("actions-switched-off-everywhere"));
    }
    let fits = facts
        .platforms
        .keys()
        .map(|platform| judge_action(action, platform, None));
    let unfit: Option<Vec<_>> = fits
        .map(|fit| match fit {
            Some(ActionFit::Unfit(support)) => Some(support),
            Some(ActionFit::Works(_) | ActionFit::SwitchedOff) | None => None,
        })
        .collect();
    let first = unfit?.into_iter().next()?;
    Some(explain_unfit(ctx, action.name, first))
}

/// On how many of the devices it works, where it does not on all.
fn describe_fit(ctx: &PageContext, facts: &ChoiceFacts<'_>, action: &ActionView) -> String {
    let works = |platform: &str| !matches!(judge_action(action, platform, None), Some(ActionFit::Unfit(_)));
    let total: u64 = facts.platforms.values().sum();
    let fitting = facts.platforms.iter().filter(|(platform, _)| works(platform));
    let fitting: u64 = fitting.map(|(_, count)| count).sum();
    if fitting == total {
        return String::new();
    }
    let (fitting, total) = (ctx.number(fitting), ctx.number(total));
    ctx.t2("actions-works-on", "fitting", fitting, "total", total)
}
