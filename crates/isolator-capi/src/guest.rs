//! What a runtime and the context of a callback have in common, so that the interface is written once for both.

use ::isolator_host::{
    CallContext, GuestStatistics, Inspection, IsolatedAssembly, IsolatedMethod, IsolatedObject,
    IsolatedRuntime, IsolatedStream, IsolatedTask, IsolatedType, MethodQuery, NextRun, Result,
};
use std::time::Duration;

/// Something of a runtime that can be inspected.
pub(crate) enum Subject<'a> {
    Assembly(&'a IsolatedAssembly),
    Type(&'a IsolatedType),
    Method(&'a IsolatedMethod),
}

macro_rules! guest {
    ($(fn $name:ident(&mut self $(, $arg:ident: $ty:ty)*) -> $result:ty;)*) => {
        /// A guest that can be called. Each function is that of `IsolatedRuntime`.
        pub(crate) trait Guest {
            $(fn $name(&mut self $(, $arg: $ty)*) -> $result;)*
            fn inspect_any(&mut self, subject: Subject<'_>) -> Result<Inspection>;
            /// MessagePack bytes of what the task gives.
            fn wait_bytes(&mut self, task: &IsolatedTask) -> Result<Vec<u8>>;
            fn register(&mut self, name: &str, callback: crate::callback::Foreign);
            fn register_async(&mut self, name: &str, callback: crate::callback::ForeignAsync);
        }
        guest!(@for IsolatedRuntime [$($name($($arg: $ty),*) -> $result;)*]);
        guest!(@for CallContext<'_> [$($name($($arg: $ty),*) -> $result;)*]);
    };
    (@for $guest:ty [$($name:ident($($arg:ident: $ty:ty),*) -> $result:ty;)*]) => {
        impl Guest for $guest {
            $(#[inline] fn $name(&mut self $(, $arg: $ty)*) -> $result { <$guest>::$name(self $(, $arg)*) })*
            fn inspect_any(&mut self, subject: Subject<'_>) -> Result<Inspection> {
                match subject {
                    Subject::Assembly(assembly) => self.inspect(assembly),
                    Subject::Type(of_type) => self.inspect(of_type),
                    Subject::Method(method) => self.inspect(method),
                }
            }
            fn wait_bytes(&mut self, task: &IsolatedTask) -> Result<Vec<u8>> {
                <$guest>::wait_bytes(self, task)
            }
            fn register(&mut self, name: &str, callback: crate::callback::Foreign) {
                self.register_bytes_callback(name, move |context, args| callback.call(context, args));
            }
            fn register_async(&mut self, name: &str, callback: crate::callback::ForeignAsync) {
                self.register_bytes_async_callback(name, move |args| callback.begin(args));
            }
        }
    };
}

guest! {
    fn load_assembly(&mut self, name: &str) -> Result<IsolatedAssembly>;
    fn load_image(&mut self, image: &[u8], symbols: Option<&[u8]>) -> Result<IsolatedAssembly>;
    fn find_type(&mut self, assembly: &str, name: &str) -> Result<IsolatedType>;
    fn find_type_in(&mut self, assembly: &IsolatedAssembly, name: &str) -> Result<IsolatedType>;
    fn find_method_of(&mut self, of_type: &IsolatedType, name: &str, query: &MethodQuery) -> Result<IsolatedMethod>;
    fn scalar_signature(&mut self, method: &IsolatedMethod) -> Result<Option<String>>;
    fn invoke_words(&mut self, method: &IsolatedMethod, target: Option<&IsolatedObject>, count: usize, words: [u64; 8]) -> Result<Option<u64>>;
    fn invoke_bytes(&mut self, method: &IsolatedMethod, target: Option<&IsolatedObject>, args: &[u8]) -> Result<Vec<u8>>;
    fn invoke_raw(&mut self, method: &IsolatedMethod, target: Option<&IsolatedObject>, bytes: &[u8]) -> Result<Vec<u8>>;
    fn invoke_object_bytes(&mut self, method: &IsolatedMethod, target: Option<&IsolatedObject>, args: &[u8]) -> Result<Option<IsolatedObject>>;
    fn start_task_bytes(&mut self, method: &IsolatedMethod, target: Option<&IsolatedObject>, args: &[u8]) -> Result<IsolatedTask>;
    fn poll_task_bytes(&mut self, task: &IsolatedTask) -> Result<Option<Vec<u8>>>;
    fn cancel_task(&mut self, task: &IsolatedTask) -> Result<()>;
    fn run_pending(&mut self, budget: Duration) -> Result<NextRun>;
    fn open_stream(&mut self, source: &IsolatedObject) -> Result<IsolatedStream>;
    fn start_next_element(&mut self, stream: &IsolatedStream) -> Result<IsolatedTask>;
    fn close_stream(&mut self, stream: &IsolatedStream) -> Result<()>;
    fn create_object_bytes(&mut self, of_type: &IsolatedType, args: &[u8]) -> Result<IsolatedObject>;
    fn copy_object_bytes(&mut self, of_type: &IsolatedType, value: &[u8]) -> Result<IsolatedObject>;
    fn value_bytes_of(&mut self, object: &IsolatedObject) -> Result<Vec<u8>>;
    fn type_of(&mut self, object: &IsolatedObject) -> Result<IsolatedType>;
    fn get_field_bytes(&mut self, of_type: &IsolatedType, target: Option<&IsolatedObject>, name: &str) -> Result<Vec<u8>>;
    fn set_field_bytes(&mut self, of_type: &IsolatedType, target: Option<&IsolatedObject>, name: &str, value: &[u8]) -> Result<()>;
    fn run_main(&mut self, assembly: &IsolatedAssembly, args: &[&str]) -> Result<i32>;
    fn collect(&mut self, generation: u32) -> Result<()>;
    fn statistics(&mut self) -> Result<GuestStatistics>;
}
