//! Runtimes on any thread and under any executor: small stacks, moves between threads, tokio.

use crate::CALLS;
use isolator_host::{Access, CallContext, Error, IsolatedRuntime, Stdio};
use isolator_tests::{host, runtime};

/// All that could block or want stack: output, files, sleeping, callbacks that nest.
fn everything(runtime: &mut IsolatedRuntime) {
    runtime.register_fallible_callback(
        "nest",
        |context: &mut CallContext<'_>, depth: i32| -> Result<i32, Error> {
            context.call(CALLS, "Calls.Callbacks", "Nest", (depth,))
        },
    );
    runtime
        .call::<()>(CALLS, "Calls.Surroundings", "Print", ("printed",))
        .unwrap();
    assert_eq!(runtime.take_stdout(), b"printed");
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.Callbacks", "Nest", (20,))
            .unwrap(),
        20
    );
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.Surroundings", "Recurse", (1000,))
            .unwrap(),
        1000
    );
    assert!(
        runtime
            .call::<i64>(CALLS, "Calls.Surroundings", "Sleep", (5,))
            .unwrap()
            >= 4
    );
    assert_eq!(
        runtime
            .call_task::<i32>(CALLS, "Calls.Tasks", "Delayed", (5, 3))
            .unwrap(),
        3
    );
    assert!(matches!(
        runtime.call::<i32>(CALLS, "Calls.Failing", "Nested", ()),
        Err(Error::GuestException(_))
    ));
    assert_eq!(
        runtime
            .call::<String>(CALLS, "Calls.Files", "Try", ("read", "/data/a.txt"))
            .unwrap(),
        "a file"
    );
}

fn granted() -> (tempfile::TempDir, IsolatedRuntime) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.txt"), "a file").unwrap();
    let runtime = host()
        .runtime()
        .stdout(Stdio::Capture)
        .directory(directory.path(), "/data", Access::ReadOnly)
        .create()
        .unwrap();
    (directory, runtime)
}

#[test]
fn threads_with_small_stacks_can_call() {
    for size in [256 << 10, 1 << 20, 2 << 20] {
        std::thread::Builder::new()
            .stack_size(size)
            .spawn(|| {
                let (_directory, mut runtime) = granted();
                everything(&mut runtime);
            })
            .unwrap()
            .join()
            .unwrap();
    }
}

#[test]
fn endless_recursion_on_a_small_stack_leaves_the_process_alone() {
    for size in [256 << 10, 1 << 20] {
        std::thread::Builder::new()
            .stack_size(size)
            .spawn(|| {
                let mut runtime = runtime();
                assert!(
                    runtime
                        .call::<i32>(CALLS, "Calls.Surroundings", "Forever", (0,))
                        .is_err()
                );
            })
            .unwrap()
            .join()
            .unwrap();
    }
}

#[test]
fn a_runtime_moves_between_threads() {
    let mut runtime = runtime();
    runtime
        .call::<i32>(CALLS, "Calls.State", "Set", (1,))
        .unwrap();
    let counter = runtime.create_object(CALLS, "Calls.Counter").unwrap();
    for round in 1..=5 {
        let object = counter.clone();
        runtime = std::thread::spawn(move || {
            assert_eq!(
                runtime.call_on::<i32>(&object, "Increment", ()).unwrap(),
                round
            );
            runtime
        })
        .join()
        .unwrap();
    }
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.State", "Get", ())
            .unwrap(),
        1
    );
}

#[test]
fn threads_use_one_host_at_the_same_time() {
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for round in 0..20 {
                    let mut runtime = host().create_runtime().unwrap();
                    assert_eq!(
                        runtime
                            .call::<i32>(CALLS, "Calls.Arithmetic", "Add", (thread, round))
                            .unwrap(),
                        thread + round
                    );
                }
            });
        }
    });
}

#[test]
fn everything_works_on_an_executor_with_one_thread() {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let (_directory, mut runtime) = granted();
            everything(&mut runtime);
            tokio::task::yield_now().await;
            everything(&mut runtime);
        });
}

#[test]
fn everything_works_on_an_executor_with_several_threads() {
    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    executor.block_on(async {
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                tokio::spawn(async {
                    let (_directory, mut runtime) = granted();
                    everything(&mut runtime);
                    tokio::task::yield_now().await;
                    // Perhaps on the other worker now.
                    everything(&mut runtime);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}
