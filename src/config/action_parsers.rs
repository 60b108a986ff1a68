//! Values about actions: text in, typed value or complaint out.

use std::collections::{BTreeMap, BTreeSet};

use super::error::InvalidSetting;
use super::value_parsers::{invalid_value, parse_guid, parse_list, parse_zone, quote_value, require_commas};
use super::{GraphVersion, MaintenanceWindow};
use crate::model::{ActionKind, DeviceId};
use crate::schedule::CronSchedule;

/// Refused on personal devices unless a setting allows them.
pub const PERSONAL_ACTIONS: [ActionKind; 4] = [
    ActionKind::Wipe,
    ActionKind::Locate,
    ActionKind::ResetPasscode,
    ActionKind::FreshStart,
];

const WINDOWS_MAX: usize = 20;
/// A window that is longer than a week is none.
const WINDOW_MAX_MINUTES: u32 = 7 * 24 * 60;
/// Longest name of a definition, characters.
const NAME_MAX: usize = 60;

fn parse_action(text: &str) -> Result<ActionKind, InvalidSetting> {
    let near = || {
        ActionKind::ALL
            .iter()
            .find(|verb| verb.name().eq_ignore_ascii_case(text))
            .map_or_else(
                || {
                    if text.contains([' ', ';', '+', '|']) {
                        return "put a comma between two actions, such as sync, remoteLock".to_owned();
                    }
                    "`intune-connector actions` lists them: sync, notify, remoteLock, retire, wipe …".to_owned()
                },
                |verb| format!("write {verb}"),
            )
    };
    text.parse().map_err(|_| invalid_value(text, "an action", near()))
}

pub(crate) fn parse_actions(text: &str) -> Result<BTreeSet<ActionKind>, InvalidSetting> {
    parse_list(text)?.iter().map(|name| parse_action(name)).collect()
}

/// What a setting for personal devices is newly given: another action is never refused there, and switching it on would
/// ask a second person for nothing. Files of before may name it, without effect.
pub(crate) fn require_personal_actions(text: &str) -> Result<(), InvalidSetting> {
    let given = parse_actions(text)?;
    let Some(other) = given.iter().find(|verb| !PERSONAL_ACTIONS.contains(verb)) else {
        return Ok(());
    };
    let names: Vec<&str> = PERSONAL_ACTIONS.iter().map(|verb| verb.name()).collect();
    Err(InvalidSetting::new(
        format!("{other} is never refused on personal devices"),
        format!("write some of: {}", names.join(", ")),
    ))
}

pub(crate) fn parse_device_ids(text: &str) -> Result<BTreeSet<DeviceId>, InvalidSetting> {
    require_commas(text)?;
    let ids = parse_list(text)?;
    ids.iter()
        .map(|id| {
            let advice = "write the ids that Intune shows, such as 00000000-1111-2222-3333-444444444444";
            let id = parse_guid(id).map_err(|_| invalid_value(id, "a device id", advice))?;
            id.parse().map_err(|_| invalid_value(&id, "a device id", advice))
        })
        .collect()
}

fn parse_pairs<T>(
    text: &str,
    example: &str,
    read: impl Fn(&str, &str) -> Result<T, InvalidSetting>,
) -> Result<Vec<T>, InvalidSetting> {
    let items = parse_list(text)?;
    let pair = |item: &String| match item.split_once('=') {
        Some((name, value)) => read(name.trim(), value.trim()),
        None => Err(invalid_value(item, "a pair", format!("write it like {example}"))),
    };
    items.iter().map(pair).collect()
}

fn collect_unique<K: Ord, V>(
    pairs: Vec<(K, V)>,
    shown: impl Fn(&K) -> String,
) -> Result<BTreeMap<K, V>, InvalidSetting> {
    let mut map = BTreeMap::new();
    for (name, value) in pairs {
        let text = shown(&name);
        if map.insert(name, value).is_some() {
            return Err(InvalidSetting::new(
                format!("{} appears twice in the list", quote_value(&text)),
                "remove one",
            ));
        }
    }
    Ok(map)
}

pub(crate) fn parse_action_versions(text: &str) -> Result<BTreeMap<ActionKind, GraphVersion>, InvalidSetting> {
    let pairs = parse_pairs(text, "rename=v1.0, locate=beta", |name, value| {
        let version = match value {
            "v1.0" => GraphVersion::V1,
            "beta" => GraphVersion::Beta,
            other => return Err(invalid_value(other, "a version of Graph", "write v1.0 or beta")),
        };
        Ok((parse_action(name)?, version))
    })?;
    collect_unique(pairs, ToString::to_string)
}

pub(crate) fn parse_definitions(text: &str) -> Result<BTreeMap<String, ActionKind>, InvalidSetting> {
    let pairs = parse_pairs(text, "lost-laptop=remoteLock", |name, value| {
        if name.is_empty() || name.chars().count() > NAME_MAX {
            let advice = format!("give it 1 to {NAME_MAX} characters");
            return Err(invalid_value(name, "a valid definition name", advice));
        }
        Ok((name.to_owned(), parse_action(value)?))
    })?;
    collect_unique(pairs, Clone::clone)
}

pub(crate) fn parse_windows(text: &str) -> Result<Vec<MaintenanceWindow>, InvalidSetting> {
    let windows = text.split(';').map(|item| parse_window(item.trim()));
    let windows = windows.collect::<Result<Vec<_>, _>>()?;
    if windows.len() > WINDOWS_MAX {
        return Err(InvalidSetting::new(
            format!("there are {} windows", windows.len()),
            format!("at most {WINDOWS_MAX} are allowed"),
        ));
    }
    Ok(windows)
}

fn parse_window(text: &str) -> Result<MaintenanceWindow, InvalidSetting> {
    let advice = "write it like 0 22 * * 1-5 for 6h in Europe/Berlin";
    let split = text
        .split_once(" for ")
        .and_then(|(cron, rest)| Some((cron, rest.split_once(" in ")?)));
    let Some((cron, (length, place))) = split else {
        return Err(invalid_value(text, "a maintenance window", advice));
    };
    let cron = cron.split_whitespace().collect::<Vec<_>>().join(" ");
    match CronSchedule::parse(&cron) {
        Ok(times) if times.has_occurrence() => (),
        Ok(_) => {
            return Err(InvalidSetting::new(
                format!("{} never occurs", quote_value(&cron)),
                advice,
            ));
        }
        Err(why) => return Err(invalid_value(&cron, "a cron expression", format!("{why}; {advice}"))),
    }
    Ok(MaintenanceWindow {
        cron,
        minutes: parse_window_minutes(length.trim())?,
        zone: parse_zone(place.trim())?,
    })
}

fn parse_window_minutes(text: &str) -> Result<u32, InvalidSetting> {
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
        .ok_or_else(|| invalid_value(text, "the length of a window", "write 1m to 7d, such as 90m or 6h"))
}
