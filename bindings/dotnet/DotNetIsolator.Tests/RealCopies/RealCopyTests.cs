using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>
/// A copy is a copy: each shape of <see cref="Catalog"/> crosses in each way, is compared field by field with one that was made on the side where it arrives, and
/// none of its own code runs on the way, on either side.
/// </summary>
[Collection(RealCopyFixture.Name)]
public sealed class RealCopyTests(RealCopyFixture fixture)
{
    private static readonly Dictionary<string, Shape[]> All = Catalog.Groups(_ => true);
    private static readonly Dictionary<string, Shape[]> AllOutwards = Catalog.Groups(shape => shape.InwardsOnly is null);
    private static readonly Dictionary<string, Shape[]> Few = Catalog.Groups(shape => !shape.IsOneOfMany);
    private static readonly Dictionary<string, Shape[]> FewOutwards = Catalog.Groups(shape => !shape.IsOneOfMany && shape.InwardsOnly is null);

    public static TheoryData<string> Inwards => [.. All.Keys];

    public static TheoryData<string> Outwards => [.. AllOutwards.Keys];

    public static TheoryData<string> InwardsFew => [.. Few.Keys];

    public static TheoryData<string> OutwardsFew => [.. FewOutwards.Keys];

    [Theory]
    [MemberData(nameof(Inwards))]
    public void As_a_captured_variable(string group) => Same(All[group], (ways, runtime) => ways.Captured(runtime));

    [Theory]
    [MemberData(nameof(InwardsFew))]
    public void As_a_captured_variable_of_type_object(string group) => Same(Few[group], (ways, runtime) => ways.CapturedAsObject(runtime));

    [Theory]
    [MemberData(nameof(Inwards))]
    public void As_an_argument(string group) => Same(All[group], (ways, runtime) => ways.Argument(runtime));

    [Theory]
    [MemberData(nameof(InwardsFew))]
    public void As_an_argument_of_type_object(string group) => Same(Few[group], (ways, runtime) => ways.ArgumentAsObject(runtime));

    [Theory]
    [MemberData(nameof(InwardsFew))]
    public void As_an_argument_of_a_constructor(string group) => Same(Few[group], (ways, runtime) => ways.ConstructorArgument(runtime));

    [Theory]
    [MemberData(nameof(InwardsFew))]
    public void As_a_field_in_four_places(string group) => Same(Few[group], (ways, runtime) => ways.Field(runtime));

    [Theory]
    [MemberData(nameof(InwardsFew))]
    public void As_a_callbacks_result(string group) => Same(Few[group], (ways, runtime) => ways.CallbackResult(runtime));

    [Theory]
    [MemberData(nameof(OutwardsFew))]
    public void As_a_result(string group) => Same(FewOutwards[group], (ways, runtime) => ways.Result(runtime));

    [Theory]
    [MemberData(nameof(OutwardsFew))]
    public void As_a_field_of_a_result_in_four_places(string group) => Same(FewOutwards[group], (ways, runtime) => ways.FieldOfResult(runtime));

    [Theory]
    [MemberData(nameof(Outwards))]
    public void There_and_back(string group) => Same(AllOutwards[group], (ways, runtime) => ways.RoundTrip(runtime));

    [Theory]
    [MemberData(nameof(OutwardsFew))]
    public void As_a_callbacks_argument(string group) => Same(FewOutwards[group], (ways, runtime) => ways.CallbackArgument(runtime));

    [Theory]
    [MemberData(nameof(OutwardsFew))]
    public void As_an_object_that_is_kept_inside(string group) => Same(FewOutwards[group], (ways, runtime) => ways.CopiedObject(runtime));

    [Theory]
    [MemberData(nameof(OutwardsFew))]
    public async Task By_asynchronous_calls(string group)
    {
        List<string> differences = [];
        foreach (Shape shape in FewOutwards[group])
        {
            Note(differences, shape, await fixture.TryAsync(Ways.Of(shape).Asynchronous));
        }

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
    }

    private void Same(Shape[] shapes, Func<Ways, IsolatedRuntime, string?> way)
    {
        List<string> differences = [];
        foreach (Shape shape in shapes)
        {
            Note(differences, shape, fixture.Try(runtime => way(Ways.Of(shape), runtime)));
        }

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
    }

    private static void Note(List<string> differences, Shape shape, string? difference)
    {
        if (difference is not null)
        {
            differences.Add($"[{shape.Name}] {difference}");
        }
    }
}
