//! A job that is being made: what an address or a form says of it. The address has everything but secrets, so a form that
//! is half filled in can be linked and reloaded.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connector_core::model::{ActionKind, DeviceId, InstanceName, PendingActionPolicy, Seq};
use serde_json::{Map, Value};
use sics_client::contract::{GivenParameters, JobBody, JobTargetBody};

/// Goes before the name of a parameter in forms and addresses.
pub(super) const PARAMETER: &str = "p-";
/// Filters of the list of devices that select devices here as well.
pub(super) const LIST_FILTERS: [&str; 9] = [
    "search",
    "name",
    "serial",
    "user",
    "platform",
    "compliance",
    "ownership",
    "checkedInBefore",
    "checkedInAfter",
];

/// Everything that was chosen and typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct JobDraft {
    pub(super) action: Option<ActionKind>,
    /// Names of instances: in the address, or with the devices.
    pub(super) instances: Vec<String>,
    pub(super) targets: Vec<DraftTarget>,
    /// What can not be a device.
    pub(super) unreadable: Vec<String>,
    /// CEL.
    pub(super) filter: String,
    /// Filters of the list of devices, by name.
    pub(super) list_filters: BTreeMap<String, String>,
    /// How many devices the page that led here has shown.
    pub(super) expected: Option<u64>,
    /// By name of the parameter.
    pub(super) typed: BTreeMap<String, String>,
    pub(super) when_pending: PendingActionPolicy,
    pub(super) urgent: bool,
    pub(super) reason: String,
    pub(super) requested_by: String,
    /// After this time nothing is sent any more; `None`: the usual time.
    pub(super) expires_at: Option<DateTime<Utc>>,
    /// The sender's id of the job: the same again is the same job.
    pub(super) id: String,
}

/// A device, and what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DraftTarget {
    pub(super) id: DeviceId,
    pub(super) seq: Option<Seq>,
    /// The instance that it was chosen in, where its row said so.
    pub(super) instance: Option<String>,
}

impl DraftTarget {
    /// `ID`, or `ID:SEQ`.
    fn parse(text: &str) -> Option<DraftTarget> {
        let (id, seq) = match text.split_once(':') {
            Some((id, seq)) => (id, Some(Seq(seq.parse().ok()?))),
            None => (text, None),
        };
        let id = id.parse().ok()?;
        Some(DraftTarget {
            id,
            seq,
            instance: None,
        })
    }
}

impl JobDraft {
    /// Of the names and values of an address or a form, in their order.
    pub(super) fn read(pairs: impl IntoIterator<Item = (String, String)>) -> JobDraft {
        let mut draft = JobDraft::default();
        for (name, value) in pairs {
            draft.take(&name, value);
        }
        draft
    }

    fn take(&mut self, name: &str, value: String) {
        let text = value.trim();
        match name {
            "action" => self.action = text.parse().ok().or(self.action),
            "instance" => self.add_instance(text),
            "device" | "target" => self.add_target(text, None),
            "row" => match text.split_once('/') {
                Some((instance, id)) => {
                    self.add_instance(instance);
                    self.add_target(id, Some(instance));
                }
                None => self.add_target(text, None),
            },
            "filter" => self.filter = text.to_owned(),
            "expect" => self.expected = text.parse().ok(),
            "whenPending" => {
                let known = PendingActionPolicy::ALL.iter().find(|policy| policy.name() == text);
                self.when_pending = known.copied().unwrap_or_default();
            }
            "urgent" => self.urgent = !text.is_empty(),
            "reason" => self.reason = text.to_owned(),
            "requestedBy" => self.requested_by = text.to_owned(),
            "expiresAt" => self.expires_at = text.parse().ok(),
            "id" => self.id = text.to_owned(),
            _ if LIST_FILTERS.contains(&name) && !text.is_empty() => {
                self.list_filters.insert(name.to_owned(), text.to_owned());
            }
            _ => {
                if let Some(parameter) = name.strip_prefix(PARAMETER) {
                    self.typed.insert(parameter.to_owned(), value);
                }
            }
        }
    }

    fn add_instance(&mut self, name: &str) {
        if !name.is_empty() && !self.instances.iter().any(|known| known == name) {
            self.instances.push(name.to_owned());
        }
    }

    fn add_target(&mut self, text: &str, instance: Option<&str>) {
        match DraftTarget::parse(text) {
            Some(target) if self.targets.iter().any(|known| known.id == target.id) => (),
            Some(target) => self.targets.push(DraftTarget {
                instance: instance.map(str::to_owned),
                ..target
            }),
            None if text.is_empty() => (),
            None => self.unreadable.push(text.chars().take(80).collect()),
        }
    }

    /// The only instance that is named.
    pub(super) fn instance(&self) -> Option<InstanceName> {
        match self.instances.as_slice() {
            [only] => only.parse().ok(),
            _ => None,
        }
    }

    /// Whether it says which devices.
    pub(super) fn has_selection(&self) -> bool {
        !self.targets.is_empty() || !self.filter.is_empty() || !self.list_filters.is_empty()
    }

    /// Names and values that select its devices: what goes along when another action is chosen.
    pub(super) fn selection_pairs(&self) -> Vec<(String, String)> {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let mut pairs: Vec<(String, String)> = self
            .instances
            .iter()
            .map(|name| pair("instance", name.clone()))
            .collect();
        let is_split = self.instances.len() > 1;
        pairs.extend(self.targets.iter().map(|target| match &target.instance {
            Some(instance) if is_split => pair("row", format!("{instance}/{}", target.id)),
            _ => pair("device", target.id.to_string()),
        }));
        if !self.filter.is_empty() {
            pairs.push(pair("filter", self.filter.clone()));
        }
        pairs.extend(self.list_filters.iter().map(|(name, value)| pair(name, value.clone())));
        pairs.extend(self.expected.map(|count| pair("expect", count.to_string())));
        pairs
    }

    /// The same for the devices of one of its instances.
    pub(super) fn split_off(&self, instance: &str) -> JobDraft {
        let is_there = |target: &&DraftTarget| target.instance.as_deref().is_none_or(|named| named == instance);
        JobDraft {
            instances: vec![instance.to_owned()],
            targets: self.targets.iter().filter(is_there).cloned().collect(),
            expected: None,
            ..self.clone()
        }
    }

    /// The job of what was shown and typed. `devices`: how many it was shown to be for.
    pub(super) fn build_job(
        &self,
        action: ActionKind,
        instance: &InstanceName,
        (parameters, devices): (Map<String, Value>, Option<u64>),
    ) -> JobBody {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let targets = self.targets.iter().map(|target| JobTargetBody {
            seq: target.seq,
            ..JobTargetBody::from_id(target.id)
        });
        JobBody {
            id: given(&self.id),
            instance: Some(instance.clone()),
            action: Some(action),
            devices: targets.collect(),
            filter: given(&self.filter).filter(|_| self.targets.is_empty()),
            expect_devices: devices,
            parameters: GivenParameters(parameters),
            confirm: Some(action.name().to_owned()),
            reason: given(&self.reason),
            requested_by: given(&self.requested_by),
            when_pending: self.when_pending,
            urgent: self.urgent,
            expires_at: self.expires_at,
            ..JobBody::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "7809c88c-0000-4000-8000-000000000001";
    const OTHER: &str = "7809c88c-0000-4000-8000-000000000002";

    fn read(pairs: &[(&str, &str)]) -> JobDraft {
        JobDraft::read(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn an_address_says_which_job() {
        let draft = read(&[
            ("action", "wipe"),
            ("instance", "IntuneConnector_1"),
            ("device", ONE),
            ("target", &format!("{OTHER}:41")),
            ("device", ONE),
            ("p-keepUserData", "true"),
            ("whenPending", "wait"),
            ("urgent", "1"),
        ]);
        assert_eq!(draft.action, Some(ActionKind::Wipe));
        assert_eq!(draft.instance().unwrap().to_string(), "IntuneConnector_1");
        let targets: Vec<_> = draft
            .targets
            .iter()
            .map(|target| (target.id.to_string(), target.seq))
            .collect();
        assert_eq!(targets, [(ONE.to_owned(), None), (OTHER.to_owned(), Some(Seq(41)))]);
        assert_eq!(draft.typed["keepUserData"], "true");
        assert_eq!((draft.when_pending, draft.urgent), (PendingActionPolicy::Wait, true));
    }

    #[test]
    fn rows_of_several_instances_name_no_single_one() {
        let draft = read(&[
            ("row", &format!("A_1/{ONE}")),
            ("row", &format!("B_1/{OTHER}")),
            ("device", "x"),
        ]);
        assert_eq!((draft.instances.len(), draft.targets.len()), (2, 2));
        assert_eq!(
            (draft.instance(), draft.unreadable.as_slice()),
            (None, &["x".to_owned()][..])
        );
        let names: Vec<String> = draft.selection_pairs().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["instance", "instance", "row", "row"]);
        let split = draft.split_off("B_1");
        assert_eq!(split.instance().unwrap().to_string(), "B_1");
        assert_eq!(
            split
                .targets
                .iter()
                .map(|target| target.id.to_string())
                .collect::<Vec<_>>(),
            [OTHER]
        );
    }

    #[test]
    fn the_devices_go_along_to_another_action() {
        let draft = read(&[
            ("action", "sync"),
            ("search", "ipad"),
            ("expect", "7"),
            ("p-x", "y"),
            ("page", "2"),
        ]);
        let pairs = draft.selection_pairs();
        let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["search", "expect"]);
        assert!(draft.has_selection() && !read(&[("action", "sync")]).has_selection());
    }

    #[test]
    fn what_was_shown_is_what_is_sent() {
        let draft = read(&[
            ("target", &format!("{ONE}:41")),
            ("filter", "true"),
            ("reason", " lost in a train "),
            ("id", "console-1"),
            ("expiresAt", "2026-11-24T10:00:00Z"),
        ]);
        let parameters: Map<String, Value> = [("keepUserData".to_owned(), true.into())].into_iter().collect();
        let instance: InstanceName = "IntuneConnector_1".parse().unwrap();
        let job = draft.build_job(ActionKind::Wipe, &instance, (parameters, Some(1)));
        let expected = serde_json::json!({
            "id": "console-1", "instance": "IntuneConnector_1", "action": "wipe",
            "devices": [{ "id": ONE, "seq": 41 }], "expectDevices": 1, "parameters": { "keepUserData": true },
            "confirm": "wipe", "reason": "lost in a train", "expiresAt": "2026-11-24T10:00:00Z",
        });
        assert_eq!(serde_json::to_value(job).unwrap(), expected);
    }

    #[test]
    fn a_filter_is_sent_where_no_device_is_named() {
        let instance: InstanceName = "IntuneConnector_1".parse().unwrap();
        let job = read(&[("filter", "isSupervised")]).build_job(ActionKind::Sync, &instance, (Map::new(), None));
        assert_eq!((job.filter.as_deref(), job.devices.len()), (Some("isSupervised"), 0));
    }
}
