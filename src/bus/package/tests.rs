//! What is packed is taken; what was made otherwise is not. The table of hostile packages is in `tests/it/bus`.

use super::*;

const MANIFEST_TEXT: &str = r#"
[product]
id = "second-product"
version = "1.2.0"
bus = ">=0.1"
template = "templates/second.xml"
[product.name]
en = "Second"
de = "Zweites"
[product.summary]
en = "For tests"
de = "Für Tests"
[[microservice]]
name = "SecondEngine"
kind = "workflow-engine"
"#;

fn package() -> Package {
    let mut files = PackageFiles::new();
    files.insert(MANIFEST.parse().unwrap(), MANIFEST_TEXT.into());
    files.insert("templates/second.xml".parse().unwrap(), b"<template/>".to_vec());
    Package::from_files(files, PackageSigner::Nobody).unwrap()
}

fn trusting(key: &PrivateKey) -> TrustedKeys {
    let mut trusted = TrustedKeys::default();
    trusted.add_key(key.public_key().unwrap());
    trusted
}

#[test]
fn b30_what_is_packed_is_taken_with_who_signed_it() {
    let key = PrivateKey::generate().unwrap();
    let bytes = pack_zip(&package(), Some(&key)).unwrap();
    let opened = Package::open(&bytes, &trusting(&key), SignaturePolicy::Signature).unwrap();
    assert_eq!(opened.signer, PackageSigner::By(key.public_key().unwrap().fingerprint));
    assert_eq!(opened.files, package().files);
    assert_eq!(opened.digest(), package().digest());
    assert_eq!(
        opened.file_content("templates/second.xml"),
        Some(b"<template/>".as_slice())
    );
}

#[test]
fn the_same_files_make_the_same_bytes() {
    let key = PrivateKey::generate().unwrap();
    assert_eq!(
        pack_zip(&package(), Some(&key)).unwrap(),
        pack_zip(&package(), Some(&key)).unwrap()
    );
}

#[test]
fn only_a_trusted_signature_counts_unless_none_is_asked_for() {
    let (key, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let signed = pack_zip(&package(), Some(&key)).unwrap();
    let unsigned = pack_zip(&package(), None).unwrap();
    let open = |bytes: &[u8], demand| Package::open(bytes, &trusting(&other), demand).map(|package| package.signer);
    let fingerprint = key.public_key().unwrap().fingerprint;
    assert_eq!(
        open(&signed, SignaturePolicy::Signature),
        Err(PackageError::Untrusted(fingerprint))
    );
    assert_eq!(open(&unsigned, SignaturePolicy::Signature), Err(PackageError::Unsigned));
    assert_eq!(open(&unsigned, SignaturePolicy::Nothing), Ok(PackageSigner::Nobody));
    assert_eq!(open(&signed, SignaturePolicy::Nothing), Ok(PackageSigner::Nobody));
}

#[test]
fn every_byte_that_is_changed_is_found() {
    let key = PrivateKey::generate().unwrap();
    let trusted = trusting(&key);
    let good = pack_zip(&package(), Some(&key)).unwrap();
    let mut taken = Vec::new();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x41;
        if let Ok(opened) = Package::open(&bytes, &trusted, SignaturePolicy::Signature) {
            // Attributes and versions of the zip mean nothing here.
            assert_eq!(opened.files, package().files, "byte {at}");
            taken.push(at);
        }
    }
    assert!(taken.len() < good.len() / 10, "{}", taken.len());
    for cut in 0..good.len() {
        assert!(
            Package::open(&good[..cut], &trusted, SignaturePolicy::Signature).is_err(),
            "{cut} bytes"
        );
    }
}

#[test]
fn a_private_key_is_for_its_owner_alone_and_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("builder.pem");
    let key = PrivateKey::generate().unwrap();
    key.write(&file).unwrap();
    assert!(matches!(
        PrivateKey::generate().unwrap().write(&file),
        Err(KeyError::Write { .. })
    ));
    let again = PrivateKey::read(&file).unwrap();
    assert_eq!(
        again.public_key().unwrap().fingerprint,
        key.public_key().unwrap().fingerprint
    );
    assert_eq!(format!("{key:?}"), "PrivateKey");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            PrivateKey::read(&file),
            Err(KeyError::Open { mode: 0o640, .. })
        ));
    }
}

#[test]
fn a_file_that_is_no_key_takes_nothing_from_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let key = PrivateKey::generate().unwrap().public_key().unwrap();
    std::fs::write(folder.path().join("good.pem"), key.to_pem().unwrap()).unwrap();
    std::fs::write(folder.path().join("bad.pem"), "no key").unwrap();
    std::fs::write(folder.path().join("large.pem"), vec![b'x'; 10_000]).unwrap();
    let trusted = TrustedKeys::read(folder.path()).unwrap();
    assert_eq!(trusted.fingerprints().collect::<Vec<_>>(), [key.fingerprint.as_str()]);
    assert_eq!(
        TrustedKeys::read(&folder.path().join("none"))
            .unwrap()
            .fingerprints()
            .count(),
        0
    );
}
