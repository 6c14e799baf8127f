//! `isolator run SCRIPT.cs`, `isolator eval` and `isolator check`: C# source.

use crate::args::{CheckArgs, EvalArgs, GuestArgs, PackageArgs, ReplArgs, RunArgs, Surroundings};
use crate::deps::nuget_packages;
use crate::error::{CliError, Result};
use crate::image::start_of;
use crate::limits::of_compilation;
use crate::program::{builder_within, host_builder, host_within};
use crate::{call, json, log, output};
use isolator_host::{
    IsolatedRuntimeHost, Limits, RuntimeBuilder, Stdin, Stdio, printable, read_file_below,
    read_named_file,
};
use isolator_script::{
    Diagnostic, Diagnostics, Error as ScriptError, Globals, Kind, Options, Range, ScriptHost,
    ScriptHostBuilder, Severity, Source, Started,
};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// Most bytes of a source.
const LARGEST_SOURCE: u64 = 16 << 20;
/// What a source from standard input is called.
const FROM_STDIN: &str = "stdin.cs";

/// What names of sources end in.
const SUFFIXES: [&str; 2] = ["cs", "csx"];

/// Whether `run` is given a source, and not what was built of one.
pub fn is_source(path: &Path) -> bool {
    path == Path::new("-") || has_suffix(path) || begins_as_script(path)
}

fn has_suffix(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        SUFFIXES
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// Whether a file begins with `#!`, as one does that is started by its name, whatever that is.
fn begins_as_script(path: &Path) -> bool {
    start_of::<2>(path) == Some(*b"#!")
}

/// Compiles a script and runs it to its end. The result is its exit code.
///
/// # Errors
/// What is wrong with it, what keeps it from starting, or an exception that it let escape.
pub fn run(command: &RunArgs) -> Result<i32> {
    let surroundings = &command.surroundings;
    let sources = [read(&command.app)?];
    let host = host_within(surroundings)?.build()?;
    let scripts = configured(&host, &command.packages, folder_of(&command.app))?
        .compile_limits(surroundings.limits.of_compilations())
        .build()
        .map_err(explain)?;
    let scripts = scripts.with_options(Options::default().kind(Kind::Program));
    let compilation = match scripts.compile(&sources) {
        Ok(compilation) => compilation,
        Err(error) => {
            let failed = failed(error, &sources);
            if let Some(other) = command.args.iter().find(|arg| is_other_source(arg)) {
                let other = printable::line(other);
                hint(&format!(
                    "`{other}` is an argument of the program here, and no source of it: a line `#load \"{other}\"` at its beginning takes in what lies beside it, and `isolator check` several files at once"
                ));
            }
            return failed;
        }
    };
    tell_apart(compilation.diagnostics(), &sources);
    let Started {
        mut runtime,
        assembly,
    } = granted(
        &host,
        surroundings,
        RuntimeBuilder::inherit_stdio,
        |grant| scripts.start(&compilation, grant),
    )?;
    output::count(runtime.output_account(), surroundings.limits.max_output);
    let args = command.args();
    let ran = runtime.run_main(&assembly, &args).map_err(CliError::from);
    surroundings.limits.conclude(&runtime, ran)
}

/// Evaluates an expression and prints its value.
///
/// # Errors
/// What is wrong with it, or the exception that it throws.
pub fn eval(command: &EvalArgs) -> Result<i32> {
    let surroundings = &command.surroundings;
    let limits = &surroundings.limits;
    let host = host_within(surroundings)?.build()?;
    let scripts = configured(&host, &command.packages, None)?
        .compile_limits(limits.of_compilations())
        .options(using(&command.using))
        .build()
        .map_err(explain)?;
    let globals = Globals::new();
    let compilation = match scripts.compile_expression(&command.expression, &globals) {
        Ok(compilation) => compilation,
        Err(error) => {
            let source = Source::new("expression", &*command.expression);
            let failed = failed(error, &[source]);
            if failed.is_ok() && is_statement(&command.expression) {
                hint(
                    "an expression has no `;` and declares nothing: `isolator repl` and `isolator run -` take statements",
                );
            }
            return failed;
        }
    };
    let streams = |builder: RuntimeBuilder| {
        builder
            .stdin(Stdin::Inherit)
            .stdout(Stdio::writer(std::io::stderr()))
            .stderr(Stdio::Inherit)
    };
    let mut evaluation = granted(&host, surroundings, streams, |grant| {
        scripts.evaluation(&compilation, &globals, grant)
    })?;
    output::count(evaluation.runtime.output_account(), limits.max_output);
    let value = evaluation.value_bytes().map_err(CliError::from);
    let value = limits.conclude(&evaluation.runtime, value)?;
    if !compilation.is_void() {
        let used = evaluation.runtime.stats().wall;
        output::within(limits.timeout, used, || call::print(&value, command.pretty))?;
    }
    Ok(0)
}

/// Whether an argument of a script is a source that there is.
fn is_other_source(arg: &str) -> bool {
    let path = Path::new(arg);
    has_suffix(path) && path.is_file()
}

/// Whether what was to be an expression looks like a statement.
fn is_statement(text: &str) -> bool {
    let text = text.trim();
    let first = text.split_whitespace().next().unwrap_or_default();
    text.ends_with([';', '}']) && !text.starts_with("new")
        || [
            "var", "using", "if", "for", "foreach", "while", "return", "throw",
        ]
        .contains(&first)
}

/// A sentence below what is wrong. Where nobody reads, nobody is told.
fn hint(text: &str) {
    let _ = writeln!(std::io::stderr(), "hint: {text}");
}

/// What compiles and runs a session.
///
/// # Errors
/// What keeps the compiler from being prepared.
pub fn of_session(command: &ReplArgs) -> Result<ScriptHost> {
    /// The compiler's, the submissions', the one that they begin anew from, and one that is on its way out.
    const RUNTIMES: u32 = 4;
    let host = host_within(&command.surroundings)?
        .max_runtimes(RUNTIMES)
        .build()?;
    // What is typed stands nowhere: what it loads is found from where this program runs.
    configured(&host, &command.packages, Some(Path::new(".")))?
        .compile_limits(command.surroundings.limits.of_compilations())
        .options(using(&command.using))
        .build()
        .map_err(explain)
}

fn using(namespaces: &[String]) -> Options {
    let mut options = Options::default();
    for namespace in namespaces {
        options = options.using(namespace);
    }
    options
}

/// Starts what was compiled with what is granted, and with these streams.
pub fn granted<T>(
    host: &IsolatedRuntimeHost,
    surroundings: &Surroundings,
    streams: impl Fn(RuntimeBuilder) -> RuntimeBuilder,
    start: impl FnOnce(&mut dyn FnMut(RuntimeBuilder) -> RuntimeBuilder) -> isolator_script::Result<T>,
) -> Result<T> {
    let mut refused = None;
    let started = start(&mut |builder| match builder_within(builder, surroundings) {
        Ok(builder) => streams(builder),
        Err(error) => {
            refused = Some(error);
            host.runtime()
        }
    })
    .map_err(explain)?;
    refused.map_or(Ok(started), Err)
}

/// Says what is wrong with sources.
///
/// # Errors
/// What keeps the compiler from looking at them.
pub fn check(command: &CheckArgs) -> Result<i32> {
    let sources = command
        .files
        .iter()
        .map(|file| read(file))
        .collect::<Result<Vec<Source>>>()?;
    let host = host_of(&command.guest)?;
    let limits = Limits::default()
        .memory(command.memory)
        .call_timeout(command.timeout);
    let first = command.files.first().and_then(|file| folder_of(file));
    let scripts = configured(&host, &command.packages, first)?
        .compile_limits(limits)
        .build()
        .map_err(explain)?;
    let (diagnostics, code) = match scripts.check(&sources) {
        Ok(diagnostics) => {
            let code = i32::from(diagnostics.has_errors());
            (diagnostics, code)
        }
        // What kept the compiler from looking at them is wrong with them, too: who reads JSON finds it there.
        Err(error) => match diagnosed(&error) {
            Some(diagnostics) => (diagnostics, explain(error).exit_code()),
            None => return Err(explain(error)),
        },
    };
    let mut out = std::io::stdout();
    if command.json {
        let text = serde_json::to_string_pretty(&diagnostics).map_err(|error| {
            CliError::new(format!("cannot write the diagnostics as JSON: {error}"))
        })?;
        writeln!(out, "{}", json::harmless(&text))
            .map_err(|error| CliError::new(format!("cannot write to standard output: {error}")))?;
    } else {
        tell(&diagnostics, &sources, &mut out);
    }
    Ok(code)
}

fn host_of(guest: &GuestArgs) -> Result<IsolatedRuntimeHost> {
    Ok(host_builder(guest).build()?)
}

/// The folder that a script lies in, from which it may load others; none if it comes from standard input.
fn folder_of(script: &Path) -> Option<&Path> {
    if script == Path::new("-") {
        return None;
    }
    script
        .parent()
        .map(|folder| match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        })
}

/// What compiles scripts in a host, which may use these libraries and packages, and load sources from this folder.
///
/// # Errors
/// A library that cannot be read.
pub fn configured(
    host: &IsolatedRuntimeHost,
    packages: &PackageArgs,
    folder: Option<&Path>,
) -> Result<ScriptHostBuilder> {
    let mut builder = ScriptHost::builder().host(host).keep_compiled(true);
    for library in &packages.libraries {
        builder = builder.library_file(library).map_err(explain)?;
    }
    if let Some(folder) = folder {
        builder = builder.load_folder(folder);
    }
    let own = match (&*packages.folders, &*packages.allowed) {
        ([], [_, ..]) => nuget_packages(),
        _ => None,
    };
    for folder in &packages.folders {
        let problem = match std::fs::metadata(folder) {
            Ok(found) if found.is_dir() => continue,
            Ok(_) => "it is no folder. Name the folder that the packages are in".to_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                "there is no such folder. Create it, or correct the path".to_owned()
            }
            Err(error) => error.to_string(),
        };
        return Err(CliError::new(format!(
            "cannot look for packages in `{}`, which --packages names: {problem}",
            folder.display()
        )));
    }
    for folder in packages.folders.iter().chain(&own) {
        builder = builder.package_folder(folder);
    }
    for name in &packages.allowed {
        builder = builder.allow_package(name);
    }
    Ok(builder)
}

/// The source in a file, or on standard input.
fn read(path: &Path) -> Result<Source> {
    let cannot = |why: String| {
        let shown = match path == Path::new("-") {
            true => "standard input".into(),
            false => format!("`{}`", path.display()),
        };
        CliError::new(format!("cannot read {shown}: {why}"))
    };
    let (name, bytes) = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .take(LARGEST_SOURCE + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| cannot(words(&error)))?;
        if bytes.len() as u64 > LARGEST_SOURCE {
            return Err(cannot(format!("it has more than {LARGEST_SOURCE} bytes")));
        }
        (FROM_STDIN.to_owned(), bytes)
    } else {
        let bytes =
            read_named_file(path, LARGEST_SOURCE).map_err(|error| cannot(error.to_string()))?;
        (path.display().to_string(), bytes.to_vec())
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        cannot(format!(
            "it is not UTF-8 text, from byte {} on. Save it as UTF-8",
            error.utf8_error().valid_up_to()
        ))
    })?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(Source { name, text })
}

/// A compilation that failed: what is wrong with the sources is told as a build tells it.
fn failed(error: ScriptError, sources: &[Source]) -> Result<i32> {
    told(error, sources)?;
    Ok(1)
}

/// Tells what is wrong at places of sources, as a build tells it.
///
/// # Errors
/// The error itself, if it is another one.
pub fn told(error: ScriptError, sources: &[Source]) -> Result<()> {
    let has_place = matches!(
        error,
        ScriptError::Compile(_) | ScriptError::Directive { .. }
    );
    match diagnosed(&error).filter(|_| has_place) {
        Some(diagnostics) => {
            tell_apart(&diagnostics, sources);
            Ok(())
        }
        None => Err(explain(error)),
    }
}

/// What is wrong with sources, in words of the command line; none if the error is about something else.
fn diagnosed(error: &ScriptError) -> Option<Diagnostics> {
    let mut diagnostics = error.diagnostics()?;
    for told in &mut diagnostics.list {
        match error {
            // A stranger's words, if the source is a stranger's.
            ScriptError::Compile(_) => {}
            ScriptError::CompileLimit {
                limit,
                allowed,
                used,
            } => told.message = of_compilation(*limit, *allowed, *used),
            _ => told.message = in_words_of_ours(&told.message),
        }
    }
    Some(diagnostics)
}

/// What is said to who writes Rust, for who types commands.
fn in_words_of_ours(text: &str) -> String {
    text.replace("ScriptHostBuilder::package_folder", "--packages")
        .replace("ScriptHostBuilder::allow_package", "--allow-package")
        .replace(" or `ScriptHostBuilder::compiler`", "")
        .replace("ScriptHostBuilder::library", "--library")
        .replace(
            ". Name one, with `ScriptHostBuilder::load_folder`",
            ": a script in a file has one, and what is typed at the prompt",
        )
        .replace(
            ", or allow more with `ScriptHostBuilder::max_submissions`",
            "",
        )
        // Where one types, a session has words of its own.
        .replace("`Session::reset`", "`#reset`")
}

pub fn explain(error: ScriptError) -> CliError {
    match error {
        ScriptError::Host(error) => error.into(),
        ScriptError::CompileLimit {
            limit,
            allowed,
            used,
        } => CliError::Compilation {
            limit,
            allowed,
            used,
        },
        error => CliError::new(in_words_of_ours(&error.to_string())),
    }
}

/// What the system says, where that is no word that people know.
fn words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::IsADirectory => "it is a directory".into(),
        _ => error.to_string(),
    }
}

/// Prints what a compiler says of what runs to standard error: with `-q` nothing but errors.
pub fn tell_apart(diagnostics: &Diagnostics, sources: &[Source]) {
    if !log::is_quiet() {
        return tell(diagnostics, sources, &mut std::io::stderr());
    }
    let errors = diagnostics
        .iter()
        .filter(|told| told.severity == Severity::Error);
    let errors = Diagnostics {
        list: errors.cloned().collect(),
        more: 0,
    };
    tell(&errors, sources, &mut std::io::stderr());
}

/// Prints diagnostics, with the lines that they are about on a terminal. Where nobody reads, nobody is told.
pub fn tell(diagnostics: &Diagnostics, sources: &[Source], out: &mut (impl Write + IsTerminal)) {
    let text = shown(diagnostics, sources, out.is_terminal());
    let _ = out.write_all(text.as_bytes());
}

fn shown(diagnostics: &Diagnostics, sources: &[Source], with_lines: bool) -> String {
    // Each is read once, however much is wrong with it.
    let mut texts: HashMap<&str, Option<Cow<'_, str>>> = HashMap::new();
    let mut text = String::new();
    for diagnostic in diagnostics.iter() {
        let source = match (&diagnostic.file, &diagnostic.mapped) {
            _ if !with_lines || diagnostic.severity < Severity::Warning => None,
            // A `#line` may name any file. It is one of the sources, or nothing of it is shown.
            (file, Some(mapped)) if file.as_ref() != Some(&mapped.file) => sources
                .iter()
                .find(|source| source.name == mapped.file)
                .map(|source| &*source.text),
            (Some(file), _) => texts
                .entry(file)
                .or_insert_with(|| text_of(file, sources))
                .as_deref(),
            (None, _) => None,
        };
        text += &one(diagnostic, source);
    }
    if diagnostics.more > 0 {
        text += &format!("… and {} more\n", diagnostics.more);
    }
    text
}

/// A diagnostic, with the line that it is about if the source is given in which that is printed to be.
fn one(diagnostic: &Diagnostic, source: Option<&str>) -> String {
    let mut text = printable::line(&diagnostic.to_string()).into_owned() + "\n";
    let mapped = diagnostic.mapped.as_ref();
    let range = mapped.map_or(diagnostic.range, |mapped| mapped.range);
    if let Some(excerpt) = source.and_then(|source| excerpt(range, source)) {
        text += &excerpt;
    }
    text
}

/// The line of a text that a diagnostic is about, and marks under what it is about.
fn excerpt(range: Range, text: &str) -> Option<String> {
    /// A longer line is of no help on a terminal.
    const LONGEST: usize = 200;
    let line = lines(text).nth(range.start.line as usize)?;
    if line.chars().count() > LONGEST {
        return None;
    }
    let start = range.start.character as usize;
    let end = match range.end.line == range.start.line {
        true => range.end.character as usize,
        false => line.encode_utf16().count(),
    };
    let (mut shown, mut marks) = (String::new(), String::new());
    let mut column = 0;
    for character in line.chars() {
        // What a terminal would obey is escaped, and so wider than one column.
        let part = match character {
            '\t' => "    ".into(),
            other => printable::line(other.encode_utf8(&mut [0; 4])).into_owned(),
        };
        let mark = match column {
            column if column == start => '^',
            column if column > start && column < end => '~',
            _ => ' ',
        };
        // Some characters are two columns wide, and some none.
        for number in 0..part.width() {
            marks.push(match mark {
                '^' if number > 0 => '~',
                mark => mark,
            });
        }
        shown += &part;
        column += character.len_utf16();
    }
    if start >= column {
        marks.push('^');
    }
    Some(format!("    {shown}\n    {}\n", marks.trim_end()))
}

/// The text of a source: one of these, or one that they loaded. That is read again, as it was found: below the folder of the first one, and by no link.
fn text_of<'a>(name: &str, sources: &'a [Source]) -> Option<Cow<'a, str>> {
    if let Some(source) = sources.iter().find(|source| source.name == name) {
        return Some(Cow::Borrowed(&source.text));
    }
    let first = &sources.first()?.name;
    let end = first.rfind(['/', '\\']).map_or(0, |at| at + 1);
    let below = name.strip_prefix(first.get(..end)?)?;
    if !has_suffix(Path::new(below)) {
        return None;
    }
    let parts: Vec<String> = below.split('/').map(Into::into).collect();
    let folder = folder_of(Path::new(first))?;
    let bytes = read_file_below(folder, &parts, LARGEST_SOURCE).ok()?;
    let text = String::from_utf8(bytes.to_vec()).ok()?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Some(Cow::Owned(text))
}

/// Lines as C# counts them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (line, after) = first_line(text);
        rest = after;
        Some(line)
    })
}

/// The first line of a text as C# counts lines, without its end, and what comes behind that; none where no line's end is left.
pub fn first_line(text: &str) -> (&str, Option<&str>) {
    let Some(end) = text.find(['\r', '\n', '\u{85}', '\u{2028}', '\u{2029}']) else {
        return (text, None);
    };
    let (line, after) = text.split_at(end);
    let mut next = after.chars();
    let rest = match next.next() {
        Some('\r') => next.as_str().strip_prefix('\n').unwrap_or(next.as_str()),
        _ => next.as_str(),
    };
    (line, Some(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use isolator_script::{MappedPlace, Position};
    use std::fs;

    fn at(line: u32, start: u32, end: u32) -> Diagnostic {
        let position = |character| Position { line, character };
        Diagnostic {
            id: "CS0103".into(),
            severity: Severity::Error,
            file: Some("a.cs".into()),
            range: Range {
                start: position(start),
                end: position(end),
            },
            message: "wrong".into(),
            mapped: None,
        }
    }

    #[test]
    fn marks_stand_under_what_is_wrong() {
        let text = "one\r\n\tint x = wrong;\n😀 y\u{1b} z\rlast";
        let shown = |line, start, end| one(&at(line, start, end), Some(text));
        assert_eq!(
            shown(1, 9, 14),
            "a.cs(2,10): error CS0103: wrong\n        int x = wrong;\n                ^~~~~\n"
        );
        assert_eq!(
            shown(2, 3, 4),
            "a.cs(3,4): error CS0103: wrong\n    😀 y\\u001b z\n       ^\n"
        );
        assert_eq!(
            shown(3, 4, 4),
            "a.cs(4,5): error CS0103: wrong\n    last\n        ^\n"
        );
        assert_eq!(
            one(&at(1, 9, 14), None),
            "a.cs(2,10): error CS0103: wrong\n"
        );
        assert_eq!(shown(9, 0, 1), "a.cs(10,1): error CS0103: wrong\n");
    }

    #[test]
    fn statements_are_told_from_expressions() {
        for text in [
            "6 * 7;",
            " var x = 3",
            "var x = 3;",
            "if (true) { }",
            "{ int x; }",
        ] {
            assert!(is_statement(text), "{text}");
        }
        for text in ["6 * 7", "new { A = 1 }", "variable", "wrong +"] {
            assert!(!is_statement(text), "{text}");
        }
    }

    #[test]
    fn marks_are_as_wide_as_what_stands_above() {
        let text = "\"漢字\" + wrong;\ne\u{301} + x;";
        let shown = |line, start, end| one(&at(line, start, end), Some(text));
        assert_eq!(
            shown(0, 7, 12),
            "a.cs(1,8): error CS0103: wrong\n    \"漢字\" + wrong;\n             ^~~~~\n"
        );
        assert_eq!(
            shown(0, 1, 3),
            "a.cs(1,2): error CS0103: wrong\n    \"漢字\" + wrong;\n     ^~~~\n"
        );
        assert_eq!(
            shown(1, 5, 6),
            "a.cs(2,6): error CS0103: wrong\n    e\u{301} + x;\n        ^\n"
        );
    }

    #[test]
    fn lines_of_loaded_sources_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("lib")).unwrap();
        fs::write(folder.path().join("lib/a.cs"), "\u{feff}\nint y = wrong;").unwrap();
        fs::write(folder.path().join("lib/a.txt"), "a secret").unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let sources = [Source::new(path("main.cs"), "#load \"lib/a.cs\"")];
        let text = |name: &str| text_of(&path(name), &sources).map(Cow::into_owned);
        assert_eq!(text("lib/a.cs").unwrap(), "\nint y = wrong;");
        assert_eq!(text("main.cs").unwrap(), "#load \"lib/a.cs\"");
        for other in ["lib/a.txt", "lib/none.cs", "lib/../lib/a.cs", "lib"] {
            assert_eq!(text(other), None, "{other}");
        }
        assert_eq!(text_of("lib/a.cs", &sources), None);
        let told = Diagnostic {
            file: Some(path("lib/a.cs")),
            ..at(1, 8, 13)
        };
        assert_eq!(
            one(&told, text("lib/a.cs").as_deref()),
            format!(
                "{}(2,9): error CS0103: wrong\n    int y = wrong;\n            ^~~~~\n",
                path("lib/a.cs")
            )
        );
    }

    #[test]
    fn a_line_is_shown_of_the_file_that_is_printed_or_of_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("other.cs"), "a secret").unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let sources = [
            Source::new(path("a.cs"), "first\nsecond"),
            Source::new(path("page.cs"), "on the page"),
        ];
        let told = |file: &str, line| {
            let diagnostic = Diagnostic {
                file: Some(path("a.cs")),
                mapped: Some(MappedPlace {
                    file: path(file),
                    range: at(line, 3, 6).range,
                }),
                ..at(0, 0, 5)
            };
            let list = vec![diagnostic];
            shown(&Diagnostics { list, more: 0 }, &sources, true)
        };
        let printed =
            |file: &str, line: u32| format!("{}({line},4): error CS0103: wrong\n", path(file));
        for (file, line, excerpt) in [
            ("page.cs", 0, "    on the page\n       ^~~\n"),
            // Not the text at the place, whose line is another one.
            ("page.cs", 7, ""),
            ("a.cs", 1, "    second\n       ^~~\n"),
            // It lies beside the source, and is none.
            ("other.cs", 0, ""),
            ("none.cs", 0, ""),
        ] {
            let expected = printed(file, line + 1) + excerpt;
            assert_eq!(told(file, line), expected);
        }
    }

    #[test]
    fn sources_are_told_by_their_names_or_their_first_bytes() {
        for (path, expected) in [
            ("a.cs", true),
            ("dir/A.CS", true),
            ("a.csx", true),
            ("-", true),
            ("a.dll", false),
            ("cs", false),
        ] {
            assert_eq!(is_source(Path::new(path)), expected, "{path}");
        }
        let folder = tempfile::tempdir().unwrap();
        for (name, text, expected) in [
            ("hello", "#!/usr/bin/env -S isolator run\n", true),
            ("hello.x", "#!", true),
            ("short", "#", false),
            ("other", "MZ#!", false),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            assert_eq!(is_source(&path), expected, "{name}");
        }
        assert!(!is_source(folder.path()));
    }
}
