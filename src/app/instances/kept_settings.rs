//! Settings that the bus keeps with an installation, as what starts from them needs them: secrets opened, or why not.

use super::instance_core::InstanceCore;
use crate::bus::PartSettings;
use crate::bus::install::open_member_settings;
use crate::bus::supervisor::MemberFailure;
use crate::config::SettingsError;
use crate::store::MemberRow;

pub(super) fn build_kept_settings<T>(
    core: &InstanceCore,
    row: &MemberRow,
    build: impl FnOnce(&PartSettings) -> Result<T, Vec<SettingsError>>,
) -> Result<T, MemberFailure> {
    let opened = open_member_settings(row, core.folder.secret_key()).map_err(|error| {
        MemberFailure::new(
            "sealed",
            format!("a secret of {} {}", row.name, error.problem()),
            error.advice(),
        )
    })?;
    build(&opened).map_err(|errors| {
        let first = errors.into_iter().next();
        let (key, problem) = first.map_or_else(Default::default, |error| (error.key, error.problem));
        let advice = match key.as_str() {
            "" => format!(
                "change the settings: intune-connector instances reconfigure {}",
                row.name
            ),
            key => format!("change {key}: intune-connector instances reconfigure {}", row.name),
        };
        MemberFailure::new("settings", format!("{key} {problem}").trim().to_owned(), advice)
    })
}
