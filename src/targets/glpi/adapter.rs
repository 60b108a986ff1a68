//! The trait of adapters for GLPI: each call is handed to the file that does it.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::client::GlpiClient;
use super::fields::FIELDS;
use super::inventory::require_glpi_field;
use super::profile::PROFILE;
use super::record_name::{RecordName, RecordPlace, find_device};
use super::verify::verify_glpi;
use super::write::{ItemChange, ItemWriter};
use crate::config::{GlpiSettings, NoSerialRule};
use crate::contract::CheckStep;
use crate::targets::{
    FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, RecordState, SourceDevice,
    TargetAdapter, TargetFault, TargetField, TargetFuture, TargetRecord, WriteDone,
};

pub(super) struct GlpiAdapter {
    pub client: GlpiClient,
    pub own: GlpiSettings,
    pub assign_users: bool,
}

impl GlpiAdapter {
    fn writer(&self) -> ItemWriter<'_> {
        ItemWriter {
            client: &self.client,
            own: &self.own,
        }
    }

    async fn write_one(&self, write: &PlannedWrite) -> Result<WriteDone, TargetFault> {
        let writer = self.writer();
        let record = match write {
            PlannedWrite::Create {
                device,
                values,
                class_name,
                user,
                ..
            } => writer.create(device, values, class_name, user).await?,
            PlannedWrite::Update {
                device,
                record,
                values,
                all,
                restore,
                lacks_id,
                user,
                ..
            } => {
                let change = ItemChange {
                    device,
                    record,
                    values,
                    all,
                    restore: *restore,
                    lacks_id: *lacks_id,
                    user,
                };
                writer.update(change).await?
            }
            PlannedWrite::Retire {
                key, record, action, ..
            } => writer.retire(*key, record, *action).await?,
        };
        Ok(WriteDone { record })
    }

    async fn write_all(&self, writes: &[PlannedWrite]) -> Vec<Result<WriteDone, TargetFault>> {
        let mut results: Vec<Result<WriteDone, TargetFault>> = Vec::with_capacity(writes.len());
        let mut stopped = None::<TargetFault>;
        for write in writes {
            // What stops one stops all behind it; they were not sent.
            let result = match &stopped {
                Some(TargetFault::LostAnswer { problem }) => Err(TargetFault::Unavailable {
                    problem: problem.clone(),
                }),
                Some(fault) => Err(fault.clone()),
                None => self.write_one(write).await,
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
    }

    /// Without the high-level API nobody can be asked: the rules of GLPI find by serial number themselves.
    async fn find_assets(&self, search: RecordSearch<'_>) -> Result<Vec<TargetRecord>, TargetFault> {
        if !self.client.has_api() {
            return Ok(Vec::new());
        }
        match search {
            RecordSearch::Device(device) => self.find_by_device(device).await,
            RecordSearch::Serial(serial) => {
                let rows = self.client.find_by_serial(serial).await?;
                Ok(rows.iter().map(|row| row.to_record(None, &self.own)).collect())
            }
        }
    }

    async fn find_by_device(&self, device: &SourceDevice) -> Result<Vec<TargetRecord>, TargetFault> {
        let agents = self.client.find_agents(device.key.device).await?;
        let mut found = Vec::new();
        for agent in agents.into_iter().flatten() {
            let Some((item_type, id)) = agent.item else { continue };
            let row = self.client.read_item(item_type, id).await?;
            found.extend(row.map(|row| row.to_record(Some(device.key.device), &self.own)));
        }
        Ok(found)
    }

    async fn read_one(&self, id: &RecordId) -> Result<Option<TargetRecord>, TargetFault> {
        let Some(name) = RecordName::read(id) else {
            return Ok(None);
        };
        if !self.client.has_api() {
            return Ok(Some(unread_record(id, &name)));
        }
        let Some((item_type, number)) = self.client.resolve_record(&name).await? else {
            return Ok(None);
        };
        let Some(row) = self.client.read_item(item_type, number).await? else {
            return Ok(None);
        };
        let agent = self.client.find_agent_of(item_type, number).await?;
        let device = agent.and_then(|agent| find_device(&agent.agent));
        Ok(Some(row.to_record(device, &self.own)))
    }

    /// Without a look at its agent, which only says whose it is.
    async fn read_item_values(&self, id: &RecordId) -> Result<Option<FieldValues>, TargetFault> {
        let Some(name) = RecordName::read(id) else {
            return Ok(None);
        };
        if !self.client.has_api() {
            return Ok(Some(FieldValues::new()));
        }
        let Some((item_type, number)) = self.client.resolve_record(&name).await? else {
            return Ok(None);
        };
        let row = self.client.read_item(item_type, number).await?;
        Ok(row.map(|row| row.to_record(None, &self.own).values))
    }

    /// Where nobody can be asked about a user, GLPI itself looks for the login name.
    async fn find_user_of(&self, user: &str) -> Result<Option<String>, TargetFault> {
        if !self.client.has_api() {
            return Ok(Some(user.to_owned()));
        }
        let found = self.client.find_user_id(user).await?;
        Ok(found.map(|id| id.to_string()))
    }
}

/// A record of which nothing is known but that it was written.
fn unread_record(id: &RecordId, name: &RecordName) -> TargetRecord {
    let device = match &name.place {
        RecordPlace::Agent(agent) => find_device(agent),
        RecordPlace::Number(_) => None,
    };
    TargetRecord {
        id: id.clone(),
        device,
        serial: None,
        name: None,
        state: RecordState::Active,
        user: None,
        values: FieldValues::new(),
        synced_by_others: false,
    }
}

impl TargetAdapter for GlpiAdapter {
    fn profile(&self) -> &KindProfile {
        &PROFILE
    }

    /// Where nobody can be asked whether the name is free, it may be another device's.
    fn merges_by_name(&self, device: &SourceDevice) -> bool {
        let is_held = self.own.no_serial == NoSerialRule::Hold || !self.client.has_api();
        is_held && device.usable_serial().is_none()
    }

    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>> {
        let fields = FIELDS.iter().map(|field| TargetField {
            name: field.name.to_owned(),
            label: field.label.to_owned(),
            custom: false,
            writable: true,
            known_values: Vec::new(),
        });
        let fields: Vec<TargetField> = fields.collect();
        async move { Ok(fields) }.boxed()
    }

    fn check_field(&self, name: &str) -> Result<(), TargetFault> {
        require_glpi_field(name).map(drop)
    }

    /// An inventory has the fields of its schema, and no others.
    fn make_fields<'a>(&'a self, names: &'a [String]) -> TargetFuture<'a, Vec<String>> {
        async move { Ok(names.to_vec()) }.boxed()
    }

    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>> {
        self.find_assets(search).boxed()
    }

    fn list_records(&self, _: Option<String>) -> TargetFuture<'_, RecordPage> {
        async { Ok(RecordPage::default()) }.boxed()
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        self.read_one(id).boxed()
    }

    fn read_values<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<FieldValues>> {
        self.read_item_values(id).boxed()
    }

    fn find_user<'a>(&'a self, user: &'a str) -> TargetFuture<'a, Option<String>> {
        self.find_user_of(user).boxed()
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        self.write_all(writes).boxed()
    }

    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()> {
        async move {
            if !self.client.has_api() {
                return Err(TargetFault::Misconfigured {
                    problem: "what GLPI has can be read by its high-level API only, and no user for it is set"
                        .to_owned(),
                    advice: "set `client_id`, `client_secret`, `user` and `password` (GLPI 11)".to_owned(),
                });
            }
            self.writer().put_back(id, values).await
        }
        .boxed()
    }

    fn verify_connection<'a>(&'a self, steps: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()> {
        verify_glpi(&self.client, &self.own, self.assign_users, steps).boxed()
    }
}
