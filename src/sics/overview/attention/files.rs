//! Files of the data folder that somebody put there and that nothing uses. Pure.

use super::super::known_world::FactVisibility;
use super::item::{BoardItem, to_sentence};
use crate::contract::{AttentionSeverity, AttentionSubject};
use crate::sics::{UnusableFile, UnusableFileKind};

pub(super) fn file_item(found: &UnusableFile) -> BoardItem {
    let (code, page, right) = match found.kind {
        UnusableFileKind::Settings => ("settingsFileUnread", "/microservices", "Instances_Read"),
        UnusableFileKind::Definition => ("definitionFileUnread", "/workflows", "Workflows_Read"),
    };
    BoardItem::new(
        code,
        AttentionSeverity::Act,
        (AttentionSubject::Bus, "local"),
        page.to_owned(),
        FactVisibility::Right(right),
    )
    .argument("file", &found.file)
    .argument("detail", &found.problem)
    .argument("advice", to_sentence(&found.advice))
    .texts(
        "The file {file} of the data folder is not used: {detail}",
        "{advice} Then restart the bus; or move the file away.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wi_16_a_file_that_is_not_used_is_told_with_its_name_and_what_to_do() {
        for (kind, code) in [
            (UnusableFileKind::Settings, "settingsFileUnread"),
            (UnusableFileKind::Definition, "definitionFileUnread"),
        ] {
            let item = file_item(&UnusableFile {
                kind,
                file: "instances/Foo.ini".to_owned(),
                problem: "tenant_id: is missing".to_owned(),
                advice: "copy it from the overview".to_owned(),
            });
            assert_eq!(
                (item.view.code.as_str(), item.view.severity),
                (code, AttentionSeverity::Act)
            );
            assert_eq!(
                (item.view.message.as_str(), item.view.advice.as_str()),
                (
                    "The file instances/Foo.ini of the data folder is not used: tenant_id: is missing",
                    "Copy it from the overview. Then restart the bus; or move the file away."
                )
            );
        }
    }
}
