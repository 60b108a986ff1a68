//! How far one management server has read: opaque outside, checked inside (F3).
//!
//! A cursor carries the store's epoch and start, the server it was made for, that server's generation and, per instance, a place
//! in the feed. It is sealed by a keyed hash: only what this bus has handed out is taken back. So one of the store's
//! present epoch that is ahead of the store proves that the store has gone back (A8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde::{Deserialize, Serialize};

use super::{Epoch, FeedPositions, ServerId, StoreStart};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "e")]
    pub epoch: Epoch,
    /// In which it was handed out; versions before this one did not say it.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StoreStart>,
    #[serde(rename = "s")]
    pub server: ServerId,
    #[serde(rename = "g")]
    pub generation: i64,
    #[serde(rename = "i")]
    pub positions: FeedPositions,
}

/// A text that is no cursor of this bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this bus")]
pub struct CursorError;

const VERSION: &str = "1";
pub(super) const MAC_BYTES: usize = 16;

impl Cursor {
    pub fn encode(&self, key: &[u8]) -> String {
        let body = serde_json::to_vec(self).expect("a cursor has only plain fields");
        let mut sealed = compute_mac(key, &body);
        sealed.extend_from_slice(&body);
        format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(sealed))
    }

    pub fn decode(text: &str, key: &[u8]) -> Result<Self, CursorError> {
        let coded = text.strip_prefix(VERSION).ok_or(CursorError)?;
        let sealed = URL_SAFE_NO_PAD.decode(coded).map_err(|_| CursorError)?;
        if sealed.len() < MAC_BYTES {
            return Err(CursorError);
        }
        let (tag, body) = sealed.split_at(MAC_BYTES);
        if !memcmp::eq(tag, &compute_mac(key, body)) {
            return Err(CursorError);
        }
        serde_json::from_slice(body).map_err(|_| CursorError)
    }
}

pub(super) fn compute_mac(key: &[u8], body: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key).expect("any bytes make an HMAC key");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("SHA-256 is always there");
    let mut tag = signer
        .sign_oneshot_to_vec(body)
        .expect("HMAC over bytes in memory can't fail");
    tag.truncate(MAC_BYTES);
    tag
}

#[cfg(test)]
mod tests {
    use super::super::{FeedPhase, FeedPosition, InstanceId, Seq};
    use super::*;

    fn cursor() -> Cursor {
        let place = FeedPosition {
            seq: Seq(7),
            phase: FeedPhase::Snapshot { begun_at: Seq(9) },
            lap: 2,
        };
        Cursor {
            epoch: Epoch(uuid::Uuid::from_u128(5)),
            start: Some(StoreStart {
                number: 57,
                id: i64::MAX,
            }),
            server: "acmp-1".parse().expect("a good id"),
            generation: 3,
            positions: FeedPositions::from([(InstanceId(1), place)]),
        }
    }

    #[test]
    fn f3_a_cursor_comes_back_as_it_was_handed_out() {
        let text = cursor().encode(b"key");
        assert_eq!(Cursor::decode(&text, b"key"), Ok(cursor()));
    }

    #[test]
    fn f3_a_cursor_from_before_places_counted_is_read() {
        let body =
            br#"{"e":"00000000-0000-0000-0000-000000000005","s":"acmp-1","g":3,"t":1,"i":{"1":{"q":7,"p":"l"}}}"#;
        let sealed = [compute_mac(b"key", body).as_slice(), body].concat();
        let read = Cursor::decode(&format!("1{}", URL_SAFE_NO_PAD.encode(sealed)), b"key").unwrap();
        assert_eq!(
            (read.generation, read.positions[&InstanceId(1)].seq, read.start),
            (3, Seq(7), None)
        );
    }

    #[test]
    fn f3_a_cursor_made_up_or_changed_or_of_another_bus_is_refused() {
        let text = cursor().encode(b"key");
        let mut changed = text.clone();
        changed.replace_range(30..31, if &text[30..31] == "A" { "B" } else { "A" });
        for bad in [changed.as_str(), "", "1", "nonsense", "1AAAA", &text[..text.len() - 2]] {
            assert_eq!(Cursor::decode(bad, b"key"), Err(CursorError), "{bad}");
        }
        assert_eq!(Cursor::decode(&text, b"other key"), Err(CursorError));
    }
}
