//! A device made from dice: what it is, who has it, and the state in which it starts.

use std::borrow::Cow;

use super::catalogue::{KINDS, Kind};
use super::device::{Assigned, Device};
use super::dice::Dice;
use super::people::User;
use super::ticks::Ticks;
use super::{names, oddities};

const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;

/// Any kind, by its share in the fleet.
pub(super) fn any_kind(dice: &mut Dice) -> &'static Kind {
    &KINDS[dice.weighted(KINDS.iter().map(|kind| kind.weight))]
}

/// A kind of that operating system, if the catalogue has one.
pub(super) fn kind_of(dice: &mut Dice, os: &str) -> Option<&'static Kind> {
    let fitting: Vec<&'static Kind> = KINDS.iter().filter(|kind| kind.os.eq_ignore_ascii_case(os)).collect();
    if fitting.is_empty() {
        return None;
    }
    Some(fitting[dice.weighted(fitting.iter().map(|kind| kind.weight))])
}

/// A device that enrolled some time in the last three years and checked in lately; `user` is index and person.
pub(super) fn make(dice: &mut Dice, kind: &'static Kind, user: Option<(u32, &User)>, now: Ticks) -> Device {
    let enrolled = Ticks(now.plus_seconds(-dice.between(HOUR_S, 1000 * DAY_S)).0 - dice.between(0, 9_999_999));
    // Most checked in today, some are on holiday, a few lie in a drawer.
    let silent_s = match dice.below(100) {
        0..80 => dice.between(0, 8 * HOUR_S),
        80..95 => dice.between(8 * HOUR_S, 14 * DAY_S),
        _ => dice.between(14 * DAY_S, 300 * DAY_S),
    };
    let last_sync = Ticks((now.plus_seconds(-silent_s).0 - dice.between(0, 9_999_999)).max(enrolled.0));
    let (compliance, grace_until) = compliance(dice, now);
    let entra = (!dice.per_mille(30)).then(|| dice.uuid());
    let mut device = Device {
        id: dice.uuid(),
        name: "".into(),
        kind,
        model: dice.pick::<&'static str>(kind.models),
        hardware: dice.roll(),
        serial: names::serial(dice, kind).into(),
        entra,
        user: user.map(|(index, _)| index),
        assigned: Assigned::AsListed,
        company: kind.company,
        os_version: Cow::Borrowed(dice.pick::<&'static str>(kind.versions)),
        compliance: Cow::Borrowed(compliance),
        management_state: "managed",
        enrolled,
        last_sync,
        grace_until,
        free_bytes: 0,
        encrypted: kind.os != "Linux" && !dice.per_mille(60),
        set: oddities::maybe(dice),
        left_out: oddities::missing(dice),
        locked_until: None,
        actions: Vec::new(),
    };
    device.name = names::device_name(dice, kind, user.map(|(_, user)| user), enrolled).into();
    device.free_bytes = dice.between(0, device.total_bytes() >> 20) << 20;
    device
}

/// State and end of the grace period.
pub(super) fn compliance(dice: &mut Dice, now: Ticks) -> (&'static str, Ticks) {
    match dice.below(100) {
        0..85 => ("compliant", Ticks::NO_END),
        85..93 => ("noncompliant", Ticks::NO_END),
        93..96 => ("inGracePeriod", now.plus_seconds(dice.between(1, 7 * DAY_S))),
        96..98 => ("unknown", Ticks::NO_END),
        98 => ("configManager", Ticks::NO_END),
        _ => ("error", Ticks::NO_END),
    }
}
