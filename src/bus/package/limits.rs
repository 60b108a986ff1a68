//! How large a package may be. A product is a few XML files; anything larger is something else.

/// The zip itself; it fits into one request.
pub const PACKED_BYTES_MAX: usize = 512 * 1024;
pub const FILES_MAX: usize = 128;
/// One file, unpacked; the XML reader takes no more.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// All files together, unpacked.
pub const UNPACKED_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Unpacked to packed, of one file: text reaches 20, a bomb 1,000.
pub const RATIO_MAX: u64 = 100;
/// Below this the ratio says nothing.
pub(crate) const RATIO_FROM_BYTES: u64 = 16 * 1024;
