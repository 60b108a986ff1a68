//! Fields whose words are known, compared with a text that is none of them and looks like one: no device ever has
//! `"Compliant"`. Asked of what is written now; a word that nobody here knows may be one that Microsoft has added.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use super::ConditionError;
use super::value_kinds::check_kinds;
use crate::condition::list_parts;
use crate::inventory::device_index::known_words;
use crate::model::nearest_name;

/// Where only the kinds of values are looked at: no text is more or less than a word.
const ORDERED: [&str; 4] = [
    operators::GREATER_EQUALS,
    operators::GREATER,
    operators::LESS_EQUALS,
    operators::LESS,
];

/// The first text that is compared with such a field and is a slip of the pen, or the first value of another kind than its
/// field. Of a condition or an expression whose names are those of a device.
pub fn check_words(expression: &IdedExpr) -> Result<(), ConditionError> {
    let mut pending = vec![expression];
    while let Some(next) = pending.pop() {
        if let Expr::Call(call) = &next.expr {
            check_comparison(call)?;
        }
        pending.extend(list_parts(next));
    }
    Ok(())
}

fn check_comparison(call: &CallExpr) -> Result<(), ConditionError> {
    let compares = [operators::EQUALS, operators::NOT_EQUALS, operators::IN].contains(&call.func_name.as_str());
    match call.args.as_slice() {
        [left, right] if compares => {
            check_kinds(left, right)?;
            check_kinds(right, left)?;
            check_texts(left, right)?;
            check_texts(right, left)
        }
        [left, right] if ORDERED.contains(&call.func_name.as_str()) => {
            check_kinds(left, right)?;
            check_kinds(right, left)
        }
        _ => Ok(()),
    }
}

/// `other`: a text, or a list of them.
fn check_texts(field: &IdedExpr, other: &IdedExpr) -> Result<(), ConditionError> {
    let Expr::Ident(name) = &field.expr else {
        return Ok(());
    };
    let Some(known) = known_words(name) else {
        return Ok(());
    };
    let texts = match &other.expr {
        Expr::List(list) => list.elements.as_slice(),
        _ => std::slice::from_ref(other),
    };
    for text in texts {
        let Expr::Literal(LiteralValue::String(text)) = &text.expr else {
            continue;
        };
        let given = text.inner().to_string();
        let is_known = known.contains(&given.as_str());
        if let Some(nearest) = nearest_name(&given, known.iter().copied()).filter(|_| !is_known) {
            return Err(ConditionError::NoSuchWord {
                name: name.clone(),
                given: given.chars().take(80).collect(),
                nearest: nearest.to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::inventory::DeviceCondition;
    use crate::model::Timestamp;

    #[test]
    fn wn_24_a_word_that_no_device_has_is_led_to_the_one_that_is_meant() {
        let compile = |source: &str| DeviceCondition::compile_asked(source, Timestamp::UNIX_EPOCH);
        for (source, told) in [
            (
                r#"complianceState == "Compliant""#,
                r#"complianceState is never "Compliant"; did you mean "compliant"?"#,
            ),
            (
                r#""non-compliant" != complianceState"#,
                r#"did you mean "noncompliant"?"#,
            ),
            (
                r#"model == "X" || complianceState in ["compliant", "inGraceperiod"]"#,
                r#"did you mean "inGracePeriod"?"#,
            ),
            (
                r#"!(managedDeviceOwnerType == "Personal")"#,
                r#"managedDeviceOwnerType is never "Personal""#,
            ),
        ] {
            let refused = compile(source).expect_err(source).to_string();
            assert!(refused.contains(told), "{source}: {refused}");
        }
        for (given, meant) in [
            ("ios", "iOS"),
            ("windows", "Windows"),
            ("Windows 11", "Windows"),
            ("macos", "macOS"),
            ("Mac OS", "macOS"),
            ("android", "Android"),
        ] {
            let source = format!("operatingSystem == {given:?}");
            let refused = compile(source.as_str()).expect_err(&source).to_string();
            assert!(
                refused.contains(&format!("did you mean {meant:?}?")),
                "{source}: {refused}"
            );
        }
        for source in [
            r#"operatingSystem in ["iOS", "iPadOS", "tvOS"] || operatingSystem == "Windows Phone""#,
            r#"operatingSystem == "watchOS" || operatingSystem != "Android (AOSP)""#,
            r#"complianceState in ["compliant", "noncompliant"]"#,
            r#"complianceState == "quarantined""#,
            r#"complianceState.startsWith("Comp") || model == "Compliant""#,
            "complianceState != null",
        ] {
            assert!(compile(source).is_ok(), "{source}");
        }
        // What is kept in settings, and in the texts of workflows, goes on.
        let kept = r#"complianceState == "Compliant""#;
        assert!(DeviceCondition::compile(kept).is_ok());
        assert!(DeviceCondition::compile_at(kept, Timestamp::UNIX_EPOCH).is_ok());
    }
}
