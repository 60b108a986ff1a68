//! A whole report as a file.

use axum::extract::Path;
use sics_client::contract::{ReportExportQuery, ReportFormat};
use sics_client::operation;

use super::{csv_style, read_days};
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::pass_file;

pub(super) async fn export_report(ctx: PageContext, Path(report): Path<String>) -> PageResult {
    let list = ctx.list();
    let format = match list.value("format") {
        "xlsx" => ReportFormat::Xlsx,
        _ => ReportFormat::Csv,
    };
    let (separator, decimal) = csv_style(ctx.language());
    let query = ReportExportQuery {
        instance: list.filter("instance"),
        days: read_days(&list),
        separator: Some(separator),
        decimal: Some(decimal),
    };
    let answer = ctx
        .client()
        .download(&operation::export_report(), &[report], format.media_type(), &query)
        .await?;
    pass_file(answer)
}
