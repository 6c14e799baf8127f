//! Functions of the host that guest code calls: plain ones, ones that fail, ones that take their time, and rows that flow through a guest
//! in both directions, one by one.
//!
//! `cargo xtask example callbacks`

use anyhow::{Context, Result};
use isolator_host::{IsolatedRuntimeHost, Limits};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The C# record of the same name. Members are PascalCase there, and the wire has their names.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    item: String,
    count: i32,
}

/// What guests may know. A guest chooses the arguments of a callback: look up what it asks for, and never build a path, a query or a
/// command of it.
fn price(item: &str) -> Result<i32, String> {
    match item {
        "lamp" => Ok(4000),
        "chair" => Ok(12_500),
        _ => Err(format!(
            "no price is known for {item:?}; the supplier's key is s3cr3t"
        )),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::args()
        .nth(1)
        .context("the argument is the folder of the guest's assembly")?;
    let rows_read = Arc::new(AtomicU32::new(0));
    let counter = rows_read.clone();

    // Callbacks of the host are there in every runtime; `runtime.register_callback` adds one to a single runtime.
    let host = IsolatedRuntimeHost::builder()
        .assembly_directory(folder)?
        // A guest may call thousands of times a second: that is a limit like any other.
        .limits(Limits::default().max_callbacks(10_000))
        // Fallible: the guest learns that the call failed, and not why. The log has the error.
        .fallible_callback("price", |item: String| price(&item))
        // Asynchronous: the guest awaits it, or holds its thread until it is done.
        .async_callback("fetch", |page: String| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            format!("<{page}>")
        })
        // Rows one by one, as the guest asks for them: a cursor in a database would stand here.
        .async_callback("row", move |table: String, number: i32| {
            counter.fetch_add(1, Ordering::Relaxed);
            async move {
                (table == "stock" && number <= 1000).then(|| Line {
                    item: format!("item {number}"),
                    count: number * 10,
                })
            }
        })
        .build()?;
    let runtime = host.create_runtime()?.into_async()?;

    let lines = [("lamp", 2), ("chair", 1)].map(|(item, count)| Line {
        item: item.into(),
        count,
    });
    // An array as the one argument: arguments are a tuple.
    let total: i32 = runtime.call("Shop", "Shop.Till", "Total", (lines,)).await?;
    println!("total: {total} cents");

    let told: String = runtime
        .call("Shop", "Shop.Till", "PriceOrNot", ("sofa",))
        .await?;
    println!("the guest was told: {told}");

    let both: String = runtime
        .call("Shop", "Shop.Till", "Both", ("a", "b"))
        .await?;
    println!("fetched: {both}");

    // An `IAsyncEnumerable<string>` of the guest. Each line is made when it is asked for, and dropping the stream ends it inside.
    let mut report = runtime.call_stream::<String>("Shop", "Shop.Till", "Report", ("stock",));
    for _ in 0..3 {
        let line = report.next().await.context("the report ended early")??;
        println!("{line}");
    }
    drop(report);
    println!(
        "rows that the host was asked for: {}",
        rows_read.load(Ordering::Relaxed)
    );
    Ok(())
}
