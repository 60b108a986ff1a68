//! The kind file: the fleet as a table (CSV) or as JSON lines (NDJSON) in a file of this machine, for programs that read files.
//!
//! ```text
//! planned writes → records (record_table) → rows (render) → files, then the record file (publish)
//! ```
//!
//! *The record file is the truth.* What stands in a file for others is made for spreadsheets: texts are cut and quoted, columns
//! left out. So the target keeps its records in a file of its own in the data folder ([`record_file`]), and makes the others from
//! it ([`publish`]). The record file is written last: whatever dies before, the same writes come again and lead to the same
//! files. An id of a record is that of the device it was made for, so nothing is made twice.
//!
//! *Readers see the old file or the new one*, never a part: each is written beside its name and renamed. A page of up to 200
//! changes replaces each file once at most; what is unchanged replaces none.
//!
//! Nothing goes over a network, and no request names a path ([`crate::config::OutputPlace`]). A file that the target did not
//! make is never replaced.

mod columns;
mod file_target;
mod io_fault;
mod publish;
mod record_file;
mod record_table;
mod render;
mod verify;

use std::path::Path;
use std::sync::Arc;

use self::columns::DEVICE_COLUMNS;
use self::file_target::FileTarget;
use super::request_pace::RequestPace;
use super::{
    FieldMode, FieldRule, FieldSource, GoneRules, KindProfile, RetireAction, TargetAdapter, TargetFault, TargetMapping,
    WriteForm,
};
use crate::config::{KindSettings, TargetSettings};
use crate::contract::TargetKind;

static PROFILE: KindProfile = KindProfile {
    name: TargetKind::File.name(),
    display_name: TargetKind::File.display_name(),
    proven_on: &["real files, read back by another reader"],
    writes: WriteForm::Bulk,
    batch: 200,
    lists_records: true,
    adopts_records: false,
    assigns_users: false,
    makes_fields: false,
    offers_mapping: true,
    retire_actions: &[
        RetireAction::Retire,
        RetireAction::Leave,
        RetireAction::Stock,
        RetireAction::Delete,
    ],
    default_mapping: default_file_mapping,
    longest_text: |_| None,
};

/// What this kind can do.
pub fn file_profile() -> &'static KindProfile {
    &PROFILE
}

/// Each column gets the property of its name; a device that has gone is marked as retired.
fn default_file_mapping() -> TargetMapping {
    let rule = |column: &&str| FieldRule {
        field: (*column).to_owned(),
        source: FieldSource::From((*column).to_owned()),
        mode: FieldMode::Own,
    };
    TargetMapping {
        fields: DEVICE_COLUMNS.iter().map(rule).collect(),
        classes: Vec::new(),
        gone: GoneRules {
            deleted: RetireAction::Retire,
            wiped: RetireAction::Retire,
            retired: RetireAction::Retire,
        },
    }
}

/// Nothing is read or written yet.
pub fn build_adapter(settings: &TargetSettings, pace: RequestPace) -> Result<Arc<dyn TargetAdapter>, TargetFault> {
    let KindSettings::File(own) = &settings.own else {
        return Err(misbuilt("these are not the settings of a target of files"));
    };
    let Some(place) = own.output.clone() else {
        return Err(misbuilt("nobody has looked where the files of this target lie"));
    };
    Ok(Arc::new(FileTarget::new(own.clone(), place, pace)))
}

/// What a target kept for itself in its folder of the data folder goes with its installation; the files for others stay. Of
/// another kind there is nothing.
pub fn forget_records(own_folder: &Path) {
    let path = own_folder.join(record_file::NAME);
    match std::fs::remove_file(&path) {
        Ok(()) => {
            tracing::info!(path = %path.display(), "the record file of the target was removed with its installation")
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (),
        Err(error) => {
            tracing::warn!(path = %path.display(), error = %error, "failed to remove the record file of a target that is gone");
        }
    }
}

fn misbuilt(problem: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: problem.to_owned(),
        advice: "install the target again".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::CompiledMapping;

    #[test]
    fn the_default_mapping_is_one_that_can_be_used() {
        let mapping = (file_profile().default_mapping)();
        assert!(CompiledMapping::compile(&mapping).is_ok());
        assert!(mapping.check_actions(file_profile().retire_actions).is_ok());
        assert_eq!(TargetMapping::parse(&mapping.to_text()).ok(), Some(mapping));
    }

    #[test]
    fn the_profile_is_that_of_its_kind_and_takes_nothing_away_unless_it_is_told() {
        let profile = file_profile();
        assert_eq!(profile.name, TargetKind::File.name());
        assert_eq!(profile.default_retire_action(), RetireAction::Retire);
        assert!(profile.batch >= 1 && profile.lists_records && !profile.adopts_records);
    }
}
