//! Versions come, stand side by side and go; what a process that died left behind does no harm.

use std::fs;

use super::*;
use crate::bus::package::{PackageFiles, PrivateKey, pack_zip};
use crate::contract::{PieceChange, PieceKind, ProductState};

const KINDS: [&str; 1] = ["workflow-engine"];

fn manifest(version: &str, more: &str) -> String {
    format!(
        "[product]\nid = \"second\"\nversion = \"{version}\"\nbus = \">=0.1\"\ntemplate = \"templates/second.xml\"\n\
         [product.name]\nen = \"Second\"\nde = \"Zweites\"\n[product.summary]\nen = \"Tests\"\nde = \"Tests\"\n\
         [[microservice]]\nname = \"SecondEngine\"\nkind = \"workflow-engine\"\n{more}"
    )
}

fn built(version: &str, template: &str, more: &str, definitions: &[(&str, &str)]) -> Package {
    let mut files = PackageFiles::new();
    files.insert("plugin.toml".parse().unwrap(), manifest(version, more).into());
    files.insert("templates/second.xml".parse().unwrap(), template.into());
    for (name, text) in definitions {
        files.insert(name.parse().unwrap(), (*text).into());
    }
    Package::from_files(files, PackageSigner::Nobody).unwrap()
}

fn simple(version: &str) -> Package {
    built(version, "<template/>", "", &[])
}

fn zip(package: &Package) -> Vec<u8> {
    pack_zip(package, None).unwrap()
}

const TAKEN: AddOptions = AddOptions {
    signature_policy: SignaturePolicy::Nothing,
    allow_downgrade: false,
};

fn open(folder: &Path) -> Catalogue {
    Catalogue::open(folder, Vec::new(), &KINDS, Version::new(0, 1, 0)).unwrap()
}

fn shown(catalogue: &Catalogue) -> Vec<String> {
    let id = "second".parse().unwrap();
    let versions = catalogue.package_versions(&id);
    versions
        .iter()
        .map(|package| package.manifest.version.to_string())
        .collect()
}

#[test]
fn b30_what_was_added_is_there_after_a_restart_and_gone_after_removal() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = open(folder.path());
    let added = catalogue.add_package(&zip(&simple("1.0.0")), TAKEN, &[]).unwrap();
    assert!(!added.already_present);
    assert!(
        catalogue
            .add_package(&zip(&simple("1.0.0")), TAKEN, &[])
            .unwrap()
            .already_present
    );
    catalogue.add_package(&zip(&simple("1.1.0")), TAKEN, &[]).unwrap();
    let again = open(folder.path());
    assert_eq!(shown(&again), ["1.0.0", "1.1.0"]);
    let id = "second".parse().unwrap();
    assert_eq!(
        again.newest_package(&id).unwrap().manifest.version,
        Version::new(1, 1, 0)
    );
    assert_eq!(
        again.get(&id, &Version::new(1, 0, 0)).unwrap().files,
        simple("1.0.0").files
    );
    assert_eq!(again.remove(&id).unwrap(), 2);
    assert!(shown(&again).is_empty() && shown(&open(folder.path())).is_empty());
    assert!(matches!(again.remove(&id), Err(CatalogueError::Unknown(_))));
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "the folder of the product went, too"
    );
}

#[test]
fn an_older_version_is_refused_unless_asked_for_and_a_version_never_changes() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = open(folder.path());
    catalogue.add_package(&zip(&simple("1.1.0")), TAKEN, &[]).unwrap();
    let older = zip(&simple("1.0.0"));
    assert!(matches!(
        catalogue.add_package(&older, TAKEN, &[]),
        Err(CatalogueError::Downgrade { .. })
    ));
    let other = zip(&built("1.1.0", "<template x=\"1\"/>", "", &[]));
    assert!(matches!(
        catalogue.add_package(&other, TAKEN, &[]),
        Err(CatalogueError::OtherContent { .. })
    ));
    let asked = AddOptions {
        allow_downgrade: true,
        ..TAKEN
    };
    catalogue.add_package(&older, asked, &[]).unwrap();
    assert_eq!(shown(&catalogue), ["1.0.0", "1.1.0"]);
}

#[test]
fn an_unknown_kind_and_a_bus_that_is_too_old_are_told_when_it_is_added() {
    let folder = tempfile::tempdir().unwrap();
    let old = Catalogue::open(folder.path(), Vec::new(), &["other"], Version::new(0, 0, 1)).unwrap();
    let Err(CatalogueError::Unfit(findings)) = old.add_package(&zip(&simple("1.0.0")), TAKEN, &[]) else {
        panic!("it was taken");
    };
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(shown(&old).is_empty());
}

#[test]
fn what_a_process_that_died_left_behind_is_swept_and_what_was_changed_on_disk_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path())
        .add_package(&zip(&simple("1.0.0")), TAKEN, &[])
        .unwrap();
    open(folder.path())
        .add_package(&zip(&simple("1.1.0")), TAKEN, &[])
        .unwrap();
    for left in [".new-0011223344556677", ".old-0011223344556677"] {
        fs::create_dir_all(folder.path().join(left).join("templates")).unwrap();
    }
    fs::write(folder.path().join("second/1.0.0/templates/second.xml"), "<other/>").unwrap();
    fs::create_dir(folder.path().join("second/9.9.9")).unwrap();
    let catalogue = open(folder.path());
    assert_eq!(shown(&catalogue), ["1.1.0"]);
    assert!(
        fs::read_dir(folder.path()).unwrap().count() == 1,
        "only the product is left"
    );
    // The version that can't be used can be added again.
    let asked = AddOptions {
        allow_downgrade: true,
        ..TAKEN
    };
    catalogue.add_package(&zip(&simple("1.0.0")), asked, &[]).unwrap();
    assert_eq!(shown(&open(folder.path())), ["1.0.0", "1.1.0"]);
}

#[cfg(unix)]
#[test]
fn a_disk_that_takes_nothing_leaves_the_catalogue_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = open(folder.path());
    catalogue.add_package(&zip(&simple("1.0.0")), TAKEN, &[]).unwrap();
    fs::remove_dir_all(folder.path().join("second")).unwrap();
    fs::write(folder.path().join("second"), "a file in its way").unwrap();
    let failed = catalogue.add_package(&zip(&simple("1.1.0")), TAKEN, &[]);
    assert!(matches!(failed, Err(CatalogueError::Io { .. })));
    assert_eq!(shown(&catalogue), ["1.0.0"]);
    let left = fs::read_dir(folder.path()).unwrap().flatten();
    assert!(
        left.map(|entry| entry.file_name())
            .all(|name| !name.to_string_lossy().starts_with('.'))
    );
}

#[test]
fn there_is_a_bound_on_versions_and_the_oldest_that_is_not_installed_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = open(folder.path());
    for minor in 0..VERSIONS_MAX {
        catalogue
            .add_package(&zip(&simple(&format!("1.{minor}.0"))), TAKEN, &[])
            .unwrap();
    }
    let used = [Version::new(1, 0, 0)];
    catalogue.add_package(&zip(&simple("2.0.0")), TAKEN, &used).unwrap();
    let shown = shown(&open(folder.path()));
    assert_eq!(shown.len(), VERSIONS_MAX);
    assert!(shown.contains(&"1.0.0".to_owned()) && !shown.contains(&"1.1.0".to_owned()));
}

#[test]
fn keys_are_trusted_and_trusted_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = open(folder.path());
    let key = PrivateKey::generate().unwrap();
    let signed = pack_zip(&simple("1.0.0"), Some(&key)).unwrap();
    let asked = AddOptions {
        signature_policy: SignaturePolicy::Signature,
        allow_downgrade: false,
    };
    assert!(catalogue.add_package(&signed, asked, &[]).is_err());
    let pem = key.public_key().unwrap().to_pem().unwrap();
    let fingerprint = catalogue.trust_key(&pem).unwrap();
    catalogue.distrust_key(&fingerprint).unwrap();
    assert!(catalogue.add_package(&signed, asked, &[]).is_err());
    assert!(matches!(
        catalogue.distrust_key(&fingerprint),
        Err(CatalogueError::UnknownKey(_))
    ));
    catalogue.trust_key(&pem).unwrap();
    let added = catalogue.add_package(&signed, asked, &[]).unwrap();
    assert_eq!(added.package.signer, PackageSigner::By(fingerprint.clone()));
    let kept = open(folder.path()).newest_package(&"second".parse().unwrap()).unwrap();
    assert_eq!(kept.signer, PackageSigner::By(fingerprint));
    assert!(catalogue.trust_key(b"no key").is_err());
}

#[test]
fn b35_available_installed_update_available() {
    let newest = Version::new(1, 1, 0);
    let old = Version::new(1, 0, 0);
    assert_eq!(state::product_state(&newest, &[]), ProductState::Available);
    assert_eq!(
        state::product_state(&newest, std::slice::from_ref(&newest)),
        ProductState::Installed
    );
    assert_eq!(
        state::product_state(&newest, &[newest.clone(), old]),
        ProductState::UpdateAvailable
    );
}

#[test]
fn b41_an_update_tells_what_it_changes_by_name() {
    let workflow = |name: &str| {
        format!("[[workflow]]\nname = \"{name}\"\nfile = \"workflows/{name}.xml\"\nengine = \"SecondEngine\"\n")
    };
    let page = |name: &str, text: &str| format!("<page name=\"{name}\"><field name=\"{text}\"/></page>");
    let right = "[[permission]]\nname = \"Things.Read\"\nfeature = \"look\"\nreason = \"r\"\nrequired = true\n";
    let before = built(
        "1.0.0",
        &format!("<template>{}{}</template>", page("first", "a"), page("second", "b")),
        &format!("{}{}", workflow("Tidy"), workflow("Sweep")),
        &[("workflows/Tidy.xml", "<w/>"), ("workflows/Sweep.xml", "<w/>")],
    );
    let after = built(
        "1.1.0",
        &format!(
            "<template>\n {}\n\n{}</template>",
            page("first", "c"),
            page("second", "b")
        ),
        &format!("{}{}{right}", workflow("Tidy"), workflow("Wash")),
        &[
            ("workflows/Tidy.xml", "<w version=\"2\"/>"),
            ("workflows/Wash.xml", "<w/>"),
        ],
    );
    let told = changes::compare_packages(&before, &after);
    assert_eq!(
        (told.from.to_string(), told.to.to_string()),
        ("1.0.0".into(), "1.1.0".into())
    );
    let told: Vec<_> = told
        .changes
        .iter()
        .map(|one| (one.piece, one.name.as_str(), one.how))
        .collect();
    assert_eq!(
        told,
        [
            (PieceKind::Definition, "Sweep", PieceChange::Removed),
            (PieceKind::Definition, "Tidy", PieceChange::Changed),
            (PieceKind::Definition, "Wash", PieceChange::Added),
            (PieceKind::Page, "first", PieceChange::Changed),
            (PieceKind::Permission, "Things.Read (look)", PieceChange::Added),
        ]
    );
    assert!(changes::compare_packages(&before, &before).changes.is_empty());
}

#[test]
fn what_came_with_an_older_program_is_still_there_for_what_is_installed() {
    let folder = tempfile::tempdir().unwrap();
    let program = |version: &str| {
        let built_in = Package {
            signer: PackageSigner::BuiltIn,
            ..simple(version)
        };
        let catalogue = Catalogue::open(folder.path(), vec![built_in], &KINDS, Version::new(0, 1, 0)).unwrap();
        catalogue.store_built_in().unwrap();
        catalogue
    };
    program("1.0.0");
    let newer = program("2.0.0");
    assert_eq!(shown(&newer), ["1.0.0", "2.0.0"]);
    let id = "second".parse().unwrap();
    assert_eq!(
        newer.get(&id, &Version::new(1, 0, 0)).unwrap().signer,
        PackageSigner::BuiltIn
    );
    assert_eq!(newer.remove(&id).unwrap(), 1, "that of the program stays");
    assert_eq!(shown(&newer), ["2.0.0"]);
    assert_eq!(shown(&program("2.0.0")), ["2.0.0"]);
}
