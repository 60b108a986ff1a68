//! How a connection ends badly. The accept loop sees this on a response and makes the end a reset instead of a
//! farewell, by closing without lingering.

/// Response extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abort {
    /// Not one byte of the answer.
    Before,
    /// In the middle: the body breaks off by itself.
    During,
    /// After the whole answer.
    After,
}
