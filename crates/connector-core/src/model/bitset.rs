//! Which rows a scan has seen: one bit a device, so memory does not grow with what is known of it (S6).

use super::Row;

/// A growing set of small whole numbers. 100,000 devices take 12.5 kB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BitSet {
    bytes: Vec<u8>,
}

impl BitSet {
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        BitSet { bytes }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Adds a row; false where it was there already.
    pub fn insert(&mut self, row: Row) -> bool {
        let (byte, mask) = bit_position(row);
        if self.bytes.len() <= byte {
            self.bytes.resize(byte + 1, 0);
        }
        let new = self.bytes[byte] & mask == 0;
        self.bytes[byte] |= mask;
        new
    }

    pub fn contains(&self, row: Row) -> bool {
        let (byte, mask) = bit_position(row);
        self.bytes.get(byte).is_some_and(|bits| bits & mask != 0)
    }

    pub fn len(&self) -> u64 {
        self.bytes.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    /// The rows that are not in the set, as ranges from and to, in their order; the last one has no end.
    pub fn missing_ranges(&self) -> impl Iterator<Item = (Row, Row)> + '_ {
        let mut at = 0;
        let mut done = false;
        std::iter::from_fn(move || {
            if done {
                return None;
            }
            let from = self.next(at, false);
            let to = self.next(from, true);
            done = to == i64::MAX;
            at = to;
            (from < to).then_some((Row(from), Row(if done { to } else { to - 1 })))
        })
    }

    /// The rows that are in this set and not in the other, in their order.
    pub fn difference<'a>(&'a self, other: &'a BitSet) -> impl Iterator<Item = Row> + 'a {
        let in_byte = |(index, bits): (usize, &u8)| {
            let others = other.bytes.get(index).copied().unwrap_or(0);
            let left = bits & !others;
            (0..8)
                .filter(move |bit| left & 1 << bit != 0)
                .map(move |bit| Row((index * 8 + bit) as i64))
        };
        self.bytes.iter().enumerate().flat_map(in_byte)
    }

    /// The first row from `from` on that is in the set (or is not); whole bytes are passed over.
    fn next(&self, from: i64, is_in: bool) -> i64 {
        let bits = self.bytes.len() as i64 * 8;
        let pass = if is_in { 0 } else { 0xff };
        let mut row = from;
        while row < bits {
            if row % 8 == 0 && self.bytes[(row / 8) as usize] == pass {
                row += 8;
            } else if self.contains(Row(row)) == is_in {
                return row;
            } else {
                row += 1;
            }
        }
        if is_in { i64::MAX } else { row }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.iter().all(|bits| *bits == 0)
    }
}

fn bit_position(row: Row) -> (usize, u8) {
    let index = usize::try_from(row.0).expect("row numbers are positive");
    (index / 8, 1 << (index % 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_is_not_in_the_set() {
        let mut set = BitSet::default();
        assert_eq!(set.missing_ranges().collect::<Vec<_>>(), [(Row(0), Row(i64::MAX))]);
        for row in (0..40).filter(|row| ![3, 4, 17].contains(row)) {
            set.insert(Row(row));
        }
        let gaps: Vec<_> = set.missing_ranges().map(|(from, to)| (from.0, to.0)).collect();
        assert_eq!(gaps, [(3, 4), (17, 17), (40, i64::MAX)]);
    }

    #[test]
    fn what_one_set_has_and_the_other_has_not() {
        let of = |rows: &[i64]| {
            let mut set = BitSet::default();
            rows.iter().for_each(|row| _ = set.insert(Row(*row)));
            set
        };
        let (one, other) = (of(&[1, 7, 8, 90]), of(&[7, 9]));
        assert_eq!(one.difference(&other).collect::<Vec<_>>(), [Row(1), Row(8), Row(90)]);
        assert_eq!(other.difference(&one).collect::<Vec<_>>(), [Row(9)]);
        assert_eq!(one.difference(&one).count(), 0);
    }

    #[test]
    fn a_row_is_in_the_set_once_it_was_inserted_and_not_before() {
        let mut set = BitSet::default();
        assert!(!set.contains(Row(70)));
        assert!(set.insert(Row(70)));
        assert!(!set.insert(Row(70)));
        assert!(set.contains(Row(70)) && !set.contains(Row(71)) && !set.contains(Row(7_000)));
        assert_eq!(set.len(), 1);
        assert_eq!(BitSet::from_bytes(set.as_bytes().to_vec()), set);
    }
}
