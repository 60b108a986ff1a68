//! What the guard is based on: limits and approvals of the bus, actions and exceptions of each instance, and the
//! relaxations that wait (A7). Tightening takes effect at once; the rest waits for a second person, who gives name and
//! password.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::kill_switch::{relaxation_view, waiting_relaxations};
use super::operator_decisions::{GivenPerson, sign_in_person};
use super::pending_visibility::PendingVisibility;
use super::view::JobNames;
use crate::actions::guard::{ApprovalRule, ApprovalSignIn, BusPolicy, GuardLimits, InstancePolicy, policy_scope};
use crate::actions::policy_changes;
use crate::contract::{
    AgreementBody, ApprovalView, GuardBody, GuardView, InstanceGuardView, InstancePolicyView, LimitsView, PersonBody,
    PolicyWindowView, RelaxationView,
};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;
use crate::store::{POLICY_BUS, RelaxationRow};

/// Microsoft allows no tenant to wipe more devices in a day.
const MOST: u64 = 500;
/// A filter finds no more devices.
const MOST_DISRUPTED: u64 = 500_000;

/// What is given, laid over what holds.
fn change_policy(body: &GuardBody, mut policy: BusPolicy) -> BusPolicy {
    let lay = |to: &mut u64, from: Option<u64>| *to = from.unwrap_or(*to);
    let (limits, approval) = (&mut policy.limits, &mut policy.approval);
    lay(&mut limits.per_job, body.limits.per_job);
    lay(&mut limits.per_hour, body.limits.per_hour);
    lay(&mut limits.per_day, body.limits.per_day);
    lay(&mut limits.operator_per_hour, body.limits.operator_per_hour);
    lay(&mut limits.operator_per_day, body.limits.operator_per_day);
    lay(&mut limits.disruptive_per_job, body.limits.disruptive_per_job);
    lay(&mut limits.disruptive_per_hour, body.limits.disruptive_per_hour);
    lay(&mut approval.above, body.approval.above);
    lay(&mut approval.per_hour, body.approval.per_hour);
    lay(&mut approval.per_day, body.approval.per_day);
    approval.always = body.approval.always.unwrap_or(approval.always);
    approval.needed = body.approval.needed.unwrap_or(approval.needed);
    approval.broken_glass = body.approval.broken_glass.unwrap_or(approval.broken_glass);
    policy
}

fn check_bounds(body: &GuardBody) -> Result<(), ApiProblem> {
    let (limits, approval) = (&body.limits, &body.approval);
    let all = [
        ("limits.perJob", limits.per_job, MOST),
        ("limits.perHour", limits.per_hour, MOST),
        ("limits.perDay", limits.per_day, MOST),
        ("limits.operatorPerHour", limits.operator_per_hour, MOST),
        ("limits.operatorPerDay", limits.operator_per_day, MOST),
        ("approval.above", approval.above, MOST),
        ("approval.perHour", approval.per_hour, MOST),
        ("approval.perDay", approval.per_day, MOST),
        ("limits.disruptivePerJob", limits.disruptive_per_job, MOST_DISRUPTED),
        ("limits.disruptivePerHour", limits.disruptive_per_hour, MOST_DISRUPTED),
    ];
    let beyond = |(_, given, most): &&(_, Option<u64>, u64)| given.is_some_and(|given| given > *most);
    match all.iter().find(beyond) {
        None => Ok(()),
        Some((key, _, most)) => Err(ApiProblem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "settings",
            match *most {
                MOST => format!("{key} is above {MOST}, the most that Intune accepts from a tenant in a day"),
                _ => format!("{key} is above {most}, the most devices that one job can match"),
            },
            format!("Use 0 to {most}."),
        )
        .with_member("key", *key)),
    }
}

// Taken apart by name: a new field does not compile until it is shown, too.

impl From<GuardLimits> for LimitsView {
    fn from(limits: GuardLimits) -> LimitsView {
        let GuardLimits {
            per_job,
            per_hour,
            per_day,
            operator_per_hour,
            operator_per_day,
            disruptive_per_job,
            disruptive_per_hour,
        } = limits;
        LimitsView {
            per_job,
            per_hour,
            per_day,
            operator_per_hour,
            operator_per_day,
            disruptive_per_job,
            disruptive_per_hour,
        }
    }
}

impl From<ApprovalRule> for ApprovalView {
    fn from(rule: ApprovalRule) -> ApprovalView {
        let ApprovalRule {
            needed,
            always,
            above,
            per_hour,
            per_day,
            broken_glass,
        } = rule;
        ApprovalView {
            needed,
            always,
            above,
            per_hour,
            per_day,
            broken_glass,
        }
    }
}

impl From<InstancePolicy> for InstancePolicyView {
    fn from(policy: InstancePolicy) -> InstancePolicyView {
        let InstancePolicy {
            verbs,
            never_touch,
            never_touch_ids,
            personal_allowed,
            windows,
            versions,
            definitions,
            on_demand,
        } = policy;
        let windows = windows.into_iter().map(|window| PolicyWindowView {
            cron: window.cron,
            minutes: window.minutes,
            zone: window.zone,
        });
        let versions = versions.into_iter();
        InstancePolicyView {
            verbs,
            never_touch,
            never_touch_ids,
            personal_allowed,
            windows: windows.collect(),
            versions: versions
                .map(|(verb, version)| (verb, version.name().to_owned()))
                .collect(),
            definitions,
            on_demand,
        }
    }
}

pub(crate) async fn show_limits(State(sics): State<Sics>, caller: Caller) -> Result<Json<GuardView>, ApiProblem> {
    Ok(Json(guard_view(&sics, &caller).await?))
}

async fn guard_view(sics: &Sics, caller: &Caller) -> Result<GuardView, ApiProblem> {
    let store = sics.store();
    let bus = BusPolicy::from_json(store.find_policy(POLICY_BUS).await?.as_deref());
    let mut instances = Vec::new();
    for row in sics.reachable_instances(caller).await? {
        let policy = store.find_policy(&policy_scope(row.id)).await?;
        instances.push(InstanceGuardView {
            instance: row.name.to_string(),
            policy: InstancePolicy::from_json(policy.as_deref()).into(),
        });
    }
    let (names, visibility) = (
        JobNames::read_names(sics).await?,
        PendingVisibility::read_visibility(sics, caller).await?,
    );
    Ok(GuardView {
        limits: bus.limits.into(),
        approval: bus.approval.into(),
        instances,
        waiting: waiting_relaxations(sics, caller, &names, |row| visibility.sees_relaxation(row)).await?,
    })
}

/// Tightening takes effect with the response; loosening is accepted and waits (202).
pub(crate) async fn change_limits(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<GuardBody>,
) -> Result<(StatusCode, Json<GuardView>), ApiProblem> {
    check_bounds(&body)?;
    let apply_change = move |effective| change_policy(&body, effective);
    let adopted = policy_changes::change_bus_policy(sics.store(), apply_change, caller.relaxation_requester()?).await?;
    let status = if adopted.waiting.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, Json(guard_view(&sics, &caller).await?)))
}

/// Requests that an operator's destructive rights are restored; a second person must agree.
pub(crate) async fn lift_suspension(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<(StatusCode, Json<RelaxationView>), ApiProblem> {
    let operator = sics.store().find_operator_by_name(&name).await?;
    let operator = operator.ok_or_else(|| ApiProblem::not_found("operator", &name))?;
    let asked =
        policy_changes::request_suspension_lift(sics.store(), operator.id, caller.relaxation_requester()?).await?;
    let row = asked.ok_or_else(|| {
        ApiProblem::conflict(
            "notSuspended",
            format!("operator {name} is not suspended"),
            "GET /sics/v1/jobs lists suspended operators, and so does `intune-connector jobs`.",
        )
    })?;
    let names = JobNames::read_names(&sics).await?;
    Ok((StatusCode::ACCEPTED, Json(relaxation_view(row, &names))))
}

/// A relaxation that does not concern a person does not exist for them.
async fn find_visible_relaxation(sics: &Sics, person: &Caller, id: i64) -> Result<RelaxationRow, ApiProblem> {
    let visibility = PendingVisibility::read_visibility(sics, &person.with_asked_rights(&["Jobs_Approve"])).await?;
    let mut rows = sics.store().list_relaxations(false).await?.into_iter();
    let found = rows.find(|row| row.id == id && visibility.sees_relaxation(row));
    found.ok_or_else(|| ApiProblem::not_found("change", id))
}

pub(crate) async fn approve_relaxation(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<i64>,
    JsonBody(body): JsonBody<AgreementBody>,
) -> Result<Json<RelaxationView>, ApiProblem> {
    let given = GivenPerson {
        name: body.name,
        password: body.password,
        code: body.code,
    };
    let person = sign_in_person(&sics, &caller, given, "Jobs_Approve").await?;
    find_visible_relaxation(&sics, &person, id).await?;
    let (by, shown) = (ApprovalSignIn::OwnPassword, Some(body.digest.trim().to_owned()));
    let row = policy_changes::approve_relaxation(sics.store(), id, &person.operator, by, shown).await?;
    let names = JobNames::read_names(&sics).await?;
    Ok(Json(relaxation_view(row, &names)))
}

pub(crate) async fn reject_relaxation(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<i64>,
    JsonBody(body): JsonBody<PersonBody>,
) -> Result<Json<RelaxationView>, ApiProblem> {
    let person = sign_in_person(&sics, &caller, body.into(), "Jobs_Approve").await?;
    find_visible_relaxation(&sics, &person, id).await?;
    let row =
        policy_changes::reject_relaxation(sics.store(), id, &person.operator, ApprovalSignIn::OwnPassword).await?;
    let names = JobNames::read_names(&sics).await?;
    Ok(Json(relaxation_view(row, &names)))
}
