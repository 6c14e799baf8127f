//! What crosses between host and guest: everything that reads or writes a guest's bytes, but for WASI's functions (`wasi/`).

pub(crate) mod batch;
pub(crate) mod copy;
pub(crate) mod entry;
pub(crate) mod imports;
mod inspection;
pub(crate) mod lift;
pub(crate) mod lower;
pub(crate) mod ops;
pub(crate) mod packing;
pub(crate) mod resident;
pub(crate) mod side;
