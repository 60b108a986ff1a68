//! How far one management server has read: opaque outside, checked inside (F3).
//!
//! A cursor carries the store's epoch, the server it was made for, that server's generation and, per instance, a place
//! in the feed. It is sealed by a keyed hash: only what this bus has handed out is taken back, so a cursor can't be
//! ahead of what was delivered unless the store was put back, and then its epoch does not fit.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde::{Deserialize, Serialize};

use super::{Epoch, InstanceId, Row, Seq, ServerId};

/// What a server is being told of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Change by change.
    #[serde(rename = "l")]
    Live,
    /// Between the marks of a snapshot (F4); `begun_at` is the head when it began: tombstones up to there are left out.
    #[serde(rename = "s")]
    Snapshot { begun_at: Seq },
    /// Taken out of the audience: every device is told gone, in the order of rows (F7).
    #[serde(rename = "u")]
    Leaving { after: Row },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Everything up to here was delivered.
    #[serde(rename = "q")]
    pub seq: Seq,
    #[serde(rename = "p")]
    pub phase: Phase,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "e")]
    pub epoch: Epoch,
    #[serde(rename = "s")]
    pub server: ServerId,
    #[serde(rename = "g")]
    pub generation: i64,
    /// Rises with every batch, so that a late acknowledgement of an older cursor moves nothing back.
    #[serde(rename = "t")]
    pub turn: i64,
    #[serde(rename = "i")]
    pub positions: BTreeMap<InstanceId, Position>,
}

/// A text that is no cursor of this bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor that this bus has handed out")]
pub struct CursorError;

const VERSION: &str = "1";
const MAC_BYTES: usize = 16;

impl Cursor {
    pub fn encode(&self, key: &[u8]) -> String {
        let body = serde_json::to_vec(self).expect("a cursor has only plain fields");
        let mut sealed = mac(key, &body);
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
        if !memcmp::eq(tag, &mac(key, body)) {
            return Err(CursorError);
        }
        serde_json::from_slice(body).map_err(|_| CursorError)
    }
}

fn mac(key: &[u8], body: &[u8]) -> Vec<u8> {
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
    use super::*;

    fn cursor() -> Cursor {
        let place = Position {
            seq: Seq(7),
            phase: Phase::Snapshot { begun_at: Seq(9) },
        };
        Cursor {
            epoch: Epoch(uuid::Uuid::from_u128(5)),
            server: "acmp-1".parse().expect("a good id"),
            generation: 3,
            turn: 1,
            positions: BTreeMap::from([(InstanceId(1), place)]),
        }
    }

    #[test]
    fn f3_a_cursor_comes_back_as_it_was_handed_out() {
        let text = cursor().encode(b"key");
        assert_eq!(Cursor::decode(&text, b"key"), Ok(cursor()));
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
