//! The kill switch: on at once, by anybody; off is a loosening and waits for a second person (A7).

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;

use super::pending_visibility::PendingVisibility;
use super::view::{JobNames, shown_device};
use crate::actions::guard::approval::ALONE;
use crate::actions::guard::blocked_actions;
use crate::actions::policy_changes;
use crate::contract::{BlockedActionView, KillSwitchBody, KillSwitchView, RelaxationView, SwitchView, UnderWayView};
use crate::model::{GuardScope, InstanceName, PolicyRelaxation};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::missing_right_problem;
use crate::sics::extract::JsonBody;
use crate::sics::problem::ApiProblem;
use crate::store::{BlockedActions, OperatorKind, RelaxationRow, TaskRow};

/// Actions sent longer ago have taken effect or are with the people who follow them up.
const LOOKS_BACK: TimeDelta = TimeDelta::days(30);
/// All tenants.
const ALL: &str = "*";

pub(crate) fn relaxation_view(row: RelaxationRow, names: &JobNames) -> RelaxationView {
    let instance = relaxation_instance(&row, names);
    let scope = instance.map_or_else(|| row.relaxation.guard_scope().to_text(), ToString::to_string);
    let may_agree = names.possible_approvers(row.asked_by, instance);
    RelaxationView {
        alone_at: may_agree.is_empty().then_some(row.asked_at + ALONE),
        may_agree,
        agree_by: format!("intune-connector limits approve {} --approver NAME", row.id),
        goes_out: Vec::new(),
        id: row.id,
        digest: row.digest(),
        scope,
        change: row.relaxation.to_public_json(),
        asked_by: row.asked_by.and_then(|id| names.operator_name(id)),
        asked_at: row.asked_at,
        state: row.state,
    }
}

/// With what would be sent, as far as the reader may see it: a reader who sees only some tenants cannot agree to all.
fn add_blocked_actions(view: &mut RelaxationView, held: &BlockedActions, visible_tenants: Option<&BTreeSet<String>>) {
    let is_visible = |tenant: &str| visible_tenants.is_none_or(|visible_tenants| visible_tenants.contains(tenant));
    let rows = blocked_actions::sort_by_danger(held).into_iter();
    let rows = rows.filter(|(tenant, ..)| is_visible(tenant));
    view.goes_out = rows
        .map(|(tenant, verb, devices)| BlockedActionView {
            tenant: tenant.to_owned(),
            action: verb,
            danger: verb.danger(),
            devices,
        })
        .collect();
    let all: u64 = held.counts.values().sum();
    if view.goes_out.iter().map(|row| row.devices).sum::<u64>() == all {
        view.digest = blocked_actions::release_digest(&view.digest, Some(held));
        let sentence = format!("{}; {}", view.sentence(), blocked_actions::describe_blocked(held));
        view.change["sentence"] = sentence.into();
    }
}

/// The instance that it is about; `None`: the whole bus.
pub(crate) fn relaxation_instance<'a>(row: &RelaxationRow, names: &'a JobNames) -> Option<&'a InstanceName> {
    match row.relaxation.guard_scope() {
        GuardScope::Bus => None,
        GuardScope::Instance(id) => names.instance_name(id),
    }
}

pub(crate) async fn show_kill_switch(
    State(sics): State<Sics>,
    caller: Caller,
) -> Result<Json<KillSwitchView>, ApiProblem> {
    Ok(Json(kill_switch_view(&sics, &caller, None).await?))
}

/// Whose devices the caller may be told of; `None`: all.
pub(crate) async fn visible_tenants(sics: &Sics, caller: &Caller) -> Result<Option<BTreeSet<String>>, ApiProblem> {
    if caller.reaches_all_instances() {
        return Ok(None);
    }
    let rows = sics.reachable_instances(caller).await?;
    Ok(Some(
        rows.iter().map(|row| row.tenant_id.to_ascii_lowercase()).collect(),
    ))
}

async fn kill_switch_view(sics: &Sics, caller: &Caller, tenant: Option<String>) -> Result<KillSwitchView, ApiProblem> {
    let tenants = visible_tenants(sics, caller).await?;
    let holds = |tenant: &str| tenants.as_ref().is_none_or(|tenants| tenants.contains(tenant));
    let (names, concern) = (
        JobNames::read_names(sics).await?,
        PendingVisibility::read_visibility(sics, caller).await?,
    );
    let since = sics.now() - LOOKS_BACK;
    let under_way = sics.store().list_tasks_under_way(tenant, since).await?;
    let reaches = |name: &InstanceName| caller.reaches_instance(name);
    Ok(KillSwitchView {
        on: sics
            .store()
            .list_kill_switches()
            .await?
            .into_iter()
            .filter(|row| row.tenant == ALL || holds(&row.tenant))
            .map(|row| SwitchView {
                tenant: row.tenant,
                by: row.by,
                reason: row.reason,
                at: row.at,
            })
            .collect(),
        under_way: under_way
            .into_iter()
            .filter(|task| tenants.is_none() || names.instance_name(task.instance).is_some_and(reaches))
            .map(|task| under_way_view(task, &names))
            .collect(),
        waiting: waiting_relaxations(sics, caller, &names, |row| {
            matches!(row.relaxation, PolicyRelaxation::KillSwitchOff { .. }) && concern.sees_relaxation(row)
        })
        .await?,
    })
}

fn under_way_view(task: TaskRow, names: &JobNames) -> UnderWayView {
    UnderWayView {
        job: task.job.0,
        task: task.id.0,
        instance: names.instance_name(task.instance).map(ToString::to_string),
        device_id: task.device,
        device: shown_device(task.shown),
        action: task.verb,
        state: task.state.published_state(),
        sent_at: task.sent_at,
    }
}

pub(crate) async fn waiting_relaxations(
    sics: &Sics,
    caller: &Caller,
    names: &JobNames,
    wanted: impl Fn(&RelaxationRow) -> bool,
) -> Result<Vec<RelaxationView>, ApiProblem> {
    let rows = sics.store().list_relaxations(true).await?;
    let tenants = visible_tenants(sics, caller).await?;
    let mut views = Vec::new();
    for row in rows.into_iter().filter(wanted) {
        let held = match &row.relaxation {
            PolicyRelaxation::KillSwitchOff { tenant, .. } => {
                Some(sics.store().find_blocked_actions(tenant.clone()).await?)
            }
            PolicyRelaxation::PolicyChange { .. }
            | PolicyRelaxation::SuspensionLift { .. }
            | PolicyRelaxation::WorkflowChange { .. }
            | PolicyRelaxation::AccountChange { .. }
            | PolicyRelaxation::ApplicationChange { .. } => None,
        };
        let mut view = relaxation_view(row, names);
        if let Some(held) = held {
            add_blocked_actions(&mut view, &held, tenants.as_ref());
        }
        views.push(view);
    }
    Ok(views)
}

/// On at once, by any person; off is a loosening and waits.
pub(crate) async fn set_kill_switch(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<KillSwitchBody>,
) -> Result<(StatusCode, Json<KillSwitchView>), ApiProblem> {
    let may = caller.has_right("KillSwitch_Set") || (body.on && caller.operator.kind == OperatorKind::Person);
    if !may {
        return Err(missing_right_problem(caller.name(), "KillSwitch_Set"));
    }
    if !body.on {
        caller.require_second_factor(sics.limits().login.second_factor)?;
    }
    let caller = if caller.has_right("KillSwitch_Set") && !body.on {
        // A right that applies elsewhere does not allow switching it off here.
        caller.with_asked_rights(&["KillSwitch_Set"])
    } else {
        caller
    };
    let tenant = find_named_tenant(&sics, &caller, body.tenant.as_deref()).await?;
    let reason = body.reason.as_deref().unwrap_or_default().trim().to_owned();
    let most = sics.limits().text_chars;
    if (body.on && reason.is_empty()) || reason.chars().count() > most {
        return Err(ApiProblem::bad_request(
            "reason",
            format!("the reason is missing, or longer than {most} characters"),
            "Explain why in a sentence, for those who find it on.",
        ));
    }
    let status = if body.on {
        let by = caller.name().to_owned();
        let entry = caller.entry("killSwitch.on", &tenant, json!({}));
        let store = sics.store().recorded(move |(): &()| Some(entry.clone()));
        store.engage_kill_switch(tenant.clone(), by, reason).await?;
        tracing::warn!(operator = caller.name(), "the kill switch is on");
        StatusCode::OK
    } else {
        ask_switch_off(&sics, &caller, &tenant).await?
    };
    let shown = (tenant != ALL).then_some(tenant);
    Ok((status, Json(kill_switch_view(&sics, &caller, shown).await?)))
}

async fn ask_switch_off(sics: &Sics, caller: &Caller, tenant: &str) -> Result<StatusCode, ApiProblem> {
    let asked = policy_changes::request_kill_switch_off(sics.store(), tenant, caller.relaxation_requester()?).await?;
    match asked {
        Some(_) => Ok(StatusCode::ACCEPTED),
        None => Err(ApiProblem::conflict(
            "notOn",
            "the kill switch is not on for this scope",
            "GET /sics/v1/killswitch shows where it is on, and so does `intune-connector killswitch`.",
        )),
    }
}

/// The tenant as the store has it; one that the caller's scope does not reach does not exist for them.
async fn find_named_tenant(sics: &Sics, caller: &Caller, tenant: Option<&str>) -> Result<String, ApiProblem> {
    let tenants = visible_tenants(sics, caller).await?;
    let Some(tenant) = tenant.filter(|tenant| *tenant != ALL) else {
        return match tenants {
            None => Ok(ALL.to_owned()),
            Some(_) => Err(ApiProblem::new(
                StatusCode::FORBIDDEN,
                "outOfScope",
                "your rights do not apply to all tenants",
                "Specify the tenant.",
            )),
        };
    };
    let tenant = tenant.to_ascii_lowercase();
    let rows = sics.reachable_instances(caller).await?;
    if rows.iter().any(|row| row.tenant_id.eq_ignore_ascii_case(&tenant)) {
        Ok(tenant)
    } else {
        Err(ApiProblem::not_found("tenant", tenant))
    }
}
