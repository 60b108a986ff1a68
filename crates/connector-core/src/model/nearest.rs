//! The known name that somebody probably meant.

/// Longer names are no slips of the pen, and comparing them would cost.
const LONGEST: usize = 64;

/// The candidate with the fewest edits, if they are few enough to be a slip of the pen. Case does not matter.
pub fn nearest_name<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = fold_name(name);
    let allowed = (name.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&name, &fold_name(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn fold_name(name: &str) -> String {
    let plain = |letter: char| match letter {
        '-' => '_',
        other => other.to_ascii_lowercase(),
    };
    name.chars().take(LONGEST).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest_name;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        let known = ["serialNumber", "model", "tenant_id"];
        assert_eq!(nearest_name("serialnumbr", known), Some("serialNumber"));
        assert_eq!(nearest_name("tenant-id", known), Some("tenant_id"));
        assert_eq!(
            nearest_name("Modle", known),
            Some("model"),
            "two letters in the wrong order are one slip"
        );
        assert_eq!(
            nearest_name("Mopla", known),
            None,
            "two edits of five letters are another word"
        );
        assert_eq!(nearest_name("colour", known), None);
        assert_eq!(nearest_name("", known), None);
    }
}
