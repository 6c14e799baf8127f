//! Objects that live inside, named by handles.

use crate::CALLS;
use isolator_host::{Error, IsolatedRuntime};
use isolator_tests::runtime;

#[test]
fn objects_are_created_and_called() {
    let mut runtime = runtime();
    let counter = runtime.create_object(CALLS, "Calls.Counter").unwrap();
    assert_eq!(
        runtime.call_on::<i32>(&counter, "Increment", (5,)).unwrap(),
        5
    );
    assert_eq!(
        runtime.call_on::<i32>(&counter, "Increment", ()).unwrap(),
        6
    );
    assert_eq!(
        runtime.call_on::<i32>(&counter, "get_Item", (7,)).unwrap(),
        42,
        "an indexer"
    );
    runtime
        .call_on::<()>(&counter, "set_Name", ("renamed",))
        .unwrap();
    assert_eq!(
        runtime.call_on::<String>(&counter, "Describe", ()).unwrap(),
        "renamed=6"
    );
    assert_eq!(
        runtime
            .call_on::<String>(&counter, "Secret", ("?",))
            .unwrap(),
        "secret 6?",
        "private, too"
    );
    let of_type = runtime.type_of(&counter).unwrap();
    assert_eq!(
        runtime
            .get_field::<i32>(&of_type, Some(&counter), "_count")
            .unwrap(),
        6
    );
    runtime
        .set_field(&of_type, Some(&counter), "_count", 100)
        .unwrap();
    assert_eq!(
        runtime.call_on::<i32>(&counter, "Increment", (1,)).unwrap(),
        101
    );
    assert_eq!(
        runtime.get_field::<i32>(&of_type, None, "Created").unwrap(),
        1
    );
}

#[test]
fn constructors_are_chosen_by_their_arguments() {
    let mut runtime = runtime();
    let from = runtime
        .create_object_with(CALLS, "Calls.Counter", (40,))
        .unwrap();
    let parsed = runtime
        .create_object_with(CALLS, "Calls.Counter", ("7", 6))
        .unwrap();
    assert_eq!(
        runtime.call_on::<i32>(&from, "Increment", (2,)).unwrap(),
        42
    );
    assert_eq!(
        runtime.call_on::<i32>(&parsed, "Increment", (0,)).unwrap(),
        42
    );
}

#[test]
fn virtual_methods_are_virtual() {
    let mut runtime = runtime();
    let loud = runtime.create_object(CALLS, "Calls.LoudCounter").unwrap();
    assert_eq!(
        runtime.call_on::<String>(&loud, "Describe", ()).unwrap(),
        "counter=0!"
    );
    let describe = runtime
        .find_method(CALLS, "Calls.Counter", "Describe")
        .unwrap();
    assert_eq!(
        runtime.invoke_on::<String>(&describe, &loud, ()).unwrap(),
        "counter=0!"
    );
}

#[test]
fn objects_pass_by_reference_and_results_stay_inside() {
    let mut runtime = runtime();
    let a = runtime
        .create_object_with(CALLS, "Calls.Counter", (1,))
        .unwrap();
    let b = runtime
        .create_object_with(CALLS, "Calls.Counter", (2,))
        .unwrap();
    assert_eq!(runtime.call_on::<i32>(&a, "AddOther", (&b,)).unwrap(), 3);
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.Counter", "SumOf", ([&a, &b],))
            .unwrap(),
        5
    );
    let itself = runtime.find_method(CALLS, "Calls.Counter", "Self").unwrap();
    let same = runtime
        .invoke_object(&itself, Some(&a), ())
        .unwrap()
        .unwrap();
    assert_eq!(
        runtime.call_on::<i32>(&same, "Increment", (7,)).unwrap(),
        10
    );
    assert_eq!(
        runtime.call_on::<i32>(&a, "Increment", (0,)).unwrap(),
        10,
        "one object with two handles"
    );
    let none = runtime.find_method(CALLS, "Calls.Counter", "None").unwrap();
    assert!(
        runtime
            .invoke_object(&none, Some(&a), ())
            .unwrap()
            .is_none()
    );
    let plus = runtime
        .find_method(CALLS, "Calls.Counter", "op_Addition")
        .unwrap();
    let sum = runtime
        .invoke_object(&plus, None, (&a, &b))
        .unwrap()
        .unwrap();
    assert_eq!(runtime.call_on::<i32>(&sum, "Increment", (0,)).unwrap(), 12);
}

#[test]
fn values_are_copied_in_and_out() {
    let mut runtime = runtime();
    let of_type = runtime.find_type(CALLS, "Calls.Order").unwrap();
    let order = crate::calls::order();
    let object = runtime.copy_object(&of_type, &order).unwrap();
    assert_eq!(
        runtime.value_of::<crate::calls::Order>(&object).unwrap(),
        order
    );
    assert_eq!(
        runtime.call_on::<String>(&object, "get_Name", ()).unwrap(),
        order.name
    );
}

fn alive(runtime: &mut IsolatedRuntime) -> i32 {
    // The call's own frames are gone when the next one collects.
    runtime.collect(2).unwrap();
    runtime.collect(2).unwrap();
    runtime.call(CALLS, "Calls.Tracker", "Alive", ()).unwrap()
}

#[test]
fn an_object_lives_as_long_as_its_handle() {
    let mut runtime = runtime();
    let give = runtime.find_method(CALLS, "Calls.Tracker", "Give").unwrap();
    let before = runtime.guest_statistics().unwrap().live_handles;
    let mut objects: Vec<_> = (0..100)
        .map(|_| runtime.invoke_object(&give, None, ()).unwrap().unwrap())
        .collect();
    assert_eq!(
        runtime.guest_statistics().unwrap().live_handles,
        before + 100
    );
    assert_eq!(alive(&mut runtime), 100);
    let kept = objects.split_off(90);
    let clone = objects[0].clone();
    drop(objects);
    let left = alive(&mut runtime);
    // The collector scans the stack conservatively: a stale word there may keep an object or two.
    assert!((11..=13).contains(&left), "{left}");
    assert_eq!(
        runtime.guest_statistics().unwrap().live_handles,
        before + 12,
        "10 kept, a clone, and the remembered method `Alive`"
    );
    // From another thread: the next entry performs the release.
    std::thread::spawn(move || drop((kept, clone)))
        .join()
        .unwrap();
    let left = alive(&mut runtime);
    assert!(left <= 2, "{left}");
    assert_eq!(runtime.guest_statistics().unwrap().live_handles, before + 1);
}

#[test]
fn a_handle_works_with_its_own_runtime_only() {
    let (mut one, mut two) = (runtime(), runtime());
    let counter = one.create_object(CALLS, "Calls.Counter").unwrap();
    let method = one.find_method(CALLS, "Calls.Arithmetic", "Add").unwrap();
    let errors = [
        two.call_on::<i32>(&counter, "Increment", ()).unwrap_err(),
        two.invoke::<i32>(&method, (1, 2)).unwrap_err(),
        two.type_of(&counter).unwrap_err(),
        two.value_of::<i32>(&counter).unwrap_err(),
    ];
    for error in errors {
        assert!(
            matches!(error, Error::ForeignHandle { expected, found, .. } if expected == two.id() && found == one.id()),
            "{error}"
        );
    }
    let passed = two
        .call::<i32>(CALLS, "Calls.Counter", "SumOf", ([&counter],))
        .unwrap_err();
    assert!(passed.to_string().contains("another runtime"), "{passed}");
    assert_eq!(
        one.call_on::<i32>(&counter, "Increment", ()).unwrap(),
        1,
        "both work on"
    );
    assert_eq!(
        two.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2))
            .unwrap(),
        3
    );
    drop(one);
    drop(counter);
    let error = two.invoke::<i32>(&method, (1, 2)).unwrap_err();
    assert!(matches!(error, Error::ForeignHandle { .. }), "{error}");
}

#[test]
fn a_method_of_another_type_is_refused() {
    let mut runtime = runtime();
    let counter = runtime.create_object(CALLS, "Calls.Counter").unwrap();
    let order = runtime
        .find_method(CALLS, "Calls.Order", "get_Name")
        .unwrap();
    let error = runtime
        .invoke_on::<String>(&order, &counter, ())
        .unwrap_err();
    assert!(
        error.to_string().contains("Calls.Order") && error.to_string().contains("Calls.Counter"),
        "{error}"
    );
    let id = runtime.find_method(CALLS, "Calls.Order", "get_Id").unwrap();
    let error = runtime.invoke_on::<i32>(&id, &counter, ()).unwrap_err();
    assert!(
        error.to_string().contains("Calls.Order") && error.to_string().contains("Calls.Counter"),
        "a scalar call: {error}"
    );
    let increment = runtime
        .find_method(CALLS, "Calls.Counter", "get_Item")
        .unwrap();
    let error = runtime.invoke::<i32>(&increment, (1,)).unwrap_err();
    assert!(
        error.to_string().contains("get_Item"),
        "without a target: {error}"
    );
    assert_eq!(
        runtime.call_on::<i32>(&counter, "Increment", ()).unwrap(),
        1
    );
}
