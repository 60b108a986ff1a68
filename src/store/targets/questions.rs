//! Questions: planned writes that wait for consent, each of them, and the allowances that come of it.
//!
//! One question of a target waits at most. One that was asked before can be answered still, for its own writes, until the
//! mapping is changed or the store is put back. Of a question that is done or void only the row is kept.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params, params_from_iter};

use super::allowances::{allow_items, drop_allowances, has_allowances};
use super::columns::{read_device, read_instance, read_json, read_operator, read_optional_time, read_time, read_word};
use super::question_row::{QuestionState, TargetQuestionRow};
use super::state::{load_state, write_state};
use crate::contract::{TargetPhase, WriteClass, WriteCounts};
use crate::model::{DeviceId, InstanceId, OperatorId, Timestamp};
use crate::store::orders::load_operator_name;
use crate::store::sql_values::{device_key, to_json, to_millis};
use crate::store::sql_words::{quote_matching, quote_word};
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError};

/// So many questions that were superseded can be answered still. In a first fill each device that changes makes another one,
/// about one a minute, and a person reads for longer than that.
const ANSWERABLE: i64 = 20;
/// So many questions that are done or void are kept.
const KEPT: i64 = 50;

/// One to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTargetQuestion {
    pub target: InstanceId,
    /// Of the mapping that the writes come from.
    pub mapping_digest: String,
    /// Of the mapping and all items.
    pub digest: String,
    /// Whether the first records of this mapping were written before it.
    pub canary: bool,
    pub counts: WriteCounts,
    pub items: Vec<TargetQuestionItem>,
}

/// A planned write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetQuestionItem {
    pub instance: InstanceId,
    pub device: DeviceId,
    pub class: WriteClass,
    /// `None`: it is made.
    pub record: Option<String>,
}

const QUESTION: &str = "id, target, digest, asked_at, mapping_digest, canary, counts, state, consented_by,
    consented_by_name, consented_at";

impl Store {
    /// It waits from now on, and the target with it ([`TargetPhase::Waiting`]). One that waits already, or that was agreed
    /// to and is not all written yet, stays as it is. Answers its id.
    pub async fn ask_target_question(&self, new: NewTargetQuestion) -> Result<i64, StoreError> {
        let now = self.inner.clock.now();
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let known = find_question(connection, new.target, &new.digest)?;
            if let Some(known) = &known {
                let stays = match known.state {
                    QuestionState::Waiting => true,
                    QuestionState::Consented => has_allowances(connection, known)?,
                    QuestionState::Superseded | QuestionState::Done | QuestionState::Void => false,
                };
                if stays {
                    return Ok(known.id);
                }
            }
            supersede_waiting(connection, new.target)?;
            let id = insert_question(connection, &new, now)?;
            // Of a question that was asked before they may be gone.
            write_items(connection, id, &new.items)?;
            let mut state = load_state(connection, new.target)?;
            state.phase = TargetPhase::Waiting;
            write_state(connection, &state)?;
            prune_questions(connection, new.target)?;
            Ok(id)
        })
        .await
    }

    pub async fn find_waiting_question(&self, target: InstanceId) -> Result<Option<TargetQuestionRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {QUESTION} FROM target_question WHERE target = ?1 AND state = {} ORDER BY id DESC LIMIT 1",
                quote_word(QuestionState::Waiting)
            ))?;
            Ok(statement.query_row([target.0], question_from_row).optional()?)
        })
        .await
    }

    pub async fn find_target_question(
        &self,
        target: InstanceId,
        digest: String,
    ) -> Result<Option<TargetQuestionRow>, StoreError> {
        self.read(move |connection| find_question(connection, target, &digest))
            .await
    }

    /// In the order of instance, device and class; `after`: behind this one.
    pub async fn list_question_items(
        &self,
        question: i64,
        after: Option<(InstanceId, DeviceId, WriteClass)>,
        limit: usize,
    ) -> Result<Vec<TargetQuestionItem>, StoreError> {
        self.read(move |connection| {
            let mut condition = "question = ?".to_owned();
            let mut values: Vec<Value> = vec![question.into()];
            if let Some((instance, device, class)) = after {
                condition.push_str(" AND (instance, device, class) > (?, ?, ?)");
                values.push(instance.0.into());
                values.push(device_key(&device).to_vec().into());
                values.push(class.name().to_owned().into());
            }
            values.push((limit as i64).into());
            let mut statement = connection.prepare_cached(&format!(
                "SELECT instance, device, class, record FROM target_question_item WHERE {condition}
                 ORDER BY instance, device, class LIMIT ?"
            ))?;
            let rows = statement.query_map(params_from_iter(values), |row| {
                Ok(TargetQuestionItem {
                    instance: read_instance(row, "instance")?,
                    device: read_device(row, "device")?,
                    class: read_word(row, "class")?,
                    record: row.get("record")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Each of its writes is allowed once from now on, and the target writes freely what an ordinary day does. `None`: there
    /// is no such question, or it can't be answered any more. One that was agreed to before stays as it is.
    pub async fn consent_target_question(
        &self,
        target: InstanceId,
        digest: String,
        by: OperatorId,
    ) -> Result<Option<TargetQuestionRow>, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            let question = find_question(connection, target, &digest)?;
            let question = question.filter(|question| question.state != QuestionState::Void);
            let Some(question) = question else { return Ok(None) };
            if matches!(question.state, QuestionState::Waiting | QuestionState::Superseded) {
                write_consent(connection, &question, by, now)?;
            }
            find_question(connection, target, &digest)
        })
        .await
    }

    /// What people agreed to and what is not wanted any more: it is not allowed on another day. Answers how many.
    pub async fn drop_target_allowances(&self, target: InstanceId) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let dropped = drop_allowances(connection, Some(target))?;
            complete_questions(connection, target)?;
            Ok(dropped)
        })
        .await
    }

    /// Nothing is to be asked any more; how freely the target writes from now on is left to who says so. False where no
    /// question waits.
    pub async fn supersede_target_questions(&self, target: InstanceId) -> Result<bool, StoreError> {
        self.write(move |connection| Ok(supersede_waiting(connection, target)? > 0))
            .await
    }
}

fn question_from_row(row: &SqlRow<'_>) -> rusqlite::Result<TargetQuestionRow> {
    Ok(TargetQuestionRow {
        id: row.get("id")?,
        target: read_instance(row, "target")?,
        digest: row.get("digest")?,
        asked_at: read_time(row, "asked_at")?,
        mapping_digest: row.get("mapping_digest")?,
        canary: row.get("canary")?,
        counts: read_json(row, "counts")?,
        state: read_word(row, "state")?,
        consented_by: read_operator(row, "consented_by")?,
        consented_by_name: row.get("consented_by_name")?,
        consented_at: read_optional_time(row, "consented_at")?,
    })
}

fn find_question(
    connection: &Connection,
    target: InstanceId,
    digest: &str,
) -> Result<Option<TargetQuestionRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {QUESTION} FROM target_question WHERE target = ?1 AND digest = ?2"
    ))?;
    let found = statement.query_row(params![target.0, digest], question_from_row);
    Ok(found.optional()?)
}

fn insert_question(connection: &Connection, new: &NewTargetQuestion, now: Timestamp) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO target_question (target, digest, asked_at, mapping_digest, canary, counts, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (target, digest) DO UPDATE SET asked_at = excluded.asked_at, mapping_digest = excluded.mapping_digest,
             canary = excluded.canary, counts = excluded.counts, state = excluded.state, consented_by = NULL,
             consented_by_name = NULL, consented_at = NULL RETURNING id",
    )?;
    let values = params![
        new.target.0,
        new.digest,
        to_millis(now),
        new.mapping_digest,
        new.canary,
        to_json(&new.counts),
        QuestionState::Waiting.name()
    ];
    Ok(statement.query_row(values, |row| row.get("id"))?)
}

fn write_items(connection: &Connection, question: i64, items: &[TargetQuestionItem]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO target_question_item (question, instance, device, class, record)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for item in items {
        statement.execute(params![
            question,
            item.instance.0,
            device_key(&item.device),
            item.class.name(),
            item.record
        ])?;
    }
    Ok(())
}

fn write_consent(
    connection: &Connection,
    question: &TargetQuestionRow,
    by: OperatorId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let name = load_operator_name(connection, by)?;
    allow_items(connection, question)?;
    supersede_waiting(connection, question.target)?;
    connection.execute(
        "UPDATE target_question SET state = ?2, consented_by = ?3, consented_by_name = ?4, consented_at = ?5
         WHERE id = ?1",
        params![question.id, QuestionState::Consented.name(), by.0, name, to_millis(now)],
    )?;
    let mut state = load_state(connection, question.target)?;
    state.phase = TargetPhase::Open;
    state.mapping_digest = Some(question.mapping_digest.clone());
    write_state(connection, &state)
}

fn supersede_waiting(connection: &Connection, target: InstanceId) -> Result<usize, StoreError> {
    let superseded = connection.execute(
        "UPDATE target_question SET state = ?2 WHERE target = ?1 AND state = ?3",
        params![
            target.0,
            QuestionState::Superseded.name(),
            QuestionState::Waiting.name()
        ],
    )?;
    Ok(superseded)
}

/// Only the newest few stay, and of those that can't be answered any more not what they asked for.
fn prune_questions(connection: &Connection, target: InstanceId) -> Result<(), StoreError> {
    let (superseded, void) = (QuestionState::Superseded, QuestionState::Void);
    connection.execute(
        "UPDATE target_question SET state = ?4 WHERE target = ?1 AND state = ?2 AND id NOT IN
             (SELECT id FROM target_question WHERE target = ?1 AND state = ?2 ORDER BY asked_at DESC, id DESC LIMIT ?3)",
        params![target.0, superseded.name(), ANSWERABLE, void.name()],
    )?;
    let ended = quote_matching(QuestionState::is_ended);
    connection.execute(
        &format!(
            "DELETE FROM target_question_item WHERE question IN
                 (SELECT id FROM target_question WHERE target = ?1 AND state IN {ended})"
        ),
        [target.0],
    )?;
    connection.execute(
        &format!(
            "DELETE FROM target_question WHERE target = ?1 AND state IN {ended} AND id NOT IN
                 (SELECT id FROM target_question WHERE target = ?1 AND state IN {ended} ORDER BY id DESC LIMIT ?2)"
        ),
        params![target.0, KEPT],
    )?;
    Ok(())
}

/// Where no allowance is left, whatever people agreed to is done.
pub(super) fn complete_questions(connection: &Connection, target: InstanceId) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE target_question SET state = ?2 WHERE target = ?1 AND state = ?3
                 AND NOT EXISTS (SELECT 1 FROM target_allowance a WHERE a.target = ?1)",
        )?
        .execute(params![
            target.0,
            QuestionState::Done.name(),
            QuestionState::Consented.name()
        ])?;
    Ok(())
}

/// Nothing that was asked can be answered, and nothing that people agreed to is allowed any more; of one target, or of all.
pub(super) fn void_questions(connection: &Connection, target: Option<InstanceId>) -> Result<(), StoreError> {
    drop_allowances(connection, target)?;
    let target = target.map(|target| target.0);
    connection.execute(
        &format!(
            "UPDATE target_question SET state = ?2 WHERE (?1 IS NULL OR target = ?1) AND state IN {}",
            quote_matching(|state: QuestionState| !state.is_ended())
        ),
        params![target, QuestionState::Void.name()],
    )?;
    Ok(())
}
