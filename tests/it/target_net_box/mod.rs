//! The adapter of NetBox against a strict stand-in: each trap that a real NetBox was seen to have is a test of its name, in
//! [`traps`]; writes, what goes wrong on the way, and the check have files of their own.

mod faults;
mod rig;
mod traps;
mod verify;
mod writes;
