//! What a guest asks of the host: the contract's `host` interface.

use crate::assemblies::Patience;
use crate::assemblies::loader::{AssemblyImage, AssemblyRequest, Circumstances};
use crate::border::lift::{bytes, text};
use crate::border::lower::{self, Lowered, Unlowered};
use crate::border::side;
use crate::callback::{self, CallContext, Callback};
use crate::engine::contract::HOST_INTERFACE;
use crate::engine::instance::GuestInstance;
use crate::engine::meters;
use crate::engine::stack::{self, on_host};
use crate::engine::state::{Fatal, State};
use crate::error::Error;
use crate::limits::LimitKind;
use crate::limits::log::{self as guest_log, LONGEST_LINE};
use crate::side::Compiled;
use crate::stdio::waiting;
use isolator_abi::wire::{self, Failure, FailureKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::{AsContext, AsContextMut, Caller, Linker};

/// Longest name that a guest may pass, in bytes.
const LONGEST_NAME: u32 = 4096;
/// What 32 bits can address.
const LARGEST_MEMORY: u64 = 1 << 32;
/// Most assemblies whose symbols wait to be asked for: a loader may answer to every name that a guest thinks of.
const MOST_SYMBOLS: usize = 1000;

/// Adds the interface to a linker.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap(
        HOST_INTERFACE,
        "resolve-assembly",
        |mut caller: Caller<'_, State>,
         name: u32,
         name_len: u32,
         culture: u32,
         culture_len: u32,
         out: u32|
         -> wasmtime::Result<()> {
            on_host(&mut caller, |caller| {
                let name = read_text(caller, "resolve-assembly", name, name_len)?;
                let culture = read_text(caller, "resolve-assembly", culture, culture_len)?;
                let is_satellite = !culture.is_empty();
                let found = resolve(caller, name.clone(), culture);
                // Loaders take their time.
                caller.data_mut().meter.check_after_waiting()?;
                let found = match found {
                    // It has no code.
                    Some(satellite) if is_satellite => Some(satellite.image),
                    Some(found) => with_compiled(caller, &name, found)?,
                    None => None,
                };
                write_option(caller, "resolve-assembly", out, found.as_deref())
            })
        },
    )?;
    linker.func_wrap(
        HOST_INTERFACE,
        "resolve-symbols",
        |mut caller: Caller<'_, State>,
         name: u32,
         name_len: u32,
         out: u32|
         -> wasmtime::Result<()> {
            on_host(&mut caller, |caller| {
                let name = read_text(caller, "resolve-symbols", name, name_len)?;
                let found = caller.data_mut().symbols.remove(&name);
                write_option(caller, "resolve-symbols", out, found.as_deref())
            })
        },
    )?;
    linker.func_wrap(
        HOST_INTERFACE,
        "call",
        |mut caller: Caller<'_, State>,
         name: u32,
         name_len: u32,
         args: u32,
         args_len: u32,
         out: u32|
         -> wasmtime::Result<()> {
            on_host(&mut caller, |caller| {
                let outcome = call(caller, "call", name, name_len, args, args_len)?;
                let outcome = fitting(caller, outcome);
                let (tag, payload) = match &outcome {
                    Ok(payload) => (0, payload),
                    Err(payload) => (1, payload),
                };
                let (at, len) = lower(caller, "call", payload)?;
                write_words(caller, "call", out, tag, &[at, len])
            })
        },
    )?;
    linker.func_wrap(
        HOST_INTERFACE,
        "start-call",
        |mut caller: Caller<'_, State>,
         id: u64,
         name: u32,
         name_len: u32,
         args: u32,
         args_len: u32,
         out: u32|
         -> wasmtime::Result<()> {
            on_host(&mut caller, |caller| {
                match start_call(caller, id, (name, name_len), (args, args_len))? {
                    Ok(()) => write_words(caller, "start-call", out, 0, &[0, 0]),
                    Err(failure) => {
                        let (at, len) = lower(caller, "start-call", &failure)?;
                        write_words(caller, "start-call", out, 1, &[at, len])
                    }
                }
            })
        },
    )?;
    linker.func_wrap(
        HOST_INTERFACE,
        "cancel-call",
        |mut caller: Caller<'_, State>, id: u64| {
            // Dropping the embedder's future runs code of its.
            on_host(&mut caller, |caller| {
                caller.data_mut().outstanding.cancel(id);
            });
        },
    )?;
    linker.func_wrap(
        HOST_INTERFACE,
        "log",
        |mut caller: Caller<'_, State>,
         level: u32,
         category: u32,
         category_len: u32,
         message: u32,
         message_len: u32|
         -> wasmtime::Result<()> {
            on_host(&mut caller, |caller| {
                log(
                    caller,
                    level,
                    (category, category_len),
                    (message, message_len),
                )
            })
        },
    )?;
    linker.func_wrap(
        HOST_INTERFACE,
        "await-calls",
        |mut caller: Caller<'_, State>, nanoseconds: u64| -> wasmtime::Result<u32> {
            on_host(&mut caller, |caller| await_calls(caller, nanoseconds))
        },
    )?;
    linker.func_wrap(HOST_INTERFACE, "stack-left", |caller: Caller<'_, State>| {
        stack::left(caller.data())
    })?;
    linker.func_wrap(
        HOST_INTERFACE,
        "memory-left",
        |caller: Caller<'_, State>| -> u64 { memory_left(&caller) },
    )?;
    Ok(())
}

/// Ends the guest: it broke the contract in an import.
fn broke(
    caller: &mut Caller<'_, State>,
    function: &'static str,
    problem: String,
) -> wasmtime::Error {
    caller.data_mut().fatal.get_or_insert_with(|| {
        Arc::new(Fatal::BadGuest {
            function,
            problem: problem.clone(),
        })
    });
    wasmtime::format_err!("{function}: {problem}")
}

fn instance(caller: &Caller<'_, State>) -> wasmtime::Result<Arc<GuestInstance>> {
    caller.data().instance.clone().ok_or_else(|| {
        wasmtime::format_err!("the guest called its host before it was instantiated")
    })
}

fn read_text(
    caller: &Caller<'_, State>,
    function: &'static str,
    at: u32,
    len: u32,
) -> wasmtime::Result<String> {
    name_at(caller, function, at, len).map(str::to_owned)
}

/// A name in guest memory.
fn name_at<'a>(
    caller: &'a Caller<'_, State>,
    function: &'static str,
    at: u32,
    len: u32,
) -> wasmtime::Result<&'a str> {
    let memory = caller
        .data()
        .memory
        .ok_or_else(|| wasmtime::format_err!("the guest has no memory yet"))?;
    if len > LONGEST_NAME {
        wasmtime::bail!("{function}: a name of {len} bytes, and {LONGEST_NAME} are the most");
    }
    text(memory.data(caller), at, len)
        .map_err(|fault| wasmtime::format_err!("{function}: {}", fault.0))
}

/// Copies bytes into guest memory, allocated by the guest.
fn lower(
    caller: &mut Caller<'_, State>,
    function: &'static str,
    data: &[u8],
) -> wasmtime::Result<(u32, u32)> {
    let len = u32::try_from(data.len())
        .map_err(|_| wasmtime::format_err!("{function}: {} bytes cannot cross", data.len()))?;
    let instance = instance(caller)?;
    let lowered = lower::bytes(&mut caller.as_context_mut(), &instance, len, |to| {
        to.copy_from_slice(data);
    });
    match lowered {
        Ok(Lowered { at, len }) => Ok((at, len)),
        Err(Unlowered::Guest(error)) => Err(error),
        Err(Unlowered::Refused(error)) => Err(wasmtime::format_err!("{function}: {error}")),
        Err(Unlowered::Fault(problem)) => Err(broke(caller, lower::ALLOCATOR, problem)),
    }
}

/// Writes a tag and the words after it.
fn write_words<const N: usize>(
    caller: &mut Caller<'_, State>,
    function: &'static str,
    out: u32,
    tag: u8,
    words: &[u32; N],
) -> wasmtime::Result<()> {
    let memory = instance(caller)?.memory;
    match lower::words(memory.data_mut(caller.as_context_mut()), out, tag, words) {
        Ok(()) => Ok(()),
        Err(Unlowered::Guest(error)) => Err(error),
        Err(Unlowered::Refused(error)) => Err(wasmtime::format_err!("{function}: {error}")),
        Err(Unlowered::Fault(problem)) => Err(broke(caller, function, problem)),
    }
}

fn write_option(
    caller: &mut Caller<'_, State>,
    function: &'static str,
    out: u32,
    data: Option<&[u8]>,
) -> wasmtime::Result<()> {
    match data {
        None => write_words(caller, function, out, 0, &[0, 0]),
        Some(data) => {
            let (at, len) = lower(caller, function, data)?;
            write_words(caller, function, out, 1, &[at, len])
        }
    }
}

/// Asks the loaders, in their order.
fn resolve(caller: &mut Caller<'_, State>, name: String, culture: String) -> Option<AssemblyImage> {
    let shared = caller.data().shared.clone();
    let runtime = caller.data().runtime();
    let State {
        meter,
        sources,
        log,
        compiled_mode,
        ..
    } = caller.data_mut();
    // Satellites have no code.
    let compiled = *compiled_mode != Compiled::Off && culture.is_empty();
    // What it cannot hold it cannot load: no more is read for it.
    let most = meter.limits.get_memory().unwrap_or(u64::MAX);
    let request = AssemblyRequest {
        name,
        culture: (!culture.is_empty()).then_some(culture),
        circumstances: Circumstances {
            most: Some(most),
            compiled: compiled.then(|| shared.side.most()),
            from_writable: sources.from_writable,
            patience: Patience {
                due: meter.deadline(),
                control: Some(meter.control.clone()),
            },
            log: Some(log.clone()),
        },
    };
    let own = caller.data().loaders.clone();
    let ask = || {
        own.iter()
            .chain(&shared.loaders)
            .find_map(|loader| loader.load(&request))
    };
    let log = &caller.data().log;
    let found = catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| {
        if log.allows() {
            tracing::error!(
                runtime,
                assembly = &*guest_log::cut(&request.name),
                "an assembly loader panicked"
            );
        }
        None
    });
    if found.is_none() && !request.is_plain() && log.allows() {
        tracing::warn!(
            runtime,
            assembly = &*guest_log::cut(&request.name),
            culture = request.culture.as_deref().map(guest_log::cut).as_deref(),
            "a guest asked for an assembly whose name is no plain file name, or whose culture is none"
        );
    }
    if tracing::event_enabled!(tracing::Level::DEBUG) && log.allows() {
        tracing::debug!(
            runtime,
            assembly = &*guest_log::cut(&request.name),
            culture = request.culture.as_deref().map(guest_log::cut).as_deref(),
            found = found.is_some(),
            "resolve assembly"
        );
    }
    let mut found = found?;
    if found.image.len() as u64 > most {
        if log.allows() {
            tracing::warn!(
                runtime,
                assembly = &*guest_log::cut(&request.name),
                bytes = found.image.len(),
                most,
                "an assembly is not given to a guest: it has more bytes than the runtime's limit of memory allows"
            );
        }
        return None;
    }
    if let Some(symbols) = found.symbols.take()
        && caller.data().symbols.len() < MOST_SYMBOLS
    {
        // They are memory of the host that the runtime causes, so they are bounded by its own.
        let most = usize::try_from(most / 2).unwrap_or(usize::MAX);
        caller
            .data_mut()
            .symbols
            .insert(request.name, symbols, most);
    }
    Some(found)
}

/// Makes an assembly's compiled code known to the guest that gets the assembly now. None: it may not have it without.
fn with_compiled(
    caller: &mut Caller<'_, State>,
    name: &str,
    found: AssemblyImage,
) -> wasmtime::Result<Option<Arc<[u8]>>> {
    let instance = instance(caller)?;
    let store = &mut caller.as_context_mut();
    match side::offer(store, &instance, name, Some(&found)) {
        Ok(Ok(())) => Ok(Some(found.image)),
        Ok(Err(why)) => {
            if caller.data().log.allows() {
                tracing::error!(
                    runtime = caller.data().runtime(),
                    assembly = &*guest_log::cut(name),
                    "an assembly is not given to a guest, since it is to run compiled: {why}"
                );
            }
            Ok(None)
        }
        Err(Unlowered::Guest(error)) => Err(error),
        Err(Unlowered::Refused(error)) => Err(wasmtime::format_err!("resolve-assembly: {error}")),
        Err(Unlowered::Fault(problem)) => Err(broke(caller, lower::ALLOCATOR, problem)),
    }
}

/// A callback's result, if it is not too large for the guest.
fn fitting(
    caller: &mut Caller<'_, State>,
    outcome: Result<Vec<u8>, Vec<u8>>,
) -> Result<Vec<u8>, Vec<u8>> {
    let len = outcome.as_ref().map_or(0, Vec::len) as u64;
    match caller.data().too_large(len) {
        Some(error) => Err(callback::refused(caller.data_mut(), &error)),
        None => outcome,
    }
}

/// The guest calls the host with arguments of this length. The inner error is a failure; the outer one ends the guest.
fn count(caller: &mut Caller<'_, State>, args_len: u32) -> wasmtime::Result<Result<(), Vec<u8>>> {
    let state = caller.data_mut();
    state.meter.host_call().map_err(wasmtime::Error::new)?;
    if let Some(error) = state.too_large(args_len.into()) {
        return Ok(Err(callback::refused(state, &error)));
    }
    state.meter.bytes_out = state.meter.bytes_out.saturating_add(args_len.into());
    meters::charge(caller, args_len.into())?;
    Ok(Ok(()))
}

/// Most bytes of arguments that are copied to the stack.
const SMALL: usize = 64;

/// Runs a callback. The outer error ends the guest's call.
fn call(
    caller: &mut Caller<'_, State>,
    function: &'static str,
    name: u32,
    name_len: u32,
    args: u32,
    args_len: u32,
) -> wasmtime::Result<Result<Vec<u8>, Vec<u8>>> {
    if let Err(failure) = count(caller, args_len)? {
        return Ok(Err(failure));
    }
    let (name, callback) = match find(caller, function, name, name_len)? {
        Ok(found) => found,
        Err(failure) => return Ok(Err(failure)),
    };
    let instance = instance(caller)?;
    // Copied, since the callback may call into the guest, which may move what it passed.
    let (mut small, large);
    let args = match bytes(instance.memory.data(caller.as_context()), args, args_len) {
        Ok(args) if args.len() <= SMALL => {
            small = [0; SMALL];
            let small = small.get_mut(..args.len()).unwrap_or_default();
            small.copy_from_slice(args);
            &*small
        }
        Ok(args) => {
            large = args.to_vec();
            &large
        }
        Err(fault) => return Err(broke(caller, function, fault.0)),
    };
    run(caller, instance, &name, &callback, args)
}

/// Finds a callback by the name that the guest wrote somewhere. The inner error is a failure.
fn find(
    caller: &Caller<'_, State>,
    function: &'static str,
    at: u32,
    len: u32,
) -> wasmtime::Result<callback::Found> {
    name_at(caller, function, at, len).map(|name| callback::find(caller.data(), name))
}

/// Runs a callback that was found.
fn run(
    caller: &mut Caller<'_, State>,
    instance: Arc<GuestInstance>,
    name: &str,
    callback: &Callback,
    args: &[u8],
) -> wasmtime::Result<Result<Vec<u8>, Vec<u8>>> {
    let meter = &mut caller.data_mut().meter;
    meter.note_time();
    let ticks = meter.ticker.ticks();
    let mut context = CallContext::new(caller.as_context_mut(), instance);
    let outcome = callback::run(&mut context, name, callback, args);
    let meter = &mut caller.data_mut().meter;
    // What took so little time has not waited.
    if meter.ticker.ticks() != ticks || matches!(callback, Callback::Begin(..)) {
        meter.check_after_waiting()?;
    }
    if caller.data().fatal.is_some() {
        // A call that the callback made ended the runtime: nothing of it runs any more, the frames around it included.
        wasmtime::bail!("the runtime died in a call from a callback");
    }
    Ok(outcome)
}

/// Starts a callback. The inner error is a failure: it was not started.
fn start_call(
    caller: &mut Caller<'_, State>,
    id: u64,
    name: (u32, u32),
    args: (u32, u32),
) -> wasmtime::Result<Result<(), Vec<u8>>> {
    const FUNCTION: &str = "start-call";
    if let Err(failure) = count(caller, args.1)? {
        return Ok(Err(failure));
    }
    if let Some(allowed) = caller.data().meter.limits.get_max_buffers() {
        let used = caller.data().outstanding.bytes();
        let used = used.saturating_add(args.1.into());
        // What the guest gave of requests' bodies is the host's to keep until a server has taken it.
        #[cfg(feature = "http")]
        let used = match &caller.data().http {
            Some(session) => used.saturating_add(session.waiting()),
            None => used,
        };
        if used > allowed {
            let limit = LimitKind::Buffers;
            let error = Error::Limit {
                limit,
                allowed,
                used,
            };
            return Ok(Err(callback::refused(caller.data_mut(), &error)));
        }
    }
    let (name, callback) = match find(caller, FUNCTION, name.0, name.1)? {
        Ok(found) => found,
        Err(failure) => return Ok(Err(failure)),
    };
    let instance = instance(caller)?;
    let args = bytes(instance.memory.data(caller.as_context()), args.0, args.1)
        .map(<[u8]>::to_vec)
        .map_err(|fault| broke(caller, FUNCTION, fault.0))?;
    if let Err(most) = caller.data().outstanding.room() {
        let failure = Failure {
            kind: FailureKind::Host,
            message: format!("More than {most} calls of the host are under way."),
            member: Some(name.to_string()),
            ..Default::default()
        };
        return Ok(Err(wire::to_bytes(&failure).unwrap_or_default()));
    }
    match &callback {
        // It is done before anyone waits for it: the completion goes out with the next pump.
        Callback::Answer(_) => {
            let outcome = run(caller, instance, &name, &callback, &args)?;
            callback::finish(caller.data_mut(), id, outcome);
        }
        Callback::Begin(begin, executor) => {
            callback::begin(caller.data_mut(), id, name, begin, executor, args);
        }
    }
    Ok(Ok(()))
}

/// What `await-calls` answers.
mod awaited {
    /// Calls were finished, or the time is over.
    pub(super) const GO_ON: u32 = 0;
    /// This thread is the only one that could finish them.
    pub(super) const NOT_HERE: u32 = 1;
    /// No call is under way.
    pub(super) const NONE: u32 = 2;
}

/// Waits for calls that were started, and finishes those that are done. The error ends the guest's call.
fn await_calls(caller: &mut Caller<'_, State>, nanoseconds: u64) -> wasmtime::Result<u32> {
    if deliver(caller)? {
        return Ok(awaited::GO_ON);
    }
    if !caller.data().outstanding.any_running() {
        return Ok(awaited::NONE);
    }
    if nanoseconds == 0 {
        return Ok(awaited::GO_ON);
    }
    let state = caller.data_mut();
    state.meter.note_time();
    // More than the clock can tell is for ever.
    let end = Instant::now().checked_add(Duration::from_nanos(nanoseconds));
    let end = end.filter(|_| nanoseconds != u64::MAX);
    let until = end.into_iter().chain(state.meter.deadline()).min();
    let (woken, control) = (state.outstanding.woken(), state.meter.control.clone());
    let wait = || woken.wait_for_calls(until, || control.is_cancelled());
    if waiting::where_allowed(wait).is_err() {
        // A time-out needs no executor. A future of the host may need the one that this thread is.
        if end.is_none() {
            return Ok(awaited::NOT_HERE);
        }
        wait();
    }
    caller.data_mut().meter.check_after_waiting()?;
    deliver(caller)?;
    Ok(awaited::GO_ON)
}

/// Finishes the calls that are done. Whether there were any.
fn deliver(caller: &mut Caller<'_, State>) -> wasmtime::Result<bool> {
    let instance = instance(caller)?;
    let mut context = CallContext::new(caller.as_context_mut(), instance);
    let delivered = context.enter(|entry| entry.deliver_completions());
    if caller.data().fatal.is_some() {
        // Nothing of it runs any more, the frames around this included.
        wasmtime::bail!("the runtime died while a call of its was finished");
    }
    // What cannot cross is told as a failure; nothing else is left.
    Ok(delivered.unwrap_or(false))
}

/// By how many bytes the guest's memory may grow.
fn memory_left(caller: &Caller<'_, State>) -> u64 {
    let state = caller.data();
    let size = state.memory.map_or(0, |memory| memory.data_size(caller));
    let most = LARGEST_MEMORY.saturating_sub(size as u64);
    state
        .meter
        .memory
        .left()
        .map_or(most, |left| left.min(most))
}

fn log(
    caller: &mut Caller<'_, State>,
    level: u32,
    category: (u32, u32),
    message: (u32, u32),
) -> wasmtime::Result<()> {
    use tracing::Level;
    const TARGET: &str = "isolator::guest";
    let runtime = caller.data().runtime();
    if !caller.data().log.allows() {
        return Ok(());
    }
    let memory = instance(caller)?.memory;
    let memory = memory.data(caller.as_context());
    // A log line need not be perfect: wrong bytes are replaced, what is too long is cut.
    let cut = |(at, len): (u32, u32)| {
        bytes(memory, at, len).map(|bytes| {
            let text = String::from_utf8_lossy(bytes.get(..LONGEST_LINE).unwrap_or(bytes));
            guest_log::cut(&text).into_owned()
        })
    };
    let (category, message) = match (cut(category), cut(message)) {
        (Ok(category), Ok(message)) => (category, message),
        (Err(fault), _) | (_, Err(fault)) => return Err(broke(caller, "log", fault.0)),
    };
    let level = match level {
        0 => Level::TRACE,
        1 => Level::DEBUG,
        2 => Level::INFO,
        3 => Level::WARN,
        _ => Level::ERROR,
    };
    match level {
        Level::TRACE => tracing::trace!(target: TARGET, runtime, category, "{message}"),
        Level::DEBUG => tracing::debug!(target: TARGET, runtime, category, "{message}"),
        Level::INFO => tracing::info!(target: TARGET, runtime, category, "{message}"),
        Level::WARN => tracing::warn!(target: TARGET, runtime, category, "{message}"),
        Level::ERROR => tracing::error!(target: TARGET, runtime, category, "{message}"),
    }
    Ok(())
}
