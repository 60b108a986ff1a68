//! Rooms return errors of their own. What each becomes at the API (status, code, sentences) stands in one folder, and
//! whoever looks for it knows where.

use regex::Regex;

use super::sources::{SourceFile, mask_texts, read_sources};

/// Where errors become problems.
const TABLE: &str = "src/sics/problem/";
/// An `impl` that makes one of something else, from either side.
const CONVERSION: &str = concat!(
    r"\bimpl\b[^;{}]*(?:\bFrom\s*<[^;{}]*>\s*for\s+(?:\w+\s*::\s*)*ApiProblem\b",
    r"|\bInto\s*<\s*(?:\w+\s*::\s*)*ApiProblem\s*>\s*for\b)"
);

/// The path of its file for each of them.
fn list_conversions(files: &[SourceFile]) -> Vec<&str> {
    let conversion = Regex::new(CONVERSION).unwrap();
    let mut paths = Vec::new();
    for file in files {
        paths.extend(conversion.find_iter(&file.code).map(|_| file.path.as_str()));
    }
    paths
}

#[test]
fn errors_become_problems_in_one_folder() {
    let files = read_sources(&["src", "crates"]);
    let (inside, outside): (Vec<&str>, Vec<&str>) = list_conversions(&files)
        .into_iter()
        .partition(|path| path.starts_with(TABLE));
    assert!(inside.len() > 10, "they are looked for in vain: {inside:?}");
    assert!(
        outside.is_empty(),
        "move it into the file of its room in {TABLE}: {outside:?}"
    );
}

/// The control: in an invented room, of each form.
#[test]
fn an_error_that_becomes_a_problem_elsewhere_is_found() {
    let find = |text: &str| {
        let file = SourceFile {
            path: "src/sics/orders.rs".to_owned(),
            code: mask_texts(text),
        };
        list_conversions(&[file]).len()
    };
    assert_eq!(
        find("impl From<OrderError> for ApiProblem {\n}\nimpl From<OtherError> for ApiProblem {}"),
        2
    );
    assert_eq!(
        find("impl<'a> std::convert::From<&'a OrderError>\n    for crate::sics::ApiProblem {}"),
        1
    );
    assert_eq!(find("impl Into<super::ApiProblem> for OrderError {}"), 1);
    assert_eq!(find("impl IntoResponse for ApiProblem {}"), 0);
    assert_eq!(find("impl From<ApiProblem> for OrderAnswer {}"), 0);
    assert_eq!(
        find("// impl From<OrderError> for ApiProblem\nfn a(b: impl Into<ApiProblem>) {}"),
        0
    );
}
