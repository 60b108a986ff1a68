//! The fields that a condition may ask for.

use crate::inventory::properties::{TABLE, find_property};

/// The readable property of that name.
pub(super) fn find_readable(name: &str) -> Option<usize> {
    find_property(name, 0).filter(|index| TABLE[*index].is_readable())
}
