use std::io::{Cursor, Write};

use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::archive::EvidenceArchive;
use super::*;
use crate::bus::package::PrivateKey;
use crate::contract::AuditVerdictView;
use crate::model::{Epoch, Timestamp};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

fn chain(id: i64) -> String {
    format!("{id:064x}")
}

/// Entries of these numbers, a line each.
fn lines_of(ids: &[i64]) -> String {
    let line = |id: &i64| {
        let entry = json!({"id": id, "at": at(*id), "actor": "anna", "action": "signIn", "subject": "::1", "detail": {},
            "chain": chain(*id)});
        format!("{entry}\n")
    };
    ids.iter().map(line).collect()
}

fn entries_of(ids: &[i64]) -> EvidenceEntriesView {
    let mut entries = EvidenceEntriesView::behind(&chain(0));
    ids.iter().for_each(|id| entries.add_entry(*id, &chain(*id)));
    entries
}

fn document(key: &PrivateKey, entries: EvidenceEntriesView) -> EvidenceView {
    EvidenceView {
        format: FORMAT,
        product: "intune-connector".into(),
        version: "0.1.0".into(),
        epoch: Epoch(uuid::Uuid::from_u128(1)),
        key: key.public_key().unwrap().fingerprint,
        made_at: at(100),
        made_by: "anna".into(),
        from: at(0),
        until: at(99),
        devices_named: false,
        trail: AuditVerdictView {
            whole: true,
            entries: entries.count,
            head: entries.head.clone(),
            broken_at: None,
            missing: Vec::new(),
            compared: 0,
            before_restore: 0,
            restores: Vec::new(),
        },
        rows: BTreeMap::new(),
        entries,
    }
}

/// Signed evidence with these lines, whose document speaks of entries of these numbers.
fn evidence(key: &PrivateKey, lines: &str, told: &[i64]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = EvidenceArchive::create_in(folder.path()).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
    let text = serde_json::to_vec(&document(key, entries_of(told))).unwrap();
    archive.write_file("actions.csv", b"task,job\n1,1\n").unwrap();
    archive.write_file(ENTRIES, lines.as_bytes()).unwrap();
    archive.write_file(DOCUMENT, &text).unwrap();
    let mut finished = archive.finish(key).unwrap();
    let mut bytes = Vec::new();
    finished.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, finished.bytes);
    bytes
}

fn good(key: &PrivateKey) -> Vec<u8> {
    evidence(key, &lines_of(&[1, 2, 3]), &[1, 2, 3])
}

fn files_of(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        files.push((name, content));
    }
    files
}

fn packed(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The same with another content of one file.
fn with_content(bytes: &[u8], changed: &str, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut files = files_of(bytes);
    let (_, content) = files.iter_mut().find(|(name, _)| name == changed).unwrap();
    change(content);
    packed(&files)
}

fn check(bytes: &[u8]) -> Result<CheckedEvidence, EvidenceFault> {
    check_evidence(Cursor::new(bytes), None)
}

fn without_second_line(content: &mut Vec<u8>) {
    let text = String::from_utf8(std::mem::take(content)).unwrap();
    let kept = text.lines().enumerate().filter(|(at, _)| *at != 1);
    *content = kept.flat_map(|(_, line)| format!("{line}\n").into_bytes()).collect();
}

#[test]
fn evidence_is_what_was_signed_and_by_whom() {
    let (key, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let bytes = good(&key);
    let checked = check(&bytes).unwrap();
    let public = key.public_key().unwrap();
    assert_eq!(checked.fingerprint, public.fingerprint);
    assert_eq!(checked.document.entries, entries_of(&[1, 2, 3]));
    check_evidence(Cursor::new(&bytes), Some(&public)).unwrap();
    let refused = check_evidence(Cursor::new(&bytes), Some(&other.public_key().unwrap())).unwrap_err();
    assert!(matches!(refused, EvidenceFault::OtherKey { .. }), "{refused}");
}

#[test]
fn a_changed_byte_is_refused_wherever_it_stands() {
    let bytes = good(&PrivateKey::generate().unwrap());
    for (name, content) in files_of(&bytes) {
        // A key can be written in several ways; it is the same key.
        let text = String::from_utf8_lossy(&content);
        let end = text.find("-----BEGIN").unwrap_or(content.len());
        for at in (0..end).step_by(11) {
            let changed = with_content(&bytes, &name, |content| content[at] ^= 1);
            let refused = check(&changed).expect_err(&name);
            let is_known = match name.as_str() {
                MANIFEST | SIGNATURE => matches!(refused, EvidenceFault::Forged | EvidenceFault::Structure(_)),
                _ => matches!(&refused, EvidenceFault::Changed(file) if *file == name),
            };
            assert!(is_known, "{name} at {at}: {refused}");
        }
    }
}

#[test]
fn whatever_byte_of_the_file_is_another_it_is_refused_or_says_the_same() {
    let bytes = good(&PrivateKey::generate().unwrap());
    let signed = check(&bytes).unwrap().document;
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x41;
        match check(&changed) {
            Ok(checked) => assert_eq!(checked.document, signed, "at {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > bytes.len() / 3, "{refused} of {}", bytes.len());
}

#[test]
fn an_entry_that_was_taken_out_is_missed_even_by_who_has_the_key() {
    let key = PrivateKey::generate().unwrap();
    let bytes = good(&key);
    let taken = with_content(&bytes, ENTRIES, without_second_line);
    let refused = check(&taken).unwrap_err();
    assert!(
        matches!(&refused, EvidenceFault::Changed(name) if name == ENTRIES),
        "{refused}"
    );
    for (lines, why) in [
        (lines_of(&[1, 3]), "their number differs"),
        (lines_of(&[1, 3, 4]), "numbers are missing"),
        (lines_of(&[1, 2]), "their number differs"),
        (lines_of(&[2, 3, 4]), "the last one"),
        (
            lines_of(&[1, 2, 3]).replacen(&chain(3), &chain(9), 1),
            "another chain value",
        ),
        (lines_of(&[1, 3, 2]), "not behind the one before"),
        (lines_of(&[1, 2, 3]).replacen(&chain(2), &chain(1), 1), "no chain value"),
        (lines_of(&[1, 2, 3]).trim_end().to_owned(), "cut off"),
        ("{}\n".to_owned(), "no entry"),
    ] {
        let refused = check(&evidence(&key, &lines, &[1, 2, 3])).unwrap_err().to_string();
        assert!(refused.contains(why), "{why}: {refused}");
    }
    // A gap that the bus knew of is told, and no fault of the file.
    check(&evidence(&key, &lines_of(&[1, 2, 5]), &[1, 2, 5])).unwrap();
    check(&evidence(&key, "", &[])).unwrap();
}

#[test]
fn a_file_that_is_missing_or_that_nobody_signed_is_refused() {
    let bytes = good(&PrivateKey::generate().unwrap());
    let files = files_of(&bytes);
    for (name, _) in &files {
        let left: Vec<_> = files.iter().filter(|(other, _)| other != name).cloned().collect();
        let refused = check(&packed(&left)).unwrap_err();
        assert!(
            matches!(&refused, EvidenceFault::Missing(missing) if missing == name),
            "{refused}"
        );
    }
    let mut more = files.clone();
    more.push(("readme.txt".to_owned(), b"it is all true".to_vec()));
    let refused = check(&packed(&more)).unwrap_err();
    assert!(
        matches!(&refused, EvidenceFault::Unsigned(name) if name == "readme.txt"),
        "{refused}"
    );
    for bytes in [b"".as_slice(), b"PK", b"no zip at all"] {
        let refused = check(bytes).unwrap_err();
        assert!(matches!(refused, EvidenceFault::Structure(_)), "{refused}");
    }
}

#[test]
fn another_key_signs_nothing_in_the_name_of_this_one() {
    let (key, forger) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let (signed, forged) = (files_of(&good(&key)), files_of(&good(&forger)));
    let signature = |files: &[(String, Vec<u8>)]| {
        let (_, text) = files.iter().find(|(name, _)| name == SIGNATURE).unwrap();
        String::from_utf8(text.clone()).unwrap()
    };
    // The forger's value under the fingerprint and the public key of the bus.
    let (own, foreign) = (signature(&signed), signature(&forged));
    let value = |text: &str| text.lines().nth(2).unwrap().to_owned();
    let mixed = own.replace(&value(&own), &value(&foreign));
    let bytes = with_content(&packed(&signed), SIGNATURE, |content| {
        *content = mixed.clone().into_bytes()
    });
    let refused = check(&bytes).unwrap_err();
    assert!(matches!(refused, EvidenceFault::Forged), "{refused}");
}
