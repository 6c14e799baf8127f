//! The `isolator` program: runs .NET programs and calls .NET methods inside a sandbox.

mod app;
mod args;
mod call;
mod compile;
mod config;
mod deps;
mod error;
mod grants;
mod http_args;
mod image;
mod info;
mod inspect;
mod json;
mod limit_args;
mod limits;
mod log;
mod mcp;
mod method;
mod msgpack;
mod names;
mod output;
mod playground;
mod print;
mod program;
mod repl;
mod run;
mod script;
mod serving;
mod snapshot;
mod time;
mod train;

use args::{Cli, Command};
use clap::FromArgMatches;
use std::io::Write;

fn main() {
    let mut definition = args::definition();
    let cli = Cli::from_arg_matches(&definition.get_matches_mut())
        .unwrap_or_else(|error| error.format(&mut definition).exit());
    log::start(&cli.log);
    let outcome = match &cli.command {
        Command::Run(command) => run::run(command),
        Command::Snapshot(command) => snapshot::snapshot(command),
        Command::Call(command) => call::call(command),
        Command::Compile(command) => compile::compile(command),
        Command::Inspect(command) => inspect::inspect(command),
        Command::Eval(command) => script::eval(command),
        Command::Check(command) => script::check(command),
        Command::Repl(command) => repl::repl(command),
        Command::Mcp(command) => mcp::mcp(command),
        Command::Playground(command) => playground::playground(command),
        Command::Info(command) => info::info(command),
    };
    let code = outcome.unwrap_or_else(|error| {
        error.log();
        if !error.is_exit() && !error.is_told() {
            // Where even standard error is gone, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "{}", output::shown(&error));
        }
        error.exit_code()
    });
    // On Unix the lowest 8 bits count, as for every process.
    std::process::exit(code);
}
