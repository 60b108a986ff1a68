//! Workflows: the shipped definitions over a simulated tenant, killed at each of their writes, with an error at each step
//! and each step made twice; their recorded histories replayed; everything that can be wrong in a definition.

mod clock;
mod crash;
mod findings;
mod guard;
mod lab;
mod named;
mod pending;
mod replay;
mod retire;
