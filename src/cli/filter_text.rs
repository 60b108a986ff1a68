//! What a list is filtered by on the command line. Nothing would list everything, as where a variable of a script is empty:
//! it is refused, as it is for a condition. Pure.

/// A text that has to be somewhere.
pub(super) fn check_filter_text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is empty; omit the option to list without it".to_owned());
    }
    Ok(text.to_owned())
}

/// Words between commas.
pub(super) fn check_filter_words(text: &str) -> Result<String, String> {
    if text.split(',').all(|word| word.trim().is_empty()) {
        return Err("it has no word; omit the option to list without it".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wn_61_an_empty_filter_is_none() {
        for nothing in ["", " ", "\t"] {
            assert!(check_filter_text(nothing).is_err() && check_filter_words(nothing).is_err());
        }
        assert!(check_filter_words(" , ,").is_err());
        assert_eq!(check_filter_text(" a,"), Ok(" a,".to_owned()));
        assert_eq!(check_filter_words("iOS,"), Ok("iOS,".to_owned()));
    }
}
