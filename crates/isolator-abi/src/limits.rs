//! Every limit, once: its names, its number, its default, and what is said of it.
//!
//! `cargo xtask codegen` makes the setters of Rust, the enumerations of C and C#, the options of the command line and the rows of the
//! documents from this table. What a limit does is where it is counted (`isolator-host/src/limits/meter.rs`, and what crosses, `border/`).

use std::time::Duration;

/// Memory that a runtime may take beyond its snapshot, unless it is given other limits: 256 MiB. A guest image's snapshot holds some
/// tens of megabytes, so this is room for a program that a 512 MiB container would be given.
pub const DEFAULT_MEMORY: u64 = 256 << 20;

/// Wall time that a call may take, unless a runtime is given other limits: 60 seconds. It is what a web server or a job queue waits
/// for an answer; code that nobody waits for any more should not hold a thread.
pub const DEFAULT_CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Handles that the host may hold of a runtime, unless it is given other limits.
pub const DEFAULT_MAX_HANDLES: u64 = 1_000_000;

/// Bytes of one value that may cross, of the host's memory that it may take there, and of all calls of the host that are under way,
/// unless a runtime is given other limits.
pub const DEFAULT_MAX_VALUE: u64 = 256 << 20;

/// Files that a runtime may have open at once, unless it is given other limits: a quarter of what a process often may.
pub const DEFAULT_MAX_OPEN_FILES: u64 = 256;

/// Files, directories and links that a runtime may make, unless it is given other limits: a directory of so many is listed, and all of
/// it removed, in moments.
pub const DEFAULT_MAX_FILES: u64 = 100_000;

/// What a limit's number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, 64 bits.
    Bytes,
    /// A time: a `Duration` in Rust, nanoseconds elsewhere.
    Time,
    /// Things, 64 bits.
    Number,
    /// Things, 32 bits.
    Small,
    /// Yes or no.
    Switch,
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A runtime's: an error or an exception tells when it is reached.
    Limit,
    /// A runtime's, of which no error of the library tells.
    Quiet,
    /// Of all runtimes of a host together.
    OfHost,
    /// No limit: how something is done.
    Switch,
}

/// A default: the constant's name and, in nanoseconds if it is a time, its value.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// Name of the constant above.
    pub name: &'static str,
    /// Its value.
    pub value: u64,
}

const fn given(name: &'static str, value: u64) -> Option<Given> {
    Some(Given { name, value })
}

/// A property of its own among the options of C#.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
}

/// An option of the command line.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// Its name, without the dashes and with `_` between words.
    pub name: &'static str,
    /// Its help.
    pub help: &'static str,
    /// Without the option: the library's default; otherwise none.
    pub keeps_default: bool,
}

/// A limit, or a switch that is set as one.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// What errors call it: the variant of `LimitKind`, and the name in C.
    pub kind: &'static str,
    /// The setter in Rust.
    pub setter: &'static str,
    /// Its number in C and C#; none where it does not apply.
    pub number: Option<u32>,
    /// The name in C#, if it is not `kind`.
    pub csharp: Option<&'static str>,
    /// Whose it is.
    pub role: Role,
    /// What it counts.
    pub unit: Unit,
    /// Without a word; none for no limit.
    pub default: Option<Given>,
    /// Whether a runtime that reached it is dead.
    pub fatal: bool,
    /// What ran out, in the sentence of an error.
    pub words: &'static str,
    /// The setter's documentation.
    pub doc: &'static str,
    /// The documentation of its kind, before the setter's name.
    pub kind_doc: &'static str,
    /// What the documentation of its kind says behind that.
    pub kind_note: &'static str,
    /// The documentation in C.
    pub c_doc: &'static str,
    /// The documentation in C#, if it has no property.
    pub csharp_doc: &'static str,
    /// The property in C#.
    pub property: Option<Property>,
    /// The option of the command line.
    pub flag: Option<Flag>,
    /// For the guide: what it is, in a row of the table.
    pub what: &'static str,
    /// For the guide: what happens when it is reached.
    pub reached: &'static str,
}

const NOTHING: Limit = Limit {
    kind: "",
    setter: "",
    number: None,
    csharp: None,
    role: Role::Limit,
    unit: Unit::Number,
    default: None,
    fatal: true,
    words: "",
    doc: "",
    kind_doc: "",
    kind_note: "",
    c_doc: "",
    csharp_doc: "",
    property: None,
    flag: None,
    what: "",
    reached: "the call ends",
};

/// What the guest gets that has no error of its own.
const IO_EXCEPTION: &str = "the guest gets an `IOException`";

/// All of them, in the order of the documents.
pub const LIMITS: &[Limit] = &[
    Limit {
        kind: "Memory",
        setter: "memory",
        number: Some(1),
        unit: Unit::Bytes,
        default: given("DEFAULT_MEMORY", DEFAULT_MEMORY),
        words: "memory beyond the snapshot",
        doc: "Memory that the runtime may take beyond its snapshot, in bytes, rounded down to 64 KiB; {default} by default. The guest sees an \
              `OutOfMemoryException` where .NET can make one; where it cannot, the call is [`LimitKind::Memory`] and the runtime dead.",
        kind_doc: "Memory of the runtime beyond its snapshot, in bytes",
        c_doc: "Memory beyond the snapshot, in bytes.",
        property: Some(Property {
            name: "MemoryLimit",
            doc: "Bytes of memory that the runtime may take beyond what it starts with; null: the engine's default.",
        }),
        flag: Some(Flag {
            name: "memory",
            help: "Memory beyond what a fresh .NET has, such as 64MiB or 1GiB [default: up to 4 GiB in all].",
            keeps_default: false,
        }),
        what: "memory beyond the snapshot",
        reached: "the garbage collector runs, then .NET code gets an `OutOfMemoryException`; where it cannot, the call ends",
        ..NOTHING
    },
    Limit {
        kind: "CallTimeout",
        setter: "call_timeout",
        number: Some(2),
        unit: Unit::Time,
        default: given(
            "DEFAULT_CALL_TIMEOUT",
            DEFAULT_CALL_TIMEOUT.as_secs() * 1_000_000_000,
        ),
        words: "time of one call",
        doc: "Wall time of one call, with all that it waits for; {default} by default. Guest code that runs is stopped within a few milliseconds, \
              and a sleep, a read of standard input or an asynchronous callback at once. A synchronous callback of the host cannot be \
              interrupted: the error comes when it returns. What runs between calls ([`run_pending`](crate::Calls::run_pending)) is a \
              call, too.",
        kind_doc: "Wall time of one call",
        kind_note: "; or time that a call waited whose fuel or CPU time is limited, and not its wall time",
        c_doc: "Wall time of one call, in nanoseconds.",
        property: Some(Property {
            name: "CallTimeout",
            doc: "Wall time that one call may take; null: the engine's default; <see cref=\"System.Threading.Timeout.InfiniteTimeSpan\"/>: no \
                  limit. So for the times below.",
        }),
        what: "wall time of one call, with what it waits for",
        ..NOTHING
    },
    Limit {
        kind: "Lifetime",
        setter: "lifetime",
        number: Some(3),
        unit: Unit::Time,
        words: "time that the runtime may live",
        doc: "Wall time from the runtime's creation. After it every call fails, and one that is under way is stopped.",
        kind_doc: "Wall time since the runtime was created",
        c_doc: "Wall time since the runtime was created, in nanoseconds.",
        property: Some(Property {
            name: "Lifetime",
            doc: "Wall time that the runtime may live; null: the engine's default.",
        }),
        flag: Some(Flag {
            name: "timeout",
            help: "Wall time of the program and of printing its result, such as 2s, 500ms or 1m30s.",
            keeps_default: false,
        }),
        what: "wall time since the runtime was created",
        reached: "the call ends, or the next one",
        ..NOTHING
    },
    Limit {
        kind: "CallCpu",
        setter: "call_cpu",
        number: Some(4),
        csharp: Some("CallCpuTime"),
        unit: Unit::Time,
        words: "CPU time of one call",
        doc: "CPU time of one call: what the threads that ran it spent in the guest and in callbacks. Unix only. With this or \
              [`total_cpu`](Self::total_cpu) each entry into the guest reads the thread's CPU clock twice, which takes about a microsecond.\n\n\
              Who waits uses no CPU time: `Thread.Sleep`, `Console.ReadLine`. So with a limit of CPU time or fuel, and without one of wall time \
              (`call_timeout`, `lifetime`), a call may wait for 60 seconds in all, and ends with [`LimitKind::CallTimeout`] then.",
        kind_doc: "CPU time of one call",
        c_doc: "CPU time of one call, in nanoseconds.",
        property: Some(Property {
            name: "CallCpuTime",
            doc: "CPU time that one call may take; null: the engine's default. Who waits uses none: with a limit of CPU time or fuel, and none \
                  of wall time, a call may wait for 60 seconds in all, and ends with <see cref=\"IsolatedLimit.CallTimeout\"/> then.",
        }),
        what: "CPU time of one call (Unix)",
        ..NOTHING
    },
    Limit {
        kind: "TotalCpu",
        setter: "total_cpu",
        number: Some(5),
        csharp: Some("TotalCpuTime"),
        unit: Unit::Time,
        words: "CPU time of the runtime",
        doc: "CPU time of all calls of the runtime together. Unix only.",
        kind_doc: "CPU time of all calls together",
        c_doc: "CPU time of all calls together, in nanoseconds.",
        property: Some(Property {
            name: "TotalCpuTime",
            doc: "CPU time that all calls together may take; null: the engine's default.",
        }),
        flag: Some(Flag {
            name: "cpu",
            help: "CPU time of the program, such as 1s. Waiting uses none: without --timeout the program may wait for 60 s in all.",
            keeps_default: false,
        }),
        what: "CPU time of all calls together (Unix)",
        ..NOTHING
    },
    Limit {
        kind: "Fuel",
        setter: "fuel",
        number: Some(6),
        words: "fuel",
        doc: "Fuel for all calls of the runtime together: about one for each WebAssembly instruction, so that the same work always takes the \
              same. What the host does for the guest costs one a byte (files, output, random bytes), and some for each path and each name of a \
              listing. The host must count it ([`HostBuilder::meter_fuel`](crate::HostBuilder::meter_fuel)), which makes guest code slower. \
              Waiting costs none, and is limited as under [`call_cpu`](Self::call_cpu).",
        kind_doc: "Fuel, about one a WebAssembly instruction",
        c_doc: "Fuel of the runtime, in units of the engine, if the host has `ISOLATOR_HOST_METER_FUEL`.",
        property: Some(Property {
            name: "Fuel",
            doc: "Fuel for all calls together, about one for each instruction inside, so that the same work always takes the same; null: no \
                  limit. The host must count it (<see cref=\"IsolatedRuntimeHostOptions.MeterFuel\"/>); <see cref=\"IsolatedRuntimeUsage.Fuel\"/> \
                  tells what was used.",
        }),
        flag: Some(Flag {
            name: "fuel",
            help: "Fuel: about one for each WebAssembly instruction, the same for the same work. Makes the program slower. Waiting uses none: \
                   without --timeout the program may wait for 60 s in all.",
            keeps_default: false,
        }),
        what: "fuel, about one a WebAssembly instruction; needs `meter_fuel` on the host",
        reached: "the call ends, at the same place each time",
        ..NOTHING
    },
    Limit {
        kind: "Output",
        setter: "max_output",
        number: Some(7),
        unit: Unit::Bytes,
        words: "bytes written to standard output and error",
        doc: "Bytes written to standard output and standard error together, and what the embedder adds to the runtime's \
              [account](crate::IsolatedRuntime::output_account). What happens then says [`output_overflow`](Self::output_overflow). No limit by \
              default; [`Stdio::Capture`](crate::Stdio::Capture) has one of its own.",
        kind_doc: "Bytes written to standard output and error",
        c_doc: "Bytes that it writes to standard output and standard error.",
        csharp_doc: "Bytes that are written to the standard streams.",
        flag: Some(Flag {
            name: "max_output",
            help: "Bytes printed because of the program, such as 1MiB: its standard output and error, lines of the log, the text of an \
                   exception, a result.",
            keeps_default: false,
        }),
        what: "standard output and error",
        reached: "the call ends, or the rest is dropped (`output_overflow`)",
        ..NOTHING
    },
    Limit {
        kind: "Callbacks",
        setter: "max_callbacks",
        number: Some(8),
        words: "calls of the host",
        doc: "Calls of the host over the runtime's life.",
        kind_doc: "Calls of the host",
        c_doc: "Calls of callbacks.",
        csharp_doc: "Calls of callbacks.",
        what: "calls of the host",
        ..NOTHING
    },
    Limit {
        kind: "CallbackRate",
        setter: "callback_rate",
        number: Some(9),
        unit: Unit::Small,
        words: "calls of the host in a second",
        doc: "Calls of the host in a second, counted in seconds that begin with the first call.",
        kind_doc: "Calls of the host in a second",
        c_doc: "Calls of callbacks in a second.",
        csharp_doc: "Calls of callbacks in a second.",
        what: "calls of the host in a second",
        ..NOTHING
    },
    Limit {
        kind: "CallbackDepth",
        setter: "max_callback_depth",
        number: Some(16),
        role: Role::Quiet,
        unit: Unit::Small,
        doc: "How deep calls may nest from guest to host, if that is less than the host's \
              [`max_callback_depth`](crate::HostBuilder::max_callback_depth). One that goes deeper throws in the guest.",
        c_doc: "How deep calls may nest from guest to host.",
        csharp_doc: "How deep calls may nest from guest to host.",
        what: "how deep calls nest from guest to host; at most the host's, which is 32 by default",
        reached: "the guest gets an exception",
        ..NOTHING
    },
    Limit {
        kind: "Handles",
        setter: "max_handles",
        number: Some(10),
        default: given("DEFAULT_MAX_HANDLES", DEFAULT_MAX_HANDLES),
        fatal: false,
        words: "handles that the host holds",
        doc: "Objects, methods, tasks and so on inside the runtime that the host holds handles of; {default} by default. A call that would \
              return another is [`LimitKind::Handles`].",
        kind_doc: "Handles that the host holds",
        kind_note: ". Not fatal",
        c_doc: "Handles that the host holds.",
        csharp_doc: "Objects, methods and types that this side holds.",
        what: "handles that the host holds",
        reached: "the call fails",
        ..NOTHING
    },
    Limit {
        kind: "Value",
        setter: "max_value",
        number: Some(11),
        unit: Unit::Bytes,
        default: given("DEFAULT_MAX_VALUE", DEFAULT_MAX_VALUE),
        fatal: false,
        words: "size of one value",
        doc: "Bytes of one value that crosses, in either direction, serialized; {default} by default. A call with more is \
              [`LimitKind::Value`]; a callback with more throws in the guest. Never more than 1 GiB.",
        kind_doc: "Bytes of one value that crosses",
        kind_note: ". Not fatal",
        c_doc: "Bytes of one value, either way.",
        csharp_doc: "Bytes of one value, either way.",
        what: "one value, either way (1 GiB at most, without a limit too)",
        reached: "the call fails; in a callback the guest gets an exception",
        ..NOTHING
    },
    Limit {
        kind: "ValueMemory",
        setter: "max_value_memory",
        unit: Unit::Bytes,
        default: given("DEFAULT_MAX_VALUE", DEFAULT_MAX_VALUE),
        fatal: false,
        words: "memory of the host for one value",
        doc: "Bytes of the host's memory that a result may take once it is read; {default} by default. A byte on the wire can be many here: as a \
              [`Value`](crate::values::Value) each element takes 32, and a list, a map or a text 32 more and its content; as types of your own, \
              an element takes the size that its type has. (What a growing list has in reserve is not counted: at most as much again.) A result \
              that would take more is [`LimitKind::ValueMemory`]. Arguments of callbacks may take 256 MiB, whatever this is. Calls that give \
              bytes take as much as [`max_value`](Self::max_value) says.",
        kind_doc: "Bytes of the host's memory that a value takes once it is read",
        kind_note: ". Not fatal",
        what: "the host's memory that a result takes once it is read",
        reached: "the call fails",
        ..NOTHING
    },
    Limit {
        kind: "Buffers",
        setter: "max_buffers",
        number: Some(12),
        unit: Unit::Bytes,
        default: given("DEFAULT_MAX_VALUE", DEFAULT_MAX_VALUE),
        fatal: false,
        words: "bytes of calls of the host that are under way",
        doc: "Bytes of arguments and results of all asynchronous calls of the host that are under way; {default} by default. One more throws in \
              the guest. Where results fill it, the other calls are polled when the guest has taken those; so the last of them may go beyond it \
              once, by its own size.",
        kind_doc: "Bytes of calls of the host that are under way",
        kind_note: ". Not fatal: the guest gets an exception",
        c_doc: "Bytes that the host keeps for the runtime: asynchronous callbacks and their results.",
        csharp_doc: "Bytes that this side keeps for the runtime: asynchronous callbacks and their results.",
        what: "arguments and results of the asynchronous host calls under way",
        reached: "the guest gets an exception",
        ..NOTHING
    },
    Limit {
        kind: "DirectoryBytes",
        setter: "directory_bytes",
        number: Some(13),
        unit: Unit::Bytes,
        fatal: false,
        words: "bytes written in granted directories",
        doc: "Disk space that the runtime may take in directories granted to it, over its whole life. A file takes its length at its longest, \
              with holes in it; writing again what is there is free, deleting gives nothing back. Beside these bytes, blocks are counted: 4 KiB \
              for each that a file, a directory or a long link has a part of, and 1 KiB for each name that is made or moved. They may take as \
              much, and 16 KiB more. The guest sees a full disk.",
        kind_doc: "Disk space taken in granted directories",
        kind_note: ". Not fatal: the guest gets an `IOException`",
        c_doc: "Bytes that it adds to its directories.",
        csharp_doc: "Disk space taken in directories: what files take, in lengths and in blocks, and not what is written.",
        flag: Some(Flag {
            name: "max_disk",
            help: "Disk space taken in directories that `--dir` grants, such as 10MiB, over the whole run; a file takes its length at its \
                   longest, and deleting gives nothing back.",
            keeps_default: false,
        }),
        what: "disk space in granted directories",
        reached: IO_EXCEPTION,
        ..NOTHING
    },
    Limit {
        kind: "Files",
        setter: "max_files",
        number: Some(14),
        default: given("DEFAULT_MAX_FILES", DEFAULT_MAX_FILES),
        fatal: false,
        words: "files and directories made",
        doc: "Files, directories and links that the runtime may make in directories granted to it, over its whole life; {default} by default. \
              The guest sees a full disk.",
        kind_doc: "Files and directories made",
        kind_note: ". Not fatal: the guest gets an `IOException`",
        c_doc: "Files and directories that it makes.",
        csharp_doc: "Files and directories that are made.",
        flag: Some(Flag {
            name: "max_files",
            help: "Files, directories and links made in directories that `--dir` grants, over the whole run [default: 100000].",
            keeps_default: true,
        }),
        what: "files, directories and links made",
        reached: IO_EXCEPTION,
        ..NOTHING
    },
    Limit {
        kind: "OpenFiles",
        setter: "max_open_files",
        number: Some(15),
        default: given("DEFAULT_MAX_OPEN_FILES", DEFAULT_MAX_OPEN_FILES),
        fatal: false,
        words: "files open at once",
        doc: "Files and directories that the runtime may have open at once; {default} by default. A directory that is being listed counts \
              twice. The guest sees an `IOException`.",
        kind_doc: "Files open at once",
        kind_note: ". Not fatal: the guest gets an `IOException`",
        c_doc: "Files that are open at once.",
        csharp_doc: "Files that are open at once.",
        what: "open files",
        reached: IO_EXCEPTION,
        ..NOTHING
    },
    Limit {
        kind: "CoarseClock",
        setter: "coarse_clock",
        number: Some(17),
        role: Role::Switch,
        unit: Unit::Time,
        doc: "Rounds the clocks that the guest sees down to multiples of this: a defence in depth against measuring what happens beside it.",
        c_doc: "Not a limit: the steps in which the guest sees clocks move on, in nanoseconds.",
        csharp_doc: "Not a limit: the steps, in nanoseconds, in which the guest sees clocks move on.",
        ..NOTHING
    },
    Limit {
        kind: "HostMemory",
        setter: "memory",
        number: Some(18),
        role: Role::OfHost,
        unit: Unit::Bytes,
        words: "memory of all runtimes of the host",
        kind_doc: "Memory of all runtimes of the host",
        c_doc: "Of a host, as the code of an error only: memory of all its runtimes together. `ISOLATOR_HOST_MEMORY` sets it.",
        csharp_doc: "Only in errors: memory of all runtimes of the host together.",
        property: Some(Property {
            name: "MaxMemory",
            doc: "",
        }),
        ..NOTHING
    },
    Limit {
        kind: "RunningCalls",
        setter: "running_calls",
        number: Some(19),
        role: Role::OfHost,
        fatal: false,
        words: "calls that run at once in all runtimes of the host",
        kind_doc: "Calls that run at once in all runtimes of the host",
        kind_note: ". Not fatal",
        c_doc: "Of a host, as the code of an error only: calls that run at once. `ISOLATOR_HOST_RUNNING_CALLS` sets it.",
        csharp_doc: "Only in errors: calls of the host's runtimes that run at once.",
        property: Some(Property {
            name: "MaxRunningCalls",
            doc: "",
        }),
        ..NOTHING
    },
    Limit {
        kind: "OutputTruncates",
        setter: "output_overflow",
        number: Some(20),
        role: Role::Switch,
        unit: Unit::Switch,
        c_doc: "Not a limit: 1 to drop output beyond `ISOLATOR_LIMIT_OUTPUT` without a word to the guest; 0, which is the default, to end the \
                call.",
        csharp_doc: "Not a limit: 1 to drop what is written beyond <see cref=\"Output\"/>, 0 (the default) to end the call.",
        ..NOTHING
    },
    Limit {
        kind: "MeasuresCpu",
        setter: "measure_cpu",
        number: Some(21),
        csharp: Some("MeasuresCpuTime"),
        role: Role::Switch,
        unit: Unit::Switch,
        c_doc: "Not a limit: 1 to measure CPU time exactly for the statistics, as with a limit of it; 0, which is the default, to sample it.",
        csharp_doc: "Not a limit: 1 to measure CPU time exactly for the statistics, 0 (the default) to sample it.",
        ..NOTHING
    },
];

/// A setting of a host or a runtime that messages name, and that is no limit.
#[derive(Debug, Clone, Copy)]
pub struct OtherSetting {
    /// The variant of `Setting`.
    pub name: &'static str,
    /// Where it is documented in Rust.
    pub link: &'static str,
    /// As Rust code spells it.
    pub rust: &'static str,
    /// In C.
    pub c: &'static str,
    /// The property of `IsolatedRuntimeHostOptions` in C#.
    pub csharp: &'static str,
}

/// All of them.
pub const OTHER_SETTINGS: &[OtherSetting] = &[
    OtherSetting {
        name: "MeterFuel",
        link: "HostBuilder::meter_fuel",
        rust: "IsolatedRuntimeHost::builder().meter_fuel()",
        c: "ISOLATOR_HOST_METER_FUEL",
        csharp: "MeterFuel",
    },
    OtherSetting {
        name: "MaxRuntimes",
        link: "HostBuilder::max_runtimes",
        rust: "IsolatedRuntimeHost::builder().max_runtimes(…)",
        c: "ISOLATOR_HOST_MAX_RUNTIMES",
        csharp: "MaxRuntimes",
    },
    OtherSetting {
        name: "StackSize",
        link: "HostBuilder::stack_size",
        rust: "IsolatedRuntimeHost::builder().stack_size(…)",
        c: "ISOLATOR_HOST_STACK_SIZE",
        csharp: "StackSize",
    },
    OtherSetting {
        name: "Guest",
        link: "HostBuilder::guest",
        rust: "IsolatedRuntimeHost::builder().guest(…)",
        c: "ISOLATOR_HOST_GUEST",
        csharp: "GuestDirectory",
    },
];

impl Limit {
    /// Whether an error tells when it is reached.
    #[must_use]
    pub fn has_kind(&self) -> bool {
        matches!(self.role, Role::Limit | Role::OfHost)
    }

    /// Whether the setter takes a number or none.
    #[must_use]
    pub fn has_setter(&self) -> bool {
        self.role != Role::OfHost && self.unit != Unit::Switch
    }

    /// The name in C#.
    #[must_use]
    pub fn in_csharp(&self) -> &'static str {
        self.csharp.unwrap_or(self.kind)
    }

    /// The default as people read it, such as `256 MiB`; `none` if there is none.
    #[must_use]
    pub fn default_text(&self) -> String {
        let Some(Given { value: number, .. }) = self.default else {
            return "none".into();
        };
        match self.unit {
            Unit::Bytes => format!("{} MiB", number >> 20),
            Unit::Time => format!("{} s", number / 1_000_000_000),
            _ => with_commas(number),
        }
    }
}

/// `1,000,000`.
fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_limit_has_a_name_and_a_number_of_its_own() {
        let kinds: BTreeSet<_> = LIMITS.iter().map(|limit| limit.kind).collect();
        let numbers: BTreeSet<_> = LIMITS.iter().filter_map(|limit| limit.number).collect();
        assert_eq!(kinds.len(), LIMITS.len());
        // They are part of the C interface: none is left out, 0 means all.
        assert_eq!(numbers, (1..LIMITS.len() as u32).collect());
        assert_eq!(with_commas(1_000_000), "1,000,000");
        assert_eq!(with_commas(100_000), "100,000");
        assert_eq!(with_commas(256), "256");
    }
}
