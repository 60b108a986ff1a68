//! Devices as a table, for people to take away: all that match, however many. CSV and JSON are made piece by piece while
//! they are sent; a spreadsheet is made in a file first, as nobody can read it before its end.
//!
//! Which devices they are, and in which order, is settled before the first one is sent: what is held of them until then is
//! 8 bytes each. What they are is read piece by piece; a device that leaves meanwhile is left out.

use std::fs::File;
use std::io::{self, BufWriter, Seek};

use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::export_columns::TableColumns;
use super::export_request::{ExportFormat, describe_export, parse_form, parse_format};
use super::listing::find_devices;
use super::question::DeviceQuestion;
use crate::contract::{DevicesExportQuery, DevicesQuery, UNJUDGED_HEADER};
use crate::export::{CsvForm, ExportCell, write_csv_cells, write_csv_heads, write_spreadsheet};
use crate::inventory::UnjudgedDevices;
use crate::inventory::device_index::PageWindow;
use crate::model::Row;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::QueryParams;
use crate::sics::file_stream::stream_file;
use crate::sics::problem::ApiProblem;
use crate::sics::view::instance_names;
use crate::store::{DeviceRow, Store, StoreError};

/// Devices read at once.
const BATCH: usize = 500;
/// What a cell of a spreadsheet takes on the disk at most, as a rule, while the spreadsheet is made.
const CELL_BYTES: u64 = 200;
/// What stays free on the disk beside that, bytes.
const SPARE: u64 = 64 << 20;

pub(crate) async fn export_devices(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    QueryParams(asked): QueryParams<DevicesExportQuery>,
) -> Result<Response, ApiProblem> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let (format, form) = (parse_format(accept)?, parse_form(&asked)?);
    let permit = sics.device_listing().acquire_export_permit()?;
    let unjudged = UnjudgedDevices::default();
    let question = DeviceQuestion::parse(&sics, &caller, &DevicesQuery::from(&asked), &unjudged).await?;
    let columns = TableColumns::parse(asked.columns.as_deref(), instance_names(&question.instances))?;
    let page = find_devices(&sics, &question, PageWindow::whole()).await?;
    let detail = describe_export(&asked, format, &columns, page.rows.len());
    sics.audit_before(&caller, "devices.exported", "devices", detail)
        .await?;
    let table = DeviceTable {
        store: sics.store().clone(),
        rows: page.rows.into_iter(),
        columns,
    };
    let (length, body) = match format {
        ExportFormat::Csv => (None, table.into_text(TextKind::Csv(form), permit)),
        ExportFormat::Json => (None, table.into_text(TextKind::Json { is_first: true }, permit)),
        ExportFormat::Spreadsheet => {
            let (file, bytes) = make_spreadsheet(&sics, table).await?;
            (Some(bytes), stream_file(file, bytes, permit))
        }
    };
    let name = format!("attachment; filename=\"{}\"", format.file_name());
    let left_out = Some(unjudged.view().count).filter(|count| *count > 0);
    let optional = [
        length.map(|bytes| (header::CONTENT_LENGTH, HeaderValue::from(bytes))),
        left_out.map(|count| (HeaderName::from_static(UNJUDGED_HEADER), HeaderValue::from(count))),
    ];
    let kind = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    let mut response = (kind, body).into_response();
    response.headers_mut().extend(optional.into_iter().flatten());
    Ok(response)
}

/// The devices of a table that are still to be read.
struct DeviceTable {
    store: Store,
    rows: std::vec::IntoIter<Row>,
    columns: TableColumns,
}

impl DeviceTable {
    /// `None` at the end.
    async fn read_batch(&mut self) -> Result<Option<Vec<DeviceRow>>, StoreError> {
        let batch: Vec<Row> = self.rows.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(None);
        }
        self.store.load_devices(batch).await.map(Some)
    }

    /// As text that is made while it is sent.
    fn into_text(self, kind: TextKind, permit: OwnedSemaphorePermit) -> HttpBody {
        let export = TextExport {
            table: self,
            kind,
            stage: ExportStage::Head,
            _permit: permit,
        };
        HttpBody::from_stream(stream::unfold(export, TextExport::next))
    }

    /// All rows in batches; ends early where nobody takes them any more.
    async fn send_batches(mut self, sender: mpsc::Sender<Result<Vec<Vec<ExportCell>>, StoreError>>) {
        loop {
            let batch = match self.read_batch().await {
                Ok(Some(devices)) => Ok(devices.iter().map(|row| self.columns.read_cells(row)).collect()),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            let failed = batch.is_err();
            if sender.send(batch).await.is_err() || failed {
                return;
            }
        }
    }
}

enum TextKind {
    Csv(CsvForm),
    Json {
        /// No device has been written yet.
        is_first: bool,
    },
}

enum ExportStage {
    Head,
    Rows,
    End,
}

/// A table on its way as text.
struct TextExport {
    table: DeviceTable,
    kind: TextKind,
    stage: ExportStage,
    _permit: OwnedSemaphorePermit,
}

impl TextExport {
    async fn next(mut self) -> Option<(io::Result<Bytes>, TextExport)> {
        let mut text = Vec::new();
        // A piece without a byte would be taken for the end.
        while text.is_empty() {
            if matches!(self.stage, ExportStage::End) {
                return None;
            }
            if let Err(error) = self.write_piece(&mut text).await {
                tracing::error!(error = %error, "an export of devices was interrupted");
                self.stage = ExportStage::End;
                return Some((Err(io::Error::other("the export was interrupted")), self));
            }
        }
        Some((Ok(Bytes::from(text)), self))
    }

    async fn write_piece(&mut self, text: &mut Vec<u8>) -> Result<(), io::Error> {
        match self.stage {
            ExportStage::Head => {
                self.stage = ExportStage::Rows;
                self.write_head(text)
            }
            ExportStage::Rows => match self.table.read_batch().await.map_err(io::Error::other)? {
                Some(devices) => self.write_devices(&devices, text),
                None => {
                    self.stage = ExportStage::End;
                    self.write_tail(text);
                    Ok(())
                }
            },
            ExportStage::End => Ok(()),
        }
    }

    fn write_head(&self, text: &mut Vec<u8>) -> Result<(), io::Error> {
        match &self.kind {
            TextKind::Csv(form) => write_csv_heads(text, self.table.columns.heads(), *form).map_err(io::Error::other),
            TextKind::Json { .. } => {
                text.push(b'[');
                Ok(())
            }
        }
    }

    fn write_devices(&mut self, devices: &[DeviceRow], text: &mut Vec<u8>) -> Result<(), io::Error> {
        let columns = &self.table.columns;
        match &mut self.kind {
            TextKind::Csv(form) => {
                let cells = devices.iter().map(|row| columns.read_cells(row));
                write_csv_cells(text, cells, *form).map_err(io::Error::other)
            }
            TextKind::Json { is_first } => {
                for row in devices {
                    let between = if std::mem::take(is_first) { "\n" } else { ",\n" };
                    text.extend_from_slice(between.as_bytes());
                    columns.write_object(row, text);
                }
                Ok(())
            }
        }
    }

    fn write_tail(&self, text: &mut Vec<u8>) {
        match &self.kind {
            TextKind::Csv(_) => {}
            TextKind::Json { .. } => text.extend_from_slice(b"\n]\n"),
        }
    }
}

/// The file, ready to be read from its beginning, and its length.
async fn make_spreadsheet(sics: &Sics, table: DeviceTable) -> Result<(File, u64), ApiProblem> {
    require_room(sics, table.rows.len(), table.columns.heads().len())?;
    let file = sics.store().create_unnamed_file()?;
    let folder = sics.device_listing().temporary_folder().to_owned();
    let heads = table.columns.heads().to_vec();
    let (sender, mut receiver) = mpsc::channel(2);
    let writing = tokio::task::spawn_blocking(move || {
        let batches = std::iter::from_fn(move || receiver.blocking_recv());
        let rows = batches.flat_map(|batch: Result<Vec<Vec<ExportCell>>, StoreError>| match batch {
            Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        });
        write_spreadsheet(BufWriter::new(&file), &folder, &heads, rows).map(|_| file)
    });
    table.send_batches(sender).await;
    let written = writing
        .await
        .map_err(|error| ApiProblem::internal("exportBroke", &error))?;
    let mut file = written?;
    let unreadable = |error: io::Error| ApiProblem::internal("exportFailed", &error);
    file.rewind().map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    Ok((file, bytes))
}

/// The file, and what it is packed from, lie on the disk of the data folder for a while.
fn require_room(sics: &Sics, rows: usize, columns: usize) -> Result<(), ApiProblem> {
    let needed = (rows as u64 * columns as u64 * CELL_BYTES).saturating_add(SPARE);
    match sics.store().free_bytes() {
        Ok(Some(free)) if free < needed => Err(ApiProblem::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "noRoomForExport",
            format!(
                "this spreadsheet may need {} MiB on the disk of the data folder; {} MiB are free",
                needed >> 20,
                free >> 20
            ),
            "Free up space there and try again, or export CSV, which needs none.",
        )),
        _ => Ok(()),
    }
}
