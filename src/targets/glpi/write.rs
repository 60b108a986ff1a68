//! Writing one device: an inventory, and by the high-level API what no inventory can say (user, state, trash).
//!
//! *A new device.* GLPI takes it for the one that has its serial number, else for the one that has its *name*. So where the name
//! is not known to be free, it is sent under a name of its own first, and then under the right one, by its serial number; without
//! a usable serial number it is refused. Afterwards its agent is read: GLPI says "ok" also of what its rules refuse.
//!
//! *A known one* costs one inventory. Its user is one request of the high-level API, alone where nothing else has changed. Its
//! serial number is changed by that before, or the inventory would not find it.
//!
//! *What has gone* gets a state or goes to the trash, and no inventory is sent for it: that would take it out of there.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::answer::{InventoryTrouble, RequestEffect};
use super::client::GlpiClient;
use super::fields::{NAME, SERIAL};
use super::inventory::{GlpiInventory, choose_name, make_own_name, serial_in};
use super::record_name::{ItemType, RecordName, agent_record, find_device, make_agent_id, numbered_record};
use super::rows::{filter_by, is_same_text};
use super::user_part::plan_user;
use crate::config::GlpiSettings;
use crate::contract::RetireAction;
use crate::targets::{DeviceKey, FieldValues, RecordId, SourceDevice, TargetFault, UserChange};

pub(super) struct ItemWriter<'a> {
    pub client: &'a GlpiClient,
    pub own: &'a GlpiSettings,
}

/// A change of a record.
pub(super) struct ItemChange<'a> {
    pub device: &'a SourceDevice,
    pub record: &'a RecordId,
    pub values: &'a FieldValues,
    pub all: &'a FieldValues,
    pub restore: bool,
    /// Whether its agent may not lead to the record yet, which only an inventory makes it do.
    pub lacks_id: bool,
    pub user: &'a UserChange,
}

impl ItemWriter<'_> {
    pub(super) async fn create(
        &self,
        device: &SourceDevice,
        values: &FieldValues,
        class_name: &str,
        user: &UserChange,
    ) -> Result<RecordId, TargetFault> {
        let item_type = ItemType::find(class_name).unwrap_or(ItemType::Computer);
        let agent = make_agent_id(device.key.device);
        let serial = serial_in(values).or_else(|| device.usable_serial().map(str::to_owned));
        let name = choose_name(values, serial.as_deref(), &agent);
        let user = plan_user(user);
        let is_free = self.is_name_free(item_type, &name, serial.as_deref()).await?;
        let whole = GlpiInventory {
            agent: &agent,
            item_type,
            values,
            changed: None,
            name: &name,
            serial: serial.as_deref(),
            login: user.login(),
            tag: self.own.tag.as_deref(),
        };
        if is_free {
            self.send(&whole, RequestEffect::Create).await?;
        } else if serial.is_some() {
            let own_name = make_own_name(&name, &agent);
            let first = GlpiInventory {
                name: &own_name,
                ..whole
            };
            self.send(&first, RequestEffect::Create).await?;
            let (values, nothing) = (FieldValues::new(), FieldValues::new());
            let second = GlpiInventory {
                values: &values,
                changed: Some(&nothing),
                name: &name,
                login: None,
                ..first
            };
            self.send(&second, RequestEffect::Repeat).await?;
        } else {
            return Err(merged_by_name());
        }
        if !self.client.has_api() {
            return Ok(agent_record(item_type, &agent));
        }
        let (item_type, id) = self.find_made(device, serial.as_deref()).await?;
        self.finish(item_type, id, user.body()).await?;
        Ok(numbered_record(item_type, id))
    }

    /// Whether the name is known to be free; where nobody can be asked, none is. A serial number that another record has is
    /// refused: GLPI would write into that one, whatever a person has decided here.
    async fn is_name_free(&self, item_type: ItemType, name: &str, serial: Option<&str>) -> Result<bool, TargetFault> {
        if !self.client.has_api() {
            return Ok(false);
        }
        let found = self.client.find_rivals(item_type, name, serial).await?;
        let has = |own: &Option<String>, text: &str| own.as_deref().is_some_and(|own| is_same_text(own, text));
        if serial.is_some_and(|serial| found.iter().any(|row| has(&row.serial, serial))) {
            return Err(TargetFault::Refused {
                problem: "another record of GLPI has its serial number, and GLPI would write into that one".to_owned(),
                field: Some(SERIAL.to_owned()),
            });
        }
        Ok(filter_by("name", name).is_some() && !found.iter().any(|row| has(&row.name, name)))
    }

    /// What became of an inventory that GLPI has taken.
    async fn find_made(&self, device: &SourceDevice, serial: Option<&str>) -> Result<(ItemType, u64), TargetFault> {
        let found = match self.client.find_agents(device.key.device).await? {
            Some(agents) => agents.iter().find_map(|row| row.item),
            None => match serial {
                Some(serial) => match self.client.find_by_serial(serial).await?.as_slice() {
                    [row] => Some((row.item_type, row.id)),
                    _ => None,
                },
                None => None,
            },
        };
        found.ok_or_else(|| TargetFault::Refused {
            problem:
                "GLPI has taken the inventory and made nothing of it: its rules refuse the device (Administration, \
                      Inventory, Refused equipments)"
                    .to_owned(),
            field: None,
        })
    }

    pub(super) async fn update(&self, change: ItemChange<'_>) -> Result<RecordId, TargetFault> {
        let record = RecordName::read(change.record).ok_or(TargetFault::NotThere)?;
        let agent = make_agent_id(change.device.key.device);
        let serial = serial_in(change.all).or_else(|| change.device.usable_serial().map(str::to_owned));
        let name = choose_name(change.all, serial.as_deref(), &agent);
        let user = plan_user(change.user);
        let mut body = user.body();
        let mut id = change.record.clone();
        let is_user_alone = change.values.is_empty() && !change.restore && !change.lacks_id && !body.is_empty();
        if is_user_alone && self.client.has_api() {
            let (item_type, number) = self.require_number(&record).await?;
            self.finish(item_type, number, body).await?;
            return Ok(numbered_record(item_type, number));
        }
        if self.client.has_api() {
            self.prepare_match(&record, &change, serial.as_deref(), &name).await?;
        } else if serial.is_none() && change.values.contains_key(NAME) {
            return Err(TargetFault::Refused {
                problem: "GLPI finds a device without a serial number by its name alone, and it has another one now"
                    .to_owned(),
                field: Some(NAME.to_owned()),
            });
        }
        let inventory = GlpiInventory {
            agent: &agent,
            item_type: record.item_type,
            values: change.all,
            changed: Some(change.values),
            name: &name,
            serial: serial.as_deref(),
            login: user.login(),
            tag: self.own.tag.as_deref(),
        };
        self.send(&inventory, RequestEffect::Repeat).await?;
        if change.restore && self.client.has_api() {
            let state = self.active_state().await?;
            body.insert("status".to_owned(), json!({ "id": state }));
        }
        if !body.is_empty() && self.client.has_api() {
            let (item_type, number) = self.require_number(&record).await?;
            self.finish(item_type, number, body).await?;
            id = numbered_record(item_type, number);
        }
        Ok(id)
    }

    /// Sees to it that the inventory finds this record, and no other.
    async fn prepare_match(
        &self,
        record: &RecordName,
        change: &ItemChange<'_>,
        serial: Option<&str>,
        name: &str,
    ) -> Result<(), TargetFault> {
        if change.restore {
            // Purged: it would be made anew, and nobody would know.
            let (item_type, id) = self.require_number(record).await?;
            self.client
                .read_item(item_type, id)
                .await?
                .ok_or(TargetFault::NotThere)?;
        }
        if let Some(serial) = serial {
            if change.values.contains_key(SERIAL) {
                let (item_type, id) = self.require_number(record).await?;
                self.patch(item_type, id, &json!({ "serial": serial })).await?;
            }
            return Ok(());
        }
        let (item_type, id) = self.require_number(record).await?;
        let named = self.client.find_by_name(item_type, name).await?;
        let named = named.ok_or_else(merged_by_name)?;
        match named.iter().map(|row| row.id).collect::<Vec<u64>>().as_slice() {
            [] => self.patch(item_type, id, &json!({ "name": name })).await,
            [only] if *only == id => Ok(()),
            _ => Err(merged_by_name()),
        }
    }

    pub(super) async fn retire(
        &self,
        key: DeviceKey,
        record: &RecordId,
        action: RetireAction,
    ) -> Result<RecordId, TargetFault> {
        // Without the high-level API nothing can be said; GLPI's own job for agents without contact may see to it.
        if action == RetireAction::Leave || !self.client.has_api() {
            return Ok(record.clone());
        }
        let name = RecordName::read(record).ok_or(TargetFault::NotThere)?;
        let (item_type, id) = self.require_number(&name).await?;
        match self.retire_item(item_type, id, action).await {
            Err(TargetFault::NotThere) => {
                // Somebody purged it, and an inventory may have made another one since.
                let agents = self.client.find_agents(key.device).await?;
                let other = agents.into_iter().flatten().find_map(|row| row.item);
                let (item_type, id) = other.ok_or(TargetFault::NotThere)?;
                self.retire_item(item_type, id, action).await?;
                Ok(numbered_record(item_type, id))
            }
            retired => retired.map(|()| numbered_record(item_type, id)),
        }
    }

    async fn retire_item(&self, item_type: ItemType, id: u64, action: RetireAction) -> Result<(), TargetFault> {
        let state = match action {
            RetireAction::Leave => return Ok(()),
            RetireAction::Delete => {
                let number = id.to_string();
                let path = ["Assets", item_type.name(), &number];
                return self.client.write_item(Method::DELETE, &path, None).await.map(|_| ());
            }
            RetireAction::Retire => &self.own.gone_state,
            RetireAction::Stock => &self.own.stock_state,
        };
        let state = self.client.require_state(state).await?;
        let body = json!({"status": {"id": state}, "user": {"id": 0}});
        self.patch(item_type, id, &body).await
    }

    /// Fields of one record with other values, as a revert wants it.
    pub(super) async fn put_back(&self, record: &RecordId, values: &FieldValues) -> Result<(), TargetFault> {
        let name = RecordName::read(record).ok_or(TargetFault::NotThere)?;
        let (item_type, id) = self.require_number(&name).await?;
        let row = self
            .client
            .read_item(item_type, id)
            .await?
            .ok_or(TargetFault::NotThere)?;
        let agent = self.client.find_agent_of(item_type, id).await?;
        let (false, Some(agent)) = (row.is_deleted, agent) else {
            return Err(TargetFault::Refused {
                problem: "it is in the trash of GLPI, or no agent of this target has written it".to_owned(),
                field: None,
            });
        };
        let now = row.to_record(find_device(&agent.agent), self.own).values;
        let mut wanted: FieldValues = values.clone();
        for key in [NAME, SERIAL] {
            let stands = now.get(key).cloned().unwrap_or(Value::Null);
            wanted.entry(key.to_owned()).or_insert(stands);
        }
        let serial = serial_in(&wanted);
        let device_name = choose_name(&wanted, serial.as_deref(), &agent.agent);
        let mut body = Map::new();
        if values.contains_key(SERIAL) {
            body.insert("serial".to_owned(), json!(serial.clone().unwrap_or_default()));
        }
        if serial.is_none() && !row.name.as_deref().is_some_and(|own| is_same_text(own, &device_name)) {
            body.insert("name".to_owned(), json!(device_name));
        }
        self.finish(item_type, id, body).await?;
        let inventory = GlpiInventory {
            agent: &agent.agent,
            item_type,
            values: &wanted,
            changed: Some(values),
            name: &device_name,
            serial: serial.as_deref(),
            login: None,
            tag: self.own.tag.as_deref(),
        };
        self.send(&inventory, RequestEffect::Repeat).await
    }

    async fn send(&self, inventory: &GlpiInventory<'_>, effect: RequestEffect) -> Result<(), TargetFault> {
        let body = inventory.build_json()?;
        match self.client.post_inventory(&body, effect).await {
            Ok(()) => Ok(()),
            Err(InventoryTrouble::Fault(fault)) => Err(fault),
            Err(InventoryTrouble::Failed(problem)) => Err(self.blame(problem, effect).await),
        }
    }

    /// GLPI has failed at an inventory: where it answers otherwise, it is this device that it fails at.
    async fn blame(&self, problem: String, effect: RequestEffect) -> TargetFault {
        if self.client.has_api() && self.client.find_rows(&["Assets", "Computer"], "id==0").await.is_ok() {
            return TargetFault::Refused { problem, field: None };
        }
        match effect {
            RequestEffect::Create => TargetFault::LostAnswer { problem },
            RequestEffect::Read | RequestEffect::Repeat => TargetFault::Unavailable { problem },
        }
    }

    async fn require_number(&self, record: &RecordName) -> Result<(ItemType, u64), TargetFault> {
        self.client.resolve_record(record).await?.ok_or(TargetFault::NotThere)
    }

    /// 0: none.
    async fn active_state(&self) -> Result<u64, TargetFault> {
        match &self.own.active_state {
            Some(name) => self.client.require_state(name).await,
            None => Ok(0),
        }
    }

    async fn finish(&self, item_type: ItemType, id: u64, body: Map<String, Value>) -> Result<(), TargetFault> {
        if body.is_empty() {
            return Ok(());
        }
        self.patch(item_type, id, &Value::Object(body)).await
    }

    async fn patch(&self, item_type: ItemType, id: u64, body: &Value) -> Result<(), TargetFault> {
        let number = id.to_string();
        let path = ["Assets", item_type.name(), &number];
        self.client
            .write_item(Method::PATCH, &path, Some(body))
            .await
            .map(|_| ())
    }
}

fn merged_by_name() -> TargetFault {
    TargetFault::Refused {
        problem: "it has no usable serial number, and GLPI would take it for another device of the same name"
            .to_owned(),
        field: Some(NAME.to_owned()),
    }
}
