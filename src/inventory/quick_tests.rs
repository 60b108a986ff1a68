use proptest::prelude::*;

use super::*;
use crate::inventory::properties::COUNT;

/// What the long way makes of a record, to be compared.
type Parts<'a> = (Vec<&'a str>, Vec<(String, &'a str)>);

fn parts<'a>(slots: &RecordSlots<'a>) -> Parts<'a> {
    let known = (0..COUNT).map(|index| if slots.is_present(index) { slots.get(index) } else { "" });
    let unknown = slots.unknown.iter().map(|(name, value)| (name.to_string(), *value));
    (known.collect(), unknown.collect())
}

/// The short way gives what the long way gives, or nothing; tells whether it gave something.
fn agrees(record: &str) -> bool {
    let short = parse_fast(record);
    if let Some(short) = &short {
        let long = RecordSlots::parse_slow(record).unwrap_or_else(|error| panic!("{record}: {error}"));
        assert_eq!(parts(short), parts(&long), "{record}");
    }
    short.is_some()
}

/// As Graph writes a device: every property of a list in the order of the table.
fn usual() -> String {
    let values = [
        "null",
        "\"\"",
        "\"A b\"",
        "true",
        "false",
        "0",
        "255404802048",
        "\"2026-11-19T23:17:06Z\"",
        "[]",
    ];
    let listed = TABLE.iter().filter(|property| !property.beta && !property.unlisted);
    let fields = listed
        .zip(values.iter().cycle())
        .map(|(p, value)| format!("{}{value}", p.key));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

#[test]
fn what_graph_usually_writes_is_read_the_short_way() {
    assert!(agrees(&usual()));
    for record in [
        r#"{"model":"Zoë's \"Mini\" \\","imei":"\u00e9"}"#,
        r#"{"imei":"","model":null,"new":{"a":[1,2],"b":"}"},"id":"x","@odata.type":"y","model":"B"}"#,
        r#"{"skuNumber":-5,"physicalMemoryInBytes":1.5e3,"iccid":[{"id":1},{"id":2}],"x":-0.1}"#,
        r#"{"":1,"model ":2,"new":0}"#,
    ] {
        assert!(agrees(record), "{record}");
    }
}

#[test]
fn what_is_out_of_the_ordinary_is_left_to_the_parser() {
    let many: Vec<String> = (0..=UNKNOWN_MAX).map(|n| format!("\"k{n}\":1")).collect();
    let many = format!("{{{}}}", many.join(","));
    for record in [
        "",
        "{}",
        "{",
        "17",
        "[]",
        "{\"model\":\"A\"} ",
        " {\"model\":\"A\"}",
        "{\"model\": \"A\"}",
        "{\"model\":\"A\" }",
        "{\"model\" :\"A\"}",
        "{ \"model\":\"A\"}",
        "{\"model\":\"A\",}",
        "{\"model\":\"A\"}}",
        "{\"model\":\"A\"",
        "{\"model\":\"A}",
        "{\"model\":\"A\\\"}",
        "{\"model\":\"A\n\"}",
        "{\"model\":\"A\\x\"}",
        "{\"m\\u006fdel\":\"A\"}",
        "{\"model\":nul}",
        "{\"model\":nulls}",
        "{\"model\":tru,\"a\":e}",
        "{\"model\":01}",
        "{\"model\":1.}",
        "{\"model\":-}",
        "{\"model\":}",
        "{\"model\":[1,]}",
        "{\"model\":{\"a\"}}",
        "{model:1}",
        "{\"model\"}",
        "{\"model\"\"A\"}",
        &many,
    ] {
        assert!(!agrees(record), "{record}");
    }
}

/// Pieces of which records are made, and broken.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0..COUNT).prop_map(|index| TABLE[index].key.to_owned()),
        8 => prop::sample::select(vec![
            "null", "true", "false", "0", "-1", "12", "1.50", "1e5", "\"\"", "\"x\"", "\"\\\"\"", "\"\\u00e9\"", "\"é\"",
            "[]", "{}", "[1,{\"a\":\"b\"}]", "{\"id\":\"x\"}", ",", ":", "{", "}", "[", "]", "\"", "\\", " ", "\n", "\t",
            "\u{1}", "\"new\":", "\"n\\u0065w\":", "\"a@odata.type\":",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "\"[ -!#-\\[\\]-~äß電]{0,20}\"",
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| serde_json::Value::from(number).to_string()),
        "\\PC{0,12}".prop_map(|text| serde_json::Value::from(text).to_string()),
        prop::sample::select(vec!["null", "true", "[ 1, 2 ]", "{\"a\":{}}", "\"\\ud800\"", "\"\\/\""])
            .prop_map(str::to_owned),
    ]
}

/// A record whose keys stand in any order, some of them unknown or there twice.
fn record() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        8 => (0..COUNT).prop_map(|index| TABLE[index].key.to_owned()),
        1 => "[a-z@]{0,6}".prop_map(|name| format!("\"{name}\":")),
    ];
    let fields = prop::collection::vec((key, value()), 1..30);
    fields.prop_map(|fields| {
        let fields: Vec<String> = fields.into_iter().map(|(key, value)| key + &value).collect();
        format!("{{{}}}", fields.join(","))
    })
}

/// Cuts something out of a text and puts something else there.
fn mend(text: &str, at: prop::sample::Index, length: usize, piece: &str) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let from = at.index(places.len());
    let to = (from + length).min(places.len() - 1);
    format!("{}{piece}{}", &text[..places[from]], &text[places[to]..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn both_ways_give_the_same(record in record()) {
        agrees(&record);
    }

    #[test]
    fn both_ways_give_the_same_whatever_was_done_to_a_record(
        record in prop_oneof![Just(usual()), record()],
        harm in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, piece()), 1..4),
    ) {
        let harmed = harm.iter().fold(record, |text, (at, length, piece)| mend(&text, *at, *length, piece));
        agrees(&harmed);
    }

    #[test]
    fn both_ways_give_the_same_of_any_pieces(pieces in prop::collection::vec(piece(), 0..12)) {
        agrees(&pieces.concat());
        agrees(&format!("{{{}}}", pieces.concat()));
    }
}
