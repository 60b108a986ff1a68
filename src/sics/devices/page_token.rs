//! Where a page of devices ended: sort, direction, what the last device was sorted by, its row. Opaque outside; nothing
//! secret and nothing trusted: it is compared with, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::inventory::device_index::SortKey;
use crate::model::Row;
use crate::sics::problem::ApiProblem;

#[derive(Serialize, Deserialize)]
struct DevicePageToken(String, bool, serde_json::Value, i64);

/// `sort`: as the caller names it, and whether in descending order.
pub(super) fn encode_page_token((sort, descending): (&str, bool), key: &SortKey, row: Row) -> String {
    let token = DevicePageToken(sort.to_owned(), descending, key.to_json(), row.0);
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).expect("plain fields"))
}

pub(super) fn decode_page_token(sort: (&str, bool), text: &str) -> Result<(SortKey, Row), ApiProblem> {
    let wrong = || {
        let advice = "Send it exactly as you received it, with the same sort and order.";
        ApiProblem::bad_request("wrongAfter", "after does not match this request", advice)
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let DevicePageToken(name, descending, key, row) = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    if (name.as_str(), descending) != sort {
        return Err(wrong());
    }
    Ok((SortKey::from_json(key).ok_or_else(wrong)?, Row(row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_the_request_that_it_came_from_and_no_other() {
        let key = SortKey::Text("lap-ä".to_owned());
        let token = encode_page_token(("deviceName", true), &key, Row(7));
        assert_eq!(
            decode_page_token(("deviceName", true), &token).ok(),
            Some((key, Row(7)))
        );
        for other in [("deviceName", false), ("serialNumber", true), ("", true)] {
            assert!(decode_page_token(other, &token).is_err(), "{other:?}");
        }
        for broken in ["", "x", "W10"] {
            assert!(decode_page_token(("", false), broken).is_err(), "{broken:?}");
        }
    }
}
