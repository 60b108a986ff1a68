//! Where the run of a workflow stands.

use super::words::word_enum;

word_enum! {
    pub enum RunState {
        Running "running",
        Succeeded "succeeded",
        Failed "failed",
        Cancelled "cancelled",
    }
}
