//! Files of the data folder that somebody put there and that nothing uses. The log says it once, at the start; here it is
//! told to whoever asks what needs them.

use std::path::{Path, PathBuf};

use super::Instances;
use super::workflows::find_unusable_definitions;
use crate::bus::supervisor::MemberFailure;
use crate::config::misnamed_instance_files;
use crate::model::InstanceName;
use crate::sics::{EngineError, UnusableFile, UnusableFileKind};

pub(super) async fn find_unusable_files(instances: &Instances) -> Result<Vec<UnusableFile>, EngineError> {
    let rows = instances.store.list_instances().await?;
    let is_installed = |name: &InstanceName| rows.iter().any(|row| row.removed_at.is_none() && row.name == *name);
    let data = instances.folder.path().to_owned();
    // One that is installed tells its trouble itself.
    let unused = instances.read_all_slots(|name, slot| {
        let failure = slot.failure.as_ref().filter(|_| !is_installed(name))?;
        let path = instances.folder.instance_ini_path(name);
        Some(UnusableFile {
            kind: UnusableFileKind::Settings,
            file: name_in_folder(&data, &path),
            problem: strip_place(&failure.problem, &path, failure),
            advice: failure.advice.clone(),
        })
    });
    let mut found: Vec<UnusableFile> = unused.into_iter().flatten().collect();
    let others = tokio::task::spawn_blocking(move || {
        let mut others = list_misnamed_settings(&data);
        others.extend(list_unusable_definitions(&data));
        others
    });
    found.extend(others.await.unwrap_or_default());
    Ok(found)
}

fn name_in_folder(data: &Path, path: &Path) -> String {
    path.strip_prefix(data).unwrap_or(path).display().to_string()
}

/// Without the path before it and the advice behind it, which are told apart.
fn strip_place(problem: &str, path: &Path, failure: &MemberFailure) -> String {
    let behind = problem.strip_prefix(&path.display().to_string()).unwrap_or(problem);
    let behind = behind.trim_start_matches([':', ' ']);
    let text = behind.strip_suffix(&format!("; {}", failure.advice)).unwrap_or(behind);
    if text.starts_with(|letter: char| letter.is_ascii_digit()) {
        format!("line {text}")
    } else {
        text.to_owned()
    }
}

/// Settings whose names no instance can have: they are passed over.
fn list_misnamed_settings(data: &Path) -> Vec<UnusableFile> {
    let file = |path: &PathBuf| UnusableFile {
        kind: UnusableFileKind::Settings,
        file: name_in_folder(data, path),
        problem: "its name is not the name of an instance".to_owned(),
        advice: "name it as an instance, such as IntuneConnector_1.ini".to_owned(),
    };
    misnamed_instance_files(data).iter().map(file).collect()
}

fn list_unusable_definitions(data: &Path) -> Vec<UnusableFile> {
    let unusable = find_unusable_definitions(data).into_iter();
    let file = |(path, problem, advice): (PathBuf, String, String)| UnusableFile {
        kind: UnusableFileKind::Definition,
        file: name_in_folder(data, &path),
        problem,
        advice,
    };
    unusable.map(file).collect()
}
