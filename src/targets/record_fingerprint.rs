//! By what a record that is written the same is known.

use xxhash_rust::xxh3::Xxh3;

use super::target_record::{FieldValues, plain_text};

/// Equal for values that look alike over there ([`super::is_same_value`]).
pub fn record_fingerprint(values: &FieldValues, class_name: &str, user: Option<&str>) -> [u8; 16] {
    let mut hash = Xxh3::new();
    hash.update(&(values.len() as u64).to_le_bytes());
    for (field, value) in values {
        hash_text(&mut hash, Some(field));
        hash_text(&mut hash, plain_text(value).as_deref());
    }
    hash_text(&mut hash, Some(class_name));
    hash_text(&mut hash, user);
    hash.digest128().to_le_bytes()
}

/// With its length before it, so that no two texts run into each other.
fn hash_text(hash: &mut Xxh3, text: Option<&str>) {
    let length = text.map_or(u64::MAX, |text| text.len() as u64);
    hash.update(&length.to_le_bytes());
    hash.update(text.unwrap_or_default().as_bytes());
}
