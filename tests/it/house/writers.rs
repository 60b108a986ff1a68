//! Every writer into the data folder goes through `files`, which gives what it makes to the owner of the folder (B4).

use super::sources::read_sources;

/// Ways of making a file or folder that leave it with whoever runs the program.
const OWN_WAYS: [&str; 10] = [
    "create_private_file",
    "replace_private_file",
    "create_private_folder",
    "File::create(",
    "fs::write",
    "fs::copy",
    "create_dir",
    "DirBuilder",
    "create(true)",
    "create_new(true)",
];

/// Files that make something else: each with what.
const ELSEWHERE: [(&str, &str); 11] = [
    ("src/config/data_folder.rs", "the data folder itself"),
    ("src/app/scratch_folder.rs", "a folder of a preview, gone with it"),
    ("src/cli/demo/temporary_folder.rs", "a folder of the demo, gone with it"),
    (
        "src/bus/package/keys.rs",
        "the key that signs packages, where its owner wants it",
    ),
    (
        "src/store/backup.rs",
        "a file of its own, given to the owner where it lies in the data folder",
    ),
    ("src/cli/man.rs", "manual pages, where people ask for them"),
    ("src/cli/install/mod.rs", "the data folder itself"),
    (
        "src/cli/follow/",
        "the table or list of a server, where people ask for it",
    ),
    ("src/cli/audit.rs", "an exported trail, where people ask for it"),
    ("src/cli/instances.rs", "the data folder itself"),
    (
        "src/cli/products/packaging.rs",
        "packages and keys, where people ask for them",
    ),
];

#[test]
fn b4_every_writer_into_the_data_folder_gives_to_its_owner_what_it_makes() {
    let files = read_sources(&["src", "crates/connector-core/src"]);
    let is_elsewhere = |path: &str| ELSEWHERE.iter().any(|(known, _)| path.starts_with(known));
    let is_way_itself = |path: &str| path.starts_with("crates/connector-core/src/files/");
    let mut wrong = Vec::new();
    for file in files
        .iter()
        .filter(|file| !is_elsewhere(&file.path) && !is_way_itself(&file.path))
    {
        let used = OWN_WAYS.iter().filter(|way| file.code.contains(**way));
        wrong.extend(used.map(|way| format!("{}: {way}", file.path)));
    }
    assert_eq!(
        wrong,
        Vec::<String>::new(),
        "use open_data_file, create_data_file, replace_data_file, create_data_folder"
    );
    for (known, what) in ELSEWHERE {
        let makes = |code: &str| OWN_WAYS.iter().any(|way| code.contains(way));
        assert!(
            files
                .iter()
                .any(|file| file.path.starts_with(known) && makes(&file.code)),
            "{known} ({what}) makes no file: take it off the list"
        );
    }
}
