//! What a job does where Intune shows an action as pending that nobody here sent.

use super::word_enums::word_enum;

word_enum! {
    #[derive(Default)]
    pub enum PendingActionPolicy {
        /// Nothing is sent to that device, and it is said why.
        #[default]
        Stop "stop",
        /// It waits, looking again, until nothing is pending or the job's time is over.
        Wait "wait",
        /// It is sent all the same.
        GoOn "goOn",
    }
}
