//! What each verb is: one file a verb, one row in [`TABLE`]. Everything here is pure: parameters in, a reason or a call
//! out. Nothing here sends anything; that is `issue`'s alone.
//!
//! A verb says by itself on which platforms it works, because Intune does not: an action that a device can't do is
//! answered with a plain 400 and no reason, so the reason has to be found *before* the call, and with it what could be
//! done instead.
//!
//! [`action_spec`] is the form, [`parameter_check`] asks whether parameters are right, [`requirements`] words the refusals, [`describe_action`] tells
//! others about it all.

mod action_spec;
mod bypass_activation_lock;
mod calls;
mod defender_scan;
mod defender_update_signatures;
mod delete;
mod description;
mod disable_lost_mode;
mod edit_category;
mod edit_name;
mod edit_notes;
mod edit_owner;
mod enable_lost_mode;
mod fresh_start;
mod locate;
mod log_out_shared_user;
mod notify;
mod parameter_check;
mod play_lost_mode_sound;
mod reboot;
mod remote_lock;
mod remove_shared_user;
mod rename;
mod requirements;
mod reset_passcode;
mod retire;
mod rotate_bitlocker_keys;
mod rotate_filevault_key;
mod rotate_local_admin_password;
mod run_remediation;
mod shut_down;
mod sync;
#[cfg(test)]
mod tests;
mod wipe;

pub use action_spec::{
    ActionCall, ActionParameter, ActionParameters, ActionSpec, ActionUnfit, ApiVersion, CallMethod, OutcomeTrace,
    ParameterKind,
};
pub use delete::is_wiped_by_delete as delete_wipes;
pub use description::{describe_action, list_platform_support, parameters_schema};
pub use parameter_check::ParameterError;

use crate::model::ActionKind;

/// Every verb, in the order of [`ActionKind::ALL`].
pub static TABLE: &[&ActionSpec] = &[
    &sync::SPEC,
    &notify::SPEC,
    &remote_lock::SPEC,
    &retire::SPEC,
    &wipe::SPEC,
    &delete::SPEC,
    &reboot::SPEC,
    &shut_down::SPEC,
    &reset_passcode::SPEC,
    &locate::SPEC,
    &enable_lost_mode::SPEC,
    &disable_lost_mode::SPEC,
    &play_lost_mode_sound::SPEC,
    &defender_scan::SPEC,
    &defender_update_signatures::SPEC,
    &fresh_start::SPEC,
    &bypass_activation_lock::SPEC,
    &rename::SPEC,
    &rotate_bitlocker_keys::SPEC,
    &rotate_filevault_key::SPEC,
    &rotate_local_admin_password::SPEC,
    &log_out_shared_user::SPEC,
    &remove_shared_user::SPEC,
    &run_remediation::SPEC,
    &edit_name::SPEC,
    &edit_notes::SPEC,
    &edit_owner::SPEC,
    &edit_category::SPEC,
];

impl ActionSpec {
    pub fn for_action(verb: ActionKind) -> &'static ActionSpec {
        TABLE
            .iter()
            .find(|spec| spec.verb == verb)
            .expect("a test walks all verbs: each has its row")
    }
}
