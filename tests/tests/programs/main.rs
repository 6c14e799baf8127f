//! Console programs print inside a sandbox what a native .NET of the same version prints.

mod compiled;
mod copies;
mod crossings;
mod cryptography;
mod cultures;
mod depth;
mod differences;
mod hunt;
mod keys;
mod libraries;
mod native;
mod replaced;
mod training;
mod unavailable;

use differences::DIFFERENCES;
use isolator_host::{Access, IsolatedRuntimeHost, Stdio};
use isolator_tests::{assert_same_text, host, workspace};
use native::{Ran, natively};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The fixture.
const FIXTURE: &str = "Programs";

/// Environment variables of the programs, but for the directory.
const VARIABLES: &[(&str, &str)] = &[("PROGRAMS_VARIABLE", "granted")];

/// Names the directory that the programs about files work in.
const DATA: &str = "PROGRAMS_DATA";

/// Runs a program of a fixture in a runtime of its own.
fn isolated(host: &IsolatedRuntimeHost, fixture: &str, program: &str) -> Ran {
    let data = tempfile::tempdir().unwrap();
    let mut runtime = host.runtime().stdout(Stdio::Capture).stderr(Stdio::Capture);
    for (name, value) in VARIABLES {
        runtime = runtime.env(*name, *value);
    }
    if program.starts_with("files-") {
        runtime = runtime
            .env(DATA, "/data")
            .directory(data.path(), "/data", Access::ReadWrite);
    }
    if program == "files-isolated" {
        // What a program keeps in isolated storage is found again by where the program is.
        runtime = runtime
            .directory(isolator_tests::fixture(fixture), "/app", Access::ReadOnly)
            .base_directory("/app");
    }
    let mut runtime = runtime.create().unwrap();
    let assembly = runtime.load_assembly(fixture).unwrap();
    let ran = runtime.run_main(&assembly, &[program]);
    let (stdout, stderr) = (runtime.stdout_utf8(), runtime.stderr_utf8());
    match ran {
        Ok(code) => Ran {
            code,
            stdout,
            stderr,
        },
        Err(error) => panic!("`{program}` failed: {error}\nIt had printed:\n{stdout}{stderr}"),
    }
}

fn compare(host: &IsolatedRuntimeHost, program: &str) {
    compare_programs(host, FIXTURE, program);
}

/// Compares what a program of a fixture prints natively, but for the differences that are expected, with what it prints inside.
fn compare_programs(host: &IsolatedRuntimeHost, fixture: &str, program: &str) {
    let native = natively(fixture);
    let native = native
        .get(program)
        .unwrap_or_else(|| panic!("there is no program `{program}`"));
    let isolated = isolated(host, fixture, program);
    let mut expected = native.stdout.clone();
    for difference in DIFFERENCES
        .iter()
        .filter(|difference| difference.program == program)
        .filter(|difference| !difference.compiled || host.manifest().compiled_methods > 0)
    {
        let lines = format!("{}\n", difference.native);
        assert!(
            expected.contains(&lines),
            "a difference that is expected in `{program}` does not exist: {lines}"
        );
        expected = expected.replace(&lines, &format!("{}\n", difference.isolated));
    }
    assert_same_text(
        &format!("standard output of `{program}`"),
        &expected,
        &isolated.stdout,
    );
    assert_same_text(
        &format!("standard error of `{program}`"),
        &native.stderr,
        &isolated.stderr,
    );
    assert_eq!(isolated.code, 0, "exit code of `{program}`");
}

macro_rules! programs {
    ($($name:ident = $argument:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            compare(host(), $argument);
        })*

        const PROGRAMS: &[&str] = &[$($argument),*];
    };
}

programs! {
    collections = "collections",
    collections_concurrent = "collections-concurrent",
    collections_immutable = "collections-immutable",
    collections_linq = "collections-linq",
    collections_mutable = "collections-mutable",
    strings = "strings",
    strings_builder = "strings-builder",
    strings_constructed = "strings-constructed",
    strings_formatting = "strings-formatting",
    strings_interning = "strings-interning",
    encodings = "encodings",
    encodings_binary = "encodings-binary",
    encodings_fallbacks = "encodings-fallbacks",
    cultures = "cultures",
    cultures_current = "cultures-current",
    cultures_flow = "cultures-flow",
    cultures_lists = "cultures-lists",
    cultures_names = "cultures-names",
    cultures_normalization = "cultures-normalization",
    cultures_parsing = "cultures-parsing",
    regular_expressions = "regex",
    regex_compiled = "regex-compiled",
    regex_details = "regex-details",
    regex_generated = "regex-generated",
    regex_interpreted = "regex-interpreted",
    regex_nonbacktracking = "regex-nonbacktracking",
    regex_replacing = "regex-replacing",
    json = "json",
    json_documents = "json-documents",
    json_generated = "json-generated",
    json_reflection = "json-reflection",
    json_streaming = "json-streaming",
    xml_documents = "xml-documents",
    xml_linq = "xml-linq",
    xml_schema = "xml-schema",
    xml_serializers = "xml-serializers",
    xml_streams = "xml-streams",
    xml_transform = "xml-transform",
    data_annotations = "data-annotations",
    data_components = "data-components",
    data_tables = "data-tables",
    crypto_ciphers = "crypto-ciphers",
    crypto_hashes = "crypto-hashes",
    crypto_keyed = "crypto-keyed",
    compression = "compression",
    compression_brotli = "compression-brotli",
    compression_brotli_async = "compression-brotli-async",
    compression_tar = "compression-tar",
    compression_tar_foreign = "compression-tar-foreign",
    compression_tar_formats = "compression-tar-formats",
    compression_tar_written = "compression-tar-written",
    compression_zip = "compression-zip",
    numbers = "numbers",
    numbers_big = "numbers-big",
    numbers_binary = "numbers-binary",
    numbers_converting = "numbers-converting",
    numbers_decimal = "numbers-decimal",
    numbers_generic = "numbers-generic",
    numbers_random = "numbers-random",
    numbers_rounded_once = "numbers-rounded-once",
    numbers_saturating = "numbers-saturating",
    numbers_wide = "numbers-wide",
    simd_fixed = "simd-fixed",
    simd_geometry = "simd-geometry",
    simd_vectors = "simd-vectors",
    time = "time",
    time_eras = "time-eras",
    time_formats = "time-formats",
    time_zones = "time-zones",
    streams = "streams",
    streams_pipelines = "streams-pipelines",
    streams_text = "streams-text",
    streams_wrapping = "streams-wrapping",
    files_async = "files-async",
    files_attributes = "files-attributes",
    files_certificates = "files-certificates",
    files_content = "files-content",
    files_directories = "files-directories",
    files_handles = "files-handles",
    files_isolated = "files-isolated",
    files_links = "files-links",
    files_mapped = "files-mapped",
    files_modes = "files-modes",
    files_paths = "files-paths",
    files_shared = "files-shared",
    files_tar = "files-tar",
    files_tar_foreign = "files-tar-foreign",
    files_versions = "files-versions",
    files_watching = "files-watching",
    files_zip = "files-zip",
    collector = "collector",
    console = "console",
    console_keys = "console-keys",
    temporary = "temporary",
    threads = "threads",
    threads_sleeping = "threads-sleeping",
    asynchronous = "async",
    async_awaiters = "async-awaiters",
    async_cancelling = "async-cancelling",
    async_context = "async-context",
    async_schedulers = "async-schedulers",
    async_streams = "async-streams",
    channels = "channels",
    channels_stages = "channels-stages",
    exceptions = "exceptions",
    exceptions_aggregate = "exceptions-aggregate",
    exceptions_casts = "exceptions-casts",
    exceptions_filters = "exceptions-filters",
    exceptions_flow = "exceptions-flow",
    exceptions_missing = "exceptions-missing",
    exceptions_missing_created = "exceptions-missing-created",
    exceptions_missing_found = "exceptions-missing-found",
    exceptions_missing_named = "exceptions-missing-named",
    exceptions_missing_recompiled = "exceptions-missing-recompiled",
    exceptions_reflected = "exceptions-reflected",
    exceptions_texts = "exceptions-texts",
    generics = "generics",
    habits_art = "habits-art",
    habits_attributes = "habits-attributes",
    habits_bank = "habits-bank",
    habits_calculator = "habits-calculator",
    habits_disposing = "habits-disposing",
    habits_dynamic = "habits-dynamic",
    habits_exceptions = "habits-exceptions",
    habits_generic_math = "habits-generic-math",
    habits_guessing = "habits-guessing",
    habits_life = "habits-life",
    habits_loops = "habits-loops",
    habits_matching = "habits-matching",
    habits_menu = "habits-menu",
    habits_money = "habits-money",
    habits_parsing = "habits-parsing",
    habits_pipeline = "habits-pipeline",
    habits_producers = "habits-producers",
    habits_report = "habits-report",
    habits_shared = "habits-shared",
    habits_streams = "habits-streams",
    habits_surroundings = "habits-surroundings",
    habits_tictactoe = "habits-tictactoe",
    habits_timers = "habits-timers",
    habits_times = "habits-times",
    habits_transformations = "habits-transformations",
    habits_trees = "habits-trees",
    habits_unsafe = "habits-unsafe",
    habits_words = "habits-words",
    language_boxes = "language-boxes",
    language_delegates = "language-delegates",
    language_enums = "language-enums",
    language_interfaces = "language-interfaces",
    language_iterators = "language-iterators",
    language_nullables = "language-nullables",
    language_patterns = "language-patterns",
    language_records = "language-records",
    language_stack = "language-stack",
    language_tuples = "language-tuples",
    language_unmanaged = "language-unmanaged",
    reflection = "reflection",
    reflection_attributes = "reflection-attributes",
    reflection_copies = "reflection-copies",
    reflection_dynamic = "reflection-dynamic",
    reflection_emit_methods = "reflection-emit-methods",
    reflection_emit_types = "reflection-emit-types",
    reflection_expressions = "reflection-expressions",
    reflection_generics = "reflection-generics",
    reflection_injection = "reflection-injection",
    reflection_invoking = "reflection-invoking",
    loading_bytes = "loading-bytes",
    loading_contexts = "loading-contexts",
    loading_metadata = "loading-metadata",
    loading_resources = "loading-resources",
    loading_unloading = "loading-unloading",
    garbage_collection = "memory",
    memory_buffers = "memory-buffers",
    tiers_exceptions = "tiers-exceptions",
    tiers_kinds = "tiers-kinds",
    tiers_parameters = "tiers-parameters",
    tiers_stack = "tiers-stack",
    memory_bulk_copies = "memory-bulk-copies",
    memory_bulk_fills = "memory-bulk-fills",
    memory_casting = "memory-casting",
    memory_collector = "memory-collector",
    memory_finalizers = "memory-finalizers",
    memory_array_accessors = "memory-array-accessors",
    memory_handles = "memory-handles",
    memory_large_fields = "memory-large-fields",
    memory_large_locals = "memory-large-locals",
    memory_lazy = "memory-lazy",
    memory_marshalling = "memory-marshalling",
    memory_pointers = "memory-pointers",
    memory_weak = "memory-weak",
    spans = "spans",
    waiting = "waiting",
    world_addresses = "world-addresses",
    world_diagnostics = "world-diagnostics",
    world_guids = "world-guids",
    world_identities = "world-identities",
    world_messages = "world-messages",
    world_platform = "world-platform",
    world_processes = "world-processes",
    world_variables = "world-variables",
}

#[test]
fn every_program_has_a_test() {
    let native = natively(FIXTURE);
    let listed: BTreeSet<&str> = native.keys().map(String::as_str).collect();
    assert_eq!(listed, PROGRAMS.iter().copied().collect::<BTreeSet<_>>());
    let crossings = natively("Crossings");
    for difference in DIFFERENCES {
        assert!(
            listed.contains(difference.program) || crossings.contains_key(difference.program),
            "a difference is listed for `{}`, which is no program",
            difference.program
        );
        assert_ne!(difference.native, difference.isolated);
    }
}

#[test]
fn a_program_that_is_not_there_is_told() {
    let ran = isolated(host(), FIXTURE, "--help");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.starts_with("usage: Programs "), "{}", ran.stderr);
}

/// The image that collects garbage before every allocation finds references that nothing keeps alive.
fn stress_host() -> IsolatedRuntimeHost {
    let path = std::env::var_os("ISOLATOR_GC_STRESS_GUEST").map_or_else(
        || {
            workspace().join(format!(
                "target/guest/{}-gc-debug",
                isolator_abi::DEFAULT_DOTNET_VERSION
            ))
        },
        PathBuf::from,
    );
    assert!(
        path.join("guest.json").is_file(),
        "there is no image for the garbage collector's stress test in `{}`: `cargo xtask test` builds it \
         (`cargo xtask build-guest --gc-debug collect-before-allocs`)",
        path.display()
    );
    isolator_tests::builder()
        .guest(path)
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Programs whose stacks are deep or large: every collection goes through all of it, so that these take minutes.
const DEEP: &[&str] = &["language-stack", "memory-large-locals"];

/// Slow ones among the programs take a second longer; they run on as many threads as there are.
#[test]
fn programs_survive_a_collection_before_every_allocation() {
    const TIMES: i32 = 200;
    let host = stress_host();
    let mut runtime = host.create_runtime().unwrap();
    let counted: BTreeMap<String, i32> = runtime
        .call("Calls", "Calls.Allocations", "Collections", (TIMES,))
        .unwrap();
    assert_eq!(counted.len(), 9);
    for (kind, collections) in counted {
        assert!(
            collections >= TIMES,
            "the image does not collect before every allocation: {collections} times for {TIMES} {kind}"
        );
    }
    drop(runtime);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for first in 0..threads {
            let host = &host;
            scope.spawn(move || {
                let programs = PROGRAMS.iter().filter(|name| !DEEP.contains(name));
                for program in programs.skip(first).step_by(threads) {
                    compare(host, program);
                }
            });
        }
    });
}
