//! Lies in what a guest passes to its host: every import with every kind of argument.

use super::assert_contained;
use super::marionette::{Mischief, Orders, all_imports, host};
use crate::{Access, Limits, Stdin, Stdio};
use std::time::{Duration, Instant};

/// Numbers that hurt: ends of memory, of 32 and 64 bits, descriptors, and where something lies.
const NUMBERS: [u64; 24] = [
    0,
    1,
    2,
    3,
    4,
    5,
    8,
    48,
    256,
    600,
    1024,
    1028,
    2048,
    65_536,
    262_136,
    262_143,
    262_144,
    1 << 31,
    0xffff_fff0,
    0xffff_ffff,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

#[test]
fn every_import_may_be_called_with_anything() {
    let (_root, host) = host();
    let granted = tempfile::tempdir().unwrap();
    std::fs::write(
        granted.path().join("iii"),
        "a file whose name the guest has in its memory",
    )
    .unwrap();
    let mut random = 7u64;
    let mut pick = |limit: usize| {
        random = random
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (random >> 33) as usize % limit
    };
    let began = Instant::now();
    let mut calls = 0;
    for (number, (_, spec)) in all_imports().enumerate() {
        for round in 0..120 {
            let mut arguments = [0; 9];
            for argument in &mut arguments {
                *argument = NUMBERS[pick(NUMBERS.len())];
            }
            // Often a descriptor that exists, and a name that does.
            if round % 2 == 0 && spec.params.len() > 2 {
                arguments[0] = 3 + (round as u64 / 2) % 3;
                let name = 1 + pick(spec.params.len() - 2);
                (arguments[name], arguments[name + 1]) = (256, 3);
            }
            let mut area = [0; 96];
            if round % 3 == 0 {
                area.fill_with(|| pick(256) as u8);
            }
            let mut new = host
                .runtime()
                .limits(Limits::default().call_timeout(Duration::from_millis(30)));
            if round % 4 < 2 {
                new = new.directory(
                    granted.path(),
                    "/data",
                    [Access::ReadOnly, Access::ReadWrite][round % 2],
                );
            }
            let mut runtime = new
                .stdin(Stdin::Bytes(vec![7; 100]))
                .stdout(Stdio::CaptureUpTo(1000))
                .stderr(Stdio::lines(|_| ()))
                .create()
                .unwrap();
            let allocator = if round % 10 == 9 {
                Mischief::CallHost
            } else {
                Mischief::None
            };
            let allocated = if round % 10 == 8 { u32::MAX } else { 0 };
            Orders {
                import: number as u32 + 1,
                arguments,
                allocator,
                allocated,
                ..Orders::GOOD
            }
            .give(&mut runtime, &area);
            let result = runtime.collect(0);
            calls += 1;
            let lie = format!("{}{:x?}", spec.name, &arguments[..spec.params.len()]);
            assert_contained(&mut runtime, result, &lie);
            // Whatever it left behind (a started call, a closed stream) may be met by the next call.
            if runtime.is_alive() {
                Orders::GOOD.give(&mut runtime, &[]);
                let result = runtime.run_pending(Duration::ZERO);
                assert_contained(&mut runtime, result, &lie);
            }
        }
    }
    assert!(calls > 5000, "{calls} calls");
    assert!(
        began.elapsed() < Duration::from_secs(120),
        "{:?}",
        began.elapsed()
    );
}
