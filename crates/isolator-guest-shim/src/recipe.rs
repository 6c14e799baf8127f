//! The steps of `cargo xtask build-guest`, in order.

use crate::error::{BuildError, Context};
use crate::mono::methods::MethodName;
use crate::mono::{ahead, compiler, patches};
use crate::snapshot::BootFiles;
use crate::split::Pair;
use crate::steps::{Inputs, Progress, Steps};
use crate::tools::Tools;
use crate::{component, crypto, icu, managed, native, pack, snapshot, split, tools};
use isolator_abi::GuestStamp;
use isolator_abi::manifest::{
    GuestFile, GuestManifest, MANIFEST_FILE, MANIFEST_FORMAT, image_digest,
};
use std::collections::BTreeSet;
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
    /// ICU data to boot with in place of the pack's, see [`icu`].
    pub icu_data: Option<PathBuf>,
    /// Compile nothing ahead of time: all of .NET is interpreted, as programs are.
    pub interpreted: bool,
    /// Options of the interpreter, such as `-tiering`: for a test image.
    pub interpreter: Option<String>,
    /// Make the guest that training programs run in, see [`ahead`]. It is interpreted.
    pub profiling: bool,
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
            icu_data: None,
            interpreted: false,
            interpreter: None,
            profiling: false,
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
        if self.icu_data.is_some() {
            name.push_str("-icu-data");
        }
        if self.gc_debug.is_some() {
            name.push_str("-gc-debug");
        }
        if let Some(options) = &self.interpreter {
            name.extend(
                options
                    .chars()
                    .filter(|c| c.is_ascii_alphanumeric() || *c == '-'),
            );
        }
        if self.profiling {
            name.push_str("-profiling");
        } else if self.interpreted {
            name.push_str("-interpreted");
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
        options.extend(
            self.interpreter
                .clone()
                .map(|value| ("interpreter".to_owned(), value)),
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

/// What the flavours of one version share: the managed side, the objects, the linked modules.
fn shared(workspace: &Path, version: &str) -> PathBuf {
    workspace.join("target/guest/.build").join(version)
}

/// The folder of the assemblies that guests of a version boot from.
#[must_use]
pub fn assemblies(workspace: &Path, version: &str) -> PathBuf {
    shared(workspace, version).join("assemblies")
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
    let shared = shared(workspace, &options.dotnet_version);
    let steps = Steps::new(shared.join("keys"), progress)?;

    let own = shared.join("managed");
    let built: Vec<PathBuf> = managed::OWN_ASSEMBLIES
        .iter()
        .chain(managed::REPLACED)
        .map(|name| own.join(name))
        .collect();
    let built: Vec<&Path> = built.iter().map(PathBuf::as_path).collect();
    steps.run(
        "build the managed side",
        managed::inputs(&tools, &pack, workspace)?,
        &built,
        || managed::build(&tools, &pack, workspace, &own),
    )?;

    let crypto = crypto::prepare(
        &tools,
        &steps,
        &own.join(crypto::ASSEMBLY),
        &shared.join("openssl"),
    )?;
    let bundle = Bundle::change(
        &steps,
        &pack,
        &own,
        &assemblies(workspace, &options.dotnet_version),
    )?;
    let compiled = match options.interpreted || options.profiling {
        true => None,
        false => compile_ahead(&tools, options, &steps, &bundle, &shared)?,
    };
    let kind = match &compiled {
        Some(compiled) => native::Kind::Compiled {
            assemblies: &compiled.assemblies,
            objects: &compiled.objects,
        },
        None if options.profiling => native::Kind::Profiling,
        None => native::Kind::Interpreted,
    };

    let c = workspace.join("crates/isolator-guest-shim/c");
    let linked = shared.join(kind.name());
    let core = linked.join("core.wasm");
    let core_key = steps.run(
        &format!("compile and link ({})", kind.name()),
        native::inputs(&tools, &pack, &c, crypto.as_ref(), kind)?,
        &[&core],
        || native::build(&tools, &pack, &c, crypto.as_ref(), &linked, kind),
    )?;

    std::fs::create_dir_all(&image).at("create", &image)?;
    let steps = Steps::new(image.join(".keys"), progress)?;
    let mut icu = pack.native.join("icudt.dat");
    if let Some(source) = &options.icu_data {
        let taken = image.join(".keys/icudt.dat");
        let data = icu::select(source, &icu)?;
        std::fs::write(&taken, data).at("write", &taken)?;
        icu = taken;
    }
    let files = BootFiles {
        assemblies: bundle.files.clone(),
        icu,
        options: options.boot_options(),
    };
    let booted = image.join(".keys/snapshot.wasm");
    let mut boot_inputs = Inputs::default()
        .value(&core_key)
        .value(&bundle.key)
        .value(include_str!("snapshot.rs"))
        .file(&files.icu)?;
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
    let compiled = compiled.unwrap_or_default();
    let split_inputs = Inputs::default()
        .value(boot_key)
        .value(compiled.methods.to_string())
        .value(stamp.to_bytes())
        .value(include_str!("split.rs"))
        .value(include_str!("component.rs"))
        .value(include_str!("mono/hot.rs"))
        .value(include_str!("mono/hot_functions.txt"));
    steps.run(
        "split into code and state",
        split_inputs,
        &paths.each_ref().map(PathBuf::as_path),
        || write_image(&booted, &stamp, &image, &compiled),
    )?;

    let path = image.join(MANIFEST_FILE);
    let json = std::fs::read(&path).at("read", &path)?;
    let manifest = GuestManifest::parse(&json).map_err(BuildError::Recipe)?;
    copy_notices(&pack, crypto.is_some(), &image)?;
    Ok(BuiltGuest {
        folder: image,
        manifest,
    })
}

/// The assemblies that a guest boots from.
struct Bundle {
    folder: PathBuf,
    files: Vec<PathBuf>,
    key: String,
}

impl Bundle {
    /// Gathers them and changes what must be another way.
    fn change(
        steps: &Steps<'_>,
        pack: &pack::Pack,
        own: &Path,
        folder: &Path,
    ) -> Result<Self, BuildError> {
        let originals = managed::bundle(pack, own)?;
        let mut inputs = Inputs::default()
            .value(&pack.sha512)
            .value(include_str!("mono/patches.rs"))
            .value(include_str!("metadata.rs"));
        for path in originals.iter().filter(|path| path.starts_with(own)) {
            inputs = inputs.file(path)?;
        }
        let files: Vec<PathBuf> = originals
            .iter()
            .map(|path| folder.join(path.file_name().unwrap_or_default()))
            .collect();
        let outputs: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        let key = steps.run("change the base library", inputs, &outputs, || {
            patches::write_all(&originals, folder)
        })?;
        Ok(Self {
            folder: folder.into(),
            files,
            key,
        })
    }
}

/// What was compiled ahead.
#[derive(Default)]
struct Compiled {
    assemblies: Vec<String>,
    objects: Vec<PathBuf>,
    methods: usize,
    /// Of each method what says which it is, see [`MethodName::key`].
    keys: BTreeSet<u32>,
}

/// Compiles the listed methods. None where there is no compiler for this version.
fn compile_ahead(
    tools: &Tools,
    options: &BuildOptions,
    steps: &Steps<'_>,
    bundle: &Bundle,
    shared: &Path,
) -> Result<Option<Compiled>, BuildError> {
    let version = &options.dotnet_version;
    let Some(compiler) = compiler::restore(tools, &options.workspace, version)? else {
        return Ok(None);
    };
    let all = ahead::Assemblies::read(&bundle.files)?;
    let list = ahead::list(&options.workspace, &all)?;
    let keys = list
        .iter()
        .map(|method| method.key(&|ty| all.is_value(ty)))
        .collect();
    // What is ours changes more often than the base library, whose code does not depend on it.
    let is_own = |name: &str| {
        managed::OWN_ASSEMBLIES
            .iter()
            .any(|own| own.strip_suffix(".dll") == Some(name))
    };
    let (own, base): (BTreeSet<_>, BTreeSet<_>) = list
        .into_iter()
        .partition(|method| method.assemblies().into_iter().any(is_own));
    let mut compiled = Compiled {
        methods: own.len() + base.len(),
        keys,
        ..Compiled::default()
    };
    for (step, folder, list, ours) in [
        ("compile the base library ahead", "ahead", base, false),
        ("compile the managed side ahead", "ahead-own", own, true),
    ] {
        let names: BTreeSet<&str> = list.iter().flat_map(MethodName::assemblies).collect();
        let names: Vec<String> = names
            .into_iter()
            .filter(|name| is_own(name) == ours)
            .map(str::to_owned)
            .collect();
        let out = shared.join(folder);
        let objects: Vec<PathBuf> = names.iter().map(|name| ahead::object(&out, name)).collect();
        let mut inputs = ahead::inputs(tools, &compiler);
        for path in &bundle.files {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            if ours || !is_own(&name) {
                inputs = inputs.file(path)?;
            }
        }
        for method in &list {
            inputs = inputs.value(method.to_string());
        }
        let outputs: Vec<&Path> = objects.iter().map(PathBuf::as_path).collect();
        let run = ahead::Run {
            tools,
            compiler: &compiler,
            folder: &bundle.folder,
            all: &all,
            list: &list,
            out: &out,
        };
        steps.run(step, inputs, &outputs, || run.compile(&names))?;
        compiled.assemblies.extend(names);
        compiled.objects.extend(objects);
    }
    Ok(Some(compiled))
}

fn write_image(
    booted: &Path,
    stamp: &GuestStamp,
    image: &Path,
    compiled: &Compiled,
) -> Result<(), BuildError> {
    let wasm = std::fs::read(booted).at("read", booted)?;
    let Pair {
        code,
        state,
        memory_pages,
        needs,
    } = split::split(&wasm, stamp, &compiled.assemblies, &compiled.keys)?;
    let component = component::encode(&wasm, stamp)?;
    let compiled_methods = u32::try_from(compiled.methods).unwrap_or(u32::MAX);
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
        needs,
        compiled_methods,
    };
    write(MANIFEST_FILE, &manifest.to_json()).map(|_| ())
}

/// The licences of what the guest links in travel with it.
fn copy_notices(pack: &pack::Pack, with_openssl: bool, image: &Path) -> Result<(), BuildError> {
    if with_openssl {
        let (from, to) = (crypto::licence(), image.join("openssl-LICENSE.txt"));
        std::fs::copy(&from, &to).at("copy", &from)?;
    }
    for name in ["LICENSE.TXT", "THIRD-PARTY-NOTICES.TXT"] {
        let (from, to) = (pack.root.join(name), image.join(format!("dotnet-{name}")));
        if from.is_file() && !to.is_file() {
            std::fs::copy(&from, &to).at("copy", &from)?;
        }
    }
    Ok(())
}
