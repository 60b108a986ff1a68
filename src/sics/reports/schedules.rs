//! Reports that are written into files by schedule: who may see and set that. They are written elsewhere
//! (`app::housekeeping`).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::{check_days, require_report};
use crate::contract::{ReportScheduleBody, ReportScheduleQuery, ReportScheduleView};
use crate::inventory::reports::{check_plan, next_write, report_file};
use crate::model::{InstanceId, InstanceName, OperatorId};
use crate::schedule::{format_trigger, parse_trigger};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::{missing_right_problem, out_of_scope_problem};
use crate::sics::extract::{JsonBody, PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::store::{NewReportSchedule, ReportPlan, ReportScheduleRow};

/// Names for the numbers in schedules.
struct ScheduleNames {
    instances: Vec<(InstanceId, InstanceName)>,
    operators: Vec<(OperatorId, String)>,
}

impl ScheduleNames {
    async fn read_names(sics: &Sics) -> Result<ScheduleNames, ApiProblem> {
        let (instances, operators) = (
            sics.store().list_instances().await?,
            sics.store().list_operators().await?,
        );
        Ok(ScheduleNames {
            instances: instances.into_iter().map(|row| (row.id, row.name)).collect(),
            operators: operators.into_iter().map(|row| (row.id, row.name)).collect(),
        })
    }

    fn instance_name(&self, id: InstanceId) -> Option<&InstanceName> {
        let found = self.instances.iter().find(|(known, _)| *known == id);
        found.map(|(_, name)| name)
    }

    fn schedule_view(&self, sics: &Sics, row: ReportScheduleRow) -> ReportScheduleView {
        let (instance, now) = (row.instance.and_then(|id| self.instance_name(id)), sics.now());
        let set_by = self.operators.iter().find(|(id, _)| *id == row.set_by);
        ReportScheduleView {
            next_at: next_write(&row, now).due_time(now),
            file: report_file(&row.report, instance, row.plan.format),
            instance: instance.cloned(),
            set_by: set_by.map(|(_, name)| name.clone()),
            report: row.report,
            schedule: row.plan.schedule,
            zone: row.plan.zone,
            format: row.plan.format,
            days: row.plan.days,
            separator: row.plan.separator,
            decimal: row.plan.decimal,
            set_at: row.set_at,
            written_at: row.written_at,
            rows: row.row_count,
            failure: row.failure,
        }
    }
}

/// Those about instances that the caller reaches; those about all instances, where they reach all.
pub(super) async fn visible_schedules(sics: &Sics, caller: &Caller) -> Result<Vec<ReportScheduleView>, ApiProblem> {
    let names = ScheduleNames::read_names(sics).await?;
    let is_visible = |row: &ReportScheduleRow| match row.instance {
        Some(id) => names
            .instance_name(id)
            .is_some_and(|name| caller.reaches_instance(name)),
        None => caller.reaches_all_instances(),
    };
    let rows = sics.store().list_report_schedules().await?.into_iter();
    let visible = rows.filter(is_visible);
    Ok(visible.map(|row| names.schedule_view(sics, row)).collect())
}

/// The number of an instance that the caller reaches; `None`: all of them, where they reach all.
async fn find_subject(
    sics: &Sics,
    caller: &Caller,
    instance: Option<&InstanceName>,
) -> Result<Option<InstanceId>, ApiProblem> {
    match instance {
        Some(name) => Ok(Some(sics.find_instance(caller, name).await?.id)),
        None if caller.reaches_all_instances() => Ok(None),
        None => Err(out_of_scope_problem(caller)),
    }
}

pub(crate) async fn set_schedule(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<ReportScheduleBody>,
) -> Result<Json<ReportScheduleView>, ApiProblem> {
    let definition = require_report(&name)?;
    let instance = find_subject(&sics, &caller, body.instance.as_ref()).await?;
    // Whoever may not see what the report is about has no file made of it either.
    let right = definition.required_right();
    if !caller.has_right(right) {
        return Err(missing_right_problem(caller.name(), right));
    }
    find_subject(&sics, &caller.with_asked_rights(&[right]), body.instance.as_ref()).await?;
    check_days(definition, body.days)?;
    let plan = build_plan(&sics, &body)?;
    let detail = json!({"instance": body.instance, "schedule": plan.schedule, "format": plan.format});
    let new = NewReportSchedule {
        report: definition.name.to_owned(),
        instance,
        plan,
        set_by: caller.operator.id,
    };
    let audit_detail = move |_: &ReportScheduleRow| Some(detail.clone());
    let row = sics
        .recording(&caller, "report.scheduled", definition.name, audit_detail)
        .set_report_schedule(new)
        .await?;
    let names = ScheduleNames::read_names(&sics).await?;
    Ok(Json(names.schedule_view(&sics, row)))
}

pub(crate) async fn remove_schedule(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<ReportScheduleQuery>,
) -> Result<StatusCode, ApiProblem> {
    let definition = require_report(&name)?;
    let instance = find_subject(&sics, &caller, asked.instance.as_ref()).await?;
    let detail = json!({"instance": asked.instance});
    let audit_detail = move |removed: &bool| removed.then(|| detail.clone());
    let store = sics.recording(&caller, "report.unscheduled", definition.name, audit_detail);
    if store
        .remove_report_schedule(definition.name.to_owned(), instance)
        .await?
    {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiProblem::not_found("schedule of report", definition.name))
    }
}

/// As it is kept; a schedule is written the one way.
fn build_plan(sics: &Sics, body: &ReportScheduleBody) -> Result<ReportPlan, ApiProblem> {
    let mut plan = ReportPlan {
        schedule: body.schedule.clone(),
        zone: body.zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        format: body.format,
        days: body.days,
        separator: body.separator,
        decimal: body.decimal,
    };
    check_plan(&plan, sics.now())?;
    if let Ok(trigger) = parse_trigger(&plan.schedule) {
        plan.schedule = format_trigger(&trigger);
    }
    Ok(plan)
}
