//! What a device looks like under the settings of an instance: one value, compiled once, pure; and the reading of a
//! record through it.
//!
//! The order of decisions: the record is taken apart, its identity drawn, its class told, the filter asked, personal
//! devices limited, and only then the body written. Filter, class and identity see the whole record, whatever fields
//! are chosen, so `$list_select` asks for what they need too; what nobody receives is not kept (F8).
//!
//! *What makes a record unreadable* (S8): no JSON object, no GUID as `id`, or another kind of value where it is decided who
//! a device is, and whose (identity, owner). Any other property whose value is not of its kind costs the property, never
//! the device ([`super::value_repair`]); both are told (E10).
//!
//! *Single GETs* come in two kinds. Enrichment asks with [`DeviceProjection::enrich_select`], which names what only a GET fills;
//! of its answer only `learned` is of use, since keys that we do not know can't be named. Proof (is a missing device
//! gone?) asks with [`DeviceProjection::proof_select`] and is read by [`DeviceProjection::read_proof`]: it shows what a list shows, and
//! teaches nothing, since a GET that does not name those fields would seem to say that they have been cleared.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use xxhash_rust::xxh3::{Xxh3Default, xxh3_128_with_seed};

use super::condition::DeviceCondition;
use super::device_class::{built_in_class, is_class_name};
use super::enrichment_projection::project_enrichment;
pub use super::fields::ProjectionError;
use super::fields::{CLASS_RULES_MAX, chosen_properties, named_properties, select_names, unread_properties};
use super::identity::identity_from_slots;
use super::normalise::{AllowedProperties, normalise_device};
use super::personal_filter::PersonalFilter;
use super::properties::{
    BETA_OWNER_TYPE, DEVICE_CLASS, DeviceProperty, ENROLLED, ENTRA_DEVICE_ID, FREE_STORAGE, ID, LAST_SYNC, MODEL,
    OPERATING_SYSTEM, OWNER_TYPE, PRIMARY_USER, PropertyMask, PropertySource, SERIAL_NUMBER, TABLE, TOTAL_STORAGE,
    USER_PRINCIPAL_NAME, mask_where, property_bit,
};
use super::record_slots::RecordSlots;
use super::value_repair::repair_values;
use crate::config::{ClassRule, DeviceSettings, FieldChoice};
use crate::model::{DeviceBody, DeviceId, IncomingDevice, ReadSource, RejectionReason, VolatileFields};
use crate::store::EnrichmentProjection;

/// Raised whenever this code writes devices differently, so that every device is read anew after an update.
const FORM: u32 = 2;

/// What the filter is called in messages.
pub const FILTER: &str = "the filter";

/// What identity (S7, A2), built-in classes, the personal rule and the watermark need of every record.
const ALWAYS: PropertyMask = property_bit(ID)
    | property_bit(OWNER_TYPE)
    | property_bit(ENROLLED)
    | property_bit(LAST_SYNC)
    | property_bit(OPERATING_SYSTEM)
    | property_bit(MODEL)
    | property_bit(ENTRA_DEVICE_ID)
    | property_bit(USER_PRINCIPAL_NAME)
    | property_bit(SERIAL_NUMBER);

/// Why a record was set aside (S8): it is counted and shown, its device neither updated nor gone. `what` names fields,
/// never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", id.map_or("a device without a readable id".to_owned(), |id| format!("device {id}")))]
pub struct RecordError {
    pub id: Option<DeviceId>,
    pub reason: RejectionReason,
    pub what: String,
}

#[derive(Debug)]
pub struct DeviceProjection {
    allowed: AllowedProperties,
    personal: PersonalFilter,
    filter: Option<DeviceCondition>,
    classes: Vec<(String, DeviceCondition)>,
    select: Option<String>,
    enrich_select: String,
    enriches: bool,
    /// No field is chosen: lists are asked for without `$list_select`.
    selects_all: bool,
    /// What the servers of the audience receive between them; `None` sets no limit (F8).
    received: Option<PropertyMask>,
    /// What the settings let through and nobody receives.
    unreceived: PropertyMask,
    digest: u64,
}

impl DeviceProjection {
    /// `needed` are properties that others need of every record beside what is chosen (completeness, actions).
    pub fn compile(settings: &DeviceSettings, needed: &[&str]) -> Result<DeviceProjection, ProjectionError> {
        DeviceProjection::for_audience(settings, needed, None)
    }

    /// The same, and nothing that no server receives ([`DeviceProjection::received_mask`]).
    pub fn for_audience(
        settings: &DeviceSettings,
        needed: &[&str],
        received: Option<PropertyMask>,
    ) -> Result<DeviceProjection, ProjectionError> {
        let own = chosen_properties(&settings.fields)? & !unread_properties(settings);
        let chosen = own & received.unwrap_or(PropertyMask::MAX);
        let filter = settings
            .filter
            .as_deref()
            .map(|source| compile_condition(FILTER, source))
            .transpose()?;
        let classes = compile_classes(&settings.classes)?;
        let mut wanted = chosen | ALWAYS | named_properties(needed)?;
        for (_, condition) in named_conditions(&filter, &classes) {
            wanted |= condition.property_mask();
        }
        if wanted & property_bit(FREE_STORAGE) != 0 {
            wanted |= property_bit(TOTAL_STORAGE);
        }
        let everything = settings.fields == FieldChoice::All && received.is_none();
        let unlisted = mask_where(|p| p.unlisted);
        if everything {
            for (place, condition) in named_conditions(&filter, &classes) {
                check_listed(&place, condition.property_mask() & unlisted)?;
            }
        }
        let asked = mask_where(|p| !p.beta && p.owner == PropertySource::List && !(p.unlisted && everything)) & wanted;
        let single = mask_where(|p| !p.beta && p.owner == PropertySource::Get) & wanted;
        Ok(DeviceProjection {
            allowed: AllowedProperties {
                properties: chosen | property_bit(ID),
                unknown: everything,
            },
            personal: PersonalFilter::new(settings.personal),
            filter,
            classes,
            select: (!everything).then(|| select_names(asked)),
            enrich_select: select_names(asked | single),
            enriches: chosen & single != 0,
            selects_all: everything,
            received,
            unreceived: own & !chosen,
            digest: digest_settings(settings, wanted, (!everything).then_some(chosen)),
        })
    }

    /// Changes whenever a setting changes what a device looks like.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// What it was narrowed to.
    pub fn received_mask(&self) -> Option<PropertyMask> {
        self.received
    }

    /// Names of what the settings let through and nobody receives: devices lack it.
    pub fn missing_fields(&self) -> Vec<String> {
        let names = TABLE
            .iter()
            .enumerate()
            .filter(|(index, _)| self.unreceived & property_bit(*index) != 0);
        names.map(|(_, property)| property.name.to_owned()).collect()
    }

    /// Makes what was learned under other settings fit these.
    pub fn enrichment_projection(&self) -> EnrichmentProjection {
        let allowed = self.allowed.properties;
        Arc::new(move |learned| project_enrichment(learned, allowed))
    }

    /// `$list_select` of the list; `None` asks for everything.
    pub fn list_select(&self) -> Option<String> {
        self.select.clone()
    }

    /// `$list_select` of the GET that asks whether a device still exists; `None` asks for everything.
    pub fn proof_select(&self) -> Option<String> {
        self.select.clone()
    }

    /// `$list_select` of the GETs that enrich.
    pub fn enrich_select(&self) -> String {
        self.enrich_select.clone()
    }

    /// Whether any chosen field comes from single GETs only. If not, enrichment has nothing to do.
    pub fn has_enriched_fields(&self) -> bool {
        self.enriches
    }

    /// Whether anybody receives the primary user of a device.
    pub fn reads_primary_user(&self) -> bool {
        self.allowed.properties & property_bit(PRIMARY_USER) != 0
    }

    /// Of the bytes as they came, under these settings: equal means that nothing has to be read.
    pub fn raw_hash(&self, record: &[u8]) -> [u8; 16] {
        xxh3_128_with_seed(record, self.digest).to_be_bytes()
    }

    /// Reads the answer to a GET with [`Self::proof_select`]: the device as a list would show it.
    pub fn read_proof(&self, record: &[u8]) -> Result<IncomingDevice, RecordError> {
        let incoming = self.read_record(record, ReadSource::Get)?;
        Ok(IncomingDevice {
            enrichment: None,
            ..incoming
        })
    }

    pub fn read_record(&self, record: &[u8], from: ReadSource) -> Result<IncomingDevice, RecordError> {
        self.read_hashed_record(record, from, self.raw_hash(record))
    }

    /// The same for a record of a list whose hash is known already.
    pub fn read_list_record(&self, record: &[u8], raw_hash: [u8; 16]) -> Result<IncomingDevice, RecordError> {
        self.read_hashed_record(record, ReadSource::List, raw_hash)
    }

    fn read_hashed_record(
        &self,
        record: &[u8],
        from: ReadSource,
        raw_hash: [u8; 16],
    ) -> Result<IncomingDevice, RecordError> {
        let no_id = |reason, what: String| RecordError { id: None, reason, what };
        let text = std::str::from_utf8(record)
            .map_err(|_| no_id(RejectionReason::NoObject, "the record is not UTF-8 text".into()))?;
        let mut slots =
            RecordSlots::from_json(text).map_err(|error| no_id(unread_reason(text), json_complaint(&error)))?;
        let id = match slots.text_value(ID) {
            Some(id) => DeviceId::from_record(&id),
            None => None,
        };
        let id = id.ok_or_else(|| no_id(RejectionReason::BadId, "id is missing or not a GUID".into()))?;
        let fail = |reason, what: String| RecordError {
            id: Some(id),
            reason,
            what,
        };
        check_identity_kinds(&slots).map_err(|what| fail(RejectionReason::WrongType, what.to_owned()))?;
        let flaws = repair_values(&mut slots, id);
        let class = self
            .classify_device(&slots)
            .map_err(|what| fail(RejectionReason::Condition, what))?;
        let mut incoming = IncomingDevice {
            id,
            source: from,
            raw_hash,
            fingerprint: [0; 16],
            volatile_fields: VolatileFields::default(),
            identity: identity_from_slots(&slots),
            left_out: true,
            body: DeviceBody::default(),
            enrichment: None,
            rejected_properties: flaws,
        };
        let is_wanted = match &self.filter {
            Some(filter) => filter
                .matches_record(&slots, class)
                .map_err(|error| fail(RejectionReason::Condition, format!("{FILTER}: {error}")))?,
            None => true,
        };
        let limited = is_wanted
            .then(|| self.personal.limit_properties(&slots, self.allowed))
            .flatten();
        if let Some(mut allowed) = limited {
            if self.selects_all && from == ReadSource::Get {
                allowed.properties &= !mask_where(|property| property.unlisted);
            }
            let device = normalise_device(id, &slots, allowed, class, from)
                .map_err(|error| fail(RejectionReason::BrokenValue, error.to_string()))?;
            incoming.left_out = false;
            incoming.body = device.body;
            incoming.enrichment = device.enrichment;
            incoming.fingerprint = device.fingerprint;
            incoming.volatile_fields = device.volatile;
        }
        Ok(incoming)
    }

    fn classify_device<'s>(&'s self, slots: &RecordSlots<'_>) -> Result<&'s str, String> {
        for (class, when) in &self.classes {
            if when
                .matches_record(slots, "")
                .map_err(|error| format!("{}: {error}", class_rule_name(class)))?
            {
                return Ok(class);
            }
        }
        Ok(built_in_class(slots))
    }
}

/// Kinds that decisions hang on: who a device is, and whose.
fn check_identity_kinds(slots: &RecordSlots<'_>) -> Result<(), &'static str> {
    let is_text = |index| matches!(slots.get(index).as_bytes().first(), Some(b'"' | b'n'));
    for index in [
        SERIAL_NUMBER,
        ENTRA_DEVICE_ID,
        USER_PRINCIPAL_NAME,
        OWNER_TYPE,
        BETA_OWNER_TYPE,
    ] {
        if !is_text(index) {
            return Err("serialNumber, azureADDeviceId, userPrincipalName or an owner type is not text");
        }
    }
    Ok(())
}

/// What is no record at all, apart from one that is too much.
fn unread_reason(record: &str) -> RejectionReason {
    match serde_json::from_str::<serde::de::IgnoredAny>(record) {
        Ok(_) if record.trim_start().starts_with('{') => RejectionReason::TooLarge,
        _ => RejectionReason::NoObject,
    }
}

/// The parser's complaint; it names places and kinds, never values of the record.
fn json_complaint(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Data => error.to_string(),
        Category::Io | Category::Syntax | Category::Eof => format!("invalid JSON at column {}", error.column()),
    }
}

fn compile_classes(rules: &[ClassRule]) -> Result<Vec<(String, DeviceCondition)>, ProjectionError> {
    if rules.len() > CLASS_RULES_MAX {
        return Err(ProjectionError::TooManyClasses);
    }
    rules
        .iter()
        .map(|rule| {
            if !is_class_name(&rule.class) {
                return Err(ProjectionError::ClassName {
                    given: rule.class.chars().take(80).collect(),
                });
            }
            let when = compile_condition(&class_rule_name(&rule.class), &rule.condition)?;
            if when.property_mask() & property_bit(DEVICE_CLASS) != 0 {
                return Err(ProjectionError::ClassOfItself);
            }
            Ok((rule.class.clone(), when))
        })
        .collect()
}

/// A condition over what a list tells.
fn compile_condition(place: &str, source: &str) -> Result<DeviceCondition, ProjectionError> {
    let condition = DeviceCondition::compile(source).map_err(|source| ProjectionError::Condition {
        place: place.to_owned(),
        source,
    })?;
    check_listed(
        place,
        condition.property_mask() & mask_where(DeviceProperty::is_enriched),
    )?;
    Ok(condition)
}

/// Refuses conditions over what a list does not tell.
fn check_listed(place: &str, untold: PropertyMask) -> Result<(), ProjectionError> {
    match TABLE.get(untold.trailing_zeros() as usize) {
        Some(property) => Err(ProjectionError::NotInLists {
            place: place.to_owned(),
            given: property.name,
        }),
        None => Ok(()),
    }
}

/// All conditions, with how to call them.
fn named_conditions<'a>(
    filter: &'a Option<DeviceCondition>,
    classes: &'a [(String, DeviceCondition)],
) -> impl Iterator<Item = (String, &'a DeviceCondition)> {
    let rules = classes.iter().map(|(class, when)| (class_rule_name(class), when));
    filter.iter().map(|filter| (FILTER.to_owned(), filter)).chain(rules)
}

/// What the rule for a class is called in messages.
pub fn class_rule_name(class: &str) -> String {
    format!("the rule for class {class}")
}

fn digest_settings(settings: &DeviceSettings, wanted: PropertyMask, only: Option<PropertyMask>) -> u64 {
    let mut hasher = Xxh3Default::new();
    (FORM, wanted).hash(&mut hasher);
    match only {
        None => hasher.write_u8(0),
        Some(chosen) => {
            hasher.write_u8(1);
            chosen.hash(&mut hasher);
        }
    }
    settings.filter.hash(&mut hasher);
    (settings.personal as u8).hash(&mut hasher);
    for rule in &settings.classes {
        (&rule.class, &rule.condition).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
#[path = "shape_tests/mod.rs"]
mod tests;
