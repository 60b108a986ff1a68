//! An unattended file with answers.

#![no_main]

use intune_connector::bus::answers::AnswersFile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(file) = AnswersFile::read(text)
    {
        let _ = file.installations();
    }
});
