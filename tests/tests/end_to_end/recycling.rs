//! What takes a dropped runtime's place finds nothing of it.

use isolator_host::HostBuilder;
use isolator_tests::builder;

/// The second runtime in a slot begins with exactly the memory that the first one began with.
fn nothing_is_left(keep_resident: Option<usize>) {
    let host = builder().max_runtimes(1);
    nothing_is_left_by(match keep_resident {
        Some(bytes) => host.keep_resident(bytes),
        None => host,
    });
}

fn nothing_is_left_by(host: HostBuilder) {
    let host = host.build().unwrap();
    let fresh = host.create_runtime().unwrap().memory().to_vec();
    for round in 0..3 {
        let mut runtime = host.create_runtime().unwrap();
        assert!(
            runtime.memory() == fresh,
            "round {round}: a runtime begins with another's bytes"
        );
        let secret = format!("a secret of round {round}");
        let length: String = runtime
            .call(
                "System.Private.CoreLib",
                "System.String",
                "Concat",
                (&secret, &secret),
            )
            .unwrap();
        assert_eq!(length, secret.repeat(2));
        // As .NET keeps text; the bytes in which it crossed are freed already.
        let text: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let written = runtime.memory();
        assert!(
            written.windows(text.len()).any(|bytes| bytes == text),
            "the secret was in memory"
        );
    }
}

#[test]
fn nothing_is_left_by_default() {
    nothing_is_left(None);
}

#[test]
fn nothing_is_left_where_the_kernel_takes_all_pages_back() {
    nothing_is_left(Some(0));
}

#[test]
fn nothing_is_left_where_pages_stay_mapped() {
    // Less than a runtime writes, and more.
    nothing_is_left(Some(64 << 10));
    nothing_is_left(Some(64 << 20));
}

/// As on systems that have neither a list of written pages nor the room for all runtimes at once.
#[test]
fn nothing_is_left_where_runtimes_are_mapped_one_by_one() {
    let host = || builder().max_runtimes(1).on_demand_allocation();
    nothing_is_left_by(host());
    nothing_is_left_by(host().keep_resident(0));
}
