//! What single GETs taught under other settings, made to fit the present ones: what nobody receives any more is not
//! kept (F8), and a device that was never asked for what is received now is asked again. Pure.

use super::properties::{PropertyMask, PropertySource, TABLE, mask_where, property_bit};
use super::record_slots::RecordSlots;

/// What is left of `enrichment`, and whether it holds everything that `allowed` lets a GET teach.
pub(crate) fn project_enrichment(enrichment: &str, allowed: PropertyMask) -> (Option<String>, bool) {
    let enrichable = allowed & mask_where(|property| property.owner == PropertySource::Get && !property.beta);
    let Ok(slots) = RecordSlots::from_json(enrichment) else {
        return (None, enrichable == 0);
    };
    let (mut kept, mut is_complete) = (String::new(), true);
    for (index, property) in TABLE
        .iter()
        .enumerate()
        .filter(|(index, _)| enrichable & property_bit(*index) != 0)
    {
        if !slots.is_present(index) {
            is_complete &= property.unlisted;
            continue;
        }
        kept.push(if kept.is_empty() { '{' } else { ',' });
        kept.push_str(property.key);
        kept.push_str(slots.get(index));
    }
    if !kept.is_empty() {
        kept.push('}');
    }
    ((!kept.is_empty()).then_some(kept), is_complete)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::fields::named_properties;

    #[test]
    fn f8_what_was_learned_and_is_not_received_any_more_goes() {
        let learned = r#"{"notes":"under the desk","ethernetMacAddress":"001122"}"#;
        let (kept, whole) = project_enrichment(learned, named_properties(&["notes", "deviceName"]).unwrap());
        assert_eq!((kept.as_deref(), whole), (Some(r#"{"notes":"under the desk"}"#), true));
        assert_eq!(
            project_enrichment(learned, named_properties(&["deviceName"]).unwrap()),
            (None, true)
        );
    }

    #[test]
    fn f8_what_was_never_asked_for_and_is_received_now_is_asked_for() {
        let allowed = named_properties(&["notes", "ethernetMacAddress"]).unwrap();
        assert!(!project_enrichment(r#"{"notes":null}"#, allowed).1);
        assert_eq!(project_enrichment("broken", allowed), (None, false));
        let learned = r#"{"ethernetMacAddress":null,"notes":null}"#;
        assert!(project_enrichment(learned, allowed).1, "asked, and nothing was there");
    }
}
