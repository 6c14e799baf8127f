using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;

namespace Training.Reflection;

/// <summary>Types and members that are found and used by name, as dispatchers do it.</summary>
internal static class Members
{
    private const BindingFlags Every = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    public static void Invoking(Checksum sum)
    {
        Type type = typeof(Target);
        object target = Activator.CreateInstance(type, 5)!;
        foreach (MethodInfo method in type.GetMethods(Every | BindingFlags.DeclaredOnly).Where(m => !m.IsGenericMethodDefinition && !m.IsSpecialName && m.Name[0] != '<' && m.Name != nameof(Target.Fail) && m.Name != nameof(Target.Raise)).OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            ParameterInfo[] parameters = method.GetParameters();
            object?[] arguments = [.. parameters.Select(p => Value(p.ParameterType))];
            object? result = method.Invoke(method.IsStatic ? null : target, arguments);
            sum.Add($"{method.Name} {method.ReturnType.Name} {string.Join(',', parameters.Select(p => $"{p.Name}:{p.ParameterType}:{p.HasDefaultValue}"))}");
            sum.Add(result is Task task ? (task as Task<int>)?.Result : result);
            sum.AddAll(arguments);
            sum.Add(method.IsVirtual || method.IsPublic || method.IsStatic);
            if (!parameters.Any(p => p.ParameterType.IsByRef))
            {
                sum.Add(MethodInvoker.Create(method).Invoke(method.IsStatic ? null : target, arguments.AsSpan()) is null);
            }
        }

        MethodInfo add = type.GetMethod(nameof(Target.Add), [typeof(int), typeof(int)])!;
        sum.Add(add.CreateDelegate<Func<int, int, int>>()(2, 3));
        sum.Add(Delegate.CreateDelegate(typeof(Func<int, int, int>), add).DynamicInvoke(3, 4));
        sum.Add(RuntimeHelpers.GetHashCode(add) == RuntimeHelpers.GetHashCode(add));
        try
        {
            type.GetMethod(nameof(Target.Fail))!.Invoke(null, null);
        }
        catch (TargetInvocationException e)
        {
            sum.Add(e.InnerException!.Message);
        }

        sum.AddThrown(() => add.Invoke(null, [1]));
        sum.AddThrown(() => add.Invoke(null, ["x", 2]));
        foreach (FieldInfo field in type.GetFields(Every).OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            sum.Add($"{field.Name} {field.FieldType} {field.IsInitOnly} {field.IsLiteral}");
            object? value = field.GetValue(target);
            sum.Add(value);
            if (!field.IsLiteral && !field.IsInitOnly)
            {
                field.SetValue(target, value);
            }
        }

        foreach (PropertyInfo property in type.GetProperties())
        {
            sum.Add($"{property.Name} {property.PropertyType} {property.CanWrite} {property.GetIndexParameters().Length}");
            if (property.GetIndexParameters().Length == 0)
            {
                object? value = property.GetValue(target);
                sum.Add(value);
                property.SetValue(target, value);
            }
            else
            {
                sum.Add(property.GetValue(target, [3]));
            }
        }

        foreach (ConstructorInfo constructor in type.GetConstructors())
        {
            sum.Add(constructor.Invoke([.. constructor.GetParameters().Select(p => Value(p.ParameterType))]).GetType());
        }

        EventInfo happened = type.GetEvent(nameof(Target.Happened))!;
        EventHandler handler = (_, _) => sum.Add("happened");
        happened.AddEventHandler(target, handler);
        ((Target)target).Raise();
        happened.RemoveEventHandler(target, handler);
        sum.Add(type.InvokeMember(nameof(Target.Add), BindingFlags.InvokeMethod | BindingFlags.Public | BindingFlags.Static, null, null, [4, 5], CultureInfo.InvariantCulture));
        IGreeter proxy = DispatchProxy.Create<IGreeter, Recorder>();
        sum.Add(proxy.Greet("proxy", 3));
    }

    public static void Generics(Checksum sum)
    {
        foreach (Type argument in new[] { typeof(int), typeof(string), typeof(Guid), typeof(double), typeof(DateTime), typeof(decimal), typeof(long), typeof(Target) })
        {
            Type list = typeof(List<>).MakeGenericType(argument);
            object made = Activator.CreateInstance(list)!;
            list.GetMethod("Add")!.Invoke(made, [Value(argument)]);
            sum.Add(list.GetProperty("Count")!.GetValue(made));
            sum.Add(list.ToString());
            sum.Add(((System.Collections.IList)made)[0]!.GetType().Name);
            Type map = typeof(Dictionary<,>).MakeGenericType(typeof(string), argument);
            sum.Add(((System.Collections.IDictionary)Activator.CreateInstance(map)!).Count);
            Array array = Array.CreateInstance(argument, 2);
            array.SetValue(Value(argument), 1);
            sum.Add(array.GetValue(1)!.GetType().Name);
            MethodInfo generic = typeof(Target).GetMethod(nameof(Target.Same))!.MakeGenericMethod(argument);
            sum.Add(generic.Invoke(null, [Value(argument)]) is not null);
            sum.Add(RuntimeHelpers.GetUninitializedObject(argument == typeof(string) ? typeof(object) : argument).GetType().Name);
            sum.Add(typeof(Nullable<>).IsAssignableFrom(argument) || argument.IsValueType || argument.IsClass);
        }

        sum.Add(typeof(Dictionary<string, List<int>>).GetGenericArguments()[1]);
        sum.Add(typeof(List<>).GetGenericArguments()[0].IsGenericParameter);
        sum.Add(typeof(List<int>).GetGenericTypeDefinition() == typeof(List<>));
        sum.AddAll(typeof(List<int>).GetInterfaces().Select(i => i.Name).Order(StringComparer.Ordinal));
        sum.Add(typeof(IEnumerable<object>).IsAssignableFrom(typeof(List<string>)));
        sum.Add(typeof(int[,]).GetArrayRank() + typeof(int).MakeArrayType().Name + typeof(int).MakeByRefType().Name + typeof(int).MakePointerType().Name);
        sum.Add(Nullable.GetUnderlyingType(typeof(int?))!.Name);
        sum.Add(Type.GetTypeCode(typeof(decimal)));
        sum.Add(typeof(Target).IsSubclassOf(typeof(object)) && typeof(IGreeter).IsInterface && !typeof(Target).IsAbstract);
        sum.Add(Activator.CreateInstance<List<int>>().Count);
    }

    public static void Attributes(Checksum sum)
    {
        foreach (MemberInfo member in typeof(Target).GetMembers(Every).Prepend(typeof(Target)).Where(m => m.IsDefined(typeof(MarkAttribute), true)).OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            foreach (MarkAttribute mark in member.GetCustomAttributes<MarkAttribute>())
            {
                sum.Add($"{member.Name} {mark.Name} {mark.Number} {mark.Type} {string.Join(',', mark.Numbers)}");
            }

            sum.AddAll(CustomAttributeData.GetCustomAttributes(member).Where(a => a.AttributeType == typeof(MarkAttribute)).Select(a => a.ConstructorArguments.Count + a.NamedArguments.Count));
            sum.Add(Attribute.GetCustomAttributes(member, typeof(MarkAttribute)).Length);
            sum.Add(member.GetCustomAttributes(true).Length > 0);
        }

        sum.Add(typeof(Target).GetMethod(nameof(Target.Described))!.GetParameters()[0].GetCustomAttribute<DescriptionAttribute>()?.Description);
        sum.Add(new NullabilityInfoContext().Create(typeof(Target).GetProperty(nameof(Target.Optional))!).ReadState);
        sum.AddAll(TypeDescriptor.GetProperties(typeof(Target)).Cast<PropertyDescriptor>().Select(p => p.Name));
    }

    public static void Loading(Checksum sum)
    {
        Assembly own = Assembly.GetExecutingAssembly();
        sum.Add(own.GetName().Name);
        sum.Add(own.GetType("Training.Reflection.Target")!.Name);
        sum.Add(own.GetTypes().Count(t => t.Name.StartsWith("Target", StringComparison.Ordinal)));
        sum.Add(Type.GetType("System.Collections.Generic.List`1[System.Int32]"));
        sum.Add(Type.GetType("No.Such.Type"));
        sum.Add(Type.GetType(typeof(Target).AssemblyQualifiedName!)!.FullName);
        sum.Add(Assembly.Load("System.Linq").GetName().Name);
        sum.Add(own.EntryPoint!.Name.Length > 0);
        sum.AddThrown(() => Assembly.Load("No.Such.Assembly"));
        sum.Add(own.GetManifestResourceNames().Length);
        sum.Add(new AssemblyName("A, Version=1.2.3.4, Culture=neutral").Version);
        sum.Add(own.GetReferencedAssemblies().Any(a => a.Name == "System.Runtime"));
        sum.Add(typeof(Target).Module.Name.Length > 0 && typeof(Target).MetadataToken != 0);
        sum.Add(AppDomain.CurrentDomain.GetAssemblies().Length > 1);
        sum.Add(System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(own) is not null);
    }

    private static object? Value(Type type)
    {
        type = type.IsByRef ? type.GetElementType()! : type;
        return type == typeof(string) ? "text"
            : type == typeof(int[]) ? new[] { 1, 2 }
            : type == typeof(List<string>) ? new List<string> { "x" }
            : type == typeof(Target) ? new Target(1)
            : type == typeof(object) ? 5
            : type == typeof(DateTime) ? Types.Time(1)
            : type == typeof(Guid) ? Types.Id(1)
            : type == typeof(int?) ? 7
            : type.IsEnum ? Enum.ToObject(type, 1)
            : type.IsValueType ? Convert.ChangeType(3, type, CultureInfo.InvariantCulture)
            : null;
    }
}
