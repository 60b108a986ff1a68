//! The bounds of definitions and runs, with their reasons.

/// Steps of one definition: more cannot be understood by an approver.
pub const STEPS_MAX: usize = 200;
/// Parameters of one definition.
pub const PARAMETERS_MAX: usize = 30;
/// Triggers by time of one definition.
pub const SCHEDULES_MAX: usize = 10;
/// Loops and choices within each other.
pub const DEPTH_MAX: usize = 8;
/// Items of one loop.
pub const ITEMS_MAX: u32 = 1_000;
/// Items of a loop under way at the same time.
pub const AT_ONCE_MAX: u32 = 20;
/// Tries of one call.
pub const TRIES_MAX: u32 = 20;
/// Looks of one wait for a condition.
pub const LOOKS_MAX: u64 = 10_000;
/// Longest wait, and longest pause between tries: people forget what waits for longer.
pub const WAIT_MAX_S: u64 = 92 * 86_400;
/// Entries of one run's journal. A run that comes so far ends as failed.
pub const ENTRIES_MAX: usize = 50_000;
/// Calls of one engine under way at the same time; the calls of other runs wait for a place.
pub const CALLS_MAX: usize = 64;
/// Open runs that an engine looks at; those behind wait for an end.
pub const RUNS_MAX: usize = 10_000;
/// Longest text that an input may come to, in bytes.
pub const TEXT_MAX: usize = 64 * 1024;
/// Largest output of a step that is kept, in bytes.
pub const OUTPUT_MAX: usize = 2 * 1024 * 1024;
