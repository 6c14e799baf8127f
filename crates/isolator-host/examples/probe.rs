//! Calls a few methods of the base class library and times them.

use isolator_host::{IsolatedRuntimeHost, Stdio};
use std::time::Instant;

fn main() -> isolator_host::Result<()> {
    let began = Instant::now();
    let host = IsolatedRuntimeHost::new()?;
    println!("load {:?} {host:?}", began.elapsed());
    println!("copy on write {}", host.copy_on_write()?);
    let mut times = Vec::new();
    for _ in 0..300 {
        let began = Instant::now();
        let runtime = host.create_runtime()?;
        times.push(began.elapsed());
        drop(runtime);
    }
    times.sort();
    println!("create {:?} {:?}", times[0], times[150]);
    let mut rt = host.runtime().stdout(Stdio::Capture).create()?;
    let began = Instant::now();
    rt.start()?;
    println!("start {:?}", began.elapsed());
    let began = Instant::now();
    let max: i32 = rt.call("System.Private.CoreLib", "System.Math", "Max", (3, 4))?;
    println!("max {max} {:?}", began.elapsed());
    let mut times = Vec::new();
    for _ in 0..300 {
        let mut rt = host.create_runtime()?;
        let began = Instant::now();
        rt.start()?;
        times.push(began.elapsed());
    }
    times.sort();
    println!("start {:?} {:?}", times[0], times[150]);
    let abs = rt.find_method_with(
        "System.Private.CoreLib",
        "System.Math",
        "Max",
        &isolator_host::MethodQuery {
            parameter_types: Some(vec!["int".into(), "int".into()]),
            ..Default::default()
        },
    )?;
    let began = Instant::now();
    let mut sum = 0i64;
    const N: i32 = 1_000_000;
    for i in 0..N {
        let v: i32 = rt.invoke(&abs, (i, 2))?;
        sum += i64::from(v);
    }
    println!("scalar {:?} {sum}", began.elapsed() / N as u32);
    let began = Instant::now();
    rt.call::<()>("System.Console", "System.Console", "WriteLine", ("héllo",))?;
    println!("{:?} {:?}", began.elapsed(), rt.stdout_utf8());
    let err = rt
        .call::<i32>("System.Private.CoreLib", "System.Int32", "Parse", ("x",))
        .unwrap_err();
    println!("{err}");
    let err = rt
        .call::<i32>("System.Private.CoreLib", "System.Int32", "Nope", ("x",))
        .unwrap_err();
    println!("{err}");
    Ok(())
}
