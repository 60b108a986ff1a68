//! (being built)
pub mod simulate;
