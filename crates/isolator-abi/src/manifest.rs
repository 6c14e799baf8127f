//! The manifest of a guest image on disk, `guest.json`, and the digest that names the image.

use crate::contract::hex;
use crate::stamp::GuestStamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// File name of the manifest inside an image's directory.
pub const MANIFEST_FILE: &str = "guest.json";

/// The manifest format that this build writes and reads.
pub const MANIFEST_FORMAT: u32 = 1;

/// Content of [`MANIFEST_FILE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestManifest {
    /// [`MANIFEST_FORMAT`] of the build.
    pub format: u32,
    /// The stamp that both modules carry too.
    pub stamp: GuestStamp,
    /// What names the image: [`image_digest`] of the two modules' digests.
    pub digest: String,
    /// The code module: functions and tables, imports its memory.
    pub code: GuestFile,
    /// The state module: a memory and what it holds.
    pub state: GuestFile,
    /// The same guest as a WASI component, if it was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<GuestFile>,
    /// Machine code of the two modules, if it was built.
    #[serde(
        default,
        rename = "machine_code",
        skip_serializing_if = "Option::is_none"
    )]
    pub precompiled: Option<Precompiled>,
    /// Version of the .NET runtime inside, such as `10.0.15`.
    pub dotnet_version: String,
    /// Size of the state's memory, in pages of 64 KiB.
    pub initial_memory_pages: u64,
    /// What the code module needs of an engine. Images of before this was said need what its default says.
    #[serde(default)]
    pub needs: EngineNeeds,
    /// How many methods of the base library and of the dispatcher are compiled ahead of time. The others, and programs, are interpreted.
    #[serde(default)]
    pub compiled_methods: u32,
}

/// What a code module needs of an engine that reserves room for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineNeeds {
    /// Elements of its function table.
    pub table_elements: u32,
    /// Its functions, imported ones too: each may have a reference in every instance.
    pub functions: u32,
}

impl Default for EngineNeeds {
    /// An interpreted guest of .NET 10, rounded up.
    fn default() -> Self {
        Self {
            table_elements: 16_000,
            functions: 24_000,
        }
    }
}

/// A file of the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestFile {
    /// Name inside the image's directory, without separators.
    pub file: String,
    /// SHA-256 of its content, in lower-case hex.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

/// Machine code for one engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precompiled {
    /// The engine's compatibility hash, in hex: version, settings and processor features that the code depends on.
    pub engine: String,
    /// The processors that it was made for, such as `x86-64-v2`, for people.
    pub processors: String,
    /// The code module.
    pub code: MachineCode,
    /// The state module.
    pub state: MachineCode,
}

/// A file of machine code. It is hashed where it is loaded for the first time, so by what is fastest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineCode {
    /// Name inside the image's directory, without separators.
    pub file: String,
    /// BLAKE3 of its content, in lower-case hex.
    pub blake3: String,
    /// BLAKE3 of pieces of it, in lower-case hex: what tells it from another build's where nobody but who wrote the program could have written it.
    /// Images of before this was said have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<String>,
    /// Its length.
    pub bytes: u64,
}

impl GuestFile {
    /// Describes a file of this name with this content.
    #[must_use]
    pub fn of(file: &str, content: &[u8]) -> Self {
        Self {
            file: file.into(),
            sha256: hex(&Sha256::digest(content)),
            bytes: content.len() as u64,
        }
    }
}

/// Whether it is the name of a file and nothing more: what a manifest names stays inside its directory.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', ':', '\0'])
}

impl GuestManifest {
    /// Reads the manifest's JSON and checks its format and the names in it.
    ///
    /// # Errors
    /// One sentence that says what is wrong, without the path.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let format = serde_json::from_slice::<Format>(json)
            .map_err(|e| format!("`{MANIFEST_FILE}` cannot be read: {e}"))?
            .format;
        if format != MANIFEST_FORMAT {
            return Err(format!(
                "`{MANIFEST_FILE}` has format {format}, and this host reads format {MANIFEST_FORMAT}"
            ));
        }
        let manifest: Self = serde_json::from_slice(json)
            .map_err(|e| format!("`{MANIFEST_FILE}` cannot be read: {e}"))?;
        for file in manifest.files() {
            if !is_plain(file) {
                return Err(format!(
                    "`{MANIFEST_FILE}` names the file `{file}`, which is no plain file name"
                ));
            }
        }
        let digest = image_digest(&manifest.code.sha256, &manifest.state.sha256);
        if digest != manifest.digest {
            return Err(format!(
                "`{MANIFEST_FILE}` contradicts itself: its digest is {}, and its modules give {digest}",
                manifest.digest
            ));
        }
        Ok(manifest)
    }

    /// The manifest's JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// Every file that the manifest names.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        [Some(&self.code), Some(&self.state), self.component.as_ref()]
            .into_iter()
            .flatten()
            .map(|file| &*file.file)
            .chain(
                self.precompiled
                    .iter()
                    .flat_map(|made| [&*made.code.file, &*made.state.file]),
            )
    }
}

/// The digest that names an image: SHA-256 over the hex digests of its code and its state, in that order.
#[must_use]
pub fn image_digest(code_sha256: &str, state_sha256: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(code_sha256.as_bytes());
    hasher.update(state_sha256.as_bytes());
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> GuestManifest {
        let (code, state) = (
            GuestFile::of("code.wasm", b"code"),
            GuestFile::of("state.wasm", b"state"),
        );
        GuestManifest {
            format: MANIFEST_FORMAT,
            stamp: GuestStamp::new("10.0.15"),
            digest: image_digest(&code.sha256, &state.sha256),
            code,
            state,
            component: None,
            precompiled: None,
            dotnet_version: "10.0.15".into(),
            initial_memory_pages: 3,
            needs: EngineNeeds::default(),
            compiled_methods: 28_000,
        }
    }

    #[test]
    fn a_manifest_survives() {
        assert_eq!(GuestManifest::parse(&manifest().to_json()), Ok(manifest()));
    }

    #[test]
    fn an_image_that_does_not_say_what_it_needs_gets_the_usual() {
        let mut json: serde_json::Value = serde_json::from_slice(&manifest().to_json()).unwrap();
        json.as_object_mut().unwrap().remove("needs").unwrap();
        let parsed = GuestManifest::parse(json.to_string().as_bytes()).unwrap();
        assert_eq!(parsed.needs, EngineNeeds::default());
    }

    #[test]
    fn another_format_a_path_and_a_wrong_digest_are_named() {
        type Change = fn(&mut GuestManifest);
        let cases: [(Change, &str); 4] = [
            (|m| m.format = 7, "format 7"),
            (|m| m.code.file = "../code.wasm".into(), "`../code.wasm`"),
            (|m| m.state.file = "C:state.wasm".into(), "`C:state.wasm`"),
            (|m| m.digest = "00".into(), "contradicts itself"),
        ];
        for (change, expected) in cases {
            let mut changed = manifest();
            change(&mut changed);
            let message = GuestManifest::parse(&changed.to_json()).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        assert!(GuestManifest::parse(b"{}").unwrap_err().contains("format"));
    }
}
