//! The house itself: its words, its floors, and what the documents say of both.

mod addresses;
mod documents;
mod floors;
mod simulator;
mod skips;
mod german;
mod sources;
mod words;
mod writers;
