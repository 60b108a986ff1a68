//! Reading GLPI by its high-level API: computers and phones by serial number and name, agents, users, states. Only a state that
//! is missing is made.
//!
//! Every search also asks for what lies in the trash, and compares each hit itself: a filter that a GLPI does not know finds all.

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::explain_missing_right;
use super::client::GlpiClient;
use super::inventory::{is_hp, strip_hp_serial};
use super::record_name::{ItemType, RecordName, RecordPlace, make_agent_id};
use super::rows::{
    GlpiAgent, GlpiItem, filter_by, has_email, is_same_text, read_agent, read_item, text_of, with_trash,
};
use crate::model::DeviceId;
use crate::targets::TargetFault;

impl GlpiClient {
    pub(super) async fn read_item(&self, item_type: ItemType, id: u64) -> Result<Option<GlpiItem>, TargetFault> {
        let number = id.to_string();
        let item = self.find_item(&["Assets", item_type.name(), &number]).await?;
        Ok(item.and_then(|row| read_item(item_type, &row)))
    }

    /// Computers and phones with this serial number. Without any: those of HP that have it without its first S.
    pub(super) async fn find_by_serial(&self, serial: &str) -> Result<Vec<GlpiItem>, TargetFault> {
        let exact = self.find_serials(serial).await?;
        let Some(stripped) = strip_hp_serial(serial).filter(|_| exact.is_empty()) else {
            return Ok(exact);
        };
        let mut stripped = self.find_serials(stripped).await?;
        stripped.retain(|row| row.maker.as_deref().is_some_and(is_hp));
        Ok(stripped)
    }

    async fn find_serials(&self, serial: &str) -> Result<Vec<GlpiItem>, TargetFault> {
        let Some(filter) = filter_by("serial", serial) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for item_type in ItemType::ALL {
            found.extend(self.find_assets(item_type, &filter).await?);
        }
        found.retain(|row| row.serial.as_deref().is_some_and(|own| is_same_text(own, serial)));
        Ok(found)
    }

    /// Those of this type with this name; `None`: a filter cannot ask for it.
    pub(super) async fn find_by_name(
        &self,
        item_type: ItemType,
        name: &str,
    ) -> Result<Option<Vec<GlpiItem>>, TargetFault> {
        let Some(filter) = filter_by("name", name) else {
            return Ok(None);
        };
        let mut found = self.find_assets(item_type, &filter).await?;
        found.retain(|row| row.name.as_deref().is_some_and(|own| is_same_text(own, name)));
        Ok(Some(found))
    }

    /// Those of this type with this name or this serial number, as far as a filter can ask for them.
    pub(super) async fn find_rivals(
        &self,
        item_type: ItemType,
        name: &str,
        serial: Option<&str>,
    ) -> Result<Vec<GlpiItem>, TargetFault> {
        let marks = [
            filter_by("name", name),
            serial.and_then(|serial| filter_by("serial", serial)),
        ];
        let filters: Vec<String> = marks.into_iter().flatten().collect();
        if filters.is_empty() {
            return Ok(Vec::new());
        }
        self.find_assets(item_type, &format!("({})", filters.join(","))).await
    }

    async fn find_assets(&self, item_type: ItemType, filter: &str) -> Result<Vec<GlpiItem>, TargetFault> {
        let rows = self
            .find_rows(&["Assets", item_type.name()], &with_trash(filter))
            .await?;
        let rows = rows.ok_or_else(|| no_api("Assets"))?;
        Ok(rows.iter().filter_map(|row| read_item(item_type, row)).collect())
    }

    /// The agents of this device; `None`: this GLPI does not show agents (before version 2.3 of its API).
    pub(super) async fn find_agents(&self, device: DeviceId) -> Result<Option<Vec<GlpiAgent>>, TargetFault> {
        let agent = make_agent_id(device);
        self.find_agents_by_id(&agent).await
    }

    async fn find_agents_by_id(&self, agent: &str) -> Result<Option<Vec<GlpiAgent>>, TargetFault> {
        let Some(filter) = filter_by("deviceid", agent) else {
            return Ok(Some(Vec::new()));
        };
        let rows = self.find_rows(&["Inventory", "Agent"], &filter).await?;
        Ok(rows.map(|rows| {
            let agents = rows.iter().filter_map(read_agent);
            agents.filter(|row| is_same_text(&row.agent, agent)).collect()
        }))
    }

    /// The agent of ours that wrote this record last.
    pub(super) async fn find_agent_of(&self, item_type: ItemType, id: u64) -> Result<Option<GlpiAgent>, TargetFault> {
        let filter = format!("itemtype==\"{}\";items_id=={id}", item_type.name());
        let rows = self.find_rows(&["Inventory", "Agent"], &filter).await?;
        let agents = rows.iter().flatten().filter_map(read_agent);
        let own = agents
            .filter(|row| row.item == Some((item_type, id)) && super::record_name::find_device(&row.agent).is_some());
        Ok(own.max_by(|one, other| (&one.last_contact, one.id).cmp(&(&other.last_contact, other.id))))
    }

    /// Type and number of a record; `None`: its agent has none.
    pub(super) async fn resolve_record(&self, record: &RecordName) -> Result<Option<(ItemType, u64)>, TargetFault> {
        match &record.place {
            RecordPlace::Number(number) => Ok(Some((record.item_type, *number))),
            RecordPlace::Agent(agent) => {
                let agents = self.find_agents_by_id(agent).await?;
                Ok(agents.into_iter().flatten().find_map(|row| row.item))
            }
        }
    }

    /// The id of the user with this login name, else of the one with this e-mail address; both are asked for together.
    pub(super) async fn find_user_id(&self, user: &str) -> Result<Option<u64>, TargetFault> {
        let marks = ["username", "emails.email"].map(|property| filter_by(property, user));
        let filters: Vec<String> = marks.into_iter().flatten().collect();
        if filters.is_empty() {
            return Ok(None);
        }
        let rows = self
            .find_rows(&["Administration", "User"], &filters.join(","))
            .await?
            .ok_or_else(|| no_api("Administration/User"))?;
        let is_named = |row: &&Value| text_of(row, "username").is_some_and(|name| is_same_text(&name, user));
        let named: Vec<&Value> = rows.iter().filter(is_named).collect();
        if !named.is_empty() {
            return Ok(only_id(&named));
        }
        let addressed: Vec<&Value> = rows.iter().filter(|row| has_email(row, user)).collect();
        Ok(only_id(&addressed))
    }

    pub(super) async fn find_state(&self, name: &str) -> Result<Option<u64>, TargetFault> {
        let filter = filter_by("name", name).unwrap_or_default();
        let rows = self.find_rows(&["Dropdowns", "State"], &filter).await?;
        let rows = rows.ok_or_else(|| no_api("Dropdowns/State"))?;
        let named = rows
            .iter()
            .find(|row| text_of(row, "name").is_some_and(|own| is_same_text(&own, name)));
        Ok(named.and_then(|row| row.get("id")?.as_u64()))
    }

    /// The state of this name; made where it is missing.
    pub(super) async fn require_state(&self, name: &str) -> Result<u64, TargetFault> {
        if let Some(id) = self.find_state(name).await? {
            return Ok(id);
        }
        let body = json!({ "name": name });
        let path = ["Dropdowns", "State"];
        let made = self.write_item(Method::POST, &path, Some(&body)).await;
        let made = made.map_err(|fault| match fault {
            TargetFault::Refused { .. } | TargetFault::NotThere => explain_missing_right("POST Dropdowns/State"),
            other => other,
        })?;
        match made.get("id").and_then(Value::as_u64) {
            Some(id) => Ok(id),
            None => self.find_state(name).await?.ok_or_else(|| TargetFault::Unreadable {
                problem: "GLPI does not say which state it has made".to_owned(),
            }),
        }
    }
}

fn only_id(rows: &[&Value]) -> Option<u64> {
    match rows {
        [only] => only.get("id")?.as_u64(),
        _ => None,
    }
}

fn no_api(what: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("this GLPI has no `{what}` in its high-level API"),
        advice: "use GLPI 11 with its high-level API switched on; with GLPI 10, leave `user` and `password` empty"
            .to_owned(),
    }
}
