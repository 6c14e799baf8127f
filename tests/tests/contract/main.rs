//! The contract: the guest is a component of exactly the WIT's world, and every call gives the same through the component
//! form and through the host's own lifting of the core form.

mod component;

use component::{ComponentForm, Outcome};
use isolator_abi::wire::{Failure, FailureKind, MethodQuery};
use isolator_host::{Error, IsolatedRuntime, Result};
use isolator_tests::{builder, fixture_file, runtime};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wit_component::{DecodedWasm, WitPrinter};

#[test]
fn the_component_has_exactly_the_world() {
    let bytes = std::fs::read(component::path()).unwrap();
    let DecodedWasm::Component(resolve, world) = wit_component::decode(&bytes).unwrap() else {
        panic!("it is no component");
    };
    let names = |items: &wit_parser::IndexMap<wit_parser::WorldKey, wit_parser::WorldItem>| -> BTreeSet<String> {
        items.keys().map(|key| resolve.name_world_key(key)).collect()
    };
    assert_eq!(names(&resolve.worlds[world].exports), BTreeSet::from(["isolator:runtime/guest@0.1.0".to_owned()]));
    let (ours, wasi): (BTreeSet<_>, BTreeSet<_>) = names(&resolve.worlds[world].imports).into_iter().partition(|name| name.starts_with("isolator:"));
    assert_eq!(ours, BTreeSet::from(["isolator:runtime/host@0.1.0".to_owned()]));
    assert!(wasi.iter().all(|name| name.starts_with("wasi:")), "{wasi:?}");

    // The functions themselves, as text: comments are not in a binary, so the contract's own are left out too.
    let mut wit = wit_parser::Resolve::default();
    let package = wit.push_str("isolator.wit", isolator_abi::WIT).unwrap();
    for interface in ["host", "guest"] {
        let expected = functions(&wit, package, interface);
        let package = resolve.packages.iter().find(|(_, p)| p.name.namespace == "isolator").unwrap().0;
        assert_eq!(functions(&resolve, package, interface), expected, "{interface}");
        assert!(expected.len() > 5);
    }
}

/// Names and signatures of an interface's functions.
fn functions(resolve: &wit_parser::Resolve, package: wit_parser::PackageId, interface: &str) -> BTreeSet<String> {
    let id = resolve.packages[package].interfaces[interface];
    let mut printer = WitPrinter::default();
    printer.emit_docs(false);
    printer.print_package(resolve, resolve.interfaces[id].package.unwrap(), true).unwrap();
    let text = String::from(printer.output);
    let start = text.find(&format!("interface {interface} {{")).unwrap();
    let end = text[start..].find("\n}").unwrap();
    text[start..start + end].lines().map(str::trim).filter(|line| line.contains(": func(")).map(str::to_owned).collect()
}

/// Both forms of one guest.
struct Both {
    core: IsolatedRuntime,
    component: ComponentForm,
}

/// The failure that a host error was made from, as far as it can be compared.
fn kind(error: &Error) -> FailureKind {
    match error {
        Error::GuestException(_) => FailureKind::Exception,
        Error::AssemblyNotFound { .. } => FailureKind::AssemblyNotFound,
        Error::BadImage { .. } => FailureKind::BadImage,
        Error::TypeNotFound { .. } => FailureKind::TypeNotFound,
        Error::MethodNotFound { .. } => FailureKind::MemberNotFound,
        Error::Ambiguous { .. } => FailureKind::Ambiguous,
        Error::Argument { .. } => FailureKind::Argument,
        Error::Value { .. } => FailureKind::Value,
        Error::BadHandle { .. } => FailureKind::BadHandle,
        Error::Async { .. } => FailureKind::Async,
        other => panic!("not a failure of the guest's: {other:?}"),
    }
}

/// Compares what both forms gave. Handles are compared by what they lead to, in later calls.
#[track_caller]
fn same<T: PartialEq + std::fmt::Debug>(core: Result<T>, component: Outcome<T>) {
    match (core, component) {
        (Ok(core), Ok(component)) => assert_eq!(core, component),
        (Err(core), Err(Failure { kind: expected, message, exception, .. })) => {
            assert_eq!(kind(&core), expected, "{core} / {message}");
            if let (Error::GuestException(core), Some(component)) = (&core, exception) {
                assert_eq!((&core.type_name, &core.message), (&component.type_name, &component.message));
            }
        }
        (core, component) => panic!("core gave {core:?}, and component {component:?}"),
    }
}

impl Both {
    fn new() -> Self {
        let mut core = runtime();
        core.register_callback("greet", |who: String| format!("hello {who}"));
        Self { core, component: ComponentForm::new() }
    }

    #[track_caller]
    fn invoke(&mut self, class: &str, method: &str, args: Value) {
        let query = MethodQuery { argument_count: Some(args.as_array().unwrap().len() as u32), ..Default::default() };
        let core = self.core.find_method_with("Calls", class, method, &query).and_then(|m| self.core.invoke::<Value>(&m, &args));
        let found = self.component_method(class, method, &query);
        let component = found.and_then(|m| self.component.invoke(m, 0, &args));
        same(core, component);
    }

    fn component_method(&mut self, class: &str, method: &str, query: &MethodQuery) -> Outcome<u64> {
        let assembly = self.component.load_assembly("Calls")?;
        let class = self.component.find_type(assembly, class)?;
        self.component.find_method(class, method, query)
    }
}

#[test]
fn values_and_failures_are_the_same_through_both_forms() {
    let mut both = Both::new();
    for (class, method, args) in [
        ("Calls.Arithmetic", "Add", json!([1, 2])),
        ("Calls.Arithmetic", "Divide", json!([1, 0])),
        ("Calls.Arithmetic", "Double", json!([1.5])),
        ("Calls.Arithmetic", "Not", json!([true])),
        ("Calls.Arithmetic", "Add", json!(["one", 2])),
        ("Calls.Arithmetic", "Add", json!([1])),
        ("Calls.Arithmetic", "NoSuchMethod", json!([])),
        ("Calls.NoSuchType", "Add", json!([1, 2])),
        ("Calls.Callbacks", "Greet", json!(["world"])),
        ("Calls.Counter", "SumOf", json!([[]])),
    ] {
        both.invoke(class, method, args);
    }
    same(both.core.load_assembly("NoSuchAssembly").map(|_| ()), both.component.load_assembly("NoSuchAssembly").map(|_| ()));
    same(both.core.load_image(b"rubbish", None).map(|_| ()), both.component.load_image(b"rubbish", None).map(|_| ()));
    let image = fixture_file("Calls", "Calls.dll");
    same(both.core.load_image(&image, None).map(|_| ()), both.component.load_image(&image, None).map(|_| ()));
}

#[test]
fn scalars_are_the_same_through_both_forms() {
    let mut both = Both::new();
    let query = MethodQuery::default();
    let add = both.component_method("Calls.Arithmetic", "Add", &query).unwrap();
    assert_eq!(both.component.scalar_signature(add), Ok(Some("iii".into())));
    let core = both.core.find_method("Calls", "Calls.Arithmetic", "Add").unwrap();
    for (a, b) in [(1, 2), (i32::MIN, 1), (i32::MAX, i32::MAX)] {
        let component = both.component.invoke_scalar(add, i64::from(a) as u64, i64::from(b) as u64).map(|bits| bits as i64 as i32);
        same(both.core.invoke::<i32>(&core, (a, b)), component);
    }
    let divide = both.component_method("Calls.Arithmetic", "Divide", &query).unwrap();
    both.component.scalar_signature(divide).unwrap();
    let core = both.core.find_method("Calls", "Calls.Arithmetic", "Divide").unwrap();
    let component = both.component.invoke_scalar(divide, 1, 0).map(|bits| bits as i32);
    same(both.core.invoke::<i32>(&core, (1, 0)), component);
    let echo = both.component_method("Calls.Counter", "SumOf", &query).unwrap();
    assert_eq!(both.component.scalar_signature(echo), Ok(None));
}

#[test]
fn objects_fields_and_handles_are_the_same_through_both_forms() {
    let mut both = Both::new();
    let class = both.core.find_type("Calls", "Calls.Counter").unwrap();
    let counter = both.core.create_object_of(&class, (5,)).unwrap();
    let one = MethodQuery { argument_count: Some(1), ..Default::default() };
    let zero = MethodQuery { argument_count: Some(0), ..Default::default() };

    let assembly = both.component.load_assembly("Calls").unwrap();
    let other_class = both.component.find_type(assembly, "Calls.Counter").unwrap();
    let other = both.component.create_object(other_class, &json!([5])).unwrap();
    let method = both.component.find_method(other_class, "Increment", &one).unwrap();
    same(both.core.call_on::<Value>(&counter, "Increment", (3,)), both.component.invoke(method, other, &json!([3])));

    same(both.core.get_field::<Value>(&class, Some(&counter), "_count"), both.component.get_field(other_class, other, "_count"));
    same(both.core.set_field(&class, Some(&counter), "_count", 70), both.component.set_field(other_class, other, "_count", &json!(70)));
    same(both.core.get_field::<Value>(&class, Some(&counter), "_count"), both.component.get_field(other_class, other, "_count"));
    same(both.core.get_field::<Value>(&class, Some(&counter), "_nothing"), both.component.get_field(other_class, other, "_nothing"));

    same(both.core.value_of::<Value>(&counter), both.component.get_value(other));
    let (core, component) = (both.core.type_of(&counter).unwrap(), both.component.type_of(other).unwrap());
    same(both.core.inspect(&core), both.component.inspect(component));

    let itself = both.component.find_method(other_class, "Self", &zero).unwrap();
    let again = both.component.invoke_handle(itself, other, &json!([])).unwrap();
    let core_self = both.core.find_method_of(&class, "Self", &zero).unwrap();
    let core_again = both.core.invoke_object(&core_self, Some(&counter), ()).unwrap().unwrap();
    same(both.core.value_of::<Value>(&core_again), both.component.get_value(again));

    let copied = json!({ "Id": 1, "Name": "n", "Price": 2.5, "Paid": true, "Placed": null });
    let order = both.core.find_type("Calls", "Calls.Leaf").unwrap();
    let other_order = both.component.find_type(assembly, "Calls.Leaf").unwrap();
    same(both.core.copy_object(&order, &copied).map(|_| ()), both.component.copy_object(other_order, &copied).map(|_| ()));

    // A handle that was given back is stale, and says so.
    let live = both.component.statistics().live_handles;
    both.component.release(other);
    assert_eq!(both.component.statistics().live_handles, live - 1);
    assert_eq!(both.component.get_value(other).unwrap_err().kind, FailureKind::BadHandle);
    assert_eq!(both.component.get_value(u64::MAX).unwrap_err().kind, FailureKind::BadHandle);
    let before = (both.component.statistics().collections, both.core.statistics().unwrap().collections);
    both.component.collect(0);
    both.core.collect(0).unwrap();
    assert_eq!(both.component.statistics().collections, before.0 + 1);
    assert_eq!(both.core.statistics().unwrap().collections, before.1 + 1);
}

#[test]
fn raw_bytes_tasks_and_streams_are_the_same_through_both_forms() {
    let mut both = Both::new();
    let query = MethodQuery::default();
    let core = both.core.find_method("Isolator.Runtime", "Isolator.Runtime.WarmUp", "EchoBytes").unwrap();
    let assembly = both.component.load_assembly("Isolator.Runtime").unwrap();
    let class = both.component.find_type(assembly, "Isolator.Runtime.WarmUp").unwrap();
    let method = both.component.find_method(class, "EchoBytes", &query).unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    same(both.core.invoke_raw(&core, None, &bytes), both.component.invoke_raw(method, &bytes));

    let host_class = both.core.find_method("Calls", "Calls.Callbacks", "Greet").map(|_| ()).is_ok();
    assert!(host_class, "the fixture has callbacks");
    for (class, name, args) in tasks() {
        let core = both.core.find_method("Calls", class, name).unwrap();
        let core = both.core.start_task(&core, None, &args).and_then(|task| both.core.wait::<Value>(&task));
        let method = both.component_method(class, name, &query).unwrap();
        let task = both.component.invoke_async(method, &args);
        let component = task.and_then(|task| {
            let outcome = both.component.wait(task);
            both.component.release(task);
            outcome
        });
        same(core, component);
    }
    // A task that never ends by itself is ended by its token, in both.
    let (class, name) = ("Calls.Tasks", "UntilCancelled");
    if let Ok(core) = both.core.find_method("Calls", class, name) {
        let task = both.core.start_task(&core, None, ()).unwrap();
        both.core.cancel_task(&task).unwrap();
        let method = both.component_method(class, name, &query).unwrap();
        let other = both.component.invoke_async(method, &json!([])).unwrap();
        both.component.cancel_task(other);
        same(both.core.wait::<Value>(&task), both.component.wait(other));
    }
}

fn tasks() -> [(&'static str, &'static str, Value); 2] {
    [
        ("Calls.Tasks", "Values", json!([3])),
        ("Calls.Tasks", "FailLater", json!(["it failed"])),
    ]
}

#[test]
fn streams_and_programs_are_the_same_through_both_forms() {
    let mut both = Both::new();
    let query = MethodQuery::default();
    let core = both.core.find_method("Calls", "Calls.Tasks", "Numbers").unwrap();
    let source = both.core.invoke_object(&core, None, (3,)).unwrap().unwrap();
    let stream = both.core.open_stream(&source).unwrap();
    let method = both.component_method("Calls.Tasks", "Numbers", &query).unwrap();
    let source = both.component.invoke_handle(method, 0, &json!([3])).unwrap();
    let other = both.component.open_stream(source).unwrap();
    for _ in 0..4 {
        let component = both.component.next_element(other).map(|elements| elements.as_array().unwrap().first().cloned());
        same(both.core.next_element::<Value>(&stream), component);
    }

    let image = fixture_file("CliHello", "CliHello.dll");
    let assembly = both.core.load_image(&image, None).unwrap();
    let code = both.core.run_main(&assembly, &["a"]);
    let other = both.component.load_image(&image, None).unwrap();
    let task = both.component.run_main(other, &["a"]).unwrap();
    same(code.map(Value::from), both.component.wait(task));
}

#[test]
fn a_library_has_no_entry_point_in_either_form() {
    let mut both = Both::new();
    let core = both.core.load_assembly("Calls").and_then(|a| both.core.run_main(&a, &[])).map(|_| ());
    let component = both.component.load_assembly("Calls").and_then(|a| both.component.run_main(a, &[])).map(|_| ());
    same(core, component);
}

#[test]
fn another_contract_is_refused_with_both_values() {
    let image = component::path().parent().unwrap().to_path_buf();
    let place = tempfile::tempdir().unwrap();
    let json = std::fs::read_to_string(image.join("guest.json")).unwrap();
    let changed = json.replace("\"abi_version\": \"0.1.0\"", "\"abi_version\": \"7.7.7\"");
    assert_ne!(json, changed, "the manifest has the version");
    std::fs::write(place.path().join("guest.json"), changed).unwrap();
    for file in ["code.wasm", "state.wasm", "code.cwasm", "state.cwasm"] {
        std::fs::hard_link(image.join(file), place.path().join(file)).or_else(|_| std::fs::copy(image.join(file), place.path().join(file)).map(|_| ())).unwrap();
    }
    let error = builder().guest(place.path()).build().unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::IncompatibleGuest { .. }), "{error:?}");
    assert!(message.contains("7.7.7") && message.contains("0.1.0"), "{message}");
}
