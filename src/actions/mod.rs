//! Flow 2: what management servers and people ask to be done to devices.
//!
//! ```text
//! job → guard → intent → issue → read-back → outcome
//! ```

pub mod finding;
pub mod personal;
pub mod subject;
pub mod verbs;
