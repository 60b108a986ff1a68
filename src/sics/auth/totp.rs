//! Codes of the second factor: TOTP (RFC 6238) with SHA-1, six digits and steps of thirty seconds, as every app has it; and
//! base32, in which seeds are typed. Pure: time and seeds come in.

use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::model::Timestamp;

/// How long a code is shown.
const STEP_S: i64 = 30;
/// Steps before and after the present one whose codes count: clocks differ, and people type slowly.
const STEPS_AROUND: i64 = 1;
pub(super) const DIGITS: usize = 6;
/// As long as the hash, as RFC 4226 recommends.
pub(super) const SEED_BYTES: usize = 20;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The code of a step.
pub(super) fn code_at(seed: &[u8], step: i64) -> String {
    let key = PKey::hmac(seed).expect("any bytes make an HMAC key");
    let mut signer = Signer::new(MessageDigest::sha1(), &key).expect("SHA-1 is always there");
    let hashed = signer
        .sign_oneshot_to_vec(&step.to_be_bytes())
        .expect("HMAC over bytes in memory can't fail");
    // RFC 4226, section 5.3: the last half byte says where the number begins.
    let begin = usize::from(hashed.last().copied().unwrap_or_default() & 0x0f);
    let mut number = [0; 4];
    number.copy_from_slice(&hashed[begin..begin + 4]);
    let number = u32::from_be_bytes(number) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

pub(super) fn step_at(now: Timestamp) -> i64 {
    now.timestamp().div_euclid(STEP_S)
}

/// The step whose code this is, among those that count now and lie behind `used_step`. It takes as long for every code.
pub(super) fn find_code_step(seed: &[u8], code: &str, now: Timestamp, used_step: i64) -> Option<i64> {
    let present = step_at(now);
    let mut found = None;
    for step in present - STEPS_AROUND..=present + STEPS_AROUND {
        let expected = code_at(seed, step);
        let is_equal = expected.len() == code.len() && memcmp::eq(expected.as_bytes(), code.as_bytes());
        if is_equal && step > used_step {
            found = Some(step);
        }
    }
    found
}

/// RFC 4648, without padding.
pub(super) fn encode_base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut group = [0; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(group);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            let index = (bits >> (35 - 5 * place)) & 0x1f;
            text.push(char::from(BASE32[index as usize]));
        }
    }
    text
}

/// Whether a letter can stand in base32.
pub(super) fn is_base32(letter: char) -> bool {
    u8::try_from(letter).is_ok_and(|byte| BASE32.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the tests in RFC 4226 and RFC 6238.
    const SEED: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).expect("a date")
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226_and_rfc_6238() {
        let counted = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
        ];
        for (step, code) in counted.iter().enumerate() {
            assert_eq!(code_at(SEED, step as i64), *code, "{step}");
        }
        // The last six of their eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(SEED, step_at(at(seconds))), code, "{seconds}");
        }
    }

    #[test]
    fn a_code_counts_one_step_around_its_own_and_once() {
        let now = at(1_234_567_890);
        let present = step_at(now);
        for (away, counts) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let code = code_at(SEED, present + away);
            let found = find_code_step(SEED, &code, now, 0);
            assert_eq!(found, counts.then_some(present + away), "{away}");
        }
        let code = code_at(SEED, present);
        assert_eq!(find_code_step(SEED, &code, now, present), None, "it was used");
        assert_eq!(find_code_step(SEED, &code, now, present - 1), Some(present));
        for wrong in ["", "00592", "0059240", "abcdef", "5924"] {
            assert_eq!(find_code_step(SEED, wrong, now, 0), None, "{wrong}");
        }
        assert_eq!(find_code_step(b"another seed of anyone", &code, now, 0), None);
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode_base32(bytes.as_bytes()), text);
        }
        assert!(is_base32('A') && is_base32('7') && !is_base32('1') && !is_base32('a') && !is_base32('é'));
    }
}
