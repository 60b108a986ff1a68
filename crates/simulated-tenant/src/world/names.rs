//! Names and serial numbers, as people, setup programs, makers and Intune give them.

use std::fmt::Write;

use super::catalogue::{Kind, Naming, Serial};
use super::device::Device;
use super::dice::Dice;
use super::oddities::JUNK_SERIALS;
use super::people::User;
use super::ticks::Ticks;
use chrono::{Datelike, Timelike};
use serde::{Deserialize, Serialize};

/// How devices are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NameStyle {
    /// As people see it in most fleets, and no two the same.
    Plain,
    /// In every script, some of them twice, and some that break what was never tested with them.
    #[default]
    Awkward,
}

const CAPITALS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789";
const DIGITS: &str = "0123456789";

/// The dice of plain names.
const PLAIN_NAMES: u64 = 0x4A3E;

/// Names that break what was never tested with them: quotes, percent signs, slashes, blanks, marks, right-to-left,
/// beyond the first plane of Unicode.
const AWKWARD: &[&str] = &[
    "O'Brien's \"PC\"",
    "50% off + 20&more=yes?#1",
    "C:\\Users\\test/../x",
    " leading and trailing ",
    "名前のないパソコン",
    "جهاز-المكتب",
    "מחשב נייד",
    "💻🚀 rocket",
    "Zu\u{308}rich (decomposed)",
    "comma, semicolon; tab\there",
    "it''s doubled",
];

pub(super) fn device_name(dice: &mut Dice, kind: &Kind, user: Option<&User>, enrolled: Ticks) -> String {
    if dice.per_mille(8) {
        return dice.pick(AWKWARD).to_string();
    }
    match (kind.naming, user) {
        (Naming::Template(prefix), _) => format!("{prefix}{:06}", dice.below(1_000_000)),
        (Naming::Owner(what), Some(user)) => match dice.below(6) {
            0 => what.to_owned(),
            1 => format!("{what} von {}", user.given),
            2 => format!("{}の{what}", user.given),
            3 => format!("{what} ({})", user.given),
            _ => format!("{}\u{2019}s {what}", user.given),
        },
        (Naming::Owner(what), None) => what.to_owned(),
        (Naming::Setup, _) => format!("DESKTOP-{}", dice.text(CAPITALS, 7)),
        (Naming::Intune(platform), user) => managed_name(user, platform, enrolled),
    }
}

/// A plain name that no device has. Its dice come from the hardware: a fleet differs by its names alone from one whose
/// names are awkward.
pub(super) fn plain_name(device: &Device, user: Option<&User>, is_taken: impl Fn(&str) -> bool) -> String {
    let mut dice = Dice::apart(device.hardware, PLAIN_NAMES);
    let owner = user.map(spoken_name);
    let mut number: u32 = 1;
    loop {
        let name = match (device.kind.naming, &owner) {
            (Naming::Template(prefix), _) => {
                // A million are enough for nearly every fleet.
                let width = 6 + number as usize / 64;
                format!("{prefix}{:0width$}", dice.below(10_usize.saturating_pow(width as u32)))
            }
            (Naming::Setup, _) => format!("DESKTOP-{}", dice.text(CAPITALS, 7)),
            (Naming::Owner(what), Some(owner)) => numbered(format!("{what} of {owner}"), number),
            (Naming::Owner(what), None) => numbered(what.to_owned(), number),
            (Naming::Intune(platform), _) => numbered(managed_name(user, platform, device.enrolled), number),
        };
        if !is_taken(&name) {
            return name;
        }
        number += 1;
    }
}

fn numbered(name: String, number: u32) -> String {
    if number == 1 { name } else { format!("{name} {number}") }
}

/// `jean-luc.mueller17@contoso.example` is Jean-Luc Mueller.
fn spoken_name(user: &User) -> String {
    let local = user.principal_name.split('@').next().unwrap_or_default();
    let mut begins = true;
    let mut name = String::new();
    for letter in local.chars().filter(|letter| !letter.is_ascii_digit()) {
        let shown = if letter == '.' { ' ' } else { letter };
        name.push(if begins { shown.to_ascii_uppercase() } else { shown });
        begins = !letter.is_ascii_alphabetic();
    }
    name
}

/// Intune's own pattern: `<user>_<platform>_<M/d/yyyy>_<h:mm AM/PM>`.
pub fn managed_name(user: Option<&User>, platform: &str, enrolled: Ticks) -> String {
    let at = enrolled.to_utc();
    let (afternoon, hour) = at.hour12();
    let mut name = String::new();
    let who = user.map_or("", |user| user.principal_name.split('@').next().unwrap_or_default());
    // Writing into a String cannot fail.
    let _ = write!(
        name,
        "{who}_{platform}_{}/{}/{}_{hour}:{:02} {}",
        at.month(),
        at.day(),
        at.year(),
        at.minute(),
        if afternoon { "PM" } else { "AM" }
    );
    name
}

pub(super) fn serial(dice: &mut Dice, kind: &Kind) -> String {
    let maker_forgot = kind.os == "Windows" && dice.per_mille(12);
    match kind.serial {
        _ if maker_forgot => dice.pick(JUNK_SERIALS).to_string(),
        Serial::Dell => dice.text(CAPITALS, 7),
        Serial::Hp => format!("5CG{}", dice.text(CAPITALS, 7)),
        Serial::Lenovo => format!("PF{}", dice.text(CAPITALS, 6)),
        Serial::Surface => dice.text(DIGITS, 12),
        Serial::Apple => dice.text(CAPITALS, 10),
        Serial::Samsung => format!("R5{}", dice.text(CAPITALS, 9)),
        Serial::Virtual => {
            let groups: Vec<String> = (0..6).map(|_| dice.text(DIGITS, 4)).collect();
            format!("{}-{}", groups.join("-"), dice.text(DIGITS, 2))
        }
        Serial::Hidden if kind.os == "Windows" => dice.pick(&["System Serial Number", "", "K7N0CX"]).to_string(),
        Serial::Hidden => dice.pick(&["0", "0", ""]).to_string(),
        Serial::Chrome => format!("NXH{}", dice.text(CAPITALS, 19)),
    }
}
