//! All links as CSV, made piece by piece while it is sent: what is held in memory does not grow with the fleet.

use std::io;

use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::links::link_view;
use super::scope::{ReachedTarget, find_reached};
use crate::contract::{ListSeparator, TargetLinkView, TargetLinksExportQuery};
use crate::model::{escape_spreadsheet_cell, format_time};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::store::{Store, StoreError, TargetLinkFilter};

/// Links read at once.
const BATCH: usize = 500;
const HEADS: [&str; 12] = [
    "instance",
    "deviceId",
    "deviceName",
    "serialNumber",
    "record",
    "origin",
    "phase",
    "user",
    "createdAt",
    "writtenAt",
    "errorCode",
    "error",
];

pub(crate) async fn export_links(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<TargetLinksExportQuery>,
) -> Result<Response, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    let filter = TargetLinkFilter {
        target: reached.target.id,
        instance: asked
            .instance
            .as_ref()
            .map(|instance| reached.find_instance(instance))
            .transpose()?,
        instances: reached.listed_instances(None)?,
        limit: BATCH,
        ..TargetLinkFilter::default()
    };
    let detail = json!({"instance": asked.instance, "format": "csv"});
    sics.audit_before(&caller, "target.exported", &reached.target.name, detail)
        .await?;
    let file_name = format!("{}-links.csv", reached.target.name);
    let export = LinkExport {
        store: sics.store().clone(),
        reached,
        filter,
        separator: asked.separator.unwrap_or_default(),
        stage: LinkExportStage::Head,
    };
    let headers = [
        (header::CONTENT_TYPE, "text/csv".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file_name}\""),
        ),
    ];
    let body = HttpBody::from_stream(stream::unfold(export, LinkExport::next));
    Ok((headers, body).into_response())
}

enum LinkExportStage {
    Head,
    Rows,
    End,
}

/// Links on their way as text.
struct LinkExport {
    store: Store,
    reached: ReachedTarget,
    /// Of the next batch.
    filter: TargetLinkFilter,
    separator: ListSeparator,
    stage: LinkExportStage,
}

impl LinkExport {
    async fn next(mut self) -> Option<(io::Result<Bytes>, LinkExport)> {
        let mut text = String::new();
        // A piece without a byte would be taken for the end.
        while text.is_empty() {
            match self.stage {
                LinkExportStage::Head => {
                    self.stage = LinkExportStage::Rows;
                    push_row(&mut text, HEADS.map(str::to_owned), self.separator);
                }
                LinkExportStage::Rows => {
                    if let Err(error) = self.write_batch(&mut text).await {
                        tracing::error!(error = %error, "an export of links was interrupted");
                        self.stage = LinkExportStage::End;
                        return Some((Err(io::Error::other("the export was interrupted")), self));
                    }
                }
                LinkExportStage::End => return None,
            }
        }
        Some((Ok(Bytes::from(text)), self))
    }

    async fn write_batch(&mut self, text: &mut String) -> Result<(), StoreError> {
        let rows = self.store.list_target_link_page(self.filter.clone()).await?;
        if rows.len() < BATCH {
            self.stage = LinkExportStage::End;
        }
        self.filter.after = rows.last().map(|row| row.key());
        let links = rows.into_iter().filter_map(|row| link_view(row, &self.reached));
        links.for_each(|link| push_row(text, list_cells(link), self.separator));
        Ok(())
    }
}

fn list_cells(link: TargetLinkView) -> [String; 12] {
    let (code, error) = link
        .last_error
        .map(|error| (error.code, error.message))
        .unwrap_or_default();
    [
        link.instance.to_string(),
        link.device_id.to_string(),
        link.device_name.unwrap_or_default(),
        link.serial_number.unwrap_or_default(),
        link.record.unwrap_or_default(),
        link.origin.name().to_owned(),
        link.phase.name().to_owned(),
        link.user.unwrap_or_default(),
        format_time(link.created_at),
        link.written_at.map(format_time).unwrap_or_default(),
        code,
        error,
    ]
}

/// Strangers' text is made harmless for spreadsheets; a cell with a quote, a line end or the separator is quoted.
fn push_row(text: &mut String, cells: [String; 12], separator: ListSeparator) {
    let separator = separator.to_char();
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            text.push(separator);
        }
        let harmless = escape_spreadsheet_cell(cell, separator);
        if harmless.contains(['"', '\n', '\r', separator]) {
            text.push('"');
            text.push_str(&harmless.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&harmless);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cell: &str, separator: ListSeparator) -> String {
        let mut cells = [const { String::new() }; 12];
        cell.clone_into(&mut cells[2]);
        let mut text = String::new();
        push_row(&mut text, cells, separator);
        text
    }

    #[test]
    fn st_11_a_name_of_a_stranger_is_no_formula_and_one_cell() {
        let shown = |cell: &str| row(cell, ListSeparator::Comma);
        assert_eq!(shown("PC-1"), ",,PC-1,,,,,,,,,\r\n");
        assert_eq!(shown("=1+1"), ",,'=1+1,,,,,,,,,\r\n");
        assert_eq!(shown("a \"b\", c"), ",,\"a \"\"b\"\", c\",,,,,,,,,\r\n");
        assert!(row("a;b", ListSeparator::Semicolon).contains("\"a;b\""));
    }
}
