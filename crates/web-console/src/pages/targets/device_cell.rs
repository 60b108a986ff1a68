//! A device in a table: its name, and the way to its page.

use connector_core::model::{DeviceId, InstanceName};

use crate::page::PageContext;
use crate::pages::device::device_path;

pub(super) struct DeviceCell {
    /// Its name; its id where it has none.
    pub(super) name: String,
    pub(super) instance: String,
    pub(super) id: String,
    /// Of its page; empty: the reader may not see it.
    pub(super) path: String,
}

impl DeviceCell {
    pub(super) fn new(ctx: &PageContext, name: Option<&str>, instance: &InstanceName, id: DeviceId) -> DeviceCell {
        let id = id.to_string();
        let instance = instance.to_string();
        DeviceCell {
            name: name
                .filter(|name| !name.is_empty())
                .map_or_else(|| id.clone(), |name| ctx.plain(name)),
            path: if ctx.may("Devices_Read") {
                device_path(&instance, &id)
            } else {
                String::new()
            },
            instance,
            id,
        }
    }
}
