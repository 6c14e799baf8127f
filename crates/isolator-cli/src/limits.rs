//! What the command line lets a program use up, and what is said when that is reached. `limit_args.rs` has the options.

pub use crate::limit_args::{LimitArgs, flag};

use crate::error::{CliError, Result};
use isolator_host::{Error, IsolatedRuntime, LimitKind, Limits, RuntimeStats};
use isolator_script::ScriptHost;
use std::io::Write;
use std::time::Duration;

/// Reads a size: a number of bytes, or with a unit (KiB, MiB, GiB; KB, MB, GB; K, M, G, which are powers of 1024).
///
/// # Errors
/// How it is written.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let (number, unit) = number_and_unit(text);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => {
            return Err(format!(
                "`{text}` is no size: write bytes, or a number with KiB, MiB or GiB, such as 64MiB"
            ));
        }
    };
    let number: u64 = number.parse().map_err(|_| {
        format!("`{text}` is no size: it begins with a whole number, such as 64MiB")
    })?;
    number.checked_mul(factor).ok_or_else(|| {
        format!(
            "`{text}` is more than this program can count: {} bytes are the most",
            u64::MAX
        )
    })
}

/// Reads the size of a sandbox's memory beyond what a fresh .NET has.
///
/// # Errors
/// As [`parse_size`]; what is too little for anything, or more than there can be.
pub fn parse_memory(text: &str) -> Result<u64, String> {
    const LEAST: u64 = 1 << 20;
    const MOST: u64 = 4 << 30;
    let size = parse_size(text)?;
    if size < LEAST {
        let hint = match text.bytes().all(|byte| byte.is_ascii_digit()) && size > 0 {
            true => format!(". Did you mean {text}MiB?"),
            false => String::new(),
        };
        return Err(format!(
            "`{text}` is {}, and 1MiB is the least{hint}",
            LimitKind::Memory.show(size)
        ));
    }
    if size > MOST {
        return Err(format!(
            "`{text}` is more than a sandbox can have, which is 4GiB in all"
        ));
    }
    Ok(size)
}

/// Reads a number.
///
/// # Errors
/// How it is written, and how large it can be.
pub fn parse_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| {
        format!(
            "`{text}` is no number here: write a whole one from 0 to {}",
            u64::MAX
        )
    })
}

/// Reads a time: one or more numbers with a unit (ms, s, m, h), such as 1m30s, without blanks. The last may have decimals.
///
/// # Errors
/// How it is written.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    /// In nanoseconds it is a number that the library can count.
    const LONGEST: Duration = Duration::from_secs(500 * 365 * 24 * 3600);
    let wrong = || {
        format!("`{text}` is no time: write numbers with ms, s, m or h, such as 500ms, 2s or 1m30s")
    };
    let too_long =
        || format!("`{text}` is more than this program can count: 500 years are the most");
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let (number, tail) = number_and_unit(rest);
        let end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at_checked(end).ok_or_else(wrong)?;
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let part = Duration::try_from_secs_f64(number * seconds).map_err(|_| too_long())?;
        sum = sum.checked_add(part).ok_or_else(too_long)?;
        rest = next;
    }
    if text.is_empty() {
        return Err(wrong());
    }
    if sum.is_zero() {
        return Err(format!(
            "`{text}` is no time to do anything in: write more, such as 500ms or 2s"
        ));
    }
    if sum > LONGEST {
        return Err(too_long());
    }
    Ok(sum)
}

/// The digits (and points) that a text begins with, and what comes after.
fn number_and_unit(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

impl LimitArgs {
    /// The limits for the library.
    pub fn limits(&self) -> Limits {
        // One run is one runtime: its life is the program's time, however many calls that are.
        self.given().call_timeout(None).measure_cpu(self.stats)
    }

    /// Those of a session: times are for each submission.
    pub fn of_submissions(&self) -> Limits {
        self.given()
            .lifetime(None)
            .call_timeout(self.timeout)
            .total_cpu(None)
            .call_cpu(self.cpu)
            .measure_cpu(self.stats)
    }

    /// Those of each compilation: the time of a run, by itself, and at least the memory that the compiler has where nothing is said. It needs more than most
    /// programs do: what a run may take says nothing of that.
    pub fn of_compilations(&self) -> Limits {
        let otherwise = ScriptHost::default_compile_limits();
        let memory = self.memory.max(otherwise.get_memory());
        let time = self.timeout.or(otherwise.get_call_timeout());
        otherwise.memory(memory).call_timeout(time)
    }

    /// Ends a run: prints what was used, if that is wanted, and tells when memory was the reason.
    ///
    /// # Errors
    /// As the outcome.
    pub fn conclude<T>(&self, runtime: &IsolatedRuntime, outcome: Result<T>) -> Result<T> {
        let stats = runtime.stats();
        self.tell(&stats);
        outcome.map_err(|error| self.with_memory(&stats, error))
    }

    /// Prints what was used, if that is wanted.
    pub fn tell(&self, stats: &RuntimeStats) {
        if self.stats {
            // Where even standard error is gone, nobody can be told.
            let _ = write!(std::io::stderr(), "{}", table(stats));
        }
    }

    /// A failure, which says so if memory was the reason.
    pub fn with_memory(&self, stats: &RuntimeStats, error: CliError) -> CliError {
        let allowed = self
            .memory
            .filter(|_| stats.reached.contains(&LimitKind::Memory));
        // What was asked for in vain says more than what there was.
        let used = stats.refused_memory.unwrap_or(stats.peak_memory);
        match allowed {
            Some(allowed) => of_memory(error, allowed, used),
            None => error,
        }
    }
}

/// A failure, as one of memory if it is one.
fn of_memory(error: CliError, allowed: u64, used: u64) -> CliError {
    match error {
        CliError::Host(error) if is_out_of_memory(&error) => CliError::OutOfMemory {
            error,
            allowed,
            used,
        },
        CliError::Noted { error, note } => of_memory(*error, allowed, used).noted(note),
        other => other,
    }
}

fn is_out_of_memory(error: &Error) -> bool {
    error
        .exception()
        .is_some_and(|exception| exception.type_name == "System.OutOfMemoryException")
}

/// The line for a limit that ended a program.
pub fn line(kind: LimitKind, allowed: u64, used: u64) -> String {
    let (allowed, used) = (kind.show(allowed), kind.show(used));
    if kind == LimitKind::CallTimeout {
        // The program as a whole has `--timeout`: this is what `--cpu` and `--fuel` imply.
        return format!(
            "error: the program was stopped by --cpu or --fuel, which do not count waiting: {allowed} of that are allowed, {used} were \
             used; give --timeout for more or less"
        );
    }
    match flag(kind) {
        Some(flag) => {
            format!(
                "error: the program was stopped by {flag}: {allowed} allowed, {used} used or asked for"
            )
        }
        None => {
            format!(
                "error: the program was stopped by a limit ({kind}): {allowed} allowed, {used} used or asked for"
            )
        }
    }
}

/// What is said of a limit that ended a compilation.
pub fn of_compilation(kind: LimitKind, allowed: u64, used: u64) -> String {
    let what = match kind {
        LimitKind::CallTimeout => Some("--timeout"),
        other => flag(other),
    };
    let (allowed, used) = (kind.show(allowed), kind.show(used));
    match what {
        Some(flag) => format!(
            "the compilation was stopped by {flag}: {allowed} allowed, {used} used or asked for. Give it less to compile, or more with {flag}"
        ),
        None => format!(
            "the compilation was stopped by a limit ({kind}): {allowed} allowed, {used} used or asked for. Give it less to compile"
        ),
    }
}

/// What was used, a line each.
fn table(stats: &RuntimeStats) -> String {
    let mut text = format!(
        "peak memory  {}\ncpu time     {:.3} s\nwall time    {:.3} s\n",
        LimitKind::Memory.show(stats.peak_memory),
        stats.cpu.as_secs_f64(),
        stats.wall.as_secs_f64(),
    );
    if let Some(fuel) = stats.fuel {
        text += &format!("fuel         {fuel}\n");
    }
    text += &format!(
        "calls        {} in, {} out\nbytes        {} in, {} out, {} of output\n",
        stats.calls, stats.host_calls, stats.bytes_in, stats.bytes_out, stats.output_bytes
    );
    if !stats.compiled.is_empty() {
        // Side modules say these names, and they come with the program.
        let names = stats.compiled.join(", ");
        text += &format!("compiled     {}\n", isolator_host::printable::line(&names));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("1000", 1000),
            ("64MiB", 64 << 20),
            ("64m", 64 << 20),
            ("1GiB", 1 << 30),
            ("2KB", 2000),
            ("7b", 7),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "MiB",
            "-1",
            "1.5MiB",
            "64 MiB",
            "64 miles",
            "1é",
            "99999999999GiB",
            "18446744073709551616",
        ] {
            let message = parse_size(text).unwrap_err();
            assert!(message.contains('`'), "{message}");
        }
    }

    #[test]
    fn memory_is_neither_nothing_nor_more_than_there_is() {
        assert_eq!(parse_memory("1MiB"), Ok(1 << 20));
        assert_eq!(parse_memory("4GiB"), Ok(4 << 30));
        for (text, expected) in [
            (
                "64",
                "`64` is 64 bytes, and 1MiB is the least. Did you mean 64MiB?",
            ),
            ("64k", "`64k` is 64 KiB, and 1MiB is the least"),
            ("0", "`0` is 0 bytes, and 1MiB is the least"),
            (
                "5GiB",
                "`5GiB` is more than a sandbox can have, which is 4GiB in all",
            ),
        ] {
            assert_eq!(parse_memory(text), Err(expected.into()));
        }
        assert!(parse_memory("-1").unwrap_err().contains("is no size"));
    }

    #[test]
    fn numbers_say_their_range() {
        assert_eq!(parse_number("12"), Ok(12));
        for text in ["abc", "-1", "1.5", "", "18446744073709551616"] {
            let message = parse_number(text).unwrap_err();
            assert!(
                message.contains("from 0 to 18446744073709551615"),
                "{message}"
            );
        }
        assert!(
            parse_time("0s")
                .unwrap_err()
                .contains("no time to do anything in")
        );
        assert!(parse_time("9000000h").unwrap_err().contains("500 years"));
    }

    #[test]
    fn times() {
        for (text, milliseconds) in [
            ("2s", 2000),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("1h", 3_600_000),
            ("1.5s", 1500),
        ] {
            assert_eq!(
                parse_time(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in [
            "",
            "2",
            "s",
            "2 s",
            "0s",
            "-1s",
            "1s2",
            "..s",
            "1x",
            "1sé",
            "é",
            "999999999999999999999h",
            "1e9s",
        ] {
            let message = parse_time(text).unwrap_err();
            assert!(message.contains('`'), "{message}");
        }
    }

    #[test]
    fn compilations_have_the_time_of_a_run_and_the_memory_that_they_need() {
        let of = |memory, timeout| {
            let given = LimitArgs {
                memory,
                timeout,
                ..LimitArgs::default()
            };
            let limits = given.of_compilations();
            (limits.get_memory(), limits.get_call_timeout())
        };
        let seconds = |number| Some(Duration::from_secs(number));
        assert_eq!(of(None, None), (Some(512 << 20), seconds(30)));
        let little = of(Some(20 << 20), seconds(1));
        assert_eq!(little, (Some(512 << 20), seconds(1)));
        let much = of(Some(1 << 30), seconds(90));
        assert_eq!(much, (Some(1 << 30), seconds(90)));
        assert_eq!(
            of_compilation(LimitKind::CallTimeout, 1_000_000_000, 1_001_000_000),
            "the compilation was stopped by --timeout: 1s allowed, 1.001s used or asked for. Give it less to compile, or more with --timeout"
        );
        assert_eq!(
            of_compilation(LimitKind::Memory, 1 << 20, 2 << 20),
            "the compilation was stopped by --memory: 1 MiB allowed, 2 MiB used or asked for. Give it less to compile, or more with --memory"
        );
    }

    #[test]
    fn a_line_names_the_flag_and_what_was_used() {
        let text = line(LimitKind::Lifetime, 2_000_000_000, 2_001_000_000);
        assert_eq!(
            text,
            "error: the program was stopped by --timeout: 2s allowed, 2.001s used or asked for"
        );
        let text = line(LimitKind::CallTimeout, 60_000_000_000, 60_001_000_000);
        for part in ["--cpu", "--fuel", "--timeout", "waiting"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
