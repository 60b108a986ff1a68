use std::io::{Cursor, Read};

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn column(title: &str, kind: CellKind) -> SheetColumn {
    SheetColumn {
        title: title.to_owned(),
        kind,
    }
}

fn columns() -> Vec<SheetColumn> {
    vec![
        column("Name", CellKind::Text),
        column("Share", CellKind::Number),
        column("Seen", CellKind::Time),
        column("Well", CellKind::Flag),
    ]
}

fn rows() -> Vec<Vec<Value>> {
    vec![
        vec![json!("=1+1"), json!(12.5), json!("2026-11-20T12:00:00Z"), json!(true)],
        vec![json!("Müller; \"PC\""), json!(3), Value::Null, json!(false)],
    ]
}

fn csv_text(separator: char, decimal: char) -> String {
    let mut bytes = Vec::new();
    let style = SheetStyle { separator, decimal };
    write_csv(&mut bytes, style, &columns(), rows().into_iter()).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn csv_has_its_separator_and_decimal_mark_and_no_formula() {
    assert_eq!(
        csv_text(',', '.'),
        "Name,Share,Seen,Well\n'=1+1,12.5,2026-11-20T12:00:00Z,true\n\"Müller; \"\"PC\"\"\",3,,false\n"
    );
    assert_eq!(
        csv_text(';', ','),
        "Name;Share;Seen;Well\n'=1+1;12,5;2026-11-20T12:00:00Z;true\n\"Müller; \"\"PC\"\"\";3;;false\n"
    );
    assert!(csv_text('\t', '.').starts_with("Name\tShare\tSeen\tWell\n"));
    assert!(
        csv_text(',', ',').contains("\"12,5\""),
        "it is quoted where it would separate"
    );
}

fn workbook(rows_per_sheet: usize) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let mut workbook = Workbook::new();
    workbook.set_tempdir(folder.path()).unwrap();
    fill_workbook(&mut workbook, "report", &columns(), rows().into_iter(), rows_per_sheet).unwrap();
    let mut bytes = Cursor::new(Vec::new());
    workbook.save_to_writer(&mut bytes).unwrap();
    drop(workbook);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing is left behind"
    );
    let mut archive = zip::ZipArchive::new(bytes).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let read = |name: String| {
        let mut text = String::new();
        archive.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
        (name, text)
    };
    names.into_iter().map(read).collect()
}

#[test]
fn a_workbook_has_typed_cells() {
    let files = workbook(10);
    let sheets: Vec<&String> = files
        .iter()
        .filter(|(name, _)| name.starts_with("xl/worksheets/sheet"))
        .map(|(_, text)| text)
        .collect();
    let [sheet] = sheets.as_slice() else {
        panic!("{files:?}")
    };
    assert!(
        sheet.contains("=1+1") && !sheet.contains("<f>"),
        "text is no formula: {sheet}"
    );
    assert!(
        sheet.contains("<v>12.5</v>") && sheet.contains("<v>46346.5</v>"),
        "{sheet}"
    );
    assert!(sheet.contains("t=\"b\""), "{sheet}");
    assert!(
        sheet.contains("Müller; \"PC\"") || sheet.contains("Müller; &quot;PC&quot;"),
        "{sheet}"
    );
}

#[test]
fn rows_that_do_not_fit_on_a_sheet_stand_on_the_next_under_the_same_titles() {
    let files = workbook(1);
    let sheets: Vec<&String> = files
        .iter()
        .filter(|(name, _)| name.starts_with("xl/worksheets/sheet"))
        .map(|(_, text)| text)
        .collect();
    assert_eq!(sheets.len(), 2);
    assert!(sheets.iter().all(|sheet| sheet.contains("Share")), "{sheets:?}");
    assert_eq!(sheets.iter().filter(|sheet| sheet.contains("=1+1")).count(), 1);
}

#[test]
fn a_long_text_is_cut_visibly_and_a_time_before_excels_is_text() {
    let long = "ä".repeat(TEXT_UNITS + 5);
    let fitted = fit_text(&long);
    assert_eq!(fitted.encode_utf16().count(), TEXT_UNITS);
    assert!(fitted.ends_with('…'));
    let whole = "ä".repeat(20_000);
    assert_eq!(fit_text(&whole), whole);
    assert_eq!(parse_time("1899-12-31T00:00:00Z").and_then(excel_days), None);
    assert_eq!(parse_time("1970-01-02T00:00:00Z").and_then(excel_days), Some(25_570.0));
}

proptest! {
    #[test]
    fn st_11_whatever_a_device_is_called_no_part_of_it_begins_with_a_formula(text in ".{0,40}") {
        for separator in [',', ';', '\t'] {
            let cell = escape_cell(&text, separator);
            for part in cell.split(|letter| SEPARATORS.contains(&letter) && letter != separator) {
                prop_assert!(!is_formula(part), "{cell:?}");
            }
        }
    }
}
