//! The manifest of a package.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = intune_connector::bus::Manifest::read(text);
    }
});
