//! Questions: planned writes above what an ordinary day does, and the consent of a person to exactly these.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::device_names::DeviceNames;
use super::scope::{ReachedTarget, find_reached, require_provider};
use super::standing;
use crate::contract::{
    QuestionItemView, QuestionView, RecordChangeView, TargetConsentBody, TargetRunKind, TargetView, WriteClass,
    WrittenView,
};
use crate::model::{DeviceId, InstanceId, replace_unprintable};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;
use crate::store::{TargetKey, TargetQuestionItem, TargetQuestionRow, TargetWriteRow};
use crate::targets::CANARY;

/// Planned writes that are shown.
const ITEMS_SHOWN: usize = 100;
/// Planned writes read at once.
const BATCH: usize = 500;
/// Runs among which those that wrote the first records are looked for.
const RUNS: usize = 100;

/// What waits for consent, without its devices.
pub(super) async fn find_question(sics: &Sics, reached: &ReachedTarget) -> Result<Option<QuestionView>, ApiProblem> {
    let found = sics.store().find_waiting_question(reached.target.id).await?;
    Ok(found.map(|row| question_view(&row)))
}

fn question_view(row: &TargetQuestionRow) -> QuestionView {
    QuestionView {
        digest: row.digest.clone(),
        asked_at: row.asked_at,
        canary: row.canary,
        counts: row.counts,
        items: Vec::new(),
        total: row.counts.total(),
        written: Vec::new(),
    }
}

pub(crate) async fn show_question(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<QuestionView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    let row = require_question(&sics, &reached).await?;
    let items = list_reached_items(&sics, &reached, row.id, None, ITEMS_SHOWN).await?;
    let written = if row.canary {
        list_first_writes(&sics, &reached, &row).await?
    } else {
        Vec::new()
    };
    let keys = items.iter().map(|item| (item.instance, item.device));
    let keys: BTreeSet<TargetKey> = keys.chain(written.iter().map(write_key)).collect();
    let keys: Vec<TargetKey> = keys.into_iter().collect();
    let names = DeviceNames::read_names(&sics, reached.target.id, &keys).await?;
    Ok(Json(QuestionView {
        items: items
            .into_iter()
            .filter_map(|item| item_view(item, &reached, &names))
            .collect(),
        written: written
            .into_iter()
            .filter_map(|write| written_view(write, &reached, &names))
            .collect(),
        ..question_view(&row)
    }))
}

/// The question that waits; 404 where none does.
pub(super) async fn require_question(sics: &Sics, reached: &ReachedTarget) -> Result<TargetQuestionRow, ApiProblem> {
    let found = sics.store().find_waiting_question(reached.target.id).await?;
    found.ok_or_else(|| no_question_problem(reached))
}

/// At most `most` writes about devices that the caller sees, behind this one.
pub(super) async fn list_reached_items(
    sics: &Sics,
    reached: &ReachedTarget,
    question: i64,
    after: Option<(InstanceId, DeviceId, WriteClass)>,
    most: usize,
) -> Result<Vec<TargetQuestionItem>, ApiProblem> {
    let (mut shown, mut after) = (Vec::new(), after);
    loop {
        let batch = sics.store().list_question_items(question, after, BATCH).await?;
        let is_last = batch.len() < BATCH;
        after = batch.last().map(|item| (item.instance, item.device, item.class));
        shown.extend(batch.into_iter().filter(|item| reached.reaches(item.instance)));
        if is_last || shown.len() >= most {
            shown.truncate(most);
            return Ok(shown);
        }
    }
}

/// The records that were written with a new mapping before it waits, oldest first.
async fn list_first_writes(
    sics: &Sics,
    reached: &ReachedTarget,
    row: &TargetQuestionRow,
) -> Result<Vec<TargetWriteRow>, ApiProblem> {
    let mut written = Vec::new();
    for run in sics.store().list_target_runs(reached.target.id, RUNS).await? {
        if run.kind == TargetRunKind::Canary && run.mapping_digest == row.mapping_digest && written.len() < CANARY {
            written.extend(sics.store().list_run_writes(run.id, None, CANARY).await?);
        }
    }
    written.retain(|write| reached.reaches(write.instance));
    written.sort_by_key(|write| write.id);
    Ok(written)
}

fn write_key(write: &TargetWriteRow) -> TargetKey {
    (write.instance, write.device)
}

pub(super) fn item_view(
    item: TargetQuestionItem,
    reached: &ReachedTarget,
    names: &DeviceNames,
) -> Option<QuestionItemView> {
    Some(QuestionItemView {
        instance: reached.instances.get(&item.instance)?.clone(),
        device_id: item.device,
        device_name: names.name_of((item.instance, item.device)),
        class: item.class,
        record: item.record,
    })
}

fn written_view(write: TargetWriteRow, reached: &ReachedTarget, names: &DeviceNames) -> Option<WrittenView> {
    Some(WrittenView {
        instance: reached.instances.get(&write.instance)?.clone(),
        device_id: write.device,
        device_name: names.name_of(write_key(&write)),
        changes: list_changes(&write),
        record: write.record,
        class: write.class,
        at: write.at,
    })
}

/// Field by field, by name.
fn list_changes(write: &TargetWriteRow) -> Vec<RecordChangeView> {
    let fields: BTreeSet<&String> = write.before.keys().chain(write.after.keys()).collect();
    let value_of = |values: &crate::store::FieldValues, field: &str| values.get(field).cloned().unwrap_or(Value::Null);
    fields
        .into_iter()
        .map(|field| RecordChangeView {
            field: field.clone(),
            before: value_of(&write.before, field),
            after: value_of(&write.after, field),
        })
        .collect()
}

pub(crate) async fn consent_question(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<TargetConsentBody>,
) -> Result<Json<TargetView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    reached.require_whole(&caller)?;
    let target = &reached.target;
    let audit_detail = |row: &Option<TargetQuestionRow>| {
        let row = row.as_ref()?;
        Some(json!({"digest": row.digest, "mapping": row.mapping_digest, "canary": row.canary, "counts": row.counts}))
    };
    let agreed = sics
        .recording(&caller, "target.consented", &target.name, audit_detail)
        .consent_target_question(target.id, body.digest.clone(), caller.operator.id)
        .await?;
    if agreed.is_none() {
        return Err(question_changed(&reached, &body.digest));
    }
    require_provider(&sics)?.wake_target(target.id);
    Ok(Json(standing::build_view(&sics, &reached).await?))
}

fn no_question_problem(reached: &ReachedTarget) -> ApiProblem {
    let name = &reached.target.name;
    ApiProblem::new(
        StatusCode::NOT_FOUND,
        "noQuestion",
        format!("{name} does not wait for consent"),
        format!("See how it stands: intune-connector targets show {name}"),
    )
}

fn question_changed(reached: &ReachedTarget, digest: &str) -> ApiProblem {
    let name = &reached.target.name;
    ApiProblem::conflict(
        "questionChanged",
        format!(
            "{name} does not ask for the writes {} (any more)",
            replace_unprintable(digest)
        ),
        format!("See what waits now: intune-connector targets question {name}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_write_is_shown_field_by_field() {
        let values = |pairs: &[(&str, Value)]| {
            pairs
                .iter()
                .map(|(field, value)| ((*field).to_owned(), value.clone()))
                .collect()
        };
        let write = TargetWriteRow {
            id: 1,
            target: InstanceId(3),
            run: 1,
            instance: InstanceId(1),
            device: DeviceId(uuid::Uuid::from_u128(7)),
            record: "12".to_owned(),
            class: WriteClass::Change,
            at: Timestamp::default(),
            before: values(&[("NAME", json!("PC-1"))]),
            after: values(&[("NAME", json!("PC-2")), ("MEMORY", json!(8_192))]),
            reverted_at: None,
        };
        let change = |field: &str, before, after| RecordChangeView {
            field: field.to_owned(),
            before,
            after,
        };
        assert_eq!(
            list_changes(&write),
            [
                change("MEMORY", Value::Null, json!(8_192)),
                change("NAME", json!("PC-1"), json!("PC-2"))
            ]
        );
    }
}
