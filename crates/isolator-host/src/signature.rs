//! Signatures of wasm functions, as the tables of the contract and of WASI write them down.

/// A core value type, as much of them as the tables need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Core {
    I32,
    I64,
}

/// A function and its core signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spec {
    /// Its name: of the contract's functions, in the WIT.
    pub name: &'static str,
    pub params: &'static [Core],
    pub results: &'static [Core],
    /// Whether the result holds memory of the guest's, which `cabi_post_…` takes back.
    pub post: bool,
}
