//! One page of the list: which devices stand on it, and where the next begins. Faults that tear the list (overlaps,
//! repetitions, devices that vanish or are renamed while somebody walks) are played here, because here the order is
//! known.

use std::borrow::Cow;

use super::filter::Filter;
use super::property::View;
use super::render::Shape;
use super::skip_token::SkipToken;
use crate::fault::{Broken, Twist};
use crate::world::{Entry, Key, World};

/// What was asked for.
pub(super) struct Wanted<'a> {
    pub from: Option<SkipToken>,
    pub top: usize,
    pub filter: Option<Filter>,
    pub shape: &'a Shape,
    pub twist: Option<&'a Twist>,
    /// `$skip` was given, which leads nowhere.
    pub skipped: bool,
}

/// What is answered: the objects of `value` as text, and the way on.
pub(super) struct Page {
    pub value: String,
    pub count: usize,
    pub next: Option<SkipToken>,
}

impl Wanted<'_> {
    fn after(&self) -> Option<&Key> {
        self.from.as_ref().map(|token| &token.after)
    }

    fn token(&self) -> SkipToken {
        self.from.clone().unwrap_or_else(SkipToken::start)
    }

    pub(super) fn page(&self, world: &World) -> Page {
        if self.skipped {
            return Page {
                value: String::new(),
                count: 0,
                next: Some(self.token().another_round()),
            };
        }
        match self.twist {
            Some(Twist::Empty) => Page {
                value: String::new(),
                count: 0,
                next: Some(self.token().another_round()),
            },
            Some(Twist::Repeated { same_link }) => {
                let mut page = self.fill(world, self.earlier(world, self.top).as_ref());
                let again = self.token();
                page.next = Some(if *same_link { again } else { again.another_round() });
                page
            }
            Some(Twist::Overlap { devices }) => self.fill(world, self.earlier(world, *devices).as_ref()),
            _ => self.fill(world, self.after()),
        }
    }

    /// The key behind which a page begins that starts `devices` before this one.
    fn earlier(&self, world: &World, devices: usize) -> Option<Key> {
        let after = self.after()?;
        world.up_to(after).nth(devices).map(|(key, _)| key.clone())
    }

    fn fits(&self, world: &World, entry: &Entry) -> bool {
        let view = View {
            device: &entry.device,
            user: world.person(entry.device.user),
        };
        self.filter.as_ref().is_none_or(|filter| filter.matches(view))
    }

    fn fill(&self, world: &World, after: Option<&Key>) -> Page {
        let mut page = Page {
            value: String::with_capacity(self.top.min(world.len()) * 2300),
            count: 0,
            next: None,
        };
        let mut last: Option<&Key> = None;
        let mut omit = if let Some(Twist::Omitted { devices }) = self.twist {
            *devices
        } else {
            0
        };
        for (key, entry) in world.behind(after).filter(|(_, entry)| self.fits(world, entry)) {
            if page.count == self.top {
                page.next = last.map(SkipToken::after);
                break;
            }
            last = Some(key);
            if omit > 0 {
                omit -= 1;
                continue;
            }
            self.add(world, entry, &mut page);
        }
        page
    }

    fn add(&self, world: &World, entry: &Entry, page: &mut Page) {
        let first = page.count == 0;
        if !first {
            page.value.push(',');
        }
        page.count += 1;
        match self.twist {
            Some(Twist::Unreadable { how }) if first => {
                let mut text = String::new();
                self.shape
                    .write_entry(entry, world.person(entry.device.user), &mut text);
                page.value.push_str(&broken(how, &text));
            }
            Some(Twist::Twice) if first => {
                self.shape
                    .write_entry(entry, world.person(entry.device.user), &mut page.value);
                page.value.push(',');
                self.shape
                    .write_entry(entry, world.person(entry.device.user), &mut page.value);
                page.count += 1;
            }
            _ => self
                .shape
                .write_entry(entry, world.person(entry.device.user), &mut page.value),
        }
    }
}

/// A record that no client can read, in the place of a good one.
pub(super) fn broken<'a>(how: &Broken, record: &'a str) -> Cow<'a, str> {
    let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(record).unwrap_or_default();
    match how {
        Broken::NotAnObject => return "17".into(),
        Broken::NoId => drop(object.shift_remove("id")),
        Broken::IdNotText => drop(object.insert("id".into(), 17.into())),
        Broken::IdNotGuid => drop(object.insert("id".into(), "not-a-guid".into())),
        Broken::WrongTypes => {
            for name in ["lastSyncDateTime", "enrolledDateTime", "serialNumber", "deviceName"] {
                object.insert(name.into(), serde_json::json!({"unexpected": [1, 2]}));
            }
        }
        Broken::Property { name, value } => drop(object.insert(name.clone(), value.clone())),
    }
    serde_json::Value::Object(object).to_string().into()
}

/// Changes the tenant under the walker's feet, before his page is filled. `end` is where the page will end.
pub(super) fn disturb(world: &mut World, wanted: &Wanted<'_>) {
    let on_page = |world: &World| world.behind(wanted.after()).next().map(|(key, _)| key.id);
    let later = |world: &World| world.behind(wanted.after()).nth(wanted.top).map(|(key, _)| key.id);
    let earlier = |world: &World| {
        wanted
            .after()
            .and_then(|after| world.up_to(after).next().map(|(key, _)| key.id))
    };
    match wanted.twist {
        Some(Twist::Vanishes { listed }) => {
            let victim = if *listed {
                earlier(world).or_else(|| on_page(world))
            } else {
                later(world)
            };
            if let Some(id) = victim {
                world.remove(id);
            }
        }
        Some(Twist::Renamed { to_front: true }) => {
            if let Some(id) = later(world) {
                world.change(id, |device| device.name = " moved to the front".into());
            }
        }
        Some(Twist::Renamed { to_front: false }) => {
            if let Some(id) = earlier(world).or_else(|| on_page(world)) {
                world.change(id, |device| device.name = "\u{10FFFD} moved to the end".into());
            }
        }
        _ => {}
    }
}
