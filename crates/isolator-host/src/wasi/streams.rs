//! Reading and writing the standard streams, and what else is asked of every descriptor.
//!
//! Descriptors 0 to 2 are answered here, all others by `files.rs`.

use super::{
    Errno, Parts, Trouble, WASI_MODULE, Wasi, WasiHost, answer, errno, errno_of, files, memory,
    read_u32, slice, write,
};
use crate::signature::{Core, Spec};
use std::time::{Duration, Instant};
use wasmtime::{Caller, Linker};

/// Most buffers in one read or write.
pub(super) const MOST_BUFFERS: u32 = 1024;

/// Most bytes that one write takes. The guest writes the rest with another, and between the two its time may end: what is written to
/// may be slow, and work for each line.
const MOST_WRITTEN: u32 = 64 << 10;

/// Most bytes that one read of standard input gives.
const MOST_READ: u32 = 1 << 20;

/// How long a read of standard input that is not to wait does so all the same: somebody may have to be asked.
const LOOK: Duration = Duration::from_millis(1);

const fn spec(name: &'static str, params: &'static [Core]) -> Spec {
    Spec {
        name,
        params,
        results: &[Core::I32],
        post: false,
    }
}

pub(super) const STREAMS: &[Spec] = {
    use Core::{I32, I64};
    &[
        spec("fd_write", &[I32, I32, I32, I32]),
        spec("fd_read", &[I32, I32, I32, I32]),
        spec("fd_fdstat_get", &[I32, I32]),
        spec("fd_fdstat_set_flags", &[I32, I32]),
        spec("fd_filestat_get", &[I32, I32]),
        spec("fd_close", &[I32]),
        spec("fd_seek", &[I32, I64, I32, I32]),
        spec("fd_tell", &[I32, I32]),
    ]
};

fn open(wasi: &Wasi, fd: u32) -> Result<(), Errno> {
    if wasi.closed & (1 << fd) == 0 {
        Ok(())
    } else {
        Err(Errno::Badf)
    }
}

pub(super) fn fd_write(
    memory: &mut [u8],
    parts: &mut Parts<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    out: u32,
) -> Result<(), Trouble> {
    open(parts.wasi, fd)?;
    let Parts { wasi, meter } = parts;
    let Wasi {
        stdout,
        stderr,
        last_words,
        ..
    } = wasi;
    let sink = match fd {
        1 => stdout,
        2 => stderr,
        _ => return Err(Errno::Badf.into()),
    };
    if count > MOST_BUFFERS {
        return Err(Errno::Inval.into());
    }
    let mut written = 0u32;
    for index in 0..count {
        let (at, whole) = buffer(memory, buffers, index)?;
        let len = whole.min(MOST_WRITTEN.saturating_sub(written));
        if whole == 0 {
            continue;
        }
        if len == 0 {
            break;
        }
        let data = slice(memory, at, len)?;
        if fd == 2 {
            last_words.add(data);
        }
        meter.step(data.len() as u64)?;
        let wanted = meter.output(data.len())?;
        let data = data.get(..wanted).unwrap_or_default();
        // What is beyond the limit is taken and goes nowhere.
        let dropped = (len as usize).saturating_sub(wanted);
        let taken = if data.is_empty() {
            Ok(0)
        } else {
            sink.write(data, fd == 2)
        };
        let taken = taken.map(|taken| match taken {
            all if all == wanted => all.saturating_add(dropped),
            part => part,
        });
        match taken {
            Ok(taken) => {
                written = written.saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
                if taken < whole as usize {
                    break;
                }
            }
            Err(_) if written > 0 => break,
            Err(error) => return Err(errno_of(error).into()),
        }
    }
    Ok(write(memory, out, written.to_le_bytes())?)
}

pub(super) fn fd_read(
    memory: &mut [u8],
    parts: &mut Parts<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    out: u32,
) -> Result<(), Trouble> {
    open(parts.wasi, fd)?;
    if fd != 0 {
        return Err(Errno::Badf.into());
    }
    if count > MOST_BUFFERS {
        return Err(Errno::Inval.into());
    }
    let mut total = 0u32;
    for index in 0..count {
        let (at, len) = buffer(memory, buffers, index)?;
        if len == 0 {
            continue;
        }
        // One read: the next one could block although there is something to give already.
        let Parts { wasi, meter } = parts;
        slice(memory, at, len)?;
        let into = slice(memory, at, len.min(MOST_READ))?;
        let read = if wasi.impatient_stdin {
            let until = Instant::now() + LOOK;
            let read = wasi.stdin.read_until(into, Some(until), &meter.control);
            read.and_then(|read| read.ok_or_else(|| std::io::ErrorKind::WouldBlock.into()))
        } else if meter.watched() {
            let until = meter.deadline();
            let read = wasi.stdin.read_until(into, until, &meter.control);
            // Without a result the caller is stopped.
            read.map(Option::unwrap_or_default)
        } else {
            wasi.stdin.read(into, &meter.control)
        };
        let read = read.map_err(errno_of)?;
        wasi.has_read |= read > 0;
        meter.step(read as u64)?;
        total = u32::try_from(read).unwrap_or(len).min(len);
        break;
    }
    Ok(write(memory, out, total.to_le_bytes())?)
}

/// Where a buffer lies, of a list of buffers.
pub(super) fn buffer(memory: &mut [u8], buffers: u32, index: u32) -> Result<(u32, u32), Errno> {
    let at = buffers
        .checked_add(index.saturating_mul(8))
        .ok_or(Errno::Fault)?;
    Ok((
        read_u32(memory, at)?,
        read_u32(memory, at.checked_add(4).ok_or(Errno::Fault)?)?,
    ))
}

/// File type "character device" for a terminal, "unknown" for everything else.
fn file_type(wasi: &Wasi, fd: u32) -> u8 {
    let terminal = match fd {
        0 => wasi.stdin.is_terminal(),
        1 => wasi.stdout.is_terminal(false),
        _ => wasi.stderr.is_terminal(true),
    };
    if terminal { 2 } else { 0 }
}

pub(super) fn fd_fdstat_get(
    memory: &mut [u8],
    parts: &mut Parts<'_>,
    fd: u32,
    out: u32,
) -> Result<(), Errno> {
    const RIGHT_READ: u64 = 1 << 1;
    const RIGHT_WRITE: u64 = 1 << 6;
    const RIGHT_POLL: u64 = 1 << 27;
    open(parts.wasi, fd)?;
    let mut stat = [0u8; 24];
    stat[0] = file_type(parts.wasi, fd);
    let rights = RIGHT_POLL | if fd == 0 { RIGHT_READ } else { RIGHT_WRITE };
    stat[8..16].copy_from_slice(&rights.to_le_bytes());
    write(memory, out, stat)
}

pub(super) fn fd_filestat_get(
    memory: &mut [u8],
    parts: &mut Parts<'_>,
    fd: u32,
    out: u32,
) -> Result<(), Errno> {
    open(parts.wasi, fd)?;
    let mut stat = [0u8; 64];
    stat[16] = file_type(parts.wasi, fd);
    stat[24..32].copy_from_slice(&1u64.to_le_bytes());
    write(memory, out, stat)
}

pub(super) fn link_streams<S: WasiHost>(linker: &mut Linker<S>) -> wasmtime::Result<()> {
    linker.func_wrap(
        WASI_MODULE,
        "fd_write",
        |mut c: Caller<'_, S>, fd: u32, buffers: u32, count: u32, out: u32| {
            if fd > 2 {
                return files::call(&mut c, |call| {
                    files::fd_write(call, fd, buffers, count, out)
                });
            }
            let wrote = answer(&mut c, |memory, parts| {
                fd_write(memory, parts, fd, buffers, count, out)
            });
            c.data_mut().parts().meter.check_after_waiting()?;
            wrote
        },
    )?;
    linker.func_wrap(
        WASI_MODULE,
        "fd_read",
        |mut c: Caller<'_, S>, fd: u32, buffers: u32, count: u32, out: u32| {
            if fd > 2 {
                return files::call(&mut c, |call| files::fd_read(call, fd, buffers, count, out));
            }
            let read = answer(&mut c, |memory, parts| {
                fd_read(memory, parts, fd, buffers, count, out)
            });
            c.data_mut().parts().meter.check_after_waiting()?;
            read
        },
    )?;
    linker.func_wrap(
        WASI_MODULE,
        "fd_fdstat_get",
        |mut c: Caller<'_, S>, fd: u32, out: u32| {
            if fd > 2 {
                return files::call(&mut c, |call| files::fd_fdstat_get(call, fd, out));
            }
            let (memory, mut parts) = memory(&mut c)?;
            Ok(errno(fd_fdstat_get(memory, &mut parts, fd, out)))
        },
    )?;
    linker.func_wrap(
        WASI_MODULE,
        "fd_fdstat_set_flags",
        |mut c: Caller<'_, S>, fd: u32, flags: u32| {
            if fd > 2 {
                return files::call(&mut c, |call| files::fd_fdstat_set_flags(call, fd, flags));
            }
            // Output streams always answer at once or block; a guest that asks for the former gets the same.
            let wasi = c.data_mut().parts().wasi;
            let result = open(wasi, fd);
            if fd == 0 && result.is_ok() {
                wasi.impatient_stdin = flags & u32::from(files::NONBLOCK) != 0;
            }
            Ok(errno(result))
        },
    )?;
    linker.func_wrap(
        WASI_MODULE,
        "fd_filestat_get",
        |mut c: Caller<'_, S>, fd: u32, out: u32| {
            if fd > 2 {
                return files::call(&mut c, |call| files::fd_filestat_get(call, fd, out));
            }
            let (memory, mut parts) = memory(&mut c)?;
            Ok(errno(fd_filestat_get(memory, &mut parts, fd, out)))
        },
    )?;
    linker.func_wrap(WASI_MODULE, "fd_close", |mut c: Caller<'_, S>, fd: u32| {
        if fd > 2 {
            return files::call(&mut c, |call| files::fd_close(call, fd));
        }
        let wasi = c.data_mut().parts().wasi;
        let result = open(wasi, fd);
        wasi.closed |= 1 << fd;
        Ok(errno(result))
    })?;
    linker.func_wrap(
        WASI_MODULE,
        "fd_seek",
        |mut c: Caller<'_, S>, fd: u32, offset: u64, whence: u32, out: u32| {
            if fd > 2 {
                return files::call(&mut c, |call| files::fd_seek(call, fd, offset, whence, out));
            }
            Ok(errno(
                open(c.data_mut().parts().wasi, fd).and(Err(Errno::Spipe)),
            ))
        },
    )?;
    linker.func_wrap(
        WASI_MODULE,
        "fd_tell",
        |mut c: Caller<'_, S>, fd: u32, out: u32| {
            if fd > 2 {
                return files::call(&mut c, |call| files::fd_tell(call, fd, out));
            }
            Ok(errno(
                open(c.data_mut().parts().wasi, fd).and(Err(Errno::Spipe)),
            ))
        },
    )?;
    Ok(())
}
