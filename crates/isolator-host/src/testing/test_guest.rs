//! Small guests written by hand, for tests: one that behaves, and any number that do not.

use crate::engine::contract::{
    Core, EXPORTS, HOST_INTERFACE, IMPORTS, Spec, WASI_MODULE, export_name, post_name,
};
use crate::host::HostBuilder;
use crate::wasi::WASI_IMPORTS;
use crate::{IsolatedRuntime, IsolatedRuntimeHost};
use isolator_abi::contract::hex;
use isolator_abi::manifest::{
    GuestFile, GuestManifest, MANIFEST_FILE, MANIFEST_FORMAT, image_digest,
};
use isolator_abi::stamp::{GuestStamp, STAMP_SECTION};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use tempfile::TempDir;

pub(crate) struct TestGuest {
    pub code: Vec<u8>,
    pub state: Vec<u8>,
    pub stamp: GuestStamp,
}

/// Where the test guest puts results.
const AREA: u32 = 1024;

/// Bodies of the guest that behaves. Results lie at 1024; `$alloc` hands out memory from 64 KiB on.
fn behaving() -> HashMap<&'static str, String> {
    let handle = |value: u64| {
        format!(
            "(i32.store8 (i32.const {AREA}) (i32.const 0)) (i64.store (i32.const 1032) (i64.const {value})) (i32.const {AREA})"
        )
    };
    let echo = |at: u32, len: u32| {
        format!(
            "(i32.store8 (i32.const {AREA}) (i32.const 0)) (i32.store (i32.const 1028) (local.get {at})) \
             (i32.store (i32.const 1032) (local.get {len})) (i32.const {AREA})"
        )
    };
    HashMap::from([
        (
            "start",
            format!("(i32.store8 (i32.const {AREA}) (i32.const 0)) (i32.const {AREA})"),
        ),
        ("load-assembly", handle(1)),
        ("load-image", handle(1)),
        ("find-type", handle(2)),
        ("find-method", handle(3)),
        ("type-of", handle(2)),
        ("create-object", handle(4)),
        ("invoke", echo(2, 3)),
        // The callback whose name and argument are the bytes that come in.
        (
            "invoke-raw",
            format!(
                "(call $host_call (local.get 2) (local.get 3) (local.get 2) (local.get 3) (i32.const {AREA})) (i32.const {AREA})"
            ),
        ),
        (
            "release",
            "(i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1)))".into(),
        ),
        // "iii", as a literal in the state.
        (
            "scalar-signature",
            format!(
                "(i32.store8 (i32.const {AREA}) (i32.const 0)) (i32.store8 (i32.const 1028) (i32.const 1)) (i32.store (i32.const 1032) (i32.const 256)) \
                 (i32.store (i32.const 1036) (i32.const 3)) (i32.const {AREA})"
            ),
        ),
        (
            "invoke-scalar",
            format!(
                "(i32.store8 (i32.const {AREA}) (i32.const 0)) (i64.store (i32.const 1032) (i64.add (local.get 2) (local.get 3))) (i32.const {AREA})"
            ),
        ),
        ("run-pending", "(i64.const -1)".into()),
        ("collect", String::new()),
        ("cancel-task", String::new()),
        ("complete-call", String::new()),
    ])
}

fn types(spec: &Spec) -> String {
    let name = |core: &Core| if *core == Core::I32 { " i32" } else { " i64" };
    let list = |cores: &[Core]| cores.iter().map(name).collect::<String>();
    format!(
        "(param{}) (result{})",
        list(spec.params),
        list(spec.results)
    )
}

/// How bodies call an import: `$host_start_call` for one of the contract, WASI's own name for one of WASI; `$exit` is `proc_exit`.
pub(crate) fn import_name(interface: &str, spec: &Spec) -> String {
    match spec.name {
        "proc_exit" => "exit".into(),
        name if interface == HOST_INTERFACE => format!("host_{}", name.replace('-', "_")),
        name => name.into(),
    }
}

impl TestGuest {
    /// The guest that behaves: `invoke` gives its arguments back, `invoke-scalar` adds.
    pub(crate) fn echo() -> Self {
        Self::with(&[])
    }

    /// The same with other bodies for some functions, and with what is under `others` beside them.
    pub(crate) fn with(bodies: &[(&'static str, &str)]) -> Self {
        let mut all = behaving();
        all.extend(
            bodies
                .iter()
                .map(|(name, body)| (*name, (*body).to_owned())),
        );
        let allocate = all.remove("cabi_realloc").unwrap_or_else(|| {
            "(local $at i32) (local.set $at (global.get $next)) (global.set $next (i32.add (global.get $next) (local.get 3))) (local.get $at)".into()
        });
        let others = all.remove("others").unwrap_or_default();
        let mut wat = String::from("(module\n");
        for spec in IMPORTS {
            wat += &format!(
                "(import \"{HOST_INTERFACE}\" \"{}\" (func ${} {}))\n",
                spec.name,
                import_name(HOST_INTERFACE, spec),
                types(spec)
            );
        }
        for spec in WASI_IMPORTS {
            wat += &format!(
                "(import \"{WASI_MODULE}\" \"{}\" (func ${} {}))\n",
                spec.name,
                import_name(WASI_MODULE, spec),
                types(spec)
            );
        }
        wat += &format!(
            r#"
                (import "env" "memory" (memory 4))
                (global $next (mut i32) (i32.const 65536))
                (table (export "__indirect_function_table") 2 funcref)
                (func $recurse (param i32) (result i32) (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {allocate})
                {others}
            "#
        );
        for spec in EXPORTS {
            let body = all.get(spec.name).map_or("unreachable", String::as_str);
            let post = all.get("post").map_or("", String::as_str);
            wat += &format!(
                "(func (export \"{}\") {} {body})\n",
                export_name(spec),
                types(spec)
            );
            if spec.post {
                wat += &format!(
                    "(func (export \"{}\") (param i32) {post})\n",
                    post_name(spec)
                );
            }
        }
        wat += ")";
        let stamp = GuestStamp::new("10.0.15");
        let code = stamped(wat::parse_str(&wat).unwrap(), &stamp);
        let mut guest = Self {
            code,
            state: Vec::new(),
            stamp,
        };
        guest.remake_state();
        guest
    }

    /// Makes the state that belongs to the code.
    pub(crate) fn remake_state(&mut self) {
        let state =
            wat::parse_str(r#"(module (memory (export "memory") 4) (data (i32.const 256) "iii"))"#)
                .unwrap();
        self.state = stamped(
            state,
            &GuestStamp {
                code_digest: Some(self.code_digest()),
                ..self.stamp.clone()
            },
        );
    }

    pub(crate) fn code_digest(&self) -> String {
        hex(&Sha256::digest(&self.code))
    }

    pub(crate) fn manifest(&self) -> GuestManifest {
        let (code, state) = (
            GuestFile::of("code.wasm", &self.code),
            GuestFile::of("state.wasm", &self.state),
        );
        GuestManifest {
            format: MANIFEST_FORMAT,
            stamp: self.stamp.clone(),
            digest: image_digest(&code.sha256, &state.sha256),
            code,
            state,
            component: None,
            precompiled: None,
            dotnet_version: "10.0.15".into(),
            initial_memory_pages: 4,
            needs: Default::default(),
            compiled_methods: 0,
        }
    }

    /// Writes it as an image.
    pub(crate) fn write(&self, directory: &Path) {
        std::fs::create_dir_all(directory).unwrap();
        std::fs::write(directory.join("code.wasm"), &self.code).unwrap();
        std::fs::write(directory.join("state.wasm"), &self.state).unwrap();
        std::fs::write(directory.join(MANIFEST_FILE), self.manifest().to_json()).unwrap();
    }

    /// A host of it, which keeps everything in a directory of its own.
    pub(crate) fn host_with(
        &self,
        set: impl FnOnce(HostBuilder) -> HostBuilder,
    ) -> (TempDir, IsolatedRuntimeHost) {
        let root = tempfile::tempdir().unwrap();
        self.write(&root.path().join("guest"));
        let builder = IsolatedRuntimeHost::builder()
            .guest(root.path().join("guest"))
            .cache_directory(root.path().join("cache"))
            .max_runtimes(4);
        let host = set(builder).build().unwrap();
        (root, host)
    }

    pub(crate) fn runtime(&self) -> IsolatedRuntime {
        self.host_with(|builder| builder)
            .1
            .create_runtime()
            .unwrap()
    }
}

/// Adds the stamp to a module.
pub(crate) fn stamped(mut module: Vec<u8>, stamp: &GuestStamp) -> Vec<u8> {
    fn leb(mut value: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let low = u8::try_from(value & 0x7f).unwrap();
            value >>= 7;
            if value == 0 {
                bytes.push(low);
                return bytes;
            }
            bytes.push(low | 0x80);
        }
    }
    let mut content = leb(STAMP_SECTION.len());
    content.extend(STAMP_SECTION.as_bytes());
    content.extend(stamp.to_bytes());
    module.push(0);
    module.extend(leb(content.len()));
    module.extend(content);
    module
}
