mod abort;
pub use abort::Abort;
