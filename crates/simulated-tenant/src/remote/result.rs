//! What an action shows of itself in `deviceActionResults`: the plain four members, or those of a derived type.
//! Codes and positions follow from the device's metal and the task's number, so a test can foresee nothing and a seed
//! repeats everything.

use serde_json::{Map, Value, json};

use super::platform::Traits;
use super::task::{ActionState, Task};
use super::verb::{flag, text};
use crate::world::{Device, Dice, Ticks};

/// What a verb's entry has beyond name, state and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// No entry at all.
    Nothing,
    Plain,
    Lock,
    Passcode,
    Location,
    Scan,
    User,
    BitLocker,
}

/// The members of a derived type.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    pub type_name: &'static str,
    pub members: Map<String, Value>,
}

const DAY_S: i64 = 86_400;

impl Shown {
    /// How long after the end what was found is still shown; none is for ever.
    pub fn lasts_s(self) -> Option<i64> {
        match self {
            Shown::Lock => Some(30 * DAY_S),
            Shown::Passcode => Some(7 * DAY_S),
            Shown::Location => Some(DAY_S),
            _ => None,
        }
    }
}

/// The derived part of a task's entry; `forgotten` once its time is over.
pub(super) fn detail(task: &Task, device: &Device, forgotten: bool) -> Option<Detail> {
    let found = task.state == ActionState::Done && !forgotten;
    let mut dice = Dice::apart(device.hardware, task.number);
    let (type_name, members) = match task.verb.shown {
        Shown::Nothing | Shown::Plain => return None,
        Shown::Lock => {
            let pin = (found && Traits::of(device).mac()).then(|| dice.text("0123456789", 6));
            ("remoteLockActionResult", json!({ "unlockPin": pin }))
        }
        Shown::Passcode => {
            let passcode = (found && Traits::of(device).android().is_some()).then(|| dice.text("0123456789", 8));
            (
                "resetPasscodeActionResult",
                json!({"passcode": passcode, "errorCode": 0}),
            )
        }
        Shown::Location => {
            let location = found.then(|| position(&mut dice, task.updated));
            ("locateDeviceActionResult", json!({ "deviceLocation": location }))
        }
        Shown::Scan => {
            let quick = flag(&task.parameters, "quickScan");
            let scan = if quick { "Quick scan" } else { "Full scan" };
            ("windowsDefenderScanActionResult", json!({ "scanType": scan }))
        }
        Shown::User => {
            let user = text(&task.parameters, "userPrincipalName");
            (
                "deleteUserFromSharedAppleDeviceActionResult",
                json!({ "userPrincipalName": user }),
            )
        }
        Shown::BitLocker => ("rotateBitLockerKeysDeviceActionResult", json!({"errorCode": 0})),
    };
    let Value::Object(members) = members else { return None };
    Some(Detail { type_name, members })
}

/// Somewhere in the middle of Europe.
fn position(dice: &mut Dice, at: Ticks) -> Value {
    let mut collected = String::new();
    at.write_full(&mut collected);
    let mut degrees = |low: i64, high: i64| dice.between(low * 10_000, high * 10_000) as f64 / 10_000.0;
    json!({
        "latitude": degrees(47, 54), "longitude": degrees(7, 15), "altitude": degrees(0, 500),
        "horizontalAccuracy": 65.0, "verticalAccuracy": 10.0, "heading": 0.0, "speed": 0.0,
        "lastCollectedDateTime": collected,
    })
}
