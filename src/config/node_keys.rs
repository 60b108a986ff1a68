//! Every key of a section `[node NAME]`.

use super::instance_keys::{A_USER, PLAIN, define_key, define_secret, number_kind};
use super::keys::{SecretUse, SettingKey, ValueKind};

const S: &str = super::node_name::NODE_SECTION;

#[rustfmt::skip]
pub(super) const NODE: [SettingKey; 24] = [
    define_key(S, "node.NAME.header", ValueKind::Text, "x-intune", PLAIN, "Name of the header, or of the key in the shared state, that has the Intune device id."),
    define_key(S, "node.NAME.id_from_shared_state", ValueKind::Flag, "no", PLAIN, "The id is looked for in the shared state instead of the headers."),
    define_key(S, "node.NAME.save_properties", ValueKind::Flag, "no", PLAIN, "The device's properties go into the shared state, each as INTUNE_ and its name."),
    define_key(S, "node.NAME.save_apps", ValueKind::Flag, "no", PLAIN, "Names of the installed apps go into the shared state: INTUNE_INSTALLED_APPS as text, INTUNE_INSTALLED_APPS_JSON as JSON."),
    define_key(S, "node.NAME.compatible", ValueKind::Flag, "no", PLAIN, "Outcomes and shared state as the original makes them, also where it is wrong; takes none of the keys that go beyond it."),
    define_key(S, "node.NAME.password_grant", ValueKind::Flag, "no", A_USER, "Signs in as a user by password, as the original does. Microsoft advises against it; only beside compatible = yes."),
    define_key(S, "node.NAME.user_name", ValueKind::Text, "", A_USER, "The user who signs in; only for password_grant."),
    define_secret(S, "node.NAME.user_password", ValueKind::SecretText, SecretUse::UserPassword, "His password; sealed when first read."),
    define_key(S, "node.NAME.user_password_file", ValueKind::Path, "", PLAIN, "File with the user's password; read once, then sealed in its place."),
    define_key(S, "node.NAME.apps_version", ValueKind::Word(&["v1.0", "beta"]), "beta", PLAIN, "Version of Graph that is asked for apps; v1.0 does not know them everywhere."),
    define_key(S, "node.NAME.time_budget_ms", number_kind(200, 60_000), "3000", PLAIN, "A decision takes at most so long, tries again included; then it is an Error."),
    define_key(S, "node.NAME.cache_s", number_kind(0, 300), "30", PLAIN, "What was read of a device answers further questions so long; failures are never kept."),
    define_key(S, "node.NAME.allowed", ValueKind::Outcomes, "COMPLIANT", PLAIN, "Outcomes that `check` lets in: ids, commas."),
    define_key(S, "node.NAME.apps_optional", ValueKind::Flag, "no", PLAIN, "Apps that can't be read do not make an Error."),
    define_key(S, "node.NAME.reasons", ValueKind::Flag, "yes", PLAIN, "A bad outcome says which policies and settings fail (one more request)."),
    define_key(S, "node.NAME.not_found_apart", ValueKind::Flag, "no", PLAIN, "A device that Intune does not know is NOTFOUND instead of ERROR."),
    define_key(S, "node.NAME.max_check_in_hours", number_kind(1, 8_760), "", PLAIN, "A good outcome of a device that did not check in for longer is UNKNOWN."),
    define_key(S, "node.NAME.forbidden_apps", ValueKind::Names, "", PLAIN, "A device with one of these apps is NONCOMPLIANT; semicolons between. TeamViewer is the app of that name, with or without version, architecture and language behind it; TeamViewer* is all whose name begins with it."),
    define_key(S, "node.NAME.required_apps", ValueKind::Names, "", PLAIN, "A device without one of these apps is NONCOMPLIANT; names as for forbidden_apps."),
    define_key(S, "node.NAME.several_devices", ValueKind::Word(&["worst", "best", "refuse"]), "worst", PLAIN, "Whose outcome counts where a user is asked for who has several devices."),
    define_key(S, "node.NAME.policy_N", ValueKind::PolicyRule, "", PLAIN, "`NONCOMPLIANT: <CEL over the device>`; asked in the order of their numbers, the first that holds decides."),
    define_key(S, "node.NAME.inventory_answers", ValueKind::Flag, "no", PLAIN, "While Graph does not answer, what was read last answers; marked as such."),
    define_key(S, "node.NAME.inventory_max_minutes", number_kind(1, 60), "60", PLAIN, "It answers at most so long after it was read."),
    define_key(S, "node.NAME.enabled", ValueKind::Flag, "yes", PLAIN, "Off: every decision of this node is an Error."),
];
