//! A condition that somebody wrote: compiled within bounds, or refused; then asked.

#![no_main]

use intune_connector::condition::Expression;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(expression) = Expression::compile(text, &["name", "count", "list"]) {
        let values = serde_json::json!({"name": "LAPTOP-1", "count": 3, "list": ["a", "b"]});
        let _ = values.as_object().map(|values| expression.ask(values));
    }
});
