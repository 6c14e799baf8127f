//! The server, as the protocol sees it.

use crate::arguments::{self, SessionCreate, SessionDestroy, SessionExecute};
use crate::execute;
use crate::report::{Answer, Created, Destroyed, Execution, Outcome, Undoable, answer, shown};
use crate::sessions::{self, Owner, Sessions};
use crate::settings::Settings;
use crate::tools;
use crate::work::{Job, Turns, Workplace};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CustomRequest, CustomResult,
    ErrorCode, ErrorData, Implementation, InitializeRequestParams, InitializeResult, JsonObject,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde::de::DeserializeOwned;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::OwnedMutexGuard;

/// What all clients of a server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub settings: Settings,
    pub sessions: Sessions,
    workplace: Workplace,
    tools: Vec<Tool>,
    instructions: String,
    clients: AtomicU64,
}

impl Shared {
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            sessions: Sessions::new(settings.sessions, settings.session_idle),
            workplace: Workplace::new(settings.at_once),
            clients: AtomicU64::new(0),
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
    number: u64,
    /// Whether more than one request comes from it, and none from others.
    lasts: AtomicBool,
}

impl Client {
    /// One of which nothing is known yet.
    pub fn new(shared: &Arc<Shared>) -> Self {
        Self {
            turns: shared.workplace.turns(),
            number: shared.clients.fetch_add(1, Ordering::Relaxed),
            lasts: AtomicBool::new(false),
            shared: shared.clone(),
        }
    }

    /// The only one of its connection.
    pub fn lasting(self) -> Self {
        self.lasts.store(true, Ordering::Release);
        self
    }

    /// Who makes its sessions, and may use them.
    fn owner(&self) -> Owner {
        self.lasts.load(Ordering::Acquire).then_some(self.number)
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
        T: Answer + Undoable + Send + 'static,
    {
        let asked = match arguments::read(arguments) {
            Ok(asked) => asked,
            Err(message) => return wrong(message),
        };
        let shared = self.shared.clone();
        let work = move |job: &Job, ()| work(&shared.settings, job, asked);
        let workplace = &self.shared.workplace;
        let done = workplace.run(&self.turns, context, None, ready(()), work);
        answer(&done.await.unwrap_or_else(T::undone))
    }

    async fn create(
        &self,
        arguments: Option<JsonObject>,
        context: &RequestContext<RoleServer>,
    ) -> CallToolResult {
        if let Err(message) = arguments::read::<SessionCreate>(arguments) {
            return wrong(message);
        }
        let place = match self.shared.sessions.place() {
            Ok(place) => place,
            Err(message) => return answer(&Created::refused(message)),
        };
        let shared = self.shared.clone();
        let begin = move |job: &Job, ()| sessions::begin(&shared.settings, job);
        let workplace = &self.shared.workplace;
        let begun = workplace.run(&self.turns, context, None, ready(()), begin);
        let created = match begun.await {
            Ok(Ok(held)) => self.shared.sessions.add(self.owner(), place, held),
            Ok(Err(message)) => Err(message),
            Err(undone) => Err(undone.to_string()),
        };
        answer(&match created {
            Ok(id) => Created::named(id, self.shared.settings.session_idle),
            Err(message) => Created::refused(message),
        })
    }

    async fn submit(
        &self,
        arguments: Option<JsonObject>,
        context: &RequestContext<RoleServer>,
    ) -> CallToolResult {
        let asked: SessionExecute = match arguments::read(arguments) {
            Ok(asked) => asked,
            Err(message) => return wrong(message),
        };
        let owner = self.owner();
        let Some(open) = self.shared.sessions.find(owner, &asked.session_id) else {
            return answer(&Execution::failed(Outcome::Failed, sessions::NONE));
        };
        open.touch();
        let (shared, name) = (self.shared.clone(), asked.session_id.clone());
        let held = open.hold();
        let submit = move |job: &Job, mut held: OwnedMutexGuard<sessions::Held>| {
            sessions::execute(&shared.settings, job, &mut held, &asked)
        };
        let workplace = &self.shared.workplace;
        let cancel = Some(open.cancel_handle());
        let done = workplace.run(&self.turns, context, cancel, held, submit);
        let execution = match done.await {
            Ok((execution, goes_on)) => {
                if !goes_on {
                    self.shared.sessions.destroy(owner, &name);
                }
                execution
            }
            Err(undone) => Execution::undone(undone),
        };
        open.touch();
        answer(&execution)
    }

    fn destroy(&self, arguments: Option<JsonObject>) -> CallToolResult {
        match arguments::read::<SessionDestroy>(arguments) {
            Ok(asked) => {
                let destroyed = self
                    .shared
                    .sessions
                    .destroy(self.owner(), &asked.session_id);
                answer(&Destroyed {
                    destroyed,
                    error: (!destroyed).then(|| sessions::NONE.into()),
                })
            }
            Err(message) => wrong(message),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(owner) = self.owner() {
            self.shared.sessions.destroy_all(owner);
        }
    }
}

/// Arguments that are wrong are told to the model, which can correct them: no error of the protocol's, as the protocol says itself.
fn wrong(message: String) -> CallToolResult {
    CallToolResult::error(vec![shown(&message)])
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

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        // Who shakes hands has a session of the protocol's.
        self.lasts.store(true, Ordering::Release);
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
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
            tools::CREATE if self.has_sessions() => self.create(arguments, &context).await,
            tools::SUBMIT if self.has_sessions() => self.submit(arguments, &context).await,
            tools::DESTROY if self.has_sessions() => self.destroy(arguments),
            _ => return Err(self.unknown(&request.name)),
        };
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        // What has the name of a method of the protocol, and is here, could not be read as its request.
        const METHODS: [&str; 2] = ["tools/call", "tools/list"];
        const OF_HANDSHAKES: [&str; 2] = ["initialize", "ping"];
        let method = request.method;
        let version = context.protocol_version();
        let shakes = version.is_none_or(|version| version.has_initialize());
        let known = METHODS.contains(&&*method) || shakes && OF_HANDSHAKES.contains(&&*method);
        Err(match known {
            true => ErrorData::invalid_params(
                format!("the parameters of `{method}` are not what the protocol says"),
                None,
            ),
            false => ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None),
        })
    }
}

impl Client {
    fn has_sessions(&self) -> bool {
        self.shared.settings.sessions > 0
    }

    fn unknown(&self, name: &str) -> ErrorData {
        let known: Vec<&str> = self.shared.tools.iter().map(|tool| &*tool.name).collect();
        ErrorData::invalid_params(
            format!("there is no tool `{name}`. There are: {}", known.join(", ")),
            None,
        )
    }
}
