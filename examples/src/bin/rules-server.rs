//! A web server (axum) that decides about orders by rules that its customers wrote in C#. A rule that never ends, takes too much memory or
//! crashes costs its own customer a decision, with the reason as the answer, and nobody else anything.
//!
//! `cargo xtask example rules-server` asks the server itself. To ask it from outside:
//! `cargo run --bin rules-server -- target/examples/Rules --listen 127.0.0.1:8080`

use anyhow::{Context, Result, bail};
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{Request, StatusCode, header};
use axum::routing::post;
use axum::{Json, Router};
use isolator_host::{Error, IsolatedRuntime, IsolatedRuntimeHost, Limits, printable};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// Whose rules there are, and the class that has each. A name in a request leads to what stands here and nowhere else. These are classes of
/// one assembly, which the host loads by name; what is uploaded while the server runs would come from a loader (`assembly_loader`).
const RULES: &[(&str, &str)] = &[
    ("careful", "Rules.Careful"),
    ("endless", "Rules.Endless"),
    ("greedy", "Rules.Greedy"),
    ("crashing", "Rules.Crashing"),
];

/// The C# record of the same name, for the guest and in JSON. Members are PascalCase in both.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Order {
    item: String,
    count: i32,
    price: f64,
}

/// The C# record of the same name, as [`Order`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decision {
    accepted: bool,
    discount: f64,
    reason: String,
}

/// Why there is no decision.
#[derive(Serialize)]
struct Refusal {
    error: String,
}

/// The answer without a decision.
type Refused = (StatusCode, Json<Refusal>);

fn refuse(status: StatusCode, why: impl Into<String>) -> Refused {
    (status, Json(Refusal { error: why.into() }))
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .context("the first argument is the folder of the rules' assembly")?;
    let host = IsolatedRuntimeHost::builder()
        .assembly_directory(folder)?
        // So many orders at once, which then have 4 GiB at most. One more is asked to come again.
        .max_runtimes(64)
        // For each order by itself.
        .limits(
            Limits::default()
                .memory(64 << 20)
                // What a rule computes, however busy the machine is; and how long it may take with what it waits for.
                .call_cpu(Duration::from_secs(1))
                .call_timeout(Duration::from_secs(30))
                // Nobody needs a reason of more than this.
                .max_value(1 << 20),
        )
        .build()?;
    let router: Router = Router::new()
        .route("/rules/{customer}", post(decide))
        .layer(DefaultBodyLimit::max(16 << 10))
        .with_state(host);

    let rest: Vec<String> = arguments.collect();
    match rest.as_slice() {
        [] => try_out(router).await,
        [flag, address] if flag == "--listen" => serve(router, address).await,
        _ => bail!("rules-server FOLDER [--listen ADDRESS]"),
    }
}

/// Asks the customer's rule about an order.
async fn decide(
    State(host): State<IsolatedRuntimeHost>,
    Path(customer): Path<String>,
    Json(order): Json<Order>,
) -> Result<Json<Decision>, Refused> {
    let Some((_, rule)) = RULES.iter().find(|(name, _)| *name == customer) else {
        return Err(refuse(StatusCode::NOT_FOUND, "there is no such customer"));
    };
    // A fresh one for each order: it is made in microseconds, and what a rule leaves behind in statics is gone with it.
    let runtime = host
        .create_runtime()
        .and_then(IsolatedRuntime::into_async)
        .map_err(|error| {
            eprintln!("no runtime for {customer}: {error}");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "no room now, ask again")
        })?;
    // While the rule waits it holds no thread. Where the client goes away, axum drops this future, and the rule is given up.
    let decision: Decision = runtime
        .call("Rules", rule, "Decide", (order,))
        .await
        .map_err(|error| {
            // All of it, with the stack trace, for whoever runs the server. A rule's words are made harmless for their terminal.
            eprintln!("{customer}: {}", printable::text(&error.to_string()));
            refuse(StatusCode::UNPROCESSABLE_ENTITY, what_went_wrong(&error))
        })?;
    Ok(Json(decision))
}

/// What the customer is told. Errors are typed: a host decides by their kind, and does not read sentences.
fn what_went_wrong(error: &Error) -> String {
    match error {
        Error::Limit { limit, allowed, .. } => {
            format!(
                "the rule reached its limit of {limit}, {}",
                limit.show(*allowed)
            )
        }
        Error::Trap { kind, .. } => format!("the rule crashed: {kind}"),
        Error::Exit { code } => format!("the rule ended itself with code {code}"),
        // An exception, for example: without its stack trace.
        other => {
            let text = other.to_string();
            printable::line(text.lines().next().unwrap_or_default()).into_owned()
        }
    }
}

/// Serves until Ctrl-C. Orders that were begun are answered then, which takes no longer than their limits allow.
async fn serve(router: Router, address: &str) -> Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("listen on {address}"))?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, router)
        .with_graceful_shutdown(interrupted())
        .await?;
    println!("ended; what was begun is answered");
    Ok(())
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("Ctrl-C will end this process at once: {error}");
        std::future::pending::<()>().await;
    }
}

/// Orders for all customers at once, through the router alone: as clients would be answered, without a network.
async fn try_out(router: Router) -> Result<()> {
    const LARGE: &str = r#"{"Item":"lamp","Count":30,"Price":40}"#;
    const SMALL: &str = r#"{"Item":"lamp","Count":2,"Price":40}"#;
    const NONE: &str = r#"{"Item":"lamp","Count":0,"Price":40}"#;
    let orders = [
        ("careful", LARGE),
        ("endless", SMALL),
        ("greedy", SMALL),
        ("crashing", SMALL),
        ("careful", SMALL),
        ("careful", NONE),
        ("nobody", SMALL),
    ];
    let answers =
        orders.map(|(customer, order)| tokio::spawn(ask(router.clone(), customer, order)));
    for ((customer, _), answer) in orders.iter().zip(answers) {
        println!("{customer}: {}", answer.await??);
    }
    Ok(())
}

/// What a customer is answered: the status, and the JSON.
async fn ask(router: Router, customer: &str, order: &'static str) -> Result<String> {
    let request = Request::post(format!("/rules/{customer}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(order))?;
    let response = router.oneshot(request).await?;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await?;
    Ok(format!("{status} {}", String::from_utf8_lossy(&body)))
}
