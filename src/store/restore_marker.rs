//! What only a restore can have written: a keyed hash in the store itself, over its epoch and over that of the store
//! which it replaces. A file's name proves nothing about its origin (E6); nor does a store that was once restored, for
//! its marker goes when it is opened first, names another predecessor, and is part of no backup.

use std::fs;
use std::path::Path;

use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::backup::path_with_suffix;
use super::high_water_mark::{self, MARK};
use super::{StoreError, meta};
use crate::model::Epoch;

const KEY: &str = "restored";
/// Stands for the predecessor where there is none.
const NOBODY: [u8; 16] = [0; 16];

/// The epoch of the store in this folder, as its mark has it: the store itself may be damaged.
fn predecessor_epoch(folder: &Path) -> [u8; 16] {
    high_water_mark::read_mark(&folder.join(MARK)).map_or(NOBODY, |mark| mark.epoch)
}

fn hash(key: &[u8; 32], epoch: Epoch, replaces: [u8; 16]) -> Vec<u8> {
    let key = PKey::hmac(key).expect("any bytes make an HMAC key");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("SHA-256 is always there");
    let text = [
        b"intune-connector/restored/v1/".as_slice(),
        epoch.0.as_bytes(),
        &replaces,
    ]
    .concat();
    signer
        .sign_oneshot_to_vec(&text)
        .expect("HMAC over bytes in memory can't fail")
}

/// Marks a store that is about to take the place of the one in `folder`.
pub(crate) fn write_marker(
    connection: &Connection,
    folder: &Path,
    key: &[u8; 32],
    epoch: Epoch,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
        params![KEY, hash(key, epoch, predecessor_epoch(folder))],
    )?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
    Ok(())
}

/// Why `ready` was not made by a restore into `folder`; `None`: it was.
pub(crate) fn find_marker_problem(ready: &Path, folder: &Path, key: &[u8; 32]) -> Option<String> {
    match ready.symlink_metadata() {
        Err(error) => return Some(format!("cannot read it: {error}")),
        Ok(facts) if !facts.is_file() => return Some("it is not a file".to_owned()),
        Ok(_) => (),
    }
    let has_log = ["-wal", "-journal"]
        .iter()
        .any(|suffix| fs::symlink_metadata(path_with_suffix(ready, suffix)).is_ok());
    if has_log {
        return Some("there is a log next to it, which a restore never leaves".to_owned());
    }
    match read_marker(ready) {
        Err(error) => Some(format!("it is not a store: {error}")),
        Ok(None) => Some("it has no restore marker: it was copied there".to_owned()),
        Ok(Some((epoch, marker))) => {
            let wanted = hash(key, epoch, predecessor_epoch(folder));
            let fits = marker.len() == wanted.len() && memcmp::eq(&marker, &wanted);
            (!fits).then(|| "its marker belongs to another restore or another secret.key".to_owned())
        }
    }
}

fn read_marker(ready: &Path) -> Result<Option<(Epoch, Vec<u8>)>, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(ready, flags)?;
    let marker: Option<Vec<u8>> = connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [KEY], |row| row.get(0))
        .optional()?;
    let epoch = meta::read_epoch(&connection)?;
    Ok(epoch.zip(marker))
}
