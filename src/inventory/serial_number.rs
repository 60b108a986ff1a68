//! Serial numbers that mean something. Boards without a number carry the placeholder of whoever built the firmware;
//! taken for an identity, such a number would make one device of hundreds (S7).

/// Placeholders, compared without regard to case, blanks and punctuation.
const JUNK: &[&str] = &[
    "tobefilledbyoem",
    "tobefilledbyoemx",
    "tobefilled",
    "filledbyoem",
    "systemserialnumber",
    "systemserial",
    "systemsn",
    "chassisserialnumber",
    "baseboardserialnumber",
    "boardserialnumber",
    "defaultstring",
    "default",
    "none",
    "null",
    "nil",
    "na",
    "notavailable",
    "notapplicable",
    "notspecified",
    "notset",
    "notprovided",
    "unknown",
    "unspecified",
    "undefined",
    "empty",
    "invalid",
    "oem",
    "serialnumber",
    "serialno",
    "serial",
    "ssn",
    "sn",
    "test",
    "virtual",
    "vmware",
    "parallels",
    "qemu",
    "0123456789",
    "123456789",
    "1234567890",
    "12345678",
    "1234567",
    "123456",
    "12345",
    "123456789abcdef",
    "abcdefgh",
    "emulator",
    "android",
];

/// Shortest serial number that is believed; makers use 7 and more, some old boards 5.
const SHORTEST: usize = 5;

/// The serial number if it can tell one device from another; upper case and trimmed, so that it can be compared.
pub fn usable_serial(serial: &str) -> Option<String> {
    let trimmed = serial.trim();
    let mut core = String::with_capacity(trimmed.len());
    core.extend(
        trimmed
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase),
    );
    let first = core.chars().next()?;
    let junk = core.chars().count() < SHORTEST
        || core.chars().all(|c| c == first)
        || JUNK.contains(&core.as_str())
        || !core.chars().any(|c| c.is_ascii_digit()) && core.len() > 12;
    (!junk).then(|| trimmed.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::usable_serial;

    #[test]
    fn s7_junk_serials_never_match() {
        for junk in [
            "",
            " ",
            "0",
            "00000000",
            "0000-0000",
            "To be filled by O.E.M.",
            "To Be Filled By O.E.M",
            "System Serial Number",
            "Default string",
            "DEFAULT STRING",
            "None",
            "N/A",
            "n.a.",
            "XXXXXXXXXX",
            "........",
            "INVALID",
            "Not Specified",
            "Chassis Serial Number",
            "123456789",
            "A12",
            "null",
        ] {
            assert_eq!(usable_serial(junk), None, "{junk:?}");
        }
    }

    #[test]
    fn s7_real_serials_match_whatever_their_case() {
        for (given, same) in [
            ("ABC1234", "ABC1234"),
            (" pf2abcde ", "PF2ABCDE"),
            ("5CG1234XYZ", "5CG1234XYZ"),
            ("DMPXK0AAHG5D", "DMPXK0AAHG5D"),
            ("VMware-56 4d 8c 10", "VMWARE-56 4D 8C 10"),
            ("0000-0001-2345-6789-0123-4567-89", "0000-0001-2345-6789-0123-4567-89"),
            ("R58N12ABCDE", "R58N12ABCDE"),
        ] {
            assert_eq!(usable_serial(given).as_deref(), Some(same));
        }
    }
}
