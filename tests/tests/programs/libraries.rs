//! Libraries that many programs use do their work inside a sandbox as they do natively.

use crate::{isolated, native::natively};
use isolator_host::IsolatedRuntimeHost;
use isolator_tests::{assert_same_text, builder, fixture};
use std::sync::LazyLock;

const FIXTURE: &str = "Libraries";

/// A host that finds the libraries beside the fixture.
fn host() -> &'static IsolatedRuntimeHost {
    static HOST: LazyLock<IsolatedRuntimeHost> = LazyLock::new(|| {
        builder()
            .assembly_directory(fixture(FIXTURE))
            .and_then(isolator_host::HostBuilder::build)
            .unwrap_or_else(|error| panic!("{error}"))
    });
    &HOST
}

fn compare(library: &str) {
    let native = natively(FIXTURE);
    let native = native
        .get(library)
        .unwrap_or_else(|| panic!("no program uses `{library}`"));
    assert!(
        native.stdout.lines().count() > 5,
        "{library} does nothing: {}",
        native.stdout
    );
    let isolated = isolated(host(), FIXTURE, library);
    assert_same_text(
        &format!("standard error of `{library}`"),
        &native.stderr,
        &isolated.stderr,
    );
    assert_same_text(
        &format!("standard output of `{library}`"),
        &native.stdout,
        &isolated.stdout,
    );
    assert_eq!(isolated.code, 0, "exit code of `{library}`");
}

macro_rules! libraries {
    ($($name:ident = $argument:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            compare($argument);
        })*

        #[test]
        fn every_library_has_a_test() {
            let listed: Vec<_> = natively(FIXTURE).keys().cloned().collect();
            assert_eq!(listed, [$($argument),*]);
        }
    };
}

libraries! {
    csvhelper = "csvhelper",
    fluentvalidation = "fluentvalidation",
    identitymodel = "identitymodel",
    jint = "jint",
    markdig = "markdig",
    newtonsoft_json = "newtonsoft-json",
    nodatime = "nodatime",
    yamldotnet = "yamldotnet",
}
