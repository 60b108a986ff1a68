//! RSQL as the high-level API of GLPI reads it, as far as `==` goes: `;` binds closer than `,`, groups in brackets, values
//! with or without quotes. A comparison of a property that a row does not have is left out without a word.

use serde_json::Value;

enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Equal(String, String),
}

/// A filter, read. An error is one that GLPI answers with 400.
pub struct RowFilter(Test);

impl RowFilter {
    pub fn parse(text: &str) -> Result<RowFilter, String> {
        let signs: Vec<char> = text.chars().collect();
        let mut at = 0;
        let test = parse_any(&signs, &mut at)?;
        if at < signs.len() {
            return Err(format!("there is something behind place {at}"));
        }
        Ok(RowFilter(test))
    }

    pub fn fits(&self, row: &Value) -> bool {
        // All were left out: everything fits.
        fits(&self.0, row).unwrap_or(true)
    }
}

fn parse_any(signs: &[char], at: &mut usize) -> Result<Test, String> {
    let mut tests = vec![parse_all(signs, at)?];
    while signs.get(*at) == Some(&',') {
        *at += 1;
        tests.push(parse_all(signs, at)?);
    }
    Ok(Test::Any(tests))
}

fn parse_all(signs: &[char], at: &mut usize) -> Result<Test, String> {
    let mut tests = vec![parse_one(signs, at)?];
    while signs.get(*at) == Some(&';') {
        *at += 1;
        tests.push(parse_one(signs, at)?);
    }
    Ok(Test::All(tests))
}

fn parse_one(signs: &[char], at: &mut usize) -> Result<Test, String> {
    if signs.get(*at) == Some(&'(') {
        *at += 1;
        let group = parse_any(signs, at)?;
        if signs.get(*at) != Some(&')') {
            return Err("a group is not closed".to_owned());
        }
        *at += 1;
        return Ok(group);
    }
    let mut property = String::new();
    while let Some(sign) = signs.get(*at).filter(|sign| **sign != '=') {
        property.push(*sign);
        *at += 1;
    }
    if signs.get(*at..*at + 2) != Some(&['=', '='][..]) {
        return Err(format!("`{property}` has no operator that is known here"));
    }
    *at += 2;
    Ok(Test::Equal(property, parse_value(signs, at)))
}

fn parse_value(signs: &[char], at: &mut usize) -> String {
    let quote = signs.get(*at).copied().filter(|sign| matches!(sign, '"' | '\''));
    if quote.is_some() {
        *at += 1;
    }
    let mut value = String::new();
    while let Some(sign) = signs.get(*at).copied() {
        let is_end = match quote {
            Some(quote) => sign == quote,
            None => matches!(sign, ',' | ';' | ')'),
        };
        if is_end {
            break;
        }
        value.push(sign);
        *at += 1;
    }
    if quote.is_some() {
        *at += 1;
    }
    value
}

/// `None`: it was left out.
fn fits(test: &Test, row: &Value) -> Option<bool> {
    match test {
        Test::Equal(property, wanted) => {
            let (first, rest) = property.split_once('.').unwrap_or((property.as_str(), ""));
            let value = row.get(first)?;
            Some(match (value, rest) {
                (Value::Array(parts), rest) => parts.iter().any(|part| is_equal(&part[rest], wanted)),
                (value, "") => is_equal(value, wanted),
                (value, rest) => is_equal(&value[rest], wanted),
            })
        }
        Test::All(tests) => {
            let all: Vec<bool> = tests.iter().filter_map(|test| fits(test, row)).collect();
            (!all.is_empty()).then(|| all.iter().all(|fits| *fits))
        }
        Test::Any(tests) => {
            let all: Vec<bool> = tests.iter().filter_map(|test| fits(test, row)).collect();
            (!all.is_empty()).then(|| all.iter().any(|fits| *fits))
        }
    }
}

/// As MySQL compares: whatever the case.
fn is_equal(value: &Value, wanted: &str) -> bool {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return false,
    };
    text.to_lowercase() == wanted.to_lowercase()
}
