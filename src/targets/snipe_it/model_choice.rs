//! Which of the models over there is meant: pure. The name decides, because a catalogue that people keep has their names of
//! makers, not those that firmware tells (`Dell` for `Dell Inc.`); number and maker only choose between models of one name.

use super::body::ModelWish;
use super::list_rows::{ModelRow, is_same_name};

/// The model of this name; of several, the one whose number, then maker fits best, then the oldest. With a number that is
/// wished for, no model of another number is taken.
pub(super) fn choose_model<'a>(models: &'a [ModelRow], wish: &ModelWish) -> Option<&'a ModelRow> {
    let is_same = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => is_same_name(one, other),
        (None, None) => true,
        _ => false,
    };
    models
        .iter()
        .filter(|model| is_same_name(&model.name, &wish.name))
        .filter(|model| wish.number.is_none() || model.number.is_none() || is_same(&model.number, &wish.number))
        .min_by_key(|model| {
            (
                !is_same(&model.number, &wish.number),
                !is_same(&model.manufacturer, &wish.manufacturer),
                model.id,
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(id: u64, name: &str, number: Option<&str>, manufacturer: Option<&str>) -> ModelRow {
        ModelRow {
            id,
            name: name.to_owned(),
            number: number.map(str::to_owned),
            manufacturer: manufacturer.map(str::to_owned),
            category: None,
            fieldset: None,
        }
    }

    fn chosen(models: &[ModelRow], name: &str, number: Option<&str>, manufacturer: Option<&str>) -> Option<u64> {
        let wish = ModelWish {
            name: name.to_owned(),
            number: number.map(str::to_owned),
            manufacturer: manufacturer.map(str::to_owned),
        };
        choose_model(models, &wish).map(|model| model.id)
    }

    #[test]
    fn the_name_decides_and_what_people_call_the_maker_does_not() {
        let models = [model(3, "Latitude 7450", None, Some("Dell"))];
        assert_eq!(chosen(&models, "LATITUDE 7450 ", None, Some("Dell Inc.")), Some(3));
        assert_eq!(chosen(&models, "Latitude 7440", None, Some("Dell")), None);
    }

    #[test]
    fn of_several_with_one_name_number_then_maker_choose() {
        let models = [
            model(1, "MacBook Pro", Some("A1"), Some("Apple")),
            model(2, "MacBook Pro", Some("A2"), Some("Apple")),
            model(3, "MacBook Pro", None, Some("Somebody")),
            model(4, "MacBook Pro", None, Some("Apple")),
        ];
        assert_eq!(chosen(&models, "MacBook Pro", Some("a2"), Some("Apple")), Some(2));
        assert_eq!(chosen(&models, "MacBook Pro", None, Some("Apple")), Some(4));
        assert_eq!(chosen(&models, "MacBook Pro", None, Some("Other")), Some(3));
        assert_eq!(chosen(&models[..2], "MacBook Pro", None, None), Some(1), "the oldest");
        assert_eq!(chosen(&models[..2], "MacBook Pro", Some("A3"), None), None);
    }
}
