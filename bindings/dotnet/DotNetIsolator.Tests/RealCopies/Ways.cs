namespace DotNetIsolator.Tests.RealCopies;

/// <summary>The ways in which a value can cross. Each says what is different about the copy; null if nothing is.</summary>
internal abstract class Ways
{
    /// <summary>The ways of a shape.</summary>
    public static Ways Of(Shape shape) => (Ways)Activator.CreateInstance(typeof(Ways<>).MakeGenericType(shape.Type), shape)!;

    public abstract string? Captured(IsolatedRuntime runtime);

    public abstract string? CapturedAsObject(IsolatedRuntime runtime);

    public abstract string? Argument(IsolatedRuntime runtime);

    public abstract string? ArgumentAsObject(IsolatedRuntime runtime);

    public abstract string? ConstructorArgument(IsolatedRuntime runtime);

    public abstract string? Field(IsolatedRuntime runtime);

    public abstract string? CallbackResult(IsolatedRuntime runtime);

    public abstract string? Result(IsolatedRuntime runtime);

    public abstract string? FieldOfResult(IsolatedRuntime runtime);

    public abstract string? RoundTrip(IsolatedRuntime runtime);

    public abstract string? CallbackArgument(IsolatedRuntime runtime);

    public abstract string? CopiedObject(IsolatedRuntime runtime);

    public abstract Task<string?> Asynchronous(IsolatedRuntime runtime);
}

/// <inheritdoc/>
internal sealed class Ways<T>(Shape shape) : Ways
{
    private readonly string _name = shape.Name;

    public override string? Captured(IsolatedRuntime runtime)
    {
        string name = _name;
        T value = Make();
        return runtime.Invoke(() => Inside.Check(name, value)) ?? Here();
    }

    public override string? CapturedAsObject(IsolatedRuntime runtime)
    {
        string name = _name;
        object? value = Make();
        return runtime.Invoke(() => Inside.Check(name, value)) ?? Here();
    }

    public override string? Argument(IsolatedRuntime runtime) =>
        runtime.GetMethod(typeof(Receiver<T>), nameof(Receiver<T>.Take)).Invoke<string, T, string?>(null, _name, Make()) ?? Here();

    public override string? ArgumentAsObject(IsolatedRuntime runtime) =>
        runtime.GetMethod(typeof(Receiver<T>), nameof(Receiver<T>.TakeObject)).Invoke<string, object?, string?>(null, _name, Make()) ?? Here();

    public override string? ConstructorArgument(IsolatedRuntime runtime)
    {
        using IsolatedObject keeper = runtime.CreateObject(typeof(Keeper<T>), _name, Make());
        return keeper.Invoke<string?>("Check") ?? Here();
    }

    public override string? Field(IsolatedRuntime runtime)
    {
        Holder<T> holder = new(Make());
        return runtime.GetMethod(typeof(Receiver<T>), nameof(Receiver<T>.TakeHolder)).Invoke<string, Holder<T>, string?>(null, _name, holder) ?? Here();
    }

    public override string? CallbackResult(IsolatedRuntime runtime)
    {
        T value = Make();
        runtime.RegisterCallback("give", (string _) => value);
        return runtime.GetMethod(typeof(Receiver<T>), nameof(Receiver<T>.Ask)).Invoke<string, string?>(null, _name) ?? Here();
    }

    public override string? Result(IsolatedRuntime runtime) =>
        Check(runtime, runtime.GetMethod(typeof(Receiver<T>), nameof(Receiver<T>.Make)).Invoke<string, T>(null, _name));

    public override string? FieldOfResult(IsolatedRuntime runtime)
    {
        Effects.Seal();
        Holder<T> holder = runtime.GetMethod(typeof(Receiver<T>), nameof(Receiver<T>.MakeHolder)).Invoke<string, Holder<T>>(null, _name);
        string? ran = Here();
        return GraphComparer.FirstDifference(new Holder<T>(Make()), holder) ?? ran ?? runtime.Invoke(() => Inside.Since());
    }

    public override string? RoundTrip(IsolatedRuntime runtime) =>
        Check(runtime, runtime.GetMethod(typeof(Receiver<T>), nameof(Receiver<T>.Echo)).Invoke<T, T>(null, Make()));

    public override string? CallbackArgument(IsolatedRuntime runtime)
    {
        string? found = "the callback was not called";
        runtime.RegisterCallback("take", (string name, T value) =>
        {
            string? ran = Here();
            found = name == _name ? GraphComparer.FirstDifference(Make(), value) ?? ran : $"called with {name}";
            return "done";
        });
        Effects.Seal();
        string answer = runtime.GetMethod(typeof(Receiver<T>), nameof(Receiver<T>.Give)).Invoke<string, string>(null, _name);
        return found ?? (answer == "done" ? runtime.Invoke(() => Inside.Since()) : answer);
    }

    public override string? CopiedObject(IsolatedRuntime runtime)
    {
        T value = Make();
        if (value is null)
        {
            return null;
        }

        using IsolatedObject copy = runtime.CopyObject(value);
        return Check(runtime, copy.GetValue<T>());
    }

    public override async Task<string?> Asynchronous(IsolatedRuntime runtime)
    {
        T value = Make();
        T back = await runtime.InvokeAsync(async () =>
        {
            await Task.Yield();
            return value;
        });
        string? difference = Check(runtime, back);
        T again = await runtime.GetMethod(typeof(Receiver<T>), nameof(Receiver<T>.EchoAsync)).InvokeAsync<T>(null, [Make()]);
        return difference ?? Check(runtime, again);
    }

    private static string? Here() => Effects.Since() is { } ran ? "here, " + ran : null;

    /// <summary>The value; what it did to come about is not held against anybody.</summary>
    private T Make()
    {
        T made = (T)shape.Make()!;
        Effects.Seal();
        return made;
    }

    private string? Check(IsolatedRuntime runtime, T arrived)
    {
        string? ran = Here();
        return GraphComparer.FirstDifference(Make(), arrived) is { } difference ? "here, " + difference : ran ?? runtime.Invoke(() => Inside.Since());
    }
}
