//! What one text changes against another, line by line: the longest common lines stay, and long stretches of them are
//! folded.

/// Products of numbers of lines beyond which the middle is told as replaced whole: the table would be too large.
const CELLS_MAX: usize = 4_000_000;
/// Lines that are shown around a change.
const CONTEXT: usize = 3;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineChange {
    Same,
    Removed,
    Added,
}

/// A line, with what became of it.
pub(super) type DiffLine<'a> = (LineChange, &'a str);

/// Every line of both, in their order.
pub(super) fn diff_lines<'a>(before: &'a str, after: &'a str) -> Vec<DiffLine<'a>> {
    let before: Vec<&str> = before.lines().collect();
    let after: Vec<&str> = after.lines().collect();
    let start = before
        .iter()
        .zip(&after)
        .take_while(|(one, other)| one == other)
        .count();
    let rest = before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = rest.take_while(|(one, other)| one == other).count();
    let (old, new) = (&before[start..before.len() - end], &after[start..after.len() - end]);
    let same = |lines: &[&'a str]| lines.iter().map(|line| (LineChange::Same, *line)).collect::<Vec<_>>();
    let mut all = same(&before[..start]);
    all.extend(diff_middle(old, new));
    all.extend(same(&before[before.len() - end..]));
    all
}

fn diff_middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<DiffLine<'a>> {
    if old.len().saturating_mul(new.len()) > CELLS_MAX {
        let removed = old.iter().map(|line| (LineChange::Removed, *line));
        return removed
            .chain(new.iter().map(|line| (LineChange::Added, *line)))
            .collect();
    }
    let common = common_lengths(old, new);
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((LineChange::Same, old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push((LineChange::Removed, old[i]));
            i += 1;
        } else {
            lines.push((LineChange::Added, new[j]));
            j += 1;
        }
    }
    lines
}

/// Of each pair of ends, how many lines they have in common at most.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<u32>> {
    let mut lengths = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i][j] = if old[i] == new[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    lengths
}

/// A line, or how many lines that are the same are left out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ShownLine<'a> {
    Line(LineChange, &'a str),
    Folded(usize),
}

/// Long stretches of lines that are the same are folded, but for some around each change.
pub(super) fn fold_same<'a>(lines: &[DiffLine<'a>]) -> Vec<ShownLine<'a>> {
    let is_near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        let to = (at + CONTEXT + 1).min(lines.len());
        lines[from..to].iter().any(|(change, _)| *change != LineChange::Same)
    };
    let mut shown = Vec::new();
    for (at, (change, line)) in lines.iter().enumerate() {
        if is_near(at) {
            shown.push(ShownLine::Line(*change, line));
        } else if let Some(ShownLine::Folded(count)) = shown.last_mut() {
            *count += 1;
        } else {
            shown.push(ShownLine::Folded(1));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::LineChange::{Added, Removed, Same};
    use super::*;

    #[test]
    fn a_changed_line_is_removed_and_added_between_those_that_stay() {
        assert_eq!(
            diff_lines("a\nb\nc\nd", "a\nx\nc\nd\ne"),
            [
                (Same, "a"),
                (Removed, "b"),
                (Added, "x"),
                (Same, "c"),
                (Same, "d"),
                (Added, "e")
            ]
        );
        assert_eq!(diff_lines("a\nb", "a\nb"), [(Same, "a"), (Same, "b")]);
        assert_eq!(diff_lines("", "a"), [(Added, "a")]);
        assert_eq!(diff_lines("a", ""), [(Removed, "a")]);
        assert!(diff_lines("", "").is_empty());
    }

    #[test]
    fn both_texts_can_be_made_of_the_lines() {
        let (before, after) = ("a\nb\nc\nb\na", "b\nc\na\nc\nb");
        let lines = diff_lines(before, after);
        let text = |without: LineChange| {
            let kept = lines.iter().filter(|(change, _)| *change != without);
            kept.map(|(_, line)| *line).collect::<Vec<_>>().join("\n")
        };
        assert_eq!((text(Added).as_str(), text(Removed).as_str()), (before, after));
    }

    #[test]
    fn texts_that_share_repeated_ends_are_not_counted_twice() {
        assert_eq!(diff_lines("a\na", "a"), [(Same, "a"), (Removed, "a")]);
        assert_eq!(diff_lines("a", "a\na"), [(Same, "a"), (Added, "a")]);
    }

    #[test]
    fn long_stretches_of_the_same_are_folded() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let after = "1\n2\n3\n4\n5\n6\n7\n8\nx";
        let lines = diff_lines(before, after);
        let shown = fold_same(&lines);
        assert_eq!(shown[0], ShownLine::Folded(5));
        assert_eq!(shown[1], ShownLine::Line(Same, "6"));
        assert_eq!(shown.len(), 6);
        assert_eq!(fold_same(&diff_lines("a\nb", "a\nb")), [ShownLine::Folded(2)]);
    }
}
