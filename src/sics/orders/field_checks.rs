//! Texts that people give of orders and applications, each judged by its own rule. What can't be seen was refused at the
//! entrance. Pure.

use super::super::problem::ApiProblem;
use crate::model::replace_unprintable;

/// Longest id of an application and of an order, characters.
pub(super) const APPLICATION_ID_CHARS: usize = 64;
pub(super) const ORDER_ID_CHARS: usize = 100;
/// Longest name of a user or device, characters: an address may have 320.
pub(super) const TARGET_CHARS: usize = 320;
/// Longest note of an order and longest reason of a decision, characters.
pub(super) const NOTE_CHARS: usize = 1_000;

/// A field is wrong; `key`: as on the wire.
pub(super) fn wrong_field(code: &str, key: &str, rule: impl Into<String>, advice: &str) -> ApiProblem {
    ApiProblem::bad_request(code, format!("{key} {}", rule.into()), advice).with_member("key", key)
}

/// An id that the caller has chosen: letters, digits, `.`, `_` and `-`.
pub(super) fn check_id(code: &str, key: &str, id: &str, most: usize) -> Result<(), ApiProblem> {
    let is_fit = (1..=most).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    // Alone in a path they lead elsewhere.
    if is_fit && !matches!(id, "." | "..") {
        return Ok(());
    }
    Err(wrong_field(
        code,
        key,
        format!("has 1 to {most} letters, digits, '.', '_' or '-', and is not '.' or '..'"),
        "Choose an id of these characters, such as order-1 or a GUID.",
    ))
}

/// A text of so many characters at most, without a blank at its beginning or end; `None` stays `None`.
pub(super) fn check_text(code: &str, key: &str, text: Option<&str>, most: usize) -> Result<(), ApiProblem> {
    let Some(text) = text else {
        return Ok(());
    };
    if text.trim() == text && (1..=most).contains(&text.chars().count()) && replace_unprintable(text) == text {
        return Ok(());
    }
    Err(wrong_field(
        code,
        key,
        format!("has 1 to {most} characters on one line, and no blank at its beginning or end"),
        "Correct it, or leave it out.",
    ))
}

/// A number within bounds; `None` stays `None`.
pub(super) fn check_number(
    code: &str,
    key: &str,
    number: Option<u32>,
    bounds: std::ops::RangeInclusive<u32>,
) -> Result<(), ApiProblem> {
    match number {
        Some(number) if !bounds.contains(&number) => Err(wrong_field(
            code,
            key,
            format!("is a number from {} to {}", bounds.start(), bounds.end()),
            "Correct it, or leave it out.",
        )),
        _ => Ok(()),
    }
}

/// An amount of money: up to nine digits, with up to four behind a point.
pub(super) fn is_amount(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole, 9) && digits(fraction, 4)
}

/// A currency as ISO 4217 writes them.
pub(super) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The codes of ISO 4217, and those that it has withdrawn since 2020: what is described in them goes on.
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP \
    BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL \
    GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT \
    LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB \
    PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS \
    TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD \
    XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL";

/// A currency that there is.
pub(super) fn is_known_currency(text: &str) -> bool {
    CURRENCIES.split(' ').any(|known| known == text)
}

/// The reason that somebody gave for a decision.
pub(super) fn check_reason(reason: Option<String>) -> Result<Option<String>, ApiProblem> {
    let reason = reason
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    check_text("wrongReason", "reason", reason.as_deref(), NOTE_CHARS)?;
    Ok(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_the_characters_of_ids() {
        for good in ["a", "7-zip", "A.b_c-9", &"x".repeat(64)] {
            assert!(check_id("wrongOrder", "id", good, 64).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a b", "a/b", "ä", "a%2f", "a\n", &"x".repeat(65)] {
            let problem = check_id("wrongOrder", "id", bad, 64).unwrap_err();
            assert_eq!(problem.code(), "wrongOrder", "{bad:?}");
        }
    }

    #[test]
    fn a_text_has_its_length_and_no_blank_around_it() {
        for good in [None, Some("x"), Some("7-Zip für alle"), Some("12345")] {
            assert!(check_text("wrongOrder", "note", good, 20).is_ok(), "{good:?}");
        }
        for bad in ["", " ", " x", "x ", "a\nb", "123456789012345678901"] {
            assert!(check_text("wrongOrder", "note", Some(bad), 20).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn money_is_an_amount_and_a_currency() {
        for good in ["0", "12.50", "999999999.9999"] {
            assert!(is_amount(good), "{good}");
        }
        for bad in ["", ".5", "5.", "-1", "1,50", "1e3", "1.23456", "1234567890", "1.2.3"] {
            assert!(!is_amount(bad), "{bad}");
        }
        assert!(is_currency("EUR"));
        for bad in ["eur", "EURO", "", "E1R", "€"] {
            assert!(!is_currency(bad), "{bad}");
        }
    }

    #[test]
    fn a_reason_may_be_left_out() {
        assert_eq!(check_reason(Some("  ".into())).unwrap(), None);
        assert_eq!(
            check_reason(Some(" too dear ".into())).unwrap().as_deref(),
            Some("too dear")
        );
        assert_eq!(check_reason(Some("x".repeat(1_001))).unwrap_err().code(), "wrongReason");
    }
}
