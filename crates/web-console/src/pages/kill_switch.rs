//! The kill switch: on at once, for all tenants or one; off with a second person; what Intune already has.

use std::collections::BTreeMap;

use askama::Template;
use sics_client::contract::{KillSwitchBody, KillSwitchView, RelaxationView, SwitchView, UnderWayView};

use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::device::fitting::action_label;
use crate::pages::jobs::words::state_word;
use crate::render::{go_to, show_page_as};
use crate::routes::PageRoute;

/// All tenants.
const ALL: &str = "*";

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/killswitch", show_kill_switch),
        PageRoute::post("/killswitch", set_kill_switch),
    ]
}

#[derive(Template)]
#[template(path = "pages/kill_switch.html")]
struct KillSwitchPage<'a> {
    ctx: &'a PageContext,
    on: Vec<SwitchRow>,
    /// Id and instances of each tenant for which it can still be switched on.
    tenants: Vec<(String, String, bool)>,
    is_on_everywhere: bool,
    waiting: usize,
    under_way: Vec<UnderWayRow>,
    reason: String,
    problem: Option<&'a PageFailure>,
}

struct SwitchRow {
    tenant: String,
    title: String,
    by: String,
    reason: String,
    at: TimeText,
    /// Somebody has asked that it goes off.
    is_asked: bool,
}

struct UnderWayRow {
    job: i64,
    task: i64,
    action: String,
    device: String,
    user: String,
    state: String,
    sent_at: Option<TimeText>,
}

/// What was typed, when it was refused.
#[derive(Default)]
struct TypedSwitch {
    tenant: String,
    reason: String,
}

async fn show_kill_switch(ctx: PageContext) -> PageResult {
    render(&ctx, TypedSwitch::default(), None).await
}

/// Tenants with the names of their instances; for whoever may see these.
async fn read_tenants(ctx: &PageContext) -> BTreeMap<String, Vec<String>> {
    let mut tenants: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if ctx.may("Instances_Read") {
        let read = ctx.client().list_instances().await;
        for instance in read.map(|view| view.instances).unwrap_or_default() {
            let tenant = instance.tenant_id.to_ascii_lowercase();
            tenants.entry(tenant).or_default().push(instance.name.to_string());
        }
    }
    tenants
}

/// The kill switch is for everybody to switch on; who may not see it sees the form alone.
async fn read_switch(ctx: &PageContext) -> Result<KillSwitchView, PageFailure> {
    if ctx.may("KillSwitch_Read") {
        return Ok(ctx.client().show_kill_switch().await?);
    }
    Ok(KillSwitchView {
        on: Vec::new(),
        under_way: Vec::new(),
        waiting: Vec::new(),
    })
}

async fn render(ctx: &PageContext, typed: TypedSwitch, problem: Option<&PageFailure>) -> PageResult {
    let (view, tenants) = tokio::join!(read_switch(ctx), read_tenants(ctx));
    let view = view?;
    let free = tenants.iter().filter(|(tenant, _)| !is_on(&view.on, tenant));
    let options = free.map(|(tenant, instances)| (tenant.clone(), instances.join(", "), typed.tenant == *tenant));
    let page = KillSwitchPage {
        ctx,
        tenants: options.collect(),
        is_on_everywhere: is_on(&view.on, ALL),
        on: view
            .on
            .iter()
            .map(|row| switch_row(ctx, row, (&tenants, &view.waiting)))
            .collect(),
        waiting: view.waiting.len(),
        under_way: view.under_way.iter().map(|task| under_way_row(ctx, task)).collect(),
        reason: typed.reason,
        problem,
    };
    let status = problem.map_or(http::StatusCode::OK, |problem| problem.status);
    show_page_as(status, &page)
}

/// Whether it is on for just this tenant, or for just all.
fn is_on(on: &[SwitchView], tenant: &str) -> bool {
    on.iter().any(|row| row.tenant.eq_ignore_ascii_case(tenant))
}

fn is_asked(waiting: &[RelaxationView], tenant: &str) -> bool {
    let named = |change: &RelaxationView| change.change.get("tenant").is_some_and(|named| named == tenant);
    waiting.iter().any(named)
}

fn switch_row(
    ctx: &PageContext,
    row: &SwitchView,
    (tenants, waiting): (&BTreeMap<String, Vec<String>>, &[RelaxationView]),
) -> SwitchRow {
    let title = match row.tenant.as_str() {
        ALL => ctx.t("kill-switch-everywhere"),
        tenant => {
            let names = tenants.get(&tenant.to_ascii_lowercase());
            let names = names.map_or_else(|| tenant.to_owned(), |names| format!("{tenant} ({})", names.join(", ")));
            ctx.t1("kill-switch-tenant", "tenant", names)
        }
    };
    SwitchRow {
        title,
        is_asked: is_asked(waiting, &row.tenant),
        tenant: row.tenant.clone(),
        by: ctx.plain(&row.by),
        reason: ctx.plain(&row.reason),
        at: ctx.time(&row.at),
    }
}

fn under_way_row(ctx: &PageContext, task: &UnderWayView) -> UnderWayRow {
    UnderWayRow {
        job: task.job,
        task: task.task,
        action: action_label(ctx, task.action),
        device: match &task.device.device_name {
            Some(name) => ctx.plain(name),
            None => task.device_id.to_string(),
        },
        user: ctx.plain(task.device.user_principal_name.as_deref().unwrap_or_default()),
        state: state_word(ctx, task.state),
        sent_at: task.sent_at.as_ref().map(|at| ctx.time(at)),
    }
}

async fn set_kill_switch(ctx: PageContext, form: FormFields) -> PageResult {
    let body = KillSwitchBody {
        on: form.is_ticked("on"),
        tenant: form.given("tenant").filter(|tenant| tenant != ALL),
        reason: form.given("reason"),
    };
    match ctx.client().set_kill_switch(&body).await {
        Ok(_) if body.on => go_to(&ctx, "/killswitch", "kill-switch-on"),
        Ok(_) => go_to(&ctx, "/killswitch", "kill-switch-asked"),
        Err(error) => {
            let failure = PageFailure::from(error);
            let typed = TypedSwitch {
                tenant: form.text("tenant").to_owned(),
                reason: form.text("reason").to_owned(),
            };
            render(&ctx, typed, Some(&failure)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_switch_of_one_tenant_is_none_of_all() {
        let on: Vec<SwitchView> = serde_json::from_value(json!([
            { "tenant": "AAAA", "by": "anna", "reason": "why", "at": "2026-11-21T10:00:00Z" },
        ]))
        .unwrap();
        assert!(is_on(&on, "aaaa") && !is_on(&on, ALL) && !is_on(&on, "bbbb"));
    }
}
