//! A record becomes a device: one JSON text in the order of the table, a fingerprint of what servers care about (S5),
//! and what moves by itself kept apart.
//!
//! *Same device, same text.* Whatever order the keys come in, whether from a list or from a single GET, the parts that
//! the list owns come out byte for byte the same, so that comparing two devices is comparing two hashes.
//!
//! *One owner per field* (S4). What only a GET fills is null in `body` whichever answer was read, and goes to `learned`
//! when it came from a GET; what the users of the device fill is null in both ([`super::primary_user`]).
//! [`merge_enrichment`] puts them together; it fills only fields that `body` lets through, so what was learned before a device
//! became personal does not come back.

use std::borrow::Cow;
use std::sync::LazyLock;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::normal_value::{NormalValue, UnreadableValue, normalise_unknown, normalise_value, without_members};
use super::properties::{
    COUNT, DEVICE_CLASS, DeviceProperty, FREE_STORAGE, ID, LAST_SYNC, PropertyKind, PropertyMask, PropertySource,
    TABLE, TOTAL_STORAGE, property_bit,
};
use super::record_slots::{RecordSlots, unquote_json};
use crate::model::{DeviceBody, DeviceBodyWriter, DeviceId, ReadSource, VolatileFields, parse_time};

/// Which properties are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowedProperties {
    pub properties: PropertyMask,
    /// Keys outside the table.
    pub unknown: bool,
}

pub struct NormalisedDevice {
    pub body: DeviceBody,
    pub enrichment: Option<String>,
    pub fingerprint: [u8; 16],
    pub volatile: VolatileFields,
}

/// `class` is a word without anything to escape (`class::is_class_name`).
pub fn normalise_device(
    id: DeviceId,
    slots: &RecordSlots<'_>,
    allowed: AllowedProperties,
    class: &str,
    from: ReadSource,
) -> Result<NormalisedDevice, UnreadableValue> {
    let mut writer = NormalisedWriter::new(id, from);
    for (index, property) in TABLE.iter().enumerate() {
        let is_ours = index == ID || matches!(property.owner, PropertySource::Never | PropertySource::Own);
        if is_ours || allowed.properties & property_bit(index) == 0 {
            continue;
        }
        if !(property.beta || property.unlisted) || slots.is_present(index) {
            writer.write_property(index, property, normalise_property(index, slots, property)?);
        }
    }
    if allowed.unknown {
        writer.write_unknown_keys(slots)?;
    }
    Ok(writer.finish(class))
}

/// The value in its normal form. A device that does not tell its storage says 0 free of 0: nothing, not "full".
pub fn normalise_property<'a>(index: usize, slots: &RecordSlots<'a>, property: &DeviceProperty) -> NormalValue<'a> {
    let raw = slots.get(index);
    if index == FREE_STORAGE && raw == "0" && matches!(slots.get(TOTAL_STORAGE), "0" | "null") {
        return Ok(None);
    }
    normalise_value(property, raw)
}

/// Numbers of the table's names in a packed body.
static NUMBERS: LazyLock<[Option<usize>; COUNT]> =
    LazyLock::new(|| std::array::from_fn(|index| DeviceBodyWriter::name_number(TABLE[index].key)));

/// Room for what moves in most devices.
const USUAL_MOVING_BYTES: usize = 48;

struct NormalisedWriter {
    source: ReadSource,
    body: DeviceBodyWriter,
    enrichment: String,
    /// Everything in `body` before this is in the hash or meant not to be.
    hashed: usize,
    hash: Xxh3,
    moving: String,
    last_sync_s: i64,
}

impl NormalisedWriter {
    fn new(id: DeviceId, from: ReadSource) -> Self {
        NormalisedWriter {
            source: from,
            body: DeviceBodyWriter::new(id),
            enrichment: String::new(),
            hashed: 0,
            hash: Xxh3::new(),
            moving: String::with_capacity(USUAL_MOVING_BYTES),
            last_sync_s: 0,
        }
    }

    fn write_field(&mut self, index: usize, value: Option<&str>) {
        self.body.write_field(NUMBERS[index], TABLE[index].key, value);
    }

    /// A field that is not hashed as it stands.
    fn write_unhashed_field(&mut self, index: usize, value: Option<&str>) {
        self.hash_pending();
        self.write_field(index, value);
        self.hashed = self.body.written_bytes().len();
    }

    fn write_property(&mut self, index: usize, property: &DeviceProperty, value: Option<Cow<'_, str>>) {
        if property.is_enriched() {
            if property.owner == PropertySource::Get && self.source == ReadSource::Get {
                self.enrichment.push(if self.enrichment.is_empty() { '{' } else { ',' });
                self.enrichment.push_str(property.key);
                self.enrichment.push_str(value.as_deref().unwrap_or("null"));
            }
            if !property.beta {
                self.write_field(index, None);
            }
            return;
        }
        let text = value.as_deref();
        if text.is_none() && property.beta {
            return;
        }
        if property.volatile {
            self.write_unhashed_field(index, text);
            self.track_volatile(index, text.unwrap_or("null"));
        } else if let Some(text) = text
            && property.kind == PropertyKind::Complex
            && !property.moving.is_empty()
        {
            self.write_unhashed_field(index, Some(text));
            self.hash.update(without_members(text, property.moving).as_bytes());
            self.moving.push_str(text);
        } else {
            self.write_field(index, text);
        }
    }

    fn track_volatile(&mut self, index: usize, text: &str) {
        if index == LAST_SYNC {
            self.last_sync_s = unquote_json(text)
                .and_then(|time| parse_time(&time))
                .map_or(0, |time| time.timestamp());
        } else {
            self.moving.push_str(text);
            self.moving.push(',');
        }
    }

    fn hash_pending(&mut self) {
        self.hash.update(&self.body.written_bytes()[self.hashed..]);
    }

    /// Keys outside the table, sorted; the last of two with one name counts, as everywhere in JSON.
    fn write_unknown_keys(&mut self, slots: &RecordSlots<'_>) -> Result<(), UnreadableValue> {
        if slots.unknown.is_empty() {
            return Ok(());
        }
        let mut keys: Vec<&(Cow<'_, str>, &str)> = slots.unknown.iter().collect();
        keys.sort_by(|a, b| a.0.cmp(&b.0));
        for (at, (name, raw)) in keys.iter().map(|entry| (&entry.0, entry.1)).enumerate() {
            let repeated = keys.get(at + 1).is_some_and(|next| next.0 == *name);
            if repeated {
                continue;
            }
            if let Some(value) = normalise_unknown(raw)? {
                let key = format!("{}:", serde_json::Value::from(name.as_ref()));
                self.body.write_field(None, &key, Some(&value));
            }
        }
        Ok(())
    }

    fn finish(mut self, class: &str) -> NormalisedDevice {
        self.write_field(DEVICE_CLASS, Some(&["\"", class, "\""].concat()));
        self.hash_pending();
        if !self.enrichment.is_empty() {
            self.enrichment.push('}');
        }
        NormalisedDevice {
            fingerprint: self.hash.digest128().to_be_bytes(),
            volatile: VolatileFields {
                last_sync_s: self.last_sync_s,
                others: if self.moving.is_empty() {
                    0
                } else {
                    xxh3_64(self.moving.as_bytes())
                },
            },
            enrichment: (!self.enrichment.is_empty()).then_some(self.enrichment),
            body: self.body.finish(),
        }
    }
}

/// `body` with the fields that no list owns taken from `enrichment`, where `body` lets them through. Both come from
/// [`normalise_device`] (or from here: what was learned before is replaced); what does not is left as it is.
pub fn merge_enrichment(body: &str, enrichment: Option<&str>) -> String {
    let (Some(enrichment), Ok(slots)) = (enrichment, RecordSlots::from_json(body)) else {
        return body.to_owned();
    };
    let Ok(known) = RecordSlots::from_json(enrichment) else {
        return body.to_owned();
    };
    let mut fills: Vec<(usize, usize)> = (0..TABLE.len())
        .filter(|index| TABLE[*index].is_enriched() && slots.is_present(*index))
        .filter(|index| slots.get(*index) != known.get(*index))
        .map(|index| (slots.get(index).as_ptr().addr() - body.as_ptr().addr(), index))
        .collect();
    fills.sort_unstable();
    let mut merged = String::with_capacity(body.len() + enrichment.len());
    let mut copied = 0;
    for (at, index) in fills {
        merged.push_str(&body[copied..at]);
        merged.push_str(known.get(index));
        copied = at + slots.get(index).len();
    }
    merged.push_str(&body[copied..]);
    merged
}

#[cfg(test)]
#[path = "normalise_tests.rs"]
mod tests;
