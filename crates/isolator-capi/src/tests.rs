//! Tests of the interface, called as C would.

use super::*;
use crate::error::CError;
use crate::guard::{guard, guard_out};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, mpsc};
use std::time::Duration;

/// Kind and message of an error, which is given back.
pub(crate) fn taken(error: *mut isolator_error) -> Option<(isolator_error_kind, String)> {
    if error.is_null() {
        return None;
    }
    // SAFETY: it is an error of this library.
    unsafe {
        let message = isolator_error_message(error).get();
        let kind = isolator_error_get_kind(error);
        let message = String::from_utf8_lossy(message).into_owned();
        isolator_error_free(error);
        Some((kind, message))
    }
}

#[track_caller]
pub(crate) fn fine(error: *mut isolator_error) {
    assert_eq!(taken(error), None);
}

#[track_caller]
pub(crate) fn fails(error: *mut isolator_error, kind: isolator_error_kind, part: &str) {
    let (found, message) = taken(error).expect("an error");
    assert_eq!(found, kind, "{message}");
    assert!(message.contains(part), "{message}");
}

pub(crate) fn text(text: &str) -> isolator_bytes {
    isolator_bytes::of(text.as_bytes())
}

#[test]
fn a_panic_becomes_an_error_and_out_is_written_in_every_case() {
    use isolator_error_kind::*;
    fails(
        guard(|| panic!("the roof is on fire")),
        ISOLATOR_ERROR_PANIC,
        "the roof is on fire",
    );
    let mut out = 7;
    // SAFETY: there is a place.
    let error = unsafe { guard_out(&raw mut out, 0, || Err(CError::config("no"))) };
    fails(error, ISOLATOR_ERROR_CONFIG, "no");
    assert_eq!(out, 0);
    // SAFETY: as above.
    fine(unsafe { guard_out(&raw mut out, 0, || Ok(5)) });
    assert_eq!(out, 5);
}

#[test]
fn a_buffer_is_given_back_once_and_more() {
    let mut buffer = isolator_buffer::from(vec![1, 2, 3]);
    assert_eq!(buffer.len, 3);
    // SAFETY: it is a buffer of this library.
    unsafe {
        isolator_buffer_free(&raw mut buffer);
        assert!(buffer.data.is_null());
        isolator_buffer_free(&raw mut buffer);
    }
    let mut empty = isolator_buffer::from(Vec::new());
    // SAFETY: as above.
    unsafe { isolator_buffer_free(&raw mut empty) };
}

#[test]
fn limits_have_numbers_there_and_back() {
    use ::isolator_host::{LimitKind, Limits};
    let set = |limits, which: isolator_limit, value| {
        crate::limit_numbers::limited(limits, which as u32, value).unwrap()
    };
    let limits = set(
        Limits::none(),
        isolator_limit::ISOLATOR_LIMIT_MEMORY,
        1 << 20,
    );
    assert_eq!(limits, Limits::none().memory(1 << 20));
    let limits = set(limits, isolator_limit::ISOLATOR_LIMIT_LIFETIME, 5_000);
    assert_eq!(limits.get_lifetime(), Some(Duration::from_micros(5)));
    let none = set(
        limits,
        isolator_limit::ISOLATOR_LIMIT_ALL,
        ISOLATOR_NO_LIMIT,
    );
    assert_eq!(none, Limits::none());
    assert!(crate::limit_numbers::limited(Limits::none(), 0, 1).is_err());
    let truncates = isolator_limit::ISOLATOR_LIMIT_OUTPUT_TRUNCATES;
    let exact = isolator_limit::ISOLATOR_LIMIT_MEASURES_CPU;
    let switched = set(set(none, truncates, 1), exact, 1);
    let expected = Limits::none().output_overflow(::isolator_host::OutputOverflow::Truncate);
    assert_eq!(switched, expected.measure_cpu(true));
    assert_eq!(set(set(switched, truncates, 0), exact, 0), Limits::none());
    assert!(crate::limit_numbers::limited(Limits::none(), exact as u32, 2).is_err());
    assert_eq!(
        crate::limit_numbers::number_of(LimitKind::CallCpu),
        isolator_limit::ISOLATOR_LIMIT_CALL_CPU as i32
    );
}

/// Where the programs of the tests are.
fn fixtures() -> std::path::PathBuf {
    std::env::var_os("ISOLATOR_FIXTURES").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fixtures"),
        Into::into,
    )
}

/// An assembly and what is compiled of it; none where the guest image runs no compiled programs.
fn compiled_assembly() -> Option<(Vec<u8>, Vec<u8>)> {
    use isolator_compile::{Compiler, Guest, ToolLimits, Tools};
    let image = ::isolator_host::GuestImage::find(None).unwrap();
    if image.manifest().compiled_methods == 0 {
        return None;
    }
    let target = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let packages = [target.join("toolchain/nuget-packages")];
    let (code, state) = image.read_modules().unwrap();
    let compiler = Compiler {
        guest: &Guest::new(image.manifest(), &code, &state).unwrap(),
        tools: &Tools::find(&image.manifest().dotnet_version, &packages).unwrap(),
        limits: ToolLimits::default(),
    };
    let assembly = std::fs::read(fixtures().join("CliHello/CliHello.dll")).unwrap();
    let compiled = compiler.compile(&assembly, &[]).unwrap();
    Some((assembly, compiled.wasm))
}

/// What a loader gives.
struct Given {
    assembly: Vec<u8>,
    compiled: Vec<u8>,
}

unsafe extern "C" fn give(user: *mut c_void, request: *mut isolator_assembly_request) {
    // SAFETY: the test passes this, and it outlives the host; the request is that of this loader.
    unsafe {
        let given = &*user.cast::<Given>();
        isolator_assembly_request_found(
            request,
            isolator_bytes::of(&given.assembly),
            isolator_bytes::none(),
        );
        isolator_assembly_request_compiled(request, isolator_bytes::of(&given.compiled));
    }
}

#[test]
fn compiled_code_is_used_as_it_was_said() {
    use isolator_compiled::*;
    let Some((assembly, compiled)) = compiled_assembly() else {
        return;
    };
    let given = Given { assembly, compiled };
    // A host that wants this, with a loader that has the code; a runtime that wants that.
    let host = |wanted: u64| {
        let builder = isolator_host_builder_new();
        let mut host = ptr::null_mut();
        // SAFETY: all pointers are those of this function, or live as long as the host.
        unsafe {
            let which = isolator_host_number::ISOLATOR_HOST_COMPILED as u32;
            fine(isolator_host_builder_set_number(builder, which, wanted));
            fine(isolator_host_builder_assembly_loader(
                builder,
                Some(give),
                ptr::from_ref(&given).cast_mut().cast(),
                None,
            ));
            fine(isolator_host_builder_build(builder, &raw mut host));
            isolator_host_builder_free(builder);
        }
        host
    };
    let runtime = |host: *mut isolator_host, wanted: Option<u64>| {
        let mut runtime = ptr::null_mut();
        // SAFETY: as above.
        unsafe {
            let builder = isolator_runtime_builder_new(host);
            if let Some(wanted) = wanted {
                let which = isolator_runtime_number::ISOLATOR_RUNTIME_COMPILED as u32;
                fine(isolator_runtime_builder_set_number(builder, which, wanted));
            }
            fine(isolator_runtime_builder_create(builder, &raw mut runtime));
            isolator_runtime_builder_free(builder);
        }
        runtime
    };
    // Loads by bytes or through the loader, and says how many assemblies run compiled.
    let load = |runtime: *mut isolator_runtime, compiled: Option<&[u8]>| {
        let mut handle = ptr::null_mut();
        let mut count = u64::MAX;
        // SAFETY: as above.
        unsafe {
            let error = match compiled {
                Some(compiled) => isolator_runtime_load_compiled_image(
                    runtime,
                    isolator_bytes::of(&given.assembly),
                    isolator_bytes::none(),
                    isolator_bytes::of(compiled),
                    &raw mut handle,
                ),
                None => isolator_runtime_load_assembly(runtime, text("CliHello"), &raw mut handle),
            };
            isolator_handle_free(handle);
            let which = isolator_statistic::ISOLATOR_STATISTIC_COMPILED_ASSEMBLIES as u32;
            fine(isolator_runtime_statistic(runtime, which, &raw mut count));
            // So many names, and no more.
            for index in 0..=count {
                let mut name = isolator_buffer::EMPTY;
                let failed =
                    isolator_runtime_compiled_assembly(runtime, index as usize, &raw mut name);
                if index == count {
                    fails(
                        failed,
                        isolator_error_kind::ISOLATOR_ERROR_CONFIG,
                        &format!("there is no compiled assembly {count}"),
                    );
                    assert!(name.data.is_null());
                } else {
                    fine(failed);
                    assert_eq!(std::slice::from_raw_parts(name.data, name.len), b"CliHello");
                }
                isolator_buffer_free(&raw mut name);
            }
            isolator_runtime_free(runtime);
            (taken(error), count)
        }
    };
    let (off, auto, require) = (
        ISOLATOR_COMPILED_OFF as u64,
        ISOLATOR_COMPILED_AUTO as u64,
        ISOLATOR_COMPILED_REQUIRE as u64,
    );
    let code = &*given.compiled;
    let plain = host(off);
    for (wanted, count) in [
        (None, 0),
        (Some(off), 0),
        (Some(auto), 1),
        (Some(require), 1),
    ] {
        assert_eq!(load(runtime(plain, wanted), Some(code)), (None, count));
        assert_eq!(load(runtime(plain, wanted), None), (None, count));
    }
    let wanting = host(auto);
    for (wanted, count) in [(None, 1), (Some(off), 0)] {
        assert_eq!(load(runtime(wanting, wanted), Some(code)), (None, count));
        assert_eq!(load(runtime(wanting, wanted), None), (None, count));
    }
    // None, and another's.
    for other in [&[][..], &code[..code.len() / 2]] {
        assert_eq!(load(runtime(plain, Some(auto)), Some(other)), (None, 0));
        let (error, count) = load(runtime(plain, Some(require)), Some(other));
        let (kind, message) = error.expect("an error");
        assert_eq!(
            (kind, count),
            (isolator_error_kind::ISOLATOR_ERROR_BAD_IMAGE, 0)
        );
        assert!(message.contains("is to run compiled"), "{message}");
    }
    // SAFETY: the hosts are used up here, once; the builder is this block's.
    unsafe {
        let builder = isolator_host_builder_new();
        let which = isolator_host_number::ISOLATOR_HOST_COMPILED as u32;
        fails(
            isolator_host_builder_set_number(builder, which, 3),
            isolator_error_kind::ISOLATOR_ERROR_CONFIG,
            "3 is no `isolator_compiled`",
        );
        isolator_host_builder_free(builder);
        isolator_host_free(plain);
        isolator_host_free(wanting);
    }
}

unsafe extern "C" fn count(counter: *mut c_void) {
    // SAFETY: the tests pass counters.
    unsafe { &*counter.cast::<AtomicU32>() }.fetch_add(1, Ordering::SeqCst);
}

fn counter(counter: &AtomicU32) -> *mut c_void {
    ptr::from_ref(counter).cast_mut().cast()
}

/// A host of the guest that was built, shared by the tests.
struct Host(*mut isolator_host);
// SAFETY: a host may be used on any thread.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

static HOST: LazyLock<Host> = LazyLock::new(|| {
    let builder = isolator_host_builder_new();
    let mut host = ptr::null_mut();
    // SAFETY: all pointers are those of this function.
    unsafe {
        let directory = fixtures().join("Calls");
        let which = isolator_host_text::ISOLATOR_HOST_ASSEMBLY_DIRECTORY as u32;
        fine(isolator_host_builder_set_text(
            builder,
            which,
            text(directory.to_str().unwrap()),
        ));
        fine(isolator_host_builder_build(builder, &raw mut host));
        isolator_host_builder_free(builder);
    }
    Host(host)
});

fn runtime() -> *mut isolator_runtime {
    let mut runtime = ptr::null_mut();
    // SAFETY: the host lives as long as the process.
    fine(unsafe { isolator_host_create_runtime(HOST.0, &raw mut runtime) });
    runtime
}

fn method(runtime: *mut isolator_runtime, of_type: &str, name: &str) -> *mut isolator_handle {
    let (mut type_handle, mut method) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: all pointers are valid.
    unsafe {
        fine(isolator_runtime_find_type(
            runtime,
            text("Calls"),
            text(of_type),
            &raw mut type_handle,
        ));
        fine(isolator_runtime_find_method(
            runtime,
            type_handle,
            text(name),
            ptr::null(),
            &raw mut method,
        ));
        isolator_handle_free(type_handle);
    }
    method
}

#[test]
fn what_a_function_came_with_is_dropped_once_also_if_it_was_refused() {
    let dropped = AtomicU32::new(0);
    let runtime = runtime();
    // SAFETY: all pointers are valid, and the counter outlives the runtime.
    unsafe {
        let refused = isolator_runtime_register_callback(
            runtime,
            text("x"),
            None,
            counter(&dropped),
            Some(count),
        );
        fails(refused, isolator_error_kind::ISOLATOR_ERROR_CONFIG, "null");
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
        fine(isolator_runtime_register_async_callback(
            runtime,
            text("x"),
            Some(never),
            counter(&dropped),
            Some(count),
        ));
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
        isolator_runtime_free(runtime);
    }
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
}

static NEVER: AtomicPtr<isolator_completion> = AtomicPtr::new(ptr::null_mut());
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

unsafe extern "C" fn never(
    _: *mut c_void,
    completion: *mut isolator_completion,
    _: isolator_bytes,
) {
    NEVER.store(completion, Ordering::SeqCst);
}

unsafe extern "C" fn send(
    user: *mut c_void,
    value: *mut isolator_buffer,
    error: *mut isolator_error,
) {
    // SAFETY: the tests pass senders, which this call uses up; the other two belong to it.
    unsafe {
        isolator_buffer_free(value);
        let sender =
            Box::from_raw(user.cast::<mpsc::Sender<Option<(isolator_error_kind, String)>>>());
        sender.send(taken(error)).unwrap();
    }
}

type Ends = mpsc::Receiver<Option<(isolator_error_kind, String)>>;

fn begin(runtime: *mut isolator_runtime, method: *mut isolator_handle, args: &[u8]) -> Ends {
    let (sender, ends) = mpsc::channel();
    let user = Box::into_raw(Box::new(sender)).cast();
    let mut call = 0;
    // SAFETY: all pointers are valid.
    fine(unsafe {
        isolator_runtime_invoke_async(
            runtime,
            method,
            ptr::null(),
            isolator_bytes::of(args),
            Some(send),
            user,
            &raw mut call,
        )
    });
    assert!(call > 0);
    ends
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_runtime_that_is_freed_ends_the_calls_that_wait() {
    let _one = ONE_AT_A_TIME.lock();
    let runtime = runtime();
    // SAFETY: all pointers are valid.
    unsafe {
        fine(isolator_runtime_register_async_callback(
            runtime,
            text("fetch"),
            Some(never),
            ptr::null_mut(),
            None,
        ));
        let fetch = method(runtime, "Calls.Awaiting", "Fetch");
        let ends = begin(runtime, fetch, b"\x91\xa1k");
        while NEVER.load(Ordering::SeqCst).is_null() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(ends.try_recv().is_err(), "it waits");
        isolator_runtime_free(runtime);
        let (kind, _) = ends.recv_timeout(LONG).unwrap().unwrap();
        assert_eq!(kind, isolator_error_kind::ISOLATOR_ERROR_DEAD);
        isolator_completion_succeed(NEVER.swap(ptr::null_mut(), Ordering::SeqCst), text("late"));
        isolator_handle_free(fetch);
    }
}

static WROTE: AtomicI32 = AtomicI32::new(0);
static WRITTEN_BY: AtomicPtr<isolator_runtime> = AtomicPtr::new(ptr::null_mut());

unsafe extern "C" fn call_back_in(_: *mut c_void, _: isolator_bytes) -> bool {
    // SAFETY: the test put its runtime there.
    let error = unsafe { isolator_runtime_collect(WRITTEN_BY.load(Ordering::SeqCst), 0) };
    let kind = taken(error).map_or(-1, |(kind, _)| kind as i32);
    WROTE.store(kind, Ordering::SeqCst);
    true
}

#[test]
fn what_takes_output_may_not_call_back_in() {
    let mut runtime = ptr::null_mut();
    let mut buffer = isolator_buffer::EMPTY;
    // SAFETY: all pointers are valid.
    unsafe {
        let builder = isolator_runtime_builder_new(HOST.0);
        fine(isolator_runtime_builder_output_to(
            builder,
            1,
            Some(call_back_in),
            ptr::null_mut(),
            None,
        ));
        fine(isolator_runtime_builder_create(builder, &raw mut runtime));
        isolator_runtime_builder_free(builder);
        WRITTEN_BY.store(runtime, Ordering::SeqCst);
        let print = method(runtime, "Calls.Surroundings", "Print");
        let args = isolator_bytes::of(b"\x91\xa1x");
        fine(isolator_runtime_invoke(
            runtime,
            print,
            ptr::null(),
            args,
            &raw mut buffer,
        ));
        isolator_buffer_free(&raw mut buffer);
        isolator_handle_free(print);
        isolator_runtime_free(runtime);
    }
    assert_eq!(
        WROTE.load(Ordering::SeqCst),
        isolator_error_kind::ISOLATOR_ERROR_NESTING as i32
    );
}

#[test]
fn asynchronous_calls_queue_up_while_threads_call() {
    let runtime = runtime();
    let add = method(runtime, "Calls.Arithmetic", "Add");
    // SAFETY: all pointers are valid until the end.
    unsafe {
        let ends: Vec<Ends> = (0..50)
            .map(|_| begin(runtime, add, b"\x92\x01\x02"))
            .collect();
        // This thread waits for the driver, and is not refused.
        for n in 0..200 {
            let (words, mut sum) = ([n, 1], 0);
            fine(isolator_runtime_invoke_scalar(
                runtime,
                add,
                ptr::null(),
                words.as_ptr(),
                2,
                &raw mut sum,
            ));
            assert_eq!(sum as u32, n as u32 + 1);
        }
        for end in ends {
            assert_eq!(end.recv_timeout(LONG).unwrap(), None);
        }
        isolator_handle_free(add);
        isolator_runtime_free(runtime);
    }
}

#[test]
fn a_method_is_found_by_its_token() {
    use isolator_error_kind::*;
    let runtime = runtime();
    let (mut of_type, mut found) = (ptr::null_mut(), ptr::null_mut());
    let mut query = isolator_method_query {
        argument_count: -1,
        metadata_token: 0,
        parameter_types: ptr::null(),
        parameter_types_len: 0,
        generic_arguments: ptr::null(),
        generic_arguments_len: 0,
    };
    // SAFETY: all pointers are valid.
    unsafe {
        fine(isolator_runtime_find_type(
            runtime,
            text("Calls"),
            text("Calls.Overloads"),
            &raw mut of_type,
        ));
        // Tokens of methods begin with 06; one of the first thousand is that of `Take(string)`, and no other name has it.
        let mut matches = Vec::new();
        for row in 1..1000 {
            query.metadata_token = 0x0600_0000 + row;
            let error = isolator_runtime_find_method(
                runtime,
                of_type,
                text("Take"),
                &raw const query,
                &raw mut found,
            );
            match taken(error) {
                None => matches.push(found),
                Some((kind, _)) => assert_eq!(kind, ISOLATOR_ERROR_METHOD_NOT_FOUND),
            }
        }
        assert_eq!(matches.len(), 5, "`Take` has five overloads");
        let mut answers = Vec::new();
        for method in &matches[..4] {
            let mut buffer = isolator_buffer::EMPTY;
            let args = isolator_bytes::of(b"\x91\x05");
            let error =
                isolator_runtime_invoke(runtime, *method, ptr::null(), args, &raw mut buffer);
            if taken(error).is_none() {
                let bytes = isolator_bytes {
                    data: buffer.data,
                    len: buffer.len,
                };
                answers.push(String::from_utf8_lossy(&bytes.get()[1..]).into_owned());
            }
            isolator_buffer_free(&raw mut buffer);
        }
        assert_eq!(answers, ["int 5", "long 5", "double 5"]);
        for method in matches {
            isolator_handle_free(method);
        }
        isolator_handle_free(of_type);
        isolator_runtime_free(runtime);
    }
}

/// What a turn needs, and what came of it.
struct Wanted {
    runtime: *mut isolator_runtime,
    sums: mpsc::Sender<Result<u64, isolator_error_kind>>,
    inner: Mutex<Option<Ends>>,
}

unsafe extern "C" fn take_turn(user: *mut c_void, error: *mut isolator_error) {
    // SAFETY: the tests pass what they want, which outlives the turn.
    let wanted = unsafe { &*user.cast::<Wanted>() };
    if let Some((kind, _)) = taken(error) {
        wanted.sums.send(Err(kind)).unwrap();
        return;
    }
    let add = method(wanted.runtime, "Calls.Arithmetic", "Add");
    let (words, mut sum) = ([20, 22], 0);
    // SAFETY: all pointers are valid.
    unsafe {
        fine(isolator_runtime_invoke_scalar(
            wanted.runtime,
            add,
            ptr::null(),
            words.as_ptr(),
            2,
            &raw mut sum,
        ));
        *wanted.inner.lock().unwrap() = Some(begin(wanted.runtime, add, b"\x92\x03\x04"));
        isolator_handle_free(add);
    }
    wanted.sums.send(Ok(sum)).unwrap();
}

fn queue_turn(wanted: &Wanted) -> u64 {
    let mut number = 0;
    let user = ptr::from_ref(wanted).cast_mut().cast();
    // SAFETY: all pointers are valid, and live until the turn was taken.
    fine(unsafe {
        isolator_runtime_queue_turn(wanted.runtime, Some(take_turn), user, &raw mut number)
    });
    number
}

#[test]
fn a_turn_has_the_runtime_and_one_that_is_abandoned_does_not_come() {
    let runtime = runtime();
    let (sums, turns) = mpsc::channel();
    let wanted = Wanted {
        runtime,
        sums,
        inner: Mutex::default(),
    };
    for _ in 0..20 {
        queue_turn(&wanted);
        assert_eq!(turns.recv_timeout(LONG).unwrap(), Ok(42));
        let inner = wanted.inner.lock().unwrap().take().unwrap();
        assert_eq!(inner.recv_timeout(LONG).unwrap(), None);
    }
    // SAFETY: all pointers are valid.
    unsafe {
        let number = queue_turn(&wanted);
        fine(isolator_runtime_abandon_async(runtime, number));
        // It has begun, or never does.
        let turn = turns.recv_timeout(LONG).unwrap();
        assert!(
            turn == Ok(42) || turn == Err(isolator_error_kind::ISOLATOR_ERROR_CANCELLED),
            "{turn:?}"
        );
        drop(wanted.inner.lock().unwrap().take());
        isolator_runtime_free(runtime);
    }
}

#[test]
fn a_call_that_is_abandoned_ends_although_its_method_waits() {
    let _one = ONE_AT_A_TIME.lock();
    let runtime = runtime();
    // SAFETY: all pointers are valid.
    unsafe {
        fine(isolator_runtime_register_async_callback(
            runtime,
            text("fetch"),
            Some(never),
            ptr::null_mut(),
            None,
        ));
        let fetch = method(runtime, "Calls.Awaiting", "Fetch");
        let ends = begin(runtime, fetch, b"\x91\xa1k");
        while NEVER.load(Ordering::SeqCst).is_null() {
            std::thread::sleep(Duration::from_millis(1));
        }
        // Calls of a runtime are numbered from 1.
        fine(isolator_runtime_abandon_async(runtime, 1));
        let (kind, _) = ends.recv_timeout(LONG).unwrap().unwrap();
        assert_eq!(kind, isolator_error_kind::ISOLATOR_ERROR_CANCELLED);
        isolator_completion_succeed(NEVER.swap(ptr::null_mut(), Ordering::SeqCst), text("late"));
        let add = method(runtime, "Calls.Arithmetic", "Add");
        let end = begin(runtime, add, b"\x92\x01\x02");
        assert_eq!(end.recv_timeout(LONG).unwrap(), None);
        isolator_handle_free(add);
        isolator_handle_free(fetch);
        isolator_runtime_free(runtime);
    }
}

fn freeze(runtime: *mut isolator_runtime) -> (*mut isolator_error, *mut isolator_snapshot) {
    let mut snapshot = ptr::null_mut();
    // SAFETY: the tests pass runtimes.
    let error = unsafe { isolator_runtime_freeze(runtime, &raw mut snapshot) };
    assert_eq!(error.is_null(), !snapshot.is_null());
    (error, snapshot)
}

#[test]
fn no_snapshot_is_made_while_asynchronous_calls_are_under_way() {
    use isolator_error_kind::*;
    let _one = ONE_AT_A_TIME.lock();
    let runtime = runtime();
    // SAFETY: all pointers are valid.
    unsafe {
        fine(isolator_runtime_register_async_callback(
            runtime,
            text("fetch"),
            Some(never),
            ptr::null_mut(),
            None,
        ));
        let fetch = method(runtime, "Calls.Awaiting", "Fetch");
        let ends = begin(runtime, fetch, b"\x91\xa1k");
        let (error, _) = freeze(runtime);
        fails(error, ISOLATOR_ERROR_NOT_FROZEN, "asynchronous calls");
        while NEVER.load(Ordering::SeqCst).is_null() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let (error, _) = freeze(runtime);
        fails(error, ISOLATOR_ERROR_NOT_FROZEN, "asynchronous calls");
        // The runtime is as it was.
        let completion = NEVER.swap(ptr::null_mut(), Ordering::SeqCst);
        isolator_completion_succeed(completion, isolator_bytes::of(b"\xa1x"));
        assert_eq!(ends.recv_timeout(LONG).unwrap(), None);
        let (error, snapshot) = freeze(runtime);
        fine(error);
        isolator_snapshot_free(snapshot);
        let (kind, message) = begin(runtime, fetch, b"\x91\xa1k")
            .recv_timeout(LONG)
            .unwrap()
            .unwrap();
        assert_eq!(kind, ISOLATOR_ERROR_DEAD);
        assert!(message.contains("a snapshot was made of it"), "{message}");
        isolator_handle_free(fetch);
        isolator_runtime_free(runtime);
    }
}

#[test]
fn calls_that_are_queued_are_in_the_copy() {
    let _one = ONE_AT_A_TIME.lock();
    let runtime = runtime();
    let (mut suspended, mut copy, mut left) = (ptr::null_mut(), ptr::null_mut(), 0);
    // SAFETY: all pointers are valid.
    unsafe {
        fine(isolator_runtime_register_async_callback(
            runtime,
            text("later"),
            Some(never),
            ptr::null_mut(),
            None,
        ));
        let fetch = method(runtime, "Calls.Awaiting", "FetchAll");
        let mut ends = Vec::new();
        for round in 1..=5_usize {
            ends.push(begin(runtime, fetch, b"\x91\x01"));
            fine(isolator_runtime_suspend(runtime, &raw mut suspended));
            fine(isolator_host_resume(HOST.0, suspended, &raw mut copy));
            let numbers = ptr::null_mut();
            fine(isolator_runtime_unfinished_calls(
                copy,
                numbers,
                0,
                &raw mut left,
            ));
            assert_eq!(left, round);
            let mut calls = ptr::null_mut();
            fine(isolator_runtime_pending_calls(copy, &raw mut calls));
            assert_eq!(isolator_pending_calls_len(calls), round);
            isolator_pending_calls_free(calls);
            isolator_runtime_free(copy);
            isolator_suspended_free(suspended);
            // They go on here.
            fine(isolator_runtime_unfinished_calls(
                runtime,
                numbers,
                0,
                &raw mut left,
            ));
            assert_eq!(left, 0);
        }
        isolator_handle_free(fetch);
        isolator_runtime_free(runtime);
        for end in ends {
            let (kind, _) = end.recv_timeout(LONG).unwrap().unwrap();
            assert_eq!(kind, isolator_error_kind::ISOLATOR_ERROR_DEAD);
        }
        NEVER.store(ptr::null_mut(), Ordering::SeqCst);
    }
}

unsafe extern "C" fn take_a_long_turn(user: *mut c_void, error: *mut isolator_error) {
    // Longer than the driver lets one last, so that what this queues is left to whoever is next.
    std::thread::sleep(Duration::from_millis(15));
    // SAFETY: as it was called.
    unsafe { take_turn(user, error) };
}

#[test]
fn a_call_that_another_thread_begins_is_awaited_by_the_driver() {
    let runtime = runtime();
    let (sums, turns) = mpsc::channel();
    let wanted = Wanted {
        runtime,
        sums,
        inner: Mutex::default(),
    };
    let user = ptr::from_ref(&wanted).cast_mut().cast();
    for _ in 0..60 {
        let mut number = 0;
        // SAFETY: all pointers are valid, and live until the turn was taken.
        unsafe {
            fine(isolator_runtime_queue_turn(
                runtime,
                Some(take_a_long_turn),
                user,
                &raw mut number,
            ));
            std::thread::sleep(Duration::from_millis(2));
            fine(isolator_runtime_begin_queued(runtime));
        }
        assert_eq!(turns.recv_timeout(LONG).unwrap(), Ok(42));
        let inner = wanted.inner.lock().unwrap().take().unwrap();
        assert_eq!(inner.recv_timeout(Duration::from_secs(10)).unwrap(), None);
    }
    // SAFETY: it is not used any more.
    unsafe { isolator_runtime_free(runtime) };
}

#[test]
fn a_grant_of_http_takes_its_settings_and_refuses_others() {
    use isolator_error_kind::ISOLATOR_ERROR_CONFIG;
    let grant = isolator_http_grant_new();
    let allow = isolator_http_pair::ISOLATOR_HTTP_ALLOW as u32;
    let secret = isolator_http_pair::ISOLATOR_HTTP_SECRET as u32;
    let header = isolator_http_pair::ISOLATOR_HTTP_HEADER as u32;
    // SAFETY: it is a grant of this library, until it is given back.
    unsafe {
        let pair = |which, name, value| {
            isolator_http_grant_set_pair(grant, which, text(name), text(value))
        };
        fine(pair(allow, "https://a.test/*", "GET, POST"));
        fine(pair(secret, "key", "hunter22"));
        fine(pair(header, "Authorization", "Bearer {key}"));
        fine(isolator_http_grant_address(grant, text("10.0.0.0/8")));
        fine(isolator_http_grant_root_certificate(
            grant,
            isolator_bytes::of(b"der"),
        ));
        for number in 1..=7 {
            fine(isolator_http_grant_set_number(grant, number, 1));
        }
        let granted = format!("{:?}", (*grant).0);
        assert!(
            granted.contains("GET,POST https://a.test/*") && granted.contains("requests: Some(1)"),
            "{granted}"
        );
        fails(
            isolator_http_grant_set_number(grant, 99, 1),
            ISOLATOR_ERROR_CONFIG,
            "no number 99",
        );
        fails(
            pair(allow, "https://a.test/*", "G T"),
            ISOLATOR_ERROR_CONFIG,
            "no method of HTTP",
        );
        fails(pair(99, "a", "b"), ISOLATOR_ERROR_CONFIG, "no pairs 99");
        isolator_http_grant_free(grant);
        isolator_http_grant_free(ptr::null_mut());
    }
}

/// A server that answers with the first line and the key of each request.
fn serve() -> String {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let (mut first, mut key) = (String::new(), String::new());
            let mut line = String::new();
            let _ = reader.read_line(&mut first);
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some(("x-key", value)) = line.trim_end().split_once(": ") {
                    key = value.to_owned();
                }
                line.clear();
            }
            let body = format!("{} {key}", first.trim_end());
            let _ = write!(
                reader.get_mut(),
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    format!("http://127.0.0.1:{port}/")
}

#[test]
fn a_runtime_asks_by_the_grant_that_its_builder_was_given() {
    let url = serve();
    let image = std::fs::read(fixtures().join("Web/Web.dll")).unwrap();
    let grant = isolator_http_grant_new();
    let mut runtime = ptr::null_mut();
    let (mut assembly, mut asking, mut ask) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: all pointers are those of this function.
    unsafe {
        let pair = |which: isolator_http_pair, name: &str, value: &str| {
            fine(isolator_http_grant_set_pair(
                grant,
                which as u32,
                text(name),
                text(value),
            ));
        };
        let secret = "hunter22-is-secret";
        pair(isolator_http_pair::ISOLATOR_HTTP_SECRET, "key", secret);
        let allowed = format!("{url}v1/*");
        pair(isolator_http_pair::ISOLATOR_HTTP_ALLOW, &allowed, "GET");
        pair(isolator_http_pair::ISOLATOR_HTTP_HEADER, "X-Key", "{key}");
        fine(isolator_http_grant_address(grant, text("127.0.0.1")));
        let most = isolator_http_number::ISOLATOR_HTTP_MAX_REQUESTS as u32;
        fine(isolator_http_grant_set_number(grant, most, 2));
        let builder = isolator_runtime_builder_new(HOST.0);
        fine(isolator_runtime_builder_http(builder, grant));
        // The runtime keeps what it was granted.
        isolator_http_grant_free(grant);
        fine(isolator_runtime_builder_create(builder, &raw mut runtime));
        isolator_runtime_builder_free(builder);
        fine(isolator_runtime_load_image(
            runtime,
            isolator_bytes::of(&image),
            isolator_bytes::none(),
            &raw mut assembly,
        ));
        fine(isolator_runtime_find_type_in(
            runtime,
            assembly,
            text("Web.Asking"),
            &raw mut asking,
        ));
        fine(isolator_runtime_find_method(
            runtime,
            asking,
            text("Ask"),
            ptr::null(),
            &raw mut ask,
        ));
        let asks = |url: String| -> String {
            let args = rmp_serde::to_vec(&("GET", url, Vec::<String>::new())).unwrap();
            let mut buffer = isolator_buffer::EMPTY;
            let args = isolator_bytes::of(&args);
            fine(isolator_runtime_invoke(
                runtime,
                ask,
                ptr::null(),
                args,
                &raw mut buffer,
            ));
            let bytes = isolator_bytes {
                data: buffer.data,
                len: buffer.len,
            };
            let told = rmp_serde::from_slice(bytes.get()).unwrap();
            isolator_buffer_free(&raw mut buffer);
            told
        };
        assert_eq!(
            asks(format!("{url}v1/a")),
            format!("200 GET /v1/a HTTP/1.1 {secret}")
        );
        let other = asks(format!("{url}v2"));
        assert!(other.contains("was not granted"), "{other}");
        assert_eq!(
            asks(format!("{url}v1/b")),
            "HttpRequestException: The host allows 2 requests, and they are made."
        );
        for handle in [ask, asking, assembly] {
            isolator_handle_free(handle);
        }
        isolator_runtime_free(runtime);
    }
}
