//! A data folder as a bus whose store has version 21 left it (`tests/fixtures/store`): every later version has to upgrade it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use rusqlite::Connection;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/store");
/// What version 21 changed in the store, taken back: a store of the version before.
pub const BACK_TO_VERSION_20: &str = "
    DROP TABLE left_alone;
    CREATE TABLE left_alone (
        address TEXT NOT NULL, tenant_id TEXT NOT NULL, client_id TEXT NOT NULL, family TEXT NOT NULL,
        until INTEGER NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL, advice TEXT NOT NULL,
        PRIMARY KEY (address, tenant_id, client_id, family)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 20;";

/// Replaces everything in a data folder. It belongs to `owner` then, or to whoever calls this.
pub fn fill_data_folder(folder: &Path, owner: Option<(u32, u32)>, changes: &str) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    let instances = folder.join("instances");
    fs::create_dir_all(&instances).unwrap();
    let store = folder.join("bus.db");
    let connection = Connection::open(&store).unwrap();
    let tables = fs::read_to_string(Path::new(FIXTURE).join("version-21.sql")).unwrap();
    // Tables come in the order of their names.
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(&tables).unwrap();
    connection.execute_batch(changes).unwrap();
    connection.close().unwrap();
    let own = |name: &str, path: &Path| fs::write(path, fs::read(Path::new(FIXTURE).join(name)).unwrap()).unwrap();
    let (key, mark, instance) = (
        folder.join("secret.key"),
        folder.join("bus.mark"),
        instances.join("IntuneConnector_1.ini"),
    );
    own("secret.key", &key);
    own("bus.mark", &mark);
    own("IntuneConnector_1.ini", &instance);
    let settings = folder.join("bus.ini");
    // A port that nobody else has.
    fs::write(&settings, "[sics]\nlisten = 127.0.0.1:0\n").unwrap();
    let files = [&store, &key, &mark, &instance, &settings].map(|path| (path.as_path(), 0o600));
    for (path, mode) in files.into_iter().chain([(instances.as_path(), 0o700), (folder, 0o700)]) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        if let Some((user, group)) = owner {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }
}

/// What the data folder held is still there. `say`: runs a command on the folder, and returns what it printed.
#[track_caller]
pub fn assert_kept(say: impl Fn(&str) -> String) {
    for (line, kept) in [
        ("operators --json", "\"cmdb\""),
        ("devices --json", "\"L-399609\""),
        ("jobs --json", "\"kept through an upgrade\""),
        ("servers --json", "\"cmdb\""),
        ("audit verify", "the trail is complete"),
    ] {
        let told = say(line);
        assert!(told.contains(kept), "{line}: {told}");
    }
}

/// The version of a store, as its file has it.
pub fn store_version(file: &Path) -> i64 {
    let store = Connection::open(file).unwrap();
    store
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}
