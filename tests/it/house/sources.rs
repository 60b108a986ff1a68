//! The sources of the product, without comments, texts and unit tests.

use std::path::{Path, PathBuf};

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// One file: its path from the root of the project, and its code alone.
pub struct SourceFile {
    pub path: String,
    pub code: String,
}

/// The Rust files of the product below these folders, unit tests left out.
pub fn read_sources(folders: &[&str]) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    folders
        .iter()
        .for_each(|folder| list_files(&Path::new(ROOT).join(folder), &mut paths));
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/") || path.contains("_tests/");
    let files = paths.into_iter().filter_map(|path| {
        let name = path.strip_prefix(ROOT).unwrap().display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let code = remove_tests(&mask_texts(&text));
        (!is_test(&name)).then_some(SourceFile { path: name, code })
    });
    files.collect()
}

fn list_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Comments and texts as blanks; line breaks stay.
pub fn mask_texts(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = |index: usize| letters.get(index).copied().unwrap_or('\0');
    let mut code = String::with_capacity(text.len());
    let mut index = 0;
    while index < letters.len() {
        let end = match at(index) {
            '/' if at(index + 1) == '/' => line_end(&letters, index),
            '/' if at(index + 1) == '*' => comment_end(&letters, index),
            '"' => text_end(&letters, index),
            'r' if !is_word(at(index.wrapping_sub(1))) && matches!(at(index + 1), '"' | '#') => {
                raw_end(&letters, index).unwrap_or(index)
            }
            '\'' => letter_end(&letters, index).unwrap_or(index),
            _ => index,
        };
        if end > index {
            let blank = |letter: &char| if *letter == '\n' { '\n' } else { ' ' };
            code.extend(letters[index..end.min(letters.len())].iter().map(blank));
            index = end;
        } else {
            code.push(at(index));
            index += 1;
        }
    }
    code
}

/// The texts of a source, each with its place in letters; raw ones are left out, as no sentence stands in one.
pub fn read_texts(text: &str) -> Vec<(usize, String)> {
    let letters: Vec<char> = text.chars().collect();
    let at = |index: usize| letters.get(index).copied().unwrap_or('\0');
    let (mut found, mut index) = (Vec::new(), 0);
    while index < letters.len() {
        let end = match at(index) {
            '/' if at(index + 1) == '/' => line_end(&letters, index),
            '/' if at(index + 1) == '*' => comment_end(&letters, index),
            '"' => {
                let end = text_end(&letters, index);
                found.push((index, unescape_text(&letters[index + 1..end - 1])));
                end
            }
            'r' if !is_word(at(index.wrapping_sub(1))) && matches!(at(index + 1), '"' | '#') => {
                raw_end(&letters, index).unwrap_or(index)
            }
            '\'' => letter_end(&letters, index).unwrap_or(index),
            _ => index,
        };
        index = end.max(index + 1);
    }
    found
}

/// What stands between the quotes, as the program has it.
fn unescape_text(quoted: &[char]) -> String {
    let (mut text, mut index) = (String::new(), 0);
    while index < quoted.len() {
        let escaped = quoted.get(index + 1).filter(|_| quoted[index] == '\\');
        match escaped {
            None => text.push(quoted[index]),
            Some('\n') => {
                let rest = &quoted[index + 2..];
                index += rest.iter().take_while(|letter| letter.is_whitespace()).count();
            }
            Some('n') => text.push('\n'),
            Some(other) => text.push(*other),
        }
        index += if escaped.is_some() { 2 } else { 1 };
    }
    text
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn line_end(letters: &[char], from: usize) -> usize {
    let rest = letters[from..].iter().position(|letter| *letter == '\n');
    rest.map_or(letters.len(), |length| from + length)
}

fn comment_end(letters: &[char], from: usize) -> usize {
    let rest = letters[from + 2..].windows(2).position(|two| two == ['*', '/']);
    rest.map_or(letters.len(), |length| from + 2 + length + 2)
}

fn text_end(letters: &[char], from: usize) -> usize {
    let mut index = from + 1;
    while index < letters.len() && letters[index] != '"' {
        index += if letters[index] == '\\' { 2 } else { 1 };
    }
    index + 1
}

fn raw_end(letters: &[char], from: usize) -> Option<usize> {
    let hashes = letters[from + 1..].iter().take_while(|letter| **letter == '#').count();
    let open = from + 1 + hashes;
    if letters.get(open) != Some(&'"') {
        return None;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let rest = letters[open + 1..].windows(close.len()).position(|part| part == close);
    rest.map(|length| open + 1 + length + close.len())
}

/// A letter in quotes, and not a lifetime.
fn letter_end(letters: &[char], from: usize) -> Option<usize> {
    if letters.get(from + 1) == Some(&'\\') {
        let rest = letters[from + 3..].iter().position(|letter| *letter == '\'');
        return rest.map(|length| from + 3 + length + 1);
    }
    (letters.get(from + 2) == Some(&'\'')).then_some(from + 3)
}

fn remove_tests(code: &str) -> String {
    let mut kept = code.to_owned();
    while let Some(from) = kept.find("#[cfg(test)]") {
        let rest = &kept[from..];
        let end = match (rest.find('{'), rest.find(';')) {
            (Some(open), Some(stop)) if stop < open => stop + 1,
            (Some(open), _) => block_end(rest, open),
            (None, stop) => stop.map_or(rest.len(), |stop| stop + 1),
        };
        kept.replace_range(from..from + end, "");
    }
    kept
}

/// Behind the bracket that closes this one.
pub fn block_end(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (index, letter) in code[open..].char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return open + index + 1;
        }
    }
    code.len()
}
