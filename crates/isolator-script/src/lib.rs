//! C# source in, result out: the compiler runs inside a sandbox, and so does what it compiles.
//!
//! A [`ScriptHost`] has a snapshot of a runtime in which the compiler is loaded and warm. Each compilation starts from it, in a sandbox of its own and
//! under limits; what was compiled runs in another one, which knows nothing of the compiler.
//!
//! ```no_run
//! # fn main() -> isolator_script::Result<()> {
//! use isolator_script::{Globals, ScriptHost, Source};
//!
//! let scripts = ScriptHost::new()?;
//! let ran = scripts.run(&[Source::new("hello.cs", r#"Console.WriteLine($"hello {args[0]}");"#)], &["world"], |builder| builder)?;
//! assert_eq!(ran.stdout_utf8(), "hello world\n");
//!
//! let sum: i32 = scripts.eval("numbers.Where(n => n > limit).Sum()", &Globals::new().set("numbers", [1, 2, 3])?.set("limit", 1)?)?;
//! assert_eq!(sum, 5);
//! # Ok(()) }
//! ```

mod cancellation;
mod compilation;
mod compiler;
mod completion;
mod diagnostic;
mod directives;
mod error;
mod find;
mod functions;
mod globals;
mod host;
mod hot;
mod kept;
mod loading;
mod options;
mod packages;
mod prepare;
mod run;
mod running;
mod session;
mod submission;
mod surrogates;
#[doc(hidden)]
pub mod training;
mod warm;
mod wire;

pub use cancellation::Cancellation;
pub use compilation::Compilation;
pub use compiler::Compiler;
pub use completion::Completion;
pub use diagnostic::{Diagnostic, Diagnostics, MappedPlace, Position, Range, Severity};
pub use error::{Error, Result};
#[doc(hidden)]
pub use find::compiler_folder;
pub use globals::Globals;
pub use host::{ScriptHost, ScriptHostBuilder};
pub use options::{Kind, Options, Source};
pub use packages::Package;
#[doc(hidden)]
pub use packages::fuzz_package;
pub use run::{Evaluation, Ran, Started};
pub use session::{Session, SessionCancelHandle};
pub use submission::Submission;
pub use surrogates::replace_lone_surrogates;
