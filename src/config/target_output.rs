//! Where the files of a target lie on this machine. A request names at most a folder that `bus.ini` lists (E6); which path that
//! is, only the data folder knows.

use std::path::Path;

use super::bus::BusSettings;
use super::data_folder::DataFolder;
use super::error::{InvalidSetting, SettingsError};
use super::output_place::{NamedFolder, OutputPlace, TARGETS_OUTPUT};
use super::target_settings::{KindSettings, TargetSettings};

impl BusSettings {
    /// Folders that `target_folders` lists and that are not there.
    pub fn missing_target_folders(&self) -> impl Iterator<Item = &NamedFolder> {
        self.target_folders.iter().filter(|folder| !folder.path.is_dir())
    }
}

impl DataFolder {
    /// Tells a target of files where they lie; `target`: its name. Of other kinds there is nothing to tell. Fails where
    /// `bus.ini` lists no folder of this name, or cannot be read.
    pub fn place_target_output(&self, target: &str, settings: &mut TargetSettings) -> Result<(), SettingsError> {
        let KindSettings::File(own) = &mut settings.own else {
            return Ok(());
        };
        let listed = match &own.place {
            Some(_) => self.read_bus_settings()?.target_folders,
            None => Vec::new(),
        };
        own.output = Some(find_output_place(self.path(), target, own.place.as_deref(), &listed)?);
        Ok(())
    }
}

fn find_output_place(
    data: &Path,
    target: &str,
    place: Option<&str>,
    listed: &[NamedFolder],
) -> Result<OutputPlace, SettingsError> {
    let own_folder = data.join(TARGETS_OUTPUT).join(target);
    let folder = match place {
        None => own_folder.clone(),
        Some(name) => {
            let found = listed.iter().find(|folder| folder.name == name);
            found.ok_or_else(|| unknown_place(name, listed))?.path.clone()
        }
    };
    Ok(OutputPlace {
        folder,
        own_folder,
        data_folder: data.to_owned(),
    })
}

fn unknown_place(name: &str, listed: &[NamedFolder]) -> SettingsError {
    let advice = if listed.is_empty() {
        format!(
            "on the machine of the bus, write target_folders = {name}=FOLDER under [targets] of bus.ini, or leave it empty"
        )
    } else {
        let names: Vec<&str> = listed.iter().map(|folder| folder.name.as_str()).collect();
        format!("name one of these: {}", names.join(", "))
    };
    InvalidSetting::new(format!("bus.ini lists no folder with the name {name}"), advice)
        .with_location("", None, "place")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn e6_files_lie_in_the_data_folder_or_in_a_folder_that_its_owner_listed() {
        let listed = [NamedFolder {
            name: "share".to_owned(),
            path: PathBuf::from("/mnt/share"),
        }];
        let data = Path::new("/data");
        let own = find_output_place(data, "IntuneTargetFile_2", None, &listed).expect("its own");
        assert_eq!(own.folder, Path::new("/data/targets-output/IntuneTargetFile_2"));
        assert!(!own.is_shared());
        let shared = find_output_place(data, "IntuneTargetFile_2", Some("share"), &listed).expect("a listed one");
        assert_eq!(
            (shared.folder.as_path(), shared.is_shared()),
            (Path::new("/mnt/share"), true)
        );
        assert_eq!(shared.own_folder, own.own_folder);
        let wrong = find_output_place(data, "IntuneTargetFile_2", Some("other"), &listed).expect_err("not listed");
        assert!(wrong.key == "place" && wrong.advice.contains("share"), "{wrong}");
        let none = find_output_place(data, "IntuneTargetFile_2", Some("other"), &[]).expect_err("not listed");
        assert!(none.advice.contains("target_folders = other=FOLDER"), "{none}");
    }
}
