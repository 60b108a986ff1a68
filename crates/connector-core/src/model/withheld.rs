//! Why the deletion brake holds a device back (S2).

use super::word_enums::word_enum;

word_enum! {
    /// Why a device waits behind the brake.
    pub enum WithheldReason {
        /// Missing from the list; an operator is asked.
        Deleted "deleted",
        /// Missing from the list, and an operator has confirmed that it has gone.
        Confirmed "confirmed",
        /// A filter or rule leaves it out; an operator is asked.
        Filtered "filtered",
    }
}

impl WithheldReason {
    /// It is missing from the list.
    pub const fn is_missing(self) -> bool {
        matches!(self, WithheldReason::Deleted | WithheldReason::Confirmed)
    }

    /// An operator is asked.
    pub const fn needs_operator(self) -> bool {
        matches!(self, WithheldReason::Deleted | WithheldReason::Filtered)
    }
}
