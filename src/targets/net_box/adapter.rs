//! The trait of adapters for NetBox: each call is handed to the file that does it.

use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use super::answer::NetBoxTrouble;
use super::body::{build_body, clean_text};
use super::client::{NetBoxClient, PAGE_ROWS, bare_token};
use super::field_table::{BUILT_IN, LINK_FIELD, SERIAL_FIELD, STATUSES, StandardKind};
use super::known_names::WantedNames;
use super::list_rows::read_list;
use super::memory::NetBoxMemory;
use super::name_lists::{FieldUse, NameKind, is_custom_name};
use super::page_rows::{PlannedRow, RowPlanner, SentRow};
use super::page_writer::{PageWriter, WriteResult, unsent_fault};
use super::profile::PROFILE;
use super::search::{DevicePlace, device_number};
use super::token_end::find_token_end;
use super::verify::NetBoxProof;
use crate::config::NetBoxSettings;
use crate::contract::CheckStep;
use crate::targets::{
    FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, SignInEnd, TargetAdapter, TargetFault,
    TargetField, TargetFuture, TargetRecord, WriteDone,
};

/// Kinds of custom fields whose values a mapping can write.
const WRITABLE: [&str; 9] = [
    "text", "longtext", "integer", "decimal", "boolean", "date", "datetime", "url", "select",
];
/// Devices whose tags are remembered, between the look and the write of a revert.
const TAGS_MAX: usize = 1_000;

pub(super) struct NetBoxAdapter {
    pub client: NetBoxClient,
    pub own: NetBoxSettings,
    pub memory: Mutex<NetBoxMemory>,
}

/// Rows of one call, by what is done with them.
#[derive(Default)]
struct SortedRows {
    new: Vec<SentRow>,
    changed: Vec<SentRow>,
    deleted: Vec<(usize, u64)>,
}

impl NetBoxAdapter {
    async fn offer_fields(&self) -> Result<Vec<TargetField>, TargetFault> {
        let fields = self.memory.lock().await.lists.device_fields(&self.client).await?;
        let built_in = BUILT_IN.iter().map(|field| TargetField {
            name: field.name.to_owned(),
            label: field.label.to_owned(),
            custom: false,
            writable: true,
            known_values: match field.kind {
                StandardKind::Status => STATUSES.map(str::to_owned).to_vec(),
                _ => Vec::new(),
            },
        });
        let custom = fields.iter().filter(|field| is_custom_name(&field.name));
        let custom = custom.map(|field| TargetField {
            name: field.name.clone(),
            label: field.label.clone(),
            custom: true,
            writable: field.name != self.own.id_field && WRITABLE.contains(&field.kind.as_str()),
            known_values: Vec::new(),
        });
        Ok(built_in.chain(custom).collect())
    }

    /// Makes what is missing, with the custom field of our id.
    async fn make_missing(&self, names: &[String]) -> Result<Vec<String>, TargetFault> {
        let lists = &mut self.memory.lock().await.lists;
        let mut missing = Vec::new();
        let wanted = names.iter().filter(|name| is_custom_name(name));
        let wanted = wanted.map(|name| (name, FieldUse::Value));
        for (name, use_as) in std::iter::once((&self.own.id_field, FieldUse::DeviceId)).chain(wanted) {
            match lists.find_or_make_field(&self.client, name, use_as).await {
                Ok(_) => (),
                // The right is missing, or NetBox takes no such name: their owner makes them.
                Err(TargetFault::Misconfigured { .. }) => missing.push(name.clone()),
                Err(fault) => return Err(fault),
            }
        }
        Ok(missing)
    }

    async fn find_devices(&self, search: RecordSearch<'_>) -> Result<Vec<TargetRecord>, TargetFault> {
        let lists = &mut self.memory.lock().await.lists;
        let id_field = &self.own.id_field;
        let rows = match search {
            RecordSearch::Device(device) => match lists.find_field(&self.client, id_field).await? {
                Some(_) => self.client.find_by_device(id_field, device.key.device).await?,
                // A filter by a field that is not there would be left out, and find everything.
                None => Vec::new(),
            },
            RecordSearch::Serial(serial) => self.client.find_by_serial(serial).await?,
        };
        let fields = lists.device_fields(&self.client).await?;
        Ok(rows.iter().map(|row| row.to_record(&fields, &self.own)).collect())
    }

    async fn list_devices(&self, page: Option<String>) -> Result<RecordPage, TargetFault> {
        let place = match page {
            None => DevicePlace::default(),
            Some(text) => text.parse::<DevicePlace>().map_err(|()| TargetFault::Unreadable {
                problem: "there is no such page of the list of devices".to_owned(),
            })?,
        };
        let (rows, next) = self.client.read_page(place).await?;
        let names = &mut self.memory.lock().await.names;
        for row in &rows {
            names.note_name(row.id, row.name_in_site(&self.own.site));
        }
        Ok(RecordPage {
            records: rows.iter().map(|row| row.summarise(&self.own)).collect(),
            next: next.map(|place| place.to_string()),
        })
    }

    async fn read_device(&self, id: &RecordId) -> Result<Option<TargetRecord>, TargetFault> {
        let memory = &mut *self.memory.lock().await;
        let fields = memory.lists.device_fields(&self.client).await?;
        let Some((row, tag)) = self.client.read_row(id).await? else {
            return Ok(None);
        };
        if memory.tags.len() >= TAGS_MAX {
            memory.tags.clear();
        }
        match tag {
            Some(tag) => memory.tags.insert(row.id, tag),
            None => memory.tags.remove(&row.id),
        };
        Ok(Some(row.to_record(&fields, &self.own)))
    }

    /// Plans all rows before anything is sent; a name that can't be made stops all.
    async fn plan_rows(
        &self,
        memory: &mut NetBoxMemory,
        writes: &[PlannedWrite],
        results: &mut [Option<WriteResult>],
    ) -> Result<SortedRows, TargetFault> {
        let mut planner = RowPlanner {
            client: &self.client,
            own: &self.own,
            memory,
            wanted: WantedNames::default(),
        };
        let mut sorted = SortedRows::default();
        for (place, write) in writes.iter().enumerate() {
            match planner.plan_row(place, write).await {
                Ok(PlannedRow::Row(row)) if row.id.is_none() => sorted.new.push(row),
                Ok(PlannedRow::Row(row)) => sorted.changed.push(row),
                Ok(PlannedRow::Delete(id)) => sorted.deleted.push((place, id)),
                Ok(PlannedRow::Done(record)) => results[place] = Some(Ok(WriteDone { record })),
                Err(fault) if fault.concerns_record() => results[place] = Some(Err(fault)),
                Err(fault) => return Err(fault),
            }
        }
        Ok(sorted)
    }

    async fn write_all(&self, writes: &[PlannedWrite]) -> Vec<WriteResult> {
        let memory = &mut *self.memory.lock().await;
        let mut results: Vec<Option<WriteResult>> = vec![None; writes.len()];
        let rows = match self.plan_rows(memory, writes, &mut results).await {
            Ok(rows) => rows,
            // No device was sent.
            Err(fault) => {
                memory.lists.forget_fields();
                return vec![Err(unsent_fault(&fault)); writes.len()];
            }
        };
        let mut writer = PageWriter {
            client: &self.client,
            own: &self.own,
            memory,
            results,
            stopped: None,
            has_fields: false,
        };
        writer.write_rows(rows.changed).await;
        writer.write_rows(rows.new).await;
        for (place, id) in rows.deleted {
            writer.delete_device(place, id).await;
        }
        let untold = || TargetFault::Unreadable {
            problem: "the answer of NetBox leaves a write out".to_owned(),
        };
        let told = writer.results.into_iter();
        told.map(|result| result.unwrap_or_else(|| Err(untold()))).collect()
    }

    /// What is refused is not looked into: the right to view one's own tokens is nobody's need.
    async fn ask_token_end(&self) -> SignInEnd {
        let query = [("limit", PAGE_ROWS), ("fields", "display,expires")];
        let Ok(answer) = self.client.read(&["users", "tokens"], &query).await else {
            return SignInEnd::Untold;
        };
        let token = bare_token(self.own.token.expose_secret());
        read_list(answer).map_or(SignInEnd::Untold, |list| find_token_end(&list.rows, token))
    }

    /// Values from before are put back, if nobody has changed the device since it was looked at. Types and platforms have to
    /// be there still.
    async fn put_back_values(&self, record: &RecordId, values: &FieldValues) -> Result<(), TargetFault> {
        let id = device_number(record).ok_or(TargetFault::NotThere)?;
        let memory = &mut *self.memory.lock().await;
        let fields = memory.lists.device_fields(&self.client).await?;
        let mut body = build_body(values, values, &fields, &self.own.id_field)?;
        if let Some(serial) = values.get(SERIAL_FIELD) {
            // Also one that tells no device from another, if it stood there before.
            let serial = clean_text(serial).unwrap_or_default();
            body.parts.insert(SERIAL_FIELD.to_owned(), Value::String(serial));
        }
        if let Some(wish) = body.device_type.take() {
            let device_type = memory.lists.find_type(&self.client, &wish).await?;
            let device_type = device_type
                .ok_or_else(|| explain_lost("model", "the device type from before is not in NetBox any more"))?;
            body.parts.insert("device_type".to_owned(), json!(device_type));
        }
        if let Some(platform) = body.platform.take() {
            let platform = match platform {
                None => Value::Null,
                Some(name) => {
                    let row = memory.lists.find_name(&self.client, NameKind::Platform, &name).await?;
                    json!(
                        row.ok_or_else(|| explain_lost(
                            "platform",
                            "the platform from before is not in NetBox any more"
                        ))?
                        .id
                    )
                }
            };
            body.parts.insert("platform".to_owned(), platform);
        }
        if let Some(link) = values.get(LINK_FIELD) {
            let link = clean_text(link).map_or(Value::Null, Value::String);
            body.customs.insert(self.own.id_field.clone(), link);
        }
        if body.is_empty() {
            return Ok(());
        }
        let tag = memory.tags.remove(&id);
        let (number, row) = (id.to_string(), Value::Object(body.into_row()));
        let path = ["dcim", "devices", &number];
        match self.client.change_unchanged(&path, &row, tag.as_deref()).await {
            Ok(_) => Ok(()),
            Err(NetBoxTrouble::Missing) => {
                self.client.confirm_missing().await?;
                Err(TargetFault::NotThere)
            }
            Err(trouble) => Err(self.client.explain(trouble, "PATCH dcim/devices").await),
        }
    }
}

fn explain_lost(field: &str, problem: &str) -> TargetFault {
    TargetFault::Refused {
        problem: problem.to_owned(),
        field: Some(field.to_owned()),
    }
}

impl TargetAdapter for NetBoxAdapter {
    fn profile(&self) -> &KindProfile {
        &PROFILE
    }

    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>> {
        Box::pin(self.offer_fields())
    }

    fn make_fields<'a>(&'a self, names: &'a [String]) -> TargetFuture<'a, Vec<String>> {
        Box::pin(self.make_missing(names))
    }

    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>> {
        Box::pin(self.find_devices(search))
    }

    fn list_records(&self, page: Option<String>) -> TargetFuture<'_, RecordPage> {
        Box::pin(self.list_devices(page))
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        Box::pin(self.read_device(id))
    }

    /// A device of NetBox has no owner: the mapping writes the user as a text.
    fn find_user<'a>(&'a self, _user: &'a str) -> TargetFuture<'a, Option<String>> {
        Box::pin(async { Ok(None) })
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        Box::pin(self.write_all(writes))
    }

    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()> {
        Box::pin(self.put_back_values(id, values))
    }

    fn read_sign_in_end(&self) -> BoxFuture<'_, SignInEnd> {
        Box::pin(self.ask_token_end())
    }

    fn verify_connection<'a>(&'a self, steps: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()> {
        let proof = NetBoxProof {
            client: &self.client,
            own: &self.own,
            steps,
        };
        Box::pin(proof.run())
    }
}
