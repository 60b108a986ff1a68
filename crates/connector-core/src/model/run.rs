//! Where the run of a workflow stands.

use super::word_enums::word_enum;

word_enum! {
    pub enum RunState {
        Running "running",
        Succeeded "succeeded",
        Failed "failed",
        Cancelled "cancelled",
    }
}
