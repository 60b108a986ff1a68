//! What a device looks like under the settings of an instance: one value, compiled once, pure; and the reading of a
//! record through it.
//!
//! The order of decisions: the record is taken apart, its identity drawn, its class told, the filter asked, personal
//! devices limited, and only then the body written. Filter, class and identity see the whole record, whatever fields
//! are chosen, so `$select` asks for what they need too; what nobody receives is not kept (F8).
//!
//! *What makes a record unreadable* (S8): no JSON object, no GUID as `id`, or another kind of value where it is decided who
//! a device is, and whose (identity, owner). Any other property whose value is not of its kind costs the property, never
//! the device ([`super::mend`]); both are told (E10).
//!
//! *Single GETs* come in two kinds. Enrichment asks with [`Shape::enrich_select`], which names what only a GET fills;
//! of its answer only `learned` is of use, since keys that we do not know can't be named. Proof (is a missing device
//! gone?) asks with [`Shape::proof_select`] and is read by [`Shape::read_proof`]: it shows what a list shows, and
//! teaches nothing, since a GET that does not name those fields would seem to say that they have been cleared.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use xxhash_rust::xxh3::{Xxh3Default, xxh3_128_with_seed};

use super::class::{built_in, is_class_name};
use super::condition::Condition;
pub use super::fields::ShapeError;
use super::fields::{CLASS_RULES_MAX, chosen, named, names};
use super::identity::identity;
use super::mend::mend;
use super::normalise::{Allowed, normalise};
use super::personal::Personal;
use super::properties::{
    BETA_OWNER_TYPE, DEVICE_CLASS, ENROLLED, ENTRA_DEVICE_ID, FREE_STORAGE, ID, LAST_SYNC, MODEL, Mask,
    OPERATING_SYSTEM, OWNER_TYPE, Owner, SERIAL_NUMBER, TABLE, TOTAL_STORAGE, USER_PRINCIPAL_NAME, bit, mask_of,
};
use super::record::Slots;
use super::refit::refit;
use crate::config::{ClassRule, DeviceSettings, FieldChoice};
use crate::model::{Body, DeviceId, Incoming, LearnedFrom, UnreadReason, Vital};
use crate::store::Refit;

/// Raised whenever this code writes devices differently, so that every device is read anew after an update.
const FORM: u32 = 2;

/// What the filter is called in messages.
const FILTER: &str = "the filter";

/// What identity (S7, A2), built-in classes, the personal rule and the watermark need of every record.
const ALWAYS: Mask = bit(ID)
    | bit(OWNER_TYPE)
    | bit(ENROLLED)
    | bit(LAST_SYNC)
    | bit(OPERATING_SYSTEM)
    | bit(MODEL)
    | bit(ENTRA_DEVICE_ID)
    | bit(USER_PRINCIPAL_NAME)
    | bit(SERIAL_NUMBER);

/// Why a record was set aside (S8): it is counted and shown, its device neither updated nor gone. `what` names fields,
/// never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", id.map_or("a device without a readable id".to_owned(), |id| format!("device {id}")))]
pub struct RecordError {
    pub id: Option<DeviceId>,
    pub reason: UnreadReason,
    pub what: String,
}

#[derive(Debug)]
pub struct Shape {
    allowed: Allowed,
    personal: Personal,
    filter: Option<Condition>,
    classes: Vec<(String, Condition)>,
    select: Option<String>,
    enrich_select: String,
    enriches: bool,
    /// No field is chosen: lists are asked for without `$select`.
    everything: bool,
    /// What the servers of the audience receive between them; `None` sets no limit (F8).
    received: Option<Mask>,
    /// What the settings let through and nobody receives.
    lacking: Mask,
    digest: u64,
}

impl Shape {
    /// `needed` are properties that others need of every record beside what is chosen (completeness, actions).
    pub fn compile(settings: &DeviceSettings, needed: &[&str]) -> Result<Shape, ShapeError> {
        Shape::for_audience(settings, needed, None)
    }

    /// The same, and nothing that no server receives ([`super::audience::received`]).
    pub fn for_audience(
        settings: &DeviceSettings,
        needed: &[&str],
        received: Option<Mask>,
    ) -> Result<Shape, ShapeError> {
        let own = chosen(&settings.fields)?;
        let chosen = own & received.unwrap_or(Mask::MAX);
        let filter = settings
            .filter
            .as_deref()
            .map(|source| condition(FILTER, source))
            .transpose()?;
        let classes = compile_classes(&settings.classes)?;
        let mut wanted = chosen | ALWAYS | named(needed)?;
        for (_, condition) in conditions(&filter, &classes) {
            wanted |= condition.properties();
        }
        if wanted & bit(FREE_STORAGE) != 0 {
            wanted |= bit(TOTAL_STORAGE);
        }
        let everything = settings.fields == FieldChoice::All && received.is_none();
        let unlisted = mask_of(|p| p.unlisted);
        if everything {
            for (place, condition) in conditions(&filter, &classes) {
                told(&place, condition.properties() & unlisted)?;
            }
        }
        let asked = mask_of(|p| !p.beta && p.owner == Owner::List && !(p.unlisted && everything)) & wanted;
        let single = mask_of(|p| !p.beta && p.owner == Owner::Get) & wanted;
        Ok(Shape {
            allowed: Allowed {
                properties: chosen | bit(ID),
                unknown: everything,
            },
            personal: Personal::new(settings.personal),
            filter,
            classes,
            select: (!everything).then(|| names(asked)),
            enrich_select: names(asked | single),
            enriches: chosen & single != 0,
            everything,
            received,
            lacking: own & !chosen,
            digest: digest(settings, wanted, (!everything).then_some(chosen)),
        })
    }

    /// Changes whenever a setting changes what a device looks like.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// What it was narrowed to.
    pub fn received(&self) -> Option<Mask> {
        self.received
    }

    /// Names of what the settings let through and nobody receives: devices lack it.
    pub fn lacking(&self) -> Vec<String> {
        let names = TABLE
            .iter()
            .enumerate()
            .filter(|(index, _)| self.lacking & bit(*index) != 0);
        names.map(|(_, property)| property.name.to_owned()).collect()
    }

    /// Makes what was learned under other settings fit these.
    pub fn refit(&self) -> Refit {
        let allowed = self.allowed.properties;
        Arc::new(move |learned| refit(learned, allowed))
    }

    /// `$select` of the list; `None` asks for everything.
    pub fn select(&self) -> Option<String> {
        self.select.clone()
    }

    /// `$select` of the GET that asks whether a device still exists; `None` asks for everything.
    pub fn proof_select(&self) -> Option<String> {
        self.select.clone()
    }

    /// `$select` of the GETs that enrich.
    pub fn enrich_select(&self) -> String {
        self.enrich_select.clone()
    }

    /// Whether any chosen field comes from single GETs only. If not, enrichment has nothing to do.
    pub fn enriches(&self) -> bool {
        self.enriches
    }

    /// Of the bytes as they came, under these settings: equal means that nothing has to be read.
    pub fn raw_hash(&self, record: &[u8]) -> [u8; 16] {
        xxh3_128_with_seed(record, self.digest).to_be_bytes()
    }

    /// Reads the answer to a GET with [`Self::proof_select`]: the device as a list would show it.
    pub fn read_proof(&self, record: &[u8]) -> Result<Incoming, RecordError> {
        let incoming = self.read(record, LearnedFrom::Get)?;
        Ok(Incoming {
            learned: None,
            ..incoming
        })
    }

    pub fn read(&self, record: &[u8], from: LearnedFrom) -> Result<Incoming, RecordError> {
        self.read_hashed(record, from, self.raw_hash(record))
    }

    /// The same for a record of a list whose hash is known already.
    pub fn read_list(&self, record: &[u8], raw_hash: [u8; 16]) -> Result<Incoming, RecordError> {
        self.read_hashed(record, LearnedFrom::List, raw_hash)
    }

    fn read_hashed(&self, record: &[u8], from: LearnedFrom, raw_hash: [u8; 16]) -> Result<Incoming, RecordError> {
        let no_id = |reason, what: String| RecordError { id: None, reason, what };
        let text = std::str::from_utf8(record)
            .map_err(|_| no_id(UnreadReason::NoObject, "the record is no UTF-8 text".into()))?;
        let mut slots = Slots::read(text).map_err(|error| no_id(why_unread(text), what_is_wrong(&error)))?;
        let id = match slots.text(ID) {
            Some(id) => DeviceId::of_record(&id),
            None => None,
        };
        let id = id.ok_or_else(|| no_id(UnreadReason::BadId, "id is missing or no GUID".into()))?;
        let fail = |reason, what: String| RecordError {
            id: Some(id),
            reason,
            what,
        };
        check_kinds(&slots).map_err(|what| fail(UnreadReason::WrongType, what.to_owned()))?;
        let flaws = mend(&mut slots, id);
        let class = self.class(&slots).map_err(|what| fail(UnreadReason::Condition, what))?;
        let mut incoming = Incoming {
            id,
            from,
            raw_hash,
            fingerprint: [0; 16],
            vital: Vital::default(),
            identity: identity(&slots),
            left_out: true,
            body: Body::default(),
            learned: None,
            flaws,
        };
        let is_wanted = match &self.filter {
            Some(filter) => filter
                .holds_for(&slots, class)
                .map_err(|error| fail(UnreadReason::Condition, format!("{FILTER}: {error}")))?,
            None => true,
        };
        let limited = is_wanted.then(|| self.personal.limit(&slots, self.allowed)).flatten();
        if let Some(mut allowed) = limited {
            if self.everything && from == LearnedFrom::Get {
                allowed.properties &= !mask_of(|property| property.unlisted);
            }
            let device = normalise(id, &slots, allowed, class, from)
                .map_err(|error| fail(UnreadReason::BrokenValue, error.to_string()))?;
            incoming.left_out = false;
            incoming.body = device.body;
            incoming.learned = device.learned;
            incoming.fingerprint = device.fingerprint;
            incoming.vital = device.vital;
        }
        Ok(incoming)
    }

    fn class<'s>(&'s self, slots: &Slots<'_>) -> Result<&'s str, String> {
        for (class, when) in &self.classes {
            if when
                .holds_for(slots, "")
                .map_err(|error| format!("{}: {error}", rule_of(class)))?
            {
                return Ok(class);
            }
        }
        Ok(built_in(slots))
    }
}

/// Kinds that decisions hang on: who a device is, and whose.
fn check_kinds(slots: &Slots<'_>) -> Result<(), &'static str> {
    let is_text = |index| matches!(slots.get(index).as_bytes().first(), Some(b'"' | b'n'));
    for index in [
        SERIAL_NUMBER,
        ENTRA_DEVICE_ID,
        USER_PRINCIPAL_NAME,
        OWNER_TYPE,
        BETA_OWNER_TYPE,
    ] {
        if !is_text(index) {
            return Err("serialNumber, azureADDeviceId, userPrincipalName or an owner type is no text");
        }
    }
    Ok(())
}

/// What is no record at all, apart from one that is too much.
fn why_unread(record: &str) -> UnreadReason {
    match serde_json::from_str::<serde::de::IgnoredAny>(record) {
        Ok(_) if record.trim_start().starts_with('{') => UnreadReason::TooLarge,
        _ => UnreadReason::NoObject,
    }
}

/// The parser's complaint; it names places and kinds, never values of the record.
fn what_is_wrong(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Data => error.to_string(),
        Category::Io | Category::Syntax | Category::Eof => format!("no JSON at column {}", error.column()),
    }
}

fn compile_classes(rules: &[ClassRule]) -> Result<Vec<(String, Condition)>, ShapeError> {
    if rules.len() > CLASS_RULES_MAX {
        return Err(ShapeError::TooManyClasses);
    }
    rules
        .iter()
        .map(|rule| {
            if !is_class_name(&rule.class) {
                return Err(ShapeError::ClassName {
                    given: rule.class.chars().take(80).collect(),
                });
            }
            let when = condition(&rule_of(&rule.class), &rule.when)?;
            if when.properties() & bit(DEVICE_CLASS) != 0 {
                return Err(ShapeError::ClassOfItself);
            }
            Ok((rule.class.clone(), when))
        })
        .collect()
}

/// A condition over what a list tells.
fn condition(place: &str, source: &str) -> Result<Condition, ShapeError> {
    let condition = Condition::compile(source).map_err(|source| ShapeError::Condition {
        place: place.to_owned(),
        source,
    })?;
    told(
        place,
        condition.properties() & mask_of(|property| property.owner == Owner::Get),
    )?;
    Ok(condition)
}

/// Refuses conditions over what a list does not tell.
fn told(place: &str, untold: Mask) -> Result<(), ShapeError> {
    match TABLE.get(untold.trailing_zeros() as usize) {
        Some(property) => Err(ShapeError::NotInLists {
            place: place.to_owned(),
            given: property.name,
        }),
        None => Ok(()),
    }
}

/// All conditions, with how to call them.
fn conditions<'a>(
    filter: &'a Option<Condition>,
    classes: &'a [(String, Condition)],
) -> impl Iterator<Item = (String, &'a Condition)> {
    let rules = classes.iter().map(|(class, when)| (rule_of(class), when));
    filter.iter().map(|filter| (FILTER.to_owned(), filter)).chain(rules)
}

fn rule_of(class: &str) -> String {
    format!("the rule of class {class}")
}

fn digest(settings: &DeviceSettings, wanted: Mask, only: Option<Mask>) -> u64 {
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
        (&rule.class, &rule.when).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
