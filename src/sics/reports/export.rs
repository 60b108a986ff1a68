//! A whole report as a file. It is made on the disk of the data folder, in a file without a name, and sent from there.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek};
use std::path::Path;

use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use tokio::io::AsyncReadExt;

use super::sheet::ReportStyle;
use super::{build_request, make_table, require_report};
use crate::contract::{ReportExportQuery, ReportFormat};
use crate::files::create_data_folder;
use crate::inventory::reports::{ReportDefinition, ReportTable};
use crate::model::InstanceName;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::store::PartFile;

/// Where files of reports are, in the data folder.
const FOLDER: &str = "reports";
/// The name of an export while it has one.
const EXPORTED: &str = ".export";
/// Read and sent at once, bytes.
const CHUNK: usize = 64 << 10;

pub(crate) async fn export_report(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<ReportExportQuery>,
) -> Result<Response, ApiProblem> {
    let definition = require_report(&name)?;
    let style = ReportStyle {
        format: accepted_format(&headers)?,
        separator: asked.separator.unwrap_or_default(),
        decimal: asked.decimal.unwrap_or_default(),
    };
    let request = build_request(&sics, &caller, definition, asked.instance.as_deref(), asked.days).await?;
    let instances: Vec<InstanceName> = request.instances.iter().map(|(_, name)| name.clone()).collect();
    let table = make_table(&sics, definition, request).await?;
    let detail = json!({"format": style.format, "instances": instances, "rows": table.rows.len()});
    sics.audit_before(&caller, "report.exported", definition.name, detail)
        .await?;
    let folder = sics.data_folder().join(FOLDER);
    let written = tokio::task::spawn_blocking(move || write_nameless(&folder, style, definition, &table)).await;
    let written = written.map_err(|error| ApiProblem::internal("exportBroke", &error))?;
    let (file, bytes) = written.map_err(|error| export_problem(&error))?;
    let file_name = format!("{}.{}", definition.name, style.format.name());
    let headers = [
        (header::CONTENT_TYPE, style.format.media_type().to_owned()),
        (header::CONTENT_LENGTH, bytes.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file_name}\""),
        ),
    ];
    let pieces = stream::unfold(Some(tokio::fs::File::from_std(file)), read_piece);
    Ok((headers, HttpBody::from_stream(pieces)).into_response())
}

/// CSV, unless a workbook is asked for.
fn accepted_format(headers: &HeaderMap) -> Result<ReportFormat, ApiProblem> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let Some(accept) = accept else {
        return Ok(ReportFormat::Csv);
    };
    let has = |kind: &str| accept.to_ascii_lowercase().contains(kind);
    if has(ReportFormat::Xlsx.media_type()) {
        return Ok(ReportFormat::Xlsx);
    }
    if [ReportFormat::Csv.media_type(), "text/*", "*/*"].into_iter().any(has) {
        return Ok(ReportFormat::Csv);
    }
    let known = [ReportFormat::Csv, ReportFormat::Xlsx].map(ReportFormat::media_type);
    Err(ApiProblem::new(
        StatusCode::NOT_ACCEPTABLE,
        "wrongAccept",
        "a report is no such file",
        format!("Send one of these in the header Accept: {}.", known.join(", ")),
    ))
}

/// A file that is gone when it is closed, however the process ends; read from its beginning, and its length.
fn write_nameless(
    folder: &Path,
    style: ReportStyle,
    definition: &ReportDefinition,
    table: &ReportTable,
) -> io::Result<(File, u64)> {
    create_data_folder(folder)?;
    let mut file = open_nameless(&folder.join(EXPORTED))?;
    style.write_report(&mut file, folder, definition, table)?;
    let bytes = file.metadata()?.len();
    file.rewind()?;
    Ok((file, bytes))
}

fn open_nameless(path: &Path) -> io::Result<File> {
    let part = PartFile::create_beside(path)?;
    // Without a name from here on: it goes with the part.
    OpenOptions::new().read(true).write(true).open(part.path())
}

fn export_problem(error: &io::Error) -> ApiProblem {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ApiProblem::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "diskFull",
            "the disk of the bus is full: the report could not be written",
            "Free some space on the bus's machine and repeat the request.",
        )
        .with_retry_after(60),
        _ => ApiProblem::internal("exportFailed", error),
    }
}

async fn read_piece(file: Option<tokio::fs::File>) -> Option<(io::Result<Bytes>, Option<tokio::fs::File>)> {
    let mut file = file?;
    let mut piece = vec![0; CHUNK];
    match file.read(&mut piece).await {
        Ok(0) => None,
        Ok(read) => {
            piece.truncate(read);
            Some((Ok(Bytes::from(piece)), Some(file)))
        }
        Err(error) => {
            tracing::error!(error = %error, "the export of a report was interrupted");
            Some((Err(error), None))
        }
    }
}
