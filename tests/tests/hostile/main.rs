//! What hostile guests do to their host: nothing.
//!
//! The attacks are the folders of `tests/fixtures/Hostile`: a program, and beside it in `expect.json` what must come of it. Each runs
//! in a runtime of its own with limits, and afterwards the host and a fresh runtime must work as before.

// Descriptors, memory and races are looked at as Linux shows and makes them.
#![cfg(target_os = "linux")]

mod aftermath;
mod attack;
mod directory;
mod document;
mod expect;
mod left_behind;
mod loaders;
mod malformed;
mod neighbours;
mod outcome;
mod readers;
mod side_modules;

use std::collections::BTreeSet;

/// Attacks once more, from runtimes that go on where others were: a fork of one from a snapshot, which slept.
macro_rules! attacks_from_copies {
    ($($name:ident = $folder:literal),* $(,)?) => {
        mod attacks_from_copies {
            $(#[test]
            fn $name() {
                crate::attack::run_in_a_copy($folder);
            })*
        }
    };
}

attacks_from_copies! {
    bomb_arrays = "bomb-arrays",
    bomb_handles = "bomb-handles",
    bomb_host_calls = "bomb-host-calls",
    bomb_native = "bomb-native",
    bomb_tasks = "bomb-tasks",
    bomb_timers = "bomb-timers",
    callback_arguments = "callback-arguments",
    deadlock = "deadlock",
    dispatcher_frames = "dispatcher-frames",
    dispatcher_raw = "dispatcher-raw",
    dispatcher_replaced = "dispatcher-replaced",
    dispatcher_statics = "dispatcher-statics",
    exception_lies = "exception-lies",
    exit_code = "exit-code",
    fail_fast = "fail-fast",
    files_fill = "files-fill",
    files_links = "files-links",
    files_none = "files-none",
    files_open = "files-open",
    files_read = "files-read",
    files_write = "files-write",
    flood_stdout = "flood-stdout",
    handles_forged = "handles-forged",
    load_contexts = "load-contexts",
    loop_host_calls = "loop-host-calls",
    loop_plain = "loop-plain",
    loop_timers = "loop-timers",
    pinvoke_host_lies = "pinvoke-host-lies",
    pinvoke_table = "pinvoke-table",
    probe_clocks = "probe-clocks",
    probe_environment = "probe-environment",
    read_outside = "read-outside",
    recursion_callback = "recursion-callback",
    recursion_plain = "recursion-plain",
    reentry_hooks = "reentry-hooks",
    return_lying_count = "return-lying-count",
    smash_all = "smash-all",
    smash_objects = "smash-objects",
    smash_random = "smash-random",
    smash_results = "smash-results",
}

macro_rules! attacks {
    ($($name:ident = $folder:literal),* $(,)?) => {
        mod attacks {
            $(#[test]
            fn $name() {
                crate::attack::run($folder);
            })*
        }

        const ATTACKS: &[&str] = &[$($folder),*];
    };
}

attacks! {
    assembly_names = "assembly-names",
    bomb_arrays = "bomb-arrays",
    bomb_finalizers = "bomb-finalizers",
    bomb_format = "bomb-format",
    bomb_gzip = "bomb-gzip",
    bomb_handles = "bomb-handles",
    bomb_host_calls = "bomb-host-calls",
    bomb_large_object = "bomb-large-object",
    bomb_methods = "bomb-methods",
    bomb_native = "bomb-native",
    bomb_pinned = "bomb-pinned",
    bomb_pressure = "bomb-pressure",
    bomb_stackalloc = "bomb-stackalloc",
    bomb_strings = "bomb-strings",
    bomb_swallows = "bomb-swallows",
    bomb_tasks = "bomb-tasks",
    bomb_threads = "bomb-threads",
    bomb_timers = "bomb-timers",
    bomb_types = "bomb-types",
    bomb_xml = "bomb-xml",
    callback_arguments = "callback-arguments",
    crypto_handles = "crypto-handles",
    crypto_keys = "crypto-keys",
    crypto_rounds = "crypto-rounds",
    deadlock = "deadlock",
    dispatcher_frames = "dispatcher-frames",
    dispatcher_raw = "dispatcher-raw",
    dispatcher_replaced = "dispatcher-replaced",
    dispatcher_statics = "dispatcher-statics",
    emit_invalid = "emit-invalid",
    exception_finalizer = "exception-finalizer",
    exception_foreign = "exception-foreign",
    exception_giant = "exception-giant",
    exception_lies = "exception-lies",
    exception_storm = "exception-storm",
    exit_code = "exit-code",
    exit_hooks = "exit-hooks",
    fail_fast = "fail-fast",
    fail_fast_lies = "fail-fast-lies",
    files_fill = "files-fill",
    files_links = "files-links",
    files_list = "files-list",
    files_none = "files-none",
    files_open = "files-open",
    files_pipes = "files-pipes",
    files_race = "files-race",
    files_read = "files-read",
    files_special = "files-special",
    files_sparse = "files-sparse",
    files_write = "files-write",
    flood_log = "flood-log",
    flood_stderr = "flood-stderr",
    flood_stdout = "flood-stdout",
    handles_forged = "handles-forged",
    handles_millions = "handles-millions",
    load_contexts = "load-contexts",
    loop_await = "loop-await",
    loop_callback = "loop-callback",
    loop_catch_filter = "loop-catch-filter",
    loop_dispose = "loop-dispose",
    loop_exception_text = "loop-exception-text",
    loop_finalizer = "loop-finalizer",
    loop_finally = "loop-finally",
    loop_getter = "loop-getter",
    loop_hash_collisions = "loop-hash-collisions",
    loop_host_calls = "loop-host-calls",
    loop_plain = "loop-plain",
    loop_pow = "loop-pow",
    loop_reads = "loop-reads",
    loop_regex = "loop-regex",
    loop_sleep = "loop-sleep",
    loop_static_constructor = "loop-static-constructor",
    loop_swallows = "loop-swallows",
    loop_timers = "loop-timers",
    pinvoke_host_lies = "pinvoke-host-lies",
    pinvoke_names = "pinvoke-names",
    pinvoke_signatures = "pinvoke-signatures",
    pinvoke_table = "pinvoke-table",
    probe_clocks = "probe-clocks",
    probe_environment = "probe-environment",
    process_start = "process-start",
    random_flood = "random-flood",
    read_outside = "read-outside",
    read_snapshot = "read-snapshot",
    recursion_callback = "recursion-callback",
    recursion_getter = "recursion-getter",
    recursion_inner_exceptions = "recursion-inner-exceptions",
    recursion_mutual = "recursion-mutual",
    recursion_plain = "recursion-plain",
    recursion_static_constructors = "recursion-static-constructors",
    recursion_tostring = "recursion-tostring",
    recursion_types = "recursion-types",
    reentry_hooks = "reentry-hooks",
    return_changing = "return-changing",
    return_cycle = "return-cycle",
    return_deep = "return-deep",
    return_endless = "return-endless",
    return_giant_array = "return-giant-array",
    return_giant_string = "return-giant-string",
    return_handles = "return-handles",
    return_lying_count = "return-lying-count",
    return_surrogates = "return-surrogates",
    smash_all = "smash-all",
    smash_objects = "smash-objects",
    smash_random = "smash-random",
    smash_results = "smash-results",
    smash_stack = "smash-stack",
    sockets = "sockets",
    type_names = "type-names",
}

#[test]
fn every_attack_has_a_test() {
    let folders = expect::folders();
    let listed: BTreeSet<String> = ATTACKS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(folders, listed);
    assert!(folders.len() >= 50, "{} attacks", folders.len());
    for folder in &folders {
        let expect = expect::Expect::of(folder);
        assert!(
            !expect.outcome.is_empty() && !expect.about.is_empty(),
            "{folder}"
        );
    }
}
