//! No path comes from the network (E6): C3, M3, and what lies in the data folder.
