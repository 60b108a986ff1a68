//! Products whose settings the bus keeps with the installation (app orders, targets): the part that has them, and what they
//! are after a change. It is the same for each of these products; what the settings mean is theirs.

use std::sync::Arc;

use super::host_errors::store_error;
use super::product_host::ProductHost;
use crate::bus::install::{open_member_settings, settings_after_change};
use crate::bus::{DesiredSettings, HostError, PartSettings};
use crate::config::{SealError, SettingsError};
use crate::model::InstallationState;
use crate::store::MemberRow;

/// Settings of one part before and after a change, and the change itself. Secrets are open in them.
pub(super) struct KeptChange {
    pub present: PartSettings,
    pub change: PartSettings,
    pub after: PartSettings,
}

/// The part of an installation for which `is_wanted` holds; `None`: it is of another product, or gone.
pub(super) async fn find_kept_part(
    host: &ProductHost,
    number: i64,
    is_wanted: fn(&MemberRow) -> bool,
) -> Result<Option<MemberRow>, HostError> {
    let store = &host.instances.store;
    let members = store.list_members(Some(number)).await;
    let members = members.map_err(|error| store_error(&error))?;
    let Some(member) = members.into_iter().find(is_wanted) else {
        return Ok(None);
    };
    let installation = store.load_installation(number).await;
    let state = installation.map_err(|error| store_error(&error))?.state;
    let is_gone = matches!(state, InstallationState::Removed | InstallationState::Failed);
    Ok((!is_gone).then_some(member))
}

/// The part that was looked for; `problem`: what the installation is not.
pub(super) fn require_kept_part(
    found: Result<Option<MemberRow>, HostError>,
    problem: String,
) -> Result<MemberRow, SettingsError> {
    let row = found.map_err(|fault| host_error(&fault))?;
    row.ok_or_else(|| settings_error(problem, "see the list of installations"))
}

/// What a change does to the settings of a part that exists. `part`: its name in the product.
pub(super) fn read_kept_change(
    host: &ProductHost,
    row: &MemberRow,
    wanted: &DesiredSettings,
    part: &str,
) -> Result<KeptChange, SettingsError> {
    let key = host.instances.folder.secret_key();
    let sealed = |error: SealError| settings_error(error.problem(), error.advice());
    let present = open_member_settings(row, key).map_err(sealed)?;
    let after = settings_after_change(row, wanted, key).map_err(sealed)?;
    let change = list_changes(&present, &after, &wanted.part_settings(part));
    Ok(KeptChange { present, change, after })
}

/// The settings, or the first complaint only.
pub(super) fn keep_first_error<T>(settings: Result<T, Vec<SettingsError>>) -> Result<Arc<T>, SettingsError> {
    settings.map(Arc::new).map_err(|mut errors| {
        if errors.is_empty() {
            settings_error("the settings do not fit together", "check the answers")
        } else {
            errors.swap_remove(0)
        }
    })
}

/// What was given, and as taken away what is not there afterwards.
fn list_changes(present: &PartSettings, after: &PartSettings, given: &PartSettings) -> PartSettings {
    let mut changes = given.clone();
    for key in present.keys().filter(|key| !after.contains_key(*key)) {
        changes.entry(key.clone()).or_default();
    }
    changes
}

fn settings_error(problem: impl Into<String>, advice: impl Into<String>) -> SettingsError {
    SettingsError {
        file: String::new(),
        line: None,
        key: String::new(),
        problem: problem.into(),
        advice: advice.into(),
    }
}

fn host_error(fault: &HostError) -> SettingsError {
    settings_error(fault.problem.as_str(), fault.advice.as_str())
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> PartSettings {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), Zeroizing::new((*value).to_owned()));
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn e7_what_a_change_leaves_out_is_taken_away() {
        let present = settings(&[("proxy", "http://p:3128"), ("secret", "s"), ("zone", "UTC")]);
        let given = settings(&[("zone", "Europe/Berlin")]);
        let after = settings(&[("secret", "s"), ("zone", "Europe/Berlin")]);
        let changes = list_changes(&present, &after, &given);
        assert_eq!(changes, settings(&[("proxy", ""), ("zone", "Europe/Berlin")]));
    }

    #[test]
    fn of_several_complaints_the_first_is_told() {
        let errors = ["the first", "the second"].map(|problem| settings_error(problem, "correct it"));
        let told = keep_first_error::<()>(Err(errors.to_vec())).expect_err("it is wrong");
        assert_eq!(told.problem, "the first");
        assert!(
            keep_first_error::<()>(Err(Vec::new())).is_err(),
            "nothing is there that fits"
        );
        assert_eq!(*keep_first_error(Ok(7)).expect("it fits"), 7);
    }
}
