// Made by `cargo xtask codegen` from crates/isolator-abi/src/limits.rs: do not edit.

//! What an embedder lets a runtime use up.

#[cfg(doc)]
use super::LimitKind;
use super::OutputOverflow;
use isolator_abi::limits::{
    DEFAULT_CALL_TIMEOUT, DEFAULT_MAX_FILES, DEFAULT_MAX_HANDLES, DEFAULT_MAX_OPEN_FILES,
    DEFAULT_MAX_VALUE, DEFAULT_MEMORY,
};
use std::time::Duration;

/// What a runtime may use up. [`Limits::default`] is safe for code that is not trusted; [`Limits::none`] has no limits.
///
/// Set for all runtimes of a host ([`HostBuilder::limits`](crate::HostBuilder::limits)) or for one
/// ([`RuntimeBuilder::limits`](crate::RuntimeBuilder::limits)). Each setter takes a number, or `None` for no limit. A limit that is
/// reached is an [`Error::Limit`](crate::Error::Limit) that says which, and what was used.
///
/// ```
/// use isolator_host::Limits;
/// use std::time::Duration;
/// let limits = Limits::default()
///     .memory(64 << 20)
///     .call_timeout(Duration::from_secs(2))
///     .lifetime(None);
/// assert_eq!(limits.get_memory(), Some(64 << 20));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "limits do nothing until they are set on a host or a runtime"]
pub struct Limits {
    pub(super) memory: Option<u64>,
    pub(super) call_timeout: Option<Duration>,
    pub(super) lifetime: Option<Duration>,
    pub(super) call_cpu: Option<Duration>,
    pub(super) total_cpu: Option<Duration>,
    pub(super) fuel: Option<u64>,
    pub(super) max_output: Option<u64>,
    pub(super) max_callbacks: Option<u64>,
    pub(super) callback_rate: Option<u32>,
    pub(super) max_callback_depth: Option<u32>,
    pub(super) max_handles: Option<u64>,
    pub(super) max_value: Option<u64>,
    pub(super) max_value_memory: Option<u64>,
    pub(super) max_buffers: Option<u64>,
    pub(super) directory_bytes: Option<u64>,
    pub(super) max_files: Option<u64>,
    pub(super) max_open_files: Option<u64>,
    pub(super) coarse_clock: Option<Duration>,
    pub(super) measure_cpu: bool,
    pub(super) output_overflow: OutputOverflow,
}

impl Default for Limits {
    fn default() -> Self {
        Self::none()
            .memory(DEFAULT_MEMORY)
            .call_timeout(DEFAULT_CALL_TIMEOUT)
            .max_handles(DEFAULT_MAX_HANDLES)
            .max_value(DEFAULT_MAX_VALUE)
            .max_value_memory(DEFAULT_MAX_VALUE)
            .max_buffers(DEFAULT_MAX_VALUE)
            .max_files(DEFAULT_MAX_FILES)
            .max_open_files(DEFAULT_MAX_OPEN_FILES)
    }
}

impl Limits {
    /// No limits at all, but those of the WebAssembly engine: 4 GiB of memory, the native stack.
    pub const fn none() -> Self {
        Self {
            memory: None,
            call_timeout: None,
            lifetime: None,
            call_cpu: None,
            total_cpu: None,
            fuel: None,
            max_output: None,
            max_callbacks: None,
            callback_rate: None,
            max_callback_depth: None,
            max_handles: None,
            max_value: None,
            max_value_memory: None,
            max_buffers: None,
            directory_bytes: None,
            max_files: None,
            max_open_files: None,
            coarse_clock: None,
            measure_cpu: false,
            output_overflow: OutputOverflow::Fail,
        }
    }

    /// Memory that the runtime may take beyond its snapshot, in bytes, rounded down to 64 KiB; 256 MiB by default. The guest sees an
    /// `OutOfMemoryException` where .NET can make one; where it cannot, the call is [`LimitKind::Memory`] and the runtime dead.
    pub fn memory(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.memory = limit.into();
        self
    }

    /// What [`memory`](Self::memory) was set to; none for no limit.
    #[must_use]
    pub fn get_memory(&self) -> Option<u64> {
        self.memory
    }

    /// Wall time of one call, with all that it waits for; 60 seconds by default. Guest code that runs is stopped within a few
    /// milliseconds, and a sleep, a read of standard input or an asynchronous callback at once. A synchronous callback of the host
    /// cannot be interrupted: the error comes when it returns. What runs between calls ([`run_pending`](crate::Calls::run_pending))
    /// is a call, too.
    pub fn call_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.call_timeout = limit.into();
        self
    }

    /// What [`call_timeout`](Self::call_timeout) was set to; none for no limit.
    #[must_use]
    pub fn get_call_timeout(&self) -> Option<Duration> {
        self.call_timeout
    }

    /// Wall time from the runtime's creation. After it every call fails, and one that is under way is stopped.
    pub fn lifetime(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.lifetime = limit.into();
        self
    }

    /// What [`lifetime`](Self::lifetime) was set to; none for no limit.
    #[must_use]
    pub fn get_lifetime(&self) -> Option<Duration> {
        self.lifetime
    }

    /// CPU time of one call: what the threads that ran it spent in the guest and in callbacks. Unix only. With this or
    /// [`total_cpu`](Self::total_cpu) each entry into the guest reads the thread's CPU clock twice, which takes about a microsecond.
    ///
    /// Who waits uses no CPU time: `Thread.Sleep`, `Console.ReadLine`. So with a limit of CPU time or fuel, and without one of wall
    /// time (`call_timeout`, `lifetime`), a call may wait for 60 seconds in all, and ends with [`LimitKind::CallTimeout`] then.
    pub fn call_cpu(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.call_cpu = limit.into();
        self
    }

    /// What [`call_cpu`](Self::call_cpu) was set to; none for no limit.
    #[must_use]
    pub fn get_call_cpu(&self) -> Option<Duration> {
        self.call_cpu
    }

    /// CPU time of all calls of the runtime together. Unix only.
    pub fn total_cpu(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.total_cpu = limit.into();
        self
    }

    /// What [`total_cpu`](Self::total_cpu) was set to; none for no limit.
    #[must_use]
    pub fn get_total_cpu(&self) -> Option<Duration> {
        self.total_cpu
    }

    /// Fuel for all calls of the runtime together: about one for each WebAssembly instruction, so that the same work always takes the
    /// same. What the host does for the guest costs one a byte (files, output, random bytes), and some for each path and each name of
    /// a listing. The host must count it ([`HostBuilder::meter_fuel`](crate::HostBuilder::meter_fuel)), which makes guest code
    /// slower. Waiting costs none, and is limited as under [`call_cpu`](Self::call_cpu).
    pub fn fuel(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.fuel = limit.into();
        self
    }

    /// What [`fuel`](Self::fuel) was set to; none for no limit.
    #[must_use]
    pub fn get_fuel(&self) -> Option<u64> {
        self.fuel
    }

    /// Bytes written to standard output and standard error together, and what the embedder adds to the runtime's
    /// [account](crate::IsolatedRuntime::output_account). What happens then says [`output_overflow`](Self::output_overflow). No limit
    /// by default; [`Stdio::Capture`](crate::Stdio::Capture) has one of its own.
    pub fn max_output(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.max_output = limit.into();
        self
    }

    /// What [`max_output`](Self::max_output) was set to; none for no limit.
    #[must_use]
    pub fn get_max_output(&self) -> Option<u64> {
        self.max_output
    }

    /// Calls of the host over the runtime's life.
    pub fn max_callbacks(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.max_callbacks = limit.into();
        self
    }

    /// What [`max_callbacks`](Self::max_callbacks) was set to; none for no limit.
    #[must_use]
    pub fn get_max_callbacks(&self) -> Option<u64> {
        self.max_callbacks
    }

    /// Calls of the host in a second, counted in seconds that begin with the first call.
    pub fn callback_rate(mut self, limit: impl Into<Option<u32>>) -> Self {
        self.callback_rate = limit.into();
        self
    }

    /// What [`callback_rate`](Self::callback_rate) was set to; none for no limit.
    #[must_use]
    pub fn get_callback_rate(&self) -> Option<u32> {
        self.callback_rate
    }

    /// How deep calls may nest from guest to host, if that is less than the host's
    /// [`max_callback_depth`](crate::HostBuilder::max_callback_depth). One that goes deeper throws in the guest.
    pub fn max_callback_depth(mut self, limit: impl Into<Option<u32>>) -> Self {
        self.max_callback_depth = limit.into();
        self
    }

    /// What [`max_callback_depth`](Self::max_callback_depth) was set to; none for no limit.
    #[must_use]
    pub fn get_max_callback_depth(&self) -> Option<u32> {
        self.max_callback_depth
    }

    /// Objects, methods, tasks and so on inside the runtime that the host holds handles of; a million by default. A call that would
    /// return another is [`LimitKind::Handles`].
    pub fn max_handles(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.max_handles = limit.into();
        self
    }

    /// What [`max_handles`](Self::max_handles) was set to; none for no limit.
    #[must_use]
    pub fn get_max_handles(&self) -> Option<u64> {
        self.max_handles
    }

    /// Bytes of one value that crosses, in either direction, serialized; 256 MiB by default. A call with more is
    /// [`LimitKind::Value`]; a callback with more throws in the guest. Never more than 1 GiB.
    pub fn max_value(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.max_value = limit.into();
        self
    }

    /// What [`max_value`](Self::max_value) was set to; none for no limit.
    #[must_use]
    pub fn get_max_value(&self) -> Option<u64> {
        self.max_value
    }

    /// Bytes of the host's memory that a result may take once it is read; 256 MiB by default. A byte on the wire can be many here: as
    /// a [`Value`](crate::values::Value) each element takes 32, and a list, a map or a text 32 more and its content; as types of your
    /// own, an element takes the size that its type has. (What a growing list has in reserve is not counted: at most as much again.)
    /// A result that would take more is [`LimitKind::ValueMemory`]. Arguments of callbacks may take 256 MiB, whatever this is. Calls
    /// that give bytes take as much as [`max_value`](Self::max_value) says.
    pub fn max_value_memory(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.max_value_memory = limit.into();
        self
    }

    /// What [`max_value_memory`](Self::max_value_memory) was set to; none for no limit.
    #[must_use]
    pub fn get_max_value_memory(&self) -> Option<u64> {
        self.max_value_memory
    }

    /// Bytes of arguments and results of all asynchronous calls of the host that are under way; 256 MiB by default. One more throws
    /// in the guest. Where results fill it, the other calls are polled when the guest has taken those; so the last of them may go
    /// beyond it once, by its own size.
    pub fn max_buffers(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.max_buffers = limit.into();
        self
    }

    /// What [`max_buffers`](Self::max_buffers) was set to; none for no limit.
    #[must_use]
    pub fn get_max_buffers(&self) -> Option<u64> {
        self.max_buffers
    }

    /// Disk space that the runtime may take in directories granted to it, over its whole life. A file takes its length at its
    /// longest, with holes in it; writing again what is there is free, deleting gives nothing back. Beside these bytes, blocks are
    /// counted: 4 KiB for each that a file, a directory or a long link has a part of, and 1 KiB for each name that is made or moved.
    /// They may take as much, and 16 KiB more. The guest sees a full disk.
    pub fn directory_bytes(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.directory_bytes = limit.into();
        self
    }

    /// What [`directory_bytes`](Self::directory_bytes) was set to; none for no limit.
    #[must_use]
    pub fn get_directory_bytes(&self) -> Option<u64> {
        self.directory_bytes
    }

    /// Files, directories and links that the runtime may make in directories granted to it, over its whole life; 100,000 by default.
    /// The guest sees a full disk.
    pub fn max_files(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.max_files = limit.into();
        self
    }

    /// What [`max_files`](Self::max_files) was set to; none for no limit.
    #[must_use]
    pub fn get_max_files(&self) -> Option<u64> {
        self.max_files
    }

    /// Files and directories that the runtime may have open at once; 256 by default. A directory that is being listed counts twice.
    /// The guest sees an `IOException`.
    pub fn max_open_files(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.max_open_files = limit.into();
        self
    }

    /// What [`max_open_files`](Self::max_open_files) was set to; none for no limit.
    #[must_use]
    pub fn get_max_open_files(&self) -> Option<u64> {
        self.max_open_files
    }

    /// Rounds the clocks that the guest sees down to multiples of this: a defence in depth against measuring what happens beside it.
    pub fn coarse_clock(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.coarse_clock = limit.into();
        self
    }

    /// What [`coarse_clock`](Self::coarse_clock) was set to; none for no limit.
    #[must_use]
    pub fn get_coarse_clock(&self) -> Option<Duration> {
        self.coarse_clock
    }
}
