//! C# projects that are compiled on the spot: the demo's, the benches', the tests' fixtures.

use anyhow::{Context, Result};
use isolator_guest_shim::tools::{self, Tools, dotnet_environment};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The SDK, ready to build projects of this workspace.
pub struct Sdk {
    /// Where things were found.
    pub tools: Tools,
    workspace: PathBuf,
}

impl Sdk {
    /// Finds the SDK.
    pub fn find(workspace: &Path) -> Result<Self> {
        Ok(Self {
            tools: tools::find(workspace)?,
            workspace: workspace.into(),
        })
    }

    /// Folder of our own assemblies that guest code may reference.
    pub fn guest_assemblies(&self) -> PathBuf {
        self.workspace
            .join("target/guest/.build")
            .join(isolator_guest_shim::pack::DEFAULT_VERSION)
            .join("managed")
    }

    /// Builds a project or solution in release. With `out`, its assemblies go there.
    pub fn build(&self, project: &Path, out: Option<&Path>) -> Result<()> {
        let mut command = self.command("build", project);
        command.args(["-c", "Release", "-v", "quiet", "--nologo"]);
        if let Some(out) = out {
            // What a build leaves behind stays out of the sources.
            let obj = out.with_extension("obj");
            command
                .arg("-o")
                .arg(out)
                .arg(format!("-p:BaseIntermediateOutputPath={}/", obj.display()));
        }
        tools::run("build C#", &mut command)
            .with_context(|| format!("build {}", project.display()))?;
        Ok(())
    }

    /// `dotnet VERB PROJECT` with the feed and the environment that it needs here.
    pub fn command(&self, verb: &str, project: &Path) -> Command {
        self.verb(&[verb.as_ref(), project.as_ref()])
    }

    /// `dotnet run` of a project.
    pub fn run(&self, project: &Path) -> Command {
        self.verb(&["run".as_ref(), "--project".as_ref(), project.as_ref()])
    }

    /// `dotnet` with these arguments, the feed and the environment that it needs here.
    pub fn verb(&self, verb: &[&OsStr]) -> Command {
        let mut command = Command::new(&self.tools.dotnet);
        command.args(verb).arg(format!(
            "-p:GuestAssemblies={}",
            self.guest_assemblies().display()
        ));
        if let Some(feed) = &self.tools.feed {
            command.arg(format!("-p:RestoreSources={}", feed.display()));
        }
        dotnet_environment(&mut command, &self.workspace.join("target/toolchain"));
        command
    }
}
