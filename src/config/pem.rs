//! Certificates as people hand them out: several in one file, in any order, in many forms that are not PEM. One reader
//! for all files of certificates, so that each is taken, or refused by its true reason.

use base64::Engine;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use crate::files::not_text;

/// Why there is no certificate; `what` reads behind the name of the file, and `cure` names a command for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("contains no certificate in PEM format: {what}")]
pub struct PemError {
    pub what: &'static str,
    pub cure: &'static str,
}

/// Why there is no private key; read as [`PemError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("contains no private key that can be used: {what}")]
pub struct PrivateKeyError {
    pub what: &'static str,
    pub cure: &'static str,
}

/// The private key of a PEM file. One with a passphrase is refused, and nobody is asked for it on the terminal.
pub fn read_private_key(bytes: &[u8]) -> Result<PKey<Private>, PrivateKeyError> {
    PKey::private_key_from_pem_passphrase(bytes, b"").map_err(|_| wrong_key_error(bytes))
}

/// All certificates of a PEM file, in its order; comments, keys and requests between them are passed over.
pub fn read_certificates(bytes: &[u8]) -> Result<Vec<X509>, PemError> {
    let found = X509::stack_from_pem(bytes).map_err(|_| damaged_block_error(bytes))?;
    if found.is_empty() {
        Err(wrong_form_error(bytes))
    } else {
        Ok(found)
    }
}

/// The certificate that the key belongs to, then those that issued it, then the rest. `None`: none fits.
pub fn order_by_key(mut all: Vec<X509>, key: &PKey<Private>) -> Option<Vec<X509>> {
    let matches_key = |certificate: &X509| certificate.public_key().is_ok_and(|public| public.public_eq(key));
    let at = all.iter().position(matches_key)?;
    let mut ordered = vec![all.remove(at)];
    while let Some(at) = ordered.last().and_then(|last| find_issuer(last, &all)) {
        ordered.push(all.remove(at));
    }
    ordered.append(&mut all);
    Some(ordered)
}

fn find_issuer(certificate: &X509, candidates: &[X509]) -> Option<usize> {
    candidates
        .iter()
        .position(|other| other.issued(certificate) == openssl::x509::X509VerifyResult::OK)
}

fn damaged_block_error(bytes: &[u8]) -> PemError {
    match wrong_form_error(bytes) {
        PemError { what: OTHER, .. } => PemError {
            what: "one of its blocks is damaged",
            cure: "export it again, and check it with `openssl x509 -in FILE -noout -subject`",
        },
        known => known,
    }
}

const OTHER: &str = "it has no BEGIN CERTIFICATE block";
/// `signedData`, as it stands in a P7B file.
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// `version` of a PFX file, behind the head of the whole.
const PFX_VERSION: &[u8] = b"\x02\x01\x03\x30";

/// A PFX file (PKCS#12), whether or not a password protects it as a whole.
fn is_pfx(bytes: &[u8]) -> bool {
    // A tag, and a length of one to five bytes.
    let begin = &bytes[..bytes.len().min(10)];
    bytes.first() == Some(&0x30) && memchr::memmem::find(begin, PFX_VERSION).is_some_and(|at| at >= 2)
}

/// Bytes that are written as base64 without a first and last line, as key vaults hand them out.
fn bare_base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let decoded = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    (decoded.first() == Some(&0x30)).then_some(decoded)
}

/// A BEGIN line with more behind it: as one line, or with `\n` in letters.
fn lacks_line_breaks(bytes: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(bytes, b"-----BEGIN ") else {
        return false;
    };
    let label = &bytes[at + 5..];
    let Some(end) = memchr::memmem::find(label, b"-----") else {
        return false;
    };
    let behind = label[end + 5..].iter().find(|byte| !matches!(byte, b' ' | b'\t'));
    behind.is_some_and(|byte| !matches!(byte, b'\r' | b'\n'))
}

const NO_BREAKS: &str = "its line breaks are missing";
const BREAKS_CURE: &str = "export it again, or put the BEGIN and END lines on lines of their own, with at most 64 letters on each \
     line between them";

/// What it is instead.
fn wrong_form_error(bytes: &[u8]) -> PemError {
    let has = |text: &str| memchr::memmem::find(bytes, text.as_bytes()).is_some();
    let (what, cure) = if bytes.trim_ascii().is_empty() {
        ("it is empty", "give one or more BEGIN CERTIFICATE blocks")
    } else if not_text(bytes) == Some("UTF-16 text") {
        (
            "it is UTF-16 text",
            "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE > ca.pem`",
        )
    } else if has("BEGIN PKCS7") || has("BEGIN CMS") {
        (
            "it is a P7B file (PKCS#7)",
            "convert it: `openssl pkcs7 -print_certs -in FILE -out ca.pem`",
        )
    } else if is_pfx(bytes) {
        (
            "it is a PFX file (PKCS#12)",
            "extract the certificate: `openssl pkcs12 -in FILE -nomacver -nokeys -out cert.pem`, and the key: \
             `openssl pkcs12 -in FILE -nomacver -nocerts -noenc -out key.pem`",
        )
    } else if let Some(decoded) = bare_base64(bytes) {
        if is_pfx(&decoded) {
            (
                "it is a PFX file (PKCS#12) as base64 text",
                "extract the certificate: `base64 -d FILE | openssl pkcs12 -nomacver -nokeys -out cert.pem`, \
             and the key: \
             `base64 -d FILE | openssl pkcs12 -nomacver -nocerts -noenc -out key.pem`",
            )
        } else {
            (
                "it is base64 text without BEGIN and END lines",
                "convert it: `base64 -d FILE | openssl x509 -inform der -out cert.pem`",
            )
        }
    } else if bytes.first() == Some(&0x30) {
        let begin = &bytes[..bytes.len().min(40)];
        match memchr::memmem::find(begin, SIGNED_DATA) {
            Some(_) => (
                "it is a P7B file (PKCS#7) in binary form",
                "convert it: `openssl pkcs7 -inform der -print_certs -in FILE -out ca.pem`",
            ),
            None => (
                "it is in binary form (DER)",
                "convert it: `openssl x509 -inform der -in FILE -out ca.pem`",
            ),
        }
    } else if lacks_line_breaks(bytes) {
        (NO_BREAKS, BREAKS_CURE)
    } else if has("BEGIN CERTIFICATE REQUEST") || has("BEGIN NEW CERTIFICATE REQUEST") {
        (
            "it is a certificate request",
            "give the certificate that was issued for the request",
        )
    } else if has("PRIVATE KEY-----") {
        (
            "it is a private key",
            "give the certificate here, and the key in a file of its own",
        )
    } else {
        (
            OTHER,
            "give one or more BEGIN CERTIFICATE blocks (to convert DER: \
             `openssl x509 -inform der -in FILE -out ca.pem`)",
        )
    };
    PemError { what, cure }
}

/// What it is instead of a private key.
fn wrong_key_error(bytes: &[u8]) -> PrivateKeyError {
    let has = |text: &str| memchr::memmem::find(bytes, text.as_bytes()).is_some();
    let (what, cure) = if bytes.trim_ascii().is_empty() {
        ("it is empty", "give the key as PEM: a BEGIN PRIVATE KEY block")
    } else if not_text(bytes) == Some("UTF-16 text") {
        (
            "it is UTF-16 text",
            "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE > key.pem`",
        )
    } else if has("BEGIN ENCRYPTED PRIVATE KEY") || has(",ENCRYPTED") {
        (
            "it is protected by a passphrase",
            "remove the passphrase: `openssl pkey -in FILE -out key.pem`",
        )
    } else if has("PRIVATE KEY-----") && lacks_line_breaks(bytes) {
        (NO_BREAKS, BREAKS_CURE)
    } else if has("PRIVATE KEY-----") {
        ("its block is damaged", "export the key again")
    } else if has("BEGIN PUBLIC KEY") || has("BEGIN CERTIFICATE") {
        (
            "it is the public part",
            "give the private key that belongs to it: a BEGIN PRIVATE KEY block",
        )
    } else if is_pfx(bytes) {
        (
            "it is a PFX file (PKCS#12)",
            "extract the key: `openssl pkcs12 -in FILE -nomacver -nocerts -noenc -out key.pem`",
        )
    } else if bytes.first() == Some(&0x30) {
        (
            "it is in binary form (DER)",
            "convert it: `openssl pkey -inform der -in FILE -out key.pem`",
        )
    } else {
        (
            "it has no BEGIN PRIVATE KEY block",
            "give the key as PEM without a passphrase",
        )
    };
    PrivateKeyError { what, cure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n8_what_is_no_private_key_is_named() {
        let what = |bytes: &[u8]| read_private_key(bytes).unwrap_err().what;
        let read =
            |name: &str| std::fs::read(format!("{}/tests/fixtures/certs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let key = read_private_key(&read("key.pem")).unwrap();
        let cipher = openssl::symm::Cipher::aes_256_cbc();
        let shut = key.private_key_to_pem_pkcs8_passphrase(cipher, b"passphrase").unwrap();
        assert_eq!(what(&shut), "it is protected by a passphrase");
        assert_eq!(what(&key.private_key_to_der().unwrap()), "it is in binary form (DER)");
        assert_eq!(what(&key.public_key_to_pem().unwrap()), "it is the public part");
        assert_eq!(what(&read("cert.pem")), "it is the public part");
        assert_eq!(what(&read("aes256.pfx")), "it is a PFX file (PKCS#12)");
        assert_eq!(what(b"-----BEGIN PRIVATE KEY-----\nBB\n"), "its block is damaged");
        assert_eq!(what(b" \n"), "it is empty");
        assert_eq!(what(b"hello"), "it has no BEGIN PRIVATE KEY block");
        let one_line = String::from_utf8(read("key.pem")).unwrap().replace('\n', " ");
        assert_eq!(what(one_line.as_bytes()), NO_BREAKS);
    }

    fn what(bytes: &[u8]) -> &'static str {
        read_certificates(bytes).unwrap_err().what
    }

    #[test]
    fn st_15_what_is_no_pem_is_named() {
        assert_eq!(what(b" \r\n"), "it is empty");
        assert_eq!(what(b"\x30\x82\x01\x0a\x30\x82"), "it is in binary form (DER)");
        let p7b = [b"\x30\x82\x01\x0a".as_slice(), SIGNED_DATA, b"\xa0"].concat();
        assert_eq!(what(&p7b), "it is a P7B file (PKCS#7) in binary form");
        assert_eq!(
            what(b"-----BEGIN PKCS7-----\nMII\n-----END PKCS7-----\n"),
            "it is a P7B file (PKCS#7)"
        );
        assert_eq!(
            what(b"-----BEGIN CERTIFICATE REQUEST-----\n"),
            "it is a certificate request"
        );
        assert_eq!(what(b"-----BEGIN PRIVATE KEY-----\n"), "it is a private key");
        assert_eq!(what(b"hello"), OTHER);
        for one_line in [
            b"-----BEGIN CERTIFICATE----- MIIB AAAA -----END CERTIFICATE-----".as_slice(),
            b"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n",
        ] {
            assert_eq!(what(one_line), NO_BREAKS);
        }
        let wide: Vec<u8> = "-----BEGIN CERTIFICATE-----"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(what(&wide), "it is UTF-16 text");
        assert_eq!(what(&[b"\xff\xfe".as_slice(), &wide].concat()), "it is UTF-16 text");
        assert_eq!(
            what(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "one of its blocks is damaged"
        );
    }

    #[test]
    fn st_9_the_certificate_of_the_key_comes_first_in_whatever_order_they_stand() {
        let read =
            |name: &str| std::fs::read(format!("{}/tests/fixtures/certs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let key = PKey::private_key_from_pem(&read("key.pem")).unwrap();
        let own = read_certificates(&read("cert.pem")).unwrap().remove(0);
        for order in [["cert.pem", "next-cert.pem"], ["next-cert.pem", "cert.pem"]] {
            let all = read_certificates(&order.map(read).concat()).unwrap();
            let ordered = order_by_key(all, &key).unwrap();
            assert_eq!((ordered.len(), ordered[0] == own), (2, true), "{order:?}");
        }
        assert!(order_by_key(read_certificates(&read("next-cert.pem")).unwrap(), &key).is_none());
    }
}
