//! Whether somebody else has to agree to a job.

use super::word_enums::word_enum;

word_enum! {
    /// Whether a second person has to approve a job, and whether they did.
    pub enum ApprovalState {
        None "none",
        Waiting "waiting",
        Approved "approved",
        Rejected "rejected",
        Lapsed "lapsed",
    }
}
