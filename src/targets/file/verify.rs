//! The check of a target of files, step by step: the folder, whether it can be written, the files that stand there, the record
//! file, the room on the disk. It makes nothing and writes nothing.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::columns::list_unfilled;
use super::io_fault::{allow_advice, look_at, missing_folder};
use super::publish::{check_free, list_outputs};
use super::record_file::{KeptRecords, read_record_file, record_path};
use crate::config::{FileSettings, OutputPlace};
use crate::contract::{CheckStep, CheckStepState};
use crate::observe::free_bytes;
use crate::targets::TargetFault;
use crate::targets::step_maker::{StepMaker, send_step};

/// Less room than this is told, bytes.
const ROOM_LEAST: u64 = 256 << 20;
/// Steps behind the first one, each with what it is about.
const LATER_STEPS: [&str; 3] = ["write", "files", "room"];

pub(super) async fn verify_output(
    settings: Arc<FileSettings>,
    place: Arc<OutputPlace>,
    steps: mpsc::Sender<CheckStep>,
) {
    // Disks may hang; others wait for nothing.
    let made = spawn_blocking(move || check_output(&settings, &place)).await;
    for step in made.unwrap_or_default() {
        send_step(&steps, step).await;
    }
}

fn check_output(settings: &FileSettings, place: &OutputPlace) -> Vec<CheckStep> {
    let folder = check_folder(place);
    let subject = place.folder.display().to_string();
    if folder.state == CheckStepState::Failed {
        let skipped = LATER_STEPS.map(|step| StepMaker::new(step, subject.as_str()).skip("folder"));
        return std::iter::once(folder).chain(skipped).collect();
    }
    let mut steps = vec![
        folder,
        check_access(place),
        check_files(settings, place),
        check_room(place),
        check_records(place),
    ];
    steps.extend(check_columns(settings));
    steps
}

/// A name that is spelled wrong looks like a column of one's own: told, and in nobody's way.
fn check_columns(settings: &FileSettings) -> Option<CheckStep> {
    let unfilled = list_unfilled(&settings.columns);
    (!unfilled.is_empty()).then(|| {
        StepMaker::new("columns", unfilled.join(", ")).note(
            "the default mapping does not fill them: they stay empty until the mapping of this target names them",
            "correct `columns` if they are spelled wrong: intune-connector devices fields; else set a mapping: \
             intune-connector targets mapping TARGET --set FILE",
        )
    })
}

/// The folder in which the files lie or will lie, as far as it is there.
fn present_folder(place: &OutputPlace) -> &Path {
    let mut folders = place.folder.ancestors();
    folders
        .find(|folder| folder.is_dir())
        .unwrap_or(place.data_folder.as_path())
}

fn check_folder(place: &OutputPlace) -> CheckStep {
    let step = StepMaker::new("folder", place.folder.display().to_string());
    match look_at(&place.folder) {
        Err(fault) => step.fail_by(&fault, Some("place")),
        Ok(Some(_)) if place.folder.is_dir() => step.pass("the folder is there"),
        Ok(Some(_)) => step.fail(
            "noFolder",
            "it is not a folder",
            "correct target_folders in bus.ini, or set another `place`",
        ),
        Ok(None) if place.is_shared() => step.fail_by(&missing_folder(&place.folder), Some("place")),
        Ok(None) => step.pass("the folder is made when the first device is written"),
    }
}

fn check_access(place: &OutputPlace) -> CheckStep {
    let folder = present_folder(place);
    let step = StepMaker::new("write", folder.display().to_string());
    let readers = if place.is_shared() {
        "the bus may write here; the owner of the data folder and the group of the file may read it"
    } else {
        "the bus may write here; only the owner of the data folder may read it"
    };
    match ask_access(folder) {
        Ok(()) => step.pass(readers),
        Err(error) => step.fail_by(
            &TargetFault::Misconfigured {
                problem: format!("the bus may not write here: {error}"),
                advice: allow_advice(folder),
            },
            Some("place"),
        ),
    }
}

#[cfg(unix)]
fn ask_access(folder: &Path) -> std::io::Result<()> {
    use rustix::fs::{Access, access};
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

#[cfg(not(unix))]
fn ask_access(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// What the target has written so far.
fn read_kept(place: &OutputPlace) -> Result<KeptRecords, TargetFault> {
    read_record_file(&record_path(place)).map(Option::unwrap_or_default)
}

fn check_files(settings: &FileSettings, place: &OutputPlace) -> CheckStep {
    let outputs = list_outputs(settings, place);
    let names: Vec<String> = outputs
        .iter()
        .filter_map(|output| Some(output.path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let step = StepMaker::new("files", names.join(", "));
    // That the record file cannot be read is told by itself.
    let kept = read_kept(place).unwrap_or_default();
    match outputs.iter().try_for_each(|output| check_free(output, &kept)) {
        Ok(()) => step.pass("nothing of others stands in their place"),
        Err(fault) => step.fail_by(&fault, Some("file_name")),
    }
}

fn check_room(place: &OutputPlace) -> CheckStep {
    let folder = present_folder(place);
    let step = StepMaker::new("room", folder.display().to_string());
    match free_bytes(folder) {
        Ok(Some(free)) if free < ROOM_LEAST => step.note(
            format!("only {} MiB are free on this disk", free >> 20),
            "free disk space: each file is written beside the old one",
        ),
        Ok(_) => step.pass("there is room on this disk"),
        Err(error) => step.note(
            format!("how much room there is cannot be told: {error}"),
            "check the disk",
        ),
    }
}

fn check_records(place: &OutputPlace) -> CheckStep {
    let path = record_path(place);
    let step = StepMaker::new("records", path.display().to_string());
    match read_kept(place) {
        Ok(kept) => step.pass(format!("{} records", kept.table.records().count())),
        Err(fault) => step.fail_by(&fault, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FileFormat, GoneDevices};

    fn settings() -> FileSettings {
        FileSettings {
            place: None,
            file_name: "devices".to_owned(),
            format: FileFormat::Ndjson,
            columns: vec!["deviceName".to_owned()],
            gone_devices: GoneDevices::List,
            output: None,
        }
    }

    fn told(place: &OutputPlace) -> Vec<(String, CheckStepState, Option<String>)> {
        let steps = check_output(&settings(), place);
        steps
            .into_iter()
            .map(|step| (step.step, step.state, step.field))
            .collect()
    }

    #[test]
    fn a_folder_that_is_missing_is_told_and_nothing_is_made() {
        use CheckStepState::{Failed, Skipped};
        let data = tempfile::tempdir().unwrap();
        let own_folder = data.path().join("targets-output/IntuneTargetFile_2");
        let own = OutputPlace {
            folder: own_folder.clone(),
            own_folder,
            data_folder: data.path().to_owned(),
        };
        let steps = told(&own);
        assert!(
            steps.len() == 5 && steps.iter().all(|(_, state, _)| *state != Failed),
            "{steps:?}"
        );
        let shared = OutputPlace {
            folder: data.path().join("share"),
            ..own
        };
        let steps = told(&shared);
        assert_eq!(steps[0], ("folder".to_owned(), Failed, Some("place".to_owned())));
        assert!(steps.len() == 4 && steps[1..].iter().all(|(_, state, _)| *state == Skipped));
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "nothing was made");
        std::fs::write(data.path().join("share"), "").unwrap();
        assert_eq!(told(&shared)[0].1, Failed, "it is a file");
        std::fs::remove_file(data.path().join("share")).unwrap();
        std::fs::create_dir(data.path().join("share")).unwrap();
        std::fs::write(data.path().join("share/devices.ndjson"), "theirs").unwrap();
        let steps = told(&shared);
        assert_eq!(steps[2], ("files".to_owned(), Failed, Some("file_name".to_owned())));
    }
}
