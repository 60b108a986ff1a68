//! That the store has gone back (A8), and what is told of it. It comes to light while the store is opened, when nothing else
//! runs yet: so its words and sentences stand here.

use super::task::TaskState;
use super::word_enums::word_enum;

word_enum! {
    /// How it came to light.
    pub enum RollbackEvidence {
        Restore "restore",
        Mark "mark",
        Missing "missing",
        Place "place",
    }
}

impl RollbackEvidence {
    /// What happened, as a sentence without its end.
    pub const fn describe(self) -> &'static str {
        match self {
            RollbackEvidence::Restore => "the store was restored from a backup by the owner of the data folder",
            RollbackEvidence::Mark => {
                "the store is older than its high-water mark: an older copy was put in its place by hand"
            }
            RollbackEvidence::Missing => {
                "the store was missing, but its high-water mark was there: the store was removed, and this one is new"
            }
            RollbackEvidence::Place => {
                "a management server sent a cursor that is ahead of the store: the store, its folder or the machine was \
                 put back to an earlier state"
            }
        }
    }

    /// What everyone who signs in is shown.
    pub fn notice_text(self) -> String {
        format!("{}; the kill switch is on", self.describe())
    }

    /// What is told of a task that stood there then.
    pub fn task_text(self, state: TaskState) -> String {
        format!(
            "{}; this task was {} then, and it is not known whether it was sent since",
            self.describe(),
            state.name()
        )
    }

    /// What is told of a run that had not ended.
    pub fn run_text(self) -> String {
        format!("{}; this run was open then", self.describe())
    }
}
