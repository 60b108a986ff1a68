//! The house itself: its words, its floors, and what the documents say of both.

mod addresses;
mod circles;
mod cures;
mod documents;
mod floors;
mod german;
mod lengths;
mod modules;
mod problems;
mod rows;
mod senders;
mod simulator;
mod skips;
mod sources;
mod words;
mod writers;
