//! Each example, run as its reader runs it: what it prints is what this repository says that it does.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What was compiled of the examples' C#.
fn compiled(folder: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/examples")
        .join(folder);
    assert!(
        path.is_dir(),
        "{} is not there: `cargo xtask test` compiles the examples' C#, and then runs the tests",
        path.display()
    );
    path
}

fn run(program: &str, folder: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .arg(compiled(folder))
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("start {program}: {error}"));
    let (printed, said) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(
        output.status.success(),
        "{program}: {}\n{printed}\n{said}",
        output.status
    );
    printed
}

#[test]
fn plug_ins_go_wrong_alone() {
    let texts = [
        "one two",
        "throw",
        "two three",
        "hang",
        "crash",
        "eat",
        "exit",
        "three",
    ];
    let printed = run(env!("CARGO_BIN_EXE_plug-ins"), "plug-ins", &texts);
    assert_eq!(
        printed,
        "\
> one two
  Faulty: fine
  Shout: ONE TWO
  WordCount: 2 words so far, 2 different ones
> throw
  Faulty failed: System.InvalidOperationException: I do not like this text
  Shout: THROW
  WordCount: 3 words so far, 3 different ones
> two three
  Faulty: fine
  Shout: TWO THREE
  WordCount: 5 words so far, 4 different ones
> hang
  Faulty is started anew: it reached its limit of time of one call, 2s
  Shout: HANG
  WordCount: 6 words so far, 5 different ones
> crash
  Faulty is started anew: it crashed (FailFast)
  Shout: CRASH
  WordCount: 7 words so far, 6 different ones
> eat
  Faulty failed: System.OutOfMemoryException: Out of memory
  Shout: EAT
  WordCount: 8 words so far, 7 different ones
> exit
  Faulty is started anew: it ended itself with code 3
  Shout: EXIT
  WordCount: 9 words so far, 8 different ones
> three
  Faulty: fine
  Shout: THREE
  WordCount: 10 words so far, 8 different ones
"
    );
}

#[test]
fn tenants_live_beside_one_another() {
    let printed = run(env!("CARGO_BIN_EXE_tenants"), "Ledgers", &[]);
    assert_eq!(
        printed,
        "\
50 tenants have what is theirs, each 10 bookings
a call for ever ended at its limit; meanwhile another tenant booked 7
a tenant got System.OutOfMemoryException
a tenant was cancelled while it waited
a call was given up, and its tenant cleaned up
"
    );
}

#[test]
fn hosts_are_called() {
    let printed = run(env!("CARGO_BIN_EXE_callbacks"), "Shop", &[]);
    assert_eq!(
        printed,
        "\
total: 20500 cents
the guest was told: no price: Call to host failed: The call failed. See host console logs for details.
fetched: <a> and <b>
1. 10 × item 1
2. 20 × item 2
3. 30 × item 3
rows that the host was asked for: 3
"
    );
}
