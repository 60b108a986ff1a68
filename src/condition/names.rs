//! What somebody probably meant.

/// The known name that is nearest to what was written, if any is near.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let wanted = name.to_ascii_lowercase();
    known
        .into_iter()
        .map(|known| (distance(&wanted, &known.to_ascii_lowercase()), known))
        .min()
        .filter(|(steps, known)| *steps <= 2 + known.len() / 5)
        .map(|(_, known)| known)
}

/// Edits (insert, drop, replace) between two short words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
