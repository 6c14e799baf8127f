//! What the library and its guests write to the log.

use crate::types::isolator_bytes;
use crate::user::{UserData, isolator_drop_fn};
use std::ffi::c_void;
use std::fmt::{self, Write};
use std::sync::{Arc, Once, PoisonError, RwLock};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// How important a line is.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum isolator_log_level {
    /// Each step.
    ISOLATOR_LOG_TRACE = 0,
    /// What helps to find a fault.
    ISOLATOR_LOG_DEBUG = 1,
    /// What happens.
    ISOLATOR_LOG_INFORMATION = 2,
    /// What may be wrong.
    ISOLATOR_LOG_WARNING = 3,
    /// What went wrong: a callback that failed, and why.
    ISOLATOR_LOG_ERROR = 4,
}

/// Takes a line of the log. `runtime_id` is 0 where none is concerned. The texts live during the call. Called on any thread, also while a guest runs; it must not call a
/// runtime.
pub type isolator_log_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        level: isolator_log_level,
        runtime_id: u64,
        category: isolator_bytes,
        message: isolator_bytes,
    ),
>;

struct Log {
    function:
        unsafe extern "C" fn(*mut c_void, isolator_log_level, u64, isolator_bytes, isolator_bytes),
    user: UserData,
    least: isolator_log_level,
}

static LOG: RwLock<Option<Arc<Log>>> = RwLock::new(None);

fn current() -> Option<Arc<Log>> {
    LOG.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn level_of(level: &Level) -> isolator_log_level {
    use isolator_log_level::*;
    match *level {
        Level::ERROR => ISOLATOR_LOG_ERROR,
        Level::WARN => ISOLATOR_LOG_WARNING,
        Level::INFO => ISOLATOR_LOG_INFORMATION,
        Level::DEBUG => ISOLATOR_LOG_DEBUG,
        Level::TRACE => ISOLATOR_LOG_TRACE,
    }
}

struct ToLog;

impl<S: Subscriber> Layer<S> for ToLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.is_event()
            && metadata.target().starts_with("isolator")
            && current().is_some_and(|log| level_of(metadata.level()) >= log.least)
    }

    fn register_callsite(
        &self,
        metadata: &'static Metadata<'static>,
    ) -> tracing::subscriber::Interest {
        if metadata.is_event() && metadata.target().starts_with("isolator") {
            tracing::subscriber::Interest::sometimes()
        } else {
            tracing::subscriber::Interest::never()
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some(log) = current() else { return };
        let mut line = Line::default();
        event.record(&mut line);
        let category = line
            .category
            .as_deref()
            .unwrap_or_else(|| event.metadata().target());
        let message = crate::words::in_c(&format!("{}{}", line.message, line.fields));
        // SAFETY: the embedder gave the function with its value, which was not dropped yet; the texts live meanwhile.
        unsafe {
            (log.function)(
                log.user.value(),
                level_of(event.metadata().level()),
                line.runtime,
                isolator_bytes::of(category.as_bytes()),
                isolator_bytes::of(message.as_bytes()),
            );
        }
    }
}

#[derive(Default)]
struct Line {
    runtime: u64,
    category: Option<String>,
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "runtime" {
            self.runtime = value;
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "category" => self.category = Some(value.to_owned()),
            "message" => self.message.push_str(value),
            name => self.add(name, format_args!("{value}")),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.add(name, format_args!("{value:?}")),
        }
    }
}

impl Line {
    fn add(&mut self, name: &str, value: fmt::Arguments<'_>) {
        // Writing to a `String` does not fail.
        let _ = write!(self.fields, " {name}={value}");
    }
}

/// Has a function take the log's lines that are at least so important, for the whole process; null ends that. False if another part of the process
/// takes the log of Rust code already: then nothing changes.
///
/// # Safety
/// The function and its value as the interface says. A line may still come while this runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_set_log(
    function: isolator_log_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
    least: u32,
) -> bool {
    use isolator_log_level::*;
    static INSTALL: Once = Once::new();
    static INSTALLED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    let user = UserData::new(user_data, drop);
    crate::guard::quietly(false, || {
        INSTALL.call_once(|| {
            let ours = tracing_subscriber::registry()
                .with(ToLog)
                .try_init()
                .is_ok();
            INSTALLED.store(ours, std::sync::atomic::Ordering::Release);
        });
        if !INSTALLED.load(std::sync::atomic::Ordering::Acquire) {
            return false;
        }
        let least = match least {
            0 => ISOLATOR_LOG_TRACE,
            1 => ISOLATOR_LOG_DEBUG,
            2 => ISOLATOR_LOG_INFORMATION,
            3 => ISOLATOR_LOG_WARNING,
            _ => ISOLATOR_LOG_ERROR,
        };
        let log = function.map(|function| {
            Arc::new(Log {
                function,
                user,
                least,
            })
        });
        let before = std::mem::replace(
            &mut *LOG.write().unwrap_or_else(PoisonError::into_inner),
            log,
        );
        std::mem::drop(before);
        true
    })
}
