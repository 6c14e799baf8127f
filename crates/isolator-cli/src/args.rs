//! The command line: what there is, and what `--help` says.

use crate::grants::Grants;
use crate::json::{Arguments, parse_arguments};
use crate::limits::{LimitArgs, parse_memory, parse_size, parse_time};
use crate::mcp::McpArgs;
use crate::method::{MethodName, WholeCall};
use crate::playground::PlaygroundArgs;
use crate::train::CommandLine;
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// Runs .NET in a WebAssembly sandbox: no files, no network, no environment, unless granted.
#[derive(Parser, Debug)]
#[command(name = "isolator", version, propagate_version = true, arg_required_else_help = true, after_help = EXAMPLES, after_long_help = LONG_AFTER)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How much to say.
    #[command(flatten)]
    pub log: LogArgs,
}

const EXAMPLES: &str = "\
Examples:
  isolator run bin/Debug/net10.0/App.dll one two
  isolator run App.dll --dir ./data::/data:ro --env HOME=/data
  isolator run script.cs one two
  isolator eval '6 * 7'
  isolator repl
  isolator mcp
  isolator playground
  isolator compile App.dll
  isolator snapshot App.dll --call App.Cache.Fill
  isolator call App.dll App.Calculator Add '[1, 2]'
  isolator inspect App.dll App.Calculator
  isolator info";

const LONG_AFTER: &str = "\
Examples:
  isolator run bin/Debug/net10.0/App.dll one two
  isolator run App.dll --dir ./data::/data:ro --env HOME=/data
  isolator run script.cs one two
  isolator eval '6 * 7'
  isolator repl
  isolator mcp
  isolator playground
  isolator compile App.dll
  isolator snapshot App.dll --call App.Cache.Fill
  isolator call App.dll App.Calculator Add '[1, 2]'
  isolator inspect App.dll App.Calculator
  isolator info

Exit codes:
  the program's own     of what ran to its end or called Environment.Exit
  124                   stopped by --timeout, --cpu or --fuel
  134                   an exception that nothing caught, Environment.FailFast, a stack overflow inside
  137                   stopped by --memory
  2                     a command line that cannot be understood
  1                     everything else

Environment:
  ISOLATOR_GUEST        the guest image, as --guest
  ISOLATOR_CACHE        where compiled guest images are kept
  ISOLATOR_SCRIPTING    the folder of the C# compiler for scripts
  ISOLATOR_COMPILER     the folder of the compiler package that `isolator compile` uses
  ISOLATOR_LOG          what to log to standard error, such as `debug` or `isolator_host=trace`; RUST_LOG, where that is not set
  NUGET_PACKAGES        the folder of NuGet packages, instead of ~/.nuget/packages";

/// The commands. What `--help` says of each is at its arguments.
#[derive(Subcommand, Debug)]
pub enum Command {
    Run(RunArgs),
    Compile(CompileArgs),
    Snapshot(SnapshotArgs),
    Call(CallArgs),
    Eval(EvalArgs),
    Check(CheckArgs),
    Repl(ReplArgs),
    Inspect(InspectArgs),
    Mcp(McpArgs),
    Playground(PlaygroundArgs),
    Info(InfoArgs),
}

/// How much to say on standard error.
#[derive(Args, Debug, Clone, Default)]
pub struct LogArgs {
    /// Log to standard error: -v what is loaded, -vv what is looked for and called.
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = "Logging")]
    pub verbose: u8,
    /// Log errors only, no warnings; and of C# that is compiled to run, tell errors only.
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Logging"
    )]
    pub quiet: bool,
}

/// Which guest image to use.
#[derive(Args, Debug, Clone, Default)]
pub struct GuestArgs {
    /// The guest image: its directory, or the `guest.json` in it [default: looked for, see `isolator info`].
    #[arg(long, value_name = "PATH")]
    pub guest: Option<PathBuf>,
}

/// What becomes of programs that were compiled ahead.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompiledArg {
    /// Use it where it fits the assembly and the guest image; -v says of what, and why not.
    Auto,
    /// Load no assembly of the program's without it.
    Require,
    /// Interpret all programs.
    Off,
}

/// What a program finds around it.
#[derive(Args, Debug, Clone, Default)]
pub struct Surroundings {
    #[command(flatten)]
    pub guest: GuestArgs,
    #[command(flatten)]
    pub grants: Grants,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Working directory inside [default: /].
    #[arg(long, value_name = "GUEST", value_parser = parse_cwd, help_heading = "Surroundings")]
    pub cwd: Option<String>,
    /// Whether compiled code of assemblies, as `isolator compile` makes it, is used [default: auto].
    #[arg(long, value_name = "MODE", value_enum, help_heading = "Surroundings")]
    pub compiled: Option<CompiledArg>,
    /// Look for assemblies in this folder, too, after the program's own. May be repeated.
    #[arg(long, value_name = "FOLDER", help_heading = "Surroundings")]
    pub load_from: Vec<PathBuf>,
    /// Culture inside, such as de-CH [default: the invariant culture; that of an app snapshot].
    #[arg(long, value_name = "NAME", help_heading = "Surroundings")]
    pub culture: Option<String>,
    /// Local time zone inside, such as Europe/Zurich [default: UTC; that of an app snapshot].
    #[arg(long, value_name = "NAME", help_heading = "Surroundings")]
    pub time_zone: Option<String>,
}

/// Reads a path inside.
///
/// # Errors
/// If it does not begin with `/`.
fn parse_cwd(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => Ok(text.into()),
        false => Err(format!(
            "`{text}` is a path inside, which begins with `/`, as in /data: a directory that `--dir` grants, or `/`"
        )),
    }
}

/// Libraries and packages that scripts may use.
#[derive(Args, Debug, Clone, Default)]
pub struct PackageArgs {
    /// Let scripts use this library, an assembly; `#r "LIBRARY.dll"` names it, but need not. May be repeated; what a library refers to has to be given, too.
    #[arg(
        long = "library",
        value_name = "LIBRARY.dll",
        help_heading = "Packages"
    )]
    pub libraries: Vec<PathBuf>,
    /// Look for packages in this folder that scripts ask for with `#:package NAME@VERSION` or `#r "nuget: NAME, VERSION"` [default: the user's NuGet packages]. May be repeated.
    ///
    /// It has files `NAME.VERSION.nupkg`, or is NuGet's own folder of restored packages. Nothing is downloaded.
    #[arg(long = "packages", value_name = "FOLDER", help_heading = "Packages")]
    pub folders: Vec<PathBuf>,
    /// Let scripts ask for this package, in any version or in this one; what it needs comes with it. May be repeated.
    #[arg(
        long = "allow-package",
        value_name = "NAME[@VERSION]",
        help_heading = "Packages"
    )]
    pub allowed: Vec<String>,
}

impl PackageArgs {
    /// Which libraries and packages may be used, for who writes code.
    pub fn notes(&self) -> Vec<String> {
        let libraries = self.libraries.iter().filter_map(|path| path.file_stem());
        let libraries =
            libraries.map(|name| format!("The library `{}` can be used.", name.display()));
        let packages = self.allowed.iter().map(|name| {
            format!("The NuGet package `{name}` can be used: code begins with the line `#:package {name}`.")
        });
        libraries.chain(packages).collect()
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.libraries.is_empty() && self.folders.is_empty() && self.allowed.is_empty()
    }
}

/// Run a console program or a C# script, as `dotnet APP.dll` and `dotnet run SCRIPT.cs` do, but in a sandbox.
///
/// Its dependencies are found by its `.deps.json` (beside it, in the folders that its runtime configuration names, in the user's
/// NuGet packages) and beside it. The `configProperties` of its `.runtimeconfig.json` are set. Standard input, output and error
/// are this process's, byte for byte: what the program writes to a terminal, the terminal obeys. `Main` may be asynchronous. AppContext.BaseDirectory is `/`, or the path inside of the program's
/// directory if that is granted.
///
/// A script is a file of C# with top-level statements or `Main`, whose name ends in `.cs` or `.csx`, or which begins with `#!` (`-` is standard input). It is compiled in a sandbox of its own. It may begin with a line `#!` and with lines
/// `#:property NAME=VALUE` (Nullable, AllowUnsafeBlocks, LangVersion, ImplicitUsings, Optimize, CheckForOverflowUnderflow, DefineConstants, TreatWarningsAsErrors, WarningsAsErrors, NoWarn; those of building and publishing change nothing), `#:package NAME@VERSION` or `#r "nuget: NAME, VERSION"`, for packages that `--allow-package`
/// names, `#r "NAME.dll"`, for what `--library` names, and `#load "FILE.cs"`, for sources beside it and in folders below: one file is run, and other names behind it are arguments. The grants and limits are those of its run; `--timeout` is the time of its
/// compilation, too, each by itself.
///
/// An app snapshot, as `isolator snapshot` makes it, runs in its place, whatever its name is: with what is in it, and with the grants and limits that are given here.
#[derive(Args, Debug)]
#[command(
    disable_version_flag = true,
    after_help = "\
Examples:
  isolator run App.dll one two --three
  isolator run App.dll -- --name value
  isolator run App.dll --dir .::/app:ro --dir ./out::/out --cwd /out
  isolator run App.dll --memory 64MiB --timeout 2s --stats
  isolator run app.isolate one two --three
  isolator run script.cs one two
  echo 'Console.WriteLine(1);' | isolator run -
  echo hello | isolator run App.dll --env LANG"
)]
pub struct RunArgs {
    /// The program: the `.dll` that `dotnet build` made, an app snapshot, or a C# script, `SCRIPT.cs`.
    #[arg(value_name = "APP.dll")]
    pub app: PathBuf,
    #[command(flatten)]
    pub packages: PackageArgs,
    #[command(flatten)]
    pub surroundings: Surroundings,
    /// What many programs are asked for: it is for the program, which is behind it or before it.
    #[arg(id = "version_of_program", long = "version", hide = true)]
    pub version: bool,
    /// Arguments for the program: all that comes after its first one, or after `--`, which one that begins with a hyphen needs.
    #[arg(trailing_var_arg = true, value_name = "ARGS")]
    pub args: Vec<String>,
}

impl RunArgs {
    /// The program's arguments.
    pub fn args(&self) -> Vec<&str> {
        let version = self.version.then_some("--version");
        let args = self.args.iter().map(String::as_str);
        version.into_iter().chain(args).collect()
    }
}

/// Compile a program ahead, so that its own code runs at native speed.
///
/// Writes `APP.isolated.wasm` beside the assembly, or into the folder that `-o` names. `isolator run` and libraries use it where it lies
/// beside the assembly, as long as it fits: it belongs to this very build of the assembly and to this guest image. What is compiled runs in the same sandbox as before.
///
/// What cannot be compiled is printed, and stays interpreted: methods with an exception filter, those that call function pointers, and some others.
///
/// Which instances of generic methods there are is found in metadata. Those over structs whose types are put together at run time, by reflection, stay interpreted, unless a training run shows them: `--train` runs the program, `--call` calls
/// a method, in a sandbox with the grants and limits that are given here, and with this process's standard streams. A limit, a trap or an exception that nothing catches ends the command; an exit code does not.
///
/// It needs .NET's ahead-of-time compiler for WebAssembly, a NuGet package which is looked for in ISOLATOR_COMPILER and among the user's packages, and
/// restored with `dotnet` where it is not there; and clang and wasm-ld, version 20 or newer, on PATH or in WASI_SDK_PATH.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator compile App.dll
  isolator compile App.dll --with-dependencies
  isolator compile App.dll -o compiled
  isolator compile App.dll --train 'import \"/data/two words\"' --dir ./data::/data:ro
  isolator compile App.dll --call App.Cache.Fill --call 'App.Orders.Parse=[\"{}\"]'")]
pub struct CompileArgs {
    /// The assembly: the `.dll` that `dotnet build` made.
    #[arg(value_name = "APP.dll")]
    pub app: PathBuf,
    /// The folder to write into [default: that of each assembly].
    #[arg(short, long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// Compile the assemblies beside it that it refers to, too.
    #[arg(long)]
    pub with_dependencies: bool,
    /// A text file that lists assemblies, a path a line, to look for what is referred to and does not lie beside: for builds.
    #[arg(long, value_name = "FILE")]
    pub references: Option<PathBuf>,
    /// Run the program with these arguments, in a sandbox of its own, and compile what it is seen to need. May be repeated.
    ///
    /// The arguments are split as a shell splits them: 'one "two words"'. '' is none.
    #[arg(long = "train", value_name = "ARGS", value_parser = CommandLine::parse, allow_hyphen_values = true, help_heading = "Training")]
    pub trainings: Vec<CommandLine>,
    /// Call a method, and compile what it is seen to need: Namespace.Type.Method, with arguments as a JSON array behind `=`, as with `isolator snapshot`. May be repeated; all are
    /// called in one sandbox, in this order.
    #[arg(long = "call", value_name = "METHOD[=ARGS]", value_parser = WholeCall::parse, allow_hyphen_values = true, help_heading = "Training")]
    pub calls: Vec<WholeCall>,
    #[command(flatten)]
    pub surroundings: Surroundings,
}

impl CompileArgs {
    /// Whether the program runs before it is compiled.
    pub fn trains(&self) -> bool {
        !self.trainings.is_empty() || !self.calls.is_empty()
    }
}

/// Load a program, call what prepares it, and write it as it is then: an app snapshot.
///
/// `isolator run` and `isolator call` take the file in place of the assembly, and so do the libraries: assemblies are loaded, statics have their values, caches are full. It belongs
/// to this guest image, and needs none of the program's files.
///
/// The program and what it refers to are found as `isolator run` finds them. What no call has used and no `--preload` names is not loaded, and not in the file. What the calls print goes to standard
/// error. Their standard input is empty.
///
/// The grants here are for these calls. The file has none of them: who runs it grants anew. But it is the program's whole memory, with all that it read and kept. What cannot come along is an
/// error: open files, standard input that was read. Files in /tmp come along. Properties of the `.runtimeconfig.json`, AppContext.BaseDirectory, culture and time zone are kept.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator snapshot App.dll
  isolator snapshot App.dll -o app.isolate --call App.Cache.Fill --call 'App.Orders.Parse=[\"{}\"]'
  isolator snapshot App.dll --preload App.Plugin --compile
  isolator snapshot App.dll --dir ./data::/data:ro --call 'App.Cache.Load=[\"/data/words\"]' --timeout 10s
  isolator run app.isolate one two")]
pub struct SnapshotArgs {
    /// The assembly: the `.dll` that `dotnet build` made.
    #[arg(value_name = "APP.dll")]
    pub app: PathBuf,
    /// The file to write [default: the assembly's name with `.isolate`, in the current directory].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Call a method first: Namespace.Type.Method, with arguments as a JSON array behind `=`. May be repeated; they are called in this order.
    ///
    /// A task is awaited. An instance method is called on an object made with the parameterless constructor. The result is dropped. A method of another assembly is `Namespace.Type.Method, Assembly`;
    /// overloads are chosen as with `isolator call`: 'App.Cache.Fill(int, string)=[1, "two"]'.
    #[arg(long = "call", value_name = "METHOD[=ARGS]", value_parser = WholeCall::parse, allow_hyphen_values = true)]
    pub calls: Vec<WholeCall>,
    /// Load this assembly, too, before any call: its name, without .dll; a translation is 'App.resources, Culture=de'. May be repeated.
    #[arg(long, value_name = "ASSEMBLY")]
    pub preload: Vec<String>,
    /// Have the program, and what is preloaded, run compiled, as `isolator compile` does it, where no compiled code that fits lies beside.
    #[arg(long, conflicts_with = "compiled")]
    pub compile: bool,
    #[command(flatten)]
    pub surroundings: Surroundings,
}

/// Call one method and print its result as JSON.
///
/// A task is awaited. An instance method is called on an object made with the parameterless constructor. What the method writes
/// to standard output goes to standard error, so that standard output holds the result alone; of one without a result nothing is printed.
///
/// Values that JSON has no word for: bytes are base64 strings in results, and {"$bytes": "AQID"} in arguments; a DateTime is an
/// ISO 8601 string in results, and in arguments where a parameter is a DateTime or DateTimeOffset, elsewhere {"$time": "2026-01-31T12:00:00Z"}; a TimeSpan and a TimeOnly are a number
/// of ticks (100 ns), a DateOnly is a number of days since 0001-01-01, and as arguments also 1.12:30:00 and 2026-01-31; an enum its number; NaN, Infinity and -Infinity are strings in
/// results. A decimal, a Guid, a Version are strings both ways. Control characters, and those that turn the direction of writing
/// around, are escaped. A map that has one key twice, which JSON cannot say, is an error. `--timeout` covers the printing, too.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator call App.dll App.Calculator Add '[1, 2]'
  isolator call App.dll App.Calculator 'Add(long, long)' '[1, 2]'
  isolator call App.dll App.Text 'Parse<System.Int32>' '[\"7\"]'
  isolator call App.dll App.Store Save '[{\"Name\": \"x\", \"Tags\": [\"a\"]}]' --dir ./db::/db
  isolator call app.isolate App.Cache Find '[\"key\"]'
  isolator call App.dll 'System.Math, System.Private.CoreLib' Max '[1.5, 2]'")]
pub struct CallArgs {
    /// The assembly that holds the type, or an app snapshot of it.
    #[arg(value_name = "APP.dll")]
    pub app: PathBuf,
    /// The type, such as `Namespace.Outer+Inner`; followed by `, Assembly` if it is in another one.
    #[arg(value_name = "TYPE")]
    pub type_name: String,
    /// The method; with its parameter types, `Add(int, int)`, where the arguments leave a choice among overloads.
    #[arg(value_name = "METHOD", value_parser = MethodName::parse)]
    pub method: MethodName,
    /// The arguments as a JSON array.
    #[arg(value_name = "ARGS", default_value = "[]", value_parser = parse_arguments, allow_hyphen_values = true)]
    pub args: Arguments,
    /// Print the result on several lines, indented.
    #[arg(long)]
    pub pretty: bool,
    #[command(flatten)]
    pub surroundings: Surroundings,
}

/// Evaluate a C# expression and print its value as JSON.
///
/// It is compiled in a sandbox and evaluated in another one. One that awaits is awaited; of one without a value nothing is printed. What it writes to standard output
/// goes to standard error, so that standard output holds the value alone, in the form that `isolator call` prints.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator eval '6 * 7'
  isolator eval 'Enumerable.Range(1, 5).Select(n => n * n)'
  isolator eval --using System.Text.Json 'JsonSerializer.Serialize(new { A = 1 })'")]
pub struct EvalArgs {
    /// The expression.
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    pub expression: String,
    /// Use this namespace, too, beside System, System.Collections.Generic, System.IO, System.Linq, System.Net.Http, System.Threading and System.Threading.Tasks. May be repeated.
    #[arg(long, value_name = "NAMESPACE")]
    pub using: Vec<String>,
    /// Print the value on several lines, indented.
    #[arg(long)]
    pub pretty: bool,
    #[command(flatten)]
    pub packages: PackageArgs,
    #[command(flatten)]
    pub surroundings: Surroundings,
}

/// Say what is wrong with C# sources, as a build would. Nothing of them runs.
///
/// The files belong together, and are compiled with the options of `isolator run`; but they may be a library without `Main`, and all of them are sources, where `run` takes one, and
/// others by `#load`. The exit code is 1 if there are errors, 124 or 137 if a limit ended it. With `--json` lines and columns are counted from 0, as
/// in the Language Server Protocol.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator check script.cs
  isolator check *.cs --json")]
pub struct CheckArgs {
    /// The sources; `-` is standard input.
    #[arg(value_name = "FILE.cs", required = true)]
    pub files: Vec<PathBuf>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub packages: PackageArgs,
    /// Memory that the compiler may take.
    #[arg(long, value_name = "SIZE", value_parser = parse_memory, default_value = "512MiB", help_heading = "Limits")]
    pub memory: u64,
    /// Time that the compiler may take.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "30s", help_heading = "Limits")]
    pub timeout: Duration,
    #[command(flatten)]
    pub guest: GuestArgs,
}

/// Run C# as it is typed: each submission finds the variables, methods and types of those before it.
///
/// At a terminal there is a line editor, with completion (Tab) and a history; a submission may have several lines, and runs when it is complete. Ctrl-C stops what runs. `#help` says more. From a
/// pipe submissions are read to the end; what fails does not keep the rest from running, and the exit code is that of the first failure.
///
/// The value of an expression without a semicolon is printed, as C# writes it. The grants and limits are those of `isolator run`; `--timeout` and `--cpu` are for each submission, `--memory` for all
/// together. A submission that a limit or Ctrl-C stops ends the session's state; at a terminal it begins anew.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator repl
  isolator repl --dir ./data::/data:ro --timeout 10s
  printf 'int x = 6;\\nx * 7\\n' | isolator repl")]
pub struct ReplArgs {
    /// Use this namespace, too, beside System, System.Collections.Generic, System.IO, System.Linq, System.Net.Http, System.Threading and System.Threading.Tasks. May be repeated.
    #[arg(long, value_name = "NAMESPACE")]
    pub using: Vec<String>,
    #[command(flatten)]
    pub packages: PackageArgs,
    #[command(flatten)]
    pub surroundings: Surroundings,
}

/// List an assembly's types, their members and signatures. None of its code runs. Or what an app snapshot is, and the assemblies in it.
///
/// Its metadata is read, inside the sandbox; it is not loaded. The names are those that `isolator call` and the libraries take; with
/// `--json` those of documentation files, too. Control characters, and those that turn the direction of writing around, are shown
/// escaped, as in all that is printed about an assembly.
///
/// Of a snapshot it prints what `isolator info` does, and which assemblies are loaded in it beside those of every runtime; or a type of one of them. For that the
/// base class library in it is asked, in a sandbox that is granted nothing.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator inspect App.dll
  isolator inspect app.isolate
  isolator inspect App.dll App.Calculator --all
  isolator inspect App.dll 'System.Math, System.Private.CoreLib' --json")]
pub struct InspectArgs {
    /// The assembly, or an app snapshot.
    #[arg(value_name = "APP.dll")]
    pub app: PathBuf,
    /// Only this type, such as `Namespace.Outer+Inner`; followed by `, Assembly` if it is in another one.
    #[arg(value_name = "TYPE")]
    pub type_name: Option<String>,
    /// Also what is not public.
    #[arg(long)]
    pub all: bool,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// Memory that reading it may take.
    #[arg(long, value_name = "SIZE", value_parser = parse_memory, default_value = "512MiB", help_heading = "Limits")]
    pub memory: u64,
    /// Time that reading and printing it may take.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "30s", help_heading = "Limits")]
    pub timeout: Duration,
    #[command(flatten)]
    pub guest: GuestArgs,
}

/// Show versions, the guest image, and whether memory is shared copy-on-write; or what an app snapshot is.
///
/// What a snapshot's file says of itself is shown: nothing of it runs, and any guest image's can be looked at.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator info
  isolator info app.isolate --json")]
pub struct InfoArgs {
    /// An app snapshot, as `isolator snapshot` makes it.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub guest: GuestArgs,
}

/// The command line, with the words of limits that mean other things for what serves many than for one run.
pub fn definition() -> clap::Command {
    type Words = &'static [(&'static str, &'static str)];
    const MEMORY: &str =
        "Memory beyond what a fresh .NET has, such as 64MiB or 1GiB, of each run [default: 256MiB]";
    const COMPILE: Words = &[
        (
            "memory",
            "Memory that each tool may take [default: 4GiB], and each training run beyond what a fresh .NET has [default: up to 4 GiB in all]",
        ),
        (
            "timeout",
            "Time that each tool may take [default: 120s], and each training run",
        ),
        (
            "cpu",
            "CPU time of each training run, such as 1s. Waiting uses none: without --timeout it may wait for 60 s in all",
        ),
        (
            "fuel",
            "Fuel of each training run: about one for each WebAssembly instruction, the same for the same work. Makes it slower",
        ),
        (
            "max_output",
            "Bytes printed because of each training run, such as 1MiB",
        ),
        (
            "stats",
            "Print to standard error what each training run used: memory, CPU time, fuel, calls",
        ),
    ];
    const REPL: Words = &[
        (
            "memory",
            "Memory beyond what a fresh .NET has, such as 64MiB or 1GiB, of all submissions together [default: up to 4 GiB in all]",
        ),
        (
            "timeout",
            "Wall time of each submission, such as 2s, 500ms or 1m30s",
        ),
        (
            "cpu",
            "CPU time of each submission, such as 1s. Waiting uses none: without --timeout a submission may wait for 60 s",
        ),
        (
            "fuel",
            "Fuel of all submissions together: about one for each WebAssembly instruction, the same for the same work. Makes them slower. Waiting uses none",
        ),
    ];
    const MCP: Words = &[
        ("memory", MEMORY),
        (
            "timeout",
            "Wall time of each call, such as 2s, 500ms or 1m30s [default: 30s]",
        ),
        (
            "cpu",
            "CPU time of each run, and of a session all together, such as 1s. Waiting uses none",
        ),
        (
            "fuel",
            "Fuel of each run, and of a session all together: about one for each WebAssembly instruction. Makes them slower. Waiting uses none",
        ),
        (
            "max_output",
            "Bytes of standard output and error of each run, and of a session all together, such as 1MiB",
        ),
    ];
    const PLAYGROUND: Words = &[
        ("memory", MEMORY),
        (
            "timeout",
            "Wall time of each run, such as 2s, 500ms or 1m30s [default: 10s]",
        ),
        ("cpu", "CPU time of each run, such as 1s. Waiting uses none"),
        (
            "fuel",
            "Fuel of each run: about one for each WebAssembly instruction. Makes it slower. Waiting uses none",
        ),
        (
            "max_output",
            "Bytes of standard output and error of each run, such as 1MiB [default: 1MiB]",
        ),
    ];
    let said = |words: Words| {
        move |command: clap::Command| {
            words.iter().fold(command, |command, (name, help)| {
                command.mut_arg(name, |arg| arg.help(*help).long_help(*help))
            })
        }
    };
    // Their answers tell what was used.
    let without_stats = |command: clap::Command| command.mut_arg("stats", |arg| arg.hide(true));
    // A tool may have more memory than a sandbox can, and training runs interpret all of a program.
    let of_tools = |command: clap::Command| {
        command
            .mut_arg("memory", |arg| arg.value_parser(parse_size))
            .mut_arg("compiled", |arg| arg.hide(true))
    };
    Cli::command()
        .mut_subcommand("compile", said(COMPILE))
        .mut_subcommand("compile", of_tools)
        .mut_subcommand("repl", said(REPL))
        .mut_subcommand("mcp", said(MCP))
        .mut_subcommand("mcp", without_stats)
        .mut_subcommand("playground", said(PLAYGROUND))
        .mut_subcommand("playground", without_stats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::FromArgMatches;

    #[test]
    fn the_definition_is_consistent() {
        definition().debug_assert();
    }

    #[test]
    fn limits_are_told_as_each_command_takes_them() {
        let help = |name: &str| {
            let mut all = definition();
            let command = all.find_subcommand_mut(name).unwrap();
            command.render_long_help().to_string()
        };
        for (name, expected) in [
            ("repl", "each submission"),
            ("mcp", "[default: 30s]"),
            ("playground", "[default: 10s]"),
            ("run", "[default: up to 4 GiB in all]"),
            ("compile", "each tool may take [default: 120s]"),
        ] {
            assert!(help(name).contains(expected), "{name}: {}", help(name));
        }
        for name in ["mcp", "playground"] {
            assert!(help(name).contains("[default: 256MiB]"), "{name}");
            assert!(!help(name).contains("4 GiB"), "{name}");
            assert!(!help(name).contains("--stats"), "{name}");
        }
        assert!(!help("snapshot").contains('\\'));
    }

    #[test]
    fn compiling_takes_training_runs_and_more_memory_than_a_sandbox_has() {
        let parsed = |line: &[&str]| {
            let line = [&["isolator", "compile", "App.dll"], line].concat();
            let matches = definition().try_get_matches_from(line);
            let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
            match cli.map(|cli| cli.command) {
                Ok(Command::Compile(compile)) => Ok(compile),
                Ok(_) => panic!("not compile"),
                Err(error) => Err(error.to_string()),
            }
        };
        let compile = parsed(&[
            "--train",
            "a \"b c\"",
            "--train",
            "",
            "--train",
            "--all",
            "--call",
            "A.B.C=[1]",
            "--call",
            "A.B.D",
            "--memory",
            "8GiB",
            "--dir",
            "./data::/data:ro",
        ])
        .unwrap();
        let lines = ["a \"b c\"", "", "--all"].map(|text| CommandLine::parse(text).unwrap());
        assert_eq!(compile.trainings, lines);
        let calls: Vec<&str> = compile.calls.iter().map(|call| &*call.text).collect();
        assert_eq!(calls, ["A.B.C", "A.B.D"]);
        let limits = &compile.surroundings.limits;
        assert_eq!((limits.memory, limits.timeout), (Some(8 << 30), None));
        for (line, words) in [
            (&["--train", "'a"][..], "is not closed"),
            (&["--call", "Fill"], "`Namespace.Type.Method`"),
            (&["--call", "A.B.C=1"], "put it in brackets"),
            (&["--memory", "much"], "is no size"),
        ] {
            let message = parsed(line).unwrap_err();
            assert!(message.contains(words), "{line:?}: {message}");
        }
    }

    #[test]
    fn a_version_is_asked_of_the_program() {
        let line = ["isolator", "run", "App.dll", "--version"];
        let Command::Run(run) = Cli::try_parse_from(line).unwrap().command else {
            panic!("not run");
        };
        assert_eq!(run.args(), ["--version"]);
        let line = ["isolator", "run", "App.dll", "--cwd", "data"];
        let message = Cli::try_parse_from(line).unwrap_err().to_string();
        assert!(message.contains("begins with `/`"), "{message}");
        for (option, value, expected) in [
            ("--memory", "-1", "is no size"),
            ("--max-files", "-1", "from 0 to"),
            ("--fuel", "abc", "from 0 to"),
        ] {
            let line = ["isolator", "run", "App.dll", option, value];
            let message = Cli::try_parse_from(line).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn arguments_of_the_program_begin_with_its_first_or_after_two_dashes() {
        let run = |line: &[&str]| match Cli::try_parse_from(line).map(|cli| cli.command) {
            Ok(Command::Run(run)) => Ok(run),
            Ok(_) => panic!("not run"),
            Err(error) => Err(error.to_string()),
        };
        let parsed = run(&[
            "isolator", "run", "App.dll", "--cwd", "/x", "--", "--cwd", "--", "b",
        ])
        .unwrap();
        assert_eq!(parsed.args, ["--cwd", "--", "b"]);
        assert_eq!(parsed.surroundings.cwd.as_deref(), Some("/x"));
        for (line, args) in [
            (&["App.dll", "one", "two"][..], &["one", "two"][..]),
            (
                &["App.dll", "one", "--cwd", "/y", "--"],
                &["one", "--cwd", "/y", "--"],
            ),
            (
                &["--cwd", "/x", "App.dll", "--stats", "one", "-v"],
                &["one", "-v"],
            ),
            (
                &["App.dll", "--cwd", "/x", "--", "-v", "one"],
                &["-v", "one"],
            ),
            (&["App.dll"], &[]),
        ] {
            let parsed = run(&[&["isolator", "run"], line].concat()).unwrap();
            assert_eq!(parsed.args, args, "{line:?}");
            assert_eq!(parsed.app, PathBuf::from("App.dll"));
        }
        let message = run(&["isolator", "run", "App.dll", "--name"]).unwrap_err();
        assert!(
            message.contains("'--name'") && message.contains("-- --name"),
            "{message}"
        );
    }
}
