//! The steps of `cargo xtask build-guest`, in order.

use crate::error::{BuildError, Context};
use crate::snapshot::BootFiles;
use crate::split::Pair;
use crate::steps::{Inputs, Progress, Steps};
use crate::{component, managed, native, pack, snapshot, split, tools};
use isolator_abi::GuestStamp;
use isolator_abi::manifest::{
    GuestFile, GuestManifest, MANIFEST_FILE, MANIFEST_FORMAT, image_digest,
};
use std::path::{Path, PathBuf};

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// Root of the workspace.
    pub workspace: PathBuf,
    /// Version of the runtime pack.
    pub dotnet_version: String,
    /// Install missing tools with the system's package manager.
    pub install_deps: bool,
    /// Debugging options of the garbage collector, such as `collect-before-allocs`: for a test image.
    pub gc_debug: Option<String>,
    /// Leave out ICU: every culture is the invariant one.
    pub invariant_globalization: bool,
    /// Where the image goes; none: `target/guest/<version>`, with a suffix for the options above.
    pub out: Option<PathBuf>,
}

impl BuildOptions {
    /// The ordinary guest of a workspace.
    #[must_use]
    pub fn new(workspace: &Path) -> Self {
        Self {
            workspace: workspace.into(),
            dotnet_version: pack::DEFAULT_VERSION.into(),
            install_deps: false,
            gc_debug: None,
            invariant_globalization: false,
            out: None,
        }
    }

    /// Where the image goes.
    #[must_use]
    pub fn image(&self) -> PathBuf {
        let mut name = self.dotnet_version.clone();
        if self.invariant_globalization {
            name.push_str("-invariant");
        }
        if self.gc_debug.is_some() {
            name.push_str("-gc-debug");
        }
        self.out
            .clone()
            .unwrap_or_else(|| self.workspace.join("target/guest").join(name))
    }

    fn boot_options(&self) -> std::collections::BTreeMap<String, String> {
        let mut options = std::collections::BTreeMap::new();
        options.extend(
            self.gc_debug
                .clone()
                .map(|value| ("gc-debug".to_owned(), value)),
        );
        if self.invariant_globalization {
            options.insert("invariant-globalization".into(), "true".into());
        }
        if self.gc_debug.is_some() {
            // Under a collection before every allocation the warm-up would take minutes.
            options.insert("cold".into(), "true".into());
        }
        options
    }
}

/// A guest image on disk.
#[derive(Debug, Clone)]
pub struct BuiltGuest {
    /// Its folder, with `guest.json`.
    pub folder: PathBuf,
    /// The manifest.
    pub manifest: GuestManifest,
}

/// Builds a guest image, skipping the steps whose inputs have not changed.
///
/// # Errors
/// The first step that fails, with what its tool said.
pub fn build(options: &BuildOptions, progress: Progress<'_>) -> Result<BuiltGuest, BuildError> {
    let workspace = &options.workspace;
    if options.install_deps {
        tools::install(workspace)?;
    }
    let tools = tools::find(workspace)?;
    let image = options.image();
    let pack = pack::restore(&tools, workspace, &options.dotnet_version)?;
    // What the flavours of one version share is made once: the linked module and the managed side.
    let shared = workspace
        .join("target/guest/.build")
        .join(&options.dotnet_version);
    let steps = Steps::new(shared.join("keys"), progress)?;

    let c = workspace.join("crates/isolator-guest-shim/c");
    let core = shared.join("core.wasm");
    let core_key = steps.run(
        "compile and link",
        native::inputs(&tools, &pack, &c)?,
        &[&core],
        || native::build(&tools, &pack, &c, &shared),
    )?;

    let own = shared.join("managed");
    let assemblies: Vec<PathBuf> = managed::OWN_ASSEMBLIES
        .iter()
        .chain(managed::REPLACED)
        .map(|name| own.join(name))
        .collect();
    let assemblies: Vec<&Path> = assemblies.iter().map(PathBuf::as_path).collect();
    let managed_key = steps.run(
        "build the managed side",
        managed::inputs(&tools, workspace)?,
        &assemblies,
        || managed::build(&tools, workspace, &own),
    )?;

    std::fs::create_dir_all(&image).at("create", &image)?;
    let steps = Steps::new(image.join(".keys"), progress)?;
    let files = BootFiles {
        assemblies: managed::bundle(&pack, &own)?,
        icu: pack.native.join("icudt.dat"),
        options: options.boot_options(),
    };
    let booted = image.join(".keys/snapshot.wasm");
    let mut boot_inputs = Inputs::default()
        .value(&core_key)
        .value(&managed_key)
        .value(include_str!("snapshot.rs"))
        .value(include_str!("patches.rs"))
        .value(include_str!("metadata.rs"));
    for (name, value) in &files.options {
        boot_inputs = boot_inputs.value(name).value(value);
    }
    let boot_key = steps.run(
        "boot, warm up and snapshot",
        boot_inputs,
        &[&booted],
        || {
            let module = snapshot::snapshot(&core, &files)?;
            std::fs::write(&booted, module).at("write", &booted)
        },
    )?;

    let stamp = GuestStamp::new(&options.dotnet_version);
    let paths =
        ["code.wasm", "state.wasm", "component.wasm", MANIFEST_FILE].map(|name| image.join(name));
    let split_inputs = Inputs::default()
        .value(boot_key)
        .value(stamp.to_bytes())
        .value(include_str!("split.rs"))
        .value(include_str!("component.rs"));
    steps.run(
        "split into code and state",
        split_inputs,
        &paths.each_ref().map(PathBuf::as_path),
        || write_image(&booted, &stamp, &image),
    )?;

    let path = image.join(MANIFEST_FILE);
    let json = std::fs::read(&path).at("read", &path)?;
    let manifest = GuestManifest::parse(&json).map_err(BuildError::Recipe)?;
    copy_notices(&pack, &image)?;
    Ok(BuiltGuest {
        folder: image,
        manifest,
    })
}

fn write_image(booted: &Path, stamp: &GuestStamp, image: &Path) -> Result<(), BuildError> {
    let wasm = std::fs::read(booted).at("read", booted)?;
    let Pair {
        code,
        state,
        memory_pages,
    } = split::split(&wasm, stamp)?;
    let component = component::encode(&wasm, stamp)?;
    let write = |name: &str, content: &[u8]| {
        let path = image.join(name);
        std::fs::write(&path, content)
            .at("write", &path)
            .map(|()| GuestFile::of(name, content))
    };
    let (code, state) = (write("code.wasm", &code)?, write("state.wasm", &state)?);
    let manifest = GuestManifest {
        format: MANIFEST_FORMAT,
        stamp: stamp.clone(),
        digest: image_digest(&code.sha256, &state.sha256),
        code,
        state,
        component: Some(write("component.wasm", &component)?),
        precompiled: None,
        dotnet_version: stamp.dotnet_version.clone(),
        initial_memory_pages: memory_pages,
    };
    write(MANIFEST_FILE, &manifest.to_json()).map(|_| ())
}

/// The licences of what the guest links in travel with it.
fn copy_notices(pack: &pack::Pack, image: &Path) -> Result<(), BuildError> {
    for name in ["LICENSE.TXT", "THIRD-PARTY-NOTICES.TXT"] {
        let (from, to) = (pack.root.join(name), image.join(format!("dotnet-{name}")));
        if from.is_file() && !to.is_file() {
            std::fs::copy(&from, &to).at("copy", &from)?;
        }
    }
    Ok(())
}
