//! `isolator-cli`: the options.

use super::{SOURCE, kinds};
use crate::made::{File, comment, head, rust};
use anyhow::Result;
use isolator_abi::limits::{Flag, LIMITS, Limit, Unit};
use std::fmt::Write as _;

fn flags() -> impl Iterator<Item = (&'static Limit, Flag)> {
    LIMITS.iter().filter_map(|limit| Some((limit, limit.flag?)))
}

/// The option as people write it.
pub fn written(flag: Flag) -> String {
    format!("--{}", flag.name.replace('_', "-"))
}

/// The arguments, and the limits that they are.
pub fn arguments() -> Result<File> {
    let (mut fields, mut setters, mut names) = (String::new(), String::new(), String::new());
    let mut constants = Vec::new();
    for (limit, flag) in flags() {
        let (value, parser, of) = match limit.unit {
            Unit::Bytes if limit.kind == "Memory" => ("SIZE", "parse_memory", "u64"),
            Unit::Bytes => ("SIZE", "parse_size", "u64"),
            Unit::Time => ("TIME", "parse_time", "Duration"),
            _ => ("NUMBER", "parse_number", "u64"),
        };
        let _ = writeln!(
            fields,
            "{}#[arg(long, value_name = \"{value}\", value_parser = {parser}, allow_negative_numbers = true, help_heading = \"Limits\")]\npub {}: Option<{of}>,",
            comment("/// ", flag.help),
            flag.name
        );
        let given = limit.default.filter(|_| flag.keeps_default);
        let or_default =
            given.map_or_else(String::new, |given| format!(".unwrap_or({})", given.name));
        constants.extend(given.map(|given| format!("{}, ", given.name)));
        let _ = write!(setters, ".{}(self.{}{or_default})", limit.setter, flag.name);
    }
    for limit in kinds() {
        if let Some(flag) = limit.flag {
            let _ = writeln!(names, "LimitKind::{} => {:?},", limit.kind, written(flag));
        }
    }
    let constants: String = constants.concat();
    let code = format!(
        "{}\n//! The options that limit what a program may use up.\n\nuse crate::limits::{{parse_memory, parse_number, parse_size, parse_time}};\nuse clap::Args;\n\
         use isolator_host::{{{constants}LimitKind, Limits}};\nuse std::time::Duration;\n\n\
         /// What a program may use up.\n#[derive(Args, Debug, Clone, Default)]\npub struct LimitArgs {{ {fields}\n\
         /// Print to standard error what was used: memory, CPU time, fuel, calls.\n#[arg(long, help_heading = \"Limits\")]\npub stats: bool,\n}}\n\n\
         impl LimitArgs {{\n/// The limits that the options give; the library's where there is no option.\n\
         pub fn given(&self) -> Limits {{ Limits::default(){setters} }}\n}}\n\n\
         /// The flag that sets a limit, if there is one.\n\
         pub fn flag(kind: LimitKind) -> Option<&'static str> {{ Some(match kind {{ {names} _ => return None, }}) }}\n",
        head(SOURCE)
    );
    Ok(("crates/isolator-cli/src/limit_args.rs", rust(&code)?))
}
