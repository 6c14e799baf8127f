//! temporary: measures the managed side of a guest
use isolator_host::*;
use serde::{Deserialize, Serialize};
use std::time::Instant;
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Sample { id: i32, name: String, price: f64, flag: bool, stamp: i64 }
fn med(mut v: Vec<f64>) -> f64 { v.sort_by(f64::total_cmp); v[v.len() / 2] }
fn us(t: Instant) -> f64 { t.elapsed().as_secs_f64() * 1e6 }
fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or("/work/main/target/guest/10.0.12".into());
    let host = IsolatedRuntimeHost::builder().guest(path).callback("twice", |n: i32| n * 2).build()?;
    let (w, core) = ("Isolator.Runtime", "System.Private.CoreLib");
    let mut create = vec![]; let mut start = vec![]; let mut fresh = vec![]; let mut second = vec![]; let mut echo = vec![];
    let sample = Sample { id: 5, name: "a sample".into(), price: 1.25, flag: true, stamp: 1_700_000_000_000 };
    for _ in 0..300 {
        let t = Instant::now();
        let mut r = host.create_runtime()?;
        create.push(us(t));
        let t2 = Instant::now();
        let a = r.load_assembly(core)?;
        start.push(us(t2));
        let t3 = Instant::now();
        let b: i32 = r.call(core, "System.Math", "Abs", (-5i32,))?;
        assert_eq!(b, 5);
        second.push(us(t3));
        drop(a);
        let t4 = Instant::now();
        let s: Sample = r.call(w, "Isolator.Runtime.WarmUp", "Echo", (&sample,))?;
        echo.push(us(t4));
        assert_eq!(s.id, 6);
        drop(r);
        let t = Instant::now();
        let mut r = host.create_runtime()?;
        let _: i32 = r.call(core, "System.Math", "Abs", (-5i32,))?;
        fresh.push(us(t));
    }
    println!("create {:.1}  start+load_assembly {:.1}  abs (find+call) {:.1}  echo (find+call) {:.1}  create+start+abs {:.1}", med(create), med(start), med(second), med(echo), med(fresh));
    let mut r = host.create_runtime()?;
    let t = Instant::now();
    let m = r.find_method(w, "Isolator.Runtime.WarmUp", "Echo")?;
    println!("find Echo {:.1}", us(t));
    let mut v = vec![];
    for _ in 0..3000 { let t = Instant::now(); let s: Sample = r.invoke(&m, (&sample,))?; v.push(us(t)); std::hint::black_box(s); }
    println!("record call: first {:.1} 10th {:.1} median {:.1} last100 {:.1}", v[0], v[9], med(v.clone()), med(v[2900..].to_vec()));
    for (name, n) in [("Add", 2)] {
        let m = r.find_method(w, "Isolator.Runtime.WarmUp", name)?;
        let mut v = vec![]; let _ = n;
        for _ in 0..1000 { let t = Instant::now(); let s: i32 = r.invoke(&m, (1i32, 2i32))?; v.push(us(t)); std::hint::black_box(s); }
        println!("{name}: median {:.2}", med(v));
    }
    let m = r.find_method(w, "Isolator.Runtime.WarmUp", "Greet")?;
    let mut v = vec![];
    for _ in 0..2000 { let t = Instant::now(); let s: String = r.invoke(&m, ("world",))?; v.push(us(t)); std::hint::black_box(s); }
    println!("Greet: first {:.1} median {:.1}", v[0], med(v));
    let m = r.find_method(w, "Isolator.Runtime.WarmUp", "EchoNumbers")?;
    let numbers: Vec<i32> = (0..1000).collect();
    let mut v = vec![];
    for _ in 0..300 { let t = Instant::now(); let s: Vec<i32> = r.invoke(&m, (&numbers,))?; v.push(us(t)); std::hint::black_box(s); }
    println!("EchoNumbers(1000): first {:.1} median {:.1}", v[0], med(v));
    let m = r.find_method(w, "Isolator.Runtime.WarmUp", "EchoBytes")?;
    let bytes = vec![7u8; 1 << 20];
    let mut v = vec![];
    for _ in 0..100 { let t = Instant::now(); let s = r.invoke_raw(&m, None, &bytes)?; v.push(us(t)); assert_eq!(s.len(), bytes.len()); }
    println!("EchoBytes raw 1MB: first {:.1} median {:.1}", v[0], med(v));
    let m = r.find_method(w, "Isolator.Runtime.WarmUp", "Throw")?;
    let mut v = vec![];
    for _ in 0..100 { let t = Instant::now(); let e = r.invoke::<()>(&m, ()).unwrap_err(); v.push(us(t)); std::hint::black_box(e); }
    println!("Throw: first {:.1} median {:.1}", v[0], med(v));
    println!("{}", r.invoke::<()>(&m, ()).unwrap_err());
    println!("{:?}", r.statistics()?);
    let t = Instant::now();
    let task: Result<i32> = r.call(w, "Isolator.Runtime.WarmUp", "LaterAsync", (1,));
    println!("{task:?} {:.1}", us(t));
    // first use of other shapes
    if let Ok(dll) = std::fs::read("/tmp/fixture/bin/Release/net10.0/fixture.dll") {
        let t = Instant::now();
        let a = r.load_image(&dll, None)?;
        println!("load_image {:.1}", us(t));
        let ty = r.find_type_in(&a, "Fixture.Api")?;
        for name in ["EchoOrder", "EchoOrder2", "EchoOrder3", "EchoClass"] {
            let t = Instant::now();
            let m = r.find_method_of(&ty, name, &Default::default())?;
            let f = us(t);
            let mut v = vec![];
            for _ in 0..3000 { let t = Instant::now(); let s: Sample = r.invoke(&m, (&sample,))?; v.push(us(t)); assert_eq!(s, sample); }
            println!("{name}: find {f:.1} first {:.1} second {:.1} median {:.1}", v[0], v[1], med(v));
        }
        for (name, arg) in [("Selftest", "wire"), ("Selftest", "random"), ("Selftest", "env"), ("Callback", "2000")] {
            let t = Instant::now();
            let s: Result<String> = r.call("fixture", "Fixture.Api", name, (arg,));
            println!("{name} {arg}: {} {:.1}", s.unwrap_or_else(|e| e.to_string()), us(t));
        }
        let mut other = host.create_runtime()?;
        other.load_image(&dll, None)?;
        let s: String = other.call("fixture", "Fixture.Api", "Selftest", ("random",))?;
        println!("other runtime random: {s}");
    }
    Ok(())
}
