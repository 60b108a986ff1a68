//! Gives a PFX that has no MAC one (RFC 7292), so that OpenSSL opens it. It proves nothing: who has the password can make
//! one.

use openssl::hash::{MessageDigest, hash};
use openssl::pkey::PKey;
use openssl::sign::Signer;
use zeroize::Zeroizing;

/// Any will do.
const SALT: &[u8; 8] = b"\0\0\0\0\0\0\0\0";
/// Block of SHA-256, bytes.
const BLOCK: usize = 64;
/// "This is a key for a MAC" (RFC 7292, appendix B.3).
const FOR_MAC: u8 = 3;
/// `AlgorithmIdentifier` of SHA-256.
const SHA_256: &[u8] = b"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00";

const SEQUENCE: u8 = 0x30;
const OCTETS: u8 = 0x04;

/// The same file with a MAC by this password. `None`: it is no PFX in DER.
pub(crate) fn add_mac(der: &[u8], password: &str) -> Option<Vec<u8>> {
    let (outer, _) = read_der_value(der, SEQUENCE)?;
    let (_, behind_version) = read_der_value(outer, 0x02)?;
    let version = outer.len() - behind_version.len();
    let (auth_safe, _) = read_der_value(behind_version, SEQUENCE)?;
    let (_, content) = read_der_value(auth_safe, 0x06)?;
    let (octets, _) = read_der_value(content, 0xa0)?;
    let (signed, _) = read_der_value(octets, OCTETS)?;
    let digest = sign_content(signed, password)?;
    let digest_info = write_der_node(SEQUENCE, &[SHA_256, &write_der_node(OCTETS, &[&digest])]);
    let mac_data = write_der_node(SEQUENCE, &[&digest_info, &write_der_node(OCTETS, &[SALT])]);
    Some(write_der_node(
        SEQUENCE,
        &[&outer[..version], &write_der_node(SEQUENCE, &[auth_safe]), &mac_data],
    ))
}

fn sign_content(content: &[u8], password: &str) -> Option<Vec<u8>> {
    let key = PKey::hmac(&derive_mac_key(password)?).ok()?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key).ok()?;
    signer.sign_oneshot_to_vec(content).ok()
}

/// Appendix B.2 with one round and one block: the password with its end, as UTF-16.
fn derive_mac_key(password: &str) -> Option<Zeroizing<Vec<u8>>> {
    let password: Zeroizing<Vec<u8>> =
        Zeroizing::new(password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect());
    let repeated = |text: &[u8]| -> Vec<u8> {
        let length = text.len().div_ceil(BLOCK) * BLOCK;
        text.iter().copied().cycle().take(length).collect()
    };
    let mut input = Zeroizing::new(vec![FOR_MAC; BLOCK]);
    input.extend(repeated(SALT));
    input.extend(repeated(&password));
    let digest = hash(MessageDigest::sha256(), &input).ok()?;
    Some(Zeroizing::new(digest.to_vec()))
}

/// The content of the value at the beginning, and what follows it.
pub(super) fn read_der_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first().filter(|(first, _)| **first == tag)?;
    debug_assert_eq!(*first, tag);
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match *length {
        short @ 0..0x80 => (usize::from(short), rest),
        long => {
            let count = usize::from(long & 0x7f);
            let (bytes, rest) = rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
            (
                bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
                rest,
            )
        }
    };
    rest.split_at_checked(length)
}

pub(super) fn write_der_node(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut made = vec![tag];
    let bytes = content.len().to_be_bytes();
    let significant = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len())..];
    match content.len() {
        0..0x80 => made.push(content.len() as u8),
        _ => {
            made.push(0x80 | significant.len() as u8);
            made.extend(significant);
        }
    }
    made.extend(content);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_back_whatever_their_length() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let made = [write_der_node(OCTETS, &[&content]), vec![1, 2]].concat();
            assert_eq!(
                read_der_value(&made, OCTETS),
                Some((content.as_slice(), [1, 2].as_slice()))
            );
        }
    }

    #[test]
    fn what_is_no_pfx_gets_no_mac() {
        for wrong in [
            b"".as_slice(),
            b"\x30",
            b"\x30\x80\x02\x01\x03",
            b"\x30\x84\xff\xff\xff\xff",
            b"hello",
        ] {
            assert_eq!(add_mac(wrong, "x"), None);
        }
    }
}
