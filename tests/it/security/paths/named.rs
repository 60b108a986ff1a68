//! E6: nothing that comes over the network names a path. Everything that a request can say is enumerated here, so that
//! what is added later is looked at, too.

use std::path::{Path, PathBuf};

use intune_connector::app::built_in_product;
use intune_connector::bus::template::{FieldKind, TextFormat, WizardTemplate};
use intune_connector::config::{FILE_TARGET_TABLE, INSTANCE_TABLE, InstanceDraft, ORDER_TABLE, ValueKind};
use intune_connector::sics::describe_routes;
use reqwest::Method;
use serde_json::{Value, json};

use super::{House, answer, ask};

/// Words by which a name says that it is one of a place on a disk.
const WORDS: [&str; 8] = [
    "file",
    "path",
    "folder",
    "dir",
    "directory",
    "location",
    "destination",
    "target",
];

/// Words of a name, whether it is written `like_this` or `likeThis`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter == '_' || letter == '.' || letter == '-' {
            words.push(String::new());
            continue;
        }
        if letter.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

fn sounds_like_a_path(name: &str) -> bool {
    words(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

fn spelled(key: &str) -> String {
    key.replace("NAME", "gate").replace("_N", "_1")
}

#[test]
fn e6_no_setting_takes_a_path_from_a_request() {
    let mut seen = 0;
    for key in INSTANCE_TABLE.keys {
        let is_path = key.kind == ValueKind::Path;
        assert_eq!(
            sounds_like_a_path(key.name),
            is_path,
            "{}: its name and its kind disagree",
            key.name
        );
        if !is_path {
            continue;
        }
        seen += 1;
        let name = spelled(key.name);
        for path in ["/etc/passwd", "/dev/zero", "relative", "C:\\x", "../x"] {
            let error = InstanceDraft::from_json(&json!({ &name: path })).unwrap_err();
            assert!(error.problem.contains("paths are not accepted in requests"), "{error}");
            assert!(!error.advice.is_empty(), "{error}");
        }
        // A command's own files and the owner's are another matter.
        assert!(
            InstanceDraft::from_pairs([(name.as_str(), "/etc/passwd")]).is_ok(),
            "{name}"
        );
    }
    assert!(seen > 20, "{seen}");
}

/// Every name that a request may bring: in a body, wherever in it, in the query, in the address.
fn asked(document: &Value) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let here = format!("{method} {path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                names.push((here.clone(), parameter["name"].as_str().unwrap().to_owned()));
            }
            let contents = operation["requestBody"]["content"].as_object();
            for content in contents.into_iter().flat_map(|contents| contents.values()) {
                properties(document, &content["schema"], &here, &mut Vec::new(), &mut names);
            }
        }
    }
    names
}

fn properties(
    document: &Value,
    schema: &Value,
    here: &str,
    within: &mut Vec<String>,
    names: &mut Vec<(String, String)>,
) {
    if let Some(reference) = schema["$ref"].as_str() {
        if within.iter().any(|known| known == reference) {
            return;
        }
        within.push(reference.to_owned());
        let pointer = reference.trim_start_matches('#');
        properties(document, document.pointer(pointer).unwrap(), here, within, names);
        within.pop();
        return;
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        names.push((here.to_owned(), name.clone()));
        properties(document, inner, here, within, names);
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            properties(document, &schema[key], here, within, names);
        }
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for inner in schema[key].as_array().into_iter().flatten() {
            properties(document, inner, here, within, names);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e6_no_body_query_or_address_of_the_api_has_a_place_for_a_path() {
    let house = House::new();
    let bus = house.start();
    let (_, document) = answer(ask(&bus, &house.local_token(), Method::GET, "/sics/v1/openapi.json")).await;
    let names = asked(&document);
    let bodies = describe_routes()
        .iter()
        .filter(|route| route.operation.request.is_some())
        .count();
    assert!(
        names.len() > 100 && bodies > 20,
        "{} names, {bodies} bodies",
        names.len()
    );
    // Every route with a body has its schema, so that nothing is asked for unseen.
    for route in describe_routes() {
        if let Some(schema) = route.operation.request {
            let schema = schema.name();
            assert!(
                document["components"]["schemas"][&schema].is_object(),
                "{}: {schema}",
                route.operation.name
            );
        }
    }
    // A target of devices is an installation, by its name.
    let paths = names
        .iter()
        .filter(|(_, name)| sounds_like_a_path(name) && name != "target");
    let paths: Vec<_> = paths.collect();
    assert!(paths.is_empty(), "{paths:#?}");
}

#[test]
fn e6_no_wizard_asks_for_a_path() {
    assert!(
        TextFormat::ALL
            .iter()
            .all(|(name, _)| !sounds_like_a_path(name) || *name == "directory")
    );
    let text = r#"<template version="1"><title en="x" de="x"/><page name="p"><title en="p" de="p"/>
        <field name="x" type="text" form="path"><label en="x" de="x"/></field></page></template>"#;
    let findings = WizardTemplate::read(text.as_bytes()).unwrap_err();
    let told = format!("{findings:?}");
    assert!(told.contains("a path cannot be asked for"), "{told}");
    // What our own wizards ask for becomes no setting that is one.
    let packages = built_in_product::built_in_packages().unwrap();
    let templates = packages.iter().map(|package| {
        let name = package.manifest.template.name.as_str();
        WizardTemplate::read(package.file_content(name).unwrap()).unwrap()
    });
    let templates: Vec<WizardTemplate> = templates.collect();
    assert_eq!(templates.len(), 9);
    let mut files = 0;
    for field in templates.iter().flat_map(WizardTemplate::fields) {
        files += usize::from(matches!(field.kind, FieldKind::File { .. }));
        let sets = match &field.kind {
            FieldKind::Choice { choices, .. } => choices.iter().flat_map(|choice| &choice.sets).collect(),
            _ => Vec::new(),
        };
        let settings = field.setting.iter().chain(sets.into_iter().map(|(setting, _)| setting));
        for setting in settings {
            let tables = [INSTANCE_TABLE, ORDER_TABLE, FILE_TARGET_TABLE];
            let key = tables.iter().find_map(|table| table.find_key(setting));
            assert!(
                key.is_none_or(|key| !matches!(key.kind, ValueKind::Path | ValueKind::Folders)),
                "{}: {setting}",
                field.name
            );
        }
    }
    assert!(
        files >= 4,
        "{files}: authorities, certificates and keys come as contents"
    );
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found)
        } else {
            found.push(path)
        }
    }
}

/// Rooms whose files are named by the person at the keyboard, or that are no part of the bus.
const ELSEWHERE: [&str; 1] = ["cli/"];
/// Who reads otherwise, and why that is bounded.
const KNOWN: [(&str, &str); 10] = [
    ("files/bounded.rs", "it is the one reader"),
    ("files/data_files.rs", "copies a file of the data folder piece by piece"),
    ("files/private.rs", "opens folders to make a rename durable"),
    (
        "observe/audit_heads.rs",
        "logs of the data folder, line by line with a bound",
    ),
    ("store/backup.rs", "what it has just made"),
    (
        "store/restore.rs",
        "opens what it has just made to make it durable, and reads sixteen bytes of a backup",
    ),
    (
        "bus/catalogue/package_store.rs",
        "opens folders to make a rename durable",
    ),
    ("app/scratch_folder.rs", "opens folders to lock them"),
    ("store/folder_lock.rs", "opens the folder to lock it"),
    ("sics/backup.rs", "a copy that has no name"),
];

#[test]
fn e6_whatever_the_bus_reads_by_a_path_is_read_by_the_one_bounded_reader() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rooms = [root.join("src"), root.join("crates/connector-core/src")];
    let mut files = Vec::new();
    rooms.iter().for_each(|room| sources(room, &mut files));
    let mut seen = 0;
    for file in files {
        let inside = rooms.iter().find_map(|room| file.strip_prefix(room).ok());
        let name = inside.unwrap().display().to_string();
        let is_test = name.ends_with("tests.rs") || name.contains("/tests/");
        if is_test
            || ELSEWHERE.iter().any(|room| name.starts_with(room))
            || KNOWN.iter().any(|(known, _)| *known == name)
        {
            continue;
        }
        seen += 1;
        let text = std::fs::read_to_string(&file).unwrap();
        // Unit tests read what they have written.
        let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for call in ["fs::read(", "fs::read_to_string(", "File::open("] {
            assert!(!own.contains(call), "{name} reads by {call}: take files::read_file");
        }
    }
    assert!(seen > 200, "{seen}");
}
