//! How long, how many and how deep a condition may be.

/// Longest condition, in characters.
pub const CHARACTERS_MAX: usize = 1000;
/// Most nodes of its tree.
pub const NODES_MAX: usize = 100;
/// Deepest tree.
pub const NESTING_MAX: usize = 20;
