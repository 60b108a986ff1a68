use super::super::{ConditionVocabulary, parse_condition};
use crate::model::nearest_name;

const NAMES: [&str; 9] = [
    "operatingSystem",
    "osVersion",
    "model",
    "deviceName",
    "userPrincipalName",
    "wiFiMacAddress",
    "id",
    "isEncrypted",
    "lastSyncDateTime",
];

fn refused(source: &str) -> String {
    let words = ConditionVocabulary {
        lookup_name: &|name| {
            if NAMES.contains(&name) {
                Ok(())
            } else {
                Err(nearest_name(name, NAMES).map(str::to_owned))
            }
        },
        is_date: &|name| name == "lastSyncDateTime",
        allows_now: Some(true),
    };
    parse_condition(source, &words).expect_err(source).to_string()
}

/// What people write who have not written one before, or who know another language. Each is answered with what to write.
#[test]
fn wn_51_each_slip_of_a_first_condition_is_told_with_what_to_write() {
    for (source, told) in [
        // A value without quotes.
        (
            "operatingSystem == Windows",
            r#"Windows is not known here; if it is a text, write "Windows""#,
        ),
        ("device.operatingSystem == Windows", r#"write "Windows""#),
        ("Windows == operatingSystem", r#"write "Windows""#),
        ("operatingSystem != Windows && isEncrypted", r#"write "Windows""#),
        ("operatingSystem in ['iOS', iPadOS]", r#"write "iPadOS""#),
        ("iOS in model", r#"write "iOS""#),
        ("deviceName.startsWith(LAP)", r#"write "LAP""#),
        ("isEncrypted ? Ja : 'nein'", r#"write "Ja""#),
        ("deviceName == LAP-0042", r#"write "LAP-0042""#),
        ("deviceName == LAP-A-17 || isEncrypted", r#"write "LAP-A-17""#),
        ("userPrincipalName == contoso.com", r#"write "contoso.com""#),
        (
            "operatingSystem == Windows 11",
            r#"Windows 11 is not in quotes; write "Windows 11""#,
        ),
        (
            "model == Surface Laptop 5 && isEncrypted",
            r#"write "Surface Laptop 5""#,
        ),
        ("osVersion == 10.0.19045", r#"write "10.0.19045""#),
        ("userPrincipalName == anna@contoso.com", r#"write "anna@contoso.com""#),
        (r"userPrincipalName == CONTOSO\anna", r#"write "CONTOSO\\anna""#),
        ("wiFiMacAddress == 00:11:22:33:44:55", r#"write "00:11:22:33:44:55""#),
        (
            "id == 7809c88c-0000-4000-8000-000000000001",
            r#"write "7809c88c-0000-4000-8000-000000000001""#,
        ),
        ("model == Büro", r#"write "Büro""#),
        (
            "lastSyncDateTime > 2026-11-28T07:00:00Z",
            r#"write "2026-11-28T07:00:00Z""#,
        ),
        ("isEncrypted == yes", "write true or false"),
        ("model == NULL", "write null"),
        // A name with a slip of the pen, or with something before it.
        ("operatingSystm == 'Windows'", r#"did you mean "operatingSystem"?"#),
        ("'Windows' == operatingSystm", r#"did you mean "operatingSystem"?"#),
        (
            "model == operatingSystm",
            r#"operatingSystm is not known here; did you mean "operatingSystem"? If it is a text, write "operatingSystm""#,
        ),
        (
            "device.operatingSystem == 'Windows'",
            "device is not known here; write operatingSystem alone",
        ),
        ("device.model.matches('^Lat')", "write model alone"),
        ("device.deviceName.startsWith('LAP')", "write deviceName alone"),
        // Operators of other languages.
        ("operatingSystem = 'Windows'", "use == to compare"),
        ("operatingSystem = Windows", "use == to compare"),
        ("operatingSystem === 'Windows'", "use == instead of ==="),
        ("operatingSystem !== 'Windows'", "use != instead of !=="),
        ("operatingSystem <> 'Windows'", "use != instead of <>"),
        ("osVersion => '10'", "use >= instead of =>"),
        ("osVersion =< '10'", "use <= instead of =<"),
        ("operatingSystem == 'iOS' and isEncrypted", "use && instead of and"),
        ("operatingSystem == 'iOS' AND isEncrypted", "use && instead of and"),
        ("operatingSystem == 'iOS' OR isEncrypted", "use || instead of or"),
        ("operatingSystem == iOS Or isEncrypted", "use || instead of or"),
        ("not isEncrypted", "use ! instead of not"),
        ("NOT (isEncrypted)", "line 1, column 1: use ! instead of NOT"),
        ("AND(isEncrypted, isEncrypted)", "use && instead of AND"),
        ("operatingSystem -eq 'Windows'", "use == instead of eq"),
        ("deviceName -contains 'LAP'", "use contains(\"…\") instead of -contains"),
        (
            "deviceName -startsWith 'LAP'",
            "use startsWith(\"…\") instead of -startswith",
        ),
        // Quotation marks of word processors.
        (
            "operatingSystem == “Windows”",
            "“ is not a quotation mark of a program; write \" or '",
        ),
        ("operatingSystem == „Windows“", "„ is not a quotation mark"),
        ("operatingSystem == ‘Windows’", "‘ is not a quotation mark"),
        ("operatingSystem == «Windows»", "« is not a quotation mark"),
        ("operatingSystem == \"Windows”", "” is not a quotation mark"),
        ("deviceName == \"Anna’s Mac\" and isEncrypted", "use && instead of and"),
    ] {
        let found = refused(source);
        assert!(found.contains(told), "{source}: {found}");
    }
}

#[test]
fn wn_51_what_is_no_text_is_not_called_one() {
    for (source, told) in [
        ("nowhere < now", "unknown field"),
        ("oss == 'Windows'", "unknown field \"oss\""),
        ("model == 'x', osVersion", "is not expected here"),
        ("(model == 'x'", "( is not closed"),
        ("model ==", "something is missing at the end"),
        ("osVersion == 5u && model ==", "something is missing at the end"),
    ] {
        let found = refused(source);
        assert!(
            found.contains(told) && !found.contains("in quotes") && !found.contains("if it is a text"),
            "{source}: {found}"
        );
    }
}

#[test]
fn wn_51_what_is_right_stays_so() {
    for source in [
        "operatingSystem == 'Windows 11' && model != osVersion",
        "model == 'Anna’s “Mac”'",
        "model == '2026-11-28' || lastSyncDateTime > '2026-11-28'",
        "size(model) - 4 > 2026 - 11 - 28",
        "[model, osVersion].exists(each, each == 'x-y z')",
    ] {
        let words = ConditionVocabulary {
            lookup_name: &|name| if NAMES.contains(&name) { Ok(()) } else { Err(None) },
            is_date: &|name| name == "lastSyncDateTime",
            allows_now: Some(true),
        };
        assert!(parse_condition(source, &words).is_ok(), "{source}");
    }
}
