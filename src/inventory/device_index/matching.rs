//! Which devices match what was asked for. Pure.

use std::collections::BTreeSet;

use memchr::memmem::Finder;
use uuid::Uuid;

use super::device_entry::{COMPLIANCE, DeviceEntry, OWNERSHIP, PLATFORM, WORD_COUNT};
use super::index::DeviceIndex;
use super::text_pool::lower_text;
use crate::model::{InstanceId, Timestamp};

/// Least length of a text that is looked for in ids: shorter ones are in nearly every id.
const ID_PART_MIN: usize = 4;

/// What operating systems Intune manages are called; devices may have others.
const PLATFORMS: [&str; 11] = [
    "Windows",
    "iOS",
    "iPadOS",
    "macOS",
    "Android",
    "AndroidForWork",
    "AndroidEnterprise",
    "ChromeOS",
    "Linux",
    "tvOS",
    "visionOS",
];
/// As Microsoft's schema has them; it may be extended.
const COMPLIANCE_STATES: [&str; 7] = [
    "unknown",
    "compliant",
    "noncompliant",
    "conflict",
    "error",
    "inGracePeriod",
    "configManager",
];
const OWNERSHIPS: [&str; 3] = ["unknown", "company", "personal"];

/// The words that a field may have, where they are known.
pub fn known_words(field: &str) -> Option<&'static [&'static str]> {
    match field {
        "operatingSystem" => Some(&PLATFORMS),
        "complianceState" => Some(&COMPLIANCE_STATES),
        "managedDeviceOwnerType" => Some(&OWNERSHIPS),
        _ => None,
    }
}

/// What is asked for by columns and by search; a device has to match all of it. Upper and lower case are alike.
#[derive(Debug, Clone, Default)]
pub struct DeviceFilter {
    pub instances: Vec<InstanceId>,
    /// Part of its name.
    pub name: Option<String>,
    /// Part of its serial number.
    pub serial: Option<String>,
    /// Part of its user principal name.
    pub user: Option<String>,
    /// Part of any of its indexed texts, words or ids.
    pub search: Option<String>,
    /// One of these words each.
    pub platforms: Option<Vec<String>>,
    pub compliance: Option<Vec<String>>,
    pub ownership: Option<Vec<String>>,
    /// One that never checked in did so before any time.
    pub checked_in_before: Option<Timestamp>,
    /// At that time or later.
    pub checked_in_after: Option<Timestamp>,
}

/// A word that no device has and that Intune does not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongWord {
    pub parameter: &'static str,
    pub given: String,
    pub possible: Vec<String>,
}

impl DeviceFilter {
    /// Whether every device of its instances matches.
    pub fn is_open(&self) -> bool {
        let texts = [&self.name, &self.serial, &self.user, &self.search];
        let times = [&self.checked_in_before, &self.checked_in_after];
        texts.iter().all(|text| text.is_none())
            && times.iter().all(|time| time.is_none())
            && self.word_questions().iter().all(|question| question.wanted.is_none())
    }

    fn word_questions(&self) -> [WordQuestion<'_>; 3] {
        [
            WordQuestion {
                parameter: "platform",
                word: PLATFORM,
                known: &PLATFORMS,
                wanted: self.platforms.as_deref(),
            },
            WordQuestion {
                parameter: "compliance",
                word: COMPLIANCE,
                known: &COMPLIANCE_STATES,
                wanted: self.compliance.as_deref(),
            },
            WordQuestion {
                parameter: "ownership",
                word: OWNERSHIP,
                known: &OWNERSHIPS,
                wanted: self.ownership.as_deref(),
            },
        ]
    }
}

/// A parameter that names whole words.
struct WordQuestion<'a> {
    parameter: &'static str,
    word: usize,
    known: &'static [&'static str],
    wanted: Option<&'a [String]>,
}

impl DeviceIndex {
    /// The first word of a question that is neither in use among the devices of its instances nor known.
    pub fn find_wrong_word(&self, filter: &DeviceFilter) -> Option<WrongWord> {
        filter.word_questions().into_iter().find_map(|question| {
            let is_known = |given: &str| question.known.iter().any(|known| known.eq_ignore_ascii_case(given));
            let mut doubtful = question.wanted?.iter().filter(|given| !is_known(given)).peekable();
            doubtful.peek()?;
            let in_use = self.list_words(question.word, &filter.instances);
            let is_used = |given: &str| in_use.iter().any(|used| lower_text(used) == lower_text(given));
            let given = doubtful.find(|given| !is_used(given))?;
            let others = in_use.iter().filter(|used| !is_known(used)).map(String::as_str);
            Some(WrongWord {
                parameter: question.parameter,
                given: given.clone(),
                possible: question
                    .known
                    .iter()
                    .copied()
                    .chain(others)
                    .map(str::to_owned)
                    .collect(),
            })
        })
    }

    /// Words of a field that devices of these instances have.
    fn list_words(&self, word: usize, instances: &[InstanceId]) -> BTreeSet<String> {
        let entries = self.slots_by_row().iter().map(|slot| self.entry(*slot));
        let visible = entries.filter(|entry| instances.contains(&entry.instance));
        let numbers: BTreeSet<u32> = visible.map(|entry| entry.words[word]).collect();
        let words = numbers
            .into_iter()
            .map(|number| self.words[word].text(number).to_owned());
        words.filter(|word| !word.is_empty()).collect()
    }
}

/// A filter made ready for one index.
pub(super) struct EntryMatcher<'a> {
    index: &'a DeviceIndex,
    instances: &'a [InstanceId],
    /// Columns with the part that they must have.
    texts: Vec<(usize, Finder<'static>)>,
    /// Fields of words with their marks.
    words: Vec<(usize, Vec<bool>)>,
    before_ms: Option<i64>,
    after_ms: Option<i64>,
    search: Option<SearchPart>,
}

/// Text that may stand anywhere.
struct SearchPart {
    finder: Finder<'static>,
    /// Words that have it, by field.
    words: [Vec<bool>; WORD_COUNT],
    /// It may be a part of an id.
    fits_id: bool,
}

impl<'a> EntryMatcher<'a> {
    pub(super) fn new(index: &'a DeviceIndex, filter: &'a DeviceFilter) -> EntryMatcher<'a> {
        let columns = [&filter.name, &filter.serial, &filter.user].into_iter().enumerate();
        let texts = columns.filter_map(|(column, part)| Some((column, find_text(part.as_deref()?))));
        let words = filter.word_questions().into_iter();
        let words = words.filter_map(|question| {
            let marks = index.words[question.word].mark_equal(question.wanted?);
            Some((question.word, marks))
        });
        EntryMatcher {
            index,
            instances: &filter.instances,
            texts: texts.collect(),
            words: words.collect(),
            before_ms: filter.checked_in_before.map(|time| time.timestamp_millis()),
            after_ms: filter.checked_in_after.map(|time| time.timestamp_millis()),
            search: filter.search.as_deref().map(|part| SearchPart::new(index, part)),
        }
    }

    /// Cheapest first: most devices are told by a number.
    pub(super) fn matches(&self, entry: &DeviceEntry) -> bool {
        let last_sync_ms = i64::from(entry.last_sync_s) * 1_000;
        let has_column = |(column, finder): &(usize, Finder<'static>)| {
            let text = self.index.pool.column_text(&entry.place, *column);
            finder.find(text.as_bytes()).is_some()
        };
        self.instances.contains(&entry.instance)
            && self
                .words
                .iter()
                .all(|(word, marks)| is_marked(marks, entry.words[*word]))
            && self.before_ms.is_none_or(|before| last_sync_ms < before)
            && self.after_ms.is_none_or(|after| last_sync_ms >= after)
            && self.texts.iter().all(has_column)
            && self.search.as_ref().is_none_or(|part| part.is_in(self.index, entry))
    }
}

impl SearchPart {
    fn new(index: &DeviceIndex, part: &str) -> SearchPart {
        let finder = find_text(part);
        let words = std::array::from_fn(|word| index.words[word].mark_containing(&finder));
        let is_id_letter = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
        let fits_id = part.len() >= ID_PART_MIN && part.as_bytes().iter().all(is_id_letter);
        SearchPart { finder, words, fits_id }
    }

    fn is_in(&self, index: &DeviceIndex, entry: &DeviceEntry) -> bool {
        let has_word = |(marks, number): (&Vec<bool>, &u32)| is_marked(marks, *number);
        let text = index.pool.device_text(&entry.place);
        self.finder.find(text.as_bytes()).is_some()
            || self.words.iter().zip(&entry.words).any(has_word)
            || (self.fits_id && (self.is_in_id(entry.id.0) || self.is_in_id(entry.entra_id)))
    }

    fn is_in_id(&self, id: Uuid) -> bool {
        let mut room = Uuid::encode_buffer();
        let text = id.as_hyphenated().encode_lower(&mut room);
        !id.is_nil() && self.finder.find(text.as_bytes()).is_some()
    }
}

fn find_text(part: &str) -> Finder<'static> {
    Finder::new(&lower_text(part)).into_owned()
}

/// A word that came later is marked by nobody.
fn is_marked(marks: &[bool], number: u32) -> bool {
    marks.get(number as usize).copied().unwrap_or(false)
}
