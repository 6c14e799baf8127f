//! The component form is of exactly the WIT's world.

use isolator_abi::contract::{GUEST_INTERFACE, HOST_INTERFACE};
use isolator_tests::host;
use std::collections::{BTreeMap, BTreeSet};
use wit_component::DecodedWasm;
use wit_parser::{Function, Resolve, Type, TypeDefKind, World, WorldItem, WorldKey};

fn name_of(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else {
        return format!("{ty:?}").to_lowercase();
    };
    let option = |ty: &Option<Type>| {
        ty.as_ref()
            .map_or_else(|| "_".to_owned(), |ty| name_of(resolve, ty))
    };
    match &resolve.types[*id].kind {
        TypeDefKind::List(of) => format!("list<{}>", name_of(resolve, of)),
        TypeDefKind::Option(of) => format!("option<{}>", name_of(resolve, of)),
        TypeDefKind::Result(result) => {
            format!("result<{}, {}>", option(&result.ok), option(&result.err))
        }
        TypeDefKind::Type(of) => name_of(resolve, of),
        other => panic!("the contract uses no {other:?}"),
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters: Vec<String> = function
        .params
        .iter()
        .map(|parameter| format!("{}: {}", parameter.name, name_of(resolve, &parameter.ty)))
        .collect();
    let result = function
        .result
        .as_ref()
        .map_or_else(String::new, |ty| format!(" -> {}", name_of(resolve, ty)));
    format!("({}){result}", parameters.join(", "))
}

/// Interfaces of a world's imports or exports, with the signatures of their functions.
fn interfaces<'a>(
    resolve: &Resolve,
    items: impl Iterator<Item = (&'a WorldKey, &'a WorldItem)>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    items
        .map(|(key, item)| {
            let functions = match item {
                WorldItem::Interface { id, .. } => resolve.interfaces[*id]
                    .functions
                    .iter()
                    .filter(|_| resolve.name_world_key(key).starts_with("isolator:"))
                    .map(|(name, function)| (name.clone(), signature(resolve, function)))
                    .collect(),
                _ => panic!("the contract has interfaces only"),
            };
            (resolve.name_world_key(key), functions)
        })
        .collect()
}

#[test]
fn the_component_has_exactly_the_world_of_the_wit() {
    let mut contract = Resolve::default();
    let package = contract
        .push_str("isolator.wit", isolator_abi::WIT)
        .unwrap();
    let id = contract.select_world(&[package], Some("runtime")).unwrap();
    let world: &World = &contract.worlds[id];
    let (imports, exports) = (
        interfaces(&contract, world.imports.iter()),
        interfaces(&contract, world.exports.iter()),
    );

    let file = host()
        .manifest()
        .component
        .clone()
        .expect("the image has its component form");
    let bytes = std::fs::read(std::path::Path::new(host().origin()).join(file.file)).unwrap();
    let DecodedWasm::Component(resolve, id) = wit_component::decode(&bytes).unwrap() else {
        panic!("it is a component")
    };
    let world = &resolve.worlds[id];
    let mut found = interfaces(&resolve, world.imports.iter());
    let wasi: BTreeSet<String> = found
        .keys()
        .filter(|name| name.starts_with("wasi:"))
        .cloned()
        .collect();
    assert!(
        wasi.iter().all(|name| name.contains("@0.2.")),
        "preview 2 and nothing else: {wasi:?}"
    );
    assert!(
        !wasi
            .iter()
            .any(|name| name.contains("sockets") || name.contains("http")),
        "no network: {wasi:?}"
    );
    found.retain(|name, _| !wasi.contains(name));
    assert_eq!(found, imports);
    assert_eq!(interfaces(&resolve, world.exports.iter()), exports);
    assert_eq!(imports.keys().collect::<Vec<_>>(), [HOST_INTERFACE]);
    assert_eq!(exports.keys().collect::<Vec<_>>(), [GUEST_INTERFACE]);
}
