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
        let (byte, mask) = place(row);
        if self.bytes.len() <= byte {
            self.bytes.resize(byte + 1, 0);
        }
        let new = self.bytes[byte] & mask == 0;
        self.bytes[byte] |= mask;
        new
    }

    pub fn contains(&self, row: Row) -> bool {
        let (byte, mask) = place(row);
        self.bytes.get(byte).is_some_and(|bits| bits & mask != 0)
    }

    pub fn len(&self) -> u64 {
        self.bytes.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.iter().all(|bits| *bits == 0)
    }
}

fn place(row: Row) -> (usize, u8) {
    let index = usize::try_from(row.0).expect("row numbers are positive");
    (index / 8, 1 << (index % 8))
}

#[cfg(test)]
mod tests {
    use super::*;

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
