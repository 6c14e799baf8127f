// Made by `cargo xtask codegen` from crates/isolator-abi/src/limits.rs: do not edit.

//! The options that limit what a program may use up.

use crate::limits::{parse_memory, parse_number, parse_size, parse_time};
use clap::Args;
use isolator_host::{DEFAULT_MAX_FILES, LimitKind, Limits};
use std::time::Duration;

/// What a program may use up.
#[derive(Args, Debug, Clone, Default)]
pub struct LimitArgs {
    /// Memory beyond what a fresh .NET has, such as 64MiB or 1GiB [default: up to 4 GiB in all].
    #[arg(long, value_name = "SIZE", value_parser = parse_memory, allow_negative_numbers = true, help_heading = "Limits")]
    pub memory: Option<u64>,
    /// Wall time of the program and of printing its result, such as 2s, 500ms or 1m30s.
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_negative_numbers = true, help_heading = "Limits")]
    pub timeout: Option<Duration>,
    /// CPU time of the program, such as 1s. Waiting uses none: without --timeout the program may wait for 60 s in all.
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_negative_numbers = true, help_heading = "Limits")]
    pub cpu: Option<Duration>,
    /// Fuel: about one for each WebAssembly instruction, the same for the same work. Makes the program slower. Waiting uses none:
    /// without --timeout the program may wait for 60 s in all.
    #[arg(long, value_name = "NUMBER", value_parser = parse_number, allow_negative_numbers = true, help_heading = "Limits")]
    pub fuel: Option<u64>,
    /// Bytes printed because of the program, such as 1MiB: its standard output and error, lines of the log, the text of an exception,
    /// a result.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, allow_negative_numbers = true, help_heading = "Limits")]
    pub max_output: Option<u64>,
    /// Disk space taken in directories that `--dir` grants, such as 10MiB, over the whole run; a file takes its length at its
    /// longest, and deleting gives nothing back.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, allow_negative_numbers = true, help_heading = "Limits")]
    pub max_disk: Option<u64>,
    /// Files, directories and links made in directories that `--dir` grants, over the whole run [default: 100000].
    #[arg(long, value_name = "NUMBER", value_parser = parse_number, allow_negative_numbers = true, help_heading = "Limits")]
    pub max_files: Option<u64>,

    /// Print to standard error what was used: memory, CPU time, fuel, calls.
    #[arg(long, help_heading = "Limits")]
    pub stats: bool,
}

impl LimitArgs {
    /// The limits that the options give; the library's where there is no option.
    pub fn given(&self) -> Limits {
        Limits::default()
            .memory(self.memory)
            .lifetime(self.timeout)
            .total_cpu(self.cpu)
            .fuel(self.fuel)
            .max_output(self.max_output)
            .directory_bytes(self.max_disk)
            .max_files(self.max_files.unwrap_or(DEFAULT_MAX_FILES))
    }
}

/// The flag that sets a limit, if there is one.
pub fn flag(kind: LimitKind) -> Option<&'static str> {
    Some(match kind {
        LimitKind::Memory => "--memory",
        LimitKind::Lifetime => "--timeout",
        LimitKind::TotalCpu => "--cpu",
        LimitKind::Fuel => "--fuel",
        LimitKind::Output => "--max-output",
        LimitKind::DirectoryBytes => "--max-disk",
        LimitKind::Files => "--max-files",
        _ => return None,
    })
}
