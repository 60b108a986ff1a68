//! How an asset gets to its user, or back: pure.
//!
//! The user may stand in the same request as the other changes: that costs nothing. But Snipe-IT (all of 7, 8 up to some
//! minor version) then takes the name of the asset from that request alone: a change without a name leaves the asset
//! without one, and a name with `&`, `<`, `>` or quotes is kept as its HTML. So a name always goes with the user, and a
//! name that would be spoilt goes first, with the user in a check-out of its own.

use super::html_text::is_escape_free;
use crate::targets::{TargetFault, UserChange};

/// What has to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UserStep {
    /// Nothing.
    Keep,
    /// The user stands in the request, with this name of the asset.
    Within { user: u64, name: Option<String> },
    /// A check-out of its own, with this name of the asset.
    Apart { user: u64, name: String },
    /// The name has to be read first.
    AskName,
    /// Checked in.
    CheckIn,
}

/// `name`: what the asset is called after the write; `None`: not known; `Some(None)`: it has no name.
pub(super) fn plan_user(change: &UserChange, name: Option<Option<&str>>) -> Result<UserStep, TargetFault> {
    let user = match change {
        UserChange::Keep => return Ok(UserStep::Keep),
        UserChange::Clear => return Ok(UserStep::CheckIn),
        UserChange::Assign(user) => user.parse::<u64>().map_err(|_| TargetFault::Refused {
            problem: "the user has no id of Snipe-IT".to_owned(),
            field: Some("user".to_owned()),
        })?,
    };
    Ok(match name {
        None => UserStep::AskName,
        Some(None) => UserStep::Within { user, name: None },
        Some(Some(name)) if is_escape_free(name) => UserStep::Within {
            user,
            name: Some(name.to_owned()),
        },
        Some(Some(name)) => UserStep::Apart {
            user,
            name: name.to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assign() -> UserChange {
        UserChange::Assign("5".to_owned())
    }

    #[test]
    fn the_user_goes_along_with_a_name_that_is_not_spoilt() {
        let name = Some("PC-1".to_owned());
        assert_eq!(
            plan_user(&assign(), Some(Some("PC-1"))).unwrap(),
            UserStep::Within { user: 5, name }
        );
        assert_eq!(
            plan_user(&assign(), Some(None)).unwrap(),
            UserStep::Within { user: 5, name: None }
        );
        for spoilt in ["Anna's iPad", "R&D", "<1>", "\"x\""] {
            let name = spoilt.to_owned();
            assert_eq!(
                plan_user(&assign(), Some(Some(spoilt))).unwrap(),
                UserStep::Apart { user: 5, name }
            );
        }
    }

    #[test]
    fn a_name_that_is_not_known_is_asked_for_or_it_would_be_lost() {
        assert_eq!(plan_user(&assign(), None).unwrap(), UserStep::AskName);
    }

    #[test]
    fn nothing_else_asks_for_a_name() {
        assert_eq!(plan_user(&UserChange::Keep, None).unwrap(), UserStep::Keep);
        assert_eq!(plan_user(&UserChange::Clear, None).unwrap(), UserStep::CheckIn);
        assert!(plan_user(&UserChange::Assign("anna".to_owned()), None).is_err());
    }
}
