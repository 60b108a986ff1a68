//! (stand-in until the branch with the faults is merged)

/// Response extension: reset the connection at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abort {
    Before,
    During,
    After,
}
