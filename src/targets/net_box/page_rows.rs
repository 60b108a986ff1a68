//! From planned writes to the rows of a page, with all names that they need: sites, roles, types, fields. What is not there
//! yet is made here; the devices themselves are written by [`super::page_writer`].
//!
//! Our id goes along with every change: an adopted device gets it, and one from which somebody took it gets it back.

use serde_json::{Map, Value, json};

use super::body::{RowBody, TypeWish, UNKNOWN_MODEL, build_body, clean_text};
use super::client::NetBoxClient;
use super::device_row::{ACTIVE_STATUS, STOCK_STATUS};
use super::field_table::LINK_FIELD;
use super::known_names::{WantedNames, make_other_name};
use super::memory::NetBoxMemory;
use super::name_lists::{FieldUse, NameKind};
use super::search::device_number;
use crate::config::NetBoxSettings;
use crate::model::{DeviceId, GoneReason, Timestamp, format_time};
use crate::targets::{DeviceKey, FieldValues, PlannedWrite, RecordId, RetireAction, SourceDevice, TargetFault};

/// A device as it goes into a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SentRow {
    /// Among the writes of the call.
    pub place: usize,
    pub key: DeviceKey,
    /// Of a device that is there.
    pub id: Option<u64>,
    pub body: Map<String, Value>,
    /// What it is called if its name is taken; `None`: it has none, or has that already.
    pub other_name: Option<String>,
}

/// What is to be done about one write.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PlannedRow {
    Row(SentRow),
    Delete(u64),
    /// Nothing has to be sent.
    Done(RecordId),
}

/// Plans the rows of one call.
pub(super) struct RowPlanner<'a> {
    pub client: &'a NetBoxClient,
    pub own: &'a NetBoxSettings,
    pub memory: &'a mut NetBoxMemory,
    pub wanted: WantedNames,
}

/// A change of a device, as [`PlannedWrite::Update`] has it.
struct RecordChange<'a> {
    device: &'a SourceDevice,
    record: &'a RecordId,
    values: &'a FieldValues,
    all: &'a FieldValues,
    restore: bool,
}

impl RowPlanner<'_> {
    pub(super) async fn plan_row(&mut self, place: usize, write: &PlannedWrite) -> Result<PlannedRow, TargetFault> {
        match write {
            PlannedWrite::Create {
                device,
                values,
                class_name,
                ..
            } => {
                let body = self.plan_create(device, values, class_name).await?;
                Ok(PlannedRow::Row(self.make_row(place, device.key, None, body)))
            }
            PlannedWrite::Update {
                device,
                record,
                values,
                all,
                restore,
                ..
            } => {
                let change = RecordChange {
                    device,
                    record,
                    values,
                    all,
                    restore: *restore,
                };
                self.plan_change(place, change).await
            }
            PlannedWrite::Retire {
                key,
                record,
                action,
                reason,
                at,
            } => {
                let id = device_number(record).ok_or(TargetFault::NotThere)?;
                let body = match action {
                    RetireAction::Leave => return Ok(PlannedRow::Done(record.clone())),
                    RetireAction::Delete => return Ok(PlannedRow::Delete(id)),
                    RetireAction::Retire => self.plan_gone(self.own.gone_status.name(), *reason, *at).await?,
                    RetireAction::Stock => self.plan_gone(STOCK_STATUS, *reason, *at).await?,
                };
                Ok(PlannedRow::Row(self.make_row(place, *key, Some(id), body)))
            }
        }
    }

    async fn plan_create(
        &mut self,
        device: &SourceDevice,
        values: &FieldValues,
        class_name: &str,
    ) -> Result<RowBody, TargetFault> {
        self.require_link_field().await?;
        let fields = self.memory.lists.device_fields(self.client).await?;
        let mut body = build_body(values, values, &fields, &self.own.id_field)?;
        body.put_link(&self.own.id_field, device);
        let wish = body.device_type.take().unwrap_or_else(|| TypeWish {
            model: UNKNOWN_MODEL.to_owned(),
            manufacturer: values.get("manufacturer").and_then(clean_text),
        });
        let role = match class_name.trim() {
            "" => self.own.default_role.as_str(),
            name => name,
        };
        let lists = &mut self.memory.lists;
        let device_type = lists.find_or_make_type(self.client, &wish).await?;
        let role = lists.find_or_make_name(self.client, NameKind::Role, role).await?;
        let site = lists
            .find_or_make_name(self.client, NameKind::Site, &self.own.site)
            .await?;
        let tag = lists
            .find_or_make_name(self.client, NameKind::Tag, &self.own.tag)
            .await?;
        let parts = &mut body.parts;
        parts.insert("device_type".to_owned(), json!(device_type));
        parts.insert("role".to_owned(), json!(role.id));
        parts.insert("site".to_owned(), json!(site.id));
        parts.insert("tags".to_owned(), json!([{ "slug": tag.slug }]));
        parts.entry("status").or_insert_with(|| json!(ACTIVE_STATUS));
        self.find_platform(&mut body).await?;
        Ok(body)
    }

    async fn plan_change(&mut self, place: usize, change: RecordChange<'_>) -> Result<PlannedRow, TargetFault> {
        let id = device_number(change.record).ok_or(TargetFault::NotThere)?;
        let fields = self.memory.lists.device_fields(self.client).await?;
        let mut body = build_body(change.values, change.all, &fields, &self.own.id_field)?;
        if let Some(wish) = body.device_type.take() {
            let device_type = self.memory.lists.find_or_make_type(self.client, &wish).await?;
            body.parts.insert("device_type".to_owned(), json!(device_type));
        }
        self.find_platform(&mut body).await?;
        if change.restore {
            // The status of what has gone stands there, whatever is known of it.
            let status = change.all.get("status").and_then(clean_text);
            let status = status.map_or(ACTIVE_STATUS.to_owned(), |status| status.to_lowercase());
            body.parts.entry("status").or_insert_with(|| json!(status));
            if fields.iter().any(|field| field.name == self.own.gone_field) {
                body.customs.insert(self.own.gone_field.clone(), Value::Null);
            }
        }
        if body.is_empty() && !is_link_due(&change) {
            return Ok(PlannedRow::Done(change.record.clone()));
        }
        self.require_link_field().await?;
        body.put_link(&self.own.id_field, change.device);
        Ok(PlannedRow::Row(self.make_row(place, change.device.key, Some(id), body)))
    }

    /// The status, and in a field of its own why and when: what people wrote into the comments stays.
    async fn plan_gone(&mut self, status: &str, reason: GoneReason, at: Timestamp) -> Result<RowBody, TargetFault> {
        let name = &self.own.gone_field;
        let field = self
            .memory
            .lists
            .find_or_make_field(self.client, name, FieldUse::Value)
            .await?;
        let mut body = RowBody::default();
        body.parts.insert("status".to_owned(), json!(status));
        let told = format!("{} {}", reason.name(), format_time(at));
        body.customs.insert(field.name, json!(told));
        Ok(body)
    }

    async fn require_link_field(&mut self) -> Result<(), TargetFault> {
        let name = &self.own.id_field;
        let lists = &mut self.memory.lists;
        lists.find_or_make_field(self.client, name, FieldUse::DeviceId).await?;
        Ok(())
    }

    async fn find_platform(&mut self, body: &mut RowBody) -> Result<(), TargetFault> {
        let platform = match body.platform.take() {
            None => return Ok(()),
            Some(None) => Value::Null,
            Some(Some(name)) => {
                let lists = &mut self.memory.lists;
                let row = lists.find_or_make_name(self.client, NameKind::Platform, &name).await?;
                json!(row.id)
            }
        };
        body.parts.insert("platform".to_owned(), platform);
        Ok(())
    }

    fn make_row(&mut self, place: usize, key: DeviceKey, id: Option<u64>, body: RowBody) -> SentRow {
        let mut body = body.into_row();
        let other_name = self.choose_name(&mut body, key.device, id.is_none());
        SentRow {
            place,
            key,
            id,
            body,
            other_name,
        }
    }

    /// Whoever comes second with a name gets it with an end; what is left if the name is refused.
    fn choose_name(&mut self, body: &mut Map<String, Value>, device: DeviceId, is_new: bool) -> Option<String> {
        let name = body.get("name").and_then(Value::as_str)?.to_owned();
        let other = make_other_name(&name, device);
        let is_taken = is_new && self.memory.names.is_taken(&name);
        if self.wanted.take_name(&name) && !is_taken {
            return Some(other);
        }
        body.insert("name".to_owned(), json!(other));
        None
    }
}

/// Whether our id alone is to be written. A mapping that has it says so; one that has not may mean it wherever nothing
/// differs.
fn is_link_due(change: &RecordChange<'_>) -> bool {
    !change.all.contains_key(LINK_FIELD) || change.values.contains_key(LINK_FIELD)
}
