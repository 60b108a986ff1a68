//! Attacks that failed, and go on failing.
