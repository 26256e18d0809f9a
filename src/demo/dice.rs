//! The demo's dice: seeded, so that the same seed tells the same story.

use crate::domain::moment::{MINUTE_MS, Moment};

/// Chance of one strand of the story; strands do not disturb each other.
#[derive(Debug, Clone)]
pub struct Dice(fastrand::Rng);

impl Dice {
    /// The dice of a strand.
    pub fn new(seed: u64, strand: u64) -> Self {
        let mut mixed = seed ^ strand.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Dice(fastrand::Rng::with_seed(mixed ^ (mixed >> 27)))
    }

    /// Whether something of this likelihood happens. **Unit:** percent.
    pub fn percent(&mut self, likely: f64) -> bool {
        self.0.f64() * 100.0 < likely
    }

    /// A number below the given one; 0 if that is 0.
    pub fn below(&mut self, most: usize) -> usize {
        if most == 0 { 0 } else { self.0.usize(..most) }
    }

    /// A number from the first to the last, both included.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        self.0.i64(first..=last.max(first))
    }

    /// One of several; none of none.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// A place among weights, the heavier the likelier.
    pub fn weighed(&mut self, weights: &[f64]) -> usize {
        let mut left = self.0.f64() * weights.iter().sum::<f64>();
        for (place, weight) in weights.iter().enumerate() {
            if left < *weight {
                return place;
            }
            left -= weight;
        }
        weights.len().saturating_sub(1)
    }

    /// A value that is mostly near its median and sometimes far above it.
    pub fn around(&mut self, median: f64, spread: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.0.f64()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.0.f64()).cos();
        median * (spread * normal).exp()
    }

    /// A wait around a median, within bounds. **Unit:** minutes in, milliseconds out.
    pub fn wait(&mut self, median: f64, spread: f64, most: f64) -> i64 {
        let minutes = self.around(median, spread).clamp(0.15, most);
        (minutes * MINUTE_MS as f64) as i64
    }

    /// An instant within a span after another.
    pub fn within(&mut self, from: Moment, span_ms: i64) -> Moment {
        from.plus_ms(self.between(0, span_ms.max(0)))
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.u64(..)
    }
}
