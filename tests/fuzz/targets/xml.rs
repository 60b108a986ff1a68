//! What every template and definition goes through.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = intune_connector::xml::reader(bytes);
});
