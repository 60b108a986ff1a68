use proptest::prelude::*;

use super::*;

fn rough(body: impl Into<Vec<u8>>) -> Result<(UnprovenPage, Option<String>), GraphProblem> {
    UnprovenPage::new(body.into().into(), Timestamp::default(), 1)
}

fn exact(body: impl Into<Vec<u8>>) -> Result<(GraphPage, Option<String>), GraphProblem> {
    GraphPage::new(body.into().into(), Timestamp::default(), 1)
}

fn is_json(record: &[u8]) -> bool {
    std::str::from_utf8(record).is_ok_and(|text| serde_json::from_str::<&RawValue>(text).is_ok())
}

/// A cut whose every record is JSON is the parser's, and one that is not is found out.
fn agrees(body: &[u8]) {
    match (rough(body), exact(body)) {
        (Ok((rough, link)), Ok((page, true_link))) => {
            assert_eq!((link, rough.page().count), (true_link, page.count));
            let proven = rough.page().records().all(is_json);
            assert_eq!(rough.page().spans == page.spans, proven, "{}", body.escape_ascii());
            let corrected = rough.corrected_page().expect("it is readable");
            assert_eq!(corrected.map(|page| page.spans), (!proven).then_some(page.spans));
        }
        (Ok((rough, _)), Err(problem)) => {
            assert!(!rough.page().records().all(is_json), "{}", body.escape_ascii());
            assert_eq!(
                rough.corrected_page().expect_err("unreadable").to_string(),
                problem.to_string()
            );
        }
        (Err(problem), Err(expected)) => assert_eq!(problem.to_string(), expected.to_string()),
        (Err(problem), Ok(_)) => panic!("{problem}: {}", body.escape_ascii()),
    }
}

const FIRST: &str = r#"{"id":"1","model":"}],[{","x":[{"a":1}]}"#;
const SECOND: &str = r#"{"id":"2"}"#;

fn page(records: &str) -> String {
    format!(r#"{{"@odata.context":"c","@odata.count":2,"@odata.nextLink":"https:\/\/l","value":[{records}]}}"#)
}

#[test]
fn a_page_as_graph_writes_it_is_cut_without_a_parser() {
    for body in [
        page(&format!("{FIRST},{SECOND}")),
        format!(r#"{{"value":[{FIRST},{SECOND}],"@odata.nextLink":"https:\/\/l","@odata.count":2}}"#),
    ] {
        let PageSplit { spans, link, count } = split_page(body.as_bytes()).expect("as usual");
        let records: Vec<&str> = spans
            .iter()
            .map(|(from, to)| &body[*from as usize..*to as usize])
            .collect();
        assert_eq!(records, [FIRST, SECOND]);
        assert_eq!((link.as_deref(), count), (Some("https://l"), Some(2)));
        agrees(body.as_bytes());
    }
}

#[test]
fn a_page_that_looks_otherwise_is_left_to_the_parser() {
    for body in [
        page(""),
        page(&format!(" {FIRST},{SECOND}")),
        page(&format!("{FIRST},{SECOND} ")),
        page(&format!("{FIRST},{SECOND},7")),
        page(FIRST).replace("value", "v\\u0061lue"),
        page(FIRST).replace("\"@odata.count\":2", "\"value\":[]"),
        page(FIRST).replace("\"@odata.count\":2", "\"more\":{\"value\":[{\"id\":\"1\"}]}"),
        page(FIRST).replace("\"@odata.count\":2", "\"more\":"),
        format!("{{\"value\":[{FIRST}]}} trailing"),
        format!("{{\"value\":[{FIRST},{SECOND}"),
        format!("{{\"value\":[{FIRST},{SECOND}],\"@odata.nextLi"),
        format!("[{FIRST}]"),
        String::new(),
    ] {
        assert!(split_page(body.as_bytes()).is_none(), "{body}");
        agrees(body.as_bytes());
    }
}

#[test]
fn a_cut_in_the_wrong_place_is_corrected() {
    let nested = r#"{"id":"1","apps":[{"id":"a"},{"id":"b"}]}"#;
    let body = page(&format!("{nested},{SECOND}"));
    let (rough, _) = rough(body.as_str()).unwrap();
    assert_eq!(rough.page().len(), 3);
    let page = rough.corrected_page().unwrap().expect("it was cut otherwise");
    let records: Vec<&[u8]> = page.records().collect();
    assert_eq!(records, [nested.as_bytes(), SECOND.as_bytes()]);
}

#[test]
fn what_is_broken_in_the_midst_of_a_page_is_told_by_the_parser() {
    for broken in [
        r#"{"id":"3","model":tru}"#,
        r#"{"id":"3""#,
        r#"{"id":"3","model":"A},"#,
        "{\"id\":\"3\",\"model\":\"\u{1}\"}",
        r#"{"id":"3"{"error":{"code":"InternalServerError"}}"#,
    ] {
        let body = page(&format!("{FIRST},{broken},{SECOND}"));
        let (rough, _) = rough(body.as_str()).unwrap();
        assert!(
            matches!(rough.corrected_page(), Err(GraphProblem::Unreadable { .. })),
            "{body}"
        );
        agrees(body.as_bytes());
    }
    let mut bytes = page(&format!("{FIRST},{SECOND}")).into_bytes();
    let at = memmem::find(&bytes, b"model").expect("it is there");
    bytes[at] = 0xff;
    agrees(&bytes);
}

#[test]
fn a_page_that_was_broken_off_where_it_looks_like_an_end_is_found_out() {
    let body = format!("{{\"value\":[{FIRST}");
    let (rough, _) = rough(body.as_str()).unwrap();
    assert!(matches!(rough.corrected_page(), Err(GraphProblem::BrokenOff { .. })));
    agrees(body.as_bytes());
}

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        FIRST,
        SECOND,
        r#"{"id":"1","a":[{"id":"x"},{"id":"y"}]}"#,
        r#"{"model":"A","id":"4"}"#,
        "7",
        "null",
        "},{\"id\":\"",
        "}]",
        "\"value\":[",
        ",",
        "{",
        "}",
        "[",
        "]",
        "\"",
        " ",
        "\\",
        "é",
        "\u{1}",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_rough_cut_is_the_parsers_or_is_found_out(
        records in prop::collection::vec(piece(), 0..8),
        first in any::<bool>(),
        harm in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, piece()), 0..3),
    ) {
        let records = records.join(",");
        let mut body = if first { page(&records) } else { format!(r#"{{"value":[{records}],"@odata.nextLink":null}}"#) }
        .into_bytes();
        agrees(&body);
        for (at, length, piece) in harm {
            let from = at.index(body.len() + 1);
            let to = (from + length).min(body.len());
            body.splice(from..to, piece.bytes());
            agrees(&body);
        }
    }
}
