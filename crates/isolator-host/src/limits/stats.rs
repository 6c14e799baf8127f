//! What a runtime has used.

use super::LimitKind;
use std::time::Duration;

/// What a runtime has used so far, or had used when it died: [`IsolatedRuntime::stats`](crate::IsolatedRuntime::stats).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RuntimeStats {
    /// The most memory that it had beyond its snapshot, in bytes. What it wrote of the snapshot's pages is not counted.
    pub peak_memory: u64,
    /// What it would have had beyond its snapshot with the largest growth of its memory that was refused; none if none was.
    pub refused_memory: Option<u64>,
    /// CPU time in the guest and in callbacks. Exact with a limit of CPU time or [`Limits::measure_cpu`](crate::Limits::measure_cpu);
    /// otherwise sampled about each millisecond, and zero for a runtime without any limit of time that nobody can cancel.
    pub cpu: Duration,
    /// Time since it was created, or until it died.
    pub wall: Duration,
    /// Fuel that it used, where the host counts it ([`HostBuilder::meter_fuel`](crate::HostBuilder::meter_fuel)).
    pub fuel: Option<u64>,
    /// Calls from outside.
    pub calls: u64,
    /// Calls of the host by the guest.
    pub host_calls: u64,
    /// Bytes of arguments, assemblies and results of callbacks that were copied into the guest. Numbers that are passed without
    /// serialization are not counted.
    pub bytes_in: u64,
    /// Bytes of results and arguments of callbacks that were read from the guest.
    pub bytes_out: u64,
    /// Bytes that it wrote to standard output and standard error, with those that were not passed on.
    pub output_bytes: u64,
    /// Bytes that it wrote to files.
    pub file_bytes: u64,
    /// Requests that it made by HTTP, with those that were refused.
    pub http_requests: u64,
    /// Bytes of these requests' bodies.
    pub http_sent: u64,
    /// Bytes of the bodies of responses that it read.
    pub http_received: u64,
    /// Handles that the host holds.
    pub handles: u64,
    /// Assemblies that run compiled, in the order in which they were loaded; their names are those that their side modules say.
    pub compiled: Vec<String>,
    /// Limits that it ran into and that did not end it at once: it got exceptions, or its output was cut.
    pub reached: Vec<LimitKind>,
}
