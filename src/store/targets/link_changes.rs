//! How links change without a write that the other side confirmed.

use chrono::NaiveDate;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::columns::{read_device, read_instance};
use super::link_rows::build_link_text;
use super::writes::count_writes;
use super::{FieldValues, TargetKey, TargetProblem, TargetWriteBatch, TargetWritten};
use crate::contract::{LinkOrigin, LinkPhase};
use crate::model::{DeviceId, Epoch, InstanceId, Timestamp};
use crate::store::sql_values::{device_key, to_json, to_millis};
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError};

/// Links in one transaction, where all are forgotten.
const BATCH: i64 = 5_000;

/// A record that is about to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetIntent {
    pub instance: InstanceId,
    pub device: DeviceId,
    pub device_name: Option<String>,
    pub serial: Option<String>,
    pub last_sync: Option<Timestamp>,
    /// The snapshot that has the device; 0: none is read.
    pub snapshot: i64,
}

/// A record that was found over there, and is about to be written for a device for the first time.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetFound {
    pub instance: InstanceId,
    pub device: DeviceId,
    pub record: String,
    pub origin: LinkOrigin,
    pub phase: LinkPhase,
    /// What stands in it.
    pub known: FieldValues,
    /// Whom this target has assigned it to, as the other side calls them.
    pub user: Option<String>,
    /// The snapshot that has the device; 0: none is read.
    pub snapshot: i64,
    pub device_name: Option<String>,
    pub serial: Option<String>,
}

/// A record that is about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSending {
    pub record: String,
    /// Whom the write leaves as its user, as the other side calls them, with an empty text for nobody; `None`: whoever has it.
    pub user: Option<String>,
}

/// A record that was made by a write of which nobody was told how it ended, and that was found over there.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetMade {
    pub target: InstanceId,
    /// What the link of its device knows of it from now on. With a class it counts as made, which nobody could count before.
    pub written: TargetWritten,
    /// The run that its making belongs to; `None`: it does not count with this link.
    pub run: Option<i64>,
    /// The day, where the target is.
    pub day: NaiveDate,
}

impl Store {
    /// The link of a device leads to its record from now on. False, and nothing changes, where it has no link, or one that
    /// leads to a record already.
    pub async fn keep_made_record(&self, made: TargetMade) -> Result<bool, StoreError> {
        let (now, epoch) = (self.inner.clock.now(), self.epoch());
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let TargetMade {
                target,
                written,
                run,
                day,
            } = made;
            let changed = connection
                .prepare_cached(
                    "UPDATE target_link SET record = ?4, phase = ?5, known = ?6, known_epoch = ?7, user = ?8,
                         written_at = coalesce(?9, written_at), search_text = search_text || char(10) || lower(?4)
                     WHERE target = ?1 AND instance = ?2 AND device = ?3 AND record = ''",
                )?
                .execute(params![
                    target.0,
                    written.instance.0,
                    device_key(&written.device),
                    written.record,
                    written.phase.name(),
                    to_json(&written.known),
                    epoch.0.as_bytes(),
                    written.user,
                    written.class.map(|_| to_millis(now)),
                ])?;
            if changed == 0 {
                return Ok(false);
            }
            let batch = TargetWriteBatch {
                target,
                run,
                day,
                requests: 0,
                writes: vec![written],
            };
            count_writes(connection, &batch, now)?;
            Ok(true)
        })
        .await
    }

    /// Before they are written: if the answer is lost, what stood in them is known all the same, and can be put back. A link
    /// that has a record stays as it is; a device that is set aside stays so until it is written.
    pub async fn keep_found_records(&self, target: InstanceId, found: Vec<TargetFound>) -> Result<(), StoreError> {
        let (now, epoch) = (self.inner.clock.now(), self.epoch());
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            found
                .iter()
                .try_for_each(|found| write_found(connection, target, found, (epoch, now)))
        })
        .await
    }

    /// Before it is made: if the answer is lost, the device is known to have a record perhaps. A link that has a record
    /// stays as it is.
    pub async fn intend_target_record(&self, target: InstanceId, intent: TargetIntent) -> Result<(), StoreError> {
        self.intend_target_records(target, vec![intent]).await
    }

    pub async fn intend_target_records(
        &self,
        target: InstanceId,
        intents: Vec<TargetIntent>,
    ) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            intents
                .iter()
                .try_for_each(|intent| write_intent(connection, target, intent, now))
        })
        .await
    }

    /// Before they are written: how these records stand is not known until something is recorded that says so. All links to
    /// them are marked.
    pub async fn mark_target_sendings(
        &self,
        target: InstanceId,
        sendings: Vec<TargetSending>,
    ) -> Result<(), StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE target_link SET unanswered = 1,
                     unanswered_users = iif(
                         ?3 IS NULL OR instr(char(10) || unanswered_users, char(10) || ?3 || char(10)) > 0,
                         unanswered_users, unanswered_users || ?3 || char(10)
                     )
                 WHERE target = ?1 AND record = ?2 AND record <> ''",
            )?;
            for sending in sendings {
                statement.execute(params![target.0, sending.record, sending.user])?;
            }
            Ok(())
        })
        .await
    }

    /// The record of a device belongs to the one that replaces it from now on, as it stands; nothing was written for that
    /// one yet, so there is no fingerprint. A link that waited for this waits no more: should the new device go before it is
    /// written, its record goes with it. False, and nothing changes, where `from` has no link, or `to` has a record already.
    pub async fn move_target_link(
        &self,
        target: InstanceId,
        from: TargetKey,
        to: TargetKey,
    ) -> Result<bool, StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let taken = connection
                .prepare_cached(
                    "SELECT 1 FROM target_link WHERE target = ?1 AND instance = ?2 AND device = ?3 AND record <> ''",
                )?
                .exists(params![target.0, to.0.0, device_key(&to.1)])?;
            let known = connection
                .prepare_cached("SELECT 1 FROM target_link WHERE target = ?1 AND instance = ?2 AND device = ?3")?
                .exists(params![target.0, from.0.0, device_key(&from.1)])?;
            if taken || !known || from == to {
                return Ok(false);
            }
            connection.execute(
                "DELETE FROM target_link WHERE target = ?1 AND instance = ?2 AND device = ?3",
                params![target.0, to.0.0, device_key(&to.1)],
            )?;
            connection.execute(
                "UPDATE target_link SET instance = ?4, device = ?5, search_text = replace(search_text, ?6, ?7),
                     fingerprint = NULL, phase = iif(phase = ?8, ?9, phase)
                 WHERE target = ?1 AND instance = ?2 AND device = ?3",
                params![
                    target.0,
                    from.0.0,
                    device_key(&from.1),
                    to.0.0,
                    device_key(&to.1),
                    from.1.to_string(),
                    to.1.to_string(),
                    LinkPhase::Released.name(),
                    LinkPhase::Active.name()
                ],
            )?;
            Ok(true)
        })
        .await
    }

    /// False where the device has no link.
    pub async fn set_target_link_phase(
        &self,
        target: InstanceId,
        key: TargetKey,
        phase: LinkPhase,
    ) -> Result<bool, StoreError> {
        let changed = self.set_target_link_phases(target, vec![key], phase).await?;
        Ok(changed > 0)
    }

    /// Answers how many of these devices have a link.
    pub async fn set_target_link_phases(
        &self,
        target: InstanceId,
        keys: Vec<TargetKey>,
        phase: LinkPhase,
    ) -> Result<u64, StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE target_link SET phase = ?4 WHERE target = ?1 AND instance = ?2 AND device = ?3",
            )?;
            let mut changed = 0;
            for (instance, device) in keys {
                let values = params![target.0, instance.0, device_key(&device), phase.name()];
                changed += statement.execute(values)? as u64;
            }
            Ok(changed)
        })
        .await
    }

    /// False where the device has no link; why it could not be written is then kept with what is set aside, if anywhere.
    pub async fn set_target_link_error(
        &self,
        target: InstanceId,
        key: TargetKey,
        error: Option<TargetProblem>,
    ) -> Result<bool, StoreError> {
        let changed = self.set_target_link_errors(target, vec![(key, error)]).await?;
        Ok(changed > 0)
    }

    /// Answers how many of these devices have a link.
    pub async fn set_target_link_errors(
        &self,
        target: InstanceId,
        errors: Vec<(TargetKey, Option<TargetProblem>)>,
    ) -> Result<u64, StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE target_link SET last_error = ?4 WHERE target = ?1 AND instance = ?2 AND device = ?3",
            )?;
            let mut changed = 0;
            for ((instance, device), error) in errors {
                let error = error.as_ref().map(to_json);
                changed += statement.execute(params![target.0, instance.0, device_key(&device), error])? as u64;
            }
            Ok(changed)
        })
        .await
    }

    /// Links of one device, of one instance, or all: what they led to stays as it is, and is looked for anew at the next
    /// contact. Answers how many; if the process dies on the way, some are left.
    pub async fn forget_target_links(
        &self,
        target: InstanceId,
        instance: Option<InstanceId>,
        device: Option<DeviceId>,
    ) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        loop {
            let batch = self
                .write(move |connection| forget_batch(connection, target, instance, device))
                .await?;
            forgotten += batch;
            if batch < BATCH.unsigned_abs() {
                return Ok(forgotten);
            }
        }
    }
}

fn write_intent(
    connection: &Connection,
    target: InstanceId,
    intent: &TargetIntent,
    now: Timestamp,
) -> Result<(), StoreError> {
    let name = intent.device_name.as_deref();
    let serial = intent.serial.as_deref();
    connection
        .prepare_cached(
            "INSERT INTO target_link (target, instance, device, record, origin, phase, last_sync, snapshot, created_at,
                 device_name, serial, search_text)
             VALUES (?1, ?2, ?3, '', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (target, instance, device) DO UPDATE SET origin = excluded.origin, phase = excluded.phase,
                 last_sync = excluded.last_sync, snapshot = max(snapshot, excluded.snapshot),
                 device_name = excluded.device_name, serial = excluded.serial, search_text = excluded.search_text
             WHERE record = ''",
        )?
        .execute(params![
            target.0,
            intent.instance.0,
            device_key(&intent.device),
            LinkOrigin::Created.name(),
            LinkPhase::Intended.name(),
            intent.last_sync.map(to_millis),
            intent.snapshot,
            to_millis(now),
            name,
            serial,
            build_link_text(intent.device, [name, serial, None, None]),
        ])?;
    Ok(())
}

fn write_found(
    connection: &Connection,
    target: InstanceId,
    found: &TargetFound,
    (epoch, now): (Epoch, Timestamp),
) -> Result<(), StoreError> {
    let (name, serial) = (found.device_name.as_deref(), found.serial.as_deref());
    connection
        .prepare_cached(
            "INSERT INTO target_link (target, instance, device, record, origin, phase, known, known_epoch, snapshot,
                 created_at, device_name, serial, search_text, user)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (target, instance, device) DO UPDATE SET record = excluded.record, origin = excluded.origin,
                 phase = excluded.phase, fingerprint = NULL, known = excluded.known, known_epoch = excluded.known_epoch,
                 user = excluded.user, snapshot = max(snapshot, excluded.snapshot), device_name = excluded.device_name,
                 serial = excluded.serial, search_text = excluded.search_text
             WHERE record = ''",
        )?
        .execute(params![
            target.0,
            found.instance.0,
            device_key(&found.device),
            found.record,
            found.origin.name(),
            found.phase.name(),
            to_json(&found.known),
            epoch.0.as_bytes(),
            found.snapshot,
            to_millis(now),
            name,
            serial,
            build_link_text(
                found.device,
                [name, serial, Some(found.record.as_str()), found.user.as_deref()]
            ),
            found.user,
        ])?;
    Ok(())
}

fn forget_batch(
    connection: &Connection,
    target: InstanceId,
    instance: Option<InstanceId>,
    device: Option<DeviceId>,
) -> Result<u64, StoreError> {
    let mut condition = "target = ?".to_owned();
    let mut values: Vec<Value> = vec![target.0.into()];
    if let Some(instance) = instance {
        condition.push_str(" AND instance = ?");
        values.push(instance.0.into());
    } else if device.is_some() {
        // Along the key, instance by instance: not through all links of the target.
        condition.push_str(" AND instance IN (SELECT id FROM instance)");
    }
    if let Some(device) = device {
        condition.push_str(" AND device = ?");
        values.push(device_key(&device).to_vec().into());
    }
    values.push(BATCH.into());
    let found = connection
        .prepare_cached(&format!(
            "SELECT instance, device FROM target_link WHERE {condition} LIMIT ?"
        ))?
        .query_map(params_from_iter(values), |row| {
            Ok((read_instance(row, "instance")?, read_device(row, "device")?))
        })?
        .collect::<Result<Vec<TargetKey>, _>>()?;
    let mut delete =
        connection.prepare_cached("DELETE FROM target_link WHERE target = ?1 AND instance = ?2 AND device = ?3")?;
    for (instance, device) in &found {
        delete.execute(params![target.0, instance.0, device_key(device)])?;
    }
    Ok(found.len() as u64)
}
