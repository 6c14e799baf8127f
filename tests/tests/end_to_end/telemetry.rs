//! What the library does as spans, as OpenTelemetry exports them.

use crate::CALLS;
use isolator_host::{Error, IsolatedRuntime};
use isolator_tests::builder;
use opentelemetry::trace::{SpanId, Status, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use std::sync::{Arc, Mutex};
use tracing_subscriber::layer::{Layer, SubscriberExt};

/// Keeps what would be sent.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

impl Kept {
    /// Takes what was exported so far.
    fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn named<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found
        .next()
        .unwrap_or_else(|| panic!("no `{name}` in {spans:?}"));
    assert!(found.next().is_none(), "two `{name}` in {spans:?}");
    span
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span
        .attributes
        .iter()
        .find(|pair| pair.key.as_str() == key)?;
    Some(found.value.to_string())
}

/// A way to call in; each gives 7.
type Way = fn(&mut IsolatedRuntime) -> i32;

#[test]
fn hosts_runtimes_and_calls_are_spans() {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(kept.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry()
        .with(layer.with_filter(tracing_subscriber::filter::LevelFilter::DEBUG));
    let _here = tracing::subscriber::set_default(subscriber);
    let outer = tracing::info_span!("outer").entered();

    let host = builder().build().unwrap();
    let mut runtime = host.create_runtime().unwrap();
    let id = runtime.id().to_string();
    let sum: i32 = runtime
        .call(CALLS, "Calls.Arithmetic", "Add", (2, 3))
        .unwrap();
    assert_eq!(sum, 5);
    let spans = kept.take();
    let parent = |name: &str| named(&spans, name).parent_span_id;
    assert_eq!(
        attribute(named(&spans, "create"), "runtime"),
        Some(id.clone())
    );
    assert_eq!(
        attribute(named(&spans, "call"), "method"),
        Some("Add".into())
    );
    assert_eq!(
        attribute(named(&spans, "call"), "runtime"),
        Some(id.clone())
    );
    assert_ne!(parent("call"), SpanId::INVALID);
    for name in ["load", "create"] {
        assert_eq!(parent(name), parent("call"), "{name}");
    }

    // Whatever else calls on this thread has the runtime in its span, too.
    let others: [(&str, Way); 3] = [
        ("call", |runtime| {
            let counter = runtime.create_object(CALLS, "Calls.Counter").unwrap();
            runtime.call_on(&counter, "Increment", (7,)).unwrap()
        }),
        ("call", |runtime| {
            runtime
                .call_task(CALLS, "Calls.Tasks", "Delayed", (1, 7))
                .unwrap()
        }),
        ("main", |runtime| {
            let program = runtime.load_assembly("CliHello").unwrap();
            runtime.run_main(&program, &[]).unwrap();
            7
        }),
    ];
    for (name, way) in others {
        assert_eq!(way(&mut runtime), 7);
        let spans = kept.take();
        assert_eq!(
            attribute(named(&spans, name), "runtime"),
            Some(id.clone()),
            "{spans:?}"
        );
    }

    // A call that is awaited is one span, whatever is done between its steps.
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    executor.block_on(async {
        let runtime = runtime.into_async().unwrap();
        let sum: i32 = runtime
            .call(CALLS, "Calls.Arithmetic", "Add", (2, 3))
            .await
            .unwrap();
        assert_eq!(sum, 5);
        let span = named(&kept.take(), "call").clone();
        assert_eq!(
            (&span.status, attribute(&span, "runtime")),
            (&Status::Unset, Some(id))
        );
        let missing: Result<i32, Error> =
            runtime.call(CALLS, "Calls.Arithmetic", "Nothing", ()).await;
        missing.unwrap_err();
        let span = named(&kept.take(), "call").clone();
        assert!(matches!(span.status, Status::Error { .. }), "{span:?}");
        assert_eq!(attribute(&span, "method"), Some("Nothing".into()));
        assert_eq!(span.parent_span_id, named(&spans, "call").parent_span_id);
    });
    drop(outer);
    assert_eq!(
        named(&kept.take(), "outer").span_context.span_id(),
        named(&spans, "call").parent_span_id
    );
}
