//! Consent is to content (A10): C2, H1.
