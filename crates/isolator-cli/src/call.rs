//! `isolator call`.

use crate::app::{App, Purpose};
use crate::args::CallArgs;
use crate::error::{CliError, Result};
use crate::method::{MethodName, WholeCall, split_type};
use crate::names::{find_type, list};
use crate::output;
use crate::print;
use crate::time::Instant;
use isolator_host::values::{DateTime, Value};
use isolator_host::{
    Error, IsolatedAssembly, IsolatedMethod, IsolatedRuntime, IsolatedType, Stdin, Stdio,
};
use std::borrow::Cow;
use std::io::{BufWriter, Write};

/// Calls a method and prints its result.
///
/// # Errors
/// What keeps it from being called, or the exception that it throws.
pub fn call(command: &CallArgs) -> Result<i32> {
    let app = App::open(&command.app, Purpose::Call)?;
    let limits = &command.surroundings.limits;
    let mut started = app.start(&command.surroundings, |builder| {
        builder
            .stdin(Stdin::Inherit)
            .stdout(Stdio::writer(std::io::stderr()))
            .stderr(Stdio::Inherit)
    })?;
    let called = Called {
        type_name: &command.type_name,
        method: &command.method,
        args: &command.args.0,
    };
    let value = match (split_type(called.type_name), started.program()) {
        // A type of another assembly needs no program.
        ((_, Some(_)), program) => called.make(&mut started.runtime, program.ok()),
        (_, program) => {
            program.and_then(|program| called.make(&mut started.runtime, Some(program)))
        }
    };
    let value = started.conclude(limits, value)?;
    let used = started.runtime.stats().wall;
    if let Some(value) = value {
        output::within(limits.timeout, used, || print(&value, command.pretty))?;
    }
    Ok(0)
}

/// Makes calls that the command line names, one after the other. `note` says of what the failed one was a part.
///
/// # Errors
/// As [`Called::make`].
pub fn make_all(
    calls: &[WholeCall],
    runtime: &mut IsolatedRuntime,
    program: &IsolatedAssembly,
    note: &str,
) -> Result<()> {
    for call in calls {
        let called = Called {
            type_name: &call.type_name,
            method: &call.method,
            args: &call.args.0,
        };
        called
            .make(runtime, Some(program.clone()))
            .map_err(|error| error.noted(format!("{note} of `{}`", call.text)))?;
    }
    Ok(())
}

/// A call that the command line names.
pub struct Called<'a> {
    /// The type, followed by `, Assembly` if it is not the program's.
    pub type_name: &'a str,
    pub method: &'a MethodName,
    pub args: &'a [Value],
}

impl Called<'_> {
    /// Makes it, and awaits what it gives: the bytes of the result; none of a method without one.
    ///
    /// # Errors
    /// What keeps it from being made, or the exception that it throws.
    pub fn make(
        &self,
        runtime: &mut IsolatedRuntime,
        program: Option<IsolatedAssembly>,
    ) -> Result<Option<Vec<u8>>> {
        let (type_name, assembly_name) = split_type(self.type_name);
        let assembly = match (assembly_name, program) {
            (Some(name), _) => runtime.load_assembly(name)?,
            (None, Some(program)) => program,
            (None, None) => {
                return Err(CliError::new(format!(
                    "there is no program that has `{type_name}`: name its assembly, as in '{type_name}, Assembly'"
                )));
            }
        };
        make(self, runtime, &assembly, type_name)
    }
}

fn make(
    called: &Called<'_>,
    runtime: &mut IsolatedRuntime,
    assembly: &IsolatedAssembly,
    type_name: &str,
) -> Result<Option<Vec<u8>>> {
    let of_type = find_type(runtime, assembly, type_name)?;
    let method = find_method(runtime, &of_type, called)?;
    let signature = runtime.inspect(&method)?.signature;
    if is_open(&signature) && !called.method.is_closed() {
        return Err(CliError::new(format!(
            "`{signature}` is generic. Name its type arguments, as in '{}<int>'",
            called.method.name
        )));
    }
    let target = if is_static(&signature) {
        None
    } else {
        let made = runtime.create_object_of(&of_type, ()).map_err(|error| match error {
            Error::MethodNotFound { candidates, .. } => CliError::new(format!(
                "{type_name}.{} is an instance method, and `call` makes objects with the parameterless constructor, which {type_name} does not have{}",
                called.method.name,
                list("; its constructors are:", &candidates),
            )),
            other => other.into(),
        })?;
        Some(made)
    };
    let args = with_times(called.args, &signature);
    let task = runtime.start_task(&method, target.as_ref(), &*args)?;
    let value = runtime.wait_bytes(&task)?;
    Ok((!is_void(&signature)).then_some(value))
}

/// The arguments, with points in time in place of texts that say one where the method wants one: as results are printed.
fn with_times<'a>(args: &'a [Value], signature: &str) -> Cow<'a, [Value]> {
    let parameters = parameter_types(signature);
    if parameters.len() != args.len() {
        return Cow::Borrowed(args);
    }
    let converted = args.iter().zip(parameters).map(|(arg, of)| {
        let time = match arg {
            Value::String(text) => time_of(of.trim_end_matches('?'), text),
            _ => None,
        };
        time.unwrap_or_else(|| arg.clone())
    });
    Cow::Owned(converted.collect())
}

/// What a text is for a parameter of such a type, if it is one of time and the text says one.
fn time_of(of: &str, text: &str) -> Option<Value> {
    match of {
        "System.DateTime" | "System.DateTimeOffset" => Instant::parse(text).ok().map(Value::from),
        "System.TimeSpan" | "System.TimeOnly" => ticks(text).map(Value::Int),
        "System.DateOnly" => day_number(text).map(Value::Int),
        _ => None,
    }
}

/// Ticks (of 100 ns) in a second.
const SECOND: i64 = 10_000_000;

/// Reads `[-][D.]HH:MM[:SS[.fffffff]]`: as .NET writes a `TimeSpan` and a `TimeOnly`, in steps of 100 ns.
fn ticks(text: &str) -> Option<i64> {
    let number = |text: &str, most: i64| {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<i64>().ok().filter(|_| is_plain)?;
        (number <= most).then_some(number)
    };
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (clock, fraction) = match rest.rsplit_once('.') {
        Some((clock, fraction)) if clock.contains(':') => (clock, fraction),
        _ => (rest, "0"),
    };
    let (days, clock) = clock.split_once('.').unwrap_or(("0", clock));
    let mut parts = clock.split(':');
    let hours = number(parts.next()?, 23)?;
    let minutes = number(parts.next()?, 59)?;
    let seconds = parts
        .next()
        .map_or(Some(0), |seconds| number(seconds, 59))?;
    if parts.next().is_some() || fraction.len() > 7 {
        return None;
    }
    let fraction = number(&format!("{fraction:0<7}"), SECOND)?;
    let hours = number(days, 10_675_199)? * 24 + hours;
    let seconds = (hours * 60 + minutes) * 60 + seconds;
    seconds
        .checked_mul(SECOND)?
        .checked_add(fraction)?
        .checked_mul(sign)
}

/// Reads `YYYY-MM-DD`: days since 0001-01-01.
fn day_number(text: &str) -> Option<i64> {
    const DAY: i64 = 86_400 * SECOND;
    // A date alone is a point in time, too: its midnight.
    let is_date = !text.contains('T');
    let midnight = text.parse::<DateTime>().ok().filter(|_| is_date)?;
    Some(midnight.ticks() / DAY)
}

/// The types of the parameters in a signature: what stands before the last blank of each.
fn parameter_types(signature: &str) -> Vec<&str> {
    let Some((_, list)) = signature.split_once('(') else {
        return Vec::new();
    };
    let list = list.rsplit_once(')').map_or(list, |(list, _)| list);
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0u32, 0);
    for (at, c) in list.char_indices() {
        match c {
            '<' | '[' | '(' => depth += 1,
            '>' | ']' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    let types = parts.into_iter().map(|part| {
        let part = part.split(" = ").next().unwrap_or_default().trim();
        part.rsplit_once(' ').map_or(part, |(of, _)| of)
    });
    types.filter(|of| !of.is_empty()).collect()
}

/// Whether a method has no result: what it returns stands before its name.
fn is_void(signature: &str) -> bool {
    let signature = signature.strip_prefix("static ").unwrap_or(signature);
    let of = signature.split(' ').next().unwrap_or_default();
    [
        "void",
        "System.Threading.Tasks.Task",
        "System.Threading.Tasks.ValueTask",
    ]
    .contains(&of)
}

/// Prints a result, all of it or nothing.
///
/// # Errors
/// What cannot be said in JSON, or written.
pub fn print(value: &[u8], pretty: bool) -> Result<()> {
    let length = print::measure(value, pretty)
        .map_err(|wrong| CliError::new(format!("the result cannot be printed as JSON: {wrong}")))?;
    output::take(length.saturating_add(1))?;
    let mut out = BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
    print::write(value, pretty, &mut out)
        .and_then(|()| writeln!(out))
        .and_then(|()| out.flush())
        .map_err(|error| {
            CliError::new(format!(
                "cannot write the result to standard output: {error}"
            ))
        })
}

/// The signature's spelling tells: see `Signatures.Of` of the guest.
fn is_static(signature: &str) -> bool {
    signature.starts_with("static ")
}

/// Whether the method has type parameters: brackets directly before its parameters.
fn is_open(signature: &str) -> bool {
    signature
        .split('(')
        .next()
        .is_some_and(|head| head.ends_with('>'))
}

fn find_method(
    runtime: &mut IsolatedRuntime,
    of_type: &IsolatedType,
    called: &Called<'_>,
) -> Result<IsolatedMethod> {
    let mut ambiguous = None;
    for query in called.method.queries(called.args) {
        match (
            runtime.find_method_of(of_type, &called.method.name, &query),
            &ambiguous,
        ) {
            (Ok(method), _) => return Ok(method),
            (
                Err(Error::Ambiguous {
                    message,
                    candidates,
                    ..
                }),
                None,
            ) => ambiguous = Some((message, candidates)),
            (
                Err(Error::MethodNotFound {
                    message,
                    candidates,
                    ..
                }),
                None,
            ) => return Err(not_found(runtime, of_type, &message, candidates)),
            // The first answer says more than those to the guesses after it.
            (Err(error), Some(_)) if !error.is_fatal() => {}
            (Err(error), _) => return Err(error.into()),
        }
    }
    let (message, candidates) = ambiguous.unwrap_or_default();
    let hint = if called.method.is_exact() {
        String::new()
    } else {
        format!(
            "\nName one by its parameter types, as in '{}(int, string)'",
            called.method.name
        )
    };
    Err(CliError::new(format!(
        "{message}{}{hint}",
        list("", &candidates)
    )))
}

fn not_found(
    runtime: &mut IsolatedRuntime,
    of_type: &IsolatedType,
    message: &str,
    candidates: Vec<String>,
) -> CliError {
    if !candidates.is_empty() {
        return CliError::new(format!("{message}{}", list(" There are:", &candidates)));
    }
    // There is none of that name at all: what is there may show the right one.
    let inspection = match runtime.inspect(of_type) {
        Ok(inspection) => inspection,
        Err(error) => return error.into(),
    };
    let methods = inspection
        .members
        .iter()
        .filter(|member| member.kind == "method" && !member.name.starts_with('.'));
    let signatures: Vec<&str> = methods.map(|member| &*member.signature).collect();
    CliError::new(format!(
        "{message}{}",
        list(&format!(" Methods of {}:", inspection.name), &signatures)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_times_where_the_method_wants_one() {
        let signature = "static string At(System.DateTime point, string name, System.Collections.Generic.Dictionary<string, int> more = null)";
        assert_eq!(
            parameter_types(signature),
            [
                "System.DateTime",
                "string",
                "System.Collections.Generic.Dictionary<string, int>"
            ]
        );
        assert!(parameter_types("void Do()").is_empty());
        let text = || Value::String("2026-02-01T12:00:00Z".into());
        let args = [text(), text(), Value::Nil];
        let times = with_times(&args, signature);
        assert!(matches!(
            &*times,
            [Value::Extension(_), Value::String(_), Value::Nil]
        ));
        let args = [Value::String("tomorrow".into())];
        let times = with_times(&args, "void At(System.DateTimeOffset? point)");
        assert_eq!(&*times, args);
        let second = 10_000_000;
        for (text, expected) in [
            ("00:00:01", Some(second)),
            ("-01:30", Some(-5400 * second)),
            ("2.00:00:00.5", Some(172_800 * second + 5_000_000)),
            ("24:00", None),
            ("1", None),
            ("1.5", None),
            ("00:00:01.12345678", None),
            ("+1:00", None),
        ] {
            assert_eq!(ticks(text), expected, "{text}");
        }
        for (text, expected) in [
            ("0001-01-01", Some(0)),
            ("1970-01-01", Some(719_162)),
            ("9999-12-31", Some(3_652_058)),
            ("2024-02-29", Some(738_944)),
            ("2023-02-29", None),
            ("2024-13-01", None),
            ("2024-1-1", None),
            ("2024-01-01T00:00:00", None),
            ("2024-01-01Z", None),
        ] {
            assert_eq!(day_number(text), expected, "{text}");
        }
        assert!(is_void("static void Main()") && is_void("System.Threading.Tasks.Task Do()"));
        assert!(!is_void("static System.Threading.Tasks.Task<int> Do()"));
    }

    #[test]
    fn signatures_are_read() {
        assert!(is_static("static int Add(int a, int b)") && !is_static("int Next(int by)"));
        assert!(is_open("static string TypeOf<T>(T value)"));
        assert!(!is_open(
            "static System.Collections.Generic.List<int> All(System.Collections.Generic.List<int> x)"
        ));
    }
}
