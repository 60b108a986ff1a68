//! What is scarce is not spent on strangers (E8): H2, M2, M5, M10.
