//! The CPU time of the calling thread.

use std::time::Duration;

/// CPU time that this thread has used; none where the system does not say.
#[cfg(unix)]
pub(crate) fn thread_cpu() -> Option<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a `timespec` of ours, which the call writes.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanoseconds = u32::try_from(time.tv_nsec).ok()?;
    (failed == 0).then(|| Duration::new(seconds, nanoseconds))
}

/// CPU time that this thread has used: not known here.
#[cfg(not(unix))]
pub(crate) fn thread_cpu() -> Option<Duration> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn it_counts_work_and_not_sleep() {
        let before = thread_cpu().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let slept = thread_cpu().unwrap() - before;
        assert!(slept < Duration::from_millis(45), "{slept:?}");
        let began = Instant::now();
        while thread_cpu().unwrap() - before < slept + Duration::from_millis(10) {
            assert!(began.elapsed() < Duration::from_secs(20), "work is counted");
        }
    }
}
