//! One enrolled device, kept small: a tenant of 400,000 must fit into memory. What the metal has (addresses, IMEI,
//! sizes) follows from `hardware`, so it survives a new enrolment; what a test sets beyond the fields below lies in
//! `set`, under the property's own name, and wins over everything.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::catalogue::Kind;
use super::dice::Dice;
use super::ticks::Ticks;
use crate::remote::{ActionState, Detail};

#[derive(Debug, Clone)]
pub struct Device {
    pub id: Uuid,
    /// Half of the key by which the list is ordered.
    pub name: Arc<str>,
    pub kind: &'static Kind,
    pub model: &'static str,
    /// Seeds what the metal has; stays the same over enrolments.
    pub hardware: u64,
    pub serial: Box<str>,
    /// Entra's device id; `None` where it was never registered.
    pub entra: Option<Uuid>,
    /// Index into the world's people: whom the list shows.
    pub user: Option<u32>,
    /// Whom its relation `users` shows.
    pub assigned: Assigned,
    pub company: bool,
    pub os_version: Cow<'static, str>,
    pub compliance: Cow<'static, str>,
    pub management_state: &'static str,
    pub enrolled: Ticks,
    pub last_sync: Ticks,
    pub grace_until: Ticks,
    pub free_bytes: i64,
    pub encrypted: bool,
    /// Properties set by a test or by chance, under Graph's names.
    pub set: Option<Box<Map<String, Value>>>,
    /// Properties left out of every answer.
    pub left_out: Option<Box<[String]>>,
    /// A Mac's unlock code is out until then, and it cannot be locked again.
    pub locked_until: Option<Ticks>,
    /// Actions asked for, oldest first; only a single GET shows them.
    pub actions: Vec<Action>,
}

/// The primary user. Lists have been seen to go on showing who enrolled the device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Assigned {
    /// The one of the list.
    #[default]
    AsListed,
    /// Another one, or nobody.
    Apart(Option<u32>),
}

/// An entry of `deviceActionResults`.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// The task's.
    pub number: u64,
    pub name: Cow<'static, str>,
    pub state: ActionState,
    pub started: Ticks,
    pub updated: Ticks,
    /// The members of a derived type.
    pub detail: Option<Box<Detail>>,
}

/// What follows from the hardware alone.
#[derive(Debug, Clone, Copy)]
pub enum Metal {
    WiFi,
    Ethernet,
    Imei,
    Meid,
    Iccid,
    Udid,
    Phone,
    Eas,
    Bypass,
}

impl Device {
    fn metal(&self, part: u64) -> Dice {
        Dice::apart(self.hardware, part)
    }

    /// `None` where this kind of device has no such thing.
    pub fn of_metal(&self, what: Metal) -> Option<String> {
        let mut dice = self.metal(what as u64 + 1);
        let apple = self.kind.manufacturer == "Apple";
        match what {
            // Android hides the true address from work profiles behind this constant.
            Metal::WiFi if self.kind.os == "Android" && !self.kind.company => Some("020000000000".into()),
            Metal::WiFi if self.kind.device_type == "cloudPC" => None,
            Metal::WiFi if apple => Some(dice.text("0123456789abcdef", 12)),
            Metal::WiFi => Some(dice.text("0123456789ABCDEF", 12)),
            Metal::Ethernet => self.kind.ethernet.then(|| dice.text("0123456789ABCDEF", 12)),
            Metal::Imei => self.cellular().then(|| format!("35{}", dice.text("0123456789", 13))),
            Metal::Meid => self.cellular().then(|| format!("35{}", dice.text("0123456789", 12))),
            Metal::Iccid => self.cellular().then(|| format!("8949{}", dice.text("0123456789", 15))),
            Metal::Udid => apple.then(|| {
                format!(
                    "0000{}-{}",
                    dice.text("0123456789", 4),
                    dice.text("0123456789ABCDEF", 16)
                )
            }),
            Metal::Phone => {
                (self.cellular() && dice.per_mille(600)).then(|| format!("+49151{}", dice.text("0123456789", 8)))
            }
            Metal::Eas => (self.kind.os == "Windows").then(|| dice.text("0123456789ABCDEF", 32)),
            Metal::Bypass => (apple && self.kind.supervised).then(|| {
                let parts: Vec<String> = [5, 5, 4, 4]
                    .map(|n| dice.text("0123456789ACDEFGHJKLMNPQRTUVWXYZ", n))
                    .into();
                parts.join("-")
            }),
        }
    }

    /// Index of the person that its relation `users` shows.
    pub fn primary_user(&self) -> Option<u32> {
        match self.assigned {
            Assigned::AsListed => self.user,
            Assigned::Apart(user) => user,
        }
    }

    pub fn cellular(&self) -> bool {
        self.kind.cellular && (self.kind.company || self.kind.os != "Android")
    }

    pub fn total_bytes(&self) -> i64 {
        let sizes: &[i64] = match self.kind.chassis {
            "phone" | "tablet" | "mobileOther" => &[64, 128, 256],
            _ => &[238, 476, 953],
        };
        sizes[(self.hardware % 3) as usize] << 30
    }

    /// Only Windows tells it.
    pub fn memory_bytes(&self) -> i64 {
        let sizes = [8_i64, 16, 32, 64];
        if self.kind.os == "Windows" {
            sizes[(self.hardware >> 7 & 3) as usize] << 30
        } else {
            0
        }
    }

    /// Only the time; what was asked of it meanwhile is the world's matter.
    pub fn check_in(&mut self, now: Ticks) {
        self.last_sync = now;
        self.forget(&["lastSyncDateTime"]);
    }

    /// Takes values back that a test had set, because life has just changed the property itself.
    pub fn forget(&mut self, properties: &[&str]) {
        if let Some(set) = &mut self.set {
            for property in properties {
                set.shift_remove(*property);
            }
        }
    }
}
