//! Fields compared with a value of another kind, as in `osVersion == 10` and `isEncrypted == "true"`: no device ever matches,
//! and nothing fails. Asked of what is written now.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};

use super::ConditionError;
use super::readable_fields::find_readable;
use crate::inventory::properties::{PropertyKind, TABLE};

/// `other`: a value, or a list of them.
pub(super) fn check_kinds(field: &IdedExpr, other: &IdedExpr) -> Result<(), ConditionError> {
    let Expr::Ident(name) = &field.expr else {
        return Ok(());
    };
    let Some(property) = find_readable(name) else {
        return Ok(());
    };
    if let Some(date) = difference_as_date(other)
        && matches!(TABLE[property].kind, PropertyKind::Date | PropertyKind::Text)
    {
        let what = format!("a date stands in quotes; write {date:?}");
        return Err(ConditionError::WrongKinds { what });
    }
    let values = match &other.expr {
        Expr::List(list) => list.elements.as_slice(),
        _ => std::slice::from_ref(other),
    };
    let mut literals = values.iter().filter_map(|value| match &value.expr {
        Expr::Literal(literal) => Some(literal),
        _ => None,
    });
    match literals.find_map(|literal| describe_other_kind(name, TABLE[property].kind, literal)) {
        Some(what) => Err(ConditionError::WrongKinds { what }),
        None => Ok(()),
    }
}

/// `2026-11-28` without quotes, which the parser takes for a difference of numbers.
fn difference_as_date(expression: &IdedExpr) -> Option<String> {
    let (first, day) = split_difference(expression)?;
    let (year, month) = split_difference(first)?;
    let (year, month, day) = (read_number(year)?, read_number(month)?, read_number(day)?);
    let is_date = (1970..=2199).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    is_date.then(|| format!("{year}-{month:02}-{day:02}"))
}

fn split_difference(expression: &IdedExpr) -> Option<(&IdedExpr, &IdedExpr)> {
    match &expression.expr {
        Expr::Call(call) if call.func_name == operators::SUBSTRACT => match call.args.as_slice() {
            [left, right] => Some((left, right)),
            _ => None,
        },
        _ => None,
    }
}

fn read_number(expression: &IdedExpr) -> Option<i64> {
    match &expression.expr {
        Expr::Literal(LiteralValue::Int(number)) => Some(*number.inner()),
        _ => None,
    }
}

fn describe_other_kind(name: &str, kind: PropertyKind, value: &LiteralValue) -> Option<String> {
    let is_text = matches!(value, LiteralValue::String(_));
    let is_number = matches!(
        value,
        LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_)
    );
    let is_truth = matches!(value, LiteralValue::Boolean(_));
    let is_bare = is_number || is_truth;
    match kind {
        PropertyKind::Text | PropertyKind::Enum if is_bare => {
            Some(format!("{name} holds a text; write the value in quotes"))
        }
        PropertyKind::Date if is_bare => Some(format!("{name} holds a date; write it in quotes, as in \"2026-11-28\"")),
        PropertyKind::Number if is_text => Some(format!("{name} holds a number; write the value without quotes")),
        PropertyKind::Number if is_truth => Some(format!("{name} holds a number, and is never true or false")),
        PropertyKind::Boolean if is_text || is_number => {
            Some(format!("{name} is true or false; write one of the two, without quotes"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::inventory::DeviceCondition;
    use crate::model::Timestamp;

    #[test]
    fn wn_51_a_value_of_another_kind_than_its_field_is_refused_with_how_it_is_written() {
        let compile = |source: &str| DeviceCondition::compile_asked(source, Timestamp::UNIX_EPOCH);
        for (source, told) in [
            ("osVersion == 10.0", "osVersion holds a text; write the value in quotes"),
            ("!(7 != model)", "model holds a text"),
            ("model in ['X', 5]", "model holds a text"),
            ("deviceName == true", "deviceName holds a text"),
            ("lastSyncDateTime == 2026", "write it in quotes, as in \"2026-11-28\""),
            (
                "totalStorageSpaceInBytes == '5'",
                "totalStorageSpaceInBytes holds a number; write the value without quotes",
            ),
            (
                "isEncrypted == 'true'",
                "isEncrypted is true or false; write one of the two, without quotes",
            ),
            ("isEncrypted == 1", "isEncrypted is true or false"),
            (
                "lastSyncDateTime == 2026-11-28",
                "a date stands in quotes; write \"2026-11-28\"",
            ),
            ("2026-01-05 != enrolledDateTime", "write \"2026-01-05\""),
            ("isEncrypted != 'yes'", "isEncrypted is true or false"),
            ("isSupervised in ['true', 'false']", "isSupervised is true or false"),
            ("imei == 490154203237518", "imei holds a text"),
            ("serialNumber == 12345", "serialNumber holds a text"),
            (
                "totalStorageSpaceInBytes == true",
                "totalStorageSpaceInBytes holds a number, and is never true or false",
            ),
        ] {
            let refused = compile(source).expect_err(source).to_string();
            assert!(refused.contains(told), "{source}: {refused}");
        }
        for source in [
            "osVersion == '10.0' && model != null",
            "totalStorageSpaceInBytes == 5 && isEncrypted == true",
            "lastSyncDateTime == '2026'",
            "totalStorageSpaceInBytes > 2026-11-28",
            "isEncrypted // since 2026-11-28",
        ] {
            assert!(compile(source).is_ok(), "{source}");
        }
        // What is kept in settings, and in the texts of workflows, goes on.
        assert!(DeviceCondition::compile("osVersion == 10.0").is_ok());
        assert!(DeviceCondition::compile("enrolledDateTime != 2026-11-28").is_ok());
    }
}
