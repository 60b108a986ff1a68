//! Writing one asset. What is to be written was decided elsewhere; here are the requests that it takes, in their order.
//!
//! | what | requests |
//! |---|---|
//! | a changed asset, with or without its user | one PATCH |
//! | its user is cleared | a check-in of its own |
//! | a new asset, with its user | one POST |
//! | a name that Snipe-IT would spoil ([`super::user_step`]) | the user in a check-out of its own |
//! | retired, back to stock | one check-in that sets the label; a PATCH as well where nobody has it |
//! | back from the trash | PATCH, restore, PATCH |
//!
//! Names that are not there yet, and fieldsets that show too little, cost more, once. Our id goes along with every change:
//! an adopted asset gets it, and one from which somebody took it gets it back. The calls are in [`super::asset_calls`].
//!
//! If the process dies between two of these requests, the whole is sent again: each of them finds what it wants, but for
//! the POST, whose asset is found by our id first.

use serde_json::{Map, Value, json};

use super::asset_calls::PatchOutcome;
use super::asset_row::stored_user;
use super::body::{AssetBody, ModelWish, UNKNOWN_MODEL, build_body, clean_text};
use super::client::SnipeClient;
use super::field_table::LINK_FIELD;
use super::list_rows::id_of;
use super::name_lists::NameLists;
use super::user_step::{UserStep, plan_user};
use crate::config::SnipeItSettings;
use crate::model::{GoneReason, Timestamp, format_time};
use crate::targets::{FieldValues, RecordId, RetireAction, SourceDevice, TargetFault, UserChange, WriteDone};

/// Writes assets of one Snipe-IT, one after the other.
pub(super) struct AssetWriter<'a> {
    pub client: &'a SnipeClient,
    pub own: &'a SnipeItSettings,
    pub lists: &'a mut NameLists,
}

/// A change of an asset, as [`crate::targets::PlannedWrite::Update`] has it.
pub(super) struct AssetChange<'a> {
    pub device: &'a SourceDevice,
    pub record: &'a RecordId,
    pub values: &'a FieldValues,
    pub all: &'a FieldValues,
    pub restore: bool,
    /// Of a model that is made.
    pub class_name: &'a str,
    pub user: &'a UserChange,
}

impl AssetWriter<'_> {
    pub(super) async fn create(
        &mut self,
        device: &SourceDevice,
        values: &FieldValues,
        class_name: &str,
        user: &UserChange,
    ) -> Result<WriteDone, TargetFault> {
        let id_column = self.link_column().await?;
        let fields = self.lists.custom_fields(self.client).await?;
        let mut body = build_body(values, values, fields, &self.own.id_field)?;
        put_link(&mut body, id_column, device);
        let wish = body.model.take().unwrap_or_else(|| ModelWish {
            name: UNKNOWN_MODEL.to_owned(),
            number: None,
            manufacturer: values.get("manufacturer").and_then(clean_text),
        });
        let model = self.make_model(&wish, class_name).await?;
        self.lists
            .show_on_model(self.client, model, &body.columns, &self.own.id_field)
            .await?;
        self.resolve_names(&mut body).await?;
        body.parts.insert("model_id".to_owned(), json!(model));
        if !body.parts.contains_key("status_id") {
            let label = self.lists.deployable_label(self.client, self.own).await?;
            body.parts.insert("status_id".to_owned(), json!(label));
        }
        let name = values.get("name").and_then(clean_text);
        let plan = plan_user(user, Some(name.as_deref()))?;
        put_user(&mut body.parts, &plan);
        let payload = self.post_asset(&body.parts, device).await?;
        let record = id_of(&payload).map(|id| RecordId(id.to_string()));
        let record = record.ok_or_else(|| TargetFault::LostAnswer {
            problem: "the answer to a new asset has no id".to_owned(),
        })?;
        self.mend_columns(&record, &payload, &body).await?;
        require_user(&payload, &plan)?;
        self.finish_user(&record, plan).await?;
        Ok(WriteDone { record })
    }

    pub(super) async fn update(&mut self, change: AssetChange<'_>) -> Result<WriteDone, TargetFault> {
        let record = change.record;
        let fields = self.lists.custom_fields(self.client).await?;
        let mut body = build_body(change.values, change.all, fields, &self.own.id_field)?;
        if let Some(wish) = body.model.take() {
            let model = self.make_model(&wish, change.class_name).await?;
            body.parts.insert("model_id".to_owned(), json!(model));
        }
        let known = change.values.get("name").or_else(|| change.all.get("name"));
        let known = known.map(clean_text);
        let mut plan = plan_user(change.user, known.as_ref().map(Option::as_deref))?;
        if plan == UserStep::AskName {
            let row = self.require_row(record).await?;
            plan = plan_user(change.user, Some(row.text("name")))?;
        }
        self.resolve_names(&mut body).await?;
        if change.restore && !body.parts.contains_key("status_id") {
            // The label of what has gone stands there, whatever is known of it.
            let label = match change.all.get("status").and_then(clean_text) {
                Some(status) => self.lists.named_label(self.client, &status).await?,
                None => self.lists.deployable_label(self.client, self.own).await?,
            };
            body.parts.insert("status_id".to_owned(), json!(label));
        }
        put_user(&mut body.parts, &plan);
        if !body.parts.is_empty() || is_link_due(&change) {
            let id_column = self.link_column().await?;
            put_link(&mut body, id_column, change.device);
            let payload = self.patch_or_restore(record, &body.parts, change.restore).await?;
            self.mend_columns(record, &payload, &body).await?;
            require_user(&payload, &plan)?;
        }
        self.finish_user(record, plan).await?;
        Ok(WriteDone { record: record.clone() })
    }

    pub(super) async fn retire(
        &mut self,
        record: &RecordId,
        action: RetireAction,
        reason: GoneReason,
        at: Timestamp,
    ) -> Result<WriteDone, TargetFault> {
        let done = WriteDone { record: record.clone() };
        let label = match action {
            RetireAction::Leave => return Ok(done),
            RetireAction::Delete => {
                self.delete_asset(record).await?;
                return Ok(done);
            }
            RetireAction::Retire => self.lists.archived_label(self.client, self.own).await?,
            RetireAction::Stock => self.lists.deployable_label(self.client, self.own).await?,
        };
        let note = format!("Intune: {} at {}", reason.name(), format_time(at));
        let body = json!({"status_id": label, "note": note});
        if self.check_in(record, &body).await? {
            return Ok(done);
        }
        // Nobody has it: then a check-in does nothing, and the label has to be set by itself.
        let mut parts = Map::new();
        parts.insert("status_id".to_owned(), json!(label));
        match self.patch_asset(record, &parts).await? {
            // Somebody threw it away: that is more than was asked for.
            PatchOutcome::Done(_) | PatchOutcome::InTrash => Ok(done),
        }
    }

    /// Values from before are put back; models, labels and companies have to be there still.
    pub(super) async fn put_back(&mut self, record: &RecordId, values: &FieldValues) -> Result<(), TargetFault> {
        let fields = self.lists.custom_fields(self.client).await?;
        let mut body = build_body(values, values, fields, &self.own.id_field)?;
        self.resolve_names(&mut body).await?;
        if let Some(wish) = body.model.take() {
            let model = self.lists.find_model(self.client, &wish).await?;
            let model = model.ok_or_else(|| TargetFault::Refused {
                problem: "the model from before is not in Snipe-IT any more".to_owned(),
                field: Some("model".to_owned()),
            })?;
            body.parts.insert("model_id".to_owned(), json!(model));
        }
        if let Some(link) = values.get(LINK_FIELD)
            && let Some(column) = self.lists.find_id_column(self.client, &self.own.id_field).await?
        {
            body.parts
                .insert(column, clean_text(link).map_or(Value::Null, Value::String));
        }
        if body.parts.is_empty() {
            return Ok(());
        }
        match self.patch_asset(record, &body.parts).await? {
            PatchOutcome::Done(_) => Ok(()),
            PatchOutcome::InTrash => Err(TargetFault::NotThere),
        }
    }

    /// The column of our id; the custom field is made where it is missing.
    async fn link_column(&mut self) -> Result<String, TargetFault> {
        let label = &self.own.id_field;
        if let Some(column) = self.lists.find_id_column(self.client, label).await? {
            return Ok(column);
        }
        let (field, _) = self.lists.make_field(self.client, label).await?;
        self.lists.home_fieldset(self.client, label).await?;
        Ok(field.column)
    }

    /// `class_name`: the category of a model that is not there yet. One that is there keeps its own, and with it all of its
    /// assets do.
    async fn make_model(&mut self, wish: &ModelWish, class_name: &str) -> Result<u64, TargetFault> {
        let category = if class_name.trim().is_empty() {
            self.own.default_category.as_str()
        } else {
            class_name
        };
        self.lists
            .find_or_make_model(self.client, wish, category, &self.own.id_field)
            .await
    }

    /// Puts the ids of the names that the body has into it.
    async fn resolve_names(&mut self, body: &mut AssetBody) -> Result<(), TargetFault> {
        if let Some(status) = body.status.take() {
            let label = self.lists.named_label(self.client, &status).await?;
            body.parts.insert("status_id".to_owned(), json!(label));
        }
        if let Some(company) = body.company.take() {
            let company = match company {
                Some(name) => json!(self.lists.named_company(self.client, &name).await?),
                None => Value::Null,
            };
            body.parts.insert("company_id".to_owned(), company);
        }
        Ok(())
    }
}

/// Whether our id alone is to be written. A mapping that has it says so; one that has not may mean it wherever nothing
/// differs.
fn is_link_due(change: &AssetChange<'_>) -> bool {
    !change.all.contains_key(LINK_FIELD) || change.values.contains_key(LINK_FIELD)
}

/// Our id of the device, which no mapping touches.
fn put_link(body: &mut AssetBody, id_column: String, device: &SourceDevice) {
    body.parts
        .insert(id_column.clone(), json!(device.key.device.to_string()));
    body.columns.push(id_column);
}

/// Version 7 leaves out a user who is not there any more, in silence.
fn require_user(payload: &Value, plan: &UserStep) -> Result<(), TargetFault> {
    match (plan, stored_user(payload)) {
        (UserStep::Within { user, .. }, Some(stored)) if stored != Some(*user) => Err(TargetFault::Refused {
            problem: "Snipe-IT did not check the asset out to its user: is that user still there?".to_owned(),
            field: Some("assigned_user".to_owned()),
        }),
        _ => Ok(()),
    }
}

/// The user in the same request, with the name that goes with it.
fn put_user(parts: &mut Map<String, Value>, plan: &UserStep) {
    if let UserStep::Within { user, name } = plan {
        parts.insert("assigned_user".to_owned(), json!(user));
        if let Some(name) = name {
            parts.insert("name".to_owned(), json!(name));
        }
    }
}
