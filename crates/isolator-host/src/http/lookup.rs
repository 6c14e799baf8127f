//! Addresses of names, from the system.
//!
//! The system's function has a thread until it returns, which may take half a minute, whoever has given up: so threads are bounded, for each
//! runtime and for all, and are free when the function has returned, not when nobody waits for it any more.

use super::fault::{HttpFault, HttpFaultKind};
use std::collections::HashMap;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Most lookups of a runtime's that are under way.
pub(crate) const OF_ONE: usize = 4;
/// Most of all runtimes'.
const OF_ALL: usize = 256;
/// How long somebody waits for a thread to look a name up on, and for the answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Asks for the addresses of a name, and waits for them.
type Ask = fn(&str) -> Result<Vec<IpAddr>, Missing>;

/// What a lookup came to; none while it is under way.
type Found = Option<Result<Vec<IpAddr>, Missing>>;

/// Why there are no addresses of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Nobody knows it.
    Unknown,
    /// No name server could be asked, or none had an answer yet.
    Later,
}

pub(crate) struct Lookups {
    under_way: Mutex<HashMap<String, watch::Receiver<Found>>>,
    places: Arc<Semaphore>,
    patience: Duration,
    ask: Ask,
}

/// Those of this process.
pub(crate) static LOOKUPS: LazyLock<Arc<Lookups>> =
    LazyLock::new(|| Arc::new(Lookups::new(OF_ALL, PATIENCE, system)));

fn system(name: &str) -> Result<Vec<IpAddr>, Missing> {
    match (name, 0).to_socket_addrs() {
        Ok(found) => Ok(found.map(|address| address.ip()).collect()),
        Err(error) if is_for_later(&error) => Err(Missing::Later),
        Err(_) => Err(Missing::Unknown),
    }
}

/// Whether the system says that the same may be asked again. The standard library keeps of that only the system's words.
#[cfg(unix)]
fn is_for_later(error: &std::io::Error) -> bool {
    // SAFETY: it gives a text that ends with zero and is there as long as the process, or none.
    let words = unsafe { libc::gai_strerror(libc::EAI_AGAIN) };
    if words.is_null() {
        return false;
    }
    // SAFETY: as above.
    let words = unsafe { std::ffi::CStr::from_ptr(words) }.to_string_lossy();
    !words.is_empty() && error.to_string().ends_with(&*words)
}

#[cfg(not(unix))]
fn is_for_later(error: &std::io::Error) -> bool {
    /// `WSATRY_AGAIN`.
    const TRY_AGAIN: i32 = 11002;
    error.raw_os_error() == Some(TRY_AGAIN)
}

/// One that is under way; when it is over, however, others may begin.
struct UnderWay {
    lookups: Arc<Lookups>,
    name: String,
    to: watch::Sender<Found>,
    _places: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.lookups.under_way().remove(&self.name);
    }
}

impl Lookups {
    fn new(most: usize, patience: Duration, ask: Ask) -> Self {
        Self {
            under_way: Mutex::default(),
            places: Arc::new(Semaphore::new(most)),
            patience,
            ask,
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, watch::Receiver<Found>>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses of a name, for a runtime that has these places.
    pub(crate) async fn find(
        self: &Arc<Self>,
        name: &str,
        own: Option<Arc<Semaphore>>,
    ) -> Result<Vec<IpAddr>, HttpFault> {
        let found = async {
            let mut answer = self.answer(name, own).await?;
            let found = answer.wait_for(Option::is_some).await.ok()?;
            Some((*found).clone())
        };
        match tokio::time::timeout(self.patience, found).await {
            Err(_) => Err(HttpFault::new(
                HttpFaultKind::NameLater,
                format!(
                    "The name {name} could not be looked up: the name server does not answer, neither about this name nor about others that were asked for before. Ask again later."
                ),
            )),
            Ok(Some(Some(Ok(found)))) => Ok(found),
            Ok(Some(Some(Err(Missing::Later)))) => Err(HttpFault::new(
                HttpFaultKind::NameLater,
                format!(
                    "The name {name} could not be looked up: no name server has an answer now. Ask again later."
                ),
            )),
            Ok(_) => Err(HttpFault::new(
                HttpFaultKind::Name,
                format!("The name {name} was not found."),
            )),
        }
    }

    /// Where the answer will be: that of the lookup that is under way, or of a new one.
    async fn answer(
        self: &Arc<Self>,
        name: &str,
        own: Option<Arc<Semaphore>>,
    ) -> Option<watch::Receiver<Found>> {
        if let Some(answer) = self.under_way().get(name) {
            return Some(answer.clone());
        }
        // The runtime's own first: one that waits for it takes nothing from others.
        let own = match own {
            Some(own) => Some(own.acquire_owned().await.ok()?),
            None => None,
        };
        let all = self.places.clone().acquire_owned().await.ok()?;
        let mut under_way = self.under_way();
        if let Some(answer) = under_way.get(name) {
            return Some(answer.clone());
        }
        let (to, answer) = watch::channel(None);
        under_way.insert(name.to_owned(), answer.clone());
        drop(under_way);
        let work = UnderWay {
            lookups: self.clone(),
            name: name.to_owned(),
            to,
            _places: (all, own),
        };
        tokio::task::spawn_blocking(move || {
            let found = (work.lookups.ask)(&work.name);
            work.to.send_replace(Some(found));
        });
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Condvar;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::runtime::Builder;

    static ASKED: AtomicUsize = AtomicUsize::new(0);
    static ANSWERS: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

    /// Answers nobody before it is told to.
    fn stuck(_: &str) -> Result<Vec<IpAddr>, Missing> {
        ASKED.fetch_add(1, Ordering::SeqCst);
        let mut open = ANSWERS.0.lock().unwrap();
        while !*open {
            open = ANSWERS.1.wait(open).unwrap();
        }
        Ok(vec!["192.0.2.1".parse().unwrap()])
    }

    /// So many were, and no more.
    async fn asked(number: usize) {
        while ASKED.load(Ordering::SeqCst) < number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(ASKED.load(Ordering::SeqCst), number);
    }

    #[test]
    fn a_name_that_nobody_knows_is_told_from_one_that_nobody_could_ask_for() {
        let executor = Builder::new_current_thread().enable_all().build().unwrap();
        let answers: [(Ask, HttpFaultKind); 2] = [
            (|_| Err(Missing::Unknown), HttpFaultKind::Name),
            (|_| Err(Missing::Later), HttpFaultKind::NameLater),
        ];
        for (ask, kind) in answers {
            let lookups = Arc::new(Lookups::new(1, PATIENCE, ask));
            let found = executor.block_on(lookups.find("name.test", None));
            assert_eq!(found.unwrap_err().kind, kind);
        }
    }

    #[test]
    #[cfg(unix)]
    fn what_the_system_says_of_names_is_understood() {
        let said = |code| {
            // SAFETY: it gives a text that ends with zero and is there as long as the process.
            let words = unsafe { std::ffi::CStr::from_ptr(libc::gai_strerror(code)) };
            let words = words.to_string_lossy();
            // As the standard library has it.
            std::io::Error::other(format!("failed to lookup address information: {words}"))
        };
        assert!(is_for_later(&said(libc::EAI_AGAIN)));
        assert!(!is_for_later(&said(libc::EAI_NONAME)));
        assert!(!is_for_later(&std::io::Error::from(
            std::io::ErrorKind::NotFound
        )));
    }

    #[test]
    fn lookups_that_were_given_up_hold_no_more_threads_than_a_runtime_has() {
        let executor = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        executor.block_on(async {
            let patience = Duration::from_millis(300);
            let lookups = Arc::new(Lookups::new(5, patience, stuck));
            let runtime = || Arc::new(Semaphore::new(OF_ONE));
            let (one, other) = (runtime(), runtime());
            let given_up = |own: &Arc<Semaphore>, name: String| {
                let (lookups, own) = (lookups.clone(), own.clone());
                async move {
                    let find = lookups.find(&name, Some(own));
                    tokio::time::timeout(Duration::from_millis(5), find).await
                }
            };
            // One name is asked for once, and any number of names no more often than there are places.
            for _ in 0..20 {
                assert!(given_up(&one, "same.test".into()).await.is_err());
            }
            for name in 0..20 {
                assert!(given_up(&one, format!("{name}.test")).await.is_err());
            }
            asked(OF_ONE).await;
            let fault = lookups
                .find("more.test", Some(one.clone()))
                .await
                .unwrap_err();
            assert!(
                fault.message.contains("the name server does not answer"),
                "{fault}"
            );
            assert_eq!(fault.kind, HttpFaultKind::NameLater);
            // Another runtime has places of its own, as many as are left for all.
            for name in 20..40 {
                assert!(given_up(&other, format!("{name}.test")).await.is_err());
            }
            asked(5).await;
            *ANSWERS.0.lock().unwrap() = true;
            ANSWERS.1.notify_all();
            let found = lookups.find("more.test", Some(one.clone())).await.unwrap();
            assert_eq!(found, ["192.0.2.1".parse::<IpAddr>().unwrap()]);
            // All places are free again.
            while one.available_permits() < OF_ONE || !lookups.under_way().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
    }
}
