//! Limits of what disrupts and destroys (A11), the pin, and the broken glass: M4, M9.
