//! Where the files of exports lie. It is none of Graph's: an address that holds for six hours is all that is needed, and
//! a request that brings a bearer along is refused, as Azure refuses it. By the proxy, it has a host of its own.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;

use super::{Answer, Call};
use crate::reports::{ExportJob, ExportStatus, ReportFilter, Table, csv, find_report, json_text, zip};
use crate::software::Surroundings;
use crate::state::{Simulated, Tenant, read};
use crate::token::hosts::{self, HostRole};

/// The root of its addresses.
pub const ROOT: &str = "/storage/";
pub(super) const ROUTE: &str = "/storage/reports/{tenant}/{job}";

/// What makes an address good.
#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    #[serde(default)]
    sig: String,
}

/// The address of a finished job's file.
pub(super) fn address(call: &Call, job: &ExportJob) -> String {
    let authority = call.asked.origin.split_once("://").map_or("", |(_, rest)| rest);
    let origin = match HostRole::of(hosts::without_port(authority)) {
        HostRole::Graph(_) => format!("https://{}", hosts::STORAGE),
        HostRole::Login(_) | HostRole::Storage | HostRole::Own => call.asked.origin.clone(),
    };
    let expires = job.expires(&call.tuning.software).text();
    format!(
        "{origin}/storage/reports/{}/{}.zip?sv=2019-07-07&sr=b&sp=r&se={}&sig={}",
        call.tenant.id,
        job.id,
        expires.replace(':', "%3A"),
        job.signature(&call.tenant.id)
    )
}

pub(super) async fn download(
    State(sim): State<Simulated>,
    Path((tenant, file)): Path<(String, String)>,
    Query(signed): Query<Signed>,
    headers: HeaderMap,
) -> Response<Body> {
    fetch(&sim, (&tenant, &file), &signed, &headers).into_response()
}

fn fetch(sim: &Simulated, (tenant, file): (&str, &str), signed: &Signed, headers: &HeaderMap) -> Answer {
    if headers.contains_key("authorization") {
        return refusal(StatusCode::BAD_REQUEST, "InvalidAuthenticationInfo");
    }
    let tuning = sim.tuning();
    let found = sim.tenant(tenant).and_then(|tenant| {
        let job = tenant.exports.find(file.strip_suffix(".zip")?)?;
        Some((tenant, job))
    });
    let Some((tenant, job)) = found else {
        return refusal(StatusCode::NOT_FOUND, "BlobNotFound");
    };
    let now = sim.now();
    if signed.sig != job.signature(&tenant.id) || now > job.expires(&tuning.software) {
        return refusal(StatusCode::FORBIDDEN, "AuthenticationFailed");
    }
    if job.status(&tuning.software, now) != ExportStatus::Completed {
        return refusal(StatusCode::NOT_FOUND, "BlobNotFound");
    }
    tenant.settle(now);
    let table = table(sim, &tenant, &job).unwrap_or_default();
    let content = if job.wanted.format == "json" {
        json_text(&table)
    } else {
        csv(&table)
    };
    let name = format!("{}.{}", job.id, job.wanted.format);
    Answer::new(
        StatusCode::OK,
        "application/octet-stream",
        zip(&name, content.as_bytes()),
    )
}

/// As it is now.
fn table(sim: &Simulated, tenant: &Tenant, job: &ExportJob) -> Option<Table> {
    let report = find_report(&job.wanted.report)?;
    let filter = ReportFilter::parse(job.wanted.filter.as_deref().unwrap_or_default()).ok()?;
    let tuning = sim.tuning();
    let world = read(&tenant.world);
    let objects = read(&tenant.objects);
    let software = read(&tenant.software);
    let around = Surroundings {
        world: &world,
        objects: &objects,
        tuning: &tuning.software,
        now: sim.now(),
    };
    let table = (report.table)(&software, &filter, around).filtered(&filter).ok()?;
    table.chosen(&job.wanted.select).ok()
}

/// As Azure's storage refuses.
fn refusal(status: StatusCode, code: &str) -> Answer {
    let body = format!("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code></Error>");
    Answer::new(status, "application/xml", body)
}
