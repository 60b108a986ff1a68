//! The device index: what lists of devices filter, search and sort by, of every device, in memory, so that a console at
//! 100,000 devices answers within a few milliseconds. The store has no index for any of it: a first scan would pay for it.
//!
//! *What is in it.* Of each device some 100 bytes ([`device_entry`]) and its searchable text in lower case ([`text_pool`]):
//! name, serial number, user (name and principal name), e-mail address, phone number, IMEI, both MAC addresses. Words that
//! many devices share are numbers ([`word_table`]): platform and its version, compliance, ownership, model, manufacturer,
//! category. Ids of Intune and Entra are kept as bytes. At 100,000 devices it takes about 20 MiB. Whatever else a body says
//! is not searched here; [`body_pass`] reads all bodies for that.
//!
//! *When it is there.* It is built by the first question that needs it, brought up to date before each question, and
//! dropped when nobody has asked for a while ([`live_index`]). What has changed is found by its sequence number, at once.
//! Check-ins have none: they are read from the narrow table of devices, at most once a second ([`refresh_plan`]).
//!
//! *Decisions are pure*: [`index`] takes devices and gives nothing back but itself, [`matching`] says which devices match,
//! [`orders`] in which order they stand, [`page`] which of them are on a page. A property test compares them with the same
//! done naively over the same devices. If the process dies, nothing is lost: all of it is in the store.

mod body_pass;
mod device_entry;
mod index;
mod live_index;
mod matching;
mod orders;
mod page;
mod refresh_plan;
mod sort_key;
mod text_pool;
mod word_table;

#[cfg(test)]
mod tests;

pub use body_pass::{BodyPart, BodyQuestion, read_bodies};
pub use index::{DeviceIndex, IndexUpdate};
pub use live_index::{DeviceIndexBounds, LiveDeviceIndex, SharedDeviceIndex};
pub use matching::{DeviceFilter, WrongWord, known_words};
pub use orders::DeviceColumn;
pub use page::{DevicePage, PageStart, PageWindow, page_of_keys};
pub use sort_key::SortKey;
