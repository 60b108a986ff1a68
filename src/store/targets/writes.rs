//! What the other side confirmed: links, what was there before, counts and allowances, in one transaction.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::{Connection, OptionalExtension, params};

use super::FieldValues;
use super::allowances::use_allowance;
use super::day_counts::add_to_day;
use super::link_rows::build_link_text;
use super::questions::complete_questions;
use super::runs::add_run_counts;
use super::state::add_to_state;
use crate::contract::{LinkOrigin, LinkPhase, TargetRunKind, WriteClass, WriteCounts};
use crate::model::{DeviceId, Epoch, InstanceId, Timestamp};
use crate::store::sql_values::{device_key, to_json, to_millis};
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError};

/// What became of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetWriteBatch {
    pub target: InstanceId,
    /// The run that it belongs to; `None`: what was written can't be put back.
    pub run: Option<i64>,
    /// The day, where the target is.
    pub day: NaiveDate,
    /// Requests that were sent for it.
    pub requests: u64,
    pub writes: Vec<TargetWritten>,
}

/// A device whose record is known from now on.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetWritten {
    pub instance: InstanceId,
    pub device: DeviceId,
    /// Id over there.
    pub record: String,
    pub origin: LinkOrigin,
    pub phase: LinkPhase,
    pub fingerprint: Option<[u8; 16]>,
    /// All fields over there, as they are known now.
    pub known: FieldValues,
    /// As the other side calls them.
    pub user: Option<String>,
    /// As the tenant calls them, in lower case; `None`: that is not known. Without a user: who was looked for in vain.
    pub user_name: Option<String>,
    /// When whoever was looked for in vain was looked for last; `None`: that is not known.
    pub user_sought_at: Option<Timestamp>,
    pub last_sync: Option<Timestamp>,
    /// The snapshot that had the device; 0: none is read.
    pub snapshot: i64,
    /// Of the device; `None`: name and serial number stay as they were.
    pub device_name: Option<String>,
    pub serial: Option<String>,
    /// What the write did; `None`: nothing was written, the record was only looked at or linked.
    pub class: Option<WriteClass>,
    /// Whether it tells how the record stands, whatever became of writes before.
    pub is_certain: bool,
    /// The fields that were written, as they were before.
    pub before: FieldValues,
    /// The same as they were written.
    pub after: FieldValues,
}

impl Store {
    /// Each of these devices is linked, not set aside any more, and without an error. Allowances of what was written are
    /// used up; a question of which none is left is done.
    pub async fn record_target_writes(&self, batch: TargetWriteBatch) -> Result<(), StoreError> {
        let (now, epoch) = (self.inner.clock.now(), self.epoch());
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            for written in &batch.writes {
                write_link(connection, batch.target, written, (epoch, now))?;
                if written.is_certain {
                    clear_unanswered(connection, batch.target, written)?;
                }
                leave_set_aside(connection, batch.target, written)?;
            }
            count_writes(connection, &batch, now)
        })
        .await
    }
}

/// What was written belongs to its run, to its day and to what the target has done, and uses up what was agreed to.
pub(super) fn count_writes(
    connection: &Connection,
    batch: &TargetWriteBatch,
    now: Timestamp,
) -> Result<(), StoreError> {
    let target = batch.target;
    let (mut counts, mut by_class) = (WriteCounts::default(), BTreeMap::<WriteClass, (u64, u64)>::new());
    // Somebody looks at the records of a canary before anything else goes out: they are no part of an ordinary day.
    let is_canary = match batch.run {
        Some(run) => is_canary_run(connection, run)?,
        None => false,
    };
    for written in &batch.writes {
        let Some(class) = written.class else { continue };
        if let Some(run) = batch.run {
            insert_write(connection, (target, run), (class, written), now)?;
        }
        let consented = use_allowance(connection, target, (written.instance, written.device), class)?;
        counts.add_writes(class, 1);
        let of_class = by_class.entry(class).or_default();
        of_class.0 += 1;
        of_class.1 += u64::from(consented || is_canary);
    }
    add_to_day(connection, target, batch.day, &by_class)?;
    if let Some(run) = batch.run {
        add_run_counts(connection, run, &counts)?;
    }
    add_to_state(connection, target, counts.total(), batch.requests, now)?;
    if !is_canary && by_class.values().any(|(_, consented)| *consented > 0) {
        complete_questions(connection, target)?;
    }
    Ok(())
}

fn is_canary_run(connection: &Connection, run: i64) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT kind FROM target_run WHERE id = ?1")?;
    let kind: Option<String> = statement.query_row([run], |row| row.get("kind")).optional()?;
    Ok(kind.as_deref() == Some(TargetRunKind::Canary.name()))
}

/// What it says of the device stays where nothing is said now: a device that is gone has no name any more.
fn write_link(
    connection: &Connection,
    target: InstanceId,
    written: &TargetWritten,
    (epoch, now): (Epoch, Timestamp),
) -> Result<(), StoreError> {
    let about = [
        written.device_name.as_deref(),
        written.serial.as_deref(),
        Some(written.record.as_str()),
        written.user.as_deref(),
    ];
    connection
        .prepare_cached(
            "INSERT INTO target_link (target, instance, device, record, origin, phase, fingerprint, known, known_epoch, user,
                 last_sync, snapshot, written_at, created_at, device_name, serial, search_text, user_name,
                 user_sought_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
             ON CONFLICT (target, instance, device) DO UPDATE SET record = excluded.record, origin = excluded.origin,
                 phase = excluded.phase, fingerprint = excluded.fingerprint, known = excluded.known,
                 known_epoch = excluded.known_epoch, user = excluded.user, user_name = excluded.user_name,
                 user_sought_at = excluded.user_sought_at,
                 last_sync = coalesce(excluded.last_sync, last_sync), snapshot = max(snapshot, excluded.snapshot),
                 written_at = coalesce(excluded.written_at, written_at), last_error = NULL,
                 device_name = coalesce(excluded.device_name, device_name),
                 serial = iif(excluded.device_name IS NULL, serial, excluded.serial),
                 search_text = iif(excluded.device_name IS NULL, search_text, excluded.search_text)",
        )?
        .execute(params![
            target.0,
            written.instance.0,
            device_key(&written.device),
            written.record,
            written.origin.name(),
            written.phase.name(),
            written.fingerprint,
            to_json(&written.known),
            epoch.0.as_bytes(),
            written.user,
            written.last_sync.map(to_millis),
            written.snapshot,
            written.class.map(|_| to_millis(now)),
            to_millis(now),
            written.device_name,
            written.serial,
            build_link_text(written.device, about),
            written.user_name,
            written.user_sought_at.map(to_millis),
        ])?;
    Ok(())
}

/// Of all devices that have the record.
fn clear_unanswered(connection: &Connection, target: InstanceId, written: &TargetWritten) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE target_link SET unanswered = 0, unanswered_users = ''
             WHERE target = ?1 AND record = ?2 AND record <> '' AND unanswered = 1",
        )?
        .execute(params![target.0, written.record])?;
    Ok(())
}

fn leave_set_aside(connection: &Connection, target: InstanceId, written: &TargetWritten) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM target_set_aside WHERE target = ?1 AND instance = ?2 AND device = ?3")?
        .execute(params![target.0, written.instance.0, device_key(&written.device)])?;
    Ok(())
}

fn insert_write(
    connection: &Connection,
    (target, run): (InstanceId, i64),
    (class, written): (WriteClass, &TargetWritten),
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO target_write (target, run, instance, device, record, class, at, before, after)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            target.0,
            run,
            written.instance.0,
            device_key(&written.device),
            written.record,
            class.name(),
            to_millis(now),
            to_json(&written.before),
            to_json(&written.after),
        ])?;
    Ok(())
}
