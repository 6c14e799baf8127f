//! The record that is sent into guests and back, to measure them and to train them.

use serde::{Deserialize, Serialize};

/// As `Bench.Sample` has it, and the type of the dispatcher's own warm-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sample {
    pub id: i32,
    pub name: String,
    pub price: f64,
    pub flag: bool,
    pub stamp: i64,
}

impl Sample {
    /// One with something in each member. What echoes it adds one to its number.
    pub fn new() -> Self {
        Self {
            id: 1,
            name: "a name".into(),
            price: 1.5,
            flag: true,
            stamp: 1 << 40,
        }
    }
}
