//! The server, as the protocol sees it.

use crate::arguments;
use crate::execute;
use crate::report::{Answer, answer};
use crate::settings::Settings;
use crate::tools;
use crate::work::{Job, Turns, Workplace};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, ErrorCode, ErrorData, Implementation, JsonObject, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde::de::DeserializeOwned;
use std::future::ready;
use std::sync::Arc;

/// What all clients of a server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub settings: Settings,
    workplace: Workplace,
    tools: Vec<Tool>,
    instructions: String,
}

impl Shared {
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            workplace: Workplace::new(settings.at_once),
            tools: tools::all(&settings),
            instructions: tools::instructions(&settings),
            settings,
        })
    }
}

/// One client: a connection over standard streams, a session over HTTP; or a single request over HTTP, where the protocol has no sessions.
#[derive(Debug)]
pub(crate) struct Client {
    shared: Arc<Shared>,
    turns: Turns,
}

impl Client {
    pub fn new(shared: &Arc<Shared>) -> Self {
        Self {
            turns: shared.workplace.turns(),
            shared: shared.clone(),
        }
    }

    /// Does the work of a tool that needs nothing but its arguments.
    async fn work<A, T>(
        &self,
        arguments: Option<JsonObject>,
        context: &RequestContext<RoleServer>,
        work: fn(&Settings, &Job, A) -> T,
    ) -> CallToolResult
    where
        A: DeserializeOwned + Send + 'static,
        T: Answer + Send + 'static,
    {
        let asked = match arguments::read(arguments) {
            Ok(asked) => asked,
            Err(message) => return wrong(message),
        };
        let shared = self.shared.clone();
        let done = self
            .shared
            .workplace
            .run(&self.turns, context, ready(()), move |job, ()| {
                work(&shared.settings, job, asked)
            });
        answer(&done.await.unwrap_or_else(T::undone))
    }
}

/// Arguments that are wrong are told to the model, which can correct them: no error of the protocol's, as the protocol says itself.
fn wrong(message: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(message)])
}

impl ServerHandler for Client {
    fn get_info(&self) -> ServerConfig {
        let itself = Implementation::new("isolator", env!("CARGO_PKG_VERSION"))
            .with_title("Isolator")
            .with_description("Runs C# in WebAssembly sandboxes");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(itself)
            .with_instructions(&*self.shared.instructions)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.shared.tools.clone()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let mut tools = self.shared.tools.iter();
        tools.find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments;
        let result = match &*request.name {
            tools::EXECUTE => self.work(arguments, &context, execute::execute).await,
            tools::CHECK => self.work(arguments, &context, execute::check).await,
            _ => return Err(self.unknown(&request.name)),
        };
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        // What has the name of a method of the protocol, and is here, could not be read as its request.
        const METHODS: [&str; 4] = ["initialize", "ping", "tools/call", "tools/list"];
        let method = request.method;
        Err(match METHODS.contains(&&*method) {
            true => ErrorData::invalid_params(
                format!("the parameters of `{method}` are not what the protocol says"),
                None,
            ),
            false => ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None),
        })
    }
}

impl Client {
    fn unknown(&self, name: &str) -> ErrorData {
        let known: Vec<&str> = self.shared.tools.iter().map(|tool| &*tool.name).collect();
        ErrorData::invalid_params(
            format!("there is no tool `{name}`. There are: {}", known.join(", ")),
            None,
        )
    }
}
