//! Codes of an authenticator app, computed apart from the product (RFC 6238).

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

/// The seed behind base32 without padding.
fn decode_base32(text: &str) -> Vec<u8> {
    let mut bits = String::new();
    for letter in text.chars() {
        let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
        bits.push_str(&format!("{value:05b}"));
    }
    let bytes = bits.as_bytes().chunks_exact(8);
    bytes
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect()
}

/// What an app with this seed (base32) shows at a time, seconds since 1970.
pub fn code_at(secret: &str, seconds: i64) -> String {
    let key = PKey::hmac(&decode_base32(secret)).unwrap();
    let counter = u64::try_from(seconds / 30).unwrap().to_be_bytes();
    let mut signer = Signer::new(MessageDigest::sha1(), &key).unwrap();
    let hash = signer.sign_oneshot_to_vec(&counter).unwrap();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[test]
fn the_codes_of_tests_are_those_of_the_rfc() {
    // "12345678901234567890"
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    assert_eq!(code_at(secret, 59), "287082");
    assert_eq!(code_at(secret, 1_111_111_109), "081804");
}
