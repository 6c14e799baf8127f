// Made by `cargo xtask codegen` from crates/isolator-abi/src/numbers.rs: do not edit.
#pragma once

// Most arguments of a call of numbers.
#define MAX_SCALARS 8
