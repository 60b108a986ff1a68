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
        Err(error) => Err(ConditionError::from_evaluation(describe_error(&error, empty))),
    }
}

/// The error without any value.
fn describe_error(error: &ExecutionError, empty: &'static str) -> String {
    match error {
        ExecutionError::NoSuchOverload(overload) => {
            let types = overload.argument_types().join(", ");
            if types.contains("null") {
                format!("{}: {empty}", overload.function())
            } else {
                format!("{} does not accept ({types})", overload.function())
            }
        }
        ExecutionError::UndeclaredReference(name) if name.starts_with('@') => format!("matches: {empty}"),
        ExecutionError::UndeclaredReference(name) => format!("unknown name {name}"),
        ExecutionError::ValuesNotComparable(a, b) => {
            if matches!((a, b), (Value::Null, _) | (_, Value::Null)) {
                empty.to_owned()
            } else {
                format!("{} and {} cannot be compared", a.type_of(), b.type_of())
            }
        }
        ExecutionError::UnsupportedBinaryOperator(operator, a, b) => {
            format!("{operator} does not accept {} and {}", a.type_of(), b.type_of())
        }
        ExecutionError::FunctionError { function, .. } => format!("{function} failed"),
        ExecutionError::NoSuchKey(name) => format!("no member {name}"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".to_owned(),
        ExecutionError::Overflow(operator, ..) => format!("{operator}: the number is too large"),
        _ => "it cannot be evaluated".to_owned(),
    }
}
