//! Questions that the index cannot answer: a condition in CEL, text anywhere, an order by any other field. All bodies that
//! may match are read once, and of each that does only what it is sorted by is kept.

use std::sync::Arc;

use futures_util::future::try_join_all;
use memchr::memmem::Finder;

use super::sort_key::SortKey;
use crate::model::Row;
use crate::store::{DeviceMatcher, DeviceWalk, Store, StoreError};

/// Text that may stand anywhere in the JSON of a device.
#[derive(Debug, Clone)]
pub struct BodyPart(Finder<'static>);

impl BodyPart {
    /// Quotes and signs are looked for as JSON writes them; of letters, those of English are found in either case.
    pub fn new(text: &str) -> BodyPart {
        let written = serde_json::to_string(text).unwrap_or_default();
        let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let inner = inner.unwrap_or_default().to_ascii_lowercase();
        BodyPart(Finder::new(&inner).into_owned())
    }

    fn is_in(&self, body: &str) -> bool {
        self.0.find(body.to_ascii_lowercase().as_bytes()).is_some()
    }
}

/// What is asked of each body.
#[derive(Clone, Default)]
pub struct BodyQuestion {
    pub part: Option<BodyPart>,
    pub matcher: Option<DeviceMatcher>,
    /// Row of the table of properties to sort by; `None`: the order is not one of bodies.
    pub sort_field: Option<usize>,
}

impl BodyQuestion {
    /// What a device that matches is sorted by.
    fn find_key(&self, body: &str) -> Option<SortKey> {
        let has_part = self.part.as_ref().is_none_or(|part| part.is_in(body));
        let matches = has_part && self.matcher.as_ref().is_none_or(|matcher| matcher(body));
        matches.then(|| {
            self.sort_field
                .map_or(SortKey::Nothing, |field| SortKey::of_field(body, field))
        })
    }

    fn read_keys(&self, walk: &DeviceWalk<'_>, rows: &[Row]) -> Result<Vec<(SortKey, Row)>, StoreError> {
        let mut keys = Vec::new();
        walk.visit_bodies(rows, |row, body| keys.extend(self.find_key(body).map(|key| (key, row))))?;
        Ok(keys)
    }
}

/// Those of `rows` (in their order) that match. `threads`: how many read at the same time.
pub async fn read_bodies(
    store: &Store,
    rows: &[Row],
    question: BodyQuestion,
    threads: usize,
) -> Result<Vec<(SortKey, Row)>, StoreError> {
    let question = Arc::new(question);
    let share = rows.len().div_ceil(threads.max(1)).max(1);
    let parts = rows.chunks(share).map(|part| {
        let (question, part) = (question.clone(), part.to_vec());
        store.walk_devices(move |walk| question.read_keys(walk, &part))
    });
    let found = try_join_all(parts).await?;
    Ok(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_as_json_writes_it() {
        let body = r#"{"notes":"say \"HELLO\" at C:\\temp","model":"Ä"}"#;
        for part in ["hello", "\"Hello\"", "c:\\TEMP", "notes", "Ä"] {
            assert!(BodyPart::new(part).is_in(body), "{part}");
        }
        assert!(!BodyPart::new("helloo").is_in(body) && !BodyPart::new("ä").is_in(body));
    }

    #[test]
    fn what_matches_has_a_key() {
        let question = BodyQuestion {
            part: Some(BodyPart::new("lap")),
            matcher: Some(Arc::new(|body: &str| body.contains("Latitude"))),
            sort_field: crate::inventory::properties::find_property("model", 0),
        };
        let key = question.find_key(r#"{"deviceName":"LAP-1","model":"Latitude"}"#);
        assert_eq!(key, Some(SortKey::Text("latitude".to_owned())));
        assert_eq!(question.find_key(r#"{"deviceName":"PC-1","model":"Latitude"}"#), None);
        assert_eq!(question.find_key(r#"{"deviceName":"LAP-1","model":"XPS"}"#), None);
    }
}
