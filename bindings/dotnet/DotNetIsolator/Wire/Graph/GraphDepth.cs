using System;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Reflection;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>Refuses what a guest sent if code that walks over it by calling itself would run out of stack, which ends the process.</summary>
/// <remarks>
/// That is code of .NET's: <c>ToString</c> of tuples and exceptions, <c>Count</c> of collections that wrap others, and whatever is asked for a key's hash
/// code. Nothing here recurses. What the application's own code does with its own objects is not looked at, except where they are keys.
/// </remarks>
internal sealed class GraphDepth(List<Pending>? pending, List<Late>? late)
{
    /// <summary>
    /// Most objects of .NET's own types, each in the one before, and most levels of objects that the hash code or the order of a key may come of.
    /// </summary>
    private const int Most = 256;

    private static readonly ConcurrentDictionary<Type, bool> ByContent = new();

    private Dictionary<object, Pending>? _contents;
    private Dictionary<object, int>? _levels;

    public static GraphDepth Of(List<Pending>? pending, List<Late>? late) => new(pending, late);

    /// <summary>Refuses .NET's own objects that are too many in each other.</summary>
    public void CheckChains(object[] objects, GraphType[] kinds, int count)
    {
        Dictionary<object, int>? levels = null;
        for (int i = 0; i < count; i++)
        {
            if (kinds[i] is { Nests: true })
            {
                levels ??= new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
                Walk(objects[i], isKey: false, levels, Nested);
            }
        }
    }

    /// <summary>Refuses keys that lead too deep.</summary>
    public void CheckKeys(Pending collection)
    {
        if (!collection.Form.HasKeys || collection.Comparer is ReferenceEqualityComparer or StringComparer)
        {
            return;
        }

        List<object> keys = [];
        AddElements(collection.Form.Elements, collection.Items, keys, IsKey);
        foreach (object key in keys)
        {
            if (IsByContent(key.GetType()))
            {
                _levels ??= new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
                Walk(key, isKey: true, _levels, Compared);
            }
        }
    }

    private static bool IsKey(FieldOp op) =>
        !op.Name.StartsWith("value", StringComparison.Ordinal) && !op.Name.StartsWith("_value", StringComparison.Ordinal);

    /// <summary>Counts the levels below an object. One that leads back to itself has no end of them.</summary>
    private static void Walk(object start, bool isKey, Dictionary<object, int> levels, Action<object, List<object>> children)
    {
        const int Begun = -1;
        if (levels.ContainsKey(start))
        {
            return;
        }

        Stack<Step> path = new();
        path.Push(Enter(start));
        while (path.TryPeek(out Step? step))
        {
            if (step.Next == step.Children.Count)
            {
                levels[step.Object] = step.Deepest + 1;
                path.Pop();
                if (path.TryPeek(out Step? outer))
                {
                    outer.Deepest = Math.Max(outer.Deepest, step.Deepest + 1);
                }

                if (step.Deepest + 1 > Most)
                {
                    throw TooDeep(start, isKey, false);
                }

                continue;
            }

            object child = step.Children[step.Next++];
            if (!levels.TryGetValue(child, out int known))
            {
                path.Push(Enter(child));
            }
            else if (known == Begun)
            {
                // What goes back through a collection compares that as the object that it is.
                if (isKey && IsThroughCollection(path, child))
                {
                    continue;
                }

                throw TooDeep(child, isKey, true);
            }
            else
            {
                step.Deepest = Math.Max(step.Deepest, known);
            }
        }

        Step Enter(object value)
        {
            levels[value] = Begun;
            Step step = new(value);
            children(value, step.Children);
            return step;
        }
    }

    private static bool IsThroughCollection(Stack<Step> path, object from)
    {
        foreach (Step step in path)
        {
            if (step.Object is IEnumerable)
            {
                return true;
            }

            if (ReferenceEquals(step.Object, from))
            {
                break;
            }
        }

        return false;
    }

    private static FailureException TooDeep(object value, bool isKey, bool isCycle)
    {
        string how = isCycle ? "leads back to itself" : $"leads to more than {Most} objects, each within the one before";
        string where = isKey ? "is a key of a collection, or a part of one, and " : string.Empty;
        return new FailureException(
            FailureKind.Value,
            $"A {value.GetType()} that the guest sent {where}{how}: whatever goes through them would run out of stack. "
            + (isKey
                ? "Let keys be smaller, or compare them with a ReferenceEqualityComparer."
                : "Let the method return a list, or objects of a class of your own, which may be as deep as they like.")) { TypeName = value.GetType().ToString() };
    }

    /// <summary>Whether objects are compared by what is in them, and not as the objects that they are.</summary>
    private static bool IsByContent(Type type) => ByContent.GetOrAdd(type, static each =>
        !each.IsPrimitive && each != typeof(string) && !each.IsArray && !each.IsEnum
        && (each.IsValueType
            || each.GetMethod("GetHashCode", BindingFlags.Instance | BindingFlags.Public, Type.EmptyTypes)?.DeclaringType != typeof(object)
            || each.GetMethod("Equals", BindingFlags.Instance | BindingFlags.Public, [typeof(object)])?.DeclaringType != typeof(object)
            || typeof(IComparable).IsAssignableFrom(each)
            || Array.Exists(each.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IComparable<>))));

    /// <summary>The objects that an object of .NET's own goes on to.</summary>
    private void Nested(object value, List<object> children)
    {
        switch (GraphTypes.Of(value.GetType()))
        {
            case ArrayForm { Nests: true } array:
                AddElements(array.Elements, (Array)value, children, static _ => true);
                break;
            case ObjectForm { Nests: true } form:
                AddFields(form.Ops, value, children, static op => op.Nests);
                if (form.Base is { Nests: true } && Contents.TryGetValue(value, out Pending? content))
                {
                    AddElements(content.Form.Elements, content.Items, children, static _ => true);
                }

                break;
        }
    }

    /// <summary>The objects that the comparison of two of these may go on to.</summary>
    private void Compared(object value, List<object> children)
    {
        if (Contents.TryGetValue(value, out Pending? content))
        {
            AddElements(content.Form.Elements, content.Items, children, static _ => true);
        }

        switch (GraphTypes.Of(value.GetType()))
        {
            case ArrayForm array:
                AddElements(array.Elements, (Array)value, children, static _ => true);
                break;
            case ObjectForm form:
                AddFields(form.Ops, value, children, static _ => true);
                if (form.Base is ListForm list)
                {
                    AddElements(list.Elements, list.ItemsOf(value), children, static _ => true);
                }

                break;
        }

        children.RemoveAll(static each => !IsWalked(each.GetType()));
    }

    /// <summary>Whether the comparison of an object that has a reference to one of the type may go on into that: not where it only compares references.</summary>
    private static bool IsWalked(Type type) =>
        type.IsArray || IsByContent(type) || (typeof(IEnumerable).IsAssignableFrom(type) && type != typeof(string));

    private static void AddFields(FieldOp[] ops, object value, List<object> into, Func<FieldOp, bool> counts)
    {
        foreach (FieldOp op in ops)
        {
            if (op.Code == FieldCode.Reference && counts(op) && Raw.Reference(ref Raw.At(ref Raw.Data(value), op.Offset)) is { } target)
            {
                into.Add(target);
            }
        }
    }

    private static void AddElements(ElementForm form, Array items, List<object> into, Func<FieldOp, bool> counts)
    {
        FieldOp[] ops = Array.FindAll(form.Ops, op => op.Code == FieldCode.Reference && counts(op));
        if (ops.Length == 0)
        {
            return;
        }

        ref byte data = ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(items);
        for (int i = 0; i < items.Length; i++)
        {
            foreach (FieldOp op in ops)
            {
                if (Raw.Reference(ref System.Runtime.CompilerServices.Unsafe.AddByteOffset(ref data, ((nint)i * form.Stride) + op.Offset)) is { } target)
                {
                    into.Add(target);
                }
            }
        }
    }

    /// <summary>What collections that may not be filled yet consist of.</summary>
    private Dictionary<object, Pending> Contents
    {
        get
        {
            if (_contents is null)
            {
                _contents = new Dictionary<object, Pending>(ReferenceEqualityComparer.Instance);
                foreach (Pending each in pending ?? [])
                {
                    if (each.Late is null)
                    {
                        _contents[each.Target] = each;
                    }
                }
            }

            foreach (Late each in late ?? [])
            {
                if (each.Made is { } made)
                {
                    _contents[made] = each.Pending!;
                }
            }

            return _contents;
        }
    }

    private sealed class Step(object value)
    {
        public object Object { get; } = value;

        public List<object> Children { get; } = [];

        public int Next { get; set; }

        public int Deepest { get; set; }
    }
}
