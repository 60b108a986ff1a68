//! Secrets that are easily found again. Tests run the product with them and search whatever it says or keeps (E1).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

pub const SECRET: &str = "canary-ClientSecret~7q.Xw2Zk9-aPlmQ0vTs";
pub const NEXT_SECRET: &str = "canary-NextSecret~4h.Bn8Rt1-zXcvB6mNq";
pub const PFX_PASSWORD: &str = "canary-PfxPassword-T5r";
pub const PROXY_PASSWORD: &str = "canary-ProxyPassword-9uY";
pub const OPERATOR_PASSWORD: &str = "canary-OperatorPassword-3eD";
pub const TOKEN: &str = "canary-Token-0123456789abcdef";
pub const ASSERTION: &str = "canary-Assertion-eyJhbGciOi";
pub const PRIVATE_KEY: &str = "canaryPrivateKeyMIIEvQIBADANBgkqhkiG9w0";

pub const ALL: &[&str] = &[
    SECRET,
    NEXT_SECRET,
    PFX_PASSWORD,
    PROXY_PASSWORD,
    OPERATOR_PASSWORD,
    TOKEN,
    ASSERTION,
    PRIVATE_KEY,
];

/// Fails where a canary stands in `text`: in clear, or in base64 at any of its three alignments, or percent-encoded.
pub fn assert_no_canary(text: &str) {
    for canary in ALL {
        for form in forms(canary) {
            assert!(!text.contains(&form), "the canary {canary} is out, as {form}");
        }
    }
}

fn forms(canary: &str) -> Vec<String> {
    let mut forms = vec![
        canary.to_owned(),
        url::form_urlencoded::byte_serialize(canary.as_bytes()).collect(),
    ];
    for shift in 0..3 {
        // What stands before shifts the alignment; the characters that depend on neighbours are cut off.
        let padded = format!("{}{canary}", "x".repeat(shift));
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&padded);
            let start = if shift == 0 { 0 } else { shift + 1 };
            forms.push(encoded[start..encoded.len() - 4].to_owned());
        }
    }
    forms.push(STANDARD.encode(canary));
    forms
}

#[test]
fn a_canary_is_found_in_every_form() {
    for text in [
        format!("clear {SECRET} inside"),
        format!("basic {}", STANDARD.encode(format!("client:{SECRET}"))),
        format!("basic {}", STANDARD.encode(format!("clien:{SECRET}"))),
        format!("basic {}", STANDARD.encode(format!("clie:{SECRET}!"))),
        url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect(),
    ] {
        let found = std::panic::catch_unwind(|| assert_no_canary(&text));
        assert!(found.is_err(), "{text}");
    }
    assert_no_canary("canary, but no secret");
}
