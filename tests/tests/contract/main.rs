//! The contract, `wit/isolator.wit`, against the built guest: as a component, as a core module, and refused where it is another.

#![allow(
    clippy::result_large_err,
    reason = "a failure carries all that is compared, and a call into a guest costs far more than moving it"
)]

mod both;
mod component;
mod scenario;
mod stamps;
mod world;
