//! How far an installation and its members are.

use super::word_enums::word_enum;

word_enum! {
    /// State of an installation. `installing`, `undoing` and `removing` continue after a crash.
    pub enum InstallationState {
        Installing "installing",
        Installed "installed",
        /// A member failed: those before it are being undone.
        Undoing "undoing",
        /// It failed, and nothing is left of it.
        Failed "failed",
        Removing "removing",
        Removed "removed",
    }
}

word_enum! {
    /// State of one member of an installation.
    pub enum MemberState {
        Planned "planned",
        Applied "applied",
        Failed "failed",
        Undone "undone",
    }
}
