//! How an installation ends. By itself it succeeds, but for a share that fails with a code that people meet; the
//! control API says otherwise for an app, a device, or both.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::assignment::Intent;
use super::catalogue::MobileApp;
use super::course::{InstallState, Plan, Wanted};
use super::settings::SoftwareTuning;
use crate::world::Dice;

/// Codes that people meet: app not detected after installation, fatal MSI error, another installation in progress,
/// access denied, time-out, download failed, disk full, file not found, package cancelled by the user.
pub(super) const ERROR_CODES: &[u32] = &[
    0x87D1_041C,
    0x8007_0643,
    0x8007_0652,
    0x8007_0005,
    0x87D3_00C9,
    0x87D3_0068,
    0x8007_0070,
    0x8007_0002,
    0x8007_0642,
];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    #[default]
    Succeeds,
    Fails,
    NotApplicable,
    /// It stays pending for ever.
    Never,
    /// The device never says a word of it.
    Silent,
}

/// What the control API says of some installations; what is not named is any.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct OutcomeRule {
    pub app: Option<Uuid>,
    pub device: Option<Uuid>,
    pub intent: Option<Intent>,
    pub ending: Ending,
    /// Signed or unsigned: `-2016345060` and `2278622236` are the same code.
    pub error_code: Option<i64>,
    /// From the wish to the end, instead of the tuning's.
    pub ends_after_ms: Option<i64>,
    /// From the wish to the first word.
    pub pending_after_ms: Option<i64>,
}

impl OutcomeRule {
    fn fits(&self, app: Uuid, device: Uuid, intent: Intent) -> bool {
        self.app.is_none_or(|wanted| wanted == app)
            && self.device.is_none_or(|wanted| wanted == device)
            && self.intent.is_none_or(|wanted| wanted == intent)
    }
}

/// The bits of the code, whichever way it was written.
fn signed(code: i64) -> i32 {
    code as u32 as i32
}

/// `None` where the device is silent.
pub(super) fn plan(
    rules: &[OutcomeRule],
    app: &MobileApp,
    device: Uuid,
    wanted: Wanted,
    fits: bool,
    tuning: &SoftwareTuning,
) -> Option<Plan> {
    let rule = rules.iter().rev().find(|rule| rule.fits(app.id, device, wanted.intent));
    let mut dice = Dice::apart(app.id.as_u64_pair().0 ^ device.as_u64_pair().0, 0x0C0D);
    let fails = dice.per_mille(tuning.failing_per_mille.into());
    let drawn = signed(i64::from(*dice.pick(ERROR_CODES)));
    let ending = match rule {
        Some(rule) => rule.ending,
        None if !fits => Ending::NotApplicable,
        None if fails => Ending::Fails,
        None => Ending::Succeeds,
    };
    let of_rule = |named: fn(&OutcomeRule) -> Option<i64>| rule.and_then(named);
    let begins_ms = of_rule(|rule| rule.pending_after_ms).unwrap_or(tuning.pending_after_ms);
    let ends_ms = of_rule(|rule| rule.ends_after_ms)
        .unwrap_or(tuning.ends_after_ms)
        .max(begins_ms);
    let removes = wanted.intent == Intent::Uninstall;
    let state = match ending {
        Ending::Silent => return None,
        Ending::NotApplicable => InstallState::NotApplicable,
        Ending::Fails if removes => InstallState::UninstallFailed,
        Ending::Fails => InstallState::Failed,
        Ending::Succeeds | Ending::Never if removes => InstallState::NotInstalled,
        Ending::Succeeds | Ending::Never => InstallState::Installed,
    };
    Some(Plan {
        begins: wanted.since.plus_ms(begins_ms),
        ends: (ending != Ending::Never).then(|| wanted.since.plus_ms(ends_ms)),
        state,
        error_code: if ending == Ending::Fails {
            of_rule(|rule| rule.error_code).map_or(drawn, signed)
        } else {
            0
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_signed_and_unsigned() {
        assert_eq!(signed(2_278_622_236), -2_016_345_060);
        assert_eq!(signed(-2_016_345_060), -2_016_345_060);
        assert_eq!(format!("0x{:08X}", signed(0x8007_0643) as u32), "0x80070643");
    }
}
