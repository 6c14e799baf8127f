//! The host's API against a real guest: what a user of the library does, and what hostile guest code tries.

mod async_callbacks;
mod async_calls;
mod batches;
mod callbacks;
mod calls;
mod compiled;
mod compiled_life;
mod deltas;
mod failures;
mod files;
mod fork;
mod forks;
mod inspection;
mod isolation;
mod limits;
mod limits_async;
mod limits_call;
mod limits_host;
mod limits_more;
mod limits_time;
mod memory;
mod objects;
mod recycling;
mod rust_values;
mod sleep;
mod snapshot;
mod surroundings;
mod tasks;
mod telemetry;
mod threads;
mod values;
mod waiting;

use isolator_host::{IsolatedObject, IsolatedRuntime, MethodQuery};

/// The fixture that most tests call, and its namespace.
const CALLS: &str = "Calls";

/// The guest's stream to its standard output.
fn standard_output(runtime: &mut IsolatedRuntime) -> IsolatedObject {
    let console = "System.Console";
    let query = MethodQuery {
        argument_count: Some(0),
        ..Default::default()
    };
    let open = runtime
        .find_method_with(console, console, "OpenStandardOutput", &query)
        .unwrap();
    runtime.invoke_object(&open, None, ()).unwrap().unwrap()
}
