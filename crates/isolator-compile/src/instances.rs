//! Which methods are compiled: all of the assembly's own, and the instances of generic ones that they lead to.
//!
//! Code of a generic method is made once for all references, and once for each struct. What the base library has for references and common
//! structs is compiled in the guest; an instance over structs of the program's own exists nowhere else. So its IL is followed, through
//! the bodies of the generic methods that it calls, with the arguments that it calls them with. What no IL names, a [`Training`] may have seen.

use crate::conversions;
use crate::il::{self, Use};
use crate::metadata::{Body, GENERIC_PARAM, METHOD_DEF, TYPE_DEF};
use crate::methods::{MethodName, TypeName};
use crate::selection::{Selection, last_two};
use crate::training::Training;
use crate::types::{Def, MOST_PARAMETERS, Ty};
use crate::universe::{Instance, Universe};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::ops::Range;

/// Most methods that are compiled: a program that makes more instances is interpreted in part.
const MOST: usize = 30_000;
/// Arguments that are nested deeper come of methods that call themselves with ever larger types.
const DEEPEST: usize = 6;

/// How many calls within the base library are followed from what the program calls of it with nothing of its own.
const FARTHEST: u8 = 2;
/// The same for methods over the program's own structs.
const FARTHEST_OF_OWN: u8 = 8;
/// Most instances beside the assembly's own methods: those that are nearest to its code.
const MOST_INSTANCES: usize = 8000;

/// Names of virtual methods that the base library calls without being seen to: loops over interfaces, comparers, tables, tasks.
const ALWAYS: [&str; 22] = [
    "Add",
    "Compare",
    "CompareTo",
    "Contains",
    "CopyTo",
    "Dispose",
    "DisposeAsync",
    "Equals",
    "ExecuteFromThreadPool",
    "GetEnumerator",
    "GetHashCode",
    "GetResult",
    "GetStatus",
    "Invoke",
    "MoveNext",
    "MoveNextAsync",
    "OnCompleted",
    "ToString",
    "get_Count",
    "get_Current",
    "get_Item",
    "get_MoveNextAction",
];

/// A generic parameter that takes structs alone: `where T : struct`, `where T : unmanaged`. With `object` in its place the compiler makes types that
/// no runtime can load.
const STRUCT_CONSTRAINT: usize = 0x08;

const VIRTUAL: usize = 0x40;
const STATIC: usize = 0x10;

/// Why a method stays interpreted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It has a filter, which the interpreter runs while the method's frame is still there.
    Filter,
    /// It passes a struct by value for which the compiler makes wrong entries.
    Layout,
    /// It calls a function pointer, for which compiled code may lack the entry into what is interpreted.
    Pointer,
    /// It handles exceptions, and converts floating-point numbers in a way that the compiler gets wrong.
    Conversion,
    /// It has a body that cannot be read.
    Unreadable,
    /// A profile has no words for it: a name with a dot in it.
    Unspeakable,
    /// There are too many.
    TooMany,
}

impl Reason {
    /// In words, after "because".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Filter => {
                "it has an exception filter (`catch … when`), which the interpreter runs"
            }
            Self::Layout => {
                "it passes a struct by value that is larger than its fields (an inline array, a fixed buffer, a size or packing of its own)"
            }
            Self::Pointer => "it calls a function pointer",
            Self::Conversion => {
                "it handles exceptions, and may convert a floating-point number to `byte`, `ushort` or `char`, or an unsigned one to `float`"
            }
            Self::Unreadable => "its body cannot be read",
            Self::Unspeakable => "its type has a dot in its name",
            Self::TooMany => "more methods would be compiled than there may be",
        }
    }
}

/// What is compiled, and what is not.
#[derive(Debug, Default)]
pub struct Choice {
    /// For the profile. Of several instances that share their code there is one.
    pub methods: Vec<MethodName>,
    /// How many of them are the assembly's own.
    pub own: usize,
    /// Own methods that stay interpreted, by their printed names.
    pub interpreted: BTreeMap<String, Reason>,
    /// What a selection names, and the assembly does not have.
    pub lost: Vec<String>,
    /// How many of the methods a training showed beside: its instances, and what these lead to.
    pub trained: usize,
}

/// Chooses for one assembly. `there`: keys of methods that are compiled in the guest, sorted; `library`: its assemblies; `selection`: which of its own
/// methods, if not all; `training`: instances that were seen to be needed. Where the universe is late afterwards, not all was looked at.
#[must_use]
pub fn choose(
    universe: &Universe<'_>,
    assembly: usize,
    there: &[u32],
    library: Range<usize>,
    selection: Option<&Selection>,
    training: &Training,
) -> Choice {
    let mut chooser = Chooser::new(universe, assembly, there);
    chooser.library = library;
    chooser.selection = selection;
    chooser.own();
    chooser.find_lost();
    chooser.follow_all();
    chooser.train(training);
    chooser.choice
}

/// The assembly's own methods, without what they lead to.
#[must_use]
pub fn own(universe: &Universe<'_>, assembly: usize) -> Choice {
    let mut chooser = Chooser::new(universe, assembly, &[]);
    chooser.most = usize::MAX;
    chooser.names_only = true;
    chooser.own();
    chooser.choice
}

struct Chooser<'a, 'b> {
    universe: &'a Universe<'b>,
    there: &'a [u32],
    assembly: usize,
    choice: Choice,
    /// Instances with `object` for all references: these share their code.
    known: HashSet<Instance>,
    /// Names of methods that something calls: only such virtual methods are worth their code.
    called: HashSet<String>,
    /// Virtual methods of types of which there are objects, by names that nothing calls so far.
    waiting: HashMap<String, Vec<(Instance, u8)>>,
    /// Types of which there are objects.
    made: HashSet<(Def, Vec<Ty>)>,
    /// Whether all that have a name are chosen, whatever a compiler makes of them.
    names_only: bool,
    /// Most methods.
    most: usize,
    /// Most instances among them.
    most_instances: usize,
    /// Bytes of their names.
    text: usize,
    /// Which own methods are chosen; all without it.
    selection: Option<&'a Selection>,
    /// The assemblies of the guest.
    library: Range<usize>,
    /// With the number of calls within the base library that led there.
    queue: VecDeque<(Instance, u8)>,
}

impl<'a, 'b> Chooser<'a, 'b> {
    fn new(universe: &'a Universe<'b>, assembly: usize, there: &'a [u32]) -> Self {
        Self {
            universe,
            there,
            assembly,
            choice: Choice::default(),
            known: HashSet::new(),
            called: ALWAYS.iter().map(|name| (*name).to_owned()).collect(),
            waiting: HashMap::new(),
            made: HashSet::new(),
            names_only: false,
            most: MOST,
            most_instances: MOST_INSTANCES,
            text: 0,
            selection: None,
            library: 0..0,
            queue: VecDeque::new(),
        }
    }

    /// The assembly's own methods, generic ones for references, if references they take.
    fn own(&mut self) {
        let metadata = self.universe.metadata(self.assembly);
        let of_structs: HashSet<_> = (0..metadata.rows(GENERIC_PARAM))
            .filter(|row| {
                metadata
                    .cell(GENERIC_PARAM, *row, 1)
                    .is_some_and(|flags| flags & STRUCT_CONSTRAINT != 0)
            })
            .filter_map(|row| metadata.row(GENERIC_PARAM, row, 2))
            .collect();
        for row in 0..metadata.rows(TYPE_DEF) {
            if of_structs.contains(&(TYPE_DEF, row)) {
                continue;
            }
            let owner = Def {
                assembly: self.assembly,
                row,
            };
            let arity = self.universe.arity(owner);
            if arity > MOST_PARAMETERS {
                continue;
            }
            let of_type = vec![Ty::object(); arity];
            for method in metadata.methods_of(row) {
                if of_structs.contains(&(METHOD_DEF, method)) {
                    continue;
                }
                if self.universe.is_late() {
                    return;
                }
                let generic = self
                    .universe
                    .signature(self.assembly, method)
                    .map_or(0, |signature| signature.generic);
                let instance = Instance {
                    owner,
                    method,
                    of_type: of_type.clone(),
                    of_method: vec![Ty::object(); generic],
                };
                self.add(instance, 0);
            }
        }
    }

    /// Takes a method in, unless it is known, or no code can be made of it.
    fn add(&mut self, instance: Instance, distance: u8) {
        let universe = self.universe;
        let metadata = universe.metadata(instance.owner.assembly);
        let own = instance.owner.assembly == self.assembly;
        if metadata.cell(METHOD_DEF, instance.method, 0) == Some(0) {
            return;
        }
        let arguments = || instance.of_type.iter().chain(&instance.of_method);
        if arguments().any(|ty| ty.depth() > DEEPEST) {
            return;
        }
        let shared = self.shared(&instance);
        // It is kept twice, while it waits for being followed.
        if self.known.contains(&shared) || !universe.takes(2 * instance.parts()) {
            return;
        }
        self.known.insert(shared);
        if !self.is_selected(&instance) {
            return;
        }
        if let Err(reason) = self.take(&instance) {
            let has_room = self.choice.interpreted.len() < MOST;
            if own
                && has_room
                && let Some(name) = self.printed(&instance)
            {
                self.text += name.len();
                if self.text <= universe.bounds().text {
                    self.choice.interpreted.insert(name, reason);
                }
            }
        } else if own {
            self.choice.own += 1;
        }
        // What is interpreted calls others, too.
        self.queue.push_back((instance, distance));
    }

    /// Whether it is one of those that are wanted; what is not leads to no others either.
    fn is_selected(&self, instance: &Instance) -> bool {
        let Some(selection) = self.selection else {
            return true;
        };
        let mut arguments = instance.of_type.iter().chain(&instance.of_method);
        // Of the base library those over references are numbers, too.
        let is_base = self.library.contains(&instance.owner.assembly);
        if is_base || arguments.any(|ty| ty.is_value(self.universe)) {
            let is_value = |ty: &TypeName| self.universe.is_value_named(ty);
            return self.named(instance).is_some_and(|name| {
                let key = name.key(&is_value);
                selection.has_instance(key) || self.there.binary_search(&key).is_ok()
            });
        }
        let metadata = self.universe.metadata(instance.owner.assembly);
        let name = metadata.text(METHOD_DEF, instance.method, 3);
        let of = self.universe.profile_name(instance.owner);
        of.zip(name)
            .is_some_and(|(of, name)| selection.has(&of, name))
    }

    /// Notes what is selected and not there.
    fn find_lost(&mut self) {
        let metadata = self.universe.metadata(self.assembly);
        let mut there = Selection::default();
        for row in 0..metadata.rows(TYPE_DEF) {
            let owner = Def {
                assembly: self.assembly,
                row,
            };
            let of = self.universe.profile_name(owner).unwrap_or_default();
            for method in metadata.methods_of(row) {
                let method = metadata.text(METHOD_DEF, method, 3).unwrap_or_default();
                there.add(&of, method);
                there.add(&last_two(&of).unwrap_or_default(), method);
            }
        }
        let selected = self.selection.into_iter().flat_map(Selection::iter);
        self.choice.lost = selected
            .filter(|(of, method)| !there.has(of, method))
            .map(|(of, method)| format!("{of}::{method}"))
            .collect();
    }

    fn take(&mut self, instance: &Instance) -> Result<(), Reason> {
        let metadata = self.universe.metadata(instance.owner.assembly);
        let body = metadata.body(instance.method).ok_or(Reason::Unreadable)?;
        if !self.names_only {
            self.check(instance, &body)?;
        }
        let is_instance = instance.owner.assembly != self.assembly;
        let instances = self.choice.methods.len().saturating_sub(self.choice.own);
        if self.choice.methods.len() >= self.most
            || (is_instance && instances >= self.most_instances)
        {
            return Err(Reason::TooMany);
        }
        let name = self.named(instance).ok_or(Reason::Unspeakable)?;
        self.text += bytes_of(&name);
        if self.text > self.universe.bounds().text {
            return Err(Reason::TooMany);
        }
        let is_value = |ty: &TypeName| self.universe.is_value_named(ty);
        let is_there = instance.owner.assembly != self.assembly
            && self.there.binary_search(&name.key(&is_value)).is_ok();
        if !is_there {
            self.choice.methods.push(name);
        }
        Ok(())
    }

    /// Whether what the compiler makes of it is right.
    fn check(&self, instance: &Instance, body: &Body) -> Result<(), Reason> {
        let universe = self.universe;
        let assembly = instance.owner.assembly;
        let il = &universe.metadata(assembly).file()[body.il.clone()];
        let mut calls_pointer = false;
        let mut passes_larger = self.passes_larger(instance);
        il::each(il, |what, token| match what {
            Use::Treats => {}
            Use::CallsPointer => calls_pointer = true,
            Use::Calls | Use::Makes => {
                passes_larger = passes_larger
                    || universe
                        .method(assembly, token, &instance.of_type, &instance.of_method)
                        .is_some_and(|called| self.passes_larger(&called));
            }
        })
        .ok_or(Reason::Unreadable)?;
        if body.filters() {
            Err(Reason::Filter)
        } else if calls_pointer {
            Err(Reason::Pointer)
        } else if passes_larger {
            Err(Reason::Layout)
        } else if conversions::are_wrong(universe, instance, body, assembly == self.assembly) {
            Err(Reason::Conversion)
        } else {
            Ok(())
        }
    }

    /// Whether it takes or gives a struct that looks like a smaller one.
    fn passes_larger(&self, instance: &Instance) -> bool {
        let universe = self.universe;
        universe
            .signature(instance.owner.assembly, instance.method)
            .is_some_and(|signature| {
                universe.passes_larger(&signature, &instance.of_type, &instance.of_method)
            })
    }

    /// With `object` for what is a reference.
    fn shared(&self, instance: &Instance) -> Instance {
        let share = |types: &[Ty]| {
            let one = |ty: &Ty| match ty.is_value(self.universe) {
                true => ty.clone(),
                false => Ty::object(),
            };
            types.iter().map(one).collect()
        };
        Instance {
            of_type: share(&instance.of_type),
            of_method: share(&instance.of_method),
            ..*instance
        }
    }

    /// As the profile names it.
    fn named(&self, instance: &Instance) -> Option<MethodName> {
        let universe = self.universe;
        let owner = instance.owner;
        let stand_in = |types: &[Ty]| types.iter().map(Ty::stand_in).collect::<Vec<_>>();
        let (of_type, of_method) = (stand_in(&instance.of_type), stand_in(&instance.of_method));
        let arguments = |types: &[Ty]| {
            types
                .iter()
                .map(|ty| ty.argument(universe))
                .collect::<Option<Vec<_>>>()
        };
        let signature = universe.signature(owner.assembly, instance.method)?;
        let mut of = Ty::Named(owner, Vec::new()).argument(universe)?;
        of.arguments = arguments(&of_type)?;
        Some(MethodName {
            owner: of,
            name: universe
                .metadata(owner.assembly)
                .text(METHOD_DEF, instance.method, 3)?
                .to_owned(),
            arguments: arguments(&of_method)?,
            signature: signature.print(universe, &of_type, &of_method)?,
        })
    }

    /// For people.
    fn printed(&self, instance: &Instance) -> Option<String> {
        let mut name = String::new();
        self.universe.write_name(instance.owner, &mut name)?;
        let method =
            self.universe
                .metadata(instance.owner.assembly)
                .text(METHOD_DEF, instance.method, 3)?;
        let mut printed = format!("{}.{method}", name.replace('/', "."));
        // Which instance, where there are others: those over references are the method itself.
        let arguments = || instance.of_type.iter().chain(&instance.of_method);
        if arguments().any(|ty| ty.is_value(self.universe)) {
            let names: Option<Vec<String>> = arguments()
                .map(|ty| Some(ty.argument(self.universe)?.name))
                .collect();
            let names: Vec<String> = names?
                .iter()
                .map(|name| name.trim_start_matches('.').replace('/', "."))
                .collect();
            printed = format!("{printed}<{}>", names.join(", "));
        }
        Some(printed)
    }

    /// Takes in what all methods lead to, in the order in which they were found: what is nearest comes first.
    fn follow_all(&mut self) {
        while let Some((instance, distance)) = self.queue.pop_front() {
            if self.universe.is_late() {
                break;
            }
            self.follow(&instance, distance);
        }
    }

    /// Takes in what a training showed beside.
    fn train(&mut self, training: &Training) {
        let before = self.choice.methods.len();
        // What was seen to run is worth its code, however many others there are.
        self.most_instances = self.most;
        let universe = self.universe;
        for instance in training.instances(universe) {
            if universe.is_late() {
                break;
            }
            if self.is_made_here(&instance) {
                self.add(instance, 0);
            }
        }
        self.most_instances = MOST_INSTANCES;
        self.follow_all();
        self.choice.trained = self.choice.methods.len() - before;
    }

    /// Whether code of an instance is made with this assembly's, as Mono's compiler has it: its own over structs of its own and of the base library, and anybody's
    /// over its own structs.
    fn is_made_here(&self, instance: &Instance) -> bool {
        let is_own = |of: Def| of.assembly == self.assembly;
        let is_others = |of: Def| !is_own(of) && !self.library.contains(&of.assembly);
        let mut arguments = instance.of_type.iter().chain(&instance.of_method);
        if !arguments.clone().any(|ty| ty.is_value(self.universe)) {
            return false;
        }
        arguments.clone().any(|ty| ty.names(&is_own))
            || (is_own(instance.owner) && !arguments.any(|ty| ty.names(&is_others)))
    }

    /// Takes in what a method leads to.
    fn follow(&mut self, instance: &Instance, distance: u8) {
        let universe = self.universe;
        let assembly = instance.owner.assembly;
        let metadata = universe.metadata(assembly);
        let Some(body) = metadata.body(instance.method) else {
            return;
        };
        let mut uses = Vec::new();
        let read = il::each(&metadata.file()[body.il], |what, token| {
            uses.push((what, token))
        });
        if read.is_none() {
            return;
        }
        for (what, token) in uses {
            if universe.is_late() {
                return;
            }
            if what == Use::Treats {
                let ty = Ty::of_token(universe, assembly, token)
                    .and_then(|ty| ty.with(&instance.of_type, &instance.of_method));
                if let Some(Ty::Named(definition, arguments)) = ty {
                    self.make(definition, &arguments, distance);
                }
                continue;
            }
            let Some(called) =
                universe.method(assembly, token, &instance.of_type, &instance.of_method)
            else {
                continue;
            };
            self.call(&called);
            if what == Use::Makes {
                self.make(called.owner, &called.of_type, distance);
            }
            self.helpers(&called, distance);
            if let Some(distance) = self.distance(&called, distance) {
                self.add(called, distance);
            }
        }
    }

    /// Somebody calls a method of that name.
    fn call(&mut self, called: &Instance) {
        let metadata = self.universe.metadata(called.owner.assembly);
        let name = metadata
            .text(METHOD_DEF, called.method, 3)
            .unwrap_or_default();
        if !self.called.contains(name) {
            self.called.insert(name.to_owned());
            for (instance, distance) in self.waiting.remove(name).unwrap_or_default() {
                self.add(instance, distance);
            }
        }
    }

    /// How far it is from the program's own code, if that is near enough. What is neither generic nor the assembly's own is somebody else's, and
    /// an instance for references alone is in the guest, if its assembly is. One over structs of the program's own exists nowhere else. Of others
    /// the guest has those that programs were seen to use, and the rest is worth its code only near the program.
    fn distance(&self, called: &Instance, from: u8) -> Option<u8> {
        if called.owner.assembly == self.assembly || self.selection.is_some() {
            return Some(0);
        }
        let mut arguments = called.of_type.iter().chain(&called.of_method);
        if !arguments.clone().any(|ty| ty.is_value(self.universe)) {
            return None;
        }
        let is_own = |definition: Def| !self.library.contains(&definition.assembly);
        if arguments.any(|ty| ty.names(&is_own)) {
            return (from < FARTHEST_OF_OWN).then_some(from + 1);
        }
        (from < FARTHEST && !self.is_of_machine(called.owner)).then_some(from + 1)
    }

    /// Whether it is of the types of vectors, whose methods the compiler has instructions for.
    fn is_of_machine(&self, owner: Def) -> bool {
        let metadata = self.universe.metadata(owner.assembly);
        let namespace = metadata.text(TYPE_DEF, owner.row, 2).unwrap_or_default();
        namespace.starts_with("System.Runtime.Intrinsics") || namespace == "System.Numerics"
    }

    /// There are objects of the type: its virtual methods, and those of its bases, may be called from anywhere.
    fn make(&mut self, definition: Def, arguments: &[Ty], distance: u8) {
        let mut next = Some((definition, arguments.to_vec(), distance));
        // In a broken assembly they have no end but that of what may be kept, and then they are more than a stack has room for.
        while let Some((definition, arguments, distance)) = next {
            if self.universe.is_late() {
                return;
            }
            next = self.make_one(definition, arguments, distance);
        }
    }

    /// The same for the type alone; the result is its base.
    fn make_one(
        &mut self,
        definition: Def,
        arguments: Vec<Ty>,
        distance: u8,
    ) -> Option<(Def, Vec<Ty>, u8)> {
        let universe = self.universe;
        if arguments.is_empty() || arguments.iter().any(|ty| ty.depth() > DEEPEST) {
            return None;
        }
        let of = Instance {
            owner: definition,
            method: 0,
            of_type: arguments,
            of_method: Vec::new(),
        };
        let distance = self.distance(&of, distance)?;
        let made = (definition, of.of_type.clone());
        if self.made.contains(&made) || !universe.takes(of.parts()) {
            return None;
        }
        self.made.insert(made);
        let metadata = universe.metadata(definition.assembly);
        for method in metadata.methods_of(definition.row) {
            let flags = metadata.cell(METHOD_DEF, method, 2).unwrap_or(0);
            let is_generic = universe
                .signature(definition.assembly, method)
                .is_none_or(|signature| signature.generic > 0);
            if flags & VIRTUAL == 0 || flags & STATIC != 0 || is_generic {
                continue;
            }
            let name = metadata.text(METHOD_DEF, method, 3).unwrap_or_default();
            let name = name.rsplit('.').next().unwrap_or_default();
            let instance = Instance {
                method,
                ..of.clone()
            };
            if self.called.contains(name) {
                self.add(instance, distance);
            } else if universe.takes(instance.parts()) {
                let waiting = self.waiting.entry(name.to_owned()).or_default();
                waiting.push((instance, distance));
            }
        }
        let base = metadata.row(TYPE_DEF, definition.row, 3)?;
        match Ty::of_token(universe, definition.assembly, base)?.with(&of.of_type, &[])? {
            Ty::Named(base, arguments) => Some((base, arguments, distance)),
            _ => None,
        }
    }

    /// What the base library makes by reflection: comparers, and what sorts.
    fn helpers(&mut self, called: &Instance, distance: u8) {
        let universe = self.universe;
        let metadata = universe.metadata(called.owner.assembly);
        let name = metadata
            .text(TYPE_DEF, called.owner.row, 1)
            .unwrap_or_default();
        let [of, ..] = &called.of_type[..] else {
            return;
        };
        if !of.is_value(universe) {
            return;
        }
        let (interface, generic, plain) = match name {
            "EqualityComparer`1" => (
                "IEquatable`1",
                "GenericEqualityComparer`1",
                "ObjectEqualityComparer`1",
            ),
            "Comparer`1" => ("IComparable`1", "GenericComparer`1", "ObjectComparer`1"),
            "ArraySortHelper`1" => ("IComparable`1", "GenericArraySortHelper`1", ""),
            "ArraySortHelper`2" => ("IComparable`1", "GenericArraySortHelper`2", ""),
            _ => return,
        };
        let compares = match of {
            Ty::Primitive(_) => true,
            Ty::Named(definition, _) if universe.is_enum(*definition) => return,
            Ty::Named(definition, _) => universe.has_interface(*definition, interface),
            _ => false,
        };
        let helper = if compares { generic } else { plain };
        let namespace = metadata
            .text(TYPE_DEF, called.owner.row, 2)
            .unwrap_or_default();
        if let Some(helper) = universe.find(called.owner.assembly, namespace, helper) {
            let arguments = called.of_type.clone();
            self.make(helper, &arguments, distance);
            for method in universe.metadata(helper.assembly).methods_of(helper.row) {
                if universe
                    .signature(helper.assembly, method)
                    .is_some_and(|signature| signature.generic == 0)
                {
                    let instance = Instance {
                        owner: helper,
                        method,
                        of_type: arguments.clone(),
                        of_method: Vec::new(),
                    };
                    if let Some(distance) = self.distance(&instance, distance) {
                        self.add(instance, distance);
                    }
                }
            }
        }
    }
}

/// Bytes that a method's name takes.
fn bytes_of(name: &MethodName) -> usize {
    fn of_type(ty: &TypeName) -> usize {
        ty.assembly.len() + ty.name.len() + ty.arguments.iter().map(of_type).sum::<usize>()
    }
    let arguments = name.arguments.iter().map(of_type);
    of_type(&name.owner) + arguments.sum::<usize>() + name.name.len() + name.signature.len()
}
