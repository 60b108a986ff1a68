//! Reports over the API: page by page, as files ([`export`]), and by schedule ([`schedules`]). What a report is about is cut to
//! the instances at which the caller may see reports, and devices or jobs, as well.

pub(crate) mod export;
pub(crate) mod schedules;
pub(crate) mod sheet;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::Sics;
use super::auth::Caller;
use super::authorization::missing_right_problem;
use super::extract::{PathParams, QueryParams};
use super::problem::ApiProblem;
use crate::contract::{ReportColumn, ReportDescription, ReportQuery, ReportView, ReportsView};
use crate::inventory::reports::{
    ColumnDefinition, JobFilter, ReportCell, ReportDefinition, ReportRequest, ReportTable, build_report, find_report,
    list_reports,
};
use crate::model::{InstanceId, InstanceName, ResourceRef, replace_unprintable};

/// Most days that a report goes back: ten years.
const DAYS_MAX: u32 = 3_650;

pub(crate) async fn list_all(State(sics): State<Sics>, caller: Caller) -> Result<Json<ReportsView>, ApiProblem> {
    let describe = |report: &ReportDefinition| ReportDescription {
        name: report.name.to_owned(),
        title: report.title.to_owned(),
        summary: report.summary.to_owned(),
        days: report.days,
    };
    Ok(Json(ReportsView {
        reports: list_reports().iter().map(describe).collect(),
        schedules: schedules::visible_schedules(&sics, &caller).await?,
    }))
}

pub(crate) async fn show_report(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<ReportQuery>,
) -> Result<Json<ReportView>, ApiProblem> {
    let definition = require_report(&name)?;
    let limits = sics.limits();
    let limit = asked.limit.unwrap_or(limits.devices_default);
    if limit == 0 || limit > limits.devices_max {
        return Err(ApiProblem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            format!("limit must be 1 to {}.", limits.devices_max),
        ));
    }
    let request = build_request(&sics, &caller, definition, asked.instance.as_deref(), asked.days).await?;
    let made_at = request.now;
    let table = make_table(&sics, definition, request).await?;
    let page = table.rows.iter().skip(asked.offset.unwrap_or(0)).take(limit);
    let cells = |row: &[ReportCell]| -> Vec<Value> { row.iter().map(ReportCell::to_json).collect() };
    Ok(Json(ReportView {
        name: definition.name.to_owned(),
        title: definition.title.to_owned(),
        made_at,
        columns: definition.columns.iter().map(report_column).collect(),
        rows: page.map(|row| cells(row)).collect(),
        total: table.rows.len() as u64,
        totals: table.totals,
        unreadable: table.unreadable,
    }))
}

fn report_column(column: &ColumnDefinition) -> ReportColumn {
    ReportColumn {
        key: column.key.to_owned(),
        title: column.title.to_owned(),
        kind: column.kind,
    }
}

/// Few at a time: each walks through whole fleets.
async fn make_table(
    sics: &Sics,
    definition: &'static ReportDefinition,
    request: ReportRequest,
) -> Result<ReportTable, ApiProblem> {
    let _permit = sics.acquire_search_permit().await?;
    Ok(build_report(sics.store(), definition, request).await?)
}

fn require_report(name: &str) -> Result<&'static ReportDefinition, ApiProblem> {
    find_report(name).ok_or_else(|| {
        let known: Vec<&str> = list_reports().iter().map(|report| report.name).collect();
        let detail = format!("report {} does not exist", replace_unprintable(name));
        let advice = format!("Reports: {}.", known.join(", "));
        ApiProblem::new(axum::http::StatusCode::NOT_FOUND, "unknown", detail, advice)
    })
}

/// Days as they were given, where the report takes any.
fn check_days(definition: &ReportDefinition, days: Option<u32>) -> Result<(), ApiProblem> {
    let Some(days) = days else { return Ok(()) };
    if definition.days.is_none() {
        return Err(ApiProblem::bad_request(
            "wrongDays",
            format!("the report {} takes no days", definition.name),
            "Omit days.",
        ));
    }
    if (1..=DAYS_MAX).contains(&days) {
        Ok(())
    } else {
        Err(ApiProblem::bad_request(
            "wrongDays",
            format!("days={days} is out of bounds"),
            format!("days must be 1 to {DAYS_MAX}."),
        ))
    }
}

/// What the caller may have of a report.
async fn build_request(
    sics: &Sics,
    caller: &Caller,
    definition: &'static ReportDefinition,
    names: Option<&str>,
    days: Option<u32>,
) -> Result<ReportRequest, ApiProblem> {
    check_days(definition, days)?;
    let right = definition.required_right();
    if !caller.has_right(right) {
        return Err(missing_right_problem(caller.name(), right));
    }
    // A right to reports here and a right to devices there do not allow reports about devices there.
    let content_reader = caller.with_asked_rights(&[right]);
    let instances = match names {
        Some(names) => named_instances(sics, caller, &content_reader, names).await?,
        None => visible_instances(sics, caller, &content_reader, definition).await?,
    };
    let sees_job: JobFilter = {
        let (reader, content_reader) = (caller.clone(), content_reader);
        Arc::new(move |instance, server| {
            let at = ResourceRef {
                instance: Some(instance),
                server,
            };
            reader.reaches(at) && content_reader.reaches(at)
        })
    };
    Ok(ReportRequest {
        instances,
        days,
        sees_job: Some(sees_job),
        now: sics.now(),
    })
}

async fn named_instances(
    sics: &Sics,
    caller: &Caller,
    content_reader: &Caller,
    names: &str,
) -> Result<Vec<(InstanceId, InstanceName)>, ApiProblem> {
    let mut instances = Vec::new();
    for name in names.split(',') {
        let name: InstanceName = name
            .trim()
            .parse()
            .map_err(|error| ApiProblem::bad_request("wrongQuery", format!("invalid {error}"), "Check instance=."))?;
        let row = sics.find_instance(caller, &name).await?;
        sics.find_instance(content_reader, &name).await?;
        instances.push((row.id, row.name));
    }
    Ok(instances)
}

async fn visible_instances(
    sics: &Sics,
    caller: &Caller,
    content_reader: &Caller,
    definition: &ReportDefinition,
) -> Result<Vec<(InstanceId, InstanceName)>, ApiProblem> {
    let rows = sics.store().list_instances().await?.into_iter();
    let visible = rows.filter(|row| {
        (row.removed_at.is_none() || definition.covers_removed_instances())
            && caller.reaches_instance(&row.name)
            && content_reader.reaches_instance(&row.name)
    });
    Ok(visible.map(|row| (row.id, row.name)).collect())
}
