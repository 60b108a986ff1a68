//! What comes in is judged at the entrance: M1, M6, M7 and the low ones of their kind.

mod clear;
mod owned;
mod said;
