//! Tests of the interface, called as C would.
