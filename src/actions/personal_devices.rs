//! Devices that belong to people. What would erase, spy on or unlock them is refused unless a setting allows it; the
//! company's part can always be taken back with `retire`.
//!
//! An owner that Intune does not tell counts as a person: the mistake that can be put right is the one to make.

use crate::actions::specs::{ActionUnfit, delete_wipes};
use crate::actions::subject::{Ownership, Subject};
use crate::config::PERSONAL_ACTIONS;
use crate::model::ActionKind;

/// Refused on personal devices unless allowed.
pub const REFUSED: &[ActionKind] = &PERSONAL_ACTIONS;

/// `allowed`: the verbs that the settings let through. A deletion that wipes counts as a wipe.
pub fn check_personal(verb: ActionKind, subject: &Subject, allowed: &[ActionKind]) -> Result<(), ActionUnfit> {
    let counts_as = match verb {
        ActionKind::Delete if delete_wipes(subject) => ActionKind::Wipe,
        verb => verb,
    };
    if !REFUSED.contains(&counts_as) || allowed.contains(&counts_as) {
        return Ok(());
    }
    let whose = match subject.ownership {
        Ownership::Company => return Ok(()),
        Ownership::Personal => "the device is personal",
        Ownership::Unknown => "Intune does not report an owner, so the device counts as personal",
    };
    Err(ActionUnfit {
        code: "personal",
        reason: format!("{whose}, and {verb} is not allowed on personal devices"),
        alternative: Some(match counts_as {
            ActionKind::Wipe | ActionKind::FreshStart => {
                "`retire` removes only the company's data; if it is a company device, set that with `editOwner`"
                    .to_owned()
            }
            _ => "if it is a company device, set that with `editOwner`; `retire` removes the company's data".to_owned(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subject(owner: Option<&str>, enrollment: &str, system: &str) -> Subject {
        let device = json!({"id": "7809c88c-0000-4000-8000-000000000001", "operatingSystem": system,
            "deviceEnrollmentType": enrollment, "managedDeviceOwnerType": owner});
        Subject::from_device(&device).expect("it has an id")
    }

    #[test]
    fn personal_devices_are_not_wiped_located_or_unlocked_unless_that_is_allowed() {
        for owner in [Some("personal"), Some("unknown"), None] {
            let phone = subject(owner, "userEnrollment", "iOS");
            for verb in ActionKind::ALL {
                let refused = check_personal(*verb, &phone, &[]).is_err();
                assert_eq!(refused, REFUSED.contains(verb), "{verb} {owner:?}");
                assert_eq!(check_personal(*verb, &phone, REFUSED), Ok(()), "{verb} {owner:?}");
            }
            let refusal =
                check_personal(ActionKind::Wipe, &phone, &[ActionKind::Locate]).expect_err("only locating is allowed");
            assert_eq!(refusal.code, "personal");
            assert!(refusal.alternative.is_some_and(|text| text.contains("`retire`")));
        }
    }

    #[test]
    fn the_companys_devices_are_the_companys() {
        let phone = subject(Some("company"), "appleBulkWithUser", "iOS");
        for verb in ActionKind::ALL {
            assert_eq!(check_personal(*verb, &phone, &[]), Ok(()), "{verb}");
        }
    }

    #[test]
    fn a_deletion_that_wipes_counts_as_a_wipe() {
        let managed = subject(Some("personal"), "androidEnterpriseFullyManaged", "Android");
        assert!(check_personal(ActionKind::Delete, &managed, &[]).is_err());
        assert!(check_personal(ActionKind::Delete, &managed, &[ActionKind::Delete]).is_err());
        assert_eq!(
            check_personal(ActionKind::Delete, &managed, &[ActionKind::Wipe]),
            Ok(())
        );
        let profile = subject(Some("personal"), "userEnrollment", "AndroidForWork");
        assert_eq!(check_personal(ActionKind::Delete, &profile, &[]), Ok(()));
    }
}
