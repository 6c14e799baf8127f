//! `APP.deps.json`: where a build says an app's assemblies lie.
//!
//! Each assembly that it lists is looked for beside the app (by its file name, and by its path in the package), then in the
//! `additionalProbingPaths` of the runtime configuration, then in the user's NuGet packages: `NUGET_PACKAGES`, or
//! `~/.nuget/packages`. What it does not list is looked for beside the app by the host library's own loader of folders.
//!
//! The user named the app and the folder of packages; each may be reached through links. What a file beside the app names was named by
//! whoever made the app: nothing else is reached through a link.

use crate::config::read_beside;
use crate::error::{CliError, Result};
use isolator_host::{AssemblyFolder, AssemblyImage, AssemblyLoader, AssemblyRequest};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many assemblies that are nowhere are named.
const NAMED: usize = 20;

/// What the base class library inside was built for: assemblies for these platforms come before those for all.
const PLATFORMS: [&str; 4] = ["wasi-wasm", "wasi", "browser-wasm", "browser"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    runtime_target: Target,
    #[serde(default)]
    targets: BTreeMap<String, BTreeMap<String, Assets>>,
    #[serde(default)]
    libraries: HashMap<String, Library>,
}

/// Old builds wrote the name alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Target {
    Named { name: String },
    Name(String),
}

impl Default for Target {
    fn default() -> Self {
        Self::Name(String::new())
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Assets {
    runtime: BTreeMap<String, Details>,
    resources: BTreeMap<String, Details>,
    runtime_targets: BTreeMap<String, Details>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    locale: Option<String>,
    rid: Option<String>,
    asset_type: Option<String>,
}

#[derive(Deserialize)]
struct Library {
    #[serde(default)]
    path: Option<String>,
}

/// Culture (empty for none) and simple name, both in lower case: .NET compares them so.
type Key = (String, String);

/// The assemblies that a `.deps.json` lists and that were found.
#[derive(Debug, Default)]
pub struct Dependencies {
    found: HashMap<Key, Found>,
}

/// A file in one of the places.
#[derive(Debug, Clone)]
struct Found {
    folder: Arc<AssemblyFolder>,
    /// Its path below the folder.
    path: String,
}

/// Where assemblies may lie.
struct Places {
    app: Arc<AssemblyFolder>,
    packages: Vec<Arc<AssemblyFolder>>,
}

impl Places {
    /// The app's folder, what its runtime configuration names, and the user's packages, as far as they are there.
    fn new(app: &Arc<AssemblyFolder>, probing_paths: &[PathBuf]) -> Self {
        let named_by_a_file = probing_paths.iter().map(|path| {
            let folder = AssemblyFolder::open_without_links(path);
            (path.clone(), folder)
        });
        let named_by_the_user = nuget_packages().map(|path| {
            let folder = AssemblyFolder::open(&path);
            (path, folder)
        });
        let opened = |(path, folder): (PathBuf, isolator_host::Result<AssemblyFolder>)| match folder
        {
            Ok(folder) => Some(Arc::new(folder)),
            Err(error) => {
                if path.is_dir() {
                    tracing::warn!("no packages are looked for in a folder: {error}");
                }
                None
            }
        };
        Self {
            app: app.clone(),
            packages: named_by_a_file
                .chain(named_by_the_user)
                .filter_map(opened)
                .collect(),
        }
    }
}

impl Dependencies {
    /// Reads the file beside an app, which is in this folder. Without one there is nothing listed.
    ///
    /// # Errors
    /// A file that cannot be read, with the place.
    pub fn beside(
        app: &Path,
        folder: &Arc<AssemblyFolder>,
        probing_paths: &[PathBuf],
    ) -> Result<Self> {
        let path = app.with_extension("deps.json");
        let Some(json) = read_beside(&path, folder)? else {
            return Ok(Self::default());
        };
        let wrong =
            |error: String| CliError::new(format!("`{}` cannot be used: {error}", path.display()));
        let file: File = serde_json::from_str(&json).map_err(|error| wrong(error.to_string()))?;
        Self::find(&file, &Places::new(folder, probing_paths)).map_err(wrong)
    }

    fn find(file: &File, places: &Places) -> Result<Self, String> {
        let (Target::Named { name } | Target::Name(name)) = &file.runtime_target;
        let target = match file.targets.get(name) {
            Some(target) => target,
            None if file.targets.len() <= 1 => match file.targets.values().next() {
                Some(target) => target,
                None => return Ok(Self::default()),
            },
            None => {
                return Err(format!(
                    "its runtime target `{name}` is not among its targets"
                ));
            }
        };
        let mut found = HashMap::new();
        let mut missing = 0;
        for (library, assets) in target {
            let folder = match file
                .libraries
                .get(library)
                .and_then(|library| library.path.clone())
            {
                Some(path) => path,
                None => library.to_lowercase(),
            };
            for (key, asset) in chosen(assets) {
                if let Some(file) = places.find(&folder, asset, &key.0) {
                    found.insert(key, file);
                    continue;
                }
                missing += 1;
                if missing <= NAMED {
                    tracing::warn!(
                        "`{asset}` of {library} is listed in the .deps.json and is neither beside the app nor in a package folder. \
                         If the program needs it: build it so that its packages are copied (`dotnet publish`, or CopyLocalLockFileAssemblies), \
                         or restore them"
                    );
                }
            }
        }
        if missing > NAMED {
            tracing::warn!("{} more are listed there and are nowhere", missing - NAMED);
        }
        Ok(Self { found })
    }
}

/// The assemblies of a library that fit the platform inside.
fn chosen(assets: &Assets) -> HashMap<Key, &str> {
    let mut chosen: HashMap<Key, &str> = HashMap::new();
    for asset in assets.runtime.keys() {
        if let Some(name) = simple_name(asset) {
            chosen.insert((String::new(), name), asset);
        }
    }
    for (asset, details) in &assets.resources {
        if let (Some(name), Some(locale)) = (simple_name(asset), &details.locale) {
            chosen.insert((locale.to_lowercase(), name), asset);
        }
    }
    // From the least fitting to the best, which stays.
    for platform in PLATFORMS.iter().rev() {
        for (asset, details) in &assets.runtime_targets {
            if details.rid.as_deref() == Some(platform)
                && details.asset_type.as_deref() == Some("runtime")
                && let Some(name) = simple_name(asset)
            {
                chosen.insert((String::new(), name), asset);
            }
        }
    }
    chosen
}

/// The assembly's name: none for native libraries and for placeholders of empty folders (`_._`).
fn simple_name(asset: &str) -> Option<String> {
    let name = asset.rsplit('/').next()?.to_lowercase();
    let name = name
        .strip_suffix(".dll")
        .or_else(|| name.strip_suffix(".exe"))?;
    Some(name.to_owned())
}

impl Places {
    /// The file that an asset is; none if it is nowhere.
    fn find(&self, folder: &str, asset: &str, culture: &str) -> Option<Found> {
        let parts = relative(asset)?;
        let (file_name, above) = parts.split_last()?;
        let beside = match culture {
            "" => (*file_name).to_owned(),
            _ => format!("{}/{file_name}", above.last()?),
        };
        let in_app = [beside, asset.to_owned()].map(|path| (&self.app, path));
        let in_packages = relative(folder).into_iter().flat_map(|_| {
            let path = format!("{folder}/{asset}");
            self.packages.iter().map(move |place| (place, path.clone()))
        });
        let found = in_app
            .into_iter()
            .chain(in_packages)
            .find(|(place, path)| place.has_file(path));
        found.map(|(place, path)| Found {
            folder: place.clone(),
            path,
        })
    }
}

/// The parts of a path below a folder; none if it leads elsewhere, whatever the file says: the app's author may not be the user's friend.
fn relative(path: &str) -> Option<Vec<&str>> {
    let plain = |part: &str| {
        !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0'])
    };
    path.split('/')
        .all(plain)
        .then(|| path.split('/').collect())
}

pub fn nuget_packages() -> Option<PathBuf> {
    match std::env::var_os("NUGET_PACKAGES").filter(|value| !value.is_empty()) {
        Some(path) => Some(path.into()),
        None => std::env::home_dir().map(|home| home.join(".nuget").join("packages")),
    }
}

impl AssemblyLoader for Dependencies {
    fn load(&self, request: &AssemblyRequest) -> Option<AssemblyImage> {
        let culture = request
            .culture
            .as_deref()
            .unwrap_or_default()
            .to_lowercase();
        let Found { folder, path } = self.found.get(&(culture, request.name.to_lowercase()))?;
        folder.load_file(request, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{
      "runtimeTarget": {"name": ".NETCoreApp,Version=v10.0", "signature": ""},
      "targets": {".NETCoreApp,Version=v10.0": {
        "App/1.0.0": {"dependencies": {"Pack": "2.0.0"}, "runtime": {"App.dll": {}}, "resources": {"de/App.resources.dll": {"locale": "de"}}},
        "Pack/2.0.0": {"runtime": {"lib/net8.0/Pack.dll": {"assemblyVersion": "2.0.0.0"}},
          "resources": {"lib/net8.0/pt-BR/Pack.resources.dll": {"locale": "pt-BR"}},
          "runtimeTargets": {
            "runtimes/browser/lib/net8.0/Special.dll": {"rid": "browser", "assetType": "runtime"},
            "runtimes/win/lib/net8.0/Special.dll": {"rid": "win", "assetType": "runtime"},
            "runtimes/win/native/x.dll": {"rid": "win", "assetType": "native"}}},
        "Bad/1.0.0": {"runtime": {"../../Secret.dll": {}}},
        "Empty/1.0.0": {"runtime": {"lib/net8.0/_._": {}}}
      }},
      "libraries": {"App/1.0.0": {"type": "project"}, "Pack/2.0.0": {"type": "package", "path": "pack/2.0.0"}, "Bad/1.0.0": {"type": "package", "path": "../bad"}}
    }"#;

    fn write(path: PathBuf) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, path.to_string_lossy().as_bytes()).unwrap();
    }

    fn path_of(dependencies: &Dependencies, culture: &str, name: &str) -> Option<PathBuf> {
        let found = dependencies.found.get(&(culture.into(), name.into()))?;
        Some(found.folder.path().join(&found.path))
    }

    #[test]
    fn packages_are_found_beside_the_app_first_and_then_in_the_packages_folder() {
        let root = tempfile::tempdir().unwrap();
        let (app, packages) = (root.path().join("app"), root.path().join("packages"));
        write(app.join("App.dll"));
        std::fs::create_dir(&packages).unwrap();
        let open = |path: &Path| Arc::new(AssemblyFolder::open(path).unwrap());
        let places = Places {
            app: open(&app),
            packages: vec![open(&packages)],
        };
        let find = || Dependencies::find(&serde_json::from_str(JSON).unwrap(), &places).unwrap();
        write(root.path().join("Secret.dll"));
        write(packages.join("pack/2.0.0/lib/net8.0/Pack.dll"));
        write(packages.join("pack/2.0.0/lib/net8.0/pt-BR/Pack.resources.dll"));
        write(app.join("runtimes/browser/lib/net8.0/Special.dll"));
        write(app.join("runtimes/win/lib/net8.0/Special.dll"));
        let found = find();
        assert_eq!(path_of(&found, "", "app"), Some(app.join("App.dll")));
        assert_eq!(
            path_of(&found, "", "pack"),
            Some(packages.join("pack/2.0.0/lib/net8.0/Pack.dll"))
        );
        assert_eq!(
            path_of(&found, "pt-br", "pack.resources"),
            Some(packages.join("pack/2.0.0/lib/net8.0/pt-BR/Pack.resources.dll"))
        );
        assert_eq!(
            path_of(&found, "", "special"),
            Some(app.join("runtimes/browser/lib/net8.0/Special.dll"))
        );
        assert_eq!(
            path_of(&found, "", "secret"),
            None,
            "a path that leaves its folder is not followed"
        );
        assert_eq!(
            path_of(&found, "de", "app.resources"),
            None,
            "it is not there yet"
        );

        write(app.join("Pack.dll"));
        write(app.join("pt-BR/Pack.resources.dll"));
        write(app.join("de/App.resources.dll"));
        let found = find();
        assert_eq!(path_of(&found, "", "pack"), Some(app.join("Pack.dll")));
        assert_eq!(
            path_of(&found, "pt-br", "pack.resources"),
            Some(app.join("pt-BR/Pack.resources.dll"))
        );
        assert_eq!(
            path_of(&found, "de", "app.resources"),
            Some(app.join("de/App.resources.dll"))
        );
    }

    #[test]
    fn requests_are_answered_whatever_their_case() {
        let root = tempfile::tempdir().unwrap();
        let app = root.path().join("App.dll");
        write(app.clone());
        write(root.path().join("de/App.resources.dll"));
        std::fs::write(root.path().join("App.deps.json"), JSON).unwrap();
        let folder = Arc::new(AssemblyFolder::open(root.path()).unwrap());
        let dependencies = Dependencies::beside(&app, &folder, &[]).unwrap();
        assert!(dependencies.load(&AssemblyRequest::new("APP")).is_some());
        assert!(
            dependencies
                .load(&AssemblyRequest::new("App.Resources").with_culture("DE"))
                .is_some()
        );
        assert!(
            dependencies
                .load(&AssemblyRequest::new("App.Resources"))
                .is_none()
        );
        assert!(dependencies.load(&AssemblyRequest::new("Secret")).is_none());
    }

    #[test]
    fn a_missing_file_lists_nothing_and_a_broken_one_is_named() {
        let root = tempfile::tempdir().unwrap();
        let app = root.path().join("App.dll");
        let folder = Arc::new(AssemblyFolder::open(root.path()).unwrap());
        let beside = || Dependencies::beside(&app, &folder, &[]);
        assert!(beside().unwrap().found.is_empty());
        let cases = [
            ("{", "line 1"),
            (
                r#"{"runtimeTarget": "x", "targets": {"a": {}, "b": {}}}"#,
                "`x` is not among its targets",
            ),
        ];
        for (json, expected) in cases {
            std::fs::write(root.path().join("App.deps.json"), json).unwrap();
            let message = beside().unwrap_err().to_string();
            assert!(
                message.contains("App.deps.json") && message.contains(expected),
                "{message}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_where_the_user_named_them_and_nowhere_else() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| std::fs::canonicalize(root.path()).unwrap().join(path);
        write(at("real/pack/2.0.0/lib/net8.0/Pack.dll"));
        write(at("secret/Pack.dll"));
        std::fs::create_dir_all(at("app")).unwrap();
        let find = |folder: AssemblyFolder| {
            let places = Places {
                app: Arc::new(AssemblyFolder::open(at("app")).unwrap()),
                packages: vec![Arc::new(folder)],
            };
            let found = Dependencies::find(&serde_json::from_str(JSON).unwrap(), &places);
            path_of(&found.unwrap(), "", "pack")
        };
        symlink("real", at("named")).unwrap();
        let expected = at("named/pack/2.0.0/lib/net8.0/Pack.dll");
        assert_eq!(
            find(AssemblyFolder::open(at("named")).unwrap()),
            Some(expected),
            "the user's folder of packages may be a link"
        );
        let places = Places::new(
            &Arc::new(AssemblyFolder::open(at("app")).unwrap()),
            &[at("named"), at("real")],
        );
        let opened: Vec<_> = places.packages.iter().map(|place| place.path()).collect();
        assert!(
            !opened.contains(&&*at("named")) && opened.contains(&&*at("real")),
            "one that a file names may not: {opened:?}"
        );
        // Below a folder there is none at all.
        std::fs::remove_file(at("real/pack/2.0.0/lib/net8.0/Pack.dll")).unwrap();
        symlink(
            at("secret/Pack.dll"),
            at("real/pack/2.0.0/lib/net8.0/Pack.dll"),
        )
        .unwrap();
        assert_eq!(find(AssemblyFolder::open(at("real")).unwrap()), None);
        std::fs::remove_dir_all(at("real/pack/2.0.0/lib/net8.0")).unwrap();
        symlink(at("secret"), at("real/pack/2.0.0/lib/net8.0")).unwrap();
        assert_eq!(find(AssemblyFolder::open(at("real")).unwrap()), None);
        symlink(at("secret/Pack.dll"), at("app/Pack.dll")).unwrap();
        assert_eq!(find(AssemblyFolder::open(at("real")).unwrap()), None);
    }
}
