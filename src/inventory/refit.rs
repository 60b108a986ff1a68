//! What single GETs taught under other settings, made to fit the present ones: what nobody receives any more is not
//! kept (F8), and a device that was never asked for what is received now is asked again. Pure.

use super::properties::{Mask, Owner, TABLE, bit, mask_of};
use super::record::Slots;

/// What is left of `learned`, and whether it holds everything that `allowed` lets a GET teach.
pub fn refit(learned: &str, allowed: Mask) -> (Option<String>, bool) {
    let taught = allowed & mask_of(|property| property.owner == Owner::Get && !property.beta);
    let Ok(slots) = Slots::read(learned) else {
        return (None, taught == 0);
    };
    let (mut kept, mut whole) = (String::new(), true);
    for (index, property) in TABLE.iter().enumerate().filter(|(index, _)| taught & bit(*index) != 0) {
        if !slots.is_present(index) {
            whole &= property.unlisted;
            continue;
        }
        kept.push(if kept.is_empty() { '{' } else { ',' });
        kept.push_str(property.key);
        kept.push_str(slots.get(index));
    }
    if !kept.is_empty() {
        kept.push('}');
    }
    ((!kept.is_empty()).then_some(kept), whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::fields::named;

    #[test]
    fn f8_what_was_learned_and_is_not_received_any_more_goes() {
        let learned = r#"{"notes":"under the desk","ethernetMacAddress":"001122"}"#;
        let (kept, whole) = refit(learned, named(&["notes", "deviceName"]).unwrap());
        assert_eq!((kept.as_deref(), whole), (Some(r#"{"notes":"under the desk"}"#), true));
        assert_eq!(refit(learned, named(&["deviceName"]).unwrap()), (None, true));
    }

    #[test]
    fn f8_what_was_never_asked_for_and_is_received_now_is_asked_for() {
        let allowed = named(&["notes", "ethernetMacAddress"]).unwrap();
        assert!(!refit(r#"{"notes":null}"#, allowed).1);
        assert_eq!(refit("broken", allowed), (None, false));
        let learned = r#"{"ethernetMacAddress":null,"notes":null}"#;
        assert!(refit(learned, allowed).1, "asked, and nothing was there");
    }
}
