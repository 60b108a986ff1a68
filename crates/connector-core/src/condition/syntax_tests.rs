use super::super::{ConditionError, ConditionVocabulary, parse_condition};

fn told(source: &str) -> String {
    let words = ConditionVocabulary {
        lookup_name: &|_| Ok(()),
        is_date: &|_| false,
        allows_now: None,
    };
    match parse_condition(source, &words).expect_err(source) {
        ConditionError::Syntax { what, .. } => what,
        other => other.to_string(),
    }
}

#[test]
fn wi_21_a_number_that_is_too_large_is_told_as_one() {
    for source in [
        "size > 99999999999999999999",
        "99999999999999999999 < size",
        "name == '99999999999999999999' && size > 99999999999999999999",
    ] {
        let found = told(source);
        assert!(
            found.contains("99999999999999999999 is too large a number") && found.contains("9223372036854775807"),
            "{source}: {found}"
        );
    }
    assert!(told("size 5 > '99999999999999999999'").contains("is not expected here"));
}

#[test]
fn wn_40_lengths_functions_and_truth_are_told_as_they_are_written_here() {
    for (source, what) in [
        (
            "a < now - 30d",
            "30d is no length of time here; write duration(\"720h\")",
        ),
        ("a < now - 2w", "write duration(\"336h\")"),
        ("a < now - 90min", "write duration(\"90m\")"),
        (
            "a.startswith('CPC')",
            "line 1, column 3: unknown function \"startswith\"; did you mean \"startsWith\"?",
        ),
        (
            "a == 'len(' &&\n  len(b) > 2",
            "line 2, column 3: unknown function \"len\"; did you mean \"size\"?",
        ),
        ("getenv('HOME')", "line 1, column 1: unknown function \"getenv\""),
    ] {
        let found = told(source);
        assert!(found.contains(what), "{source}: {found}");
    }
    assert!(!told("a == 'x' '30d'").contains("length of time"));
    for given in ["yes", "False"] {
        let unknown = ConditionError::UnknownName {
            given: given.to_owned(),
            nearest: None,
        };
        assert!(unknown.to_string().ends_with("; write true or false"), "{unknown}");
    }
}

#[test]
fn n4_what_is_wrong_with_a_condition_is_told_in_words_of_our_own() {
    for (source, what) in [
        ("", "the condition is empty"),
        ("a = 'x'", "use == to compare"),
        ("a == 'x' & b == 'y'", "use && between two conditions"),
        ("a == 'x' | b == 'y'", "use || between two conditions"),
        ("a == 'x' and b == 'y'", "use && instead of and"),
        ("a == 'x' OR b == 'y'", "use || instead of or"),
        ("a eq 'x'", "use == instead of eq"),
        ("not a == 'x'", "use ! instead of not"),
        ("a <> 'x'", "use != instead of <>"),
        ("a == 'x", "a text is not closed: ' is missing"),
        ("(a == 'x'", "( is not closed"),
        ("a == 'x')", ") closes nothing: there is no ( before it"),
        ("a == “x”", "“ is not a quotation mark"),
        ("a ==", "something is missing at the end"),
        ("a == 'x', b", "is not expected here"),
        ("a > 99999999999999999999", "99999999999999999999 is too large a number"),
    ] {
        let found = told(source);
        assert!(found.contains(what), "{source}: {found}");
        for leak in [
            "token recognition",
            "mismatched",
            "expecting",
            "extraneous",
            "no viable",
            "<EOF>",
        ] {
            assert!(!found.contains(leak), "{source}: {found}");
        }
    }
}

#[test]
fn wn_53_a_place_is_where_people_count_it_and_its_word_is_told_whole() {
    for (source, told) in [
        ("", "line 1, column 1: the condition is empty"),
        (
            "name startsWith 'CEO'",
            "line 1, column 6: startsWith is a function; write name.startsWith(\"…\")",
        ),
        (
            "a == 'x' && name contains 'CEO'",
            "line 1, column 18: contains is a function; write name.contains(\"…\")",
        ),
        ("system is 'iOS'", "line 1, column 8: use == instead of is"),
        ("name is not null", "line 1, column 6: use != instead of is not"),
        ("if(a, b, c)", "line 1, column 1: use … ? … : … instead of if"),
        ("name != ''; b", "line 1, column 11: use && instead of ;"),
        ("name == 'Büro' b", "line 1, column 16: b is not expected here"),
        (
            "a == 'x' &&\n  b 'y z' == c",
            "line 2, column 5: 'y z' is not expected here",
        ),
        ("name ==", "line 1, column 8: something is missing at the end"),
    ] {
        let words = ConditionVocabulary {
            lookup_name: &|_| Ok(()),
            is_date: &|_| false,
            allows_now: None,
        };
        let found = parse_condition(source, &words).expect_err(source).to_string();
        assert!(found.starts_with(told), "{source}: {found}");
    }
}

#[test]
fn wn_53_versions_sizes_and_lists_are_told_as_they_are_written_here() {
    for (source, what) in [
        ("version >= 10.0.19045", "write \"10.0.19045\""),
        ("size > 64GB", "64GB is no number here; write 64 * 1073741824"),
        ("size > 64 GiB && a", "write 64 * 1073741824"),
        ("size <= 1.5 TB", "write 1649267441664"),
        ("size / 2mb > 1", "write 2 * 1048576"),
        ("system in ('iOS', 'iPadOS')", "behind in comes a list"),
        ("system in('iOS', 'iPadOS')", "behind in comes a list"),
        ("system in 'iOS', 'iPadOS'", "behind in comes a list"),
    ] {
        let found = told(source);
        assert!(found.contains(what), "{source}: {found}");
    }
    assert!(!told("a in ['x'], b").contains("a list"));
}

#[test]
fn wn_57_a_function_that_there_is_none_of_is_told_with_those_that_there_are() {
    for (source, what) in [
        ("lower(name) == 'x'", "write matches(\"(?i)^text$\")"),
        ("name.toUpperCase() == 'X'", "write matches(\"(?i)^text$\")"),
        (
            "name.trim() == 'x'",
            "there are contains, startsWith, endsWith, matches",
        ),
        ("name.beginsWith('x')", "did you mean \"startsWith\"?"),
    ] {
        let found = told(source);
        assert!(found.contains(what), "{source}: {found}");
    }
}
