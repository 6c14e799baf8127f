//! Scripts through the interface, called as C would; `tests/c/script.c` has more.

use super::*;
use crate::isolator_error_kind::*;
use crate::tests::{fails, fine, text};
use crate::{
    isolator_buffer, isolator_buffer_free, isolator_error_code, isolator_error_details,
    isolator_error_free, isolator_error_get_kind, isolator_limit,
};
use std::ptr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// One host of scripts for all tests.
struct Scripts(*mut isolator_script_host);

// SAFETY: the interface says that hosts may be used by any number of threads.
unsafe impl Send for Scripts {}
// SAFETY: as above.
unsafe impl Sync for Scripts {}

static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| made(|_| {}));

fn made(configure: impl FnOnce(*mut isolator_script_host_builder)) -> Scripts {
    // SAFETY: null is the default host; all pointers are those of this function.
    unsafe {
        let builder = isolator_script_host_builder_new(ptr::null());
        configure(builder);
        let mut scripts = ptr::null_mut();
        fine(isolator_script_host_builder_build(
            builder,
            &raw mut scripts,
        ));
        isolator_script_host_builder_free(builder);
        Scripts(scripts)
    }
}

/// Of an error's details.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reached {
    limit: String,
    allowed: u64,
}

fn source(code: &str) -> isolator_script_source {
    isolator_script_source {
        name: text("a.cs"),
        text: text(code),
    }
}

/// A source over which the compiler sits for long: each level of lambdas has two overloads to try.
fn slow() -> String {
    let mut nested = "0".to_owned();
    for level in 0..18 {
        nested = format!("F(a{level} => {nested})");
    }
    format!(
        "class C {{ static int F(Func<int, int> f) => 0; static string F(Func<int, string> f) => \"\"; static void Main() {{ var x = {nested}; }} }}"
    )
}

#[test]
fn a_compilation_is_stopped_in_the_middle_and_nothing_else() {
    let scripts = SCRIPTS.0;
    let code = slow();
    let source = source(&code);
    let cancellation = isolator_script_cancellation_new();
    // SAFETY: all pointers are those of this function, which waits for the thread.
    unsafe {
        let other = (*cancellation).0.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            let told = Instant::now();
            let other = isolator_script_cancellation(other);
            isolator_script_cancellation_cancel(&raw const other);
            told
        });
        let mut compiled = ptr::null_mut();
        let error = isolator_script_compile(
            scripts,
            cancellation,
            &raw const source,
            1,
            &raw mut compiled,
        );
        let told = thread.join().unwrap();
        fails(error, ISOLATOR_ERROR_CANCELLED, "cancelled");
        assert!(compiled.is_null());
        assert!(told.elapsed() < Duration::from_secs(5));
        isolator_script_cancellation_free(cancellation);
        let mut value = isolator_buffer::EMPTY;
        fine(isolator_script_evaluate(
            scripts,
            ptr::null(),
            text("1 + 1"),
            ptr::null(),
            0,
            isolator_bytes::of(&[0x90]),
            ptr::null_mut(),
            &raw mut value,
        ));
        assert_eq!(std::slice::from_raw_parts(value.data, value.len), [2]);
        isolator_buffer_free(&raw mut value);
    }
}

#[test]
fn a_limit_of_the_compiler_ends_the_compilation_alone() {
    let little = made(|builder| {
        let which = isolator_limit::ISOLATOR_LIMIT_CALL_TIMEOUT as u32;
        // SAFETY: it is a builder of this library.
        fine(unsafe { isolator_script_host_builder_set_compile_limit(builder, which, 50_000_000) });
    });
    let code = slow();
    let slow = source(&code);
    // SAFETY: all pointers are those of this function.
    unsafe {
        let mut told = ptr::null_mut();
        let error = isolator_script_check(little.0, ptr::null(), &raw const slow, 1, &raw mut told);
        assert_eq!(isolator_error_get_kind(error), ISOLATOR_ERROR_LIMIT);
        assert_eq!(
            isolator_error_code(error),
            isolator_limit::ISOLATOR_LIMIT_CALL_TIMEOUT as i32
        );
        let details: Reached = rmp_serde::from_slice(isolator_error_details(error).get()).unwrap();
        assert_eq!(
            (&*details.limit, details.allowed),
            ("CallTimeout", 50_000_000)
        );
        assert!(told.is_null());
        isolator_error_free(error);
        isolator_script_host_free(little.0);
    }
}

#[test]
fn numbers_there_are_not_are_refused() {
    // SAFETY: it is a builder of this library, given back once.
    unsafe {
        let builder = isolator_script_host_builder_new(ptr::null());
        let none = isolator_script_host_builder_set_run_limit(builder, 99, 1);
        fails(none, ISOLATOR_ERROR_CONFIG, "no limit 99");
        let none = isolator_script_host_builder_set_compile_limit(builder, 99, 1);
        fails(none, ISOLATOR_ERROR_CONFIG, "no limit 99");
        let library = isolator_script_host_builder_library(
            builder,
            isolator_bytes::of(&[1, 2, 3]),
            isolator_bytes::none(),
        );
        fine(library);
        let mut scripts = ptr::null_mut();
        let error = isolator_script_host_builder_build(builder, &raw mut scripts);
        fails(error, ISOLATOR_ERROR_CONFIG, "a library cannot be used");
        assert!(scripts.is_null());
        isolator_script_host_builder_free(builder);
    }
}
