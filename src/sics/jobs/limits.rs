//! What the guard goes by: limits and approvals of the bus, actions and exceptions of each instance, and what waits to
//! loosen them (A7). What tightens works at once; the rest waits for a second person, who gives name and password.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::concern::Concern;
use super::decide::{PersonBody, person, refused, secret};
use super::power::{LooseningView, waiting};
use super::view::Names;
use crate::actions::guard::{BusPolicy, InstancePolicy, SignedInBy, scope_of};
use crate::actions::power::{self, PowerError};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{Body, Named};
use crate::sics::problem::Problem;
use crate::store::{LooseningRow, POLICY_BUS};

/// Microsoft lets no tenant wipe more devices in a day.
const MOST: u64 = 500;
/// A filter finds no more devices.
const MOST_DISRUPTED: u64 = 500_000;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuardView {
    /// Destructive actions, all together: `perJob`, `perHour`, `perDay`, `operatorPerHour`, `operatorPerDay`. Disruptive
    /// ones, above which somebody else has to agree: `disruptivePerJob`, `disruptivePerHour`.
    #[schema(value_type = Object)]
    pub limits: Value,
    /// When somebody else has to agree to what destroys: `above` so many devices, more than so many `perHour` or
    /// `perDay`, or `always`; `needed`: whether at all; and whether the glass may be broken (`brokenGlass`).
    #[schema(value_type = Object)]
    pub approval: Value,
    /// Of each instance that one may see: `verbs` that are on, and its exceptions.
    pub instances: Vec<InstanceGuardView>,
    /// What waits for a second person.
    pub waiting: Vec<LooseningView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InstanceGuardView {
    pub instance: String,
    #[schema(value_type = Object)]
    pub policy: InstancePolicy,
}

/// What is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardBody {
    #[serde(default)]
    #[schema(value_type = Option<LimitsPart>)]
    pub limits: LimitsPart,
    #[serde(default)]
    #[schema(value_type = Option<ApprovalPart>)]
    pub approval: ApprovalPart,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitsPart {
    pub per_job: Option<u64>,
    pub per_hour: Option<u64>,
    pub per_day: Option<u64>,
    pub operator_per_hour: Option<u64>,
    pub operator_per_day: Option<u64>,
    pub disruptive_per_job: Option<u64>,
    pub disruptive_per_hour: Option<u64>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalPart {
    pub always: Option<bool>,
    /// False: no job needs somebody else's approval.
    pub needed: Option<bool>,
    pub above: Option<u64>,
    pub per_hour: Option<u64>,
    pub per_day: Option<u64>,
    pub broken_glass: Option<bool>,
}

impl GuardBody {
    /// Laid over what holds.
    fn over(&self, mut policy: BusPolicy) -> BusPolicy {
        let lay = |to: &mut u64, from: Option<u64>| *to = from.unwrap_or(*to);
        let (limits, approval) = (&mut policy.limits, &mut policy.approval);
        lay(&mut limits.per_job, self.limits.per_job);
        lay(&mut limits.per_hour, self.limits.per_hour);
        lay(&mut limits.per_day, self.limits.per_day);
        lay(&mut limits.operator_per_hour, self.limits.operator_per_hour);
        lay(&mut limits.operator_per_day, self.limits.operator_per_day);
        lay(&mut limits.disruptive_per_job, self.limits.disruptive_per_job);
        lay(&mut limits.disruptive_per_hour, self.limits.disruptive_per_hour);
        lay(&mut approval.above, self.approval.above);
        lay(&mut approval.per_hour, self.approval.per_hour);
        lay(&mut approval.per_day, self.approval.per_day);
        approval.always = self.approval.always.unwrap_or(approval.always);
        approval.needed = self.approval.needed.unwrap_or(approval.needed);
        approval.broken_glass = self.approval.broken_glass.unwrap_or(approval.broken_glass);
        policy
    }

    fn within_bounds(&self) -> Result<(), Problem> {
        let (limits, approval) = (&self.limits, &self.approval);
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
            Some((key, _, most)) => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "settings",
                match *most {
                    MOST => format!("{key} is more than {MOST}, which is all that Intune takes of a tenant in a day"),
                    _ => format!("{key} is more than {most}, which is all that one job may find"),
                },
                format!("Give 0 to {most}."),
            )
            .with("key", *key)),
        }
    }
}

pub async fn show(State(sics): State<Sics>, caller: Caller) -> Result<Json<GuardView>, Problem> {
    Ok(Json(look(&sics, &caller).await?))
}

async fn look(sics: &Sics, caller: &Caller) -> Result<GuardView, Problem> {
    let store = sics.store();
    let bus = BusPolicy::read(store.policy(POLICY_BUS).await?.as_deref());
    let mut instances = Vec::new();
    for row in sics.instances(caller).await? {
        let policy = store.policy(&scope_of(row.id)).await?;
        instances.push(InstanceGuardView {
            instance: row.name.to_string(),
            policy: InstancePolicy::read(policy.as_deref()),
        });
    }
    let (names, concern) = (Names::read(sics).await?, Concern::read(sics, caller).await?);
    Ok(GuardView {
        limits: serde_json::to_value(bus.limits).unwrap_or_default(),
        approval: serde_json::to_value(bus.approval).unwrap_or_default(),
        instances,
        waiting: waiting(sics, caller, &names, |row| concern.of_loosening(row)).await?,
    })
}

/// What tightens holds with the answer; what loosens is accepted and waits (202).
pub async fn change(
    State(sics): State<Sics>,
    caller: Caller,
    Body(body): Body<GuardBody>,
) -> Result<(StatusCode, Json<GuardView>), Problem> {
    body.within_bounds()?;
    let wish = move |effective| body.over(effective);
    let adopted = power::change_bus(sics.store(), wish, caller.loosening()?).await?;
    let status = match adopted.waiting.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::ACCEPTED,
    };
    Ok((status, Json(look(&sics, &caller).await?)))
}

/// Asks for an operator's destructive rights to be given back; a second person has to agree.
pub async fn lift_suspension(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
) -> Result<(StatusCode, Json<LooseningView>), Problem> {
    let operator = sics.store().operator_by_name(&name).await?;
    let operator = operator.ok_or_else(|| Problem::unknown("operator", &name))?;
    let asked = power::ask_lift_suspension(sics.store(), operator.id, caller.loosening()?).await?;
    let row = asked.ok_or_else(|| {
        Problem::conflict(
            "notSuspended",
            format!("operator {name} is not suspended"),
            "GET /sics/v1/jobs lists who is.",
        )
    })?;
    let names = Names::read(&sics).await?;
    Ok((StatusCode::ACCEPTED, Json(LooseningView::of(row, &names))))
}

/// Name and password of the person who agrees, and what to.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreementBody {
    pub name: String,
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// As it was shown.
    pub digest: String,
}

/// What does not concern a person does not exist for them.
async fn concerns(sics: &Sics, person: &Caller, id: i64) -> Result<LooseningRow, Problem> {
    let concern = Concern::read(sics, &person.asking(&["Jobs_Approve"])).await?;
    let mut rows = sics.store().loosenings(false).await?.into_iter();
    let found = rows.find(|row| row.id == id && concern.of_loosening(row));
    found.ok_or_else(|| Problem::unknown("change", id))
}

pub async fn approve(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<i64>,
    Body(body): Body<AgreementBody>,
) -> Result<Json<LooseningView>, Problem> {
    let person = person(&sics, &caller, &body.name, body.password, "Jobs_Approve").await?;
    concerns(&sics, &person, id).await?;
    let (by, shown) = (SignedInBy::OwnPassword, Some(body.digest.trim().to_owned()));
    let row = power::approve_loosening(sics.store(), id, &person.operator, by, shown).await?;
    let names = Names::read(&sics).await?;
    Ok(Json(LooseningView::of(row, &names)))
}

pub async fn reject(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<i64>,
    Body(body): Body<PersonBody>,
) -> Result<Json<LooseningView>, Problem> {
    let person = person(&sics, &caller, &body.name, body.password, "Jobs_Approve").await?;
    concerns(&sics, &person, id).await?;
    let row = power::reject_loosening(sics.store(), id, &person.operator, SignedInBy::OwnPassword).await?;
    let names = Names::read(&sics).await?;
    Ok(Json(LooseningView::of(row, &names)))
}

impl From<PowerError> for Problem {
    fn from(error: PowerError) -> Self {
        match error {
            PowerError::NotApproved(why) => refused(why),
            PowerError::Store(error) => error.into(),
        }
    }
}
