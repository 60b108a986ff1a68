//! The product of this repository: its manifest says what the code does.

use std::path::Path;

use intune_connector::app::built_in_product::BUILT_IN;
use intune_connector::bus::Manifest;
use intune_connector::entra::permissions::{InstanceFeature, TABLE};
use intune_connector::model::ActionKind;

fn manifest() -> Manifest {
    Manifest::read(include_str!("../../../plugin.toml")).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn feature(feature: InstanceFeature) -> &'static str {
    match feature {
        InstanceFeature::Scan => "scan",
        InstanceFeature::Actions => "actions",
        InstanceFeature::ManageDevices => "manage-devices",
        InstanceFeature::Orders => "orders",
        InstanceFeature::Compliance => "compliance",
    }
}

#[test]
fn e4_the_manifest_asks_for_exactly_the_permissions_of_the_one_table() {
    let asked: Vec<_> = manifest()
        .permissions
        .into_iter()
        .map(|row| (row.feature, row.name, row.reason, row.also, row.required))
        .collect();
    let used: Vec<_> = TABLE
        .iter()
        .map(|row| {
            let also = row
                .alternatives
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>();
            let required = row.feature == InstanceFeature::Scan;
            (
                feature(row.feature).to_owned(),
                row.name.to_owned(),
                row.reason.to_owned(),
                also,
                required,
            )
        })
        .collect();
    assert_eq!(asked, used);
}

#[test]
fn a5_the_manifest_tells_the_danger_of_every_action() {
    let told: Vec<_> = manifest()
        .dangers
        .into_iter()
        .map(|row| (row.action, row.class))
        .collect();
    let known: Vec<_> = ActionKind::ALL
        .iter()
        .map(|verb| (verb.name().to_owned(), verb.danger()))
        .collect();
    assert_eq!(told, known);
}

#[test]
fn the_product_has_the_version_of_the_program_and_fits_its_bus() {
    let manifest = manifest();
    assert_eq!(manifest.version.to_string(), env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest.incompatible_bus(&manifest.version), None);
    assert_eq!(manifest.name_prefix(), "IntuneConnector");
}

#[test]
fn every_file_of_the_product_that_exists_is_inside_the_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, content) in BUILT_IN {
        assert_eq!(*content, std::fs::read(root.join(name)).unwrap(), "{name}");
    }
    let manifest = manifest();
    let inside = |name: &str| BUILT_IN.iter().any(|(known, _)| *known == name);
    for file in manifest
        .named_files()
        .filter(|file| root.join(file.name.as_str()).exists())
    {
        assert!(
            inside(file.name.as_str()),
            "add {} to app/built_in_product.rs",
            file.name
        );
    }
}
