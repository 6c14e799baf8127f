//! Every exported call, through both forms, with the same inputs: results and failures are equal.

use crate::both::{Core, Form, Named, Outcome};
use crate::component::ComponentForm;
use isolator_host::{Error, MethodQuery};
use isolator_tests::{Value, fixture_file, host};
use std::fmt::Debug;

/// Both forms, asked the same.
struct Both {
    core: Core,
    component: ComponentForm,
}

/// A guest's answer without its own frames: what called a method differs between the two forms.
fn guest_frames<T>(outcome: Outcome<T>) -> Outcome<T> {
    outcome.map_err(|mut told| {
        if let Some((_, _, Some(trace))) = &mut told.exception {
            if std::env::var_os("SHOW").is_some() {
                eprintln!("{trace}");
            }
            *trace = trace
                .lines()
                .take_while(|line| line.contains(" Calls."))
                .collect::<Vec<_>>()
                .join("\n");
        }
        told
    })
}

impl Both {
    fn new() -> Self {
        let mut runtime = host().create_runtime().unwrap();
        runtime.register_callback("sum", |a: i32, b: i32| a + b);
        runtime.register_raw_callback("raw", |_, bytes| {
            Ok::<_, Error>(bytes.iter().rev().copied().collect())
        });
        runtime.register_fallible_callback("fail", || Err::<(), _>("hidden"));
        Self {
            core: Core::new(runtime),
            component: ComponentForm::start(),
        }
    }

    fn same<T: PartialEq + Debug>(
        &mut self,
        what: &str,
        f: impl Fn(&mut dyn Form) -> Outcome<T>,
    ) -> Outcome<T> {
        let core = guest_frames(f(&mut self.core));
        let component = guest_frames(f(&mut self.component));
        assert_eq!(
            core, component,
            "{what}: the core module's answer, then the component's"
        );
        core
    }

    fn method(&mut self, of_type: Named, name: &str) -> Named {
        self.same(name, |form| {
            form.find_method(of_type, name, &MethodQuery::default())
        })
        .unwrap()
    }
}

fn text(text: &str) -> Value {
    text.into()
}

#[test]
fn every_call_gives_the_same_through_both_forms() {
    let both = &mut Both::new();
    let handles = both
        .same("statistics", |form| Ok(form.live_handles()))
        .unwrap();

    // Assemblies, types, members.
    let library = both
        .same("load", |form| form.load_assembly("Calls"))
        .unwrap();
    for name in [
        "Missing",
        "System.Private.CoreLib",
        "Calls, Version=1.0.0.0",
    ] {
        both.same(name, |form| form.load_assembly(name).map(|_| ()))
            .ok();
    }
    let (image, symbols) = (
        fixture_file("Programs", "Programs.dll"),
        fixture_file("Programs", "Programs.pdb"),
    );
    let programs = both
        .same("image", |form| form.load_image(&image, Some(&symbols)))
        .unwrap();
    both.same("no image", |form| form.load_image(b"MZ no image", None))
        .unwrap_err();
    both.same("empty image", |form| form.load_image(&[], None))
        .unwrap_err();
    let counter = both
        .same("type", |form| form.find_type(library, "Calls.Counter"))
        .unwrap();
    let arithmetic = both
        .same("type", |form| form.find_type(library, "Calls.Arithmetic"))
        .unwrap();
    both.same("no type", |form| form.find_type(library, "Calls.Nowhere"))
        .unwrap_err();
    both.same("no name", |form| form.find_type(library, ""))
        .unwrap_err();
    both.same("no method", |form| {
        form.find_method(counter, "Nothing", &MethodQuery::default())
    })
    .unwrap_err();
    both.same("ambiguous", |form| {
        form.find_method(counter, "Increment", &MethodQuery::default())
    })
    .unwrap_err();
    let one = MethodQuery {
        argument_count: Some(1),
        ..Default::default()
    };
    let increment = both
        .same("by number", |form| {
            form.find_method(counter, "Increment", &one)
        })
        .unwrap();
    for subject in [library, counter, increment] {
        both.same("inspect", |form| form.inspect(subject)).unwrap();
    }

    // Objects.
    let object = both
        .same("create", |form| form.create_object(counter, &[40.into()]))
        .unwrap();
    both.same("no constructor", |form| {
        form.create_object(counter, &[1.into(), 2.into(), 3.into()])
    })
    .unwrap_err();
    both.same("wrong constructor", |form| {
        form.create_object(counter, &[Value::List(vec![])])
    })
    .unwrap_err();
    assert_eq!(
        both.same("invoke", |form| form.invoke(
            increment,
            Some(object),
            &[2.into()]
        )),
        Ok(42.into())
    );
    both.same("no target", |form| {
        form.invoke(increment, None, &[2.into()])
    })
    .unwrap_err();
    both.same("too many", |form| {
        form.invoke(increment, Some(object), &[2.into(), 3.into()])
    })
    .unwrap_err();
    both.same("wrong type", |form| {
        form.invoke(increment, Some(object), &["two".into()])
    })
    .unwrap_err();
    assert_eq!(
        both.same("field", |form| form.get_field(
            counter,
            Some(object),
            "_count"
        )),
        Ok(42.into())
    );
    both.same("set", |form| {
        form.set_field(counter, Some(object), "_count", &7.into())
    })
    .unwrap();
    both.same("wrong value", |form| {
        form.set_field(counter, Some(object), "_count", &text("x"))
    })
    .unwrap_err();
    both.same("no field", |form| {
        form.get_field(counter, Some(object), "_none")
    })
    .unwrap_err();
    assert_eq!(
        both.same("static", |form| form.get_field(counter, None, "Created")),
        Ok(1.into())
    );
    both.same("value", |form| form.get_value(object)).ok();
    let same_type = both.same("type of", |form| form.type_of(object)).unwrap();
    let itself = both.method(same_type, "Self");
    let again = both
        .same("handle", |form| {
            form.invoke_handle(itself, Some(object), &[])
        })
        .unwrap()
        .unwrap();
    both.same("release", |form| {
        form.release(again);
        Ok(())
    })
    .unwrap();
    let none = both.method(counter, "None");
    assert_eq!(
        both.same("null", |form| form.invoke_handle(none, Some(object), &[])),
        Ok(None)
    );
    let order = both
        .same("type", |form| form.find_type(library, "Calls.Order"))
        .unwrap();
    let members = [
        (text("Id"), 1.into()),
        (text("Name"), text("n")),
        (text("Price"), Value::Float(1.5_f64.to_bits())),
        (text("Paid"), Value::Bool(true)),
        (text("Placed"), Value::Extension(-1, vec![0, 0, 1, 0])),
    ];
    let value = Value::Map(members.to_vec());
    let copy = both
        .same("copy", |form| form.copy_object(order, &value))
        .unwrap();
    assert_eq!(both.same("value", |form| form.get_value(copy)), Ok(value));
    both.same("no value", |form| {
        form.copy_object(order, &Value::List(vec![1.into()]))
    })
    .unwrap_err();

    // Calls: scalar, raw, failing.
    let add = both.method(arithmetic, "Add");
    assert_eq!(
        both.same("scalar", |form| form.invoke_scalar(add, -3, i32::MAX)),
        Ok(i32::MAX - 3)
    );
    let divide = both.method(arithmetic, "Divide");
    both.same("scalar exception", |form| form.invoke_scalar(divide, 1, 0))
        .unwrap_err();
    let whole = both.same("batch", |form| {
        form.invoke_batch(add, &[(-3, i32::MAX), (1, 2), (0, 0)])
    });
    assert_eq!(whole, Ok((vec![i32::MAX - 3, 3, 0], None)));
    assert_eq!(
        both.same("no batch", |form| form.invoke_batch(add, &[])),
        Ok((vec![], None))
    );
    let (results, thrown) = both
        .same("batch exception", |form| {
            let (batch, told) = form.invoke_batch(divide, &[(6, 2), (8, 2), (1, 0), (4, 2)])?;
            let told = told.map(|told| guest_frames(Err::<(), _>(told)));
            Ok((batch, told))
        })
        .unwrap();
    assert_eq!((results, thrown.is_some()), (vec![3, 4], true));
    both.same("batch of no numbers", |form| form.invoke_batch(itself, &[]))
        .unwrap_err();
    both.same("exception", |form| {
        form.invoke(divide, None, &[1.into(), 0.into()])
    })
    .unwrap_err();
    let echo = both
        .same("type", |form| form.find_type(library, "Calls.Echo"))
        .unwrap();
    let reverse = both.method(echo, "Reverse");
    for bytes in [&[][..], &[1, 2, 3]] {
        both.same("raw", |form| form.invoke_raw(reverse, None, bytes))
            .unwrap();
    }
    both.same("not raw", |form| form.invoke_raw(add, None, &[1]))
        .unwrap_err();
    let failing = both
        .same("type", |form| form.find_type(library, "Calls.Failing"))
        .unwrap();
    for name in ["Nested", "Aggregate", "Hostile", "ThrowNull"] {
        let method = both.method(failing, name);
        both.same(name, |form| form.invoke(method, None, &[]))
            .unwrap_err();
    }

    // Calls to the host.
    let callbacks = both
        .same("type", |form| form.find_type(library, "Calls.Callbacks"))
        .unwrap();
    let sum = both.method(callbacks, "Sum");
    assert_eq!(
        both.same("callback", |form| form.invoke(
            sum,
            None,
            &[20.into(), 22.into()]
        )),
        Ok(42.into())
    );
    let raw = both.method(callbacks, "Raw");
    assert_eq!(
        both.same("raw callback", |form| form.invoke_raw(raw, None, &[1, 2])),
        Ok(vec![2, 1])
    );
    let attempt = both.method(callbacks, "Try");
    for name in ["fail", "missing"] {
        both.same(name, |form| form.invoke(attempt, None, &[name.into()]))
            .unwrap();
    }
    let sum_later = both.method(callbacks, "SumLater");
    let task = both
        .same("start call", |form| {
            form.invoke_async(sum_later, &[1.into(), 2.into()])
        })
        .unwrap();
    let finished = both.same("complete call", |form| {
        loop {
            if let Some(value) = form.poll_task(task)? {
                return Ok(value);
            }
            form.run_pending();
        }
    });
    assert_eq!(finished, Ok(3.into()));

    // Tasks and streams.
    let tasks = both
        .same("type", |form| form.find_type(library, "Calls.Tasks"))
        .unwrap();
    let wait = both.method(tasks, "WaitForGate");
    both.same("not awaited", |form| form.invoke(wait, None, &["x".into()]))
        .unwrap_err();
    let waiting = both
        .same("async", |form| form.invoke_async(wait, &["x".into()]))
        .unwrap();
    assert_eq!(
        both.same("pending", |form| form.poll_task(waiting)),
        Ok(None)
    );
    let open = both.method(tasks, "OpenGate");
    both.same("open", |form| form.invoke(open, None, &["now".into()]))
        .unwrap();
    both.same("run", |form| {
        while form.run_pending() {}
        Ok(())
    })
    .unwrap();
    assert_eq!(
        both.same("done", |form| form.poll_task(waiting)),
        Ok(Some("x now".into()))
    );
    let until = both.method(tasks, "UntilCancelled");
    let endless = both
        .same("async", |form| form.invoke_async(until, &[]))
        .unwrap();
    let cancelled = both.same("cancel", |form| {
        form.cancel_task(endless);
        while form.run_pending() {}
        form.poll_task(endless)
    });
    assert_eq!(cancelled, Ok(Some("cancelled".into())));
    let later = both.method(tasks, "FailLater");
    let fails = both
        .same("async", |form| form.invoke_async(later, &["bad".into()]))
        .unwrap();
    both.same("failed task", |form| {
        while form.run_pending() {}
        form.poll_task(fails)
    })
    .unwrap_err();
    let numbers = both.method(tasks, "Numbers");
    let source = both
        .same("source", |form| {
            form.invoke_handle(numbers, None, &[2.into()])
        })
        .unwrap()
        .unwrap();
    let stream = both
        .same("stream", |form| form.open_stream(source))
        .unwrap();
    for expected in [Some(0.into()), Some(1.into()), None] {
        assert_eq!(
            both.same("element", |form| form.next_element(stream)),
            Ok(expected)
        );
    }
    both.same("no stream", |form| form.open_stream(object))
        .unwrap_err();

    // A program, and memory.
    assert_eq!(
        both.same("main", |form| form.run_main(programs, &["spans"])),
        Ok(0)
    );
    both.same("no main", |form| form.run_main(library, &[]))
        .unwrap_err();
    both.same("collect", |form| {
        (0..3).for_each(|generation| form.collect(generation));
        Ok(())
    })
    .unwrap();
    assert!(both.component.live_handles() > handles);
}

#[test]
fn handles_that_are_forged_stale_or_of_another_kind_are_failures() {
    let mut component = ComponentForm::start();
    let library = component.load_assembly("Calls").unwrap();
    let counter = component.find_type(library, "Calls.Counter").unwrap();
    let method = component
        .find_method(counter, "Describe", &MethodQuery::default())
        .unwrap();
    let object = component.create_object(counter, &[]).unwrap();
    let raw = component.raw_handle(object);
    let forged = [
        0,
        1,
        u64::MAX,
        raw ^ (1 << 32),
        raw ^ (1 << 63),
        raw + 1000,
        raw & 0xffff_ffff,
        component.raw_handle(method),
    ];
    for handle in forged {
        assert_eq!(component.forged(handle).kind, "handle", "{handle:#x}");
    }
    component.release(object);
    assert_eq!(component.forged(raw).kind, "handle", "stale");
    component.release(object);
    let next = component.create_object(counter, &[]).unwrap();
    assert_ne!(
        component.raw_handle(next),
        raw,
        "the slot is taken again, with another generation"
    );
    assert_eq!(component.forged(raw).kind, "handle", "still stale");
}
