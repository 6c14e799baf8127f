//! Bodies that are packed: rightly, several times, wrongly, and much smaller than what is in them.

use flate2::Compression;
use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::Read;
use std::sync::LazyLock;

/// Bytes that a bomb has in it: zeros.
pub const BOMB: usize = 300 << 20;

/// 6,000 bytes of `plain `, by an encoder of Brotli.
const BROTLI: &str = "1b6f17f88d54b5bf4e637383532061715b1c80e4016013";

/// `BOMB` zeros, by the same.
const BROTLI_BOMB: &str = "cfffff7ff82700e2b14020f7fe9ffffffff04f00c4610180eefd3fffffffe19f0088c32200ddfb7ffeff\
    ffc33f0110870500baf7fffcffff877f02200e0b0074effff9ffff0fff04401c1600e8defff3ffff1ffe\
    0980382c00d0bdffe7ffff3ffc1300715800a07bffcfffff7ff82700e2b00040f7fe9ffffffff04f00c4\
    610180eefd3fffffffe19f0088c30200ddfb7ffeffffc33f0110870500baf7fffcffff877f02200e0b00\
    74effff9ffff0fff04401c1600e8defff3ffff1ffe0980382c00d0bdffe7ffff3ffc1300715800a07bff\
    cfffff7ff82700e2b00040f7fe9ffffffff04f00c4610180eefd7ffeffffe29f0088c30200ddfb5f";

static GZIP_BOMB: LazyLock<Vec<u8>> =
    LazyLock::new(|| all(GzEncoder::new(zeros(), Compression::best())));

static ZLIB_BOMB: LazyLock<Vec<u8>> =
    LazyLock::new(|| all(ZlibEncoder::new(zeros(), Compression::best())));

fn zeros() -> impl Read {
    std::io::repeat(0).take(BOMB as u64)
}

/// What comes of an encoder.
fn all(mut encoder: impl Read) -> Vec<u8> {
    let mut packed = Vec::new();
    encoder.read_to_end(&mut packed).unwrap();
    packed
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    all(GzEncoder::new(plain, Compression::default()))
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    all(ZlibEncoder::new(plain, Compression::default()))
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    all(DeflateEncoder::new(plain, Compression::default()))
}

/// Brotli of one block that is stored as it is, of 64 KiB at most (RFC 7932, 9.2): a window of 16 bits, the length in four nibbles, and an
/// empty block for the end.
fn stored(plain: &[u8]) -> Vec<u8> {
    let length = u32::try_from(plain.len() - 1).unwrap();
    assert!(length < 1 << 16);
    let head = ((length << 4) | (1 << 20)).to_le_bytes();
    [&head[..3], plain, &[3]].concat()
}

/// A body, and the words by which it says how it is packed.
pub fn packed(kind: &str) -> (&'static str, Vec<u8>) {
    let plain = "plain ".repeat(1000).into_bytes();
    let cut = |whole: Vec<u8>| whole[..whole.len() - 9].to_vec();
    match kind {
        "gzip" => ("gzip", gzip(&plain)),
        "deflate" => ("deflate", zlib(&plain)),
        "raw" => ("deflate", deflate(&plain)),
        "br" => ("br", bytes(BROTLI)),
        "br-gzip" => ("br, gzip", gzip(&bytes(BROTLI))),
        "gzip-br" => ("gzip, br", stored(&gzip(&plain))),
        "gzip-gzip" => ("gzip, gzip", gzip(&gzip(&plain))),
        "wrong-gzip" => ("gzip", plain),
        "wrong-br" => ("br", plain),
        "cut-gzip" => ("gzip", cut(gzip(&plain))),
        "cut-br" => ("br", cut(stored(&plain))),
        _ => ("x-unknown", plain),
    }
}

/// A bomb, and the words by which it says how it is packed.
pub fn bomb(kind: &str) -> (&'static str, Vec<u8>) {
    match kind {
        "deflate" => ("deflate", ZLIB_BOMB.clone()),
        "br" => ("br", bytes(BROTLI_BOMB)),
        "nested" => ("gzip, gzip", gzip(&GZIP_BOMB)),
        _ => ("gzip", GZIP_BOMB.clone()),
    }
}

/// What is left of the nested one, where one layer is taken off.
pub fn inner_bomb() -> usize {
    GZIP_BOMB.len()
}
