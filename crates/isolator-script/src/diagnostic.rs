//! What the compiler has to say.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Deref;

/// The id of what is wrong with a `#:`, `#r` or `#load` line, which the compiler does not look at.
const DIRECTIVE: &str = "ISO0002";

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something to know.
    Info,
    /// It compiles, and is probably wrong.
    Warning,
    /// It does not compile.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A place in a source, as the Language Server Protocol counts: from 0, columns in UTF-16 units.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub character: u32,
}

/// From here up to there; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Range {
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

/// A place that a `#line` of a source names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MappedPlace {
    /// The file: a name that stands in the source, beside that unless it says where. Nothing is looked for there.
    pub file: String,
    /// Where in it.
    pub range: Range,
}

/// One thing that the compiler has to say. Printed, it is as `dotnet build` prints it: `file.cs(3,5): error CS0103: …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Such as `CS0103`.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// The name of the source; none if it is about all of them.
    pub file: Option<String>,
    /// Where in it. This is the place in the text that was given, for who edits that, whatever a `#line` says.
    pub range: Range,
    /// What is wrong. Names and texts of the source are in it: a stranger's words, if the source is.
    pub message: String,
    /// Where a `#line` of the source says that it is, which is what is printed; none if none says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped: Option<MappedPlace>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.mapped {
            Some(mapped) => Some((&mapped.file, mapped.range)),
            None => self.file.as_ref().map(|file| (file, self.range)),
        };
        if let Some((file, Range { start, .. })) = place {
            write!(f, "{file}({},{}): ", start.line + 1, start.character + 1)?;
        }
        write!(f, "{} {}: {}", self.severity, self.id, self.message)
    }
}

/// What the compiler has to say, in the order of files and places; of too many the first errors, then the first warnings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Diagnostics {
    /// Those that are told.
    pub list: Vec<Diagnostic>,
    /// How many there were beyond those.
    pub more: u64,
}

impl Diagnostics {
    /// What [`Error::Directive`](crate::Error::Directive) says, told as the compiler tells of what else is wrong: an error `ISO0002` at the beginning of the line, which is counted from 1.
    #[must_use]
    pub fn of_directive(file: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        let line = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
        let at = |character| Position { line, character };
        let told = Diagnostic {
            id: DIRECTIVE.into(),
            severity: Severity::Error,
            file: Some(file.into()),
            range: Range {
                start: at(0),
                end: at(2),
            },
            message: message.into(),
            mapped: None,
        };
        Self {
            list: vec![told],
            more: 0,
        }
    }

    /// Whether there is an error among them. Errors come first where not all are told.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

impl Deref for Diagnostics {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.list
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, diagnostic) in self.list.iter().enumerate() {
            let end = if number == 0 { "" } else { "\n" };
            write!(f, "{end}{diagnostic}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(file: Option<&str>, severity: Severity) -> Diagnostic {
        let at = |line, character| Position { line, character };
        Diagnostic {
            id: "CS0103".into(),
            severity,
            file: file.map(Into::into),
            range: Range {
                start: at(2, 4),
                end: at(2, 9),
            },
            message: "The name 'wrong' does not exist".into(),
            mapped: None,
        }
    }

    #[test]
    fn a_directive_is_told_as_the_compiler_tells() {
        let told = Diagnostics::of_directive("a.cs", 3, "no");
        assert_eq!(told.to_string(), "a.cs(3,1): error ISO0002: no");
        assert!(told.has_errors());
    }

    #[test]
    fn they_print_as_a_build_prints_them() {
        let diagnostics = Diagnostics {
            list: vec![
                diagnostic(Some("a.cs"), Severity::Error),
                diagnostic(None, Severity::Warning),
            ],
            more: 7,
        };
        assert_eq!(
            diagnostics.to_string(),
            "a.cs(3,5): error CS0103: The name 'wrong' does not exist\nwarning CS0103: The name 'wrong' does not exist\n… and 7 more"
        );
        assert!(diagnostics.has_errors());
        assert!(!Diagnostics::default().has_errors());
    }

    #[test]
    fn a_place_that_a_line_directive_names_is_printed_and_kept_beside_the_own_one() {
        let own = diagnostic(Some("a.cs"), Severity::Error);
        let at = |line, character| Position { line, character };
        let mapped = Diagnostic {
            mapped: Some(MappedPlace {
                file: "page.txt".into(),
                range: Range {
                    start: at(41, 0),
                    end: at(41, 5),
                },
            }),
            ..own.clone()
        };
        assert_eq!(
            mapped.to_string(),
            "page.txt(42,1): error CS0103: The name 'wrong' does not exist"
        );
        let json = serde_json::to_value(&mapped).unwrap();
        assert_eq!(json["file"], "a.cs");
        assert_eq!(json["range"]["start"]["line"], 2);
        assert_eq!(json["mapped"]["file"], "page.txt");
        assert_eq!(serde_json::from_value::<Diagnostic>(json).unwrap(), mapped);
        // Where there is none, nothing is said of it, and nothing expected.
        let json = serde_json::to_value(&own).unwrap();
        assert_eq!(json.get("mapped"), None);
        assert_eq!(serde_json::from_value::<Diagnostic>(json).unwrap(), own);
    }
}
