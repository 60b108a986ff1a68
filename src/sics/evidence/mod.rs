//! Evidence of a period: one signed ZIP of what was asked for, agreed to and done, for people who were not there. It is made
//! of one moment of the store, a row at a time ([`tables`]), into a file without a name on the disk of the data folder
//! ([`archive`]), and signed by a key of this bus alone ([`signing_key`]). Whoever has the file and the public key checks it
//! without the bus ([`check`]).

mod archive;
pub mod check;
mod signing_key;
mod tables;

use std::path::{Path, PathBuf};

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Sics;
use super::auth::Caller;
use super::extract::QueryParams;
use super::file_stream::{require_room, stream_file};
use super::problem::ApiProblem;
use crate::bus::package::{KeyError, PrivateKey};
use crate::contract::{EvidenceEntriesView, EvidenceKeyView, EvidenceQuery, EvidenceView};
use crate::model::{Epoch, Timestamp};
use crate::store::{AuditWitness, EvidencePeriod, EvidenceReader, StoreError, read_log_witnesses};
use archive::{EvidenceArchive, FinishedArchive};
use tables::EvidenceNames;

pub const MEDIA_TYPE: &str = "application/zip";
/// Of the file's content.
const FORMAT: u32 = 1;
/// Name of the file that says what all is about.
const DOCUMENT: &str = "evidence.json";
/// Name of the file with the entries of the audit trail.
const ENTRIES: &str = "audit.ndjson";

/// What is to be made.
struct EvidenceOrder {
    folder: PathBuf,
    key: PrivateKey,
    witnesses: Vec<AuditWitness>,
    period: EvidencePeriod,
    epoch: Epoch,
    made_at: Timestamp,
    made_by: String,
    devices_named: bool,
}

pub(crate) async fn make_evidence(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<EvidenceQuery>,
) -> Result<Response, ApiProblem> {
    let period = choose_period(&asked, sics.now())?;
    let permit = sics.acquire_evidence_permit()?;
    require_room(&sics, "noRoomForEvidence", "evidence")?;
    let (key, witnesses) = read_key_and_witnesses(&sics).await?;
    let order = EvidenceOrder {
        folder: sics.data_folder().to_owned(),
        key,
        witnesses,
        period,
        epoch: sics.store().epoch(),
        made_at: sics.now(),
        made_by: caller.name().to_owned(),
        devices_named: caller.operator.has_right_everywhere("Devices_Read"),
    };
    let made = sics
        .store()
        .read_evidence(period, move |reader| write_evidence(reader, order));
    let (made, entries) = made.await?;
    let detail = json!({
        "from": period.from, "until": period.until, "entries": entries.count, "bytes": made.bytes,
        "manifest": hex::encode(made.manifest_sha256),
    });
    sics.audit_before(&caller, "evidence.made", "audit", detail).await?;
    let name = file_name(period);
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CONTENT_LENGTH, made.bytes.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, stream_file(made.file, made.bytes, permit)).into_response())
}

pub(crate) async fn show_evidence_key(State(sics): State<Sics>) -> Result<Json<EvidenceKeyView>, ApiProblem> {
    let folder = sics.data_folder().to_owned();
    let key = run_blocking(move || signing_key::load_signing_key(&folder)).await?;
    let view = key
        .and_then(|key| describe_key(&key))
        .map_err(|error| key_problem(&error))?;
    Ok(Json(view))
}

fn describe_key(key: &PrivateKey) -> Result<EvidenceKeyView, KeyError> {
    let public = key.public_key()?;
    let pem = public.to_pem()?;
    Ok(EvidenceKeyView {
        fingerprint: public.fingerprint,
        pem: String::from_utf8_lossy(&pem).into_owned(),
    })
}

/// Nothing of the future is promised.
fn choose_period(asked: &EvidenceQuery, now: Timestamp) -> Result<EvidencePeriod, ApiProblem> {
    let until = asked.until.map_or(now, |until| until.min(now));
    if asked.from < until {
        let from = asked.from;
        return Ok(EvidencePeriod { from, until });
    }
    Err(ApiProblem::bad_request(
        "wrongPeriod",
        "the period ends before it begins, or begins in the future",
        "Give a begin (from) before the end (until), both as RFC 3339: 2026-11-01T00:00:00Z.",
    ))
}

/// Days alone are in the name; the exact times are in the file.
fn file_name(period: EvidencePeriod) -> String {
    format!(
        "evidence-{}-{}.zip",
        period.from.date_naive(),
        period.until.date_naive()
    )
}

async fn read_key_and_witnesses(sics: &Sics) -> Result<(PrivateKey, Vec<AuditWitness>), ApiProblem> {
    let (folder, logs) = (sics.data_folder().to_owned(), sics.log_folder());
    let read = move || (signing_key::load_signing_key(&folder), read_log_witnesses(&logs));
    let (key, witnesses) = run_blocking(read).await?;
    let key = key.map_err(|error| key_problem(&error))?;
    // Without them the verdict would appear to say more than it does.
    let witnesses = witnesses.map_err(|error| ApiProblem::internal("logsUnreadable", &error))?;
    Ok((key, witnesses))
}

async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiProblem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ApiProblem::internal("evidenceBroke", &error))
}

fn key_problem(error: &KeyError) -> ApiProblem {
    ApiProblem::internal("evidenceKey", error)
}

/// All files, in their order; what the document says of them is known last.
fn write_evidence(
    reader: &EvidenceReader<'_>,
    order: EvidenceOrder,
) -> Result<(FinishedArchive, EvidenceEntriesView), StoreError> {
    let mut archive = create_archive(&order.folder)?;
    let names = EvidenceNames::read(reader)?;
    let mut rows = tables::write_tables(reader, &mut archive, &names, order.devices_named)?;
    let entries = tables::write_entries(reader, &mut archive)?;
    rows.insert(ENTRIES.to_owned(), entries.count);
    let trail = reader.verify_trail(order.witnesses)?;
    let io = |error: std::io::Error| StoreError::from_io_error(&error);
    let key = order
        .key
        .public_key()
        .map_err(|error| io(std::io::Error::other(error)))?;
    let document = EvidenceView {
        format: FORMAT,
        product: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: order.epoch,
        key: key.fingerprint,
        made_at: order.made_at,
        made_by: order.made_by,
        from: order.period.from,
        until: order.period.until,
        devices_named: order.devices_named,
        entries: entries.clone(),
        trail,
        rows,
    };
    let text = serde_json::to_string_pretty(&document).expect("evidence has only plain fields");
    archive.write_file(DOCUMENT, text.as_bytes()).map_err(io)?;
    let finished = archive.finish(&order.key).map_err(io)?;
    Ok((finished, entries))
}

fn create_archive(folder: &Path) -> Result<EvidenceArchive, StoreError> {
    EvidenceArchive::create_in(folder).map_err(|error| StoreError::from_io_error(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_ends_now_at_the_latest_and_never_before_it_begins() {
        let now = at("2026-11-28T10:00:00Z");
        let choose = |from: &str, until: Option<&str>| {
            let asked = EvidenceQuery {
                from: at(from),
                until: until.map(at),
            };
            choose_period(&asked, now).map(|period| period.until).ok()
        };
        let november = at("2026-11-10T00:00:00Z");
        assert_eq!(
            choose("2026-11-01T00:00:00Z", Some("2026-11-10T00:00:00Z")),
            Some(november)
        );
        assert_eq!(choose("2026-11-01T00:00:00Z", Some("2027-01-01T00:00:00Z")), Some(now));
        assert_eq!(choose("2026-11-01T00:00:00Z", None), Some(now));
        assert_eq!(choose("2026-11-10T00:00:00Z", Some("2026-11-10T00:00:00Z")), None);
        assert_eq!(choose("2027-01-01T00:00:00Z", None), None);
    }
}
