//! Which pages of a memory were written since it was mapped: asked of the kernel, where it tells (Linux 6.7). Elsewhere all may have been.

use std::ops::Range;

/// Stretches of pages of 4 KiB, by their numbers, that may have been written in a memory that was mapped copy-on-write, in ascending order. None where
/// nobody can tell.
#[cfg(target_os = "linux")]
pub(crate) fn stretches(memory: &[u8]) -> Option<Vec<Range<u32>>> {
    linux::stretches(memory)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn stretches(_: &[u8]) -> Option<Vec<Range<u32>>> {
    None
}

/// The numbers of all of these pages.
pub(crate) fn pages(memory: &[u8]) -> Option<Vec<u32>> {
    Some(stretches(memory)?.into_iter().flatten().collect())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::ops::Range;
    use std::os::fd::AsRawFd;

    const PAGE: u64 = isolator_snapshot::delta::PAGE as u64;

    /// Stretches that are asked for at once.
    const STRETCHES: usize = 256;

    // What `linux/fs.h` calls them.
    const IS_FILE: u64 = 1 << 2;
    const IS_PRESENT: u64 = 1 << 3;
    const IS_SWAPPED: u64 = 1 << 4;
    const IS_ZERO: u64 = 1 << 5;
    /// `_IOWR('f', 16, struct pm_scan_arg)`
    const SCAN: libc::c_ulong = 0xc060_6610;

    /// `struct page_region`
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Stretch {
        start: u64,
        end: u64,
        categories: u64,
    }

    /// `struct pm_scan_arg`
    #[repr(C)]
    #[derive(Default)]
    struct Scan {
        size: u64,
        flags: u64,
        start: u64,
        end: u64,
        walk_end: u64,
        vec: u64,
        vec_len: u64,
        max_pages: u64,
        category_inverted: u64,
        category_mask: u64,
        category_anyof_mask: u64,
        return_mask: u64,
    }

    pub(super) fn stretches(memory: &[u8]) -> Option<Vec<Range<u32>>> {
        // Opened each time: one that is kept would be about another process after a `fork`.
        let map = File::open("/proc/self/pagemap").ok()?;
        let from = memory.as_ptr() as u64;
        let end = from + memory.len() as u64;
        // Systems with larger pages tell in larger ones.
        if !from.is_multiple_of(PAGE) {
            return None;
        }
        let mut found: Vec<Range<u32>> = Vec::new();
        let mut stretches = [Stretch::default(); STRETCHES];
        let mut start = from;
        while start < end {
            let mut scan = Scan {
                size: size_of::<Scan>() as u64,
                start,
                end,
                vec: stretches.as_mut_ptr() as u64,
                vec_len: STRETCHES as u64,
                // A page that was written is the process's own, and no longer the file's: there, or put aside.
                category_inverted: IS_FILE | IS_ZERO,
                category_mask: IS_FILE | IS_ZERO,
                category_anyof_mask: IS_PRESENT | IS_SWAPPED,
                return_mask: IS_PRESENT,
                ..Scan::default()
            };
            // SAFETY: the kernel reads `scan`, writes its `walk_end` and at most `vec_len` elements of `stretches`, which both live on; memory it
            // only looks up in the page tables. A kernel that does not know the request refuses it.
            let count = unsafe { libc::ioctl(map.as_raw_fd(), SCAN, &raw mut scan) };
            let count = usize::try_from(count).ok()?;
            for stretch in stretches.get(..count)? {
                let page = |address: u64| u32::try_from(address.saturating_sub(from) / PAGE);
                let pages = page(stretch.start).ok()?..page(stretch.end.min(end)).ok()?;
                match found.last_mut() {
                    // One that two answers share.
                    Some(last) if last.end == pages.start => last.end = pages.end,
                    _ => found.push(pages),
                }
            }
            if scan.walk_end <= start {
                return None;
            }
            start = scan.walk_end;
        }
        Some(found)
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::io::Write;

        /// Whether the kernel is one that tells.
        fn tells() -> bool {
            let version = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
            let mut numbers = version
                .split('.')
                .map(|part| part.parse::<u32>().unwrap_or(0));
            (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (6, 7)
        }

        #[test]
        fn the_pages_that_were_written_are_found() {
            const PAGES: usize = 2000;
            const BYTES: usize = PAGES * PAGE as usize;
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&vec![1; BYTES]).unwrap();
            // SAFETY: a new mapping, of a file that nobody else knows.
            let at = unsafe {
                libc::mmap(
                    std::ptr::null_mut(),
                    BYTES,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE,
                    file.as_raw_fd(),
                    0,
                )
            };
            assert_ne!(at, libc::MAP_FAILED);
            // SAFETY: it is as long, and lives until it is unmapped below.
            let memory = unsafe { std::slice::from_raw_parts_mut(at.cast::<u8>(), BYTES) };
            // More stretches than are asked for at once; and reading is not writing.
            let written: Vec<u32> = (0..PAGES as u32).filter(|page| page % 3 == 1).collect();
            for page in &written {
                memory[*page as usize * PAGE as usize + 7] = 2;
            }
            let sum: u64 = memory.iter().map(|byte| u64::from(*byte)).sum();
            assert_eq!(sum, BYTES as u64 + written.len() as u64);
            match super::super::pages(memory) {
                Some(found) => assert_eq!(found, written),
                None => assert!(!tells(), "this kernel tells which pages were written"),
            }
            // SAFETY: nobody uses it any more.
            assert_eq!(unsafe { libc::munmap(at, BYTES) }, 0);
        }
    }
}
