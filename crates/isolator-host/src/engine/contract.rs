//! The contract's functions as core WebAssembly sees them: one table each for what a guest exports and imports.
//!
//! The tables are compared with `wit/isolator.wit` by a test, so that neither can change alone. `engine/instance.rs` makes its
//! typed functions from the same list; `validate.rs` checks guest modules against it.

pub(crate) use crate::signature::{Core, Spec};
pub(crate) use isolator_abi::contract::{GUEST_INTERFACE, HOST_INTERFACE, WASI_MODULE};

/// Calls `$then!` with the list of exports: field, WIT name, core parameters, core result, `post` if it returns memory.
macro_rules! for_each_export {
    ($then:ident) => {
        $then! {
            start = "start" (I32 I32) -> I32, post;
            load_assembly = "load-assembly" (I32 I32) -> I32, post;
            load_image = "load-image" (I32 I32 I32 I32 I32) -> I32, post;
            find_type = "find-type" (I64 I32 I32) -> I32, post;
            find_method = "find-method" (I64 I32 I32 I32 I32) -> I32, post;
            get_field = "get-field" (I64 I64 I32 I32) -> I32, post;
            set_field = "set-field" (I64 I64 I32 I32 I32 I32) -> I32, post;
            inspect = "inspect" (I64) -> I32, post;
            create_object = "create-object" (I64 I32 I32) -> I32, post;
            copy_object = "copy-object" (I64 I32 I32) -> I32, post;
            type_of = "type-of" (I64) -> I32, post;
            get_value = "get-value" (I64) -> I32, post;
            release = "release" (I64) -> ;
            invoke = "invoke" (I64 I64 I32 I32) -> I32, post;
            invoke_raw = "invoke-raw" (I64 I64 I32 I32) -> I32, post;
            invoke_handle = "invoke-handle" (I64 I64 I32 I32) -> I32, post;
            scalar_signature = "scalar-signature" (I64) -> I32, post;
            invoke_scalar = "invoke-scalar" (I64 I64 I64 I64 I64 I64 I64 I64 I64 I64) -> I32;
            invoke_batch = "invoke-batch" (I64 I64 I32 I32 I32) -> I32, post;
            describe_exception = "describe-exception" (I64) -> I32, post;
            invoke_async = "invoke-async" (I64 I64 I32 I32) -> I32, post;
            poll_task = "poll-task" (I64) -> I32, post;
            cancel_task = "cancel-task" (I64) -> ;
            open_stream = "open-stream" (I64) -> I32, post;
            next_element = "next-element" (I64) -> I32, post;
            run_main = "run-main" (I64 I32 I32) -> I32, post;
            complete_call = "complete-call" (I64 I32 I32 I32) -> ;
            run_pending = "run-pending" (I64) -> I64;
            collect = "collect" (I32) -> ;
            statistics = "statistics" () -> I32, post;
            freeze = "freeze" (I32) -> I32, post;
        }
    };
}
pub(crate) use for_each_export;

macro_rules! export_table {
    ($($field:ident = $name:literal ($($param:ident)*) -> $($result:ident)? $(, $post:ident)?;)*) => {
        /// What a guest exports, under [`GUEST_INTERFACE`]`#`name.
        pub(crate) const EXPORTS: &[Spec] = &[$(
            Spec {
                name: $name,
                params: &[$(Core::$param),*],
                results: &[$(Core::$result)?],
                post: export_table!(@post $($post)?),
            },
        )*];

        /// Position in [`EXPORTS`].
        #[expect(non_camel_case_types, reason = "the names are those of the fields made from the same list")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Export { $($field),* }
    };
    (@post post) => { true };
    (@post) => { false };
}
for_each_export!(export_table);

/// What a guest imports from [`HOST_INTERFACE`].
pub(crate) const IMPORTS: &[Spec] = {
    use Core::{I32, I64};
    const fn import(name: &'static str, params: &'static [Core]) -> Spec {
        Spec {
            name,
            params,
            results: &[],
            post: false,
        }
    }
    const AWAIT_CALLS: Spec = Spec {
        results: &[I32],
        ..import("await-calls", &[I64])
    };
    const STACK_LEFT: Spec = Spec {
        results: &[I32],
        ..import("stack-left", &[])
    };
    const MEMORY_LEFT: Spec = Spec {
        results: &[I64],
        ..import("memory-left", &[])
    };
    &[
        import("resolve-assembly", &[I32, I32, I32, I32, I32]),
        import("resolve-symbols", &[I32, I32, I32]),
        import("call", &[I32, I32, I32, I32, I32]),
        import("start-call", &[I64, I32, I32, I32, I32, I32]),
        import("cancel-call", &[I64]),
        import("log", &[I32, I32, I32, I32, I32]),
        AWAIT_CALLS,
        STACK_LEFT,
        MEMORY_LEFT,
    ]
};

/// Exports outside the interface: how the host puts bytes into guest memory.
pub(crate) const REALLOC: Spec = Spec {
    name: "cabi_realloc",
    params: &[Core::I32, Core::I32, Core::I32, Core::I32],
    results: &[Core::I32],
    post: false,
};

/// The table that all function pointers of the guest live in.
pub(crate) const FUNCTION_TABLE: &str = "__indirect_function_table";
/// The global in which the guest's C code keeps where its stack ends. That stack is at the bottom of the memory, and grows down.
pub(crate) const STACK_POINTER: &str = "__stack_pointer";

/// Where the code module imports its memory from, and the state module's name for it.
pub(crate) const MEMORY_IMPORT: (&str, &str) = ("env", "memory");
pub(crate) const MEMORY_EXPORT: &str = "memory";

impl Export {
    /// The function's name in the contract.
    pub(crate) fn name(self) -> &'static str {
        EXPORTS.get(self as usize).map_or("?", |spec| spec.name)
    }
}

/// Full name of a guest export.
pub(crate) fn export_name(spec: &Spec) -> String {
    format!("{GUEST_INTERFACE}#{}", spec.name)
}

/// Full name of the function that takes the result's memory back.
pub(crate) fn post_name(spec: &Spec) -> String {
    format!("cabi_post_{GUEST_INTERFACE}#{}", spec.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wit_parser::abi::{AbiVariant, WasmType};
    use wit_parser::{Function, Resolve, WorldItem};

    fn core(types: &[WasmType]) -> Vec<Core> {
        types
            .iter()
            .map(|ty| match ty {
                WasmType::I64 => Core::I64,
                WasmType::I32 | WasmType::Pointer | WasmType::Length => Core::I32,
                other => panic!("the contract uses no {other:?}"),
            })
            .collect()
    }

    fn functions(variant: AbiVariant) -> (Resolve, Vec<(String, Function)>) {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("isolator.wit", isolator_abi::WIT).unwrap();
        let world = resolve.select_world(&[package], Some("runtime")).unwrap();
        let world = &resolve.worlds[world];
        let items = if variant == AbiVariant::GuestExport {
            &world.exports
        } else {
            &world.imports
        };
        let mut found = Vec::new();
        for (key, item) in items {
            if let WorldItem::Interface { id, .. } = item {
                for function in resolve.interfaces[*id].functions.values() {
                    found.push((resolve.name_world_key(key), function.clone()));
                }
            }
        }
        (resolve, found)
    }

    fn check(variant: AbiVariant, interface: &str, table: &[Spec]) {
        let (resolve, functions) = functions(variant);
        assert_eq!(functions.len(), table.len());
        for ((found, function), spec) in functions.iter().zip(table) {
            assert_eq!(found, interface);
            assert_eq!(function.name, spec.name);
            let signature = resolve.wasm_signature(variant, function);
            assert_eq!(core(&signature.params), spec.params, "{}", spec.name);
            assert_eq!(core(&signature.results), spec.results, "{}", spec.name);
            if variant == AbiVariant::GuestExport {
                assert_eq!(
                    function.result.is_some() && resolve_needs_post(&resolve, function),
                    spec.post,
                    "{}",
                    spec.name
                );
            }
        }
    }

    /// Whether a result holds strings or lists.
    fn resolve_needs_post(resolve: &Resolve, function: &Function) -> bool {
        use wit_parser::{Type, TypeDefKind};
        fn holds(resolve: &Resolve, ty: &Type) -> bool {
            match ty {
                Type::String => true,
                Type::Id(id) => match &resolve.types[*id].kind {
                    TypeDefKind::List(_) => true,
                    TypeDefKind::Option(inner) | TypeDefKind::Type(inner) => holds(resolve, inner),
                    TypeDefKind::Result(result) => [&result.ok, &result.err]
                        .into_iter()
                        .flatten()
                        .any(|inner| holds(resolve, inner)),
                    other => panic!("the contract uses no {other:?}"),
                },
                _ => false,
            }
        }
        function
            .result
            .as_ref()
            .is_some_and(|ty| holds(resolve, ty))
    }

    #[test]
    fn the_export_table_is_the_wits() {
        check(AbiVariant::GuestExport, GUEST_INTERFACE, EXPORTS);
    }

    #[test]
    fn the_import_table_is_the_wits() {
        check(AbiVariant::GuestImport, HOST_INTERFACE, IMPORTS);
    }

    #[test]
    fn positions_are_those_of_the_table() {
        assert_eq!(Export::start.name(), "start");
        assert_eq!(Export::freeze.name(), "freeze");
        assert_eq!(Export::freeze as usize, EXPORTS.len() - 1);
    }
}
