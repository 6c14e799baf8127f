//! What a runtime without grants answers where there is nothing: an exception that says so, or a fixed answer.

use isolator_tests::runtime;
use std::collections::BTreeMap;

const UNAVAILABLE: &str = "Programs.Surroundings.Unavailable";

#[test]
fn what_is_not_there_says_so() {
    let mut runtime = runtime();
    let names: Vec<String> = runtime.call("Programs", UNAVAILABLE, "Names", ()).unwrap();
    let answers: BTreeMap<String, String> = names
        .into_iter()
        .map(|name| {
            let answer = runtime
                .call("Programs", UNAVAILABLE, "Try", (name.as_str(),))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, answer)
        })
        .collect();
    let expected: BTreeMap<String, String> = EXPECTED
        .iter()
        .map(|(name, answer)| ((*name).to_owned(), (*answer).to_owned()))
        .collect();
    assert_eq!(answers, expected);
    // The runtime has survived all of it.
    assert_eq!(
        runtime
            .call::<i32>("System.Private.CoreLib", "System.Math", "Abs", (-5,))
            .unwrap(),
        5
    );
}

const EXPECTED: &[(&str, &str)] = &[
    (
        "anonymous pipe",
        "PlatformNotSupportedException: System.IO.Pipes is not supported on this platform.",
    ),
    ("app domain", "DefaultDomain"),
    (
        "certificate",
        "System.Security.Cryptography.X509Certificates.CertificateRequest",
    ),
    (
        "certificate added",
        "CryptographicException: The X509 certificate could not be added to the store.",
    ),
    ("certificate store", "null"),
    (
        "certificate store of existing ones",
        "CryptographicException: The specified X509 certificate store does not exist.",
    ),
    (
        "certificates of the machine",
        "CryptographicException: Unix LocalMachine X509Store is limited to the Root and CertificateAuthority stores.",
    ),
    ("roots of the machine", "0"),
    (
        "roots of the machine, written",
        "CryptographicException: Unix LocalMachine X509Stores are read-only for all users.",
    ),
    ("console colour", "Red"),
    ("console encoding", "utf-8"),
    ("console title", "t"),
    ("console width", "80"),
    ("current directory", "/"),
    ("domain name", "localhost"),
    ("drives", "1"),
    ("home", "/"),
    ("host name", "localhost"),
    (
        "http listener",
        "PlatformNotSupportedException: System.Net.HttpListener is not supported on this platform.",
    ),
    (
        "interface by a dynamic cast",
        "InvalidCastException: Unable to cast object of type 'Programs.Surroundings.DynamicGreeting' to type 'Programs.Surroundings.IGreeting'.",
    ),
    ("interface by a dynamic cast, asked for", "False"),
    (
        "isolated storage",
        "IsolatedStorageException: Initialization failed.",
    ),
    (
        "listener",
        "PlatformNotSupportedException: System.Net.Sockets is not supported on this platform.",
    ),
    ("machine name", "localhost"),
    (
        "name resolution",
        "PlatformNotSupportedException: System.Net.NameResolution is not supported on this platform.",
    ),
    ("named mutex", "System.Threading.Mutex"),
    ("native library", "DllNotFoundException: 'libc.so.6': ''"),
    (
        "network interfaces",
        "PlatformNotSupportedException: System.Net.NetworkInformation is not supported on this platform.",
    ),
    ("operating system", "Other"),
    (
        "ping",
        "PlatformNotSupportedException: System.Net.Ping is not supported on this platform.",
    ),
    ("process current", "DefaultDomain"),
    (
        "process modules",
        "PlatformNotSupportedException: System.Diagnostics.Process is not supported on this platform.",
    ),
    ("process id", "42"),
    ("process path", "null"),
    (
        "process start",
        "PlatformNotSupportedException: System.Diagnostics.Process is not supported on this platform.",
    ),
    ("processors", "1"),
    (
        "signal",
        "System.Runtime.InteropServices.PosixSignalRegistration",
    ),
    (
        "socket",
        "PlatformNotSupportedException: System.Net.Sockets is not supported on this platform.",
    ),
    ("system directory", ""),
    ("temporary directory", "/tmp/"),
    ("user name", "Browser"),
];
