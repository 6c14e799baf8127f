//! temporary
use isolator_host::*;
fn diff(n: &str, a: &[u8], b: &[u8]) {
    let mut w = vec![];
    for (i, (x, y)) in a.chunks(4096).zip(b.chunks(4096)).enumerate() {
        if x != y {
            let d = x.iter().zip(y).filter(|(p, q)| p != q).count();
            w.push((i, d));
        }
    }
    println!("{n}: {} pages", w.len());
    for (i, d) in w {
        let off = i * 4096;
        let first = a[off..off + 4096]
            .iter()
            .zip(&b[off..off + 4096])
            .position(|(p, q)| p != q)
            .unwrap();
        print!(" {:x}+{:x}:{}", off, first, d);
    }
    println!();
}
fn main() -> Result<()> {
    let host = IsolatedRuntimeHost::builder()
        .guest(std::env::args().nth(1).unwrap())
        .build()?;
    let mut rt = host.create_runtime()?;
    let m0 = rt.memory().to_vec();
    rt.start()?;
    let m1 = rt.memory().to_vec();
    diff("start", &m0, &m1);
    let a = rt.load_assembly("System.Private.CoreLib")?;
    let m2 = rt.memory().to_vec();
    diff("load_assembly", &m1, &m2);
    let ty = rt.find_type_in(&a, "System.Math")?;
    let m3 = rt.memory().to_vec();
    diff("find_type", &m2, &m3);
    let me = rt.find_method_of(
        &ty,
        "Sign",
        &MethodQuery {
            argument_count: Some(1),
            parameter_types: Some(vec!["System.Int32".into()]),
            ..Default::default()
        },
    )?;
    let m4 = rt.memory().to_vec();
    diff("find_method", &m3, &m4);
    let _: i32 = rt.invoke(&me, (-3,))?;
    let m5 = rt.memory().to_vec();
    diff("invoke", &m4, &m5);
    diff("all", &m0, &m5);
    Ok(())
}
