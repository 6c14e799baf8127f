//! Many tenants in one process, on tokio: each has a .NET runtime of its own, with limits by what it pays for. A tenant that waits holds
//! no thread; one that computes for ever, takes too much memory or is cancelled ends alone.
//!
//! `cargo xtask example tenants`

use anyhow::{Context, Result, ensure};
use isolator_host::{
    AsyncRuntime, CancelHandle, Error, IsolatedRuntimeHost, Limits, Result as Guest,
};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const TENANTS: i64 = 50;
const BOOKINGS: i64 = 10;

/// What a tenant pays for.
#[derive(Clone, Copy)]
enum Plan {
    Free,
    Paid,
}

impl Plan {
    fn limits(self) -> Limits {
        match self {
            Self::Free => Limits::default()
                .memory(32 << 20)
                // CPU time: what a tenant's code computes, however busy the machine is.
                .call_cpu(Duration::from_millis(300))
                .call_timeout(Duration::from_secs(30)),
            Self::Paid => Limits::default()
                .memory(128 << 20)
                .call_cpu(Duration::from_secs(10))
                .call_timeout(Duration::from_secs(60)),
        }
    }
}

/// A tenant, and what ends it from any thread at any time.
struct Tenant {
    runtime: AsyncRuntime,
    cancel: CancelHandle,
}

impl Tenant {
    fn create(host: &IsolatedRuntimeHost, plan: Plan) -> Guest<Self> {
        let mut runtime = host.runtime().limits(plan.limits()).create()?;
        Ok(Self {
            cancel: runtime.cancel_handle(),
            // From here on calls are futures, and a task on tokio drives the runtime.
            runtime: runtime.into_async()?,
        })
    }

    async fn book(&self, amount: i64) -> Guest<i64> {
        self.runtime
            .call("Ledgers", "Ledgers.Ledger", "Book", (amount,))
            .await
    }

    async fn entries(&self) -> Guest<i32> {
        self.runtime
            .call("Ledgers", "Ledgers.Ledger", "Entries", ())
            .await
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::args()
        .nth(1)
        .context("the argument is the folder of the tenants' assembly")?;
    let host = IsolatedRuntimeHost::builder()
        .assembly_directory(folder)?
        .max_runtimes(100)
        .build()?;

    all_at_once(&host).await?;
    one_that_computes_for_ever(&host).await?;
    one_that_takes_memory(&host).await?;
    one_that_is_cancelled(&host).await?;
    one_call_that_is_given_up(&host).await
}

/// Each tenant books ten amounts, and every booking waits for 20 ms: one after the other that would be ten seconds.
async fn all_at_once(host: &IsolatedRuntimeHost) -> Result<()> {
    let began = Instant::now();
    let mut all = JoinSet::new();
    for number in 1..=TENANTS {
        let tenant = Tenant::create(host, Plan::Free)?;
        all.spawn(async move {
            let mut sum = 0;
            for _ in 0..BOOKINGS {
                sum = tenant.book(number).await?;
            }
            Ok::<_, Error>((number, sum))
        });
    }
    while let Some(done) = all.join_next().await {
        let (number, sum) = done??;
        ensure!(sum == BOOKINGS * number, "tenant {number} has {sum}");
    }
    println!("{TENANTS} tenants have what is theirs, each {BOOKINGS} bookings");
    eprintln!("that took {:?}", began.elapsed());
    Ok(())
}

/// Guest code that computes holds a thread (of `block_in_place`) until its limit ends it; others go on beside it.
async fn one_that_computes_for_ever(host: &IsolatedRuntimeHost) -> Result<()> {
    let (greedy, quiet) = (
        Tenant::create(host, Plan::Free)?,
        Tenant::create(host, Plan::Paid)?,
    );
    let endless = greedy
        .runtime
        .call::<i64>("Ledgers", "Ledgers.Ledger", "AuditForEver", ());
    let (ended, sum) = tokio::join!(endless, quiet.book(7));
    match ended {
        Err(Error::Limit { limit, .. }) if limit.is_time() => println!(
            "a call for ever ended at its limit; meanwhile another tenant booked {}",
            sum?
        ),
        other => anyhow::bail!("a call for ever gave {other:?}"),
    }
    ensure!(
        greedy.book(1).await.is_err_and(|error| error.is_fatal()),
        "the runtime should be dead"
    );
    Ok(())
}

/// Where memory runs out, .NET code first gets an `OutOfMemoryException`. Who does not catch it only fails.
async fn one_that_takes_memory(host: &IsolatedRuntimeHost) -> Result<()> {
    let tenant = Tenant::create(host, Plan::Free)?;
    match tenant
        .runtime
        .call::<i64>("Ledgers", "Ledgers.Ledger", "Hoard", ())
        .await
    {
        Err(Error::GuestException(exception)) => println!("a tenant got {}", exception.type_name),
        Err(Error::Limit { limit, .. }) => println!("a tenant reached its limit of {limit}"),
        other => anyhow::bail!("hoarding gave {other:?}"),
    }
    Ok(())
}

/// An administrator ends a tenant, wherever its code is: computing, sleeping, waiting.
async fn one_that_is_cancelled(host: &IsolatedRuntimeHost) -> Result<()> {
    let tenant = Tenant::create(host, Plan::Paid)?;
    let cancel = tenant.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    });
    match tenant
        .runtime
        .call::<String>("Ledgers", "Ledgers.Ledger", "Follow", ())
        .await
    {
        Err(Error::Cancelled) => println!("a tenant was cancelled while it waited"),
        other => anyhow::bail!("a cancelled tenant gave {other:?}"),
    }
    Ok(())
}

/// Dropping a future gives up one call: its `CancellationToken` is signalled, its code cleans up, and the runtime works on.
async fn one_call_that_is_given_up(host: &IsolatedRuntimeHost) -> Result<()> {
    let tenant = Tenant::create(host, Plan::Paid)?;
    tenant.book(1).await?;
    let call = tenant
        .runtime
        .call::<String>("Ledgers", "Ledgers.Ledger", "Follow", ());
    let given_up = tokio::time::timeout(Duration::from_millis(200), call).await;
    ensure!(given_up.is_err(), "the call ended by itself: {given_up:?}");
    // What it does then is work of the runtime's, which goes on by itself.
    let cleaned = async {
        while tenant.entries().await? < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok::<_, Error>(())
    };
    tokio::time::timeout(Duration::from_secs(30), cleaned).await??;
    println!("a call was given up, and its tenant cleaned up");
    Ok(())
}
