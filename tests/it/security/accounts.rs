//! Two accounts are two persons (A9): C1, and the ways of one administrator.
