//! A thousand runtimes live side by side, and take for themselves only what they wrote.

use crate::CALLS;
use isolator_tests::builder;

/// Anonymous resident memory of this process, in bytes.
#[cfg(target_os = "linux")]
pub(crate) fn anonymous() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("RssAnon:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

/// In a process of its own: other tests take memory meanwhile.
#[test]
#[cfg(target_os = "linux")]
fn a_thousand_runtimes_share_the_image() {
    const VARIABLE: &str = "ISOLATOR_TESTS_MEMORY";
    if std::env::var_os(VARIABLE).is_none() {
        let name = "memory::a_thousand_runtimes_share_the_image";
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(VARIABLE, "1")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    let host = builder().max_runtimes(1000).build().unwrap();
    assert!(
        host.copy_on_write().unwrap(),
        "the copy-on-write image is off: each runtime is a copy"
    );
    let image = host.manifest().initial_memory_pages * 65_536;
    let create = |number: i32| {
        let mut runtime = host.create_runtime().unwrap();
        assert_eq!(
            runtime
                .call::<i32>("System.Private.CoreLib", "System.Math", "Abs", (-number,))
                .unwrap(),
            number
        );
        runtime
    };
    let mut runtimes: Vec<_> = (0..100).map(create).collect();
    let before = anonymous();
    runtimes.extend((100..1000).map(create));
    let each = (anonymous() - before) / 900;
    assert!(
        each < image / 200,
        "a runtime takes {each} bytes for itself, of an image of {image}"
    );
    let full = host.create_runtime().map(|_| ()).unwrap_err();
    assert!(
        matches!(full, isolator_host::Error::TooManyRuntimes { max: 1000 }),
        "{full}"
    );
    runtimes.truncate(100);
    // With an assembly loaded and code of it run.
    let before = anonymous();
    for (number, runtime) in (0..).zip(&mut runtimes) {
        assert_eq!(
            runtime
                .call::<i32>(CALLS, "Calls.State", "Set", (number,))
                .unwrap(),
            number
        );
    }
    let each = (anonymous() - before) / 100;
    assert!(
        each < image / 10,
        "a runtime that has loaded an assembly takes {each} bytes more, of an image of {image}"
    );
    for (number, runtime) in runtimes.iter_mut().enumerate() {
        assert_eq!(
            runtime
                .call::<i32>(CALLS, "Calls.State", "Get", ())
                .unwrap(),
            i32::try_from(number).unwrap()
        );
    }
    runtimes.pop();
    host.create_runtime().unwrap();
}
