//! The calls that write one asset, each with what its answers mean: that it is not there, in the trash, of another company,
//! checked in already; and that a value was left out in silence.
//!
//! A check-out or check-in may send mail. Where that fails, Snipe-IT answers 500 although all is done, and would do so
//! every time: so after such an answer the asset is looked at, and what is as it should be counts as done.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::answer::{ApiComplaint, ApiTrouble, CallEffect, explain_missing_right};
use super::asset_row::{AssetRow, stored_column, stored_model};
use super::body::AssetBody;
use super::search::asset_number;
use super::user_step::UserStep;
use super::write::AssetWriter;
use crate::config::AssetTagRule;
use crate::targets::{RecordId, RecordState, SourceDevice, TargetFault};

/// In the history of the asset over there.
const CHECKED_OUT: &str = "Primary user in Intune";
const CHECKED_IN: &str = "No primary user in Intune";

/// What a PATCH of an asset came to.
pub(super) enum PatchOutcome {
    /// With the payload of the answer; null where it was lost and all is as it should be.
    Done(Value),
    InTrash,
}

impl AssetWriter<'_> {
    /// Makes the asset; answers the payload. A tag that is taken is tried in another form.
    pub(super) async fn post_asset(
        &self,
        parts: &Map<String, Value>,
        device: &SourceDevice,
    ) -> Result<Value, TargetFault> {
        let is_given = parts.contains_key("asset_tag");
        let tags = if is_given {
            vec![None]
        } else {
            plan_tags(self.own.asset_tag, device)
        };
        let mut last = ApiComplaint::default();
        for tag in tags {
            let mut body = parts.clone();
            if let Some(tag) = tag {
                body.insert("asset_tag".to_owned(), json!(tag));
            }
            let body = Value::Object(body);
            let answer = self
                .client
                .write(Method::POST, &["hardware"], &body, CallEffect::Create)
                .await;
            match answer {
                Ok(envelope) => return Ok(take_payload(envelope)),
                Err(ApiTrouble::Said(said)) if said.names_field("asset_tag") => last = said,
                Err(trouble) => return Err(trouble.into_fault("POST hardware")),
            }
        }
        if !is_given && self.own.asset_tag == AssetTagRule::Auto {
            return Err(TargetFault::Misconfigured {
                problem: format!("Snipe-IT gives new assets no tag: {}", last.text),
                advice: "turn on auto-incrementing asset tags in Snipe-IT (Settings, Asset Tags), or set `asset_tag` to `serial`"
                    .to_owned(),
            });
        }
        Err(last.into_refusal())
    }

    pub(super) async fn patch_asset(
        &self,
        record: &RecordId,
        parts: &Map<String, Value>,
    ) -> Result<PatchOutcome, TargetFault> {
        let id = asset_number(record).ok_or(TargetFault::NotThere)?;
        let body = Value::Object(parts.clone());
        let answer = self
            .client
            .write(Method::PATCH, &["hardware", &id], &body, CallEffect::Repeat)
            .await;
        match answer {
            Ok(envelope) => Ok(PatchOutcome::Done(take_payload(envelope))),
            // Not there, in the trash, or something that has no field: the words do not tell.
            Err(ApiTrouble::Said(said)) if said.fields.is_empty() => {
                let row = self.client.read_row(record).await?.ok_or(TargetFault::NotThere)?;
                if row.state == RecordState::Deleted {
                    return Ok(PatchOutcome::InTrash);
                }
                Err(said.into_refusal())
            }
            Err(ApiTrouble::Said(said)) => Err(said.into_refusal()),
            Err(ApiTrouble::Forbidden) => Err(self.explain_forbidden(record, "PATCH hardware").await),
            Err(ApiTrouble::Fault(fault)) => {
                let user = parts.get("assigned_user").and_then(Value::as_u64);
                if user.is_some() && self.has_user(record, &fault, user).await? {
                    return Ok(PatchOutcome::Done(Value::Null));
                }
                Err(fault)
            }
        }
    }

    /// The payload of the answer. With `restore`, an asset in the trash is taken out of it first.
    pub(super) async fn patch_or_restore(
        &self,
        record: &RecordId,
        parts: &Map<String, Value>,
        restore: bool,
    ) -> Result<Value, TargetFault> {
        if let PatchOutcome::Done(payload) = self.patch_asset(record, parts).await? {
            return Ok(payload);
        }
        if !restore {
            return Err(TargetFault::NotThere);
        }
        let id = asset_number(record).ok_or(TargetFault::NotThere)?;
        let path = ["hardware", &id, "restore"];
        let answer = self
            .client
            .write(Method::POST, &path, &Value::Null, CallEffect::Repeat)
            .await;
        let said = match answer {
            Ok(_) => ApiComplaint::default(),
            Err(ApiTrouble::Said(said)) => said,
            Err(ApiTrouble::Forbidden) => return Err(explain_missing_right("POST hardware/…/restore")),
            Err(ApiTrouble::Fault(fault)) => return Err(fault),
        };
        match self.patch_asset(record, parts).await? {
            PatchOutcome::Done(payload) => Ok(payload),
            PatchOutcome::InTrash => Err(said.into_refusal()),
        }
    }

    /// Into the trash, from which people can take it back.
    pub(super) async fn delete_asset(&self, record: &RecordId) -> Result<(), TargetFault> {
        let id = asset_number(record).ok_or(TargetFault::NotThere)?;
        let path = ["hardware", &id];
        let answer = self
            .client
            .write(Method::DELETE, &path, &Value::Null, CallEffect::Repeat)
            .await;
        match answer {
            // What is not there need not be deleted.
            Ok(_) | Err(ApiTrouble::Said(_)) => Ok(()),
            Err(ApiTrouble::Forbidden) => Err(self.explain_forbidden(record, "DELETE hardware").await),
            Err(ApiTrouble::Fault(fault)) => Err(fault),
        }
    }

    /// `false`: nobody has it, and nothing was done.
    pub(super) async fn check_in(&self, record: &RecordId, body: &Value) -> Result<bool, TargetFault> {
        let id = asset_number(record).ok_or(TargetFault::NotThere)?;
        let path = ["hardware", &id, "checkin"];
        let answer = self.client.write(Method::POST, &path, body, CallEffect::Repeat).await;
        match answer {
            Ok(_) => Ok(true),
            Err(ApiTrouble::Said(_)) => Ok(false),
            Err(ApiTrouble::Forbidden) => Err(self.explain_forbidden(record, "POST hardware/…/checkin").await),
            Err(ApiTrouble::Fault(fault)) => {
                if self.has_user(record, &fault, None).await? {
                    return Ok(false);
                }
                Err(fault)
            }
        }
    }

    /// What of the user did not stand in the request.
    pub(super) async fn finish_user(&self, record: &RecordId, plan: UserStep) -> Result<(), TargetFault> {
        match plan {
            UserStep::Keep | UserStep::AskName | UserStep::Within { .. } => Ok(()),
            UserStep::CheckIn => {
                self.check_in(record, &json!({ "note": CHECKED_IN })).await?;
                Ok(())
            }
            UserStep::Apart { user, name } => self.check_out(record, user, &name).await,
        }
    }

    /// An asset that somebody else has is checked in first.
    async fn check_out(&self, record: &RecordId, user: u64, name: &str) -> Result<(), TargetFault> {
        let Err(said) = self.try_check_out(record, user, name).await? else {
            return Ok(());
        };
        let row = self.require_row(record).await?;
        if row.user == Some(user) {
            return Ok(());
        }
        self.check_in(record, &json!({ "note": CHECKED_OUT })).await?;
        match self.try_check_out(record, user, name).await? {
            Ok(()) => Ok(()),
            Err(again) => Err(TargetFault::Refused {
                problem: if again.text.is_empty() { said.text } else { again.text },
                field: Some("user".to_owned()),
            }),
        }
    }

    /// The inner error: it was refused.
    async fn try_check_out(
        &self,
        record: &RecordId,
        user: u64,
        name: &str,
    ) -> Result<Result<(), ApiComplaint>, TargetFault> {
        let id = asset_number(record).ok_or(TargetFault::NotThere)?;
        let path = ["hardware", &id, "checkout"];
        // Here the name is kept as it is; without one, older versions take it away.
        let body = json!({"checkout_to_type": "user", "assigned_user": user, "name": name, "note": CHECKED_OUT});
        let answer = self.client.write(Method::POST, &path, &body, CallEffect::Repeat).await;
        match answer {
            Ok(_) => Ok(Ok(())),
            Err(ApiTrouble::Said(said)) => Ok(Err(said)),
            Err(ApiTrouble::Forbidden) => Err(self.explain_forbidden(record, "POST hardware/…/checkout").await),
            Err(ApiTrouble::Fault(fault)) => {
                if self.has_user(record, &fault, Some(user)).await? {
                    return Ok(Ok(()));
                }
                Err(fault)
            }
        }
    }

    /// Whether this user (or nobody) has it, although the answer was an error of the server.
    async fn has_user(&self, record: &RecordId, fault: &TargetFault, user: Option<u64>) -> Result<bool, TargetFault> {
        if !matches!(fault, TargetFault::Unavailable { .. }) {
            return Ok(false);
        }
        // It may be really away: then that is told, and not what came of looking.
        let row = self.client.read_row(record).await.ok().flatten();
        Ok(row.is_some_and(|row| row.user == user && row.state != RecordState::Deleted))
    }

    pub(super) async fn require_row(&self, record: &RecordId) -> Result<AssetRow, TargetFault> {
        let row = self.client.read_row(record).await?;
        row.filter(|row| row.state != RecordState::Deleted)
            .ok_or(TargetFault::NotThere)
    }

    /// A right that is missing stops all; an asset that this account may not touch is one record.
    async fn explain_forbidden(&self, record: &RecordId, what: &str) -> TargetFault {
        match self.client.read_row(record).await {
            Ok(Some(row)) if row.may_update == Some(false) => explain_missing_right(what),
            Ok(Some(_)) => TargetFault::Refused {
                problem: "the user of the token may not change this asset: is it of another company?".to_owned(),
                field: None,
            },
            Ok(None) => TargetFault::NotThere,
            Err(fault) => fault,
        }
    }

    /// Custom fields that Snipe-IT left out, because the model of this asset does not show them, are shown and sent again.
    pub(super) async fn mend_columns(
        &mut self,
        record: &RecordId,
        payload: &Value,
        body: &AssetBody,
    ) -> Result<(), TargetFault> {
        let mut lost = list_lost_columns(payload, body);
        lost.retain(|column| !self.lists.own_form.contains(column));
        let Some(model) = stored_model(payload).filter(|_| !lost.is_empty()) else {
            return Ok(());
        };
        let label = &self.own.id_field;
        let mut is_shown_now = self.lists.show_on_model(self.client, model, &lost, label).await?;
        if !is_shown_now {
            // The lists may be older than a change over there.
            self.lists.forget_models();
            is_shown_now = self.lists.show_on_model(self.client, model, &lost, label).await?;
        }
        if !is_shown_now {
            // Shown it is; so Snipe-IT keeps it in a form of its own, encrypted for instance.
            self.lists.own_form.extend(lost);
            return Ok(());
        }
        let again = lost.iter().filter_map(|column| {
            let value = body.parts.get(column)?;
            Some((column.clone(), value.clone()))
        });
        let again: Map<String, Value> = again.collect();
        match self.patch_asset(record, &again).await? {
            PatchOutcome::Done(_) => Ok(()),
            PatchOutcome::InTrash => Err(TargetFault::NotThere),
        }
    }
}

fn take_payload(envelope: Value) -> Value {
    match envelope {
        Value::Object(mut parts) => parts.remove("payload").unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

/// The columns whose value is not what was sent, as far as the answer tells.
fn list_lost_columns(payload: &Value, body: &AssetBody) -> Vec<String> {
    if !payload.is_object() {
        return Vec::new();
    }
    let is_lost = |column: &&String| {
        let sent = body.parts.get(column.as_str()).and_then(Value::as_str);
        let stored = stored_column(payload, column).flatten();
        sent.map(str::trim) != stored.as_deref().map(str::trim)
    };
    body.columns.iter().filter(is_lost).cloned().collect()
}

/// The tags to be tried, in their order; `None`: Snipe-IT numbers the asset. Somebody else may take that number at the same
/// moment, so it is tried twice.
fn plan_tags(rule: AssetTagRule, device: &SourceDevice) -> Vec<Option<String>> {
    match rule {
        AssetTagRule::Auto => vec![None, None],
        AssetTagRule::Serial => {
            let id = device.key.device.to_string();
            let by_id = format!("INTUNE-{}", &id[..8]);
            let by_serial = device.usable_serial().map(|serial| format!("INTUNE-{serial}"));
            by_serial.into_iter().chain([by_id]).map(Some).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::device_with;

    fn body(columns: &[(&str, Value)]) -> AssetBody {
        let mut body = AssetBody::default();
        for (column, value) in columns {
            body.parts.insert((*column).to_owned(), value.clone());
            body.columns.push((*column).to_owned());
        }
        body
    }

    #[test]
    fn a_value_that_was_left_out_in_silence_shows_in_the_answer() {
        let sent = body(&[("_snipeit_a_1", json!("x")), ("_snipeit_b_2", Value::Null)]);
        for (payload, lost) in [
            (json!({"id": 1, "_snipeit_a_1": "x", "_snipeit_b_2": null}), vec![]),
            (
                json!({"id": 1, "_snipeit_a_1": null, "_snipeit_b_2": null}),
                vec!["_snipeit_a_1"],
            ),
            (json!({"id": 1, "_snipeit_a_1": "old"}), vec!["_snipeit_a_1"]),
            (
                json!({"id": 1, "_snipeit_a_1": "x", "_snipeit_b_2": "y"}),
                vec!["_snipeit_b_2"],
            ),
            // The row of a new asset has only what was set.
            (json!({"id": 1}), vec!["_snipeit_a_1"]),
            (json!({"id": 1, "custom_fields": []}), vec!["_snipeit_a_1"]),
            (
                json!({"id": 1, "custom_fields": {"A": {"field": "_snipeit_a_1", "value": "x"}}}),
                vec![],
            ),
            // Nothing is known of a write whose answer was lost.
            (Value::Null, vec![]),
        ] {
            assert_eq!(list_lost_columns(&payload, &sent), lost, "{payload}");
        }
    }

    #[test]
    fn a_tag_is_numbered_over_there_or_made_of_serial_then_id() {
        let device = device_with(json!({"serialNumber": "PF0TEST1"}));
        assert_eq!(plan_tags(AssetTagRule::Auto, &device), [None::<String>, None]);
        let by_id = Some("INTUNE-00000000".to_owned());
        assert_eq!(
            plan_tags(AssetTagRule::Serial, &device),
            [Some("INTUNE-PF0TEST1".to_owned()), by_id.clone()]
        );
        let junk = device_with(json!({"serialNumber": "0000000"}));
        assert_eq!(plan_tags(AssetTagRule::Serial, &junk), [by_id]);
    }
}
