//! A kept secret goes only where it was given for (E7): H3, M8.
