//! `/deviceManagement/reports/exportJobs`: a job is asked for, polled, and leaves a zip behind an address of its own
//! ([`super::storage`]).

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::paged::paged;
use super::select::{self, PAGED, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, Version, entra, permissions, storage, strict_json};
use crate::objects::Objects;
use crate::reports::{ExportJob, ExportStatus, NewExport, ReportFilter, find_report};
use crate::software::{Software, Surroundings};
use crate::world::{Ticks, World};

const PATH: &str = "/deviceManagement/reports/exportJobs";

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: PATH,
    versions: BOTH,
    scopes: permissions::REPORTS,
    class: Class::Export,
    options: PAGED,
    handle: all,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/deviceManagement/reports/exportJobs/{id}",
    options: SELECT,
    handle: one,
    ..ALL
};

pub(super) const CREATE: Endpoint = Endpoint {
    method: Method::POST,
    options: &[],
    handle: create,
    ..ALL
};

const EXPORT_JOB: ResourceType = ResourceType {
    name: "microsoft.graph.deviceManagementExportJob",
    fields: &[
        "id",
        "reportName",
        "filter",
        "select",
        "format",
        "snapshotId",
        "localizationType",
        "search",
        "status",
        "url",
        "requestDateTime",
        "expirationDateTime",
    ],
    defaults: &[],
};

const LOCALIZATIONS: &[&str] = &["localizedValuesAsAdditionalColumn", "replaceLocalizableValues"];
const FORMATS: &[&str] = &["csv", "json", "pdf"];
const MAX_COLUMNS: usize = 256;
const MAX_SEARCH: usize = 100;

fn shown(call: &Call, job: &ExportJob, fresh: bool) -> Value {
    let tuning = &call.tuning.software;
    let status = if fresh {
        ExportStatus::NotStarted
    } else {
        job.status(tuning, entra::now(call))
    };
    let is_done = status == ExportStatus::Completed;
    let url = is_done.then(|| storage::address(call, job));
    let expires = if is_done { job.expires(tuning) } else { Ticks::NEVER };
    let mut row = json!({
        "id": job.id,
        "reportName": job.wanted.report,
        "filter": job.wanted.filter,
        "select": job.wanted.select,
        "format": job.wanted.format,
        "snapshotId": null,
        "localizationType": job.wanted.localization,
        "status": status.name(),
        "url": url,
        "requestDateTime": job.requested.full_text(),
        "expirationDateTime": expires.full_text(),
    });
    if call.asked.version == Version::Beta {
        row["search"] = Value::Null;
    }
    row
}

fn with_context(call: &Call, mut body: Value) -> Value {
    let context = format!("{}/$metadata#deviceManagement/reports/exportJobs/$entity", call.root());
    body["@odata.context"] = json!(context);
    body
}

fn all(call: &Call) -> Answer {
    let jobs = call.tenant.exports.list();
    let rows: Vec<Value> = jobs.iter().map(|job| shown(call, job, false)).collect();
    let context = "deviceManagement/reports/exportJobs";
    paged(call, &EXPORT_JOB, (PATH, context), &rows, call.tuning.page_size)
}

fn one(call: &Call) -> Answer {
    let key = call.keys.first().map_or("", String::as_str);
    match call.tenant.exports.find(key) {
        Some(job) => select::answer(call, &EXPORT_JOB, with_context(call, shown(call, &job, false))),
        None => call.place.not_found(),
    }
}

fn create(call: &Call) -> Answer {
    match parse(call).and_then(|wanted| checked(call, wanted)) {
        Ok(wanted) => {
            let job = call
                .tenant
                .exports
                .add(wanted, call.tenant.fleet.seed, entra::now(call));
            let body = with_context(call, shown(call, &job, true));
            Answer::json(StatusCode::CREATED, &body)
        }
        Err(problem) => call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", &problem),
    }
}

fn parse(call: &Call) -> Result<NewExport, String> {
    let Value::Object(given) = strict_json::parse(&call.asked.body)? else {
        return Err("The body is not an object.".to_owned());
    };
    let mut wanted = NewExport {
        format: "csv".to_owned(),
        localization: LOCALIZATIONS[0].to_owned(),
        ..NewExport::default()
    };
    for (name, value) in given {
        match (name.as_str(), value) {
            ("@odata.type" | "snapshotId" | "id" | "status" | "url", _) | (_, Value::Null) => {}
            ("reportName", Value::String(text)) => wanted.report = text,
            ("filter", Value::String(text)) => wanted.filter = Some(text).filter(|text| !text.is_empty()),
            ("format", Value::String(text)) => wanted.format = one_of(FORMATS, &name, &text)?,
            ("localizationType", Value::String(text)) => {
                wanted.localization = one_of(LOCALIZATIONS, &name, &text)?;
            }
            ("search", Value::String(text)) if call.asked.version == Version::Beta && text.len() <= MAX_SEARCH => {}
            ("select", Value::Array(names)) if names.len() <= MAX_COLUMNS => {
                let names = names.iter().map(|name| name.as_str().map(str::to_owned));
                let names: Option<Vec<String>> = names.collect();
                wanted.select = names.ok_or("The value of the property 'select' is not valid.")?;
            }
            _ => return Err(format!("The property '{name}' in the request payload is not valid.")),
        }
    }
    Ok(wanted)
}

/// Members of enums in any case, as Microsoft's own documents write them.
fn one_of(known: &[&str], name: &str, text: &str) -> Result<String, String> {
    let found = known.iter().find(|member| member.eq_ignore_ascii_case(text));
    let found = found.map(|member| (*member).to_owned());
    found.ok_or_else(|| format!("The value of the property '{name}' is not valid."))
}

/// The report exists, has these columns, and its filter says what it must.
fn checked(call: &Call, wanted: NewExport) -> Result<NewExport, String> {
    let report = find_report(&wanted.report);
    let report = report.ok_or_else(|| format!("The report '{}' does not exist.", wanted.report))?;
    if wanted.format == "pdf" {
        return Err("The report can not be exported as pdf.".to_owned());
    }
    let filter = ReportFilter::parse(wanted.filter.as_deref().unwrap_or_default())?;
    if let Some(required) = report.required
        && filter.only(required).is_none()
    {
        return Err(format!(
            "The filter of the report '{}' must name one {required}.",
            report.name
        ));
    }
    // The columns of an empty tenant are those of every tenant.
    let now = entra::now(call);
    let world = World::new(0);
    let objects = Objects::of_seed(0, &world, now);
    let software = Software::of_seed(0, &objects, now);
    let around = Surroundings {
        world: &world,
        objects: &objects,
        tuning: &call.tuning.software,
        now,
    };
    let columns = (report.table)(&software, &filter, around).filtered(&filter);
    let columns = columns.and_then(|table| table.chosen(&wanted.select));
    columns.map_err(|name| format!("The column '{name}' of the report '{}' does not exist.", report.name))?;
    Ok(wanted)
}
