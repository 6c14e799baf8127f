//! What crosses between host and guest: everything that reads or writes a guest's bytes, but for WASI's functions (`wasi/`).

pub(crate) mod batch;
pub(crate) mod contract;
pub(crate) mod entry;
pub(crate) mod guest_log;
pub(crate) mod imports;
pub(crate) mod ops;
pub(crate) mod scalar;
