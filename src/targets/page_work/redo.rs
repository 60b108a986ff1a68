//! What is planned again in a pass ([`super::redo_work`] does).

use crate::contract::WriteClass;
use crate::targets::gone_work::DeviceAbsence;
use crate::targets::write_gate::WritePermission;
use crate::targets::{DeviceKey, SourceDevice};

/// What is planned again in this pass.
pub(super) enum Redo {
    Device {
        source: Box<SourceDevice>,
        /// What was let through.
        class: WriteClass,
        permission: WritePermission,
        attempts: u32,
    },
    Gone {
        key: DeviceKey,
        absence: DeviceAbsence,
        permission: Option<WritePermission>,
        attempts: u32,
    },
    /// A device as it is in the store: it fills a record from now on.
    Newest(DeviceKey),
}
