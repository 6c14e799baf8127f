//! What the command line grants a guest: directories, environment variables and HTTP.

use crate::error::{CliError, Result};
use crate::http_args::HttpArgs;
use isolator_host::{Access, RuntimeBuilder};
use std::path::{Path, PathBuf};

/// `HOST::GUEST[:ro|:rw]`: a directory of this machine, under a path inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGrant {
    host: PathBuf,
    guest: String,
    access: Access,
}

impl DirectoryGrant {
    /// Reads the form above.
    ///
    /// # Errors
    /// What is missing, and how it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        // The last `::`, since a path inside never holds one, and `C:\data` holds a single colon.
        let (host, guest) = text
            .rsplit_once("::")
            .ok_or_else(|| match text.split_once(":/") {
                // A single letter before it is a drive.
                Some((host, guest)) if host.len() > 1 => {
                    format!("it has a single `:` between the directory and its path inside. Write `{host}::/{guest}`")
                }
                _ => format!("it has no `::` between the directory and its path inside. Write `{text}::/data`, or `{text}::/data:ro` to let it be read only"),
            })?;
        let (guest, access) = match guest.rsplit_once(':') {
            None => (guest, Access::ReadWrite),
            Some((guest, "ro")) => (guest, Access::ReadOnly),
            Some((guest, "rw")) => (guest, Access::ReadWrite),
            Some((_, other)) => {
                return Err(format!(
                    "`:{other}` is no access that can be granted: write `:ro` (read only) or `:rw`"
                ));
            }
        };
        if host.is_empty() {
            return Err("the directory before `::` is missing".into());
        }
        if !guest.starts_with('/') {
            return Err(format!(
                "the path inside, `{guest}`, does not begin with `/`"
            ));
        }
        if guest.split('/').any(|part| part == "..") {
            return Err(format!("the path inside, `{guest}`, holds `..`"));
        }
        let guest = match guest.trim_end_matches('/') {
            "" => "/",
            guest => guest,
        };
        Ok(Self {
            host: host.into(),
            guest: guest.into(),
            access,
        })
    }
}

/// `NAME=VALUE`, or `NAME` for this process's own value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableGrant {
    name: String,
    value: Option<String>,
}

impl VariableGrant {
    /// Reads the form above.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        if name.is_empty() {
            return Err("the variable's name is missing: write `NAME=VALUE`, or `NAME` to pass this process's value on".into());
        }
        Ok(Self {
            name: name.into(),
            value,
        })
    }
}

/// What is granted, in sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Of directories.
    pub files: Vec<String>,
    /// Of HTTP.
    pub network: Vec<String>,
    /// Of environment variables.
    pub variables: Vec<String>,
}

impl Notes {
    /// All of them.
    pub fn all(self) -> Vec<String> {
        [self.files, self.network, self.variables].concat()
    }
}

/// Everything that is granted.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Grants {
    /// Grant a directory: HOST::GUEST, or HOST::GUEST:ro to read it only, such as ./data::/data:ro. May be repeated.
    ///
    /// HOST is a directory of this machine, GUEST the absolute path under which the program sees it. With `:ro` it may list and
    /// read, otherwise also create, write and delete. Nothing outside of HOST can be reached through it, by `..` or by links.
    #[arg(long = "dir", value_name = "HOST::GUEST[:ro]", value_parser = DirectoryGrant::parse, help_heading = "Grants")]
    directories: Vec<DirectoryGrant>,

    /// Set an environment variable; NAME alone passes this process's value on. May be repeated.
    ///
    /// No variable is inherited that is not named. A NAME that this process does not have is not set inside either.
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = VariableGrant::parse, help_heading = "Grants")]
    variables: Vec<VariableGrant>,

    /// Load assemblies also from directories that are granted with write access.
    ///
    /// Without this no assembly is loaded by name from a directory that the program may write, nor from one in it: what it wrote there
    /// in another run, or somebody in its place, would be run. The program itself, which the command line names, always is; what it
    /// reads as files is its own affair. A directory that is granted with `:ro` needs no word.
    #[arg(long, help_heading = "Grants")]
    load_from_writable: bool,

    #[command(flatten)]
    http: HttpArgs,
}

impl Grants {
    /// What is granted, for who writes code: paths and names inside, and nothing of this machine's.
    pub fn notes(&self) -> Notes {
        let mut files = Vec::new();
        for DirectoryGrant { guest, access, .. } in &self.directories {
            files.push(match access {
                Access::ReadOnly => format!("The directory `{guest}` can be read."),
                Access::ReadWrite => format!("The directory `{guest}` can be read and written."),
            });
        }
        let variables = self.variables.iter();
        Notes {
            files,
            network: self.http.notes(),
            variables: variables
                .map(|VariableGrant { name, .. }| {
                    format!("The environment variable `{name}` is set.")
                })
                .collect(),
        }
    }

    /// Grants it all to a runtime.
    ///
    /// # Errors
    /// A directory that is none, or a variable whose value is not Unicode.
    pub fn apply(&self, mut builder: RuntimeBuilder) -> Result<RuntimeBuilder> {
        self.check_twice()?;
        for DirectoryGrant {
            host,
            guest,
            access,
        } in &self.directories
        {
            let problem = match std::fs::metadata(host) {
                Ok(found) if found.is_dir() => None,
                Ok(_) => {
                    Some("it is not a directory. Grant the directory that it is in".to_owned())
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    Some("there is no such directory. Create it, or correct the path".to_owned())
                }
                Err(error) => Some(error.to_string()),
            };
            if let Some(problem) = problem {
                return Err(CliError::new(format!(
                    "cannot grant `{}` as `{guest}`: {problem}",
                    host.display()
                )));
            }
            builder = builder.directory(host, guest, *access);
        }
        if self
            .directories
            .iter()
            .any(|grant| grant.access == Access::ReadWrite)
        {
            builder = builder.never_writable(isolator_script::compiler_folder());
        }
        for VariableGrant { name, value } in &self.variables {
            let value = match value {
                Some(value) => Some(value.clone()),
                None => match std::env::var_os(name)
                    .map(|value| value.into_string())
                    .transpose()
                {
                    Ok(value) => value,
                    Err(_) => {
                        return Err(CliError::new(format!(
                            "cannot pass the environment variable `{name}` on: its value is not Unicode"
                        )));
                    }
                },
            };
            match value {
                Some(value) => builder = builder.env(name, value),
                None => tracing::info!(
                    name,
                    "this variable is not set here, so it is not set inside"
                ),
            }
        }
        if self.load_from_writable {
            builder = builder.load_from_writable();
        }
        if let Some(grant) = self.http.grant()? {
            builder = builder.http(grant);
        }
        Ok(builder)
    }

    /// The path inside of a directory that is not there any more.
    pub fn gone(&self) -> Option<&str> {
        let mut directories = self.directories.iter();
        let gone = directories.find(|grant| !grant.host.is_dir());
        gone.map(|grant| &*grant.guest)
    }

    /// Looks that no two directories are granted under one path.
    fn check_twice(&self) -> Result<()> {
        for (number, grant) in self.directories.iter().enumerate() {
            let mut earlier = self.directories.iter().take(number);
            if let Some(other) = earlier.find(|other| other.guest == grant.guest) {
                return Err(CliError::new(format!(
                    "both `{}` and `{}` are granted as `{}`, with --dir: give each a path of its own",
                    other.host.display(),
                    grant.host.display(),
                    grant.guest
                )));
            }
        }
        Ok(())
    }

    /// Where the guest sees a directory of this machine, if a grant covers it.
    pub fn path_inside(&self, directory: &Path) -> Option<String> {
        let directory = directory.canonicalize().ok()?;
        self.directories.iter().find_map(|grant| {
            let below = directory
                .strip_prefix(grant.host.canonicalize().ok()?)
                .ok()?;
            let mut inside = grant.guest.trim_end_matches('/').to_owned();
            for part in below {
                inside.push('/');
                inside.push_str(part.to_str()?);
            }
            Some(if inside.is_empty() {
                "/".into()
            } else {
                inside
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_in_every_form() {
        let cases = [
            ("data::/data", "data", "/data", Access::ReadWrite),
            ("./a b::/data:ro", "./a b", "/data", Access::ReadOnly),
            ("/x::/:rw", "/x", "/", Access::ReadWrite),
            (r"C:\x::/x", r"C:\x", "/x", Access::ReadWrite),
            (r"C:\x::/x/y/:ro", r"C:\x", "/x/y", Access::ReadOnly),
            ("odd::name::/n", "odd::name", "/n", Access::ReadWrite),
        ];
        for (text, host, guest, access) in cases {
            assert_eq!(
                DirectoryGrant::parse(text),
                Ok(DirectoryGrant {
                    host: host.into(),
                    guest: guest.into(),
                    access
                }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_directory_is_said() {
        let cases = [
            ("data", "`data::/data`"),
            ("./data:/data", "`./data::/data`"),
            ("./data:/data:ro", "`./data::/data:ro`"),
            (r"C:\x", "no `::`"),
            ("data::/data:rx", "`:rx`"),
            ("::/data", "before `::` is missing"),
            ("data::data", "does not begin with `/`"),
            ("data::", "does not begin with `/`"),
            ("data::/a/../b", "holds `..`"),
        ];
        for (text, expected) in cases {
            let message = DirectoryGrant::parse(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn notes_say_what_is_inside_and_nothing_of_the_machine() {
        let grants = Grants {
            directories: vec![
                DirectoryGrant::parse("/srv/secret::/data:ro").unwrap(),
                DirectoryGrant::parse("out::/out").unwrap(),
            ],
            variables: vec![VariableGrant::parse("KEY=value").unwrap()],
            http: HttpArgs::of(&["https://a.test/v1/*=GET,POST"]),
            ..Grants::default()
        };
        assert_eq!(
            grants.notes().all(),
            [
                "The directory `/data` can be read.",
                "The directory `/out` can be read and written.",
                "HttpClient can send requests to `https://a.test/v1/*` with GET or POST.",
                "The environment variable `KEY` is set."
            ]
        );
        assert_eq!(Grants::default().notes(), Notes::default());
    }

    #[test]
    fn a_path_inside_is_granted_once() {
        let grants = |texts: &[&str]| Grants {
            directories: texts
                .iter()
                .map(|text| DirectoryGrant::parse(text).unwrap())
                .collect(),
            ..Grants::default()
        };
        assert!(grants(&["a::/a", "b::/b"]).check_twice().is_ok());
        let error = grants(&["a::/x", "b::/x/:ro"]).check_twice().unwrap_err();
        assert!(
            error
                .to_string()
                .contains("both `a` and `b` are granted as `/x`"),
            "{error}"
        );
    }

    #[test]
    fn variables_with_and_without_a_value() {
        let parsed = |text| VariableGrant::parse(text).map(|v| (v.name, v.value));
        assert_eq!(parsed("A=b"), Ok(("A".into(), Some("b".into()))));
        assert_eq!(parsed("A="), Ok(("A".into(), Some(String::new()))));
        assert_eq!(parsed("A=b=c"), Ok(("A".into(), Some("b=c".into()))));
        assert_eq!(parsed("A"), Ok(("A".into(), None)));
        assert!(parsed("=b").is_err() && parsed("").is_err());
    }

    #[test]
    fn a_directory_below_a_grant_has_its_path_inside() {
        let root = tempfile::tempdir().unwrap();
        let bin = root.path().join("bin/net10.0");
        std::fs::create_dir_all(&bin).unwrap();
        let grants = |guest: &str| Grants {
            directories: vec![DirectoryGrant {
                host: root.path().into(),
                guest: guest.into(),
                access: Access::ReadOnly,
            }],
            variables: vec![],
            load_from_writable: false,
            http: HttpArgs::default(),
        };
        assert_eq!(
            grants("/app").path_inside(&bin).as_deref(),
            Some("/app/bin/net10.0")
        );
        assert_eq!(
            grants("/").path_inside(&bin).as_deref(),
            Some("/bin/net10.0")
        );
        assert_eq!(grants("/").path_inside(root.path()).as_deref(), Some("/"));
        assert_eq!(
            grants("/app").path_inside(root.path().parent().unwrap()),
            None
        );
    }
}
