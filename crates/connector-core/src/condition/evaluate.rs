//! A condition asked once. What it names is looked up where it stands; what fails is told without values.

use std::sync::{Arc, LazyLock};

use cel::common::ast::Expr;
use cel::context::VariableResolver;
use cel::{Context, Env, ExecutionError, IdedExpr, Value};

use super::dates::date_field_name;
use super::error::ConditionError;
use super::expression_parts::list_parts;

/// What is said where something else stands behind `in`.
pub(super) const LIST_BEHIND_IN: &str = "behind in comes a list, as in operatingSystem in [\"iOS\", \"iPadOS\"]";

static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// `empty`: what is said where something is null that must not be.
pub fn evaluate_expression(
    expression: &IdedExpr,
    values: &impl VariableResolver,
    empty: &'static str,
) -> Result<bool, ConditionError> {
    match resolve_expression(expression, values, empty)? {
        Value::Bool(holds) => Ok(holds),
        other => Err(ConditionError::NotBoolean {
            given: other.type_of().to_string(),
        }),
    }
}

/// Whatever it comes to.
pub(super) fn resolve_expression(
    expression: &IdedExpr,
    values: &impl VariableResolver,
    empty: &'static str,
) -> Result<Value, ConditionError> {
    let mut context = Context::with_env(Arc::clone(&LANGUAGE));
    context.set_variable_resolver(values);
    match Value::resolve(expression, &context) {
        Ok(value) => Ok(value),
        Err(error) if has_wrong_kinds(&error) => Err(ConditionError::WrongKinds {
            what: describe_error(&error, empty),
        }),
        Err(error) => {
            let told = describe_error(&error, empty);
            let empty_name = find_empty_name(expression, &error, &context).filter(|_| told.ends_with(empty));
            Err(ConditionError::from_evaluation(match empty_name {
                Some(name) => format!("{name}: {empty}"),
                None => told,
            }))
        }
    }
}

/// The name that is null, and that what failed was asked of; `None` where it may be one of several.
fn find_empty_name<'e>(expression: &'e IdedExpr, error: &ExecutionError, context: &Context<'_, '_>) -> Option<&'e str> {
    let function = match error {
        ExecutionError::NoSuchOverload(overload) => Some(plain_function(overload.function())),
        ExecutionError::ValuesNotComparable(..) => None,
        _ => return None,
    };
    let mut empty_name: Option<&str> = None;
    let mut pending = vec![expression];
    while let Some(next) = pending.pop() {
        let parts = list_parts(next);
        let may_fail = match &next.expr {
            Expr::Select(select) => !select.test && function.is_none_or(|function| function == "."),
            Expr::Call(call) => function.is_none_or(|function| function == plain_function(&call.func_name)),
            _ => false,
        };
        for part in parts.iter().filter(|_| may_fail) {
            if let Expr::Ident(name) = &part.expr
                && matches!(Value::resolve(part, context), Ok(Value::Null))
            {
                let name = date_field_name(name).unwrap_or(name);
                if empty_name.is_some_and(|other| other != name) {
                    return None;
                }
                empty_name = Some(name);
            }
        }
        pending.extend(parts);
    }
    empty_name
}

/// Whether what names nothing comes to something.
pub(super) fn is_resolvable(expression: &IdedExpr) -> bool {
    let context = Context::with_env(Arc::clone(&LANGUAGE));
    Value::resolve(expression, &context).is_ok()
}

/// An operator as it is written: the language calls `>` `_>_`, and `/` `div`.
fn plain_function(name: &str) -> &str {
    match name {
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        other => other.trim_matches('_').trim_start_matches('@'),
    }
}

/// A type in the words of those who write conditions.
pub(super) fn plain_type(name: &str) -> &str {
    match name {
        "string" => "a text",
        "int" | "uint" | "double" | "float" => "a number",
        "bool" => "true or false",
        "timestamp" => "a date",
        "duration" => "a duration",
        "list" => "a list",
        "map" => "an object",
        other => other,
    }
}

fn is_number(name: &str) -> bool {
    plain_type(name) == "a number"
}

fn is_fraction(name: &str) -> bool {
    matches!(name, "double" | "float")
}

/// Two types that an operator does not take together, by the names of the library.
fn describe_pair(function: &str, left: &str, right: &str) -> String {
    let function = plain_function(function);
    if function == "in" && !matches!(right, "list" | "map") {
        return LIST_BEHIND_IN.to_owned();
    }
    if is_number(left) && is_number(right) {
        return describe_numbers(function, [left, right]);
    }
    let is_text_with_number = (left == "string" && is_number(right)) || (is_number(left) && right == "string");
    let (left, right) = (plain_type(left), plain_type(right));
    if is_text_with_number {
        return format!(
            "{function} does not accept {left} and {right}; a text goes with a value in quotes, a number with one \
             without"
        );
    }
    format!("{function} does not accept {left} and {right}")
}

/// Numbers of two kinds are not taken together, and some operators take one kind only.
fn describe_numbers(operator: &str, types: [&str; 2]) -> String {
    match types.map(is_fraction) {
        [true, true] => format!("{operator} does not accept fractions; write int(…) around both numbers"),
        [false, false] => format!("{operator} does not accept these two numbers together; write int(…) around both"),
        [true, false] | [false, true] => format!(
            "{operator} does not accept a whole number and a fraction together; write both without a decimal point, as \
             in / 1024, or double(…) around the whole number"
        ),
    }
}

/// Whether the kinds of values are at fault, and not that one is missing.
fn has_wrong_kinds(error: &ExecutionError) -> bool {
    match error {
        ExecutionError::NoSuchOverload(overload) => !overload.argument_types().iter().any(|name| name.contains("null")),
        ExecutionError::ValuesNotComparable(a, b) | ExecutionError::UnsupportedBinaryOperator(_, a, b) => {
            !matches!((a, b), (Value::Null, _) | (_, Value::Null))
        }
        _ => false,
    }
}

/// The error without any value.
fn describe_error(error: &ExecutionError, empty: &'static str) -> String {
    match error {
        ExecutionError::NoSuchOverload(overload) => {
            let function = plain_function(overload.function());
            let types = overload.argument_types();
            if types.iter().any(|name| name.contains("null")) {
                return format!("{function}: {empty}");
            }
            if let [left, right] = types {
                return describe_pair(function, left, right);
            }
            let types: Vec<&str> = types.iter().map(|name| plain_type(name)).collect();
            format!("{function} does not accept {}", types.join(", "))
        }
        ExecutionError::UndeclaredReference(name) if name.starts_with('@') => format!("matches: {empty}"),
        ExecutionError::UndeclaredReference(name) => format!("unknown name {name}"),
        ExecutionError::ValuesNotComparable(a, b) => {
            if matches!((a, b), (Value::Null, _) | (_, Value::Null)) {
                empty.to_owned()
            } else {
                let [a, b] = [a, b].map(|value| value.type_of().to_string());
                format!("{} and {} cannot be compared", plain_type(&a), plain_type(&b))
            }
        }
        ExecutionError::UnsupportedBinaryOperator(operator, a, b) => {
            let [a, b] = [a, b].map(|value| value.type_of().to_string());
            describe_pair(operator, &a, &b)
        }
        ExecutionError::FunctionError { function, .. } => match function.as_str() {
            "timestamp" => "a text is not a time such as 2026-11-28T07:00:00Z".to_owned(),
            "duration" => "a text is not a length such as 720h or 90m".to_owned(),
            "timezone" => "a text is not a time zone such as Europe/Berlin".to_owned(),
            other => format!("{other} does not accept the value that it gets"),
        },
        ExecutionError::NoSuchKey(name) => format!("no member {name}"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".to_owned(),
        ExecutionError::Overflow(operator, ..) => {
            let operator = plain_function(operator);
            format!("{operator}: the number is too large")
        }
        _ => "it cannot be evaluated".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_and_types_are_named_as_people_write_them() {
        assert_eq!(plain_function("_>_"), ">");
        assert_eq!(plain_function("startsWith"), "startsWith");
        assert_eq!(["@in", "div", "rem"].map(plain_function), ["in", "/", "%"]);
        assert_eq!(plain_type("string"), "a text");
        assert_eq!(plain_type("int"), "a number");
    }

    #[test]
    fn wn_40_kinds_that_do_not_go_together_are_told_with_what_to_write() {
        for (source, words) in [
            (
                "17179869184 / 1073741824.0",
                "/ does not accept a whole number and a fraction",
            ),
            ("2.5 * 2", "double(…) around the whole number"),
            ("2.5 % 1.5", "% does not accept"),
            ("\"iOS\" in \"iOS,iPadOS\"", "behind in comes a list"),
            ("\"a\" - \"b\"", "- does not accept a text and a text"),
        ] {
            let program = cel::Program::compile(source).unwrap();
            let context = Context::with_env(Arc::clone(&LANGUAGE));
            let told = describe_error(&program.execute(&context).unwrap_err(), "empty");
            assert!(told.contains(words), "{source}: {told}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_told_without_the_names_of_the_library() {
        let program = cel::Program::compile("\"a\" > 30").unwrap();
        let context = Context::with_env(Arc::clone(&LANGUAGE));
        let error = program.execute(&context).unwrap_err();
        let told = describe_error(&error, "empty");
        assert!(!told.contains("_>_") && !told.contains("string"), "{told}");
    }
}
