//! Instances are made and changed: what is checked before, and what a change does to management servers.

use std::sync::Arc;

use serde_json::Value;

use super::{PREFIX, compile_condition, settings_error};
use crate::app::instances::{Instances, audience_servers, refuse_new_faults};
use crate::bus::supervisor::StartType;
use crate::config::{InstanceDraft, InstanceSettings};
use crate::contract::DraftSettings;
use crate::inventory::DeviceProjection;
use crate::model::{InstanceName, OperatorId, ServerId, nearest_name};
use crate::sics::EngineError;
use crate::store::{InstanceRow, NewInstance};

impl Instances {
    /// Keeps a new instance; `starts`: it is started now.
    pub(in crate::app) async fn create_instance(
        &self,
        draft: DraftSettings,
        by: OperatorId,
        start_type: StartType,
        starts: bool,
    ) -> Result<InstanceName, EngineError> {
        let draft = InstanceDraft::from_json(&Value::Object(draft.0)).map_err(|error| settings_error(&error))?;
        self.create_from_draft(&draft, by, start_type, starts).await
    }

    pub(in crate::app) async fn create_from_draft(
        &self,
        draft: &InstanceDraft,
        by: OperatorId,
        start_type: StartType,
        starts: bool,
    ) -> Result<InstanceName, EngineError> {
        let wanted = draft.build_settings().map_err(|error| settings_error(&error))?;
        refuse_new_faults(None, &wanted)?;
        self.require_unique_instance(&wanted).await?;
        let new = NewInstance {
            prefix: PREFIX.into(),
            tenant_id: wanted.tenant_id.clone(),
            client_id: wanted.client_id.clone(),
            audience: audience_servers(&wanted),
        };
        let row = self.store.add_instance(new).await?;
        if let Err(error) = self.folder.write_instance(&row.name, draft) {
            // The number stays taken, nothing else is left.
            self.store.remove_instance(row.id).await?;
            return Err(settings_error(&error));
        }
        self.store
            .adopt_installation(row.id.0, self.built_in_installation(Some(by)))
            .await?;
        self.store.set_start_type(row.name.to_string(), start_type).await?;
        if starts {
            self.start_changed(&row.name, Some(by)).await?
        } else {
            self.prepare_member(&row.name, Some(by)).await?
        }
        self.start_members(row.id.0).await?;
        Ok(row.name)
    }

    pub(in crate::app) async fn require_row(&self, name: &InstanceName) -> Result<InstanceRow, EngineError> {
        let rows = self.store.list_instances().await?;
        let row = rows
            .into_iter()
            .find(|row| row.name == *name && row.removed_at.is_none());
        row.ok_or_else(|| EngineError::UnknownInstance(name.clone()))
    }

    /// The same tenant by the same application for the same servers would tell every server everything twice.
    pub(in crate::app) async fn require_unique_instance(&self, wanted: &InstanceSettings) -> Result<(), EngineError> {
        let audience = audience_servers(wanted);
        let same = |row: &InstanceRow| {
            row.removed_at.is_none()
                && row.tenant_id.eq_ignore_ascii_case(&wanted.tenant_id)
                && row.client_id.eq_ignore_ascii_case(&wanted.client_id)
                && row.audience == audience
        };
        match self.store.list_instances().await?.into_iter().find(same) {
            None => Ok(()),
            Some(row) => Err(EngineError::Conflict {
                code: "sameInstance",
                problem: format!(
                    "{} already reads this tenant with this application for the same servers",
                    row.name
                ),
                advice: format!(
                    "change {} instead, or choose other servers for the new instance",
                    row.name
                ),
            }),
        }
    }

    /// What a change takes away from servers, and from how many devices (F7).
    pub(super) async fn change_impact(
        &self,
        row: &InstanceRow,
        before: &InstanceSettings,
        after: &InstanceSettings,
    ) -> Result<Option<(String, u64)>, EngineError> {
        let narrowed = match (audience_servers(before), audience_servers(after)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => old.iter().any(|id| !new.contains(id)),
        };
        if narrowed {
            let known: Vec<ServerId> = self.store.list_servers().await?.into_iter().map(|row| row.id).collect();
            let what = describe_narrowing(&audience_servers(after).unwrap_or_default(), &known);
            return Ok(Some((what, self.store.count_devices(row.id).await?)));
        }
        let (old, new) = (&before.devices, &after.devices);
        let mut taken = None;
        if old.filter != new.filter
            && let Some(filter) = &new.filter
        {
            let condition = compile_condition("filter", filter)?;
            let count = self
                .store
                .count_matching_devices(
                    row.id,
                    Arc::new(move |body| matches!(condition.matches_body(body), Ok(false))),
                )
                .await?;
            taken = (count > 0).then(|| ("the new filter excludes devices".to_owned(), count));
        }
        let digest = |settings| {
            DeviceProjection::compile(settings, &[])
                .map(|shape| shape.digest())
                .ok()
        };
        if (old.fields != new.fields || old.personal != new.personal) && digest(old) != digest(new) {
            let what = "changed fields or a changed rule for personal devices affect the data that servers hold";
            let what = taken.map_or_else(
                || what.to_owned(),
                |(filter, count)| format!("{what}, and {filter} ({count})"),
            );
            return Ok(Some((what, self.store.count_devices(row.id).await?)));
        }
        Ok(taken)
    }
}

/// An audience may name a server that announces itself later; a slip of the pen looks the same, and is told before anything
/// leaves.
fn describe_narrowing(wanted: &[ServerId], known: &[ServerId]) -> String {
    let unknown: Vec<&str> = wanted
        .iter()
        .filter(|id| !known.contains(id))
        .map(ServerId::as_str)
        .collect();
    let others = known.iter().filter(|id| !wanted.contains(id)).map(ServerId::as_str);
    let near = match unknown[..] {
        [name] => nearest_name(name, others),
        _ => None,
    };
    let names = unknown.join(", ");
    match near {
        _ if unknown.is_empty() => "servers leave the audience; every device is reported to them as gone".to_owned(),
        Some(near) => format!(
            "no server is called {names} yet (did you mean {near}?); servers leave the audience, and every device is reported \
             to them as gone"
        ),
        None => format!(
            "no server is called {names} yet; servers leave the audience, and every device is reported to them as gone"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wn_60_a_server_that_is_misspelt_is_told_before_the_others_leave() {
        let ids = |names: &[&str]| -> Vec<ServerId> { names.iter().map(|name| name.parse().unwrap()).collect() };
        let known = ids(&["cmdb", "posted"]);
        let told = |wanted: &[&str]| describe_narrowing(&ids(wanted), &known);
        assert!(told(&["cmdb"]).starts_with("servers leave"));
        assert!(told(&["cmbd"]).starts_with("no server is called cmbd yet (did you mean cmdb?); servers leave"));
        assert!(told(&["CMDB"]).contains("did you mean cmdb?"));
        assert!(told(&["itam"]).starts_with("no server is called itam yet; servers leave"));
        assert!(told(&["itam", "cmbd"]).starts_with("no server is called itam, cmbd yet; servers"));
        assert!(told(&["cmdb", "cmdb2"]).starts_with("no server is called cmdb2 yet; servers"));
    }
}
