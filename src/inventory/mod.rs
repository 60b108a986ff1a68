//! (being built)

pub mod class;
pub mod condition;
pub mod normalise;
mod personal;
pub mod properties;
mod record;
mod serial;
pub mod shape;
mod value;

pub use condition::{Condition, ConditionError};
pub use serial::usable_serial;
pub use shape::{RecordError, Shape, ShapeError};
