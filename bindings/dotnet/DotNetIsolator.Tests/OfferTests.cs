using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Objects of this process that guest code uses by an interface.</summary>
public sealed class OfferTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);
    private readonly Shop _shop = new();

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void Guest_code_calls_the_members_of_the_interface()
    {
        _runtime.Offer<IShop>("shop", _shop);
        Assert.Equal("lamp 20 Shop 3", _runtime.Invoke(() =>
        {
            IShop shop = DotNetIsolatorHost.Get<IShop>("shop");
            shop.Put(new Item("lamp", 20));
            shop.Open = true;
            shop[3] = "three";
            Item item = shop.Find("lamp")!;
            return $"{item.Name} {item.Price} {shop.Name} {shop.Count(3, CancellationToken.None)}";
        }));
        Assert.True(_shop.Open);
        Assert.Equal("three", _shop.At3);
        Assert.Equal(new Item("lamp", 20), Assert.Single(_shop.Items));

        // A default implementation runs out here, and what an interface has of another one is there as well.
        Assert.Equal("default Shop named named", _runtime.Invoke(() =>
        {
            IShop shop = DotNetIsolatorHost.Get<IShop>("shop");
            return $"{shop.Default()} {shop.Explicit()} {DotNetIsolatorHost.Get<INamed>("shop").Explicit()}";
        }));
        Assert.Null(_runtime.Invoke(() => DotNetIsolatorHost.Get<IShop>("shop").Find("nothing")));
    }

    [Fact]
    public async Task Asynchronous_members_are_awaited()
    {
        _runtime.Offer<IShop>("shop", _shop);
        Assert.Equal("20 21 done", await _runtime.InvokeAsync(async () =>
        {
            IShop shop = DotNetIsolatorHost.Get<IShop>("shop");
            int price = await shop.PriceAsync("lamp", CancellationToken.None);
            int next = await shop.NextAsync(price);
            await shop.WaitAsync();
            await shop.WaitShortlyAsync();
            return $"{price} {next} done";
        }));
        Assert.Equal("given up", await _runtime.InvokeAsync(async () =>
        {
            using CancellationTokenSource cancel = new();
            Task<int> price = DotNetIsolatorHost.Get<IShop>("shop").PriceAsync("forever", cancel.Token);
            await cancel.CancelAsync();
            try
            {
                await price;
                return "not";
            }
            catch (OperationCanceledException)
            {
                return "given up";
            }
        }));
        await _shop.GivenUp.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Nothing_but_the_interface_can_be_reached()
    {
        _runtime.Offer<IShop>("shop", _shop);
        foreach (string name in new[]
                 {
                     "offer:shop/DotNetIsolator.Tests.OfferTests+Shop::Secret()",
                     "offer:shop/DotNetIsolator.Tests.OfferTests+IShop::Secret()",
                     "offer:shop/DotNetIsolator.Tests.OfferTests+IHidden::Secret()",
                     "offer:shop/System.Object::ToString()",
                     "offer:shop/System.Object::GetType()",
                     "offer:shop/System.IDisposable::Dispose()",
                     "offer:shop/DotNetIsolator.Tests.OfferTests+IShop::Generic(T)",
                     "offer:shop/DotNetIsolator.Tests.OfferTests+IShop::add_Changed(System.EventHandler)",
                     "offer:shop/",
                     "Secret",
                 })
        {
            Assert.Equal("UnknownName", _runtime.Invoke(() =>
            {
                try
                {
                    DotNetIsolatorHost.Invoke<object>(name);
                    return "called";
                }
                catch (HostCallException e)
                {
                    return e.Reason.ToString();
                }
            }));
        }

        // Another interface that the object has is not offered.
        Assert.Contains("does not offer 'shop' by", Fails(() => DotNetIsolatorHost.Get<IHidden>("shop")), StringComparison.Ordinal);
        Assert.False(_shop.WasDisposed);
        Assert.Equal(0, _shop.Secrets);
    }

    [Fact]
    public void Arguments_that_a_guest_makes_up_are_errors()
    {
        _runtime.Offer<IShop>("shop", _shop);
        const string Put = "offer:shop/DotNetIsolator.Tests.OfferTests+IShop::Put(DotNetIsolator.Tests.OfferTests+Item)";
        Assert.StartsWith("Failed", _runtime.Invoke(() => Try(() => DotNetIsolatorHost.Invoke(Put, 5))), StringComparison.Ordinal);
        Assert.StartsWith("Failed", _runtime.Invoke(() => Try(() => DotNetIsolatorHost.Invoke(Put))), StringComparison.Ordinal);
        Assert.StartsWith("Failed", _runtime.Invoke(() => Try(() => DotNetIsolatorHost.Invoke(Put, 1, 2))), StringComparison.Ordinal);
        Assert.StartsWith("Failed", _runtime.Invoke(() => Try(() => DotNetIsolatorHost.InvokeRaw(Put, new byte[] { 0xc1 }))), StringComparison.Ordinal);
        Assert.Empty(_shop.Items);
    }

    [Fact]
    public void An_exception_is_told_as_that_of_a_callback()
    {
        _runtime.Offer<IShop>("shop", _shop);
        string message = Fails(() => DotNetIsolatorHost.Get<IShop>("shop").Fail());
        Assert.DoesNotContain("password", message, StringComparison.Ordinal);
        Assert.Contains("The call failed", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_lead_to_the_host_says_so_inside()
    {
        _runtime.Offer<IShop>("shop", _shop);
        Assert.Equal("event, type parameters, takes a", _runtime.Invoke(() =>
        {
            IShop shop = DotNetIsolatorHost.Get<IShop>("shop");
            string Said(Action call, string part)
            {
                try
                {
                    call();
                    return "nothing";
                }
                catch (NotSupportedException e)
                {
                    return e.Message.Contains(part, StringComparison.Ordinal) ? part : e.Message;
                }
            }

            return string.Join(", ", [
                Said(() => shop.Changed += (_, _) => { }, "event"),
                Said(() => shop.Generic(1), "type parameters"),
                Said(() => shop.Give(out _), "takes a"),
            ]);
        }));
    }

    [Fact]
    public void A_name_that_is_withdrawn_or_unknown_is_an_error()
    {
        Assert.Contains("offers no object 'shop'", Fails(() => DotNetIsolatorHost.Get<IShop>("shop")), StringComparison.Ordinal);
        _runtime.Offer<IShop>("shop", _shop);
        Assert.Equal("Shop", _runtime.Invoke(() => (Kept.Shop = DotNetIsolatorHost.Get<IShop>("shop")).Name));
        Assert.True(_runtime.Withdraw("shop"));
        Assert.False(_runtime.Withdraw("shop"));
        Assert.Contains("withdrawn", Fails(() => _ = Kept.Shop!.Name), StringComparison.Ordinal);
        Assert.Contains("offers no object 'shop'", Fails(() => DotNetIsolatorHost.Get<IShop>("shop")), StringComparison.Ordinal);

        // Another object takes the name over; what was kept leads to it.
        _runtime.Offer<IShop>("shop", new Shop { Title = "second" });
        _runtime.Offer<IShop>("shop", new Shop { Title = "third" });
        Assert.Equal("third", _runtime.Invoke(() => Kept.Shop!.Name));
        Assert.True(_runtime.Withdraw("shop"));
        Assert.False(_shop.WasDisposed);
    }

    [Fact]
    public void A_host_offers_to_all_its_runtimes()
    {
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
        using IsolatedRuntime before = new(host);
        host.Offer<IShop>("shop", new Shop { Title = "host's" });
        using IsolatedRuntime after = new(host);
        after.Offer<IShop>("shop", new Shop { Title = "own" });
        static string Name(IsolatedRuntime runtime) => runtime.Invoke(() => DotNetIsolatorHost.Get<IShop>("shop").Name);
        Assert.Equal(("host's", "own"), (Name(before), Name(after)));
        Assert.True(after.Withdraw("shop"));
        Assert.Equal("host's", Name(after));
        Assert.True(host.Withdraw("shop"));
        Assert.False(host.Withdraw("shop"));
        Assert.Throws<IsolatedException>(() => Name(before));
    }

    [Fact]
    public void What_cannot_be_offered_is_refused()
    {
        Assert.Throws<ArgumentException>(() => _runtime.Offer("shop", _shop));
        Assert.Throws<ArgumentException>(() => _runtime.Offer<IShop>("a/b", _shop));
        Assert.Throws<ArgumentException>(() => _runtime.Offer<IShop>(string.Empty, _shop));
        Assert.Throws<ArgumentNullException>(() => _runtime.Offer<IShop>("shop", null!));
        Func<int, int> delegated = x => x;
        _runtime.Offer<ICloneable>("function", delegated);
        Assert.StartsWith("Failed", _runtime.Invoke(() => Try(() => DotNetIsolatorHost.Invoke("offer:function/System.ICloneable::Clone()", 5))), StringComparison.Ordinal);
    }

    [Fact]
    public void An_interface_that_nothing_inside_can_have_is_refused_there()
    {
        _runtime.Offer<IOdd>("odd", new Odd());
        _runtime.Offer<IUnseen>("unseen", new Odd());
        Assert.Contains("Length", Fails(() => DotNetIsolatorHost.Get<IOdd>("odd")), StringComparison.Ordinal);
        Assert.Contains("public or internal", Fails(() => DotNetIsolatorHost.Get<IUnseen>("unseen")), StringComparison.Ordinal);
        Assert.Contains("no interface", Fails(() => DotNetIsolatorHost.Get<string>("odd")), StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_of_the_interface_compare_inside_without_the_host()
    {
        _runtime.Offer<IShop>("shop", _shop);
        Assert.True(_runtime.Invoke(() =>
        {
            IShop a = DotNetIsolatorHost.Get<IShop>("shop");
            IShop b = DotNetIsolatorHost.Get<IShop>("shop");
            return a.Equals(b) && a.GetHashCode() == b.GetHashCode() && !a.Equals(null) && a.ToString()!.Contains("shop", StringComparison.Ordinal);
        }));
    }

    private static string Try(Action call)
    {
        try
        {
            call();
            return "fine";
        }
        catch (HostCallException e)
        {
            return $"{e.Reason}: {e.Message}";
        }
    }

    private string Fails(Action call) => Assert.Throws<IsolatedException>(() => _runtime.Invoke(call)).GuestException!.Message;

    internal interface IOdd
    {
        int Length(ReadOnlySpan<byte> bytes);
    }

    private interface IUnseen
    {
        int Plain(int number);
    }

    private sealed class Odd : IOdd, IUnseen
    {
        public int Plain(int number) => number + 1;

        public int Length(ReadOnlySpan<byte> bytes) => bytes.Length;
    }

    internal interface INamed
    {
        string Name { get; }

        string Explicit();
    }

    internal interface IHidden
    {
        string Secret();
    }

    internal interface IShop : INamed
    {
        event EventHandler Changed;

        bool Open { get; set; }

        string this[int place] { set; }

        void Put(Item item);

        Item? Find(string name);

        int Count(int from, CancellationToken cancellation);

        string Default() => $"default {Name}";

        Task<int> PriceAsync(string name, CancellationToken cancellation);

        ValueTask<int> NextAsync(int price);

        Task WaitAsync();

        ValueTask WaitShortlyAsync();

        void Fail();

        T Generic<T>(T value);

        void Give(out int number);
    }

    internal sealed record Item(string Name, decimal Price);

    /// <summary>What guest code keeps.</summary>
    internal static class Kept
    {
        public static IShop? Shop { get; set; }
    }

    internal sealed class Shop : IShop, IHidden, IDisposable
    {
        public event EventHandler? Changed;

        public string Title { get; init; } = "Shop";

        public string Name => Title;

        public bool Open { get; set; }

        public string? At3 { get; private set; }

        public List<Item> Items { get; } = [];

        public int Secrets { get; private set; }

        public bool WasDisposed { get; private set; }

        public TaskCompletionSource GivenUp { get; } = new();

        public string this[int place]
        {
            set => At3 = place == 3 ? value : null;
        }

        string INamed.Explicit() => "named";

        public void Put(Item item)
        {
            Items.Add(item);
            Changed?.Invoke(this, EventArgs.Empty);
        }

        public Item? Find(string name) => Items.Find(item => item.Name == name);

        public int Count(int from, CancellationToken cancellation) => cancellation.CanBeCanceled ? -1 : from;

        public async Task<int> PriceAsync(string name, CancellationToken cancellation)
        {
            if (name == "forever")
            {
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellation);
                }
                finally
                {
                    GivenUp.SetResult();
                }
            }

            await Task.Yield();
            return 20;
        }

        public async ValueTask<int> NextAsync(int price)
        {
            await Task.Yield();
            return price + 1;
        }

        public Task WaitAsync() => Task.Delay(1, CancellationToken.None);

        public async ValueTask WaitShortlyAsync() => await Task.Yield();

        public void Fail() => throw new InvalidOperationException("the password is hunter2");

        public T Generic<T>(T value) => value;

        public void Give(out int number) => number = 1;

        public string Secret()
        {
            Secrets++;
            return "secret";
        }

        public void Dispose() => WasDisposed = true;
    }
}
