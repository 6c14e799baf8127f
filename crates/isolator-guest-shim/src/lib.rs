//! The recipe that makes a guest image out of a .NET runtime pack.
//!
//! In order: find the tools ([`tools`]), restore the pack ([`pack`]), read its objects ([`mono::objects`]) and generate the
//! P/Invoke and trampoline tables from them ([`mono::tables`]), generate the bindings of the contract ([`bindings`]), build
//! the managed side ([`managed`]) and take what else stands in for the pack's ([`framework`]), change what must be another way in the base class library ([`mono::patches`]), compile the
//! listed methods ([`mono::methods`]) ahead of time ([`mono::ahead`]), compile and link the C side ([`native`]), boot and warm
//! up under wizer ([`snapshot`]), split the result into code and state ([`split`]), wrap it as a component ([`component`]).
//! [`recipe`] runs the steps and skips those whose inputs are the same as last time. What knows the runtime is in [`mono`].

pub mod bindings;
pub mod compatibility;
pub mod component;
pub mod crypto;
pub mod framework;
pub mod icu;
pub mod managed;
pub mod metadata;
pub mod mono;
pub mod native;
pub mod pack;
pub mod package;
pub mod recipe;
pub mod snapshot;
pub mod split;
pub mod steps;
pub mod tools;

pub use isolator_compile::error::{self, BuildError, MissingTool};
pub use recipe::{BuildOptions, BuiltGuest, build};
