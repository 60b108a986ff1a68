//! Names of devices, for lists that have their ids alone: as they are now, and of those that are gone as they were when
//! they were written last.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{DeviceId, InstanceId};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{DeviceRow, TargetKey};

/// By device.
pub(super) struct DeviceNames(BTreeMap<TargetKey, String>);

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NamedFields {
    device_name: Option<String>,
}

impl DeviceNames {
    pub(super) async fn read_names(
        sics: &Sics,
        target: InstanceId,
        keys: &[TargetKey],
    ) -> Result<DeviceNames, ApiProblem> {
        let links = sics.store().load_target_links(target, keys.to_vec()).await?;
        let kept = links
            .into_iter()
            .filter_map(|(key, link)| Some((key, link.device_name?)));
        let mut names: BTreeMap<TargetKey, String> = kept.collect();
        let mut by_instance: BTreeMap<InstanceId, Vec<DeviceId>> = BTreeMap::new();
        for (instance, device) in keys {
            by_instance.entry(*instance).or_default().push(*device);
        }
        for (instance, devices) in by_instance {
            let found = sics.store().look_up_devices(instance, devices).await?;
            let rows = found.into_iter().flatten().map(|known| known.row).collect();
            let present = sics.store().load_devices(rows).await?;
            names.extend(
                present
                    .iter()
                    .filter_map(|device| Some((device_key(device), read_name(device)?))),
            );
        }
        Ok(DeviceNames(names))
    }

    pub(super) fn name_of(&self, key: TargetKey) -> Option<String> {
        self.0.get(&key).cloned()
    }
}

fn device_key(device: &DeviceRow) -> TargetKey {
    (device.instance, device.id)
}

fn read_name(device: &DeviceRow) -> Option<String> {
    let fields: NamedFields = serde_json::from_str(device.body.get()).unwrap_or_default();
    fields.device_name.filter(|name| !name.is_empty())
}
