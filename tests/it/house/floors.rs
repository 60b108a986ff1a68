//! Which room stands on which: no arrow goes up, and none goes in a circle.
//!
//! `cargo test --test it -- house::floors --nocapture` prints the map.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::sources::{SourceFile, mask_texts, read_sources};

/// From the ground up. A room may use rooms of floors below its own, and of its own those that stand left of it.
const FLOORS: [&[&str]; 7] = [
    &["model", "files", "observe", "xml", "condition", "schedule"],
    // Of the crate `sics-client`.
    &["contract"],
    &["config", "export"],
    &[
        "net", "refusal", "workflow", "store", "entra", "graph", "bus", "webhooks",
    ],
    &["inventory", "actions", "compliance", "orders", "targets", "notices"],
    &["sics"],
    &["app", "cli"],
];

/// Arrows that go up today, each with what ends it. The list only gets shorter.
const TOLERATED: [(&str, &str, &str); 1] = [(
    "workflow",
    "store",
    "the journal of runs is the store's; it becomes a trait of the workflow engine",
)];

type RoomMap = BTreeMap<String, BTreeSet<String>>;

/// The room of a file: the folder right below `src`.
fn room_of(path: &str) -> Option<&str> {
    let inside = path
        .strip_prefix("src/")
        .or_else(|| path.strip_prefix("crates/connector-core/src/"))?;
    inside.split_once('/').map(|(room, _)| room)
}

fn read_map(files: &[SourceFile]) -> RoomMap {
    let path = Regex::new(r"\bcrate::(?:(\w+)|\{([^;]*)\};)").unwrap();
    let inside = Regex::new(r"(?:^|,)\s*(\w+)").unwrap();
    let nested = Regex::new(r"\{[^{}]*\}").unwrap();
    let mut map = RoomMap::new();
    for file in files {
        let Some(room) = room_of(&file.path) else { continue };
        let used = map.entry(room.to_owned()).or_default();
        for found in path.captures_iter(&file.code) {
            if let Some(name) = found.get(1) {
                used.insert(name.as_str().to_owned());
            } else if let Some(list) = found.get(2) {
                let mut list = list.as_str().to_owned();
                while nested.is_match(&list) {
                    list = nested.replace_all(&list, "").into_owned();
                }
                used.extend(inside.captures_iter(&list).map(|name| name[1].to_owned()));
            }
        }
        used.remove(room);
    }
    let rooms: BTreeSet<String> = FLOORS
        .iter()
        .flat_map(|floor| floor.iter().map(|room| (*room).to_owned()))
        .collect();
    map.values_mut()
        .for_each(|used| used.retain(|room| rooms.contains(room)));
    map
}

fn place_of(room: &str) -> (usize, usize) {
    let places = FLOORS.iter().enumerate().flat_map(|(floor, rooms)| {
        rooms
            .iter()
            .enumerate()
            .map(move |(place, name)| (*name, (floor, place)))
    });
    let found = places.into_iter().find(|(name, _)| *name == room);
    found
        .unwrap_or_else(|| panic!("{room} stands on no floor: add it to FLOORS"))
        .1
}

/// Arrows that do not lead down.
fn arrows_up(map: &RoomMap) -> Vec<(String, String)> {
    let mut up = Vec::new();
    for (room, used) in map {
        let above = used.iter().filter(|other| place_of(other) > place_of(room));
        up.extend(above.map(|other| (room.clone(), other.clone())));
    }
    up
}

#[test]
fn every_arrow_between_rooms_leads_down() {
    let map = read_map(&read_sources(&["src", "crates/connector-core/src"]));
    for (room, used) in &map {
        println!("{room}: {}", used.iter().cloned().collect::<Vec<_>>().join(", "));
    }
    let up = arrows_up(&map);
    let known: Vec<(String, String)> = TOLERATED
        .iter()
        .map(|(room, other, _)| ((*room).to_owned(), (*other).to_owned()))
        .collect();
    let new: Vec<_> = up.iter().filter(|arrow| !known.contains(arrow)).collect();
    assert!(new.is_empty(), "{new:?}");
    for arrow in &known {
        assert!(up.contains(arrow), "{arrow:?} is gone: take it off the list");
    }
}

#[test]
fn only_the_command_line_names_the_simulated_tenant() {
    let files = read_sources(&["src", "crates/connector-core/src"]);
    let naming: Vec<&str> = files
        .iter()
        .filter(|file| file.code.contains("simulated_tenant"))
        .map(|file| file.path.as_str())
        .collect();
    assert!(naming.iter().all(|path| path.starts_with("src/cli/")), "{naming:?}");
    assert!(!naming.is_empty());
}

/// The control: code that reaches up is found.
#[test]
fn an_arrow_up_is_found() {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        code: mask_texts(text),
    };
    let map = read_map(&[
        file(
            "src/store/mod.rs",
            "use crate::model::Device;\nuse crate::{config, sics::Sics};\n",
        ),
        file(
            "src/inventory/scan.rs",
            "fn a() { crate::actions::guard::judge(); }\n// crate::cli",
        ),
        file("src/actions/job.rs", "use crate::inventory::{Scanner, {Other}};\n"),
    ]);
    assert_eq!(
        arrows_up(&map),
        [
            ("inventory".to_owned(), "actions".to_owned()),
            ("store".to_owned(), "sics".to_owned())
        ]
    );
}
