//! The programs that a guest is trained with compute inside what they compute natively: a checksum of each part.

use crate::native::Ran;
use isolator_host::{Access, HostBuilder, IsolatedRuntimeHost, Stdio};
use isolator_tests::{assert_same_text, builder, fixture, native_dotnet};

const TRAINING: &str = "Training";
/// Names the directory that the parts about files work in.
const DIRECTORY: &str = "TRAINING_DIRECTORY";

fn natively() -> Ran {
    let data = tempfile::tempdir().unwrap();
    let output = native_dotnet()
        .arg(fixture(TRAINING).join("Training.dll"))
        .env(DIRECTORY, data.path())
        .output()
        .unwrap_or_else(|error| panic!("dotnet: {error}"));
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn inside(host: &IsolatedRuntimeHost) -> Ran {
    let data = tempfile::tempdir().unwrap();
    let mut runtime = host
        .runtime()
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture)
        .env(DIRECTORY, "/data")
        .directory(data.path(), "/data", Access::ReadWrite)
        .create()
        .unwrap();
    let assembly = runtime.load_assembly(TRAINING).unwrap();
    let code = runtime.run_main(&assembly, &[] as &[&str]).unwrap();
    Ran {
        code,
        stdout: runtime.stdout_utf8(),
        stderr: runtime.stderr_utf8(),
    }
}

#[test]
fn every_part_gives_the_native_checksum() {
    let host = builder()
        .assembly_directory(fixture(TRAINING))
        .and_then(HostBuilder::build)
        .unwrap();
    let (native, inside) = (natively(), inside(&host));
    assert_eq!(native.code, 0, "natively:\n{}", native.stderr);
    assert!(native.stdout.lines().count() > 150, "{}", native.stdout);
    assert_same_text(
        "the checksums (`Training.dll --verbose PART` shows what a part adds up)",
        &native.stdout,
        &inside.stdout,
    );
    assert_eq!(inside.code, 0, "inside:\n{}", inside.stderr);
}
