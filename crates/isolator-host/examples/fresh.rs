//! temporary
use isolator_host::*;
use std::time::Instant;
fn flt() -> f64 {
    let s = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    s.rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .nth(7)
        .unwrap()
        .parse()
        .unwrap()
}
fn main() -> Result<()> {
    let host = IsolatedRuntimeHost::builder()
        .guest(std::env::args().nth(1).unwrap())
        .build()?;
    let names = [
        "create",
        "start",
        "load_assembly",
        "find_type",
        "find_method",
        "invoke1",
        "invoke2",
        "drop",
        "all via call",
    ];
    let mut t: Vec<Vec<f64>> = vec![vec![]; 9];
    let mut fl = t.clone();
    for _ in 0..300 {
        let mut k = 0;
        let mut f0 = flt();
        let mut m = |b: Instant| {
            t[k].push(b.elapsed().as_secs_f64() * 1e6);
            let f = flt();
            fl[k].push(f - f0);
            f0 = f;
            k += 1;
        };
        let b = Instant::now();
        let mut rt = host.create_runtime()?;
        m(b);
        let b = Instant::now();
        rt.start()?;
        m(b);
        let b = Instant::now();
        let a = rt.load_assembly("System.Private.CoreLib")?;
        m(b);
        let b = Instant::now();
        let ty = rt.find_type_in(&a, "System.Math")?;
        m(b);
        let b = Instant::now();
        let me = rt.find_method_of(
            &ty,
            "Abs",
            &MethodQuery {
                argument_count: Some(1),
                parameter_types: Some(vec!["System.Int32".into()]),
                ..Default::default()
            },
        )?;
        m(b);
        let b = Instant::now();
        let r: i32 = rt.invoke(&me, (-3,))?;
        m(b);
        assert_eq!(r, 3);
        let b = Instant::now();
        let _: i32 = rt.invoke(&me, (-3,))?;
        m(b);
        let b = Instant::now();
        drop((a, ty, me));
        drop(rt);
        m(b);
        let b = Instant::now();
        let mut rt = host.create_runtime()?;
        let _: i32 = rt.call("System.Private.CoreLib", "System.Math", "Abs", (-3,))?;
        m(b);
    }
    for k in 0..9 {
        t[k].sort_by(f64::total_cmp);
        fl[k].sort_by(f64::total_cmp);
        println!(
            "{:15} min {:8.1} med {:8.1} p90 {:8.1} faults {}",
            names[k], t[k][0], t[k][150], t[k][270], fl[k][150]
        );
    }
    Ok(())
}
