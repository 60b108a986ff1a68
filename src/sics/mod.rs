//! SICS: the hub where management servers and instances meet.

pub mod engine;
