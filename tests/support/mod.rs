//! What tests share.

pub mod folder;
pub mod shelf;
pub mod view;
