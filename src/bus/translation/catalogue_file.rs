//! Reads a catalogue in the form of gettext (`.po`), which translators' programs know: as much of it as is used here.

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CatalogueEntry {
    /// Of a word that means different things in different places; else empty.
    pub place: String,
    pub english: String,
    pub german: String,
}

/// Which text a line in quotes goes on with.
#[derive(Clone, Copy)]
enum EntryField {
    Place,
    English,
    German,
}

/// All entries but the first, which is about the file.
pub(super) fn read_entries(text: &str) -> Vec<CatalogueEntry> {
    let mut entries = Vec::new();
    let mut entry = CatalogueEntry::default();
    let mut field = EntryField::English;
    for line in text.lines().chain([""]) {
        let line = line.trim();
        if line.is_empty() {
            let ended = std::mem::take(&mut entry);
            entries.extend(Some(ended).filter(|entry| !entry.english.is_empty()));
            continue;
        }
        let quoted = if let Some(rest) = line.strip_prefix("msgctxt ") {
            field = EntryField::Place;
            rest
        } else if let Some(rest) = line.strip_prefix("msgid ") {
            field = EntryField::English;
            rest
        } else if let Some(rest) = line.strip_prefix("msgstr ") {
            field = EntryField::German;
            rest
        } else {
            line
        };
        let Some(quoted) = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            continue;
        };
        let target = match field {
            EntryField::Place => &mut entry.place,
            EntryField::English => &mut entry.english,
            EntryField::German => &mut entry.german,
        };
        target.push_str(&unescape_text(quoted));
    }
    entries
}

fn unescape_text(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => (),
            },
            letter => text.push(letter),
        }
    }
    text
}
