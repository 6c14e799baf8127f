//! What sources load with `#load`: other sources, which lie in the folder that the embedder names, and nowhere else.

use crate::options::Source;
use isolator_host::read_file_below;
use serde::Serialize;
use std::io::ErrorKind;
use std::path::PathBuf;

/// Sources that one may load, with all that these load.
const MOST_FILES: usize = 200;
/// Bytes of them all.
const MOST_BYTES: u64 = 16 << 20;
const LONGEST_PATH: usize = 1_000;
/// What a source's name ends in.
const SUFFIXES: [&str; 2] = ["cs", "csx"];

/// Where sources are loaded from.
#[derive(Debug, Default)]
pub(crate) struct Loadable {
    folder: Option<PathBuf>,
}

/// That one source loads another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Link {
    /// The name of the one; empty for the source that is no loaded one.
    pub from: String,
    /// What it says.
    pub path: String,
    /// The name of the other.
    pub name: String,
}

/// What was loaded so far for one source.
#[derive(Debug, Default)]
pub(crate) struct Loads {
    /// The folder of the source itself, as its name has it, with what stands behind it.
    prefix: String,
    known: Vec<Vec<String>>,
    bytes: u64,
    pub links: Vec<Link>,
}

/// A source that was asked for.
pub(crate) enum Asked {
    /// By its folder below the first one, with its text.
    New(Vec<String>, Source),
    /// It was loaded before, or is on its way.
    Known,
}

impl Loadable {
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// Finds a source for another one, which has the name `from` and lies in `folder`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn load(
        &self,
        loads: &mut Loads,
        from: &str,
        folder: &[String],
        path: &str,
    ) -> Result<Asked, String> {
        let root = self.folder.as_ref().ok_or(
            "there is no folder that sources may be loaded from. Name one, with `ScriptHostBuilder::load_folder`",
        )?;
        let parts = below(folder, path)?;
        let name = format!("{}{}", loads.prefix, parts.join("/"));
        loads.links.push(Link {
            from: from.into(),
            path: path.into(),
            name: name.clone(),
        });
        if loads.known.contains(&parts) {
            return Ok(Asked::Known);
        }
        if loads.known.len() == MOST_FILES {
            return Err(format!("more than {MOST_FILES} sources would be loaded"));
        }
        loads.known.push(parts.clone());
        let left = MOST_BYTES - loads.bytes;
        let bytes =
            read_file_below(root, &parts, MOST_BYTES).map_err(|error| match error.kind() {
                ErrorKind::NotFound => "there is no such file".into(),
                _ => error.to_string(),
            })?;
        let size = bytes.len() as u64;
        if size > left {
            return Err(format!(
                "with it, what is loaded has more than {MOST_BYTES} bytes"
            ));
        }
        loads.bytes += size;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            format!(
                "it is not UTF-8 text, from byte {} on. Save it as UTF-8",
                error.valid_up_to()
            )
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut folder = parts;
        folder.pop();
        Ok(Asked::New(folder, Source::new(name, text)))
    }
}

impl Loads {
    /// For a source of this name.
    pub fn of(name: &str) -> Self {
        let end = name.rfind(['/', '\\']).map_or(0, |at| at + 1);
        Self {
            prefix: name.get(..end).unwrap_or_default().into(),
            ..Self::default()
        }
    }
}

/// The parts of a path that leads on from a folder. Nothing leads above the first one.
fn below(folder: &[String], path: &str) -> Result<Vec<String>, String> {
    if path.len() > LONGEST_PATH {
        return Err(format!("it has more than {LONGEST_PATH} bytes"));
    }
    // A colon is a drive, or a stream of a file.
    if path.starts_with(['/', '\\']) || path.contains(':') {
        return Err(
            "it is no path beside the source: write it as it leads on from there, such as `lib/tools.cs`".into(),
        );
    }
    let mut parts = folder.to_vec();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err("it leads out of the folder that sources may be loaded from".into());
                }
            }
            part if part.contains(char::is_control) => {
                return Err("it is no name of a file".into());
            }
            part => parts.push(part.into()),
        }
    }
    let suffix = parts.last().and_then(|name| name.rsplit_once('.'));
    let is_source = suffix.is_some_and(|(_, suffix)| {
        SUFFIXES
            .iter()
            .any(|known| suffix.eq_ignore_ascii_case(known))
    });
    match is_source {
        true => Ok(parts),
        false => Err("it is no C# source, whose name ends in `.cs` or `.csx`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_on_and_never_out() {
        let folder = ["lib".to_owned()];
        for (path, expected) in [
            ("a.cs", "lib/a.cs"),
            ("./a.CSX", "lib/a.CSX"),
            ("../a.cs", "a.cs"),
            ("b//c\\.\\d.cs", "lib/b/c/d.cs"),
            ("x/../../y/z.cs", "y/z.cs"),
            ("..\u{200b}/a.cs", "lib/..\u{200b}/a.cs"),
            ("ä ö.cs", "lib/ä ö.cs"),
        ] {
            assert_eq!(below(&folder, path).unwrap().join("/"), expected, "{path}");
        }
        for (path, expected) in [
            ("../../a.cs", "leads out"),
            ("..\\..\\a.cs", "leads out"),
            ("../../lib/a.cs", "leads out"),
            ("/etc/a.cs", "no path beside"),
            ("\\\\host\\share\\a.cs", "no path beside"),
            ("C:a.cs", "no path beside"),
            ("https://example.org/a.cs", "no path beside"),
            ("a.cs:stream", "no path beside"),
            ("a\0.cs", "no name"),
            ("a\u{85}.cs", "no name"),
            ("", "no C# source"),
            ("..", "no C# source"),
            ("passwd", "no C# source"),
            (".cs/", ".cs"),
            ("a.cs/b", "no C# source"),
            (&format!("{}.cs", "x".repeat(1_000)), "more than 1000 bytes"),
        ] {
            match below(&folder, path) {
                Err(message) => assert!(message.contains(expected), "{path}: {message}"),
                Ok(parts) => assert_eq!(parts, ["lib", expected], "{path}"),
            }
        }
    }

    #[test]
    fn names_begin_as_that_of_the_source_does() {
        for (name, prefix) in [
            ("a.cs", ""),
            ("dir/a.cs", "dir/"),
            ("C:\\x\\a.cs", "C:\\x\\"),
            ("submission1", ""),
        ] {
            assert_eq!(Loads::of(name).prefix, prefix);
        }
    }
}
