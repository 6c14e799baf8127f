using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Reflection;
using System.Text;
using System.Threading;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>The types that a guest's graph may name where certain types were asked for.</summary>
/// <remarks>
/// A name is only compared with names that are known already: of the types that the declared ones lead to, of those that were
/// registered, and of .NET's own that are harmless whatever is in them. No name is given to a loader.
/// </remarks>
internal sealed class GraphScope
{
    /// <summary>Most types that are looked at on the way from the declared ones.</summary>
    private const int MostReachable = 4096;

    /// <summary>
    /// Most instances of .NET's generic types that guests may have made by naming them, in the process's life: they are never freed. One runtime's
    /// guest makes no more than <see cref="NameBudget.Most"/> of them, so none takes them from the others.
    /// </summary>
    private const int MostMade = 20_000;

    /// <summary>Most forms that are kept by their hash.</summary>
    private const int MostKnown = 4096;

    private static readonly ConcurrentDictionary<string, Type> Made = new(StringComparer.Ordinal);

    private readonly Type[] _roots;
    private readonly Dictionary<string, Type> _reachable;
    private readonly ConcurrentDictionary<ulong, (byte[] Content, GraphType Form)> _known;
    private readonly NameBudget _budget = NameBudget.Nobodys;

    public GraphScope(TypeScope scope, params Type[] roots)
    {
        Scope = scope;
        _roots = roots;
        _reachable = new Dictionary<string, Type>(StringComparer.Ordinal);
        _known = new ConcurrentDictionary<ulong, (byte[] Content, GraphType Form)>();
        Reach(roots, [], (name, type) => _reachable.TryAdd(name, type));
    }

    private GraphScope(GraphScope same, NameBudget budget)
    {
        Scope = same.Scope;
        _roots = same._roots;
        _reachable = same._reachable;
        _known = same._known;
        _budget = budget;
    }

    /// <summary>The same for what one runtime's guest sends, which is counted against it.</summary>
    public GraphScope For(NameBudget? budget) => budget is null ? this : new GraphScope(this, budget);

    /// <summary>The types that were registered.</summary>
    public TypeScope Scope { get; }

    /// <summary>Finds a type by what was sent of it; see <see cref="GraphType.Head"/>.</summary>
    public GraphType Find(ulong hash, ReadOnlySpan<byte> content)
    {
        if (_known.TryGetValue(hash, out (byte[] Content, GraphType Form) known) && content.SequenceEqual(known.Content))
        {
            return known.Form;
        }

        int end = content.IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new FailureException(FailureKind.Value, "A type's name has no end.");
        }

        string name = Text(content[..end]);
        Type type = Resolve(name) ?? throw Unknown(name);
        GraphType form = GraphTypes.Of(type);
        if (form is RefusedType refused)
        {
            throw refused.Refusal();
        }

        if (form.Type != type)
        {
            throw Unknown(name);
        }

        if (!content.SequenceEqual(form.Content))
        {
            throw new FailureException(
                FailureKind.Value,
                $"The type {Shown(name)} has other fields in the guest than here: there {Shown(Text(content[(end + 1)..]))}, here {form.Layout}. "
                + "Let both sides use the same version of its assembly.") { TypeName = Shown(name) };
        }

        if (_known.Count < MostKnown)
        {
            _known.TryAdd(hash, (content.ToArray(), form));
        }

        return form;
    }

    /// <summary>Finds a type by its name.</summary>
    public Type FindType(string name) => Resolve(name) ?? throw Unknown(name);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static string Shown(string name) => name.Length <= 200 ? name : name[..200] + "…";

    private FailureException Unknown(string name) => new(
        FailureKind.Value,
        $"The guest sent an object of the type '{Shown(name)}', which is not one that {string.Join(" or ", Array.ConvertAll(_roots, r => $"a {r}"))} leads to. "
        + "Register it with IsolatedRuntimeHost.WithWireType if guests may make it here.") { TypeName = Shown(name) };

    private Type? Resolve(string name) =>
        _reachable.TryGetValue(name, out Type? type) || (type = Scope.Led(name)) is not null || (type = SafeTypes.Find(name)) is not null
            || Made.TryGetValue(name, out type)
            ? IsAllowed(type, 0) ? type : null
            : Construct(new TypeNameReader(name), name);

    /// <summary>Makes an array or an instance of a generic type of .NET's own, of types that may be named.</summary>
    private Type? Construct(TypeNameReader reader, string name)
    {
        if (reader.Read() is not { } parsed || Build(parsed) is not { } type)
        {
            return null;
        }

        if (Made.Count < MostMade && _budget.TryTake())
        {
            return Made.GetOrAdd(name, type);
        }

        return Made.ContainsKey(name)
            ? type
            : throw new FailureException(FailureKind.Value, $"The guest has named {NameBudget.Most} types that nobody registered; '{Shown(name)}' is one too many. "
                + "Register it with IsolatedRuntimeHost.WithWireType if guests may make it here.") { TypeName = Shown(name) };
    }

    private Type? Build(ParsedName name)
    {
        if (_reachable.TryGetValue(name.Text, out Type? type) || (type = Scope.Led(name.Text)) is not null || (type = SafeTypes.Find(name.Text)) is not null)
        {
            return type;
        }

        if (name.Element is not null)
        {
            return Build(name.Element) is { } element && element != typeof(void) && !element.IsByRefLike
                ? name.Rank == 0 ? element.MakeArrayType() : element.MakeArrayType(name.Rank)
                : null;
        }

        if (name.Arguments.Count == 0 || SafeTypes.Find($"{name.Definition}, {name.Assembly}") is not { IsGenericTypeDefinition: true } definition
            || definition.GetGenericArguments().Length != name.Arguments.Count)
        {
            return null;
        }

        Type[] arguments = new Type[name.Arguments.Count];
        for (int i = 0; i < arguments.Length; i++)
        {
            if (Build(name.Arguments[i]) is not { IsByRefLike: false, IsPointer: false, ContainsGenericParameters: false } argument || argument == typeof(void))
            {
                return null;
            }

            arguments[i] = argument;
        }

        try
        {
            return definition.MakeGenericType(arguments);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether all that a type, which some scope has made, consists of may be named in this one.</summary>
    private bool IsAllowed(Type type, int depth)
    {
        string name = TypeNames.Qualified(type);
        if (_reachable.ContainsKey(name) || Scope.Led(name) is not null || SafeTypes.Find(name) is not null)
        {
            return true;
        }

        if (depth > TypeNameReader.MostDepth)
        {
            return false;
        }

        if (type.IsArray)
        {
            return IsAllowed(type.GetElementType()!, depth + 1);
        }

        return type.IsConstructedGenericType
            && SafeTypes.Find(TypeNames.Qualified(type.GetGenericTypeDefinition())) is not null
            && Array.TrueForAll(type.GetGenericArguments(), each => IsAllowed(each, depth + 1));
    }

    /// <summary>Finds the types that some lead to, by their fields, base classes and type arguments.</summary>
    /// <param name="roots">Where to begin.</param>
    /// <param name="seen">Types that were met before, and need not be met again.</param>
    /// <param name="found">Is given each, with its name.</param>
    public static void Reach(Type[] roots, HashSet<Type> seen, Action<string, Type> found)
    {
        int most = seen.Count + MostReachable;
        Queue<Type> next = new();
        foreach (Type root in roots)
        {
            Meet(root);
        }

        while (next.TryDequeue(out Type? type) && seen.Count < most)
        {
            found(TypeNames.Qualified(type), type);
            if (type.HasElementType)
            {
                Meet(type.GetElementType()!);
                continue;
            }

            foreach (Type argument in type.GetGenericArguments())
            {
                Meet(argument);
            }

            for (Type? level = type; level is not null; level = level.BaseType)
            {
                foreach (Type argument in level.GetGenericArguments())
                {
                    Meet(argument);
                }

                if (GraphRules.IsFramework(level) && !GraphRules.IsWrapper(level))
                {
                    continue;
                }

                foreach (FieldInfo field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    Meet(field.FieldType);
                }
            }
        }

        void Meet(Type type)
        {
            if (!type.ContainsGenericParameters && !type.IsByRef && !type.IsPointer && !type.IsFunctionPointer && seen.Add(type))
            {
                next.Enqueue(type);
                if (Nullable.GetUnderlyingType(type) is { } bare && seen.Add(bare))
                {
                    next.Enqueue(bare);
                }
            }
        }
    }
}
