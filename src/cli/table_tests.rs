//! Tables of one content in terminals of several widths.

use super::*;

const HEADS: [&str; 4] = ["DEVICE ID", "NAME", "SERIAL NUMBER", "EFFECT"];
const ID: &str = "7809c88c-0000-4000-8000-000000000001";
const EFFECT: &str = "everything on the device is deleted, it leaves Intune, and nobody can take it back";

fn row(name: &str) -> Vec<String> {
    [ID, name, "PF1234AB", EFFECT].map(str::to_owned).to_vec()
}

fn widest(text: &str) -> usize {
    text.lines().map(measure_width).max().unwrap_or(0)
}

#[test]
fn in_a_pipe_each_row_is_one_line_and_whole() {
    let text = lay_out_table(&HEADS, &[row("LAP-1"), row("LAP-2")], None);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].ends_with(EFFECT), "{text}");
}

#[test]
fn a_table_lines_up_in_columns_of_the_terminal() {
    let rows = [["민준", "1"], ["Übung", "22"], ["Zu\u{308}", "3"]].map(|row| row.map(str::to_owned).to_vec());
    assert_eq!(
        lay_out_table(&["name", "n"], &rows, Some(80)),
        "name   n\n민준   1\nÜbung  22\nZu\u{308}     3"
    );
}

#[test]
fn at_120_columns_what_describes_is_wrapped_in_its_cell() {
    let text = lay_out_table(&HEADS, &[row("LAP-1")], Some(120));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        widest(&text) <= 120 && lines[1].starts_with(&format!("{ID}  LAP-1  PF1234AB")),
        "{text}"
    );
    let effects: Vec<&str> = lines[1..].iter().map(|line| line[60..].trim()).collect();
    assert_eq!(effects.join(" "), EFFECT);
}

#[test]
fn at_80_and_40_columns_a_row_becomes_a_block_and_nothing_is_cut() {
    let rows = [row("LAP-1"), row("민준의 노트북")];
    let text = lay_out_table(&HEADS, &rows, Some(72));
    assert_eq!(
        text.split("\n\n").next().unwrap(),
        format!(
            "DEVICE ID:     {ID}\nNAME:          LAP-1\nSERIAL NUMBER: PF1234AB\nEFFECT:        everything on the device is \
             deleted, it leaves Intune,\n               and nobody can take it back"
        )
    );
    let text = lay_out_table(&HEADS, &rows, Some(40));
    assert!(text.contains(&format!("DEVICE ID:\n  {ID}\n")), "{text}");
    assert!(text.contains("\nNAME:          민준의 노트북\n"), "{text}");
    for width in [40, 80] {
        let text = lay_out_table(&HEADS, &rows, Some(width));
        assert!(widest(&text) <= width, "{text}");
        let said: Vec<&str> = text.split_whitespace().collect();
        let said = said.join(" ");
        assert_eq!(said.matches(EFFECT).count(), 2, "{text}");
        assert_eq!(said.matches(ID).count(), 2, "{text}");
    }
}

#[test]
fn a_table_that_fits_is_the_same_everywhere() {
    let rows = [vec!["a".to_owned(), "b".to_owned()]];
    let piped = lay_out_table(&["NAME", "ALLOWS"], &rows, None);
    for width in [40, 80, 120] {
        assert_eq!(lay_out_table(&["NAME", "ALLOWS"], &rows, Some(width)), piped);
    }
    assert_eq!(piped, "NAME  ALLOWS\na     b");
}

#[test]
fn lists_are_wrapped_behind_their_commas() {
    let rights = "Devices_Read,Jobs_Send,Actions_Sync,Actions_RemoteLock,Servers_Announce";
    let rows = [vec!["helpdesk".to_owned(), rights.to_owned()]];
    let text = lay_out_table(&["NAME", "RIGHTS"], &rows, Some(60));
    assert_eq!(
        text,
        "NAME      RIGHTS\nhelpdesk  Devices_Read,Jobs_Send,Actions_Sync,\n          Actions_RemoteLock,Servers_Announce"
    );
}

#[test]
fn a_record_lines_up_and_wraps_behind_its_names() {
    let fields = [
        ("server", "cmdb".to_owned()),
        ("filter", "operatingSystem == \"iOS\" && model != \"x\"".to_owned()),
    ];
    assert_eq!(
        lay_out_record(&fields, None),
        "server: cmdb\nfilter: operatingSystem == \"iOS\" && model != \"x\""
    );
    assert_eq!(
        lay_out_record(&fields, Some(40)),
        "server: cmdb\nfilter: operatingSystem == \"iOS\" &&\n        model != \"x\""
    );
    let path = "/".to_owned() + &"x".repeat(99);
    let text = lay_out_record(&[("file", path.clone())], Some(40));
    assert!(widest(&text) <= 40, "{text}");
    assert_eq!(text.lines().skip(1).map(str::trim).collect::<String>(), path);
}
