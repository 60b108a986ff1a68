//! A template of a package: read, and where it is good, asked for its schema and its defaults.

#![no_main]

use intune_connector::bus::answers::Answers;
use intune_connector::bus::template::Template;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(template) = Template::read(bytes) {
        let nothing = serde_json::Map::new();
        let _ = Answers::from_json(&template, &nothing);
    }
});
