//! `cargo xtask build-guest`.

use crate::progress::Steps;
use anyhow::{Context, Result};
use clap::Args;
use isolator_guest_shim::steps::StepState;
use isolator_guest_shim::{BuildOptions, BuiltGuest, build, pack};
use isolator_host::{GuestImage, Processors};
use std::path::{Path, PathBuf};

/// Arguments of `build-guest`.
#[derive(Args, Clone, Default)]
pub struct BuildGuest {
    /// Version of the .NET runtime pack.
    #[arg(long, value_name = "VERSION", default_value = pack::DEFAULT_VERSION)]
    runtime: String,
    /// Install missing tools with the system's package manager.
    #[arg(long)]
    install_deps: bool,
    /// Options of the garbage collector's debugging, such as `collect-before-allocs`, for a test image.
    #[arg(long, value_name = "OPTIONS")]
    gc_debug: Option<String>,
    /// Leave out ICU: every culture is the invariant one.
    #[arg(long)]
    invariant_globalization: bool,
    /// ICU data in place of the pack's, which has a third of the cultures: a file, or a library or program with ICU of the same version linked in.
    #[arg(long, value_name = "FILE", conflicts_with = "invariant_globalization")]
    icu_data: Option<PathBuf>,
    /// Make machine code for this machine's processor alone, instead of common ones.
    #[arg(long)]
    pub native: bool,
    /// Compile nothing ahead of time: all of .NET is interpreted, as programs are.
    #[arg(long)]
    interpreted: bool,
    /// Options of the interpreter, such as `-tiering`, for a test image.
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    interpreter: Option<String>,
    /// Makes the guest of `cargo xtask train`.
    #[arg(skip)]
    profiling: bool,
    /// Where the image goes, instead of `target/guest/VERSION`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl BuildGuest {
    /// The ordinary guest.
    pub fn ordinary(install_deps: bool) -> Self {
        Self {
            runtime: pack::DEFAULT_VERSION.into(),
            install_deps,
            ..Self::default()
        }
    }

    /// The same guest without compiled code.
    pub fn interpreted(&self) -> Self {
        Self {
            interpreted: true,
            install_deps: false,
            ..self.clone()
        }
    }

    /// The test image whose interpreter optimizes every method at once, and not those that run often.
    pub fn without_tiering(&self) -> Self {
        Self {
            interpreter: Some("-tiering".into()),
            install_deps: false,
            ..self.clone()
        }
    }

    /// The test image that collects before every allocation.
    pub fn collecting(&self) -> Self {
        Self {
            gc_debug: Some("collect-before-allocs".into()),
            install_deps: false,
            ..self.clone()
        }
    }

    /// The same guest, whose interpreter inlines nothing: a profile of it shows every method that runs.
    pub fn without_inlining(&self) -> Self {
        Self {
            interpreter: Some("-inline".into()),
            install_deps: false,
            ..self.clone()
        }
    }

    /// The guest that training programs run in.
    pub fn profiling() -> Self {
        Self {
            profiling: true,
            ..Self::ordinary(false)
        }
    }

    /// Whether it is the guest that programs use, and none for tests.
    fn is_ordinary(&self) -> bool {
        self.gc_debug.is_none()
            && self.interpreter.is_none()
            && self.out.is_none()
            && !self.interpreted
            && !self.profiling
    }

    /// Builds, and says where the image is.
    pub fn run(&self, workspace: &Path) -> Result<BuiltGuest> {
        let options = BuildOptions {
            dotnet_version: self.runtime.clone(),
            install_deps: self.install_deps,
            gc_debug: self.gc_debug.clone(),
            invariant_globalization: self.invariant_globalization,
            icu_data: self.icu_data.clone(),
            interpreted: self.interpreted,
            interpreter: self.interpreter.clone(),
            profiling: self.profiling,
            out: self.out.clone(),
            ..BuildOptions::new(workspace)
        };
        let steps = Steps::new(true);
        eprintln!("guest for .NET {}", options.dotnet_version);
        let guest = build(&options, &|name, state| steps.report(name, state))?;
        steps.report("precompile", StepState::Started);
        let processors = if self.native {
            Processors::This
        } else {
            Processors::Common
        };
        GuestImage::open(&guest.folder)?
            .precompile(processors)
            .with_context(|| format!("precompile {}", guest.folder.display()))?;
        steps.report("precompile", StepState::Done);
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        eprintln!(
            "  {}: code {:.1} MB, state {:.1} MB, memory {} MiB, digest {}",
            guest.folder.display(),
            megabytes(guest.manifest.code.bytes),
            megabytes(guest.manifest.state.bytes),
            guest.manifest.initial_memory_pages / 16,
            &guest.manifest.digest[..16.min(guest.manifest.digest.len())]
        );
        if self.is_ordinary() {
            crate::scripting::build(workspace, &guest, &steps)?;
        }
        Ok(guest)
    }
}
