using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>
/// A copy is a copy: each shape of <see cref="Catalog"/> crosses in each way, is compared field by field with one that was made on the side where it arrives, and
/// none of its own code runs on the way, on either side.
/// </summary>
[Collection(RealCopyFixture.Name)]
public sealed class RealCopyTests(RealCopyFixture fixture)
{
    public static TheoryData<string> Inwards => [.. Catalog.All.Select(shape => shape.Name)];

    public static TheoryData<string> Outwards => [.. Catalog.All.Where(shape => shape.InwardsOnly is null).Select(shape => shape.Name)];

    [Theory]
    [MemberData(nameof(Inwards))]
    public void As_a_captured_variable(string shape) => Same(fixture.Try(Ways.Of(shape).Captured));

    [Theory]
    [MemberData(nameof(Inwards))]
    public void As_a_captured_variable_of_type_object(string shape) => Same(fixture.Try(Ways.Of(shape).CapturedAsObject));

    [Theory]
    [MemberData(nameof(Inwards))]
    public void As_an_argument(string shape) => Same(fixture.Try(Ways.Of(shape).Argument));

    [Theory]
    [MemberData(nameof(Inwards))]
    public void As_an_argument_of_type_object(string shape) => Same(fixture.Try(Ways.Of(shape).ArgumentAsObject));

    [Theory]
    [MemberData(nameof(Inwards))]
    public void As_an_argument_of_a_constructor(string shape) => Same(fixture.Try(Ways.Of(shape).ConstructorArgument));

    [Theory]
    [MemberData(nameof(Inwards))]
    public void As_a_field_in_four_places(string shape) => Same(fixture.Try(Ways.Of(shape).Field));

    [Theory]
    [MemberData(nameof(Inwards))]
    public void As_a_callbacks_result(string shape) => Same(fixture.Try(Ways.Of(shape).CallbackResult));

    [Theory]
    [MemberData(nameof(Outwards))]
    public void As_a_result(string shape) => Same(fixture.Try(Ways.Of(shape).Result));

    [Theory]
    [MemberData(nameof(Outwards))]
    public void As_a_field_of_a_result_in_four_places(string shape) => Same(fixture.Try(Ways.Of(shape).FieldOfResult));

    [Theory]
    [MemberData(nameof(Outwards))]
    public void There_and_back(string shape) => Same(fixture.Try(Ways.Of(shape).RoundTrip));

    [Theory]
    [MemberData(nameof(Outwards))]
    public void As_a_callbacks_argument(string shape) => Same(fixture.Try(Ways.Of(shape).CallbackArgument));

    [Theory]
    [MemberData(nameof(Outwards))]
    public void As_an_object_that_is_kept_inside(string shape) => Same(fixture.Try(Ways.Of(shape).CopiedObject));

    [Theory]
    [MemberData(nameof(Outwards))]
    public async Task By_asynchronous_calls(string shape) => Same(await fixture.TryAsync(Ways.Of(shape).Asynchronous));

    private static void Same(string? difference) => Assert.True(difference is null, difference);
}
