//! The file of an export: CSV or JSON, alone in a zip. The zip is stored without compression, which every reader takes.

use serde_json::{Map, Value, json};

use super::table::{Table, plain};

/// With a byte order mark, as Intune writes it.
pub fn csv(table: &Table) -> String {
    let mut text = String::from("\u{feff}");
    let names = table.columns.iter().map(|column| column.name.to_owned());
    push_line(names, &mut text);
    for row in &table.rows {
        push_line(row.iter().map(plain), &mut text);
    }
    text
}

fn push_line(fields: impl Iterator<Item = String>, text: &mut String) {
    let fields: Vec<String> = fields.map(|field| quoted(&field)).collect();
    text.push_str(&fields.join(","));
    text.push_str("\r\n");
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

pub fn json_text(table: &Table) -> String {
    let rows = table.rows.iter().map(|row| {
        let members = table.columns.iter().zip(row);
        let members = members.map(|(column, value)| (column.name.to_owned(), value.clone()));
        Value::Object(members.collect::<Map<_, _>>())
    });
    json!({"values": rows.collect::<Vec<_>>()}).to_string()
}

/// The version of the format that can do no more than store.
const VERSION: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
/// 1980-01-01, the first day that the format knows.
const DAY: u16 = 0x21;

/// A zip with this one file, stored.
pub fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut check = flate2::Crc::new();
    check.update(content);
    let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    // What the local header and the directory have in common.
    let mut common = Vec::new();
    for value in [VERSION, FLAGS, 0, 0, DAY] {
        common.extend(value.to_le_bytes());
    }
    for value in [check.sum(), size, size] {
        common.extend(value.to_le_bytes());
    }
    common.extend(length.to_le_bytes());
    common.extend(0_u16.to_le_bytes());
    let mut file = Vec::with_capacity(content.len() + 256);
    file.extend(b"PK\x03\x04");
    file.extend(&common);
    file.extend(name.as_bytes());
    file.extend(content);
    let directory = file.len();
    file.extend(b"PK\x01\x02");
    file.extend(VERSION.to_le_bytes());
    file.extend(&common);
    // No comment, the first disk, no attributes, at the beginning.
    file.extend([0_u8; 2 + 2 + 2 + 4 + 4]);
    file.extend(name.as_bytes());
    let directory_size = file.len() - directory;
    file.extend(b"PK\x05\x06");
    file.extend([0_u8; 2 + 2]);
    file.extend(1_u16.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    for value in [directory_size, directory] {
        file.extend(u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes());
    }
    file.extend(0_u16.to_le_bytes());
    file
}

#[cfg(test)]
mod tests {
    use super::super::table::Column;
    use super::*;

    #[test]
    fn fields_that_need_it_are_quoted() {
        let table = Table {
            columns: ["A", "B"].map(|name| Column { name, kind: "String" }).into(),
            rows: vec![vec![json!("x, \"y\""), json!(7)], vec![json!(null), json!("z")]],
        };
        assert_eq!(csv(&table), "\u{feff}A,B\r\n\"x, \"\"y\"\"\",7\r\n,z\r\n");
        assert_eq!(
            json_text(&table),
            r#"{"values":[{"A":"x, \"y\"","B":7},{"A":null,"B":"z"}]}"#
        );
    }

    #[test]
    fn the_archive_has_the_layout_of_the_format() {
        let file = zip("a.csv", b"hello");
        // Local header 30 bytes, name, content; directory 46 bytes, name; end 22 bytes.
        assert_eq!(file.len(), 30 + 5 + 5 + 46 + 5 + 22);
        assert_eq!(&file[14..18], &0x3610_a686_u32.to_le_bytes(), "the CRC of hello");
        assert_eq!(&file[35..40], b"hello");
        assert_eq!(&file[file.len() - 6..file.len() - 2], &40_u32.to_le_bytes());
    }
}
