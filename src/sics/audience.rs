//! Which instances a management server may read (F7): decided in [`crate::inventory::audience`], asked for here.

pub use crate::inventory::audience::receives;
