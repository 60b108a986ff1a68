use super::mac::{read_der_value, write_der_node};
use super::*;

const PASSWORD: &str = "fixture";
const PFX: &[u8] = include_bytes!("../../../tests/fixtures/certs/aes256.pfx");

fn opened(bytes: &[u8], password: &str) -> Result<CertifiedKey, CredentialError> {
    open_pfx(&SecretSlice::from(bytes.to_vec()), &SecretString::from(password))
}

/// Version and content of a file, without what follows.
fn parts(pfx: &[u8]) -> (&[u8], &[u8]) {
    let (outer, _) = read_der_value(pfx, 0x30).unwrap();
    let (_, rest) = read_der_value(outer, 0x02).unwrap();
    let (content, _) = read_der_value(rest, 0x30).unwrap();
    (&outer[..outer.len() - rest.len()], content)
}

fn without_mac(pfx: &[u8]) -> Vec<u8> {
    let (version, content) = parts(pfx);
    write_der_node(0x30, &[version, &write_der_node(0x30, &[content])])
}

/// The bags of the file twice, so that there are two keys.
fn twice(pfx: &[u8]) -> Vec<u8> {
    let (version, content) = parts(pfx);
    let (_, rest) = read_der_value(content, 0x06).unwrap();
    let kind = &content[..content.len() - rest.len()];
    let (octets, _) = read_der_value(rest, 0xa0).unwrap();
    let (safe, _) = read_der_value(octets, 0x04).unwrap();
    let (bags, _) = read_der_value(safe, 0x30).unwrap();
    let safe = write_der_node(0xa0, &[&write_der_node(0x04, &[&write_der_node(0x30, &[bags, bags])])]);
    write_der_node(0x30, &[version, &write_der_node(0x30, &[kind, &safe])])
}

#[test]
fn st_8_a_file_without_a_mac_opens_with_its_password_and_with_no_other() {
    let (with, without) = (opened(PFX, PASSWORD).unwrap(), without_mac(PFX));
    assert!(without.len() < PFX.len());
    assert_eq!(opened(&without, PASSWORD).unwrap().thumbprint(), with.thumbprint());
    let error = opened(&without, "wrong").unwrap_err();
    assert_eq!((&error, error.code()), (&CredentialError::PfxUnopened, "pfxPassword"));
    assert_eq!(opened(PFX, "wrong").unwrap_err(), CredentialError::PfxPassword);
}

#[test]
fn m7_m8_a_file_without_its_password_is_told_apart_from_a_wrong_one() {
    let error = opened(PFX, "").unwrap_err();
    assert_eq!(
        (&error, error.code()),
        (&CredentialError::PfxNeedsPassword, "pfxPassword")
    );
    assert!(
        error.to_string().ends_with("needs a password, and none is given"),
        "{error}"
    );
    assert!(
        error.advice().contains("--pfx-password-file FILE"),
        "{}",
        error.advice()
    );
    assert_eq!(
        opened(&without_mac(PFX), "").unwrap_err(),
        CredentialError::PfxNeedsPassword
    );
    assert!(needs_pfx_password(&SecretSlice::from(PFX.to_vec())));
    // The password may have been typed, and a line break behind it in a file does no harm.
    let advice = opened(PFX, "wrong").unwrap_err().advice();
    assert!(
        advice.starts_with("enter the password") && !advice.contains("without a line"),
        "{advice}"
    );
}

#[test]
fn st_9_a_file_with_two_keys_is_refused_and_says_so() {
    for password in [PASSWORD, "wrong"] {
        let error = opened(&twice(PFX), password).unwrap_err();
        assert_eq!(error, CredentialError::PfxSeveralKeys(2));
        assert!(error.to_string().contains("2 private keys"), "{error}");
    }
}

#[test]
fn st_19_a_blank_behind_the_password_does_not_keep_the_file_shut() {
    opened(PFX, "fixture ").unwrap();
    assert_eq!(opened(PFX, "wrong ").unwrap_err(), CredentialError::PfxPassword);
}
