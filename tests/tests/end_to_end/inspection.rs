//! Looking at assemblies: nothing of them runs, and metadata says what reflection says.

use isolator_host::{Error, Inspection, IsolatedRuntime, LimitKind, Limits};
use isolator_tests::{fixture_file, host, runtime};
use std::collections::BTreeMap;

fn lines(of: &Inspection) -> Vec<String> {
    let mut lines: Vec<String> = of
        .members
        .iter()
        .map(|member| {
            format!(
                "{} {}: {} | {} | {}",
                member.kind,
                member.name,
                member.signature,
                member.documentation_id,
                member.is_public
            )
        })
        .collect();
    lines.sort();
    lines
}

/// All types by reflection, each with its members.
fn by_handles(runtime: &mut IsolatedRuntime, assembly: &str) -> BTreeMap<String, Inspection> {
    let assembly = runtime.load_assembly(assembly).unwrap();
    let listed = runtime.inspect(&assembly).unwrap().members;
    listed
        .into_iter()
        .map(|of_type| {
            let handle = runtime.find_type_in(&assembly, &of_type.name).unwrap();
            (of_type.name, runtime.inspect(&handle).unwrap())
        })
        .collect()
}

/// The fixture says on standard error whatever of it runs.
#[test]
fn neither_handles_nor_images_run_what_they_are_of() {
    let mut runtime = runtime();
    let reflected = by_handles(&mut runtime, "Inspected");
    let holder = runtime.find_type("Inspected", "Inspected.Holder").unwrap();
    for method in ["Defaults", "Marshalled", "Access", "Generic"] {
        let query = isolator_host::MethodQuery::default();
        let method = runtime.find_method_of(&holder, method, &query).unwrap();
        let _ = runtime.inspect(&method).unwrap();
    }
    assert_eq!(runtime.stderr_utf8(), "");

    let image = fixture_file("Inspected", "Inspected.dll");
    let read = runtime.inspect_image(&image, None).unwrap();
    let one = runtime
        .inspect_image(&image, Some("Inspected.Holder"))
        .unwrap();
    assert_eq!(runtime.stderr_utf8(), "");
    assert_eq!(
        (read.kind.as_str(), one.kind.as_str()),
        ("assembly", "type")
    );

    assert_eq!(
        read.members
            .iter()
            .map(|of| &of.name)
            .collect::<std::collections::BTreeSet<_>>(),
        reflected.keys().collect()
    );
    for of_type in &read.members {
        let expected = &reflected[&of_type.name];
        assert_eq!(of_type.signature, expected.signature);
        // Reflection has no words for function pointers.
        let plain = |of: &Inspection| {
            let mut lines = lines(of);
            lines.retain(|line| !line.contains("Pointers"));
            lines
        };
        assert_eq!(plain(of_type), plain(expected), "{}", of_type.name);
    }

    // It can speak: now it runs.
    let made = runtime.create_object("Inspected", "Inspected.Holder");
    assert!(made.is_ok(), "{made:?}");
    assert!(runtime.stderr_utf8().contains("RAN: static constructor"));
}

#[test]
fn assemblies_of_the_base_library_are_listed_by_their_names() {
    let mut runtime = runtime();
    let math = runtime
        .inspect_assembly("System.Runtime", Some("System.Math"))
        .unwrap();
    assert_eq!(math.signature, "static class System.Math");
    assert!(
        lines(&math)
            .iter()
            .any(|line| line.contains(": static int Max(int val1, int val2) |"))
    );
    let error = runtime.inspect_assembly("No.Such", None).unwrap_err();
    assert!(matches!(error, Error::AssemblyNotFound { .. }), "{error}");
}

#[test]
fn what_is_no_assembly_or_too_much_is_an_error_and_the_runtime_lives() {
    let mut runtime = runtime();
    let image = fixture_file("Inspected", "Inspected.dll");
    for bytes in [&[][..], b"MZ", &image[..1000], &image[..image.len() / 2]] {
        let error = runtime.inspect_image(bytes, None).unwrap_err();
        assert!(matches!(error, Error::BadImage { .. }), "{error}");
    }
    let error = runtime.inspect_image(&image, Some("No.Such")).unwrap_err();
    assert!(matches!(error, Error::TypeNotFound { .. }), "{error}");
    assert!(runtime.inspect_image(&image, None).is_ok());

    let mut small = host()
        .runtime()
        .limits(Limits::default().max_value(1000))
        .create()
        .unwrap();
    let error = small.inspect_image(&image, None).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                limit: LimitKind::Value,
                ..
            }
        ),
        "{error}"
    );
}
