//! Chance from a seed: the same seed makes the same fleet on every machine and with every version of any library,
//! because the generator (SplitMix64) is the eight lines below.

use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// Dice of their own for one purpose, so that a draw added here does not shift every draw over there.
    pub fn apart(seed: u64, purpose: u64) -> Self {
        let mut dice = Dice(seed ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        dice.roll();
        dice
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0 up to, not including, `bound` (which must not be 0).
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.roll()) * bound as u128) >> 64) as usize
    }

    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }

    pub fn per_mille(&mut self, chance: usize) -> bool {
        self.below(1000) < chance
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The index of the weight that the draw fell on.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let total: u32 = weights.clone().sum();
        let mut left = self.below(total.max(1) as usize) as u32;
        for (index, weight) in weights.enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    pub fn uuid(&mut self) -> Uuid {
        let bits = (u128::from(self.roll()) << 64) | u128::from(self.roll());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// `length` characters out of `alphabet`.
    pub fn text(&mut self, alphabet: &str, length: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..length).map(|_| char::from(*self.pick(letters))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_rolls_the_same() {
        let (mut one, mut two) = (Dice::new(7), Dice::new(7));
        let rolls: Vec<u64> = (0..5).map(|_| one.roll()).collect();
        assert_eq!(rolls, (0..5).map(|_| two.roll()).collect::<Vec<_>>());
        assert_ne!(rolls[0], Dice::new(8).roll());
    }

    #[test]
    fn draws_stay_in_their_bounds() {
        let mut dice = Dice::new(1);
        assert!((0..1000).all(|_| dice.below(3) < 3));
        assert!((0..1000).all(|_| (5..=6).contains(&dice.between(5, 6))));
        assert!((0..1000).all(|_| dice.weighted([0, 2, 0].into_iter()) == 1));
    }
}
