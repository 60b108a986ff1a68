//! A condition asked once. What it names is looked up where it stands; what fails is told without values.

use std::sync::{Arc, LazyLock};

use cel::context::VariableResolver;
use cel::{Context, Env, ExecutionError, IdedExpr, Value};

use super::ConditionError;

static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// `empty`: what is said where something is null that must not be.
pub fn evaluate_expression(
    expression: &IdedExpr,
    values: &impl VariableResolver,
    empty: &'static str,
) -> Result<bool, ConditionError> {
    let mut context = Context::with_env(Arc::clone(&LANGUAGE));
    context.set_variable_resolver(values);
    match Value::resolve(expression, &context) {
        Ok(Value::Bool(holds)) => Ok(holds),
        Ok(other) => Err(ConditionError::NotBoolean {
            given: other.type_of().to_string(),
        }),
        Err(error) if has_wrong_kinds(&error) => Err(ConditionError::WrongKinds {
            what: describe_error(&error, empty),
        }),
        Err(error) => Err(ConditionError::from_evaluation(describe_error(&error, empty))),
    }
}

/// An operator as it is written: the language calls `>` `_>_`.
fn plain_function(name: &str) -> &str {
    name.trim_matches('_')
}

/// A type in the words of those who write conditions.
fn plain_type(name: &str) -> &str {
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
            if overload.argument_types().iter().any(|name| name.contains("null")) {
                format!("{function}: {empty}")
            } else {
                let types: Vec<&str> = overload.argument_types().iter().map(|name| plain_type(name)).collect();
                match types.as_slice() {
                    [left, right] => format!("{function} does not accept {left} and {right}"),
                    all => format!("{function} does not accept {}", all.join(", ")),
                }
            }
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
            format!("{operator} does not accept {} and {}", plain_type(&a), plain_type(&b))
        }
        ExecutionError::FunctionError { function, .. } => format!("{function} failed"),
        ExecutionError::NoSuchKey(name) => format!("no member {name}"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".to_owned(),
        ExecutionError::Overflow(operator, ..) => format!("{operator}: the number is too large"),
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
        assert_eq!(plain_type("string"), "a text");
        assert_eq!(plain_type("int"), "a number");
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
