//! Repeated measurements: median and spread.

use serde::Serialize;
use std::time::{Duration, Instant};

/// One row of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Key in the JSON.
    pub key: String,
    /// What it measures.
    pub what: String,
    /// Unit of the numbers.
    pub unit: &'static str,
    /// Median.
    pub median: f64,
    /// First decile.
    pub low: f64,
    /// Ninth decile.
    pub high: f64,
    /// How often it was measured.
    pub samples: usize,
    /// What it must reach: at most this, or at least for a rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
}

impl Row {
    /// A row from samples in the row's unit.
    pub fn of(key: &str, what: &str, unit: &'static str, mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let at = |part: f64| {
            samples
                .get(((samples.len() as f64 - 1.0) * part).round() as usize)
                .copied()
                .unwrap_or(f64::NAN)
        };
        Self {
            key: key.into(),
            what: what.into(),
            unit,
            median: at(0.5),
            low: at(0.1),
            high: at(0.9),
            samples: samples.len(),
            target: None,
        }
    }

    /// Adds what it must reach.
    pub fn target(mut self, target: f64) -> Self {
        self.target = Some(target);
        self
    }

    /// Whether the target is reached; for a rate more is better.
    pub fn reached(&self) -> Option<bool> {
        self.target.map(|target| {
            if self.unit == "/s" {
                self.median >= target
            } else {
                self.median <= target
            }
        })
    }
}

/// Times `run` as often as asked, in microseconds. What it returns is dropped outside of the measured time.
pub fn sample<T>(
    count: usize,
    mut run: impl FnMut() -> anyhow::Result<T>,
) -> anyhow::Result<Vec<f64>> {
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        let value = std::hint::black_box(run()?);
        samples.push(micros(began.elapsed()));
        drop(value);
    }
    Ok(samples)
}

/// Times `batch` calls of `run` at once, `count` times: for what is too short for the clock. Microseconds per call.
pub fn sample_batches(
    count: usize,
    batch: u32,
    mut run: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Vec<f64>> {
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        for _ in 0..batch {
            run()?;
        }
        samples.push(micros(began.elapsed()) / f64::from(batch));
    }
    Ok(samples)
}

/// A duration in microseconds.
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Scales samples, to another unit.
pub fn scaled(samples: Vec<f64>, by: f64) -> Vec<f64> {
    samples.into_iter().map(|s| s * by).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_and_rates_want_more() {
        let row = Row::of("k", "w", "µs", vec![3.0, 1.0, 2.0]);
        assert_eq!((row.median, row.low, row.high), (2.0, 1.0, 3.0));
        assert_eq!(row.clone().target(2.0).reached(), Some(true));
        assert_eq!(Row { unit: "/s", ..row }.target(3.0).reached(), Some(false));
    }
}
