//! Values about actions: text in, typed value or complaint out.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Complaint;
use super::parse::{guid, list, show, wrong, zone};
use super::{GraphVersion, MaintenanceWindow};
use crate::model::{DeviceId, Verb};
use crate::schedule::Occurrences;

const WINDOWS_MAX: usize = 20;
/// A window that is longer than a week is none.
const WINDOW_MAX_MINUTES: u32 = 7 * 24 * 60;
/// Longest name of a definition, characters.
const NAME_MAX: usize = 60;

fn verb(text: &str) -> Result<Verb, Complaint> {
    let near = || {
        Verb::ALL
            .iter()
            .find(|verb| verb.name().eq_ignore_ascii_case(text))
            .map_or_else(
                || "`intune-connector actions` lists them: sync, notify, remoteLock, retire, wipe …".to_owned(),
                |verb| format!("write {verb}"),
            )
    };
    text.parse().map_err(|_| wrong(text, "an action", near()))
}

pub fn verbs(text: &str) -> Result<BTreeSet<Verb>, Complaint> {
    list(text)?.iter().map(|name| verb(name)).collect()
}

pub fn guids(text: &str) -> Result<BTreeSet<DeviceId>, Complaint> {
    let ids = list(text)?;
    ids.iter()
        .map(|id| {
            let advice = "write the ids that Intune shows, such as 00000000-1111-2222-3333-444444444444";
            let id = guid(id).map_err(|_| wrong(id, "a device id", advice))?;
            id.parse().map_err(|_| wrong(&id, "a device id", advice))
        })
        .collect()
}

fn pairs<T>(text: &str, example: &str, read: impl Fn(&str, &str) -> Result<T, Complaint>) -> Result<Vec<T>, Complaint> {
    let items = list(text)?;
    let pair = |item: &String| match item.split_once('=') {
        Some((name, value)) => read(name.trim(), value.trim()),
        None => Err(wrong(item, "a pair", format!("write it like {example}"))),
    };
    items.iter().map(pair).collect()
}

fn once<K: Ord, V>(pairs: Vec<(K, V)>, shown: impl Fn(&K) -> String) -> Result<BTreeMap<K, V>, Complaint> {
    let mut map = BTreeMap::new();
    for (name, value) in pairs {
        let text = shown(&name);
        if map.insert(name, value).is_some() {
            return Err(Complaint::new(
                format!("{} stands twice in the list", show(&text)),
                "take one out",
            ));
        }
    }
    Ok(map)
}

pub fn verb_versions(text: &str) -> Result<BTreeMap<Verb, GraphVersion>, Complaint> {
    let pairs = pairs(text, "rename=v1.0, locate=beta", |name, value| {
        let version = match value {
            "v1.0" => GraphVersion::V1,
            "beta" => GraphVersion::Beta,
            other => return Err(wrong(other, "a version of Graph", "write v1.0 or beta")),
        };
        Ok((verb(name)?, version))
    })?;
    once(pairs, ToString::to_string)
}

pub fn definitions(text: &str) -> Result<BTreeMap<String, Verb>, Complaint> {
    let pairs = pairs(text, "lost-laptop=remoteLock", |name, value| {
        if name.is_empty() || name.chars().count() > NAME_MAX {
            let advice = format!("give it 1 to {NAME_MAX} characters");
            return Err(wrong(name, "a name of a definition", advice));
        }
        Ok((name.to_owned(), verb(value)?))
    })?;
    once(pairs, Clone::clone)
}

pub fn windows(text: &str) -> Result<Vec<MaintenanceWindow>, Complaint> {
    let windows = text.split(';').map(|item| window(item.trim()));
    let windows = windows.collect::<Result<Vec<_>, _>>()?;
    if windows.len() > WINDOWS_MAX {
        return Err(Complaint::new(
            format!("there are {} windows", windows.len()),
            format!("at most {WINDOWS_MAX} are taken"),
        ));
    }
    Ok(windows)
}

fn window(text: &str) -> Result<MaintenanceWindow, Complaint> {
    let advice = "write it like 0 22 * * 1-5 for 6h in Europe/Berlin";
    let split = text
        .split_once(" for ")
        .and_then(|(cron, rest)| Some((cron, rest.split_once(" in ")?)));
    let Some((cron, (length, place))) = split else {
        return Err(wrong(text, "a maintenance window", advice));
    };
    let cron = cron.split_whitespace().collect::<Vec<_>>().join(" ");
    match Occurrences::parse(&cron) {
        Ok(times) if times.ever() => (),
        Ok(_) => return Err(Complaint::new(format!("{} never comes", show(&cron)), advice)),
        Err(why) => return Err(wrong(&cron, "a cron expression", format!("{why}; {advice}"))),
    }
    Ok(MaintenanceWindow {
        cron,
        minutes: minutes(length.trim())?,
        zone: zone(place.trim())?,
    })
}

fn minutes(text: &str) -> Result<u32, Complaint> {
    let unit = text.chars().last().and_then(|unit| match unit {
        'm' => Some(1),
        'h' => Some(60),
        'd' => Some(24 * 60),
        _ => None,
    });
    let number = text
        .get(..text.len().saturating_sub(1))
        .and_then(|digits| digits.parse::<u32>().ok());
    let minutes = unit.zip(number).and_then(|(unit, number)| number.checked_mul(unit));
    minutes
        .filter(|minutes| (1..=WINDOW_MAX_MINUTES).contains(minutes))
        .ok_or_else(|| wrong(text, "the length of a window", "write 1m to 7d, such as 90m or 6h"))
}
