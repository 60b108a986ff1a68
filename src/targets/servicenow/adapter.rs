//! The trait of adapters for ServiceNow: each call is handed to the file that does it.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, mpsc};

use super::ci_row::CiRow;
use super::client::ServiceNowClient;
use super::field_table::{KNOWN_FIELDS, LINK_FIELD};
use super::list_position::ListPosition;
use super::names_read::KnownTables;
use super::profile::PROFILE;
use super::search::CiReader;
use super::verify::ConnectionProof;
use crate::config::ServiceNowSettings;
use crate::contract::CheckStep;
use crate::targets::{
    FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, TargetAdapter, TargetFault,
    TargetField, TargetFuture, TargetRecord, WriteDone,
};

/// Columns that people added begin so.
const CUSTOM: &str = "u_";

pub(super) struct ServiceNowAdapter {
    pub client: ServiceNowClient,
    pub own: ServiceNowSettings,
    pub assign_users: bool,
    pub known: Mutex<KnownTables>,
}

impl ServiceNowAdapter {
    pub(super) fn reader(&self) -> CiReader<'_> {
        CiReader {
            client: &self.client,
            own: &self.own,
        }
    }

    /// Those that are known, and those that a CI shows.
    async fn offer_fields(&self) -> Result<Vec<TargetField>, TargetFault> {
        let known = KNOWN_FIELDS.iter().map(|field| TargetField {
            name: field.name.to_owned(),
            label: field.label.to_owned(),
            custom: false,
            writable: field.name != LINK_FIELD,
            known_values: Vec::new(),
        });
        let mut fields: Vec<TargetField> = known.collect();
        let mut seen = BTreeSet::new();
        for table in [&self.own.root_table, &self.own.default_class] {
            seen.extend(self.reader().list_columns(table).await?);
        }
        let is_known =
            |name: &String| KNOWN_FIELDS.iter().any(|field| field.name == name) || *name == self.own.id_field;
        fields.extend(seen.into_iter().filter(|name| !is_known(name)).map(|name| TargetField {
            label: name.clone(),
            custom: name.starts_with(CUSTOM),
            writable: true,
            known_values: Vec::new(),
            name,
        }));
        Ok(fields)
    }

    async fn find_cis(&self, search: RecordSearch<'_>) -> Result<Vec<TargetRecord>, TargetFault> {
        let reader = self.reader();
        let rows = match search {
            RecordSearch::Device(device) => {
                let id = device.key.device.to_string();
                reader.find_by_column(&self.own.id_field, &id).await?
            }
            RecordSearch::Serial(serial) => {
                let column = super::field_table::SERIAL_FIELD;
                reader.find_by_column(column, serial).await?
            }
        };
        let mut known = self.known.lock().await;
        for row in &rows {
            known.note_class(&row.record_id(), &row.class);
        }
        Ok(rows.iter().map(|row| row.to_record(&self.own)).collect())
    }

    /// In the table of its class, which is kept for the next time.
    async fn read_ci(&self, id: &RecordId) -> Result<Option<CiRow>, TargetFault> {
        let class = {
            let mut known = self.known.lock().await;
            let class = known.class_of(id).map(str::to_owned);
            // Where its table can't be read any more, the next time asks for all classes.
            known.forget_record(id);
            class
        };
        let row = self.reader().read_row(id, class.as_deref()).await?;
        let mut known = self.known.lock().await;
        if let Some(row) = row.as_ref().filter(|row| !row.class.is_empty()) {
            known.note_class(id, &row.class);
        }
        Ok(row)
    }

    async fn list_cis(&self, page: Option<String>) -> Result<RecordPage, TargetFault> {
        let position = match page {
            None => ListPosition::default(),
            Some(text) => text.parse::<ListPosition>().map_err(|()| TargetFault::Unreadable {
                problem: "there is no such page of the list of CIs".to_owned(),
            })?,
        };
        let (rows, next) = self.reader().read_page(&position).await?;
        Ok(RecordPage {
            records: rows.iter().map(|row| row.summarise(&self.own)).collect(),
            next: next.map(|position| position.to_string()),
        })
    }
}

impl TargetAdapter for ServiceNowAdapter {
    fn profile(&self) -> &KindProfile {
        &PROFILE
    }

    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>> {
        Box::pin(self.offer_fields())
    }

    /// Columns are made by their owner.
    fn make_fields<'a>(&'a self, names: &'a [String]) -> TargetFuture<'a, Vec<String>> {
        Box::pin(async move {
            let there = self.offer_fields().await?;
            let is_missing = |name: &&String| there.iter().all(|field| field.name != **name);
            Ok(names.iter().filter(is_missing).cloned().collect())
        })
    }

    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>> {
        Box::pin(self.find_cis(search))
    }

    fn list_records(&self, page: Option<String>) -> TargetFuture<'_, RecordPage> {
        Box::pin(self.list_cis(page))
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        Box::pin(async move {
            let row = self.read_ci(id).await?;
            Ok(row.map(|row| row.to_record(&self.own)))
        })
    }

    fn find_user<'a>(&'a self, user: &'a str) -> TargetFuture<'a, Option<String>> {
        Box::pin(async move { self.reader().find_user(user).await })
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        Box::pin(self.write_pages(writes))
    }

    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()> {
        Box::pin(self.put_values(id, values))
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
