//! `APP.runtimeconfig.json`: the settings that a build leaves beside a program.

use crate::error::{CliError, Result};
use isolator_host::AssemblyFolder;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The framework that a guest image holds.
const FRAMEWORK: &str = "Microsoft.NETCore.App";
/// The property by which a program limits its heap, in bytes.
const HEAP_LIMIT: &str = "System.GC.HeapHardLimit";

/// Most bytes of a JSON file beside a program: those of large programs have one or two million.
const LARGEST_JSON: u64 = 4 << 20;

/// What the file (and `APP.runtimeconfig.dev.json`) says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// `AppContext` properties.
    pub properties: BTreeMap<String, String>,
    /// Folders in which packages lie.
    pub probing_paths: Vec<PathBuf>,
    /// Name and version of each framework that the program needs.
    frameworks: Vec<(String, String)>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct File {
    runtime_options: Options,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Options {
    framework: Option<Framework>,
    frameworks: Vec<Framework>,
    included_frameworks: Vec<Framework>,
    config_properties: BTreeMap<String, Value>,
    additional_probing_paths: Vec<String>,
}

#[derive(Deserialize)]
struct Framework {
    name: String,
    #[serde(default)]
    version: String,
}

impl RuntimeConfig {
    /// Reads the files beside an app, which is in this folder. Without them there is nothing to set.
    ///
    /// # Errors
    /// A file that cannot be read, with the place.
    pub fn beside(app: &Path, folder: &AssemblyFolder) -> Result<Self> {
        let mut config = Self::default();
        for extension in ["runtimeconfig.json", "runtimeconfig.dev.json"] {
            let path = app.with_extension(extension);
            if let Some(json) = read_beside(&path, folder)? {
                config.merge(&json).map_err(|error| {
                    CliError::new(format!("`{}` cannot be used: {error}", path.display()))
                })?;
            }
        }
        Ok(config)
    }

    fn merge(&mut self, json: &str) -> Result<(), serde_json::Error> {
        let Options {
            framework,
            frameworks,
            included_frameworks,
            config_properties,
            additional_probing_paths,
        } = serde_json::from_str::<File>(json)?.runtime_options;
        let named = framework
            .into_iter()
            .chain(frameworks)
            .chain(included_frameworks);
        self.frameworks
            .extend(named.map(|framework| (framework.name, framework.version)));
        for (name, value) in config_properties {
            // As .NET's own host does it: every value becomes text.
            let value = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            self.properties.insert(name, value);
        }
        // Placeholders such as `|arch|` are for a store of packages, which no SDK makes any more.
        self.probing_paths.extend(
            additional_probing_paths
                .into_iter()
                .filter(|path| !path.contains('|'))
                .map(PathBuf::from),
        );
        Ok(())
    }

    /// The limit of the managed heap that the program asks for, in bytes.
    pub fn heap_limit(&self) -> Option<u64> {
        self.properties
            .get(HEAP_LIMIT)?
            .parse()
            .ok()
            .filter(|bytes| *bytes > 0)
    }

    /// Whether a guest with this version of .NET is what the program needs.
    ///
    /// # Errors
    /// The framework that is missing.
    pub fn check(&self, app: &Path, dotnet_version: &str) -> Result<()> {
        for (name, version) in &self.frameworks {
            if name != FRAMEWORK {
                return Err(CliError::new(format!(
                    "`{}` needs the framework {name} {version}, and a guest holds {FRAMEWORK} only. \
                     Web and desktop frameworks cannot run inside",
                    app.display()
                )));
            }
            if major_minor(version) > major_minor(dotnet_version) {
                return Err(CliError::new(format!(
                    "`{}` needs .NET {version}, and the guest image holds .NET {dotnet_version}. \
                     Build the program for an older framework, or name a newer image with --guest",
                    app.display()
                )));
            }
        }
        Ok(())
    }
}

/// The text of a JSON file in this folder, without the mark that some editors put first. Nobody named it: it is no link.
pub fn read_beside(path: &Path, folder: &AssemblyFolder) -> Result<Option<String>> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Ok(None);
    };
    let Some(bytes) = folder.read(name, LARGEST_JSON)? else {
        return Ok(None);
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Some(
            text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        )),
        Err(error) => Err(CliError::new(format!(
            "`{}` cannot be used: it is not UTF-8 text: {error}",
            path.display()
        ))),
    }
}

fn major_minor(version: &str) -> (u32, u32) {
    let mut parts = version
        .split(['.', '-'])
        .map(|part| part.parse().unwrap_or_default());
    (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> RuntimeConfig {
        let mut config = RuntimeConfig::default();
        config.merge(json).unwrap();
        config
    }

    #[test]
    fn properties_become_text() {
        let config = config(
            r#"{"runtimeOptions": {"tfm": "net10.0", "framework": {"name": "Microsoft.NETCore.App", "version": "10.0.0"},
                "configProperties": {"A": true, "B": 5, "C": "text", "System.GC.HeapHardLimit": 1000000},
                "additionalProbingPaths": ["/store/|arch|/|tfm|", "/packages"]}}"#,
        );
        let properties: Vec<_> = config
            .properties
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(
            properties,
            [
                ("A", "true"),
                ("B", "5"),
                ("C", "text"),
                ("System.GC.HeapHardLimit", "1000000")
            ]
        );
        assert_eq!(config.heap_limit(), Some(1_000_000));
        assert_eq!(config.probing_paths, [PathBuf::from("/packages")]);
        assert!(config.check(Path::new("App.dll"), "10.0.15").is_ok());
    }

    #[test]
    fn a_framework_that_is_not_inside_is_named() {
        let check = |name: &str, version: &str| {
            let json = format!(
                r#"{{"runtimeOptions": {{"frameworks": [{{"name": "{name}", "version": "{version}"}}]}}}}"#
            );
            config(&json)
                .check(Path::new("App.dll"), "10.0.15")
                .map_err(|error| error.to_string())
        };
        assert_eq!(check("Microsoft.NETCore.App", "8.0.0"), Ok(()));
        assert_eq!(check("Microsoft.NETCore.App", "10.0.99"), Ok(()));
        assert!(
            check("Microsoft.NETCore.App", "11.0.0-preview.1")
                .unwrap_err()
                .contains("needs .NET 11.0.0-preview.1, and the guest image holds .NET 10.0.15")
        );
        assert!(
            check("Microsoft.AspNetCore.App", "10.0.0")
                .unwrap_err()
                .contains("Microsoft.AspNetCore.App 10.0.0")
        );
    }

    #[test]
    fn a_broken_file_is_named_with_the_place() {
        let root = tempfile::tempdir().unwrap();
        let app = root.path().join("App.dll");
        let folder = AssemblyFolder::open(root.path()).unwrap();
        assert_eq!(
            RuntimeConfig::beside(&app, &folder).unwrap(),
            RuntimeConfig::default()
        );
        std::fs::write(
            root.path().join("App.runtimeconfig.json"),
            "\u{feff}{\n oops }",
        )
        .unwrap();
        let message = RuntimeConfig::beside(&app, &folder)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("App.runtimeconfig.json") && message.contains("line 2"),
            "{message}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_beside_the_program_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let app = root.path().join("App.dll");
        let folder = AssemblyFolder::open(root.path()).unwrap();
        std::fs::write(root.path().join("real.json"), "{}").unwrap();
        let link = root.path().join("App.runtimeconfig.json");
        std::os::unix::fs::symlink("real.json", link).unwrap();
        let message = RuntimeConfig::beside(&app, &folder)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("App.runtimeconfig.json") && message.contains("is a link"),
            "{message}"
        );
    }
}
