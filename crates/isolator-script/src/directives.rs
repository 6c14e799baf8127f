//! The lines that begin with `#:` in a file-based program: what `dotnet run FILE.cs` reads as its project.

use crate::error::{Error, Result};
use crate::options::{Options, Source};
use crate::packages::PackageRequest;

/// What sources ask for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub options: Options,
    pub packages: Vec<PackageRequest>,
}

/// What the first source's lines say, on top of these options.
///
/// # Errors
/// What is asked for that there is not, with its line.
pub(crate) fn apply(options: &Options, sources: &[Source]) -> Result<Asked> {
    let mut asked = Asked {
        options: options.clone(),
        packages: Vec::new(),
    };
    for (number, source) in sources.iter().enumerate() {
        for (line, directive) in directives(&source.text) {
            let refused = |message: String| Error::Directive {
                file: source.name.clone(),
                line,
                message,
            };
            if number > 0 {
                return Err(refused(format!(
                    "`#:{directive}` stands in a source that is not the first one. Put it there, `{}`",
                    sources.first().map_or("", |first| &first.name)
                )));
            }
            match directive.strip_prefix("package") {
                Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => {
                    let (name, version) = package(rest.trim()).map_err(refused)?;
                    asked.packages.push(PackageRequest {
                        file: source.name.clone(),
                        line,
                        name,
                        version,
                    });
                }
                _ => one(&mut asked.options, directive).map_err(refused)?,
            }
        }
    }
    Ok(asked)
}

fn one(options: &mut Options, directive: &str) -> Result<(), String> {
    let (kind, rest) = directive
        .split_once(char::is_whitespace)
        .unwrap_or((directive, ""));
    let rest = rest.trim();
    match kind {
        "property" => property(options, rest),
        "project" => Err(format!(
            "`#:project {rest}`: projects are not built here. Build it, and give its assembly to the host, with `ScriptHostBuilder::library`"
        )),
        "sdk" if rest == "Microsoft.NET.Sdk" => Ok(()),
        "sdk" => Err(format!(
            "`#:sdk {rest}`: a script has Microsoft.NET.Sdk, and no other one"
        )),
        _ => Err(format!(
            "`#:{kind}` is not known. There are `#:package NAME@VERSION`, and `#:property Nullable=…`, `AllowUnsafeBlocks`, `LangVersion`, `ImplicitUsings` and `Optimize`"
        )),
    }
}

/// A package's name and version, which may be missing.
fn package(text: &str) -> Result<(String, Option<String>), String> {
    let (name, version) = match text.split_once('@') {
        Some((name, version)) => (name.trim(), Some(version.trim().to_owned())),
        None => (text, None),
    };
    match name.is_empty() || version.as_deref() == Some("") {
        true => Err(format!(
            "`#:package {text}` has no name, or no version behind `@`: write `#:package NAME@VERSION`"
        )),
        false => Ok((name.to_owned(), version)),
    }
}

fn property(options: &mut Options, text: &str) -> Result<(), String> {
    let (name, value) = text
        .split_once('=')
        .map(|(name, value)| (name.trim(), value.trim()))
        .ok_or_else(|| {
            format!("`#:property {text}` has no `=` between the property's name and its value")
        })?;
    let wrong = |allowed: &str| format!("`#:property {name}={value}`: it is {allowed}");
    // As MSBuild compares: names and values in any case.
    let switch = || match &*value.to_ascii_lowercase() {
        "true" | "enable" => Ok(true),
        "false" | "disable" => Ok(false),
        _ => Err(wrong("`true` or `false`")),
    };
    match &*name.to_ascii_lowercase() {
        "nullable" => {
            options.nullable = match &*value.to_ascii_lowercase() {
                "enable" => true,
                "disable" => false,
                _ => return Err(wrong("`enable` or `disable`")),
            }
        }
        "allowunsafeblocks" => options.allow_unsafe = switch()?,
        "implicitusings" => options.implicit_usings = switch()?,
        "optimize" => options.optimize = switch()?,
        "langversion" => options.language_version = Some(value.into()),
        _ => {
            return Err(format!(
                "`#:property {name}` is not known here. There are Nullable, AllowUnsafeBlocks, LangVersion, ImplicitUsings and Optimize"
            ));
        }
    }
    Ok(())
}

/// The directives before the first line of code, with their lines, counted from 1.
fn directives(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_comment = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}').trim_start();
        if in_comment {
            in_comment = !line.contains("*/");
        } else if let Some(directive) = line.strip_prefix("#:") {
            found.push((number + 1, directive.trim()));
        } else if line.starts_with("/*") {
            in_comment = !line.contains("*/");
        } else if !(line.is_empty() || line.starts_with('#') || line.starts_with("//")) {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> Result<Options, String> {
        apply(&Options::default(), &[Source::new("a.cs", text)])
            .map(|asked| asked.options)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn properties_are_options() {
        let text = "#!/usr/bin/env isolator run\n// first\n/* a\n#:property Nullable=enable */\n#:property Nullable=disable\n#:sdk Microsoft.NET.Sdk\n\
                    #:property allowunsafeblocks = TRUE\n#:property LangVersion=13\nConsole.WriteLine();\n#:package Late@1\n";
        let options = Options::default()
            .nullable(false)
            .allow_unsafe(true)
            .language_version("13");
        assert_eq!(applied(text), Ok(options));
        assert_eq!(applied("int x = 1;"), Ok(Options::default()));
    }

    #[test]
    fn packages_are_asked_for_by_name_and_version() {
        let text =
            "#:package Newtonsoft.Json@13.0.3\n\n#:package  Humanizer \n#:package A @ *\nint x;";
        let asked = apply(&Options::default(), &[Source::new("a.cs", text)]).unwrap();
        let packages: Vec<_> = asked
            .packages
            .iter()
            .map(|asked| (asked.line, &*asked.name, asked.version.as_deref()))
            .collect();
        assert_eq!(
            packages,
            [
                (1, "Newtonsoft.Json", Some("13.0.3")),
                (3, "Humanizer", None),
                (4, "A", Some("*"))
            ]
        );
    }

    #[test]
    fn what_there_is_not_is_named_with_its_line() {
        for (text, expected) in [
            (
                "\n#:package Newtonsoft.Json@\n",
                "a.cs(2,1): error: `#:package Newtonsoft.Json@` has no name, or no version behind `@`: write `#:package NAME@VERSION`",
            ),
            (
                "#:packages x",
                "a.cs(1,1): error: `#:packages` is not known. There are `#:package NAME@VERSION`, and `#:property Nullable=…`, `AllowUnsafeBlocks`, \
                 `LangVersion`, `ImplicitUsings` and `Optimize`",
            ),
            (
                "#:property Nullable=perhaps",
                "a.cs(1,1): error: `#:property Nullable=perhaps`: it is `enable` or `disable`",
            ),
            (
                "#:property Nullable",
                "a.cs(1,1): error: `#:property Nullable` has no `=` between the property's name and its value",
            ),
            (
                "#:sdk Microsoft.NET.Sdk.Web",
                "a.cs(1,1): error: `#:sdk Microsoft.NET.Sdk.Web`: a script has Microsoft.NET.Sdk, and no other one",
            ),
        ] {
            assert_eq!(applied(text), Err(expected.into()), "{text}");
        }
        let second = [
            Source::new("a.cs", "int x;"),
            Source::new("b.cs", "#:property Nullable=enable"),
        ];
        let message = apply(&Options::default(), &second).unwrap_err().to_string();
        assert_eq!(
            message,
            "b.cs(1,1): error: `#:property Nullable=enable` stands in a source that is not the first one. Put it there, `a.cs`"
        );
    }
}
