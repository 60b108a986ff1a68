//! The house itself: its words, its floors, and what the documents say of both.

mod addresses;
mod documents;
mod floors;
mod german;
mod lengths;
mod simulator;
mod skips;
mod sources;
mod words;
mod writers;
