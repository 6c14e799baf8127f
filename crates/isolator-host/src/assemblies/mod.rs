//! Reading assembly files: the one door through which files are read for guests by name.
//!
//! A guest chooses names, a tenant chooses what lies in a folder, and neither may lead out of the folders that the user named. So a
//! file is opened step by step below an opened folder (`unix.rs`, `other.rs`): no link is followed, nothing but regular files is
//! opened, nothing waits, and what is read is bounded (`door.rs`). Folders that runtimes may write are no source (`writable.rs`).
//! Nothing is kept: what was read lives until it was handed over.

mod culture;
mod door;
mod folder;
pub(crate) mod loader;
mod reserved;
pub(crate) mod symbols;
mod writable;

#[cfg(not(unix))]
#[path = "other.rs"]
mod system;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;
// The portable way is compiled for tests everywhere, which compare the two.
#[cfg(all(test, unix))]
#[path = "other.rs"]
#[allow(
    dead_code,
    reason = "tests compare what opens; paths for messages are no part of it"
)]
mod portable;
#[cfg(all(test, unix))]
mod portable_tests;

pub(crate) use culture::is_culture;
pub use door::LARGEST_ASSEMBLY;
pub(crate) use door::{Opened, Patience, Refusal};
pub use folder::{AssemblyFolder, read_file_below, read_named_file};
pub(crate) use reserved::is_device;
pub(crate) use writable::{Kept, Sources, check_grant};
