//! `cargo xtask example`: builds what an example needs, and runs it.

use crate::guest::BuildGuest;
use crate::managed::Sdk;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use std::path::Path;
use std::process::Command;

/// Arguments of `example`.
#[derive(Args)]
pub struct Example {
    /// Which one: the programs of `examples/src/bin`.
    name: Name,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    PlugIns,
    Tenants,
    Callbacks,
    RulesServer,
    Uploads,
    Workflow,
}

impl Name {
    /// What it is started with: the folder of its C#, then what its reader should see it do.
    fn arguments(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::PlugIns => (
                "plug-ins",
                &[
                    "one two",
                    "throw",
                    "two three",
                    "hang",
                    "crash",
                    "eat",
                    "exit",
                ],
            ),
            Self::Tenants => ("Ledgers", &[]),
            Self::Callbacks => ("Shop", &[]),
            Self::RulesServer => ("Rules", &[]),
            Self::Uploads => ("Routes", &[]),
            Self::Workflow => ("Orders", &[]),
        }
    }
}

impl Example {
    /// Builds and runs.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        BuildGuest::ordinary(false).run(workspace)?;
        compile(&Sdk::find(workspace)?, workspace)?;
        let (folder, arguments) = self.name.arguments();
        let program = self
            .name
            .to_possible_value()
            .context("the example has no name")?;
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .current_dir(workspace)
            .args(["run", "--quiet", "--bin", program.get_name(), "--"])
            .arg(workspace.join("target/examples").join(folder))
            .args(arguments)
            // The compiler for programs is among what the guest image was built with.
            .env(
                "NUGET_PACKAGES",
                workspace.join("target/toolchain/nuget-packages"),
            );
        if !cargo.status().context("start cargo")?.success() {
            bail!("the example failed");
        }
        Ok(())
    }
}

/// Compiles the C# of all examples, into `target/examples`.
pub fn compile(sdk: &Sdk, workspace: &Path) -> Result<()> {
    eprintln!("compiling the examples' C#");
    sdk.build(&workspace.join("examples/csharp/Examples.proj"), None)
}
