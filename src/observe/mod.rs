//! Telling people: logs, metrics, and the clock everything reads.

mod clock;

pub use clock::Clock;
