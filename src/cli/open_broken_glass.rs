//! Emergency actions at which no second person has looked, shown beside what was asked for.

use super::output::{self, format_value};
use crate::contract::BrokenGlassView;

/// One line an action, with the command that acknowledges it.
pub(crate) fn warn_of_broken_glass(open: &[BrokenGlassView]) {
    for emergency in open {
        output::eprint_line(output::to_one_line(&format!(
            "{} broke the glass at {}: {} on one device of {}, job {}: {} [broken-glass acknowledge {}]",
            emergency.by,
            format_value(&emergency.at),
            emergency.action,
            emergency.instance.as_deref().unwrap_or("-"),
            emergency.job,
            emergency.reason,
            emergency.id,
        )));
    }
}
