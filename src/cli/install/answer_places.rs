//! Where each given answer stands, and under which name: a field `ca` is given as `ca_file` in a line of a file. What is
//! wrong with an answer is told as it was written.

use std::collections::BTreeMap;

use crate::contract::Diagnosis;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerPlace {
    /// The field, or `FIELD_file`.
    pub key: String,
    /// In the file; 0: it was an argument.
    pub line: u32,
    /// `answers.ini:12`, or `--set`.
    pub location: String,
}

/// By the name of the field.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnswerPlaces(BTreeMap<String, AnswerPlace>);

impl AnswerPlaces {
    /// `None`: the answer is taken away again.
    pub(crate) fn set_place(&mut self, field: &str, place: Option<AnswerPlace>) {
        match place {
            Some(place) => drop(self.0.insert(field.to_owned(), place)),
            None => drop(self.0.remove(field)),
        }
    }

    /// `ca_file (answers.ini:12)`; the field alone where nobody has answered it.
    pub(crate) fn describe_field(&self, field: &str) -> String {
        match self.0.get(field) {
            Some(place) => format!("{} ({})", place.key, place.location),
            None => field.to_owned(),
        }
    }

    /// A sentence with the names of fields, in backticks, as they were written.
    pub(crate) fn name_as_written(&self, sentence: &str) -> String {
        let renamed = self.0.iter().filter(|(field, place)| **field != place.key);
        renamed.fold(sentence.to_owned(), |sentence, (field, place)| {
            sentence.replace(&format!("`{field}`"), &format!("`{}`", place.key))
        })
    }

    /// The finding with the name and the line of its answer.
    pub(crate) fn place_finding(&self, finding: Diagnosis) -> Diagnosis {
        let place = finding.field.as_ref().and_then(|field| self.0.get(field));
        let Some(place) = place.cloned() else {
            return finding;
        };
        Diagnosis {
            line: (place.line > 0).then_some(place.line),
            key: Some(place.key),
            ..finding
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> AnswerPlaces {
        let mut places = AnswerPlaces::default();
        let place = |key: &str, line: u32, location: &str| {
            Some(AnswerPlace {
                key: key.to_owned(),
                line,
                location: location.to_owned(),
            })
        };
        places.set_place("ca", place("ca_file", 3, "a.ini:3"));
        places.set_place("secret", place("secret_file", 0, "--set"));
        places.set_place("client_id", place("client_id", 4, "a.ini:4"));
        places
    }

    #[test]
    fn n8_an_answer_is_named_as_it_was_written_with_its_line() {
        let places = places();
        assert_eq!(places.describe_field("ca"), "ca_file (a.ini:3)");
        assert_eq!(places.describe_field("secret"), "secret_file (--set)");
        assert_eq!(places.describe_field("zone"), "zone");
        let finding = Diagnosis::new("p", "a").with_field("ca");
        let placed = places.place_finding(finding);
        assert_eq!((placed.key.as_deref(), placed.line), (Some("ca_file"), Some(3)));
        let placed = places.place_finding(Diagnosis::new("p", "a").with_field("secret"));
        assert_eq!((placed.key.as_deref(), placed.line), (Some("secret_file"), None));
    }

    #[test]
    fn n8_a_cure_names_the_file_that_was_given_and_leaves_other_words_alone() {
        let places = places();
        assert_eq!(
            places.name_as_written("give the secret as `secret`; check `client_id` and the secret"),
            "give the secret as `secret_file`; check `client_id` and the secret"
        );
    }
}
