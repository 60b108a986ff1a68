//! A device as it is named on the command line.

use crate::cli::failure::CommandFailure;
use crate::model::{DeviceId, InstanceName, InvalidId};

/// The instance, where it was named, and the device.
pub(super) type NamedDevice = (Option<InstanceName>, DeviceId);

/// `[INSTANCE] ID`.
pub(super) fn parse_device(words: &[String], command: &str) -> Result<NamedDevice, CommandFailure> {
    let wrong = |error: InvalidId| {
        CommandFailure::usage_error(
            error.to_string(),
            format!("use: intune-connector devices {command} ID; list them: intune-connector devices"),
        )
    };
    let (instance, id): (Option<InstanceName>, &str) = match words {
        [instance, id] => (Some(instance.parse().map_err(wrong)?), id.as_str()),
        [id] => (None, id.as_str()),
        _ => (None, ""),
    };
    Ok((instance, id.parse().map_err(wrong)?))
}
