//! Packages made to do harm, each in a way of its own: every one is refused with the reason, and nothing of it lands
//! on the disk.

use std::io::{Cursor, Write};
use std::path::Path;

use intune_connector::bus::catalogue::{AddOptions, Catalogue, CatalogueError};
use intune_connector::bus::package::{PrivateKey, SignaturePolicy};
use openssl::sha::sha256;
use semver::Version;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::second;

type Files = Vec<(String, Vec<u8>)>;

fn good() -> Files {
    second::files("1.0.0")
}

/// A list of checksums that fits the files.
fn listed(files: &Files) -> Vec<u8> {
    let lines = files
        .iter()
        .map(|(name, content)| format!("{}  {name}\n", hex::encode(sha256(content))));
    lines.collect::<String>().into_bytes()
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

/// Packed as the product packs, with these files, whatever they are.
fn zipped(files: &Files) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(name, options()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// With checksums, and signed.
fn signed(mut files: Files, key: &PrivateKey) -> Vec<u8> {
    let list = listed(&files);
    let signature = key.sign_list(&list).unwrap().into_bytes();
    files.push(("checksums.sha256".into(), list));
    files.push(("signature.ed25519".into(), signature));
    zipped(&files)
}

fn with(name: &str, content: &[u8]) -> Files {
    let mut files = good();
    files.retain(|(known, _)| known != name);
    files.push((name.to_owned(), content.to_vec()));
    files
}

/// Exchanges bytes everywhere in an archive: for names that no packer writes.
fn exchanged(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut at = 0;
    let mut times = 0;
    while let Some(found) = bytes[at..].windows(from.len()).position(|part| part == from.as_bytes()) {
        bytes[at + found..at + found + from.len()].copy_from_slice(to.as_bytes());
        at += found + from.len();
        times += 1;
    }
    assert!(times >= 2, "{from} stands in the directory and before the file");
    bytes
}

fn link(key: &PrivateKey) -> Vec<u8> {
    let mut files = good();
    let list = listed(&files);
    files.push(("signature.ed25519".into(), key.sign_list(&list).unwrap().into_bytes()));
    files.push(("checksums.sha256".into(), list));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in &files {
        writer.start_file(name, options()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer
        .add_symlink("workflows/link.xml", "/etc/passwd", options())
        .unwrap();
    writer.finish().unwrap().into_inner()
}

struct Hostile {
    what: &'static str,
    bytes: Vec<u8>,
    code: &'static str,
}

fn hostile(key: &PrivateKey, stranger: &PrivateKey) -> Vec<Hostile> {
    let mut all = Vec::new();
    let mut add = |what, code, bytes| all.push(Hostile { what, bytes, code });
    for (what, name) in [
        ("out of its folder", "../outside.xml"),
        ("out of its folder from within", "workflows/../../outside.xml"),
        ("absolute", "/tmp/outside.xml"),
        ("a hidden file", "workflows/.bashrc"),
        ("a device of Windows", "workflows/nul.xml"),
        ("too deep", "a/b/c/d/e/f.xml"),
        ("too long", &"x".repeat(200)),
        ("letters that look alike", "workflows/ехample.xml"),
    ] {
        add(what, "packageName", signed(with(name, b"<x/>"), key));
    }
    let placed = signed(with("workflows+outside.xml", b"<x/>"), key);
    add(
        "a path of Windows",
        "packageName",
        exchanged(placed.clone(), "workflows+outside.xml", "workflows\\outside.xml"),
    );
    add(
        "a drive",
        "packageName",
        exchanged(placed.clone(), "workflows+outside.xml", "C:rkflows+outside.xml"),
    );
    add(
        "a zero in a name",
        "packageName",
        exchanged(placed, "workflows+outside.xml", "workflows\0outside.xml"),
    );
    add(
        "only capital letters differ",
        "packageName",
        signed(with("PLUGIN.toml", b"x"), key),
    );
    add(
        "a file where a folder is",
        "packageName",
        signed(with("workflows", b"x"), key),
    );
    let twice = signed(with("workflows/Tidi.xml", b"<x/>"), key);
    add(
        "the same file twice",
        "packageName",
        exchanged(twice, "workflows/Tidi.xml", "workflows/Tidy.xml"),
    );
    add("a link", "packageName", link(key));
    add(
        "a bomb",
        "packageBomb",
        signed(with("workflows/Tidy.xml", &vec![b' '; 900_000]), key),
    );
    add(
        "a file too large",
        "packageTooLarge",
        signed(with("workflows/Tidy.xml", &vec![b' '; 2_000_000]), key),
    );
    let many = (0..200).fold(good(), |mut files, at| {
        files.push((format!("workflows/W{at}.xml"), b"<x/>".to_vec()));
        files
    });
    add("too many files", "packageTooLarge", signed(many, key));
    add("larger than any package", "packageTooLarge", vec![b'P'; 600_000]);
    let mut prefixed = b"#!/bin/sh\nrm -rf ~\n".to_vec();
    prefixed.extend(signed(good(), key));
    add("something before it", "packageBroken", prefixed);
    let mut trailed = signed(good(), key);
    trailed.extend(b"more");
    add("something behind it", "packageBroken", trailed);
    let whole = signed(good(), key);
    add("cut off", "packageBroken", whole[..whole.len() / 2].to_vec());
    add("nothing", "packageBroken", Vec::new());
    add(
        "no zip",
        "packageBroken",
        b"this is no zip, but long enough for its ending".to_vec(),
    );
    let drawing = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>x</script></svg>";
    let mut scripted = with("icons/a.svg", drawing);
    let (_, manifest) = scripted.iter_mut().find(|(name, _)| name == "plugin.toml").unwrap();
    let text = String::from_utf8(manifest.clone()).unwrap();
    *manifest = text
        .replace("template = ", "icon = \"icons/a.svg\"\ntemplate = ")
        .into_bytes();
    add("an icon with a script", "packageIcon", signed(scripted, key));
    let mut unlisted = good();
    let list = listed(&unlisted);
    unlisted.push(("templates/other.xml".into(), b"<x/>".to_vec()));
    unlisted.push(("checksums.sha256".into(), list.clone()));
    unlisted.push(("signature.ed25519".into(), key.sign_list(&list).unwrap().into_bytes()));
    add("a file without a checksum", "packageChecksum", zipped(&unlisted));
    let mut wrong = with("workflows/Tidy.xml", b"<other/>");
    wrong.push(("checksums.sha256".into(), list.clone()));
    wrong.push(("signature.ed25519".into(), key.sign_list(&list).unwrap().into_bytes()));
    add("a file that was exchanged", "packageChecksum", zipped(&wrong));
    let mut forged = with("workflows/Tidy.xml", b"<other/>");
    let other = listed(&forged);
    forged.push(("checksums.sha256".into(), other));
    forged.push(("signature.ed25519".into(), key.sign_list(&list).unwrap().into_bytes()));
    add("checksums that were exchanged", "packageForged", zipped(&forged));
    add("by a stranger", "packageUntrusted", signed(good(), stranger));
    let mut unsigned = good();
    unsigned.push(("checksums.sha256".into(), list.clone()));
    add("by nobody", "packageUnsigned", zipped(&unsigned));
    let mut borrowed = unsigned.clone();
    let text = stranger.sign_list(&list).unwrap();
    let ours = key.public_key().unwrap().fingerprint;
    let text = text.replace(&stranger.public_key().unwrap().fingerprint, &ours);
    borrowed.push(("signature.ed25519".into(), text.into_bytes()));
    add("by a stranger in another's name", "packageForged", zipped(&borrowed));
    add(
        "a file that the manifest does not name",
        "packageUnasked",
        signed(with("run.sh", b"rm -rf ~"), key),
    );
    let lacking = good()
        .into_iter()
        .filter(|(name, _)| name != "workflows/Tidy.xml")
        .collect();
    add("a definition that is missing", "packageManifest", signed(lacking, key));
    let no_manifest = good().into_iter().filter(|(name, _)| name != "plugin.toml").collect();
    add("no manifest", "packageManifest", signed(no_manifest, key));
    add(
        "a manifest that is none",
        "packageManifest",
        signed(with("plugin.toml", b"\xff\xfe"), key),
    );
    let foreign = second::manifest("1.0.0").replace("workflow-engine", "own-code");
    add(
        "an unknown kind",
        "packageManifest",
        signed(with("plugin.toml", foreign.as_bytes()), key),
    );
    let service = second::manifest("1.0.0") + "[[microservice]]\nname = \"OwnCode\"\nkind = \"own-code\"\n";
    add(
        "code of its own",
        "packageUnfit",
        signed(with("plugin.toml", service.as_bytes()), key),
    );
    let future = second::manifest("1.0.0").replace(">=0.1", ">=9");
    add(
        "for a newer bus",
        "packageUnfit",
        signed(with("plugin.toml", future.as_bytes()), key),
    );
    add(
        "an older version",
        "packageDowngrade",
        signed(second::files("0.9.0"), key),
    );
    add(
        "the same version, changed",
        "packageOtherContent",
        signed(with("workflows/Tidy.xml", b"<other/>"), key),
    );
    all
}

fn everything(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path.display().to_string())
            }
        }
    }
    found.sort();
    found
}

#[test]
fn hostile_packages_are_refused_and_leave_nothing() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("products");
    let (key, stranger) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let catalogue = Catalogue::open(&folder, Vec::new(), &["workflow-engine"], Version::new(0, 1, 0)).unwrap();
    catalogue
        .trust_key(&key.public_key().unwrap().to_pem().unwrap())
        .unwrap();
    let adding = AddOptions {
        signature_policy: SignaturePolicy::Signature,
        allow_downgrade: false,
    };
    catalogue.add_package(&signed(good(), &key), adding, &[]).unwrap();
    let before = everything(outside.path());
    let all = hostile(&key, &stranger);
    assert!(all.len() > 35, "{}", all.len());
    for Hostile { what, bytes, code } in all {
        let error = catalogue.add_package(&bytes, adding, &[]).expect_err(what);
        assert_eq!(error.code(), code, "{what}: {error}");
        assert!(!error.advice().is_empty(), "{what}");
        assert_eq!(everything(outside.path()), before, "{what}");
        // Taking unsigned ones takes no other harm with it.
        let unsigned = AddOptions {
            signature_policy: SignaturePolicy::Nothing,
            allow_downgrade: false,
        };
        if !matches!(code, "packageUntrusted" | "packageUnsigned") {
            let again = catalogue.add_package(&bytes, unsigned, &[]).expect_err(what);
            assert_eq!(again.code(), code, "{what}: {again}");
        }
    }
    assert_eq!(catalogue.newest_packages().len(), 1);
}

#[test]
fn a_zip_that_two_readers_would_read_differently_is_refused() {
    let key = PrivateKey::generate().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::open(folder.path(), Vec::new(), &["workflow-engine"], Version::new(0, 1, 0)).unwrap();
    let adding = AddOptions {
        signature_policy: SignaturePolicy::Nothing,
        allow_downgrade: false,
    };
    let whole = signed(good(), &key);
    let end = whole.len() - 22;
    let patch = |at: usize, bytes: &[u8]| {
        let mut patched = whole.clone();
        patched[at..at + bytes.len()].copy_from_slice(bytes);
        patched
    };
    let central = u32::from_le_bytes(whole[end + 16..end + 20].try_into().unwrap()) as usize;
    for (what, bytes) in [
        ("fewer files than there are", patch(end + 8, &[1, 0, 1, 0])),
        ("more files than there are", patch(end + 8, &[9, 0, 9, 0])),
        ("a comment that is not there", patch(end + 20, &[4, 0])),
        ("another disk", patch(end + 4, &[1, 0])),
        ("a directory elsewhere", patch(end + 16, &[0, 0, 0, 0])),
        ("a name only in the directory", patch(central + 46, b"q")),
        ("a size only in the directory", patch(central + 24, &[1, 0, 0, 0])),
        ("a file that lies elsewhere", patch(central + 42, &[1, 0, 0, 0])),
        ("encrypted", patch(central + 8, &[1, 0])),
        ("a way of packing of its own", patch(central + 10, &[99, 0])),
    ] {
        let error = catalogue.add_package(&bytes, adding, &[]).expect_err(what);
        let refused = matches!(&error, CatalogueError::Package(error) if error.code() == "packageBroken");
        assert!(refused, "{what}: {error}");
    }
}
