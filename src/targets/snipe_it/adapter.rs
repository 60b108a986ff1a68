//! The trait of adapters for Snipe-IT: each call is handed to the file that does it.

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

use super::asset_row::AssetRow;
use super::client::SnipeClient;
use super::failing_assets::{FailingAssets, blame_asset};
use super::field_table::{BUILT_IN, BuiltInKind};
use super::list_place::ListPlace;
use super::list_rows::{CustomField, find_field};
use super::name_lists::NameLists;
use super::profile::PROFILE;
use super::search::KnownUsers;
use super::verify::ConnectionProof;
use super::write::{AssetChange, AssetWriter};
use crate::config::SnipeItSettings;
use crate::contract::CheckStep;
use crate::targets::{
    FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, TargetAdapter, TargetFault,
    TargetField, TargetFuture, TargetRecord, WriteDone,
};

pub(super) struct SnipeAdapter {
    pub client: SnipeClient,
    pub own: SnipeItSettings,
    pub assign_users: bool,
    pub lists: Mutex<NameLists>,
    pub users: Mutex<KnownUsers>,
    pub failing: Mutex<FailingAssets>,
}

impl SnipeAdapter {
    /// All custom fields, and the column of our id.
    async fn read_fields(&self) -> Result<(Vec<CustomField>, Option<String>), TargetFault> {
        let mut lists = self.lists.lock().await;
        let fields = lists.custom_fields(&self.client).await?.to_vec();
        let id_column = find_field(&fields, &self.own.id_field).map(|field| field.column.clone());
        Ok((fields, id_column))
    }

    async fn write_one(&self, write: &PlannedWrite) -> Result<WriteDone, TargetFault> {
        let mut lists = self.lists.lock().await;
        let mut writer = AssetWriter {
            client: &self.client,
            own: &self.own,
            lists: &mut lists,
        };
        let result = match write {
            PlannedWrite::Create {
                device,
                values,
                class_name,
                user,
                ..
            } => writer.create(device, values, class_name, user).await,
            PlannedWrite::Update {
                device,
                record,
                values,
                all,
                restore,
                class_name,
                user,
                ..
            } => {
                let change = AssetChange {
                    device,
                    record,
                    values,
                    all,
                    restore: *restore,
                    class_name,
                    user,
                };
                writer.update(change).await
            }
            PlannedWrite::Retire {
                record,
                action,
                reason,
                at,
                ..
            } => writer.retire(record, *action, *reason, *at).await,
        };
        if let Err(TargetFault::Refused { field: Some(field), .. }) = &result {
            // What was known of it may be gone.
            match field.as_str() {
                "model_id" | "status_id" | "company_id" => lists.forget_all(),
                "assigned_user" | "user" => self.users.lock().await.forget(),
                _ => (),
            }
        }
        result
    }

    /// Writes one; an asset that fails alone is refused, and holds up nobody.
    async fn write_or_blame(&self, write: &PlannedWrite) -> Result<WriteDone, TargetFault> {
        let result = self.write_one(write).await;
        let (key, now) = (write.device_key(), Instant::now());
        let is_suspect = self.failing.lock().await.note_end(key, result.as_ref().err(), now);
        let Err(fault) = result else { return result };
        if !is_suspect || !self.is_well().await {
            return Err(fault);
        }
        let refused = blame_asset(&fault);
        self.failing.lock().await.note_end(key, Some(&refused), now);
        Err(refused)
    }

    /// Whether it answers what costs it little.
    async fn is_well(&self) -> bool {
        let query = [("limit", "1"), ("sort", "id"), ("order", "asc")];
        self.client.read(&["statuslabels"], &query).await.is_ok()
    }

    async fn offer_fields(&self) -> Result<Vec<TargetField>, TargetFault> {
        let mut lists = self.lists.lock().await;
        let labels = lists.label_names(&self.client).await?;
        let fields = lists.custom_fields(&self.client).await?;
        let built_in = BUILT_IN.iter().map(|field| TargetField {
            name: field.name.to_owned(),
            label: field.label.to_owned(),
            custom: false,
            writable: true,
            known_values: match field.kind {
                BuiltInKind::Status => labels.clone(),
                _ => Vec::new(),
            },
        });
        let custom = fields.iter().map(|field| TargetField {
            name: field.label.clone(),
            label: field.label.clone(),
            custom: true,
            writable: field.label != self.own.id_field,
            known_values: field.values.clone(),
        });
        Ok(built_in.chain(custom).collect())
    }

    /// Makes what is missing, with the custom field of our id, and lets the fieldset of new models show it.
    async fn make_missing(&self, names: &[String]) -> Result<Vec<String>, TargetFault> {
        let mut lists = self.lists.lock().await;
        lists.custom_fields(&self.client).await?;
        let is_built_in = |name: &&str| BUILT_IN.iter().any(|field| field.name == *name);
        let wanted = names.iter().map(String::as_str).filter(|name| !is_built_in(name));
        let (mut columns, mut missing) = (Vec::new(), Vec::new());
        for name in std::iter::once(self.own.id_field.as_str()).chain(wanted) {
            match lists.make_field(&self.client, name).await {
                Ok((field, _)) => columns.push(field.column),
                // The right is missing: their owner makes them.
                Err(TargetFault::Misconfigured { .. }) => missing.push(name.to_owned()),
                Err(fault) => return Err(fault),
            }
        }
        if !missing.contains(&self.own.id_field) {
            let home = lists.home_fieldset(&self.client, &self.own.id_field).await?;
            lists.show_columns(&self.client, home, &columns).await?;
        }
        Ok(missing)
    }

    async fn find_assets(&self, search: RecordSearch<'_>) -> Result<Vec<TargetRecord>, TargetFault> {
        let (fields, id_column) = self.read_fields().await?;
        let rows: Vec<AssetRow> = match (search, &id_column) {
            (RecordSearch::Device(device), Some(column)) => {
                let id = device.key.device.to_string();
                self.client.find_by_column(column, &id).await?
            }
            (RecordSearch::Device(_), None) => Vec::new(),
            (RecordSearch::Serial(serial), _) => self.client.find_by_serial(serial).await?,
        };
        let by_others = self.own.built_in_sync;
        let records = rows
            .iter()
            .map(|row| row.to_record(&fields, id_column.as_deref(), by_others));
        Ok(records.collect())
    }

    async fn list_assets(&self, page: Option<String>) -> Result<RecordPage, TargetFault> {
        let place = match page {
            None => ListPlace::START,
            Some(text) => text.parse::<ListPlace>().map_err(|()| TargetFault::Unreadable {
                problem: "there is no such page of the list of assets".to_owned(),
            })?,
        };
        let (_, id_column) = self.read_fields().await?;
        let (rows, next) = self.client.read_page(place).await?;
        Ok(RecordPage {
            records: rows.iter().map(|row| row.summarise(id_column.as_deref())).collect(),
            next: next.map(|place| place.to_string()),
        })
    }

    async fn read_asset(&self, id: &RecordId) -> Result<Option<TargetRecord>, TargetFault> {
        let (fields, id_column) = self.read_fields().await?;
        let row = self.client.read_row(id).await?;
        Ok(row.map(|row| row.to_record(&fields, id_column.as_deref(), self.own.built_in_sync)))
    }
}

impl TargetAdapter for SnipeAdapter {
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
        Box::pin(self.find_assets(search))
    }

    fn list_records(&self, page: Option<String>) -> TargetFuture<'_, RecordPage> {
        Box::pin(self.list_assets(page))
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        Box::pin(self.read_asset(id))
    }

    fn find_user<'a>(&'a self, user: &'a str) -> TargetFuture<'a, Option<String>> {
        Box::pin(async move {
            let found = self.users.lock().await.find_user(&self.client, user).await?;
            Ok(found.map(|id| id.to_string()))
        })
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        Box::pin(async move {
            let mut results: Vec<Result<WriteDone, TargetFault>> = Vec::with_capacity(writes.len());
            let mut stopped = None::<TargetFault>;
            for write in writes {
                // What stops one stops all behind it; they were not sent.
                let result = match &stopped {
                    Some(TargetFault::LostAnswer { problem }) => Err(TargetFault::Unavailable {
                        problem: problem.clone(),
                    }),
                    Some(fault) => Err(fault.clone()),
                    None => self.write_or_blame(write).await,
                };
                if let Err(fault) = &result
                    && !fault.concerns_record()
                    && stopped.is_none()
                {
                    stopped = Some(fault.clone());
                }
                results.push(result);
            }
            results
        })
    }

    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()> {
        Box::pin(async move {
            let mut lists = self.lists.lock().await;
            let mut writer = AssetWriter {
                client: &self.client,
                own: &self.own,
                lists: &mut lists,
            };
            writer.put_back(id, values).await
        })
    }

    fn verify_connection<'a>(&'a self, steps: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()> {
        let proof = ConnectionProof {
            client: &self.client,
            own: &self.own,
            assign_users: self.assign_users,
            steps,
        };
        Box::pin(proof.run())
    }
}
