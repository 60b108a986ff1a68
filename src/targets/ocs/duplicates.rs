//! Which computers OCS takes for the same, by its setting AUTO_DUPLICATE_LVL: a sum of what all have to be equal. Pure.
//!
//! A computer that lacks one of them never fits another. So a device is merged by its name alone only where the level asks
//! for nothing that tells devices apart.

const NAME: u8 = 1;
const SERIAL: u8 = 2;
const MAC: u8 = 4;
const MODEL: u8 = 8;
const UUID: u8 = 16;
const ASSET_TAG: u8 = 32;

/// What tells devices apart.
const TELLING: u8 = SERIAL | MAC | UUID | ASSET_TAG;

/// By name, by model, or by both: what many devices share.
pub(super) fn merges_strangers(level: u8) -> bool {
    level & (NAME | MODEL) != 0 && level & TELLING == 0
}

/// In words; the error: what is wrong with it.
pub(super) fn describe_level(level: u8) -> Result<String, String> {
    let names = [
        (NAME, "name"),
        (SERIAL, "serial number"),
        (MAC, "MAC address"),
        (MODEL, "model"),
        (UUID, "UUID"),
        (ASSET_TAG, "asset tag"),
    ];
    let equal: Vec<&str> = names
        .iter()
        .filter(|(bit, _)| level & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    if equal.is_empty() {
        return Ok("OCS merges no computers".to_owned());
    }
    let equal = equal.join(", ");
    if merges_strangers(level) {
        return Err(format!(
            "OCS merges computers of equal {equal}: every device is set aside"
        ));
    }
    Ok(format!("OCS merges computers of equal {equal}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_level_of_name_and_model_merges_strangers() {
        for level in 0..64 {
            let expected = [NAME, MODEL, NAME | MODEL].contains(&level);
            assert_eq!(merges_strangers(level), expected, "{level}");
            assert_eq!(describe_level(level).is_err(), expected, "{level}");
        }
    }

    #[test]
    fn a_level_is_told_in_words() {
        assert_eq!(
            describe_level(7).unwrap(),
            "OCS merges computers of equal name, serial number, MAC address"
        );
        assert_eq!(describe_level(0).unwrap(), "OCS merges no computers");
    }
}
