//! Functions of the embedder that guests call by name.

use crate::error::CError;
use crate::guard::{guard, quietly};
use crate::runtime::{SharedRuntime, isolator_runtime, shared};
use crate::types::isolator_bytes;
use crate::user::{UserData, isolator_drop_fn};
use crate::{isolator_error, isolator_host_builder};
use ::isolator_host::{CallContext, CallbackFailure};
use std::ffi::c_void;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// One call of a callback. It lives while the callback runs, and is used on its thread only.
pub struct isolator_call {
    runtime: u64,
    reply: Option<Result<Vec<u8>, CallbackFailure>>,
}

/// A callback. `args` are the guest's arguments, a MessagePack array, or for a raw call (`InvokeRaw`) the bytes as they are; they
/// live while the callback runs. It answers with `isolator_call_succeed` or `isolator_call_fail` before it returns; no answer is a
/// failure. It may call into the runtime that called it, on this thread.
pub type isolator_callback_fn = Option<
    unsafe extern "C" fn(user_data: *mut c_void, call: *mut isolator_call, args: isolator_bytes),
>;

/// A call of an asynchronous callback. It belongs to the callback, which ends it on any thread, now or later, with
/// `isolator_completion_succeed` or `isolator_completion_fail`.
pub struct isolator_completion(Arc<Pending>, u64);

/// An asynchronous callback. It begins the work and returns. `args` live until it returns.
pub type isolator_async_callback_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        completion: *mut isolator_completion,
        args: isolator_bytes,
    ),
>;

/// Called when nobody wants the result of an asynchronous callback any more.
pub type isolator_cancelled_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// A callback and its value.
pub(crate) struct Foreign {
    function: unsafe extern "C" fn(*mut c_void, *mut isolator_call, isolator_bytes),
    user: UserData,
}

impl Foreign {
    pub(crate) fn new(function: isolator_callback_fn, user: UserData) -> Result<Self, CError> {
        match function {
            Some(function) => Ok(Self { function, user }),
            None => Err(CError::config("the callback is null")),
        }
    }

    pub(crate) fn call(
        &self,
        context: &mut CallContext<'_>,
        args: &[u8],
    ) -> Result<Vec<u8>, CallbackFailure> {
        let mut call = isolator_call {
            runtime: context.id(),
            reply: None,
        };
        SharedRuntime::with_context(context, || {
            // SAFETY: the embedder gave the function with its value, which was not dropped yet; the other two live meanwhile.
            unsafe { (self.function)(self.user.value(), &raw mut call, isolator_bytes::of(args)) };
        });
        call.reply.unwrap_or_else(|| {
            Err(CallbackFailure::new(
                "the callback returned without an answer",
            ))
        })
    }
}

/// An asynchronous callback and its value.
pub(crate) struct ForeignAsync {
    function: unsafe extern "C" fn(*mut c_void, *mut isolator_completion, isolator_bytes),
    user: UserData,
}

impl ForeignAsync {
    pub(crate) fn new(
        function: isolator_async_callback_fn,
        user: UserData,
    ) -> Result<Self, CError> {
        match function {
            Some(function) => Ok(Self { function, user }),
            None => Err(CError::config("the callback is null")),
        }
    }

    pub(crate) fn begin(&self, args: &[u8]) -> Completed {
        let pending = Arc::new(Pending::default());
        let completion = Box::into_raw(Box::new(isolator_completion(
            pending.clone(),
            SharedRuntime::entered_id(),
        )));
        // SAFETY: as in `Foreign::call`; the completion belongs to the callee.
        SharedRuntime::with_embedder(|| unsafe {
            (self.function)(self.user.value(), completion, isolator_bytes::of(args));
        });
        Completed(pending)
    }
}

#[derive(Default)]
struct Pending(Mutex<Stage>);

#[derive(Default)]
struct Stage {
    outcome: Option<Result<Vec<u8>, CallbackFailure>>,
    waker: Option<Waker>,
    on_cancel: Option<Cancelled>,
    cancelled: bool,
}

struct Cancelled(unsafe extern "C" fn(*mut c_void), *mut c_void);
// SAFETY: the interface says that function pointers are called, with their values, on any thread.
unsafe impl Send for Cancelled {}

impl Pending {
    fn stage(&self) -> std::sync::MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, outcome: Result<Vec<u8>, CallbackFailure>) {
        let mut stage = self.stage();
        stage.outcome = Some(outcome);
        stage.on_cancel = None;
        let waker = stage.waker.take();
        drop(stage);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The result of an asynchronous callback.
pub(crate) struct Completed(Arc<Pending>);

impl Future for Completed {
    type Output = Result<Vec<u8>, CallbackFailure>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.0.stage();
        match stage.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                stage.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Completed {
    fn drop(&mut self) {
        let mut stage = self.0.stage();
        stage.cancelled = true;
        let on_cancel = stage.on_cancel.take();
        drop(stage);
        if let Some(Cancelled(function, value)) = on_cancel {
            // SAFETY: the embedder gave both together, and this is the only time.
            unsafe { function(value) };
        }
    }
}

/// Number of the runtime whose guest calls: see `isolator_runtime_id`.
///
/// # Safety
/// `call` is that of a callback that is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_call_runtime_id(call: *const isolator_call) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*call).runtime }
}

/// Number of the runtime whose guest calls an asynchronous callback: see `isolator_runtime_id`.
///
/// # Safety
/// `completion` was not ended before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_completion_runtime_id(
    completion: *const isolator_completion,
) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*completion).1 }
}

/// Answers a call with one MessagePack value (or, for a raw call, with bytes). The last answer counts.
///
/// # Safety
/// `call` is that of a callback that is running; `value` as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_call_succeed(call: *mut isolator_call, value: isolator_bytes) {
    quietly((), || {
        // SAFETY: the caller says so.
        let (call, value) = unsafe { (&mut *call, value.get()) };
        call.reply = Some(Ok(value.to_vec()));
    });
}

/// Answers a call with a failure. The guest gets an exception with a fixed sentence, and this message only if the host was made with
/// `ISOLATOR_HOST_CALLBACK_ERROR_DETAILS`; it is logged.
///
/// # Safety
/// `call` is that of a callback that is running; `message` is text as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_call_fail(call: *mut isolator_call, message: isolator_bytes) {
    quietly((), || {
        // SAFETY: the caller says so.
        let (call, message) = unsafe { (&mut *call, message.get()) };
        call.reply = Some(Err(failed(message, 0)));
    });
}

/// As `isolator_call_fail`, by an embedder who has logged the failure: it is not logged again. Guest code is told `number`, which is not 0, and may tell it:
/// `HostCallException.FailureNumber`.
///
/// # Safety
/// As `isolator_call_fail`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_call_fail_logged(
    call: *mut isolator_call,
    message: isolator_bytes,
    number: u64,
) {
    quietly((), || {
        // SAFETY: the caller says so.
        let (call, message) = unsafe { (&mut *call, message.get()) };
        call.reply = Some(Err(failed(message, number)));
    });
}

fn failed(message: &[u8], number: u64) -> CallbackFailure {
    CallbackFailure::new(String::from_utf8_lossy(message)).logged_as(number)
}

/// Ends an asynchronous call with one MessagePack value, and gives the completion back. On any thread; not from within
/// `isolator_cancelled_fn`.
///
/// # Safety
/// `completion` was not ended before; `value` as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_completion_succeed(
    completion: *mut isolator_completion,
    value: isolator_bytes,
) {
    // SAFETY: it came from `Box::into_raw`.
    let (completion, value) = unsafe { (Box::from_raw(completion), value.get()) };
    quietly((), || completion.0.finish(Ok(value.to_vec())));
}

/// Ends an asynchronous call with a failure, as `isolator_call_fail` does, and gives the completion back.
///
/// # Safety
/// `completion` was not ended before; `message` is text as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_completion_fail(
    completion: *mut isolator_completion,
    message: isolator_bytes,
) {
    // SAFETY: it came from `Box::into_raw`.
    let (completion, message) = unsafe { (Box::from_raw(completion), message.get()) };
    quietly((), || completion.0.finish(Err(failed(message, 0))));
}

/// As `isolator_completion_fail`, by an embedder who has logged the failure: see `isolator_call_fail_logged`.
///
/// # Safety
/// As `isolator_completion_fail`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_completion_fail_logged(
    completion: *mut isolator_completion,
    message: isolator_bytes,
    number: u64,
) {
    // SAFETY: it came from `Box::into_raw`.
    let (completion, message) = unsafe { (Box::from_raw(completion), message.get()) };
    quietly((), || completion.0.finish(Err(failed(message, number))));
}

/// Has `function` called, once and on any thread, if the guest gives the call up before it is ended; at once if it did already. It is not
/// called any more once the completion is ended, but may be running just then. The completion is ended all the same.
///
/// # Safety
/// `completion` was not ended before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_completion_on_cancel(
    completion: *mut isolator_completion,
    function: isolator_cancelled_fn,
    user_data: *mut c_void,
) {
    let Some(function) = function else { return };
    // SAFETY: the caller says so.
    let pending = unsafe { &(*completion).0 };
    let mut stage = pending.stage();
    if stage.cancelled {
        drop(stage);
        // SAFETY: the embedder gave both together.
        unsafe { function(user_data) };
    } else {
        stage.on_cancel = Some(Cancelled(function, user_data));
    }
}

/// Registers a callback in a runtime, also from within a callback. A name that is taken is taken over.
///
/// # Safety
/// `runtime` points to a runtime of this library; `name` is text; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_register_callback(
    runtime: *mut isolator_runtime,
    name: isolator_bytes,
    function: isolator_callback_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let foreign = Foreign::new(function, user)?;
        // SAFETY: the caller says so.
        let (name, shared) = unsafe { (name.text("the callback's name")?, shared(runtime)) };
        shared.enter(|guest| {
            crate::guest::register(guest, name, foreign);
            Ok(())
        })
    })
}

/// Registers an asynchronous callback in a runtime, also from within a callback. A name that is taken is taken over. Guest code
/// awaits it with `InvokeAsync`, and holds no thread meanwhile.
///
/// # Safety
/// `runtime` points to a runtime of this library; `name` is text; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_register_async_callback(
    runtime: *mut isolator_runtime,
    name: isolator_bytes,
    function: isolator_async_callback_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let foreign = ForeignAsync::new(function, user)?;
        // SAFETY: the caller says so.
        let (name, shared) = unsafe { (name.text("the callback's name")?, shared(runtime)) };
        shared.enter(|guest| {
            crate::guest::register_async(guest, name, foreign);
            Ok(())
        })
    })
}

/// Registers a callback for every runtime of the host. A runtime's own come first.
///
/// # Safety
/// `builder` points to a builder of this library; `name` is text; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_builder_callback(
    builder: *mut isolator_host_builder,
    name: isolator_bytes,
    function: isolator_callback_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let foreign = Foreign::new(function, user)?;
        // SAFETY: the caller says so.
        let (name, builder) = unsafe { (name.text("the callback's name")?, &mut *builder) };
        builder.change(|builder| {
            Ok(builder.raw_callback(name, move |context, args| foreign.call(context, args)))
        })
    })
}

/// Registers an asynchronous callback for every runtime of the host. A runtime's own come first.
///
/// # Safety
/// `builder` points to a builder of this library; `name` is text; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_builder_async_callback(
    builder: *mut isolator_host_builder,
    name: isolator_bytes,
    function: isolator_async_callback_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let foreign = ForeignAsync::new(function, user)?;
        // SAFETY: the caller says so.
        let (name, builder) = unsafe { (name.text("the callback's name")?, &mut *builder) };
        builder
            .change(|builder| Ok(builder.raw_async_callback(name, move |args| foreign.begin(args))))
    })
}
